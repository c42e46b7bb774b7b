"""d/dθ inside the index algebra: the product rule over factors, with a rule for each of them.

This is a second derivation of the Hessian, and of the gradient of its traces, that uses none of
SymPy's derivatives for the last step; the checker compares the two.
"""

from functools import cache

from hessbound.derive.algebra.differentials import differentiate
from hessbound.derive.algebra.labels import Factor, Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix
from hessbound.derive.algebra.polynomials import Poly, atom, delta

from . import traces
from .derivatives import SAMPLE
from .network import GENERIC
from .parameters import NAMES, at, column, entry, square

THROUGH_U = {str(name): str(slope) for name, slope in GENERIC.hidden.items()}
THROUGH_V = {str(name): str(slope) for name, slope in GENERIC.output.items()}


def derive(poly: Poly, block: str, tag: str) -> Poly:
    """Differentiate by the parameters of a block, at that block's free indices: ∂poly/∂θ."""
    return differentiate(poly, lambda *factor: _slope(factor, block, tag))


def _slope(factor: Factor, block: str, tag: str) -> Poly:
    """Return the derivative of one factor."""
    name, *slots = factor
    own = at(block, tag)
    if name == "w0":
        return Poly.of(int(block == "w0"))
    if name == "w":
        return delta(slots[0], *own) if block == "b" else Poly()
    if name in THROUGH_U:
        if block != "A":
            return Poly()
        i, k = slots
        return atom(THROUGH_U[name], i, k) * delta(k, own[1]) * atom("X", i, own[0])
    if name in THROUGH_V:
        return atom(THROUGH_V[name], slots[0]) * _of_output(slots[0], block, tag)
    return Poly()


def _of_output(i: Index, block: str, tag: str) -> Poly:
    """Return ∂v_i/∂θ."""
    match block, at(block, tag):
        case "A", (a, k):
            return atom("w", k) * atom("f1", i, k) * atom("X", i, a)
        case "b", (k,):
            return atom("h", i, k)
    return Poly.of(1)


@cache
def gradient() -> Matrix:
    """Return ∇ℓ of sample i."""
    loss = atom("loss", SAMPLE)
    return column({name: derive(loss, name, ROW) for name in NAMES})


@cache
def hessian() -> Matrix:
    """Return the Hessian of ℓ of sample i."""
    first = {row: entry(gradient(), row) for row in NAMES}
    return square({(row, col): derive(first[row], col, COL) for row in NAMES for col in NAMES})


@cache
def trace_gradient(n: int) -> Matrix:
    """Return ∇tr Hⁿ of the summed loss, from the normal form of tr Hⁿ.

    >>> [len(entry) for entry in trace_gradient(2).entries.values()]
    [25, 12, 18]
    """
    trace = traces.trace(n)
    return column({name: derive(trace, name, ROW) for name in NAMES})

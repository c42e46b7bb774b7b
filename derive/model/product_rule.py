"""d/dθ inside the index algebra: the product rule over factors, with a rule for each of them.

This is a second derivation of the Hessian, and of the gradient of its traces, that uses none of
SymPy's derivatives for the last step; the checker compares the two.
"""

from collections import Counter
from functools import cache

from hessbound.derive.algebra.labels import Factor
from hessbound.derive.algebra.matrices import COL, ONE, ROW, Matrix, indices
from hessbound.derive.algebra.monomials import unbind
from hessbound.derive.algebra.polynomials import Poly, atom, delta, product

from . import traces
from .derivatives import PARAMETERS, SAMPLE

THROUGH_U = {"h": "f1", "f1": "f2", "f2": "f3"}
THROUGH_V = {"loss": "e", "e": "p", "p": "p1"}


def derive(poly: Poly, block: int, tag: str) -> Poly:
    """Differentiate by the parameters of a block, at that block's free indices: ∂poly/∂θ."""
    total = Poly()
    for key, c in poly.terms.items():
        factors, names = unbind(key)
        for factor, n in factors.items():
            rest = factors - Counter([factor])
            others = product(atom(*other) ** power for other, power in rest.items())
            total += (others * _slope(factor, block, tag) * (c * n)).sum(*names)
    return total


def _slope(factor: Factor, block: int, tag: str) -> Poly:
    """Return the derivative of one factor."""
    name, *slots = factor
    at = indices(PARAMETERS[block], tag)  # (input, hidden) for A, () for w_0, (hidden,) for w
    if name == "w0":
        return Poly.of(int(block == 1))
    if name == "w":
        return delta(slots[0], at[0]) if block == 2 else Poly()
    if name in THROUGH_U:
        i, k = slots
        if block != 0:
            return Poly()
        return atom(THROUGH_U[name], i, k) * delta(k, at[1]) * atom("X", i, at[0])
    if name in THROUGH_V:
        i = slots[0]
        inner = (
            lambda: atom("w", at[1]) * atom("f1", i, at[1]) * atom("X", i, at[0]),
            lambda: Poly.of(1),
            lambda: atom("h", i, at[0]),
        )
        return atom(THROUGH_V[name], i) * inner[block]()
    return Poly()


@cache
def gradient() -> Matrix:
    """Return ∇ℓ of sample i."""
    loss = atom("loss", SAMPLE)
    return Matrix(PARAMETERS, ONE, {(b, 0): derive(loss, b, ROW) for b in range(len(PARAMETERS))})


@cache
def hessian() -> Matrix:
    """Return the Hessian of ℓ of sample i."""
    first, blocks = gradient(), range(len(PARAMETERS))
    entries = {(r, c): derive(first.entries[r, 0], c, COL) for r in blocks for c in blocks}
    return Matrix(PARAMETERS, PARAMETERS, entries)


@cache
def trace_gradient(n: int) -> Matrix:
    """Return ∇tr Hⁿ of the summed loss, from the normal form of tr Hⁿ.

    >>> [len(entry) for entry in trace_gradient(2).entries.values()]
    [25, 12, 18]
    """
    trace = traces.trace(n)
    return Matrix(PARAMETERS, ONE, {(b, 0): derive(trace, b, ROW) for b in range(len(PARAMETERS))})

"""The trace of the whole Hessian, from layer to layer, and its slopes (stage 2; see ``layers``).

forward   z as a function of all parameters below, and of W and β: their inner products and traces
slopes    T(M, λ, z) as a function of the same of the layer below
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import Matrix, indices
from hessbound.derive.algebra.polynomials import Poly, atom, delta
from hessbound.derive.algebra.sides import ONE

from .layer_rules import (
    GROWN,
    SAMPLE,
    Rule,
    Rules,
    column,
    delta_of,
    derive,
    fresh,
    matrix,
    square,
)
from .layers import STEP, by_own_weights, output_at

HALF = Fraction(1, 2)

# Forward: z_q is any smooth function of the parameters below, with slopes J_qp and second
# derivatives Z_qpr.


def _along(name: str) -> Rule:
    return lambda s, q, p: atom(name, s, q) * atom("J", s, q, p)


PARAMETERS: tuple[Rules, ...] = (
    {
        "h": _along("f1"),
        "f1": _along("f2"),
        "J": lambda s, q, p, r: atom("Z", s, q, p, r),
        "F": lambda s, p: _chained(s, "e", p),
        "e": lambda s, q, p: _chained(s, "S", p, q),
    },
    {"beta": delta},
    {"W": lambda k, q, r, c: delta(k, c) * delta(q, r)},
)


def _chained(s: Index, name: str, p: Index, *own: Index) -> Poly:
    q = fresh("here")
    return (atom(name, s, *own, q) * atom("J", s, q, p)).sum(q)


def _blocks() -> Iterator[tuple[Poly, Rules, tuple[Index, ...], tuple[Index, ...]]]:
    """Yield of each block of parameters whether it counts, 0 where it is frozen, and its rules."""
    counts = Poly.of(1), atom("on_beta"), atom("on_W")
    for own, rules, block in zip(counts, PARAMETERS, GROWN, strict=True):
        yield own, rules, indices(block, "first"), indices(block, "second")


@cache
def tangents() -> Matrix:
    """Return JJᵀ of the layer above: the inner products of the slopes of its z."""

    def entry(k: Index, c: Index) -> Poly:
        total = Poly()
        for own, rules, at, _ in _blocks():
            slopes = derive(output_at(k), rules, *at), derive(output_at(c), rules, *at)
            total += own * (slopes[0] * slopes[1]).sum(*at)
        return total

    return square("above", entry)


@cache
def laplacian() -> Matrix:
    """Return Σ_p ∂²z/∂θ_p² of the layer above."""

    def entry(k: Index) -> Poly:
        total = Poly()
        for own, rules, at, again in _blocks():
            second = derive(derive(output_at(k), rules, *at), rules, *again)
            total += own * second.identify(dict(zip(again, at, strict=True))).sum(*at)
        return total

    return column("above", entry)


@cache
def laplacian_here() -> Matrix:
    """Return Σ_p ∂²z/∂θ_p² of the layer here."""
    p = fresh("theta")
    return column("here", lambda q: atom("Z", SAMPLE, q, p, p).sum(p))


@cache
def end() -> Matrix:
    """Return tr ∂²F(z_here)/∂θ² of a function with slope e and Hessian S."""
    rules, p, r = PARAMETERS[0], Index("theta", "first"), Index("theta", "second")
    second = derive(derive(atom("F", SAMPLE), rules, p), rules, r)
    return matrix(ONE, ONE, lambda *_: second.identify({r: p}).sum(p))


# The gradient of a trace: T is a smooth function of M⁺, λ⁺ and z⁺ of the layer above, with slopes
# B, g and t there; these follow from M, λ and z of the layer here, which are anything.


def _T(rules: Rules, *at: Index) -> Poly:
    k, c, q, r = (
        Index(kind, name)
        for kind, name in zip(("above", "above", "here", "here"), "kcqr", strict=True)
    )
    weights = atom("W", k, q), atom("f1", SAMPLE, q)
    squares = (atom("h", SAMPLE, q) ** 2).sum(q)
    inner = (
        weights[0] * weights[1] * atom("M", SAMPLE, q, r) * atom("f1", SAMPLE, r) * atom("W", c, r)
    )
    grown = delta(k, c) * (atom("on_beta") + atom("on_W") * squares) + inner.sum(q, r)
    own = atom("f2", SAMPLE, q) * atom("M", SAMPLE, q, q) + weights[1] * atom("lam", SAMPLE, q)
    moved = (weights[0] * own).sum(q)
    return (
        (atom("B", SAMPLE, k, c) * derive(grown, rules, *at)).sum(k, c)
        + (atom("g", SAMPLE, k) * derive(moved, rules, *at)).sum(k)
        + (atom("t", SAMPLE, k) * derive(output_at(k), rules, *at)).sum(k)
    )


@cache
def by_tangents() -> Matrix:
    """Return ∂T/∂M, M symmetric."""

    def slope(s: Index, q: Index, r: Index, a: Index, b: Index) -> Poly:
        return (delta(q, a) * delta(r, b) + delta(q, b) * delta(r, a)) * HALF

    return square("here", lambda a, b: _T({"M": slope}, a, b))


@cache
def by_laplacian() -> Matrix:
    """Return ∂T/∂λ."""
    return column("here", lambda a: _T({"lam": delta_of}, a))


@cache
def by_biases() -> Matrix:
    """Return ∂T/∂β of the layer above."""
    return column("above", lambda k: _T({"beta": delta}, k))


@cache
def by_weights() -> Matrix:
    """Return ∂T/∂W of the layer above."""
    return by_own_weights(lambda k, q: _T(PARAMETERS[2], q, k))


@cache
def by_inputs() -> Matrix:
    """Return ∂T/∂z_here."""
    return column("here", lambda q: _T(STEP, q))

"""Softmax cross-entropy of the outputs, where recursions over layers begin (stage 2)."""

from functools import cache

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import Matrix
from hessbound.derive.algebra.polynomials import Poly, atom, delta

from .layer_rules import (
    SAMPLE,
    Rules,
    column,
    delta_of,
    derive,
    fresh,
    square,
)

# The base: softmax cross-entropy of the outputs v, −Σ_c y_c log π_c with Σ_c y_c = 1.


def _softmax(s: Index, c: Index, k: Index) -> Poly:
    return atom("pi", s, c) * (delta(c, k) - atom("pi", s, k))


SOFTMAX: Rules = {
    "lse": lambda s, c: atom("pi", s, c),
    "v": delta_of,
    "pi": _softmax,
}


def _cross_entropy() -> Poly:
    c = fresh("class")
    return atom("lse", SAMPLE) - (atom("label", SAMPLE, c) * atom("v", SAMPLE, c)).sum(c)


@cache
def softmax_slope() -> Matrix:
    """Return ∂ℓ/∂v."""
    return column("class", lambda c: derive(_cross_entropy(), SOFTMAX, c))


@cache
def softmax_curvature() -> Matrix:
    """Return ∂²ℓ/∂v²."""
    first = _cross_entropy()
    return square("class", lambda c, k: derive(derive(first, SOFTMAX, c), SOFTMAX, k))


@cache
def softmax_third() -> Matrix:
    """Return ∂⟨∂²ℓ/∂v², R⟩/∂v of a constant symmetric R."""
    k, c = Index("class", "k"), Index("class", "c")
    S = delta(c, k) * atom("pi", SAMPLE, c) - atom("pi", SAMPLE, c) * atom("pi", SAMPLE, k)

    def entry(b: Index) -> Poly:
        return (derive(S, SOFTMAX, b) * atom("R", SAMPLE, c, k)).sum(c, k)

    return column("class", entry)

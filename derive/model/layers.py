"""One layer of a network of any depth, and what lies above it (stage 2).

Nothing is known of what lies above but that it is a smooth function F of its input, with slope g
and symmetric Hessian B. So what is derived here holds at every layer, and may be applied again and
again:

step      z = W h(z_here) + β, and F(z) as a function of z_here
own       F(z) as a function of a layer's own weights, z = β + W h
pair      F(z) by the weights of z, and by those of a layer further below
along     z and the slopes of F, all weights and z_here moving along a direction
"""

from collections.abc import Callable
from functools import cache

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import Matrix
from hessbound.derive.algebra.polynomials import Poly, atom, delta
from hessbound.derive.algebra.sides import ONE

from .layer_rules import (
    ABOVE,
    HERE,
    LATER,
    SAMPLE,
    Rule,
    Rules,
    chain,
    column,
    derive,
    fresh,
    matrix,
    square,
)

# The step: z_k = β_k + Σ_q W_kq h(z_q), by z_q.


def _through(s: Index, k: Index, q: Index) -> Poly:
    return atom("W", k, q) * atom("f1", s, q)


def _by_unit(name: str) -> Rule:
    return lambda s, q, r: delta(q, r) * atom(name, s, q)


STEP: Rules = {
    "F": chain("g", _through, "above", 1),
    "g": chain("B", _through, "above", 1),
    "h": _by_unit("f1"),
    "f1": _by_unit("f2"),
    "f2": _by_unit("f3"),
}


@cache
def slope() -> Matrix:
    """Return ∂F/∂z_here."""
    return column("here", lambda q: derive(atom("F", SAMPLE), STEP, q))


@cache
def curvature() -> Matrix:
    """Return ∂²F/∂z_here²."""
    first = atom("F", SAMPLE)
    return square("here", lambda q, r: derive(derive(first, STEP, q), STEP, r))


# A layer's own parameters: z_k = β_k + Σ_q W_kq h_q, by β_c, or by W_cq at (q, c).


def _own(block: int, inputs: str) -> Rule:
    def rule(s: Index, k: Index, *at: Index) -> Poly:
        return delta(k, at[-1]) * (atom(inputs, s, at[0]) if block else 1)

    return rule


def _own_rules(block: int) -> Rules:
    through = _own(block, "h")
    return {x: chain(y, through, "above", block + 1) for x, y in (("F", "g"), ("g", "B"))}


@cache
def own_gradient() -> Matrix:
    """Return ∂F/∂(β, W), a column."""
    first = atom("F", SAMPLE)
    return matrix(ABOVE, ONE, lambda r, c, row, col: derive(first, _own_rules(r), *row))


@cache
def own_hessian() -> Matrix:
    """Return the Hessian of F by a layer's own β and W."""
    first = atom("F", SAMPLE)

    def entry(r: int, c: int, row: tuple[Index, ...], col: tuple[Index, ...]) -> Poly:
        return derive(derive(first, _own_rules(r), *row), _own_rules(c), *col)

    return matrix(ABOVE, ABOVE, entry)


def own_part(row: int, col: int) -> Matrix:
    """Return of that Hessian the rows and columns of β (0) or W (1)."""
    return own_hessian().select(slice(row, row + 1), slice(col, col + 1))


def by_own_weights(entry: Callable[[Index, Index], Poly]) -> Matrix:
    """Put a matrix like W together."""
    return matrix((("above",),), (("here",),), lambda r, c, row, col: entry(*row, *col))


@cache
def own_slope() -> Matrix:
    """Return ∂F/∂W of the layer above, a matrix like W."""
    return by_own_weights(lambda k, q: derive(atom("F", SAMPLE), _own_rules(1), q, k))


@cache
def own_curvatures() -> Matrix:
    """Return ∂²F/∂W_kq² of the layer above, a matrix like W."""

    def entry(k: Index, q: Index) -> Poly:
        c, r = Index("above", "c"), Index("here", "r")
        second = derive(derive(atom("F", SAMPLE), _own_rules(1), q, k), _own_rules(1), r, c)
        return second.identify({c: k, r: q})

    return by_own_weights(entry)


# A later layer: z_k = β_k + Σ_j V_kj φ_j, where φ is any smooth function of z_here with slopes D.


def _far(s: Index, k: Index, q: Index) -> Poly:
    j = fresh("before")
    return (atom("V", k, j) * atom("D", s, j, q)).sum(j)


def _below_rules(block: int) -> Rules:
    """Return how things depend on β and W of the layer here, z_q = β_q + Σ_a W_qa a_a."""
    own = _own(block, "a")

    def through(s: Index, k: Index, *at: Index) -> Poly:
        q = fresh("here")
        return (_far(s, k, q) * own(s, q, *at)).sum(q)

    return {
        "g": chain("B", through, "above", block + 1),
        "phi": chain("D", own, "here", block + 1),
    }


@cache
def pair() -> Matrix:
    """Return ∂²F by β and V of a later layer (rows), and by β and W of the layer here."""
    first = atom("F", SAMPLE)

    def entry(r: int, c: int, row: tuple[Index, ...], col: tuple[Index, ...]) -> Poly:
        rules = {"F": chain("g", _own(r, "phi"), "above", r + 1)}
        return derive(derive(first, rules, *row), _below_rules(c), *col)

    return matrix(LATER, HERE, entry)


def pair_part(row: int, col: int) -> Matrix:
    """Return of that the rows of β (0) or V (1), and the columns of β (0) or W (1)."""
    return pair().select(slice(row, row + 1), slice(col, col + 1))


@cache
def next_jacobian() -> Matrix:
    """Return ∂f(z)/∂z_here of the later layer's z."""
    rules = {"phi1": lambda s, k, q: atom("t1", s, k) * _far(s, k, q)}
    return matrix(
        (("above",),),
        (("here",),),
        lambda r, c, row, col: derive(atom("phi1", SAMPLE, *row), rules, *col),
    )


# Along a direction: W, β and z move by W_to, β_to and z_to; above, g moves by g_to.

ALONG: Rules = {
    "beta": lambda k: atom("beta_to", k),
    "W": lambda k, q: atom("W_to", k, q),
    "h": lambda s, q: atom("f1", s, q) * atom("z_to", s, q),
    "f1": lambda s, q: atom("f2", s, q) * atom("z_to", s, q),
    "g": lambda s, k: atom("g_to", s, k),
}


def output_at(k: Index) -> Poly:
    """Return an entry of z above."""
    q = fresh("here")
    return atom("beta", k) + (atom("W", k, q) * atom("h", SAMPLE, q)).sum(q)


@cache
def output() -> Matrix:
    """Return z of the layer above."""
    return column("above", output_at)


@cache
def output_along() -> Matrix:
    """Return by how much z of the layer above moves."""
    return column("above", lambda k: derive(output_at(k), ALONG))


@cache
def slope_along() -> Matrix:
    """Return by how much ∂F/∂z_here moves."""
    return column("here", lambda q: derive(derive(atom("F", SAMPLE), STEP, q), ALONG))


@cache
def own_gradient_along() -> Matrix:
    """Return by how much ∂F/∂W of the layer above moves."""
    return by_own_weights(
        lambda k, q: derive(derive(atom("F", SAMPLE), _own_rules(1), q, k), ALONG)
    )

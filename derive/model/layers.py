"""One layer of a network of any depth, and what lies above it (stage 2).

Nothing is known of what lies above but that it is a smooth function F of its input, with slope g
and symmetric Hessian B. So what is derived here holds at every layer, and may be applied again and
again. Every derivative is by the product rule, with a rule for each factor:

step      z = W h(z_here) + β, and F(z) as a function of z_here
own       F(z) as a function of a layer's own weights, z = β + W h
pair      F(z) by the weights of z, and by those of a layer further below
forward   z as a function of all parameters below, and of W and β: their inner products and traces
slopes    T(M, λ, z) as a function of the same of the layer below
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import count
from typing import TypeAlias

from hessbound.derive.algebra.differentials import differentiate
from hessbound.derive.algebra.kinds import Kind, declare
from hessbound.derive.algebra.labels import SYMMETRIC, Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, indices
from hessbound.derive.algebra.polynomials import Poly, atom, delta
from hessbound.derive.algebra.sides import ONE, Side

declare(
    Kind("below", (("m0", 1),), 1, "abcd"),  # a^(l−1), what goes into a layer
    Kind("here", (("m1", 1),), 1, "qrst"),  # z^l
    Kind("above", (("m2", 1),), 1, "klm"),  # z^(l+1), or z of any later layer
    Kind("before", (("m3", 1),), 1, "efgh"),  # what goes into such a later layer
    Kind("theta", (("n", 1),), 1, "uvw"),  # all parameters of layers up to l
    Kind("class", (("K", 1),), 1, "ckl"),  # outputs
    Kind("rank", (("r", 1),), 1, "xyz"),  # rows of a factor of the Hessian by the outputs
)
SYMMETRIC.update(B=2, C=2, S=2, Z=2, M=2, R=2)

SAMPLE = Index("sample", "i")
HALF = Fraction(1, 2)
ABOVE: Side = (("above",), ("here", "above"))  # β and vec W of the layer above
HERE: Side = (("here",), ("below", "here"))  # β and vec W of the layer here
LATER: Side = (("above",), ("before", "above"))  # β and vec V of a later layer
GROWN: Side = (("theta",), *ABOVE)  # all parameters below, and those of the layer above

Rule: TypeAlias = Callable[..., Poly]  # of a factor's indices and those that are differentiated by
Rules: TypeAlias = Mapping[str, Rule]
_numbers = count()


def _fresh(kind: str) -> Index:
    return Index(kind, "~d", next(_numbers))


def derive(poly: Poly, rules: Rules, *at: Index) -> Poly:
    """Differentiate by something at free indices; what has no rule does not depend on it."""

    def slope(name: str, *slots: Index) -> Poly:
        return rules[name](*slots, *at) if name in rules else Poly()

    return differentiate(poly, slope)


def _chain(name: str, through: Rule, kind: str, n: int) -> Rule:
    """Return the rule of what depends on z: Σ_k name_k ∂z_k, by something with n indices."""

    def rule(*slots: Index) -> Poly:
        own, at = slots[:-n], slots[-n:]
        k = _fresh(kind)
        return (atom(name, *own, k) * through(own[0], k, *at)).sum(k)

    return rule


def _matrix(rows: Side, cols: Side, entry: Callable[..., Poly]) -> Matrix:
    """Put a matrix together: of blocks by their numbers, at the indices of both."""
    entries = {
        (r, c): entry(r, c, indices(row, ROW), indices(col, COL))
        for r, row in enumerate(rows)
        for c, col in enumerate(cols)
    }
    return Matrix(rows, cols, entries)


def _column(kind: str, entry: Callable[[Index], Poly]) -> Matrix:
    return _matrix(((kind,),), ONE, lambda r, c, row, col: entry(*row))


def _square(kind: str, entry: Callable[[Index, Index], Poly]) -> Matrix:
    return _matrix(((kind,),), ((kind,),), lambda r, c, row, col: entry(*row, *col))


def _unit(s: Index, k: Index, q: Index) -> Poly:
    return delta(k, q)


# The step: z_k = β_k + Σ_q W_kq h(z_q), by z_q.


def _through(s: Index, k: Index, q: Index) -> Poly:
    return atom("W", k, q) * atom("f1", s, q)


def _by_unit(name: str) -> Rule:
    return lambda s, q, r: delta(q, r) * atom(name, s, q)


STEP: Rules = {
    "F": _chain("g", _through, "above", 1),
    "g": _chain("B", _through, "above", 1),
    "h": _by_unit("f1"),
    "f1": _by_unit("f2"),
    "f2": _by_unit("f3"),
}


@cache
def slope() -> Matrix:
    """Return ∂F/∂z_here."""
    return _column("here", lambda q: derive(atom("F", SAMPLE), STEP, q))


@cache
def curvature() -> Matrix:
    """Return ∂²F/∂z_here²."""
    first = atom("F", SAMPLE)
    return _square("here", lambda q, r: derive(derive(first, STEP, q), STEP, r))


# A layer's own parameters: z_k = β_k + Σ_q W_kq h_q, by β_c, or by W_cq at (q, c).


def _own(block: int, inputs: str) -> Rule:
    def rule(s: Index, k: Index, *at: Index) -> Poly:
        return delta(k, at[-1]) * (atom(inputs, s, at[0]) if block else 1)

    return rule


def _own_rules(block: int) -> Rules:
    through = _own(block, "h")
    return {x: _chain(y, through, "above", block + 1) for x, y in (("F", "g"), ("g", "B"))}


@cache
def own_gradient() -> Matrix:
    """Return ∂F/∂(β, W), a column."""
    first = atom("F", SAMPLE)
    return _matrix(ABOVE, ONE, lambda r, c, row, col: derive(first, _own_rules(r), *row))


@cache
def own_hessian() -> Matrix:
    """Return the Hessian of F by a layer's own β and W."""
    first = atom("F", SAMPLE)

    def entry(r: int, c: int, row: tuple[Index, ...], col: tuple[Index, ...]) -> Poly:
        return derive(derive(first, _own_rules(r), *row), _own_rules(c), *col)

    return _matrix(ABOVE, ABOVE, entry)


def own_part(row: int, col: int) -> Matrix:
    """Return of that Hessian the rows and columns of β (0) or W (1)."""
    return own_hessian().select(slice(row, row + 1), slice(col, col + 1))


def _by_own_weights(entry: Callable[[Index, Index], Poly]) -> Matrix:
    return _matrix((("above",),), (("here",),), lambda r, c, row, col: entry(*row, *col))


@cache
def own_slope() -> Matrix:
    """Return ∂F/∂W of the layer above, a matrix like W."""
    return _by_own_weights(lambda k, q: derive(atom("F", SAMPLE), _own_rules(1), q, k))


@cache
def own_curvatures() -> Matrix:
    """Return ∂²F/∂W_kq² of the layer above, a matrix like W."""

    def entry(k: Index, q: Index) -> Poly:
        c, r = Index("above", "c"), Index("here", "r")
        second = derive(derive(atom("F", SAMPLE), _own_rules(1), q, k), _own_rules(1), r, c)
        return second.identify({c: k, r: q})

    return _by_own_weights(entry)


# A later layer: z_k = β_k + Σ_j V_kj φ_j, where φ is any smooth function of z_here with slopes D.


def _far(s: Index, k: Index, q: Index) -> Poly:
    j = _fresh("before")
    return (atom("V", k, j) * atom("D", s, j, q)).sum(j)


def _below_rules(block: int) -> Rules:
    """Return how things depend on β and W of the layer here, z_q = β_q + Σ_a W_qa a_a."""
    own = _own(block, "a")

    def through(s: Index, k: Index, *at: Index) -> Poly:
        q = _fresh("here")
        return (_far(s, k, q) * own(s, q, *at)).sum(q)

    return {
        "g": _chain("B", through, "above", block + 1),
        "phi": _chain("D", own, "here", block + 1),
    }


@cache
def pair() -> Matrix:
    """Return ∂²F by β and V of a later layer (rows), and by β and W of the layer here."""
    first = atom("F", SAMPLE)

    def entry(r: int, c: int, row: tuple[Index, ...], col: tuple[Index, ...]) -> Poly:
        rules = {"F": _chain("g", _own(r, "phi"), "above", r + 1)}
        return derive(derive(first, rules, *row), _below_rules(c), *col)

    return _matrix(LATER, HERE, entry)


def pair_part(row: int, col: int) -> Matrix:
    """Return of that the rows of β (0) or V (1), and the columns of β (0) or W (1)."""
    return pair().select(slice(row, row + 1), slice(col, col + 1))


@cache
def next_jacobian() -> Matrix:
    """Return ∂f(z)/∂z_here of the later layer's z."""
    rules = {"phi1": lambda s, k, q: atom("t1", s, k) * _far(s, k, q)}
    return _matrix(
        (("above",),),
        (("here",),),
        lambda r, c, row, col: derive(atom("phi1", SAMPLE, *row), rules, *col),
    )


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
    q = _fresh("here")
    return (atom(name, s, *own, q) * atom("J", s, q, p)).sum(q)


def _output(k: Index) -> Poly:
    q = _fresh("here")
    return atom("beta", k) + (atom("W", k, q) * atom("h", SAMPLE, q)).sum(q)


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
            slopes = derive(_output(k), rules, *at), derive(_output(c), rules, *at)
            total += own * (slopes[0] * slopes[1]).sum(*at)
        return total

    return _square("above", entry)


@cache
def laplacian() -> Matrix:
    """Return Σ_p ∂²z/∂θ_p² of the layer above."""

    def entry(k: Index) -> Poly:
        total = Poly()
        for own, rules, at, again in _blocks():
            second = derive(derive(_output(k), rules, *at), rules, *again)
            total += own * second.identify(dict(zip(again, at, strict=True))).sum(*at)
        return total

    return _column("above", entry)


@cache
def laplacian_here() -> Matrix:
    """Return Σ_p ∂²z/∂θ_p² of the layer here."""
    p = _fresh("theta")
    return _column("here", lambda q: atom("Z", SAMPLE, q, p, p).sum(p))


@cache
def end() -> Matrix:
    """Return tr ∂²F(z_here)/∂θ² of a function with slope e and Hessian S."""
    rules, p, r = PARAMETERS[0], Index("theta", "first"), Index("theta", "second")
    second = derive(derive(atom("F", SAMPLE), rules, p), rules, r)
    return _matrix(ONE, ONE, lambda *_: second.identify({r: p}).sum(p))


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
        + (atom("t", SAMPLE, k) * derive(_output(k), rules, *at)).sum(k)
    )


@cache
def by_tangents() -> Matrix:
    """Return ∂T/∂M, M symmetric."""

    def slope(s: Index, q: Index, r: Index, a: Index, b: Index) -> Poly:
        return (delta(q, a) * delta(r, b) + delta(q, b) * delta(r, a)) * HALF

    return _square("here", lambda a, b: _T({"M": slope}, a, b))


@cache
def by_laplacian() -> Matrix:
    """Return ∂T/∂λ."""
    return _column("here", lambda a: _T({"lam": _unit}, a))


@cache
def by_biases() -> Matrix:
    """Return ∂T/∂β of the layer above."""
    return _column("above", lambda k: _T({"beta": delta}, k))


@cache
def by_weights() -> Matrix:
    """Return ∂T/∂W of the layer above."""
    return _by_own_weights(lambda k, q: _T(PARAMETERS[2], q, k))


@cache
def by_inputs() -> Matrix:
    """Return ∂T/∂z_here."""
    return _column("here", lambda q: _T(STEP, q))


# Along a direction: W, β and z move by W_to, β_to and z_to; above, g moves by g_to.

ALONG: Rules = {
    "beta": lambda k: atom("beta_to", k),
    "W": lambda k, q: atom("W_to", k, q),
    "h": lambda s, q: atom("f1", s, q) * atom("z_to", s, q),
    "f1": lambda s, q: atom("f2", s, q) * atom("z_to", s, q),
    "g": lambda s, k: atom("g_to", s, k),
}


@cache
def output() -> Matrix:
    """Return z of the layer above."""
    return _column("above", _output)


@cache
def output_along() -> Matrix:
    """Return by how much z of the layer above moves."""
    return _column("above", lambda k: derive(_output(k), ALONG))


@cache
def slope_along() -> Matrix:
    """Return by how much ∂F/∂z_here moves."""
    return _column("here", lambda q: derive(derive(atom("F", SAMPLE), STEP, q), ALONG))


@cache
def own_gradient_along() -> Matrix:
    """Return by how much ∂F/∂W of the layer above moves."""
    return _by_own_weights(
        lambda k, q: derive(derive(atom("F", SAMPLE), _own_rules(1), q, k), ALONG)
    )


# The base: softmax cross-entropy of the outputs v, −Σ_c y_c log π_c with Σ_c y_c = 1.


def _softmax(s: Index, c: Index, k: Index) -> Poly:
    return atom("pi", s, c) * (delta(c, k) - atom("pi", s, k))


SOFTMAX: Rules = {
    "lse": lambda s, c: atom("pi", s, c),
    "v": _unit,
    "pi": _softmax,
}


def _cross_entropy() -> Poly:
    c = _fresh("class")
    return atom("lse", SAMPLE) - (atom("label", SAMPLE, c) * atom("v", SAMPLE, c)).sum(c)


@cache
def softmax_slope() -> Matrix:
    """Return ∂ℓ/∂v."""
    return _column("class", lambda c: derive(_cross_entropy(), SOFTMAX, c))


@cache
def softmax_curvature() -> Matrix:
    """Return ∂²ℓ/∂v²."""
    first = _cross_entropy()
    return _square("class", lambda c, k: derive(derive(first, SOFTMAX, c), SOFTMAX, k))


@cache
def softmax_third() -> Matrix:
    """Return ∂⟨∂²ℓ/∂v², R⟩/∂v of a constant symmetric R."""
    k, c = Index("class", "k"), Index("class", "c")
    S = delta(c, k) * atom("pi", SAMPLE, c) - atom("pi", SAMPLE, c) * atom("pi", SAMPLE, k)

    def entry(b: Index) -> Poly:
        return (derive(S, SOFTMAX, b) * atom("R", SAMPLE, c, k)).sum(c, k)

    return _column("class", entry)

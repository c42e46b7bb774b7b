"""The network's quantities as symbols of trees: the notation that claims are stated in.

What has a definition in other quantities (g, c, K, Q, H, …) is named: readers see the name, and
proofs and numbers its meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from hessbound.derive.algebra import sides
from hessbound.derive.algebra.sides import ONE, SCALAR, Shape, Side, side
from hessbound.derive.model.parameters import BLOCKS, PARTS, THETA

from . import trees
from .trees import Node, NotAStatementError, Symbol, make, named

HIDDEN = ("h", "f1", "f2", "f3")  # f(u) and its derivatives
OUTPUT = ("e", "p", "p1")  # ∂ℓ/∂v, ∂²ℓ/∂v², ∂³ℓ/∂v³
SHAPES = {
    "X": Shape(side("sample"), side("input")),
    "A": Shape(side("hidden"), side("input")),
    "w0": SCALAR,
    "b": Shape(side("hidden"), ONE),
    **dict.fromkeys(HIDDEN, Shape(side("sample"), side("hidden"))),
    **dict.fromkeys(OUTPUT, Shape(side("sample"), ONE)),
}
SIZES = ("N", "d", "m", "P")
COLUMN, SQUARE = Shape(THETA, ONE), Shape(THETA, THETA)
JACOBIANS = {  # in denominator layout: a row for each entry of what is differentiated by
    ("u", "A"): Shape((("input", "hidden"),), side("hidden")),
    ("h", "u"): Shape(side("hidden"), side("hidden")),
    ("h'", "u"): Shape(side("hidden"), side("hidden")),
    ("v", "h"): Shape(side("hidden"), ONE),
}


def quantity(name: str, shape: Shape) -> Node:
    """Return a quantity of the network by its name."""
    return make("quantity", (name,), shape)


def of(name: str, i: Symbol, shape: Shape) -> Node:
    """Return a quantity of one sample by its name."""
    return make("of", (name, i), shape)


class Sample:
    """Column vectors and scalars of one sample: x̄ (d + 1), h, f1, f2, f3, g, c, b (m), e, p, p1."""

    __slots__ = ("_i",)
    _i: Symbol

    def __init__(self, i: Symbol) -> None:
        object.__setattr__(self, "_i", trees.require_symbol(i))

    def __setattr__(self, name: str, value: object) -> None:
        msg = f"the quantities of a sample are given, and {name} cannot be set"
        raise AttributeError(msg)

    def _column(self, name: str) -> Node:
        return of(name, self._i, Shape(side("hidden"), ONE))

    def _scalar(self, name: str) -> Node:
        return of(name, self._i, SCALAR)

    x = property(lambda self: of("X", self._i, Shape(side("input"), ONE)), doc="x̄.")
    h = property(lambda self: self._column("h"), doc="f(u).")
    f1 = property(lambda self: self._column("f1"), doc="f′(u).")
    f2 = property(lambda self: self._column("f2"), doc="f″(u).")
    f3 = property(lambda self: self._column("f3"), doc="f‴(u).")
    e = property(lambda self: self._scalar("e"), doc="∂ℓ/∂v.")
    p = property(lambda self: self._scalar("p"), doc="∂²ℓ/∂v².")
    p1 = property(lambda self: self._scalar("p1"), doc="∂³ℓ/∂v³.")
    b = property(lambda self: quantity("b", SHAPES["b"]), doc="w_1..w_m.")

    @property
    def u(self) -> Node:
        """Ax̄, what goes into the hidden units."""
        return named(("u", self._i), quantity("A", SHAPES["A"]) @ self.x)

    @property
    def g(self) -> Node:
        """f′(u)∘b."""
        return named(("g", self._i), self.f1 * self.b)

    @property
    def c(self) -> Node:
        """f″(u)∘b."""
        return named(("c", self._i), self.f2 * self.b)


def _quantity(name: str, doc: str) -> Any:
    return property(lambda _: quantity(name, SHAPES[name]), doc=doc)


def _size(name: str, doc: str) -> Any:
    return property(lambda _: make("size", (name,), SCALAR), doc=doc)


class Quantities:
    """The quantities of a network with one hidden layer; matrices are nodes (see ``trees``).

    A sample ``i`` is an index that the claim, or ``over``, hands over.
    """

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        msg = f"the quantities of a network are given, and {name} cannot be set"
        raise AttributeError(msg)

    X = _quantity("X", "Inputs with a leading 1, N × (d + 1).")
    A = _quantity("A", "Weights of the hidden layer, biases first, m × (d + 1).")
    w0 = _quantity("w0", "The output's bias.")
    b = _quantity("b", "The output's weights w_1..w_m.")
    h = _quantity("h", "f(u), N × m.")
    f1 = _quantity("f1", "f′(u), N × m.")
    f2 = _quantity("f2", "f″(u), N × m.")
    f3 = _quantity("f3", "f‴(u), N × m.")
    e = _quantity("e", "∂ℓ/∂v, N.")
    p = _quantity("p", "∂²ℓ/∂v², N.")
    p1 = _quantity("p1", "∂³ℓ/∂v³, N.")
    N = _size("N", "The number of samples.")
    d = _size("d", "The number of inputs, without the leading 1.")
    m = _size("m", "The number of hidden units.")
    P = _size("P", "The number of parameters.")

    @property
    def theta(self) -> Node:
        """θ = [vec A; w₀; b], P × 1."""
        return quantity("theta", COLUMN)

    @property
    def G(self) -> Node:
        """g_i in rows, N × m."""
        return named("G", self.f1 * self.b.T)

    @property
    def C(self) -> Node:
        """c_i in rows, N × m."""
        return named("C", self.f2 * self.b.T)

    @property
    def K(self) -> Node:
        """K_ij = x̄_i·x̄_j."""
        return named("K", self.X @ self.X.T)

    @property
    def Q(self) -> Node:
        """Q_ij = h̄_i·h̄_j."""
        return named("Q", self.one("sample", "sample") + self.h @ self.h.T)

    @property
    def H(self) -> Node:
        """The Hessian of L, P × P."""
        return _total("H")

    @property
    def gauss_newton(self) -> Node:
        """Σ_i p_i ∇v_i ∇v_iᵀ, P × P."""
        return _total("gauss_newton")

    @property
    def residual(self) -> Node:
        """Σ_i e_i ∇²v_i, P × P."""
        return _total("residual")

    def h_bar(self, s: Sample) -> Node:
        """Return h̄ = [1; h] of one sample."""
        if not isinstance(s, Sample):
            msg = f"h_bar takes a sample, q.at(i), got {s!r}"
            raise NotAStatementError(msg)
        return named(("h_bar", s._i), self.blocks([[self.one()], [s.h]]))

    def one(self, row: str | None = None, col: str | None = None) -> Node:
        """Return a vector or matrix of ones; without sides, the 1 × 1 matrix."""
        return make("ones", (), Shape(_side(row), _side(col)))

    def eye(self, kind: str) -> Node:
        """Return the identity matrix; that of all parameters is of the kind "θ"."""
        return make("eye", (), Shape(_side(kind), _side(kind)))

    def blocks(self, table: Sequence[Sequence[Node]]) -> Node:
        """Put a matrix together from blocks, row by row."""
        return trees.blocks(table)

    def at(self, i: Symbol) -> Sample:
        """Return the quantities of one sample."""
        return Sample(i)

    def over(self, term: Callable[..., Any], n: int = 1, *, kind: str = "sample") -> Node:
        """Sum ``term(i, …)`` over n indices of a kind: samples, or "hidden" or "input"."""
        return trees.over(term, n, kind)

    def gradient(self, i: Symbol) -> Node:
        """Return ∇ℓ_i, P × 1, derived."""
        return _derived("gradient", COLUMN, i)

    def hessian(self, i: Symbol) -> Node:
        """Return the Hessian of ℓ_i, P × P, derived."""
        return _derived("hessian", SQUARE, i)

    def second_hessian(self, i: Symbol) -> Node:
        """Return the Hessian of ℓ_i by a second derivation, the product rule over factors."""
        return _derived("second_hessian", SQUARE, i)

    def output_gradient(self, i: Symbol) -> Node:
        """Return ∇v_i, P × 1, derived."""
        return _derived("output_gradient", COLUMN, i)

    def output_hessian(self, i: Symbol) -> Node:
        """Return the Hessian of v_i, P × P, derived."""
        return _derived("output_hessian", SQUARE, i)

    def total_gradient(self) -> Node:
        """Return ∇L, P × 1, differentiated as one sum."""
        return make("derived", ("total_gradient",), COLUMN)

    def total_hessian(self) -> Node:
        """Return the Hessian of L, P × P, differentiated as one sum."""
        return make("derived", ("total_hessian",), SQUARE)

    def third(self, i: Symbol, M: Node) -> Node:
        """Return ⟨M, ∂∇²ℓ_i/∂θ⟩, P × 1, from derived third derivatives; M is held constant."""
        sides.added(M.shape, SQUARE)
        return make("derived", ("third", trees.require_symbol(i), M), COLUMN)

    def trace_gradient(self, n: int) -> Node:
        """Return ∇tr Hⁿ, P × 1, derived."""
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            msg = f"trace_gradient takes a power, at least 1, got {n!r}"
            raise NotAStatementError(msg)
        trees.require_low(n)
        return make("derived", ("trace_gradient", n), COLUMN)

    def jacobian(self, of: str, by: str, i: Symbol) -> Node:
        """Return ∂of/∂by of sample i in denominator layout, one row per entry of ``by``."""
        if (of, by) not in JACOBIANS:
            known = "; ".join(f'"{a}", "{b}"' for a, b in JACOBIANS)
            msg = f"a Jacobian is one of {known}, got {of!r}, {by!r}"
            raise NotAStatementError(msg)
        trees.require_symbol(i)
        return make("derived", ("jacobian", of, by, i), JACOBIANS[of, by])

    def part(self, M: Node, row: str, col: str) -> Node:
        """Return a block of a P × P or P × 1 matrix.

        Sides are "A", "w" (with its bias), "w0" and "b" (the parts of "w"), or "1".
        """
        M = trees.node(M)
        shape = Shape(_part(M.shape, 0, row), _part(M.shape, 1, col))
        return make("part", (M, row, col), shape)

    def free(self, name: str, row: str | None = None, col: str | None = None) -> Node:
        """Return an arbitrary real matrix with no meaning of its own, by a name of its own."""
        if type(name) is not str or not name.isidentifier():
            msg = f"a free matrix needs a name, a Python identifier, got {name!r}"
            raise NotAStatementError(msg)
        if hasattr(type(self), name) or name in Sample.__dict__:
            msg = f"the name {name!r} is taken by a quantity of the network"
            raise NotAStatementError(msg)
        return make("free", (name,), Shape(_side(row), _side(col)))


@lru_cache
def _total(name: str) -> Node:
    """Return H or one of its two parts, a node that all uses share."""
    q = Quantities()
    term = {
        "H": q.hessian,
        "gauss_newton": lambda i: q.at(i).p * (q.output_gradient(i) @ q.output_gradient(i).T),
        "residual": lambda i: q.at(i).e * q.output_hessian(i),
    }[name]
    return named(name, trees.over(term))


def _derived(name: str, shape: Shape, i: Symbol) -> Node:
    return make("derived", (name, trees.require_symbol(i)), shape)


def _side(kind: str | None) -> Side:
    if kind == "θ":
        return THETA
    if kind is not None:
        trees.require_kind(kind)
    return side(kind)


def _part(shape: Shape, which: int, name: str) -> Side:
    """Return the side that is left of a side in θ's shape."""
    own: Side = shape[which]
    if name == "1" and own == ONE:
        return ONE
    if name not in PARTS or own != THETA:
        known = f"{', '.join(PARTS)} of a side in θ's shape, or 1 of a side of length one"
        msg = f"a part is one of {known}, got {name!r} of a matrix {shape}"
        raise NotAStatementError(msg)
    return tuple(BLOCKS[key] for key in PARTS[name])

"""The quantities that claims are stated in, for all sizes (input of the prover; its twin at explicit sizes is `explicit`).

A claim is a function of a `Quantities` object and so is written once, in the paper's symbols.  Given the `Symbolic`
quantities it yields polynomials in normal form; given the explicit ones it yields exact numbers.  The two share no code
but the notation below, so each checks the other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from hessbound.derive import activations, differentiate, matrices, network, product_rule
from hessbound.derive.labels import Index
from hessbound.derive.matrices import COL, ONE, ROW, Matrix
from hessbound.derive.network import model_of
from hessbound.derive.polynomial import Poly, atom
from hessbound.derive.traces import HIDDEN, OUTPUT


@dataclass(frozen=True)
class Sample:
    """Column vectors and scalars of one sample: x̄ (d + 1), h, f1, f2 (m), e, p."""

    x: Any
    h: Any
    f1: Any
    f2: Any
    e: Any
    p: Any
    b: Any

    @property
    def g(self) -> Any:
        """g = f′(u)∘b."""
        return self.f1 * self.b

    @property
    def c(self) -> Any:
        """c = f″(u)∘b."""
        return self.f2 * self.b


class Quantities(ABC):
    """The notation; matrices have `@ * ** + − .T .kron() .trace() .sum() .diag()`, with * and ** entry by entry."""

    X: Any  # N × (d + 1), with its column of ones
    A: Any  # m × (d + 1)
    w0: Any
    b: Any  # w_1..w_m
    h: Any  # N × m, like f1 and f2
    f1: Any
    f2: Any
    e: Any  # N
    p: Any  # N

    @property
    def G(self) -> Any:
        """g_i in rows, N × m."""
        return self.f1 * self.b.T

    @property
    def C(self) -> Any:
        """c_i in rows, N × m."""
        return self.f2 * self.b.T

    @property
    def K(self) -> Any:
        """K_ij = x̄_i·x̄_j."""
        return self.X @ self.X.T

    @property
    def Q(self) -> Any:
        """Q_ij = h̄_i·h̄_j."""
        return self.one("sample", "sample") + self.h @ self.h.T

    def h_bar(self, s: Sample) -> Any:
        """h̄ = [1; h] of one sample."""
        return self.blocks([[self.one()], [s.h]])

    @property
    def H(self) -> Any:
        """The Hessian of L, P × P."""
        return self.over(self.hessian)

    @property
    def gauss_newton(self) -> Any:
        """Σ_i p_i ∇v_i ∇v_iᵀ, P × P."""
        return self.over(
            lambda i: self.at(i).p * (self.output_gradient(i) @ self.output_gradient(i).T)
        )

    @property
    def residual(self) -> Any:
        """Σ_i e_i ∇²v_i, P × P."""
        return self.over(lambda i: self.at(i).e * self.output_hessian(i))

    @abstractmethod
    def one(self, row: str | None = None, col: str | None = None) -> Any:
        """A vector or matrix of ones."""

    @abstractmethod
    def eye(self, kind: str) -> Any:
        """The identity matrix."""

    @abstractmethod
    def blocks(self, table: list[list[Any]]) -> Any:
        """A matrix put together from blocks, row by row."""

    @abstractmethod
    def at(self, i: Any) -> Sample:
        """The quantities of one sample."""

    @abstractmethod
    def over(self, term: Callable[..., Any], n: int = 1) -> Any:
        """The sum of `term(i, …)` over n sample indices."""

    @abstractmethod
    def gradient(self, i: Any) -> Any:
        """∇ℓ_i, P × 1, derived."""

    @abstractmethod
    def hessian(self, i: Any) -> Any:
        """The Hessian of ℓ_i, P × P, derived."""

    @abstractmethod
    def output_gradient(self, i: Any) -> Any:
        """∇v_i, P × 1, derived."""

    @abstractmethod
    def output_hessian(self, i: Any) -> Any:
        """The Hessian of v_i, P × P, derived."""

    @abstractmethod
    def total_gradient(self) -> Any:
        """∇L, differentiated as one sum."""

    @abstractmethod
    def total_hessian(self) -> Any:
        """The Hessian of L, differentiated as one sum."""

    @abstractmethod
    def second_hessian(self, i: Any) -> Any:
        """The Hessian of ℓ_i by a second derivation, the product rule in the index algebra."""

    @abstractmethod
    def jacobian(self, of: str, by: str, i: Any) -> Any:
        """∂of/∂by of sample i in denominator layout, one row per entry of `by`."""

    @abstractmethod
    def part(self, M: Any, row: str, col: str) -> Any:
        """The block of a P × P or P × 1 matrix; sides are "A", "w" (with its bias) or "1"."""

    @abstractmethod
    def free(self, name: str, row: str | None = None, col: str | None = None) -> Any:
        """An arbitrary matrix with no meaning of its own."""


SIDES = {"A": HIDDEN, "w": OUTPUT, "1": slice(None)}


class Symbolic(Quantities):
    """The quantities as polynomials in normal form, for all N, d and m.

    With an activation's name, f, f′ and f″ are polynomials in its atoms, the Hessian is derived from them, and sides are
    equal modulo the relations of the atoms.
    """

    def __init__(self, activation: str | None = None) -> None:
        self._function = activations.load(activation) if activation else None
        self.model = model_of(self._function) if self._function else differentiate.GENERIC
        self.X = matrices.symbol("X", "sample", "input")
        self.A = matrices.symbol("A", "hidden", "input")
        self.w0 = matrices.symbol("w0", None)
        self.b = matrices.symbol("w", "hidden")
        rows, cols = Index("sample", ROW), Index("hidden", COL)
        sides = ((("sample",),), (("hidden",),))
        self.h, self.f1, self.f2 = (
            Matrix(*sides, {(0, 0): self._derivative(n, rows, cols)}) for n in range(3)
        )
        self.e, self.p = (matrices.symbol(x, "sample") for x in ("e", "p"))

    def _derivative(self, order: int, *at: Index) -> Poly:
        """f, f′ or f″ of a hidden unit."""
        if self._function is None:
            return atom(("h", "f1", "f2")[order], *at)
        return differentiate.in_atoms(self._function.derivative(order), *at)

    def same(self, a: Matrix, b: Matrix) -> bool:
        """Whether the normal forms are equal, modulo the relations of the activation's atoms."""
        if (a.rows, a.cols) != (b.rows, b.cols):
            msg = f"the sides are {a.shape} and {b.shape}"
            raise ValueError(msg)
        return a.rewrite(*self._relations) == b.rewrite(*self._relations)

    @cached_property
    def _relations(self) -> list[tuple[Poly, Poly]]:
        at = Index("sample", "i"), Index("hidden", "k")
        relations = self._function.relations if self._function else {}
        return [(atom(x.name, *at), differentiate.in_atoms(y, *at)) for x, y in relations.items()]

    def one(self, row: str | None = None, col: str | None = None) -> Matrix:
        return matrices.ones(row, col) if row else matrices.scalar(1)

    def eye(self, kind: str) -> Matrix:
        return matrices.identity(kind)

    def blocks(self, table: list[list[Matrix]]) -> Matrix:
        return matrices.blocks(table)

    def at(self, i: Index) -> Sample:
        unit = Index("hidden", ROW)
        hidden = (
            Matrix((("hidden",),), ONE, {(0, 0): self._derivative(n, i, unit)}) for n in range(3)
        )
        x = matrices.symbol("X", "input", None, i)
        e, p = (matrices.symbol(name, None, None, i) for name in ("e", "p"))
        return Sample(x, *hidden, e, p, self.b)

    def over(self, term: Callable[..., Matrix], n: int = 1) -> Matrix:
        bound = [Index("sample", "~sum", k) for k in range(n)]
        M = term(*bound)
        return Matrix(M.rows, M.cols, {key: x.sum(*bound) for key, x in M.entries.items()})

    def gradient(self, i: Index) -> Matrix:
        return differentiate.gradient(self.model).at_samples(i=i)

    def hessian(self, i: Index) -> Matrix:
        return differentiate.hessian(self.model).at_samples(i=i)

    def output_gradient(self, i: Index) -> Matrix:
        return differentiate.output_gradient(self.model).at_samples(i=i)

    def output_hessian(self, i: Index) -> Matrix:
        return differentiate.output_hessian(self.model).at_samples(i=i)

    def total_gradient(self) -> Matrix:
        return differentiate.total_gradient(self.model)

    def total_hessian(self) -> Matrix:
        return differentiate.total_hessian(self.model)

    def second_hessian(self, i: Index) -> Matrix:
        return product_rule.hessian().at_samples(i=i)

    def part(self, M: Matrix, row: str, col: str) -> Matrix:
        return M.select(SIDES[row], SIDES[col])

    def free(self, name: str, row: str | None = None, col: str | None = None) -> Matrix:
        return matrices.symbol(name, row, col)

    def jacobian(self, of: str, by: str, i: Index) -> Matrix:
        return self._jacobians[of, by].at_samples(i=i)

    @cached_property
    def _jacobians(self) -> dict[tuple[str, str], Matrix]:
        """SymPy's derivatives between neighbouring variables of the network, at sample i."""
        model, unit = differentiate.GENERIC, sp.Symbol("unit", integer=True)
        U, hidden = sp.IndexedBase("U"), sp.IndexedBase("h")
        to, k = sp.Symbol("hidden_to", integer=True), network.k
        at_A, f = (
            network.A[to, sp.Symbol("input_to", integer=True)],
            model.hidden_functions[network.h],
        )
        v = network.w[0] + sp.Sum(network.w[k] * hidden[k], (k, 1, network.m))
        back = {U[unit]: model.u(unit)}
        expressions = {
            ("u", "A"): sp.diff(model.u(unit), at_A),
            ("h", "u"): sp.diff(f(U[unit]), U[to]).subs(back),
            ("h'", "u"): sp.diff(f(U[unit]).diff(U[unit]), U[to]).subs(back),
            ("v", "h"): sp.diff(v, hidden[to]),
        }
        return {key: self._jacobian(*key, expr) for key, expr in expressions.items()}

    @staticmethod
    def _jacobian(of: str, by: str, expr: sp.Expr) -> Matrix:
        row = ("input", "hidden") if by == "A" else ("hidden",)
        col = () if of == "v" else ("hidden",)
        kinds = {sp.Symbol(f"{kind}_to", integer=True): kind for kind in row}
        kinds |= {sp.Symbol("unit", integer=True): "hidden", network.i: "sample"}
        names = [Index(kind, f"{kind}_to") for kind in row] + [Index("hidden", "unit") for _ in col]
        own = matrices.indices(row, ROW) + matrices.indices(col, COL)
        poly: Poly = differentiate.convert(expr, kinds)
        return Matrix(
            (row,),
            (col,) if col else ONE,
            {(0, 0): poly.rename(dict(zip(names, own, strict=True)))},
        )

"""The quantities for all sizes, as matrices of the index algebra (the twin of ``explicit``)."""

from collections.abc import Callable
from functools import cached_property

import sympy as sp

from hessbound.derive import activations
from hessbound.derive.algebra import matrices
from hessbound.derive.algebra.constants import vanishes
from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ONE, ROW, Matrix
from hessbound.derive.algebra.polynomials import Poly, atom
from hessbound.derive.algebra.sympy import in_atoms
from hessbound.derive.model import derivatives, network, parameters, product_rule
from hessbound.derive.model.convert import convert
from hessbound.derive.model.network import model_of
from hessbound.derive.model.parameters import THETA as PARAMETERS

from .quantities import Quantities, Sample

NAMES = ("h", "f1", "f2", "f3")  # of f and its derivatives


class Symbolic(Quantities):
    """The quantities as polynomials in normal form, for all N, d and m.

    With an activation's name, f to f‴ are polynomials in its atoms, the Hessian is derived
    from them, and sides are equal modulo the relations of the atoms.

    Examples
    --------
    >>> q = Symbolic()
    >>> q.same((q.K * q.K).trace(), (q.X @ q.X.T * q.eye("sample") * q.K).sum())
    True
    >>> print(q.H.trace().poly == q.over(lambda i: q.hessian(i).trace()).poly)
    True
    """

    def __init__(self, activation: str | None = None) -> None:
        self._function = activations.load(activation) if activation else None
        self.model = model_of(self._function) if self._function else network.GENERIC
        self.X = matrices.symbol("X", "sample", "input")
        self.A = matrices.symbol("A", "hidden", "input")
        self.w0 = matrices.symbol("w0", None)
        self.b = matrices.symbol("w", "hidden")
        rows, cols = Index("sample", ROW), Index("hidden", COL)
        sides = ((("sample",),), (("hidden",),))
        self.h, self.f1, self.f2, self.f3 = (
            Matrix(*sides, {(0, 0): self._derivative(n, rows, cols)}) for n in range(4)
        )
        self.e, self.p, self.p1 = (matrices.symbol(x, "sample") for x in ("e", "p", "p1"))

    def _derivative(self, order: int, *at: Index) -> Poly:
        """Return f, f′, f″ or f‴ of a hidden unit."""
        if self._function is None:
            return atom(NAMES[order], *at)
        return in_atoms(self._function.derivative(order), *at)

    def same(self, a: Matrix, b: Matrix) -> bool:
        """Return whether two normal forms are equal, modulo the relations of the atoms.

        ValueError where the matrices differ in shape.
        """
        if (a.rows, a.cols) != (b.rows, b.cols):
            msg = f"the sides are {a.shape} and {b.shape}"
            raise ValueError(msg)
        difference = (a - b).rewrite(*self._relations)
        return all(vanishes(entry) for entry in difference.entries.values())

    @cached_property
    def _relations(self) -> list[tuple[Poly, Poly]]:
        at = Index("sample", "i"), Index("hidden", "k")
        relations = self._function.relations if self._function else {}
        return [(atom(x.name, *at), in_atoms(y, *at)) for x, y in relations.items()]

    def one(self, row: str | None = None, col: str | None = None) -> Matrix:
        """Return ones; without sides, the 1 × 1 matrix."""
        return matrices.ones(row, col) if row else matrices.scalar(1)

    def eye(self, kind: str) -> Matrix:
        """Return Kronecker's delta as a matrix."""
        if kind != "θ":
            return matrices.identity(kind)
        hidden = matrices.identity("hidden")
        own = (matrices.identity("input").kron(hidden), matrices.scalar(1), hidden)
        entries = {(r, c): Poly() for r in range(len(own)) for c in range(len(own))}
        entries |= {(b, b): M.entries[0, 0] for b, M in enumerate(own)}
        return Matrix(PARAMETERS, PARAMETERS, entries)

    def blocks(self, table: list[list[Matrix]]) -> Matrix:
        """Put a matrix together; its sides become sequences of blocks."""
        return matrices.blocks(table)

    def at(self, i: Index) -> Sample:
        """Return the symbols of a sample, with i as their first index."""
        unit = Index("hidden", ROW)
        h, f1, f2, f3 = (
            Matrix((("hidden",),), ONE, {(0, 0): self._derivative(n, i, unit)}) for n in range(4)
        )
        x = matrices.symbol("X", "input", None, i)
        e, p, p1 = (matrices.symbol(name, None, None, i) for name in ("e", "p", "p1"))
        return Sample(x, h, f1, f2, f3, e, p, p1, self.b)

    def over(self, term: Callable[..., Matrix], n: int = 1) -> Matrix:
        """Bind the sample indices of a term."""
        bound = [Index("sample", "~sum", k) for k in range(n)]
        M = term(*bound)
        return Matrix(M.rows, M.cols, {key: x.sum(*bound) for key, x in M.entries.items()})

    def gradient(self, i: Index) -> Matrix:
        """Return ∇ℓ_i by SymPy."""
        return derivatives.gradient(self.model).at_samples(i=i)

    def hessian(self, i: Index) -> Matrix:
        """Return the Hessian of ℓ_i by SymPy."""
        return derivatives.hessian(self.model).at_samples(i=i)

    def output_gradient(self, i: Index) -> Matrix:
        """Return ∇v_i by SymPy."""
        return derivatives.output_gradient(self.model).at_samples(i=i)

    def output_hessian(self, i: Index) -> Matrix:
        """Return the Hessian of v_i by SymPy."""
        return derivatives.output_hessian(self.model).at_samples(i=i)

    def total_gradient(self) -> Matrix:
        """Return ∇L by SymPy."""
        return derivatives.total_gradient(self.model)

    def total_hessian(self) -> Matrix:
        """Return the Hessian of L by SymPy."""
        return derivatives.total_hessian(self.model)

    def second_hessian(self, i: Index) -> Matrix:
        """Return the Hessian of ℓ_i by the product rule, for any activation."""
        return product_rule.hessian().at_samples(i=i)

    def third(self, i: Index, M: Matrix) -> Matrix:
        """Return ⟨M, ∂∇²ℓ_i/∂θ⟩ by SymPy."""
        return derivatives.along(M, i, self.model)

    def trace_gradient(self, n: int) -> Matrix:
        """Return ∇tr Hⁿ by the product rule, with the atoms of the activation put in."""
        gradient = product_rule.trace_gradient(n)
        if self._function is None:
            return gradient
        at = Index("sample", "i"), Index("hidden", "k")
        known = [(atom(x, *at), self._derivative(n, *at)) for n, x in enumerate(NAMES)]
        return gradient.rewrite(*known)

    def part(self, M: Matrix, row: str, col: str) -> Matrix:
        """Return whole blocks: of θ's three, the first is A and the others w₀ and b, together w."""
        return parameters.part(M, row, col)

    def free(self, name: str, row: str | None = None, col: str | None = None) -> Matrix:
        """Return a matrix of symbols."""
        return matrices.symbol(name, row, col)

    def jacobian(self, of: str, by: str, i: Index) -> Matrix:
        """Return a Jacobian between neighbouring variables by SymPy, for any activation."""
        return self._jacobians[of, by].at_samples(i=i)

    @cached_property
    def _jacobians(self) -> dict[tuple[str, str], Matrix]:
        """SymPy's derivatives between neighbouring variables of the network, at sample i."""
        model, unit = network.GENERIC, sp.Symbol("unit", integer=True)
        U, hidden = sp.IndexedBase("U"), sp.IndexedBase("h")
        to, k = sp.Symbol("hidden_to", integer=True), network.k
        at_A = network.A[to, sp.Symbol("input_to", integer=True)]
        f = model.hidden_functions[network.h]
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
        """Read one of them, with the sides that it has."""
        row = ("input", "hidden") if by == "A" else ("hidden",)
        col = () if of == "v" else ("hidden",)
        kinds = {sp.Symbol(f"{kind}_to", integer=True): kind for kind in row}
        kinds |= {sp.Symbol("unit", integer=True): "hidden", network.i: "sample"}
        names = [Index(kind, f"{kind}_to") for kind in row] + [Index("hidden", "unit") for _ in col]
        own = matrices.indices(row, ROW) + matrices.indices(col, COL)
        poly: Poly = convert(expr, kinds)
        entry = poly.rename(dict(zip(names, own, strict=True)))
        return Matrix((row,), (col,), {(0, 0): entry})

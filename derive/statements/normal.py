"""Statements in normal form, for all sizes: an interpreter of trees."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property

from hessbound.derive import activations
from hessbound.derive.algebra import matrices
from hessbound.derive.algebra.constants import vanishes
from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, indices
from hessbound.derive.algebra.polynomials import Poly, atom, product, size
from hessbound.derive.algebra.sides import Shape
from hessbound.derive.algebra.sympy import in_atoms
from hessbound.derive.model import derivatives, jacobians, product_rule
from hessbound.derive.model.network import GENERIC, model_of
from hessbound.derive.model.parameters import BLOCKS, column, part
from hessbound.derive.model.parameters import at as block_at

from .interpreter import Interpreter, Places
from .network import HIDDEN
from .trees import Node, Symbol

Relations = list[tuple[Poly, Poly | int]]
WEIGHTS = {"b": "w"}  # what the algebra calls w_1..w_m
SHARED = "over"  # the name of indices that belong to sums


class Normal(Interpreter):
    """The normal forms of trees.

    With an activation's name, f to f‴ are polynomials in its atoms, derived quantities are derived
    from them, and sides are equal modulo the relations of the atoms. ``relations`` are further
    ones, of the quantities of inequalities.

    >>> from .network import Quantities
    >>> q, normal = Quantities(), Normal()
    >>> normal.same((q.K * q.K).trace(), (q.X @ q.X.T * q.eye("sample") * q.K).sum())
    True
    """

    def __init__(self, activation: str | None = None, relations: Relations | None = None) -> None:
        super().__init__()
        self._function = activations.load(activation) if activation else None
        self.model = model_of(self._function) if self._function else GENERIC
        self._further = relations or []
        self._names: dict[Symbol, Index] = {}

    def index(self, symbol: Symbol) -> Index:
        """Return the free index that a symbol is in polynomials, one of its own."""
        if symbol not in self._names:
            self._names[symbol] = Index(symbol.kind, SHARED, len(self._names))
        return self._names[symbol]

    def name(self, symbols: Mapping[Symbol, str]) -> None:
        """Give the symbols of a claim the names that readers see."""
        self._names |= {s: Index(s.kind, name) for s, name in symbols.items()}

    def same(self, a: Node, b: Node) -> bool:
        """Return whether two trees of one shape have equal normal forms, modulo the relations."""
        return self.vanishes(self.read(a) - self.read(b))

    def vanishes(self, difference: Matrix) -> bool:
        """Return whether a normal form is zero modulo the relations, for all sizes and values."""
        reduced = difference.rewrite(*self._relations)
        return all(vanishes(_cleared(entry)) for entry in reduced.entries.values())

    @cached_property
    def _relations(self) -> Relations:
        i, k, a = Index("sample", "i"), Index("hidden", "k"), Index("input", "a")
        own = self._function.relations if self._function else {}
        found: Relations = [(atom(x.name, i, k), in_atoms(y, i, k)) for x, y in own.items()]
        found.append((atom("u", i, k), (atom("A", k, a) * atom("X", i, a)).sum(a)))
        return found + self._further

    def read(self, node: Node, at: Places | None = None) -> Matrix:
        """Return the normal form of a node."""
        return super().read(node, at or {s: self.index(s) for s in node.free})  # type: ignore[no-any-return]

    def _symbol(self, name: str, shape: Shape, *at: Index) -> Matrix:
        """Return a matrix of symbols, f to f‴ as polynomials in the activation's atoms."""
        entries = {}
        for r, row in enumerate(shape.rows):
            for c, col in enumerate(shape.cols):
                where = (*at, *indices(row, ROW), *indices(col, COL))
                entries[r, c] = self._entry(name, *where)
        return Matrix(shape.rows, shape.cols, entries)

    def _entry(self, name: str, *at: Index) -> Poly:
        if self._function is not None and name in HIDDEN:
            return in_atoms(self._function.derivative(HIDDEN.index(name)), *at)
        return atom(WEIGHTS.get(name, name), *at)

    def on_number(self, node: Node, at: Places) -> Matrix:
        """Read a rational number."""
        return matrices.scalar(Fraction(*node.args))

    def on_size(self, node: Node, at: Places) -> Matrix:
        """Read N, d, m or P."""
        return matrices.scalar(_size(node.args[0]))

    def on_reciprocal(self, node: Node, at: Places) -> Matrix:
        """Read 1/N, 1/d, 1/m or 1/P, a symbol until denominators are cleared."""
        return matrices.scalar(atom(_RECIPROCAL + node.args[0]))

    def on_quantity(self, node: Node, at: Places) -> Matrix:
        """Read a quantity of the network."""
        (name,) = node.args
        if name == "theta":
            entries = {
                "A": atom("A", *reversed(block_at("A", ROW))),
                "w0": atom("w0"),
                "b": atom("w", *block_at("b", ROW)),
            }
            return column(entries)
        return self._symbol(name, node.shape)

    def on_of(self, node: Node, at: Places) -> Matrix:
        """Read a quantity of one sample."""
        name, i = node.args
        return self._symbol(name, node.shape, self.index(i))

    def on_free(self, node: Node, at: Places) -> Matrix:
        """Read an arbitrary matrix: a symbol for each pair of blocks."""
        (name,) = node.args
        shape = node.shape
        entries = {
            (r, c): atom(f"{_FREE}{name} {r} {c}", *indices(row, ROW), *indices(col, COL))
            for r, row in enumerate(shape.rows)
            for c, col in enumerate(shape.cols)
        }
        return Matrix(shape.rows, shape.cols, entries)

    def on_ones(self, node: Node, at: Places) -> Matrix:
        """Read ones."""
        return _full(node.shape, 1)

    def on_zeros(self, node: Node, at: Places) -> Matrix:
        """Read zeros."""
        return _full(node.shape, 0)

    def on_eye(self, node: Node, at: Places) -> Matrix:
        """Read an identity matrix."""
        return matrices.identity(*node.shape.rows)

    def on_blocks(self, node: Node, at: Places) -> Matrix:
        """Read a matrix of blocks."""
        return matrices.blocks([[self.read(part, at) for part in row] for row in node.args])

    def on_row(self, node: Node, at: Places) -> Matrix:
        """Read the row at an index."""
        matrix, k = node.args
        return self.read(matrix, at).row(self.index(k))

    def on_part(self, node: Node, at: Places) -> Matrix:
        """Read a part of a matrix in θ's shape."""
        matrix, row, col = node.args
        return part(self.read(matrix, at), row, col)

    def on_over(self, node: Node, at: Places) -> Matrix:
        """Read a sum: its symbols are free in the term, and bound then."""
        symbols, body = node.args
        return self.read(body).over(*map(self.index, symbols))

    def on_derived(self, node: Node, at: Places) -> Matrix:
        """Read a derivative: SymPy's, or the product rule's where that is asked for."""
        name, *args = node.args
        match name, args:
            case "third", (i, M):
                return derivatives.along(self.read(M, at), self.index(i), self.model)
            case "trace_gradient", (n,):
                return product_rule.trace_gradient(n).rewrite(*self._in_atoms)
            case "jacobian", (of, by, i):
                return (
                    jacobians.jacobian(of, by).at_samples(i=self.index(i)).rewrite(*self._in_atoms)
                )
            case "second_hessian", (i,):
                return product_rule.hessian().at_samples(i=self.index(i)).rewrite(*self._in_atoms)
        matrix: Matrix = getattr(derivatives, name)(self.model)
        return matrix.at_samples(i=self.index(args[0])) if args else matrix

    @cached_property
    def _in_atoms(self) -> Relations:
        """F to f‴ as polynomials in the atoms of the activation."""
        if self._function is None:
            return []
        at = Index("sample", "i"), Index("hidden", "k")
        return [(atom(name, *at), self._entry(name, *at)) for name in HIDDEN]


_RECIPROCAL, _FREE = "1/", "free "  # no name of the algebra begins like that


def _size(name: str) -> Poly:
    if name != "P":
        return atom(name)
    return sum((product(map(size, block)) for block in BLOCKS.values()), Poly())


def _full(shape: Shape, value: int) -> Matrix:
    places = itertools.product(range(len(shape.rows)), range(len(shape.cols)))
    return Matrix(shape.rows, shape.cols, dict.fromkeys(places, Poly.of(value)))


def _cleared(poly: Poly) -> Poly:
    """Multiply by all denominators, which are sizes and so are not zero."""
    for name in sorted(x for x in poly.names() if x.startswith(_RECIPROCAL)):
        denominator, factor = _size(name.removeprefix(_RECIPROCAL)), ((name,),)
        highest = max(key.count(factor) for key in poly.terms)
        poly = sum(
            (
                Poly({tuple(c for c in key if c != factor): c})
                * denominator ** (highest - key.count(factor))
                for key, c in poly.terms.items()
            ),
            Poly(),
        )
    return poly

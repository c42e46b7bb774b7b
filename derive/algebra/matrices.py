"""Matrix notation over the index algebra: products, transpose, trace, blocks (stage 3).

An entry is a polynomial in the free indices of its two sides (see ``sides``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from . import sides
from .labels import Index
from .polynomials import Number, Poly, atom, delta, product
from .ring import Ring
from .sides import ONE as ONE
from .sides import Block, Shape, Side, side

ROW, COL, MIDDLE = "row", "col", "mid"  # free index names that matrices keep for themselves


def indices(block: Block, tag: str) -> tuple[Index, ...]:
    """Return the free indices of a block of a side."""
    return tuple(Index(kind, tag, n) for n, kind in enumerate(block))


@dataclass(frozen=True)
class Matrix(Ring):
    """A matrix for all sizes; ``entries[r, c]`` holds block r of the rows and c of the columns.

    ``*`` and ``**`` are Hadamard's product and power; a side of length one is broadcast.

    Examples
    --------
    >>> A, B = symbol("A", "input", "input"), symbol("B", "hidden", "hidden")
    >>> A.kron(B).trace() == A.trace() * B.trace()
    True
    >>> (A @ A.T).trace() == (A * A).sum()
    True
    """

    rows: Side
    cols: Side
    entries: Mapping[tuple[int, int], Poly]

    def on(self, r: int, c: int, row: Sequence[Index], col: Sequence[Index]) -> Poly:
        """Return the entry of block (r, c) at the given indices; equal ones are identified."""
        own = indices(self.rows[r], ROW) + indices(self.cols[c], COL)
        return self.entries[r, c].identify(dict(zip(own, (*row, *col), strict=True)))

    @property
    def T(self) -> Matrix:
        """The transpose."""
        entries = {
            (c, r): self.on(r, c, indices(self.rows[r], COL), indices(self.cols[c], ROW))
            for r, c in self.entries
        }
        return Matrix(self.cols, self.rows, entries)

    def __matmul__(self, other: Matrix) -> Matrix:
        rows, cols = sides.multiplied(self.shape, other.shape)

        def entry(r: int, c: int) -> Poly:
            total = Poly()
            for b, block in enumerate(self.cols):
                middle = indices(block, MIDDLE)
                left = self.on(r, b, indices(self.rows[r], ROW), middle)
                right = other.on(b, c, middle, indices(other.cols[c], COL))
                total += (left * right).sum(*middle)
            return total

        return Matrix(rows, cols, {key: entry(*key) for key in _places(rows, cols)})

    def __mul__(self, other: Matrix | Number) -> Matrix:
        if isinstance(other, Number):
            return self._each(lambda x: x * other)
        rows, cols = sides.spread(self.shape, other.shape)
        places = _places(rows, cols)
        return Matrix(rows, cols, {at: self._spread(*at) * other._spread(*at) for at in places})

    def _spread(self, r: int, c: int) -> Poly:
        return self.entries[min(r, len(self.rows) - 1), min(c, len(self.cols) - 1)]

    def __add__(self, other: Matrix | Number) -> Matrix:
        if not isinstance(other, Matrix):
            other = scalar(other)
        sides.added(self.shape, other.shape)
        entries = {key: x + other.entries[key] for key, x in self.entries.items()}
        return Matrix(self.rows, self.cols, entries)

    def __pow__(self, n: int) -> Matrix:
        return self._each(lambda x: x**n)

    def kron(self, other: Matrix) -> Matrix:
        """Return the Kronecker product; a side with blocks needs length one on the other's."""
        rows, cols = sides.kronecker(self.shape, other.shape)
        entries = {}
        for r, row in enumerate(rows):
            for c, col in enumerate(cols):
                a = (min(r, len(self.rows) - 1), min(c, len(self.cols) - 1))
                b = (min(r, len(other.rows) - 1), min(c, len(other.cols) - 1))
                below = indices(row, ROW)[len(self.rows[a[0]]) :]
                right = indices(col, COL)[len(self.cols[a[1]]) :]
                entries[r, c] = self.entries[a] * other.on(*b, below, right)
        return Matrix(rows, cols, entries)

    def trace(self) -> Matrix:
        """Return the trace, as a 1 × 1 matrix; ValueError where the sides differ."""
        sides.square(self.shape, "the trace")
        total = Poly()
        for b, block in enumerate(self.rows):
            shared = indices(block, ROW)
            total += self.on(b, b, shared, shared).sum(*shared)
        return scalar(total)

    def sum(self) -> Matrix:
        """Return the sum of all entries, as a 1 × 1 matrix."""
        total = Poly()
        for (r, c), entry in self.entries.items():
            total += entry.sum(*indices(self.rows[r], ROW), *indices(self.cols[c], COL))
        return scalar(total)

    def diag(self) -> Matrix:
        """Return the diagonal matrix of a column of one block; ValueError for anything else."""
        ((block,), _) = sides.diagonal(self.shape)
        return identity(block) * self

    def diagonal(self) -> Matrix:
        """Return the diagonal as a column; ValueError where the sides differ."""
        sides.square(self.shape, "a diagonal")
        entries = {}
        for b, block in enumerate(self.rows):
            own = indices(block, ROW)
            entries[b, 0] = self.on(b, b, own, own)
        return Matrix(self.rows, ONE, entries)

    def row(self, index: Index) -> Matrix:
        """Return the rows that have this index; ValueError where rows have none of its kind."""
        rows, cols = sides.row(self.shape, index.kind)
        where = list(indices(rows[0], ROW))
        where.insert(self.rows[0].index(index.kind), index)
        entries = {(0, c): self.on(0, c, where, indices(col, COL)) for c, col in enumerate(cols)}
        return Matrix(rows, cols, entries)

    def without_diagonal(self) -> Matrix:
        """Set the diagonal of a square matrix to zero."""
        sides.square(self.shape, "a diagonal")
        entries = dict(self.entries)
        for b, block in enumerate(self.rows):
            entries[b, b] = self.entries[b, b] - self.entries[b, b] * _unit(block)
        return Matrix(self.rows, self.cols, entries)

    def select(self, rows: slice, cols: slice) -> Matrix:
        """Return a sub-matrix of whole blocks."""
        keep_rows = range(len(self.rows))[rows]
        keep_cols = range(len(self.cols))[cols]
        entries = {
            (a, b): self.entries[r, c]
            for a, r in enumerate(keep_rows)
            for b, c in enumerate(keep_cols)
        }
        return Matrix(self.rows[rows], self.cols[cols], entries)

    def at_samples(self, **names: Index) -> Matrix:
        """Rename free sample indices by name."""
        mapping = {Index("sample", name): x for name, x in names.items()}
        return self._each(lambda x: x.identify(mapping))

    def over(self, *indices: Index) -> Matrix:
        """Sum every entry over free indices."""
        return self._each(lambda x: x.sum(*indices))

    def rewrite(self, *relations: tuple[Poly, Poly | Number]) -> Matrix:
        """Apply relations of atoms to every entry."""
        return self._each(lambda x: x.rewrite(*relations))

    def _each(self, change: Callable[[Poly], Poly]) -> Matrix:
        entries = {key: change(x) for key, x in self.entries.items()}
        return Matrix(self.rows, self.cols, entries)

    @property
    def poly(self) -> Poly:
        """The only entry of a 1 × 1 matrix."""
        if self.shape != sides.SCALAR:
            msg = f"only a 1 × 1 matrix is a polynomial, got {self.shape}"
            raise ValueError(msg)
        return self.entries[0, 0]

    @property
    def shape(self) -> Shape:
        """The two sides."""
        return Shape(self.rows, self.cols)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Matrix)
            and self.shape == other.shape
            and dict(self.entries) == dict(other.entries)
        )

    __hash__ = None  # type: ignore[assignment]


def scalar(value: Poly | Number) -> Matrix:
    """Return a 1 × 1 matrix.

    >>> (scalar(2) * scalar(atom("N"))).poly == atom("N") * 2
    True
    """
    return Matrix(ONE, ONE, {(0, 0): Poly.of(value)})


def symbol(name: str, row: str | None, col: str | None = None, *at: Index) -> Matrix:
    """Return a matrix, vector or scalar of symbols; ``at`` are free indices that come first.

    >>> print(symbol("h", "hidden", None, Index("sample", "i")).T.shape)
    1 × hidden
    """
    rows, cols = side(row), side(col)
    entry = atom(name, *at, *indices(rows[0], ROW), *indices(cols[0], COL))
    return Matrix(rows, cols, {(0, 0): entry})


def ones(row: str, col: str | None = None) -> Matrix:
    """Return a vector or matrix of ones.

    >>> print((ones("input").T @ ones("input")).poly)
    1 + d
    """
    return Matrix(side(row), side(col), {(0, 0): Poly.of(1)})


def identity(*blocks: Block | str) -> Matrix:
    """Return the identity matrix of a kind, or of a side of several blocks.

    >>> print(identity("hidden").trace().poly)
    m
    """
    both: Side = tuple((x,) if isinstance(x, str) else x for x in blocks)
    entries = {(r, c): _unit(both[r]) if r == c else Poly() for r, c in _places(both, both)}
    return Matrix(both, both, entries)


def _unit(block: Block) -> Poly:
    """Return 1 on the diagonal of a block, 0 beside it."""
    both = zip(indices(block, ROW), indices(block, COL), strict=True)
    return product(delta(row, col) for row, col in both)


def _places(rows: Side, cols: Side) -> list[tuple[int, int]]:
    return [(r, c) for r in range(len(rows)) for c in range(len(cols))]


def blocks(table: Sequence[Sequence[Matrix]]) -> Matrix:
    """Put a matrix together from blocks, row by row; ValueError where sides do not fit.

    >>> h = symbol("h", "hidden")
    >>> h_bar = blocks([[scalar(1)], [h]])
    >>> print(h_bar.shape)
    1+hidden × 1
    >>> h_bar.T @ h_bar == h.T @ h + 1
    True
    """
    rows, cols = sides.stacked([[part.shape for part in line] for line in table])
    entries: dict[tuple[int, int], Poly] = {}
    below = 0
    for line in table:
        right = 0
        for part in line:
            for (r, c), entry in part.entries.items():
                entries[below + r, right + c] = entry
            right += len(part.cols)
        below += len(line[0].rows)
    return Matrix(rows, cols, entries)

"""Matrix notation over the index algebra: products, transpose, trace, blocks (stage 3).

A side of a matrix is a sequence of blocks, and a block is a tuple of index kinds: ``()`` has length
one, ``("input", "hidden")`` is a side of a Kronecker product, and the parameters θ = [vec A; w₀; b]
are the three blocks ``("input", "hidden"), (), ("hidden",)``. An entry is a polynomial in the free
indices of its two sides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .labels import Index
from .polynomials import Number, Poly, atom, delta
from .ring import Ring

Block: TypeAlias = tuple[str, ...]
Side: TypeAlias = tuple[Block, ...]

ONE: Side = ((),)
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
        if self.cols != other.rows:
            msg = f"cannot multiply {self.shape} by {other.shape}: the inner sides differ"
            raise ValueError(msg)

        def entry(r: int, c: int) -> Poly:
            total = Poly()
            for b, block in enumerate(self.cols):
                middle = indices(block, MIDDLE)
                left = self.on(r, b, indices(self.rows[r], ROW), middle)
                right = other.on(b, c, middle, indices(other.cols[c], COL))
                total += (left * right).sum(*middle)
            return total

        keys = [(r, c) for r in range(len(self.rows)) for c in range(len(other.cols))]
        return Matrix(self.rows, other.cols, {key: entry(*key) for key in keys})

    def __mul__(self, other: Matrix | Number) -> Matrix:
        if isinstance(other, Number):
            return self._each(lambda x: x * other)
        rows, cols = _common(self, other, "rows"), _common(self, other, "cols")
        keys = [(r, c) for r in range(len(rows)) for c in range(len(cols))]
        return Matrix(rows, cols, {key: self._spread(*key) * other._spread(*key) for key in keys})

    def _spread(self, r: int, c: int) -> Poly:
        return self.entries[min(r, len(self.rows) - 1), min(c, len(self.cols) - 1)]

    def __add__(self, other: Matrix | Number) -> Matrix:
        if not isinstance(other, Matrix):
            other = scalar(other)
        if (self.rows, self.cols) != (other.rows, other.cols):
            msg = f"cannot add {self.shape} and {other.shape}"
            raise ValueError(msg)
        entries = {key: x + other.entries[key] for key, x in self.entries.items()}
        return Matrix(self.rows, self.cols, entries)

    def __pow__(self, n: int) -> Matrix:
        return self._each(lambda x: x**n)

    def kron(self, other: Matrix) -> Matrix:
        """Return the Kronecker product; a side with blocks needs length one on the other's."""
        rows, cols = _kron_side(self.rows, other.rows), _kron_side(self.cols, other.cols)
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
        if self.rows != self.cols:
            msg = f"the trace needs a square matrix, got {self.shape}"
            raise ValueError(msg)
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
        """Return the diagonal matrix of a column vector of one block."""
        ((block,),) = (self.rows,)
        return identity(*block) * self

    def without_diagonal(self) -> Matrix:
        """Set the diagonal of a square matrix of one block to zero."""
        ((kind,),) = self.rows
        return self - self * identity(kind)

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

    def rewrite(self, *relations: tuple[Poly, Poly | Number]) -> Matrix:
        """Apply relations of atoms to every entry."""
        return self._each(lambda x: x.rewrite(*relations))

    def _each(self, change: Callable[[Poly], Poly]) -> Matrix:
        entries = {key: change(x) for key, x in self.entries.items()}
        return Matrix(self.rows, self.cols, entries)

    @property
    def poly(self) -> Poly:
        """The only entry of a 1 × 1 matrix."""
        if (self.rows, self.cols) != (ONE, ONE):
            msg = f"only a 1 × 1 matrix is a polynomial, got {self.shape}"
            raise ValueError(msg)
        return self.entries[0, 0]

    @property
    def shape(self) -> str:
        """The two sides, for messages."""
        return f"{_show(self.rows)} × {_show(self.cols)}"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Matrix)
            and (self.rows, self.cols) == (other.rows, other.cols)
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
    rows, cols = _block(row), _block(col)
    entry = atom(name, *at, *indices(rows, ROW), *indices(cols, COL))
    return Matrix((rows,), (cols,), {(0, 0): entry})


def ones(row: str, col: str | None = None) -> Matrix:
    """Return a vector or matrix of ones.

    >>> print((ones("input").T @ ones("input")).poly)
    1 + d
    """
    return Matrix((_block(row),), (_block(col),), {(0, 0): Poly.of(1)})


def identity(kind: str) -> Matrix:
    """Return the identity matrix.

    >>> print(identity("hidden").trace().poly)
    m
    """
    entry = delta(Index(kind, ROW, 0), Index(kind, COL, 0))
    return Matrix(((kind,),), ((kind,),), {(0, 0): entry})


def blocks(table: Sequence[Sequence[Matrix]]) -> Matrix:
    """Put a matrix together from blocks, row by row; ValueError where sides do not fit.

    >>> h = symbol("h", "hidden")
    >>> h_bar = blocks([[scalar(1)], [h]])
    >>> print(h_bar.shape)
    1+hidden × 1
    >>> h_bar.T @ h_bar == h.T @ h + 1
    True
    """
    entries: dict[tuple[int, int], Poly] = {}
    rows: Side = ()
    cols: Side = ()
    for line in table:
        above, cols = cols, ()
        for part in line:
            if part.rows != line[0].rows:
                msg = f"blocks of one row differ in height: {line[0].shape} and {part.shape}"
                raise ValueError(msg)
            for (r, c), entry in part.entries.items():
                entries[len(rows) + r, len(cols) + c] = entry
            cols += part.cols
        if rows and cols != above:
            msg = f"rows of blocks differ in width: {_show(above)} and {_show(cols)}"
            raise ValueError(msg)
        rows += line[0].rows
    return Matrix(rows, cols, entries)


def _block(kind: str | None) -> Block:
    return (kind,) if kind else ()


def _common(a: Matrix, b: Matrix, side: Literal["rows", "cols"]) -> Side:
    first, second = (a.rows, b.rows) if side == "rows" else (a.cols, b.cols)
    if ONE not in (first, second) and first != second:
        msg = f"cannot multiply {a.shape} by {b.shape} entry by entry: the {side} differ"
        raise ValueError(msg)
    return second if first == ONE else first


def _kron_side(first: Side, second: Side) -> Side:
    if first != ONE and len(second) > 1:
        sides = f"a side {_show(first)} by the blocks {_show(second)}"
        msg = f"cannot multiply {sides} in Kronecker's sense"
        raise ValueError(msg)
    return tuple(a + b for a in first for b in second)


def _show(side: Side) -> str:
    return "+".join("·".join(block) or "1" for block in side)

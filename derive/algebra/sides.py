"""Sides of matrices, and how shapes combine (stage 3; used by matrices and by statements).

A side is a sequence of blocks, and a block is a tuple of index kinds: ``()`` has length one,
``("input", "hidden")`` is a side of a Kronecker product, and the parameters θ = [vec A; w₀; b] are
the three blocks ``("input", "hidden"), (), ("hidden",)``. Each function returns the shape of what
an operation yields, and raises a ValueError where its operands do not fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

Block: TypeAlias = tuple[str, ...]
Side: TypeAlias = tuple[Block, ...]

ONE: Side = ((),)

MOST_INDICES = 8
"""Of a Kronecker product: an array has the length of a side of each, one times the other."""


class Shape(NamedTuple):
    """The two sides of a matrix.

    >>> print(Shape(side("hidden"), ONE))
    hidden × 1
    """

    rows: Side
    cols: Side

    def __str__(self) -> str:
        return f"{show(self.rows)} × {show(self.cols)}"

    @property
    def T(self) -> Shape:
        """The shape of the transpose."""
        return Shape(self.cols, self.rows)


SCALAR = Shape(ONE, ONE)


def side(kind: str | None) -> Side:
    """Return the side of one kind of index, of length one without any."""
    return ((kind,),) if kind else ONE


def show(side: Side) -> str:
    """Write a side for readers, such as 1+hidden."""
    return "+".join("·".join(block) or "1" for block in side)


def added(a: Shape, b: Shape) -> Shape:
    """Return the shape of a sum."""
    if a != b:
        msg = f"cannot add {a} and {b}"
        raise ValueError(msg)
    return a


def multiplied(a: Shape, b: Shape) -> Shape:
    """Return the shape of a product of matrices."""
    if a.cols != b.rows:
        msg = f"cannot multiply {a} by {b}: the inner sides differ"
        raise ValueError(msg)
    return Shape(a.rows, b.cols)


def spread(a: Shape, b: Shape) -> Shape:
    """Return the shape of a product entry by entry, where a side of length one is spread."""
    sides = []
    for name, first, second in zip(("rows", "cols"), a, b, strict=True):
        if ONE not in (first, second) and first != second:
            msg = f"cannot multiply {a} by {b} entry by entry: the {name} differ"
            raise ValueError(msg)
        sides.append(second if first == ONE else first)
    return Shape(*sides)


def kronecker(a: Shape, b: Shape) -> Shape:
    """Return the shape of a Kronecker product; a side with blocks needs length one before it."""
    found = Shape(_kronecker(a.rows, b.rows), _kronecker(a.cols, b.cols))
    if (count := sum(max(map(len, side)) for side in found)) > MOST_INDICES:
        msg = f"a Kronecker product must have at most {MOST_INDICES} indices, got {count}"
        raise ValueError(msg)
    return found


def _kronecker(first: Side, second: Side) -> Side:
    if first != ONE and len(second) > 1:
        sides = f"a side {show(first)} by the blocks {show(second)}"
        msg = f"cannot multiply {sides} in Kronecker's sense"
        raise ValueError(msg)
    return tuple(a + b for a in first for b in second)


def square(a: Shape, what: str) -> Shape:
    """Return the shape of a trace, say, which needs a square matrix."""
    if a.rows != a.cols:
        msg = f"{what} needs a square matrix, got {a}"
        raise ValueError(msg)
    return SCALAR


def diagonal(a: Shape) -> Shape:
    """Return the shape of the diagonal matrix of a column of one block."""
    if a.cols != ONE or len(a.rows) != 1:
        msg = f"a diagonal matrix needs a column of one block, got {a}"
        raise ValueError(msg)
    return Shape(a.rows, a.rows)


def row(a: Shape, kind: str) -> Shape:
    """Return the shape of the rows of one unit, say; their block holds its kind once."""
    if len(a.rows) != 1 or a.rows[0].count(kind) != 1:
        msg = f"a matrix {a} has no rows that an index of kind {kind!r} takes"
        raise ValueError(msg)
    (block,) = a.rows
    return Shape((tuple(x for x in block if x != kind),), a.cols)


def stacked(table: Sequence[Sequence[Shape]]) -> Shape:
    """Return the shape of a matrix of blocks, row by row."""
    if not table or not all(table):
        msg = "a matrix of blocks needs at least one block in every row"
        raise ValueError(msg)
    rows: Side = ()
    cols: Side = ()
    for line in table:
        above, cols = cols, ()
        for part in line:
            if part.rows != line[0].rows:
                msg = f"blocks of one row differ in height: {line[0]} and {part}"
                raise ValueError(msg)
            cols += part.cols
        if rows and cols != above:
            msg = f"rows of blocks differ in width: {show(above)} and {show(cols)}"
            raise ValueError(msg)
        rows += line[0].rows
    return Shape(rows, cols)

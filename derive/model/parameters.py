"""The blocks of θ = [vec A, column by column; w₀; b] by name, b being w₁..w_m."""

from collections.abc import Mapping

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import Matrix, indices
from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.algebra.sides import ONE, Block, Side

BLOCKS: dict[str, Block] = {"A": ("input", "hidden"), "w0": (), "b": ("hidden",)}
NAMES = tuple(BLOCKS)
THETA: Side = tuple(BLOCKS.values())
PARTS: dict[str, tuple[str, ...]] = {  # what statements call parts of a side, and their blocks
    "A": ("A",),
    "w": ("w0", "b"),
    "w0": ("w0",),
    "b": ("b",),
}


def at(name: str, tag: str) -> tuple[Index, ...]:
    """Return the free indices of a block, as matrices name them.

    >>> [index.kind for index in at("A", "row")]
    ['input', 'hidden']
    """
    return indices(BLOCKS[name], tag)


def column(entries: Mapping[str, Poly]) -> Matrix:
    """Return a vector in θ's shape from its blocks."""
    return Matrix(THETA, ONE, {(n, 0): entries[name] for n, name in enumerate(NAMES)})


def square(entries: Mapping[tuple[str, str], Poly]) -> Matrix:
    """Return a P × P matrix from its blocks."""
    places = {(r, c): (row, col) for r, row in enumerate(NAMES) for c, col in enumerate(NAMES)}
    return Matrix(THETA, THETA, {place: entries[names] for place, names in places.items()})


def entry(M: Matrix, row: str, col: str | None = None) -> Poly:
    """Return a block of a P × P matrix, or of a vector in θ's shape, by its names."""
    return M.entries[NAMES.index(row), NAMES.index(col) if col else 0]


def part(M: Matrix, row: str, col: str) -> Matrix:
    """Return a part of a matrix, each side one of ``PARTS``, or "1" for a side of length one.

    ValueError where that side is not in θ's shape.
    """
    return M.select(_places(M.rows, row), _places(M.cols, col))


def _places(side: Side, name: str) -> slice:
    if name == "1" and side == ONE:
        return slice(0, 1)
    if name not in PARTS or side != THETA:
        rule = f"one of {', '.join(PARTS)} of a side in θ's shape, or 1 of a side of length one"
        msg = f"a part must be {rule}, got {name!r}"
        raise ValueError(msg)
    first, *_ = names = PARTS[name]
    return slice(NAMES.index(first), NAMES.index(first) + len(names))

"""Where kernels keep what programs name: the one table of it (stage 5).

The blocks of H, and what is made of them, are matrices. Rows are pairs of units k ≤ l, packed one
after the other, or the outputs of each unit, w₀ first; columns are pairs of inputs, or inputs.
"""

from typing import NamedTuple

import sympy as sp

from hessbound.derive.lowering.ir import KINDS, ProgramError, i, indices_of, name_of
from hessbound.derive.lowering.values import SIZES, Symbols

EXTENTS = {"hidden": "m", "input": "D"}
PAIRED = {"R_AA": "hidden", "H_AA": "AA", "Y": "Y", "XX": "inputs"}
MIXED = {"R_Aw0": "mixed", "R_Ab": "mixed", "H_Aw0": "Aw", "H_Ab": "Aw", "T0": "T", "T": "T"}
OUTPUT = {"H_w0w0": "ww", "H_w0b": "ww", "H_bb": "ww"}
GIVEN = {**PAIRED, **MIXED, **OUTPUT}
"""What kernels are given the room for."""
OTHERS = {"w": "b", "next_A": "A", "next_b": "b"}
FIRST = {"w0", "next_w0"}  # of w


class LayoutError(ProgramError):
    """A statement that no template has a place for."""


class Place(NamedTuple):
    """An array, and the rows and columns in it; ``pairs`` are those that are packed."""

    array: str
    at: tuple[str, ...]
    pairs: tuple[Symbols, ...] = ()

    def __str__(self) -> str:
        return f"{self.array}[{', '.join(self.at)}]" if self.at else self.array


def place(entry: sp.Expr) -> Place:
    """Return the place of an array's entry, or of a scalar; a sample has none.

    >>> from hessbound.derive.lowering.ir import a, array, k, l
    >>> str(place(array("H_Ab", k, l, a))), str(place(array("H_AA", k, k, a, a)))
    ('Aw[k*(m + 1) + l + 1, a]', 'AA[kk, aa]')
    """
    name, at = name_of(entry), [x for x in indices_of(entry) if x != i]
    units = [x for x in at if KINDS[x] == "hidden"]
    inputs = [x for x in at if KINDS[x] == "input"]
    if name in PAIRED and at:
        pairs = tuple(tuple(both) for both in (units, inputs) if both)
        return Place(PAIRED[name], tuple(f"{x}{y}" for x, y in pairs), pairs)
    if name in MIXED and at:
        row = " + ".join([f"{units[0]}*(m + 1)", *(f"{x} + 1" for x in units[1:])])
        return Place(MIXED[name], (row, *map(str, inputs)))
    if name in OUTPUT:
        return Place(OUTPUT[name], (*["0"] * (2 - len(at)), *(f"{x} + 1" for x in at)))
    if name in FIRST:
        return Place("w", ("0",))
    return Place(OTHERS.get(name, name), tuple(map(str, at)))


def entries(value: sp.Expr) -> set[sp.Expr]:
    """Return the entries of arrays that an expression reads, and the scalars."""
    indexed = value.atoms(sp.Indexed)
    scalars = value.xreplace(dict.fromkeys(indexed, sp.Integer(1))).free_symbols
    return {*indexed, *scalars} - {*KINDS, *SIZES}


def extent(x: sp.Symbol) -> str:
    """Print how many values an index takes."""
    if KINDS[x] not in EXTENTS:
        msg = f"no template has a place for the {KINDS[x]} {x} there"
        raise LayoutError(msg)
    return EXTENTS[KINDS[x]]


def packed(x: sp.Symbol, y: sp.Symbol) -> str:
    """Print the number of a pair x ≤ y.

    >>> from hessbound.derive.lowering.ir import a, k, l
    >>> packed(k, l), packed(a, a)
    ('k*m - k*(k - 1)//2 + l - k', 'a*D - a*(a - 1)//2')
    """
    first = f"{x}*{extent(x)} - {x}*({x} - 1)//2"
    return first if x == y else f"{first} + {y} - {x}"

"""Loops over units and inputs: the lines that stand around a line (stage 5).

What stands around lines of code is their *scope*: the headers of loops, and what is computed once
in each of these.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple, TypeAlias

import sympy as sp

from hessbound.derive.lowering.ir import KINDS, RANGES, Assign, i, indices_of
from hessbound.derive.lowering.values import Symbols

from .places import LayoutError, extent, packed, place

Scope: TypeAlias = tuple[str, ...]


class Axis(NamedTuple):
    """A loop over an index, from 0 or from another index on."""

    index: sp.Symbol
    start: sp.Expr = sp.Integer(0)

    def __str__(self) -> str:
        start = f"{self.start}, " if self.start != 0 else ""
        return f"for {self.index} in range({start}{extent(self.index)}):"


def own_axes(s: Assign) -> tuple[Axis, ...]:
    """Return the loops over a target's units and inputs; of symmetric ones only x ≤ y are stored.

    >>> from hessbound.derive.lowering.ir import array, k, l
    >>> print(*own_axes(Assign(array("H_bb", k, l), sp.Integer(1), symmetric=((k, l),))))
    for k in range(m): for l in range(k, m):
    """
    first = {y: x for x, y in s.symmetric}
    return tuple(Axis(x, first.get(x, sp.Integer(0))) for x in indices_of(s.target) if x != i)


def sum_axes(total: sp.Sum) -> tuple[Axis, ...]:
    """Return the loops of a sum: whole ranges in the order in which what is read is stored.

    >>> from hessbound.derive.lowering.ir import a, array, beyond, k, l
    >>> print(*sum_axes(beyond(array("H_bb", k, l), k, l)))
    for k in range(m): for l in range(k + 1, m):
    """
    read = [x for entry in sorted(total.atoms(sp.Indexed), key=str) for x in entry.indices]
    whole = [x for x, *ends in total.limits if tuple(ends) == RANGES[KINDS[x]]]
    corners = [limit for limit in total.limits if limit[0] not in whole]
    known = all(x in read for x, *_ in total.limits)
    if not known or any(_corner(*limit) not in whole for limit in corners):
        msg = f"no template lays out the limits of {total}"
        raise LayoutError(msg)
    return (*map(Axis, sorted(whole, key=read.index)), *(Axis(x, y) for x, y, _ in corners))


def _corner(x: sp.Symbol, start: sp.Expr, end: sp.Expr) -> sp.Symbol | None:
    """Return the index from which, or behind which, another runs."""
    found = [y for y in KINDS if KINDS[y] == KINDS[x] and start - y in (0, 1)]
    return found[0] if found and end == RANGES[KINDS[x]][1] else None


def views(entries: Iterable[sp.Expr], axes: Sequence[Axis]) -> dict[str, Symbols]:
    """Return the lines that number the packed pairs in entries, with the indices that each needs.

    >>> from hessbound.derive.lowering.ir import array, k
    >>> views([array("Y", i, k, k)], [])
    {'kk = k*m - k*(k - 1)//2': (k, k)}
    """
    ordered = {(x, axis.index) for axis in axes for x in axis.start.free_symbols}
    found: dict[str, Symbols] = {}
    for x, y in sorted({pair for entry in entries for pair in place(entry).pairs}, key=str):
        number = packed(x, y)
        if x != y and (x, y) not in ordered:
            number = f"{number} if {x} <= {y} else {packed(y, x)}"
        found[f"{x}{y} = {number}"] = (x, y)
    return found


def scope(axes: Iterable[Axis], once: Mapping[str, Symbols], outer: Iterable[Axis] = ()) -> Scope:
    """Return the headers of loops in outer ones, each followed by what is computed once in it."""
    lines, bound, waiting = list[str](), {axis.index for axis in outer}, dict(once)
    for axis in (None, *axes):
        if axis is not None:
            lines.append(str(axis))
            bound.add(axis.index)
        ready = [line for line, needs in waiting.items() if bound.issuperset(needs)]
        lines += ready
        for line in ready:
            del waiting[line]
    return tuple(lines)


def nested(items: Iterable[tuple[Scope, Sequence[str]]]) -> list[str]:
    """Print lines in their scopes, which neighbours share as far as they are the same.

    >>> nested([(("for k in range(m):",), ["x"]), (("for k in range(m):",), ["y"])])
    ['for k in range(m):', '    x', '    y']
    """
    lines: list[str] = []
    around: Scope = ()
    for own, inside in items:
        kept = len([*takewhile(lambda both: both[0] == both[1], zip(around, own, strict=False))])
        for n, line in (*list(enumerate(own))[kept:], *((len(own), line) for line in inside)):
            depth = sum(header.endswith(":") for header in own[:n])
            lines.append("    " * depth + line)
        around = own
    return lines

"""Statements as printed loops over a block of samples (stage 5).

Input: the IR; output: what a template lays out, all of it strings. A block holds n samples from i0
on, of which r is the local number; a quantity of a unit and a sample is a row per unit, so that
every innermost loop runs over neighbouring numbers and becomes vector instructions. Statements
share a loop as far as their order allows, and as long as the compiler can still afford to check
that the arrays in it do not overlap.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import sympy as sp

from hessbound.derive.lowering.ir import (
    KINDS,
    Assign,
    ProgramError,
    a,
    a_,
    i,
    indices_of,
    j,
    k,
    l,
    name_of,
)

from .notes import noted_lines
from .printer import ARRAYS, NumbaPrinter

EXTENTS = {"hidden": "m", "input": "D"}
OVERLAP_CHECKS = 8
"""LLVM gives up on a loop that needs more comparisons of addresses than this."""


class LayoutError(ProgramError):
    """A statement that no template has a place for."""


@dataclass
class Loop:
    """A loop over the samples of a block, within one over ``outer`` where there is one.

    ``zeroed`` are arrays to clear before, ``sums`` totals (line, local name) of each outer index.
    """

    outer: str
    extent: str
    views: list[str] = field(default_factory=list)
    zeroed: list[str] = field(default_factory=list)
    sums: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    accumulated: set[str] = field(default_factory=set)

    def takes(self, written: set[str], used: set[str]) -> bool:
        """Return whether a further statement may stand in this loop."""
        writes, reads = len(self.written | written), len((self.used | used) - self.written)
        checks = writes * (writes - 1) // 2 + writes * reads
        return checks <= OVERLAP_CHECKS and not self.accumulated & used


class BlockPrinter(NumbaPrinter):
    """A printer of one sample's statements.

    ``vectors`` are scalars of a sample; ``single`` are rows that belong to no unit.
    """

    def __init__(self, vectors: Iterable[str] = (), single: Iterable[str] = ()) -> None:
        super().__init__()
        self.vectors, self.single = frozenset(vectors), frozenset(single)

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return f"{expr.name}[r]" if expr.name in self.vectors else expr.name

    def _print_Indexed(self, expr: sp.Indexed) -> str:
        name, at = str(expr.base), expr.indices
        if i not in at:  # a weight, which a loop over units reads once
            return "_".join([ARRAYS.get(name, name), *map(str, at)])
        if name == "X":
            return f"x{'_' if a_ in at else ''}[r]"
        unit = [str(x) for x in at if x != i]
        if not unit and name in self.single:
            unit = ["0"]  # a product takes it as a single row
        return f"{name}[{', '.join([*unit, 'r'])}]"


class PairPrinter(NumbaPrinter):
    """A printer of what is added up along row r of a tile of pairs; s is the number in the row."""

    def _print_Indexed(self, expr: sp.Indexed) -> str:
        name, at = str(expr.base), expr.indices
        if at == (i,):
            return f"{name}_i"
        return f"{name}_j[s]" if at == (j,) else f"{name}_r[s]"


def loops(statements: tuple[Assign, ...], printer: BlockPrinter) -> tuple[Loop, ...]:
    """Print statements of one sample as loops over the samples of a block."""
    found: list[Loop] = []
    known = named_sums(statements)
    for s in statements:
        axis = _axis(s)
        value = s.value.function.xreplace({axis: canonical(axis)}) if _inner(s) else s.value
        outer = str(canonical(axis)) if axis is not None else ""
        used = set(map(printer.doprint, _leaves(value, printer)))
        written = set() if s.add else {printer.doprint(s.target)}
        if not (found and found[-1].outer == outer and found[-1].takes(written, used)):
            found.append(Loop(outer, EXTENTS[KINDS[axis]] if axis is not None else ""))
        _append(found[-1], s, value, printer, known)
        found[-1].written |= written
        found[-1].used |= used
        if _inner(s):
            found[-1].accumulated |= written
    return tuple(found)


def named_sums(statements: Iterable[Assign]) -> dict[str, sp.Expr]:
    """Return the sums that have a name of no meaning, by that name."""
    sums = (s for s in statements if not s.add and _inner(s) and isinstance(s.target, sp.Symbol))
    return {name_of(s.target): s.value for s in sums if name_of(s.target)[1:].isdigit()}


def _inner(s: Assign) -> bool:
    return isinstance(s.value, sp.Sum)


def _append(
    loop: Loop, s: Assign, value: sp.Expr, printer: BlockPrinter, known: dict[str, sp.Expr]
) -> None:
    """Add a statement's line to a loop, with what it needs before and after."""
    code, target = printer.doprint(value), printer.doprint(s.target)
    for x in sorted(value.atoms(sp.Indexed), key=str):
        if (line := _view(x, printer)) not in ("", *loop.views):
            loop.views.append(line)
    if s.add:
        local = f"part{len(loop.sums)}"
        loop.sums.append((NumbaPrinter().doprint(s.target), local))
        loop.lines += noted_lines(f"{local} += {code}", s, known)
    elif _inner(s):
        loop.zeroed.append(target)
        loop.lines += noted_lines(f"{target} += {code}", s, known)
    else:
        loop.lines += noted_lines(f"{target} = {code}", s, known)


def _view(x: sp.Indexed, printer: BlockPrinter) -> str:
    """Print what a loop reads before it runs over the samples."""
    if name_of(x) == "X":
        return "x = XT[a][i0 : i0 + n]"
    return "" if i in x.indices else f"{printer.doprint(x)} = {NumbaPrinter().doprint(x)}"


def _leaves(value: sp.Expr, printer: BlockPrinter) -> set[sp.Expr]:
    """Return what an expression reads from a row or a vector of samples."""
    entries = {x for x in value.atoms(sp.Indexed) if i in x.indices}
    return entries | {x for x in value.free_symbols if str(x) in printer.vectors}


def canonical(axis: sp.Symbol | None) -> sp.Symbol | None:
    """Return the index that a loop calls k or a."""
    return {l: k, a_: a}.get(axis, axis)


def _axis(s: Assign) -> sp.Symbol | None:
    """Return the index that a statement loops over beside the samples."""
    own = [x for x in indices_of(s.target) if x != i]
    if _inner(s):
        own += [limit[0] for limit in s.value.limits]
    if len(own) > 1:
        msg = f"a statement of one sample loops over one index, got {s}"
        raise LayoutError(msg)
    if s.value.atoms(sp.Sum) - {s.value}:
        msg = f"a sum in a loop is a statement of its own, got {s}"
        raise LayoutError(msg)
    return own[0] if own else None

"""Statements of one sample as printed loops over a block of samples (stage 5).

Input: the IR; output: lines. A block holds n samples from i0 on, of which r is the local number; a
quantity of a unit and a sample is a row per unit, so that every innermost loop runs over
neighbouring numbers and becomes vector instructions. Statements share a loop as far as their order
allows, and as long as the compiler can still afford to check that its arrays do not overlap.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import sympy as sp

from hessbound.derive.lowering.ir import (
    Assign,
    a_,
    array,
    equal,
    i,
    indices_of,
    j,
    k,
    l,
    name_of,
    split_diagonal,
)
from hessbound.derive.lowering.values import Symbols

from .notes import noted_lines
from .places import GIVEN, OUTPUT, LayoutError, entries, place
from .printer import EntryPrinter
from .scopes import Axis, nested, own_axes, scope, sum_axes, views

OVERLAP_CHECKS = 8
"""LLVM gives up on a loop that needs more comparisons of addresses than this."""


class Part(NamedTuple):
    """A part of a statement, and the loops over units and inputs around the one over samples.

    ``defines`` says whether its target is nothing before.
    """

    statement: Assign  # with the part's value
    axes: tuple[Axis, ...]
    defines: bool


@dataclass
class Loop:
    """A loop over the samples of a block.

    ``zeroed`` are arrays to clear before, ``totals`` (line, local name) are added up in it.
    """

    axes: tuple[Axis, ...]
    once: dict[str, Symbols] = field(default_factory=dict)
    zeroed: list[str] = field(default_factory=list)
    totals: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    accumulated: set[str] = field(default_factory=set)

    def takes(self, part: Part, written: set[str], used: set[str]) -> bool:
        """Return whether a further part may stand in this loop."""
        writes, reads = len(self.written | written), len((self.used | used) - self.written)
        checks = writes * (writes - 1) // 2 + writes * reads
        arrays = {entry.partition("[")[0] for entry in self.written}
        of_others = {x for x in used - self.written if x.partition("[")[0] in arrays}
        early = of_others or self.accumulated & used
        return part.axes == self.axes and checks <= OVERLAP_CHECKS and not early

    def __iter__(self) -> Iterator[str]:
        inside = [f"{local} = 0.0" for _, local in self.totals]
        inside += ["for r in range(n):", *(f"    {line}" for line in self.lines)]
        inside += [f"{target} += {local}" for target, local in self.totals]
        if self.zeroed:
            yield from ["for r in range(n):", *(f"    {target} = 0.0" for target in self.zeroed)]
        yield from nested([(scope(self.axes, self.once), inside)])


class BlockPrinter(EntryPrinter):
    """A printer of one sample's statements.

    ``vectors`` are scalars of a sample; ``single`` are rows that belong to no unit.
    """

    def __init__(self, vectors: Iterable[str] = (), single: Iterable[str] = ()) -> None:
        super().__init__()
        self.vectors, self.single = frozenset(vectors), frozenset(single)

    def varies(self, entry: sp.Expr) -> bool:
        """Return whether an entry is one of a row or a vector of samples."""
        return i in indices_of(entry) or name_of(entry) in self.vectors

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return f"{expr.name}[r]" if expr.name in self.vectors else expr.name

    def _print_Indexed(self, expr: sp.Indexed) -> str:
        name, at = str(expr.base), expr.indices
        if i not in at:  # a weight, which is read once
            return "_".join([place(expr).array if name not in GIVEN else name, *map(str, at)])
        if name == "X":
            return f"x{'_' if a_ in at else ''}[r]"
        if len(at) > 2 and name not in GIVEN:
            msg = f"no template has a place for {expr}"
            raise LayoutError(msg)
        found = place(expr)
        unit = ("0",) if len(at) == 1 and name in self.single else found.at  # a product takes a row
        return f"{found.array}[{', '.join([*unit, 'r'])}]"


class PairPrinter(EntryPrinter):
    """A printer of what is added up along row r of a tile of pairs; s is the number in the row."""

    def _print_Indexed(self, expr: sp.Indexed) -> str:
        name, at = str(expr.base), expr.indices
        if at == (i,):
            return f"{name}_i"
        return f"{name}_j[s]" if at == (j,) else f"{name}_r[s]"


def loops(statements: Iterable[Assign], printer: BlockPrinter) -> tuple[str, ...]:
    """Print statements of one sample as loops over the samples of a block."""
    found: list[Loop] = []
    statements = tuple(statements)
    known = named_sums(statements)
    for s in statements:
        for part in _parts(s):
            read = filter(printer.varies, entries(part.statement.value))
            used = set(map(printer.doprint, read))
            written = set() if s.add else {printer.doprint(s.target)}
            if not (found and found[-1].takes(part, written, used)):
                found.append(Loop(part.axes))
            _append(found[-1], part, printer, known)
            found[-1].written |= written
            found[-1].used |= used
            if isinstance(part.statement.value, sp.Sum):
                found[-1].accumulated |= written
    return tuple(line for loop in found for line in loop)


def named_sums(statements: Iterable[Assign]) -> dict[sp.Symbol, sp.Sum]:
    """Return the sums that have a name of no meaning, by that name."""
    sums = (s for s in statements if not s.add and isinstance(s.value, sp.Sum))
    return {s.target: s.value for s in sums if name_of(s.target)[1:].isdigit()}


def _parts(s: Assign) -> Iterator[Part]:
    """Cut a statement: what is no sum, what there is where k = l only, and each of its sums."""
    own = own_axes(s)
    terms = sp.Add.make_args(s.value)
    sums = [x for x in terms if isinstance(x, sp.Sum)]
    rest = sp.Add(*(x for x in terms if x not in sums))
    everywhere, diagonal = split_diagonal(rest, k, l)
    whole = sp.expand(everywhere + equal(k, l) * diagonal - rest) == 0
    nests = [(x, (*own, *sum_axes(x))) for x in sums]
    if (
        rest.has(sp.Sum)
        or any(x.function.has(sp.Sum) for x in sums)
        or any(len({axis.index for axis in axes}) < len(axes) for _, axes in nests)
        or (s.symmetric and name_of(s.target) not in GIVEN)
    ):
        msg = f"no template lays out {s}"
        raise LayoutError(msg)
    if diagonal != 0 and whole:
        yield Part(replace(s, value=everywhere), own, defines=True)
        alone = replace(s, target=s.target.xreplace({l: k}), value=diagonal, symmetric=())
        yield Part(alone, own_axes(alone)[:1], defines=False)
    elif rest != 0 or (own and not s.add):
        yield Part(replace(s, value=rest), own, defines=True)
    for n, (total, axes) in enumerate(nests):
        yield Part(replace(s, value=total), axes, defines=n == 0 and rest == 0 and not own)


def _append(loop: Loop, part: Part, printer: BlockPrinter, known: dict[sp.Symbol, sp.Sum]) -> None:
    """Add a part's line to a loop, with what it needs before and after."""
    s = part.statement
    summed = isinstance(s.value, sp.Sum)
    value = s.value.function if summed else s.value
    code, target = printer.doprint(value), printer.doprint(s.target)
    loop.once |= views({s.target, *value.atoms(sp.Indexed)}, part.axes)
    loop.once |= _read_once(value, part.axes, printer)
    if s.add:
        target = f"part{len(loop.totals)}"
        loop.totals.append((str(place(s.target)), target))
    elif part.defines and summed:
        loop.zeroed.append(target)
    sign = "=" if part.defines and not (s.add or summed) else "+="
    loop.lines += noted_lines(f"{target} {sign} {code}", s, known)


def _read_once(value: sp.Expr, axes: tuple[Axis, ...], printer: BlockPrinter) -> dict[str, Symbols]:
    """Return the lines that read what a loop over the samples needs before, with their indices."""
    found: dict[str, Symbols] = {}
    for x in sorted(entries(value), key=str):
        name, at, once, whole = name_of(x), indices_of(x), printer.doprint(x), str(place(x))
        if name == "X":
            found[f"{once[:-3]} = XT[{at[1]}][i0 : i0 + n]"] = at[1:]
        elif not printer.varies(x) and once != whole:
            if name in OUTPUT and len(at) > 1 and Axis(at[1], at[0]) not in axes:
                whole = f"{whole} if {at[0]} <= {at[1]} else {place(array(name, *at[::-1]))}"
            found[f"{once} = {whole}"] = at
    return found

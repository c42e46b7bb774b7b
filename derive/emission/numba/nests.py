"""What depends on no sample, as nested loops over units and inputs (stage 5).

A sum is added up term by term, in the order of the arrays that are read; terms of the same array
share loops. So do those over inputs, which are added up by themselves first if there are others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import sympy as sp

from hessbound.derive.lowering.ir import KINDS, Assign, Program, a, a_, indices_of, k, l, name_of
from hessbound.derive.model.parameters import BLOCKS

from .notes import text
from .places import LayoutError, entries, place
from .printer import EntryPrinter
from .scopes import Axis, Scope, nested, own_axes, scope, sum_axes, views

UNITS, PART = {k, l}, sp.Symbol("part")
POSITIONS = {"A": "{0}*m + {1}", "w0": "o", "b": "o + 1 + {0}"}
"""The places of θ, o after those of A."""


class ConstantsCode(NamedTuple):
    """What depends on no sample, printed: sums, and what follows from them."""

    sums: list[str]
    others: list[str]


def constants_code(program: Program, targets: Mapping[str, str] | None = None) -> ConstantsCode:
    """Print what a program computes of no sample; ``targets`` are where results go, by name.

    An array that is no result is a part of the sum that reads it, and computed there.
    """
    _require_in_place(program)
    named = {name_of(s.target): s for s in program.constants}
    where = {**{name: str(place(s.target)) for name, s in named.items()}, **(targets or {})}
    parts = {x: s for x, s in named.items() if indices_of(s.target) and x not in program.outputs}
    sums = {x: s for x, s in named.items() if s.value.has(sp.Sum) and x not in parts}
    nests = _Nests(parts, [*parts, *(x.name for x in program.inputs)])
    others = (x for x in named if x not in sums and x not in parts)
    return ConstantsCode(
        nests.sums([(where[x], s.value) for x, s in sums.items()]),
        [line for x in others for line in nests.assigned(where[x], named[x])],
    )


class _Term(NamedTuple):
    """A term of a sum: to what is added which multiple of what, in which loops."""

    target: str
    number: sp.Expr
    rest: sp.Expr
    axes: tuple[Axis, ...]

    @property
    def over_inputs(self) -> bool:
        return any(axis.index not in UNITS for axis in self.axes)


@dataclass(frozen=True)
class _Nests:
    """Prints statements, given those that are parts of others, and the order of what is read."""

    parts: Mapping[str, Assign]
    order: Sequence[str]

    def assigned(self, target: str, s: Assign) -> list[str]:
        """Print a statement without sums."""
        axes = own_axes(s)
        line = f"{target} = {EntryPrinter().doprint(s.value)}  # {text(s.value)}"
        return nested([(scope(axes, views(entries(s.value), axes)), [line])])

    def sums(self, those: Iterable[tuple[str, sp.Expr]], outer: tuple[Axis, ...] = ()) -> list[str]:
        """Print sums, in loops that stand around them."""
        those = list(those)
        terms = [_term(target, x) for target, value in those for x in sp.Add.make_args(value)]
        groups = [[*x] for _, x in groupby(sorted(terms, key=self._rank), self._loops)]
        lines = [f"{target} = 0.0" for target, _ in those]
        for group in groups:
            others = {term.target for other in groups if other is not group for term in other}
            apart = group[0].over_inputs and group[0].target in others
            lines += self._apart(group, outer) if apart else self._nest(group, outer)
        return lines

    def _rank(self, term: _Term) -> tuple[int, int]:
        """Return which array a term reads, then how many loops it is in."""
        read = [name_of(x) for x in entries(term.rest)]
        if not {*read} <= {*self.order}:
            msg = f"no template lays out {term.rest} beside what it reads"
            raise LayoutError(msg)
        return min(map(self.order.index, read), default=-1), len(term.axes)

    def _loops(self, term: _Term) -> tuple[int, str]:
        """Return a mark that is the same for terms that may share loops."""
        return (-1, term.target) if term.over_inputs else (self._rank(term)[0], "")

    def _apart(self, group: list[_Term], outer: tuple[Axis, ...]) -> list[str]:
        """Add terms up, then add a multiple of that."""
        number = group[0].number if len({term.number for term in group}) == 1 else sp.Integer(1)
        terms = [x._replace(target="part", number=x.number / number) for x in group]
        added = f"{group[0].target} += {EntryPrinter().doprint(number * PART)}"
        return ["part = 0.0", *self._nest(terms, outer), added]

    def _nest(self, group: list[_Term], outer: tuple[Axis, ...]) -> list[str]:
        return nested(self._item(term, outer) for term in group)

    def _item(self, term: _Term, outer: tuple[Axis, ...]) -> tuple[Scope, list[str]]:
        """Print a term's line in its scope, after the parts that it reads."""
        around, lines = (*outer, *term.axes), list[str]()
        value = term.number * (term.rest.function if term.axes else term.rest)
        for x in sorted(entries(value), key=str):
            if (part := self.parts.get(name_of(x))) is not None:
                if x != part.target or own_axes(part) != around:
                    msg = f"no template lays out {part} as a part of {term.rest}"
                    raise LayoutError(msg)
                value = value.xreplace({x: sp.Symbol(name_of(x))})
                lines += self.sums([(name_of(x), part.value)], around)
        said = text(term.number * term.rest)
        line = f"{term.target} += {EntryPrinter().doprint(value)}  # {said}"
        return scope(term.axes, views(entries(value), around), outer), [*lines, line]


def _term(target: str, whole: sp.Expr) -> _Term:
    number, rest = whole.as_coeff_Mul()
    total = isinstance(rest, sp.Sum)
    if (rest.function if total else rest).has(sp.Sum):
        msg = f"no template lays out the sum in {whole}"
        raise LayoutError(msg)
    return _Term(target, number, rest, sum_axes(rest) if total else ())


def _require_in_place(program: Program) -> None:
    """Raise a LayoutError if anything but an entry's own statement reads what is overwritten.

    Sums with a name of their own are there before anything is.
    """
    given = {x.name for x in program.inputs}
    written = {place(s.target).array for s in program.constants}
    for s in program.constants:
        if s.value.has(sp.Sum) and place(s.target).array == name_of(s.target):
            continue
        for x in entries(s.value):
            at = place(x)
            if name_of(x) in given and at.array in written and at != place(s.target):
                msg = f"no template lays out {s}: {x} is overwritten in place"
                raise LayoutError(msg)


def dense_code(program: Program) -> dict[str, list[str]]:
    """Print where stored entries stand in H, by the places of θ.

    The ``hidden`` ones stand for two inputs in either order, in the ``block`` of units that these
    have; ``mixed`` ones for one input, and those of the ``output`` for none.
    """
    symmetric = {x.name: x.symmetric for x in program.inputs}
    found: dict[str, list[tuple[Scope, list[str]]]] = {"hidden": [], "mixed": [], "output": []}
    for s in program.constants:
        if not isinstance(s.value, sp.Indexed | sp.Symbol):
            msg = f"an entry of H is a stored one, got {s}"
            raise LayoutError(msg)
        spare = {"hidden": iter((k, l)), "input": iter((a, a_))}
        in_order = {x: next(spare[KINDS[x]]) for x in indices_of(s.value)}
        stored, target = s.value.xreplace(in_order), s.target.xreplace(in_order)
        at = indices_of(stored)
        pairs = tuple((at[x], at[y]) for x, y in symmetric[name_of(stored)])
        axes = [x for x in own_axes(Assign(stored, stored, symmetric=pairs)) if x.index in UNITS]
        value, part = str(place(stored)), "mixed" if a in at else "output"
        if a_ in at:
            value, part, pairs, axes = "block[k, l]", "hidden", ((a, a_),), []
        targets = [target, *(target.xreplace({x: y, y: x}) for x, y in pairs)]
        lines = [f"H[{_in_theta(x)}] = {value}  # {text(stored)}" for x in targets]
        found[part].append((scope(axes, {}), lines))
    return {part: nested(sorted(items, key=lambda x: x[0])) for part, items in found.items()}


def _in_theta(entry: sp.Expr) -> str:
    """Print the row and the column of an entry of H."""
    (_, row, col), at = name_of(entry).split("_"), indices_of(entry)
    count = len(BLOCKS[row])
    return f"{POSITIONS[row].format(*at[:count])}, {POSITIONS[col].format(*at[count:])}"

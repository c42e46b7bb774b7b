"""Expressions in one variable, split where they change (|·|, max, cases, roots, logarithms, poles).

Between two neighbouring places each side is one smooth expression; the places themselves are pieces
of their own. Where that is not found, or a side is not real, there is a fault instead of a piece.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import sympy as sp

from .generators import vanishes
from .needs import SWITCHES, Need, needs, nodes
from .places import Fault, Place
from .roots import UndecidedError, factored, zeros
from .signs import Signs, signs
from .special import meant, without_errors

REALS = sp.Interval(-sp.oo, sp.oo)


@dataclass(frozen=True)
class Piece:
    """The sides on an interval or at a point, without cases."""

    place: Place
    sides: tuple[sp.Expr, ...]


@dataclass
class Pieces:
    """What a variable's domain falls into, in order."""

    pieces: list[Piece] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    cuts: list[sp.Expr] = field(default_factory=list)  # where something changes


@dataclass(frozen=True)
class _State:
    sides: tuple[sp.Expr, ...]  # with rounding errors, whose arguments and factors have needs
    needs: tuple[Need, ...]
    cases: tuple[sp.Expr, ...]  # all of the sides: SymPy drops 0·(…), even where (…) has no value

    @classmethod
    def of(cls, sides: tuple[sp.Expr, ...]) -> _State:
        """Return the state in which nothing is replaced yet."""
        cases = (n for side in sides for n in nodes(side) if isinstance(n, sp.Piecewise))
        wanted = (replace(n, expr=without_errors(n.expr)) for side in sides for n in needs(side))
        return cls(sides, tuple(wanted), tuple(cases))

    def put(self, node: sp.Expr, other: sp.Expr) -> _State:
        """Replace a part by what it is here, and add what cases that change then need."""
        put = {node: other}
        changed = tuple(new for old in self.cases if (new := old.xreplace(put)) != old)
        kept = tuple(old for old in self.cases if old.xreplace(put) == old)
        new = _State.of(changed)
        waiting = (replace(n, expr=n.expr.xreplace(put)) for n in self.needs)
        sides = tuple(side.xreplace(put) for side in self.sides)
        return _State(sides, (*new.needs, *waiting), (*new.cases, *kept))


class _Cut(Exception):  # no error: the place must be split
    def __init__(self, state: _State, at: list[sp.Expr]) -> None:
        self.state, self.at = state, at


def split(sides: Iterable[sp.Expr], x: sp.Symbol, domain: sp.Interval = REALS) -> Pieces:
    """Split some expressions where one of them changes.

    >>> u = sp.Symbol("u", real=True)
    >>> for piece in split([sp.Abs(u) / 2], u).pieces:
    ...     print(piece.place.low, piece.place.high, *piece.sides)
    -oo 0 -u/2
    0 0 0
    0 oo u/2
    >>> [(fault.why, fault.place.point) for fault in split([1 / (u - 100)], u).faults]
    [('not defined', 100)]
    """
    found = Pieces()
    low, high = domain.inf, domain.sup
    places = [Place(low, high)] if low != high else []
    places = [Place(low, low)] * (not domain.left_open) + places
    places += [Place(high, high)] * (not domain.right_open and low != high)
    found.cuts += [end for end in (low, high) if not end.is_infinite]
    plain = tuple(_factors_of_moduli(meant(sp.sympify(side))) for side in sides)
    for place in places:
        try:
            _split(_State.of(plain), x, place, found)
        except UndecidedError as error:
            found.faults.append(Fault(place, str(error), undecided=True))
    return found


def _factors_of_moduli(expr: sp.Expr) -> sp.Expr:
    """Write |ab| as |a||b|, so that a parameter's sign matters to nobody."""
    return expr.replace(
        lambda node: isinstance(node, sp.Abs) and isinstance(node.args[0], sp.Mul),
        lambda node: sp.Mul(*map(sp.Abs, node.args[0].args)),
    )


def _split(state: _State, x: sp.Symbol, place: Place, found: Pieces) -> None:
    try:
        sides = _resolve(state, x, place, found)
    except _Cut as cut:
        found.cuts += cut.at
        ends = [place.low, *cut.at, place.high]
        for n, (low, high) in enumerate(itertools.pairwise(ends)):
            if n:
                _split(cut.state, x, Place(low, low), found)
            _split(cut.state, x, Place(low, high), found)
    except UndecidedError as error:
        found.faults.append(Fault(place, str(error), undecided=True))
    else:
        if sides is not None:
            found.pieces.append(Piece(place, sides))


def _resolve(
    state: _State, x: sp.Symbol, place: Place, found: Pieces
) -> tuple[sp.Expr, ...] | None:
    """Meet all needs, then replace all switches, inner ones first; None after a fault."""
    while True:
        waiting = []
        for need in state.needs:
            if _switches(need.expr, x):
                waiting.append(need)
                continue
            # a root is not smooth at 0, so an interval must not hold a zero of what is under it
            allowed = need.allowed if place.point is not None else need.allowed - {0}
            at_hand = signs(need.expr, {x: place.sides_of_zero()})
            if not at_hand <= allowed:
                at_hand = _signs(need.expr, x, place, state)
            if not at_hand <= need.allowed:
                found.faults.append(Fault(place, need.fault))
                return None
        state = replace(state, needs=tuple(waiting))
        inside = (*(n.expr for n in waiting), *state.cases, *state.sides)
        node = next((s for expr in inside for s in _switches(expr, x)), None)
        if node is None:
            return tuple(map(without_errors, state.sides))
        critical, choices = _choices(node)
        (sign,) = _signs(without_errors(critical), x, place, state)
        state = state.put(node, choices[sign])


def _switches(expr: sp.Expr, x: sp.Symbol) -> list[sp.Expr]:
    """List what must be replaced, inner ones first; |a| of a parameter may stay."""
    if not expr.has(*SWITCHES):
        return []
    found = (node for node in nodes(expr) if isinstance(node, SWITCHES))
    return [s for s in found if s.has(x) or isinstance(s, sp.Piecewise)]


def _choices(node: sp.Expr) -> tuple[sp.Expr, dict[int, sp.Expr]]:
    """Return what an expression's value hangs on, and what it is for each sign of that."""
    first, *others = node.args
    if isinstance(node, sp.Abs):
        return first, {1: first, 0: sp.Integer(0), -1: -first}
    if isinstance(node, sp.sign):
        return first, {s: sp.Integer(s) for s in (1, 0, -1)}
    if isinstance(node, sp.Heaviside):
        return first, {1: sp.Integer(1), 0: others[0], -1: sp.Integer(0)}
    if isinstance(node, sp.Max | sp.Min):
        second, *rest = others
        kept, dropped = (node.func(a, *rest) for a in (first, second))
        if isinstance(node, sp.Min):
            kept, dropped = dropped, kept
        return first - second, {1: kept, 0: kept, -1: dropped}
    conditions = sorted(first[1].atoms(sp.core.relational.Relational), key=str)
    if not conditions:
        msg = f"the condition {first[1]} is not known here"
        raise UndecidedError(msg)
    condition = conditions[0]
    choices = {s: node.xreplace({condition: condition.func(sp.Integer(s), 0)}) for s in (1, 0, -1)}
    return condition.lhs - condition.rhs, choices


def _signs(expr: sp.Expr, x: sp.Symbol, place: Place, state: _State) -> Signs:
    """Return the sign at a place; _Cut where it has several, UndecidedError if it is not found."""
    if place.point is not None:
        return sign_at(expr, {x: place.point})
    known = {x: place.sides_of_zero()}
    found = signs(expr, known)
    if len(found) == 1:
        return found
    if not expr.has(x):
        msg = f"the sign of {expr} is not known"
        raise UndecidedError(msg)
    if inside := [z for z in zeros(expr, x, known) if place.holds(z)]:
        raise _Cut(state, inside)
    return sign_at(expr, {x: place.between()})


def sign_at(expr: sp.Expr, at: dict[sp.Symbol, sp.Expr]) -> Signs:
    """Return the sign at an exact point; UndecidedError if it is not found."""
    value = expr.xreplace(at)
    found = signs(value)
    if len(found) > 1:
        found = frozenset({0}) if vanishes(value) else signs(factored(value))
    if len(found) > 1:
        shown = ", ".join(f"{s} = {v}" for s, v in at.items())
        msg = f"the sign of {expr} at {shown} is not found"
        raise UndecidedError(msg)
    return found

"""Decide whether an expression in one variable is nonnegative on an interval.

It is where its zeros are found and it has no negative value between them. Where they are not found,
it is monotone between the zeros of its derivative, and decided by its values at the ends.
"""

from __future__ import annotations

import itertools

import sympy as sp

from .needs import needs
from .pieces import REALS, sign_at, split
from .places import Fault, Place
from .roots import UndecidedError, zeros
from .signs import NONNEGATIVE, NONPOSITIVE, Signs, signs
from .tails import tends

NEGATIVE = "negative"
DEPTH = 2  # how often to differentiate


def negative_places(expr: sp.Expr, x: sp.Symbol, domain: sp.Interval = REALS) -> list[Fault]:
    """Return where an expression is negative, or not shown to be nonnegative; [] is a proof.

    >>> u = sp.Symbol("u", real=True)
    >>> negative_places(sp.Abs(u) - sp.tanh(u), u), negative_places(sp.exp(u) - 1 - u, u)
    ([], [])
    >>> [fault.why for fault in negative_places(u**2 - 1, u)]
    ['negative']
    """
    pieces = split([expr], x, domain)
    found = list(pieces.faults)
    for piece in pieces.pieces:
        (side,) = piece.sides
        try:
            if piece.place.point is not None:
                negative = not sign_at(side, {x: piece.place.point}) <= NONNEGATIVE
                places = [piece.place] if negative else []
            else:
                places = _negative(side, x, piece.place, DEPTH)
            found += [Fault(place, NEGATIVE) for place in places]
        except UndecidedError as error:
            found.append(Fault(piece.place, str(error), undecided=True))
    return found


def _negative(expr: sp.Expr, x: sp.Symbol, place: Place, depth: int) -> list[Place]:
    """List where what is smooth on an interval is negative; UndecidedError if it is not found."""
    if signs(expr, {x: place.sides_of_zero()}) <= NONNEGATIVE:
        return []
    try:
        parts = _parts(expr, x, place)
    except UndecidedError:
        if not depth:
            raise
        return _where_monotone(expr, x, place, depth - 1)
    return [part for part in parts if sign_at(expr, {x: part.between()}) == {-1}]


def _parts(expr: sp.Expr, x: sp.Symbol, place: Place) -> list[Place]:
    """Return the intervals between the zeros of an expression."""
    inside = [z for z in zeros(expr, x, {x: place.sides_of_zero()}) if place.holds(z)]
    return [Place(*ends) for ends in itertools.pairwise([place.low, *inside, place.high])]


def _where_monotone(expr: sp.Expr, x: sp.Symbol, place: Place, depth: int) -> list[Place]:
    """Decide by the lower end of each interval on which the derivative has one sign."""
    slope, found = sp.diff(expr, x), []
    try:
        parts = _parts(slope, x, place)
    except UndecidedError:
        parts = [place]
    for part in parts:
        end = part.low if _rises(slope, x, part, depth) else part.high
        if not _sign_at_end(expr, x, end) <= NONNEGATIVE:
            found.append(part)
    return found


def _sign_at_end(expr: sp.Expr, x: sp.Symbol, end: sp.Expr) -> Signs:
    """Return the sign of a value or, far out, of a limit that bounds confirm."""
    if end.is_infinite:
        limit = sp.limit(expr, x, end)
        if limit.free_symbols or not tends(expr, x, end, limit):
            msg = f"the limit of {expr} as {x} → {end} is not found"
            raise UndecidedError(msg)
        return sign_at(limit, {}) if limit.is_finite else frozenset({1 if limit > 0 else -1})
    if not all(sign_at(need.expr, {x: end}) <= need.allowed for need in needs(expr)):
        msg = f"{expr} has no value at {x} = {end}"
        raise UndecidedError(msg)
    return sign_at(expr, {x: end})


def _rises(slope: sp.Expr, x: sp.Symbol, part: Place, depth: int) -> bool:
    """Return whether a function rises; UndecidedError where its slope has not one sign."""
    known = {x: part.sides_of_zero()}
    if signs(slope, known) <= NONNEGATIVE or not _negative(slope, x, part, depth):
        return True
    if signs(slope, known) <= NONPOSITIVE or not _negative(-slope, x, part, depth):
        return False
    msg = f"the sign of {slope} is not found"
    raise UndecidedError(msg)

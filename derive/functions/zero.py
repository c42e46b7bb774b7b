"""Decide whether two expressions in one variable are equal at every point of an interval.

They are split into pieces on which both are smooth. There the difference is zero if it is as a
rational function of its generators, or if its derivative is and it is zero at one point. Every
place between the pieces is decided by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from . import balls
from .generators import vanishes
from .needs import needs
from .pieces import REALS, Piece, Pieces, sign_at, split
from .places import Fault, Place
from .roots import UndecidedError
from .signs import NONNEGATIVE, NONPOSITIVE, signs

INTEGRALS = (sp.log, sp.atan, sp.asinh, sp.acosh, sp.atanh, sp.asin, sp.acos, sp.erf, sp.erfc)
DEPTH = 2  # how often to differentiate


@dataclass(frozen=True)
class Equality:
    """Where two sides are equal, and where not or not decided.

    Attributes
    ----------
    pieces : Pieces
        What the domain falls into.
    open : tuple of Fault
        Where a side is not real, and where nothing is decided; none of them is a proof.
    differs : tuple of Piece
        Points at which the sides certainly differ.
    """

    pieces: Pieces
    open: tuple[Fault, ...]
    differs: tuple[Piece, ...]

    @classmethod
    def unknown(cls) -> Equality:
        """Return what is known where nothing was found."""
        return cls(Pieces(), (), ())

    @property
    def proved(self) -> bool:
        """Whether the sides are equal at every point."""
        return bool(self.pieces.pieces) and not self.open and not self.differs


def is_zero(expr: sp.Expr, variable: sp.Symbol, domain: sp.Interval = REALS) -> bool:
    """Return whether an expression is real and zero at every point of an interval.

    True is a proof; False may also mean that the test does not see it.

    >>> u = sp.Symbol("u", real=True)
    >>> is_zero(sp.tanh(u) - (1 - 2 / (1 + sp.exp(2 * u))), u)
    True
    >>> arcs = sp.atan(u) + sp.atan(1 / u) - sp.pi / 2
    >>> is_zero(arcs, u), is_zero(arcs, u, sp.Interval.open(0, sp.oo))
    (False, True)
    """
    return equality(expr, sp.Integer(0), variable, domain).proved


def equality(
    lhs: sp.Expr, rhs: sp.Expr, variable: sp.Symbol, domain: sp.Interval = REALS
) -> Equality:
    """Return where two expressions are equal on an interval, and where that is not decided.

    >>> u = sp.Symbol("u", real=True)
    >>> found = equality(sp.Abs(u) + sp.Piecewise((0, u < 20), (1, True)), sp.Max(u, -u), u)
    >>> found.proved, [piece.place.point for piece in found.differs]
    (False, [20])
    """
    found = split([lhs, rhs], variable, domain)
    open_, differs, proved = list(found.faults), [], []
    between = [piece for piece in found.pieces if piece.place.point is None]
    for piece in between:
        if _equal_between(piece, variable):
            proved.append(piece)
        else:
            open_.append(Fault(piece.place, "not decided", undecided=True))
    for piece in found.pieces:
        at = piece.place.point
        if at is None or _zero_at(piece, variable, proved):
            continue
        if balls.sign((piece.sides[0] - piece.sides[1]).xreplace({variable: at})):
            differs.append(piece)
        else:
            open_.append(Fault(piece.place, "not decided", undecided=True))
    return Equality(found, tuple(open_), tuple(differs))


def _zero_at(piece: Piece, x: sp.Symbol, proved: list[Piece]) -> bool:
    """Whether the sides are equal at a point, by their values or as limits from beside it."""
    at, difference = piece.place.point, piece.sides[0] - piece.sides[1]
    if vanishes(difference.xreplace({x: at})):
        return True
    beside = (p for p in proved if at in (p.place.low, p.place.high))
    return any(p.sides == piece.sides for p in beside) and all(
        _defined(side, x, at) for side in piece.sides
    )


def _equal_between(piece: Piece, x: sp.Symbol) -> bool:
    """Whether the sides are equal on an interval, also by their squares if they have one sign."""
    left, right = piece.sides
    if _zero_between(left - right, x, piece.place):
        return True
    known = {x: piece.place.sides_of_zero()}
    found = signs(left, known) | signs(right, known)
    return (found <= NONNEGATIVE or found <= NONPOSITIVE) and vanishes(left**2 - right**2)


def _zero_between(difference: sp.Expr, x: sp.Symbol, place: Place, depth: int = DEPTH) -> bool:
    """Whether what is smooth on an interval is zero there."""
    if vanishes(difference):
        return True
    if not depth or not difference.has(*INTEGRALS):
        return False
    slope = sp.diff(difference, x)
    return _zero_between(slope, x, place, depth - 1) and any(
        vanishes(difference.xreplace({x: at})) for at in _points(difference, x, place)
    )


def _points(difference: sp.Expr, x: sp.Symbol, place: Place) -> list[sp.Expr]:
    """List simple points of an interval, and its ends where the difference is continuous."""
    simple = [sp.Integer(n) for n in (0, 1, -1, 2)]
    ends = [end for end in (place.low, place.high) if not end.is_infinite]
    inside = [at for at in [*simple, place.between()] if place.holds(at)]
    return [*inside, *(end for end in ends if _defined(difference, x, end))]


def _defined(expr: sp.Expr, x: sp.Symbol, at: sp.Expr) -> bool:
    try:
        return all(sign_at(need.expr, {x: at}) <= need.allowed for need in needs(expr))
    except UndecidedError:
        return False

"""Places on the line, and what is wrong there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sympy as sp
from flint import arb

from . import balls
from .roots import UndecidedError, compare
from .signs import ANY, NEGATIVE, POSITIVE, Signs, signs

FINER = (1, 2, 4, 16, 64, 256, 1024, 4096)  # bits behind the point, in turn


@dataclass(frozen=True)
class Place:
    """An open interval, or one point where both ends are the same."""

    low: sp.Expr
    high: sp.Expr

    @property
    def point(self) -> sp.Expr | None:
        """The point, if it is one."""
        return self.low if self.low == self.high else None

    def sides_of_zero(self) -> Signs:
        """Return the signs of its points."""
        if compare(self.low, sp.Integer(0)) >= 0:
            return signs(self.low) if self.low == self.high else POSITIVE
        return NEGATIVE if compare(self.high, sp.Integer(0)) <= 0 else ANY

    def between(self) -> sp.Rational:
        """Return a rational number inside an interval, a whole one if that is easy.

        >>> Place(sp.log(2), sp.oo).between(), Place(sp.Integer(0), sp.Rational(1, 2)).between()
        (1, 1/4)
        """
        if self.low.is_infinite and self.high.is_infinite:
            return sp.Integer(0)
        if self.low.is_infinite or self.high.is_infinite:
            end, way = (self.high, -1) if self.low.is_infinite else (self.low, 1)
            start = sp.floor(_middle(end, 0))
            tried: Iterator[sp.Rational] = (start + way * sp.Integer(2) ** n for n in range(256))
        else:
            middle = (self.low + self.high) / 2
            tried = (sp.Rational(round(_middle(middle, n) * 2**n), 2**n) for n in FINER)
        found = next((x for x in tried if self.holds(x)), None)
        if found is None:
            msg = f"{self.low} and {self.high} are too close to tell apart"
            raise UndecidedError(msg)
        return found

    def holds(self, x: sp.Expr) -> bool:
        """Return whether a point lies inside an interval."""
        return compare(self.low, x) < 0 < compare(self.high, x)


def _middle(number: sp.Expr, bits: int) -> sp.Rational:
    """Return a rational number within 2^−bits of one, if balls are that narrow."""
    for found in balls.refined(number):
        if found.rad() < arb(2) ** -(bits + 2):
            break
    else:
        msg = f"{number} is not known closely enough"
        raise UndecidedError(msg)
    digits, power = found.mid().man_exp()
    return sp.Integer(int(digits)) * sp.Integer(2) ** int(power)


@dataclass(frozen=True)
class Fault:
    """Where the sides are not real numbers, or what of them is not found."""

    place: Place
    why: str
    undecided: bool = False


def told(faults: Iterable[Fault], x: sp.Symbol) -> str:
    """Say what is wrong, and where.

    >>> u, zero = sp.Symbol("u", real=True), sp.Integer(0)
    >>> places = [Place(-sp.oo, zero), Place(zero, zero), Place(sp.Integer(5), sp.Integer(5))]
    >>> told([Fault(place, "not real") for place in places], u)
    'not real for u ≤ 0; not real at u = 5'
    """
    runs: list[list[Fault]] = []
    for fault in faults:
        if runs and runs[-1][-1].why == fault.why and runs[-1][-1].place.high == fault.place.low:
            runs[-1].append(fault)
        else:
            runs.append([fault])
    return "; ".join(_told(run[0], run[-1], x) for run in runs)


def _told(first: Fault, last: Fault, x: sp.Symbol) -> str:
    where = _where(first.place, last.place, x)
    return f"{first.why} {where}" if where else first.why


def _where(first: Place, last: Place, x: sp.Symbol) -> str:
    """Write the places from one to another as an equation or inequality."""
    low, high = first.low, last.high
    if low == high:
        return f"at {x} = {low}"
    left = "" if low.is_infinite else f"{low} {'<' if first.point is None else '≤'} "
    right = "" if high.is_infinite else f" {'<' if last.point is None else '≤'} {high}"
    if left and not right:
        return f"for {x} {'>' if first.point is None else '≥'} {low}"
    return f"for {left}{x}{right}" if right else ""

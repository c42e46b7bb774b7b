"""Zeros that are no exact numbers: the only one of a function between two places, in balls."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import sympy as sp
from flint import arb, fmpq

from . import balls
from .generators import vanishes
from .roots import UndecidedError

BITS = 256  # to look for exact numbers with, and to tell the ends of a box from zeros
SMALLEST = sp.Rational(1, 2**20)  # box
LARGEST = 1000  # denominator of an exact zero that is recognised


class Zero(balls.Enclosed):
    """The only zero of an expression between two numbers, between which its derivative has none.

    >>> x = sp.Symbol("x", real=True)
    >>> Zero(sp.exp(x) + x, 1 + sp.exp(x), x, sp.Integer(-1), sp.Integer(0)).n(12)
    -0.567143290410
    """

    __slots__ = ("expr", "high", "low", "slope", "variable")

    def __new__(
        cls, expr: sp.Expr, slope: sp.Expr, variable: sp.Symbol, low: sp.Expr, high: sp.Expr
    ) -> Zero:
        """Keep what it is the zero of."""
        self: Zero = super().__new__(cls)
        self.expr, self.slope, self.variable = expr, slope, variable
        self.low, self.high = low, high
        return self

    def _hashable_content(self) -> tuple[sp.Expr, ...]:
        return self.expr, self.variable, self.low, self.high

    def __getnewargs__(self) -> tuple[sp.Expr, ...]:
        return self.expr, self.slope, self.variable, self.low, self.high

    def ball(self, bits: int) -> arb:
        """Return a ball that contains it, by interval Newton steps."""
        return _newton(self, bits)


@cache
def _newton(zero: Zero, bits: int) -> arb:
    box = _box(zero.low, zero.high)
    while True:
        middle = arb(box.mid())
        value = balls.ball(zero.expr, {zero.variable: middle}, 2 * bits + 64)
        slope = balls.ball(zero.slope, {zero.variable: box}, 2 * bits + 64)
        with balls.precision(2 * bits + 64):
            step = (middle - value / slope).intersection(box)
            if step.rad() * 2 > box.rad() or step.rad() < arb(2) ** -(bits + 32):
                return step
        box = step


def zeros_between(
    expr: sp.Expr, slope: sp.Expr, x: sp.Symbol, low: sp.Rational, high: sp.Rational
) -> list[sp.Expr]:
    """Return all zeros between two numbers, in order; UndecidedError where they are not told apart.

    >>> x = sp.Symbol("x", real=True)
    >>> found = zeros_between(sp.sin(x), sp.cos(x), x, sp.Rational(-1, 3), sp.Integer(7))
    >>> found
    [0, pi, 2*pi]
    """
    found: list[sp.Expr] = []
    waiting = [(low, high)]
    while waiting:
        left, right = waiting.pop()
        box = {x: _box(left, right)}
        if not balls.ball(expr, box).contains(0) or not _mean_value(expr, slope, x, left, right):
            continue
        bend = balls.ball(slope, box)
        if bend.is_finite() and not bend.contains(0):
            if _sign(expr, x, left) != _sign(expr, x, right):
                found.append(_recognised(Zero(expr, slope, x, left, right)))
            continue
        if right - left < SMALLEST:
            msg = f"the zeros of {expr} near {x} = {left} are not told apart"
            raise UndecidedError(msg)
        middle = left + (right - left) * sp.Rational(499, 1000)  # zeros are often in the middle
        waiting += [(middle, right), (left, middle)]
    return found


def _mean_value(
    expr: sp.Expr, slope: sp.Expr, x: sp.Symbol, left: sp.Rational, right: sp.Rational
) -> bool:
    """Whether there may be a zero by the value in the middle and the slopes."""
    box = _box(left, right)
    middle = arb(box.mid())
    change = balls.ball(slope, {x: box}) * (box - middle)
    return bool((balls.ball(expr, {x: middle}) + change).contains(0) or not change.is_finite())


def _sign(expr: sp.Expr, x: sp.Symbol, at: sp.Rational) -> int:
    found = balls.sign(expr, {x: at}, last=1536)
    if not found:
        msg = f"{expr} may be zero at {x} = {at}"
        raise UndecidedError(msg)
    return found


def _box(left: sp.Expr, right: sp.Expr) -> arb:
    return arb(fmpq(left.p, left.q)).union(arb(fmpq(right.p, right.q)))


def _recognised(zero: Zero) -> sp.Expr:
    """Return the exact number that it is, if it is a simple one."""
    near = zero.ball(BITS)
    for unit in (sp.Integer(1), sp.pi):
        ratio = near / balls.ball(unit, bits=BITS)
        for power in (1, 2):
            found = Fraction(str((ratio**power).mid().str(60, radius=False))).limit_denominator(
                LARGEST
            )
            exact = sp.Rational(found.numerator, found.denominator)
            if power == 2:
                exact = sp.sqrt(exact) * (1 if near > 0 else -1)
            exact *= unit
            inside = near.overlaps(balls.ball(exact, bits=BITS)) and zero.low < exact < zero.high
            if inside and vanishes(zero.expr.xreplace({zero.variable: exact})):
                return exact
    return zero

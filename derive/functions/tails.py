"""What an expression in u is at most and at least for all u ≥ M, however large.

There it is written c·u^a·e^P(u) with an exact number a and polynomial P, and a ball that holds c
for all such u. Of a sum the fastest growing term is taken out; the others, over it, fall from M on.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from flint import arb

from . import balls
from .generators import plain, vanishes
from .roots import UndecidedError


@dataclass(frozen=True)
class Tail:
    """c·u^a·e^P(u) for u ≥ M, with a ball for c."""

    c: arb
    a: sp.Rational = sp.S.Zero
    P: sp.Expr = sp.S.Zero

    def growth(self, u: sp.Symbol) -> int:
        """Return whether u^a·e^P grows (1), falls to 0 (−1) or is 1."""
        powers = sp.Poly(self.P, u)
        if not powers.is_zero:
            return _sign(powers.LC())
        return int(sp.sign(self.a))

    def at(self, u: sp.Symbol, start: sp.Rational) -> arb:
        """Return a ball of u^a·e^P(u) at M; UndecidedError unless it is monotone from there on."""
        way = self.growth(u)
        slope = sp.Poly(self.a + u * sp.diff(self.P, u), u)  # of the logarithm, times u
        first = slope.degree() if not slope.is_zero else 0
        # over its leading power, what has the other sign is largest at M
        left = sum(
            (
                max(arb(0), -way * balls.ball(c)) * balls.ball(start) ** (k - first)
                for (k,), c in slope.terms()
                if k < first
            ),
            arb(0),
        )
        if way and not way * balls.ball(slope.LC()) > left:
            msg = f"{sp.exp(self.P)}*{u}**({self.a}) is not monotone from {start} on"
            raise UndecidedError(msg)
        return balls.ball(u**self.a * sp.exp(self.P), {u: start})

    def values(self, u: sp.Symbol, start: sp.Rational) -> arb:
        """Return a ball that holds all values; UndecidedError where they are not bounded."""
        if self.growth(u) > 0:
            msg = "not bounded"
            raise UndecidedError(msg)
        return self.c * (arb(0).union(self.at(u, start)) if self.growth(u) else 1)


def tail(expr: sp.Expr, u: sp.Symbol, start: sp.Rational) -> Tail:
    """Return what holds of an expression for all u ≥ M; UndecidedError where that is not found.

    >>> u = sp.Symbol("u", real=True)
    >>> found = tail(sp.tanh(u) - u**2, u, sp.Integer(8))
    >>> found.a, bool(found.c < 0)
    (2, True)
    """
    return _tail(_without_erf(plain(expr), u, start), u, start)


def _without_erf(expr: sp.Expr, u: sp.Symbol, start: sp.Rational) -> sp.Expr:
    """Write erf in erfc of something that grows."""

    def other(x: sp.Expr) -> sp.Expr:
        way = 1 if _tail(x, u, start).c > 0 else -1
        return way * (1 - sp.erfc(way * x))

    return sp.expand_mul(expr.replace(sp.erf, other)) if expr.has(sp.erf) else expr


def _tail(expr: sp.Expr, u: sp.Symbol, start: sp.Rational) -> Tail:
    if not expr.has(u):
        return Tail(balls.ball(expr))
    if expr == u:
        return Tail(arb(1), sp.Integer(1))
    parts = [_tail(x, u, start) for x in expr.args]
    if isinstance(expr, sp.Add):
        return _sum(parts, u, start)
    if isinstance(expr, sp.Mul):
        found = parts[0]
        for other in parts[1:]:
            found = Tail(found.c * other.c, found.a + other.a, sp.expand(found.P + other.P))
        return found
    if isinstance(expr, sp.Pow) and expr.exp.is_Rational:
        return _power(parts[0], expr.exp)
    (x,) = expr.args
    if isinstance(expr, sp.exp):
        if x.is_polynomial(u):
            constant = x.subs(u, 0)
            return Tail(balls.ball(sp.exp(constant)), P=sp.expand(x - constant))
        return Tail(parts[0].values(u, start).exp())
    if isinstance(expr, sp.erfc) and parts[0].growth(u) > 0 and parts[0].c > 0:
        y = parts[0].c * parts[0].at(u, start)
        return _power(
            Tail(
                parts[0].c * arb.pi().sqrt() * (1 - 1 / (2 * y * y)).union(arb(1)) ** -1,
                parts[0].a,
                sp.expand(x**2),
            ),
            sp.Integer(-1),
        )
    if isinstance(expr, sp.sin | sp.cos):
        return Tail(arb(0, 1))
    msg = f"{expr} is not bounded far out"
    raise UndecidedError(msg)


def _power(base: Tail, power: sp.Rational) -> Tail:
    c = base.c if power.is_Integer else base.c.root(int(power.q)) if base.c > 0 else balls.NAN
    c = c ** int(power.p) if power.p > 0 else 1 / c ** int(-power.p)
    if not c.is_finite():
        msg = "a power of what may be 0, or negative"
        raise UndecidedError(msg)
    return Tail(c, base.a * power, sp.expand(base.P * power))


def _sum(parts: list[Tail], u: sp.Symbol, start: sp.Rational) -> Tail:
    parts = [x for x in parts if not x.c.is_zero()] or [Tail(arb(0))]
    first = parts[0]
    for other in parts[1:]:
        if _over(other, first).growth(u) > 0:
            first = other
    c = arb(0)
    for other in parts:
        ratio = _over(other, first)
        c += ratio.values(u, start)
    return Tail(c, first.a, first.P)


def _over(one: Tail, other: Tail) -> Tail:
    return Tail(one.c, one.a - other.a, sp.expand(one.P - other.P))


def _sign(number: sp.Expr) -> int:
    found = 0 if vanishes(number) else balls.sign(number)
    if found is None:
        msg = f"the sign of {number} is not found"
        raise UndecidedError(msg)
    return found

"""What an expression in u is at most and at least for all u ≥ M, however large.

There it is written c·u^a·e^P(u) with an exact number a and polynomial P, and a ball that holds c
for all such u. Of a sum the fastest growing term is taken out; the others, over it, fall from M on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import sympy as sp
from flint import arb

from . import balls
from .generators import plain, vanishes
from .roots import UndecidedError, factored

START = sp.Integer(10) ** 6  # from where on bounds show a limit
NOTHING: Mapping[sp.Symbol, Tail] = MappingProxyType({})
TERMS = 5  # of the series of erfc


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
    expr = plain(expr)
    for rewritten in (_without_erf, _without_atan, _without_log):
        expr = rewritten(expr, u, start)
    try:
        found, why = _tail(expr, u, start), None
    except UndecidedError as error:
        found, why = None, error
    if found is None or (found.c.contains(0) and not found.c.is_zero()):
        return _cancelled(expr, u, start, found, why)
    return found


def tends(expr: sp.Expr, u: sp.Symbol, end: sp.Expr, limit: sp.Expr) -> bool:
    """Whether bounds show that an expression tends to a limit as u → ±∞.

    >>> u = sp.Symbol("u", real=True)
    >>> tends(sp.tanh(u), u, sp.oo, sp.Integer(1)), tends(u * sp.exp(-u), u, sp.oo, -sp.oo)
    (True, False)
    """
    finite = bool(limit.is_finite)
    rest = (expr - limit if finite else expr).xreplace({u: sp.sign(end) * u})
    try:
        found = tail(factored(rest), u, START)
    except UndecidedError:
        return False
    if finite:
        return bool(found.c.is_zero()) or found.growth(u) < 0
    return found.growth(u) > 0 and bool(found.c > 0 if limit > 0 else found.c < 0)


def _cancelled(
    expr: sp.Expr, u: sp.Symbol, start: sp.Rational, weaker: Tail | None, why: Exception | None
) -> Tail:
    """Return what holds once leading terms have cancelled, or the weaker one, or raise why not."""
    written, known = _expanded(expr, u, start)
    try:
        if known:
            found = _tail(factored(written), u, start, known)
            if weaker is None or not found.c.contains(0):
                return found
    except UndecidedError:
        pass
    if weaker is None:
        assert why is not None
        raise why
    return weaker


def _expanded(
    expr: sp.Expr, u: sp.Symbol, start: sp.Rational
) -> tuple[sp.Expr, dict[sp.Symbol, Tail]]:
    """Write erfc and roots as what they are far out times 1 + rest, with symbols for the rests."""
    known: dict[sp.Symbol, Tail] = {}
    put: dict[sp.Expr, sp.Expr] = {}
    for node in expr.atoms(sp.erfc):
        (y,) = node.args
        inside = _tail(y, u, start)
        if inside.growth(u) > 0 and inside.c > 0:
            rest = sp.Dummy("rest", real=True)
            known[rest] = Tail(arb(0).union(arb(1)))
            put[node] = sp.exp(-(y**2)) / (y * sp.sqrt(sp.pi)) * _series(y, rest)
    for node in expr.atoms(sp.Pow):
        poly = sp.Poly(node.base, u) if node.base.is_polynomial(u) and node.base.has(u) else None
        if node.exp.is_Rational and node.exp.q == 2 and poly and poly.degree() % 2 == 0:
            lead = poly.LC()
            if balls.sign(lead) != 1:
                continue
            beside = sp.expand(node.base / (lead * u ** poly.degree()) - 1)
            rest = sp.Dummy("rest", real=True)
            known[rest] = _tail(beside / (1 + sp.sqrt(1 + beside)), u, start)
            put[node] = (sp.sqrt(lead) * u ** (poly.degree() // 2) * (1 + rest)) ** (2 * node.exp)
    return expr.xreplace(put), known


def _series(y: sp.Expr, rest: sp.Symbol) -> sp.Expr:
    """Return √π y e^(y²) erfc y for y > 0; ``rest`` is the share, in [0, 1], of the last term.

    The series alternates, and each partial sum is off by a share of the next term.
    """
    terms = [sp.factorial2(2 * k - 1) / (-2 * y**2) ** k for k in range(1, TERMS + 1)]
    return 1 + sum(terms[:-1], sp.Integer(0)) + rest * terms[-1]


def _without_erf(expr: sp.Expr, u: sp.Symbol, start: sp.Rational) -> sp.Expr:
    """Write erf in erfc of something that grows."""

    def other(x: sp.Expr) -> sp.Expr:
        way = 1 if _tail(x, u, start).c > 0 else -1
        return way * (1 - sp.erfc(way * x))

    return sp.expand_mul(expr.replace(sp.erf, other)) if expr.has(sp.erf) else expr


def _without_atan(expr: sp.Expr, u: sp.Symbol, start: sp.Rational) -> sp.Expr:
    """Write the arc tangent of something that grows in that of something that falls."""

    def other(x: sp.Expr) -> sp.Expr:
        found = _tail(x, u, start)
        if found.growth(u) <= 0 or not abs(found.c) > 0:
            return sp.atan(x)
        return (1 if found.c > 0 else -1) * sp.pi / 2 - sp.atan(1 / x)

    return sp.expand_mul(expr.replace(sp.atan, other)) if expr.has(sp.atan) else expr


def _without_log(expr: sp.Expr, u: sp.Symbol, start: sp.Rational) -> sp.Expr:
    """Write log(e^P + …) as P + log(1 + …), so that P may cancel."""

    def other(x: sp.Expr) -> sp.Expr:
        found = _tail(x, u, start)
        if found.growth(u) <= 0 or found.a:
            return sp.log(x)
        return found.P + sp.log(sp.expand(x * sp.exp(-found.P)))

    return sp.expand_mul(expr.replace(sp.log, other)) if expr.has(sp.log) else expr


def _tail(
    expr: sp.Expr, u: sp.Symbol, start: sp.Rational, known: Mapping[sp.Symbol, Tail] = NOTHING
) -> Tail:
    if expr in known:
        return known[expr]
    if not expr.has(u, *known):
        return Tail(balls.ball(expr))
    if expr == u:
        return Tail(arb(1), sp.Integer(1))
    parts = [_tail(x, u, start, known) for x in expr.args]
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
    if isinstance(expr, sp.log):
        return _log(x, parts[0], u, start)
    if isinstance(expr, sp.atan) and parts[0].growth(u) < 0:  # x/(1 + ξ²), ξ between 0 and x
        y = parts[0].values(u, start).union(arb(0))
        return Tail(parts[0].c / (1 + abs(y).union(arb(0)) ** 2), parts[0].a, parts[0].P)
    if isinstance(expr, sp.sin | sp.cos):
        return Tail(arb(0, 1))
    msg = f"{expr} is not bounded far out"
    raise UndecidedError(msg)


def _log(x: sp.Expr, of: Tail, u: sp.Symbol, start: sp.Rational) -> Tail:
    """Return what holds of log x, by its growing exponent or by how near x is to 1."""
    if not of.c > 0 or of.a:
        msg = f"log({x}) is not bounded far out"
        raise UndecidedError(msg)
    if of.growth(u):
        return _sum([_tail(of.P, u, start), Tail(of.c.log())], u, start)
    rest = _tail(sp.expand(x - 1), u, start)
    if rest.c.is_zero() or rest.growth(u) >= 0:
        return Tail(of.c.log())
    over = 1 + rest.values(u, start).union(arb(0))  # log(1 + y) = y/(1 + ξ), ξ between 0 and y
    if not over > 0:
        msg = f"log({x}) is not bounded far out"
        raise UndecidedError(msg)
    return Tail(rest.c / over, rest.a, rest.P)


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

"""Values of SymPy expressions as balls: intervals that are certain to contain the exact value.

The arithmetic is Arb's (python-flint): each operation returns a ball that contains every possible
result, so that two balls apart prove two numbers apart, however many digits were lost on the way.
Where a value does not exist, or might not, the ball is not finite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import sympy as sp
from flint import arb, ctx, fmpq
from sympy.codegen.cfunctions import expm1, log1p

from .special import (
    constant_error,
    corrected_exp,
    damped,
    mills,
    mills_rest,
    mills_skew,
    product_error,
    signed,
    softplus_rest,
    sum_error,
)

Point: TypeAlias = Mapping[sp.Symbol, Any]  # exact numbers, or balls
NAN = arb("nan")
FIRST, LAST = 192, 6144  # bits to begin with, and to give up at


class UnknownFunctionError(ValueError):
    """An expression holds what has no ball here."""


class Enclosed(sp.AtomicExpr):  # type: ignore[misc]  # SymPy has no types
    """A real number that is known by balls, as small as one wants."""

    is_number = is_real = is_finite = is_commutative = True

    def ball(self, bits: int) -> arb:
        """Return a ball whose radius is below 2^−bits."""
        raise NotImplementedError

    def _eval_evalf(self, prec: int) -> sp.Float:
        digits = int(prec / 3.3) + 2
        return sp.Float(self.ball(prec + 16).mid().str(digits, radius=False), precision=prec)

    def _sympystr(self, printer: Any) -> str:
        return self.ball(FIRST).mid().str(17, radius=False)

    _latex = _sympystr


def ball(expr: sp.Expr, at: Point | None = None, bits: int = FIRST) -> arb:
    """Return a ball that contains the value at a point, computed with so many bits.

    UnknownFunctionError where the expression holds a function that is not known here.

    >>> u = sp.Symbol("u", real=True)
    >>> ball(sp.log(1 + sp.exp(u)) - u, {u: 1}, bits=64)
    [0.313261687518223 +/- 1.67e-16]
    >>> ball(1 / u, {u: 0}).is_finite()
    False
    """
    with ctx.workprec(bits):
        known = {symbol: _number(value) for symbol, value in (at or {}).items()}
        return _value(sp.sympify(expr), known)


precision = ctx.workprec  # a context, in which balls are computed with so many bits


def refined(expr: sp.Expr, at: Point | None = None, last: int = LAST) -> Iterator[arb]:
    """Yield finite balls of a value, each with more bits than the one before."""
    bits = FIRST
    while bits <= last:
        found = ball(expr, at, bits)
        if found.is_finite():
            yield found
        bits *= 2


def sign(expr: sp.Expr, at: Point | None = None, last: int = LAST) -> int | None:
    """Return the sign of a value where balls show it; None of one that may be zero.

    >>> sign(sp.pi - sp.Rational(355, 113)), sign(sp.log(4) - 2 * sp.log(2))
    (-1, None)
    """
    for found in refined(expr, at, last):
        if found.is_zero():
            return 0
        if not found.contains(0):
            return 1 if found > 0 else -1
    return None


def shown(value: arb, digits: int = 17) -> sp.Expr:
    """Return the middle of a ball as a SymPy number, whole where it is one exactly."""
    if value.is_integer():
        return sp.Integer(str(value.unique_fmpz()))
    return sp.Float(value.str(digits, radius=False), digits)


def _number(value: Any) -> arb:
    return value if isinstance(value, arb) else _value(sp.sympify(value), {})


def _value(expr: sp.Expr, known: dict[sp.Basic, arb]) -> arb:
    """Evaluate from the leaves up; ``known`` remembers what has been seen."""
    if expr in known:
        return known[expr]
    if expr.is_Rational:
        found = arb(fmpq(expr.p, expr.q))
    elif isinstance(expr, Enclosed):
        found = expr.ball(ctx.prec)
    elif isinstance(expr, sp.CRootOf):
        found = _root(expr)
    elif isinstance(expr, sp.Piecewise):
        found = _cases(expr, known)
    elif expr.func in FUNCTIONS:
        values = [_value(x, known) for x in expr.args]
        finite = all(x.is_finite() for x in values)  # Arb's sign of a NaN is between −1 and 1
        found = FUNCTIONS[expr.func](*values) if finite else NAN
    elif expr in CONSTANTS:
        found = CONSTANTS[expr]()
    elif isinstance(expr, sp.Pow):
        found = _power(expr, known)
    elif expr in (sp.zoo, sp.nan, sp.oo, -sp.oo):
        found = NAN
    else:
        raise UnknownFunctionError(_unknown(expr))
    known[expr] = found
    return found


def _unknown(expr: sp.Basic) -> str:
    if expr is sp.I:
        return "I is not real"
    return f"no value is given to {expr}" if expr.is_Symbol else f"{expr.func} is not known here"


def _root(expr: sp.CRootOf) -> arb:
    """Enclose a root of a polynomial by bisection to a few more bits than are asked for."""
    width = sp.Rational(1, 2 ** (ctx.prec + 8))
    found = expr.eval_rational(width)
    return arb(fmpq(found.p, found.q), arb(2) ** -(ctx.prec + 7))


def _power(expr: sp.Pow, known: dict[sp.Basic, arb]) -> arb:
    base, power = _value(expr.base, known), expr.exp
    if not base.is_finite():
        return NAN
    if power.is_Integer:
        return _whole(base, int(power))
    if power.is_Rational:
        root = arb(0) if base.is_zero() else base.root(int(power.q))
        return _whole(root, int(power.p)) if base >= 0 or not base < 0 else NAN
    return (_value(power, known) * base.log()).exp()


def _whole(base: arb, n: int) -> arb:
    if n < 0:
        return 1 / _whole(base, -n)
    if base > 0 or base < 0:
        return base**n
    size = abs(base).abs_upper() ** n  # Arb has no power of what may be 0
    return arb(0, size) if n % 2 else arb(0).union(size)


def _cases(expr: sp.Piecewise, known: dict[sp.Basic, arb]) -> arb:
    """Unite the branches that may hold; those after one that is certain do not."""
    found: list[arb] = []
    for value, condition in expr.args:
        holds = _holds(condition, known)
        if holds is not False:
            found.append(_value(value, known))
        if holds:
            return _union(*found)
    return NAN


def _union(first: arb, *others: arb) -> arb:
    for other in others:
        first = first.union(other)
    return first


def _holds(condition: sp.Basic, known: dict[sp.Basic, arb]) -> bool | None:
    """Return whether a condition holds, None where balls do not tell."""
    if condition in (sp.true, sp.false):
        return bool(condition)
    if isinstance(condition, sp.And | sp.Or):
        stop = isinstance(condition, sp.Or)  # a part that decides the whole
        parts = [_holds(part, known) for part in condition.args]
        return stop if stop in parts else None if None in parts else not stop
    if isinstance(condition, sp.Not):
        part = _holds(condition.args[0], known)
        return None if part is None else not part
    if not isinstance(condition, sp.core.relational.Relational):
        raise UnknownFunctionError(_unknown(condition))
    difference = _value(condition.lhs, known) - _value(condition.rhs, known)
    for sign, certain in ((0, difference.is_zero()), (1, difference > 0), (-1, difference < 0)):
        if certain:
            return bool(condition.func(sp.Integer(sign), 0))
    return None


def _signed(x: arb, y: arb) -> arb:
    return x if y >= 0 else -x if y < 0 else x.union(-x)


def _mills(x: arb) -> arb:
    return (arb.pi() / 2).sqrt() * (x * x / 2).exp() * (abs(x) / arb(2).sqrt()).erfc()


def _mills_skew(x: arb) -> arb:
    slope = 1 / _mills(x)
    rest = slope - abs(x)
    return slope * (slope * rest + rest * rest - 1)


def _step(x: arb, at_0: arb) -> arb:
    certain = x > 0 or x < 0 or x.is_zero()
    return (at_0 if x.is_zero() else arb(x > 0)) if certain else arb(0).union(arb(1)).union(at_0)


def _fold(pick: Callable[[arb, arb], arb]) -> Callable[..., arb]:
    def function(first: arb, *others: arb) -> arb:
        for other in others:
            first = pick(first, other)
        return first

    return function


CONSTANTS = {sp.pi: arb.pi, sp.E: arb.const_e, sp.EulerGamma: arb.const_euler}
FUNCTIONS: dict[Any, Callable[..., arb]] = {
    sp.Add: _fold(lambda a, b: a + b),
    sp.Mul: _fold(lambda a, b: a * b),
    sp.Max: _fold(lambda a, b: a.max(b)),
    sp.Min: _fold(lambda a, b: a.min(b)),
    sp.Abs: arb.__abs__,
    sp.sign: arb.sgn,
    sp.exp: arb.exp,
    sp.log: arb.log,
    expm1: arb.expm1,
    log1p: arb.log1p,
    sp.sinh: arb.sinh,
    sp.cosh: arb.cosh,
    sp.tanh: arb.tanh,
    sp.coth: arb.coth,
    sp.sech: arb.sech,
    sp.csch: arb.csch,
    sp.sin: arb.sin,
    sp.cos: arb.cos,
    sp.tan: arb.tan,
    sp.cot: arb.cot,
    sp.sec: arb.sec,
    sp.csc: arb.csc,
    sp.asin: arb.asin,
    sp.acos: arb.acos,
    sp.atan: arb.atan,
    sp.asinh: arb.asinh,
    sp.acosh: arb.acosh,
    sp.atanh: arb.atanh,
    sp.erf: arb.erf,
    sp.erfc: arb.erfc,
    sp.Heaviside: _step,
    sp.floor: arb.floor,
    sp.ceiling: arb.ceil,
    signed: _signed,
    mills: _mills,
    mills_rest: lambda x: 1 / _mills(x) - abs(x),
    mills_skew: _mills_skew,
    softplus_rest: lambda x: (-abs(x)).exp().log1p(),
    product_error: lambda a, b: arb(0),
    sum_error: lambda a, b: arb(0),
    constant_error: lambda c: arb(0),
    corrected_exp: lambda x, e: (x + e).exp(),
    damped: lambda x, y: x * y,
}

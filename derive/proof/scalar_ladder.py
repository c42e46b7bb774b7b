"""Verdicts on scalar identities that users state (the other half of ``ladder``).

``zero`` proves; numbers refute, at the simplest point where the sides differ; where both sides
agree at every point and the proof does not close, the claim is SAMPLED.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import sympy as sp
from sympy.codegen.cfunctions import log1p

from hessbound.derive.functions.zero import branches, is_zero

from .prove import DIGITS, POINTS, _decide, _equal
from .stated import StatedScalar
from .verdicts import Decision, Verdict, Witness

# Smooth functions of a real argument: where a combination has derivative zero, it is constant.
SMOOTH = (sp.exp, sp.log, sp.tanh, sp.erf, sp.erfc, sp.sin, sp.cos, sp.sinh, sp.cosh, log1p)
Point: TypeAlias = dict[sp.Symbol, sp.Expr]  # exact numbers
PIECEWISE = (sp.Abs, sp.Max, sp.Min, sp.Piecewise, sp.sign)
SIMPLE = [sp.Rational(n, k) for n, k in ((0, 1), (1, 1), (-1, 1), (2, 1), (-2, 1), (1, 2), (-1, 2))]
FAR = [sp.Integer(n) for n in (10, -10, 30, -30)]


@_decide.register
def _(claim: StatedScalar) -> Decision:
    x = claim.function.variable
    ((lhs, rhs),) = claim.pairs
    sampling = Sampling(lhs, rhs, x)
    witness = next(sampling.differences(), None)
    if witness:
        return Decision(Verdict.REFUTED, "exact numbers differ", witness)
    if not sampling.count:
        return Decision(Verdict.UNCHECKED, "no point was found where both sides are real numbers")
    if _proved(lhs - rhs, x):
        method = f"rational in e^{x}; {DIGITS} digits at {sampling.count} points"
        return Decision(Verdict.PROVED, method)
    error = f"largest error {sp.N(sampling.error, 2)}" if sampling.error else "no error"
    method = f"{sampling.count} points, {error} in {DIGITS} digits; no proof found"
    return Decision(Verdict.SAMPLED, method)


def _proved(difference: sp.Expr, x: sp.Symbol) -> bool:
    """Return whether ``zero`` proves it, at once or for either sign of the variable and at 0."""
    try:
        if _vanishes(difference, x):
            return True
        parts = branches(difference, x) if difference.has(*PIECEWISE) else []
        at_zero = bool(parts) and bool(difference.subs(x, 0).doit().equals(0))
        return at_zero and all(_vanishes(part, x) for part in parts)
    except Exception:  # SymPy gives up in many ways; none of them is a proof
        return False


def _vanishes(difference: sp.Expr, x: sp.Symbol) -> bool:
    """Ask ``zero``, whose rule for logarithms needs smooth functions."""
    return (not difference.has(sp.log) or _smooth(difference, x)) and is_zero(difference, x)


def _smooth(expr: sp.Expr, x: sp.Symbol) -> bool:
    nodes = [node for node in sp.preorder_traversal(expr) if node.has(x)]
    plain = (sp.Add, sp.Mul, sp.Symbol, *SMOOTH)
    return all(
        isinstance(node, plain) or (isinstance(node, sp.Pow) and node.exp.is_Integer)
        for node in nodes
    )


@dataclass
class Sampling:
    """Compares two expressions at points and counts them."""

    lhs: sp.Expr
    rhs: sp.Expr
    x: sp.Symbol
    holds: Callable[[Any, Any], bool] = _equal
    sign: str = "≠"  # of two values for which it does not hold
    count: int = 0
    error: Any = 0  # the largest difference

    def differences(self) -> Iterator[Witness]:
        """Yield the points at which the two sides differ, the simplest first."""
        for at in self._points():
            left, right = (value_at(side, at) for side in (self.lhs, self.rhs))
            if left is None or right is None:
                continue
            self.count += 1
            self.error = max(self.error, abs(left - right))
            if not self.holds(left, right):
                yield self.witness(at, left, right)

    def _points(self) -> Iterator[Point]:
        """Yield points; the parameters take simple values with the variable, then others."""
        names = (self.lhs.free_symbols | self.rhs.free_symbols) - {self.x}
        others = sorted(names, key=str)
        for n, point in enumerate((*SIMPLE, *POINTS, *FAR)):
            values = [_parameter(s, n + k) for k, s in enumerate(others)]
            yield {self.x: point, **dict(zip(others, values, strict=True))}

    def witness(self, at: Point, left: sp.Expr, right: sp.Expr) -> Witness:
        """Return a point with both values, and code that shows them."""
        where = ", ".join(f"{s} = {value}" for s, value in at.items())
        numbers = ", ".join(f"{s.name!r}: {_code(value)}" for s, value in at.items())
        snippet = (
            "import sympy as sp\n"
            f"at = {{{numbers}}}\n"
            f"lhs = sp.sympify({str(self.lhs)!r}, at)\n"
            f"rhs = sp.sympify({str(self.rhs)!r}, at)\n"
            "print(sp.N(lhs), sp.N(rhs))"
        )
        lhs, rhs = _shown(self.lhs, at, left), _shown(self.rhs, at, right)
        return Witness(where, lhs, rhs, snippet, self.sign)


def _code(value: sp.Expr) -> str:
    """Write an exact number as code."""
    if value.is_Rational:
        return f"sp.Rational({value.p}, {value.q})"
    return f"sp.sympify({str(value)!r})"


def _parameter(symbol: sp.Symbol, n: int) -> sp.Rational:
    """Return the n-th value to try, within the symbol's assumptions where these are signs."""
    if symbol.is_integer:
        return sp.Integer(n % 4 + 1)
    value = sp.Rational(n % 5 + 1, n % 3 + 1)
    positive = symbol.is_nonnegative or n % 2 == 0
    return -value if symbol.is_nonpositive or not positive else value


def value_at(side: sp.Expr, at: Point) -> sp.Expr | None:
    """Return a side in 50 digits; None where it is not a real number."""
    try:
        value = sp.N(side.subs(at), DIGITS)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return value if value.is_number and value.is_extended_real and value.is_finite else None


def _shown(side: sp.Expr, at: Point, value: sp.Expr) -> sp.Expr:
    """Return the exact value where it is algebraic and short, and 17 digits where not."""
    exact = side.subs(at).doit()
    short = exact.is_algebraic and sp.count_ops(exact) < 8
    return exact if short else sp.N(value, 17)

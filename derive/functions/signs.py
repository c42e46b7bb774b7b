"""Signs that show in how an expression is written: 1 + e^u is positive, whatever u is.

A sign is one of −1, 0, 1; of an expression we return the set of those that it may have. All symbols
are real; what is assumed of them (positive, say) counts, and so does where the variable lies.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import TypeAlias

import sympy as sp

from . import balls

Signs: TypeAlias = frozenset[int]

ANY, POSITIVE, NONNEGATIVE = frozenset({-1, 0, 1}), frozenset({1}), frozenset({0, 1})
NEGATIVE, NONPOSITIVE, NONZERO = frozenset({-1}), frozenset({-1, 0}), frozenset({-1, 1})
ASSUMED = {
    "zero": frozenset({0}),
    "positive": POSITIVE,
    "negative": NEGATIVE,
    "nonnegative": NONNEGATIVE,
    "nonpositive": NONPOSITIVE,
    "nonzero": NONZERO,
}
ODD = (sp.sinh, sp.tanh, sp.asinh, sp.atan, sp.erf, sp.sign)  # and increasing: the argument's sign
ALWAYS_POSITIVE = (sp.exp, sp.cosh, sp.sech, sp.erfc)


def signs(expr: sp.Expr, known: dict[sp.Symbol, Signs] | None = None) -> Signs:
    """Return the signs that a defined real expression may have, given those of some symbols.

    >>> u = sp.Symbol("u", real=True)
    >>> sorted(signs(1 + sp.exp(u) + u**2)), sorted(signs(u - 1)), sorted(signs(u, {u: NEGATIVE}))
    ([1], [-1, 0, 1], [-1])
    >>> sorted(signs(1 + sp.erf(u))), sorted(signs(1 - sp.erf(u) / 2 - sp.erf(2 * u)))
    ([1], [-1, 0, 1])
    """
    known = known or {}
    if expr.is_Symbol:
        return known.get(expr) or assumed(expr)
    if not expr.free_symbols:
        found = balls.sign(expr)
        return ANY if found is None else frozenset({found})
    parts = [signs(arg, known) for arg in expr.args if isinstance(arg, sp.Expr)]
    if isinstance(expr, sp.Add):
        return reduce(_sum, parts) & _within(expr)
    if isinstance(expr, sp.Mul):
        return _product(parts)
    if isinstance(expr, sp.Pow):
        return _power(parts[0], expr.exp)
    if isinstance(expr, sp.Abs):
        return frozenset(x * x for x in parts[0])
    if isinstance(expr, ALWAYS_POSITIVE):
        return POSITIVE
    return parts[0] if isinstance(expr, ODD) else ANY


def assumed(symbol: sp.Symbol) -> Signs:
    """Return the signs that a symbol's assumptions leave.

    >>> sorted(assumed(sp.Symbol("omega", nonnegative=True)))
    [0, 1]
    """
    kept = (s for name, s in ASSUMED.items() if getattr(symbol, f"is_{name}"))
    return reduce(frozenset.intersection, kept, ANY)


def _sum(a: Signs, b: Signs) -> Signs:
    return frozenset().union(*({x or y} if x * y >= 0 else ANY for x in a for y in b))


WITHIN = {sp.erf: (-1, 1), sp.tanh: (-1, 1), sp.erfc: (0, 2)}  # values are strictly between


def _within(expr: sp.Add) -> Signs:
    """Return the signs of a number and multiples of functions that are bounded: 1 + erf(u) > 0."""
    number, rest = expr.as_coeff_Add()
    low = high = number
    for factor, function in (term.as_coeff_Mul() for term in sp.Add.make_args(rest)):
        if type(function) not in WITHIN:
            return ANY
        ends = [factor * end for end in WITHIN[type(function)]]
        low, high = low + min(ends), high + max(ends)
    return POSITIVE if low >= 0 else NEGATIVE if high <= 0 else ANY


def _product(parts: Iterable[Signs]) -> Signs:
    return reduce(lambda a, b: frozenset(x * y for x in a for y in b), parts)


def _power(base: Signs, power: sp.Expr) -> Signs:
    if not power.is_Integer:
        return base & NONNEGATIVE if power.is_Rational else POSITIVE
    found = base if power % 2 else frozenset(x * x for x in base)
    return found if power > 0 else found - {0}

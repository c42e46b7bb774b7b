"""How long a polynomial is, before one asks SymPy to do arithmetic with it.

A polynomial of a high degree is factored, or divided by another, in one long call that no time
limit ends.
"""

from __future__ import annotations

import sympy as sp

LARGEST = 400


def is_short(expr: sp.Expr) -> bool:
    """Whether no polynomial of more than 400 degrees comes of an expression.

    >>> u = sp.Symbol("u", real=True)
    >>> is_short(u / (1 + u**20) ** 20), is_short(u / (1 + u**30) ** 20)
    (True, False)
    """
    return max(_degrees(expr)) <= LARGEST


def _degrees(expr: sp.Expr) -> tuple[int, int]:
    """Return at most the degrees of numerator and denominator, in all that is no number."""
    if isinstance(expr, sp.Mul | sp.Add):
        parts = [_degrees(x) for x in expr.args]
        under = sum(q for _, q in parts)
        if isinstance(expr, sp.Mul):
            return sum(p for p, _ in parts), under
        return max(p + under - q for p, q in parts), under
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer:
        over, under = _degrees(expr.base)
        n = int(expr.exp)
        return (n * over, n * under) if n > 0 else (-n * under, -n * over)
    return (0, 0) if expr.is_number else (1, 0)

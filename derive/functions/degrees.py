"""How long an expression is, before one asks SymPy to do anything with it.

A polynomial of a high degree is factored, or divided by another, in one long call that no time
limit ends. And what an expression shares with itself, SymPy goes through as often as it occurs: of
e = e·e + e, 22 times, there are 10¹⁰ parts.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

LARGEST = 400
MOST = 10_000  # parts, which take SymPy a second


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


def require_few_parts(expr: Any, what: str) -> None:
    """Raise ValueError for an expression of more than 10,000 parts, each as often as it occurs.

    >>> shared = sp.Symbol("u")
    >>> for _ in range(22):
    ...     shared = sp.Add(sp.Mul(shared, shared, evaluate=False), shared, evaluate=False)
    >>> require_few_parts(shared, "a side")
    Traceback (most recent call last):
    ValueError: a side must have at most 10000 parts, each as often as it occurs, got 6.3E+10
    """
    if isinstance(expr, sp.Basic) and (count := _parts(expr)) > MOST:
        shown = count if count < 10**6 else f"{sp.Float(count, 2)}"
        msg = f"{what} must have at most {MOST} parts, each as often as it occurs, got {shown}"
        raise ValueError(msg)


def _parts(expr: sp.Basic) -> int:
    """Count the parts, looking at each of them once."""
    inside: dict[int, tuple[sp.Basic, ...]] = {}  # which keeps them, and so their ids
    counts: dict[int, int] = {}
    left = [expr]
    while left:
        own = inside.setdefault(id(left[-1]), tuple(left[-1].args))
        if todo := [x for x in own if id(x) not in counts]:
            left += todo
        else:
            counts[id(left.pop())] = 1 + sum(counts[id(x)] for x in own)
    return counts[id(expr)]

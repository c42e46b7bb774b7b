"""The sharper constants for hard labels in closed form; claims/sharper proves them.

With t = |e|/ω, a sample contributes at most t(1−t)a + tc to tr H_AA, and a pair at most
F(t) = t² (2A(1−t)² + 2B(1−t) + C) to tr H², each times what depends on the inputs alone.
"""

from __future__ import annotations

from typing import Any

import sympy as sp


def largest_single(a: Any, c: Any) -> Any:
    """Return the maximum of t(1−t)a + tc on [0, 1] for a, c ≥ 0.

    >>> largest_single(2, 1), largest_single(1, 2)
    (9/8, 2)
    """
    return c if c >= a else (a + c) ** 2 / (4 * sp.sympify(a))


def largest_pair(A: Any, B: Any, C: Any) -> Any:
    """Return the maximum of t² (2A(1−t)² + 2B(1−t) + C) on [0, 1] for A, B, C ≥ 0.

    >>> largest_pair(0, 1, 0), largest_pair(1, 0, 2), largest_pair(9, 0, 0)
    (8/27, 2, 9/8)
    """
    return C if slope(turn(A, B), A, B, C) >= 0 else pair(stationary(A, B, C), A, B, C)


def pair(t: Any, A: Any, B: Any, C: Any) -> Any:
    """Return F(t)."""
    return t**2 * (2 * A * (1 - t) ** 2 + 2 * B * (1 - t) + C)


def slope(t: Any, A: Any, B: Any, C: Any) -> Any:
    """Return q(t) = F′(t)/(2t)."""
    return 4 * A * t**2 - 3 * (2 * A + B) * t + 2 * A + 2 * B + C


def stationary(A: Any, B: Any, C: Any) -> Any:
    """Return τ, the smaller root of q."""
    discriminant = 4 * A**2 + 4 * A * B + 9 * B**2 - 16 * A * C
    return 2 * (2 * A + 2 * B + C) / (3 * (2 * A + B) + sp.sqrt(discriminant))


def turn(A: Any, B: Any) -> Any:
    """Return σ, up to which a stationary point is above F(1): the root of g, at most 1.

    g(t) = (2 + t)(2A + B) − 2A(1 + t)², and F(τ) − F(1) = (1−τ)² g(τ) where q(τ) = 0.
    """
    if 3 * B >= 2 * A:
        return sp.Integer(1)
    return 4 * (A + B) / (2 * A - B + sp.sqrt((2 * A + B) * (10 * A + B)))

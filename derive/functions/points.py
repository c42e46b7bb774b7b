"""Where a function is looked at by numbers: over the whole range of doubles, and where it changes.

Between these points nothing is known.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import sympy as sp

from . import balls
from .degrees import is_short
from .pieces import split
from .special import meant

ENDS = 5e-324, 1e-3, 800.0, 1e200  # few points below the second and above the third
COUNTS = 40, 600, 80
BESIDE = range(1, 53, 6)  # how near to a place, in powers of 1/2
INSIDE = 7  # points of each piece
FULL = math.sqrt(0.5)  # so that points have full mantissas: few digits are multiplied without error
NEARLY = 1e-3  # real: what of a root may be imaginary
HIGHEST = 8  # degree of polynomials whose roots are looked for
LABEL = sp.Rational(1, 2)


@cache
def grid() -> tuple[float, ...]:
    """Return points of the whole range, both signs alike.

    >>> grid()[0], 0.0 in grid(), 5e-324 in grid()
    (-1e+200, True, True)
    """
    pairs = zip(itertools.pairwise(ENDS), COUNTS, strict=True)
    logarithms = (np.linspace(math.log(a), math.log(b), n)[1:] for (a, b), n in pairs)
    parts = [math.exp(x) for part in logarithms for x in part]
    right = [ENDS[0], *parts[:-1], ENDS[-1]]
    return tuple(sorted({0.0, *right, *(-x for x in right)}))


def beside(places: Iterable[float]) -> set[float]:
    """Return places, and points nearer and nearer to each of them.

    >>> sorted(beside([8.0]))[:2], len(beside([8.0]))
    ([4.0, 7.9375], 19)
    """
    every = set(places)
    return every | {x * (1 + way * 0.5**k) for x in every for k in BESIDE for way in (1, -1)}


@cache
def telling(form: sp.Expr, x: sp.Symbol) -> frozenset[float]:
    """Return points inside the pieces of a form, and beside where one of its parts peaks.

    The parts are polynomials in x, such as the exponent of a power of e; other symbols are 1/2.

    >>> u = sp.Symbol("u", real=True)
    >>> found = telling(sp.Piecewise((u, u < 2000), (1, u < 2100), (0, True)), u)
    >>> len([x for x in found if 2000 < x < 2100]) > 7
    True
    """
    one = meant(form).xreplace(dict.fromkeys(form.free_symbols - {x}, LABEL))
    cuts = sorted(set(_doubles(split([one], x).cuts)))
    found = beside([*cuts, *_turns(one, x)])
    for low, high in itertools.pairwise(cuts):
        found.update(_inside(low, high))
    return frozenset(z for z in found if abs(z) <= ENDS[-1])


def _doubles(numbers: Iterable[sp.Expr]) -> Iterator[float]:
    for number in numbers:
        found = float(balls.ball(number).mid())
        if math.isfinite(found):
            yield found


def _inside(low: float, high: float) -> Iterator[float]:
    """Yield points between two, as far from each other in size as in place."""
    for k in range(INSIDE):
        share = (k + FULL) / INSIDE
        yield low + (high - low) * share
        if low * high > 0:
            yield low * (high / low) ** share


def _turns(expr: sp.Expr, x: sp.Symbol) -> Iterator[float]:
    """Yield, of both signs, the real roots of polynomials in a form, and of their derivatives."""
    for coefficients in _polynomials(expr.replace(sp.Abs, lambda inside: inside), x):
        for n in range(len(coefficients) - 1):  # roots of high order are known by derivatives
            for root in np.roots(np.polyder(coefficients, n)):
                if abs(root.imag) <= NEARLY * abs(root):
                    yield from (float(root.real), -float(root.real))


def _polynomials(expr: sp.Basic, x: sp.Symbol) -> Iterator[list[float]]:
    """Yield the coefficients of the largest parts that are polynomials of a low degree."""
    if not expr.has(x) or expr == x:
        return
    if isinstance(expr, sp.Expr) and expr.is_polynomial(x) and is_short(expr):
        found = list(_doubles(sp.Poly(expr, x).all_coeffs()))
        if len(found) <= HIGHEST + 1:
            if any(found):
                yield found
            return
    for part in expr.args:
        yield from _polynomials(part, x)

"""The zeros of an expression in one variable, as exact numbers, all of them.

The expression is factored as a polynomial in its generators; each factor must be a polynomial in
one of them, which is inverted, or show that it is not zero. What is returned may hold points that
are no zeros, but no zero is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cmp_to_key

import sympy as sp

from . import balls
from .generators import Generators, vanishes
from .signs import Signs, signs


class UndecidedError(ValueError):
    """What was asked for exists, but is not found."""


@cache
def factors(expr: sp.Expr) -> tuple[Generators, tuple[sp.Expr, ...]]:
    """Return the factors of the numerator of an expression, in generators."""
    algebra = Generators(expr)
    over = algebra.numerator(algebra.converted)
    number, found = sp.factor_list(over)
    return algebra, (number, *(factor for factor, _ in found))


def factored(expr: sp.Expr) -> sp.Expr:
    """Return an expression as a product, in which signs show that no sum shows.

    >>> a, u = sp.symbols("a u", real=True)
    >>> factored(a - a * sp.tanh(u))
    2*a/(exp(2*u) + 1)
    """
    algebra = Generators(expr)
    return algebra.original(sp.factor(sp.cancel(algebra.converted)))


def zeros(expr: sp.Expr, x: sp.Symbol, known: dict[sp.Symbol, Signs]) -> list[sp.Expr]:
    """Return real numbers among which are all zeros of an expression where it is defined.

    UndecidedError where they are not found.

    >>> u = sp.Symbol("u", real=True)
    >>> zeros((u**2 - 2) * (sp.exp(2 * u) - 9) * (1 + sp.exp(u)), u, {})
    [-sqrt(2), log(3), sqrt(2)]
    """
    if 0 not in signs(expr, known):
        return []
    try:
        return _of_factors(expr, x, known)
    except UndecidedError:
        if not expr.has(sp.log):
            raise
    return _of_factors(sp.exp(expr) - 1, x, known)  # log a − log b = 0 where a/b = 1


def _of_factors(expr: sp.Expr, x: sp.Symbol, known: dict[sp.Symbol, Signs]) -> list[sp.Expr]:
    algebra, found = factors(expr)
    return ordered({at for factor in found for at in _zeros(factor, algebra, x, known)})


def ordered(points: set[sp.Expr]) -> list[sp.Expr]:
    """Sort exact numbers, and drop what is equal to one before it."""
    found: list[sp.Expr] = []
    for at in sorted(points, key=cmp_to_key(compare)):
        if not found or compare(found[-1], at):
            found.append(at)
    return found


def compare(a: sp.Expr, b: sp.Expr) -> int:
    """Return the sign of the difference of two exact numbers, which may be infinite.

    >>> compare(sp.log(4), 2 * sp.log(2)), compare(-sp.oo, sp.sqrt(2))
    (0, -1)
    """
    if a == b:
        return 0
    if a.is_infinite or b.is_infinite:
        return -1 if a == -sp.oo or b == sp.oo else 1
    found = balls.sign(a - b, last=768)
    if found is None and vanishes(a - b):
        return 0
    found = balls.sign(a - b) if found is None else found
    if found is None:
        msg = f"{a} and {b} are too close to tell apart"
        raise UndecidedError(msg)
    return found


def _zeros(
    factor: sp.Expr, algebra: Generators, x: sp.Symbol, known: dict[sp.Symbol, Signs]
) -> Iterator[sp.Expr]:
    """Yield the zeros of one factor."""
    original = algebra.original(factor)
    if 0 not in signs(original, known):
        return
    varying = {s for s in factor.free_symbols if algebra.meaning.get(s, s).has(x)}
    if len(original.free_symbols - {x}) or not varying:
        raise UndecidedError(_unknown(original))
    if roots := [s for s in algebra.roots if s in factor.free_symbols]:
        yield from _without_root(factor, roots[-1], algebra, x, known)
        return
    if len(varying) > 1:
        raise UndecidedError(_unknown(original))
    (generator,) = varying
    for root in _roots(factor, generator, algebra):
        yield from _inverse(generator, root, algebra, x, known)


def _unknown(expr: sp.Expr) -> str:
    return f"the zeros of {expr} are not found"


def _without_root(
    factor: sp.Expr,
    root: sp.Symbol,
    algebra: Generators,
    x: sp.Symbol,
    known: dict[sp.Symbol, Signs],
) -> Iterator[sp.Expr]:
    """Yield the zeros of the product over all values of a root, which has more."""
    norm = sp.resultant(factor, algebra.relations[root], root)
    if norm == 0:
        raise UndecidedError(_unknown(algebra.original(factor)))
    for other, _ in sp.factor_list(norm)[1]:
        yield from _zeros(other, algebra, x, known)


def _roots(factor: sp.Expr, generator: sp.Symbol, algebra: Generators) -> list[sp.Expr]:
    """Return the real roots of a polynomial, whose coefficients are numbers."""
    poly = sp.Poly(factor, generator)
    if poly.free_symbols_in_domain:
        poly = sp.Poly([algebra.original(c) for c in poly.all_coeffs()], generator)
        return _quadratic(poly)
    return list(set(poly.real_roots()))


def _quadratic(poly: sp.Poly) -> list[sp.Expr]:
    """Return the real roots where the coefficients are real numbers of any kind."""
    *square, b, c = poly.all_coeffs()
    if not compare(poly.LC(), sp.Integer(0)):
        raise UndecidedError(_unknown(poly.as_expr()))
    if not square:
        return [-c / b]
    if len(square) > 1:
        raise UndecidedError(_unknown(poly.as_expr()))
    (a,) = square
    inside = b**2 - 4 * a * c
    if compare(inside, sp.Integer(0)) < 0:
        return []
    return [(-b + way * sp.sqrt(inside)) / (2 * a) for way in (1, -1)]


def _inverse(
    generator: sp.Symbol,
    value: sp.Expr,
    algebra: Generators,
    x: sp.Symbol,
    known: dict[sp.Symbol, Signs],
) -> Iterator[sp.Expr]:
    """Yield the points at which a generator has a value."""
    if generator == x:
        yield value
    elif generator in algebra.exponents:
        monomial, unit = algebra.exponents[generator]
        if compare(value, sp.Integer(0)) > 0:
            yield from zeros(monomial - sp.log(value) / unit, x, known)
    elif generator in algebra.inner:
        inside = algebra.original(algebra.inner[generator])
        for way in (1, -1):
            yield from zeros(inside - way * sp.exp(value), x, known)
    elif isinstance(algebra.meaning[generator], sp.erf | sp.atan) and value == 0:
        yield from zeros(algebra.meaning[generator].args[0], x, known)
    else:
        raise UndecidedError(_unknown(algebra.meaning[generator] - value))

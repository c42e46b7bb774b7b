"""Functions that kernels compute with, and what they are in exact arithmetic."""

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p


class product_error(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """The rounding error of a product of two doubles, a·b − fl(a·b): zero in exact arithmetic."""


class sum_error(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """The rounding error of a sum of two doubles, a + b − fl(a + b): zero in exact arithmetic."""


class constant_error(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """What the nearest double leaves of a constant: zero in exact arithmetic, like the others."""


class corrected_exp(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """e^(x + e) where e is the rounding error of x, of which the first order is enough."""


class damped(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """x·y, and 0 where y has become 0 in doubles, however large x is."""


class signed(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """x where y ≥ 0, −x where y < 0: the two halves of an odd function agree in every bit."""


class softplus_rest(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """log(1 + e^(−|x|)), what log(1 + e^x) is above max(0, x)."""


class mills(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """Mills' ratio of the normal distribution, (1 − Φ(|x|))/φ(x), of which no tail underflows."""


class mills_rest(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """1/mills(x) − |x|, the mean of what a normal number that is above |x| has above it."""


class mills_skew(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """The third central moment of what a normal number that is above |x| has above it."""


def _ratio(x: sp.Expr) -> sp.Expr:
    return sp.sqrt(sp.pi / 2) * sp.exp(x**2 / 2) * sp.erfc(sp.Abs(x) / sp.sqrt(2))


def _skew(x: sp.Expr) -> sp.Expr:
    slope = 1 / _ratio(x)
    rest = slope - sp.Abs(x)
    return slope * (slope * rest + rest**2 - 1)


ERRORS = (product_error, sum_error, constant_error)
"""What is zero in exact arithmetic, wherever its arguments are real."""
MEANING = {
    corrected_exp: lambda x, e: sp.exp(x + e),
    damped: lambda x, y: x * y,
    signed: lambda x, y: sp.Piecewise((x, y >= 0), (-x, True)),
    softplus_rest: lambda x: sp.log(1 + sp.exp(-sp.Abs(x))),
    mills: _ratio,
    mills_rest: lambda x: 1 / _ratio(x) - sp.Abs(x),
    mills_skew: _skew,
    expm1: lambda x: sp.exp(x) - 1,
    log1p: lambda x: sp.log(1 + x),
}


def exact(expr: sp.Expr) -> sp.Expr:
    """Return the expression in exact arithmetic, in functions that everybody knows.

    What an error is of, or is multiplied by, is then gone, also where that is not real: whoever
    asks where the expression is real takes ``meant``.

    >>> u = sp.Symbol("u", real=True)
    >>> exact(softplus_rest(u) + product_error(u, u))
    log(1 + exp(-Abs(u)))
    """
    return without_errors(meant(expr))


def without_errors(expr: sp.Expr) -> sp.Expr:
    """Put 0 for errors."""
    if not expr.has(*ERRORS):
        return expr
    return expr.replace(lambda x: isinstance(x, ERRORS), lambda x: sp.Integer(0))


def meant(expr: sp.Expr) -> sp.Expr:
    """Return the expression in functions that everybody knows, and errors.

    >>> u = sp.Symbol("u", real=True)
    >>> meant(damped(u, u) + product_error(u, u))
    u**2 + product_error(u, u)
    """
    for function, meaning in MEANING.items():
        if expr.has(function):
            expr = expr.replace(function, meaning)
    return expr

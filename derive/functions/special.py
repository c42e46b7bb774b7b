"""Functions that kernels compute with, and what they are in exact arithmetic."""

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p


class product_error(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """The rounding error of a product of two doubles, a·b − fl(a·b): zero in exact arithmetic."""


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


MEANING = {
    product_error: lambda a, b: sp.Integer(0),
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

    >>> u = sp.Symbol("u", real=True)
    >>> exact(softplus_rest(u) + product_error(u, u))
    log(1 + exp(-Abs(u)))
    """
    for function, meaning in MEANING.items():
        if expr.has(function):
            expr = expr.replace(function, meaning)
    return expr

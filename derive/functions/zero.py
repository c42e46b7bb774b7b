"""Decide whether a scalar expression vanishes (the scalar half of the prover).

An expression in exponentials of multiples of the variable is a rational function of z = e^u, and a
rational function is zero exactly when ``cancel`` says so; e^(−u²/2), erf and log count as
independent of z, which can only make the test say no. Logarithms are related (log(1 + e^u) = u +
log(1 + e^−u)); there a function is zero if its derivative is and it is zero somewhere.
"""

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p

from .scalar import mills, product_error, signed, softplus_rest


def is_zero(expr: sp.Expr, variable: sp.Symbol) -> bool:
    """Return whether the expression vanishes for every real value of the variable.

    True is a proof; False may also mean that the test does not see it.

    >>> u = sp.Symbol("u", real=True)
    >>> is_zero(sp.tanh(u) - (1 - 2 / (1 + sp.exp(2 * u))), u)
    True
    >>> is_zero(sp.log(1 + sp.exp(u)) - sp.log(1 + sp.exp(-u)) - u, u)
    True
    """
    plain = _plain(expr)
    if _rational_zero(plain, variable):
        return True
    if not plain.has(sp.log):
        return False
    constant = _rational_zero(_plain(sp.diff(plain, variable)), variable)
    return constant and bool(plain.subs(variable, 0).equals(0))


def branches(expr: sp.Expr, variable: sp.Symbol) -> list[sp.Expr]:
    """Return the expression for positive and for negative values, without |·|, max and cases."""
    x, expr = sp.Dummy("x", positive=True), exact(expr)
    return [expr.subs(variable, sign * x).doit().subs(x, sign * variable) for sign in (1, -1)]


def exact(expr: sp.Expr) -> sp.Expr:
    """Return the expression in exact arithmetic, where nothing is lost to rounding."""
    without = expr.replace(product_error, lambda a, b: sp.Integer(0))
    without = without.replace(signed, lambda x, y: sp.Piecewise((x, y >= 0), (-x, True)))
    without = without.replace(mills, _mills_ratio)
    without = without.replace(softplus_rest, lambda x: sp.log(1 + sp.exp(-sp.Abs(x))))
    without = without.replace(expm1, lambda x: sp.exp(x) - 1)
    return without.replace(log1p, lambda x: sp.log(1 + x))


def _mills_ratio(x: sp.Expr) -> sp.Expr:
    return sp.sqrt(sp.pi / 2) * sp.exp(x**2 / 2) * sp.erfc(sp.Abs(x) / sp.sqrt(2))


def _plain(expr: sp.Expr) -> sp.Expr:
    """Write an expression in exp, log and erf only."""
    plain = exact(expr).replace(sp.erfc, lambda x: 1 - sp.erf(x))
    return plain.replace(sp.tanh, lambda x: 1 - 2 / (1 + sp.exp(2 * x)))


def _rational_zero(expr: sp.Expr, variable: sp.Symbol) -> bool:
    z = sp.Dummy("z", positive=True)

    def in_z(argument: sp.Expr) -> sp.Expr:
        """Write e^(n·u/2 + rest) as z^n e^rest with z = e^(u/2)."""
        argument = sp.expand(argument)
        n = 2 * argument.coeff(variable, 1)
        rest = sp.expand(argument - n * variable / 2)
        return z**n * sp.exp(rest) if n.is_Integer else sp.exp(argument)

    rational = sp.expand_power_exp(expr).replace(sp.exp, in_z)
    return bool(sp.cancel(sp.together(rational)) == 0)

"""Whether an expression is nonnegative on the line, by its derivatives in turn.

It is if it tends to 0 at one end and rises from there; what is positive is divided out before each
step, so that the derivatives become simpler. That is how bounds of the normal distribution's tail
are shown: of Φ² − vφΦ − φ², divided by φ, the third derivative is 2Φ.
"""

from __future__ import annotations

import sympy as sp

from .roots import UndecidedError, factored
from .signs import NONNEGATIVE, NONPOSITIVE, POSITIVE, signs
from .tails import START, tail

DEPTH = 4


def is_nonnegative(expr: sp.Expr, x: sp.Symbol, depth: int = DEPTH) -> bool:
    """Return whether an expression, smooth on the line, is shown to be at least 0 everywhere.

    True is a proof; False may also mean that it is not found.

    >>> x = sp.Symbol("x", real=True)
    >>> is_nonnegative(x * (1 + sp.erf(x)) / 2 + sp.exp(-(x**2)) / (2 * sp.sqrt(sp.pi)), x)
    True
    >>> is_nonnegative(sp.tanh(x), x)
    False
    """
    rest = sp.Integer(1)
    for factor in sp.Mul.make_args(factored(expr)):
        base, power = factor.as_base_exp()
        if signs(factor) <= POSITIVE or (power.is_Integer and power % 2 == 0):
            continue
        if power.is_Integer and signs(base) != POSITIVE and _is_positive(base, x, depth - 1):
            continue
        rest *= factor
    if signs(rest) <= NONNEGATIVE:
        return True
    if signs(rest) <= NONPOSITIVE or depth <= 0 or not _is_entire(rest):
        return False
    rest = _falling(rest, x)
    slope = sp.diff(rest, x)
    return any(
        _vanishes(rest, x, end) and is_nonnegative(-sp.sign(end) * slope, x, depth - 1)
        for end in (-sp.oo, sp.oo)
    )


def _is_positive(expr: sp.Expr, x: sp.Symbol, depth: int) -> bool:
    """Return whether it tends to 0 at one end, and its derivative is positive as it stands."""
    if depth < 0 or not _is_entire(expr):
        return False
    expr = _falling(expr, x)
    slope = factored(sp.diff(expr, x))
    ways = {-sp.oo: signs(slope) <= POSITIVE, sp.oo: signs(-slope) <= POSITIVE}
    return any(rises and _vanishes(expr, x, end) for end, rises in ways.items())


def _is_entire(expr: sp.Expr) -> bool:
    """Return whether an expression shows that it has no pole and no bend anywhere."""
    return all(
        node.is_Symbol
        or isinstance(node, sp.Add | sp.Mul | sp.exp | sp.erf | sp.erfc)
        or (isinstance(node, sp.Pow) and node.exp.is_Integer and node.exp > 0)
        for node in sp.preorder_traversal(expr)
        if not node.is_number
    )


def _falling(expr: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """Return a sum over its exponential that grows fastest."""
    terms = sp.Add.make_args(sp.expand(expr))
    exponents = [_exponent(term) for term in terms]
    if not all(power.is_polynomial(x) for power in exponents):
        return expr
    over = sp.exp(-max(exponents, key=lambda power: _rank(sp.Poly(power, x))))
    return sp.Add(*(sp.powsimp(term * over) for term in terms))


def _rank(power: sp.Poly) -> tuple[int, sp.Expr]:
    degree = 0 if power.is_zero else int(power.degree())
    return (degree if power.LC() > 0 else -degree), power.LC()


def _exponent(term: sp.Expr) -> sp.Expr:
    found = [x.args[0] for x in sp.Mul.make_args(term) if isinstance(x, sp.exp)]
    return sp.Add(*found)


def _vanishes(expr: sp.Expr, x: sp.Symbol, end: sp.Expr) -> bool:
    """Return whether bounds show that an expression tends to 0."""
    turned = expr.xreplace({x: sp.sign(end) * x}).replace(sp.erf, lambda z: 1 - sp.erfc(z))
    try:
        found = tail(sp.expand(turned), x, START)
    except UndecidedError:
        return False
    return bool(found.c.is_zero() or (found.c.is_finite() and found.growth(x) < 0))

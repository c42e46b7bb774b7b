"""What an expression asks of its parts: to be a real number, and a smooth function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy as sp

from .roots import UndecidedError
from .signs import NONNEGATIVE, NONZERO, POSITIVE, Signs
from .special import ERRORS

SWITCHES = (
    sp.Abs,
    sp.sign,
    sp.Heaviside,
    sp.Max,
    sp.Min,
    sp.Piecewise,
)  # that are one or another expression
# Smooth, and defined for every real argument.
SMOOTH = {sp.exp, sp.sin, sp.cos, sp.sinh, sp.cosh, sp.tanh, sp.sech, sp.asinh, sp.atan}
SMOOTH |= {sp.erf, sp.erfc, *ERRORS}


@dataclass(frozen=True)
class Need:
    """An expression must have one of some signs; else a function is not real, or not defined."""

    expr: sp.Expr
    allowed: Signs
    fault: str


def _reals(expr: sp.Expr) -> Need:
    return Need(expr, POSITIVE, "not real")


def _other_than_zero(expr: sp.Expr) -> Need:
    return Need(expr, NONZERO, "not defined")


FUNCTIONS: dict[object, Callable[[sp.Expr], Need]] = {
    sp.log: _reals,
    sp.atanh: lambda x: _reals(1 - x**2),
    sp.acosh: lambda x: Need(x - 1, NONNEGATIVE, "not real"),
    sp.asin: lambda x: Need(1 - x**2, NONNEGATIVE, "not real"),
    sp.acos: lambda x: Need(1 - x**2, NONNEGATIVE, "not real"),
    sp.coth: _other_than_zero,
    sp.csch: _other_than_zero,
    sp.tan: lambda x: _other_than_zero(sp.cos(x)),
    sp.sec: lambda x: _other_than_zero(sp.cos(x)),
    sp.cot: lambda x: _other_than_zero(sp.sin(x)),
    sp.csc: lambda x: _other_than_zero(sp.sin(x)),
}


def nodes(expr: sp.Basic, seen: set[sp.Basic] | None = None) -> Iterator[sp.Basic]:
    """Yield the parts of an expression, inner ones first; of cases only the first condition.

    Whether the other parts of cases are needed shows only when that is known to hold or not.
    """
    seen = set() if seen is None else seen
    if expr in seen:
        return
    seen.add(expr)
    inside: tuple[sp.Basic, ...] = () if isinstance(expr, sp.CRootOf) else expr.args
    if isinstance(expr, sp.Piecewise):
        inside = (inside[0].args[1],)
    for part in inside:
        yield from nodes(part, seen)
    yield expr


def needs(expr: sp.Expr) -> Iterator[Need]:
    """Yield what must hold where an expression is to be real, inner needs first.

    UndecidedError where it holds a function that is not known here.

    >>> u = sp.Symbol("u", real=True)
    >>> [str(need.expr) for need in needs(sp.log(1 + 1 / u))]
    ['u', '1 + 1/u']
    """
    for node in nodes(expr):
        if isinstance(node, sp.Pow):
            yield from _of_power(node)
        elif node.func in FUNCTIONS:
            yield FUNCTIONS[node.func](*node.args)
        elif isinstance(node, sp.Function) and node.func not in {*SMOOTH, *SWITCHES}:
            msg = f"{node.func} is not known here"
            raise UndecidedError(msg)
        elif node in (sp.I, sp.nan, sp.zoo, sp.oo, -sp.oo):
            yield Need(sp.Integer(0), NONZERO, "not real" if node is sp.I else "not defined")


def _of_power(node: sp.Pow) -> Iterator[Need]:
    if node.exp.is_Integer and node.exp < 0:
        yield _other_than_zero(node.base)
    elif node.exp.is_Rational and not node.exp.is_Integer:
        allowed = NONNEGATIVE if node.exp > 0 else POSITIVE
        yield Need(node.base, allowed, "not real")
    elif not node.exp.is_Integer:
        yield _reals(node.base)

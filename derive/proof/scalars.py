"""Claims about expressions in one variable, checked when they are stated."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from hessbound.derive.functions import catalogue
from hessbound.derive.functions.scalar import DERIVATIVES, ScalarFunction, u
from hessbound.derive.statements.places import NOWHERE, Place

from .statements import Pair, ScalarIdentity, ScalarInequality

_PRIMES = dict(zip(DERIVATIVES, sp.symbols("f f′ f″ f‴", real=True), strict=True))  # for readers


def scalar_identity(
    name: str,
    sides: Pair,
    *,
    activation: str | None = None,
    domain: sp.Interval | None = None,
    statement: str | None = None,
    place: Place = NOWHERE,
) -> ScalarIdentity:
    """Return the claim that two expressions in u are equal; ValueError where one is not exact."""
    left, right = _expressions(sides, activation)
    shown = statement or _shown(left, "=", right, activation, domain)
    shown += _assumed(left, right)
    return ScalarIdentity(
        name,
        shown,
        pairs=((left, right),),
        function=ScalarFunction(value=u, definition=u),
        activation=activation,
        domain=_interval(domain),
        place=place,
    )


def scalar_inequality(
    name: str,
    sides: Pair,
    *,
    activation: str | None = None,
    domain: sp.Interval | None = None,
    statement: str | None = None,
    place: Place = NOWHERE,
) -> ScalarInequality:
    """Return the claim that an expression is at most another; ValueError where one is not exact."""
    small, large = _expressions(sides, activation)
    shown = statement or _shown(small, "≤", large, activation, domain)
    return ScalarInequality(
        name,
        shown + _assumed(small, large),
        small=small,
        large=large,
        activation=activation,
        domain=_interval(domain),
        place=place,
    )


def _expressions(sides: Pair, activation: str | None) -> tuple[sp.Expr, sp.Expr]:
    if activation is not None:
        catalogue.load(activation)
    left, right = (_expression(side, (u, *DERIVATIVES)) for side in sides)
    used = sorted((left.free_symbols | right.free_symbols) & set(DERIVATIVES), key=str)
    if used and activation is None:
        msg = f"{used[0]} needs an activation: write activation='tanh', for instance"
        raise ValueError(msg)
    return left, right


def _shown(
    left: sp.Expr, sign: str, right: sp.Expr, activation: str | None, domain: sp.Interval | None
) -> str:
    """Write a statement with primes, its activation before it and its domain behind it."""
    left, right = (side.xreplace(_PRIMES) for side in (left, right))
    where = f" for u in {domain}" if domain else ""
    return (f"{activation}: " if activation else "") + f"{left} {sign} {right}{where}"


def _assumed(left: sp.Expr, right: sp.Expr) -> str:
    """Write what is assumed of parameters, beyond that they are real.

    >>> _assumed(sp.Symbol("a", positive=True) * u, u)
    '; a positive'
    """
    words = []
    for symbol in sorted((left.free_symbols | right.free_symbols) - {u, *DERIVATIVES}, key=str):
        given = re.findall(r"(\w+)=(True|False)", sp.srepr(symbol).rpartition("'")[2])
        words += [
            f"{symbol} {'' if value == 'True' else 'not '}{name}"
            for name, value in given
            if name != "real"
        ]
    return f"; {', '.join(words)}" if words else ""


def _interval(domain: Any) -> sp.Interval | None:
    """Return the domain; ValueError where it is no interval."""
    if domain is None:
        return None
    if type(domain) is sp.Interval and not domain.free_symbols:
        _require_plain(domain)
        return domain
    msg = f"a domain must be a SymPy Interval such as Interval.open(0, 1), got {domain!r}"
    raise ValueError(msg)


def _expression(side: Any, known: tuple[sp.Symbol, ...]) -> sp.Expr:
    expr = sp.sympify(side)
    if not isinstance(expr, sp.Expr):
        msg = f"a side must be a SymPy expression, got {type(side).__name__} {side!r}"
        raise TypeError(msg)
    _require_plain(expr)
    if floats := expr.atoms(sp.Float):
        number = min(floats, key=str)
        msg = f"numbers must be exact: write Rational('{number}') for {number} in {expr}"
        raise ValueError(msg)
    names = {symbol.name for symbol in known}
    for symbol in expr.free_symbols - {*known}:
        if symbol.name in names:
            msg = f"{symbol} is another symbol here: write `from hessbound.derive import {symbol}`"
            raise ValueError(msg)
        if not symbol.name.isidentifier():
            msg = f"a parameter needs a name, a Python identifier, got {symbol.name!r}"
            raise ValueError(msg)
        if symbol.is_real is False:
            msg = f"parameters must be real numbers, and {symbol} is not"
            raise ValueError(msg)
    return expr


def _require_plain(expr: sp.Basic) -> None:
    """Raise an error for a subclass of SymPy's classes: it could show this, and compute that."""
    for node in sp.preorder_traversal(expr):
        own = type(node)
        known = own.__module__.partition(".")[0] in ("sympy", "hessbound")
        if not known and not isinstance(node, AppliedUndef):
            msg = f"sides and domains are made of SymPy's classes, got {own.__name__}"
            raise TypeError(msg)

"""Claims about expressions in one variable, checked when they are stated."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import sympy as sp

from hessbound.derive.functions import catalogue
from hessbound.derive.functions.degrees import require_few_parts
from hessbound.derive.functions.scalar import (
    DERIVATIVES,
    ScalarFunction,
    expression,
    require_exact,
    u,
)
from hessbound.derive.functions.special import ERRORS
from hessbound.derive.functions.symbols import require_plain
from hessbound.derive.statements.places import NOWHERE, Place

from .numerals import shortened, written
from .statements import Pair, ScalarIdentity, ScalarInequality

TAKEN = {"pi", "E", "I", "oo", "zoo", "nan"} | {"EulerGamma", "GoldenRatio", "Catalan"}
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
    domain = _interval(domain)
    _require_text(statement)
    shown = statement or _shown(left, "=", right, activation, domain)
    shown += _assumed(left, right)
    return ScalarIdentity(
        name,
        shown,
        pairs=((left, right),),
        function=ScalarFunction(value=u, definition=u),
        activation=activation,
        domain=domain,
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
    domain = _interval(domain)
    _require_text(statement)
    shown = statement or _shown(small, "≤", large, activation, domain)
    return ScalarInequality(
        name,
        shown + _assumed(small, large),
        small=small,
        large=large,
        activation=activation,
        domain=domain,
        place=place,
    )


def _require_text(statement: object) -> None:
    if statement is not None and type(statement) is not str:
        came = f"{type(statement).__name__} {statement!r}"
        msg = f"statement must be the text that readers see, got {came}"
        raise TypeError(msg)


def _expressions(sides: Pair, activation: str | None) -> tuple[sp.Expr, sp.Expr]:
    if activation is not None:
        catalogue.load(activation)
    left, right = (_expression(side, (u, *DERIVATIVES)) for side in sides)
    names = Counter(symbol.name for symbol in left.free_symbols | right.free_symbols)
    if twice := sorted(name for name, n in names.items() if n > 1):
        msg = f"two symbols are named {twice[0]}, and differ by what is assumed of them"
        raise ValueError(msg)
    used = sorted((left.free_symbols | right.free_symbols) & set(DERIVATIVES), key=str)
    if used and activation is None:
        msg = f"{used[0]} needs an activation: write activation='tanh', for instance"
        raise ValueError(msg)
    return left, right


def _shown(
    left: sp.Expr, sign: str, right: sp.Expr, activation: str | None, domain: sp.Interval | None
) -> str:
    """Write a statement with primes, its activation before it and its domain behind it."""
    where = f" for u in {written(domain)}" if domain else ""
    try:
        first, second = (str(shortened(side.xreplace(_PRIMES))) for side in (left, right))
    except RecursionError:
        msg = "a side must be nested less deep: SymPy cannot write it"
        raise ValueError(msg) from None
    return (f"{activation}: " if activation else "") + f"{first} {sign} {second}{where}"


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
    require_few_parts(domain, "a domain")
    if type(domain) is sp.Interval and not domain.free_symbols:
        require_plain(domain)
        require_exact(domain)
        return domain
    msg = f"a domain must be a SymPy Interval such as Interval.open(0, 1), got {domain!r}"
    raise ValueError(msg)


def _expression(side: Any, known: tuple[sp.Symbol, ...]) -> sp.Expr:
    expr = expression(side, "a side")
    if isinstance(expr, sp.MatrixExpr) or expr.has(sp.Lambda, sp.MatrixExpr):
        msg = f"a side must be a number for each u, got {type(expr).__name__} {expr}"
        raise TypeError(msg)
    require_plain(expr)
    if expr.has(*ERRORS):
        msg = f"a rounding error is none of exact arithmetic, in which a side is meant, got {expr}"
        raise ValueError(msg)
    require_exact(expr)
    names = {symbol.name for symbol in known}
    for symbol in expr.free_symbols - {*known}:
        if symbol.name in names:
            msg = f"{symbol} is another symbol here: write `from hessbound.derive import {symbol}`"
            raise ValueError(msg)
        _require_parameter(symbol)
    return expr


def _require_parameter(symbol: sp.Symbol) -> None:
    """Raise ValueError unless a symbol is a real number with a name of its own."""
    name = symbol.name
    if not name.isidentifier():
        msg = f"a parameter needs a name, a Python identifier, got {name!r}"
        raise ValueError(msg)
    if name in TAKEN:
        msg = f"a parameter needs a name of its own, and {name} is a number"
        raise ValueError(msg)
    if not symbol.is_real or symbol.is_rational is False or type(symbol) is not sp.Symbol:
        msg = f"parameters are real numbers: write Symbol({name!r}, real=True)"
        raise ValueError(msg)

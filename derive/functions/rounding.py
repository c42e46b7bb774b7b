"""What the rounding errors in a stable form may do: change a value by next to nothing."""

from __future__ import annotations

import sympy as sp
from flint import arb

from . import balls
from .scalar import ScalarFunction
from .special import ERRORS, constant_error, exact, meant, sum_error

HALF_ULP = sp.Rational(1, 2**53)  # of a number of size 1, what doubles leave of it at most
SMALL = arb(2) ** -30  # of a value
LEAST = arb(2) ** -1074  # of the doubles: what is below it is 0
OUT = (sp.Rational(1, 10**30), 2, 19, 700, *(sp.Integer(10) ** n for n in (4, 6, 10, 20, 80, 150)))
POINTS = [way * sp.Rational(n, 7) for n in OUT for way in (1, -1)]
LABEL = sp.Rational(1, 2)


def require_small(function: ScalarFunction) -> None:
    """Raise ValueError where a stable form of an atom has an error that shows.

    An error is zero in exact arithmetic, so a proof says nothing of what it is multiplied by. That
    it is small is seen from 1e-31 to 1e149, wherever the value is no less than doubles hold.

    >>> from hessbound.derive.functions.scalar import Atom, u
    >>> from hessbound.derive.functions.special import product_error
    >>> t = sp.Symbol("t", real=True)
    >>> wrong = sp.tanh(u) + 10**30 * product_error(u, u)
    >>> require_small(ScalarFunction(t, sp.tanh(u), (Atom(t, sp.tanh(u), 1 - t**2, wrong),)))
    Traceback (most recent call last):
    ValueError: the rounding errors in the stable form of t are 3.3e+13 of it at u = 2/7
    """
    for a in function.atoms:
        if not a.stable.has(*ERRORS):
            continue
        form = meant(function.define(a.stable))
        if any(node.args[0].free_symbols for node in form.atoms(constant_error)):
            msg = f"constant_error takes a number, got {a.stable}"
            raise ValueError(msg)
        for x in POINTS:
            others = dict.fromkeys(form.free_symbols, LABEL)
            change = _change(form, others | {function.variable: x})
            if not change < SMALL:
                size = f"{float(change.upper()):.2g} of it" if change.is_finite() else "of no limit"
                msg = f"the rounding errors in the stable form of {a.symbol} are "
                msg += f"{size} at {function.variable} = {x}"
                raise ValueError(msg)


def _change(form: sp.Expr, at: dict[sp.Symbol, sp.Expr]) -> arb:
    """Return by how much errors of doubles change a value, relatively; 0 of what may be 0."""
    value = balls.ball(exact(form), at)
    errors = {node: sp.Dummy() for node in form.atoms(*ERRORS)}
    sizes = {symbol: arb(0, _size(node, at)) for node, symbol in errors.items()}
    changed = balls.ball(form.xreplace(errors), {**at, **sizes})
    if value.contains(0) or not value.is_finite() or changed.abs_upper() < LEAST:
        return arb(0)
    return (changed - value).abs_upper() / value.abs_lower()


def _size(node: sp.Expr, at: dict[sp.Symbol, sp.Expr]) -> arb:
    whole = (sp.Add if isinstance(node, sum_error) else sp.Mul)(*node.args)
    return balls.ball(HALF_ULP * exact(whole), at).abs_upper()

"""What the rounding errors in a stable form may do: change a value by next to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp
from flint import arb

from . import balls
from .points import LABEL, grid, telling
from .scalar import ScalarFunction
from .special import ERRORS, constant_error, exact, meant, sum_error

HALF_ULP = sp.Rational(1, 2**53)  # of a number of size 1, what doubles leave of it at most
SMALL = arb(2) ** -30  # of a value
LEAST = arb(2) ** -1074  # of the doubles: what is below it is 0
OUT = (sp.Rational(1, 10**30), 2, 19, 700, *(sp.Integer(10) ** n for n in (4, 6, 10, 20, 80, 150)))
POINTS = [way * sp.Rational(n, 7) for n in OUT for way in (1, -1)]


def require_small(function: ScalarFunction) -> None:
    """Raise ValueError where a stable form of an atom has an error that shows.

    An error is zero in exact arithmetic, so a proof says nothing of what it is multiplied by. That
    it is small is seen at some 1600 points up to ±1e200, and some more inside and beside the pieces
    of the form, wherever the value is no less than doubles hold. Between them nothing is known.

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
        shown = _Shown.of(form)
        others = dict.fromkeys(form.free_symbols, LABEL)
        for x in (*POINTS, *_everywhere(form, function.variable)):
            change = shown.change(others | {function.variable: x})
            if not change < SMALL:
                size = f"{float(change.upper()):.2g} of it" if change.is_finite() else "of no limit"
                msg = f"the rounding errors in the stable form of {a.symbol} are "
                msg += f"{size} at {function.variable} = {x if x in POINTS else float(x)}"
                raise ValueError(msg)


def _everywhere(form: sp.Expr, x: sp.Symbol) -> list[sp.Rational]:
    """Return the points at which digits are measured, from the inside out."""
    points = sorted({*grid(), *telling(form, x)}, key=lambda z: (abs(z), z < 0))
    return [sp.Rational(*z.as_integer_ratio()) for z in points]


@dataclass(frozen=True)
class _Shown:
    """A form in exact arithmetic, the same with symbols for its errors, and how large these are."""

    exact: sp.Expr
    changed: sp.Expr
    sizes: Mapping[sp.Symbol, sp.Expr]

    @classmethod
    def of(cls, form: sp.Expr) -> _Shown:
        errors = {node: sp.Dummy() for node in form.atoms(*ERRORS)}
        sizes = {symbol: exact(HALF_ULP * _whole(node)) for node, symbol in errors.items()}
        return cls(exact(form), form.xreplace(errors), sizes)

    def change(self, at: Mapping[sp.Symbol, sp.Expr]) -> arb:
        """Return by how much errors of doubles change a value, relatively; 0 of what may be 0."""
        bits, found = balls.FIRST, arb("nan")
        while not found < SMALL and bits <= balls.LAST:
            with balls.precision(bits):
                found = self._change(at, bits)
            bits *= 4
        return found

    def _change(self, at: Mapping[sp.Symbol, sp.Expr], bits: int) -> arb:
        value = balls.ball(self.exact, at, bits)
        sizes = {
            s: arb(0, balls.ball(size, at, bits).abs_upper()) for s, size in self.sizes.items()
        }
        changed = balls.ball(self.changed, {**at, **sizes}, bits)
        if value.is_zero() or not value.is_finite() or changed.abs_upper() < LEAST:
            return arb(0)
        if value.contains(0):
            return arb(0) if 4 * bits > balls.LAST else arb("nan")
        return (changed - value).abs_upper() / value.abs_lower()


def _whole(node: sp.Expr) -> sp.Expr:
    return (sp.Add if isinstance(node, sum_error) else sp.Mul)(*node.args)

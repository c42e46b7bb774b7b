"""The suprema of |ℓ′| and ℓ″ over all outputs and valid labels: how they are proved.

A derivative of a loss is linear in the label, so its extrema are at the least and at the greatest
label, or there are none; for one label ``ranges`` finds them.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from . import balls
from .loss import Loss, omega, y
from .ranges import GRID, range_of
from .roots import UndecidedError
from .scalar import ScalarFunction

FAR = 40


class NotTheSupremumError(UndecidedError):
    """What is stated is another number than the supremum."""


def confirm(loss: Loss, order: int, stated: sp.Expr | None) -> str:
    """Return how it is proved that sup |ℓ⁽ⁿ⁾| for ω = 1 is what is stated, None for infinity.

    UndecidedError where it is not proved.

    >>> from hessbound.derive import losses
    >>> confirm(losses.load("squared_error"), 1, None)
    'the label has no bound'
    >>> confirm(losses.load("poisson"), 2, sp.Integer(1))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hessbound.derive.functions.suprema.NotTheSupremumError: sup |E| is oo, not 1
    """
    derivative = loss.reduce(loss.derivative(order)).subs(omega, 1)
    if sp.expand(sp.diff(derivative, y, 2)) != 0:
        msg = f"{derivative} is not linear in the label"
        raise UndecidedError(msg)
    ends = [x for x in (loss.labels.inf, loss.labels.sup) if x.is_finite]
    if len(ends) < 2 and sp.diff(derivative, y) != 0:
        if stated is None:
            return "the label has no bound"
        msg = f"the label has no bound, so {derivative} has none"
        raise NotTheSupremumError(msg)
    functions = _hard(loss, order)
    if stated is None:
        return next(_unbounded(functions))
    found = [_bounded(function, stated) for function in functions]
    if not any(reached for reached, _ in found):
        msg = f"{stated} is not reached"
        raise NotTheSupremumError(msg)
    return "; ".join(dict.fromkeys(how for _, how in found))


def _hard(loss: Loss, order: int) -> list[ScalarFunction]:
    """Return a derivative at the outermost labels."""
    ends = [x for x in (loss.labels.inf, loss.labels.sup) if x.is_finite]
    return [loss.at(label, order) for label in ends or [sp.Integer(0)]]


def above(loss: Loss, order: int, stated: sp.Expr) -> sp.Expr | None:
    """Return an output of a grid at which a derivative is above a stated supremum, if any.

    >>> from hessbound.derive import losses
    >>> above(losses.load("probit"), 2, sp.Rational(1, 2)) is None
    False
    """
    for function in _hard(loss, order):
        for at in GRID:
            if abs(balls.ball(function.definition, {function.variable: at})) > balls.ball(stated):
                return at
    return None


def _unbounded(functions: list[ScalarFunction]) -> Iterator[str]:
    for function in functions:
        for end in (-sp.oo, sp.oo):
            limit = sp.limit(function.definition, function.variable, end)
            far = balls.ball(function.definition, {function.variable: FAR * sp.sign(end)})
            if limit.is_infinite and abs(far) > FAR / 2:
                yield f"{function.value} → {limit} for v → {end}"
    msg = "no value is found to grow without bound"
    raise UndecidedError(msg)


def _bounded(function: ScalarFunction, stated: sp.Expr) -> tuple[bool, str]:
    """Return whether a function's modulus comes as near as one likes to a bound, and the proof."""
    found = range_of(function, 0)
    largest = max(abs(found.lowest.value), abs(found.highest.value))
    if not largest <= stated:
        msg = f"sup |{function.value}| is {largest}, not {stated}"
        raise NotTheSupremumError(msg)
    return bool(largest == stated), f"range {found.interval}"

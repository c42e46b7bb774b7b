"""The suprema of |ℓ′| and |ℓ″| over all outputs and valid labels, and how they are proved.

A derivative of a loss is linear in the label, so its extrema are at the least and at the greatest
label, or there are none; or it depends on v − y alone, which takes all values. For one label
``ranges`` finds them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from . import balls
from .descents import is_nonnegative
from .loss import Loss, in_residual, omega, residual, v, y
from .ranges import GRID, Extremum, Range, guessed_limit, outermost, range_of
from .roots import UndecidedError, compare
from .scalar import ScalarFunction
from .tails import tends
from .zero import is_zero


@dataclass(frozen=True)
class Supremum:
    """A supremum, ∞ where there is none; where it is, or is neared; and how that is proved."""

    value: sp.Expr
    place: str
    method: str


@dataclass(frozen=True)
class _Label:
    """A derivative of a loss for one label, and what to write before the place of an extremum."""

    function: ScalarFunction
    shown: str

    @property
    def near(self) -> str:
        """What to write before a place that is only neared."""
        return f"{self.shown.removesuffix('= ')}→ "


def supremum(loss: Loss, order: int) -> Supremum:
    """Return sup |ℓ⁽ⁿ⁾| for ω = 1; UndecidedError where it is not found.

    >>> from hessbound.derive import losses
    >>> supremum(losses.load("squared_error"), 1).value
    oo
    >>> supremum(losses.load("cross_entropy"), 2)
    Supremum(value=1/4, place='v = 0', method='range Interval.Lopen(0, 1/4)')
    """
    labels = _labels(loss, order)
    if isinstance(labels, Supremum):
        return labels
    found = [_of_label(x) for x in labels]
    largest = outermost([Extremum(x.value, sp.S.Zero, attained=True) for x in found], 1).value
    place = next((x.place for x in found if x.value == largest), found[0].place)
    methods = dict.fromkeys(x.method for x in found)
    return Supremum(largest, place, "; ".join(methods))


def convex(loss: Loss) -> bool:
    """Return whether ℓ″ ≥ 0 is proved for all outputs and valid labels.

    >>> from hessbound.derive import losses
    >>> convex(losses.load("squared_error"))
    True
    """
    try:
        labels = _labels(loss, 2)
        if isinstance(labels, Supremum):
            return False
        return all(_is_convex(x.function) for x in labels)
    except UndecidedError:
        return False


def least_curvature(loss: Loss) -> sp.Expr:
    """Return inf ℓ″ for ω = 1 over all outputs and valid labels; UndecidedError if it is not found.

    >>> from hessbound.derive import losses
    >>> least_curvature(losses.load("squared_error")), least_curvature(losses.load("poisson"))
    (1, 0)
    """
    labels = _labels(loss, 2)
    if isinstance(labels, Supremum):
        raise UndecidedError(labels.method)
    return outermost([range_of(x.function, 0).lowest for x in labels], -1).value


def _is_convex(curvature: ScalarFunction) -> bool:
    value = curvature.definition
    if value.has(sp.erf, sp.erfc) and is_nonnegative(value, curvature.variable):
        return True
    return compare(range_of(curvature, 0).lowest.value, sp.S.Zero) >= 0


def above(
    loss: Loss, order: int, stated: sp.Expr
) -> tuple[str, sp.Expr, dict[sp.Symbol, sp.Expr]] | None:
    """Return where |ℓ⁽ⁿ⁾| is above a stated supremum on a grid, if anywhere: shown, |ℓ⁽ⁿ⁾|, point.

    UndecidedError where balls say nothing at any point.

    >>> from hessbound.derive import losses
    >>> above(losses.load("probit"), 2, sp.Rational(1, 2))[0]
    'y = 0, v = -1/7'
    """
    labels, most, looked = _labels(loss, order), balls.ball(stated), False
    for label in () if isinstance(labels, Supremum) else labels:
        value = abs(label.function.definition)
        for x in GRID:
            at = {label.function.variable: x}
            found = balls.ball(value, at)
            if found > most:
                return f"{label.shown}{x}", value, at
            looked = looked or bool(found <= most)
    if not looked:
        msg = "no point was found where balls are narrow"
        raise UndecidedError(msg)
    return None


def _labels(loss: Loss, order: int) -> list[_Label] | Supremum:
    """Return a derivative for those labels that have its extrema, or that it has no bound."""
    derivative = sp.sympify(loss.define(loss.derivative(order))).subs(omega, 1)
    if in_residual(derivative) is not None:
        return [_Label(loss.at(sp.Integer(0), order), f"{residual} = ")]
    along = sp.expand(sp.diff(derivative, y))
    if along.has(y):
        msg = f"{derivative} is neither linear in the label nor a function of {residual}"
        raise UndecidedError(msg)
    ends = [x for x in (loss.labels.inf, loss.labels.sup) if x.is_finite]
    if is_zero(along, v):
        return [_Label(loss.at(sp.sympify((ends or [0])[0]), order), "v = ")]
    if len(ends) == 2:
        return [_Label(loss.at(label, order), f"y = {label}, v = ") for label in ends]
    for at in GRID:
        slope = balls.ball(along, {v: at})
        if slope.is_finite() and not slope.contains(0):
            end = loss.labels.sup if loss.labels.sup.is_infinite else loss.labels.inf
            return Supremum(sp.oo, f"v = {at}, y → {end}", "the label has no bound")
    msg = f"whether {derivative} depends on the label is not found"
    raise UndecidedError(msg)


def _of_label(label: _Label) -> Supremum:
    if label.function.definition.has(sp.erf, sp.erfc) and (far := _at_an_end(label)):
        return far
    try:
        found = range_of(label.function, 0)
    except UndecidedError:
        grows = _unbounded(label)
        if grows is None:
            raise
        return grows
    largest = _largest(found)
    place = f"{label.shown if largest.attained else label.near}{largest.at}"
    return Supremum(abs(largest.value), place, f"range {found.interval}")


def _at_an_end(label: _Label) -> Supremum | None:
    """Return a supremum that is a limit which nothing exceeds, if that is shown."""
    x, value = label.function.variable, label.function.definition
    for end in (-sp.oo, sp.oo):
        try:
            limit = guessed_limit(value, x, end)
        except UndecidedError:
            continue
        if limit.is_finite and limit and tends(value, x, end, limit):
            toward = sp.sign(limit) * value
            if is_nonnegative(abs(limit) - toward, x) and is_nonnegative(toward, x):
                place = f"{label.near}{end}"
                shown = f"{label.function.value} → {limit} for v → {end}"
                return Supremum(abs(limit), place, f"{shown}, and nowhere beyond by derivatives")
    return None


def _largest(found: Range) -> Extremum:
    ends = [replace(x, value=abs(x.value)) for x in (found.highest, found.lowest)]
    return outermost(ends, 1)


def _unbounded(label: _Label) -> Supremum | None:
    """Return where bounds show that a derivative grows beyond all numbers, if anywhere."""
    x, value = label.function.variable, label.function.definition
    for end in (-sp.oo, sp.oo):
        for limit in (sp.oo, -sp.oo):
            if tends(value, x, end, limit):
                shown = f"{label.function.value} → {limit} for v → {end}"
                return Supremum(sp.oo, f"{label.near}{end}", shown)
    return None

"""Plots of f, f′ and f″ of an activation as SVG, with their exact extrema (the paper's Figure 13).

The curves are drawn from the definitions in 30 digits; extrema, and where they lie, come from
``ranges``. Colours and line styles are classes, which the page gives meaning to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape

import mpmath
import sympy as sp

from hessbound.derive import activations
from hessbound.derive.functions.ranges import Extremum, range_of
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.functions.scalar import ScalarFunction

NAMES = ("f", "f′", "f″")
SPAN, POINTS = 5, 160  # |u| up to here, and how many steps
WIDTH, HEIGHT = 320, 220
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 10, 26
MARGIN = 0.06  # above and below the curve


@dataclass(frozen=True)
class Mark:
    """An infimum or supremum, as expressions; ``on`` is whether the plot shows the point."""

    word: str
    extremum: Extremum
    on: bool

    @property
    def finite(self) -> bool:
        """Whether the value is a number."""
        return bool(self.extremum.value.is_finite)


@dataclass(frozen=True)
class Plot:
    """The plot of one derivative."""

    name: str
    svg: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class _Frame:
    """From values to pixels."""

    low: float
    high: float

    def x(self, u: float) -> float:
        return LEFT + (u + SPAN) / (2 * SPAN) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return (
            HEIGHT - BOTTOM - (value - self.low) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)
        )

    def at(self, u: float, value: float) -> str:
        return f"{self.x(u):.1f},{self.y(value):.1f}"


@cache
def plots(activation: str) -> tuple[Plot, ...]:
    """Return the plots of f, f′ and f″.

    >>> [mark.extremum.value for mark in plots("tanh")[1].marks]
    [0, 1]
    >>> plots("gelu")[2].svg[:4]
    '<svg'
    """
    function = activations.load(activation)
    return tuple(_plot(function, activation, order) for order in range(3))


def _plot(function: ScalarFunction, activation: str, order: int) -> Plot:
    value = sp.lambdify(
        function.variable, function.define(function.derivative(order)), modules="mpmath"
    )
    with mpmath.workdps(30):
        steps = [SPAN * (2 * n / POINTS - 1) for n in range(POINTS + 1)]
        curve = [(u, float(value(mpmath.mpf(u)))) for u in steps]
    low, high = min(y for _, y in curve), max(y for _, y in curve)
    room = (high - low) * MARGIN or 0.5
    frame = _Frame(low - room, high + room)
    marks = tuple(_marks(function, order))
    label = f"{NAMES[order]} of {activation} from u = −{SPAN} to {SPAN}"
    if told := "; ".join(f"{m.word} {sp.sstr(m.extremum.value)}" for m in marks):
        label += f"; {told}"
    shown = marks if low < high else ()
    parts = [*_axes(frame), _curve(frame, curve), *_points(frame, shown)]
    body = "".join(parts)
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}"'
    return Plot(NAMES[order], f"<svg {box}>{body}</svg>", marks)


def _marks(function: ScalarFunction, order: int) -> Iterator[Mark]:
    """Yield infimum and supremum, where they are known."""
    try:
        found = range_of(function, order)
    except UndecidedError:
        return
    words = (("minimum", "infimum"), ("maximum", "supremum"))
    for extremum, (attained, approached) in zip((found.lowest, found.highest), words, strict=True):
        on = extremum.attained and abs(float(extremum.at)) <= SPAN
        yield Mark(attained if extremum.attained else approached, extremum, on)


def _axes(frame: _Frame) -> Iterator[str]:
    bottom = HEIGHT - BOTTOM
    for u in range(-SPAN + 1, SPAN, 2):
        x = frame.x(u)
        yield f'<path class="grid" d="M{x:.1f},{TOP}V{bottom}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{_minus(u)}</text>'
    for value in ticks(frame.low, frame.high):
        y = frame.y(value)
        kind = "axis" if value == 0 else "grid"
        yield f'<path class="{kind}" d="M{LEFT},{y:.1f}H{WIDTH - RIGHT}"/>'
        shown = _minus(round(value, 9))
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{shown}</text>'
    yield f'<text class="name" x="{WIDTH - RIGHT}" y="{bottom + 16}" text-anchor="end">u</text>'


def ticks(low: float, high: float) -> list[float]:
    """Return about five round numbers between two.

    >>> ticks(-1.1, 1.1)
    [-1.0, -0.5, 0.0, 0.5, 1.0]
    """
    raw = (high - low) / 5
    power = 10.0 ** int(mpmath.floor(mpmath.log10(raw)))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= raw)
    first = int(mpmath.ceil(low / step))
    return [n * step + 0.0 for n in range(first, int(mpmath.floor(high / step)) + 1)]


def _minus(x: float) -> str:
    return f"{x:g}".replace("-", "−")


def _curve(frame: _Frame, curve: list[tuple[float, float]]) -> str:
    points = " ".join(frame.at(u, y) for u, y in curve)
    return f'<polyline class="curve" points="{points}"/>'


def _points(frame: _Frame, marks: tuple[Mark, ...]) -> Iterator[str]:
    """Mark attained extrema by dots, and approached ones by dashed lines."""
    for mark in marks:
        if not mark.finite:
            continue
        value = float(mark.extremum.value)
        if mark.on:
            x, y = frame.x(float(mark.extremum.at)), frame.y(value)
            yield f'<circle class="extremum" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
        else:
            yield f'<path class="bound" d="M{LEFT},{frame.y(value):.1f}H{WIDTH - RIGHT}"/>'

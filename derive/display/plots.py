"""Plots of f, f′ and f″ of an activation as SVG, with their exact extrema (the paper's Figure 13).

The curves are drawn from the definitions in 30 digits; extrema, and where they lie, come from
``ranges``. matplotlib draws with colours that stand for those of the page, which has two sets.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
import mpmath
import sympy as sp
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hessbound.derive import activations
from hessbound.derive.functions.ranges import Extremum, range_of
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.functions.scalar import ScalarFunction

NAMES = ("f", "f′", "f″")
SPAN, POINTS = 5, 160  # |u| up to here, and how many steps
WIDTH, HEIGHT = 320 / 72, 220 / 72  # inches of 72 pixels
# What stands for the colours of the style sheet until a picture is in the page.
INKS = {x: f"#00000{n}" for n, x in enumerate(("curve", "mark", "soft", "line", "paper"))}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 11.0,
    "axes.grid": True,
    "axes.axisbelow": True,
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INKS["soft"]),
    **dict.fromkeys(("grid.color", "axes.edgecolor"), INKS["line"]),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right", "xtick.bottom", "ytick.left"), False),
}


@dataclass(frozen=True)
class Mark:
    """An infimum or supremum, as expressions; ``on`` is whether the plot shows the point."""

    word: str
    extremum: Extremum
    on: bool


@dataclass(frozen=True)
class Plot:
    """The plot of one derivative."""

    name: str
    svg: str
    marks: tuple[Mark, ...]


@cache
def plots(activation: str) -> tuple[Plot, ...]:
    """Return the plots of f, f′ and f″.

    >>> [mark.extremum.value for mark in plots("tanh")[1].marks]
    [0, 1]
    >>> plots("gelu")[2].svg[:4]
    '<svg'
    """
    return tuple(_plot(activation, order) for order in range(3))


def _plot(activation: str, order: int) -> Plot:
    function = activations.load(activation)
    marks = tuple(_marks(function, order))
    label = f"{NAMES[order]} of {activation} from u = −{SPAN} to {SPAN}"
    label = "; ".join([label, *(f"{m.word} {sp.sstr(m.extremum.shown)}" for m in marks)])
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever the user's own style is
        mpl.rcParams.update({**STYLE, "svg.hashsalt": label})  # the same bytes, and ids of its own
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        _draw(figure.subplots(), _curve(function, order), marks)
        return Plot(NAMES[order], _svg(figure, label), marks)


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


def _curve(function: ScalarFunction, order: int) -> tuple[list[float], list[float]]:
    definition = function.define(function.derivative(order))
    value = sp.lambdify(function.variable, definition, modules="mpmath")
    places = [SPAN * (2 * n / POINTS - 1) for n in range(POINTS + 1)]
    with mpmath.workdps(30):
        return places, [float(value(mpmath.mpf(u))) for u in places]


def _draw(axes: Axes, curve: tuple[list[float], list[float]], marks: tuple[Mark, ...]) -> None:
    """Draw the curve; attained extrema are rings, and approached ones dashed lines."""
    axes.plot(*curve, color=INKS["curve"], linewidth=2.2)
    low, high = min(curve[1]), max(curve[1])
    if low <= 0 <= high:
        axes.axhline(0, color=INKS["soft"], linewidth=1, zorder=1)
    for mark in marks if low < high else ():
        if not mark.extremum.value.is_finite:
            continue
        value = float(mark.extremum.value)
        if mark.on:
            (ring,) = axes.plot(float(mark.extremum.at), value, "o", markersize=8)
            ring.set(mfc=INKS["paper"], mec=INKS["mark"], mew=2.2)
        else:
            axes.axhline(value, color=INKS["mark"], linewidth=1.5, linestyle="--")
    axes.set_xlim(-SPAN, SPAN)
    axes.set_xlabel("u", style="italic")


def _svg(figure: Figure, label: str) -> str:
    """Return the picture as a part of a page, in its colours and with a name for readers."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True)
    root = ET.fromstring(file.getvalue())
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element[:] = [x for x in element if not x.tag.endswith(("metadata", "style", "clipPath"))]
        kept = {name.rpartition("}")[2]: x for name, x in element.attrib.items()}
        dropped = ("clip-path", "id") if element.tag == "g" else ("clip-path",)
        element.attrib = {
            name: re.sub(r"(\.\d\d)\d+", r"\1", x)
            for name, x in kept.items()
            if name not in dropped
        }
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": label}
    text = ET.tostring(root, encoding="unicode")
    text = re.sub(r'\s*\n\s*| transform="rotate\(-0 [^"]*"|font-family:[^;]*; ', "", text)
    for name, ink in INKS.items():
        text = text.replace(ink, f"var(--{name})")
    return text

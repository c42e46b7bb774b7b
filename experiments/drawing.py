"""How figures look: one style, dark against light so that they can be read in grey too."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from . import files

DARK, LIGHT, SOFT = "#123f7a", "#e08a00", "#8c8c8c"
"""For what matters, for what it is compared with, and for the rest."""

STYLE: dict[Any, Any] = {
    "figure.facecolor": "white",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.hashsalt": "hessbound",  # the same figure gives the same bytes
}
DPI = 100
WIDE, SQUARE, TALL = (7.2, 3.3), (4.6, 4.0), (7.2, 6.0)

BOUND, EXACT = r"$\bar\lambda$", r"$\lambda_{\max}$"
"""The bound and the largest eigenvalue, as matplotlib writes them."""


@contextmanager
def style() -> Iterator[None]:
    """Draw in the common style, whatever the user's own is."""
    with mpl.rc_context():
        mpl.rcdefaults()
        for name, value in STYLE.items():
            mpl.rcParams[name] = value
        yield


def panels(
    rows: int = 1, columns: int = 1, size: tuple[float, float] = SQUARE
) -> tuple[Figure, Any]:
    """Return a figure and its axes (rows, columns); no window and no global state."""
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write the figure as SVG and as PNG, without a date."""
    folder.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"svg": {"metadata": {"Date": None}}, "png": {"dpi": DPI}}
    for kind, own in options.items():
        file = io.BytesIO()
        figure.savefig(file, format=kind, **own)
        files.write(folder / f"{name}.{kind}", file.getvalue())


def points(axes: Axes, x: Any, y: Any, **options: Any) -> None:
    """Scatter points that remain visible where many fall together."""
    defaults: dict[str, Any] = {"s": 12, "color": DARK, "alpha": 0.65, "linewidths": 0}
    axes.scatter(x, y, **(defaults | options))


def diagonal(axes: Axes, values: Any) -> None:
    """Draw the line on which both axes are equal, over the range of the values."""
    ends = [float(np.min(values)), float(np.max(values))]
    axes.plot(ends, ends, color="black", linewidth=0.9, linestyle="--", label="equal")


def logarithmic(axes: Axes) -> None:
    """Make both axes logarithmic, with numbers at powers of ten only, so that none overlap."""
    axes.set(xscale="log", yscale="log")
    for side in (axes.xaxis, axes.yaxis):
        side.set_minor_formatter(NullFormatter())


def label(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Name the axes, and say above them what is shown."""
    axes.set(xlabel=x, ylabel=y, title=title)


def boxes(axes: Axes, groups: dict[str, Any]) -> None:
    """Draw a box for each group, with its points beside it, spread by their order."""
    drawn = axes.boxplot(
        list(groups.values()), widths=0.35, showfliers=False, medianprops={"color": "black"}
    )
    for name in ("boxes", "whiskers", "caps"):
        for line in drawn[name]:
            line.set_color(SOFT)
    colours = (DARK, LIGHT, SOFT)
    for n, values in enumerate(groups.values()):
        shift = 0.28 + 0.16 * (np.arange(len(values)) * 0.618 % 1.0)  # even, and no random numbers
        points(axes, n + 1 + shift, values, s=7, color=colours[n % 3], marker="os^"[n % 3])
    axes.set_xticks(range(1, len(groups) + 1), list(groups))
    axes.set_xlim(0.5, len(groups) + 0.75)

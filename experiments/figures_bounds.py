"""Figures about the bound itself: 2, 5, 6, 7 and 11."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import statistics as st
from .drawing import (
    BOUND,
    DARK,
    EXACT,
    LIGHT,
    SOFT,
    SQUARE,
    TALL,
    WIDE,
    boxes,
    diagonal,
    label,
    panels,
    points,
)
from .questions import groups
from .study import Study
from .trajectories import Trajectory


def figure_2(study: Study) -> Figure:
    """Draw λ_max against its bounds."""
    figure, axes = panels(size=SQUARE)
    plot, found = axes[0, 0], study.first
    points(plot, found.largest, found.frobenius, color=SOFT, marker="+", s=18, linewidths=0.7)
    points(plot, found.largest, found.lower, color=LIGHT, marker="v", s=10)
    points(plot, found.largest, found.bound)
    diagonal(plot, found.largest)
    names = [r"$\|H\|_F$", "lower bound", f"upper bound {BOUND}", "equal"]
    plot.legend(names, loc="upper left")
    ratio = np.median(found.bound / found.largest)
    label(plot, EXACT, "bound", f"{len(found)} points, median {BOUND} / {EXACT} = {ratio:.3f}")
    return figure


def figure_5(study: Study) -> Figure:
    """Draw loss, bound and λ_max over training, for four critical points."""
    figure, axes = panels(2, 2, TALL)
    titles = {
        "highest": f"highest {BOUND}",
        "rising": f"largest growth of {BOUND}",
        "lowest": f"lowest {BOUND}",
        "falling": f"largest decline of {BOUND}",
    }
    for plot, (name, title) in zip(axes.ravel(), titles.items(), strict=True):
        _way(plot, study.ways[name], title)
    return figure


def _way(plot: Axes, way: Trajectory, title: str) -> None:
    loss = plot.twinx()
    steps = np.maximum(way.step, 0.5)  # so that the start has a place on a logarithmic axis
    plot.plot(steps, way.bound, color=DARK, linewidth=1.8, label=BOUND)
    plot.plot(steps, way.largest, color=LIGHT, linewidth=1.6, linestyle="--", label=EXACT)
    plot.plot(steps, way.lower, color=SOFT, linewidth=1.0, linestyle=":", label="lower bound")
    loss.plot(steps, way.loss, color="black", linewidth=1.0, linestyle="-.", label="loss")
    loss.set(ylabel="loss", ylim=(0, 1.4 * way.loss.max()))  # room for the legend
    loss.grid(visible=False)
    loss.spines["right"].set_visible(True)
    plot.set(xscale="log", ylim=(0, 1.4 * way.bound.max()))
    label(plot, "step", f"{BOUND}, {EXACT}", f"{title} (seed {way.seed})")
    lines = [*plot.get_lines(), *loss.get_lines()]
    plot.legend(lines, [str(line.get_label()) for line in lines], loc="upper center", ncols=2)


def figure_6(study: Study) -> Figure:
    """Draw the histogram of the bound, and where the groups are split."""
    figure, axes = panels(size=SQUARE)
    plot, bound = axes[0, 0], study.first.bound
    low, high = groups(study.first, study.settings.low_fraction, "bound")
    plot.hist(bound, bins=40, color=DARK, edgecolor="white", linewidth=0.4)
    if len(high) and len(low):
        split = (low.max() + high.min()) / 2.0
        text = f"{len(low)} low, {len(high)} high"
        plot.axvline(split, color="black", linestyle="--", linewidth=1.2, label=text)
        plot.legend()
    label(plot, BOUND, "critical points", f"skewness {st.skewness(bound).value:.2f}")
    return figure


def figure_7(study: Study) -> Figure:
    """Draw the test scores of the two groups."""
    figure, axes = panels(size=SQUARE)
    plot = axes[0, 0]
    low, high = groups(study.first, study.settings.low_fraction, "f1")
    boxes(plot, {f"low {BOUND} ({len(low)})": low, f"high {BOUND} ({len(high)})": high})
    title = f"Mann-Whitney, two-sided: p = {st.mann_whitney(low, high).p:.2g}"
    label(plot, "", "macro-F1 on test data", title)
    return figure


def figure_11(study: Study) -> Figure:
    """Draw the bounds for each width."""
    figure, axes = panels(size=WIDE)
    plot = axes[0, 0]
    boxes(plot, {f"m = {m} ({len(found)})": found.bound for m, found in study.measures.items()})
    title = ""
    if study.second is not None:
        p = st.mann_whitney(study.first.bound, study.second.bound).p
        title = f"first two widths, Mann-Whitney, two-sided: p = {p:.2g}"
    label(plot, "hidden units", BOUND, title)
    return figure

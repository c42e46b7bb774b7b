"""The results as plots: growth, fractions of the peak, and times against peers."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt

from .fits import power
from .report import rows_of, series, shape

TITLES = {
    "traces": "tr H and tr H²",
    "gradient": "loss and gradient",
    "product": "Hessian-vector product",
    "hessian": "dense Hessian",
    "largest": "largest eigenvalue",
}
OURS = "#1f5fa8"


def write(result: dict[str, Any], out: Path) -> None:
    """Write scaling, peak and peers, each as SVG and as PNG."""
    mpl.use("Agg")
    mpl.rcParams |= {"svg.hashsalt": "hessbound", "svg.fonttype": "none", "font.size": 9}
    machine = result["machine"]
    where = f"{machine['processor']}, one thread, {machine['date']}"
    for name, draw in (("scaling", _scaling), ("peak", _peak), ("peers", _peers)):
        figure = draw(result)
        if figure is None:
            continue
        figure.suptitle(where, fontsize=9)
        figure.savefig(out / f"{name}.svg", metadata={"Date": None})
        figure.savefig(out / f"{name}.png", dpi=120)
        plt.close(figure)


def _scaling(result: dict[str, Any]) -> Any:
    """Draw time against N, d and m on logarithmic axes, the exponents in the legends."""
    runs = [run for run in result["runs"] if run["task"].startswith("scaling")]
    if not runs:
        return None
    figure, axes = plt.subplots(1, len(runs), figsize=(4 * len(runs), 6), layout="constrained")
    for axis, run in zip(np.atleast_1d(axes), runs, strict=True):
        for number, (name, (sizes, times)) in enumerate(series(run).items()):
            ours = name.startswith("hessbound")
            exponent = f", {power(sizes, times).exponent:.2f}" if len(sizes) > 1 else ""
            style = "-o" if ours else "--s"
            axis.loglog(
                sizes, times, style, ms=3, lw=1, color=f"C{number}", label=f"{name}{exponent}"
            )
        axis.set(xlabel=run["task"].split()[-1], ylabel="seconds")
        axis.grid(alpha=0.3)
        axis.legend(
            fontsize=7,
            title="exponent at the end",
            title_fontsize=7,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.12),
        )
    return figure


def _peak(result: dict[str, Any]) -> Any:
    """Draw the fraction of the peak that each of our functions reaches at each size."""
    found = {
        title: [
            (shape(group), row["fraction"])
            for group, row in rows_of(result, task)
            if row["contender"] in ("hessbound", "hessbound, tanh")
        ]
        for task, title in TITLES.items()
        if task != "largest"
    }
    names = list(dict.fromkeys(name for rows in found.values() for name, _ in rows))
    if not names:
        return None
    figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
    for number, (title, rows) in enumerate(found.items()):
        places = [names.index(name) + 0.2 * (number - 1.5) for name, _ in rows]
        axis.bar(places, [fraction for _, fraction in rows], 0.18, label=title)
    axis.axhline(1, color="grey", lw=1, ls=":")
    axis.set(ylabel="fraction of the matrix product's rate", xlabel="N, d, m")
    axis.set_xticks(range(len(names)), names, fontsize=8)
    axis.legend(fontsize=8)
    return figure


def _peers(result: dict[str, Any]) -> Any:
    """Draw how many times longer than ours each peer takes, a panel for each task."""
    panels = {task: rows for task in TITLES if (rows := _ratios(result, task))}
    if not panels:
        return None
    heights = [max(2, len({name for name, *_ in rows})) for rows in panels.values()]
    figure, axes = plt.subplots(
        len(panels),
        1,
        figsize=(9, 0.33 * sum(heights) + 1.1 * len(panels)),
        layout="constrained",
        gridspec_kw={"height_ratios": heights},
        sharex=True,
    )
    for axis, (task, rows) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        names = list(dict.fromkeys(name for name, *_ in rows))
        shapes = list(dict.fromkeys(size for _, size, _ in rows))
        for number, size in enumerate(shapes):
            points = [(ratio, names.index(name)) for name, s, ratio in rows if s == size]
            axis.semilogx(*zip(*points, strict=True), "o", ms=5, color=f"C{number}", label=size)
        axis.axvline(1, color=OURS, lw=1.5)
        axis.set_yticks(range(len(names)), names, fontsize=8)
        axis.set_ylim(len(names) - 0.4, -0.6)
        axis.set_title(TITLES[task], fontsize=9, loc="left")
        axis.grid(alpha=0.3, axis="x")
        axis.legend(fontsize=6, loc="center left", bbox_to_anchor=(1, 0.5), title="N, d, m")
    np.atleast_1d(axes)[-1].set_xlabel(
        "time, as a multiple of ours (right of the line: we are faster)"
    )
    return figure


def _ratios(result: dict[str, Any], task: str) -> list[tuple[str, str, float]]:
    """Return peer, size and ratio to our own time."""
    best: dict[str, float] = {
        shape(group): row["seconds"]
        for group, row in rows_of(result, task)
        if row["contender"] in ("hessbound", "hessbound, tanh")
    }
    return [
        (row["contender"], shape(group), row["seconds"] / best[shape(group)])
        for group, row in rows_of(result, task)
        if not row["ours"] and shape(group) in best
    ]

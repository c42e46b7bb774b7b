"""How tight the bound is for each activation: the same study, first width and first draw."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

import hessbound as hb

from . import drawing, statistics
from .measures import Measures, measure
from .settings import Settings
from .training import Job, train

NAME = "activations"
"""What the page and its figure are called."""


class Row(NamedTuple):
    """One activation; without measures where no seed converged."""

    activation: str
    seeds: int
    converged: int
    measures: Measures | None

    def to_dict(self) -> dict[str, Any]:
        """Return what the page shows, ready for JSON."""
        found = self.measures
        counts = {"activation": self.activation, "seeds": self.seeds, "converged": self.converged}
        if found is None:
            return {**counts, "unique": 0}
        return {
            **counts,
            "unique": len(found),
            "ratio": statistics.quantiles(found.bound / found.largest),
            "worst_ratio": float(np.max(found.bound / found.largest)),
            "frobenius_ratio": float(np.median(found.frobenius / found.largest)),
            "lower_ratio": float(np.median(found.lower / found.largest)),
            "bound": statistics.quantiles(found.bound),
            "negative": float(np.mean(found.smallest < -1e-8 * found.largest)),
        }


def compare(
    settings: Settings,
    folder: Path,
    *,
    resume: bool,
    advance: Callable[[int], object] = lambda seeds: None,
) -> list[Row]:
    """Train and measure every activation; what is on disk of this run is never done twice."""
    rows = []
    for name in hb.activations():
        job = Job(replace(settings, activation=name), 0, settings.hidden[0])
        kept = resume or name == settings.activation
        points = train(job, folder, resume=kept, advance=advance)
        converged = int(points.converged.sum())
        found = measure(job, points) if converged else None
        rows.append(Row(name, len(points.steps), converged, found))
    return rows


def draw(rows: Sequence[Row], folder: Path) -> None:
    """Write the figure: the distribution of λ̄ / λ_max for each activation."""
    with drawing.style():
        drawing.save(_figure([row for row in rows if row.measures is not None]), folder, NAME)


def _figure(rows: Sequence[Row]) -> Figure:
    figure, axes = drawing.panels(1, 2, drawing.WIDE)
    spread, scatter = axes[0]
    lines = ("-", "--", "-.", ":", (0, (6, 2)))
    shades = (drawing.DARK, drawing.LIGHT, "black", "#3f8f6b", "#9a4f9a")
    for n, row in enumerate(rows):
        assert row.measures is not None  # the caller's choice
        options = {"color": shades[n % 5], "linestyle": lines[n % 5], "label": row.activation}
        ratio = np.sort(row.measures.bound / row.measures.largest)
        spread.step(ratio, np.arange(1, len(ratio) + 1) / len(ratio), where="post", **options)
        look = {"color": shades[n % 5], "marker": "os^Dv"[n % 5], "label": row.activation}
        drawing.points(scatter, row.measures.largest, row.measures.bound, s=8, **look)
    spread.set_xlim(left=1.0)
    drawing.label(spread, f"{drawing.BOUND} / {drawing.EXACT}", "share of the points at most that")
    spread.legend(loc="lower right")
    everything = np.concatenate([row.measures.largest for row in rows if row.measures is not None])
    drawing.diagonal(scatter, everything)
    drawing.logarithmic(scatter)
    drawing.label(scatter, drawing.EXACT, drawing.BOUND)
    return figure

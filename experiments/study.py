"""All that is known about one draw of the data: counts, measures and ways, for each width."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import hessbound as hb

from .measures import Measures, measure
from .samples import network, training_data
from .settings import Settings
from .training import Job, Points, train
from .trajectories import Trajectory, trajectories


@dataclass(frozen=True)
class Counts:
    """How many seeds there were, converged, and are no duplicates.

    ``stray`` is the median of λ_max over the seeds that did not converge, None if all did.
    """

    seeds: int
    converged: int
    unique: int
    stray: float | None


@dataclass(frozen=True, eq=False)
class Study:
    """One draw of the data; ``ways`` are of the first width."""

    settings: Settings
    draw: int
    counts: dict[int, Counts]
    measures: dict[int, Measures]
    ways: dict[str, Trajectory]

    @property
    def first(self) -> Measures:
        """The points of the first width, which most figures show."""
        return self.measures[self.settings.hidden[0]]

    @property
    def second(self) -> Measures | None:
        """The points of the second width, if there is one."""
        widths = self.settings.hidden
        return self.measures[widths[1]] if len(widths) > 1 else None


def study(
    settings: Settings,
    draw: int,
    folder: Path,
    *,
    resume: bool,
    advance: Callable[[int], object] = lambda seeds: None,
) -> Study:
    """Train and measure one draw, for every width."""
    counts, measures = {}, {}
    for m in settings.hidden:
        job = Job(settings, draw, m)
        points = train(job, folder, resume=resume, advance=advance)
        measures[m] = measure(job, points)
        counts[m] = count(job, points, len(measures[m]))
    first = Job(settings, draw, settings.hidden[0])
    return Study(settings, draw, counts, measures, trajectories(first, measures[first.m]))


def count(job: Job, points: Points, unique: int) -> Counts:
    """Count the points, and look where those are that did not converge."""
    stray = ~points.converged & np.isfinite(points.theta).all(axis=1)
    seeds, converged = len(points.steps), int(points.converged.sum())
    if not stray.any():
        return Counts(seeds, converged, unique, None)
    net = network(points.theta[stray], job.m, job.settings.activation)
    H = hb.hessian(net, *training_data(job.settings, job.draw))
    return Counts(seeds, converged, unique, float(np.median(np.linalg.eigvalsh(H)[:, -1])))

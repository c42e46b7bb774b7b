"""Gradient descent from every starting point, kept on disk as it goes."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

import hessbound as hb

from . import files
from ._typing import Array
from .samples import starting_points, training_data
from .settings import Settings

TOGETHER = 16
"""Seeds that are followed at a time; threads share them."""

PATIENCE = 1.0
"""Seconds after which finished seeds are saved, so that nothing but a crash can lose more."""


@dataclass(frozen=True, eq=False)
class Points:
    """Where gradient descent ended, a row for each seed; NaN where it overflowed.

    ``converged`` is whether ‖∇L‖ fell below the tolerance; then θ is the first such iterate.
    """

    theta: Array
    steps: NDArray[np.int64]
    gradient_norm: Array
    converged: NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the seeds of all parts."""
        names = vars(parts[0])
        return cls(**{name: np.concatenate([vars(p)[name] for p in parts]) for name in names})

    def first(self, count: int) -> Self:
        """Return the first seeds."""
        return type(self)(**{name: array[:count] for name, array in vars(self).items()})


@dataclass(frozen=True)
class Job:
    """One draw of the data and one width."""

    settings: Settings
    draw: int
    m: int

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"{self.settings.activation}-m{self.m}-draw{self.draw}"

    @property
    def identity(self) -> dict[str, Any]:
        """Return what its result depends on, besides the number of seeds."""
        return self.settings.training(self.draw, self.m)


def train(
    job: Job, folder: Path, *, resume: bool, advance: Callable[[int], object] = lambda seeds: None
) -> Points:
    """Return the points of a job; with ``resume``, those on disk are not computed again.

    ``advance`` is called with the number of seeds that are done anew. An interruption loses the
    seeds in work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = job.settings.seeds
    found = load(job, folder) if resume else None
    parts = [] if found is None else [found]
    done = sum(len(part.steps) for part in parts)
    advance(min(done, count))
    saved = time.monotonic()
    try:
        for part in _follow_all(job, range(done, count)):
            parts.append(part)
            advance(len(part.steps))
            if time.monotonic() - saved > PATIENCE:
                parts, saved = [Points.joined(parts)], time.monotonic()
                save(job, folder, parts[0])
    finally:
        if parts:
            save(job, folder, Points.joined(parts))
    return Points.joined(parts).first(count)


def _follow_all(job: Job, seeds: range) -> Iterator[Points]:
    """Yield where seeds end, in order.

    A network's way depends on nothing but its own start, so neither the number of threads nor the
    company of other seeds changes a bit of it.
    """
    data = hb.Dataset(*training_data(job.settings, job.draw))
    for n in range(0, len(seeds), TOGETHER):
        yield _follow(job, data, seeds[n : n + TOGETHER])


def _follow(job: Job, data: hb.Dataset, seeds: range) -> Points:
    """Follow seeds to their ends; one that overflows ends nowhere."""
    settings = job.settings
    start = starting_points(settings, job.m, seeds)
    try:
        end = hb.gradient_descent(
            start,
            data,
            learning_rate=settings.learning_rate,
            tolerance=settings.tolerance,
            max_steps=settings.max_steps,
        )
    except ValueError:  # the settings are checked, so this is the overflow of one of them
        if len(seeds) > 1:
            return Points.joined([_follow(job, data, seeds[n : n + 1]) for n in range(len(seeds))])
        theta = np.full((1, start.n_parameters), np.nan)
        return Points(theta, np.zeros(1, np.int64), np.full(1, np.nan), np.zeros(1, np.bool_))
    ends = map(np.asarray, (end.steps, end.gradient_norm, end.converged))
    return Points(end.net.theta, *ends)


def save(job: Job, folder: Path, points: Points) -> None:
    """Write the points and what they depend on; a file is replaced as a whole or not at all."""
    files.write_arrays(folder / f"{job.name}.npz", vars(points))
    text = json.dumps(job.identity, indent=2) + "\n"
    description = folder / f"{job.name}.json"
    if not description.exists() or description.read_text(encoding="utf-8") != text:
        files.write_text(description, text)


def load(job: Job, folder: Path) -> Points | None:
    """Return the points on disk, None where there are none; refuse those of other settings."""
    path, description = folder / f"{job.name}.npz", folder / f"{job.name}.json"
    if not (path.exists() and description.exists()):
        return None
    _same(description, _described(description), job.identity)
    names = [field.name for field in fields(Points)]
    return Points(**files.read_arrays(path, names))


def _described(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as cause:
        message = f"{path} is damaged: {cause}"
        raise ValueError(message) from None
    return found if isinstance(found, dict) else {}


def _same(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for name, value in wanted.items():
        if found.get(name) != value:
            message = (
                f"{path} has {name} = {found.get(name)!r}, but this run has {value!r}; "
                "choose another folder, or run without --resume to start again"
            )
            raise ValueError(message)

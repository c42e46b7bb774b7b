"""Gradient descent from every starting point, kept on disk as it goes."""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

import hessbound as hb
from hessbound._typing import Array
from hessbound.data import _files
from hessbound.engine import _threads

from .samples import starting_points, training_data
from .settings import Settings

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
            advance(1)
            if time.monotonic() - saved > PATIENCE:
                parts, saved = [Points.joined(parts)], time.monotonic()
                save(job, folder, parts[0])
    finally:
        if parts:
            save(job, folder, Points.joined(parts))
    return Points.joined(parts).first(count)


def _follow_all(job: Job, seeds: range) -> Iterator[Points]:
    """Yield where each seed ends, in order; several are followed at a time.

    A network's way depends on nothing but its own start, so neither the number of threads nor the
    company of other seeds changes a bit of it.
    """
    data = hb.Dataset(*training_data(job.settings, job.draw))
    calls = [(job, data, seed) for seed in seeds]
    yield from _threads.in_order(follow, calls, _threads.count(math.inf))


def follow(job: Job, data: hb.Dataset, seed: int) -> Points:
    """Follow one seed to its end; one that overflows ends nowhere."""
    settings = job.settings
    start = starting_points(settings, job.m, range(seed, seed + 1))
    try:
        end = hb.gradient_descent(
            start,
            data,
            learning_rate=settings.learning_rate,
            tolerance=settings.tolerance,
            max_steps=settings.max_steps,
        )
    except ValueError:  # the settings are checked, so this is the overflow
        theta = np.full((1, start.n_parameters), np.nan)
        return Points(theta, np.zeros(1, np.int64), np.full(1, np.nan), np.zeros(1, np.bool_))
    ends = map(np.asarray, (end.steps, end.gradient_norm, end.converged))
    return Points(end.net.theta, *ends)


def save(job: Job, folder: Path, points: Points) -> None:
    """Write the points and what they depend on; a file is replaced as a whole or not at all."""
    _files.write(folder / f"{job.name}.npz", vars(points))
    text = json.dumps(job.identity, indent=2) + "\n"
    description = folder / f"{job.name}.json"
    if not description.exists() or description.read_text(encoding="utf-8") != text:
        _files.write_text(description, text)


def load(job: Job, folder: Path) -> Points | None:
    """Return the points on disk, None where there are none; refuse those of other settings."""
    path, description = folder / f"{job.name}.npz", folder / f"{job.name}.json"
    if not (path.exists() and description.exists()):
        return None
    _same(description, _described(description), job.identity)
    arrays = _files.read(path, ("theta", "steps", "gradient_norm", "converged"))
    return Points(**arrays)


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

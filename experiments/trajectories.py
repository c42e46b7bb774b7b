"""Loss, bounds and the exact largest eigenvalue along the way of gradient descent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import hessbound as hb

from ._typing import Array
from .measures import Measures
from .samples import starting_points, training_data
from .training import Job

RECORDS = 100
"""Steps at which a way is looked at, at most: the first, the last, and evenly in the logarithm."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Numbers at some steps of one seed's way; the last step is the critical point."""

    seed: int
    step: NDArray[np.int64]
    loss: Array
    bound: Array
    lower: Array
    largest: Array

    @property
    def growth(self) -> float:
        """λ̄ at the end over λ̄ at the start."""
        return float(self.bound[-1] / self.bound[0])


def chosen(measures: Measures) -> dict[str, int]:
    """Return which points' ways are shown: the paper's two, and two whose λ̄ changes the most."""
    growth = measures.bound / measures.first_bound
    return {
        "highest": int(np.argmax(measures.bound)),
        "lowest": int(np.argmin(measures.bound)),
        "rising": int(np.argmax(growth)),
        "falling": int(np.argmin(growth)),
    }


def trajectories(job: Job, measures: Measures) -> dict[str, Trajectory]:
    """Return the ways to the chosen points."""
    return {
        name: trajectory(job, int(measures.seed[n]), int(measures.steps[n]))
        for name, n in chosen(measures).items()
    }


def trajectory(job: Job, seed: int, steps: int) -> Trajectory:
    """Walk so many steps again, and look at the network now and then."""
    data = hb.Dataset(*training_data(job.settings, job.draw))
    records = np.unique(np.geomspace(1, max(steps, 1), RECORDS).astype(np.int64))
    records = np.concatenate([[0], records[records <= steps]])
    net = starting_points(job.settings, job.m, range(seed, seed + 1))
    thetas = [net.theta]
    for count in np.diff(records):
        rate = job.settings.learning_rate
        net = hb.gradient_descent(net, data, learning_rate=rate, max_steps=int(count)).net
        thetas.append(net.theta)
    theta = np.concatenate(thetas)
    nets = net.with_theta(theta)
    s = hb.sharpness(nets, data)
    return Trajectory(
        seed=seed,
        step=records,
        loss=np.asarray(hb.loss(nets, data)),
        bound=np.asarray(s.largest_upper),
        lower=np.asarray(s.largest_lower),
        largest=np.asarray(np.linalg.eigvalsh(hb.hessian(nets, data))[:, -1], np.float64),
    )

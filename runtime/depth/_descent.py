"""Gradient descent of a network of any depth, on samples that are checked and laid out once."""

import math
from dataclasses import replace

import numpy as np

from hessbound._typing import Array
from hessbound.data import _checks
from hessbound.engine import _threads

from . import _deep
from ._batches import over_networks
from ._deep import DeepProblem


@over_networks
def descend(
    problem: DeepProblem, rate: float, tolerance: float, limit: int
) -> tuple[Array, int, float]:
    """Return θ at the end, how many steps it took at most ``limit`` of, and ‖∇L‖₂ there.

    θ ← θ − rate ∇L, until the gradient's norm is below the tolerance or overflows.
    """
    theta, penalty = problem.net.theta, problem.penalty
    moving = replace(problem, net=problem.net._on(theta), l2=None)
    blocks, step, norm = problem.laid_out, 0, 0.0
    with _threads.one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        for step in range(limit + 1):
            _threads.checkpoint()
            _, gradient = _deep.sums(moving, blocks)
            if penalty is not None:
                gradient += penalty.gradient_at(theta)
            norm = math.sqrt(float(gradient @ gradient))
            if norm < tolerance or not norm < math.inf or step == limit:
                break
            gradient *= rate
            theta -= gradient
    for values in (norm, theta):
        _checks.result("a network on its way", values, _checks.LOWER_RATE)
    return theta, step, norm

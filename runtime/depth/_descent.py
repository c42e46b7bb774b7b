"""Gradient descent of a network of any depth, on samples that are checked and laid out once."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from hessbound._typing import Array
from hessbound.data import _checks
from hessbound.data._mlp import MLP
from hessbound.engine import _threads

from . import _deep
from ._batches import over_groups
from ._deep import DeepProblem


@over_groups
def descend(
    problem: DeepProblem, rate: float, tolerance: float, limit: int
) -> tuple[Array, Any, Any]:
    """Return θ at the end, how many steps it took at most ``limit`` of, and ‖∇L‖₂ there.

    θ ← θ − rate ∇L, until the gradient's norm is below the tolerance or overflows. Of several
    networks those that are there leave the others.
    """
    single = not problem.net.batch_shape
    net, penalty, blocks = problem.net, problem.penalty, problem.laid_out
    net = net._taken(None) if single else net
    theta = net.theta
    left, moving = np.arange(len(theta)), replace(problem, net=_moving(net, theta), l2=None)
    ends, steps, norms = np.empty_like(theta), np.zeros_like(left), np.empty(len(theta))
    with _threads.one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        for step in range(limit + 1):
            _threads.checkpoint()
            gradient = _deep.sums(moving, blocks)[1].reshape(theta.shape)
            if penalty is not None:
                gradient += penalty.gradient_at(theta)
            norm = [math.sqrt(float(own @ own)) for own in gradient]
            if step == limit or not all(tolerance <= x < math.inf for x in norm):
                _finite(own := np.array(norm))
                stay = (own >= tolerance) & (step < limit)
                there = left[~stay]
                ends[there], steps[there], norms[there] = theta[~stay], step, own[~stay]
                if not stay.any():
                    break
                net, left, theta = net._taken(stay), left[stay], theta[stay]
                gradient = gradient[stay]
                moving = replace(moving, net=_moving(net, theta))
            gradient *= rate
            theta -= gradient
    _finite(ends)
    return (ends[0], int(steps[0]), float(norms[0])) if single else (ends, steps, norms)


def _moving(net: MLP[Any], theta: Array) -> MLP[Any]:
    """Return networks at rows of θ, which may change; one alone has no axis."""
    return net._on(theta) if len(theta) > 1 else net._taken(0)._on(theta[0])


def _finite(values: Array) -> None:
    own = values[0] if len(values) == 1 else values
    _checks.result("a network on its way", own, _checks.LOWER_RATE)

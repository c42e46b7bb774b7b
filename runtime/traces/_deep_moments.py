"""tr H and tr H² of a network of any depth."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from hessbound._typing import Array
from hessbound.depth import _deep, _passes, _squares
from hessbound.depth._batches import over_networks
from hessbound.depth._deep import DeepProblem
from hessbound.depth._penalty import DeepPenalty

from ._bounds import QUANTITIES
from ._moments import Moments, settled


@over_networks
def summary(problem: DeepProblem, names: Collection[str] = QUANTITIES) -> dict[str, Any]:
    """Return what the traces say about the spectrum; no quantity but those named may overflow."""
    return of(problem).spectrum(problem.net.n_parameters, names)


def of(problem: DeepProblem) -> Moments:
    """Compute both traces, scaled so that nothing underflows; tr H of hidden and last layers."""
    _squares.require_feasible(problem)
    penalty, largest = problem.penalty, _largest(problem)
    move = 0.0 if penalty is None else penalty.move * problem.total

    def compute(scale: float) -> Array:
        one = replace(problem, omega=problem.omega * scale, total=1.0, l2=None)
        layers = np.add(*_deep.traces(one))
        square = max(_squares.trace_squared(one), 0.0)
        row = np.array([[layers[:-1].sum(), layers[-1], square, largest]])
        if penalty is not None:
            rest = (penalty.curvature - penalty.move) * problem.total
            row[0, 3] = max(largest, move, np.abs(rest).max())
            if rest.any():
                rho = rest * scale
                DeepPenalty.add_to(row, rho, _deep.diagonal(one), problem.hidden)
        return row

    row, shift = settled(compute, 0, move)
    return Moments.divided(problem, row, np.array([shift]), (), move)


def _largest(problem: DeepProblem) -> float:
    """Return the largest of the slopes and curvatures of the loss by the outputs."""

    def work(*block: Array) -> float:
        top = problem.passed(0, *block)[1]
        curvature = _passes.steps().diagonal_of_factor(top.Q)
        return max(float(np.abs(top.g).max()), float(curvature.max()))

    return float(max(problem.over(work, 1.0)))

"""What is measured at the critical points of one draw and width."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import hessbound as hb

from . import boundaries, statistics
from ._typing import Array
from .samples import held_out_data, network, starting_points, training_data
from .training import Job, Points

DIFFERENCE = 1e-5
"""The step of the central differences with which Hessians are compared."""


@dataclass(frozen=True, eq=False)
class Measures:
    """Numbers at the unique critical points, in the order of their seeds.

    Attributes
    ----------
    seed, steps, theta
        The starting point's seed, the length of the way, and where it ended.
    bound, lower, frobenius, largest, smallest
        λ̄ and the lower bound of λ_max, ‖H‖_F, and the exact extreme eigenvalues.
    trace, trace_squared, dense_trace, dense_trace_squared
        tr H and tr H² in closed form, and by ``numpy.trace`` from the dense Hessian.
    hessian_error
        ‖H − H′‖_F, where H′ is made of central differences of the gradient.
    loss, first_loss, first_bound
        The training loss, and it and λ̄ at the starting point.
    f1
        Macro-F1 on the test data.
    norm_w, norm_A, norm_hidden
        ‖w‖ and ‖A‖_F, biases included, and ‖hhᵀ‖_F of the N hidden outputs, without a leading 1.
    disagreement, length
        How often the decision differs from Bayes' rule, and how long its boundary is.
    """

    seed: NDArray[np.int64]
    steps: NDArray[np.int64]
    theta: Array
    bound: Array
    lower: Array
    frobenius: Array
    largest: Array
    smallest: Array
    trace: Array
    trace_squared: Array
    dense_trace: Array
    dense_trace_squared: Array
    hessian_error: Array
    loss: Array
    first_loss: Array
    first_bound: Array
    f1: Array
    norm_w: Array
    norm_A: Array
    norm_hidden: Array
    disagreement: Array
    length: Array

    def __len__(self) -> int:
        """Return the number of unique critical points."""
        return len(self.bound)


def measure(job: Job, points: Points) -> Measures:
    """Measure everything at the points that converged and are no duplicates."""
    settings = job.settings
    converged = np.flatnonzero(points.converged)
    rows = statistics.unique_points(points.theta[converged], settings.duplicate_distance)
    seed = converged[rows]
    if not len(seed):
        message = (
            f"no seed converged for m = {job.m} in draw {job.draw}; "
            "allow more seeds, more steps or a larger tolerance"
        )
        raise ValueError(message)
    net = network(points.theta[seed], job.m, settings.activation)
    starts = starting_points(settings, job.m, range(settings.seeds))
    start = network(starts.theta[seed], job.m, settings.activation)
    data = hb.Dataset(*training_data(settings, job.draw))
    X, y = held_out_data(settings, job.draw)
    h = hb.hidden_outputs(net, training_data(settings, job.draw)[0])
    disagreement, length = boundaries.distortion(net, settings)
    return Measures(
        seed=seed,
        steps=points.steps[seed],
        theta=net.theta,
        **_spectrum(net, data),
        loss=hb.loss(net, data),
        first_loss=hb.loss(start, data),
        first_bound=hb.sharpness(start, data).largest_upper,
        f1=statistics.macro_f1(hb.logits(net, X) >= 0, y),
        norm_w=np.linalg.norm(net.w, axis=-1),
        norm_A=np.linalg.norm(net.A, axis=(-2, -1)),
        norm_hidden=np.linalg.norm(h.swapaxes(-1, -2) @ h, axis=(-2, -1)),  # = ‖hhᵀ‖_F
        disagreement=disagreement,
        length=length,
    )


def _spectrum(net: hb.Network[Array], data: hb.Dataset) -> dict[str, Array]:
    s, H = hb.sharpness(net, data), hb.hessian(net, data)
    eigenvalues = np.linalg.eigvalsh(H)
    values = {
        "bound": s.largest_upper,
        "lower": s.largest_lower,
        "frobenius": s.frobenius_norm,
        "largest": eigenvalues[:, -1],
        "smallest": eigenvalues[:, 0],
        "trace": s.trace,
        "trace_squared": s.trace_squared,
        "dense_trace": np.trace(H, axis1=-2, axis2=-1),
        "dense_trace_squared": np.trace(H @ H, axis1=-2, axis2=-1),
        "hessian_error": np.linalg.norm(H - numerical_hessian(net, data), axis=(-2, -1)),
    }
    return {name: np.asarray(value, np.float64) for name, value in values.items()}


def numerical_hessian(net: hb.Network[Any], data: hb.Dataset, step: float = DIFFERENCE) -> Array:
    """Return the Hessian (..., P, P) by central differences of the gradient.

    >>> net = hb.Network([[0.1, 0.2, 0.3]], [0.4, 0.5], activation="tanh")
    >>> data = hb.Dataset([[1.0, 0.0], [0.0, 1.0]], [0, 1])
    >>> bool(np.allclose(numerical_hessian(net, data), hb.hessian(net, data), atol=1e-9))
    True
    """
    P = net.n_parameters
    shifts = step * np.concatenate([np.eye(P), -np.eye(P)])
    theta = net.theta[..., None, :] + shifts
    forward, backward = np.split(hb.gradient(net.with_theta(theta), data), 2, axis=-2)
    H = (forward - backward) / (2.0 * step)
    return np.asarray((H + H.swapaxes(-1, -2)) / 2.0)

"""tr H and tr H² without forming H."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _checks
from ._kernels import KernelModule
from ._problem import Problem
from ._typing import Array, Quantity, Reduction
from .network import Network


@dataclass(frozen=True)
class Moments:
    """tr H_AA, tr H_ww and tr H², scaled by powers of two so that none underflows.

    The arrays have the batch's axes. A quantity that is linear in H is ``value * 2**-exponent``;
    tr H² is ``squared * 4**-exponent``. Where |v| is about 400, e and p are near 1e-174 and tr H²
    near 1e-348: as zero it would make the upper bound smaller than the largest eigenvalue.
    """

    hidden: Array
    output: Array
    squared: Array
    exponent: NDArray[np.int64]

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Compute the traces of each network; divide by Σω for the mean."""
        plan = problem.plan
        kernels = problem.kernels
        kernel = kernels.traces_direct if plan.algorithm == "direct" else kernels.traces_gram
        rows = [
            kernel(problem.Xb, A, w, problem.y, problem.omega, plan.tile)
            for A, w in problem.networks()
        ]
        batch = problem.net.batch_shape
        hidden, output, squared, exponent = np.array(rows, dtype=np.float64).reshape(-1, 4).T
        for quantity, values in (("tr H_AA", hidden), ("tr H_ww", output), ("tr H²", squared)):
            _checks.result(quantity, values.reshape(batch))
        mantissa, shift = math.frexp(problem.total)
        return cls(
            hidden.reshape(batch) / mantissa,
            output.reshape(batch) / mantissa,
            np.maximum(squared, 0.0).reshape(batch) / mantissa**2,
            exponent.reshape(batch).astype(np.int64) + shift,
        )

    @property
    def trace(self) -> Array:
        """The sum tr H, scaled like its two parts."""
        return self.hidden + self.output

    def unscaled(self, quantity: str, values: Quantity, degree: int = 1) -> Quantity:
        """Undo the scaling of a quantity that is of this degree in H."""
        with np.errstate(over="ignore", under="ignore"):
            result = np.ldexp(values, -degree * self.exponent)
        return _checks.result(quantity, np.asarray(result))


def trace(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
) -> Quantity:
    r"""Return :math:`\operatorname{tr} H` of the loss, the sum of the Hessian's eigenvalues.

    Parameters
    ----------
    net, X, y, sample_weight, reduction
        As for ``hessbound.loss``.

    Returns
    -------
    float, or array of shape ``net.batch_shape``
        tr H; negative where negative curvature prevails.

    Raises
    ------
    ValueError, TypeError
        As for ``hessbound.loss``.

    Notes
    -----
    Eqs. (19)-(21). Time O(N d m), memory O(N m).

    Examples
    --------
    With all weights zero, only the output's bias has curvature, 1/4 per sample:

    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> trace(net, [[0.0], [1.0]], [0, 1])
    0.5
    """
    problem = Problem.of(net, X, y, sample_weight, reduction)
    return problem.reduced("tr H", (), partial(_trace, problem.kernels))


def _trace(kernels: KernelModule, *arguments: Array) -> float:
    hidden, output, exponent = kernels.trace(*arguments)
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(hidden + output, -exponent))


def trace_squared(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
) -> Quantity:
    r"""Return :math:`\operatorname{tr} H^2` of the loss, the sum of the squared eigenvalues.

    It is a double sum over the samples, so it must not be averaged over mini-batches. With
    ``reduction="mean"`` it is divided by (Σω)².

    Parameters
    ----------
    net, X, y, sample_weight, reduction
        As for ``hessbound.loss``.

    Returns
    -------
    float, or array of shape ``net.batch_shape``
        tr H² = ‖H‖_F², at least (tr H)² / P. Below 1e-308 it underflows; the bounds of
        ``hessbound.sharpness`` do not.

    Raises
    ------
    ValueError, TypeError
        As for ``hessbound.loss``.

    Notes
    -----
    Eqs. (25)-(28). The cheaper of two exact algorithms: time about N P² / 2 and memory P² / 4, or
    time N² (d + 4 m) and memory O(N m).

    Examples
    --------
    With all weights zero and f = tanh it is N²/16 + 2 m Σ_ij e_i e_j K_ij, where e = ±1/2:

    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> trace_squared(net, [[0.0], [1.0]], [0, 1])
    0.75
    """
    moments = Moments.of(Problem.of(net, X, y, sample_weight, reduction))
    return moments.unscaled("tr H²", moments.squared, degree=2)

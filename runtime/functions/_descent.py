"""Gradient descent, compiled, for many networks at once: what critical points are found with."""

from dataclasses import dataclass, replace
from typing import Any, Generic, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hessbound._typing import Net_co, Number, Number_co, Reduction
from hessbound.data import _checks
from hessbound.data._dataset import Dataset
from hessbound.data._mlp import MLP
from hessbound.data._network import Network
from hessbound.depth import _descent as _deep_descent
from hessbound.depth._deep import DeepProblem
from hessbound.engine import _threads
from hessbound.engine._penalty import L2
from hessbound.engine._plan import sample_tile
from hessbound.engine._problem import Problem

PIECE_FLOPS = 1e9
"""Operations (0.2 s or so) after which to look whether somebody has lost patience."""

SHORTEST_PIECE = 16
"""Steps to take before that; the next piece computes the last gradient again."""

STEP_FLOPS = 2000.0
"""Operations that take as long as what a step costs beside its sums."""


@dataclass(frozen=True, eq=False)
class Descent(Generic[Number_co, Net_co]):
    """Where gradient descent ended.

    Attributes
    ----------
    net : Network or MLP
        The networks at the end, a batch like the one it started from.
    steps : int or array
        How many steps were taken.
    gradient_norm : float or array
        ‖∇L‖₂ at the end.
    converged : bool or array
        Whether that is below the tolerance.
    """

    net: Net_co
    steps: int | NDArray[np.int64]
    gradient_norm: Number_co
    converged: bool | NDArray[np.bool_]


@overload
def gradient_descent(
    net: Network[Number],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    learning_rate: float,
    tolerance: float = 0.0,
    max_steps: int,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
) -> Descent[Number, Network[Number]]: ...


@overload
def gradient_descent(
    net: MLP[Number],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    learning_rate: float,
    tolerance: float = 0.0,
    max_steps: int,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
) -> Descent[Number, MLP[Number]]: ...


def gradient_descent(
    net: Network[Any] | MLP[Any],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    learning_rate: float,
    tolerance: float = 0.0,
    max_steps: int,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
) -> Descent[Any, Any]:
    """Run full-batch gradient descent on the loss: θ ← θ − η ∇L until ‖∇L‖₂ < tolerance.

    Parameters
    ----------
    net : Network or MLP
        Where to start: one network, or a batch of them.
    X : array_like, shape (N, d), or Dataset
        Inputs, one sample per row, *without* the column of ones. A ``hessbound.Dataset`` stands for
        X, y and sample_weight together.
    y : array_like, shape (N,), of an ``MLP`` also (N, K)
        Labels that ``net.loss`` takes; in [0, 1], a soft label is the probability of class 1. Of
        softmax classes 0 to K − 1, (N,), or rows of probabilities, (N, K).
    sample_weight : array_like, shape (N,), optional
        Weights ω, none negative; an integer weight equals repeating the sample. Default: ones.
    reduction : {"sum", "mean"}
        The sum over the samples (the paper's convention), or the sum divided by Σω.
    l2 : float or L2
        Add ½ l2 times the sum of the squared weights, without biases, whatever the reduction is;
        a ``hessbound.L2`` has a number for each layer, and can count biases. Default: 0.
    learning_rate : float
        η, positive. With ``reduction="mean"`` it multiplies the gradient of the mean loss.
    tolerance : float
        The first iterate whose gradient is shorter is the last one. Default: 0, take every step.
    max_steps : int
        How many steps to take at most; 0 only measures the gradient.

    Returns
    -------
    Descent
        The final networks, the number of steps, ‖∇L‖₂ there, and whether it is small enough.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the parameters of a network overflow: then the learning rate is too large.
    TypeError
        If net is no network, or an array does not hold real numbers.

    Notes
    -----
    Eqs. (11)-(13) and (51)-(57). Time O(N d m) per step. Each network is followed on one thread, so
    the results do not depend on the number of threads.

    Of an ``MLP`` each step has the bits of ``theta - learning_rate * hessbound.gradient(...)``, and
    takes as long, O(N P), without the checks; memory is that of X and the labels once more. What is
    frozen stays as it is. Small networks of a batch share each step, and leave it when they are
    there: hundreds of them take a fifth to a half of the time, with the same bits.

    Examples
    --------
    >>> net = Network([[0.0, 1.0]], [0.0, 1.0], activation="tanh")
    >>> end = gradient_descent(net, [[-1.0], [1.0], [0.1]], [0, 1, 0], learning_rate=0.5,
    ...                        tolerance=0.01, max_steps=10_000)
    >>> end.converged, end.gradient_norm < 0.01
    (True, True)
    """
    given = X, y, sample_weight, reduction, l2
    way = (
        _checks.number("learning_rate", learning_rate, above=0.0),
        _checks.number("tolerance", tolerance, least=0.0),
        _checks.size("max_steps", max_steps, least=0),
    )
    if isinstance(net, MLP):
        return _of_mlp(DeepProblem.of(net, *given), *way)
    return _of_networks(Problem.of(net, *given), *way)


def _of_mlp(problem: DeepProblem, rate: float, epsilon: float, limit: int) -> Descent[Any, Any]:
    net = problem.net
    limit = limit if net.theta.size else 0  # of an empty batch
    theta, steps, norms = _deep_descent.descend(problem, rate, epsilon, limit)
    return Descent(net.with_theta(theta), steps, norms, norms < epsilon)


def _of_networks(problem: Problem, rate: float, epsilon: float, limit: int) -> Descent[Any, Any]:
    if (penalty := problem.penalty) is not None:
        problem = problem.of_all_inputs()  # weights of inputs that are always 0 shrink, too
    steps, norms = np.zeros(len(problem.A), dtype=np.int64), np.zeros(len(problem.A))
    A, w = problem.A.copy(), problem.w.copy()
    tile, descend = sample_tile(problem.sizes[2]), problem.kernels.descend
    options: tuple[Any, ...] = (rate / problem.total, epsilon * problem.total)
    if penalty is not None:
        descend = problem.kernels.descend_penalised
        options = (*penalty.ridges.times(problem.total), *options)

    flops = 2.0 * problem.forward_flops() + STEP_FLOPS
    piece = max(SHORTEST_PIECE, int(PIECE_FLOPS / flops))

    def follow(n: int) -> None:
        own, left, last = slice(n, n + 1), limit, np.zeros(1, dtype=np.int64)
        networks, ends = (A[own], w[own]), (last, norms[own])
        while True:
            _threads.checkpoint()
            now = min(piece, left)
            descend(*problem.samples, *networks, *options, now, tile, *ends)
            steps[own] += last
            left -= now
            if not left or last[0] < now:
                return

    flops *= limit * len(norms)
    calls = [(n,) for n in range(len(norms))]
    _threads.run(follow, calls, _threads.count(flops), flops=flops)
    own = norms.reshape(problem.net.batch_shape) if problem.net.batch_shape else float(norms[0])
    _checks.result("a network on its way", own, _checks.LOWER_RATE)
    return _ends(replace(problem, A=A, w=w), steps, norms / problem.total, epsilon)


def _ends(
    problem: Problem, steps: NDArray[np.int64], norms: NDArray[np.float64], epsilon: float
) -> Descent[Any, Any]:
    """Return the networks in the batch's axes; inputs that are always 0 keep their weights."""
    start, batch = problem.net, problem.net.batch_shape
    A = start.A.copy()
    A[..., problem.data.columns] = problem.A.reshape((*batch, *problem.A.shape[1:]))
    net = start._with(A, problem.w.reshape(start.w.shape))
    if batch:
        rows = steps.reshape(batch), norms.reshape(batch)
        return Descent(net, *rows, rows[1] < epsilon)
    return Descent(net, int(steps[0]), float(norms[0]), bool(norms[0] < epsilon))

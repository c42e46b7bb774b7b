"""The gradient of what tr H and tr H² say about the spectrum: what a regulariser steps along."""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any, NamedTuple, Self, get_args

import numpy as np
from numpy.typing import ArrayLike

from hessbound._typing import Array, Differentiable, Number, Reduction
from hessbound.data import _checks
from hessbound.data._dataset import Dataset
from hessbound.data._network import Network
from hessbound.engine import _kernels, _memory, _threads
from hessbound.engine._penalty import L2
from hessbound.engine._problem import Problem

from ._bounds import QUANTITIES
from ._moments import Moments, blocks, settled


def sharpness_gradient(
    net: Network[Number],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    of: Differentiable = "largest_upper",
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
) -> tuple[Number, Array]:
    r"""Return a bound of an extreme eigenvalue, or a trace, and its gradient by the parameters.

    Parameters
    ----------
    net : Network
        One network, or a batch of them.
    X : array_like, shape (N, d), or Dataset
        Inputs, one sample per row, *without* the column of ones. A ``hessbound.Dataset`` stands for
        X, y and sample_weight together.
    y : array_like, shape (N,)
        Labels that ``net.loss`` takes; in [0, 1], a soft label is the probability of class 1.
    sample_weight : array_like, shape (N,), optional
        Weights ω, none negative; an integer weight equals repeating the sample. Default: ones.
    reduction : {"sum", "mean"}
        The sum over the samples (the paper's convention), or the sum divided by Σω.
    l2 : float or L2
        Add ½ l2 times the sum of the squared weights, without biases, whatever the reduction is;
        a ``hessbound.L2`` has a number for each layer, and can count biases. Default: 0.
    of : str
        "largest_upper" (the paper's λ̄), "largest_lower", "smallest_upper", "smallest_lower",
        "trace", "trace_squared", "mean", "std" or "frobenius_norm": the names of
        ``hessbound.Sharpness``.

    Returns
    -------
    value : float, or array of shape ``net.batch_shape``
        The number that ``hessbound.sharpness`` has, up to rounding.
    gradient : array of shape (..., P)
        Its derivatives, in the order of ``Network.theta``.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the result overflows;
        if ``of`` is none of these.
    TypeError
        If net is not a Network, or an array does not hold real numbers.

    Notes
    -----
    The gradient of λ̄ under cross-entropy was derived in [1]_, as a regulariser; here are also the
    other bounds, the other losses and penalties:
    :math:`\nabla(\mu \pm \sqrt{P-1}\, s) = \nabla\mu \pm \sqrt{P-1}\, \nabla s` with
    :math:`\nabla s = (\nabla \operatorname{tr} H^2 / P - 2 \mu \nabla\mu) / (2 s)`, exactly
    and without H or an eigensolver. Where s = 0, all eigenvalues are equal, no bound has a
    gradient, and ∇s counts as 0. Time two to four times that of ``hessbound.sharpness``, memory
    O(N m) beside what that takes, and P² / 4 numbers more where it forms the blocks of H; of
    "trace" and "mean", time O(N d m).

    References
    ----------
    .. [1] Y. Omae, K. Sakai, Y. Kakimoto, M. Sasaki, Y. Sakai and H. Takahashi, "Closed-Form
       Steepest Descent Direction toward Flat Minima: Reducing Upper Bounds on the Loss Hessian
       Eigenspectrum in Neural Networks", arXiv 2606.28662, 2026.

    Examples
    --------
    A step against it lowers the bound:

    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(20, 2)), rng.integers(0, 2, 20)
    >>> net = Network(rng.normal(size=(3, 3)), rng.normal(size=4), activation="tanh")
    >>> value, gradient = sharpness_gradient(net, X, y)
    >>> theta = net.theta - 1e-3 * gradient
    >>> after = Network.from_theta(theta, n_inputs=2, n_hidden=3, activation="tanh")
    >>> bool(sharpness_gradient(after, X, y)[0] < value)
    True
    """
    problem = Problem.of(net, X, y, sample_weight, reduction, l2)
    _checks.one_of("of", of, get_args(Differentiable))
    values, rows = np.empty(len(problem.A)), np.zeros((len(problem.A), net.n_parameters))
    present = slice(None) if problem.present is None else problem.present

    def compute(n: int) -> None:
        own = slice(n, n + 1)
        one = replace(problem, A=problem.A[own], w=problem.w[own])
        values[n], rows[n, present] = _of_one(one, of)

    calls, flops = [(n,) for n in range(len(rows))], 3 * problem.plan.flops * len(rows)
    _threads.run(compute, calls, _threads_for(problem), flops=flops)
    gradient = rows.reshape((*net.batch_shape, net.n_parameters))
    value: Any = values.reshape(net.batch_shape) if net.batch_shape else float(values[0])
    return value, np.asarray(_checks.result(f"the gradient of {QUANTITIES[of]}", gradient))


def _threads_for(problem: Problem) -> int:
    """Return how many networks to take at a time: several where none of them needs threads."""
    flops = problem.plan.flops
    return 1 if _threads.count(flops) > 1 else _threads.count(3 * flops * len(problem.A))


def _of_one(problem: Problem, of: str) -> tuple[float, Array]:
    """Return the value and the gradient, (parameters that are present,), of a single network."""
    module, P = _kernels.spectrum(), problem.net.n_parameters
    squared, centred = of not in module.LINEAR, problem.centred
    move = 0.0 if centred is None else centred.move

    def contract(scale: float) -> tuple[Array, _Contracted]:
        row, contracted = (_contracted if squared else _without_squares)(problem, scale)
        if centred is not None:
            centred.add_to(row[None], problem, scale)
        return row, contracted

    (row, contracted), shift = settled(contract, 0, move, squared=squared)
    moments = Moments.divided(problem, row[None], np.array([shift]), (), move)
    value = moments.spectrum(P, (of,))[of]
    by_trace, by_square = moments.slopes(P)[0, module.DIFFERENTIABLE.index(of)]
    mantissa, _ = problem.divisor
    slopes = float(by_trace / mantissa), float(by_square / mantissa**2)
    kernel, ends = problem.kernels.curvature_gradient, (contracted.matrices, contracted.single)
    gradient = reduce(np.add, _over_samples(problem, kernel, contracted.scale, *slopes, *ends))
    if centred is not None:
        gradient += centred.gradient(problem, slopes[1], contracted.scale)
    degree = 2 if of == "trace_squared" else 1
    with np.errstate(over="ignore", under="ignore"):
        gradient = np.ldexp(gradient, -degree * int(moments.exponent[0]))
    return float(value), np.asarray(gradient)


class _Contracted(NamedTuple):
    """What each sample needs of the Hessian of a single network, for e and p times ``scale``."""

    scale: float
    matrices: Array  # (4, blocks of samples, m, tile)
    single: Array  # (blocks, tile)

    @classmethod
    def empty(cls, problem: Problem, scale: float) -> Self:
        """Allocate."""
        (N, _, m), tile = problem.sizes, problem.plan.tile
        count = -(-N // tile)
        return cls(scale, _memory.empty(4, count, m, tile), _memory.empty(count, tile))


def _without_squares(problem: Problem, scale: float) -> tuple[Array, _Contracted]:
    """Return tr H_AA, tr H_ww, 0 and largest (4,), and zeros for what only tr H² needs."""
    zeros = _Contracted.empty(problem, scale)
    zeros.matrices.fill(0.0)
    zeros.single.fill(0.0)
    return _moments(problem, zeros), zeros


def _contracted(problem: Problem, scale: float) -> tuple[Array, _Contracted]:
    """Contract H; return its traces and largest (4,) besides."""
    room = _Contracted.empty(problem, scale)
    if problem.plan.algorithm == "direct":
        return _fill_by_blocks(problem, room), room
    _fill_by_pairs(problem, room)
    return _moments(problem, room), room


def _moments(problem: Problem, contracted: _Contracted) -> Array:
    """Return tr H_AA, tr H_ww, tr H² and largest (4,)."""
    parts = _over_samples(problem, problem.kernels.moments, *contracted)
    *sums, largest = zip(*parts, strict=True)
    return np.array([*map(sum, sums), max(largest)])


def _over_samples(
    problem: Problem, kernel: Callable[..., Any], scale: float, *arguments: Any
) -> list[Any]:
    own = (*problem.samples, problem.A[0], problem.w[0], scale, *arguments)
    return problem.over_samples(kernel, 4 * problem.forward_flops(), *own, tile=problem.plan.tile)


def _fill_by_blocks(problem: Problem, room: _Contracted) -> Array:
    """Contract the blocks of H, which are formed first; return the traces and largest (4,)."""
    kernels, plan, A, w = problem.kernels, problem.plan, problem.A, problem.w
    AA, Aw, ww, largest = blocks(problem, A, w, np.array([room.scale]), plan.tile)
    columns = _by_columns(AA[0]), _by_columns(Aw[0])
    heights = (8 * (len(x[0]) // 8 + 1) for x in (AA, Aw))
    shapes = [(rows, plan.tile + kernels.PAD) for rows in (AA.shape[2], *heights)]

    def of_part(*arguments: Any) -> None:
        spaces = (_memory.empty(*shape) for shape in shapes)
        kernels.contractions_of_blocks(*arguments, *spaces, room.matrices, room.single)

    arguments = (problem.data.XT, A[0], w[0], *columns, ww[0])
    problem.over_samples(of_part, plan.flops, *arguments, tile=plan.tile)
    return np.append(kernels.squares(AA, Aw, ww), largest)


def _fill_by_pairs(problem: Problem, room: _Contracted) -> None:
    """Add up over pairs of samples."""
    kernels, data, w, (N, _, m) = problem.kernels, problem.data, problem.w[0], problem.sizes
    rows = _memory.empty(kernels.CONTRACTION_ROWS, m, data.XT.shape[1])
    vectors = _memory.empty(kernels.CONTRACTION_VECTORS, N)

    def features(*arguments: Any) -> Any:
        return kernels.contraction_features(*arguments, rows, vectors)

    flops, arguments = 4 * problem.forward_flops(), (*problem.samples, problem.A[0], w, room.scale)
    parts = problem.over_samples(features, flops, *arguments)
    projected = (reduce(np.add, x) for x in zip(*parts, strict=True))

    def pairs(*arguments: Any) -> None:
        kernels.contractions_of_pairs(*arguments, room.matrices, room.single)

    problem.over_pairs(pairs, data.XT, data.gram, w, rows, vectors, *projected)


def _by_columns(rows: Array) -> Array:
    """Return the transpose, with zeros up to a multiple of eight in each row."""
    columns = np.zeros((rows.shape[1], -(-len(rows) // 8) * 8))
    columns[:, : len(rows)] = rows.T
    return columns

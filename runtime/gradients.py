"""The gradient of what tr H and tr H² say about the spectrum: what a regulariser steps along."""

import math
from functools import reduce
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from . import _checks, _kernels, _memory, _threads
from ._plan import Plan
from ._problem import Problem
from ._typing import Array, Differentiable, Quantity, Reduction
from .bounds import QUANTITIES
from .dataset import Dataset
from .network import Network
from .traces import Moments, blocks


def sharpness_gradient(
    net: Network,
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    of: Differentiable = "largest_upper",
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
) -> tuple[Quantity, Array]:
    r"""Return a bound of an extreme eigenvalue, or a trace, and its gradient by the parameters.

    Parameters
    ----------
    net, X, y, sample_weight, reduction
        As for ``hessbound.loss``.
    of : str
        "largest_upper" (the paper's λ̄), "largest_lower", "smallest_upper", "smallest_lower",
        "trace", "trace_squared", "mean", "std" or "frobenius_norm", as ``hessbound.sharpness``
        has them.

    Returns
    -------
    value : float, or array of shape ``net.batch_shape``
        The same number as in ``hessbound.sharpness``.
    gradient : array of shape (..., P)
        Its derivatives, in the order of ``Network.theta``.

    Raises
    ------
    ValueError, TypeError
        As for ``hessbound.loss``, or if ``of`` is none of these.

    Notes
    -----
    Beyond the paper: :math:`\nabla(\mu \pm \sqrt{P-1}\, s) = \nabla\mu \pm \sqrt{P-1}\, \nabla s`
    with :math:`\nabla s = (\nabla \operatorname{tr} H^2 / P - 2 \mu \nabla\mu) / (2 s)`, exactly
    and without H or an eigensolver. Where s = 0, all eigenvalues are equal, no bound has a
    gradient; ∇s = 0 is returned then, which is right for every direction on average. Time about
    four times that of ``hessbound.sharpness``, memory O(N m) beside what it takes.

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
    problem = Problem.of(net, X, y, sample_weight, reduction)
    _known(of)
    moments, P = Moments.of(problem), net.n_parameters
    value = moments.spectrum(P, (of,))[of]
    rows = np.zeros((len(problem.A), P))
    present = slice(None) if problem.present is None else problem.present
    for n in range(len(rows)):
        rows[n, present] = _of_one(problem, n, moments, of)
    gradient = rows.reshape((*net.batch_shape, P))
    return value, np.asarray(_checks.result(f"the gradient of {QUANTITIES[of]}", gradient))


def _known(of: str) -> None:
    if of not in get_args(Differentiable):
        known = ", ".join(map(repr, get_args(Differentiable)))
        message = f"of must be one of {known}, got {of!r}"
        raise ValueError(message)


def _of_one(problem: Problem, n: int, moments: Moments, of: str) -> Array:
    """Return the gradient for network n of the batch, (P,), at the parameters that are present."""
    module, kernels, plan = _kernels.spectrum(), problem.kernels, problem.plan
    slopes = module.slopes(moments.sums[n : n + 1], problem.net.n_parameters)
    by_trace, by_square = slopes[0, module.DIFFERENTIABLE.index(of)]
    exponent = 0 if moments.exponent is None else int(moments.exponent[n])
    mantissa, shift = (1.0, 0) if problem.total == 1 else math.frexp(problem.total)
    scale = math.ldexp(1.0, exponent - shift)  # of e and p, as for the moments
    A, w = problem.A[n], problem.w[n]
    contracted = _contractions(problem, plan, A, w, scale, wanted=bool(by_square))
    ends = by_trace / mantissa, by_square / mantissa**2, *contracted
    arguments = (*problem.samples, A, w, scale, *ends)
    flops = 4 * problem.forward_flops()
    parts = problem.over_samples(
        kernels.curvature_gradient, flops, *arguments, tile=contracted[0].shape[-1]
    )
    degree = 2 if of == "trace_squared" else 1
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(reduce(np.add, parts), -degree * exponent))


def _contractions(
    problem: Problem, plan: Plan, A: Array, w: Array, scale: float, *, wanted: bool
) -> tuple[Array, Array]:
    """Return what H is contracted to with each sample; zeros where it is not wanted."""
    (N, _, m), tile = problem.sizes, plan.tile
    count = -(-N // tile)
    room = _memory.empty(4, count, m, tile), _memory.empty(count, tile)
    if wanted:
        contract = _of_blocks if plan.algorithm == "direct" else _of_pairs
        contract(problem, plan, A, w, scale, *room)
    else:
        room[0].fill(0.0)
        room[1].fill(0.0)
    return room


def _of_blocks(
    problem: Problem, plan: Plan, A: Array, w: Array, scale: float, *room: Array
) -> None:
    """Contract the blocks of H, which are formed first."""
    (AA,), (Aw,), (ww,), _ = blocks(problem, A, w, np.array([scale]), plan.tile)
    columns = _by_columns(AA), _by_columns(Aw)
    pairs, units = (8 * (len(x) // 8 + 1) for x in (AA, Aw))

    def of_part(*arguments: Any) -> None:
        width = plan.tile + problem.kernels.PAD
        spaces = (_memory.empty(rows, width) for rows in (AA.shape[1], pairs, units))
        problem.kernels.contractions_of_blocks(*arguments, *spaces, *room)

    arguments = (*problem.samples, A, w, scale, *columns, ww)
    problem.over_samples(of_part, plan.flops, *arguments, tile=plan.tile)


def _by_columns(rows: Array) -> Array:
    """Return the transpose, with zeros up to a multiple of eight in each row."""
    columns = np.zeros((rows.shape[1], -(-len(rows) // 8) * 8))
    columns[:, : len(rows)] = rows.T
    return columns


def _of_pairs(problem: Problem, plan: Plan, A: Array, w: Array, scale: float, *room: Array) -> None:
    """Add up over pairs of samples."""
    kernels, data, (N, _, m) = problem.kernels, problem.data, problem.sizes
    rows = _memory.empty(kernels.CONTRACTION_ROWS, m, data.XT.shape[1])
    vectors = _memory.empty(kernels.CONTRACTION_VECTORS, N)

    def features(*arguments: Any) -> Any:
        return kernels.contraction_features(*arguments, rows, vectors)

    flops, arguments = 4 * problem.forward_flops(), (*problem.samples, A, w, scale)
    parts = problem.over_samples(features, flops, *arguments)
    projected = (reduce(np.add, x) for x in zip(*parts, strict=True))
    threads = _threads.count(3 * plan.flops)
    pairs = (data.XT, data.gram, w, rows, vectors, *projected)
    shares = [(*pairs, part, threads, plan.tile, *room) for part in range(threads)]
    _threads.run(kernels.contractions_of_pairs, shares)

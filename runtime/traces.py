"""tr H and tr H² without forming H."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _memory, _threads
from ._plan import Plan, block_numbers, direct_group, product_rows
from ._problem import Problem
from ._typing import Array, Quantity, Reduction
from .bounds import QUANTITIES, spectrum
from .dataset import Dataset
from .network import Network

SAFE = 2.0**200
"""Where the largest of |e| and p is beyond this or its inverse, they are scaled by a power of two:
squares of them could over- or underflow."""


@dataclass(slots=True)
class Moments:
    """tr H_AA, tr H_ww and tr H² of n networks, scaled by powers of two so that none underflows.

    A quantity that is linear in H is ``value * 2**-exponent``; tr H² is ``squared * 4**-exponent``.
    Where |v| is about 400, e and p are near 1e-174 and tr H² near 1e-348: as zero it would make the
    upper bound smaller than the largest eigenvalue.
    """

    sums: Array  # (n, 3), and what else there is to a row
    exponent: NDArray[np.int64] | None  # (n,); None where nothing was scaled
    batch: tuple[int, ...]

    @classmethod
    def of(cls, problem: Problem, compute: "Compute | None" = None) -> Self:
        """Compute the traces of each network; divide by Σω for the mean.

        ``compute`` may be given to keep what else there is, for the last scale that it is called
        with.
        """
        plan, A, w = problem.plan, problem.A, problem.w
        compute = compute or (_direct if plan.algorithm == "direct" else _gram)
        scale = np.empty(len(A))
        scale.fill(1.0)  # np.ones takes longer than a small kernel's sums do
        sums = compute(problem, plan, A, w, scale)
        exponent = None
        for net, value in enumerate(sums[:, 3].tolist()):
            if not 1 / SAFE < value < SAFE and value != 0 and math.isfinite(value):
                exponent = np.zeros(len(A), dtype=np.int64) if exponent is None else exponent
                exponent[net] = min(-math.frexp(value)[1], 1023)
                scale[net] = math.ldexp(1.0, int(exponent[net]))
                own = slice(net, net + 1)
                sums[own] = compute(problem, plan, A[own], w[own], scale[own])
        if problem.total != 1:
            mantissa, shift = math.frexp(problem.total)
            sums[:, :3] /= [mantissa, mantissa, mantissa**2]
            exponent = (0 if exponent is None else exponent) + np.full(len(A), shift)
        return cls(sums, exponent, problem.net.batch_shape)

    def spectrum(self, P: int, names: Collection[str] = QUANTITIES) -> dict[str, Quantity]:
        """Return what they say about the spectrum, unscaled, as ``bounds.spectrum`` does."""
        return spectrum(self.sums, P, self.exponent, self.batch, names)


Compute: TypeAlias = Callable[[Problem, Plan, Array, Array, Array], Array]
"""Returns tr H_AA, tr H_ww, tr H² and largest of networks A, w, with e and p scaled."""


def blocks(problem: Problem, A: Array, w: Array, scale: Array, tile: int) -> list[Array]:
    """Return the blocks of the Hessians of networks A (n, m, d + 1), w (n, m + 1), and largest."""
    A, w = A.reshape(-1, *A.shape[-2:]), w.reshape(-1, w.shape[-1])
    flops = float(problem.kernels.traces_direct_flops(*problem.sizes)) * len(A)

    def of_part(*arguments: Any) -> Any:
        return problem.kernels.blocks(*arguments, *_space(problem, len(A), tile))

    parts = problem.over_samples(of_part, flops, *problem.samples, A, w, scale, tile=tile)
    if len(parts) == 1:
        return list(parts[0])
    *sums, largest = zip(*parts, strict=True)
    return [*(reduce(np.add, x) for x in sums), np.max(largest, axis=0)]


def _space(problem: Problem, n: int, tile: int) -> tuple[Array, Array]:
    """Allocate for the blocks of n networks, and for the products of features of some samples."""
    _, d, m = problem.sizes
    return _memory.empty(n * block_numbers(d, m)), _memory.empty(product_rows(d, m), tile)


def _direct(problem: Problem, plan: Plan, A: Array, w: Array, scale: Array) -> Array:
    """Return tr H_AA, tr H_ww, tr H² and largest (n, 4), from the blocks of H."""
    kernels, sizes, tile = problem.kernels, problem.sizes, plan.tile
    threads = _threads.count(plan.flops * len(A))

    def of_networks(own: slice) -> Array:
        options = 0, sizes[0], tile, *_space(problem, len(A[own]), tile)
        return kernels.traces_direct(*problem.samples, A[own], w[own], scale[own], *options)

    if threads == 1 and len(A) == 1:
        return of_networks(slice(None))
    if 0 < len(A) < threads:
        parts = [blocks(problem, A[n], w[n], scale[n : n + 1], tile) for n in range(len(A))]
        return np.concatenate([np.c_[kernels.squares(*x[:3]), x[3]] for x in parts])
    group = direct_group(*sizes[1:]) * threads
    done = [np.empty((0, 4))]  # for an empty batch
    for start in range(0, len(A), group):
        edges = _threads.ranges(min(group, len(A) - start), threads)
        own = [(slice(start + a, start + b),) for a, b in edges]
        done += _threads.run(of_networks, own)
    return np.concatenate(done)


def _gram(problem: Problem, plan: Plan, A: Array, w: Array, scale: Array) -> Array:
    """Return the same from Gram matrices, one network after the other."""
    sums = np.empty((len(A), 4))
    for n in range(len(A)):
        sums[n] = _gram_of_one(problem, plan, A[n], w[n], float(scale[n]))
    return sums


def _gram_of_one(
    problem: Problem, plan: Plan, A: Array, w: Array, scale: float
) -> tuple[float, ...]:
    kernels, data, (N, _, m) = problem.kernels, problem.data, problem.sizes
    rows = _memory.empty(kernels.GRAM_ROWS, m, data.XT.shape[1])
    vectors = _memory.empty(kernels.GRAM_VECTORS, N)

    def features(*arguments: Any) -> Any:
        return kernels.gram_features(*arguments, rows, vectors)

    flops, arguments = 4 * problem.forward_flops(), (*problem.samples, A, w, scale)
    hidden, output, largest, left, right = zip(
        *problem.over_samples(features, flops, *arguments), strict=True
    )
    threads = _threads.count(plan.flops)
    pairs = (data.XT, data.gram, w, rows, vectors)
    parts = _threads.run(
        kernels.gram_pairs, [(*pairs, part, threads, plan.tile) for part in range(threads)]
    )
    squared = (reduce(np.add, left) * reduce(np.add, right)).sum() + reduce(np.add, parts).sum()
    return sum(hidden), sum(output), max(squared, 0.0), max(largest)


def trace(
    net: Network,
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
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
    Eqs. (19)-(21). Time O(N d m), memory O(m).

    Examples
    --------
    With all weights zero, only the output's bias has curvature, 1/4 per sample:

    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> trace(net, [[0.0], [1.0]], [0, 1])
    0.5
    """
    problem = Problem.of(net, X, y, sample_weight, reduction)
    sums = (_trace(problem, A, w) for A, w in problem.networks())
    return problem.reduced("tr H", 0, sums)


def _trace(problem: Problem, A: Array, w: Array) -> float:
    flops, arguments = problem.forward_flops(), (*problem.samples, A, w)
    parts = problem.over_samples(problem.kernels.trace, flops, *arguments)
    return float(sum(hidden + output for hidden, output in parts))


def trace_squared(
    net: Network,
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
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
    problem = Problem.of(net, X, y, sample_weight, reduction)
    found = Moments.of(problem).spectrum(net.n_parameters, ("trace_squared",))
    return found["trace_squared"]

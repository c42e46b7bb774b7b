"""tr H and tr H² without forming H."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from hessbound._typing import Array
from hessbound.depth._deep import DeepProblem
from hessbound.engine import _kernels, _memory, _threads
from hessbound.engine._plan import block_numbers, direct_group, product_rows
from hessbound.engine._problem import Problem

from ._bounds import QUANTITIES, Moved, spectrum

SAFE = 2.0**200
"""Where the largest of |e| and p is beyond this or its inverse, they are scaled by a power of two:
squares of them could over- or underflow."""

TINY = 2.0**-900
"""Where tr H² is smaller, squares that underflow may be missing: then e and p are scaled too."""

AT_ONCE = 1e7
"""Floating-point operations (a millisecond or so) below which the number of calls matters."""

_LARGEST_EXPONENT = 980
"""Of e and p when they are scaled; what they are multiplied with is seldom larger than 2⁴⁰."""

_MOST = 1023
"""The largest power of two."""


@dataclass(slots=True)
class Moments:
    """tr H_AA, tr H_ww and tr H² of n networks, scaled by powers of two so that none underflows.

    A quantity that is linear in H is ``value * 2**-exponent``; tr H² is ``squared * 4**-exponent``.
    Where |v| is about 400, e and p are near 1e-174, and where |u| is about 200, so are f' and f''
    of tanh; tr H² is near 1e-348. As zero it would make the upper bound smaller than the largest
    eigenvalue.
    """

    sums: Array  # (n, 3), and what else there is to a row
    exponent: NDArray[np.int64]  # (n,)
    batch: tuple[int, ...]
    moved: Moved | None = None  # where there is a penalty, the sums are those of H + D − cI

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Compute the traces of each network; divide by Σω for the mean."""
        compute = _direct if problem.plan.algorithm == "direct" else _gram
        centred = problem.centred
        move = 0.0 if centred is None else centred.move

        def of_networks(own: slice, scale: float) -> Array:
            A, w = problem.A[own], problem.w[own]
            sums = compute(problem, A, w, np.full(len(A), scale))
            if centred is not None:
                centred.add_to(sums, problem.of_networks(A, w), scale)
            return sums

        sums, exponent = of_networks(slice(None), 1.0), np.zeros(len(problem.A), np.int64)
        for net, (square, largest) in enumerate(sums[:, 2:].tolist()):
            if shift := _shift(square + move * move, largest, 0, squared=True):
                one = partial(of_networks, slice(net, net + 1))
                (sums[net],), exponent[net] = settled(one, shift, move)
        return cls.divided(problem, sums, exponent, problem.net.batch_shape, move)

    @classmethod
    def divided(
        cls,
        problem: Problem | DeepProblem,
        sums: Array,
        exponent: NDArray[np.int64],
        batch: tuple[int, ...],
        move: float,
    ) -> Self:
        """Divide sums over the samples, which are overwritten, by Σω for the mean.

        Where there is a penalty, they are of H + D − cI, and c, unscaled, is ``move``.
        """
        mantissa, shift = problem.divisor
        sums[:, :3] /= [mantissa, mantissa, mantissa**2]
        moved = None
        if move:
            moved = np.ldexp(move, exponent) / mantissa, problem.hidden
        return cls(sums, exponent + shift, batch, moved)

    def spectrum(self, P: int, names: Collection[str] = QUANTITIES) -> dict[str, Any]:
        """Return what they say about the spectrum, unscaled, as ``bounds.spectrum`` does."""
        return spectrum(self.sums, P, self.exponent, self.batch, names, self.moved)

    def slopes(self, P: int) -> Array:
        """Return by how much tr H and tr H² of the sums move what is known of the spectrum."""
        module = _kernels.spectrum()
        if self.moved is not None:
            return module.moved_slopes(self.sums, *self.moved, P)
        return module.slopes(self.sums, P)


Scaled = TypeVar("Scaled", Array, tuple[Array, Any])


def settled(
    compute: Callable[[float], Scaled], shift: int, move: float, *, squared: bool = True
) -> tuple[Scaled, int]:
    """Compute with e and p scaled, until no square underflows; return that, and by which power.

    It begins with a row of tr H_AA, tr H_ww, tr H² and largest, of which the third does not matter
    where it is not ``squared`` that is wanted; they are of a matrix to which ``move`` I is added.
    """
    finite, most = None, _MOST
    while True:
        scale = math.ldexp(1.0, shift)
        found = compute(scale)
        *traces, square, largest = map(float, found[0])
        low = finite[1] if finite else 0
        if shift > low and not math.isfinite(sum(traces) + square):
            most, shift = shift - 1, (low + shift) // 2  # what they are multiplied with is large
            if finite and shift == low:
                return finite
            continue
        better = min(
            _shift(square + (move * scale) * (move * scale), largest, shift, squared), most
        )
        if better == shift:
            return found, shift
        finite, shift = (found, shift), better


def _shift(square: float, largest: float, shift: int, squared: bool) -> int:
    """Return by which power of two to scale e and p, given what came of the power ``shift``.

    ``largest`` is the largest of |e| and p unscaled. H may be smaller by any factor.
    """
    if largest == 0 or not math.isfinite(largest):
        return shift
    size = math.frexp(largest)[1]
    if shift == 0 and not 1 / SAFE < largest < SAFE:
        return min(-size, _MOST)
    if not squared or not square < TINY:
        return shift
    more = -math.frexp(square)[1] // 2 if square > 0 else _LARGEST_EXPONENT // 2
    return max(shift, min(shift + more, _LARGEST_EXPONENT - size, _MOST))


def summary(problem: Problem, names: Collection[str] = QUANTITIES) -> dict[str, Any]:
    """Return what the traces say about the spectrum; no quantity but those named may overflow."""
    plan, P = problem.plan, problem.net.n_parameters
    alone = not problem.net.batch_shape and problem.l2 is None
    if alone and plan.algorithm == "direct" and plan.flops < AT_ONCE:
        own = *problem.samples, problem.A, problem.w, P, *problem.divisor, plan.tile
        square, largest, values = problem.kernels.summary(*own)
        if math.isfinite(sum(values)) and not _shift(square, largest, 0, squared=True):
            return dict(zip(_kernels.spectrum().NAMES, values, strict=True))
    return Moments.of(problem).spectrum(P, names)


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


def _direct(problem: Problem, A: Array, w: Array, scale: Array) -> Array:
    """Return tr H_AA, tr H_ww, tr H² and largest (n, 4), from the blocks of H."""
    kernels, sizes, plan = problem.kernels, problem.sizes, problem.plan
    tile = plan.tile
    flops = plan.flops * len(A)
    threads = _threads.count(flops)

    def of_networks(own: slice) -> Array:
        options = 0, sizes[0], tile, *_space(problem, len(A[own]), tile)
        return kernels.traces_direct(*problem.samples, A[own], w[own], scale[own], *options)

    if len(A) == 1 and flops < _threads.WORTHWHILE:
        return of_networks(slice(None))
    if 0 < len(A) < threads:
        parts = [blocks(problem, A[n], w[n], scale[n : n + 1], tile) for n in range(len(A))]
        return np.concatenate([np.c_[kernels.squares(*x[:3]), x[3]] for x in parts])
    group = direct_group(*sizes[1:]) * threads
    done = [np.empty((0, 4))]  # for an empty batch
    for start in range(0, len(A), group):
        some = min(group, len(A) - start)
        own = [(slice(start + a, start + b),) for a, b in _threads.ranges(some, threads)]
        done += _threads.run(of_networks, own, flops=plan.flops * some)
    return np.concatenate(done)


def _gram(problem: Problem, A: Array, w: Array, scale: Array) -> Array:
    """Return the same from Gram matrices, one network after the other."""
    sums = np.empty((len(A), 4))
    for n in range(len(A)):
        sums[n] = _gram_of_one(problem, A[n], w[n], float(scale[n]))
    return sums


def _gram_of_one(problem: Problem, A: Array, w: Array, scale: float) -> tuple[float, ...]:
    kernels, data, (N, _, m) = problem.kernels, problem.data, problem.sizes
    rows = _memory.empty(kernels.GRAM_ROWS, m, data.XT.shape[1])
    vectors = _memory.empty(kernels.GRAM_VECTORS, N)

    def features(*arguments: Any) -> Any:
        return kernels.gram_features(*arguments, rows, vectors)

    flops, arguments = 4 * problem.forward_flops(), (*problem.samples, A, w, scale)
    hidden, output, largest, left, right = zip(
        *problem.over_samples(features, flops, *arguments), strict=True
    )
    parts = problem.over_pairs(kernels.gram_pairs, data.XT, data.gram, w, rows, vectors)
    squared = (reduce(np.add, left) * reduce(np.add, right)).sum() + reduce(np.add, parts).sum()
    return sum(hidden), sum(output), max(squared, 0.0), max(largest)

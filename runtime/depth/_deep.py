"""Functions of a network of any depth, sums over blocks of samples."""

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from hessbound._typing import REDUCTIONS, Array, Quantity, Reduction
from hessbound.data import _checks, _features
from hessbound.data._dataset import Dataset
from hessbound.data._mlp import MLP
from hessbound.engine import _memory, _threads
from hessbound.engine._penalty import L2, checked

from . import _passes, _slopes
from ._batches import over_groups, over_networks
from ._penalty import DeepPenalty

TILES = 256, 1024
"""How many samples at a time, at least and at most: fewer cost more calls than a cache saves."""

CACHED = 2**17
"""How many numbers that belong to a layer's samples, a row for each output, stay in a cache."""

PASSES = 512
"""How many samples at a time, at least, where there is a number for each unit and no more."""

GROUPED = 2**17
"""How many numbers networks that are taken at once have, at most, of each kind."""

MATRICES = 2**24
"""How many numbers the matrices of a block's samples have at most, with three hidden layers."""

MODERATE = 2.0**64
"""Sums of weights up to this, and down to its inverse, are taken as they are for the mean."""

SHARES = 4
"""Into how many sums those of a thread are divided, so that one that is slower takes fewer."""


def run(work: Callable[..., Any], calls: Sequence[tuple[Any, ...]], flops: float) -> list[Any]:
    """Call a function of a block for each; what overflows is found in the result."""

    def quietly(*arguments: Any) -> Any:
        with np.errstate(over="ignore", invalid="ignore"):
            return work(*arguments)

    _memory.keep_freed()
    with _threads.one_blas_thread():
        return _threads.run(quietly, calls, _threads.count(flops), flops=flops)


def run_and_add(
    work: Callable[..., tuple[Any, ...]], calls: Sequence[tuple[Any, ...]], flops: float
) -> tuple[Any, ...]:
    """Call a function of a block for each, and add up what it returns: no more is kept of it."""
    threads = _threads.count(flops)
    shares = _threads.ranges(len(calls), 1 if threads == 1 else SHARES * threads)

    def share(start: int, stop: int) -> tuple[Any, ...]:
        total = work(*calls[start])
        for own in calls[start + 1 : stop]:
            _threads.checkpoint()
            total = _added(total, work(*own))
        return total

    return reduce(_added, run(share, shares, flops))


def _added(total: tuple[Any, ...], more: tuple[Any, ...]) -> tuple[Any, ...]:
    """Add arrays in place, and numbers."""
    return tuple(map(operator.iadd, total, more))


@dataclass(frozen=True, eq=False)
class DeepProblem:
    """A network or a batch, samples as kernels take them, and how to reduce."""

    net: MLP[Any]  # or a batch: see over_networks and over_groups
    X: Array  # (N, d)
    y: Array  # (K, N), or classes (N,)
    omega: Array
    total: float
    l2: L2 | None = None  # None where nothing is penalised

    @classmethod
    def of(
        cls,
        net: MLP[Any],
        X: ArrayLike | Dataset,
        y: ArrayLike | None,
        sample_weight: ArrayLike | None,
        reduction: Reduction,
        l2: float | L2 = 0.0,
    ) -> Self:
        """Check everything."""
        _checks.one_of("reduction", reduction, REDUCTIONS)
        own = checked(l2) or None
        if own is not None:
            own.of_layers(net.n_layers - 1)
        if isinstance(X, Dataset):
            rows, labels, omega = X._for_mlp(net, y, sample_weight)
        else:
            rows = _rows(net, X)
            if y is None:
                message = "y must be given with X; only a hessbound.Dataset brings its own labels"
                raise TypeError(message)
            labels = _checks.labels_of_outputs(y, len(rows), net.n_outputs, net.loss)
            omega = np.ones(len(rows))
            if sample_weight is not None:
                omega = _checks.sample_weights(sample_weight, len(rows))
        total = 1.0
        if reduction == "mean":
            omega, total = _moderate(omega, float(omega.sum()))
        return cls(net, rows, labels, omega, total, own)

    @property
    def penalty(self) -> DeepPenalty | None:
        """What is added to the loss, where anything is."""
        return None if self.l2 is None else DeepPenalty(self.l2, self.net)

    def of_samples(self) -> None:
        """Refuse a penalty."""
        if self.l2 is not None:
            message = "l2 must be left out with per_sample=True: a penalty is no sample's"
            raise ValueError(message)

    @property
    def divisor(self) -> tuple[float, int]:
        """``total`` as a mantissa and an exponent, whose squares do not overflow."""
        return math.frexp(self.total) if self.total != 1 else (1.0, 0)

    @property
    def hidden(self) -> int:
        """How many parameters the hidden layers have."""
        last = f"b{self.net.n_layers}", f"W{self.net.n_layers}"
        return sum(x.size for name, x in self.net.parameters.items() if name not in last)

    @property
    def flops(self) -> float:
        """Count the operations of a forward pass."""
        weights = sum(int(W.shape[-2] * W.shape[-1]) for W in self.net.weights)
        return 2.0 * len(self.X) * weights

    @property
    def tile(self) -> int:
        """How many samples to take at a time."""
        rows = self.net.n_outputs * max(self.net.sizes[1:-1])
        found = min(max(CACHED // rows, TILES[0]), TILES[1])
        if self.net.n_layers > 3:
            found = min(found, max(MATRICES // max(W.size for W in self.net.weights[1:]), 8))
        return found

    @property
    def tile_of_passes(self) -> int:
        """The same, where there is a number for each unit and no more."""
        return min(max(CACHED // max(self.net.sizes[1:-1]), PASSES), TILES[1])

    @property
    def group(self) -> int:
        """How many networks of a batch to take at once: where they are small, some stay in a cache.

        Those that threads are worth for go alone, and where a block is a single sample: NumPy adds
        up a column in another order than columns side by side.
        """
        N, tile = len(self.X), self.tile_of_passes
        if 3.0 * self.flops >= _threads.WORTHWHILE or N % tile == 1:
            return 1
        return max(GROUPED // (min(N, tile) * sum(self.net.sizes[1:]) + self.net.n_parameters), 1)

    def over(
        self, work: Callable[..., Any], cost: float = 3.0, tile: int | None = None
    ) -> list[Any]:
        """Call a function with each block of samples: their inputs, labels and weights."""
        flops = cost * self.flops
        return run(lambda own: work(*self.block(own)), self._blocks(flops, tile), flops)

    def added(
        self, work: Callable[..., tuple[Any, ...]], cost: float = 3.0, tile: int | None = None
    ) -> tuple[Any, ...]:
        """Do the same, and add up what the function returns."""
        flops = cost * self.flops
        return run_and_add(lambda own: work(*self.block(own)), self._blocks(flops, tile), flops)

    @property
    def laid_out(self) -> list[tuple[Array, ...]]:
        """What belongs to each block of samples, to use again and again."""
        return [self.block(*own) for own in self._blocks(3.0 * self.flops, self.tile_of_passes)]

    def _blocks(self, flops: float, tile: int | None) -> list[tuple[slice]]:
        """Divide the samples, among threads too."""
        N, threads = len(self.X), _threads.count(flops)
        found = tile or self.tile
        if threads > 1:
            found = min(found, max(-(-N // (SHARES * threads)), min(found, TILES[0])))
        return [(slice(a, min(a + found, N)),) for a in range(0, N, found)]

    def block(self, own: slice) -> tuple[Array, Array, Array]:
        """Return inputs (d, n), labels (K, n) and weights (n,) of a block."""
        y = self.y[..., own]
        if y.ndim == 1:
            classes, y = y.astype(int), np.zeros((self.net.n_outputs, len(y)))
            y[classes, np.arange(len(classes))] = 1.0
        x, omega = self.X[own].T, self.omega[own]
        if not omega.all():
            x = np.where(omega > 0, x, 0.0)  # so that nothing overflows that does not count
        return x, y, omega

    def vector(self, parts: Iterable[tuple[Array, Array]]) -> Array:
        """Return what belongs to the biases and weights of each layer in the order of θ."""
        batch = self.net.batch_shape
        return np.concatenate([x.reshape(*batch, -1) for x in self._ordered(parts)], axis=-1)

    def rows(self, parts: Iterable[tuple[Array, Array]], n: int) -> Array:
        """Return the same of each of n samples, (n, P); arrays have them last."""
        columns = np.concatenate([x.reshape(-1, n) for x in self._ordered(parts)])
        return np.ascontiguousarray(columns.T)

    def _ordered(self, parts: Iterable[tuple[Array, Array]]) -> list[Array]:
        named: dict[str, Array] = {}
        for n, (beta, W) in enumerate(parts, start=1):
            named |= {f"b{n}": beta, f"W{n}": W}
        return [named[name] for name in self.net.parameters]

    def passed(
        self, order: int, x: Array, y: Array, omega: Array
    ) -> tuple[_passes.Forward, _passes.Head]:
        """Return the forward pass of a block, and its loss."""
        found = _passes.forward(self.net, x, order)
        return found, _passes.head(self.net, found.v, y, omega)


def _moderate(omega: Array, total: float) -> tuple[Array, float]:
    """Return weights and their sum times a power of two, where they might over- or underflow."""
    if 1 / MODERATE < total < MODERATE:
        return omega, total
    size = math.frexp(total)[1]
    return np.ldexp(omega, -size), math.ldexp(total, -size)


def _rows(net: MLP[Any], X: ArrayLike) -> Array:
    """Return inputs (N, d)."""
    _features.compare(net.feature_names, _features.of_table(X))
    rows = _checks.real_numbers("X", X)
    _checks.inputs(rows, net.n_inputs)
    _checks.finite("X", rows)
    return rows


def outputs(net: MLP[Any], X: ArrayLike) -> Array:
    """Return the outputs (..., N, K)."""
    return _passed(_of_inputs(net, X), "the output", lambda passed: passed.v)


def hidden_outputs(net: MLP[Any], X: ArrayLike) -> Array:
    """Return what the last hidden layer puts out (..., N, m)."""
    return _passed(_of_inputs(net, X), "a hidden output", lambda passed: passed.h[-1])


def _of_inputs(net: MLP[Any], X: ArrayLike) -> DeepProblem:
    """Return a problem whose labels do not matter."""
    rows = _rows(net, X)
    N = len(rows)
    return DeepProblem(net, rows, np.zeros((net.n_outputs, N)), np.ones(N), 1.0)


@over_networks
def _passed(problem: DeepProblem, what: str, part: Callable[[_passes.Forward], Array]) -> Array:
    """Return a part of the forward pass, a row for each sample."""
    tile = problem.tile_of_passes
    rows = problem.over(lambda x, y, omega: part(_passes.forward(problem.net, x, 0)).T, 1.0, tile)
    return _finite(what, np.ascontiguousarray(np.concatenate(rows)))


def _finite(quantity: str, values: Array) -> Array:
    return np.asarray(_checks.result(quantity, values))


@over_groups
def loss(problem: DeepProblem, *, per_sample: bool) -> Quantity:
    """Return the loss, or that of each sample (N,)."""
    if per_sample:
        problem.of_samples()
    tile = problem.tile_of_passes
    rows = problem.over(lambda *block: problem.passed(0, *block)[1].loss, 1.0, tile)
    values = np.concatenate(rows, axis=-1) / problem.total
    if per_sample:
        return _checks.result("the loss", values)
    penalty = problem.penalty
    return _checks.result("the loss", values.sum(axis=-1) + (penalty.value if penalty else 0.0))


@over_groups
def loss_and_gradient(problem: DeepProblem) -> tuple[Quantity, Array]:
    """Return the loss and its gradient (P,)."""
    value, gradient = sums(problem)
    if (penalty := problem.penalty) is not None:
        value, gradient = value + penalty.value, gradient + penalty.gradient
    return _checks.result("the loss", value), _finite("the gradient", gradient)


def sums(
    problem: DeepProblem, blocks: Sequence[tuple[Array, ...]] | None = None
) -> tuple[Any, Array]:
    """Return both without the penalty, unchecked, from blocks that are laid out already."""

    def work(*block: Array) -> tuple[Any, Array]:
        net, (passed, top) = problem.net, problem.passed(1, *block)
        g = _passes.slopes(net, passed, top.g)
        steps = _passes.steps()
        parts = [steps.gradient(h, own) for h, own in zip(passed.h, g, strict=True)]
        return top.loss.sum(axis=-1), problem.vector(parts)

    if blocks is None:
        found = problem.added(work, tile=problem.tile_of_passes)
    else:
        found = run_and_add(work, blocks, 3.0 * problem.flops)
    value, gradient = (x / problem.total for x in found)
    return value, gradient


@over_networks
def gradients(problem: DeepProblem) -> Array:
    """Return the gradient of each sample's loss, (N, P)."""
    problem.of_samples()

    def work(*block: Array) -> Array:
        net, (passed, top) = problem.net, problem.passed(1, *block)
        g = _passes.slopes(net, passed, top.g)
        steps = _passes.steps()
        parts = [steps.gradients(h, own) for h, own in zip(passed.h, g, strict=True)]
        return problem.rows(parts, g[0].shape[1])

    found = np.concatenate(problem.over(work)) / problem.total
    return _finite("the gradient", found)


@over_networks
def trace(
    problem: DeepProblem, *, per_layer: bool, per_sample: bool, per_part: bool = False
) -> Quantity:
    """Return tr H, of all parts, layers and samples or of each, (2, L + 1, N)."""
    if per_sample:
        problem.of_samples()
    found: Any = np.array(traces(problem, per_sample=per_sample))
    if not per_sample and (penalty := problem.penalty) is not None:
        found[0] += penalty.by_layer(problem.net)
    if not per_layer:
        found = found.sum(axis=1)
    if not per_part:
        found = found.sum(axis=0)
    return _checks.result("tr H", found if np.ndim(found) else float(found))


def traces(problem: DeepProblem, *, per_sample: bool = False) -> tuple[Array, Array]:
    """Return Gauss-Newton and residual parts of tr H_ll of each layer (L + 1,), or (L + 1, N)."""
    net, steps = problem.net, _passes.steps()

    def each(*block: Array) -> Array:
        passed, top = problem.passed(2, *block)
        found = np.zeros((2, net.n_layers, len(block[2])))
        for level in _passes.curvatures(net, passed, top):
            n = level.layer
            kappa = _passes.tangents(net, n, passed.h[n])
            for part, d in enumerate((level.factor, level.rest)):
                found[part, n] = steps.traces(d, kappa)
        return found

    def work(*block: Array) -> tuple[Array]:
        return (each(*block).sum(axis=-1),)

    found = np.concatenate(problem.over(each), axis=2) if per_sample else problem.added(work)[0]
    found /= problem.total
    return found[0], found[1]


@over_networks
def trace_and_gradient(problem: DeepProblem) -> tuple[Quantity, Array]:
    """Return tr H and its gradient (P,)."""
    net, steps = problem.net, _passes.steps()

    def work(x: Array, *y: Array) -> tuple[float, Array]:
        passed, top = problem.passed(3, x, *y)
        levels = list(_passes.curvatures(net, passed, top))[::-1]
        kappa = [_passes.tangents(net, n, h) for n, h in enumerate(passed.h)]
        traces = (steps.traces(own.factor + own.rest, kappa[own.layer]) for own in levels)
        slopes = _slopes.gradient(net, passed, top, levels, kappa, *y)
        return float(sum(map(np.sum, traces))), problem.vector(slopes)

    value, gradient = (x / problem.total for x in problem.added(work, 9.0))
    if problem.penalty is not None:  # its Hessian does not depend on θ
        value += float(problem.penalty.curvature.sum())
    return _checks.result("tr H", value), _finite("the gradient of tr H", gradient)


@over_networks
def diagonals(problem: DeepProblem) -> Array:
    """Return what each sample adds to the diagonal of the Hessian, (N, P)."""
    problem.of_samples()

    def work(*block: Array) -> Array:
        parts = _diagonals(problem, _passes.steps().diagonals_of_each, *block)
        return problem.rows(parts, len(block[2]))

    found = np.concatenate(problem.over(work)) / problem.total
    return _finite("the Hessian's diagonal", found)


def _diagonals(problem: DeepProblem, step: Any, *block: Array) -> list[Any]:
    """Return what a step makes of diag B and the inputs of each layer, from the first one up."""
    passed, top = problem.passed(2, *block)
    levels = _passes.curvatures(problem.net, passed, top)
    return [step(passed.h[own.layer], own.factor + own.rest) for own in levels][::-1]


@over_networks
def diagonal(problem: DeepProblem) -> Array:
    """Return the diagonal of the Hessian (P,)."""

    def work(*block: Array) -> tuple[Array]:
        return (problem.vector(_diagonals(problem, _passes.steps().diagonals, *block)),)

    total = problem.added(work)[0] / problem.total
    if (penalty := problem.penalty) is not None:
        total += penalty.curvature
    return _finite("the Hessian's diagonal", total)

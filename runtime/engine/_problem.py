"""A checked question: a batch of networks, samples, and a reduction, with the kernels to answer it.

Every public function goes through ``Problem.of``, so there is one place where input is checked, and
one where work is divided among networks and threads.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hessbound._typing import REDUCTIONS, Array, Quantity, Reduction
from hessbound.data import _checks, _features
from hessbound.data._dataset import Dataset
from hessbound.data._mlp import MLP
from hessbound.data._network import Network
from hessbound.data._samples import Samples
from hessbound.engine._penalty import L2, Centred, Penalty, checked

from . import _kernels, _memory, _threads
from ._plan import Plan, plan, sample_tile

OF_ANY_DEPTH = (
    "logits",
    "hidden_outputs",
    "loss",
    "gradient",
    "loss_and_gradient",
    "hessian",
    "hessian_diagonal",
    "hessian_operator",
    "gauss_newton_operator",
    "trace",
    "trace_gradient",
    "trace_squared",
    "sharpness",
    "extreme_eigenvalues",
    "gradient_descent",
)
"""The functions that take an ``MLP``."""

ALONE_FLOPS = 4000.0
"""How many operations take as long as what a sample costs more that is summed alone."""

_PART_BYTES = 2**18  # of such sums at a time: they stay in a cache, where they are soon copied


@dataclass(slots=True)
class Problem:
    """Networks and samples in the form that kernels take; ``total`` is 1 or Σω (for the mean)."""

    net: Network[Any]
    kernels: _kernels.KernelModule
    data: Samples
    total: float
    A: Array  # (n, m, d + 1), the networks of the batch
    w: Array  # (n, m + 1)
    l2: L2 | None = None  # None where nothing is penalised

    @classmethod
    def of(
        cls,
        net: Network[Any],
        X: ArrayLike | Dataset,
        y: ArrayLike | None,
        sample_weight: ArrayLike | None,
        reduction: Reduction,
        l2: float | L2 = 0.0,
    ) -> Self:
        """Check everything."""
        _a_network(net)
        _checks.one_of("reduction", reduction, REDUCTIONS)
        own = None if type(l2) is float and l2 == 0 else checked(l2) or None
        if own is not None:
            own.of_layers(1)
        data = _samples(X, y, sample_weight, net)
        total = data.total if reduction == "mean" else 1.0
        kernels = _kernels.load(net.activation, net.loss)
        return cls(net, kernels, data, total, *_stacked(net, data), own)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """N, d and m; inputs that are 0 in every sample of a Dataset do not count."""
        return len(self.data.y), self.A.shape[2] - 1, self.A.shape[1]

    @property
    def present(self) -> NDArray[np.int64] | None:
        """The parameters on which anything depends, by their places in θ; None stands for all."""
        if self.data.kept is None:
            return None
        m, P = self.net.n_hidden, self.net.n_parameters
        weights = np.arange(P - m - 1).reshape(-1, m)[self.data.columns]
        return np.concatenate([weights.ravel(), np.arange(P - m - 1, P)])

    @property
    def penalty(self) -> Penalty | None:
        """What is added to the loss, where anything is."""
        return Penalty(self.l2, self.net.n_inputs, self.net.n_hidden) if self.l2 else None

    @property
    def centred(self) -> Centred | None:
        """Its Hessian as a multiple of the identity and the rest."""
        penalty = self.penalty
        return None if penalty is None else Centred(penalty, self)

    def of_networks(self, A: Array, w: Array) -> Self:
        """Return the same question about some of the networks."""
        return replace(self, A=A, w=w)

    def of_all_inputs(self) -> Self:
        """Return the same with those inputs that are 0 in every sample of a Dataset."""
        A, w = self.net._stacked
        return replace(self, data=self.data.with_all_inputs(self.net.n_inputs), A=A, w=w)

    @property
    def divisor(self) -> tuple[float, int]:
        """Return ``total`` as a mantissa and an exponent, whose squares do not overflow."""
        return math.frexp(self.total) if self.total != 1 else (1.0, 0)

    @property
    def hidden(self) -> int:
        """How many parameters the hidden layer has."""
        return int(self.net._span("hidden").stop)

    @property
    def plan(self) -> Plan:
        """How to compute tr H²."""
        return plan(self.net.activation, *self.sizes)

    @property
    def samples(self) -> tuple[Array, Array, Array]:
        """XT, y and ω."""
        return self.data.XT, self.data.y, self.data.omega

    def networks(self) -> Iterator[tuple[Array, Array]]:
        """Yield A and w of each network."""
        yield from zip(self.A, self.w, strict=True)

    def over_samples(
        self, kernel: Callable[..., Any], flops: float, *arguments: Any, tile: int | None = None
    ) -> list[Any]:
        """Call a kernel on all samples, or on several threads with a part each.

        The kernel takes start, stop and tile after the arguments.
        """
        N, _, m = self.sizes
        tile = tile or sample_tile(m)
        parts = _threads.ranges(N, _threads.count(flops), tile)
        calls = [(*arguments, *part, tile) for part in parts]
        return _threads.run(kernel, calls, flops=flops)

    def over_pairs(self, kernel: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Call a kernel on all pairs of samples, in shares that threads take one after the other.

        The kernel takes share, shares and tile after the arguments.
        """
        flops, tile = self.plan.flops, self.plan.tile
        shares = _threads.shares(flops)
        calls = [(*arguments, share, shares, tile) for share in range(shares)]
        return _threads.run(kernel, calls, _threads.count(flops), flops=flops)

    def over_networks(self, kernel: Callable[..., Any], flops: float) -> list[Array]:
        """Return sums over the samples for each network (n, ...), as many as a kernel returns.

        The kernel takes networks, and does not allocate for each; ``flops`` are those of one.
        Threads share the networks, or the samples where each network has work for several.
        """
        n, (N, _, m) = len(self.A), self.sizes
        tile = sample_tile(m)
        if flops * n < _threads.WORTHWHILE:  # to divide it takes as long as a small kernel
            return list(kernel(*self.samples, self.A, self.w, N, 0, N, tile))
        if n and _threads.count(flops) > 1:
            nets = [(*self.samples, self.A[k : k + 1], self.w[k : k + 1], N) for k in range(n)]
            shared = (zip(*self.over_samples(kernel, flops, *x), strict=True) for x in nets)
            parts = [[reduce(np.add, x) for x in sums] for sums in shared]
        else:
            total = flops * n
            shares = _threads.ranges(n, _threads.shares(total))
            calls = [(*self.samples, self.A[a:b], self.w[a:b], N, 0, N, tile) for a, b in shares]
            parts = _threads.run(kernel, calls, _threads.count(total), flops=total)
        return [x[0] if len(x) == 1 else np.concatenate(x) for x in zip(*parts, strict=True)]

    def each(self, quantity: str, axes: int, kernel: Callable[..., Any]) -> Array:
        """Return the last of what a kernel makes of each sample alone, (..., N) and as of a sum.

        Samples of weight zero, which it does not see, have zeros.
        """
        if self.l2:
            message = "l2 must be left out with per_sample=True: a penalty is no sample's"
            raise ValueError(message)
        n, (N, d, m), given = len(self.A), self.sizes, self.data.present
        numbers = self.net.n_parameters if axes else 1
        _memory.each_sample_fits(self.net.batch_shape, N if given is None else len(given), numbers)
        sums = _memory.empty(n, N, *[m * (d + 2) + 1] * axes)

        def of_part(start: int, stop: int) -> None:
            found = kernel(*self.samples, self.A, self.w, 1, start, stop, 1)[-1]
            sums[:, start:stop] = found.reshape(sums[:, start:stop].shape)

        flops = n * (ALONE_FLOPS * N + 8 * self.forward_flops())
        parts = _threads.ranges(N, 1 + sums.nbytes // _PART_BYTES)
        _threads.run(of_part, parts, _threads.count(flops), flops=flops)
        rows = self._of_theta(axes, sums)
        if given is not None:
            seen, rows = rows, np.zeros((n, len(given), *rows.shape[2:]))
            rows[:, given] = seen
        shape = self.net.batch_shape + rows.shape[1:]
        return np.asarray(_checks.result(quantity, rows.reshape(shape)))

    def forward_flops(self) -> float:
        """Count the operations of a forward pass; an activation costs about as much as 50."""
        N, d, m = self.sizes
        return 2.0 * N * m * (d + 25)

    def reduced(
        self, quantity: str, axes: int, sums: Array, adds: "Adds | None" = None
    ) -> Quantity:
        """Divide sums over the samples, a row for each network, by ``total``; add the penalty.

        Of the ``axes`` of a row each has as many places as θ. ``adds`` is what the penalty adds; to
        a Hessian that is its diagonal.
        """
        sums = self._of_theta(axes, sums)
        if adds is not None and (penalty := self.penalty) is not None:
            own = np.einsum("nii->ni", sums) if axes == 2 else sums  # a view
            own += adds(penalty, self.net)
        batch = self.net.batch_shape
        return _checks.result(
            quantity, sums.reshape((*batch, *sums.shape[1:])) if batch else sums[0]
        )

    def _of_theta(self, axes: int, sums: Array) -> Array:
        """Divide sums by ``total``; their last axes get as many places as θ."""
        if axes and self.present is not None:
            found: Any = np.zeros((*sums.shape[:-axes], *[self.net.n_parameters] * axes))
            found[(..., *np.ix_(*[self.present] * axes))] = sums
            sums = found
        return sums if self.total == 1 else sums / self.total


Adds: TypeAlias = Callable[[Penalty, Network[Any]], Array | float]


def _stacked(net: Network[Any], data: Samples) -> tuple[Array, Array]:
    A, w = net._stacked
    return (A if data.kept is None else A[..., data.columns].copy()), w


def _samples(
    X: ArrayLike | Dataset, y: ArrayLike | None, sample_weight: ArrayLike | None, net: Network[Any]
) -> Samples:
    if not isinstance(X, Dataset):
        if y is None:
            message = "y must be given with X; only a hessbound.Dataset brings its own labels"
            raise TypeError(message)
        _features.compare(net.feature_names, _features.of_table(X))
        return Samples.of(X, y, sample_weight, net.loss, net.n_inputs)
    return X._for_network(net, y, sample_weight)


def _a_network(net: object) -> None:
    if not isinstance(net, Network):
        rule, hint = "Network or MLP", ""
        if isinstance(net, MLP):
            rule, hint = "Network", f"; an MLP has {', '.join(OF_ANY_DEPTH)}"
        elif hasattr(net, "coefs_"):
            hint = "; convert it with hessbound.from_sklearn or MLP.from_sklearn"
        elif hasattr(net, "state_dict"):
            hint = "; convert it with MLP.from_torch"
        message = f"net must be a hessbound.{rule}, got {type(net).__name__}{hint}"
        raise TypeError(message)

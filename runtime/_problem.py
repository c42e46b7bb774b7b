"""A checked question: a batch of networks, samples, and a reduction, with the kernels to answer it.

Every public function goes through ``Problem.of``, so there is one place where input is checked and
one where the loop over a batch stands.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from . import _checks, _kernels
from ._plan import Plan, direct_tile, plan
from ._typing import Array, Quantity, Reduction
from .network import Network


@dataclass(frozen=True)
class Problem:
    """Networks and samples in the form that kernels take; ``total`` is 1 or Σω (for the mean)."""

    net: Network
    kernels: _kernels.KernelModule
    Xb: Array
    y: Array
    omega: Array
    total: float

    @classmethod
    def of(
        cls,
        net: Network,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        reduction: Reduction,
    ) -> Self:
        """Check everything; drop samples of weight zero, which count as absent."""
        _a_network(net)
        _checks.known_reduction(reduction)
        rows, labels = _checks.floats("X", X), _checks.floats("y", y)
        _checks.inputs(rows, net.n_inputs)
        N = len(rows)
        _checks.labels(labels, N)
        omega = np.ones(N)
        if sample_weight is not None:
            omega = _checks.floats("sample_weight", sample_weight)
            _checks.weights(omega, N)
        total = float(omega.sum()) if reduction == "mean" else 1.0
        present = omega > 0
        Xb = np.column_stack([np.ones(N), rows])
        if not present.all():
            Xb, labels, omega = Xb[present], labels[present], omega[present]
        return cls(net, _kernels.load(net.activation), Xb, labels, omega, total)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """N, d and m."""
        return len(self.Xb), self.net.n_inputs, self.net.n_hidden

    @property
    def plan(self) -> Plan:
        """How to compute tr H²."""
        return plan(self.kernels, *self.sizes)

    @property
    def tile(self) -> int:
        """How many samples to take at a time for a dense Hessian."""
        return direct_tile(*self.sizes)

    def networks(self) -> Iterator[tuple[Array, Array]]:
        """Yield A and w of each network; copies, since numba compiles anew for read-only arrays."""
        count, (m, columns) = math.prod(self.net.batch_shape), self.net.A.shape[-2:]
        A, w = self.net.A.reshape(count, m, columns), self.net.w.reshape(count, m + 1)
        for index in range(count):
            yield A[index].copy(), w[index].copy()

    def reduced(
        self,
        quantity: str,
        shape: tuple[int, ...],
        kernel: Callable[..., Array | float],
        *options: int | Array,
    ) -> Quantity:
        """Compute a sum over the samples for each network, and reduce it."""
        sums = (kernel(self.Xb, A, w, self.y, self.omega, *options) for A, w in self.networks())
        batch = self.net.batch_shape
        if batch:
            rows = np.empty((math.prod(batch), *shape))
            for index, value in enumerate(sums):
                rows[index] = value
            values = rows.reshape(*batch, *shape)
        else:
            values = np.asarray(next(sums))
        values /= self.total
        return _checks.result(quantity, values)


def _a_network(net: object) -> None:
    if not isinstance(net, Network):
        hint = "; convert it with hessbound.from_sklearn" if hasattr(net, "coefs_") else ""
        message = f"net must be a hessbound.Network, got {type(net).__name__}{hint}"
        raise TypeError(message)

"""Networks with data of a given size, and how contenders for a task are declared."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

import hessbound as hb

Shape = tuple[int, int, int]


def drawn(activation: str, N: int, d: int, m: int) -> tuple[hb.Network, Any, Any]:
    """Draw a network and samples: weights that keep u and v near 1, labels that it may get wrong.

    Times do not depend on the numbers, but for the iterations of an eigensolver.
    """
    rng = np.random.default_rng([N, d, m])
    A = rng.normal(size=(m, d + 1)) / np.sqrt(d + 1)
    w = rng.normal(size=m + 1) / np.sqrt(m + 1)
    X = rng.normal(size=(N, d))
    y = (X[:, 0] + rng.normal(size=N) > 0).astype(np.float64)
    return hb.Network(A, w, activation=activation), X, y


@dataclass(frozen=True)
class Problem:
    """A network, or a batch of them, with samples; the same numbers every time."""

    N: int
    d: int
    m: int
    batch: int = 1
    activation: str = "tanh"

    @property
    def P(self) -> int:
        """The number of parameters."""
        return self.m * (self.d + 1) + self.m + 1

    @cached_property
    def _drawn(self) -> tuple[hb.Network, Any, Any]:
        return drawn(self.activation, self.N, self.d, self.m)

    @property
    def net(self) -> hb.Network:
        """The network."""
        return self._drawn[0]

    @property
    def X(self) -> np.ndarray:
        """Inputs (N, d)."""
        return self._drawn[1]

    @property
    def y(self) -> np.ndarray:
        """Labels (N,)."""
        return self._drawn[2]

    @cached_property
    def Xb(self) -> np.ndarray:
        """Inputs with a leading column of ones."""
        return np.column_stack([np.ones(self.N), self.X])

    @cached_property
    def z(self) -> np.ndarray:
        """The vector to multiply by the Hessian (P,), and where all eigensolvers start."""
        return np.random.default_rng(0).standard_normal(self.P)

    @cached_property
    def nets(self) -> hb.Network:
        """The batch: points around the network, as along a path of training."""
        noise = np.random.default_rng(2).normal(size=(self.batch, self.P))
        theta = self.net.theta + 0.1 * noise
        sizes = {"n_inputs": self.d, "n_hidden": self.m}
        return hb.Network.from_theta(theta, **sizes, activation=self.activation)


class Skipped(Exception):
    """A contender that does not take part; the message says why."""


class Contender(NamedTuple):
    """A way to do a task.

    ``prepare`` does what a user does once and returns the call that is timed. ``values`` brings
    what that call returns into the form of the reference, or of the ``part`` that it computes.
    ``flops`` estimates its operations, so that what would take minutes is not begun; ``bytes`` its
    memory. One call does the task ``count`` times.
    """

    name: str
    prepare: Callable[[Problem], Callable[[], Any]]
    values: Callable[[Any], Any] = np.asarray
    flops: Callable[[Problem], float] = lambda problem: 0.0
    bytes: Callable[[Problem], float] = lambda problem: 0.0
    ours: bool = False
    activation: str = "tanh"
    stochastic: bool = False
    count: int = 1
    part: Callable[[Any], Any] = lambda reference: reference

"""The shapes, labels and weights that tests share, and how close numbers must be."""

import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.testing import assert_allclose

import hessbound as hb

from . import oracles

SAME = 1e-12  # one formula, another order of summation
DENSE = 1e-12  # a closed form against a dense Hessian
FD = 5e-6  # fourth-order central differences
EPS = np.finfo(float).eps

FUNCTIONS = (hb.loss, hb.gradient, hb.hessian, hb.trace, hb.trace_squared)


@dataclass(frozen=True)
class Case:
    """Sizes and kinds from which ``problem`` draws numbers, the same ones each time."""

    name: str
    N: int
    d: int
    m: int
    soft_labels: bool = False
    weights: bool = False


CASES = (
    Case("typical", 7, 3, 2),
    Case("smallest", 1, 1, 1),
    Case("one sample", 1, 3, 4),
    Case("one input", 6, 1, 3),
    Case("one hidden unit", 5, 3, 1),
    Case("soft labels", 6, 2, 2, soft_labels=True),
    Case("weights", 6, 2, 2, weights=True),
    Case("soft labels and weights", 5, 2, 3, soft_labels=True, weights=True),
    Case("more inputs than samples", 4, 8, 3),
    Case("several tiles", 150, 2, 3, weights=True),
)


@dataclass(frozen=True)
class Problem:
    """A network with samples; ``weight`` are ones where the case has no weights."""

    net: hb.Network
    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray

    @property
    def Xb(self):
        return np.column_stack([np.ones(len(self.X)), self.X])

    @property
    def samples(self):
        """What every kernel takes first: X transposed under ones and padded, y and weights."""
        padded = np.pad(self.Xb.T, ((0, 0), (0, 24)), constant_values=np.nan)
        return np.ascontiguousarray(padded), self.y, self.weight

    @property
    def kernel_arguments(self):
        """Samples and parameters; copies, since the network's arrays are read-only."""
        return *self.samples, self.net.A.copy(), self.net.w.copy()


@cache
def problem(case, activation):
    """Draw a network and samples for a case; seeded by the case's name."""
    rng = np.random.default_rng(zlib.crc32(case.name.encode()))
    A = rng.normal(size=(case.m, case.d + 1))
    w = rng.normal(size=case.m + 1)
    X = rng.normal(size=(case.N, case.d))
    y = rng.uniform(size=case.N) if case.soft_labels else rng.integers(0, 2, case.N).astype(float)
    weight = rng.uniform(0.1, 3.0, case.N) if case.weights else np.ones(case.N)
    return Problem(hb.Network(A, w, activation=activation), X, y, weight)


@cache
def reference(case, activation):
    """The oracle's answer for that problem."""
    p = problem(case, activation)
    return oracles.reference(p.net, p.X, p.y, p.weight)


def assert_same(actual, expected, rtol=1e-11):
    """Equal but for rounding, relative to the largest entry."""
    expected = np.asarray(expected)
    assert_allclose(actual, expected, rtol=rtol, atol=rtol * np.abs(expected).max(initial=0))

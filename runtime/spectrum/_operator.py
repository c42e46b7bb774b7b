"""Curvature as SciPy operators; a module of its own, so that SciPy is imported only for it."""

import math
from functools import reduce
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator

from hessbound._typing import Array, Block, Matrix
from hessbound.data import _checks
from hessbound.depth._deep import DeepProblem
from hessbound.depth._products import Products
from hessbound.engine import _memory, _threads
from hessbound.engine._plan import sample_tile
from hessbound.engine._problem import Problem

NAMES: dict[Matrix, str] = {"hessian": "the Hessian", "gauss_newton": "the Gauss-Newton matrix"}


class CurvatureOperator(LinearOperator):  # type: ignore[misc]  # SciPy has no type information
    """A matrix of a problem with a single network, one product or several at a time."""

    def __init__(self, of: Matrix, problem: Problem, block: Block | None = None) -> None:
        """Compute what every product needs: f, f', f'', e and p at the parameters."""
        span = np.arange(problem.net.n_parameters)[problem.net._span(block)]
        super().__init__(np.dtype(np.float64), (len(span), len(span)))
        N, _, m = problem.sizes
        self._tile = sample_tile(m)
        count = -(-N // self._tile)
        ((A, w),) = problem.networks()
        rows = _memory.empty(problem.kernels.FEATURES, count, m, self._tile)
        self._features = rows, _memory.empty(2, count, self._tile)
        self._problem, self._kernel = problem, getattr(problem.kernels, f"{of}_vector")
        self._name = f"the product with {NAMES[of]}"
        self._arguments = problem.data.XT, w, *self._features
        self._whole, self._size = [(0, N)], A.size + w.size
        self._flops = problem.forward_flops()
        self._own, self._places = _places(problem, span)
        penalty = problem.penalty
        self._penalty = None if penalty is None else penalty.curvature(problem.net)[span]
        problem.over_samples(self._features_of_part, self._flops, *problem.samples, A, w)

    def _features_of_part(self, *arguments: Any) -> None:
        self._problem.kernels.features(*arguments, *self._features)

    def _matvec(self, x: Array) -> Array:
        return np.asarray(self.products(_checks.floats("z", x).reshape(1, -1))[0])

    def _matmat(self, X: Array) -> Array:
        return self.products(_checks.floats("Z", X).T).T

    def products(self, Z: Array) -> Array:
        """Return the products with the rows of Z, unchecked."""
        own, tile = self._own, self._tile
        rows = Z
        if own is not None:
            rows = np.zeros((len(Z), self._size))
            rows[:, own] = Z[:, self._places]
        if not rows.flags.carray:
            rows = np.require(rows, np.float64, ["C", "WRITEABLE"])
        flops = 2 * len(rows) * self._flops
        threads = _threads.count(flops)
        ranges = self._whole if threads == 1 else _threads.ranges(self._whole[0][1], threads, tile)
        calls = [(*self._arguments, rows, *part, tile) for part in ranges]
        values = reduce(np.add, _threads.run(self._kernel, calls, flops=flops))
        if self._problem.total != 1:
            values /= self._problem.total
        if own is not None:
            every, values = values, np.zeros(Z.shape)
            values[:, self._places] = every[:, own]
        if self._penalty is not None:
            values += self._penalty * Z
        if not math.isfinite(values.sum()):  # so may it be where they are, but large
            _checks.result(self._name, values)
        return np.asarray(values)

    def _adjoint(self) -> Self:
        return self

    def _transpose(self) -> Self:
        return self


class DeepOperator(LinearOperator):  # type: ignore[misc]  # as above
    """The Hessian of a network of any depth, or its Gauss-Newton part."""

    def __init__(self, of: Matrix, problem: DeepProblem) -> None:
        """Compute what every product needs."""
        P = problem.net.n_parameters
        super().__init__(np.dtype(np.float64), (P, P))
        self._products = Products(problem, factor=of == "gauss_newton")
        self._name = f"the product with {NAMES[of]}"

    def _matvec(self, x: Array) -> Array:
        return np.asarray(self.products(_checks.floats("z", x).reshape(1, -1))[0])

    def products(self, Z: Array) -> Array:
        """Return the products with the rows of Z, unchecked."""
        products = np.array([self._products(z) for z in Z])
        return np.asarray(_checks.result(self._name, products))

    def _adjoint(self) -> Self:
        return self

    def _transpose(self) -> Self:
        return self


def _places(
    problem: Problem, span: NDArray[np.int64]
) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Say which of the kernel's parameters count, and where they stand in the span; None for all.

    The kernel has no parameters of inputs that are always 0, and those of both layers.
    """
    present, P = problem.present, problem.net.n_parameters
    if present is None and len(span) == P:
        return None, None
    present = np.arange(P) if present is None else present
    own = np.flatnonzero(np.isin(present, span))
    return own, present[own] - span[0]

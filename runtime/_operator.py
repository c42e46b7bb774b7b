"""The Hessian as a SciPy operator; a module of its own, so that SciPy is imported only for it."""

import math
from functools import reduce
from typing import Any, Self

import numpy as np
from scipy.sparse.linalg import LinearOperator

from . import _checks, _memory, _threads
from ._plan import sample_tile
from ._problem import Problem
from ._typing import Array


class HessianOperator(LinearOperator):  # type: ignore[misc]  # SciPy has no type information
    """The Hessian of a problem with a single network, one product or several at a time."""

    def __init__(self, problem: Problem) -> None:
        """Compute what every product needs: f, f', f'', e and p at the parameters."""
        P = problem.net.n_parameters
        super().__init__(np.dtype(np.float64), (P, P))
        N, _, m = problem.sizes
        self._tile = sample_tile(m)
        count = -(-N // self._tile)
        ((A, w),) = problem.networks()
        rows = _memory.empty(problem.kernels.FEATURES, count, m, self._tile)
        self._features = rows, _memory.empty(2, count, self._tile)
        self._problem, self._kernel = problem, problem.kernels.hessian_vector
        self._arguments = problem.data.XT, w, *self._features
        self._whole = [(0, N)]
        self._present, self._flops = problem.present, problem.forward_flops()
        problem.over_samples(self._features_of_part, self._flops, *problem.samples, A, w)

    def _features_of_part(self, *arguments: Any) -> None:
        self._problem.kernels.features(*arguments, *self._features)

    def _matvec(self, x: Array) -> Array:
        return np.asarray(self.products(_checks.floats("z", x).reshape(1, -1))[0])

    def _matmat(self, X: Array) -> Array:
        return self.products(_checks.floats("Z", X).T).T

    def products(self, Z: Array) -> Array:
        """Return the products with the rows of Z, unchecked."""
        present, tile = self._present, self._tile
        rows = Z if present is None else Z[:, present]
        if not rows.flags.carray:
            rows = np.require(rows, np.float64, ["C", "WRITEABLE"])
        threads = _threads.count(2 * len(rows) * self._flops)
        ranges = self._whole if threads == 1 else _threads.ranges(self._whole[0][1], threads, tile)
        calls = [(*self._arguments, rows, *part, tile) for part in ranges]
        values = reduce(np.add, _threads.run(self._kernel, calls))
        if self._problem.total != 1:
            values /= self._problem.total
        if present is not None:
            own, values = values, np.zeros(Z.shape)
            values[:, present] = own
        if not math.isfinite(values.sum()):  # so may it be where they are, but large
            _checks.result("the product with the Hessian", values)
        return np.asarray(values)

    def _adjoint(self) -> Self:
        return self

    def _transpose(self) -> Self:
        return self

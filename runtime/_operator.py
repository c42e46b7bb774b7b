"""The Hessian as a SciPy operator; a module of its own, so that SciPy is imported only for it."""

from functools import reduce
from typing import Any, Self

import numpy as np
from scipy.sparse.linalg import LinearOperator

from . import _checks
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
        tile = sample_tile(m)
        count = -(-N // tile)
        ((A, self._w),) = problem.networks()
        self._problem = problem
        self._rows = np.empty((problem.kernels.FEATURES, count, m, tile))
        self._vectors = np.empty((2, count, tile))
        self._present, self._flops = problem.present, problem.forward_flops()
        problem.over_samples(self._features_of_part, self._flops, *problem.samples, A, self._w)

    def _features_of_part(self, *arguments: Any) -> None:
        self._problem.kernels.features(*arguments, self._rows, self._vectors)

    def _matvec(self, x: Array) -> Array:
        return np.asarray(self.products(_checks.floats("z", x).reshape(1, -1))[0])

    def _matmat(self, X: Array) -> Array:
        return self.products(_checks.floats("Z", X).T).T

    def products(self, Z: Array) -> Array:
        """Return the products with the rows of Z, unchecked."""
        problem, present = self._problem, self._present
        rows = Z if present is None else Z[:, present]
        if not rows.flags.carray:
            rows = np.require(rows, np.float64, ["C", "WRITEABLE"])
        data, flops = problem.data, 2 * len(rows) * self._flops
        arguments = data.XT, self._w, self._rows, self._vectors, rows
        parts = problem.over_samples(problem.kernels.hessian_vector, flops, *arguments)
        values = reduce(np.add, parts)
        if problem.total != 1:
            values /= problem.total
        if present is not None:
            own, values = values, np.zeros(Z.shape)
            values[:, present] = own
        return np.asarray(_checks.result("the product with the Hessian", values))

    def _adjoint(self) -> Self:
        return self

    def _transpose(self) -> Self:
        return self

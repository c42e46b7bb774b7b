"""The Hessian as a SciPy operator; a module of its own, so that SciPy is imported only for it."""

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
        features, flops = self._features_of_part, problem.forward_flops()
        problem.over_samples(features, flops, *problem.samples, A, self._w)

    def _features_of_part(self, *arguments: Any) -> None:
        self._problem.kernels.features(*arguments, self._rows, self._vectors)

    def _matvec(self, x: Array) -> Array:
        return np.asarray(self.products(_checks.floats("z", x).reshape(1, -1))[0])

    def _matmat(self, X: Array) -> Array:
        return self.products(_checks.floats("Z", X).T).T

    def products(self, Z: Array) -> Array:
        """Return the products with the rows of Z, unchecked."""
        problem, present = self._problem, self._problem.present
        used = Z if present is None else Z[:, present]
        rows = np.require(used, np.float64, ["C", "WRITEABLE"])
        X, XT, *_ = problem.samples
        flops = 2 * len(rows) * problem.forward_flops()
        arguments = X, XT, self._w, self._rows, self._vectors, rows
        parts = problem.over_samples(problem.kernels.hessian_vector, flops, *arguments)
        values = np.zeros(Z.shape)
        values[:, slice(None) if present is None else present] = sum(parts[1:], parts[0])
        return np.asarray(_checks.result("the product with the Hessian", values / problem.total))

    def _adjoint(self) -> Self:
        return self

    def _transpose(self) -> Self:
        return self

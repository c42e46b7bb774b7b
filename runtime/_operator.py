"""The Hessian as a SciPy operator; a module of its own, so that SciPy is imported only for it."""

from typing import Self

import numpy as np
from scipy.sparse.linalg import LinearOperator

from . import _checks
from ._problem import Problem
from ._typing import Array


class HessianOperator(LinearOperator):  # type: ignore[misc]  # SciPy has no type information
    """The Hessian of a problem with a single network, one product at a time."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem; nothing is computed yet."""
        P = problem.net.n_parameters
        super().__init__(np.dtype(np.float64), (P, P))
        self._problem = problem

    def _matvec(self, x: Array) -> Array:
        z = _checks.floats("z", x).ravel()
        product = self._problem.reduced(
            "the product with the Hessian",
            z.shape,
            self._problem.kernels.hessian_vector,
            z,
        )
        return np.asarray(product)

    def _adjoint(self) -> Self:
        return self

    def _transpose(self) -> Self:
        return self

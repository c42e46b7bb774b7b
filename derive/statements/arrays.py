"""Matrices of numbers of any field, with the operations of ``algebra.matrices.Matrix``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hessbound.derive.algebra.ring import Ring

Tensor: TypeAlias = NDArray[Any]  # of objects: numbers of a field


@dataclass(frozen=True, eq=False)
class Array(Ring):
    """A matrix of numbers; ``*`` and ``**`` go entry by entry, as NumPy's do."""

    array: Tensor

    def __matmul__(self, other: Array) -> Array:
        return Array(self.array @ other.array)

    def __mul__(self, other: Any) -> Array:
        return Array(self.array * (other.array if isinstance(other, Array) else other))

    def __add__(self, other: Array) -> Array:
        if self.array.shape != other.array.shape:
            msg = f"cannot add {self.array.shape} and {other.array.shape}"
            raise ValueError(msg)
        return Array(self.array + other.array)

    def __pow__(self, n: int) -> Array:
        power = self * 0 + Array(np.full(self.array.shape, 1, dtype=object))
        for _ in range(n):
            power = power * self
        return power

    @property
    def T(self) -> Array:
        """The transpose."""
        return Array(self.array.T)

    def kron(self, other: Array) -> Array:
        """Return the Kronecker product."""
        return Array(np.kron(self.array, other.array))

    def trace(self) -> Array:
        """Return the trace, 1 × 1."""
        return one_by_one(np.trace(self.array))

    def sum(self) -> Array:
        """Return the sum of all entries, 1 × 1."""
        return one_by_one(self.array.sum())

    def diag(self) -> Array:
        """Return the diagonal matrix of a column."""
        return Array(np.eye(len(self.array), dtype=int).astype(object) * self.array)

    def diagonal(self) -> Array:
        """Return the diagonal as a column."""
        return Array(np.diagonal(self.array).reshape(-1, 1))

    def without_diagonal(self) -> Array:
        """Set the diagonal to zero."""
        return self + -1 * self * Array(np.eye(len(self.array), dtype=int).astype(object))


def one_by_one(value: Any) -> Array:
    """Return a 1 × 1 matrix."""
    array = np.empty((1, 1), dtype=object)
    array[0, 0] = value
    return Array(array)

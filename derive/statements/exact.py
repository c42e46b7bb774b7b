"""Matrices of exact numbers with the operations of ``matrices.Matrix``, for ``explicit``."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Number: TypeAlias = Fraction | int


@dataclass(frozen=True, eq=False)
class Explicit:
    """A matrix of numbers; ``*`` and ``**`` go entry by entry, as NumPy's do."""

    array: NDArray[np.object_]

    @property
    def T(self) -> Explicit:
        """The transpose."""
        return Explicit(self.array.T)

    def __matmul__(self, other: Explicit) -> Explicit:
        return Explicit(self.array @ other.array)

    def __mul__(self, other: Explicit | Number) -> Explicit:
        return Explicit(self.array * (other.array if isinstance(other, Explicit) else other))

    def __add__(self, other: Explicit | Number) -> Explicit:
        array = other.array if isinstance(other, Explicit) else np.array([[other]], dtype=object)
        if array.shape != self.array.shape:
            msg = f"cannot add {self.array.shape} and {array.shape}"
            raise ValueError(msg)
        return Explicit(self.array + array)

    def __pow__(self, n: int) -> Explicit:
        return Explicit(self.array**n)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Explicit:
        return self * -1

    def __sub__(self, other: Explicit | Number) -> Explicit:
        return self + -other

    def __rsub__(self, other: Number) -> Explicit:
        return -self + other

    def kron(self, other: Explicit) -> Explicit:
        """Return the Kronecker product."""
        return Explicit(np.kron(self.array, other.array))

    def trace(self) -> Explicit:
        """Return the trace, as a 1 × 1 matrix."""
        return Explicit(np.array([[np.trace(self.array)]], dtype=object))

    def without_diagonal(self) -> Explicit:
        """Set the diagonal to zero."""
        array = self.array.copy()
        np.fill_diagonal(array, 0)
        return Explicit(array)

    def sum(self) -> Explicit:
        """Return the sum of all entries, as a 1 × 1 matrix."""
        return Explicit(np.array([[self.array.sum()]], dtype=object))

    def diag(self) -> Explicit:
        """Return the diagonal matrix of a column vector."""
        full = np.full((len(self.array),) * 2, Fraction(0), dtype=object)
        np.fill_diagonal(full, self.array[:, 0])
        return Explicit(full)

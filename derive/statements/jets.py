"""Derivatives up to the third in numbers of any field, by truncated Taylor series.

This is the witness of every derived quantity: it knows sums, products and compositions only, and
shares no formula, and no code, with the derivation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Tensor


@dataclass(frozen=True, eq=False)
class Jet:
    """A value with its derivatives by P variables: P, P × P and P × P × P, as far as ``order``."""

    value: Any
    slopes: tuple[Tensor, ...]

    @property
    def order(self) -> int:
        """How many derivatives there are."""
        return len(self.slopes)

    def __add__(self, other: Jet) -> Jet:
        pairs = zip(self.slopes, other.slopes, strict=True)
        return Jet(self.value + other.value, tuple(a + b for a, b in pairs))

    def scaled(self, factor: Any) -> Jet:
        """Multiply by a constant."""
        return Jet(self.value * factor, tuple(x * factor for x in self.slopes))

    def __mul__(self, other: Jet) -> Jet:
        a, b = self, other
        found = [x * b.value + y * a.value for x, y in zip(a.slopes, b.slopes, strict=True)]
        if self.order > 1:
            found[1] = found[1] + _symmetric(a.slopes[0], b.slopes[0])
        if self.order > 2:
            found[2] = found[2] + _spread(a.slopes[0], b.slopes[1])
            found[2] = found[2] + _spread(b.slopes[0], a.slopes[1])
        return Jet(a.value * b.value, tuple(found))

    def through(self, values: Sequence[Any]) -> Jet:
        """Return f of this, given f, f′, f″, f‴ here."""
        found = [x * values[1] for x in self.slopes]
        first = self.slopes[0]
        if self.order > 1:
            found[1] = found[1] + np.multiply.outer(first, first) * values[2]
        if self.order > 2:
            found[2] = found[2] + _spread(first, self.slopes[1]) * values[2]
            cube = np.multiply.outer(np.multiply.outer(first, first), first)
            found[2] = found[2] + cube * values[3]
        return Jet(values[0], tuple(found))


def variables(values: Sequence[Any], order: int) -> list[Jet]:
    """Return the variables at a point: each has slope 1 by itself."""
    P = len(values)
    zero = values[0] * 0
    higher = tuple(np.full((P,) * n, zero, dtype=object) for n in range(2, order + 1))
    unit = np.full((P, P), zero, dtype=object)
    unit[np.diag_indices(P)] = zero + 1
    return [Jet(x, (row, *higher)) for x, row in zip(values, unit, strict=True)]


def _symmetric(a: Tensor, b: Tensor) -> Tensor:
    product: Tensor = np.multiply.outer(a, b)
    return product + product.T


def _spread(a: Tensor, B: Tensor) -> Tensor:
    """Return a_r B_cn + a_c B_rn + a_n B_rc of a symmetric B."""
    product: Tensor = np.multiply.outer(a, B)
    return product + product.transpose(1, 0, 2) + product.transpose(1, 2, 0)

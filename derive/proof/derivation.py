"""Normal forms in the numbers of a network: whether the derivation says what the numbers say.

The derivation's derivatives are normal forms; those of the numbers are taken in the numbers. They
meet where the normal forms of a statement's sides differ, though its numbers agree: then one side's
normal form may be another number than the side is, and the derivation is wrong.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, indices
from hessbound.derive.algebra.monomials import DELTA, unbind
from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.statements.arrays import Tensor
from hessbound.derive.statements.draws import Network


class Evaluated:
    """Normal forms as arrays of numbers, by plain loops over their sums.

    >>> from hessbound.derive.model import derivatives
    >>> from hessbound.derive.statements.draws import draw
    >>> network = draw((2, 1, 2))
    >>> found = Evaluated(network).matrix(derivatives.total_gradient(), {})
    >>> bool((found[:, 0] == sum(network.jets(i, 1)[1].slopes[0] for i in range(2))).all())
    True
    """

    def __init__(self, network: Network) -> None:
        self.sizes, self.number = network.sizes, network.field.of
        self.values: dict[str, Any] = {
            **{name: self.number(self.sizes.named(name)) for name in "Ndm"},
            **{"X": network.X, "A": network.A, "w": network.w[1:], "w0": network.w[0]},
            **{"u": network.X @ network.A.T},
            **dict(zip(("h", "f1", "f2", "f3"), network.hidden, strict=True)),
            **dict(zip(("e", "p", "p1"), network.output, strict=True)),
        }

    def matrix(self, matrix: Matrix, at: Mapping[Index, int]) -> Tensor:
        """Return a matrix, its free indices given; KeyError for a symbol that has no value here."""
        rows: list[list[Tensor]] = [[] for _ in matrix.rows]
        for (r, row), (c, col) in itertools.product(enumerate(matrix.rows), enumerate(matrix.cols)):
            own = (*indices(row, ROW), *indices(col, COL))
            block = np.empty((self.sizes.block(row), self.sizes.block(col)), object)
            places = itertools.product(*(range(self.sizes.of(x.kind)) for x in own))
            for n, place in enumerate(places):
                names = {**at, **dict(zip(own, place, strict=True))}
                block.flat[n] = self._value(matrix.entries[r, c], names)
            rows[r].append(block)
        return np.block(rows)

    def _value(self, poly: Poly, at: Mapping[Index, int]) -> Any:
        total = self.number(0)
        for key, c in poly.terms.items():
            factors, bound = unbind(key)
            ranges = (range(self.sizes.of(x.kind)) for x in bound)
            for place in itertools.product(*ranges):
                term = self._term(factors, {**at, **dict(zip(bound, place, strict=True))})
                total += self.number(c) * term
        return total

    def _term(self, factors: Mapping[Any, int], at: Mapping[Index, int]) -> Any:
        term = self.number(1)
        for (name, *slots), n in factors.items():
            where = tuple(at[x] for x in slots)
            if name == DELTA:
                term *= int(where[0] == where[1])
            else:
                term *= (self.values[name][where] if where else self.values[name]) ** n
        return term

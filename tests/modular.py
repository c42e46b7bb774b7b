"""The quantities over a prime field, at random sizes: a third evaluation of every claim.

All atoms are independent random residues, and the Hessian is the derived normal form evaluated at
them, so a false identity survives with probability about (degree / prime) only.
"""

import itertools
import random

import numpy as np

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, indices
from hessbound.derive.algebra.monomials import DELTA, unbind
from hessbound.derive.algebra.polynomials import atom
from hessbound.derive.model import derivatives, product_rule
from hessbound.derive.model.parameters import THETA as PARAMETERS
from hessbound.derive.statements.exact import Explicit
from hessbound.derive.statements.explicit import Sizes
from hessbound.derive.statements.quantities import Quantities, Sample
from hessbound.derive.statements.symbolic import Symbolic

PRIME = 2**61 - 1


class Modular(Quantities):
    """Random residues at random sizes; equal seeds give equal numbers."""

    def __init__(self, seed):
        source = random.Random(seed)
        self.sizes = Sizes(source.randint(2, 3), source.randint(1, 3), source.randint(1, 3))
        self.source, self._free = source, {}
        N, d, m = self.sizes
        self.values = {
            "X": self._draw(N, d + 1),
            "A": self._draw(m, d + 1),
            "w": self._draw(m),
            "w0": self._draw(),
            **{name: self._draw(N, m) for name in ("h", "f1", "f2", "f3")},
            **{name: self._draw(N) for name in ("e", "p", "p1")},
        }
        self.X, self.A = Explicit(self.values["X"]), Explicit(self.values["A"])
        self.h, self.f1, self.f2, self.f3 = (
            Explicit(self.values[name]) for name in ("h", "f1", "f2", "f3")
        )
        self.b, self.e, self.p, self.p1 = (
            Explicit(self.values[name].reshape(-1, 1)) for name in ("w", "e", "p", "p1")
        )
        self.w0 = Explicit(self.values["w0"].reshape(1, 1))

    def _draw(self, *shape):
        count = int(np.prod(shape))
        numbers = [self.source.randrange(PRIME) for _ in range(count)]
        return np.array(numbers, dtype=object).reshape(shape)

    def one(self, row=None, col=None):
        return Explicit(np.full((self.sizes.of(row), self.sizes.of(col)), 1, dtype=object))

    def eye(self, kind):
        return self.one(kind).diag()

    def blocks(self, table):
        return Explicit(np.block([[part.array for part in line] for line in table]))

    def at(self, i):
        hidden, scalars = (self.h, self.f1, self.f2, self.f3), (self.e, self.p, self.p1)
        columns = (Explicit(M.array[i : i + 1].T) for M in (self.X, *hidden, *scalars))
        return Sample(*columns, self.b)

    def over(self, term, n=1):
        first, *rest = itertools.product(range(self.sizes.N), repeat=n)
        total = term(*first)
        for at in rest:
            total = Explicit((total + term(*at)).array % PRIME)
        return total

    def gradient(self, i):
        return self._evaluate(derivatives.gradient(), i)

    def hessian(self, i):
        return self._evaluate(derivatives.hessian(), i)

    def output_gradient(self, i):
        return self._evaluate(derivatives.output_gradient(), i)

    def output_hessian(self, i):
        return self._evaluate(derivatives.output_hessian(), i)

    def second_hessian(self, i):
        return self._evaluate(product_rule.hessian(), i)

    def total_gradient(self):
        return self._evaluate(derivatives.total_gradient())

    def total_hessian(self):
        return self._evaluate(derivatives.total_hessian())

    def third(self, i, M):
        cuts, symbols = np.cumsum([0, *map(self._length, PARAMETERS)]), {}
        for r, c in itertools.product(range(len(PARAMETERS)), repeat=2):
            row, col = indices(PARAMETERS[r], ROW), indices(PARAMETERS[c], COL)
            block = M.array[cuts[r] : cuts[r + 1], cuts[c] : cuts[c + 1]]
            shape = [self.sizes.of(x.kind) for x in (*row, *col)]
            self.values[f"M{r}{c}"] = block.reshape(shape)
            symbols[r, c] = atom(f"M{r}{c}", *row, *col)
        return self._evaluate(derivatives.along(Matrix(PARAMETERS, PARAMETERS, symbols)), i)

    def _length(self, block):
        return int(np.prod([self.sizes.of(kind) for kind in block]))

    def trace_gradient(self, n):
        return self._evaluate(product_rule.trace_gradient(n))

    def jacobian(self, of, by, i):
        return self._evaluate(Symbolic().jacobian(of, by, Index("sample", "i")), i)

    def part(self, M, row, col):
        cut = self.sizes.m * (self.sizes.d + 1)
        sides = {"A": slice(0, cut), "w": slice(cut, None), "1": slice(None)}
        sides |= {"w0": slice(cut, cut + 1), "b": slice(cut + 1, None)}
        return Explicit(M.array[sides[row], sides[col]])

    def free(self, name, row=None, col=None):
        shape = (self.sizes.of(row), self.sizes.of(col))
        return Explicit(self._free.setdefault(name, self._draw(*shape)))

    def _evaluate(self, matrix, sample=None):
        """A matrix of normal forms as residues."""
        rows, here = [[] for _ in matrix.rows], {Index("sample", "i"): sample}
        for r, row in enumerate(matrix.rows):
            for c, col in enumerate(matrix.cols):
                own = (*indices(row, ROW), *indices(col, COL))
                left = np.prod([self.sizes.of(kind) for kind in row], dtype=int)
                block = np.empty(
                    (left, np.prod([self.sizes.of(k) for k in col], dtype=int)), object
                )
                places = itertools.product(*(range(self.sizes.of(x.kind)) for x in own))
                block.flat = [
                    self._value(matrix.entries[r, c], dict(zip(own, at, strict=True)) | here)
                    for at in places
                ]
                rows[r].append(block)
        return Explicit(np.block(rows))

    def _value(self, poly, at):
        """A polynomial at given free indices, by plain loops over its sums."""
        N, d, m = self.sizes
        sizes, total = {"N": N, "d": d, "m": m}, 0
        for key, c in poly.terms.items():
            factors, bound = unbind(key)
            ranges = (range(self.sizes.of(x.kind)) for x in bound)
            for place in itertools.product(*ranges):
                names, term = {**at, **dict(zip(bound, place, strict=True))}, 1
                for (name, *slots), n in factors.items():
                    where = tuple(names[x] for x in slots)
                    if name == DELTA:
                        value = int(where[0] == where[1])
                    else:
                        value = sizes[name] if name in sizes else self.values[name][where]
                    term = term * pow(int(value), n, PRIME) % PRIME
                total += int(c.numerator) * pow(int(c.denominator), -1, PRIME) * term
        return total % PRIME

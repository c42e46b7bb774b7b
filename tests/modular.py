"""Normal forms in numbers of a prime field, by plain loops over their sums.

The prover compares normal forms with one another, and networks in numbers with one another; here
the two meet. An activation's atoms are residues that obey its relations; nothing is assumed of u.
"""

import functools
import itertools
import operator
import random
from dataclasses import replace

import numpy as np
import sympy as sp

from hessbound.derive import activations
from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ROW, indices
from hessbound.derive.algebra.monomials import DELTA, unbind
from hessbound.derive.statements.draws import draw, filled
from hessbound.derive.statements.fields import RESIDUES

SAMPLE = Index("sample", "i")


class Modular:
    """Random residues at some sizes, as a network and as values for the factors of polynomials."""

    def __init__(self, sizes, seed, activation=None):
        self.source = random.Random(f"modular {sizes} {seed}")
        network = draw(sizes, seed, RESIDUES)
        self.sizes, self.atoms = network.sizes, {}
        if activation:
            network = replace(network, hidden=self._hidden(activations.load(activation), network))
        self.network, A, w = network, network.A, network.w
        self.values = {
            **{name: RESIDUES.of(self.sizes.named(name)) for name in "Ndm"},
            **{"X": network.X, "A": A, "w": w[1:], "w0": w[0], "u": network.X @ A.T},
            **dict(zip(("h", "f1", "f2", "f3"), network.hidden, strict=True)),
            **dict(zip(("e", "p", "p1"), network.output, strict=True)),
            **self.atoms,
        }

    def one(self):
        """Draw a residue."""
        return RESIDUES.of(self.source.getrandbits(60))

    def _hidden(self, function, network):
        """Return f to f‴, polynomials in atoms that obey their relations, and keep the atoms."""
        self.atoms = {function.variable.name: network.X @ network.A.T}
        shape = (self.sizes.N, self.sizes.m)
        for atom in function.atoms:
            own = self._polynomial(atom.relation) if atom.relation is not None else None
            self.atoms[atom.symbol.name] = filled(shape, self.one) if own is None else own
        return tuple(self._polynomial(function.derivative(n)) for n in range(4))

    def _polynomial(self, expr):
        """Return a polynomial in atoms, entry by entry."""
        symbols = sorted(expr.free_symbols, key=str)
        total = filled((self.sizes.N, self.sizes.m), lambda: RESIDUES.of(0))
        for powers, c in sp.Poly(expr, *symbols, sp.Dummy()).terms():
            term = total * 0 + _residue(c)
            for symbol, n in zip(symbols, powers, strict=False):
                term = term * self.atoms[symbol.name] ** n
            total = total + term
        return total

    def evaluate(self, matrix, sample=None):
        """Return a matrix of normal forms as residues."""
        rows, here = [[] for _ in matrix.rows], {SAMPLE: sample}
        for r, row in enumerate(matrix.rows):
            for c, col in enumerate(matrix.cols):
                own = (*indices(row, ROW), *indices(col, COL))
                block = np.empty((self.sizes.block(row), self.sizes.block(col)), object)
                places = itertools.product(*(range(self.sizes.of(x.kind)) for x in own))
                block.flat = [
                    self.value(matrix.entries[r, c], dict(zip(own, at, strict=True)) | here)
                    for at in places
                ]
                rows[r].append(block)
        return np.block(rows)

    def value(self, poly, at):
        """Return a polynomial at given free indices, by plain loops over its sums."""
        total = RESIDUES.of(0)
        for key, c in poly.terms.items():
            factors, bound = unbind(key)
            ranges = (range(self.sizes.of(x.kind)) for x in bound)
            for place in itertools.product(*ranges):
                total += RESIDUES.of(c) * self._term(
                    factors, at | dict(zip(bound, place, strict=True))
                )
        return total

    def _term(self, factors, names):
        term = RESIDUES.of(1)
        for (name, *slots), n in factors.items():
            where = tuple(names[x] for x in slots)
            if name == DELTA:
                term *= int(where[0] == where[1])
            else:
                term *= (self.values[name][where] if where else self.values[name]) ** n
        return term


def _residue(number):
    """Return a residue for an exact number; π is any, whose root exists."""
    if number.is_Rational:
        return RESIDUES.of(int(number.p)) / RESIDUES.of(int(number.q))
    if isinstance(number, sp.Add | sp.Mul):
        found = [_residue(x) for x in number.args]
        return functools.reduce(operator.add if number.is_Add else operator.mul, found)
    base, power = number.as_base_exp()
    root = RESIDUES.of(314159) if base is sp.pi else _root(int(base))
    doubled = int(2 * power)
    return root**doubled if doubled > 0 else RESIDUES.of(1) / root**-doubled


def _root(number):
    """Return a square root modulo 2⁶¹ − 1, which is 3 modulo 4."""
    p = 2**61 - 1
    found = pow(number, (p + 1) // 4, p)
    assert found * found % p == number, f"{number} has no root here"
    return RESIDUES.of(found)

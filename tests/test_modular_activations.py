"""Identities of one activation over a prime field: atoms are residues that obey the relations."""

import itertools

import numpy as np
import pytest
import sympy as sp

from hessbound.derive import activations, claims
from hessbound.derive.model import derivatives
from hessbound.derive.model.network import model_of
from hessbound.derive.proof.statements import Identity
from hessbound.derive.statements.exact import Explicit

from .modular import PRIME, Modular

IDENTITIES = [c for c in claims.every() if isinstance(c, Identity) and c.activation is not None]
GENERIC = [c for c in claims.every() if isinstance(c, Identity) and c.activation is None]


class Concrete(Modular):
    """An activation's atoms as residues, f to f‴ as its polynomials in them, H derived from them.

    Nothing is assumed of u, which is a residue too: what holds for all u holds for all residues.
    """

    def __init__(self, name, seed):
        super().__init__(seed)
        function = activations.load(name)
        self.model, shape = model_of(function), (self.sizes.N, self.sizes.m)
        self.values["u"] = self._draw(*shape)
        for atom in function.atoms:
            related = atom.relation is not None
            value = self._polynomial(atom.relation) if related else self._draw(*shape)
            self.values[atom.symbol.name] = value
        for order, symbol in enumerate(("h", "f1", "f2", "f3")):
            self.values[symbol] = self._polynomial(function.derivative(order))
            setattr(self, symbol, Explicit(self.values[symbol]))

    def _polynomial(self, expr):
        """A polynomial in atoms, entry by entry."""
        total = np.zeros((self.sizes.N, self.sizes.m), dtype=object)
        symbols = sorted(expr.free_symbols, key=str)
        for powers, c in sp.Poly(expr, *symbols, sp.Dummy()).terms():
            term = total * 0 + int(c.p) * pow(int(c.q), -1, PRIME)
            for symbol, n in zip(symbols, powers, strict=False):
                term = term * self.values[symbol.name] ** n % PRIME
            total = (total + term) % PRIME
        return total

    def gradient(self, i):
        return self._evaluate(derivatives.gradient(self.model), i)

    def hessian(self, i):
        return self._evaluate(derivatives.hessian(self.model), i)

    def output_gradient(self, i):
        return self._evaluate(derivatives.output_gradient(self.model), i)

    def output_hessian(self, i):
        return self._evaluate(derivatives.output_hessian(self.model), i)


@pytest.fixture(scope="module")
def fields():
    """Residues at three random sizes, for each activation."""
    return {name: [Concrete(name, seed) for seed in (1, 2, 5)] for name in activations.names()}


def differences(claim, q):
    """What the two sides differ by, at every sample, modulo the prime."""
    for at in itertools.product(range(q.sizes.N), repeat=claim.samples):
        lhs, rhs = claim.function(q, *at)
        yield (lhs.array - rhs.array) % PRIME


@pytest.mark.parametrize("claim", IDENTITIES, ids=lambda c: c.name)
def test_identity_of_an_activation_holds_over_a_prime_field(claim, fields):
    """Both sides are equal modulo 2⁶¹ − 1, with the Hessian derived from that activation."""
    for q in fields[claim.activation]:
        for difference in differences(claim, q):
            assert (difference == 0).all(), q.sizes


@pytest.mark.parametrize("name", activations.names())
@pytest.mark.parametrize("claim", GENERIC, ids=lambda c: c.name)
def test_generic_identity_holds_for_each_activation(claim, name, fields):
    """What is proved for any f holds with the derivatives of a concrete one."""
    for difference in differences(claim, fields[name][0]):
        assert (difference == 0).all()


@pytest.mark.parametrize("name", [n for n in activations.names() if activations.load(n).relations])
def test_broken_relation_is_noticed(name):
    """Atoms that do not obey their relation give another f′ than the Hessian's."""
    q = Concrete(name, 1)
    related = next(a for a in activations.load(name).atoms if a.relation is not None)
    q.values[related.symbol.name] = q._draw(q.sizes.N, q.sizes.m)
    (claim,) = (c for c in IDENTITIES if c.name == f"trace_squared_{name}")
    assert all((difference != 0).all() for difference in differences(claim, q))

"""Every proved identity survives random evaluation over a prime field, at random sizes."""

import itertools

import pytest

from hessbound.derive import claims
from hessbound.derive.proof.statements import Identity

from .modular import PRIME, Modular

IDENTITIES = [c for c in claims.every() if isinstance(c, Identity) and c.activation is None]


@pytest.fixture(scope="module")
def fields():
    """Residues at three random sizes."""
    return [Modular(seed) for seed in (1, 2, 5)]


@pytest.mark.parametrize("claim", IDENTITIES, ids=lambda c: c.name)
def test_identity_holds_over_a_prime_field(claim, fields):
    """Both sides are equal modulo 2⁶¹ − 1, at every sample."""
    for q in fields[: 1 if claim.name == "trace_fourth" else None]:
        for at in itertools.product(range(q.sizes.N), repeat=claim.samples):
            lhs, rhs = claim.function(q, *at)
            assert ((lhs.array - rhs.array) % PRIME == 0).all(), (q.sizes, at)


def test_a_wrong_identity_does_not(fields):
    """The evaluation can fail: twice the right side is noticed."""
    lhs, rhs = claims.find("trace_squared").function(fields[0])
    assert ((lhs.array - 2 * rhs.array) % PRIME != 0).all()

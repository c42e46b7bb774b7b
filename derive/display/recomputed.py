"""What a proof was about, computed again from the claim with the prover's own means."""

from __future__ import annotations

from hessbound.derive.algebra.matrices import Matrix
from hessbound.derive.proof.identities import normal
from hessbound.derive.proof.statements import Identity
from hessbound.derive.statements.arrays import Tensor
from hessbound.derive.statements.fields import BALLS, RATIONALS


def normal_forms(claim: Identity) -> tuple[Matrix, Matrix]:
    """Return both sides of an identity, for all sizes.

    >>> from hessbound.derive import claims
    >>> lhs, rhs = normal_forms(claims.find("trace"))
    >>> lhs == rhs
    True
    """
    forms = normal(claim.activation, claim.notation)
    forms.name(claim.sides.names)
    return forms.read(claim.sides.lhs), forms.read(claim.sides.rhs)


def arrays(claim: Identity) -> tuple[Tensor, Tensor]:
    """Return both sides at small sizes: in exact numbers, or of an activation in balls."""
    field = BALLS if claim.activation else RATIONALS
    network = claim.notation.draw(claim.notation.shown, 0, field, claim.activation)
    return claim.at(network, *(0 for _ in claim.indices))

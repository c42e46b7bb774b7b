"""What a proof was about, computed again from the claim with the prover's own means."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import Matrix
from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.proof.statements import Bound, Identity
from hessbound.derive.statements.explicit import draw
from hessbound.derive.statements.symbolic import Symbolic

from .terms import LETTERS

_symbolic = cache(Symbolic)


@cache
def normal_forms(claim: Identity) -> tuple[Matrix, Matrix]:
    """Return both sides of an identity, for all sizes.

    >>> from hessbound.derive import claims
    >>> lhs, rhs = normal_forms(claims.find("trace"))
    >>> lhs == rhs
    True
    """
    at = [Index("sample", name) for name in LETTERS["sample"][: claim.samples]]
    lhs, rhs = _sides(claim, _symbolic(claim.activation), at)
    return lhs, rhs


def arrays(claim: Identity, size: Any) -> tuple[Any, Any]:
    """Return both sides of an identity at a size, in exact numbers."""
    lhs, rhs = _sides(claim, draw(*size, 0, claim.activation), range(claim.samples))
    return lhs.array, rhs.array


def slacks(claim: Bound) -> list[Poly]:
    """Return the slacks of an inequality's certificate, in normal form."""
    found: Any = claim.proof(claim.setting.symbolic()) if claim.proof else []
    return [slack.value.poly for _, slack in found]


def _sides(claim: Identity, quantities: Any, at: Iterable[Any]) -> Any:
    """Return both sides of an identity, in the quantities' own type."""
    return getattr(claim, "sides", claim.function)(quantities, *at)

"""Two formulas of a theorist: a block of the Hessian, and the second derivative of swish."""

import sympy as sp

from hessbound.derive import identity, scalar, u


@identity("cross block")
def cross_block(q, i):
    """H_Aw = x̄ ⊗ (p g h̄ᵀ + e [0 F₁])."""
    s = q.at(i)
    slope = q.blocks([[0 * s.f1, s.f1.diag()]])
    return q.part(q.hessian(i), "A", "w"), s.x.kron(s.p * (s.g @ q.h_bar(s).T) + s.e * slope)


sigma = 1 / (1 + sp.exp(-u))
scalar(
    "swish",
    sp.diff(u * sigma, u, 2),
    sigma * (1 - sigma) * (2 + u * (1 - 2 * sigma)),
    statement="f″ = σ(1 − σ)(2 + u(1 − 2σ)) for f = uσ",
)

"""The Hessian's blocks, and its Gauss-Newton and residual parts (Eqs. 14-18)."""

from typing import Any

from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Pair
from hessbound.derive.statements.network import Quantities

CLAIMS = Register()


@CLAIMS.identity(equation="14")
def hessian(q: Quantities, i: Any) -> Pair:
    """∇²ℓ = [H_AA H_Aw; H_wA H_ww] with (15)-(18)."""
    s = q.at(i)
    cross = s.x.kron(s.p * (s.g @ q.h_bar(s).T) + s.e * q.blocks([[0 * s.f1, s.f1.diag()]]))
    table = [
        [(s.x @ s.x.T).kron(s.p * (s.g @ s.g.T) + s.e * s.c.diag()), cross],
        [cross.T, s.p * (q.h_bar(s) @ q.h_bar(s).T)],
    ]
    return q.hessian(i), q.blocks(table)


@CLAIMS.identity(equation="15")
def hessian_hidden(q: Quantities, i: Any) -> Pair:
    """H_AA = (x̄x̄ᵀ)⊗(p ggᵀ + e diag c)."""
    s = q.at(i)
    return q.part(q.hessian(i), "A", "A"), (s.x @ s.x.T).kron(
        s.p * (s.g @ s.g.T) + s.e * s.c.diag()
    )


@CLAIMS.identity(equation="16")
def hessian_output(q: Quantities, i: Any) -> Pair:
    """H_ww = p h̄h̄ᵀ."""
    s = q.at(i)
    return q.part(q.hessian(i), "w", "w"), s.p * (q.h_bar(s) @ q.h_bar(s).T)


@CLAIMS.identity(equation="17")
def hessian_cross(q: Quantities, i: Any) -> Pair:
    """H_Aw = x̄⊗(p gh̄ᵀ + e [0 F₁])."""
    s = q.at(i)
    return q.part(q.hessian(i), "A", "w"), s.x.kron(
        s.p * (s.g @ q.h_bar(s).T) + s.e * q.blocks([[0 * s.f1, s.f1.diag()]])
    )


@CLAIMS.identity(equation="18")
def hessian_cross_transposed(q: Quantities, i: Any) -> Pair:
    """H_wA = x̄ᵀ⊗(p h̄gᵀ + e [0; F₁])."""
    s = q.at(i)
    return q.part(q.hessian(i), "w", "A"), s.x.T.kron(
        s.p * (q.h_bar(s) @ s.g.T) + s.e * q.blocks([[0 * s.f1.T], [s.f1.diag()]])
    )


@CLAIMS.identity()
def two_derivations(q: Quantities, i: Any) -> Pair:
    """H by SymPy = H by the product rule in the index algebra."""
    return q.hessian(i), q.second_hessian(i)


@CLAIMS.identity()
def split(q: Quantities) -> Pair:
    """H = Σ p ∇v∇vᵀ + Σ e ∇²v, Gauss-Newton matrix plus residual."""
    return q.H, q.gauss_newton + q.residual


@CLAIMS.identity()
def output_gradient(q: Quantities, i: Any) -> Pair:
    """∇v = [x̄⊗g; h̄]."""
    s = q.at(i)
    return q.output_gradient(i), q.blocks([[s.x.kron(s.g)], [q.h_bar(s)]])


@CLAIMS.identity()
def output_hessian(q: Quantities, i: Any) -> Pair:
    """∇²v couples a hidden unit with itself only: [x̄x̄ᵀ⊗diag c, x̄⊗[0 F₁]; …, 0]."""
    s = q.at(i)
    cross = s.x.kron(q.blocks([[0 * s.f1, s.f1.diag()]]))
    return q.output_hessian(i), q.blocks(
        [[(s.x @ s.x.T).kron(s.c.diag()), cross], [cross.T, 0 * (q.h_bar(s) @ q.h_bar(s).T)]]
    )

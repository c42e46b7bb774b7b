"""tr H³ and tr H⁴, beyond the paper: from the split H = Σ p JJᵀ + Σ R with J = ∇v, R = e ∇²v.

R_l acts on the unit vectors x̄_l (in A's coordinates of a hidden unit) and ω (that unit's output
weight) only, by the 2 × 2 matrix e_l [c f₁; f₁ 0] for each unit. Between neighbours x̄_i·x̄_j = K_ij
and ω·ω = 1, so a product of residuals is a product of 2 × 2 matrices whose entries are vectors over
the hidden units.
"""

from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Pair
from hessbound.derive.statements.network import Quantities

Table: TypeAlias = list[list[Any]]  # 2 × 2

CLAIMS = Register()


def _transfer(q: Quantities, i: Any, j: Any) -> Table:
    """diag(K_ij, 1) e_j [c_j f₁_j; f₁_j 0], one 2 × 2 matrix per hidden unit."""
    s, K = q.at(j), q.at(i).x.T @ q.at(j).x
    return [[K * s.e * s.c, K * s.e * s.f1], [s.e * s.f1, 0 * s.f1]]


def _times(a: Table, b: Table) -> Table:
    """Product of 2 × 2 matrices, entry by entry over the hidden units."""
    return [[a[r][0] * b[0][c] + a[r][1] * b[1][c] for c in (0, 1)] for r in (0, 1)]


def _between(q: Quantities, i: Any, *through: Any) -> Any:
    """J_iᵀ R_l … J_j, for samples i, l, …, j."""
    *middle, j = through
    s, t = q.at(i), q.at(j)
    if not middle:
        return (s.x.T @ t.x) * (s.g.T @ t.g) + q.h_bar(s).T @ q.h_bar(t)
    product, last = _transfer(q, i, middle[0]), middle[0]
    for l in middle[1:]:
        product, last = _times(product, _transfer(q, last, l)), l
    K = q.at(last).x.T @ t.x
    left, right = (s.g, s.h), (K * t.g, t.h)
    return sum(((left[r] * product[r][c] * right[c]).sum() for r in (0, 1) for c in (0, 1)), 0 * K)


def _residuals(q: Quantities, *samples: Any) -> Any:
    """tr(R_i R_j …)."""
    product = _transfer(q, samples[-1], samples[0])
    for i, j in pairwise(samples):
        product = _times(product, _transfer(q, i, j))
    return (product[0][0] + product[1][1]).sum()


@CLAIMS.identity()
def trace_cubed(q: Quantities) -> Pair:
    """tr H³ = Σ_ijl p_i p_j p_l T_ij T_jl T_li + 3 p_i p_j T_ij JᵀR_lJ + 3 p_i JᵀR_jR_lJ
    + tr R_iR_jR_l, T_ij = K_ij G_ij + Q_ij.
    """
    T = partial(_between, q)  # T_ij = J_iᵀJ_j, and with what stands between

    def term(i: Any, j: Any, l: Any) -> Any:
        p_i, p_j, p_l = q.at(i).p, q.at(j).p, q.at(l).p
        return (
            p_i * p_j * p_l * T(i, j) * T(j, l) * T(l, i)
            + 3 * p_i * p_j * T(i, j) * T(j, l, i)
            + 3 * p_i * T(i, j, l, i)
            + _residuals(q, i, j, l)
        )

    return (q.H @ q.H @ q.H).trace(), q.over(term, 3)


@CLAIMS.identity()
def trace_fourth(q: Quantities) -> Pair:
    """tr H⁴ = Σ_ijln p_i p_j p_l p_n T_ij T_jl T_ln T_ni + 4 p_i p_j p_l T_ij T_jl JᵀRJ
    + 4 p_i p_j T_ij JᵀRRJ + 2 p_i p_j (JᵀRJ)(JᵀRJ) + 4 p_i JᵀRRRJ + tr RRRR.
    """
    T = partial(_between, q)

    def term(i: Any, j: Any, l: Any, n: Any) -> Any:
        p_i, p_j, p_l, p_n = q.at(i).p, q.at(j).p, q.at(l).p, q.at(n).p
        return (
            p_i * p_j * p_l * p_n * T(i, j) * T(j, l) * T(l, n) * T(n, i)
            + 4 * p_i * p_j * p_l * T(i, j) * T(j, l) * T(l, n, i)
            + 4 * p_i * p_j * T(i, j) * T(j, l, n, i)
            + 2 * p_i * p_j * T(i, l, j) * T(j, n, i)
            + 4 * p_i * T(i, j, l, n, i)
            + _residuals(q, i, j, l, n)
        )

    H2 = q.H @ q.H
    return (H2 @ H2).trace(), q.over(term, 4)

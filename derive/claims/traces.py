"""tr H and tr H² (Eqs. 19-21, 25-28, 64-66, 68-90)."""

from typing import Any

from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Pair
from hessbound.derive.statements.network import Quantities

CLAIMS = Register()


def _norm2(a: Any) -> Any:
    """‖a‖² of a column vector."""
    return a.T @ a


@CLAIMS.identity(equation="19")
def trace(q: Quantities) -> Pair:
    """tr H = tr H_ww + tr H_AA."""
    return q.H.trace(), q.part(q.H, "w", "w").trace() + q.part(q.H, "A", "A").trace()


@CLAIMS.identity(equation="20")
def trace_output(q: Quantities) -> Pair:
    """tr H_ww = pᵀ(H̄∘H̄)1."""
    return q.part(q.H, "w", "w").trace(), q.p.T @ (q.one("sample") + (q.h * q.h) @ q.one("hidden"))


@CLAIMS.identity(equation="21")
def trace_hidden(q: Quantities) -> Pair:
    """tr H_AA = ((X̄∘X̄)1)ᵀ((Γ∘Γ)1∘p + C1∘e)."""
    return q.part(q.H, "A", "A").trace(), ((q.X * q.X) @ q.one("input")).T @ (
        ((q.G * q.G) @ q.one("hidden")) * q.p + (q.C @ q.one("hidden")) * q.e
    )


@CLAIMS.identity(equation="64")
def trace_output_of_sample(q: Quantities, i: Any) -> Pair:
    """tr H_ww,i = p_i ‖h̄_i‖²."""
    s = q.at(i)
    return q.part(q.hessian(i), "w", "w").trace(), s.p * _norm2(q.h_bar(s))


@CLAIMS.identity(equation="65")
def trace_hidden_of_sample(q: Quantities, i: Any) -> Pair:
    """tr H_AA,i = ‖x̄_i‖² (p_i ‖g_i‖² + e_i Σ_k c_ik)."""
    s = q.at(i)
    return q.part(q.hessian(i), "A", "A").trace(), _norm2(s.x) * (
        s.p * _norm2(s.g) + s.e * s.c.sum()
    )


@CLAIMS.identity(equation="66")
def trace_summed(q: Quantities) -> Pair:
    """tr H = Σ_i p_i ‖h̄_i‖² + Σ_i ‖x̄_i‖² (p_i ‖g_i‖² + e_i Σ_k c_ik)."""
    return q.H.trace(), q.over(
        lambda i: (
            q.at(i).p * _norm2(q.h_bar(q.at(i)))
            + _norm2(q.at(i).x) * (q.at(i).p * _norm2(q.at(i).g) + q.at(i).e * q.at(i).c.sum())
        )
    )


@CLAIMS.identity(equation="25")
def trace_squared(q: Quantities) -> Pair:
    """tr H² = pᵀ(K∘ΓΓᵀ+Q)^∘2 p + 2eᵀ[K∘(K∘C(Γ∘Γ)ᵀ + 2F₁(Γ∘h)ᵀ)]p + eᵀ[K∘(K∘CCᵀ + 2F₁F₁ᵀ)]e."""
    return (q.H @ q.H).trace(), (
        q.p.T @ ((q.K * (q.G @ q.G.T) + q.Q) ** 2) @ q.p
        + 2 * (q.e.T @ (q.K * (q.K * (q.C @ (q.G * q.G).T) + 2 * (q.f1 @ (q.G * q.h).T))) @ q.p)
        + q.e.T @ (q.K * (q.K * (q.C @ q.C.T) + 2 * (q.f1 @ q.f1.T))) @ q.e
    )


@CLAIMS.identity(equation="26")
def bilinear_pp(q: Quantities) -> Pair:
    """pᵀ·p: the Gauss-Newton part, tr(Σ p ∇v∇vᵀ)² = pᵀ(K∘ΓΓᵀ+Q)^∘2 p."""
    return (q.gauss_newton @ q.gauss_newton).trace(), q.p.T @ (
        (q.K * (q.G @ q.G.T) + q.Q) ** 2
    ) @ q.p


@CLAIMS.identity(equation="27")
def bilinear_ep(q: Quantities) -> Pair:
    """eᵀ·p: the mixed part, tr(residual · Gauss-Newton) = eᵀ[K∘(K∘C(Γ∘Γ)ᵀ + 2F₁(Γ∘h)ᵀ)]p."""
    return (q.residual @ q.gauss_newton).trace(), q.e.T @ (
        q.K * (q.K * (q.C @ (q.G * q.G).T) + 2 * (q.f1 @ (q.G * q.h).T))
    ) @ q.p


@CLAIMS.identity(equation="28")
def bilinear_ee(q: Quantities) -> Pair:
    """eᵀ·e: the residual part, tr(Σ e ∇²v)² = eᵀ[K∘(K∘CCᵀ + 2F₁F₁ᵀ)]e."""
    return (q.residual @ q.residual).trace(), q.e.T @ (
        q.K * (q.K * (q.C @ q.C.T) + 2 * (q.f1 @ q.f1.T))
    ) @ q.e


@CLAIMS.identity()
def trace_squared_cheapest(q: Quantities) -> Pair:
    """tr H² = Σ p_i p_j (K_ij G_ij + Q_ij)² + Σ K_ij² ((a+q)_i·(a+q)_j − q_i·q_j)
    + 2⟨rᵀX̄, (r+2t)ᵀX̄⟩, a=e∘c, q=p∘g², r=e∘f₁, t=p∘g∘h.
    """
    a, r, squares, t = q.e * q.C, q.e * q.f1, q.p * (q.G * q.G), q.p * q.G * q.h
    return (q.H @ q.H).trace(), (
        q.p.T @ ((q.K * (q.G @ q.G.T) + q.Q) ** 2) @ q.p
        + (q.K * q.K * ((a + squares) @ (a + squares).T - squares @ squares.T)).sum()
        + 2 * ((r.T @ q.X) * ((r + 2 * t).T @ q.X)).sum()
    )


@CLAIMS.identity(equation="68")
def trace_squared_by_samples(q: Quantities) -> Pair:
    """tr H² = Σ_ij tr H_AA,i H_AA,j + 2 tr H_Aw,i H_wA,j + tr H_ww,i H_ww,j."""

    def term(i: Any, j: Any) -> Any:
        Hi, Hj = q.hessian(i), q.hessian(j)
        return (
            (q.part(Hi, "A", "A") @ q.part(Hj, "A", "A")).trace()
            + 2 * (q.part(Hi, "A", "w") @ q.part(Hj, "w", "A")).trace()
            + (q.part(Hi, "w", "w") @ q.part(Hj, "w", "w")).trace()
        )

    return (q.H @ q.H).trace(), q.over(term, 2)


@CLAIMS.identity(equation="69")
def trace_squared_by_blocks(q: Quantities) -> Pair:
    """tr H² = tr H_AA² + 2 tr H_Aw H_wA + tr H_ww²."""
    AA, Aw, wA, ww = (q.part(q.H, *sides) for sides in ("AA", "Aw", "wA", "ww"))
    return (q.H @ q.H).trace(), (AA @ AA).trace() + 2 * (Aw @ wA).trace() + (ww @ ww).trace()


@CLAIMS.identity(equation="70")
def hidden_squared(q: Quantities) -> Pair:
    """tr H_AA² = Σ_ij tr H_AA,i H_AA,j."""
    AA = q.part(q.H, "A", "A")
    return (AA @ AA).trace(), q.over(
        lambda i, j: (q.part(q.hessian(i), "A", "A") @ q.part(q.hessian(j), "A", "A")).trace(), 2
    )


@CLAIMS.identity(equation="71")
def cross_squared(q: Quantities) -> Pair:
    """tr H_Aw H_wA = Σ_ij tr H_Aw,i H_wA,j."""
    return (q.part(q.H, "A", "w") @ q.part(q.H, "w", "A")).trace(), q.over(
        lambda i, j: (q.part(q.hessian(i), "A", "w") @ q.part(q.hessian(j), "w", "A")).trace(), 2
    )


@CLAIMS.identity(equation="72")
def output_squared(q: Quantities) -> Pair:
    """tr H_ww² = Σ_ij tr H_ww,i H_ww,j."""
    ww = q.part(q.H, "w", "w")
    return (ww @ ww).trace(), q.over(
        lambda i, j: (q.part(q.hessian(i), "w", "w") @ q.part(q.hessian(j), "w", "w")).trace(), 2
    )


@CLAIMS.identity(equation="73")
def trace_of_kronecker(q: Quantities) -> Pair:
    """tr(S⊗R) = tr S tr R."""
    S, R = q.free("S", "input", "input"), q.free("R", "hidden", "hidden")
    return S.kron(R).trace(), S.trace() * R.trace()


@CLAIMS.identity(equation="74")
def hidden_pair(q: Quantities, i: Any, j: Any) -> Pair:
    """tr H_AA,i H_AA,j = K_ij² (p_i p_j G_ij² + p_i e_j Σ g_i² c_j + e_i p_j Σ c_i g_j²
    + e_i e_j Σ c_i c_j).
    """
    s, t = q.at(i), q.at(j)
    return (q.part(q.hessian(i), "A", "A") @ q.part(q.hessian(j), "A", "A")).trace(), (
        s.x.T @ t.x
    ) ** 2 * (
        s.p * t.p * (s.g.T @ t.g) ** 2
        + s.p * t.e * ((s.g * s.g).T @ t.c)
        + s.e * t.p * (s.c.T @ (t.g * t.g))
        + s.e * t.e * (s.c.T @ t.c)
    )


@CLAIMS.identity(equation="75")
def hidden_pair_factored(q: Quantities, i: Any, j: Any) -> Pair:
    """tr H_AA,i H_AA,j = tr(x̄_i x̄_iᵀ x̄_j x̄_jᵀ) tr(M_i M_j), M = p ggᵀ + e diag c."""
    s, t = q.at(i), q.at(j)
    return (q.part(q.hessian(i), "A", "A") @ q.part(q.hessian(j), "A", "A")).trace(), (
        s.x @ s.x.T @ t.x @ t.x.T
    ).trace() * (
        (s.p * (s.g @ s.g.T) + s.e * s.c.diag()) @ (t.p * (t.g @ t.g.T) + t.e * t.c.diag())
    ).trace()


@CLAIMS.identity(equation="76")
def input_pair(q: Quantities, i: Any, j: Any) -> Pair:
    """tr(x̄_i x̄_iᵀ x̄_j x̄_jᵀ) = (x̄_i·x̄_j)²."""
    x, z = q.at(i).x, q.at(j).x
    return (x @ x.T @ z @ z.T).trace(), (x.T @ z) ** 2


@CLAIMS.identity(equation="77")
def hidden_term_pp(q: Quantities, i: Any, j: Any) -> Pair:
    """tr(p_i g_i g_iᵀ p_j g_j g_jᵀ) = p_i p_j (g_i·g_j)²."""
    s, t = q.at(i), q.at(j)
    return (s.p * (s.g @ s.g.T) @ (t.p * (t.g @ t.g.T))).trace(), s.p * t.p * (s.g.T @ t.g) ** 2


@CLAIMS.identity(equation="78")
def hidden_term_pe(q: Quantities, i: Any, j: Any) -> Pair:
    """tr(p_i g_i g_iᵀ e_j diag c_j) = p_i e_j Σ_k g_ik² c_jk."""
    s, t = q.at(i), q.at(j)
    return (s.p * (s.g @ s.g.T) @ (t.e * t.c.diag())).trace(), s.p * t.e * ((s.g * s.g).T @ t.c)


@CLAIMS.identity(equation="79")
def hidden_term_ep(q: Quantities, i: Any, j: Any) -> Pair:
    """tr(e_i diag c_i p_j g_j g_jᵀ) = e_i p_j Σ_k c_ik g_jk²."""
    s, t = q.at(i), q.at(j)
    return (s.e * s.c.diag() @ (t.p * (t.g @ t.g.T))).trace(), s.e * t.p * (s.c.T @ (t.g * t.g))


@CLAIMS.identity(equation="80")
def trace_of_diagonals(q: Quantities) -> Pair:
    """tr(diag y diag z) = y·z."""
    y, z = q.free("y", "hidden"), q.free("z", "hidden")
    return (y.diag() @ z.diag()).trace(), y.T @ z


@CLAIMS.identity(equation="81")
def hidden_term_ee(q: Quantities, i: Any, j: Any) -> Pair:
    """tr(e_i diag c_i e_j diag c_j) = e_i e_j c_i·c_j."""
    s, t = q.at(i), q.at(j)
    return (s.e * s.c.diag() @ (t.e * t.c.diag())).trace(), s.e * t.e * (s.c.T @ t.c)


@CLAIMS.identity(equation="82")
def cross_pair(q: Quantities, i: Any, j: Any) -> Pair:
    """tr H_Aw,i H_wA,j = K_ij (p_i p_j G_ij Q_ij + p_i e_j Σ g_i h_i f₁_j
    + e_i p_j Σ f₁_i g_j h_j + e_i e_j Σ f₁_i f₁_j).
    """
    s, t = q.at(i), q.at(j)
    return (q.part(q.hessian(i), "A", "w") @ q.part(q.hessian(j), "w", "A")).trace(), (
        s.x.T @ t.x
    ) * (
        s.p * t.p * (s.g.T @ t.g) * (q.h_bar(s).T @ q.h_bar(t))
        + s.p * t.e * ((s.g * s.h).T @ t.f1)
        + s.e * t.p * (s.f1.T @ (t.g * t.h))
        + s.e * t.e * (s.f1.T @ t.f1)
    )


@CLAIMS.identity(equation="83")
def cross_pair_factored(q: Quantities, i: Any, j: Any) -> Pair:
    """tr H_Aw,i H_wA,j = tr(x̄_i x̄_jᵀ) tr(B_i B_jᵀ), B = p gh̄ᵀ + e [0 F₁]."""
    s, t = q.at(i), q.at(j)
    return (q.part(q.hessian(i), "A", "w") @ q.part(q.hessian(j), "w", "A")).trace(), (
        s.x @ t.x.T
    ).trace() * (
        (s.p * (s.g @ q.h_bar(s).T) + s.e * q.blocks([[0 * s.f1, s.f1.diag()]]))
        @ (t.p * (t.g @ q.h_bar(t).T) + t.e * q.blocks([[0 * t.f1, t.f1.diag()]])).T
    ).trace()


@CLAIMS.identity(equation="84")
def input_product(q: Quantities, i: Any, j: Any) -> Pair:
    """tr(x̄_i x̄_jᵀ) = x̄_i·x̄_j."""
    return (q.at(i).x @ q.at(j).x.T).trace(), q.at(i).x.T @ q.at(j).x


@CLAIMS.identity(equation="85")
def cross_term_pp(q: Quantities, i: Any, j: Any) -> Pair:
    """tr(p_i g_i h̄_iᵀ p_j h̄_j g_jᵀ) = p_i p_j (g_i·g_j)(h̄_i·h̄_j)."""
    s, t = q.at(i), q.at(j)
    return (s.p * (s.g @ q.h_bar(s).T) @ (t.p * (q.h_bar(t) @ t.g.T))).trace(), s.p * t.p * (
        s.g.T @ t.g
    ) * (q.h_bar(s).T @ q.h_bar(t))


@CLAIMS.identity(equation="86")
def cross_term_pe(q: Quantities, i: Any, j: Any) -> Pair:
    """tr(p_i g_i h̄_iᵀ e_j [0; F₁_j]) = p_i e_j Σ_k g_ik h_ik f₁_jk."""
    s, t = q.at(i), q.at(j)
    return (
        s.p * (s.g @ q.h_bar(s).T) @ (t.e * q.blocks([[0 * t.f1.T], [t.f1.diag()]]))
    ).trace(), s.p * t.e * ((s.g * s.h).T @ t.f1)


@CLAIMS.identity(equation="87")
def cross_term_ep(q: Quantities, i: Any, j: Any) -> Pair:
    """tr(e_i [0 F₁_i] p_j h̄_j g_jᵀ) = e_i p_j Σ_k f₁_ik g_jk h_jk."""
    s, t = q.at(i), q.at(j)
    return (
        s.e * q.blocks([[0 * s.f1, s.f1.diag()]]) @ (t.p * (q.h_bar(t) @ t.g.T))
    ).trace(), s.e * t.p * (s.f1.T @ (t.g * t.h))


@CLAIMS.identity(equation="88")
def cross_term_ee(q: Quantities, i: Any, j: Any) -> Pair:
    """tr(e_i F₁_i e_j F₁_j) = e_i e_j f₁_i·f₁_j."""
    s, t = q.at(i), q.at(j)
    return (s.e * s.f1.diag() @ (t.e * t.f1.diag())).trace(), s.e * t.e * (s.f1.T @ t.f1)


@CLAIMS.identity(equation="89")
def output_pair(q: Quantities, i: Any, j: Any) -> Pair:
    """tr H_ww,i H_ww,j = p_i p_j (h̄_i·h̄_j)²."""
    s, t = q.at(i), q.at(j)
    return (q.part(q.hessian(i), "w", "w") @ q.part(q.hessian(j), "w", "w")).trace(), s.p * t.p * (
        q.h_bar(s).T @ q.h_bar(t)
    ) ** 2


@CLAIMS.identity(equation="90")
def trace_squared_summed(q: Quantities) -> Pair:
    """tr H² = Σ_ij p_i p_j (K G + Q)² + 2 e_i p_j K (K Σ c_i g_j² + 2 Σ f₁_i g_j h_j)
    + e_i e_j K (K Σ c_i c_j + 2 Σ f₁_i f₁_j).
    """

    def term(i: Any, j: Any) -> Any:
        s, t = q.at(i), q.at(j)
        K, G, Q = s.x.T @ t.x, s.g.T @ t.g, q.h_bar(s).T @ q.h_bar(t)
        return (
            s.p * t.p * (K * G + Q) ** 2
            + 2 * s.e * t.p * K * (K * (s.c.T @ (t.g * t.g)) + 2 * (s.f1.T @ (t.g * t.h)))
            + s.e * t.e * K * (K * (s.c.T @ t.c) + 2 * (s.f1.T @ t.f1))
        )

    return (q.H @ q.H).trace(), q.over(term, 2)

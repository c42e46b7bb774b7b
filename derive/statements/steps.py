"""The steps of a layer as trees: what claims state, and what is emitted (see ``layers``)."""

from .layers import Layers, LayerSample
from .trees import Node


def slope_below(q: Layers, s: LayerSample) -> Node:
    """Return f′∘Wᵀg."""
    return s.f1 * (q.W.T @ s.g)


def own_curvature(q: Layers, s: LayerSample) -> Node:
    """Return f″∘Wᵀg."""
    return s.f2 * (q.W.T @ s.g)


def curvature_below(q: Layers, s: LayerSample) -> Node:
    """Return F′WᵀBWF′ + diag(f″∘Wᵀg), F′ = diag f′."""
    return residual_below(q, s, s.B @ q.W) + own_curvature(q, s).diag()


def own_tangents(q: Layers, s: LayerSample) -> Node:
    """Return κ = [b] + [W]‖h‖², each bracket 1, or 0 where that is frozen."""
    return q.on_beta + q.on_W * (s.h.T @ s.h)


def tangents_above(q: Layers, s: LayerSample, M: Node) -> Node:
    """Return κI + W F′MF′Wᵀ."""
    through = q.W @ s.f1.diag()
    return own_tangents(q, s) * q.eye("above") + through @ M @ through.T


def growth(s: LayerSample, dM: Node, lam: Node) -> Node:
    """Return f″∘diag M + f′∘λ."""
    return s.f2 * dM + s.f1 * lam


def laplacian_above(q: Layers, grown: Node) -> Node:
    """Return W(f″∘diag M + f′∘λ)."""
    return q.W @ grown


def carried(s: LayerSample) -> Node:
    """Return f′∘f′∘m, the diagonal of F′MF′ where M = diag m."""
    return s.f1**2 * s.m


def inner(q: Layers, x: Node, y: Node) -> Node:
    """Return [1; x]·[1; y]."""
    return q.bar(x).T @ q.bar(y)


def of_factor(Q: Node) -> Node:
    """Return QᵀQ."""
    return Q.T @ Q


def curved(q: Layers, s: LayerSample) -> Node:
    """Return BVD."""
    return s.B @ (q.V @ s.D)


def curved_near(q: Layers, s: LayerSample) -> Node:
    """Return BWF′."""
    return s.B @ q.W @ s.f1.diag()


def jacobian(q: Layers, s: LayerSample, D: Node) -> Node:
    """Return diag(f′(z^l')) VD."""
    return s.t1.diag() @ (q.V @ D)


def later_rows(phi: Node, U: Node, D: Node, g: Node) -> Node:
    """Return φ⊗U + D⊗g: the slopes of V's slope, by z here."""
    return phi.kron(U) + D.kron(g)


def pair_block(q: Layers, s: LayerSample) -> Node:
    """Return [1; φ]āᵀ⊗U with U = BVD, and beside it what the slopes of φ leave."""
    U = curved(q, s)
    a = q.bar(s.a).T
    return q.blocks([[a.kron(U)], [a.kron(later_rows(s.phi, U, s.D, s.g))]])


def square_of_pair(x: Node, y: Node) -> Node:
    """Return ⟨X, Y⟩."""
    return (x * y).sum()


def square_of_factors(q: Layers, s: LayerSample, t: LayerSample) -> Node:
    """Return ⟨Q_iᵀQ_i + diag c_i, Q_jᵀQ_j + diag c_j⟩."""
    d, d_j = diagonal_of_factor(q, s.Q), diagonal_of_factor(q, t.Q)
    rows = ((s.Q @ t.Q.T) ** 2).sum()
    return rows + (d + s.c).T @ t.c + s.c.T @ d_j


def squares_of_own(s: LayerSample, t: LayerSample, betas: Node) -> tuple[Node, Node, Node]:
    """Return ⟨B_i, B_j⟩ times 1, h_i·h_j and its square: of β, of W and β, and of W."""
    inner_ = s.h.T @ t.h
    both = inner_ * betas
    return betas, both, inner_ * both


Rows = tuple[Node, Node, Node, Node]
"""φ, U, D and g of a sample."""


def squares_of_later(x: Rows, y: Rows) -> Node:
    """Return (φ_i·φ_j)⟨U_i, U_j⟩ + (g_i·g_j)⟨D_i, D_j⟩."""
    (phi, U, D, g), (phi_j, U_j, D_j, g_j) = x, y
    return (phi.T @ phi_j) * square_of_pair(U, U_j) + (g.T @ g_j) * square_of_pair(D, D_j)


def mixed_of_later(x: Rows, y: Rows) -> Node:
    """Return 2 U_iᵀg_j·D_jᵀφ_i."""
    (phi, U, _, _), (_, _, D_j, g_j) = x, y
    return 2 * ((U.T @ g_j).T @ (phi.T @ D_j).T)


def squares_of_near(s: LayerSample, t: LayerSample, U: Node, U_j: Node) -> Node:
    """Return (h_i·h_j)⟨U_i, U_j⟩ + (g_i·g_j)(f′_i·f′_j)."""
    return (s.h.T @ t.h) * square_of_pair(U, U_j) + (s.g.T @ t.g) * (s.f1.T @ t.f1)


def mixed_of_near(s: LayerSample, t: LayerSample, U: Node) -> Node:
    """Return 2 ⟨U_i diag h_i, g_j f′_jᵀ⟩."""
    return 2 * square_of_pair(U @ s.h.diag(), (t.f1 @ t.g.T).T)


def weights_by_residual(s: LayerSample, grown: Node) -> Node:
    """Return g(f″∘diag M + f′∘λ)ᵀ + thᵀ."""
    return s.g @ grown.T + s.t @ s.h.T


def inputs_slope(q: Layers, s: LayerSample, u: Node, d: Node, curved: Node, dM: Node) -> Node:
    """Return f′∘(Wᵀt + 2[W] 1ᵀd h) + f″∘(2 curved + u∘λ) + f‴∘u∘diag M, of u = Wᵀg."""
    first = s.f1 * (q.W.T @ s.t + 2 * (q.on_W * d.sum()) * s.h)
    return first + s.f2 * (2 * curved + u * s.lam) + s.f3 * u * dM


def factor_below(q: Layers, s: LayerSample) -> Node:
    """Return QWF′."""
    return s.Q @ q.W @ s.f1.diag()


def residual_moved(q: Layers, s: LayerSample) -> Node:
    """Return (WᵀC)ᵀ, which is CW."""
    return (q.W.T @ s.C).T


def residual_below(q: Layers, s: LayerSample, A: Node) -> Node:
    """Return F′WᵀAF′, of A = CW."""
    return s.f1.diag() @ (q.W.T @ A) @ s.f1.diag()


def diagonal_of_factor(q: Layers, Q: Node) -> Node:
    """Return (Q∘Q)ᵀ1."""
    return (Q**2).T @ q.one("rank")


def diagonal_of_moved_factor(s: LayerSample, squares: Node) -> Node:
    """Return f′∘f′∘(QW∘QW)ᵀ1, of the squares (QW∘QW)ᵀ1."""
    return s.f1**2 * squares


def quadratic_forms(q: Layers, A: Node) -> Node:
    """Return (W∘A)ᵀ1, which is diag WᵀCW of A = CW."""
    return (q.W * A).T @ q.one("above")


def diagonal_of_residual(q: Layers, s: LayerSample, A: Node) -> Node:
    """Return f′∘f′∘(W∘A)ᵀ1, of A = CW."""
    return s.f1**2 * quadratic_forms(q, A)


def forms_of_diagonal(q: Layers, s: LayerSample) -> Node:
    """Return (W∘W)ᵀc, which is diag WᵀCW of C = diag c."""
    return (q.W**2).T @ s.c


def diagonal_of_neighbour(q: Layers, s: LayerSample) -> Node:
    """Return f′∘f′∘(W∘W)ᵀc."""
    return s.f1**2 * forms_of_diagonal(q, s)


def output(q: Layers, s: LayerSample) -> Node:
    """Return b + Wh."""
    return q.beta + q.W @ s.h


def input_moved(s: LayerSample) -> Node:
    """Return f′∘ż."""
    return s.f1 * s.z_to


def output_moved(q: Layers, s: LayerSample, h_to: Node) -> Node:
    """Return ḃ + Ẇh + Wḣ, of ḣ = f′∘ż."""
    return q.beta_to + q.W_to @ s.h + q.W @ h_to


def slope_moved(q: Layers, s: LayerSample, own: Node) -> Node:
    """Return own∘ż + f′∘(Ẇᵀg + Wᵀġ), own = f″∘Wᵀg."""
    return own * s.z_to + s.f1 * (q.W_to.T @ s.g + q.W.T @ s.g_to)


def output_moved_fixed(q: Layers, h_to: Node) -> Node:
    """Return Wḣ: β and W stay."""
    return q.W @ h_to


def slope_moved_fixed(q: Layers, s: LayerSample, own: Node) -> Node:
    """Return own∘ż + f′∘Wᵀġ: W stays."""
    return own * s.z_to + factor_moved(q, s)


def factor_moved(q: Layers, s: LayerSample) -> Node:
    """Return f′∘Wᵀġ."""
    return s.f1 * (q.W.T @ s.g_to)


def weights_slope(s: LayerSample, g: Node) -> Node:
    """Return ghᵀ."""
    return g @ s.h.T


def weights_curvature(s: LayerSample, d: Node) -> Node:
    """Return d(h∘h)ᵀ, of d = diag B."""
    return d @ (s.h**2).T


def weights_trace(s: LayerSample, d: Node) -> Node:
    """Return ‖h‖² 1ᵀd, of d = diag B."""
    return (s.h.T @ s.h) @ d.sum()


def trained_trace(kappa: Node, d: Node) -> Node:
    """Return κ 1ᵀd, of d = diag B."""
    return kappa * d.sum()


def gradient_moved(s: LayerSample, h_to: Node) -> Node:
    """Return ġhᵀ + gḣᵀ, of ḣ = f′∘ż."""
    return weights_slope(s, s.g_to) + s.g @ h_to.T


def tangents_moved(q: Layers, s: LayerSample, M: Node) -> Node:
    """Return WF′M."""
    return q.W @ (s.f1.diag() @ M)


def tangents_by_moved(q: Layers, s: LayerSample, kappa: Node, G: Node) -> Node:
    """Return κI + GF′Wᵀ, of G = WF′M."""
    return kappa * q.eye("above") + G @ s.f1.diag() @ q.W.T


def tangents_by_neighbour(q: Layers, kappa: Node, carried: Node) -> Node:
    """Return κI + W diag(f′∘f′∘m) Wᵀ, where M = diag m."""
    return kappa * q.eye("above") + q.W @ (carried.diag() @ q.W.T)


def diagonal_by_moved(q: Layers, s: LayerSample, kappa: Node, G: Node) -> Node:
    """Return κ1 + (W∘GF′)1, of G = WF′M."""
    return kappa * q.one("above") + (q.W * (G @ s.f1.diag())) @ q.one("here")


def diagonal_by_neighbour(q: Layers, kappa: Node, carried: Node) -> Node:
    """Return κ1 + (W∘W)(f′∘f′∘m), where M = diag m."""
    return kappa * q.one("above") + q.W**2 @ carried


def factor_through(s: LayerSample, Y: Node) -> Node:
    """Return YF′."""
    return Y @ s.f1.diag()


def factor_on_diagonal(QW: Node, carried: Node) -> Node:
    """Return QW diag(f′∘f′∘m), which is YF′ where M = diag m."""
    return QW @ carried.diag()


def factor_above(q: Layers, s: LayerSample, kappa: Node, YF: Node) -> Node:
    """Return κQ + YF′Wᵀ."""
    return kappa * s.Q + YF @ q.W.T


def weights_by_factor(s: LayerSample, YF: Node) -> Node:
    """Return 2QᵀYF′."""
    return 2 * (s.Q.T @ YF)


def weights_by_moved(s: LayerSample, C: Node, G: Node) -> Node:
    """Return 2CGF′, of G = WF′M."""
    return 2 * (C @ (G @ s.f1.diag()))


def weights_by_diagonal(A: Node, carried: Node) -> Node:
    """Return 2A diag(f′∘f′∘m), of A = CW, where M = diag m."""
    return 2 * (A @ carried.diag())


def weights_by_neighbours(q: Layers, s: LayerSample, carried: Node) -> Node:
    """Return 2W∘c(f′∘f′∘m)ᵀ, where C = diag c and M = diag m."""
    return 2 * (q.W * (s.c @ carried.T))


def curved_by_factor(q: Layers, QW: Node, Y: Node) -> Node:
    """Return (QW∘Y)ᵀ1."""
    return (QW * Y).T @ q.one("rank")


def curved_by_moved(q: Layers, A: Node, G: Node) -> Node:
    """Return (A∘G)ᵀ1, of A = CW and G = WF′M."""
    return (A * G).T @ q.one("above")


def curved_by_diagonal(s: LayerSample, forms: Node) -> Node:
    """Return f′∘m∘forms, of the quadratic forms of what is above, where M = diag m."""
    return s.f1 * s.m * forms


def spread_of_rows(q: Layers, s: LayerSample, kappa: Node, QW: Node, YF: Node) -> Node:
    """Return κ(Q∘Q)1 + (QW∘YF′)1."""
    return kappa * (s.Q**2 @ q.one("above")) + (QW * YF) @ q.one("here")


def third_of_shares(pi: Node, G: Node) -> Node:
    """Return G − π1ᵀG, of G = diag(QMQᵀ)."""
    return G - pi @ G.sum()


def outputs_slope(s: LayerSample, third: Node) -> Node:
    """Return QᵀQλ + third, of the outputs."""
    return s.Q_v.T @ (s.Q_v @ s.lam_v) + third


def softmax_loss(s: LayerSample) -> Node:
    """Return yᵀ(−log π)."""
    return s.label.T @ s.surprise


def softmax_slope(s: LayerSample) -> Node:
    """Return π∘ȳ − y∘π̄, which is π − y and loses no digits."""
    return s.pi * s.label_bar - s.label * s.pi_bar


def softmax_factor(pi: Node, root: Node, pi_bar: Node) -> Node:
    """Return Qᵀ, Q = diag √π (I − 1πᵀ); its diagonal is √π∘π̄."""
    return (-(pi @ root.T)).without_diagonal() + (root * pi_bar).diag()

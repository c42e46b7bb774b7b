"""Networks of any depth: what holds at one layer, and what follows for all (beyond the paper).

The hypothesis is that what lies above a layer is a smooth function F of its input, with slope g and
symmetric Hessian B; nothing else is known of it. The recursion of B is old (Bishop 1992, Botev et
al. 2017, Dangel et al. 2020), and (M, λ) is the forward Laplacian taken in θ.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from hessbound.derive.functions import softmax
from hessbound.derive.functions.zero import is_zero
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Checked, Pair
from hessbound.derive.proof.verdicts import Decision, Verdict
from hessbound.derive.statements.layers import Layers
from hessbound.derive.statements.notation import LAYERS
from hessbound.derive.statements.steps import (
    Rows,
    curvature_below,
    curved,
    curved_near,
    diagonal_of_factor,
    diagonal_of_moved_factor,
    diagonal_of_neighbour,
    diagonal_of_residual,
    factor_below,
    gradient_moved,
    growth,
    input_moved,
    inputs_slope,
    jacobian,
    laplacian_above,
    later_rows,
    mixed_of_later,
    mixed_of_near,
    output,
    output_moved,
    own_curvature,
    own_tangents,
    pair_block,
    residual_below,
    residual_moved,
    slope_below,
    slope_moved,
    softmax_factor,
    square_of_factors,
    square_of_pair,
    squares_of_later,
    squares_of_near,
    squares_of_own,
    tangents_above,
    trained_trace,
    weights_by_residual,
    weights_curvature,
    weights_slope,
    weights_trace,
)
from hessbound.derive.statements.trees import Node

CLAIMS = Register()
_identity = partial(CLAIMS.identity, notation=LAYERS)


@_identity()
def slope_of_a_layer(q: Layers, i: Any) -> Pair:
    """∂F/∂z^l = f′∘Wᵀg."""
    return q.derived("slope", i), slope_below(q, q.at(i))


@_identity()
def curvature_of_a_layer(q: Layers, i: Any) -> Pair:
    """∂²F/∂(z^l)² = F′WᵀBWF′ + diag(f″∘Wᵀg)."""
    return q.derived("curvature", i), curvature_below(q, q.at(i))


@_identity()
def gradient_by_a_layer(q: Layers, i: Any) -> Pair:
    """∂F/∂(b, vec W) = h̄⊗g."""
    s = q.at(i)
    return q.derived("own_gradient", i), q.bar(s.h).kron(s.g)


@_identity()
def hessian_of_a_layer(q: Layers, i: Any) -> Pair:
    """H_ll = h̄h̄ᵀ⊗B."""
    s = q.at(i)
    return q.derived("own_hessian", i), (q.bar(s.h) @ q.bar(s.h).T).kron(s.B)


@_identity()
def trace_of_a_layer(q: Layers, i: Any) -> Pair:
    """tr H_ll = 1ᵀ diag B + ‖h‖² 1ᵀ diag B = ‖h̄‖² tr B: that of the biases, and that of W."""
    s = q.at(i)
    d = s.B.diagonal()
    return q.derived("own_hessian", i).trace(), d.sum() + weights_trace(s, d)


@_identity()
def trace_of_what_is_trained(q: Layers, i: Any) -> Pair:
    """κ 1ᵀ diag B = [b] 1ᵀ diag B + [W] ‖h‖² 1ᵀ diag B: the parts that are not frozen."""
    s = q.at(i)
    d = s.B.diagonal()
    parts = q.on_beta * d.sum() + q.on_W * weights_trace(s, d)
    return trained_trace(own_tangents(q, s), d), parts


@_identity()
def diagonal_of_a_layer(q: Layers, i: Any) -> Pair:
    """diag H_ll = (h̄∘h̄)⊗diag B."""
    s = q.at(i)
    return q.derived("own_hessian", i).diagonal(), (q.bar(s.h) ** 2).kron(s.B.diagonal())


def _squares_of_own(q: Layers, part: str, number: int) -> Pair:
    H = q.over(lambda i: q.derived(f"own_part_{part}", i))

    def term(i: Any, j: Any) -> Node:
        s, t = q.at(i), q.at(j)
        return squares_of_own(s, t, square_of_pair(s.B, t.B))[number]

    return (H * H).sum(), q.over(term, 2)


@_identity()
def squares_of_biases(q: Layers) -> Pair:
    """‖∂²F/∂b²‖² = Σ_ij ⟨B_i, B_j⟩, summed over the samples."""
    return _squares_of_own(q, "0_0", 0)


@_identity()
def squares_of_weights_and_biases(q: Layers) -> Pair:
    """‖∂²F/∂W∂b‖² = Σ_ij (h_i·h_j)⟨B_i, B_j⟩."""
    return _squares_of_own(q, "1_0", 1)


@_identity()
def squares_of_weights(q: Layers) -> Pair:
    """‖∂²F/∂W²‖² = Σ_ij (h_i·h_j)² ⟨B_i, B_j⟩."""
    return _squares_of_own(q, "1_1", 2)


@_identity()
def squares_of_factors(q: Layers, i: Any, j: Any) -> Pair:
    """⟨QᵢᵀQᵢ + diag cᵢ, QⱼᵀQⱼ + diag cⱼ⟩ = ‖QᵢQⱼᵀ‖² + (dᵢ + cᵢ)·cⱼ + cᵢ·dⱼ, d = (Q∘Q)ᵀ1."""
    s, t = q.at(i), q.at(j)
    B, B_j = (x.Q.T @ x.Q + x.c.diag() for x in (s, t))
    return square_of_pair(B, B_j), square_of_factors(q, s, t)


@_identity()
def block_of_two_layers(q: Layers, i: Any) -> Pair:
    """H_l'l = [1; φ]āᵀ⊗BVD + [0; D⊗g]āᵀ, at any distance."""
    return q.derived("pair", i), pair_block(q, q.at(i))


def _rows(q: Layers, i: Any) -> Rows:
    s = q.at(i)
    return s.phi, curved(q, s), s.D, s.g


def _later(q: Layers, i: Any, j: Any) -> Node:
    return squares_of_later(_rows(q, i), _rows(q, j)) + mixed_of_later(_rows(q, i), _rows(q, j))


def _squares_of_pair(q: Layers, part: str, term: Callable[[Any, Any], Node]) -> Pair:
    H = q.over(lambda i: q.derived(f"pair_part_{part}", i))
    return (H * H).sum(), q.over(term, 2)


def _at_biases(q: Layers, i: Any, j: Any) -> Node:
    return square_of_pair(curved(q, q.at(i)), curved(q, q.at(j)))


@_identity()
def squares_of_two_biases(q: Layers) -> Pair:
    """‖∂²F/∂b'∂b‖² = Σ_ij ⟨U_i, U_j⟩, U = BVD."""
    return _squares_of_pair(q, "0_0", lambda i, j: _at_biases(q, i, j))


@_identity()
def squares_of_later_biases(q: Layers) -> Pair:
    """‖∂²F/∂b'∂W‖² = Σ_ij (a_i·a_j)⟨U_i, U_j⟩."""

    def term(i: Any, j: Any) -> Node:
        return (q.at(i).a.T @ q.at(j).a) * _at_biases(q, i, j)

    return _squares_of_pair(q, "0_1", term)


@_identity()
def squares_of_later_weights(q: Layers) -> Pair:
    """‖∂²F/∂V∂b‖² = Σ_ij (φ_i·φ_j)⟨U_i, U_j⟩ + (g_i·g_j)⟨D_i, D_j⟩ + 2 U_iᵀg_j·D_jᵀφ_i."""
    return _squares_of_pair(q, "1_0", lambda i, j: _later(q, i, j))


@_identity()
def squares_of_two_weights(q: Layers) -> Pair:
    """‖∂²F/∂V∂W‖² = Σ_ij (a_i·a_j)(…), the terms of ‖∂²F/∂V∂b‖²."""
    return _squares_of_pair(q, "1_1", lambda i, j: (q.at(i).a.T @ q.at(j).a) * _later(q, i, j))


@_identity()
def squares_of_neighbours(q: Layers) -> Pair:
    """Of D = F′: Σ_ij (h_i·h_j)⟨U_i, U_j⟩ + (g_i·g_j)(f′_i·f′_j) + 2⟨U_i diag h_i, g_j f′_jᵀ⟩."""

    def general(i: Any, j: Any) -> Node:
        x, y = ((s.h, curved_near(q, s), s.f1.diag(), s.g) for s in (q.at(i), q.at(j)))
        return squares_of_later(x, y) + mixed_of_later(x, y)

    def near(i: Any, j: Any) -> Node:
        s, t = q.at(i), q.at(j)
        U = curved_near(q, s)
        return squares_of_near(s, t, U, curved_near(q, t)) + mixed_of_near(s, t, U)

    return q.over(general, 2), q.over(near, 2)


@_identity()
def rows_of_a_weighted_sample(q: Layers, i: Any) -> Pair:
    """ω(φ⊗U + D⊗g) = ωφ⊗U + D⊗ωg."""
    s = q.at(i)
    U = curved(q, s)
    return (
        s.omega * later_rows(s.phi, U, s.D, s.g),
        later_rows(s.omega * s.phi, U, s.D, s.omega * s.g),
    )


@_identity()
def next_jacobian(q: Layers, i: Any) -> Pair:
    """∂f(z^l')/∂z^l = diag(f′(z^l')) V D."""
    s = q.at(i)
    return q.derived("next_jacobian", i), jacobian(q, s, s.D)


@_identity()
def tangents_of_a_layer(q: Layers, i: Any) -> Pair:
    """M⁺ = κI + W F′MF′Wᵀ, κ = [b] + [W]‖h‖², M = JJᵀ with J = ∂z/∂θ."""
    s = q.at(i)
    return q.derived("tangents", i), tangents_above(q, s, s.tangents)


@_identity()
def laplacian_of_a_layer(q: Layers, i: Any) -> Pair:
    """λ⁺ = W(f″∘diag M + f′∘λ), λ = Σ_p ∂²z/∂θ_p²."""
    s = q.at(i)
    grown = growth(s, s.tangents.diagonal(), s.laplacian)
    return q.derived("laplacian", i), laplacian_above(q, grown)


@_identity()
def trace_of_a_function(q: Layers, i: Any) -> Pair:
    """tr ∂²F/∂θ² = ⟨S, M⟩ + e·λ, of a function of z with slope e and Hessian S."""
    s = q.at(i)
    return q.derived("end", i), (s.S * s.tangents).sum() + s.e.T @ s.laplacian


@_identity()
def trace_by_tangents(q: Layers, i: Any) -> Pair:
    """∂T/∂M = F′WᵀBWF′ + diag(f″∘Wᵀg), T's slopes by M⁺, λ⁺ and z⁺ being B, g and t."""
    return q.derived("by_tangents", i), curvature_below(q, q.at(i))


@_identity()
def trace_by_laplacian(q: Layers, i: Any) -> Pair:
    """∂T/∂λ = f′∘Wᵀg."""
    return q.derived("by_laplacian", i), slope_below(q, q.at(i))


@_identity()
def trace_by_biases(q: Layers, i: Any) -> Pair:
    """∂T/∂b = t."""
    return q.derived("by_biases", i), q.at(i).t


@_identity()
def trace_by_weights(q: Layers, i: Any) -> Pair:
    """∂T/∂W = 2BWF′MF′ + g(f″∘diag M + f′∘λ)ᵀ + thᵀ."""
    s = q.at(i)
    within = s.f1.diag() @ s.M @ s.f1.diag()
    rest = weights_by_residual(s, growth(s, s.M.diagonal(), s.lam))
    return q.derived("by_weights", i), 2 * (s.B @ q.W @ within) + rest


@_identity()
def trace_by_inputs(q: Layers, i: Any) -> Pair:
    """∂T/∂z = f′∘(Wᵀt + 2[W] tr(B) h) + f″∘(2 diag(WᵀBWF′M) + Wᵀg∘λ) + f‴∘Wᵀg∘diag M."""
    s = q.at(i)
    curved = (q.W.T @ s.B @ q.W @ s.f1.diag() @ s.M).diagonal()
    right = inputs_slope(q, s, q.W.T @ s.g, s.B.diagonal(), curved, s.M.diagonal())
    return q.derived("by_inputs", i), right


@_identity()
def factors_of_a_layer(q: Layers, i: Any) -> Pair:
    """F′WᵀBWF′ = Q₊ᵀQ₊ + F′WᵀCWF′ with Q₊ = QWF′, where B = QᵀQ + C."""
    s = q.at(i)
    B, through = s.Q.T @ s.Q + s.C, q.W @ s.f1.diag()
    factor = factor_below(q, s)
    return through.T @ B @ through, factor.T @ factor + residual_below(q, s, s.C @ q.W)


@_identity()
def residuals_that_move(q: Layers, i: Any) -> Pair:
    """CW = (WᵀC)ᵀ."""
    s = q.at(i)
    return s.C @ q.W, residual_moved(q, s)


@_identity()
def diagonals_of_factors(q: Layers, i: Any) -> Pair:
    """diag QᵀQ = (Q∘Q)ᵀ1."""
    Q = q.at(i).Q
    return (Q.T @ Q).diagonal(), diagonal_of_factor(q, Q)


@_identity()
def diagonals_of_moved_factors(q: Layers, i: Any) -> Pair:
    """diag F′WᵀQᵀQWF′ = f′∘f′∘(QW∘QW)ᵀ1."""
    s = q.at(i)
    factor = factor_below(q, s)
    squares = diagonal_of_factor(q, s.Q @ q.W)
    return (factor.T @ factor).diagonal(), diagonal_of_moved_factor(s, squares)


@_identity()
def diagonals_of_residuals(q: Layers, i: Any) -> Pair:
    """diag F′WᵀCWF′ = f′∘f′∘(W∘CW)ᵀ1."""
    s = q.at(i)
    return residual_below(q, s, s.C @ q.W).diagonal(), diagonal_of_residual(q, s, s.C @ q.W)


@_identity()
def diagonals_of_neighbours(q: Layers, i: Any) -> Pair:
    """diag F′Wᵀdiag(c)WF′ = f′∘f′∘(W∘W)ᵀc."""
    s = q.at(i)
    return residual_below(q, s, s.c.diag() @ q.W).diagonal(), diagonal_of_neighbour(q, s)


@_identity()
def slope_by_weights(q: Layers, i: Any) -> Pair:
    """∂F/∂W = ghᵀ."""
    return q.derived("own_slope", i), weights_slope(q.at(i), q.at(i).g)


@_identity()
def diagonal_by_weights(q: Layers, i: Any) -> Pair:
    """∂²F/∂W_kq² = B_kk h_q²."""
    s = q.at(i)
    return q.derived("own_curvatures", i), weights_curvature(s, s.B.diagonal())


@_identity()
def output_of_a_layer(q: Layers, i: Any) -> Pair:
    """z = b + Wh."""
    return q.derived("output", i), output(q, q.at(i))


@_identity()
def output_along_a_direction(q: Layers, i: Any) -> Pair:
    """ż₊ = ḃ + Ẇh + W(f′∘ż)."""
    return q.derived("output_along", i), output_moved(q, q.at(i), input_moved(q.at(i)))


@_identity()
def slope_along_a_direction(q: Layers, i: Any) -> Pair:
    """The slope by z moves by f″∘Wᵀg∘ż + f′∘(Ẇᵀg + Wᵀġ)."""
    return q.derived("slope_along", i), slope_moved(q, q.at(i), own_curvature(q, q.at(i)))


@_identity()
def gradient_along_a_direction(q: Layers, i: Any) -> Pair:
    """The slope by W moves by ġhᵀ + g(f′∘ż)ᵀ."""
    return q.derived("own_gradient_along", i), gradient_moved(q.at(i), input_moved(q.at(i)))


@_identity()
def slope_of_softmax(q: Layers, i: Any) -> Pair:
    """∂ℓ/∂v = π − y, ℓ = −Σ_c y_c log π_c with Σ_c y_c = 1."""
    return q.derived("softmax_slope", i), q.at(i).pi - q.at(i).label


@_identity()
def curvature_of_softmax(q: Layers, i: Any) -> Pair:
    """∂²ℓ/∂v² = diag π − ππᵀ."""
    pi = q.at(i).pi
    return q.derived("softmax_curvature", i), pi.diag() - pi @ pi.T


@_identity()
def factor_of_softmax(q: Layers, i: Any) -> Pair:
    """QᵀQ = diag π − ππᵀ − (1 − 1ᵀπ)ππᵀ of Q = diag √π (I − 1πᵀ); the last term is 0."""
    root = q.at(i).root
    pi = root**2
    Q = softmax_factor(pi, root, q.one("class") - pi).T
    rest = (1 - q.one("class").T @ pi) * (pi @ pi.T)
    return Q.T @ Q, pi.diag() - pi @ pi.T - rest


@_identity()
def factor_of_a_weighted_sample(q: Layers, i: Any) -> Pair:
    """(√ω Q)ᵀ(√ω Q) = ω QᵀQ."""
    s = q.at(i)
    Q = s.root_omega * s.Q
    return Q.T @ Q, s.root_omega**2 * (s.Q.T @ s.Q)


@_identity()
def slope_of_softmax_kept(q: Layers, i: Any) -> Pair:
    """π∘(1−y) − y∘(1−π) = π − y."""
    s, one = q.at(i), q.one("class")
    return s.pi * (one - s.label) - s.label * (one - s.pi), s.pi - s.label


@_identity()
def third_of_softmax(q: Layers, i: Any) -> Pair:
    """∂⟨∂²ℓ/∂v², R⟩/∂v = π∘(r − π·r), r = diag R − 2Rπ, of a symmetric R."""
    s = q.at(i)
    r = s.R.diagonal() - 2 * (s.R @ s.pi)
    return q.derived("softmax_third", i), s.pi * (r - q.one("class") @ (s.pi.T @ r))


def _kept() -> Decision:
    """Decide whether the terms that lose no digits are what they stand for."""
    pairs = softmax.identities()
    if all(is_zero(a - b, softmax.gap) for a, b in pairs):
        return Decision(Verdict.PROVED, f"{len(pairs)} rational functions of exponentials vanish")
    return Decision(Verdict.UNCHECKED, "the test for zero does not see it")


CLAIMS.append(
    Checked(
        "terms_of_softmax",
        "x/(1+ρ) = π, (1+ρ−x)/(1+ρ) = 1 − π, and ρ/(1+ρ) where x = 1; √π and −log π likewise",
        check=_kept,
    )
)

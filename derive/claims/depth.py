"""Networks of any depth: what holds at one layer, and what follows for all (beyond the paper).

The hypothesis is that what lies above a layer is a smooth function F of its input, with slope g and
symmetric Hessian B; nothing else is known of it. The recursion of B is old (Bishop 1992, Botev et
al. 2017, Dangel et al. 2020), and (M, λ) is the forward Laplacian taken in θ.
"""

from functools import partial
from typing import Any

from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Pair
from hessbound.derive.statements.layers import Layers
from hessbound.derive.statements.notation import LAYERS
from hessbound.derive.statements.steps import (
    curvature_below,
    growth,
    inputs_slope,
    jacobian,
    laplacian_above,
    own_tangents,
    pair_block,
    slope_below,
    tangents_above,
    trained_trace,
    weights_by_residual,
    weights_trace,
)

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


@_identity()
def block_of_two_layers(q: Layers, i: Any) -> Pair:
    """H_l'l = [1; φ]āᵀ⊗BVD + [0; D⊗g]āᵀ, at any distance."""
    return q.derived("pair", i), pair_block(q, q.at(i))


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

"""Networks of any depth: what is emitted of a layer in a cheaper form (beyond the paper).

B is kept as QᵀQ + C, its diagonal without the rest of it; parameters that are matrices, as such;
and what moves along a direction, for products with the Hessian.
"""

from functools import partial
from typing import Any

from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Pair
from hessbound.derive.statements.layers import Layers
from hessbound.derive.statements.notation import LAYERS
from hessbound.derive.statements.steps import (
    diagonal_of_factor,
    diagonal_of_moved_factor,
    diagonal_of_neighbour,
    diagonal_of_residual,
    factor_below,
    gradient_moved,
    input_moved,
    output,
    output_moved,
    output_moved_fixed,
    own_curvature,
    residual_below,
    residual_moved,
    slope_moved,
    slope_moved_fixed,
    weights_curvature,
    weights_slope,
)

CLAIMS = Register()
_identity = partial(CLAIMS.identity, notation=LAYERS)


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
def output_where_a_layer_stays(q: Layers, i: Any) -> Pair:
    """ż₊ − ḃ − Ẇh = W(f′∘ż)."""
    s = q.at(i)
    moved = output_moved_fixed(q, input_moved(s))
    return q.derived("output_along", i) - q.beta_to - q.W_to @ s.h, moved


@_identity()
def slope_where_a_layer_stays(q: Layers, i: Any) -> Pair:
    """The slope by z moves by f″∘Wᵀg∘ż + f′∘Wᵀġ, without f′∘Ẇᵀg."""
    s = q.at(i)
    moved = slope_moved_fixed(q, s, own_curvature(q, s))
    return q.derived("slope_along", i) - s.f1 * (q.W_to.T @ s.g), moved


@_identity()
def gradient_along_a_direction(q: Layers, i: Any) -> Pair:
    """The slope by W moves by ġhᵀ + g(f′∘ż)ᵀ."""
    return q.derived("own_gradient_along", i), gradient_moved(q.at(i), input_moved(q.at(i)))


@_identity()
def factor_of_a_weighted_sample(q: Layers, i: Any) -> Pair:
    """(√ω Q)ᵀ(√ω Q) = ω QᵀQ."""
    s = q.at(i)
    Q = s.root_omega * s.Q
    return Q.T @ Q, s.root_omega**2 * (s.Q.T @ s.Q)

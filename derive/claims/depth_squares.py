"""Networks of any depth: tr H² by pairs of samples (beyond the paper).

The hypothesis is that of ``depth``. A block's square is summed over the samples first, so that
each pair of them has a term.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Pair
from hessbound.derive.statements.layers import Layers
from hessbound.derive.statements.notation import LAYERS
from hessbound.derive.statements.steps import (
    Rows,
    curved,
    curved_near,
    inner,
    later_rows,
    mixed_of_later,
    mixed_of_near,
    square_of_factors,
    square_of_pair,
    squares_of_later,
    squares_of_near,
    squares_of_own,
)
from hessbound.derive.statements.trees import Node

CLAIMS = Register()
_identity = partial(CLAIMS.identity, notation=LAYERS)


def _squares_of_own(q: Layers, part: str, number: int) -> Pair:
    def term(i: Any, j: Any) -> Node:
        s, t = q.at(i), q.at(j)
        return squares_of_own(s, t, square_of_pair(s.B, t.B))[number]

    return q.squares(f"own_part_{part}"), q.over(term, 2)


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
def squares_of_a_layer(q: Layers) -> Pair:
    """‖H_ll‖² = Σ_ij (h̄_i·h̄_j)² ⟨B_i, B_j⟩, of H summed over the samples."""

    def term(i: Any, j: Any) -> Node:
        s, t = q.at(i), q.at(j)
        return inner(q, s.h, t.h) ** 2 * square_of_pair(s.B, t.B)

    return q.squares("own_hessian"), q.over(term, 2)


@_identity()
def squares_of_factors(q: Layers, i: Any, j: Any) -> Pair:
    """⟨QᵢᵀQᵢ + diag cᵢ, QⱼᵀQⱼ + diag cⱼ⟩ = ‖QᵢQⱼᵀ‖² + (dᵢ + cᵢ)·cⱼ + cᵢ·dⱼ, d = (Q∘Q)ᵀ1."""
    s, t = q.at(i), q.at(j)
    B, B_j = (x.Q.T @ x.Q + x.c.diag() for x in (s, t))
    return square_of_pair(B, B_j), square_of_factors(q, s, t)


def _rows(q: Layers, i: Any) -> Rows:
    s = q.at(i)
    return s.phi, curved(q, s), s.D, s.g


def _later(q: Layers, i: Any, j: Any) -> Node:
    return squares_of_later(_rows(q, i), _rows(q, j)) + mixed_of_later(_rows(q, i), _rows(q, j))


def _squares_of_pair(q: Layers, part: str, term: Callable[[Any, Any], Node]) -> Pair:
    return q.squares(f"pair_part_{part}"), q.over(term, 2)


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
def squares_of_two_layers(q: Layers) -> Pair:
    """‖H_l'l‖² = Σ_ij (ā_i·ā_j)((φ̄_i·φ̄_j)⟨U_i, U_j⟩ + (g_i·g_j)⟨D_i, D_j⟩ + 2 U_iᵀg_j·D_jᵀφ_i),
    U = BVD.
    """

    def term(i: Any, j: Any) -> Node:
        s, t = q.at(i), q.at(j)
        return inner(q, s.a, t.a) * (_at_biases(q, i, j) + _later(q, i, j))

    return q.squares("pair"), q.over(term, 2)


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

"""The gradient of tr H by what passes carry (beyond the paper): Y = QWF′M, G = WF′M and A = CW.

B is QᵀQ + C as in ``depth``; at a layer C is any matrix or diag c, and M any matrix or diag m.
"""

from functools import partial
from typing import Any

from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Pair
from hessbound.derive.statements.layers import Layers, LayerSample
from hessbound.derive.statements.notation import LAYERS
from hessbound.derive.statements.steps import (
    carried,
    curved_by_diagonal,
    curved_by_factor,
    curved_by_moved,
    diagonal_by_moved,
    diagonal_by_neighbour,
    diagonal_of_factor,
    factor_above,
    factor_below,
    factor_on_diagonal,
    factor_through,
    forms_of_diagonal,
    own_tangents,
    quadratic_forms,
    softmax_factor,
    spread_of_rows,
    tangents_above,
    tangents_by_moved,
    tangents_by_neighbour,
    tangents_moved,
    third_of_shares,
    weights_by_diagonal,
    weights_by_factor,
    weights_by_moved,
    weights_by_neighbours,
)
from hessbound.derive.statements.trees import Node

CLAIMS = Register()
_identity = partial(CLAIMS.identity, notation=LAYERS)


@_identity()
def tangents_through_a_factor(q: Layers, i: Any) -> Pair:
    """QM⁺ = κQ + YF′Wᵀ with Y = QWF′M: as many rows of M as Q has go up."""
    s = q.at(i)
    Y = factor_below(q, s) @ s.M
    return s.Q @ tangents_above(q, s, s.M), factor_above(
        q, s, own_tangents(q, s), factor_through(s, Y)
    )


@_identity()
def spread_through_a_factor(q: Layers, i: Any) -> Pair:
    """diag QM⁺Qᵀ = κ(Q∘Q)1 + (QW∘YF′)1 with Y = QWF′M: nothing goes up."""
    s = q.at(i)
    YF = factor_through(s, factor_below(q, s) @ s.M)
    whole = (s.Q @ tangents_above(q, s, s.M) @ s.Q.T).diagonal()
    return whole, spread_of_rows(q, s, own_tangents(q, s), s.Q @ q.W, YF)


@_identity()
def weights_through_a_factor(q: Layers, i: Any) -> Pair:
    """2QᵀQWF′MF′ = 2QᵀYF′ with Y = QWF′M."""
    s = q.at(i)
    Y = factor_below(q, s) @ s.M
    whole = 2 * (s.Q.T @ s.Q @ q.W @ s.f1.diag() @ s.M @ s.f1.diag())
    return whole, weights_by_factor(s, factor_through(s, Y))


@_identity()
def curved_through_a_factor(q: Layers, i: Any) -> Pair:
    """diag WᵀQᵀQWF′M = (QW∘Y)ᵀ1 with Y = QWF′M."""
    s = q.at(i)
    Y = factor_below(q, s) @ s.M
    curved = (q.W.T @ s.Q.T @ s.Q @ q.W @ s.f1.diag() @ s.M).diagonal()
    return curved, curved_by_factor(q, s.Q @ q.W, Y)


@_identity()
def factors_on_a_diagonal(q: Layers, i: Any) -> Pair:
    """YF′ = QWF′ diag(m) F′ = QW diag(f′∘f′∘m)."""
    s = q.at(i)
    Y = factor_below(q, s) @ s.m.diag()
    return factor_through(s, Y), factor_on_diagonal(s.Q @ q.W, carried(s))


@_identity()
def curved_on_a_diagonal(q: Layers, i: Any) -> Pair:
    """diag Wᵀ(QᵀQ + C)WF′ diag(m) = f′∘m∘((QW∘QW)ᵀ1 + diag WᵀCW)."""
    s = q.at(i)
    whole = _curved(q, s, s.Q.T @ s.Q + s.C, s.m.diag())
    forms = diagonal_of_factor(q, s.Q @ q.W) + quadratic_forms(q, s.C @ q.W)
    return whole, curved_by_diagonal(s, forms)


@_identity()
def tangents_by_what_moves(q: Layers, i: Any) -> Pair:
    """κI + WF′MF′Wᵀ = κI + GF′Wᵀ with G = WF′M."""
    s = q.at(i)
    G = tangents_moved(q, s, s.M)
    return tangents_above(q, s, s.M), tangents_by_moved(q, s, own_tangents(q, s), G)


@_identity()
def tangents_above_a_diagonal(q: Layers, i: Any) -> Pair:
    """κI + WF′ diag(m) F′Wᵀ = κI + W diag(f′∘f′∘m) Wᵀ."""
    s = q.at(i)
    return tangents_above(q, s, s.m.diag()), tangents_by_neighbour(
        q, own_tangents(q, s), carried(s)
    )


@_identity()
def diagonals_of_tangents(q: Layers, i: Any) -> Pair:
    """diag(κI + WF′MF′Wᵀ) = κ1 + (W∘GF′)1 with G = WF′M."""
    s = q.at(i)
    G = tangents_moved(q, s, s.M)
    return tangents_above(q, s, s.M).diagonal(), diagonal_by_moved(q, s, own_tangents(q, s), G)


@_identity()
def diagonals_above_a_diagonal(q: Layers, i: Any) -> Pair:
    """diag(κI + WF′ diag(m) F′Wᵀ) = κ1 + (W∘W)(f′∘f′∘m)."""
    s = q.at(i)
    above = tangents_above(q, s, s.m.diag()).diagonal()
    return above, diagonal_by_neighbour(q, own_tangents(q, s), carried(s))


@_identity()
def weights_by_residuals(q: Layers, i: Any) -> Pair:
    """2CWF′MF′ = 2CGF′ with G = WF′M."""
    s = q.at(i)
    return _weights(q, s, s.C, s.M), weights_by_moved(s, s.C, tangents_moved(q, s, s.M))


@_identity()
def weights_by_residuals_on_a_diagonal(q: Layers, i: Any) -> Pair:
    """2CWF′ diag(m) F′ = 2A diag(f′∘f′∘m) with A = CW."""
    s = q.at(i)
    return _weights(q, s, s.C, s.m.diag()), weights_by_diagonal(s.C @ q.W, carried(s))


@_identity()
def weights_between_diagonals(q: Layers, i: Any) -> Pair:
    """2 diag(c) WF′ diag(m) F′ = 2W∘c(f′∘f′∘m)ᵀ."""
    s = q.at(i)
    return _weights(q, s, s.c.diag(), s.m.diag()), weights_by_neighbours(q, s, carried(s))


@_identity()
def curved_by_residuals(q: Layers, i: Any) -> Pair:
    """diag WᵀCWF′M = (A∘G)ᵀ1 with A = CW and G = WF′M."""
    s = q.at(i)
    G = tangents_moved(q, s, s.M)
    return _curved(q, s, s.C, s.M), curved_by_moved(q, s.C @ q.W, G)


@_identity()
def curved_by_residuals_on_a_diagonal(q: Layers, i: Any) -> Pair:
    """diag WᵀCWF′ diag(m) = f′∘m∘(W∘A)ᵀ1 with A = CW."""
    s = q.at(i)
    return _curved(q, s, s.C, s.m.diag()), curved_by_diagonal(s, quadratic_forms(q, s.C @ q.W))


@_identity()
def curved_by_a_diagonal(q: Layers, i: Any) -> Pair:
    """diag Wᵀdiag(c)WF′M = (W∘diag(c)G)ᵀ1 with G = WF′M."""
    s = q.at(i)
    G = tangents_moved(q, s, s.M)
    return _curved(q, s, s.c.diag(), s.M), curved_by_moved(q, q.W, s.c.diag() @ G)


@_identity()
def curved_between_diagonals(q: Layers, i: Any) -> Pair:
    """diag Wᵀdiag(c)WF′ diag(m) = f′∘m∘(W∘W)ᵀc."""
    s = q.at(i)
    return _curved(q, s, s.c.diag(), s.m.diag()), curved_by_diagonal(s, forms_of_diagonal(q, s))


@_identity()
def third_through_a_factor(q: Layers, i: Any) -> Pair:
    """G − π1ᵀG = π∘(r − π·r) + (1 − 1ᵀπ)(πᵀRπ)π with G = diag(QRQᵀ); the last term is 0."""
    s = q.at(i)
    pi, one = s.root**2, q.one("class")
    Q = softmax_factor(pi, s.root, one - pi).T
    G = (Q @ s.R @ Q.T).diagonal()
    r = s.R.diagonal() - 2 * (s.R @ pi)
    rest = (1 - one.T @ pi) * (pi.T @ s.R @ pi)
    return third_of_shares(pi, G), pi * (r - one @ (pi.T @ r)) + pi @ rest


@_identity()
def third_of_separate_outputs(q: Layers, i: Any) -> Pair:
    """τ∘G = p′∘diag R with G = diag(QRQᵀ), where Q = diag √p and p′ = τ∘p."""
    s = q.at(i)
    Q = s.root.diag()
    return s.ratio * (Q @ s.R @ Q.T).diagonal(), s.ratio * s.root**2 * s.R.diagonal()


def _weights(q: Layers, s: LayerSample, C: Node, M: Node) -> Node:
    return 2 * (C @ q.W @ s.f1.diag() @ M @ s.f1.diag())


def _curved(q: Layers, s: LayerSample, C: Node, M: Node) -> Node:
    return (q.W.T @ C @ q.W @ s.f1.diag() @ M).diagonal()

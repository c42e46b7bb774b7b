"""Softmax cross-entropy of the outputs, where recursions over layers begin (beyond the paper)."""

from functools import partial
from typing import Any

import sympy as sp

from hessbound.derive import losses
from hessbound.derive.functions import softmax
from hessbound.derive.functions.loss import omega, v, y
from hessbound.derive.functions.zero import is_zero
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Checked, Claim, Pair, ScalarIdentity
from hessbound.derive.proof.verdicts import Decision, Verdict
from hessbound.derive.statements.layers import Layers
from hessbound.derive.statements.notation import LAYERS
from hessbound.derive.statements.steps import softmax_factor
from hessbound.derive.statements.trees import Node

CLAIMS = Register()
_identity = partial(CLAIMS.identity, notation=LAYERS)


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
def slope_of_softmax_kept(q: Layers, i: Any) -> Pair:
    """π∘(1−y) − y∘(1−π) = π − y."""
    s, one = q.at(i), q.one("class")
    return s.pi * (one - s.label) - s.label * (one - s.pi), s.pi - s.label


@_identity()
def softmax_merged(q: Layers) -> Pair:
    """Samples with equal inputs, L = −log π: ω₁y₁ᵀL + ω₂y₂ᵀL = (ω₁y₁ + ω₂y₂)ᵀL, over all pairs."""

    def apart(i: Any, j: Any) -> Node:
        s, t = q.at(i), q.at(j)
        return s.omega * (s.label.T @ s.surprise) + t.omega * (t.label.T @ s.surprise)

    def merged(i: Any, j: Any) -> Node:
        s, t = q.at(i), q.at(j)
        return (s.omega * s.label + t.omega * t.label).T @ s.surprise

    return q.over(apart, 2), q.over(merged, 2)


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


def _two_classes() -> Claim:
    """Claim of softmax of the outputs v₀ and v₀ + v that it is a loss of v alone."""
    loss, top = losses.load("cross_entropy"), sp.Symbol("E", positive=True)  # exp(v₀)
    other = top * sp.exp(v)
    p0, p1 = (x / (top + other) for x in (top, other))
    e, p = (loss.define(loss.derivative(order)) for order in (1, 2))
    pairs = (
        (-omega * ((1 - y) * sp.log(p0) + y * sp.log(p1)), loss.definition),
        (omega * (p0 - (1 - y)), -e),
        (omega * (p1 - y), e),
        *((omega * (x - x**2), p) for x in (p0, p1)),
        (-omega * p0 * p1, -p),
    )
    return ScalarIdentity(
        "softmax_of_two_classes",
        "softmax of v₀ and v₀ + v: ℓ is cross-entropy's of v, with slope [−e; e] and Hessian "
        "p [1 −1; −1 1]",
        pairs=pairs,
        function=loss,
        loss="cross_entropy",
    )


CLAIMS.append(_two_classes())

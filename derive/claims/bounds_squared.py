"""Upper bounds of tr H² (Eqs. 29-32, 92-95), as certificates.

The three bilinear forms of tr H² are bounded one by one; constants and steps are reconstructed.
"""

from collections.abc import Iterator
from typing import Any

from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.proof.kernel import Slack, lagrange, over, square
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Pair

from .bounds import BOTH, INPUTS, OUTPUTS
from .constants import (
    EIGHTH,
    HALF,
    mixed_constant,
    residual_constant,
    squared_constant,
    squared_constant_slack,
    squared_rest,
    sum_gram_inputs,
    sum_gram_outputs,
    sum_outputs,
    sum_weights,
)

CLAIMS = Register()
Steps = Iterator[tuple[str, Slack]]
SATURATED = tuple(Assumptions(a.weighted, inputs=True, outputs=True) for a in BOTH)


@CLAIMS.bound(*BOTH, equation="92")
def squared_pp(q: Any) -> Pair:
    """pᵀ(K∘ΓΓᵀ+Q)^∘2 p ≤ ⅛ α₁⁴ ‖b‖₂⁴ Σ ω_i ω_j K_ij² + ⅛ Σ ω_i ω_j Q_ij²."""
    first = q.alpha1.value**4 * (q.beta.value**2).sum() ** 2 * sum_gram_inputs(q)
    return q.p.T @ (
        (q.K * (q.G @ q.G.T) + q.Q) ** 2
    ) @ q.p, EIGHTH * first + EIGHTH * sum_gram_outputs(q)


@CLAIMS.certificate(squared_pp)
def _(q: Any) -> Steps:
    def pair(i: Any, j: Any) -> tuple[Any, ...]:
        s, t = q.bounded(i), q.bounded(j)
        K, Q = s.x.T @ t.x, 1 + s.h.T @ t.h
        g = s.f1 * t.f1 * s.b**2  # g_ik g_jk
        return s, t, K, Q, g

    def amgm(i: Any, j: Any) -> Slack:
        s, t, K, Q, g = pair(i, j)
        return s.p.bound * s.p.share * t.p.bound * t.p.share * square(K * g.value.sum() - Q)

    def quarter(i: Any, j: Any) -> Slack:
        s, t, K, Q, g = pair(i, j)
        return (s.p * t.p).gap() * (square(K * g.value.sum()) + square(Q)) * 2

    def slope(i: Any, j: Any) -> Slack:
        s, t, K, _, g = pair(i, j)
        return s.weight * t.weight * square(K) * g.outer(g).gap().sum() * EIGHTH

    yield "AM-GM: (KG + Q)² ≤ 2K²G² + 2Q²", over(q, amgm, 2)
    yield "p ≤ ω/4", over(q, quarter, 2)
    yield "|f′| ≤ α₁", over(q, slope, 2)


@CLAIMS.bound(*BOTH, equation="93")
def squared_ep(q: Any) -> Pair:
    """2eᵀ[K∘(K∘C(Γ∘Γ)ᵀ + 2F₁(Γ∘h)ᵀ)]p ≤ (½ α₂ α₁² ‖b‖₃³ + ½ α₁⁴ ‖b‖₂²) Σ ω_i ω_j K_ij²
    + ½ Σω Σ ω_i ‖h_i‖².
    """
    return (
        2 * (q.e.T @ (q.K * (q.K * (q.C @ (q.G * q.G).T) + 2 * (q.f1 @ (q.G * q.h).T))) @ q.p),
        mixed_constant(q) * sum_gram_inputs(q) + HALF * sum_weights(q) * sum_outputs(q),
    )


@CLAIMS.certificate(squared_ep)
def _(q: Any) -> Steps:
    def curvature(i: Any, j: Any) -> Slack:
        s, t = q.bounded(i), q.bounded(j)
        return square(s.x.T @ t.x) * (s.e * t.p * s.b**3 * s.f2 * t.f1**2).gap().sum() * 2

    def slope(i: Any, j: Any) -> Slack:
        s, t = q.bounded(i), q.bounded(j)
        x = s.e * t.p * s.f1.direction() * t.f1.direction() * s.b.direction()
        a = q.alpha1.value**2 * q.beta.value * (s.x.T @ t.x)
        return x.times(4).young(a, t.h).sum()

    yield "|e| ≤ ω, p ≤ ω/4, |f″| ≤ α₂, |f′| ≤ α₁", over(q, curvature, 2)
    yield "AM-GM: |α₁²βK·h| ≤ ½(α₁⁴β²K² + h²)", over(q, slope, 2)


@CLAIMS.bound(*BOTH, equation="94")
def squared_ee(q: Any) -> Pair:
    """eᵀ[K∘(K∘CCᵀ + 2F₁F₁ᵀ)]e ≤ (α₂² ‖b‖₂² + α₁² m) Σ ω_i ω_j K_ij² + α₁² m (Σω)²."""
    return (
        q.e.T @ (q.K * (q.K * (q.C @ q.C.T) + 2 * (q.f1 @ q.f1.T))) @ q.e,
        residual_constant(q) * sum_gram_inputs(q)
        + q.alpha1.value**2 * q.one("hidden").sum() * sum_weights(q) ** 2,
    )


@CLAIMS.certificate(squared_ee)
def _(q: Any) -> Steps:
    def curvature(i: Any, j: Any) -> Slack:
        s, t = q.bounded(i), q.bounded(j)
        return square(s.x.T @ t.x) * (s.e * t.e * s.b**2 * s.f2 * t.f2).gap().sum()

    def slope(i: Any, j: Any) -> Slack:
        s, t = q.bounded(i), q.bounded(j)
        one = q.one("hidden")
        return (s.e * t.e * s.f1 * t.f1).times(2).young((s.x.T @ t.x) * one, one).sum()

    yield "|e| ≤ ω, |f″| ≤ α₂", over(q, curvature, 2)
    yield "|e| ≤ ω, |f′| ≤ α₁, AM-GM: 2K ≤ K² + 1", over(q, slope, 2)


@CLAIMS.bound(*BOTH, equation="29-30, 95")
def squared(q: Any) -> Pair:
    """tr H² ≤ C_X Σ ω_i ω_j K_ij² + ⅛ Σ ω_i ω_j Q_ij² + ½ Σω Σ ω_i ‖h_i‖² + α₁² m (Σω)²,
    C_X = ⅛ α₁⁴ ‖b‖₂⁴ + ½ α₂ α₁² ‖b‖₃³ + ½ α₁⁴ ‖b‖₂² + α₂² ‖b‖₂² + α₁² m.
    """
    return (q.H @ q.H).trace(), squared_constant(q) * sum_gram_inputs(
        q
    ) + EIGHTH * sum_gram_outputs(q) + squared_rest(q)


@CLAIMS.certificate(squared)
def _(q: Any) -> Steps:
    for lemma in (squared_pp, squared_ep, squared_ee):
        yield from CLAIMS.steps(lemma, q)


@CLAIMS.bound(*INPUTS, equation="31")
def gram_inputs(q: Any) -> Pair:
    """Σ ω_i ω_j K_ij² ≤ (Σω)² (d + 1)²."""
    return sum_gram_inputs(q), sum_weights(q) ** 2 * q.one("input").sum() ** 2


@CLAIMS.certificate(gram_inputs)
def _(q: Any) -> Steps:
    def cauchy(i: Any, j: Any) -> Slack:
        s, t = q.bounded(i), q.bounded(j)
        return s.weight * t.weight * lagrange(s.x, t.x)

    def small(i: Any, j: Any) -> Slack:
        s, t = q.bounded(i), q.bounded(j)
        first = q.small_inputs(i).sum() * square(t.x).sum()
        count = square(q.one("input")).sum()
        return s.weight * t.weight * (first + count * q.small_inputs(j).sum())

    yield "Cauchy-Schwarz: (x̄_i·x̄_j)² ≤ ‖x̄_i‖² ‖x̄_j‖²", over(q, cauchy, 2)
    yield "|x_ij| ≤ 1", over(q, small, 2)


@CLAIMS.bound(*INPUTS, equation="31")
def squared_normalised(q: Any) -> Pair:
    """tr H² ≤ C_X (Σω)² (d + 1)² + ⅛ Σ ω_i ω_j Q_ij² + ½ Σω Σ ω_i ‖h_i‖² + α₁² m (Σω)²
    (Proposition 6).
    """
    inputs = squared_constant(q) * sum_weights(q) ** 2 * q.one("input").sum() ** 2
    return (q.H @ q.H).trace(), inputs + EIGHTH * sum_gram_outputs(q) + squared_rest(q)


@CLAIMS.certificate(squared_normalised)
def _(q: Any) -> Steps:
    yield from CLAIMS.steps(squared, q)
    for reason, slack in CLAIMS.steps(gram_inputs, q):
        yield reason, squared_constant_slack(q) * slack


@CLAIMS.bound(*OUTPUTS, equation="32")
def gram_outputs(q: Any) -> Pair:
    """Σ ω_i ω_j Q_ij² ≤ (Σω)² (m + 1)²."""
    return sum_gram_outputs(q), sum_weights(q) ** 2 * (1 + q.one("hidden").sum()) ** 2


@CLAIMS.certificate(gram_outputs)
def _(q: Any) -> Steps:
    def cauchy(i: Any, j: Any) -> Slack:
        s, t = q.bounded(i), q.bounded(j)
        return s.weight * t.weight * lagrange(q.h_bar(q.at(i)), q.h_bar(q.at(j)))

    def small(i: Any, j: Any) -> Slack:
        s, t = q.bounded(i), q.bounded(j)
        first = q.small_outputs(i).sum() * (square(t.h).sum() + 1)
        count = square(q.one("hidden")).sum() + 1
        return s.weight * t.weight * (first + count * q.small_outputs(j).sum())

    yield "Cauchy-Schwarz: (h̄_i·h̄_j)² ≤ ‖h̄_i‖² ‖h̄_j‖²", over(q, cauchy, 2)
    yield "|f| ≤ 1", over(q, small, 2)


@CLAIMS.bound(*SATURATED, equation="32")
def squared_saturated(q: Any) -> Pair:
    """tr H² ≤ (Σω)² (C_X (d + 1)² + ⅛ (m + 1)² + ½ m + α₁² m) (Proposition 7)."""
    m = q.one("hidden").sum()
    constant = squared_constant(q) * q.one("input").sum() ** 2 + EIGHTH * (1 + m) ** 2
    return (q.H @ q.H).trace(), sum_weights(q) ** 2 * (constant + HALF * m + q.alpha1.value**2 * m)


@CLAIMS.certificate(squared_saturated)
def _(q: Any) -> Steps:
    yield from CLAIMS.steps(squared_normalised, q)
    for reason, slack in CLAIMS.steps(gram_outputs, q):
        yield reason, slack * EIGHTH
    small = over(q, lambda i: q.bounded(i).weight * q.small_outputs(i).sum())
    yield "|f| ≤ 1", q.omega.sum() * small * HALF

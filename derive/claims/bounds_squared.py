"""Upper bounds of tr H² (Eqs. 29-32, 92-95), as certificates.

The three bilinear forms of tr H² are bounded one by one; constants and steps are reconstructed. As
in ``bounds``, s₁ and s₂ are numbers that bound |e|/ω and |p|/ω at the samples, whatever the loss.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hessbound.derive.proof.kernel import Slack, lagrange, over, sign, square
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Pair

from .bounds import BOTH, INPUTS, OUTPUTS, under
from .constants import (
    both,
    mixed_constant,
    residual_constant,
    slope_count,
    squared_constant,
    squared_constant_slack,
    squared_rest,
    squared_slope,
    sum_gram_inputs,
    sum_gram_outputs,
    sum_outputs,
    sum_weights,
    twice_squared,
)

CLAIMS = Register()
Steps = Iterator[tuple[str, Slack]]
SATURATED = tuple(replace(a, outputs=True) for a in INPUTS)
BOUNDED = {"slope": True, "curvature": True}


@CLAIMS.bound(*under(BOTH, curvature=True), equation="92")
def squared_pp(q: Any) -> Pair:
    """pᵀ(K∘ΓΓᵀ+Q)^∘2 p ≤ 2 s₂² α₁⁴ ‖b‖₂⁴ Σ ω_i ω_j K_ij² + 2 s₂² Σ ω_i ω_j Q_ij²."""
    first = q.alpha1.value**4 * (q.beta.value**2).sum() ** 2 * sum_gram_inputs(q)
    return q.p.T @ ((q.K * (q.G @ q.G.T) + q.Q) ** 2) @ q.p, twice_squared(
        q
    ) * first + twice_squared(q) * sum_gram_outputs(q)


@CLAIMS.certificate(squared_pp)
def _(q: Any) -> Steps:
    def pair(i: Any, j: Any) -> tuple[Any, ...]:
        s, t = q.bounded(i), q.bounded(j)
        K, Q = s.x.T @ t.x, 1 + s.h.T @ t.h
        g = s.f1 * t.f1 * s.b**2  # g_ik g_jk
        return s, t, K, Q, g

    def amgm(i: Any, j: Any) -> Slack:
        s, t, K, Q, g = pair(i, j)
        KG, both_p = K * g.value.sum(), s.p * t.p
        apart = sign(both_p.sign) * square(KG + Q)  # 0 unless the signs of p differ
        return both_p.modulus() * (square(KG - Q) + apart)

    def small(i: Any, j: Any) -> Slack:
        s, t, K, Q, g = pair(i, j)
        return (s.p * t.p).unsigned().gap() * (square(K * g.value.sum()) + square(Q)) * 2

    def slope(i: Any, j: Any) -> Slack:
        s, t, K, _, g = pair(i, j)
        return s.weight * t.weight * square(K) * g.outer(g).gap().sum() * 2 * q.s2**2

    yield "AM-GM: (KG + Q)² ≤ 2K²G² + 2Q²", over(q, amgm, 2)
    yield "|p| ≤ ω s₂", over(q, small, 2)
    yield "|f′| ≤ α₁", over(q, slope, 2)


@CLAIMS.bound(*under(BOTH, **BOUNDED), equation="93")
def squared_ep(q: Any) -> Pair:
    """2eᵀ[K∘(K∘C(Γ∘Γ)ᵀ + 2F₁(Γ∘h)ᵀ)]p ≤ 2 s₁ s₂ (α₂ α₁² ‖b‖₃³ + α₁⁴ ‖b‖₂²) Σ ω_i ω_j K_ij²
    + 2 s₁ s₂ Σω Σ ω_i ‖h_i‖².
    """
    return (
        2 * (q.e.T @ (q.K * (q.K * (q.C @ (q.G * q.G).T) + 2 * (q.f1 @ (q.G * q.h).T))) @ q.p),
        mixed_constant(q) * sum_gram_inputs(q) + both(q) * sum_weights(q) * sum_outputs(q),
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

    yield "|e| ≤ ω s₁, |p| ≤ ω s₂, |f″| ≤ α₂, |f′| ≤ α₁", over(q, curvature, 2)
    yield "AM-GM: |α₁²βK·h| ≤ ½(α₁⁴β²K² + h²)", over(q, slope, 2)


@CLAIMS.bound(*under(BOTH, slope=True), equation="94")
def squared_ee(q: Any) -> Pair:
    """eᵀ[K∘(K∘CCᵀ + 2F₁F₁ᵀ)]e ≤ s₁² (α₂² ‖b‖₂² + α₁² m) Σ ω_i ω_j K_ij² + s₁² α₁² m (Σω)²."""
    return (
        q.e.T @ (q.K * (q.K * (q.C @ q.C.T) + 2 * (q.f1 @ q.f1.T))) @ q.e,
        residual_constant(q) * sum_gram_inputs(q)
        + squared_slope(q) * slope_count(q) * sum_weights(q) ** 2,
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

    yield "|e| ≤ ω s₁, |f″| ≤ α₂", over(q, curvature, 2)
    yield "|e| ≤ ω s₁, |f′| ≤ α₁, AM-GM: 2K ≤ K² + 1", over(q, slope, 2)


@CLAIMS.bound(*under(BOTH, **BOUNDED), equation="29-30, 95")
def squared(q: Any) -> Pair:
    """tr H² ≤ C_X Σ ω_i ω_j K_ij² + 2 s₂² Σ ω_i ω_j Q_ij² + 2 s₁ s₂ Σω Σ ω_i ‖h_i‖²
    + s₁² α₁² m (Σω)²,
    C_X = 2 s₂² α₁⁴ ‖b‖₂⁴ + 2 s₁ s₂ (α₂ α₁² ‖b‖₃³ + α₁⁴ ‖b‖₂²) + s₁² (α₂² ‖b‖₂² + α₁² m).
    """
    return (q.H @ q.H).trace(), squared_constant(q) * sum_gram_inputs(q) + twice_squared(
        q
    ) * sum_gram_outputs(q) + squared_rest(q)


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


@CLAIMS.bound(*under(INPUTS, **BOUNDED), equation="31")
def squared_normalised(q: Any) -> Pair:
    """tr H² ≤ C_X (Σω)² (d + 1)² + 2 s₂² Σ ω_i ω_j Q_ij² + 2 s₁ s₂ Σω Σ ω_i ‖h_i‖²
    + s₁² α₁² m (Σω)² (Proposition 6).
    """
    inputs = squared_constant(q) * sum_weights(q) ** 2 * q.one("input").sum() ** 2
    return (q.H @ q.H).trace(), inputs + twice_squared(q) * sum_gram_outputs(q) + squared_rest(q)


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


@CLAIMS.bound(*under(SATURATED, **BOUNDED), equation="32")
def squared_saturated(q: Any) -> Pair:
    """tr H² ≤ (Σω)² (C_X (d + 1)² + 2 s₂² (m + 1)² + 2 s₁ s₂ m + s₁² α₁² m) (Proposition 7)."""
    m = q.one("hidden").sum()
    constant = squared_constant(q) * q.one("input").sum() ** 2 + twice_squared(q) * (1 + m) ** 2
    rest = both(q) * m + squared_slope(q) * slope_count(q)
    return (q.H @ q.H).trace(), sum_weights(q) ** 2 * (constant + rest)


@CLAIMS.certificate(squared_saturated)
def _(q: Any) -> Steps:
    yield from CLAIMS.steps(squared_normalised, q)
    for reason, slack in CLAIMS.steps(gram_outputs, q):
        yield reason, slack * 2 * q.s2**2
    small = over(q, lambda i: q.bounded(i).weight * q.small_outputs(i).sum())
    yield "|f| ≤ 1", q.omega.sum() * small * 2 * q.s1 * q.s2

"""Upper bounds of tr H_ww and tr H_AA (Eqs. 22-24), as certificates.

Our copy of the paper has lost these formulas, so constants and steps are reconstructed. Each is
stated with sample weights ω, and for any loss with |e| ≤ ω s₁ and |p| ≤ ω s₂, or for as much of
that as it needs. With ω = 1 and cross-entropy's s₁ = 1, s₂ = ¼ they are the paper's; ``readings``
says which hold for which loss.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.proof.kernel import Slack, over, square
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Pair

from .constants import (
    hidden_constant,
    hidden_constant_slack,
    sum_inputs,
    sum_outputs,
    sum_weights,
)

CLAIMS = Register()
Steps = Iterator[tuple[str, Slack]]

BOTH = (Assumptions(), Assumptions(weighted=True))
INPUTS = tuple(replace(a, inputs=True) for a in BOTH)
OUTPUTS = tuple(replace(a, outputs=True) for a in BOTH)


def under(
    settings: tuple[Assumptions, ...], *, slope: bool = False, curvature: bool = False
) -> tuple[Assumptions, ...]:
    """Assume more: |e| ≤ ω s₁, |p| ≤ ω s₂."""
    return tuple(replace(a, slope=slope, curvature=curvature) for a in settings)


@CLAIMS.bound(*under(BOTH, curvature=True), equation="22")
def output_trace(q: Any) -> Pair:
    """tr H_ww ≤ s₂ Σ_i ω_i ‖h̄_i‖² (‖H̄‖_F² for ω = 1)."""
    return q.part(q.H, "w", "w").trace(), q.s2.value * (sum_weights(q) + sum_outputs(q))


@CLAIMS.certificate(output_trace)
def _(q: Any) -> Steps:
    def slack(i: Any) -> Slack:
        s = q.bounded(i)
        return s.p.gap() * (square(s.h).sum() + 1)

    yield "|p| ≤ ω s₂", over(q, slack)


@CLAIMS.bound(*under(OUTPUTS, curvature=True), equation="22")
def output_trace_saturated(q: Any) -> Pair:
    """tr H_ww ≤ s₂ Σω (m + 1)."""
    count = 1 + q.one("hidden").sum()
    return q.part(q.H, "w", "w").trace(), q.s2.value * sum_weights(q) * count


@CLAIMS.certificate(output_trace_saturated)
def _(q: Any) -> Steps:
    yield from CLAIMS.steps(output_trace, q)
    yield "|f| ≤ 1", over(q, lambda i: q.bounded(i).weight * q.small_outputs(i).sum() * q.s2)


@CLAIMS.bound(*under(BOTH, slope=True, curvature=True), equation="23")
def hidden_trace(q: Any) -> Pair:
    """tr H_AA ≤ (s₂ α₁² ‖b‖₂² + s₁ α₂ ‖b‖₁) Σ_i ω_i ‖x̄_i‖² (‖X̄‖_F² for ω = 1)."""
    return q.part(q.H, "A", "A").trace(), hidden_constant(q) * sum_inputs(q)


@CLAIMS.certificate(hidden_trace)
def _(q: Any) -> Steps:
    def gauss_newton(i: Any) -> Slack:
        s = q.bounded(i)
        return square(s.x).sum() * (s.p * s.b**2 * s.f1**2).gap().sum()

    def residual(i: Any) -> Slack:
        s = q.bounded(i)
        return square(s.x).sum() * (s.e * s.b * s.f2).gap().sum()

    yield "|p| ≤ ω s₂, |f′| ≤ α₁", over(q, gauss_newton)
    yield "|e| ≤ ω s₁, |f″| ≤ α₂", over(q, residual)


@CLAIMS.bound(*INPUTS, equation="24")
def input_norm(q: Any) -> Pair:
    """Σ_i ω_i ‖x̄_i‖² ≤ Σω (d + 1)."""
    return sum_inputs(q), sum_weights(q) * q.one("input").sum()


@CLAIMS.certificate(input_norm)
def _(q: Any) -> Steps:
    yield "|x_ij| ≤ 1", over(q, lambda i: q.bounded(i).weight * q.small_inputs(i).sum())


@CLAIMS.bound(*under(INPUTS, slope=True, curvature=True), equation="24")
def hidden_trace_normalised(q: Any) -> Pair:
    """tr H_AA ≤ (s₂ α₁² ‖b‖₂² + s₁ α₂ ‖b‖₁) Σω (d + 1) (Proposition 5)."""
    return q.part(q.H, "A", "A").trace(), hidden_constant(q) * sum_weights(q) * q.one("input").sum()


@CLAIMS.certificate(hidden_trace_normalised)
def _(q: Any) -> Steps:
    yield from CLAIMS.steps(hidden_trace, q)
    for reason, slack in CLAIMS.steps(input_norm, q):
        yield reason, hidden_constant_slack(q) * slack

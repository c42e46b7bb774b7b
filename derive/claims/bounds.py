"""Upper bounds of tr H_ww and tr H_AA (Eqs. 22-24), as certificates.

Our copy of the paper has lost these formulas, so constants and steps are reconstructed. Each is
stated with sample weights ω; with ω = 1 they are the paper's.
"""

from collections.abc import Iterator
from typing import Any

from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.proof.kernel import Slack, over, square
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Pair

from .constants import (
    QUARTER,
    hidden_constant,
    sum_inputs,
    sum_outputs,
    sum_weights,
)

CLAIMS = Register()
Steps = Iterator[tuple[str, Slack]]

BOTH = (Assumptions(), Assumptions(weighted=True))
INPUTS = tuple(Assumptions(a.weighted, inputs=True) for a in BOTH)
OUTPUTS = tuple(Assumptions(a.weighted, outputs=True) for a in BOTH)


@CLAIMS.bound(*BOTH, equation="22")
def output_trace(q: Any) -> Pair:
    """tr H_ww ≤ ¼ Σ_i ω_i ‖h̄_i‖² (‖H̄‖_F² for ω = 1)."""
    return q.part(q.H, "w", "w").trace(), QUARTER * (sum_weights(q) + sum_outputs(q))


@CLAIMS.certificate(output_trace)
def _(q: Any) -> Steps:
    def slack(i: Any) -> Slack:
        s = q.bounded(i)
        return s.p.gap() * (square(s.h).sum() + 1)

    yield "p ≤ ω/4", over(q, slack)


@CLAIMS.bound(*OUTPUTS, equation="22")
def output_trace_saturated(q: Any) -> Pair:
    """tr H_ww ≤ ¼ Σω (m + 1)."""
    return q.part(q.H, "w", "w").trace(), QUARTER * sum_weights(q) * (1 + q.one("hidden").sum())


@CLAIMS.certificate(output_trace_saturated)
def _(q: Any) -> Steps:
    yield from CLAIMS.steps(output_trace, q)
    yield "|f| ≤ 1", over(q, lambda i: q.bounded(i).weight * q.small_outputs(i).sum() * QUARTER)


@CLAIMS.bound(*BOTH, equation="23")
def hidden_trace(q: Any) -> Pair:
    """tr H_AA ≤ (¼ α₁² ‖b‖₂² + α₂ ‖b‖₁) Σ_i ω_i ‖x̄_i‖² (‖X̄‖_F² for ω = 1)."""
    return q.part(q.H, "A", "A").trace(), hidden_constant(q) * sum_inputs(q)


@CLAIMS.certificate(hidden_trace)
def _(q: Any) -> Steps:
    def gauss_newton(i: Any) -> Slack:
        s = q.bounded(i)
        return square(s.x).sum() * (s.p * s.b**2 * s.f1**2).gap().sum()

    def residual(i: Any) -> Slack:
        s = q.bounded(i)
        return square(s.x).sum() * (s.e * s.b * s.f2).gap().sum()

    yield "p ≤ ω/4, |f′| ≤ α₁", over(q, gauss_newton)
    yield "|e| ≤ ω, |f″| ≤ α₂", over(q, residual)


@CLAIMS.bound(*INPUTS, equation="24")
def input_norm(q: Any) -> Pair:
    """Σ_i ω_i ‖x̄_i‖² ≤ Σω (d + 1)."""
    return sum_inputs(q), sum_weights(q) * q.one("input").sum()


@CLAIMS.certificate(input_norm)
def _(q: Any) -> Steps:
    yield "|x_ij| ≤ 1", over(q, lambda i: q.bounded(i).weight * q.small_inputs(i).sum())


@CLAIMS.bound(*INPUTS, equation="24")
def hidden_trace_normalised(q: Any) -> Pair:
    """tr H_AA ≤ (¼ α₁² ‖b‖₂² + α₂ ‖b‖₁) Σω (d + 1) (Proposition 5)."""
    return q.part(q.H, "A", "A").trace(), hidden_constant(q) * sum_weights(q) * q.one("input").sum()


@CLAIMS.certificate(hidden_trace_normalised)
def _(q: Any) -> Steps:
    yield from CLAIMS.steps(hidden_trace, q)
    constant = q.alpha1**2 * (q.beta**2).sum() * QUARTER + q.alpha2 * q.beta.sum()
    for reason, slack in CLAIMS.steps(input_norm, q):
        yield reason, constant * slack

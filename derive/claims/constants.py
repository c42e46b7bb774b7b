"""The constants of the bounds of the traces, in matrix notation (input of claims).

α₁ = sup |f′|, α₂ = sup |f″|, β = |b|; s₁ and s₂ bound |e|/ω and |p|/ω, and are 1 and ¼ for
cross-entropy. With sample weights 1 the sums are squares of norms. For hard labels, with t = |e|/ω,
a sample contributes at most t(1−t)a + tc to tr H_AA, and a pair at most
F(t) = t² (2A(1−t)² + 2B(1−t) + C) to tr H², each times what depends on the inputs alone.
"""

from fractions import Fraction
from typing import Any

import sympy as sp

from hessbound.derive.proof.kernel import Slack

HALF, EIGHTH = Fraction(1, 2), Fraction(1, 8)  # of cross-entropy: 2 s₁ s₂, 2 s₂²


def norm2(x: Any) -> Any:
    """Return ‖x‖² of a column."""
    return x.T @ x


def sum_weights(q: Any) -> Any:
    """Return Σω, which is N without weights."""
    return q.omega.value.sum()


def sum_inputs(q: Any) -> Any:
    """Return Σ ω_i ‖x̄_i‖², which is ‖X̄‖_F²."""
    return q.over(lambda i: q.bounded(i).weight.value * norm2(q.at(i).x))


def sum_gram_inputs(q: Any) -> Any:
    """Return Σ ω_i ω_j K_ij², which is ‖X̄X̄ᵀ‖_F²."""
    return q.omega.value.T @ q.K**2 @ q.omega.value


def sum_gram_outputs(q: Any) -> Any:
    """Return Σ ω_i ω_j Q_ij², which is ‖H̄H̄ᵀ‖_F²."""
    return q.omega.value.T @ q.Q**2 @ q.omega.value


def sum_outputs(q: Any) -> Any:
    """Return Σ ω_i ‖h_i‖², which is ‖h‖_F²."""
    return q.omega.value.T @ (q.h * q.h) @ q.one("hidden")


def hidden_constant(q: Any) -> Any:
    """Return s₂ α₁² ‖b‖₂² + s₁ α₂ ‖b‖₁."""
    return hidden_constant_slack(q).value


def hidden_constant_slack(q: Any) -> Slack:
    """Return the constant of (23), which is not negative."""
    bound: Slack = q.s2 * q.alpha1**2 * (q.beta**2).sum() + q.s1 * q.alpha2 * q.beta.sum()
    return bound


def mixed_constant(q: Any) -> Any:
    """Return 2 s₁ s₂ (α₂ α₁² ‖b‖₃³ + α₁⁴ ‖b‖₂²)."""
    a1, a2, beta = q.alpha1.value, q.alpha2.value, q.beta.value
    return both(q) * a2 * a1**2 * (beta**3).sum() + both(q) * a1**4 * (beta**2).sum()


def residual_constant(q: Any) -> Any:
    """Return s₁² (α₂² ‖b‖₂² + α₁² m)."""
    first = squared_slope(q) * q.alpha2.value**2 * (q.beta.value**2).sum()
    return first + squared_slope(q) * slope_count(q)


def squared_constant(q: Any) -> Any:
    """Return C_X of (30)."""
    pp = twice_squared(q) * q.alpha1.value**4 * (q.beta.value**2).sum() ** 2
    return pp + mixed_constant(q) + residual_constant(q)


def squared_slope(q: Any) -> Any:
    """Return s₁²."""
    return _plain(q.s1) ** 2


def both(q: Any) -> Any:
    """Return 2 s₁ s₂."""
    return 2 * _plain(q.s1) * _plain(q.s2)


def twice_squared(q: Any) -> Any:
    """Return 2 s₂²."""
    return 2 * _plain(q.s2) ** 2


def _plain(bound: Slack) -> Any:
    """Return s₁ or s₂, where it is a number as that, so that products of these are one number."""
    value = bound.value
    return Fraction(*value.args) if value.op == "number" else value


def slope_count(q: Any) -> Any:
    """Return α₁² m."""
    return q.alpha1.value**2 * q.one("hidden").sum()


def squared_rest(q: Any) -> Any:
    """Return 2 s₁ s₂ N ‖h‖_F² + s₁² α₁² m N², with weights."""
    first = both(q) * sum_weights(q) * sum_outputs(q)
    return first + squared_slope(q) * slope_count(q) * sum_weights(q) ** 2


def squared_constant_slack(q: Any) -> Slack:
    """Return C_X, which is not negative."""
    a1, a2, beta, s1, s2 = q.alpha1, q.alpha2, q.beta, q.s1, q.s2
    b2, m = (beta**2).sum(), (beta**0).sum()
    ep = (a2 * a1**2 * (beta**3).sum() + a1**4 * b2) * 2 * s1 * s2
    bound: Slack = a1**4 * b2**2 * 2 * s2**2 + ep + (a2**2 * b2 + a1**2 * m) * s1**2
    return bound


def label_constants(q: Any) -> tuple[Slack, Slack]:
    """Return a = α₁² ‖b‖₂² and c = α₂ ‖b‖₁, which are not negative."""
    a1, a2, beta = q.alpha1, q.alpha2, q.beta
    return a1**2 * (beta**2).sum(), a2 * beta.sum()


def pair_constants(q: Any) -> tuple[Slack, Slack, Slack]:
    """Return A, B and C of F(t) = t² (2A(1−t)² + 2B(1−t) + C), the sharper C_X of pairs."""
    a1, a2, beta = q.alpha1, q.alpha2, q.beta
    b2, m = (beta**2).sum(), (beta**0).sum()
    return a1**4 * b2**2, a2 * a1**2 * (beta**3).sum() + a1**4 * b2, a2**2 * b2 + a1**2 * m


# ---- their largest values, in closed form; ``sharper`` proves them


def largest_single(a: Any, c: Any) -> Any:
    """Return the maximum of t(1−t)a + tc on [0, 1] for a, c ≥ 0.

    >>> largest_single(2, 1), largest_single(1, 2)
    (9/8, 2)
    """
    return c if c >= a else (a + c) ** 2 / (4 * sp.sympify(a))


def largest_pair(A: Any, B: Any, C: Any) -> Any:
    """Return the maximum of t² (2A(1−t)² + 2B(1−t) + C) on [0, 1] for A, B, C ≥ 0.

    >>> largest_pair(0, 1, 0), largest_pair(1, 0, 2), largest_pair(9, 0, 0)
    (8/27, 2, 9/8)
    """
    return C if slope(turn(A, B), A, B, C) >= 0 else pair(stationary(A, B, C), A, B, C)


def pair(t: Any, A: Any, B: Any, C: Any) -> Any:
    """Return F(t)."""
    return t**2 * (2 * A * (1 - t) ** 2 + 2 * B * (1 - t) + C)


def slope(t: Any, A: Any, B: Any, C: Any) -> Any:
    """Return q(t) = F′(t)/(2t)."""
    return 4 * A * t**2 - 3 * (2 * A + B) * t + 2 * A + 2 * B + C


def stationary(A: Any, B: Any, C: Any) -> Any:
    """Return τ, the smaller root of q."""
    discriminant = 4 * A**2 + 4 * A * B + 9 * B**2 - 16 * A * C
    return 2 * (2 * A + 2 * B + C) / (3 * (2 * A + B) + sp.sqrt(discriminant))


def turn(A: Any, B: Any) -> Any:
    """Return σ, up to which a stationary point is above F(1): the root of g, at most 1.

    g(t) = (2 + t)(2A + B) − 2A(1 + t)², and F(τ) − F(1) = (1−τ)² g(τ) where q(τ) = 0.
    """
    if 3 * B >= 2 * A:
        return sp.Integer(1)
    return 4 * (A + B) / (2 * A - B + sp.sqrt((2 * A + B) * (10 * A + B)))

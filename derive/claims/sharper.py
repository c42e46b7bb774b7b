"""Sharper bounds of the traces for hard labels: p = |e|(1 − |e|/ω) couples p and e."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sympy as sp

from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.proof.kernel import Slack, over, square
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.spectrum import Scalars
from hessbound.derive.proof.statements import Pair, ScalarIdentity

from .constants import (
    EIGHTH,
    label_constants,
    pair_constants,
    squared_rest,
    sum_gram_inputs,
    sum_gram_outputs,
    sum_inputs,
)

CLAIMS = Register()
Steps = Iterator[tuple[str, Slack]]

HARD = (Assumptions(hard=True), Assumptions(weighted=True, hard=True))
STEEP_ENOUGH, PEAK_BELOW = "α₂ ‖b‖₁ ≥ α₁² ‖b‖₂²", "F(√(t_i t_j)) ≤ M"


def _steep(q: Any) -> Iterator[tuple[str, Any, Any]]:
    a, c = label_constants(q)
    yield STEEP_ENOUGH, a.value, c.value


def _peak(q: Any) -> Iterator[tuple[str, Any]]:
    A, B, C = (x.value for x in pair_constants(q))

    def below(i: Any, j: Any) -> Pair:
        g = q.bounded(i).tau.value * q.bounded(j).tau.value
        return g**2 * (2 * A * (1 - g) ** 2 + 2 * B * (1 - g) + C), q.free("M")

    yield PEAK_BELOW, below


STEEP = tuple(replace(a, given=_steep) for a in HARD)
PEAKED = tuple(replace(a, given=_peak) for a in HARD)


def _hidden_by_labels(q: Any) -> Steps:
    """tr H_AA ≤ Σ ‖x̄‖² (p a + |e| c)."""

    def slope(i: Any) -> Slack:
        s = q.bounded(i)
        return square(s.x).sum() * s.p.modulus() * (s.b**2 * s.f1**2).gap().sum()

    def curvature(i: Any) -> Slack:
        s = q.bounded(i)
        return square(s.x).sum() * s.e.modulus() * (s.e.signum() * s.b * s.f2).gap().sum()

    yield "|f′| ≤ α₁", over(q, slope)
    yield "|f″| ≤ α₂", over(q, curvature)


@CLAIMS.bound(*HARD, equation="23 sharper")
def hidden_trace_sharp(q: Any) -> Pair:
    """tr H_AA ≤ (a + c)²/(4a) Σ_i ω_i ‖x̄_i‖², a = α₁² ‖b‖₂², c = α₂ ‖b‖₁, times 4a."""
    a, c = (x.value for x in label_constants(q))
    return 4 * a * q.part(q.H, "A", "A").trace(), (a + c) ** 2 * sum_inputs(q)


@CLAIMS.certificate(hidden_trace_sharp)
def _(q: Any) -> Steps:
    a, c = label_constants(q)
    for reason, slack in _hidden_by_labels(q):
        yield reason, a * slack * 4

    def parabola(i: Any) -> Slack:
        s = q.bounded(i)
        return s.weight * square(s.x).sum() * square((2 * a * s.tau**2).value - (a + c).value)

    yield "p = |e|(1−|e|/ω): 4a(t(1−t)a + tc) ≤ (a+c)²", over(q, parabola)


@CLAIMS.bound(*STEEP, equation="23 sharper")
def hidden_trace_steep(q: Any) -> Pair:
    """tr H_AA ≤ α₂ ‖b‖₁ Σ_i ω_i ‖x̄_i‖²."""
    return q.part(q.H, "A", "A").trace(), label_constants(q)[1].value * sum_inputs(q)


@CLAIMS.certificate(hidden_trace_steep)
def _(q: Any) -> Steps:
    a, _ = label_constants(q)
    yield from _hidden_by_labels(q)

    def line(i: Any) -> Slack:
        s = q.bounded(i)
        rest = s.e.rest  # 1 − t
        return s.weight * square(s.x).sum() * rest * (q.given(STEEP_ENOUGH) + a * rest)

    yield "p = |e|(1−|e|/ω): c − t(1−t)a − tc = (1−t)((c−a) + a(1−t))", over(q, line)


@CLAIMS.bound(*PEAKED, equation="29 sharper")
def squared_sharp(q: Any) -> Pair:
    """tr H² ≤ M Σ ω_i ω_j K_ij² + ⅛ Σ ω_i ω_j Q_ij² + ½ Σω Σ ω_i ‖h_i‖² + α₁² m (Σω)² for any M not
    below F(t) = t² (2α₁⁴‖b‖₂⁴(1−t)² + 2(α₂α₁²‖b‖₃³ + α₁⁴‖b‖₂²)(1−t) + α₂²‖b‖₂² + α₁²m) on [0, 1].
    """
    bound = q.free("M") * sum_gram_inputs(q) + EIGHTH * sum_gram_outputs(q) + squared_rest(q)
    return (q.H @ q.H).trace(), bound


@CLAIMS.certificate(squared_sharp)
def _(q: Any) -> Steps:
    def pair(i: Any, j: Any) -> tuple[Any, ...]:
        s, t = q.bounded(i), q.bounded(j)
        return s, t, s.x.T @ t.x, s.f1 * t.f1 * s.b**2

    def amgm(i: Any, j: Any) -> Slack:
        s, t, K, g = pair(i, j)
        return s.p.modulus() * t.p.modulus() * square(K * g.value.sum() - (1 + s.h.T @ t.h))

    def outputs(i: Any, j: Any) -> Slack:
        s, t, _, _ = pair(i, j)
        return (s.p * t.p).gap() * square(1 + s.h.T @ t.h) * 2

    def slope(i: Any, j: Any) -> Slack:
        s, t, K, g = pair(i, j)
        both = (s.e.signum() * t.e.signum() * s.f1 * t.f1).times(2)
        one = q.one("hidden")
        gram = s.p.modulus() * t.p.modulus() * square(K) * g.outer(g).gap().sum() * 2
        edge = s.e.modulus() * t.e.modulus() * both.young(K * one, one).sum()
        return gram + edge

    def curvature(i: Any, j: Any) -> Slack:
        s, t, K, _ = pair(i, j)
        mixed = (s.e.signum() * s.b**3 * s.f2 * t.f1**2).gap().sum() * t.p.modulus() * 2
        both = (s.e.signum() * t.e.signum() * s.b**2 * s.f2 * t.f2).gap().sum() * t.e.modulus()
        return square(K) * s.e.modulus() * (mixed + both)

    def cross(i: Any, j: Any) -> Slack:
        s, t, K, _ = pair(i, j)
        x = s.e.signum() * s.f1.direction() * t.f1.direction() * s.b.direction()
        a = q.alpha1.value**2 * q.beta.value * K
        return s.e.modulus() * t.p.modulus() * x.times(4).young(a, t.h).sum()

    def ends(i: Any, j: Any) -> Slack:
        s, t, _, _ = pair(i, j)
        norms = (s.e.unsigned() * t.p).gap() * square(t.h).sum() * 2
        count = q.alpha1**2 * square(q.one("hidden")).sum()
        return norms + (s.e * t.e).unsigned().gap() * count

    A, B, _ = pair_constants(q)

    def geometric(i: Any, j: Any) -> Slack:
        s, t, K, _ = pair(i, j)
        both = s.e.modulus() * t.e.modulus() * square(K)
        return both * square(s.tau.value - t.tau.value) * (A * 2 + B)

    def peak(i: Any, j: Any) -> Slack:
        s, t, K, _ = pair(i, j)
        return s.weight * t.weight * square(K) * q.given(PEAK_BELOW, i, j)

    yield "AM-GM: (KG + Q)² ≤ 2K²G² + 2Q²", over(q, amgm, 2)
    yield "p ≤ ω/4", over(q, outputs, 2)
    yield "|f′| ≤ α₁, AM-GM: 2K ≤ K² + 1", over(q, slope, 2)
    yield "|f″| ≤ α₂, |f′| ≤ α₁", over(q, curvature, 2)
    yield "AM-GM: |α₁²βK·h| ≤ ½(α₁⁴β²K² + h²)", over(q, cross, 2)
    yield "|e| ≤ ω, p ≤ ω/4", over(q, ends, 2)
    yield "AM-GM on t_i, t_j: largest at t_i = t_j = √(t_i t_j)", over(q, geometric, 2)
    yield "M is not below its maximum", over(q, peak, 2)


# ---- the largest values of t(1−t)a + tc and of F on [0, 1], in closed form

A, B, C, T = sp.symbols("A B C t", real=True)


@CLAIMS.bound(Scalars((), unit=("t",), positive=("a", "c")), equation="23 sharper")
def single_inside(q: Any) -> Pair:
    """t(1−t)a + tc ≤ (a+c)²/(4a), times 4a; equal at t = (a+c)/(2a), at most 1 if c ≤ a."""
    t, a, c = q["t"], q["a"], q["c"]
    return 4 * a * (t * (1 - t) * a + t * c), (a + c) ** 2


@CLAIMS.certificate(single_inside)
def _(q: Any) -> Steps:
    yield "0 at t = (a+c)/(2a)", square(2 * q["a"] * q["t"] - q["a"] - q["c"])


@CLAIMS.bound(Scalars((), unit=("t",), positive=("a", "x")), equation="23 sharper")
def single_end(q: Any) -> Pair:
    """t(1−t)a + tc ≤ c if c = a + x ≥ a; equal at t = 1."""
    t, a, c = q["t"], q["a"], q["a"] + q["x"]
    return t * (1 - t) * a + t * c, c


@CLAIMS.certificate(single_end)
def _(q: Any) -> Steps:
    rest = q.rest["t"]
    yield "0 at t = 1", rest * (q.known["x"] + q.known["a"] * rest)


def _F(t: Any, A: Any, S: Any, D: Any) -> Any:
    """t² (2At² − 2St + D)."""
    return t**2 * (2 * A * t**2 - 2 * S * t + D)


_S, _D = 2 * A + B, 2 * A + 2 * B + C
CLAIMS.append(
    ScalarIdentity(
        "peak_slope",
        "F(t) = t² (2A t² − 2S t + D) with S = 2A + B, D = 2A + 2B + C, and F′(t) = 2t q(t) with"
        " q(t) = 4A t² − 3S t + D",
        equation="29 sharper",
        pairs=(
            (T**2 * (2 * A * (1 - T) ** 2 + 2 * B * (1 - T) + C), _F(T, A, _S, _D)),
            (sp.diff(_F(T, A, _S, _D), T), 2 * T * (4 * A * T**2 - 3 * _S * T + _D)),
        ),
        function=ScalarFunction(value=T, definition=T, variable=T),
    )
)
PEAK = Scalars((), unit=("t", "x"), positive=("a", "g", "c"))


def _curve(q: Any) -> tuple[Any, Any, Any]:
    """A, S and D by three nonnegative numbers: a = A/(2+x), g = S − 2a(1+x)² and c = q(x)."""
    x, a = q["x"], q["a"]
    A, S = (2 + x) * a, 2 * a * (1 + x) ** 2 + q["g"]
    return A, S, 3 * S * x - 4 * A * x**2 + q["c"]


@CLAIMS.bound(PEAK, equation="29 sharper")
def peak(q: Any) -> Pair:
    """F(t) ≤ F(x) + q(x)(1−x²) for all x in [0, 1] with q(x) = c ≥ 0 and (2+x)S − 2A(1+x)² ≥ 0."""
    x, curve = q["x"], _curve(q)
    return _F(q["t"], *curve), _F(x, *curve) + q["c"] * (1 - x**2)


@CLAIMS.certificate(peak)
def _(q: Any) -> Steps:
    t, x, rest = q.known["t"], q.known["x"], q.rest["t"]
    apart = square(q["t"] - q["x"])
    yield "q(x) ≥ 0", q.known["c"] * rest * (t + 1)
    yield "(2+x)S − 2A(1+x)² ≥ 0", apart * q.known["g"] * (x * rest + t * (x + 2))
    yield "A ≥ 0", apart * q.known["a"] * rest * (x + t * (x + 2)) * 2


@CLAIMS.bound(PEAK, equation="29 sharper", equal=True)
def peak_is_attained(q: Any) -> Pair:
    """F(x) + q(x)(1−x²) = F(1) + (1−x)² ((2+x)S − 2A(1+x)²), so max F is F(x) or F(1) at the
    smallest x in (0, 1] that is a zero of q or of (2+x)S − 2A(1+x)², or else at 1.
    """
    x, curve = q["x"], _curve(q)
    slack = (1 - x) ** 2 * (2 + x) * q["g"]
    return _F(x, *curve) + q["c"] * (1 - x**2), _F(1, *curve) + slack

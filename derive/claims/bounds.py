"""Upper bounds of the traces (Eqs. 22-24, 29-32, 92-95), as certificates.

Our copy of the paper has lost these formulas, so constants and steps are reconstructed. Each is
stated with sample weights ω; with ω = 1 they are the paper's.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from hessbound.derive.bounded import Assumptions, pair_constants
from hessbound.derive.nonnegative import Nonnegative, fact, lagrange, over, square
from hessbound.derive.statements import Pair, Register

CLAIMS = Register()
Steps = Iterator[tuple[str, Nonnegative]]
HALF, QUARTER, EIGHTH = Fraction(1, 2), Fraction(1, 4), Fraction(1, 8)

PLAIN, WEIGHTED = Assumptions(), Assumptions(weighted=True)
BOTH = (PLAIN, WEIGHTED)
INPUTS = tuple(Assumptions(a.weighted, inputs=True) for a in BOTH)
OUTPUTS = tuple(Assumptions(a.weighted, outputs=True) for a in BOTH)
SATURATED = tuple(Assumptions(a.weighted, inputs=True, outputs=True) for a in BOTH)


# ---- the constants of the bounds


def _norm2(x: Any) -> Any:
    """‖x‖² of a column."""
    return x.T @ x


def _weights(q: Any) -> Any:
    """Σω, which is N without weights."""
    return q.omega.value.sum()


def _inputs(q: Any) -> Any:
    """Σ ω_i ‖x̄_i‖², which is ‖X̄‖_F²."""
    return q.over(lambda i: q.bounded(i).weight.value * _norm2(q.at(i).x))


def _gram_inputs(q: Any) -> Any:
    """Σ ω_i ω_j K_ij², which is ‖X̄X̄ᵀ‖_F²."""
    return q.omega.value.T @ q.K**2 @ q.omega.value


def _gram_outputs(q: Any) -> Any:
    """Σ ω_i ω_j Q_ij², which is ‖H̄H̄ᵀ‖_F²."""
    return q.omega.value.T @ q.Q**2 @ q.omega.value


def _outputs(q: Any) -> Any:
    """Σ ω_i ‖h_i‖², which is ‖h‖_F²."""
    return q.omega.value.T @ (q.h * q.h) @ q.one("hidden")


def _hidden_constant(q: Any) -> Any:
    """¼ α₁² ‖b‖₂² + α₂ ‖b‖₁."""
    a1, a2, beta = q.alpha1.value, q.alpha2.value, q.beta.value
    return QUARTER * a1**2 * (beta**2).sum() + a2 * beta.sum()


def _constant_ep(q: Any) -> Any:
    """½ α₂ α₁² ‖b‖₃³ + ½ α₁⁴ ‖b‖₂²."""
    a1, a2, beta = q.alpha1.value, q.alpha2.value, q.beta.value
    return HALF * a2 * a1**2 * (beta**3).sum() + HALF * a1**4 * (beta**2).sum()


def _constant_ee(q: Any) -> Any:
    """α₂² ‖b‖₂² + α₁² m."""
    return q.alpha2.value**2 * (q.beta.value**2).sum() + q.alpha1.value**2 * q.one("hidden").sum()


def _constant(q: Any) -> Any:
    """C_X of (30)."""
    pp = EIGHTH * q.alpha1.value**4 * (q.beta.value**2).sum() ** 2
    return pp + _constant_ep(q) + _constant_ee(q)


def _slope_count(q: Any) -> Any:
    """α₁² m."""
    return q.alpha1.value**2 * q.one("hidden").sum()


def _rest(q: Any) -> Any:
    """½ N ‖h‖_F² + α₁² m N², with weights."""
    return HALF * _weights(q) * _outputs(q) + _slope_count(q) * _weights(q) ** 2


# ---- tr H_ww and tr H_AA


@CLAIMS.bound("22", *BOTH)
def output_trace(q: Any) -> Pair:
    """tr H_ww ≤ ¼ Σ_i ω_i ‖h̄_i‖² (‖H̄‖_F² for ω = 1)."""
    return q.part(q.H, "w", "w").trace(), QUARTER * (_weights(q) + _outputs(q))


@CLAIMS.proof(output_trace)
def _(q: Any) -> Steps:
    def slack(i: Any) -> Nonnegative:
        s = q.bounded(i)
        return s.p.gap() * (square(s.h).sum() + 1)

    yield "p ≤ ω/4", over(q, slack)


@CLAIMS.bound("22", *OUTPUTS)
def output_trace_saturated(q: Any) -> Pair:
    """tr H_ww ≤ ¼ Σω (m + 1)."""
    return q.part(q.H, "w", "w").trace(), QUARTER * _weights(q) * (1 + q.one("hidden").sum())


@CLAIMS.proof(output_trace_saturated)
def _(q: Any) -> Steps:
    yield from CLAIMS.steps(output_trace, q)
    yield "|f| ≤ 1", over(q, lambda i: q.bounded(i).weight * q.small_outputs(i).sum() * QUARTER)


@CLAIMS.bound("23", *BOTH)
def hidden_trace(q: Any) -> Pair:
    """tr H_AA ≤ (¼ α₁² ‖b‖₂² + α₂ ‖b‖₁) Σ_i ω_i ‖x̄_i‖² (‖X̄‖_F² for ω = 1)."""
    return q.part(q.H, "A", "A").trace(), _hidden_constant(q) * _inputs(q)


@CLAIMS.proof(hidden_trace)
def _(q: Any) -> Steps:
    def gauss_newton(i: Any) -> Nonnegative:
        s = q.bounded(i)
        return square(s.x).sum() * (s.p * s.b**2 * s.f1**2).gap().sum()

    def residual(i: Any) -> Nonnegative:
        s = q.bounded(i)
        return square(s.x).sum() * (s.e * s.b * s.f2).gap().sum()

    yield "p ≤ ω/4, |f′| ≤ α₁", over(q, gauss_newton)
    yield "|e| ≤ ω, |f″| ≤ α₂", over(q, residual)


@CLAIMS.bound("24", *INPUTS)
def input_norm(q: Any) -> Pair:
    """Σ_i ω_i ‖x̄_i‖² ≤ Σω (d + 1)."""
    return _inputs(q), _weights(q) * q.one("input").sum()


@CLAIMS.proof(input_norm)
def _(q: Any) -> Steps:
    yield "|x_ij| ≤ 1", over(q, lambda i: q.bounded(i).weight * q.small_inputs(i).sum())


@CLAIMS.bound("24", *INPUTS)
def hidden_trace_normalised(q: Any) -> Pair:
    """tr H_AA ≤ (¼ α₁² ‖b‖₂² + α₂ ‖b‖₁) Σω (d + 1) (Proposition 5)."""
    return q.part(q.H, "A", "A").trace(), _hidden_constant(q) * _weights(q) * q.one("input").sum()


@CLAIMS.proof(hidden_trace_normalised)
def _(q: Any) -> Steps:
    yield from CLAIMS.steps(hidden_trace, q)
    constant = q.alpha1**2 * (q.beta**2).sum() * QUARTER + q.alpha2 * q.beta.sum()
    for reason, slack in CLAIMS.steps(input_norm, q):
        yield reason, constant * slack


# ---- tr H²


@CLAIMS.bound("92", *BOTH)
def squared_pp(q: Any) -> Pair:
    """pᵀ(K∘ΓΓᵀ+Q)^∘2 p ≤ ⅛ α₁⁴ ‖b‖₂⁴ Σ ω_i ω_j K_ij² + ⅛ Σ ω_i ω_j Q_ij²."""
    first = q.alpha1.value**4 * (q.beta.value**2).sum() ** 2 * _gram_inputs(q)
    return q.p.T @ (
        (q.K * (q.G @ q.G.T) + q.Q) ** 2
    ) @ q.p, EIGHTH * first + EIGHTH * _gram_outputs(q)


@CLAIMS.proof(squared_pp)
def _(q: Any) -> Steps:
    def pair(i: Any, j: Any) -> tuple[Any, ...]:
        s, t = q.bounded(i), q.bounded(j)
        K, Q = s.x.T @ t.x, 1 + s.h.T @ t.h
        g = s.f1 * t.f1 * s.b**2  # g_ik g_jk
        return s, t, K, Q, g

    def amgm(i: Any, j: Any) -> Nonnegative:
        s, t, K, Q, g = pair(i, j)
        return s.p.bound * s.p.share * t.p.bound * t.p.share * square(K * g.value.sum() - Q)

    def quarter(i: Any, j: Any) -> Nonnegative:
        s, t, K, Q, g = pair(i, j)
        return (s.p * t.p).gap() * (square(K * g.value.sum()) + square(Q)) * 2

    def slope(i: Any, j: Any) -> Nonnegative:
        s, t, K, _, g = pair(i, j)
        return s.weight * t.weight * square(K) * g.outer(g).gap().sum() * EIGHTH

    yield "AM-GM: (KG + Q)² ≤ 2K²G² + 2Q²", over(q, amgm, 2)
    yield "p ≤ ω/4", over(q, quarter, 2)
    yield "|f′| ≤ α₁", over(q, slope, 2)


@CLAIMS.bound("93", *BOTH)
def squared_ep(q: Any) -> Pair:
    """2eᵀ[K∘(K∘C(Γ∘Γ)ᵀ + 2F₁(Γ∘h)ᵀ)]p ≤ (½ α₂ α₁² ‖b‖₃³ + ½ α₁⁴ ‖b‖₂²) Σ ω_i ω_j K_ij²
    + ½ Σω Σ ω_i ‖h_i‖².
    """
    return (
        2 * (q.e.T @ (q.K * (q.K * (q.C @ (q.G * q.G).T) + 2 * (q.f1 @ (q.G * q.h).T))) @ q.p),
        _constant_ep(q) * _gram_inputs(q) + HALF * _weights(q) * _outputs(q),
    )


@CLAIMS.proof(squared_ep)
def _(q: Any) -> Steps:
    def curvature(i: Any, j: Any) -> Nonnegative:
        s, t = q.bounded(i), q.bounded(j)
        return square(s.x.T @ t.x) * (s.e * t.p * s.b**3 * s.f2 * t.f1**2).gap().sum() * 2

    def slope(i: Any, j: Any) -> Nonnegative:
        s, t = q.bounded(i), q.bounded(j)
        x = s.e * t.p * s.f1.direction() * t.f1.direction() * s.b.direction()
        a = q.alpha1.value**2 * q.beta.value * (s.x.T @ t.x)
        return x.times(4).young(a, t.h).sum()

    yield "|e| ≤ ω, p ≤ ω/4, |f″| ≤ α₂, |f′| ≤ α₁", over(q, curvature, 2)
    yield "AM-GM: |α₁²βK·h| ≤ ½(α₁⁴β²K² + h²)", over(q, slope, 2)


@CLAIMS.bound("94", *BOTH)
def squared_ee(q: Any) -> Pair:
    """eᵀ[K∘(K∘CCᵀ + 2F₁F₁ᵀ)]e ≤ (α₂² ‖b‖₂² + α₁² m) Σ ω_i ω_j K_ij² + α₁² m (Σω)²."""
    return (
        q.e.T @ (q.K * (q.K * (q.C @ q.C.T) + 2 * (q.f1 @ q.f1.T))) @ q.e,
        _constant_ee(q) * _gram_inputs(q)
        + q.alpha1.value**2 * q.one("hidden").sum() * _weights(q) ** 2,
    )


@CLAIMS.proof(squared_ee)
def _(q: Any) -> Steps:
    def curvature(i: Any, j: Any) -> Nonnegative:
        s, t = q.bounded(i), q.bounded(j)
        return square(s.x.T @ t.x) * (s.e * t.e * s.b**2 * s.f2 * t.f2).gap().sum()

    def slope(i: Any, j: Any) -> Nonnegative:
        s, t = q.bounded(i), q.bounded(j)
        one = q.one("hidden")
        return (s.e * t.e * s.f1 * t.f1).times(2).young((s.x.T @ t.x) * one, one).sum()

    yield "|e| ≤ ω, |f″| ≤ α₂", over(q, curvature, 2)
    yield "|e| ≤ ω, |f′| ≤ α₁, AM-GM: 2K ≤ K² + 1", over(q, slope, 2)


@CLAIMS.bound("29-30, 95", *BOTH)
def squared(q: Any) -> Pair:
    """tr H² ≤ C_X Σ ω_i ω_j K_ij² + ⅛ Σ ω_i ω_j Q_ij² + ½ Σω Σ ω_i ‖h_i‖² + α₁² m (Σω)²,
    C_X = ⅛ α₁⁴ ‖b‖₂⁴ + ½ α₂ α₁² ‖b‖₃³ + ½ α₁⁴ ‖b‖₂² + α₂² ‖b‖₂² + α₁² m.
    """
    return (q.H @ q.H).trace(), _constant(q) * _gram_inputs(q) + EIGHTH * _gram_outputs(q) + _rest(
        q
    )


@CLAIMS.proof(squared)
def _(q: Any) -> Steps:
    for lemma in (squared_pp, squared_ep, squared_ee):
        yield from CLAIMS.steps(lemma, q)


def _constant_nonnegative(q: Any) -> Nonnegative:
    """C_X as something nonnegative."""
    a1, a2, beta = q.alpha1, q.alpha2, q.beta
    b2, m = (beta**2).sum(), (beta**0).sum()
    ep = a2 * a1**2 * (beta**3).sum() * HALF + a1**4 * b2 * HALF
    return a1**4 * b2**2 * EIGHTH + ep + a2**2 * b2 + a1**2 * m


@CLAIMS.bound("31", *INPUTS)
def gram_inputs(q: Any) -> Pair:
    """Σ ω_i ω_j K_ij² ≤ (Σω)² (d + 1)²."""
    return _gram_inputs(q), _weights(q) ** 2 * q.one("input").sum() ** 2


@CLAIMS.proof(gram_inputs)
def _(q: Any) -> Steps:
    def cauchy(i: Any, j: Any) -> Nonnegative:
        s, t = q.bounded(i), q.bounded(j)
        return s.weight * t.weight * lagrange(s.x, t.x)

    def small(i: Any, j: Any) -> Nonnegative:
        s, t = q.bounded(i), q.bounded(j)
        first = q.small_inputs(i).sum() * square(t.x).sum()
        count = square(q.one("input")).sum()
        return s.weight * t.weight * (first + count * q.small_inputs(j).sum())

    yield "Cauchy-Schwarz: (x̄_i·x̄_j)² ≤ ‖x̄_i‖² ‖x̄_j‖²", over(q, cauchy, 2)
    yield "|x_ij| ≤ 1", over(q, small, 2)


@CLAIMS.bound("31", *INPUTS)
def squared_normalised(q: Any) -> Pair:
    """tr H² ≤ C_X (Σω)² (d + 1)² + ⅛ Σ ω_i ω_j Q_ij² + ½ Σω Σ ω_i ‖h_i‖² + α₁² m (Σω)²
    (Proposition 6).
    """
    inputs = _constant(q) * _weights(q) ** 2 * q.one("input").sum() ** 2
    return (q.H @ q.H).trace(), inputs + EIGHTH * _gram_outputs(q) + _rest(q)


@CLAIMS.proof(squared_normalised)
def _(q: Any) -> Steps:
    yield from CLAIMS.steps(squared, q)
    for reason, slack in CLAIMS.steps(gram_inputs, q):
        yield reason, _constant_nonnegative(q) * slack


@CLAIMS.bound("32", *OUTPUTS)
def gram_outputs(q: Any) -> Pair:
    """Σ ω_i ω_j Q_ij² ≤ (Σω)² (m + 1)²."""
    return _gram_outputs(q), _weights(q) ** 2 * (1 + q.one("hidden").sum()) ** 2


@CLAIMS.proof(gram_outputs)
def _(q: Any) -> Steps:
    def cauchy(i: Any, j: Any) -> Nonnegative:
        s, t = q.bounded(i), q.bounded(j)
        return s.weight * t.weight * lagrange(q.h_bar(q.at(i)), q.h_bar(q.at(j)))

    def small(i: Any, j: Any) -> Nonnegative:
        s, t = q.bounded(i), q.bounded(j)
        first = q.small_outputs(i).sum() * (square(t.h).sum() + 1)
        count = square(q.one("hidden")).sum() + 1
        return s.weight * t.weight * (first + count * q.small_outputs(j).sum())

    yield "Cauchy-Schwarz: (h̄_i·h̄_j)² ≤ ‖h̄_i‖² ‖h̄_j‖²", over(q, cauchy, 2)
    yield "|f| ≤ 1", over(q, small, 2)


@CLAIMS.bound("32", *SATURATED)
def squared_saturated(q: Any) -> Pair:
    """tr H² ≤ (Σω)² (C_X (d + 1)² + ⅛ (m + 1)² + ½ m + α₁² m) (Proposition 7)."""
    m = q.one("hidden").sum()
    constant = _constant(q) * q.one("input").sum() ** 2 + EIGHTH * (1 + m) ** 2
    return (q.H @ q.H).trace(), _weights(q) ** 2 * (constant + HALF * m + q.alpha1.value**2 * m)


@CLAIMS.proof(squared_saturated)
def _(q: Any) -> Steps:
    yield from CLAIMS.steps(squared_normalised, q)
    for reason, slack in CLAIMS.steps(gram_outputs, q):
        yield reason, slack * EIGHTH
    small = over(q, lambda i: q.bounded(i).weight * q.small_outputs(i).sum())
    yield "|f| ≤ 1", q.omega.sum() * small * HALF


# ---- sharper, for hard labels: p = |e|(1 − |e|/ω) couples p and e

HARD = (Assumptions(hard=True), Assumptions(weighted=True, hard=True))
STEEP = tuple(Assumptions(a.weighted, hard=True, steep=True) for a in HARD)


def _slopes(q: Any) -> tuple[Any, Any]:
    """a = α₁² ‖b‖₂² and c = α₂ ‖b‖₁."""
    a1, a2, beta = q.alpha1, q.alpha2, q.beta
    return a1**2 * (beta**2).sum(), a2 * beta.sum()


def _hidden_by_labels(q: Any) -> Steps:
    """tr H_AA ≤ Σ ‖x̄‖² (p a + |e| c)."""

    def slope(i: Any) -> Nonnegative:
        s = q.bounded(i)
        return square(s.x).sum() * s.p.modulus() * (s.b**2 * s.f1**2).gap().sum()

    def curvature(i: Any) -> Nonnegative:
        s = q.bounded(i)
        return square(s.x).sum() * s.e.modulus() * (s.e.signum() * s.b * s.f2).gap().sum()

    yield "|f′| ≤ α₁", over(q, slope)
    yield "|f″| ≤ α₂", over(q, curvature)


@CLAIMS.bound("23 sharper", *HARD)
def hidden_trace_sharp(q: Any) -> Pair:
    """tr H_AA ≤ (a + c)²/(4a) Σ_i ω_i ‖x̄_i‖², a = α₁² ‖b‖₂², c = α₂ ‖b‖₁, times 4a."""
    a, c = (x.value for x in _slopes(q))
    return 4 * a * q.part(q.H, "A", "A").trace(), (a + c) ** 2 * _inputs(q)


@CLAIMS.proof(hidden_trace_sharp)
def _(q: Any) -> Steps:
    a, c = _slopes(q)
    for reason, slack in _hidden_by_labels(q):
        yield reason, a * slack * 4

    def parabola(i: Any) -> Nonnegative:
        s = q.bounded(i)
        return s.weight * square(s.x).sum() * square((2 * a * s.tau**2).value - (a + c).value)

    yield "p = |e|(1−|e|/ω): 4a(t(1−t)a + tc) ≤ (a+c)²", over(q, parabola)


@CLAIMS.bound("23 sharper", *STEEP)
def hidden_trace_steep(q: Any) -> Pair:
    """tr H_AA ≤ α₂ ‖b‖₁ Σ_i ω_i ‖x̄_i‖²."""
    return q.part(q.H, "A", "A").trace(), _slopes(q)[1].value * _inputs(q)


@CLAIMS.proof(hidden_trace_steep)
def _(q: Any) -> Steps:
    a, c = _slopes(q)
    yield from _hidden_by_labels(q)

    def line(i: Any) -> Nonnegative:
        s = q.bounded(i)
        rest = s.e.rest  # 1 − t
        return s.weight * square(s.x).sum() * rest * (fact(c.value - a.value) + a * rest)

    yield "p = |e|(1−|e|/ω): c − t(1−t)a − tc = (1−t)((c−a) + a(1−t))", over(q, line)


@CLAIMS.bound("29 sharper", *HARD)
def squared_sharp(q: Any) -> Pair:
    """tr H² ≤ M Σ ω_i ω_j K_ij² + ⅛ Σ ω_i ω_j Q_ij² + ½ Σω Σ ω_i ‖h_i‖² + α₁² m (Σω)² for any M not
    below t² (2α₁⁴‖b‖₂⁴(1−t)² + 2(α₂α₁²‖b‖₃³ + α₁⁴‖b‖₂²)(1−t) + α₂²‖b‖₂² + α₁²m) on [0, 1].
    """
    bound = q.peak() * _gram_inputs(q) + EIGHTH * _gram_outputs(q) + _rest(q)
    return (q.H @ q.H).trace(), bound


@CLAIMS.proof(squared_sharp)
def _(q: Any) -> Steps:
    def pair(i: Any, j: Any) -> tuple[Any, ...]:
        s, t = q.bounded(i), q.bounded(j)
        return s, t, s.x.T @ t.x, s.f1 * t.f1 * s.b**2

    def amgm(i: Any, j: Any) -> Nonnegative:
        s, t, K, g = pair(i, j)
        return s.p.modulus() * t.p.modulus() * square(K * g.value.sum() - (1 + s.h.T @ t.h))

    def outputs(i: Any, j: Any) -> Nonnegative:
        s, t, _, _ = pair(i, j)
        return (s.p * t.p).gap() * square(1 + s.h.T @ t.h) * 2

    def slope(i: Any, j: Any) -> Nonnegative:
        s, t, K, g = pair(i, j)
        both = (s.e.signum() * t.e.signum() * s.f1 * t.f1).times(2)
        one = q.one("hidden")
        gram = s.p.modulus() * t.p.modulus() * square(K) * g.outer(g).gap().sum() * 2
        edge = s.e.modulus() * t.e.modulus() * both.young(K * one, one).sum()
        return gram + edge

    def curvature(i: Any, j: Any) -> Nonnegative:
        s, t, K, _ = pair(i, j)
        mixed = (s.e.signum() * s.b**3 * s.f2 * t.f1**2).gap().sum() * t.p.modulus() * 2
        both = (s.e.signum() * t.e.signum() * s.b**2 * s.f2 * t.f2).gap().sum() * t.e.modulus()
        return square(K) * s.e.modulus() * (mixed + both)

    def cross(i: Any, j: Any) -> Nonnegative:
        s, t, K, _ = pair(i, j)
        x = s.e.signum() * s.f1.direction() * t.f1.direction() * s.b.direction()
        a = q.alpha1.value**2 * q.beta.value * K
        return s.e.modulus() * t.p.modulus() * x.times(4).young(a, t.h).sum()

    def ends(i: Any, j: Any) -> Nonnegative:
        s, t, _, _ = pair(i, j)
        norms = (s.e.unsigned() * t.p).gap() * square(t.h).sum() * 2
        count = q.alpha1**2 * square(q.one("hidden")).sum()
        return norms + (s.e * t.e).unsigned().gap() * count

    A, B, C = pair_constants(q)

    def geometric(i: Any, j: Any) -> Nonnegative:
        s, t, K, _ = pair(i, j)
        both = s.e.modulus() * t.e.modulus() * square(K)
        return both * square(s.tau.value - t.tau.value) * (fact(A) * 2 + fact(B))

    def peak(i: Any, j: Any) -> Nonnegative:
        s, t, K, _ = pair(i, j)
        g = s.tau.value * t.tau.value
        F = g**2 * (2 * A * (1 - g) ** 2 + 2 * B * (1 - g) + C)
        return s.weight * t.weight * square(K) * q.below_peak(F)

    yield "AM-GM: (KG + Q)² ≤ 2K²G² + 2Q²", over(q, amgm, 2)
    yield "p ≤ ω/4", over(q, outputs, 2)
    yield "|f′| ≤ α₁, AM-GM: 2K ≤ K² + 1", over(q, slope, 2)
    yield "|f″| ≤ α₂, |f′| ≤ α₁", over(q, curvature, 2)
    yield "AM-GM: |α₁²βK·h| ≤ ½(α₁⁴β²K² + h²)", over(q, cross, 2)
    yield "|e| ≤ ω, p ≤ ω/4", over(q, ends, 2)
    yield "AM-GM on t_i, t_j: largest at t_i = t_j = √(t_i t_j)", over(q, geometric, 2)
    yield "M is not below its maximum", over(q, peak, 2)


# ---- the limit of perfect fit

VANISHING = Assumptions(hard=False, delta=True)


@CLAIMS.bound("33", VANISHING)
def vanishing(q: Any) -> Pair:
    """λ̄ → 0 as |v| → ∞ with the right signs, while ‖X̄‖, ‖h‖, ‖b‖, α₁, α₂ stay bounded: λ̄² ≤ tr H² ≤
    δ² (C_X ‖X̄X̄ᵀ‖² + ⅛ ‖H̄H̄ᵀ‖² + ½ N ‖h‖² + α₁² m N²) and δ → 0.
    """
    return (q.H @ q.H).trace(), q.delta**2 * q.over(lambda i, j: _pair_bound(q, i, j), 2)


def _pair_bound(q: Any, i: Any, j: Any) -> Any:
    """C_X K² + ⅛ Q² + ½ ‖h_j‖² + α₁² m of one pair."""
    s, t = q.at(i), q.at(j)
    K, Q = s.x.T @ t.x, q.h_bar(s).T @ q.h_bar(t)
    return _constant(q) * K**2 + EIGHTH * Q**2 + HALF * _norm2(t.h) + _slope_count(q)


@CLAIMS.proof(vanishing)
def _(q: Any) -> Steps:
    yield from CLAIMS.steps(squared, q)

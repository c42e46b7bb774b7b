"""The loss with a quadratic penalty ½ Σ_r ρ_r θ_r², beyond the paper: H + D with D = diag ρ.

A number ρ_A of each input's weights, biases first (the same for all hidden units), one of w₀ and
one of b: what is not penalised has 0. So tr (H + D)² needs, beside the traces, Σ_r ρ_r H_rr alone.
D does not depend on θ, hence ∇tr (H + D)² = 2 Σ_i ⟨H + D, ∂∇²ℓ_i/∂θ⟩. That (7)-(10) hold for H + D
needs no proof of its own: they hold for every symmetric matrix. Moved by c, a spectrum has the same
width, so s of H + D is that of H + (D − cI), which keeps its digits where c is large.
"""

from collections.abc import Iterator
from typing import Any

from hessbound.derive.proof.kernel import Slack, over, square
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.spectrum import Spectrum
from hessbound.derive.proof.statements import Pair
from hessbound.derive.statements.network import Quantities

from . import bounds, bounds_squared
from .constants import hidden_constant

CLAIMS = Register()
LABEL = "H + D"


def _ridge(q: Any) -> tuple[Any, Any, Any]:
    """Return ρ_A, ρ₀ and ρ_w."""
    return q.free("rho_A", "input"), q.free("rho_0"), q.free("rho_w")


def _rho(q: Any) -> Any:
    """Return ρ, P × 1."""
    return _vector(q, *_ridge(q))


def _vector(q: Any, of_A: Any, of_w0: Any, of_b: Any) -> Any:
    return q.blocks([[of_A.kron(q.one("hidden"))], [of_w0], [of_b * q.one("hidden")]])


def _D(q: Any) -> Any:
    """Return diag ρ, P × P."""
    return _diagonal(q, _rho(q))


def _diagonal(q: Any, rho: Any) -> Any:
    return q.eye("θ") * (rho @ q.one("θ").T)


def _norm2(a: Any) -> Any:
    """‖a‖² of a column vector."""
    return a.T @ a


@CLAIMS.identity(equation=LABEL)
def penalty_value(q: Quantities) -> Pair:
    """½ θᵀDθ = ½ (Σ_a ρ_a ‖A_a‖² + ρ₀ w₀² + ρ_w ‖b‖²), A_a a column of A."""
    of_A, of_w0, of_b = _ridge(q)
    columns = of_A.T @ (q.A * q.A).T @ q.one("hidden")
    twice = columns + of_w0 * q.w0**2 + of_b * _norm2(q.b)
    return q.theta.T @ _D(q) @ q.theta / 2, twice / 2


@CLAIMS.identity(equation=LABEL)
def penalised_trace_hidden(q: Quantities) -> Pair:
    """tr (H + D)_AA = tr H_AA + m Σ_a ρ_a."""
    of_A, *_ = _ridge(q)
    both = q.H + _D(q)
    return q.part(both, "A", "A").trace(), q.part(q.H, "A", "A").trace() + q.m * of_A.sum()


@CLAIMS.identity(equation=LABEL)
def penalised_trace_output(q: Quantities) -> Pair:
    """tr (H + D)_ww = tr H_ww + ρ₀ + m ρ_w."""
    _, of_w0, of_b = _ridge(q)
    both = q.H + _D(q)
    return q.part(both, "w", "w").trace(), q.part(q.H, "w", "w").trace() + of_w0 + q.m * of_b


@CLAIMS.identity(equation=LABEL)
def penalised_trace_squared(q: Quantities) -> Pair:
    """tr (H + D)² = tr H² + 2 Σ_r ρ_r H_rr + m Σ_a ρ_a² + ρ₀² + m ρ_w²."""
    of_A, of_w0, of_b = _ridge(q)
    both, own = q.H + _D(q), q.m * _norm2(of_A) + of_w0**2 + q.m * of_b**2
    return (both @ both).trace(), (q.H @ q.H).trace() + 2 * (_rho(q).T @ q.H.diagonal()) + own


@CLAIMS.identity(equation=LABEL)
def weighted_trace(q: Quantities) -> Pair:
    """Σ_r ρ_r H_rr = Σ_i (Σ_a ρ_a x̄_ia²) (p_i ‖g_i‖² + e_i Σ_k c_ik) + p_i (ρ₀ + ρ_w ‖h_i‖²)."""
    of_A, of_w0, of_b = _ridge(q)

    def term(i: Any) -> Any:
        s = q.at(i)
        inputs = of_A.T @ (s.x * s.x)
        hidden = s.p * _norm2(s.g) + s.e * s.c.sum()
        return inputs * hidden + s.p * (of_w0 + of_b * _norm2(s.h))

    return _rho(q).T @ q.H.diagonal(), q.over(term)


@CLAIMS.identity(equation=LABEL)
def centred(q: Quantities) -> Pair:
    """tr (H + D)² = tr (H + D′)² + 2c tr (H + D′) + P c², D′ = D − cI."""
    c, both = q.free("move"), q.H + _D(q)
    rest = both - c * q.eye("θ")
    return (both @ both).trace(), (rest @ rest).trace() + 2 * c * rest.trace() + q.P * c**2


def _along(q: Any, part: str) -> Any:
    """Return a part of Σ_i ⟨D, ∂∇²ℓ_i/∂θ⟩, by SymPy's third derivatives."""
    return q.part(q.over(lambda i: q.third(i, _D(q))), part, "1")


def _along_v(q: Any, i: Any) -> Any:
    """δ_i of Σ_r ρ_r H_rr: the share of sample i's output."""
    s, (of_A, of_w0, of_b) = q.at(i), _ridge(q)
    inputs = of_A.T @ (s.x * s.x)
    along_p = of_w0 + of_b * _norm2(s.h) + inputs * _norm2(s.g)
    return s.p1 * along_p + s.p * inputs * s.c.sum()


@CLAIMS.identity(equation=LABEL)
def weighted_gradient_bias(q: Quantities) -> Pair:
    """∂/∂w₀ of Σ_r ρ_r H_rr = Σ_i δ_i, δ_i = p′_i (ρ₀ + ρ_w ‖h_i‖² + ξ_i ‖g_i‖²)
    + p_i ξ_i Σ_k c_ik, ξ_i = Σ_a ρ_a x̄_ia².
    """
    of_A, of_w0, of_b = _ridge(q)

    def term(i: Any) -> Any:
        s = q.at(i)
        inputs = of_A.T @ (s.x * s.x)
        along_p = of_w0 + of_b * _norm2(s.h) + inputs * _norm2(s.g)
        return s.p1 * along_p + s.p * inputs * s.c.sum()

    return _along(q, "w0"), q.over(term)


@CLAIMS.identity(equation=LABEL)
def weighted_gradient_output(q: Quantities) -> Pair:
    """∂/∂b of Σ_r ρ_r H_rr = Σ_i δ_i h_i + ξ_i (2 p_i f′_i∘g_i + e_i f″_i)."""
    of_A, *_ = _ridge(q)

    def term(i: Any) -> Any:
        s = q.at(i)
        inputs = of_A.T @ (s.x * s.x)
        return _along_v(q, i) * s.h + inputs * (2 * s.p * (s.f1 * s.g) + s.e * s.f2)

    return _along(q, "b"), q.over(term)


@CLAIMS.identity(equation=LABEL)
def weighted_gradient_hidden(q: Quantities) -> Pair:
    """∂/∂vec A of Σ_r ρ_r H_rr = Σ_i δ_i x̄_i⊗g_i + 2 p_i ρ_w x̄_i⊗(h_i∘f′_i)
    + ξ_i x̄_i⊗(2 p_i g_i∘c_i + e_i f‴_i∘b).
    """
    of_A, _, of_b = _ridge(q)

    def term(i: Any) -> Any:
        s = q.at(i)
        inputs = of_A.T @ (s.x * s.x)
        return (
            _along_v(q, i) * s.x.kron(s.g)
            + 2 * s.p * of_b * s.x.kron(s.h * s.f1)
            + inputs * s.x.kron(2 * s.p * (s.g * s.c) + s.e * (s.f3 * q.b))
        )

    return _along(q, "A"), q.over(term)


@CLAIMS.identity(equation=LABEL)
def penalised_trace_squared_gradient(q: Quantities) -> Pair:
    """2 Σ_i ⟨H + D, ∂∇²ℓ_i/∂θ⟩ = ∇tr H² + 2 Σ_i ⟨D, ∂∇²ℓ_i/∂θ⟩: only H depends on θ."""
    D = _D(q)
    both = 2 * q.over(lambda i: q.third(i, q.H + D))
    return both, q.trace_gradient(2) + 2 * q.over(lambda i: q.third(i, D))


@CLAIMS.bound(Spectrum(), equation=LABEL, equal=True)
def moved_squares(q: Any) -> Pair:
    """Σ_k (λ_k + c)² = tr H² + 2c tr H + P c²."""
    c = q.free("move")
    moved = (q.extreme + c) ** 2 + ((q.others + c * q.one) ** 2).sum()
    return moved, q.trace_squared + 2 * c * q.trace + q.P.value * c**2


@CLAIMS.bound(Spectrum(), equation=LABEL, equal=True)
def moved_variance(q: Any) -> Pair:
    """The λ_k + c are as wide as the λ_k: P Σ(λ+c)² − (Σ(λ+c))² = P tr H² − (tr H)²."""
    c = q.free("move")
    squares = (q.extreme + c) ** 2 + ((q.others + c * q.one) ** 2).sum()
    moved = q.P.value * squares - (q.trace + q.P.value * c) ** 2
    return moved, q.P.value * q.trace_squared - q.trace**2


@CLAIMS.bound(*bounds.under(bounds.BOTH, curvature=True), equation=LABEL)
def penalised_output(q: Any) -> Pair:
    """tr (H + D)_ww ≤ s₂ Σ_i ω_i ‖h̄_i‖² + tr D_ww: (22) with the penalty."""
    D, (small, large) = _D(q), bounds.output_trace(q)
    return small + q.part(D, "w", "w").trace(), large + q.part(D, "w", "w").trace()


@CLAIMS.certificate(penalised_output)
def _(q: Any) -> Iterator[tuple[str, Slack]]:
    yield from bounds.CLAIMS.steps(bounds.output_trace, q)


@CLAIMS.bound(*bounds.under(bounds.BOTH, slope=True, curvature=True), equation=LABEL)
def penalised_hidden(q: Any) -> Pair:
    """tr (H + D)_AA ≤ (s₂ α₁² ‖b‖₂² + s₁ α₂ ‖b‖₁) Σ_i ω_i ‖x̄_i‖² + tr D_AA: (23) with it."""
    D, (small, large) = _D(q), bounds.hidden_trace(q)
    return small + q.part(D, "A", "A").trace(), large + q.part(D, "A", "A").trace()


@CLAIMS.certificate(penalised_hidden)
def _(q: Any) -> Iterator[tuple[str, Slack]]:
    yield from bounds.CLAIMS.steps(bounds.hidden_trace, q)


@CLAIMS.bound(*bounds.under(bounds.BOTH, slope=True, curvature=True), equation=LABEL)
def penalised_squared(q: Any) -> Pair:
    """tr (H + D)² ≤ the bound (29) of tr H² + 2 (s₂ α₁² ‖b‖₂² + s₁ α₂ ‖b‖₁) Σ_i ω_i ξ_i
    + 2 s₂ Σ_i ω_i (ρ₀ + ρ_w ‖h_i‖²) + tr D², ξ_i = Σ_a ρ_a x̄_ia², for ρ = r∘r ≥ 0.
    """
    of_A, of_w0, of_b = (x**2 for x in _ridge(q))
    D = _diagonal(q, _vector(q, of_A, of_w0, of_b))

    def term(i: Any) -> Any:
        s = q.at(i)
        inputs = hidden_constant(q) * (of_A.T @ (s.x * s.x))
        weight = q.bounded(i).weight.value
        return weight * (inputs + q.s2.value * (of_w0 + of_b * _norm2(s.h)))

    both, (_, large) = q.H + D, bounds_squared.squared(q)
    return (both @ both).trace(), large + 2 * q.over(term) + (D @ D).trace()


@CLAIMS.certificate(penalised_squared)
def _(q: Any) -> Iterator[tuple[str, Slack]]:
    yield from bounds_squared.CLAIMS.steps(bounds_squared.squared, q)
    of_A, of_w0, of_b = (square(x) for x in _ridge(q))

    def inputs(i: Any) -> Slack:
        s = q.bounded(i)
        hidden = (s.p * s.b**2 * s.f1**2).gap() + (s.e * s.b * s.f2).gap()
        return (of_A * square(s.x)).sum() * hidden.sum() * 2

    def outputs(i: Any) -> Slack:
        s = q.bounded(i)
        return s.p.gap() * (of_w0 + of_b * square(s.h).sum()) * 2

    yield "ρ_A ≥ 0: (23) for each input", over(q, inputs)
    yield "ρ₀, ρ_w ≥ 0: (22) for each weight", over(q, outputs)

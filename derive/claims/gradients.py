"""∇λ̄, the gradient of the Wolkowicz-Styan bound, from those of tr H and tr H².

It is not in the paper; its authors derived it for cross-entropy in a second one, arXiv 2606.28662.
What is stated here was written without that text, and holds for any loss of the output.

A parameter reaches the traces in two ways. Each of them moves the output v, by ∂v/∂w₀ = 1,
∂v/∂b = h and ∂v/∂A = gx̄ᵀ, and v moves e and p: ∂e/∂v = p and ∂p/∂v = p′. What that adds up to is δ,
which is all for w₀. Besides, b is a factor of g and c, and A moves h, f′, g and c through u, by
∂h/∂u = f′, ∂f′/∂u = f″, ∂g/∂u = c and ∂c/∂u = f‴∘b.
"""

from typing import Any

import sympy as sp

from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Pair, ScalarIdentity
from hessbound.derive.statements.network import Quantities

CLAIMS = Register()
LABEL = "∇λ̄"


def _norm2(a: Any) -> Any:
    """‖a‖² of a column vector."""
    return a.T @ a


@CLAIMS.identity(equation=LABEL)
def trace_gradient(q: Quantities) -> Pair:
    """Σ_i ⟨I, ∂∇²ℓ_i/∂θ⟩, by SymPy's third derivatives, = ∇tr H, by the product rule."""
    return q.over(lambda i: q.third(i, q.eye("θ"))), q.trace_gradient(1)


def _trace_along_v(q: Quantities, i: Any) -> Any:
    """δ_i of tr H."""
    s = q.at(i)
    return s.p1 * (_norm2(q.h_bar(s)) + _norm2(s.x) * _norm2(s.g)) + s.p * _norm2(s.x) * s.c.sum()


@CLAIMS.identity(equation=LABEL)
def trace_gradient_bias(q: Quantities) -> Pair:
    """∂tr H/∂w₀ = Σ_i δ_i, δ_i = p′_i (‖h̄_i‖² + ‖x̄_i‖² ‖g_i‖²) + p_i ‖x̄_i‖² Σ_k c_ik."""

    def term(i: Any) -> Any:
        s = q.at(i)
        along_p = _norm2(q.h_bar(s)) + _norm2(s.x) * _norm2(s.g)
        return s.p1 * along_p + s.p * _norm2(s.x) * s.c.sum()

    return q.part(q.trace_gradient(1), "w0", "1"), q.over(term)


@CLAIMS.identity(equation=LABEL)
def trace_gradient_output(q: Quantities) -> Pair:
    """∂tr H/∂b = Σ_i δ_i h_i + ‖x̄_i‖² (2 p_i f′_i∘g_i + e_i f″_i)."""

    def term(i: Any) -> Any:
        s, delta = q.at(i), _trace_along_v(q, i)
        return delta * s.h + _norm2(s.x) * (2 * s.p * (s.f1 * s.g) + s.e * s.f2)

    return q.part(q.trace_gradient(1), "b", "1"), q.over(term)


@CLAIMS.identity(equation=LABEL)
def trace_gradient_hidden(q: Quantities) -> Pair:
    """∂tr H/∂vec A = Σ_i δ_i x̄_i⊗g_i + 2 p_i x̄_i⊗(h_i∘f′_i) + ‖x̄_i‖² x̄_i⊗(2 p_i g_i∘c_i
    + e_i f‴_i∘b).
    """

    def term(i: Any) -> Any:
        s, delta = q.at(i), _trace_along_v(q, i)
        return (
            delta * s.x.kron(s.g)
            + 2 * s.p * s.x.kron(s.h * s.f1)
            + _norm2(s.x) * s.x.kron(2 * s.p * (s.g * s.c) + s.e * (s.f3 * q.b))
        )

    return q.part(q.trace_gradient(1), "A", "1"), q.over(term)


@CLAIMS.identity(equation=LABEL)
def trace_squared_gradient(q: Quantities) -> Pair:
    """2 Σ_i ⟨H, ∂∇²ℓ_i/∂θ⟩, by SymPy's third derivatives, = ∇tr H², by the product rule."""
    return 2 * q.over(lambda i: q.third(i, q.H)), q.trace_gradient(2)


def _squared_along_v(q: Quantities, i: Any, j: Any) -> Any:
    """δ_ij of tr H²: the share of sample i's output."""
    s, t = q.at(i), q.at(j)
    K, G, Q = s.x.T @ t.x, s.g.T @ t.g, q.h_bar(s).T @ q.h_bar(t)
    mixed = K * (s.c.T @ (t.g * t.g)) + 2 * (s.f1.T @ (t.g * t.h))
    mixed_back = K * (t.c.T @ (s.g * s.g)) + 2 * (t.f1.T @ (s.g * s.h))
    both = K * (s.c.T @ t.c) + 2 * (s.f1.T @ t.f1)
    along_p = t.p * (K * G + Q) ** 2 + t.e * K * mixed_back
    along_e = K * (t.p * mixed + t.e * both)
    return 2 * (s.p1 * along_p + s.p * along_e)


@CLAIMS.identity(equation=LABEL)
def trace_squared_gradient_bias(q: Quantities) -> Pair:
    """∂tr H²/∂w₀ = Σ_ij δ_ij = Σ_ij 2 p′_i p_j (K G + Q)² + 2 (p_i p_j + e_i p′_j) K (K Σ c_i g_j²
    + 2 Σ f′_i g_j h_j) + 2 p_i e_j K (K Σ c_i c_j + 2 Σ f′_i f′_j).
    """

    def term(i: Any, j: Any) -> Any:
        s, t = q.at(i), q.at(j)
        K, G, Q = s.x.T @ t.x, s.g.T @ t.g, q.h_bar(s).T @ q.h_bar(t)
        mixed = K * (s.c.T @ (t.g * t.g)) + 2 * (s.f1.T @ (t.g * t.h))
        return (
            2 * s.p1 * t.p * (K * G + Q) ** 2
            + 2 * (s.p * t.p + s.e * t.p1) * K * mixed
            + 2 * s.p * t.e * K * (K * (s.c.T @ t.c) + 2 * (s.f1.T @ t.f1))
        )

    return q.part(q.trace_gradient(2), "w0", "1"), q.over(term, 2)


@CLAIMS.identity(equation=LABEL)
def trace_squared_gradient_output(q: Quantities) -> Pair:
    """∂tr H²/∂b = Σ_ij δ_ij h_i + 4 p_i K f′_i∘(p_j (K G + Q) g_j + e_j (K g_i∘c_j + h_i∘f′_j))
    + 2 e_i K² f″_i∘(p_j g_j∘g_j + e_j c_j).
    """

    def term(i: Any, j: Any) -> Any:
        s, t, delta = q.at(i), q.at(j), _squared_along_v(q, i, j)
        K, G, Q = s.x.T @ t.x, s.g.T @ t.g, q.h_bar(s).T @ q.h_bar(t)
        along_g = t.p * (K * G + Q) * t.g + t.e * (K * (s.g * t.c) + s.h * t.f1)
        along_c = t.p * (t.g * t.g) + t.e * t.c
        return delta * s.h + 4 * s.p * K * (s.f1 * along_g) + 2 * s.e * K**2 * (s.f2 * along_c)

    return q.part(q.trace_gradient(2), "b", "1"), q.over(term, 2)


@CLAIMS.identity(equation=LABEL)
def trace_squared_gradient_hidden(q: Quantities) -> Pair:
    """∂tr H²/∂vec A = Σ_ij δ_ij x̄_i⊗g_i
    + 4 p_i K x̄_i⊗(c_i∘(p_j (K G + Q) g_j + e_j (K g_i∘c_j + h_i∘f′_j)))
    + 2 e_i K² x̄_i⊗(f‴_i∘b∘(p_j g_j∘g_j + e_j c_j)) + 4 e_i K x̄_i⊗(f″_i∘(p_j g_j∘h_j + e_j f′_j))
    + 4 p_i x̄_i⊗(f′_i∘(p_j (K G + Q) h_j + e_j K g_i∘f′_j)).
    """

    def term(i: Any, j: Any) -> Any:
        s, t, delta = q.at(i), q.at(j), _squared_along_v(q, i, j)
        K, G, Q = s.x.T @ t.x, s.g.T @ t.g, q.h_bar(s).T @ q.h_bar(t)
        along_g = t.p * (K * G + Q) * t.g + t.e * (K * (s.g * t.c) + s.h * t.f1)
        along_c = t.p * (t.g * t.g) + t.e * t.c
        along_f1 = t.p * (t.g * t.h) + t.e * t.f1
        along_h = t.p * (K * G + Q) * t.h + t.e * K * (s.g * t.f1)
        return (
            delta * s.x.kron(s.g)
            + 4 * s.p * K * s.x.kron(s.c * along_g)
            + 2 * s.e * K**2 * s.x.kron(s.f3 * q.b * along_c)
            + 4 * s.e * K * s.x.kron(s.f2 * along_f1)
            + 4 * s.p * s.x.kron(s.f1 * along_h)
        )

    return q.part(q.trace_gradient(2), "A", "1"), q.over(term, 2)


# Along a line in θ the chain rule sees values and slopes only, so that μ may be linear there, and
# s > 0 an exponential; tr H = Pμ and tr H² = P(μ² + s²) by (8) and (9), and r = √(P − 1).
_t, _r, _mu0, _mu1, _s1 = sp.symbols("t r mu0 mu1 s1", real=True)
_P, _mu, _s = _r**2 + 1, _mu0 + _mu1 * _t, sp.Symbol("s0", positive=True) * sp.exp(_s1 * _t)
_LINE = ScalarFunction(value=_t, definition=_t, variable=_t)
_mean = sp.diff(_P * _mu, _t) / _P
_spread = (sp.diff(_P * (_mu**2 + _s**2), _t) / _P - 2 * _mu * _mean) / (2 * _s)

CLAIMS.extend(
    [
        ScalarIdentity(
            "spread_gradient",
            "∇s = (∇tr H²/P − 2μ∇μ)/(2s), ∇μ = ∇tr H/P",
            equation=LABEL,
            pairs=((sp.diff(_s, _t), _spread), (sp.diff(_mu, _t), _mean)),
            function=_LINE,
        ),
        ScalarIdentity(
            "bound_gradient",
            "∇(μ ± √(P−1) s) = ∇μ ± √(P−1) ∇s; λ̄ has +",
            equation=LABEL,
            pairs=(
                (sp.diff(_mu + _r * _s, _t), _mean + _r * _spread),
                (sp.diff(_mu - _r * _s, _t), _mean - _r * _spread),
            ),
            function=_LINE,
        ),
    ]
)

"""Model, loss, Jacobians and gradient (Eqs. 1-6, 11-13, 35, 51-54, 57)."""

from typing import Any

import sympy as sp

from hessbound.derive.functions.loss import omega, v, y
from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.losses.cross_entropy import LOSS as CROSS_ENTROPY
from hessbound.derive.losses.cross_entropy import yhat
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Definition, Pair, ScalarIdentity
from hessbound.derive.statements.network import Quantities

CLAIMS = Register()
_Y = sp.Symbol("yhat", real=True)
_LOSS = -omega * (y * sp.log(_Y) + (1 - y) * sp.log(1 - _Y))  # of the probability ŷ
_FREE = ScalarFunction(value=_Y, definition=_Y, variable=_Y)


CLAIMS.extend(
    [
        Definition("theta", "θ = [vec A; w], A column by column", equation="3"),
        Definition("cross_entropy", "ℓ = −ω(y log ŷ + (1−y) log(1−ŷ)), ŷ = σ(v)", equation="4"),
        ScalarIdentity(
            "cross_entropy_stable",
            "ℓ = ω((1−y) log(1+eᵛ) + y log(1+e⁻ᵛ))",
            equation="4",
            pairs=((CROSS_ENTROPY.definition, CROSS_ENTROPY.value),),
            function=CROSS_ENTROPY,
        ),
        ScalarIdentity(
            "slope_of_loss",
            "∂ℓ/∂ŷ = ω(ŷ−y)/(ŷ(1−ŷ))",
            equation="52",
            pairs=((sp.diff(_LOSS, _Y), omega * (_Y - y) / (_Y * (1 - _Y))),),
            function=_FREE,
            domain=sp.Interval.open(0, 1),
        ),
        ScalarIdentity(
            "slope_of_output",
            "∂ŷ/∂v = ŷ(1−ŷ)",
            equation="52",
            pairs=((sp.diff(yhat, v), yhat * (1 - yhat)),),
            function=CROSS_ENTROPY,
        ),
    ]
)


@CLAIMS.identity(equation="1-2")
def absorbed_hidden_bias(q: Quantities) -> Pair:
    """DW₁ᵀ + 1b₁ᵀ = X̄Aᵀ with X̄ = [1 D], A = [b₁ W₁], D the data."""
    D, W1, b1 = (
        q.free("D", "sample", "feature"),
        q.free("W1", "hidden", "feature"),
        q.free("b1", "hidden"),
    )
    X_bar, A = q.blocks([[q.one("sample"), D]]), q.blocks([[b1, W1]])
    return D @ W1.T + q.one("sample") @ b1.T, X_bar @ A.T


@CLAIMS.identity(equation="1-2")
def absorbed_output_bias(q: Quantities) -> Pair:
    """h w₂ + 1b₂ = H̄w with H̄ = [1 h], w = [b₂; w₂]."""
    H_bar, w = q.blocks([[q.one("sample"), q.h]]), q.blocks([[q.w0], [q.b]])
    return q.h @ q.b + q.w0 * q.one("sample"), H_bar @ w


@CLAIMS.identity(equation="5")
def gradient_is_linear(q: Quantities) -> Pair:
    """∇L = Σ_i ∇ℓ_i."""
    return q.total_gradient(), q.over(lambda i: q.gradient(i))


@CLAIMS.identity(equation="5")
def hessian_is_linear(q: Quantities) -> Pair:
    """∇²L = Σ_i ∇²ℓ_i."""
    return q.total_hessian(), q.over(lambda i: q.hessian(i))


@CLAIMS.identity(equation="6")
def hessian_is_symmetric(q: Quantities) -> Pair:
    """H = Hᵀ, so the spectrum is real."""
    return q.H, q.H.T


@CLAIMS.identity(equation="11")
def gradient(q: Quantities, i: Any) -> Pair:
    """∇ℓ = e [x̄⊗g; h̄]."""
    s = q.at(i)
    return q.gradient(i), s.e * q.blocks([[s.x.kron(s.g)], [q.h_bar(s)]])


@CLAIMS.identity(equation="12")
def gradient_hidden(q: Quantities, i: Any) -> Pair:
    """∂ℓ/∂vec A = e (x̄⊗g), g = f′(u)∘b."""
    s = q.at(i)
    return q.part(q.gradient(i), "A", "1"), s.e * s.x.kron(s.g)


@CLAIMS.identity(equation="13")
def gradient_output(q: Quantities, i: Any) -> Pair:
    """∂ℓ/∂w = e h̄."""
    s = q.at(i)
    return q.part(q.gradient(i), "w", "1"), s.e * q.h_bar(s)


@CLAIMS.identity(equation="35")
def jacobian_of_activation(q: Quantities, i: Any) -> Pair:
    """∂f(u)/∂u = F₁ = diag f′(u)."""
    return q.jacobian("h", "u", i), q.at(i).f1.diag()


@CLAIMS.identity(equation="35")
def jacobian_of_slope(q: Quantities, i: Any) -> Pair:
    """∂f′(u)/∂u = F₂ = diag f″(u)."""
    return q.jacobian("h'", "u", i), q.at(i).f2.diag()


@CLAIMS.identity(equation="51")
def jacobian_of_hidden_input(q: Quantities, i: Any) -> Pair:
    """∂u/∂vec A = x̄⊗I."""
    return q.jacobian("u", "A", i), q.at(i).x.kron(q.eye("hidden"))


@CLAIMS.identity(equation="51")
def jacobian_of_output(q: Quantities, i: Any) -> Pair:
    """∂v/∂h = b."""
    return q.jacobian("v", "h", i), q.at(i).b


@CLAIMS.identity(equation="54")
def chain_rule(q: Quantities, i: Any) -> Pair:
    """∂ℓ/∂vec A = (x̄⊗I) F₁ b e."""
    s = q.at(i)
    return q.part(q.gradient(i), "A", "1"), s.x.kron(q.eye("hidden")) @ s.f1.diag() @ s.b @ s.e


@CLAIMS.identity(equation="57")
def cross_block(q: Quantities, i: Any) -> Pair:
    """H_wA = H_Awᵀ."""
    H = q.hessian(i)
    return q.part(H, "w", "A"), q.part(H, "A", "w").T

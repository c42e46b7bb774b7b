"""Probit: ℓ = −ω(y log Φ(v) + ȳ log Φ(−v)), with the standard normal distribution Φ.

With λ(v) = φ(v)/Φ(v), −(log Φ)″ is q = λ(λ + v), and q′ = −κ with κ = λ(q + (λ + v)² − 1). For
v → −∞, λ + v → −1/v and κ → −2/v³ are small differences of large numbers, so they are atoms of
their own, and log Φ is λ's logarithm beside φ's; for v → ∞, Φ is 1 less a tail.
"""

import sympy as sp
from sympy.codegen.cfunctions import log1p

from hessbound.derive.functions.loss import UNIT, Loss, omega, v, y, y_bar
from hessbound.derive.functions.scalar import Atom
from hessbound.derive.functions.special import damped, mills, mills_rest, mills_skew, product_error

phi = sp.Symbol("phi", real=True)
_density = sp.exp(-(v**2) / 2) / sp.sqrt(2 * sp.pi)
_tail = phi * mills(v)
_half_log = sp.log(2 * sp.pi) / 2


def _side(sign: int, end: str) -> tuple[Atom, ...]:
    """Return the atoms of Φ(±v): −log Φ, λ, λ ± v, λ(λ ± v), κ and Φ itself."""
    x = sign * v
    L, lam, mu, q, kappa, Phi = (
        sp.Symbol(name + end, real=True) for name in ("L", "lam", "mu", "q", "kappa", "Phi")
    )
    distribution = sp.erfc(-x / sp.sqrt(2)) / 2
    ratio = _density / distribution
    far = 1 / mills(v)
    return (
        Atom(Phi, distribution, sign * phi, sp.Piecewise((1 - _tail, x >= 0), (_tail, True))),
        Atom(
            lam,
            ratio,
            -sign * q,
            sp.Piecewise((phi / (1 - _tail), x >= 0), (far, True)),
        ),
        Atom(
            mu,
            ratio + x,
            sign * (1 - q),
            sp.Piecewise((lam + x, x >= 0), (mills_rest(v), True)),
            lam + x,
        ),
        Atom(q, ratio * (ratio + x), -sign * kappa, lam * mu, lam * mu),
        Atom(
            kappa,
            ratio * (ratio * (ratio + x) + (ratio + x) ** 2 - 1),
            sign * (-q * (q + mu**2 - 1) + lam * (-kappa + 2 * mu * (1 - q))),
            sp.Piecewise((damped(q + mu**2 - 1, lam), x >= 0), (mills_skew(v), True)),
            lam * (q + mu**2 - 1),
        ),
        Atom(
            L,
            -sp.log(distribution),
            -sign * lam,
            sp.Piecewise(
                (-log1p(-_tail), x >= 0),
                (v**2 / 2 + _half_log + log1p(far - 1), True),
            ),
        ),
    )


_plus, _minus = _side(1, ""), _side(-1, "m")

LOSS = Loss(
    value=omega * (y * _plus[-1].symbol + y_bar * _minus[-1].symbol),
    definition=-omega * (y * sp.log(_plus[0].definition) + (1 - y) * sp.log(_minus[0].definition)),
    atoms=(
        Atom(phi, _density, -v * phi, _density * (1 - product_error(v, v) / 2)),
        *_plus,
        *_minus,
    ),
    labels=UNIT,
    curvature=sp.Integer(1),  # 1 − q is a variance: that of a normal number, cut off
    probabilities=(_minus[0].symbol, _plus[0].symbol),
)

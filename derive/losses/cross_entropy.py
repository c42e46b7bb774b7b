"""Binary cross-entropy of the output v (stage 1; Eqs. 4, 52, 53).

In the atoms L = log(1 + e^v), L₋ = log(1 + e^−v), s = σ(v), r = σ(−v) nothing cancels:
ℓ = ω(ȳ L + y L₋) with ȳ = 1 − y, e = ∂ℓ/∂v = ω(ȳ s − y r) and p = ∂²ℓ/∂v² = ω s r.
"""

import sympy as sp

from hessbound.derive.functions.logistic import logistic, softplus
from hessbound.derive.functions.loss import UNIT, Loss, omega, v, y, y_bar

yhat = 1 / (1 + sp.exp(-v))

_atoms = logistic(v)
_plus, _minus = softplus(v), softplus(v, -1)

LOSS = Loss(
    value=omega * (y_bar * _plus.symbol + y * _minus.symbol),
    definition=-omega * (y * sp.log(yhat) + (1 - y) * sp.log(1 - yhat)),
    atoms=(*_atoms.values(), _plus, _minus),
    closed={
        1: ("53", omega * (yhat - y)),
        2: ("-", omega * yhat * (1 - yhat)),
        3: ("-", omega * yhat * (1 - yhat) * (1 - 2 * yhat)),
    },
    labels=UNIT,
    slope=sp.Integer(1),
    curvature=sp.Rational(1, 4),
    probabilities=(_atoms["r"].symbol, _atoms["s"].symbol),
)

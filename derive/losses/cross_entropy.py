"""Binary cross-entropy of the output v, with label y and sample weight ω (stage 1; Eqs. 4, 52, 53).

In the atoms L = log(1 + e^v), L₋ = log(1 + e^−v), s = σ(v), r = σ(−v) nothing cancels:
ℓ = ω(ȳ L + y L₋) with ȳ = 1 − y, e = ∂ℓ/∂v = ω(ȳ s − y r) and p = ∂²ℓ/∂v² = ω s r.
"""

import sympy as sp

from hessbound.derive.functions.logistic import logistic, softplus
from hessbound.derive.functions.scalar import ScalarFunction

v = sp.Symbol("v", real=True)
y, y_bar, omega = sp.symbols("y ybar omega", real=True)
yhat = 1 / (1 + sp.exp(-v))

_plus, _minus = softplus(v), softplus(v, -1)

CROSS_ENTROPY = ScalarFunction(
    value=omega * (y_bar * _plus.symbol + y * _minus.symbol),
    definition=-omega * (y * sp.log(yhat) + (1 - y) * sp.log(1 - yhat)),
    atoms=(*logistic(v).values(), _plus, _minus),
    closed={
        1: ("53", omega * (yhat - y)),
        2: ("-", omega * yhat * (1 - yhat)),
        3: ("-", omega * yhat * (1 - yhat) * (1 - 2 * yhat)),
    },
    constants={y_bar: 1 - y},
    variable=v,
)

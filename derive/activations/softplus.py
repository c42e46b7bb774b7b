"""SmoothReLU, or softplus, f(u) = log(1 + e^u) (Eqs. 45-47)."""

import sympy as sp

from hessbound.derive.functions.logistic import logistic, softplus
from hessbound.derive.functions.scalar import ScalarFunction, u

_softplus = softplus(u)
_sigma = 1 / (1 + sp.exp(-u))

ACTIVATION = ScalarFunction(
    value=_softplus.symbol,
    definition=sp.log(1 + sp.exp(u)),
    atoms=(*logistic(u).values(), _softplus),
    closed={
        0: ("45", sp.log(1 + sp.exp(u))),
        1: ("46", _sigma),
        2: ("47", _sigma * (1 - _sigma)),
        3: ("-", _sigma * (1 - _sigma) * (1 - 2 * _sigma)),
    },
    ranges={
        1: ("46", sp.Interval.open(0, 1)),
        2: ("47", sp.Interval.Lopen(0, sp.Rational(1, 4))),
    },
)

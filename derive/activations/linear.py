"""Linear activation f(u) = u (Eqs. 36-38)."""

import sympy as sp

from hessbound.derive.functions.scalar import ScalarFunction, u

ACTIVATION = ScalarFunction(
    value=u,
    definition=u,
    closed={
        0: ("36", u),
        1: ("37", sp.Integer(1)),
        2: ("38", sp.Integer(0)),
        3: ("-", sp.Integer(0)),
    },
    ranges={1: ("37", sp.FiniteSet(1)), 2: ("38", sp.FiniteSet(0))},
)

"""Hyperbolic tangent f(u) = tanh u (Eqs. 42-44).

f′ = sech²u is an atom of its own: 1 − tanh²u is 0 in doubles from |u| = 19 on, where f′ is still
1e-16.
"""

import sympy as sp
from sympy.codegen.cfunctions import expm1

from hessbound.derive.functions.logistic import decay
from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.functions.special import signed

t, q = sp.symbols("t q", real=True)
_tanh = sp.tanh(u)
_z = decay(2 * u)
_near = 1 / (1 + _z)

ACTIVATION = ScalarFunction(
    value=t,
    definition=_tanh,
    atoms=(
        Atom(t, _tanh, q, signed(-expm1(-2 * sp.Abs(u)) * _near, u)),
        Atom(q, 1 - _tanh**2, -2 * t * q, 4 * _z * _near**2, 1 - t**2),
    ),
    closed={
        0: ("42", (sp.exp(u) - sp.exp(-u)) / (sp.exp(u) + sp.exp(-u))),
        1: ("43", 1 - _tanh**2),
        2: ("44", -2 * _tanh * (1 - _tanh**2)),
        3: ("-", 2 * (1 - _tanh**2) * (3 * _tanh**2 - 1)),
    },
    ranges={
        1: ("43", sp.Interval.Lopen(0, 1)),
        2: ("44", sp.Interval(-4 * sp.sqrt(3) / 9, 4 * sp.sqrt(3) / 9)),
    },
)

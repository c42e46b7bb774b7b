"""f(u) = log cosh u: like u²/2 near 0, like |u| far out; f′ = tanh u."""

import sympy as sp
from sympy.codegen.cfunctions import log1p

from hessbound.derive.activations import tanh
from hessbound.derive.functions.scalar import Atom, ScalarFunction, u

L = sp.symbols("L", real=True)
t, q = tanh.ACTIVATION.atoms  # tanh u and its slope, 1 − tanh²u

far = sp.Abs(u) + log1p(sp.exp(-2 * sp.Abs(u))) - sp.log(2)
near = -log1p(-(sp.tanh(u) ** 2)) / 2  # far − log 2 has no digits left beside 0

ACTIVATION = ScalarFunction(
    value=L,
    definition=sp.log(sp.cosh(u)),
    atoms=(
        t,
        q,
        Atom(L, sp.log(sp.cosh(u)), t.symbol, sp.Piecewise((near, sp.Abs(u) < 1), (far, True))),
    ),
    closed={2: ("-", 1 / sp.cosh(u) ** 2)},
    ranges={1: ("-", sp.Interval.open(-1, 1)), 2: ("-", sp.Interval.Lopen(0, 1))},
)

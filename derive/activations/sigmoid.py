"""Sigmoid activation f(u) = σ(u) = 1/(1 + e^−u) (Eqs. 39-41)."""

import sympy as sp

from hessbound.derive.functions.logistic import logistic
from hessbound.derive.functions.scalar import ScalarFunction, u

_atoms = logistic(u)
_sigma = 1 / (1 + sp.exp(-u))

ACTIVATION = ScalarFunction(
    value=_atoms["s"].symbol,
    definition=_sigma,
    atoms=tuple(_atoms.values()),
    closed={
        0: ("39", _sigma),
        1: ("40", _sigma * (1 - _sigma)),
        2: ("41", _sigma * (1 - _sigma) * (1 - 2 * _sigma)),
        3: ("-", _sigma * (1 - _sigma) * (1 - 6 * _sigma * (1 - _sigma))),
    },
    ranges={
        1: ("40", sp.Interval.Lopen(0, sp.Rational(1, 4))),
        2: ("41", sp.Interval(-sp.sqrt(3) / 18, sp.sqrt(3) / 18)),
    },
)

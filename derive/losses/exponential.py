"""Exponential loss, ℓ = ω(y e^−v + ȳ e^v), which is ω e^−(2y−1)v for a hard label y."""

import sympy as sp

from hessbound.derive.functions.loss import UNIT, Loss, omega, v, y, y_bar
from hessbound.derive.functions.scalar import Atom

E, Em = sp.symbols("E Em", real=True)

LOSS = Loss(
    value=omega * (y * Em + y_bar * E),
    definition=omega * (y * sp.exp(-v) + (1 - y) * sp.exp(v)),
    atoms=(Atom(E, sp.exp(v), E, sp.exp(v)), Atom(Em, sp.exp(-v), -Em, sp.exp(-v))),
    labels=UNIT,
)

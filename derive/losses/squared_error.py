"""Half the squared error, ℓ = ½ ω (v − y)²; labels are any numbers."""

import sympy as sp

from hessbound.derive.functions.loss import Loss, omega, v, y

_value = omega * (v - y) ** 2 / 2

LOSS = Loss(value=_value, definition=_value, labels=sp.S.Reals, curvature=sp.Integer(1))

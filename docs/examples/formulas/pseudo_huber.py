"""ℓ = ω(√(1 + r²) − 1) with r = v − y: like r²/2 near 0, like |r| far out."""

import sympy as sp

from hessbound.derive.functions.loss import Loss, omega, v, y
from hessbound.derive.functions.scalar import Atom

b, s, L = sp.symbols("b s L", real=True)

r = v - y
S = 1 / sp.sqrt(1 + r**2)
near = sp.Abs(r) < 1

# Far out, r² would overflow, and 1 is nothing beside it: there √(1 + r²) is |r|√(1 + 1/r²).
inverse = 1 / (sp.Abs(r) * sp.sqrt(1 + 1 / r**2))

LOSS = Loss(
    value=omega * L,
    definition=omega * (sp.sqrt(1 + r**2) - 1),
    atoms=(
        Atom(s, S, -b * s**2, sp.Piecewise((S, near), (inverse, True))),
        Atom(b, r * S, s**3, r * s),
        # √(1 + r²) − 1 has no digits beside 0, and b r/(1 + s), the same, has all
        Atom(L, sp.sqrt(1 + r**2) - 1, b, b * r / (1 + s)),
    ),
    labels=sp.S.Reals,
    slope=sp.Integer(1),
    curvature=sp.Integer(1),
)

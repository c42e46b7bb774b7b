"""f(u) = u²/2: no atom, and a derivative that grows without bound."""

import sympy as sp

from hessbound.derive.functions.scalar import ScalarFunction, u

ACTIVATION = ScalarFunction(
    value=u**2 / 2,
    definition=u**2 / 2,
    ranges={1: ("-", sp.Reals), 2: ("-", sp.FiniteSet(1))},
)

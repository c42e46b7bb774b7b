"""f(u) = u³: no atom, and no bound of any derivative but the third."""

import sympy as sp

from hessbound.derive.functions.scalar import ScalarFunction, u

ACTIVATION = ScalarFunction(
    value=u**3,
    definition=u**3,
    ranges={1: ("-", sp.Interval(0, sp.oo)), 2: ("-", sp.Reals)},
)

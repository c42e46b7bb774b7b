"""f(u) = arctan u. Both 1/(1 + u²) and u/(1 + u²) are taken from 1/u where u² would overflow."""

import sympy as sp

from hessbound.derive.functions.scalar import Atom, ScalarFunction, u

arc, b, c = sp.symbols("arc b c", real=True)
_x = sp.Piecewise((u, sp.Abs(u) <= 1), (1 / u, True))
_h = 1 / (1 + _x**2)

ACTIVATION = ScalarFunction(
    value=arc,
    definition=sp.atan(u),
    atoms=(
        Atom(arc, sp.atan(u), c, sp.atan(u)),
        Atom(c, 1 / (1 + u**2), -2 * b * c, sp.Piecewise((1, sp.Abs(u) <= 1), (_x**2, True)) * _h),
        Atom(b, u / (1 + u**2), c - 2 * b**2, _x * _h, u * c),
    ),
    closed={1: ("-", 1 / (1 + u**2)), 2: ("-", -2 * u / (1 + u**2) ** 2)},
    ranges={
        1: ("-", sp.Interval.Lopen(0, 1)),
        2: ("-", sp.Interval(-3 * sp.sqrt(3) / 8, 3 * sp.sqrt(3) / 8)),
    },
)

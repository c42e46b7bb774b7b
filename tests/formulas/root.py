"""f(u) = u/√(1 + u²), the smooth kin of softsign; from 1/u where u² would overflow."""

import sympy as sp

from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.functions.special import signed

t, r = sp.symbols("t r", real=True)
_x = sp.Piecewise((u, sp.Abs(u) <= 1), (1 / u, True))
_near = 1 / sp.sqrt(1 + _x**2)

ACTIVATION = ScalarFunction(
    value=t,
    definition=u / sp.sqrt(1 + u**2),
    atoms=(
        Atom(
            t,
            u / sp.sqrt(1 + u**2),
            r**3,
            sp.Piecewise((u * _near, sp.Abs(u) <= 1), (signed(_near, u), True)),
        ),
        Atom(
            r,
            1 / sp.sqrt(1 + u**2),
            -t * r**2,
            sp.Piecewise((_near, sp.Abs(u) <= 1), (sp.Abs(_x) * _near, True)),
        ),
    ),
    closed={1: ("-", (1 + u**2) ** sp.Rational(-3, 2))},
    ranges={
        1: ("-", sp.Interval.Lopen(0, 1)),
        2: ("-", sp.Interval(-48 * sp.sqrt(5) / 125, 48 * sp.sqrt(5) / 125)),
    },
)

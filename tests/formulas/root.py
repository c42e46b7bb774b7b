"""f(u) = u/√(1 + u²), the smooth kin of softsign; from 1/u where u² would overflow.

That division is done on either side, so it is one by at least 1. The cube of r = 1/√(1 + u²) is an
atom of its own, since a power of r has as many times its error.
"""

import sympy as sp

from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.functions.special import signed

t, r, q = sp.symbols("t r q", real=True)
_inside = sp.Abs(u) <= 1
_x = sp.Piecewise((u, _inside), (1 / signed(sp.Max(1, sp.Abs(u)), u), True))
_h = 1 + _x**2
_near = 1 / sp.sqrt(_h)
_size = sp.sqrt(1 + u**2)

ACTIVATION = ScalarFunction(
    value=t,
    definition=u / _size,
    atoms=(
        Atom(t, u / _size, q, sp.Piecewise((u * _near, _inside), (signed(_near, u), True))),
        Atom(r, 1 / _size, -t * r**2, sp.Piecewise((_near, _inside), (sp.Abs(_x) * _near, True))),
        Atom(
            q,
            1 / _size**3,
            -3 * t * r * q,
            sp.Piecewise((_near / _h, _inside), (sp.Abs(_x) ** 3 * _near / _h, True)),
            r**3,
        ),
    ),
    closed={1: ("-", (1 + u**2) ** sp.Rational(-3, 2))},
    ranges={
        1: ("-", sp.Interval.Lopen(0, 1)),
        2: ("-", sp.Interval(-48 * sp.sqrt(5) / 125, 48 * sp.sqrt(5) / 125)),
    },
)

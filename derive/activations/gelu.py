"""GELU, exact: f(u) = u Φ(u) with the standard normal distribution Φ and density φ (Eqs. 48-50).

In the tail, Φ and φ change by u² times the relative error of what they are evaluated at, so
rounding u² or u/√2 costs hundreds of units in the last place at u = −37; the emitted forms put that
error back to first order.
"""

import sympy as sp

from hessbound.derive.scalars import Atom, ScalarFunction, constant_error, product_error, u

Phi, phi = sp.symbols("Phi phi", real=True)
_half = sp.sqrt(sp.Rational(1, 2))
_density = sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi)
_distribution = (1 + sp.erf(u / sp.sqrt(2))) / 2
_x = sp.Abs(u)
_lost = product_error(_x, _half) + _x * constant_error(_half)
_tail = sp.erfc(_x * _half) / 2 - sp.sqrt(2) * phi * _lost
_slope = _distribution + u * _density  # extreme at u = ±√2

ACTIVATION = ScalarFunction(
    value=u * Phi,
    definition=u * _distribution,
    atoms=(
        Atom(phi, _density, -u * phi, _density * (1 - product_error(u, u) / 2)),
        Atom(Phi, _distribution, phi, sp.Piecewise((1 - _tail, u >= 0), (_tail, True))),
    ),
    closed={
        0: ("48", u * _distribution),
        1: ("49", _slope),
        2: ("50", _density * (2 - u**2)),
        3: ("-", _density * (u**3 - 4 * u)),
    },
    ranges={
        1: ("49", sp.Interval(_slope.subs(u, -sp.sqrt(2)), _slope.subs(u, sp.sqrt(2)))),
        2: ("50", sp.Interval(-2 * _density.subs(u, 2), 2 * _density.subs(u, 0))),
    },
)

"""GELU, exact: f(u) = u Φ(u) with the standard normal distribution Φ and density φ (Eqs. 48-50).

In the tail, φ changes by u² times the relative error of u, so rounding u² costs hundreds of units
in the last place at u = −37; the emitted form puts that error back to first order. Φ is φ times
Mills' ratio there, which is no more sensitive than 1/u.
"""

import sympy as sp

from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.functions.special import mills, product_error

Phi, phi = sp.symbols("Phi phi", real=True)
_density = sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi)
_distribution = (1 + sp.erf(u / sp.sqrt(2))) / 2
_tail = phi * mills(u)
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

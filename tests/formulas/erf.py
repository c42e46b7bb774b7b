"""f(u) = erf u. In the tail, e^−u² is as sensitive as u² is large; its error is put back."""

import sympy as sp

from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.functions.special import corrected_exp, product_error

E, phi = sp.symbols("E phi", real=True)
_factor = 2 / sp.sqrt(sp.pi)

ACTIVATION = ScalarFunction(
    value=E,
    definition=sp.erf(u),
    atoms=(
        Atom(E, sp.erf(u), phi, sp.erf(u)),
        Atom(
            phi,
            _factor * sp.exp(-(u**2)),
            -2 * u * phi,
            _factor * corrected_exp(-(u**2), -product_error(u, u)),
        ),
    ),
    ranges={
        1: ("-", sp.Interval.Lopen(0, _factor)),
        2: (
            "-",
            sp.Interval(*(way * 2 * sp.sqrt(2 / sp.pi) * sp.exp(-sp.S.Half) for way in (-1, 1))),
        ),
    },
)

"""f(u) = exp(−u²/2); its exponent is carried with its rounding error."""

import sympy as sp

from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.functions.special import corrected_exp, product_error

bell = sp.Symbol("bell", real=True)
_bell = sp.exp(-(u**2) / 2)

ACTIVATION = ScalarFunction(
    value=bell,
    definition=_bell,
    atoms=(Atom(bell, _bell, -u * bell, corrected_exp(-(u**2) / 2, -product_error(u, u) / 2)),),
    closed={3: ("-", (3 * u - u**3) * _bell)},
    ranges={
        1: ("-", sp.Interval(-sp.exp(-sp.S.Half), sp.exp(-sp.S.Half))),
        2: ("-", sp.Interval(-1, 2 * sp.exp(-sp.Rational(3, 2)))),
    },
)

"""Mish, f(u) = u tanh(log(1 + e^u)) (Misra 2019).

With z = e^−|u|, T = tanh(log(1 + e^u)) and its derivatives are rational functions of z, whose
numerators change sign at single places only; 1 − T² has lost all its digits from u = 19 on.
"""

import sympy as sp

from hessbound.derive.functions.logistic import decay, logistic
from hessbound.derive.functions.scalar import Atom, Enclosure, ScalarFunction, u

T, T1, T2, T3 = sp.symbols("T T1 T2 T3", real=True)
_s = logistic(u)["s"]
_gate = sp.tanh(sp.log(1 + sp.exp(u)))
_meant = {T: _gate, _s.symbol: _s.definition}
_z, _x = decay(u), sp.Dummy("x", positive=True)  # e^u


def _differentiated(slope: sp.Expr) -> sp.Expr:
    """Differentiate a polynomial in T and s."""
    s = _s.symbol
    return sp.factor(sp.diff(slope, T) * (1 - T**2) * s + sp.diff(slope, s) * s * (1 - s))


def _either_side(slope: sp.Expr) -> sp.Expr:
    """Write a rational function of e^u in e^−|u|, as a product of its factors, on either side."""
    left, right = (sp.factor(slope.subs(_x, x)).subs(_x, _z) for x in (_x, 1 / _x))
    return sp.Piecewise((right, u >= 0), (left, True))


_rational = [1 - 2 / ((1 + _x) ** 2 + 1)]
_slopes = [T]
for _ in range(4):
    _rational.append(sp.factor(sp.diff(_rational[-1], _x) * _x))
    _slopes.append(_differentiated(_slopes[-1]))

ACTIVATION = ScalarFunction(
    value=u * T,
    definition=u * _gate,
    atoms=(
        Atom(_s.symbol, _s.definition, _s.symbol * (1 - _s.symbol), _s.stable),
        Atom(T, _gate, T1, _either_side(_rational[0])),
        *(
            Atom(name, slope.subs(_meant), rule, _either_side(form), slope)
            for name, slope, rule, form in zip(
                (T1, T2, T3), _slopes[1:], (T2, T3, _slopes[4]), _rational[1:], strict=False
            )
        ),
    ),
    ranges={
        1: ("-", Enclosure("-0.1125261223895", "1.0884981612518")),
        2: ("-", Enclosure("-0.0590333569540", "0.6442046372370")),
    },
)

"""GELU's tanh form, f(u) = u/2 (1 + tanh(√(2/π) (u + 0.044715 u³))) (Hendrycks, Gimpel 2016).

In the tail, f changes by g times the relative error of g = 2√(2/π) (u + 0.044715 u³), which is 745
where f vanishes. So g is carried with its rounding error: that of its two irrational coefficients,
of each product and of the sum.
"""

import sympy as sp
from sympy.codegen.cfunctions import expm1

from hessbound.derive.functions.scalar import Atom, Enclosure, ScalarFunction, u
from hessbound.derive.functions.special import (
    constant_error,
    corrected_exp,
    damped,
    product_error,
    signed,
    sum_error,
)

square, rise, slope, g, s, tau, q = sp.symbols("square rise slope g s tau q", real=True)
s1, s2, s3 = sp.symbols("s1 s2 s3", real=True)
_first = 2 * sp.sqrt(2 / sp.pi)
_third = _first * sp.Rational("0.044715")
_rise = _first + _third * u**2
_slope = _first + 3 * _third * u**2
_tanh = sp.tanh(u * _rise / 2)
_sigma = (1 + _tanh) / 2


def _differentiated(expr: sp.Expr) -> sp.Expr:
    """Differentiate q times a polynomial in u, g′, τ and q, and divide by q."""
    inner = sp.diff(expr, tau) * 2 * q - sp.diff(expr, q) * tau * q - expr * tau
    return sp.diff(expr, u) + sp.diff(expr, slope) * 6 * _third * u + slope * inner


_of_cube = (
    product_error(_third, square) + constant_error(_third) * square + _third * product_error(u, u)
)
_of_rise = sum_error(_first, _third * square) + constant_error(_first) + _of_cube
_of_g = product_error(u, rise) + u * _of_rise
_z = corrected_exp(-sp.Abs(g), -signed(_of_g, g))
_near = 1 / (1 + _z)
_density = (1 - _tanh**2) / 4
_factors = [slope]  # σ(g)′, σ(g)″, … without q
for _ in range(3):
    _factors.append(sp.collect(sp.expand(_differentiated(_factors[-1])), slope))
_meant = {slope: _slope, tau: _tanh, q: _density}

ACTIVATION = ScalarFunction(
    value=u * s,
    definition=u * _sigma,
    atoms=(
        Atom(square, u**2, 2 * u, u**2, u**2),
        Atom(rise, _rise, 2 * _third * u, _first + _third * square, _rise),
        Atom(slope, _slope, 6 * _third * u, _first + 3 * _third * square, _slope),
        Atom(g, u * _rise, slope, u * rise, u * rise),
        Atom(s, _sigma, s1, sp.Piecewise((_near, u >= 0), (_z * _near, True))),
        Atom(tau, _tanh, 2 * s1, signed(-expm1(-sp.Abs(g)) * _near, u), 2 * s - 1),
        Atom(q, _density, -tau * s1, _z * _near**2, s * (1 - s)),
        *(
            Atom(name, _density * factor.subs(_meant), rule, damped(factor, q), factor * q)
            for name, rule, factor in zip(
                (s1, s2, s3), (s2, s3, _factors[3] * q), _factors, strict=False
            )
        ),
    ),
    ranges={
        1: ("-", Enclosure("-0.1289930686588", "1.1289930686588")),
        2: ("-", Enclosure("-0.1079135158904", "0.7978845608029")),
    },
)

"""Softplus with a slope, f(u) = log(1 + e^βu)/β, β = 3; βu is carried with its rounding error."""

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p

from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.functions.special import corrected_exp, product_error, signed

BETA = sp.Integer(3)
s, tau, q, L = sp.symbols("s tau q L", real=True)
_sigma = 1 / (1 + sp.exp(-BETA * u))
_z = corrected_exp(-BETA * sp.Abs(u), -product_error(BETA, sp.Abs(u)))
_near = 1 / (1 + _z)

ACTIVATION = ScalarFunction(
    value=L / BETA,
    definition=sp.log(1 + sp.exp(BETA * u)) / BETA,
    atoms=(
        Atom(L, sp.log(1 + sp.exp(BETA * u)), BETA * s, sp.Max(BETA * u, 0) + log1p(_z)),
        Atom(s, _sigma, BETA * q, sp.Piecewise((_near, u >= 0), (_z * _near, True))),
        Atom(
            tau,
            sp.tanh(BETA * u / 2),
            2 * BETA * q,
            signed(-expm1(-BETA * sp.Abs(u)) * _near, u),
            2 * s - 1,
        ),
        Atom(q, _sigma * (1 - _sigma), -BETA * tau * q, _z * _near**2, s * (1 - s)),
    ),
    ranges={
        1: ("-", sp.Interval.open(0, 1)),
        2: ("-", sp.Interval.Lopen(0, BETA / 4)),
    },
)

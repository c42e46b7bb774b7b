"""f(u) = sin u."""

import sympy as sp

from hessbound.derive.functions.scalar import Atom, ScalarFunction, u

sine, cosine = sp.symbols("sine cosine", real=True)

ACTIVATION = ScalarFunction(
    value=sine,
    definition=sp.sin(u),
    atoms=(
        Atom(sine, sp.sin(u), cosine, sp.sin(u)),
        Atom(cosine, sp.cos(u), -sine, sp.cos(u)),
    ),
    ranges={1: ("-", sp.Interval(-1, 1)), 2: ("-", sp.Interval(-1, 1))},
)

"""SiLU, or swish, f(u) = u σ(u) (Elfwing, Uchibe, Doya 2018).

f′ = σ + uσ′ with σ′ as an atom of its own, which is e^−|u|/(1 + e^−|u|)² on either side: σ(1 − σ)
has lost its digits where σ is near 1.
"""

import sympy as sp

from hessbound.derive.functions.logistic import decay, logistic
from hessbound.derive.functions.scalar import Atom, Enclosure, ScalarFunction, u

q = sp.Symbol("q", real=True)
_atoms = logistic(u)
s, tau = _atoms["s"], _atoms["tau"]
_sigma, _z = s.definition, decay(u)

ACTIVATION = ScalarFunction(
    value=u * s.symbol,
    definition=u * _sigma,
    atoms=(
        Atom(s.symbol, _sigma, q, s.stable),
        Atom(tau.symbol, tau.definition, 2 * q, tau.stable, 2 * s.symbol - 1),
        Atom(
            q,
            _sigma * (1 - _sigma),
            -tau.symbol * q,
            _z / (1 + _z) ** 2,
            s.symbol * (1 - s.symbol),
        ),
    ),
    closed={
        0: ("-", u / (1 + sp.exp(-u))),
        1: ("-", _sigma * (1 + u * (1 - _sigma))),
        2: ("-", _sigma * (1 - _sigma) * (2 + u * (1 - 2 * _sigma))),
    },
    ranges={
        1: ("-", Enclosure("-0.0998393201289", "1.0998393201289")),
        2: ("-", Enclosure("-0.0369143731999", "0.5")),
    },
)

"""Poisson loss with log link, ℓ = ω(e^v − y v): labels are counts, or rates; the mean is e^v.

It is the negative log-likelihood up to log y!, which does not depend on v: the value may be
negative, and its derivatives are those of the likelihood.
"""

import sympy as sp

from hessbound.derive.functions.loss import Loss, omega, v, y
from hessbound.derive.functions.scalar import Atom

E = sp.Symbol("E", real=True)

LOSS = Loss(
    value=omega * (E - y * v),
    definition=omega * (sp.exp(v) - y * v),
    atoms=(Atom(E, sp.exp(v), E, sp.exp(v)),),
    labels=sp.Interval(0, sp.oo),
)

"""The atoms of the logistic function and of its integral, which activations and losses share."""

import sympy as sp
from sympy.codegen.cfunctions import expm1

from .scalar import Atom
from .special import signed, softplus_rest


def decay(x: sp.Symbol) -> sp.Expr:
    """Return e^(−|x|), which neither overflows nor cancels."""
    return sp.exp(-sp.Abs(x))


def logistic(x: sp.Symbol) -> dict[str, Atom]:
    """Return the atoms of the logistic function: s = σ(x), r = σ(−x), τ = s − r = tanh(x/2)."""
    s, r, tau = sp.symbols("s r tau", real=True)
    z = decay(x)
    near, far = 1 / (1 + z), z / (1 + z)
    half_turn = signed(-expm1(-sp.Abs(x)) * near, x)  # tanh(|x|/2), with all digits beside 0
    return {
        "s": Atom(s, 1 / (1 + sp.exp(-x)), s * r, sp.Piecewise((near, x >= 0), (far, True))),
        "r": Atom(r, 1 / (1 + sp.exp(x)), -s * r, sp.Piecewise((far, x >= 0), (near, True)), 1 - s),
        "tau": Atom(tau, sp.tanh(x / 2), 2 * s * r, half_turn, s - r),
    }


def softplus(x: sp.Symbol, sign: int = 1) -> Atom:
    """Return the atom log(1 + e^(±x)); its derivative is in the logistic atoms of x."""
    s, r = sp.symbols("s r", real=True)
    value = sp.log(1 + sp.exp(sign * x))
    stable = sp.Max(sign * x, 0) + softplus_rest(x)
    if sign > 0:
        return Atom(sp.Symbol("L", real=True), value, s, stable)
    return Atom(sp.Symbol("Lm", real=True), value, -r, stable)

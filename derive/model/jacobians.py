"""SymPy's derivatives between neighbouring variables of the network (stage 2)."""

from functools import cache

import sympy as sp

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, indices

from . import network
from .convert import convert
from .network import GENERIC
from .parameters import BLOCKS

UNIT = sp.Symbol("unit", integer=True)


@cache
def jacobian(of: str, by: str) -> Matrix:
    """Return ∂of/∂by of sample i in denominator layout, one row per entry of ``by``.

    It is one of u by A; h, or its slope h', by u; and v by h, for any activation.

    >>> print(jacobian("v", "h").shape)
    hidden × 1
    """
    row = BLOCKS["A"] if by == "A" else ("hidden",)
    col = () if of == "v" else ("hidden",)
    kinds = {_to(kind): kind for kind in row} | {UNIT: "hidden", network.i: "sample"}
    names = [Index(kind, f"{kind}_to") for kind in row] + [Index("hidden", "unit") for _ in col]
    own = indices(row, ROW) + indices(col, COL)
    poly = convert(_derivative(of, by), kinds)
    entry = poly.rename(dict(zip(names, own, strict=True)))
    return Matrix((row,), (col,), {(0, 0): entry})


def _to(kind: str) -> sp.Symbol:
    return sp.Symbol(f"{kind}_to", integer=True)


def _derivative(of: str, by: str) -> sp.Expr:
    U, h, k = sp.IndexedBase("U"), sp.IndexedBase("h"), network.k
    f = GENERIC.hidden_functions[network.h]
    match of, by:
        case "u", "A":
            return sp.diff(GENERIC.u(UNIT), network.A[_to("hidden"), _to("input")])
        case "v", "h":
            v = network.w[0] + sp.Sum(network.w[k] * h[k], (k, 1, network.m))
            return sp.diff(v, h[_to("hidden")])
    value = f(U[UNIT]) if of == "h" else f(U[UNIT]).diff(U[UNIT])
    return sp.diff(value, U[_to("hidden")]).subs(U[UNIT], GENERIC.u(UNIT))

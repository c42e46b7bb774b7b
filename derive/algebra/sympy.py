"""SymPy expressions read into the index algebra: arithmetic, with leaves that the caller reads."""

from collections.abc import Callable
from fractions import Fraction

import sympy as sp

from .constants import constant
from .labels import Index
from .polynomials import Poly, atom, product


def arithmetic(expr: sp.Expr, leaf: Callable[[sp.Expr], Poly]) -> Poly:
    """Read sums, products, powers and numbers; ``leaf`` reads what else there is."""
    match expr:
        case sp.Add():
            return sum((arithmetic(x, leaf) for x in expr.args), Poly())
        case sp.Mul():
            return product(arithmetic(x, leaf) for x in expr.args)
        case sp.Pow() if expr.exp.is_Integer and expr.exp > 0:
            return arithmetic(expr.base, leaf) ** int(expr.exp)
        case sp.Rational():
            return Poly.of(Fraction(int(expr.p), int(expr.q)))
    return constant(expr) if expr.is_number else leaf(expr)


def in_atoms(expr: sp.Expr, *at: Index) -> Poly:
    """Read a polynomial in symbols, each an atom at the given indices."""
    return arithmetic(expr, lambda symbol: atom(symbol.name, *at))

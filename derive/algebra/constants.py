"""Irrational constants in the index algebra: √2 or log 2 as atoms of their own.

The algebra's coefficients are rational, so a constant enters as a factor without indices. What
that leaves open, such as (√2)² = 2, SymPy decides where two sides are compared.
"""

import sympy as sp

from .monomials import Monomial
from .polynomials import Poly, atom

_MARK = "#"
_KNOWN: dict[str, sp.Expr] = {}


def constant(value: sp.Expr) -> Poly:
    """Return an irrational number as an atom; TypeError for a float, which is no exact number."""
    if value.has(sp.Float):
        msg = f"constants must be exact, such as Rational(1, 10) or sqrt(2), got {value}"
        raise TypeError(msg)
    name = _MARK + sp.srepr(value)
    _KNOWN[name] = value
    return atom(name)


def vanishes(poly: Poly) -> bool:
    """Return whether a polynomial is zero, constants taken at their values.

    >>> root = constant(sp.sqrt(2))
    >>> root * root == 2, vanishes(root * root - 2), vanishes(root - 1)
    (False, True, False)
    """
    collected: dict[Monomial, sp.Expr] = {}
    for key, c in poly.terms.items():
        rest = tuple(x for x in key if not x[0][0].startswith(_MARK))
        values = (_KNOWN[x[0][0]] for x in key if x[0][0].startswith(_MARK))
        term = sp.Rational(c.numerator, c.denominator) * sp.Mul(*values)
        collected[rest] = collected.get(rest, sp.Integer(0)) + term
    return all(bool(value.equals(0)) for value in collected.values())

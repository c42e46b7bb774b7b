"""A normal form cut at its samples (stage 4).

Input: polynomials; output: terms that lowering arranges. With the samples cut, a monomial falls
into pieces: what touches no sample is a constant, what touches one is a scalar of that sample (or
carries its free indices), and what touches two is an entry of a Gram matrix.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import sympy as sp

from hessbound.derive.algebra.labels import Factor, Index
from hessbound.derive.algebra.monomials import Monomial, unbind

from .ir import N, array, d, k, l, m, total
from .ir import a as input_a
from .ir import a_ as input_b

INNER = {"hidden": (k, l), "input": (input_a, input_b)}


class Piece(NamedTuple):
    """Factors tied together by summed indices other than samples."""

    factors: tuple[Factor, ...]
    inner: tuple[Index, ...]

    def samples(self) -> set[Index]:
        """Return the samples that it touches."""
        return {x for f in self.factors for x in f[1:] if x.kind == "sample"}


class Term(NamedTuple):
    """A coefficient times pieces, summed over samples."""

    coefficient: Fraction
    pieces: tuple[Piece, ...]
    samples: tuple[Index, ...]


def cut(key: Monomial, coefficient: Fraction) -> Term:
    """Cut a monomial into the pieces of a term."""
    factors, bound = unbind(key)
    samples = tuple(x for x in bound if x.kind == "sample")
    groups: list[tuple[set[Index], list[Factor]]] = []
    for factor in sorted(factors.elements()):
        inner = {x for x in factor[1:] if x in bound and x.kind != "sample"}
        touching = [g for g in groups if g[0] & inner]
        merged = (
            inner.union(*(g[0] for g in touching)),
            [f for g in touching for f in g[1]] + [factor],
        )
        groups = [g for g in groups if g not in touching] + [merged]
    pieces = (Piece(tuple(sorted(fs)), tuple(sorted(inner))) for inner, fs in groups)
    return Term(Fraction(coefficient), tuple(sorted(pieces)), samples)


def expression(piece: Piece, names: dict[Index, sp.Symbol]) -> sp.Expr:
    """Write a piece in SymPy; ``names`` gives the symbols of its samples and free indices."""
    at = {x: s for x, s in names.items() if any(x in f[1:] for f in piece.factors)}
    for kind, symbols in INNER.items():
        own = [x for x in piece.inner if x.kind == kind]
        spare = [s for s in symbols if s not in at.values()]
        at |= dict(zip(own, spare, strict=False))
    body = sp.Mul(*(factor_expression(f, at) for f in piece.factors))
    return total(body, *(at[x] for x in piece.inner))


def factor_expression(factor: Factor, names: dict[Index, sp.Symbol]) -> sp.Expr:
    """Write one factor as an array's entry."""
    sizes = {"N": N, "d": d, "m": m}
    return sizes.get(factor[0]) or array(factor[0], *(names[x] for x in factor[1:]))


def number(x: Fraction) -> sp.Rational:
    """Return a rational number of SymPy."""
    return sp.Rational(x.numerator, x.denominator)


def terms(poly_terms: dict[Monomial, Fraction]) -> Iterator[Term]:
    """Yield the monomials of a polynomial as terms, in a fixed order."""
    return (cut(key, c) for key, c in sorted(poly_terms.items()))

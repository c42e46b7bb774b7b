"""A normal form cut at its samples (stage 4).

Input: polynomials; output: terms that lowering arranges. With the samples cut, a monomial falls
into pieces: what touches no sample is a constant, what touches one is a scalar of that sample (or
carries its free indices), and what touches two is an entry of a Gram matrix.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

import sympy as sp

from hessbound.derive.algebra.labels import Factor, Index
from hessbound.derive.algebra.monomials import DELTA, Monomial, unbind
from hessbound.derive.algebra.polynomials import Poly

from .ir import N, ProgramError, array, d, k, l, m, total
from .ir import a as input_a
from .ir import a_ as input_b

INNER = {"hidden": (k, l), "input": (input_a, input_b)}
SIZES = {"N": N, "d": d, "m": m}


class NoPlaceError(ProgramError):
    """A term of a normal form that a kind of program has no place for."""


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

    def sample(self) -> Index:
        """Return the one sample that it is summed over; NoPlaceError for none or several."""
        if len(self.samples) != 1:
            msg = f"a loop over samples has no place for {len(self.samples)} sums in {self.pieces}"
            raise NoPlaceError(msg)
        return self.samples[0]


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


def expression(piece: Piece, names: Mapping[Index, sp.Symbol]) -> sp.Expr:
    """Write a piece in SymPy; ``names`` gives the symbols of its samples and free indices."""
    at = {x: s for x, s in names.items() if any(x in f[1:] for f in piece.factors)}
    for x in piece.inner:
        spare = [s for s in INNER.get(x.kind, ()) if s not in at.values()]
        if not spare:
            msg = f"a sum has no place for so many indices of the kind {x.kind}: {piece.factors}"
            raise NoPlaceError(msg)
        at[x] = spare[0]
    body = sp.Mul(*(factor_expression(f, at) for f in piece.factors))
    return total(body, *(at[x] for x in piece.inner))


def factor_expression(factor: Factor, names: Mapping[Index, sp.Symbol]) -> sp.Expr:
    """Write one factor as an array's entry; NoPlaceError for a delta, or an index without a name.

    >>> factor_expression(("w", Index("hidden", "r")), {Index("hidden", "r"): k})
    w[k]
    """
    name, *slots = factor
    if name == DELTA or not name.isidentifier() or any(x not in names for x in slots):
        msg = f"no place for {factor} beside the indices {[x.name for x in names]}"
        raise NoPlaceError(msg)
    if not slots and name in SIZES:
        return SIZES[name]
    return array(name, *(names[x] for x in slots))


def number(x: Fraction) -> sp.Rational:
    """Return a rational number of SymPy."""
    return sp.Rational(x.numerator, x.denominator)


def terms(poly: Poly) -> Iterator[Term]:
    """Yield the monomials of a polynomial as terms, in a fixed order."""
    return (cut(key, c) for key, c in sorted(poly.terms.items()))

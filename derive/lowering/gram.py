"""The terms of tr H² as products over pairs of samples (stage 4).

With both samples cut, a monomial reads constant · scalars(i) · scalars(j) · Π Gram(i, j). A weight
w_k beside features of both samples may go to either; it goes where it makes the two sides of a Gram
entry equal, or else where it makes a feature that other terms use already.
"""

import itertools
from collections import Counter
from typing import Any, NamedTuple, TypeAlias

import sympy as sp

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.polynomials import Poly

from .ir import i
from .pieces import NoPlaceError, Piece, Term, expression, number, terms

Names: TypeAlias = tuple[str, ...]  # of features
Factors: TypeAlias = tuple[sp.Expr, ...]  # scalars of one sample


class Gram(NamedTuple):
    """A Gram entry Σ_axis Π left(i) Π right(j)."""

    axis: str
    left: Names
    right: Names


class Vector(NamedTuple):
    """A product of features, scaled by scalars of its sample; without features, these alone."""

    scalars: Factors
    features: Names


class Reading(NamedTuple):
    """One way to read a term; scalars are written at sample i."""

    constant: sp.Expr
    left: Factors
    right: Factors
    grams: tuple[Gram, ...]

    @property
    def hidden(self) -> list[Gram]:
        """The Gram entries over hidden units."""
        return [g for g in self.grams if g.axis == "hidden"]

    @property
    def inputs(self) -> int:
        """How many factors K there are."""
        return len(self.grams) - len(self.hidden)

    def vectors(self) -> tuple[Vector, Vector]:
        """Return the scaled features on either side, given at most one hidden Gram entry."""
        gram = self.hidden[0] if self.hidden else Gram("hidden", (), ())
        return Vector(self.left, gram.left), Vector(self.right, gram.right)


def readings(term: Term) -> list[Reading]:
    """List the ways to read a term, one for each way to share out the parameters.

    NoPlaceError for a term that is not a sum over two samples, or ties them together in a way that
    is no Gram entry.
    """
    if len(term.samples) != 2:
        msg = f"a term over pairs has two samples, got {term}"
        raise NoPlaceError(msg)
    first, second = term.samples
    scalars: dict[Index, list[sp.Expr]] = {first: [], second: []}
    constant, options = number(term.coefficient), []
    for piece in term.pieces:
        samples = piece.samples()
        if len(samples) == 2:
            options.append(_grams(piece, first, second))
            continue
        names = dict.fromkeys(samples, i)
        value = expression(piece, names)
        if samples:
            scalars[next(iter(samples))].append(value)
        else:
            constant *= value
    left, right = (tuple(sorted(scalars[s], key=sp.default_sort_key)) for s in term.samples)
    found = {
        _ordered(Reading(constant, left, right, tuple(sorted(choice))))
        for choice in itertools.product(*options)
    }
    return sorted(found, key=_preference)


def _grams(piece: Piece, first: Index, second: Index) -> list[Gram]:
    """Read a piece between two samples, in one way for each way to share out its parameters."""
    if len(piece.inner) != 1 or any({first, second} <= {*f[1:]} for f in piece.factors):
        msg = f"no Gram form for {piece.factors}"
        raise NoPlaceError(msg)
    ends = [tuple(sorted(f[0] for f in piece.factors if s in f[1:])) for s in (first, second)]
    shared = [f[0] for f in piece.factors if first not in f[1:] and second not in f[1:]]
    found = set()
    for n in range(len(shared) + 1):
        for taken in itertools.combinations(shared, n):
            rest = tuple((Counter(shared) - Counter(taken)).elements())
            sides = [tuple(sorted(e + more)) for e, more in zip(ends, (taken, rest), strict=True)]
            found.add(Gram(piece.inner[0].kind, *sides))
    return sorted(found)


def _ordered(reading: Reading) -> Reading:
    """Put its two samples in a fixed order."""
    flipped = Reading(
        reading.constant,
        reading.right,
        reading.left,
        tuple(sorted(Gram(g.axis, g.right, g.left) for g in reading.grams)),
    )
    return min(reading, flipped, key=_preference)


def _preference(reading: Reading) -> tuple[Any, ...]:
    """Rank equal sides first, then short features, then by what is the same every time."""
    skew = sum(g.left != g.right for g in reading.grams)
    longest = max((len(x) for g in reading.grams for x in (g.left, g.right)), default=0)
    return (
        skew,
        longest,
        [sp.default_sort_key(x) for x in (*reading.left, sp.Symbol("|"), *reading.right)],
        reading.grams,
    )


def choose(poly: Poly) -> list[Reading]:
    """Choose one reading for each term, if need be one with features that others use already."""
    options = [readings(term) for term in terms(poly)]
    sure = {
        v
        for found in options
        if _settled(found) and len(found[0].hidden) == 1
        for v in found[0].vectors()
    }

    def best(found: list[Reading]) -> Reading:
        if _settled(found) or len(found[0].hidden) != 1:
            return found[0]
        return max(found, key=lambda r: len(sure.intersection(r.vectors())))

    return [best(found) for found in options]


def _settled(found: list[Reading]) -> bool:
    """Return whether there is only one reading, or one whose two sides are equal."""
    return len(found) == 1 or all(g.left == g.right for g in found[0].grams)

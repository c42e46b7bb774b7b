"""Expressions of the IR read into the index algebra: what names stand for, entries and sums.

Every rule that an expression must keep is checked here; ``readback`` does the same for statements.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn, TypeAlias

import sympy as sp

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.monomials import DELTA
from hessbound.derive.algebra.polynomials import Poly, atom, delta
from hessbound.derive.algebra.sympy import arithmetic

from .ir import KINDS, RANGES, Input, N, ProgramError, Stage, d, i, indices_of, j, m, name_of

HALF = Fraction(1, 2)
SIZES = (N, d, m)
RESERVED = {DELTA, *(x.name for x in (*KINDS, *SIZES))}
ENDLESS = (sp.oo, -sp.oo, sp.nan, sp.zoo, sp.I)

Symbols: TypeAlias = tuple[sp.Symbol, ...]


class FormError(ProgramError):
    """Something that is not of the form in which programs are read."""


def require(condition: bool, rule: str) -> None:
    """Raise FormError unless a condition holds."""
    if not condition:
        refuse(rule)


def refuse(rule: str) -> NoReturn:
    """Raise FormError."""
    raise FormError(rule)


@dataclass(frozen=True)
class Array:
    """What a name stands for: a polynomial with a free index for each slot."""

    slots: tuple[Index, ...]
    value: Poly
    symmetric: tuple[tuple[int, int], ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the slots."""
        return tuple(x.kind for x in self.slots)

    def at(self, *indices: Index) -> Poly:
        """Return an entry; equal indices are identified."""
        return self.value.identify(dict(zip(self.slots, indices, strict=True)))

    def same(self, other: "Array") -> bool:
        """Return whether both have the same entries at the same places, stored alike."""
        alike = self.kinds == other.kinds and set(self.symmetric) == set(other.symmetric)
        return alike and self.at(*other.slots) == other.value


Environment: TypeAlias = Mapping[str, Array]


def any_array(x: Input) -> Array:
    """Return an array of which nothing is known but its symmetries: the mean of its mirror images.

    >>> print(any_array(Input("H", ("hidden", "hidden"), ((0, 1),))).value)
    1/2·H[0,1] + 1/2·H[1,0]
    """
    slots = tuple(Index(kind, str(n)) for n, kind in enumerate(x.kinds))
    value = atom(x.name, *slots)
    for first, second in x.symmetric:
        value = (value + mirror(value, slots[first], slots[second])) * HALF
    return Array(slots, value, x.symmetric)


def index(x: sp.Symbol) -> Index:
    """Return the free index of an IR index symbol."""
    return Index(KINDS[x], x.name)


def samples_of(indices: Symbols) -> Symbols:
    """Return those of the indices that are samples."""
    return tuple(x for x in indices if KINDS.get(x) == "sample")


def mirror(value: Poly, x: Index, y: Index) -> Poly:
    """Swap two indices."""
    return value.rename({x: y, y: x})


def require_symmetric(value: Poly, x: sp.Symbol, y: sp.Symbol) -> None:
    """Raise FormError unless a value is symmetric in two indices."""
    same = KINDS[x] == KINDS[y] and mirror(value, index(x), index(y)) == value
    require(same, f"a value is not symmetric in {x} and {y}")


def beyond(value: Poly, x: sp.Symbol, y: sp.Symbol, first: int) -> Poly:
    """Sum over the y > x, or with ``first`` 0 the y ≥ x, given that a sum over x follows.

    Over both orders of a pair a symmetric value adds up to twice what it does over one.
    """
    require_symmetric(value, x, y)
    diagonal = value.identify({index(y): index(x)})
    return value.sum(index(y)) * HALF + diagonal * (HALF if first == 0 else -HALF)


@dataclass
class Values:
    """What the names of a program stand for so far.

    Of the stage at hand, ``local`` are scalars of the sample, which are written without its index,
    ``adding`` is what is added to, and ``fresh`` what was defined.
    """

    known: dict[str, Array]
    local: set[str] = field(default_factory=set)
    adding: set[str] = field(default_factory=set)
    fresh: set[str] = field(default_factory=set)

    def read(self, expr: sp.Expr, scope: frozenset[sp.Symbol], stage: Stage) -> Poly:
        """Read an expression whose indices are those in scope."""
        require(not expr.has(*ENDLESS), "a number is not finite or not real")
        try:
            return arithmetic(expr, lambda x: self._leaf(x, scope, stage))
        except TypeError as error:
            refuse(str(error))

    def _leaf(self, x: sp.Expr, scope: frozenset[sp.Symbol], stage: Stage) -> Poly:
        match x:
            case sp.Sum():
                return self._sum(x, scope, stage)
            case sp.KroneckerDelta(args=(one, other)):
                fit = {one, other} <= scope and KINDS[one] == KINDS[other] != "sample"
                require(fit, f"{x} is not of two indices of the statement")
                return delta(index(one), index(other))
            case sp.Indexed() | sp.Symbol():
                return self.entry(x, scope, stage)
        refuse(f"no index form for {x}")

    def entry(self, x: sp.Expr, scope: frozenset[sp.Symbol], stage: Stage) -> Poly:
        """Read an array's entry, or a scalar."""
        if x in SIZES:
            return atom(x.name)
        name, at = name_of(x), indices_of(x)
        require(name in self.known, f"{x} is no input and not defined before")
        require(name not in self.adding, f"{name} is still being added up")
        for y in at:
            require(y in scope, f"the index {y} of {x} is not of the statement")
        if name in self.local:
            require(not at, f"{name} is written without an index in its loop")
            at = (i,)
        known, found = self.known[name], tuple(KINDS[y] for y in at)
        require(found == known.kinds, f"{x} has indices {found}, where {name} has {known.kinds}")
        of = samples_of(at)
        require(of in ((), (i,), (j,), (i, j)), f"{x} is not at row i and column j of a tile")
        require(of != (j,) or name not in self.fresh, f"{name} is not yet there for {j}")
        require(not (stage.entries and of) or of == at, f"{x} is of a sample and of more")
        return known.at(*map(index, at))

    def _sum(self, x: sp.Sum, scope: frozenset[sp.Symbol], stage: Stage) -> Poly:
        whole: list[sp.Symbol] = []
        triangles: dict[sp.Symbol, tuple[sp.Symbol, int]] = {}
        for y, *ends in reversed(x.limits):  # the outermost first
            require(y in KINDS and y not in {*scope, *whole, *triangles}, f"{y} is in use")
            second = stage.second and y == j
            require(KINDS[y] != "sample" or second, "no sum over samples stands here")
            if tuple(ends) == RANGES[KINDS[y]]:
                whole.append(y)
            else:
                triangles[y] = _corner(y, ends, whole)
        corners = [z for z, _ in triangles.values()]
        require(len(set(corners)) == len(corners), "an index begins two triangles")
        value = self.read(x.function, scope.union(whole, triangles), stage)
        for y, (z, first) in triangles.items():
            value = beyond(value, z, y, first)
        return value.sum(*map(index, whole))


def _corner(y: sp.Symbol, ends: list[sp.Expr], whole: list[sp.Symbol]) -> tuple[sp.Symbol, int]:
    """Return the index from which on a sum runs, and how far above it the sum begins."""
    last = RANGES[KINDS[y]][1]
    same = [z for z in whole if KINDS[z] == KINDS[y]]
    found = [(z, n) for z in same for n in (0, 1) if ends == [z + n, last]]
    require(len(found) == 1, f"{y} does not run over its whole range")
    return found[0]

"""Index algebra: polynomials of indexed factors, summed over typed indices (stage 3).

Output: normal forms. A polynomial is a map {monomial: rational} (see ``monomials``). A product only
merges monomials, and the one operation that relabels is ``Poly.sum``. Sizes (N, d, m) are factors
without indices. Two polynomials are equal for **all** sizes and values exactly when their normal
forms are; nothing here ever calls ``simplify``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import reduce
from graphlib import CycleError, TopologicalSorter
from numbers import Rational
from operator import mul
from typing import TypeAlias

from . import monomials
from .kinds import KINDS
from .labels import Index, canonical, factor, join, replace
from .monomials import DELTA, Monomial
from .ring import Ring

Number: TypeAlias = Rational | int
Rule: TypeAlias = tuple[int, tuple[Index, ...], "Poly"]  # power, its indices, right side


class Poly(Ring):
    """A polynomial in normal form; numbers in sums and products must be rational.

    Examples
    --------
    A renamed index, a swapped pair of sums and a squared sum all have one normal form:

    >>> i, j = Index("sample", "i"), Index("sample", "j")
    >>> squared = atom("x", i).sum(i) ** 2
    >>> squared == (atom("x", j) * atom("x", i)).sum(j, i)
    True
    >>> print((atom("x", i) * delta(i, j)).sum(i))
    x[j]
    """

    __slots__ = ("terms",)
    terms: dict[Monomial, Fraction]

    def __init__(self, terms: Mapping[Monomial, Fraction] | None = None) -> None:
        self.terms = {key: c for key, c in (terms or {}).items() if c}

    @staticmethod
    def of(value: Poly | Number) -> Poly:
        """Return a polynomial, or a rational number as one; TypeError for anything else."""
        if isinstance(value, Poly):
            return value
        if isinstance(value, Number):
            number = Fraction(int(value.numerator), int(value.denominator))
            return Poly({(): number})
        msg = f"coefficients must be rational, got {value!r}"
        raise TypeError(msg)

    def __add__(self, other: Poly | Number) -> Poly:
        return _collect((*self.terms.items(), *Poly.of(other).terms.items()))

    def __mul__(self, other: Poly | Number) -> Poly:
        if not isinstance(other, Poly | Number):
            return NotImplemented
        right = Poly.of(other).terms.items()
        return _collect(
            (monomials.merge(a, b), x * y) for a, x in self.terms.items() for b, y in right
        )

    def __pow__(self, n: int) -> Poly:
        if not isinstance(n, int) or n < 0:
            msg = f"a power must be a whole number, at least 0, got {n!r}"
            raise ValueError(msg)
        return reduce(mul, [self] * n, Poly.of(1))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly | Number) and self.terms == Poly.of(other).terms

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self.terms)

    def rename(self, mapping: Mapping[Index, Index]) -> Poly:
        """Rename free indices one to one; ValueError where two would merge (see ``identify``)."""
        free = self.free()
        if len({mapping.get(x, x) for x in free}) < len(free):
            msg = f"rename would merge free indices: {mapping} in a polynomial with {free}"
            raise ValueError(msg)
        return self.identify(mapping)

    def identify(self, mapping: Mapping[Index, Index]) -> Poly:
        """Rename free indices; several may become one."""
        renamed = ((monomials.replace_all(key, mapping), c) for key, c in self.terms.items())
        return _collect((monomials.contract(key), c) for key, c in renamed)

    def sum(self, *indices: Index) -> Poly:
        """Sum over free indices: contract a delta, bind the index, or count its range."""
        return reduce(_sum_one, indices, self)

    def free(self) -> list[Index]:
        """List the free indices, sorted."""
        return sorted({x for key in self.terms for c in key for f in c for x in f[1:] if x.name})

    def names(self) -> set[str]:
        """Return the names of all factors."""
        return {f[0] for key in self.terms for c in key for f in c}

    def rewrite(self, *relations: tuple[Poly, Poly | Number]) -> Poly:
        """Apply relations ``power of one factor -> polynomial`` until nothing changes.

        ValueError for a relation whose left side is something else, and for relations that lead
        back to themselves and so need not end.

        >>> s, r = atom("s"), atom("r")
        >>> print((r * s).rewrite((r, 1 - s)))
        s + -1·s·s
        >>> (r * s).rewrite((r, 1 - s), (s, 1 - r))
        Traceback (most recent call last):
        ValueError: relations lead from r back to r
        """
        rules = dict(_rule(left, right) for left, right in relations)
        total = self
        for name in _in_order(rules):
            rule = {name: rules[name]}
            while any(f[0] == name for key in total.terms for c in key for f in c):
                new = _sum_up(_rewrite(key, rule) * c for key, c in total.terms.items())
                if new == total:
                    break
                total = new
        return total

    def __str__(self) -> str:
        return " + ".join(monomials.show(*term) for term in sorted(self.terms.items())) or "0"

    __repr__ = __str__


def atom(name: str, *indices: Index) -> Poly:
    """Return the polynomial that is one factor, the entry of an array at free indices.

    >>> print(atom("K", Index("sample", "i"), Index("sample", "j")) * 2 + 1)
    1 + 2·K[i,j]
    """
    return Poly({((factor(name, indices),),): Fraction(1)})


def delta(a: Index, b: Index) -> Poly:
    """Return Kronecker's delta of two free indices; those of different kinds never agree.

    >>> i = Index("sample", "i")
    >>> print(delta(i, Index("sample", "j")), delta(i, i), delta(i, Index("hidden", "i")))
    δ[i,j] 1 0
    """
    if a == b:
        return Poly.of(1)
    if a.kind != b.kind:
        return Poly()
    return Poly({(((DELTA, *sorted((a, b))),),): Fraction(1)})


def size(kind: str) -> Poly:
    """Return the number of values that an index of this kind takes, in N, d and m.

    >>> print(size("sample"), size("input"), sep=", ")
    N, 1 + d
    """
    return _sum_up((atom(name) if name else Poly.of(1)) * c for name, c in KINDS[kind].size)


def product(polys: Iterable[Poly]) -> Poly:
    """Return the product of polynomials, 1 where there is none."""
    return reduce(mul, polys, Poly.of(1))


def _collect(pairs: Iterable[tuple[Monomial, Fraction]]) -> Poly:
    total: dict[Monomial, Fraction] = {}
    for key, c in pairs:
        total[key] = total.get(key, Fraction(0)) + c
    return Poly(total)


def _sum_up(polys: Iterable[Poly]) -> Poly:
    return _collect(term for poly in polys for term in poly.terms.items())


def _sum_one(poly: Poly, index: Index) -> Poly:
    return _sum_up(_sum_monomial(key, index) * c for key, c in poly.terms.items())


def _sum_monomial(key: Monomial, index: Index) -> Poly:
    touching = [c for c in key if any(index in f[1:] for f in c)]
    if not touching:
        return Poly({key: Fraction(1)}) * size(index.kind)
    for c in touching:
        if c[0][0] == DELTA:
            (other,) = (x for x in c[0][1:] if x != index)
            left = monomials.replace_all(tuple(x for x in key if x != c), {index: other})
            return Poly({monomials.contract(left): Fraction(1)})
    rest = [c for c in key if c not in touching]
    joined = replace(join(touching), {index: Index(index.kind, "", -1)})
    return Poly({tuple(sorted((*rest, canonical(joined)))): Fraction(1)})


def _rule(left: Poly, right: Poly | Number) -> tuple[str, Rule]:
    """Return the name that a relation rewrites, and how."""
    ((key, one),) = left.terms.items()
    ((factor, power),) = Counter(f for c in key for f in c).items()
    if one != 1 or any(not x.name for x in factor[1:]):
        msg = f"the left side of a relation is a power of one factor with free indices, got {left}"
        raise ValueError(msg)
    return factor[0], (power, factor[1:], Poly.of(right))


def _in_order(rules: Mapping[str, Rule]) -> list[str]:
    """Sort the names so that each rule only leads to later ones, or to fewer of its own."""
    order = TopologicalSorter[str]()
    for name, (power, _, right) in rules.items():
        order.add(name)
        for key in right.terms:
            found = Counter(f[0] for c in key for f in c)
            if found[name] >= power:
                msg = f"relations lead from {name} back to {name}"
                raise ValueError(msg)
            for other in found.keys() & rules.keys() - {name}:
                order.add(other, name)
    try:
        return list(order.static_order())
    except CycleError as error:
        msg = f"relations lead from {error.args[1][0]} back to {error.args[1][0]}"
        raise ValueError(msg) from None


def _rewrite(key: Monomial, rules: Mapping[str, Rule]) -> Poly:
    """Rewrite one monomial; a factor is counted over all of it, not component by component."""
    factors, names = monomials.unbind(key)
    out = Poly.of(1)
    for own, n in factors.items():
        power, slots, right = rules.get(own[0], (n + 1, (), Poly()))
        if n >= power:
            out *= right.identify(dict(zip(slots, own[1:], strict=True))) ** (n // power)
        out *= atom(*own) ** (n % power)
    return out.sum(*names)

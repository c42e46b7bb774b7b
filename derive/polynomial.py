"""Index algebra: polynomials of indexed factors, summed over typed indices, in normal form (stage 3).

A polynomial is a map {monomial: rational}.  A monomial is a sorted tuple of *components* (see `labels`), each under
its own canonical labels.  So a product only merges two sorted tuples, and the one operation that relabels is
`Poly.sum`.  Sizes (N, d, m) are factors without indices and deltas are factors named "δ".  Two polynomials are equal
for **all** sizes and values exactly when their normal forms are; nothing here ever calls `simplify`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import reduce
from itertools import count
from numbers import Rational
from operator import mul
from typing import TypeAlias

from hessbound.derive.labels import (
    Component,
    Factor,
    Index,
    bound_indices,
    canonical,
    join,
    replace,
)

Monomial: TypeAlias = tuple[Component, ...]

DELTA, FRESH = "δ", "~"  # names that no user may take
# How many values an index takes, as a polynomial in the sizes: inputs run 0..d, hidden units 1..m.
SIZES: dict[str, tuple[tuple[str, int], ...]] = {
    "sample": (("N", 1),),
    "input": (("d", 1), ("", 1)),
    "feature": (("d", 1),),
    "hidden": (("m", 1),),
}


class Poly:
    """A polynomial in normal form.

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
    def of(value: Poly | Rational | int) -> Poly:
        """A polynomial from a polynomial or a rational number."""
        if isinstance(value, Poly):
            return value
        if isinstance(value, Rational):
            number = Fraction(int(value.numerator), int(value.denominator))
            return Poly({(): number})
        msg = f"coefficients must be rational, got {value!r}"
        raise TypeError(msg)

    def __add__(self, other: Poly | int) -> Poly:
        return _collect((*self.terms.items(), *Poly.of(other).terms.items()))

    def __mul__(self, other: Poly | Rational) -> Poly:
        if not isinstance(other, Poly | Rational):
            return NotImplemented
        right = Poly.of(other).terms.items()
        return _collect((_merge(a, b), x * y) for a, x in self.terms.items() for b, y in right)

    def __pow__(self, n: int) -> Poly:
        return reduce(mul, [self] * n, Poly.of(1))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Poly:
        return self * -1

    def __sub__(self, other: Poly | int) -> Poly:
        return self + -Poly.of(other)

    def __rsub__(self, other: Poly | int) -> Poly:
        return -self + other

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly | Rational) and self.terms == Poly.of(other).terms

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self.terms)

    def rename(self, mapping: Mapping[Index, Index]) -> Poly:
        """Rename free indices one to one; merging two of them is `identify`."""
        free = self.free()
        if len({mapping.get(x, x) for x in free}) < len(free):
            msg = f"rename would merge free indices: {mapping} in a polynomial with {free}"
            raise ValueError(msg)
        return self.identify(mapping)

    def identify(self, mapping: Mapping[Index, Index]) -> Poly:
        """Rename free indices; several may become one."""
        return _collect((_contract(_replace_all(key, mapping)), c) for key, c in self.terms.items())

    def sum(self, *indices: Index) -> Poly:
        """Sum over free indices: contract a delta, bind the index, or count its range."""
        return reduce(_sum_one, indices, self)

    def free(self) -> list[Index]:
        """The free indices, sorted."""
        return sorted({x for key in self.terms for c in key for f in c for x in f[1:] if x.name})

    def names(self) -> set[str]:
        """The names of all factors."""
        return {f[0] for key in self.terms for c in key for f in c}

    def rewrite(self, *relations: tuple[Poly, Poly | int]) -> Poly:
        """Apply relations `power of one factor -> polynomial` until nothing changes."""
        rules = dict(_rule(left, right) for left, right in relations)
        total = self
        while any(f[0] in rules for key in total.terms for c in key for f in c):
            new = _sum_up(_rewrite(key, rules) * c for key, c in total.terms.items())
            if new == total:
                break
            total = new
        return total

    def __str__(self) -> str:
        return " + ".join(_show_term(key, c) for key, c in sorted(self.terms.items())) or "0"

    __repr__ = __str__


def atom(name: str, *indices: Index) -> Poly:
    """The polynomial that is one indexed factor."""
    return Poly({(((name, *indices),),): Fraction(1)})


def delta(a: Index, b: Index) -> Poly:
    """Kronecker's delta; indices of different kinds never agree."""
    if a == b:
        return Poly.of(1)
    if a.kind != b.kind:
        return Poly()
    return Poly({(((DELTA, *sorted((a, b))),),): Fraction(1)})


def size(kind: str) -> Poly:
    """The number of values that an index of this kind takes."""
    return _sum_up((atom(name) if name else Poly.of(1)) * c for name, c in SIZES[kind])


def unbind(key: Monomial) -> tuple[Counter[Factor], list[Index]]:
    """The factors of a monomial with fresh names for its bound indices, and those names.

    A fresh number lies above every one present, so that an un-bound index can never meet a free one of its name.
    """
    taken = [x.number for c in key for f in c for x in f[1:] if x.name == FRESH]
    fresh = count(1 + max(taken, default=0))
    factors: Counter[Factor] = Counter()
    names: list[Index] = []
    for component in key:
        label = {x: Index(x.kind, FRESH, next(fresh)) for x in bound_indices(component)}
        names += label.values()
        factors.update(replace(component, label))
    return factors, names


def product(polys: Iterable[Poly]) -> Poly:
    """The product of polynomials."""
    return reduce(mul, polys, Poly.of(1))


def _collect(pairs: Iterable[tuple[Monomial, Fraction]]) -> Poly:
    total: dict[Monomial, Fraction] = {}
    for key, c in pairs:
        total[key] = total.get(key, Fraction(0)) + c
    return Poly(total)


def _sum_up(polys: Iterable[Poly]) -> Poly:
    return _collect(term for poly in polys for term in poly.terms.items())


def _merge(a: Monomial, b: Monomial) -> Monomial:
    key = tuple(sorted(a + b))
    return _contract(key) if any(c[0][0] == DELTA for c in key) else key


def _replace_all(key: Monomial, mapping: Mapping[Index, Index]) -> Monomial:
    return tuple(sorted(canonical(replace(c, mapping)) for c in key))


def _contract(key: Monomial) -> Monomial:
    """Write everything with the smallest index of each class that the deltas tie together."""
    root: dict[Index, Index] = {}

    def find(x: Index) -> Index:
        return find(root[x]) if x in root else x

    for c in key:
        if c[0][0] == DELTA:
            a, b = sorted(map(find, c[0][1:]))
            if a != b:
                root[b] = a
    rest = tuple(c for c in key if c[0][0] != DELTA)
    if not root:
        return rest
    deltas = tuple(((DELTA, find(x), x),) for x in root)
    return tuple(sorted(deltas + _replace_all(rest, {x: find(x) for x in root})))


def _sum_one(poly: Poly, index: Index) -> Poly:
    return _sum_up(_sum_monomial(key, index) * c for key, c in poly.terms.items())


def _sum_monomial(key: Monomial, index: Index) -> Poly:
    touching = [c for c in key if any(index in f[1:] for f in c)]
    if not touching:
        return Poly({key: Fraction(1)}) * size(index.kind)
    for c in touching:
        if c[0][0] == DELTA:
            other = c[0][2] if c[0][1] == index else c[0][1]
            left = tuple(x for x in key if x != c)
            return Poly({_contract(_replace_all(left, {index: other})): Fraction(1)})
    rest = [c for c in key if c not in touching]
    joined = replace(join(touching), {index: Index(index.kind, "", -1)})
    return Poly({tuple(sorted((*rest, canonical(joined)))): Fraction(1)})


def _rule(left: Poly, right: Poly | int) -> tuple[str, tuple[int, tuple[Index, ...], Poly]]:
    """A relation as (name, (power, its indices, right side))."""
    ((key, one),) = left.terms.items()
    ((factor, power),) = Counter(f for c in key for f in c).items()
    if one != 1 or any(not x.name for x in factor[1:]):
        msg = f"the left side of a relation is a power of one factor with free indices, got {left}"
        raise ValueError(msg)
    return factor[0], (power, factor[1:], Poly.of(right))


def _rewrite(key: Monomial, rules: Mapping[str, tuple[int, tuple[Index, ...], Poly]]) -> Poly:
    """Rewrite one monomial; a factor is counted over all of it, not component by component."""
    factors, names = unbind(key)
    out = Poly.of(1)
    for factor, n in factors.items():
        power, slots, right = rules.get(factor[0], (n + 1, (), Poly()))
        if n >= power:
            out *= right.identify(dict(zip(slots, factor[1:], strict=True))) ** (n // power)
        out *= atom(*factor) ** (n % power)
    return out.sum(*names)


_LETTERS = {"sample": "ijln", "input": "abcd", "feature": "abcd", "hidden": "kqrs"}


def _show_term(key: Monomial, c: Fraction) -> str:
    if not key:
        return str(c)
    body = "·".join(_show_component(x) for x in key)
    return body if c == 1 else f"{c}·{body}"


def _show_component(component: Component) -> str:
    names = dict(_letters(bound_indices(component)))

    def show(factor: Factor) -> str:
        inside = ",".join(
            names.get(x, x.name + (str(x.number) if x.number else "")) for x in factor[1:]
        )
        return f"{factor[0]}[{inside}]" if inside else factor[0]

    body = " ".join(map(show, component))
    return f"Σ_{''.join(names.values())}({body})" if names else body


def _letters(bound: Iterable[Index]) -> Iterator[tuple[Index, str]]:
    used: Counter[str] = Counter()
    for x in bound:
        letters = _LETTERS[x.kind]
        n = used[letters]
        used[letters] += 1
        yield x, letters[n] if n < len(letters) else f"{letters[0]}{n}"

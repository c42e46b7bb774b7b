"""Canonical labels for products of indexed factors (stage 3).

Input: factors; output: their smallest labelling.

A factor is a tuple ``(name, index, ...)``. Factors that share bound indices form a *component*; two
components are equal up to the names of their bound indices exactly when their canonical labellings
are equal. The labelling is found by colour refinement and, where that leaves a tie, by
individualising one vertex of the tied class after the other and taking the smallest outcome (as
graph canonicalisers do).
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import count
from typing import Any, NamedTuple, TypeAlias


class Index(NamedTuple):
    """An index: free where it has a name, bound (under a canonical number) where it has none."""

    kind: str
    name: str = ""
    number: int = 0


Factor: TypeAlias = tuple[str, *tuple[Index, ...]]
Component: TypeAlias = tuple[Factor, ...]  # sorted, tied together by bound indices
Sighting: TypeAlias = tuple[str, int, tuple[tuple[Any, ...], ...]]  # factor, slot, all its slots

SYMMETRIC: dict[str, int] = {}
"""How many of the last slots of a factor may be permuted, by its name: 2 for a symmetric matrix.

A factor of that name whose last slots are of different kinds is another one, with no symmetry.
"""


def factor(name: str, slots: Iterable[Index]) -> Factor:
    """Return a factor, those of its slots sorted that may be permuted."""
    given = tuple(slots)
    first = _ordered(name, given)
    return (name, *(given[:first] + tuple(sorted(given[first:]))))


def _ordered(name: str, slots: tuple[Index, ...]) -> int:
    """Return how many of the first slots have an order; symmetric ones are of one kind."""
    first = len(slots) - SYMMETRIC.get(name, 0)
    same = first >= 0 and len({x.kind for x in slots[first:]}) == 1
    return first if same else len(slots)


def is_bound(index: Index) -> bool:
    """Return whether a sum ranges over this index."""
    return not index.name


def bound_indices(factors: Iterable[Factor]) -> list[Index]:
    """List the bound indices of the factors, sorted."""
    return sorted({x for f in factors for x in f[1:] if is_bound(x)})


def replace(factors: Iterable[Factor], mapping: Mapping[Index, Index]) -> Component:
    """Rename indices and sort the factors again."""
    return tuple(sorted(factor(f[0], (mapping.get(x, x) for x in f[1:])) for f in factors))


def join(components: Iterable[Component]) -> Iterator[Factor]:
    """Concatenate components, keeping their bound indices apart."""
    fresh = count()
    for component in components:
        labels = {x: Index(x.kind, "", next(fresh)) for x in bound_indices(component)}
        yield from replace(component, labels)


@cache
def canonical(component: Component) -> Component:
    """Return the smallest labelling of a component's bound indices."""
    bound = bound_indices(component)
    if not bound:
        return component
    kinds = sorted({x.kind for x in bound})
    return min(_labellings(component, {x: kinds.index(x.kind) for x in bound}))


def _refine(factors: Component, colour: dict[Index, int]) -> dict[Index, int]:
    """Split colour classes by the factors that an index meets, until nothing splits."""
    while True:
        meets: dict[Index, list[Sighting]] = {x: [] for x in colour}
        for name, *slots in factors:
            seen = tuple((0, colour[x]) if x in colour else (1, *x) for x in slots)
            first = _ordered(name, tuple(slots))
            seen = seen[:first] + tuple(sorted(seen[first:]))
            for place, x in enumerate(slots):
                if x in colour:
                    meets[x].append((name, min(place, first), seen))
        key = {x: (colour[x], tuple(sorted(found))) for x, found in meets.items()}
        rank = {k: n for n, k in enumerate(sorted(set(key.values())))}
        if len(rank) == len(set(colour.values())):
            return colour
        colour = {x: rank[key[x]] for x in colour}


def _labellings(factors: Component, colour: dict[Index, int]) -> Iterator[Component]:
    """Yield what refinement leaves open, one labelling per class of interchangeable indices."""
    colour = _refine(factors, colour)
    cells: dict[int, list[Index]] = {}
    for x, c in colour.items():
        cells.setdefault(c, []).append(x)
    tied = [c for c in sorted(cells) if len(cells[c]) > 1]
    if not tied:
        order = {c: n for n, c in enumerate(sorted(cells))}
        yield replace(factors, {x: Index(x.kind, "", order[c]) for x, c in colour.items()})
        return
    tried: list[Index] = []
    for x in cells[tied[0]]:
        if any(replace(factors, {y: x, x: y}) == factors for y in tried):
            continue  # x and y are twins: swapping them changes nothing
        tried.append(x)
        yield from _labellings(factors, {y: 2 * c + (y != x) for y, c in colour.items()})

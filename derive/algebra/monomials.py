"""Products of components, Kronecker's deltas contracted (stage 3; the keys of a polynomial).

A monomial is a sorted tuple of *components* (see ``labels``), each under its own canonical labels.
So a product only merges two sorted tuples. Deltas are factors named "δ".
"""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from itertools import count
from typing import TypeAlias

from .kinds import spare
from .labels import Component, Factor, Index, bound_indices, canonical, replace

Monomial: TypeAlias = tuple[Component, ...]

DELTA, FRESH = "δ", "~"  # names that no user may take


def merge(a: Monomial, b: Monomial) -> Monomial:
    """Multiply two monomials."""
    key = tuple(sorted(a + b))
    return contract(key) if any(c[0][0] == DELTA for c in key) else key


def replace_all(key: Monomial, mapping: Mapping[Index, Index]) -> Monomial:
    """Rename indices in every component."""
    return tuple(sorted(canonical(replace(c, mapping)) for c in key))


def contract(key: Monomial) -> Monomial:
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
    return tuple(sorted(deltas + replace_all(rest, {x: find(x) for x in root})))


def unbind(key: Monomial) -> tuple[Counter[Factor], list[Index]]:
    """Return the factors of a monomial with fresh names for its bound indices, and those names.

    A fresh number lies above every one present, so that an un-bound index can never meet a free
    one of its name.
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


def show(key: Monomial, c: Fraction) -> str:
    """Write a term, with letters for its bound indices."""
    if not key:
        return str(c)
    body = "·".join(_show_component(x) for x in key)
    return body if c == 1 else f"{c}·{body}"


def _show_component(component: Component) -> str:
    bound = bound_indices(component)
    taken = {x.name for f in component for x in f[1:] if x.name}
    names: dict[Index, str] = {}
    for x in bound:
        names[x] = next(spare(x.kind, taken))
        taken.add(names[x])

    def write(factor: Factor) -> str:
        inside = ",".join(
            names.get(x, x.name + (str(x.number) if x.number else "")) for x in factor[1:]
        )
        return f"{factor[0]}[{inside}]" if inside else factor[0]

    body = " ".join(map(write, component))
    return f"Σ_{''.join(names.values())}({body})" if names else body

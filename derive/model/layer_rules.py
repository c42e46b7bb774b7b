"""What may move at a layer of a network of any depth, and how it is differentiated (stage 2).

Every derivative is by the product rule, with a rule for each factor.
"""

from collections.abc import Callable, Mapping
from itertools import count
from typing import TypeAlias

from hessbound.derive.algebra.differentials import differentiate
from hessbound.derive.algebra.kinds import Kind, declare
from hessbound.derive.algebra.labels import SYMMETRIC, Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, indices
from hessbound.derive.algebra.polynomials import Poly, atom, delta
from hessbound.derive.algebra.sides import ONE, Side

declare(
    Kind("below", (("m0", 1),), 1, "abcd"),  # a^(l−1), what goes into a layer
    Kind("here", (("m1", 1),), 1, "qrst"),  # z^l
    Kind("above", (("m2", 1),), 1, "klm"),  # z^(l+1), or z of any later layer
    Kind("before", (("m3", 1),), 1, "efgh"),  # what goes into such a later layer
    Kind("theta", (("n", 1),), 1, "uvw"),  # all parameters of layers up to l
    Kind("class", (("K", 1),), 1, "ckl"),  # outputs
    Kind("rank", (("r", 1),), 1, "xyz"),  # rows of a factor of the Hessian by the outputs
)
SYMMETRIC.update(B=2, C=2, S=2, Z=2, M=2, R=2)

SAMPLE = Index("sample", "i")
ABOVE: Side = (("above",), ("here", "above"))  # β and vec W of the layer above
HERE: Side = (("here",), ("below", "here"))  # β and vec W of the layer here
LATER: Side = (("above",), ("before", "above"))  # β and vec V of a later layer
GROWN: Side = (("theta",), *ABOVE)  # all parameters below, and those of the layer above

Rule: TypeAlias = Callable[..., Poly]  # of a factor's indices and those that are differentiated by
Rules: TypeAlias = Mapping[str, Rule]
_numbers = count()


def fresh(kind: str) -> Index:
    """Return an index that nothing else has."""
    return Index(kind, "~d", next(_numbers))


def derive(poly: Poly, rules: Rules, *at: Index) -> Poly:
    """Differentiate by something at free indices; what has no rule does not depend on it."""

    def slope(name: str, *slots: Index) -> Poly:
        return rules[name](*slots, *at) if name in rules else Poly()

    return differentiate(poly, slope)


def chain(name: str, through: Rule, kind: str, n: int) -> Rule:
    """Return the rule of what depends on z: Σ_k name_k ∂z_k, by something with n indices."""

    def rule(*slots: Index) -> Poly:
        own, at = slots[:-n], slots[-n:]
        k = fresh(kind)
        return (atom(name, *own, k) * through(own[0], k, *at)).sum(k)

    return rule


def matrix(rows: Side, cols: Side, entry: Callable[..., Poly]) -> Matrix:
    """Put a matrix together: of blocks by their numbers, at the indices of both."""
    entries = {
        (r, c): entry(r, c, indices(row, ROW), indices(col, COL))
        for r, row in enumerate(rows)
        for c, col in enumerate(cols)
    }
    return Matrix(rows, cols, entries)


def column(kind: str, entry: Callable[[Index], Poly]) -> Matrix:
    """Put a column of one block together."""
    return matrix(((kind,),), ONE, lambda r, c, row, col: entry(*row))


def square(kind: str, entry: Callable[[Index, Index], Poly]) -> Matrix:
    """Put a square matrix of one block together."""
    return matrix(((kind,),), ((kind,),), lambda r, c, row, col: entry(*row, *col))


def delta_of(s: Index, k: Index, q: Index) -> Poly:
    """Differentiate what belongs to a sample by its own entries."""
    return delta(k, q)

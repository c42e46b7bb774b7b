"""A whole network with L hidden layers, differentiated by the product rule (stage 2).

It is what the recursions of ``layers`` are unrolled against: nothing here knows of them. Layers are
numbered from 1 to L + 1; their inputs are the values of layer 0. The loss of the outputs is any
smooth function, with slope e, Hessian S and third derivatives T.
"""

from dataclasses import dataclass
from functools import cache
from itertools import count

from hessbound.derive.algebra.differentials import differentiate
from hessbound.derive.algebra.kinds import Kind, declare
from hessbound.derive.algebra.labels import SYMMETRIC, Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, blocks, indices
from hessbound.derive.algebra.polynomials import Poly, atom, delta, product
from hessbound.derive.algebra.sides import ONE, Side

DEEPEST = 3
declare(*(Kind(f"units{n}", ((f"n{n}", 1),), 1, "klmqrs") for n in range(DEEPEST + 2)))
SYMMETRIC.update(S=2, T=3)

SAMPLE = Index("sample", "i")
SLOPES = {"h": "f1", "f1": "f2", "f2": "f3"}
_numbers = count()

Block = tuple[int, int]  # of layer l: (l, 0) its biases, (l, 1) its weights


def kind(n: int) -> str:
    """Return the kind of index of a layer's values."""
    return f"units{n}"


def name(what: str, n: int) -> str:
    """Return what the algebra calls a quantity of a layer."""
    return f"{what}@{n}"


def side(n: int) -> Side:
    """Return the side of a layer's parameters, its biases and vec W."""
    return (kind(n),), (kind(n - 1), kind(n))


@dataclass(frozen=True)
class Deep:
    """A network with that many hidden layers.

    >>> Deep(1).trace(2) == Deep(1).hessian(2, 2).trace().poly
    True
    """

    L: int

    @property
    def layers(self) -> range:
        """The numbers of the layers."""
        return range(1, self.L + 2)

    def derive(self, poly: Poly, block: Block, at: tuple[Index, ...]) -> Poly:
        """Differentiate by the parameters of a block."""

        def slope(factor: str, *slots: Index) -> Poly:
            return self._slope(factor, slots, block, at)

        return differentiate(poly, slope)

    def _slope(
        self, factor: str, slots: tuple[Index, ...], block: Block, at: tuple[Index, ...]
    ) -> Poly:
        what, _, layer = factor.partition("@")
        if what in ("b", "W"):
            own = block == (int(layer), int(what == "W"))
            pairs = zip(slots, reversed(at), strict=True) if own else ()
            return product(delta(x, y) for x, y in pairs) if own else Poly()
        if factor in ("loss", "e", "S"):
            c = self._fresh(self.L + 1)
            above = {"loss": "e", "e": "S", "S": "T"}[factor]
            return (atom(above, *slots, c) * self.moved(self.L + 1, slots[0], c, block, at)).sum(c)
        if what in SLOPES and layer != "0":
            n = int(layer)
            i, k = slots
            return atom(name(SLOPES[what], n), i, k) * self.moved(n, i, k, block, at)
        return Poly()

    def moved(self, n: int, i: Index, k: Index, block: Block, at: tuple[Index, ...]) -> Poly:
        """Return ∂z_k of a layer by the parameters of a block."""
        own, weights = block
        if own > n:
            return Poly()
        if own == n:
            return delta(k, at[-1]) * (atom(name("h", n - 1), i, at[0]) if weights else 1)
        q = self._fresh(n - 1)
        through = atom(name("W", n), k, q) * atom(name("f1", n - 1), i, q)
        return (through * self.moved(n - 1, i, q, block, at)).sum(q)

    def _fresh(self, n: int) -> Index:
        return Index(kind(n), "~d", next(_numbers))

    def hessian(self, row: int, col: int) -> Matrix:
        """Return the second derivatives of the loss of sample i by the parameters of two layers."""
        return _hessian(self, row, col)

    def trace(self, n: int) -> Poly:
        """Return the trace of a layer's block."""
        return self.hessian(n, n).trace().poly

    def trace_squared(self) -> Poly:
        """Return tr H² of all layers, H being the sum over the samples."""
        return _trace_squared(self)

    def trace_gradient(self, n: int) -> Matrix:
        """Return ∂tr H/∂θ of sample i by the parameters of a layer."""
        total = sum((self.trace(layer) for layer in self.layers), Poly())
        entries = {
            (r, 0): self.derive(total, (n, r), indices(block, ROW))
            for r, block in enumerate(side(n))
        }
        return Matrix(side(n), ONE, entries)

    def outputs(self, M: Matrix, lam: Matrix) -> Matrix:
        """Return ∂(⟨S, M⟩ + e·λ)/∂v of sample i, M and λ held constant."""
        top = kind(self.L + 1)
        k, c, d = (Index(top, tag) for tag in (ROW, "c", "d"))
        curved = atom("T", SAMPLE, k, c, d) * M.on(0, 0, (c,), (d,))
        moved = atom("S", SAMPLE, k, c) * lam.on(0, 0, (c,), ())
        return Matrix(((top,),), ONE, {(0, 0): curved.sum(c, d) + moved.sum(c)})


@cache
def _hessian(network: Deep, row: int, col: int) -> Matrix:
    entries = {}
    for r, across in enumerate(side(row)):
        first = network.derive(atom("loss", SAMPLE), (row, r), indices(across, ROW))
        for c, down in enumerate(side(col)):
            entries[r, c] = network.derive(first, (col, c), indices(down, COL))
    return Matrix(side(row), side(col), entries)


@cache
def _trace_squared(network: Deep) -> Poly:
    n = network.layers
    H = blocks([[network.hessian(row, col).over(SAMPLE) for col in n] for row in n])
    return (H * H.T).sum().poly  # that is tr HH, without the rest of HH

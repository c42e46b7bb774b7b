"""What the blocks of the Hessian are made of, for a network of any depth.

A block belongs to a layer's columns and the rows of that layer or a later one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

from hessbound._typing import Array
from hessbound.data._mlp import MLP

from . import _passes
from ._deep import DeepProblem

Pairs: TypeAlias = Sequence[tuple[int, int]]
"""Blocks by the layers of their columns and rows."""

MOST_BYTES = 2**27
"""What the features of the samples in hand take, at most, or the columns of H."""

TILE = 128
"""Samples at a time, for pairs: their products stay in a cache."""

COLUMN_TILE = 512
"""The same for columns, which are added up once for so many."""


@dataclass(eq=False)
class Blocks:
    """What the blocks of H are made of, for some samples.

    ``own`` is B of layers, ``factors`` are Q and c where it is QᵀQ + diag c, and ``pairs`` are U
    and D of each two layers; D is None for neighbours.
    """

    net: MLP
    passed: _passes.Forward
    g: list[Array]  # by the z of each layer
    own: dict[int, Array]
    factors: dict[int, tuple[Array, Array]]
    pairs: dict[tuple[int, int], tuple[Array, Array | None]]

    @classmethod
    def of(
        cls,
        problem: DeepProblem,
        own: slice,
        wanted: Pairs,
        *,
        halves: bool = False,
        factors: bool = False,
    ) -> Self:
        """Go forward and back; B by halves has the same inner products, as have the factors."""
        net, steps = problem.net, _passes.steps()
        passed, top = problem.passed(2, *problem.block(own))
        blocks = cls(net, passed, _passes.slopes(net, passed, top.g), {}, {}, {})
        last, rows = net.n_layers - 1, {row for _, row in wanted}
        if factors and (last - 1, last - 1) in wanted and by_factor(net, last - 1):
            f1, f2 = passed.f1[last], passed.f2[last]
            _, _, c, Q, *_ = steps.down(net.weights[last], f1, f2, top.g, top.Q)
            blocks.factors[last - 1] = Q, c
            rows = {row for col, row in wanted if (col, row) != (last - 1, last - 1)}
        B = steps.of_factor(top.Q)
        for n in range(last, min(rows, default=last) - 1, -1):
            if n < last:
                slopes = passed.f1[n + 1], passed.f2[n + 1], blocks.g[n + 1]
                B = steps.curvature(net.weights[n + 1], *slopes, B)
            if (n, n) in wanted and n not in blocks.factors:
                blocks.own[n] = steps.half(B) if halves else B
            for col in [col for col, row in wanted if row == n > col]:
                blocks.pairs[col, n] = blocks._pair(col, n, B)
        return blocks

    def _pair(self, col: int, row: int, B: Array) -> tuple[Array, Array | None]:
        """Return U and D."""
        steps, weights, f1 = _passes.steps(), self.net.weights, self.passed.f1
        if row == col + 1:
            return steps.curved_near(weights[row], f1[row], B), None
        D = steps.jacobian_near(weights[col + 1], f1[col + 1], f1[col + 2])
        for n in range(col + 2, row):
            D = steps.jacobian(weights[n], f1[n + 1], D)
        return steps.curved(weights[row], B, D), D


def block_pairs(net: MLP) -> list[tuple[int, int]]:
    """List the blocks that have parameters, columns and rows, on and below the diagonal."""
    layers = [n for n in range(net.n_layers) if any(_passes.trained(net, n))]
    return [(col, row) for col in layers for row in layers if row >= col]


def by_factor(net: MLP, layer: int) -> bool:
    """Say whether pairs of samples take Q and c of a layer, of r rows, in place of its B."""
    m, r = net.sizes[layer + 1], _passes.rank(net)
    return layer == net.n_layers - 2 and 2 * (r * r + 3) < m + 1


def numbers(net: MLP, blocks: Pairs) -> int:
    """Count what is kept of each sample for some blocks."""
    sizes = net.sizes
    kept = sum(sizes[1:]) * 4
    for col, row in blocks:
        here, above, before = sizes[col + 1], sizes[row + 1], sizes[row]
        if row == col:
            kept += above * (above + 1) // 2
        else:
            kept += here * (above + (before if row > col + 1 else 0))
    return kept


def sample_numbers(net: MLP) -> int:
    """Count the numbers of the features of a sample: B of each layer, U and D of each two."""
    sizes, L = net.sizes, net.n_layers
    pairs = [(sizes[c + 1], sizes[r], sizes[r + 1]) for c in range(L) for r in range(c + 1, L)]
    return sum(m * m for m in sizes[1:]) + sum(here * (a + b) for here, a, b in pairs)


def tile_of(problem: DeepProblem, most: int = TILE) -> int:
    """Return how many samples to take at a time, at most so many."""
    return max(1, min(most, int(MOST_BYTES // (8 * sample_numbers(problem.net)))))

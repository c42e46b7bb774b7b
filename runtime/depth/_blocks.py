"""What the blocks of the Hessian are made of, for a network of any depth.

A block belongs to a layer's columns and the rows of that layer or a later one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np

from hessbound._typing import Array
from hessbound.data._mlp import MLP

from . import _passes
from ._deep import DeepProblem

Pairs: TypeAlias = Sequence[tuple[int, int]]
"""Blocks by the layers of their columns and rows."""

MOST_BYTES = 2**27
"""What the features of the samples in hand take, at most, or the columns of H."""

TILE = 128
"""Samples at a time: their products stay in a cache."""


@dataclass(eq=False)
class Blocks:
    """What the blocks of H are made of, for some samples.

    ``pairs`` are U and D of each two layers; D is None for neighbours.
    """

    net: MLP
    passed: _passes.Forward
    g: list[Array]  # by the z of each layer
    B: list[Array]
    pairs: dict[tuple[int, int], tuple[Array, Array | None]]

    @classmethod
    def of(cls, problem: DeepProblem, own: slice, wanted: Pairs) -> Self:
        """Go forward and back."""
        net, steps = problem.net, _passes.steps()
        passed, top = problem.passed(2, *problem.block(own))
        g, B = _passes.slopes(net, passed, top.g), [steps.of_factor(top.Q)]
        lowest = min(row for _, row in wanted)
        for n in range(net.n_layers - 1, lowest, -1):
            own_slopes = passed.f1[n], passed.f2[n], g[n]
            B.append(steps.curvature(net.weights[n], *own_slopes, B[-1]))
        blocks = cls(net, passed, g, [np.empty(0)] * lowest + B[::-1], {})
        for col in {col: None for col, _ in wanted}:
            blocks._add(col, [row for own, row in wanted if own == col < row])
        return blocks

    def _add(self, col: int, rows: Sequence[int]) -> None:
        steps, weights, f1 = _passes.steps(), self.net.weights, self.passed.f1
        D: Array | None = None
        for row in range(col + 1, 1 + max(rows, default=0)):
            if row > col + 1:
                V, slopes = weights[row - 1], f1[row]
                near = D is None
                D = (
                    steps.jacobian_near(V, f1[row - 1], slopes)
                    if near
                    else steps.jacobian(V, slopes, D)
                )
            if row in rows:
                own = weights[row], self.B[row]
                U = (
                    steps.curved_near(own[0], f1[row], own[1])
                    if D is None
                    else steps.curved(*own, D)
                )
                self.pairs[col, row] = U, D


def block_pairs(net: MLP) -> list[tuple[int, int]]:
    """List the blocks that have parameters, columns and rows, on and below the diagonal."""
    layers = [n for n in range(net.n_layers) if any(_passes.trained(net, n))]
    return [(col, row) for col in layers for row in layers if row >= col]


def sample_numbers(net: MLP) -> int:
    """Count the numbers of the features of a sample: B of each layer, U and D of each two."""
    sizes, L = net.sizes, net.n_layers
    pairs = [(sizes[c + 1], sizes[r], sizes[r + 1]) for c in range(L) for r in range(c + 1, L)]
    return sum(m * m for m in sizes[1:]) + sum(here * (a + b) for here, a, b in pairs)


def tile_of(problem: DeepProblem) -> int:
    """Return how many samples to take at a time."""
    return max(1, min(TILE, int(MOST_BYTES // (8 * sample_numbers(problem.net)))))

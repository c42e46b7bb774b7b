"""The Hessian block by block, some columns at a time: its squares, or all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hessbound._typing import Array
from hessbound.data import _checks
from hessbound.data._mlp import MLP
from hessbound.engine import _threads

from . import _passes
from ._batches import over_networks
from ._blocks import COLUMN_TILE, MOST_BYTES, Blocks, Pairs, block_pairs, tile_of
from ._deep import DeepProblem, run


@dataclass(frozen=True)
class Column:
    """The columns of H that belong to one input of a layer, or to its biases (None)."""

    layer: int
    number: int | None


def columns(net: MLP, layer: int) -> list[Column]:
    """List the columns of a layer that are parameters."""
    beta, W = _passes.trained(net, layer)
    own = [Column(layer, None)] if beta else []
    return own + [Column(layer, j) for j in range(net.weights[layer].shape[1]) if W]


def formed(
    problem: DeepProblem, strip: Sequence[Column], rows: Sequence[int], *, squared: bool
) -> list[dict[int, tuple[Array, Array]]]:
    """Return, for each column of a layer, the blocks of rows by their layer, over all samples.

    Of the layer's own weights the rows are those of inputs up to the column's; to be ``squared``,
    they may be any numbers with the same sum of squares.
    """
    N, tile, totals = len(problem.X), tile_of(problem, COLUMN_TILE), []
    wanted = [(strip[0].layer, row) for row in rows]
    for start in range(0, N, tile):
        x = Blocks.of(problem, slice(start, min(start + tile, N)), wanted, halves=squared)
        for place, column in enumerate(strip):
            found = _of_column(x, column, rows)
            if not start:
                totals.append(found)
                continue
            for row, parts in found.items():
                for total, part in zip(totals[place][row], parts, strict=True):
                    total += part
    return totals


def _of_column(x: Blocks, column: Column, rows: Sequence[int]) -> dict[int, tuple[Array, Array]]:
    """Return the same of a block of samples."""
    steps, h, g, f1 = _passes.steps(), x.passed.h, x.g, x.passed.f1
    own, j = column.layer, column.number
    omega = np.ones(h[own].shape[1]) if j is None else h[own][j]
    found = {}
    for row in rows:
        if row == own:
            inputs = h[own][: 0 if j is None else j + 1]
            found[row] = steps.own_columns(inputs, x.own[own], omega)
            continue
        U, D = x.pairs[own, row]
        if D is None:
            found[row] = steps.near_columns(h[row], f1[row], g[row], U, omega)
        else:
            found[row] = steps.pair_columns(g[row], h[row], U, D, omega)
    return found


def _strips(problem: DeepProblem, blocks: Pairs) -> list[tuple[list[Column], list[int]]]:
    """Divide columns among calls, so that what is formed fits in memory; with each, its rows."""
    net, threads, calls = problem.net, _threads.count(column_flops(problem, blocks)), []
    for layer in {col: None for col, _ in blocks}:
        rows, every = [row for col, row in blocks if col == layer], columns(net, layer)
        strip = min(strip_of(net, layer, rows), -(-len(every) // threads))
        calls += [(every[a : a + strip], rows) for a in range(0, len(every), strip)]
    return calls


def strip_of(net: MLP, layer: int, rows: Sequence[int]) -> int:
    """Return how many columns of a layer to form at a time."""
    numbers = len(net.weights[layer]) * sum(net.weights[x].size for x in rows)
    return max(1, MOST_BYTES // (8 * numbers))


def by_columns(problem: DeepProblem, blocks: Pairs) -> float:
    """Return the same, with some columns at a time."""

    def work(own: Sequence[Column], rows: Sequence[int]) -> float:
        found = formed(problem, own, rows, squared=True)
        return sum(_squared(problem.net, *pair) for pair in zip(own, found, strict=True))

    return float(sum(run(work, _strips(problem, blocks), column_flops(problem, blocks))))


def _squared(net: MLP, column: Column, found: dict[int, tuple[Array, Array]]) -> float:
    """Add up squares of columns: what is off the diagonal of H twice."""
    total = 0.0
    for row, (beta, W) in found.items():
        on_beta, on_W = _passes.trained(net, row)
        if row != column.layer:
            total += 2 * (_square(beta) * on_beta + _square(W) * on_W)
        elif column.number is None:
            total += _square(beta)
        else:  # the columns of biases count here, as rows
            total += 2 * (_square(beta) * on_beta + _square(W[:-1])) + _square(W[-1])
    return total


def _square(x: Array) -> float:
    return float(np.vdot(x, x))


@over_networks
def hessian(problem: DeepProblem) -> Array:
    """Return the Hessian (P, P), symmetric in every bit."""
    net, blocks = problem.net, block_pairs(problem.net)
    H, places = np.zeros((net.n_parameters,) * 2), _places(net)

    def work(own: Sequence[Column], rows: Sequence[int]) -> None:
        for column, found in zip(own, formed(problem, own, rows, squared=False), strict=True):
            layer, j = column.layer, column.number
            if j is None:
                at, within = places["b", layer], found[layer][0]
            else:
                at, within = places["W", layer][:, j], found[layer][1][-1]
            within[...] = (within + within.T) / 2  # the only entries that meet their own images
            for row, (beta, W) in found.items():
                if (biases := places.get(("b", row))) is not None:
                    _fill(H, biases, at[:, None], beta)
                if (weights := places.get(("W", row))) is not None:
                    _fill(H, weights.T[: len(W), None, :], at[:, None], W)

    run(work, _strips(problem, blocks), column_flops(problem, blocks))
    H /= problem.total
    if (penalty := problem.penalty) is not None:
        np.einsum("ii->i", H)[...] += penalty.curvature
    return np.asarray(_checks.result("the Hessian", H))


def _fill(H: Array, rows: Any, cols: Any, values: Array) -> None:
    """Write entries and their mirror images."""
    H[rows, cols] = values
    H[cols, rows] = values


def _places(net: MLP) -> dict[tuple[str, int], Any]:
    """Return where in θ the parameters of each layer are."""
    found, start = {}, 0
    for name, x in net.parameters.items():
        found[name[0], int(name[1:]) - 1] = np.arange(start, start + x.size).reshape(x.shape)
        start += x.size
    return found


def column_flops(problem: DeepProblem, blocks: Pairs) -> float:
    """Count those of columns."""
    net, total = problem.net, 0.0
    for col, row in blocks:
        here, above, before = net.sizes[col + 1], net.sizes[row + 1], net.sizes[row]
        rows = 2 * before * (1 if row > col else 0.5) + 2 * before * (row > col + 1) + 2
        total += len(columns(net, col)) * here * above * rows
    return len(problem.X) * total

"""tr H² of a network of any depth, and H itself, block by block.

A block belongs to a layer's columns and the rows of that layer or a later one. There are two ways
to its squares: to add up over pairs of samples, or to form it, some columns at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from hessbound._typing import Array
from hessbound.data import _checks
from hessbound.data._mlp import MLP
from hessbound.engine import _threads

from . import _passes
from ._deep import DeepProblem, run

Pairs = Sequence[tuple[int, int]]
"""Blocks by the layers of their columns and rows."""

MOST_BYTES = 2**27
"""What the features of the samples in hand take, at most, or the columns of H."""

LARGEST_BYTES = 2**31
"""The features of a single sample, beyond which there is no help."""

TILE = 128
"""Samples at a time: their products stay in a cache."""

SPEED = 1e10
"""Operations of a core in a second, as they are counted here."""

MOST_HOURS = 2.0
"""Of one core; beyond it nobody should wait."""


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


def trained(net: MLP, layer: int) -> tuple[bool, bool]:
    """Say whether a layer's biases and weights are parameters."""
    return f"b{layer + 1}" in net.parameters, f"W{layer + 1}" in net.parameters


def block_pairs(net: MLP) -> list[tuple[int, int]]:
    """List the blocks that have parameters, columns and rows, on and below the diagonal."""
    layers = [n for n in range(net.n_layers) if any(trained(net, n))]
    return [(col, row) for col in layers for row in layers if row >= col]


def trace_squared(problem: DeepProblem) -> float:
    """Return tr H², summed over the samples; each block in the way that is cheaper."""
    pairs, others = divided(problem)
    total = by_pairs(problem, pairs) if pairs else 0.0
    return total + (by_columns(problem, others) if others else 0.0)


def require_feasible(problem: DeepProblem) -> None:
    """Refuse tr H² where it would take hours, or gigabytes for a single sample."""
    sample, N, sizes = 8.0 * sample_numbers(problem.net), len(problem.X), problem.net.sizes
    hours = _cost(problem, *divided(problem)) / SPEED / 3600
    if sample <= LARGEST_BYTES and hours <= MOST_HOURS:
        return
    what = f"would take some {max(hours, 1):,.0f} hours of a core"
    if sample > LARGEST_BYTES:
        what = f"needs {sample / 2**30:.3g} GiB for each sample"
    message = f"tr H² {what} for N = {N} and layers of sizes {sizes}; {INSTEAD}"
    raise ValueError(message)


INSTEAD = (
    "use trace for tr H and extreme_eigenvalues for the ends of the spectrum, or take fewer samples"
)

# By pairs of samples


def by_pairs(problem: DeepProblem, blocks: Pairs) -> float:
    """Return the sum of the squares of blocks, those off the diagonal twice."""
    N, tile = len(problem.X), tile_of(problem)
    tiles = [slice(a, min(a + tile, N)) for a in range(0, N, tile)]
    flops = pair_flops(problem, blocks)
    most = int(MOST_BYTES // (8 * tile * sample_numbers(problem.net)))
    group = max(1, min(most, -(-len(tiles) // (2 * _threads.count(flops)))))
    groups = [tiles[a : a + group] for a in range(0, len(tiles), group)]

    def features(own: Sequence[slice]) -> list[Blocks]:
        return [Blocks.of(problem, x, blocks) for x in own]

    def work(first: int) -> float:
        ours, total = features(groups[first]), 0.0
        for place, x in enumerate(ours):
            for y in ours[place:]:
                total += sum(_of_pair(x, y, *block) for block in blocks)
        for group in groups[first + 1 :]:
            for tile in group:
                (y,) = features([tile])
                total += sum(_of_pair(x, y, *block) for x in ours for block in blocks)
        return total

    return float(sum(run(work, [(n,) for n in range(len(groups))], flops)))


def _of_pair(x: Blocks, y: Blocks, col: int, row: int) -> float:
    """Return what two blocks of samples add, in both orders where they are not the same."""
    steps, on, same = _passes.steps(), trained(x.net, row), x is y
    if row == col:
        betas, both, W = steps.own_squares(x.passed.h[row], y.passed.h[row], x.B[row], y.B[row])
        found = _summed([betas, both, both, W], (on, on))
        return found if same else 2 * found
    kinds = on, trained(x.net, col)
    if row == col + 1:
        squares, mixed = steps.near_squares, steps.near_mixed
        known = [{"h": z.passed.h[row], "f1": z.passed.f1[row]} for z in (x, y)]
    else:
        squares, mixed = steps.pair_squares, steps.pair_mixed
        known = [{"phi": z.passed.h[row], "D": z.pairs[col, row][1]} for z in (x, y)]
    for z, values in zip((x, y), known, strict=True):
        values |= {"g": z.g[row], "a": z.passed.h[col], "U": z.pairs[col, row][0]}
    found = _summed(_called(squares, *known), kinds)
    rest = _summed([None, None, *_called(mixed, *known)], kinds)
    if not same:
        found, rest = 2 * found, rest + _summed([None, None, *_called(mixed, *known[::-1])], kinds)
    return 2 * (found + rest)


def _called(step: Any, first: dict[str, Any], second: dict[str, Any]) -> Any:
    """Call a step with what it takes of two blocks of samples."""
    given = first | {f"{name}_j": x for name, x in second.items()}
    return step(**{name: given[name] for name in _passes.arguments(step)})


def _summed(parts: Sequence[Any], kinds: tuple[tuple[bool, bool], tuple[bool, bool]]) -> float:
    """Add up parts of which rows and columns are both parameters: biases first, then weights."""
    wanted = [a and b for a in kinds[0] for b in kinds[1]]
    return float(sum(x.sum() for x, y in zip(parts, wanted, strict=True) if y and x is not None))


# By columns


@dataclass(frozen=True)
class Column:
    """The columns of H that belong to one input of a layer, or to its biases (None)."""

    layer: int
    number: int | None


def columns(net: MLP, layer: int) -> list[Column]:
    """List the columns of a layer that are parameters."""
    beta, W = trained(net, layer)
    own = [Column(layer, None)] if beta else []
    return own + [Column(layer, j) for j in range(net.weights[layer].shape[1]) if W]


def formed(
    problem: DeepProblem, strip: Sequence[Column], rows: Sequence[int]
) -> list[dict[int, tuple[Array, Array]]]:
    """Return, for each column of a layer, the blocks of rows by their layer, over all samples.

    Of the layer's own weights the rows are those of inputs up to the column's.
    """
    N, tile, totals = len(problem.X), tile_of(problem), []
    wanted = [(strip[0].layer, row) for row in rows]
    for start in range(0, N, tile):
        x = Blocks.of(problem, slice(start, min(start + tile, N)), wanted)
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
            found[row] = steps.own_columns(inputs, x.B[own], omega)
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
        numbers = len(net.weights[layer]) * sum(net.weights[x].size for x in rows)
        strip = max(1, min(MOST_BYTES // (8 * numbers), -(-len(every) // threads)))
        calls += [(every[a : a + strip], rows) for a in range(0, len(every), strip)]
    return calls


def by_columns(problem: DeepProblem, blocks: Pairs) -> float:
    """Return the same, with some columns at a time."""

    def work(own: Sequence[Column], rows: Sequence[int]) -> float:
        found = formed(problem, own, rows)
        return sum(_squared(problem.net, *pair) for pair in zip(own, found, strict=True))

    return float(sum(run(work, _strips(problem, blocks), column_flops(problem, blocks))))


def _squared(net: MLP, column: Column, found: dict[int, tuple[Array, Array]]) -> float:
    """Add up squares of columns: what is off the diagonal of H twice."""
    total = 0.0
    for row, (beta, W) in found.items():
        on_beta, on_W = trained(net, row)
        if row != column.layer:
            total += 2 * (_square(beta) * on_beta + _square(W) * on_W)
        elif column.number is None:
            total += _square(beta)
        else:  # the columns of biases count here, as rows
            total += 2 * (_square(beta) * on_beta + _square(W[:-1])) + _square(W[-1])
    return total


def _square(x: Array) -> float:
    return float(np.vdot(x, x))


def hessian(problem: DeepProblem) -> Array:
    """Return the Hessian (P, P), symmetric in every bit."""
    net, blocks = problem.net, block_pairs(problem.net)
    H, places = np.zeros((net.n_parameters,) * 2), _places(net)

    def work(own: Sequence[Column], rows: Sequence[int]) -> None:
        for column, found in zip(own, formed(problem, own, rows), strict=True):
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


# What they cost


def divided(problem: DeepProblem) -> tuple[Pairs, Pairs]:
    """Divide the blocks: those whose squares pairs of samples give, and those to form."""
    pairs, others = [], []
    for block in block_pairs(problem.net):
        cheaper = _cost(problem, [block], []) <= _cost(problem, [], [block])
        (pairs if cheaper else others).append(block)
    return pairs, others


def _cost(problem: DeepProblem, pairs: Pairs, others: Pairs) -> float:
    """Return what it takes, in operations of which a core does ``SPEED`` or more a second."""
    calls = sum(len(columns(problem.net, col)) for col, _ in others) * -(-len(problem.X) // TILE)
    return 0.4 * pair_flops(problem, pairs) + column_flops(problem, others) + CALL * calls


CALL = 2e5
"""Operations that take as long as what a column costs beside them."""


def pair_flops(problem: DeepProblem, blocks: Pairs) -> float:
    """Count those of pairs of samples."""
    N, sizes = len(problem.X), problem.net.sizes
    each = (_pair_numbers(sizes, *x) + 3 * (sizes[x[0]] + sizes[x[1]]) for x in blocks)
    return float(N) * N * sum(each)


def _pair_numbers(sizes: Sequence[int], col: int, row: int) -> int:
    """Count what each pair of samples multiplies and adds."""
    here, above, before = sizes[col + 1], sizes[row + 1], sizes[row]
    if row == col:
        return above * above
    if row == col + 1:
        return 3 * here * above
    return 4 * here * (above + before + 1)


def column_flops(problem: DeepProblem, blocks: Pairs) -> float:
    """Count those of columns."""
    net, total = problem.net, 0.0
    for col, row in blocks:
        here, above, before = net.sizes[col + 1], net.sizes[row + 1], net.sizes[row]
        rows = 2 * before * (1 if row > col else 0.5) + 2 * before * (row > col + 1) + 2
        total += len(columns(net, col)) * here * above * rows
    return len(problem.X) * total


def sample_numbers(net: MLP) -> int:
    """Count the numbers of the features of a sample: B of each layer, U and D of each two."""
    sizes, L = net.sizes, net.n_layers
    pairs = [(sizes[c + 1], sizes[r], sizes[r + 1]) for c in range(L) for r in range(c + 1, L)]
    return sum(m * m for m in sizes[1:]) + sum(here * (a + b) for here, a, b in pairs)


def tile_of(problem: DeepProblem) -> int:
    """Return how many samples to take at a time."""
    return max(1, min(TILE, int(MOST_BYTES // (8 * sample_numbers(problem.net)))))

"""Squares of the Hessian's blocks by pairs of samples, without forming it."""

from collections.abc import Sequence
from typing import Any

from hessbound.data._mlp import MLP
from hessbound.engine import _threads

from . import _passes
from ._blocks import MOST_BYTES, Blocks, Pairs, by_factor, numbers, tile_of
from ._deep import DeepProblem, run


def by_pairs(problem: DeepProblem, blocks: Pairs) -> float:
    """Return the sum of the squares of blocks, those off the diagonal twice."""
    N, tile = len(problem.X), tile_of(problem)
    tiles = [slice(a, min(a + tile, N)) for a in range(0, N, tile)]
    flops = pair_flops(problem, blocks)
    most = group_of(problem, blocks)
    group = min(most, -(-len(tiles) // (2 * _threads.count(flops))))
    groups = [tiles[a : a + group] for a in range(0, len(tiles), group)]

    def features(own: Sequence[slice]) -> list[Blocks]:
        return [Blocks.of(problem, x, blocks, halves=True, factors=True) for x in own]

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


def group_of(problem: DeepProblem, blocks: Pairs) -> int:
    """Return how many tiles of samples keep their features; those of others come again."""
    return max(1, int(MOST_BYTES // (8 * tile_of(problem) * numbers(problem.net, blocks))))


def _of_pair(x: Blocks, y: Blocks, col: int, row: int) -> float:
    """Return what two blocks of samples add, in both orders where they are not the same."""
    steps, on, same = _passes.steps(), _passes.trained(x.net, row), x is y
    if row == col:
        inputs = x.passed.h[row], y.passed.h[row]
        if row in x.factors:
            (Q, c), (Q_j, c_j) = x.factors[row], y.factors[row]
            betas, both, W = steps.factor_squares(*inputs, c, c_j, Q, Q_j)
        else:
            betas, both, W = steps.own_squares(*inputs, x.own[row], y.own[row])
        found = _summed([betas, both, both, W], (on, on))
        return found if same else 2 * found
    kinds = on, _passes.trained(x.net, col)
    if row == col + 1:
        squares, mixed = steps.near_squares, steps.near_mixed
        known: list[dict[str, Any]] = [
            {"h": z.passed.h[row], "f1": z.passed.f1[row]} for z in (x, y)
        ]
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


def pair_flops(problem: DeepProblem, blocks: Pairs) -> float:
    """Count those of pairs of samples."""
    N, sizes = len(problem.X), problem.net.sizes
    each = (_pair_numbers(problem.net, *x) + 3 * (sizes[x[0]] + sizes[x[1]]) for x in blocks)
    return float(N) * N * sum(each)


def _pair_numbers(net: MLP, col: int, row: int) -> int:
    """Count what each pair of samples multiplies and adds."""
    sizes = net.sizes
    here, above, before = sizes[col + 1], sizes[row + 1], sizes[row]
    if row == col and by_factor(net, row):
        return above * (_passes.rank(net) ** 2 + 3)
    if row == col:
        return above * (above + 1) // 2
    if row == col + 1:
        return 3 * here * above
    return 4 * here * (above + before + 1)

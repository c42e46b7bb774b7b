"""How long the squares of a block of the Hessian take, by pairs of samples or by columns.

Times are sums of terms, each times a constant that benchmarks/depth_cost_model.py fits to the times
of one thread. Both ways give the same number, so that only their ratio matters, but for what is
refused because it would take hours.
"""

from itertools import pairwise
from operator import mul

from hessbound.data._mlp import MLP

from ._blocks import COLUMN_TILE, block_pairs, by_factor, tile_of
from ._columns import column_flops, columns, strip_of
from ._deep import DeepProblem
from ._pairs import group_of, pair_flops

PAIR_COSTS = (2.1e-05, 3.9e-11, 1.7e-11, 3e-11)
COLUMN_COSTS = (2.5e-05, 1.9e-11, 1.3e-10, 4.7e-10, 2.2e-11)


def pair_terms(problem: DeepProblem, col: int, row: int) -> tuple[float, ...]:
    """Return calls, operations, numbers of pairs of samples, and operations for the features."""
    N, tile = len(problem.X), tile_of(problem)
    tiles = -(-N // tile)
    pairs = N * (N + min(N, tile)) / 2
    numbers = pairs * _pair_arrays(problem.net, col, row)
    flops = pair_flops(problem, [(col, row)]) * pairs / N**2
    groups = -(-tiles // group_of(problem, [(col, row)]))
    again = max(groups, 2) + 1  # half of the samples' groups come with each group
    features = _feature_flops(problem, row) * again / 2
    return tiles * (tiles + 1) / 2, flops, numbers, features


def _pair_arrays(net: MLP, col: int, row: int) -> float:
    """Count the numbers that each pair of samples has beside what is multiplied."""
    if row > col + 1:
        return 8.0 + 4 * net.sizes[col + 1]
    return 4.0 + (row > col) * 4 + (row == col and by_factor(net, row)) * 4


def column_terms(problem: DeepProblem, col: int, row: int) -> tuple[float, ...]:
    """Return calls, operations, numbers added up, those read for each column, and for features."""
    N, tile, net = len(problem.X), tile_of(problem, COLUMN_TILE), problem.net
    here, above, before = net.sizes[col + 1], net.sizes[row + 1], net.sizes[row]
    many, tiles = len(columns(net, col)), -(-N // tile)
    added = float(many * tiles * here * above * before)
    read = many * N * here * (before if row > col + 1 else above)
    flops = column_flops(problem, [(col, row)])
    if row == col:
        flops, added = flops * (above + 1) / (2 * above), added / 4
    strips = -(-many // strip_of(net, col, [row]))
    return many * tiles, flops, added, read, strips * _feature_flops(problem, row)


def _feature_flops(problem: DeepProblem, row: int) -> float:
    """Count the operations of what a block is made of."""
    sizes = problem.net.sizes
    above = sizes[row + 1 :]
    total = sum(W.size for W in problem.net.weights)
    for here, later in pairwise(above):
        total += here * later * (here + later)
    return 2.0 * len(problem.X) * (total + sizes[row] * sizes[row + 1] ** 2)


def pair_seconds(problem: DeepProblem, block: tuple[int, int]) -> float:
    """Return how long a core takes by pairs of samples."""
    return float(sum(map(mul, PAIR_COSTS, pair_terms(problem, *block))))


def column_seconds(problem: DeepProblem, block: tuple[int, int]) -> float:
    """Return how long it takes by columns."""
    return float(sum(map(mul, COLUMN_COSTS, column_terms(problem, *block))))


def hessian_flops(problem: DeepProblem) -> float:
    """Return how many operations of a product take as long as forming the Hessian."""
    seconds = sum(column_seconds(problem, block) for block in block_pairs(problem.net))
    return seconds / COLUMN_COSTS[1]

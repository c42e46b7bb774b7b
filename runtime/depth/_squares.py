"""tr H² of a network of any depth: the sum of the squares of the Hessian's blocks.

There are two ways to the squares of a block, by pairs of samples or by columns; each block takes
the one that is cheaper.
"""

from ._blocks import Pairs, block_pairs, sample_numbers
from ._columns import by_columns
from ._costs import column_seconds, pair_seconds
from ._deep import DeepProblem
from ._pairs import by_pairs

LARGEST_BYTES = 2**31
"""The features of a single sample, beyond which there is no help."""

MOST_HOURS = 2.0
"""Of one core; beyond it nobody should wait."""

INSTEAD = (
    "use trace for tr H and extreme_eigenvalues, without certify=True, for the ends of the "
    "spectrum, or take fewer samples"
)


def trace_squared(problem: DeepProblem) -> float:
    """Return tr H², summed over the samples; each block in the way that is cheaper."""
    pairs, others = divided(problem)
    total = by_pairs(problem, pairs) if pairs else 0.0
    return total + (by_columns(problem, others) if others else 0.0)


def require_feasible(problem: DeepProblem) -> None:
    """Refuse tr H² where it would take hours, or gigabytes for a single sample."""
    sample, N, sizes = 8.0 * sample_numbers(problem.net), len(problem.X), problem.net.sizes
    if sample > LARGEST_BYTES:
        what = f"needs {sample / 2**30:.3g} GiB for each sample"
    elif (hours := _seconds(problem) / 3600) > MOST_HOURS:
        what = f"would take some {hours:,.0f} hours of a core"
    else:
        return
    message = f"tr H² {what} for N = {N} and layers of sizes {sizes}; {INSTEAD}"
    raise ValueError(message)


def divided(problem: DeepProblem) -> tuple[Pairs, Pairs]:
    """Divide the blocks: those whose squares pairs of samples give, and those to form."""
    pairs: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    for block in block_pairs(problem.net):
        cheaper = pair_seconds(problem, block) <= column_seconds(problem, block)
        (pairs if cheaper else others).append(block)
    return pairs, others


def _seconds(problem: DeepProblem) -> float:
    """Estimate how long a core takes."""
    pairs, others = divided(problem)
    own = sum(pair_seconds(problem, block) for block in pairs)
    return own + sum(column_seconds(problem, block) for block in others)

"""Whether each block of tr H² takes the faster way: benchmarks/depth_cost_model.py [--runs 3].

Times the blocks of 15 networks by pairs of samples and by columns, on one thread. Prints how much
slower than the better way the choice is, block by block, and fits the constants of
runtime/depth/_costs.py by least squares on the logarithms of the times and of their ratio. Blocks
of less than a millisecond are left out of the fit. Writes nothing. Takes three minutes.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from depth import drawn
from scipy.optimize import least_squares
from suite import timing

from hessbound.depth import _costs
from hessbound.depth._blocks import block_pairs
from hessbound.depth._columns import by_columns
from hessbound.depth._deep import DeepProblem
from hessbound.depth._pairs import by_pairs
from hessbound.experiments.machine import processor

SIZES = (
    (100, (5, 8, 8, 3)),
    (569, (30, 16, 16, 2)),
    (1000, (64, 32, 32, 10)),
    (500, (64, 32, 32, 32, 10)),
    (300, (784, 64, 10)),
    (200, (784, 128, 64, 10)),
    (1000, (10, 50, 50, 2)),
    (2000, (30, 64, 64, 2)),
    (3000, (8, 16, 2)),
    (5000, (10, 10, 10, 3)),
    (500, (20, 100, 5)),
    (1000, (4, 32, 32, 32, 3)),
    (150, (100, 100, 100, 10)),
    (2000, (13, 24, 24, 4)),
    (400, (50, 20, 80, 6)),
)
LONGEST = 4.0
"""Seconds, as they are estimated, up to which a way is timed; the other one is chosen beyond."""

SHORTEST = 1e-3
ALLOWED = 0.25
"""How much slower than the better way the choice may be."""


class Timed(NamedTuple):
    """The seconds of both ways for a block, and what they grow with."""

    name: str
    pairs: float
    columns: float
    pair_terms: tuple[float, ...]
    column_terms: tuple[float, ...]

    def regret(self, pair_costs: np.ndarray, column_costs: np.ndarray) -> float:
        """Return how much slower than the better way the choice is."""
        first = float(pair_costs @ self.pair_terms) <= float(column_costs @ self.column_terms)
        return (self.pairs if first else self.columns) / min(self.pairs, self.columns) - 1


def least(calls: tuple[Callable[[], object], ...], runs: int) -> list[float]:
    """Return the least time of the processor for each; they take turns."""

    def seconds(call: Callable[[], object]) -> float:
        start = time.process_time()
        call()
        return time.process_time() - start

    rounds = [[seconds(call) for call in calls] for _ in range(runs + 1)]
    return [min(x) for x in zip(*rounds, strict=True)]


def timed(N: int, sizes: tuple[int, ...], runs: int) -> list[Timed]:
    """Time the blocks of a network."""
    net, X, y = drawn(N, sizes)
    problem, found = DeepProblem.of(net, X, y, None, "sum"), []
    for block in block_pairs(net):
        estimates = _costs.pair_seconds(problem, block), _costs.column_seconds(problem, block)
        if max(estimates) > LONGEST:
            continue
        calls = (
            lambda block=block: by_pairs(problem, [block]),
            lambda block=block: by_columns(problem, [block]),
        )
        name = f"{N}, {'-'.join(map(str, sizes))} | {block[1] + 1}, {block[0] + 1}"
        terms = _costs.pair_terms(problem, *block), _costs.column_terms(problem, *block)
        found.append(Timed(name, *least(calls, runs), *terms))
    return found


def fitted(rows: list[Timed]) -> tuple[np.ndarray, np.ndarray]:
    """Fit the constants, all of them positive, to the times and to their ratio at each block."""
    kept = [row for row in rows if min(row.pairs, row.columns) > SHORTEST]
    pairs = np.array([row.pair_terms for row in kept])
    columns = np.array([row.column_terms for row in kept])
    times = np.log([[row.pairs, row.columns] for row in kept])
    start = np.array([*_costs.PAIR_COSTS, *_costs.COLUMN_COSTS])

    def parts(logarithms: np.ndarray) -> list[np.ndarray]:
        return np.split(np.exp(logarithms), [len(_costs.PAIR_COSTS)])

    def off(logarithms: np.ndarray) -> np.ndarray:
        own = parts(logarithms)
        both = np.log(np.column_stack([pairs @ own[0], columns @ own[1]])) - times
        weak = 0.05 * (logarithms - np.log(start))  # what the times do not tell stays
        return np.concatenate([*both.T, both[:, 0] - both[:, 1], weak])

    first, second = parts(least_squares(off, np.log(start), loss="soft_l1", f_scale=0.3).x)
    return first, second


def summary(title: str, rows: list[Timed], costs: tuple[np.ndarray, np.ndarray]) -> str:
    """Say how good a choice is."""
    regrets = [row.regret(*costs) for row in rows]
    good, worst = sum(x <= ALLOWED for x in regrets), int(np.argmax(regrets))
    return (
        f"{title}: within {ALLOWED:.0%} of the better way at {good} of {len(rows)} blocks; "
        f"worst {regrets[worst]:+.0%} at {rows[worst].name}"
    )


def main() -> int:
    """Print the times and the fit; return 1 if a choice is beyond what is allowed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    timing.restart()
    now = np.array(_costs.PAIR_COSTS), np.array(_costs.COLUMN_COSTS)
    rows = []
    print("| N, layers | block | pairs, ms | columns, ms | slower than the better by |")
    print("|---|---|---|---|---|")
    for N, sizes in SIZES:
        for row in timed(N, sizes, options.runs):
            rows.append(row)
            times = f"{1e3 * row.pairs:.2f} | {1e3 * row.columns:.2f}"
            print(f"| {row.name} | {times} | {row.regret(*now):.0%} |", flush=True)
    print(f"\n{processor()}, one thread, its own time, least of {options.runs}")
    fit = fitted(rows)
    long = [row for row in rows if min(row.pairs, row.columns) > SHORTEST]
    print(summary("Now", long, now))
    print(summary("Fitted", long, fit))
    for name, costs in (("PAIR_COSTS", fit[0]), ("COLUMN_COSTS", fit[1])):
        print(f"{name} = ({', '.join(f'{cost:.2g}' for cost in costs)})")
    return int(max(row.regret(*now) for row in long) > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())

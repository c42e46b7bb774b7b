"""Whether the faster algorithm for tr H² is chosen: python benchmarks/cost_model.py [--runs 9].

Times both at more than 30 sizes, one thread, around the number of samples where they should be
equal. Prints how much slower than the better one the choice is, and fits the constants of
runtime/engine/_plan.py by least squares on the logarithms of the times and of their ratio.
Writes nothing.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from statistics import median
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares
from suite import timing
from suite.problems import drawn

from hessbound.engine import _plan
from hessbound.engine._kernels import KernelModule, load
from hessbound.engine._plan import Plan
from hessbound.engine._problem import Problem
from hessbound.experiments.machine import processor
from hessbound.traces import _moments

NETWORKS = (
    (1, 20),
    (2, 3),
    (2, 10),
    (2, 40),
    (5, 5),
    (5, 100),
    (8, 64),
    (10, 5),
    (10, 16),
    (20, 10),
    (20, 32),
    (30, 16),
    (64, 8),
    (64, 64),
    (30, 64),
    (50, 2),
    (100, 20),
    (200, 5),
)
AFFORDABLE = 2e10
"""Operations up to which a call is timed."""

ALLOWED = 0.15
"""How much slower than the better algorithm the choice may be."""

OPERATION = 1e-11
"""The seconds of an operation, from which the fit starts."""


class Timed(NamedTuple):
    """The seconds of both algorithms at one size, and which one is chosen."""

    N: int
    d: int
    m: int
    gram: float
    direct: float
    chosen: str

    @property
    def regret(self) -> float:
        """How much slower than the better one the choice is."""
        return float(getattr(self, self.chosen) / min(self.gram, self.direct) - 1)


def sizes(activation: str) -> Iterator[tuple[int, int, int]]:
    """Yield about three numbers of samples for each network, around break-even."""
    kernels = load(activation)
    for d, m in NETWORKS:
        large = 10**6
        even = large * kernels.traces_direct_flops(large, d, m)
        even = even / kernels.traces_gram_flops(large, d, m)
        counts = {max(10, int(even * factor)) for factor in (0.4, 1.0, 2.5)}
        most = max(N for N in range(10, 20_000, 10) if _affordable(activation, N, d, m))
        yield from ((N, d, m) for N in sorted({min(N, most) for N in counts}))


def _affordable(activation: str, N: int, d: int, m: int) -> bool:
    kernels = load(activation)
    most = max(kernels.traces_direct_flops(N, d, m), kernels.traces_gram_flops(N, d, m))
    return most <= AFFORDABLE


def timed(activation: str, N: int, d: int, m: int, runs: int) -> Timed:
    """Time both algorithms in turn, without what they have in common."""
    problem = Problem.of(*drawn(activation, N, d, m), None, "sum")
    arguments = problem.A, problem.w, np.ones(1)
    gram = Plan("gram", min(N, _plan.GRAM_TILE), 1.0)
    direct = Plan("direct", _plan.direct_tile(N, d, m), 1.0)
    calls = {
        "gram": lambda: _moments._gram(problem, gram, *arguments),
        "direct": lambda: _moments._direct(problem, direct, *arguments),
    }
    repeats = {name: timing.repetitions(timing.warm(call)) for name, call in calls.items()}
    seconds = timing.interleaved(calls, repeats, runs)
    chosen = _plan.plan(activation, N, d, m).algorithm
    return Timed(N, d, m, median(seconds["gram"]), median(seconds["direct"]), chosen)


class Fit(NamedTuple):
    """The constants of _plan.GRAM_COSTS and DIRECT_COSTS in seconds."""

    gram: np.ndarray
    direct: np.ndarray

    def seconds(self, kernels: KernelModule, row: Timed) -> tuple[float, float]:
        """Predict the seconds of Gram and direct."""
        size = row.N, row.d, row.m
        gram, direct = _plan.gram_terms(kernels, *size), _plan.direct_terms(kernels, *size)
        return float(self.gram @ gram), float(self.direct @ direct)


def fitted(kernels: KernelModule, rows: list[Timed]) -> Fit:
    """Fit the constants, all of them positive, to the times and to their ratio at each size."""

    def table(terms: Callable[..., tuple[float, ...]]) -> np.ndarray:
        return np.array([terms(kernels, row.N, row.d, row.m) for row in rows])

    gram, direct = table(_plan.gram_terms), table(_plan.direct_terms)
    times = np.log([[row.gram, row.direct] for row in rows])

    def off(logarithms: np.ndarray) -> np.ndarray:
        fit = _fit(logarithms)
        both = np.log(np.column_stack([gram @ fit.gram, direct @ fit.direct])) - times
        return np.concatenate([*both.T, both[:, 0] - both[:, 1]])

    start = np.log(OPERATION * np.array([*_plan.GRAM_COSTS, *_plan.DIRECT_COSTS]))
    return _fit(least_squares(off, start).x)


def _fit(logarithms: np.ndarray) -> Fit:
    return Fit(*np.split(np.exp(logarithms), [len(_plan.GRAM_COSTS)]))


def fit_error(kernels: KernelModule, rows: list[Timed], fit: Fit) -> float:
    """Return the median factor by which the fit misses a time."""
    predicted = np.log([fit.seconds(kernels, row) for row in rows])
    off = np.abs(predicted - np.log([[row.gram, row.direct] for row in rows]))
    return float(np.exp(np.median(off)))


def _with(fit: Fit, kernels: KernelModule, rows: list[Timed]) -> list[Timed]:
    """Return the rows with the choice that the fit makes."""
    names = ("gram", "direct")
    return [row._replace(chosen=names[int(np.argmin(fit.seconds(kernels, row)))]) for row in rows]


def _summary(title: str, rows: list[Timed]) -> str:
    good = sum(row.regret <= ALLOWED for row in rows)
    worst = max(rows, key=lambda row: row.regret)
    where = f"N, d, m = {worst.N}, {worst.d}, {worst.m}"
    return (
        f"{title}: within {ALLOWED:.0%} of the better at {good} of {len(rows)} sizes; "
        f"worst {worst.regret:+.0%} at {where}"
    )


def main() -> int:
    """Print the times, the regret and the fit; return 1 if a choice is beyond what is allowed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--activation", default="tanh")
    options = parser.parse_args()
    timing.restart()
    rows = []
    print("| N, d, m | Gram | direct | chosen | slower than the better by |\n|---|---|---|---|---|")
    for size in sizes(options.activation):
        row = timed(options.activation, *size, options.runs)
        rows.append(row)
        times = f"{timing.duration(row.gram)} | {timing.duration(row.direct)}"
        print(
            f"| {row.N}, {row.d}, {row.m} | {times} | {row.chosen} | {row.regret:.0%} |", flush=True
        )
    kernels = load(options.activation)
    fit = fitted(kernels, rows)
    print(f"\n{processor()}, one thread, {options.activation}, medians of {options.runs}")
    print(_summary("Now", rows))
    print(_summary("Fitted", _with(fit, kernels, rows)))
    print(f"The fit is off by {fit_error(kernels, rows, fit):.2f} × in the median.")
    operation = fit.direct[1]
    for name, costs in (("GRAM_COSTS", fit.gram), ("DIRECT_COSTS", fit.direct)):
        print(f"{name} = ({', '.join(f'{cost / operation:.3g}' for cost in costs)})")
    print(f"in operations of {operation * 1e9:.3g} ns")
    return int(max(row.regret for row in rows) > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())

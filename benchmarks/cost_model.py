"""Whether the faster algorithm for tr H² is chosen: python benchmarks/cost_model.py [--runs 9].

Times both at more than 30 sizes, one thread, around the number of samples where they should be
equal. Prints how much slower than the better one the choice is, and fits the rates of
runtime/_plan.py to the times by least squares on their logarithms. Writes nothing.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple
from unittest import mock

import numpy as np
from scipy.optimize import least_squares

import hessbound as hb
from hessbound import _plan, _timing, bench
from hessbound._kernels import load
from hessbound._plan import Plan

NETWORKS = (
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
    (200, 5),
)
AFFORDABLE = 2e10
"""Operations up to which a call is timed."""

ALLOWED = 0.15
"""How much slower than the better algorithm the choice may be."""

MARK = "HESSBOUND_COST_MODEL"


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
    """Time both algorithms in turn."""
    net, X, y = bench.problem(activation, N, d, m)
    kernels = load(activation)
    plans = {
        "gram": Plan("gram", min(N, _plan.GRAM_TILE), kernels.traces_gram_flops(N, d, m)),
        "direct": Plan("direct", _plan.direct_tile(N, d, m), kernels.traces_direct_flops(N, d, m)),
    }

    def forced(plan: Plan) -> float:
        with mock.patch("hessbound._problem.plan", return_value=plan):
            return float(hb.trace_squared(net, X, y))

    calls = {name: (lambda plan=plan: forced(plan)) for name, plan in plans.items()}
    repeats = {name: _timing.repetitions(_timing.warm(call)) for name, call in calls.items()}
    seconds = _timing.interleaved(calls, repeats, runs)
    chosen = _plan.plan(activation, N, d, m).algorithm
    return Timed(N, d, m, median(seconds["gram"]), median(seconds["direct"]), chosen)


class Rates(NamedTuple):
    """Seconds are the operations over peak × rate, and what each call and each unit costs beside.

    ``gram``, ``above`` and ``below`` are the constants of _gram_rate and _direct_rate. Without
    ``calls`` and ``unit`` these would have to explain the times of small problems as well.
    """

    peak: float
    gram: float
    above: float
    below: float
    gram_call: float
    direct_call: float
    unit: float  # a hidden unit of one sample

    def seconds(self, activation: str, N: int, d: int, m: int) -> tuple[float, float]:
        """Predict the seconds of Gram and direct."""
        kernels = load(activation)
        inner = d + 4 * m
        thickness = min((d + 1) * (d + 2), m * (m + 1)) / 2
        gram = kernels.traces_gram_flops(N, d, m) * (inner + self.gram) / inner / self.peak
        direct = kernels.traces_direct_flops(N, d, m) / self.peak
        direct *= (thickness + self.below) / (thickness + self.above)
        features = self.unit * N * m
        return gram + features + self.gram_call, direct + features + self.direct_call


def fitted(activation: str, rows: list[Timed]) -> Rates:
    """Fit the constants to all times, whose differences are those of their logarithms."""
    times = np.log([[row.gram, row.direct] for row in rows])

    def residuals(logarithms: np.ndarray) -> np.ndarray:
        rates = Rates(*np.exp(logarithms))
        predicted = np.log([rates.seconds(activation, *row[:3]) for row in rows])
        return (predicted - times).ravel()

    start = np.log([3e10, 30.0, 5.0, 75.0, 2e-5, 1e-5, 3e-9])
    low, high = [1e9, 0.1, 0.1, 1.0, 1e-7, 1e-7, 1e-11], [1e12, 1e4, 1e4, 1e4, 1e-3, 1e-3, 1e-6]
    limits = np.log(low), np.log(high)
    return Rates(*np.exp(least_squares(residuals, start, bounds=limits, loss="soft_l1").x))


def fit_error(activation: str, rows: list[Timed], rates: Rates) -> float:
    """Return the median factor by which the fit misses a time."""
    predicted = np.log([rates.seconds(activation, *row[:3]) for row in rows])
    off = np.abs(predicted - np.log([[row.gram, row.direct] for row in rows]))
    return float(np.exp(np.median(off)))


def _with(rates: Rates, activation: str, rows: list[Timed]) -> list[Timed]:
    """Return the rows with the choice that the rates make."""
    names = ("gram", "direct")
    return [
        row._replace(chosen=names[int(np.argmin(rates.seconds(activation, *row[:3])))])
        for row in rows
    ]


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
    if MARK not in os.environ:  # libraries read the number of threads when they are loaded
        os.execve(sys.executable, [sys.executable, *sys.argv], _timing.environment(1) | {MARK: "1"})
    rows = []
    print("| N, d, m | Gram | direct | chosen | slower than the better by |\n|---|---|---|---|---|")
    for size in sizes(options.activation):
        row = timed(options.activation, *size, options.runs)
        rows.append(row)
        times = f"{bench.duration(row.gram)} | {bench.duration(row.direct)}"
        print(
            f"| {row.N}, {row.d}, {row.m} | {times} | {row.chosen} | {row.regret:.0%} |", flush=True
        )
    rates = fitted(options.activation, rows)
    print(f"\n{_timing.processor()}, one thread, {options.activation}, medians of {options.runs}")
    print(_summary("Now", rows))
    print(_summary("Fitted", _with(rates, options.activation, rows)))
    print(f"The fit is off by {fit_error(options.activation, rows, rates):.2f} × in the median.")
    print(f"_gram_rate:   inner / (inner + {rates.gram:.3g})")
    print(f"_direct_rate: (thickness + {rates.above:.3g}) / (thickness + {rates.below:.3g})")
    for name in ("gram_call", "direct_call", "unit"):
        seconds = getattr(rates, name)
        print(f"{name}: {bench.duration(seconds)}, or {seconds * rates.peak:.3g} operations")
    return int(max(row.regret for row in rows) > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())

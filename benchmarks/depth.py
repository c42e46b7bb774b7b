"""Networks of any depth: tr H and its gradient, beside products: benchmarks/depth.py [RUNS].

One thread, and the time that the processor spends on it. The functions take turns, so that a busy
machine slows all of them; the least time of each counts. A product is one of
``hessian_operator``, whose set-up is kept.
"""

import datetime as dt
import platform
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import threadpoolctl
from numpy.typing import NDArray

import hessbound as hb
from hessbound.experiments.machine import processor

SIZES = {  # and how many times as long as a product tr H may take, and as tr H its gradient
    (1000, (784, 128, 10)): (1.0, 2.2),
    (1000, (784, 128, 64, 10)): (1.3, 3.2),
    (5000, (30, 64, 64, 2)): (1.0, 3.2),
    (1000, (784, 128, 64, 32, 10)): (4.0, 4.0),
    (1000, (784, 512, 512, 10)): (2.0, 3.5),
}
COLUMNS = ("loss and gradient", "product", "tr H", "diagonal", "gradient of tr H")
RUNS = 7


class Problem(NamedTuple):
    """A network with random weights, and samples."""

    net: hb.MLP
    X: NDArray[np.float64]
    y: NDArray[np.int64]


def drawn(N: int, sizes: tuple[int, ...]) -> Problem:
    """Draw a network of tanh units with softmax, and samples."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(b, a)) / np.sqrt(a) for a, b in pairwise(sizes)]
    net = hb.MLP(weights, [np.zeros(len(W)) for W in weights], activation="tanh")
    return Problem(net, rng.normal(size=(N, sizes[0])), rng.integers(0, sizes[-1], N))


def functions(N: int, sizes: tuple[int, ...]) -> dict[str, Callable[[], object]]:
    """Return what is timed."""
    net, *data = drawn(N, sizes)
    operator, z = hb.hessian_operator(net, *data), np.ones(net.n_parameters)
    calls = (
        lambda: hb.loss_and_gradient(net, *data),
        lambda: operator @ z,
        lambda: hb.trace(net, *data),
        lambda: hb.hessian_diagonal(net, *data),
        lambda: hb.trace_gradient(net, *data),
    )
    return dict(zip(COLUMNS, calls, strict=True))


def seconds(function: Callable[[], object]) -> float:
    """Return the processor's time of one call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def least(calls: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Return the least time of each, after one call that does not count."""
    for function in calls.values():
        function()
    rounds = [{name: seconds(f) for name, f in calls.items()} for _ in range(runs)]
    return {name: min(times[name] for times in rounds) for name in calls}


def main(runs: int) -> None:
    """Print a table in Markdown."""
    hb.set_threads(1)
    print(
        f"{processor()}, Python {platform.python_version()}, NumPy {np.__version__}, "
        f"{dt.date.today()}, one thread, its own time, least of {runs}, in ms\n"
    )
    ratios = ("tr H / product", "at most", "gradient of tr H / tr H", "at most")
    print(f"| N, layers | {' | '.join((*COLUMNS, *ratios))} |")
    print("|---" * (len(COLUMNS) + 5) + "|")
    for (N, sizes), (limit, most) in SIZES.items():
        found = least(functions(N, sizes), runs)
        times = " | ".join(f"{1e3 * found[name]:.1f}" for name in COLUMNS)
        layers, ratio = "-".join(map(str, sizes)), found["tr H"] / found["product"]
        slope = found["gradient of tr H"] / found["tr H"]
        print(f"| {N}, {layers} | {times} | {ratio:.2f} | {limit} | {slope:.2f} | {most} |")


if __name__ == "__main__":
    with threadpoolctl.threadpool_limits(1):
        main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)

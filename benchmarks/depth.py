"""Networks of any depth: tr H, its gradient and tr H², beside products: benchmarks/depth.py [RUNS].

One thread, and the time that the processor spends on it. The functions take turns, so that a busy
machine slows all of them; the least time of each counts. A product is one of
``hessian_operator``, whose set-up is kept. Writes results/depth.md.
"""

import datetime as dt
import platform
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import threadpoolctl
from numpy.typing import NDArray
from suite import timing

import hessbound as hb
from hessbound.depth import _squares
from hessbound.depth._deep import DeepProblem
from hessbound.experiments.machine import processor

SIZES = {  # and how many times as long as a product tr H may take, and as tr H its gradient
    (1000, (784, 128, 10)): (1.0, 2.2),
    (1000, (784, 128, 64, 10)): (1.3, 3.2),
    (5000, (30, 64, 64, 2)): (1.0, 3.2),
    (1000, (784, 128, 64, 32, 10)): (4.0, 4.0),
    (1000, (784, 512, 512, 10)): (2.0, 3.5),
}
SQUARED = (
    (569, (30, 16, 16, 2)),
    (1000, (64, 32, 32, 10)),
    (500, (64, 32, 32, 32, 10)),
    (1000, (784, 128, 10)),
    (1000, (784, 128, 64, 10)),
    (5000, (30, 64, 64, 2)),
    (1000, (784, 128, 64, 32, 10)),
    (60000, (30, 16, 16, 2)),
)
COLUMNS = ("loss and gradient", "product", "tr H", "diagonal", "gradient of tr H")
RUNS = 7
FEWER = 5
"""One run of tr H² for so many of the others."""

OUT = Path(__file__).parent / "results" / "depth.md"


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


def blas() -> str:
    """Name the BLAS that NumPy takes, and for which processors its kernels are."""
    own = (x for x in threadpoolctl.threadpool_info() if x["user_api"] == "blas")
    found = next(own, {"internal_api": "unknown BLAS"})
    kernels = f", {found['architecture']} kernels" if "architecture" in found else ""
    return f"{found['internal_api']} {found.get('version', '')}".strip() + kernels


def linear(runs: int) -> Iterator[str]:
    """Yield the table of what takes a time proportional to the samples."""
    ratios = ("tr H / product", "at most", "gradient of tr H / tr H", "at most")
    yield f"| N, layers | {' | '.join((*COLUMNS, *ratios))} |"
    yield "|---" * (len(COLUMNS) + 5) + "|"
    for (N, sizes), (limit, most) in SIZES.items():
        found = least(functions(N, sizes), runs)
        times = " | ".join(f"{1e3 * found[name]:.1f}" for name in COLUMNS)
        ratio, slope = found["tr H"] / found["product"], found["gradient of tr H"] / found["tr H"]
        yield f"| {_named(N, sizes)} | {times} | {ratio:.2f} | {limit} | {slope:.2f} | {most} |"


def squared(runs: int) -> Iterator[str]:
    """Yield the table of tr H², with the blocks by the numbers of their layers."""
    yield "| N, layers | tr H², s | blocks by pairs of samples | blocks by columns |"
    yield "|---|---|---|---|"
    for N, sizes in SQUARED:
        net, *data = drawn(N, sizes)
        ways = _squares.divided(DeepProblem.of(net, *data, None, "sum"))
        blocks = (", ".join(f"{row + 1}{col + 1}" for col, row in way) or "none" for way in ways)
        own = least({"tr H²": lambda net=net, data=data: hb.trace_squared(net, *data)}, runs)
        yield f"| {_named(N, sizes)} | {own['tr H²']:.3g} | {' | '.join(blocks)} |"


def _named(N: int, sizes: tuple[int, ...]) -> str:
    return f"{N}, {'-'.join(map(str, sizes))}"


def main(runs: int) -> None:
    """Print tables in Markdown, and write them."""
    timing.restart()
    few = max(1, runs // FEWER)
    lines: list[str] = []
    head = (
        f"{processor()}, Python {platform.python_version()}, NumPy {np.__version__}, {blas()}, "
        f"{dt.date.today()}, one thread, its own time, least of {runs}, in ms\n"
    )
    between = f"\ntr H², least of {few}, in s\n"
    for line in chain([head], linear(runs), [between], squared(few)):
        print(line, flush=True)
        lines.append(line)
    OUT.write_text("\n".join(["# Any depth\n", *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)

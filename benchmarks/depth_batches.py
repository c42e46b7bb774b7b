"""What networks of any depth save in a batch: python benchmarks/depth_batches.py [RUNS].

One thread, and the time that the processor spends on it, for each network: alone, one call after
the other, and in batches. Writes results/depth_batches.md.
"""

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from depth import drawn, least
from suite import timing

import hessbound as hb
from hessbound.experiments.machine import processor

SIZES = ((200, (2, 8, 8, 2)), (569, (30, 16, 16, 2)), (1000, (64, 32, 32, 10)))
BATCHES = 1, 16, 400
STEPS = 20
RUNS = 7
OUT = Path(__file__).parent / "results" / "depth_batches.md"

WAY = {"learning_rate": 1e-6, "max_steps": STEPS}
CALLS: dict[str, tuple[Callable[..., object], int]] = {  # and how many of it a call takes
    "loss": (hb.loss, 1),
    "loss and gradient": (hb.loss_and_gradient, 1),
    "step of descent": (lambda *x: hb.gradient_descent(*x, **WAY), STEPS + 1),
    "tr H": (hb.trace, 1),
}


def both(
    call: Callable[..., object], batch: hb.MLP, data: hb.Dataset, runs: int
) -> tuple[float, float]:
    """Return the seconds for all networks, one after the other and in a batch."""
    nets = list(batch)
    ways = {"alone": lambda: [call(net, data) for net in nets], "batch": lambda: call(batch, data)}
    found = least(ways, runs)
    return found["alone"], found["batch"]


def rows(N: int, sizes: tuple[int, ...], runs: int) -> Iterator[str]:
    """Yield a row for each number of networks."""
    net, X, y = drawn(N, sizes)
    data, rng = hb.Dataset(X, y, loss="softmax"), np.random.default_rng(0)
    for count in BATCHES:
        batch = net.with_theta(net.theta + rng.normal(size=(count, net.n_parameters)) / 100)
        cells = []
        for call, times in CALLS.values():
            own = 1e6 / count / times
            cells += [f"{own * seconds:.0f}" for seconds in both(call, batch, data, runs)]
        yield f"| {N}, {'-'.join(map(str, sizes))} | {count} | {' | '.join(cells)} |"


def main(runs: int) -> None:
    """Print a table in Markdown, and write it."""
    timing.restart()
    head = ["N, layers", "networks", *chain(*((name, "in a batch") for name in CALLS))]
    lines = [
        f"{processor()}, {dt.date.today()}, one thread, its own time, least of {runs}, in µs\n",
        f"| {' | '.join(head)} |",
        "|---" * len(head) + "|",
    ]
    for size in SIZES:
        lines += rows(*size, runs)
    print("\n".join(lines))
    OUT.write_text("\n".join(["# Batches of networks\n", *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)

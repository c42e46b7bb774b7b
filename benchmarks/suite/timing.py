"""Stopwatches: calls timed in turn, and the peak of the matrix product.

A time is compared with the peak of BLAS that was measured in the same run, because neither is the
same on a busy machine.
"""

import math
import os
import sys
import time
from collections.abc import Callable, Mapping

import numpy as np

SHORTEST = 2e-3
"""Seconds; what takes less is called several times for one reading of the clock."""

PEAK_SIZE = 1024
"""Rows of the square matrices whose product is the peak."""

PEAK_FLOPS = 2.0 * PEAK_SIZE**3

_THREADS = (
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_RESTING = {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_THREAD_TIMEOUT": "4"}
"""So that the threads of a BLAS are at rest when it returns, not 0.1 s later."""

FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables that may hold BLAS to another processor's kernels; dropped unless told otherwise."""

_MARK = "HESSBOUND_BENCHMARK"


def interleaved(
    calls: Mapping[str, Callable[[], object]],
    repeats: Mapping[str, int],
    runs: int,
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Return the seconds of each call in each run; a run makes all calls in turn.

    So a busy moment of the machine slows neighbours alike. A call is made ``repeats`` times for one
    reading of the clock; if more than once, then once before, since its neighbour has left the
    caches full of its own numbers.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(runs):
        for name, call in calls.items():
            settle()
            if repeats[name] > 1:
                call()
            start = clock()
            for _ in range(repeats[name]):
                call()
            seconds[name].append((clock() - start) / repeats[name])
    return seconds


def settle() -> None:
    """Wait, up to a second, until no other thread of this process is at work.

    Some libraries free memory, or let their threads wait busily, after they have returned; whoever
    is measured next would pay for it.
    """
    for _ in range(100):
        busy = time.process_time()
        time.sleep(0.01)
        if time.process_time() - busy < 0.001:
            return


def repetitions(seconds: float, shortest: float = SHORTEST) -> int:
    """Return how often to make a call so that the calls together take ``shortest`` or more."""
    return max(1, math.ceil(shortest / max(seconds, 1e-7)))


def warm(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Call twice and return the seconds of the second: the first may compile and fill caches."""
    call()
    start = clock()
    call()
    return clock() - start


def spread(seconds: list[float]) -> float:
    """Return the range from the 10th to the 90th percentile, as a fraction of the median."""
    low, median, high = np.percentile(seconds, [10, 50, 90])
    return float((high - low) / median)


def matrix_product() -> Callable[[], object]:
    """Return the call whose rate is the peak: the product of two square matrices by BLAS."""
    a = np.random.default_rng(0).normal(size=(PEAK_SIZE, PEAK_SIZE))
    out = np.empty_like(a)
    return lambda: np.dot(a, a, out=out)


def flops(quantity: str, N: int, d: int, m: int) -> float:
    """Count the floating-point operations of the cheapest known algorithm.

    A yardstick that does not depend on what the kernels do: symmetric parts are counted once, and
    elementwise functions not at all.
    """
    if quantity in ("loss and gradient", "Hessian-vector product"):
        return 4.0 * N * m * (d + 1)
    pairs = (d + 1) * (d + 2) // 2 * (m * (m + 1) // 2)
    direct = 2.0 * N * (pairs + m * (m + 1) * (d + 1) + (m + 1) ** 2)
    if quantity == "hessian":
        return direct
    if quantity == "sharpness":
        return min(direct, float(N) ** 2 * (d + 4 * m + 2) + 6.0 * N * m * (d + 1))
    message = f"quantity must be one whose operations can be counted, got {quantity!r}"
    raise ValueError(message)


def environment(threads: int) -> dict[str, str]:
    """Return this process's environment, with every library told to use that many threads.

    Threads that have nothing to do rest.
    """
    return {**os.environ, **dict.fromkeys(_THREADS, str(threads)), **_RESTING}


def restart() -> None:
    """Start a script anew, where libraries have one thread, and BLAS this processor's kernels.

    They read both from the environment when they are loaded.
    """
    if _MARK not in os.environ:
        own = {name: x for name, x in environment(1).items() if name not in FORCED}
        os.execve(sys.executable, [sys.executable, *sys.argv], own | {_MARK: "1"})


def duration(seconds: float) -> str:
    """Write a time with three digits and the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:#.3g}".rstrip(".") + f" {unit}"
    return f"{seconds / 1e-9:.0f} ns"

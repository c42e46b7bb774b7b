"""Work on several threads: Python's own, for kernels that release the interpreter's lock.

They start with a call and end with it. So a process may fork at any time, there is no pool to tune,
and nothing competes with the threads of a BLAS, which the kernels do not use. Work is divided in
the same way for a given number of threads, so results do not depend on which thread is faster.
"""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

Result = TypeVar("Result")

WORTHWHILE = 1e8
"""Floating-point operations (2 ms or so) from which a second thread gains more than it costs."""


def count(flops: float) -> int:
    """Return how many threads to use for work of that size.

    All processors that this process may use, or fewer if NUMBA_NUM_THREADS or threadpoolctl says
    so: within ``threadpoolctl.threadpool_limits(1)`` everything runs on one.
    """
    return 1 if flops < WORTHWHILE else max(1, min(_allowed(), _limited()))


@cache
def _allowed() -> int:
    from numba import config  # loaded anyway by the kernels

    available = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
    return min(int(getattr(config, "NUMBA_NUM_THREADS")), len(available))  # noqa: B009  # untyped


def _limited() -> int:
    """Return the limit that threadpoolctl has set, for those who use it."""
    if "threadpoolctl" not in sys.modules:
        return sys.maxsize
    pools = [pool["num_threads"] for pool in _controller().info()]
    return min(pools, default=sys.maxsize)


@cache
def _controller() -> Any:
    return sys.modules["threadpoolctl"].ThreadpoolController()


def ranges(stop: int, parts: int, step: int = 1) -> list[tuple[int, int]]:
    """Divide 0 .. stop − 1 into at most that many ranges, each a multiple of ``step`` long."""
    steps = -(-stop // step)
    parts = max(1, min(parts, steps))
    edges = [min(stop, steps * n // parts * step) for n in range(parts + 1)]
    return list(pairwise(edges))


def run(
    function: Callable[..., Result],
    arguments: Sequence[tuple[Any, ...]],
    threads: int | None = None,
) -> list[Result]:
    """Call a function with each of the arguments, by so many threads; None gives each its own.

    The calling thread is one of them, and begins at once: a new one may have to wait for its turn.
    """
    threads = min(threads or len(arguments), len(arguments))
    if threads <= 1:
        return [function(*x) for x in arguments]
    waiting, results = iter(enumerate(arguments)), dict[int, Result]()

    def work() -> None:
        for index, x in waiting:
            results[index] = function(*x)

    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(work) for _ in range(threads - 1)]
        work()
        for other in others:
            other.result()
    return [results[index] for index in range(len(arguments))]

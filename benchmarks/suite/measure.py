"""Taking times: each contender of a task at one size, in turn with the matrix product."""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from . import reference, timing
from .problems import Contender, Problem, Skipped
from .tasks import Task

PEAK = "matrix product"

RATE = 2e10
"""Operations per second at which a call is estimated before it is made."""

TOO_LONG = 12
"""How many times the limit an estimate may be for a call to be made at all."""

COMPILING = 8.0
"""Seconds of a first call up to which there is a second: the first may have compiled something."""

MEMORY = 6e9
"""Bytes beyond which a call is not made."""


@dataclass(frozen=True)
class Effort:
    """How many runs a median is of, and how long one call may take to be repeated that often."""

    runs: int = 9
    limit: float = 1.0
    limit_of_ours: float = 2.5


FULL, QUICK = Effort(), Effort(3, 0.2, 0.5)

SEVERAL_THREADS = Effort(9, 0.25, 2.5)
"""Then it is about our own speed-up; peers are timed where they take a moment."""


@dataclass
class Entrant:
    """A contender that takes part: its call, and what came back from it."""

    contender: Contender
    problem: Problem
    call: Callable[[], Any]
    results: list[Any]

    def __call__(self) -> None:
        """Call it, and keep what it returns: all of it where that is random."""
        result = self.call()
        if self.contender.stochastic:
            self.results.append(result)
        else:
            self.results[:] = [result]


def group(task: Task, problem: Problem, effort: Effort) -> dict[str, Any]:
    """Return the peak and a row for each contender at one size."""
    entrants: dict[str, Entrant] = {}
    first: dict[str, float] = {}
    skipped: dict[str, str] = {}
    once = set()  # too slow to be repeated
    for contender in task.contenders:
        own = replace(problem, activation=contender.activation)
        limit = effort.limit_of_ours if contender.ours else effort.limit
        try:
            entrant, seconds = _entered(contender, own, limit)
        except Skipped as reason:
            skipped[contender.name] = str(reason)
        except ImportError as cause:
            skipped[contender.name] = f"{cause.name or cause} is not installed"
        except Exception as cause:  # a peer's failure is a result
            skipped[contender.name] = f"failed: {type(cause).__name__}: {cause}"[:200]
        else:
            entrants[contender.name], first[contender.name] = entrant, seconds
            if seconds > limit:
                once.add(contender.name)
    calls = {name: entrant for name, entrant in entrants.items() if name not in once}
    times = _interleaved(calls, first, effort.runs)
    peak_times = times.pop(PEAK)
    peak = timing.PEAK_FLOPS / statistics.median(peak_times)
    times |= {name: [first[name]] for name in once}
    rows = [_row(task, entrants[name], times[name], peak) for name in entrants]
    rows += [_empty(problem, name) | {"skipped": reason} for name, reason in skipped.items()]
    return {
        "N": problem.N,
        "d": problem.d,
        "m": problem.m,
        "P": problem.P,
        "batch": problem.batch,
        "peak": peak,
        "peak spread": timing.spread(peak_times),
        "reference": "" if task.scaling else task.right(problem).source,
        "rows": rows,
    }


def _interleaved(
    calls: dict[str, Entrant], first: dict[str, float], runs: int
) -> dict[str, list[float]]:
    """Time the calls and the matrix product in turn."""
    product = timing.matrix_product()
    repeats = {name: timing.repetitions(first[name]) for name in calls}
    repeats[PEAK] = timing.repetitions(timing.warm(product))
    return timing.interleaved({PEAK: product, **calls}, repeats, runs)


def _entered(contender: Contender, problem: Problem, limit: float) -> tuple[Entrant, float]:
    """Prepare a contender, call it, and return the seconds of its second or only call."""
    seconds = contender.flops(problem) / RATE
    if seconds > TOO_LONG * limit:
        about = f"{seconds:.0f} s" if math.isfinite(seconds) else "a minute or more"
        message = f"estimated at {about} a call"
        raise Skipped(message)
    if contender.bytes(problem) > MEMORY:
        message = f"would need {contender.bytes(problem) / 1e9:.0f} GB"
        raise Skipped(message)
    entrant = Entrant(contender, problem, contender.prepare(problem), [])
    seconds = _seconds(entrant)
    if contender.ours or seconds < COMPILING:
        seconds = _seconds(entrant)
    entrant.results[:-1] = []
    return entrant, seconds


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _row(task: Task, entrant: Entrant, seconds: list[float], peak: float) -> dict[str, Any]:
    """Return the median, how it varied, the error, and the fraction of the peak."""
    contender, problem = entrant.contender, entrant.problem
    units = problem.batch if problem.batch > 1 else contender.count
    median = statistics.median(seconds) / units
    flops = task.flops(problem)
    return _empty(problem, contender.name) | {
        "ours": contender.ours,
        "stochastic": contender.stochastic,
        "seconds": median,
        "spread": timing.spread(seconds),
        "runs": len(seconds),
        "fraction": None if flops is None else flops / median / peak,
        "error": _error(task, entrant),
    }


def _error(task: Task, entrant: Entrant) -> float | None:
    """Return the relative error; its root mean square over the runs where it is random."""
    values = [entrant.contender.values(result) for result in entrant.results]
    if task.scaling or values[0] is None:
        return None
    right = entrant.contender.part(task.right(entrant.problem).values)
    errors = [reference.error(value, right, each=task.each) for value in values]
    return math.sqrt(statistics.fmean(error**2 for error in errors))


def _empty(problem: Problem, name: str) -> dict[str, Any]:
    return {"contender": name, "activation": problem.activation, "skipped": None}

"""What large problems would cost, for docs/scaling.md: python benchmarks/scaling.py [--write].

Measures the rate of each algorithm at a few networks, in processor time of one thread, and
extrapolates: time = operations / rate. Prints the tables of docs/scaling.md, or writes them there
between their markers. With --same-rates nothing is measured: the rates are those on the page.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

import estimates
from scaling_tables import (
    ACTIVATION,
    MEASURED,
    QUANTITIES,
    Measured,
    Rates,
    derived,
    duration,
    rate_table,
    seconds,
    table,
    work,
)
from suite import timing
from suite.problems import drawn

import hessbound as hb
from hessbound.engine import _plan
from hessbound.engine._plan import Plan
from hessbound.experiments.machine import machine

PAGE = Path(__file__).resolve().parent.parent / "docs" / "scaling.md"
RUNS = 5
CHECKS = (
    ("product", 1_000_000, 10, 16),
    ("direct", 1_000_000, 10, 16),
    ("Gram", 20_000, 64, 64),
    ("Gram", 10_000, 784, 128),
    ("direct", 1_000, 200, 40),
    ("gradient", 2_000, 2_000, 2_000),
    ("Gram", 2_000, 2_000, 2_000),
)
"""Problems that are larger than the measured ones, but can still be timed, once."""


def measure() -> Rates:
    """Time every quantity at every measured network, in turn."""
    rates: Rates = {}
    for size in MEASURED:
        samples = _samples(size)
        calls = {name: _call(name, N, size.d, size.m) for name, N in samples.items()}
        warm = {name: timing.warm(call, time.process_time) for name, call in calls.items()}
        repeats = {name: timing.repetitions(seconds) for name, seconds in warm.items()}
        found = timing.interleaved(calls, repeats, RUNS, clock=time.process_time)
        for name, times in found.items():
            rates[name, size.d, size.m] = work(name, samples[name], *size[:2]) / median(times)
    return rates


def _samples(size: Measured) -> dict[str, int]:
    """Return which quantities to measure, and with how many samples."""
    linear = ("gradient", "product", "direct") if size.direct else ("gradient", "product")
    return dict.fromkeys(linear, size.linear) | {"Gram": size.pairs}


def _call(quantity: str, N: int, d: int, m: int) -> Callable[[], object]:
    problem = drawn(ACTIVATION, N, d, m)
    if quantity == "gradient":
        return lambda: hb.loss_and_gradient(*problem)
    if quantity == "product":
        operator, z = hb.hessian_operator(*problem), problem[0].theta
        return lambda: operator @ z
    direct = Plan("direct", _plan.direct_tile(N, d, m), 0.0)
    gram = Plan("gram", _plan.GRAM_TILE, 0.0)
    return lambda: _squared(direct if quantity == "direct" else gram, *problem)


def _squared(plan: Plan, *problem: Any) -> float:
    with mock.patch("hessbound.engine._problem.plan", return_value=plan):
        return float(hb.trace_squared(*problem))


def check_table(rates: Rates) -> str:
    """Return what larger problems take, beside what the rates say."""
    head = ("quantity", "d, m", "N", "extrapolated", "measured")
    return table(head, (_check_cells(rates, *check) for check in CHECKS))


def _check_cells(rates: Rates, quantity: str, N: int, d: int, m: int) -> Iterator[str]:
    call = _call(quantity, N, d, m)
    start = time.process_time()
    call()
    taken = time.process_time() - start
    yield from (quantity, f"{d}, {m}", f"{N:,}")
    yield from map(duration, (seconds(rates, quantity, N, d, m), taken))


def rates_in(page: str) -> Rates:
    """Read the rates back from the page."""
    rates: Rates = {}
    for line in _block(page, "rates").splitlines()[2 : 2 + len(MEASURED)]:
        network, _, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        d, m = map(int, network.split(","))
        for name, cell in zip(QUANTITIES, cells, strict=True):
            if cell != "–":
                rates[name, d, m] = float(cell) * 1e9
    return rates


def _block(page: str, name: str) -> str:
    found = re.search(f"<!-- {name} -->\n(.*?)\n<!-- end -->", page, re.DOTALL)
    if found is None:
        message = f"the page must have the markers <!-- {name} --> and <!-- end -->"
        raise ValueError(message)
    return found[1]


def replaced(page: str, tables: dict[str, str]) -> str:
    """Return the page with other tables between the markers."""
    for name, text in tables.items():
        old, new = (f"<!-- {name} -->\n{x}\n" for x in (_block(page, name), text))
        page = page.replace(old, new)
    return page


def _measured() -> dict[str, str]:
    here, found = machine(), measure()
    rates = rate_table(found)
    where = f"{here['processor']}, {here['cores']} cores, {here['date']}"
    note = f"{ACTIVATION}, one thread, medians of {RUNS}; {where}"
    return {
        "rates": f"{rates}\n\n({note}.)",
        "checks": check_table(found),
        "estimates": estimates.table(estimates.rows()),
    }


def main() -> int:
    """Print the tables or write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.name}")
    parser.add_argument("--same-rates", action="store_true", help="measure nothing")
    options = parser.parse_args()
    timing.restart()
    page = PAGE.read_text(encoding="utf-8")
    tables = {} if options.same_rates else _measured()
    # Times follow from the rates as they are printed, so that a reader can follow them too.
    tables |= derived(rates_in(replaced(page, tables)))
    if options.write:
        PAGE.write_text(replaced(page, tables), encoding="utf-8")
    else:
        print("\n\n".join(f"<!-- {name} -->\n{text}" for name, text in tables.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

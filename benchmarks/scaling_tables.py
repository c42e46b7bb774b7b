"""The cost model of docs/scaling.md: operations, memory and communication, and the tables of them.

Times are operations over measured rates; scaling.py measures these.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from hessbound.engine import _plan
from hessbound.engine._kernels import load
from hessbound.engine._layout import stride

ACTIVATION = "tanh"
QUANTITIES = ("gradient", "product", "direct", "Gram")
NETWORKS = ((10, 16), (64, 64), (784, 128), (784, 512), (10_000, 9_998))
COUNTS = (10**3, 10**5, 10**7, 10**9)
SPREAD_COUNTS = (10**6, 10**9)
MACHINES = (16, 256)
MOST = 10**12
"""Samples beyond which no crossover is looked for."""

PRODUCTS = 40
"""What Lanczos takes for one end of the spectrum, by the estimate in runtime/engine/_plan.py."""

LARGEST_BYTES = 1e12
"""Blocks beyond this fit no machine; the direct algorithm has no time there."""


class Measured(NamedTuple):
    """A network whose rates are measured, and the numbers of samples for it."""

    d: int
    m: int
    linear: int  # samples for what takes time in proportion to them
    pairs: int  # samples for Gram
    direct: bool  # whether the blocks are small enough to be timed


MEASURED = (
    Measured(10, 16, 60_000, 4_000, True),
    Measured(64, 64, 1_000, 4_000, True),
    Measured(784, 128, 1_000, 2_000, False),
    Measured(784, 512, 1_000, 2_000, False),
)
Rates = dict[tuple[str, int, int], float]
"""Operations per second of a quantity for d and m."""


def work(quantity: str, N: int, d: int, m: int) -> float:
    """Count the floating-point operations.

    The kernels' own counts leave out u = Ax̄, which counts where N is small beside d.
    """
    forward = 2.0 * N * m * (d + 1)
    if quantity in ("gradient", "product"):
        return 2 * forward
    kernels = load(ACTIVATION)
    count = kernels.traces_gram_flops if quantity == "Gram" else kernels.traces_direct_flops
    return float(count(N, d, m)) + forward


def blocks(d: int, m: int) -> int:
    """Count the numbers in the blocks of the Hessian, about P²/4."""
    inputs, hidden = (d + 1) * (d + 2) // 2, m * (m + 1) // 2
    return inputs * hidden + m * (m + 1) * (d + 1) + (m + 1) ** 2


def input_bytes(N: int, d: int) -> int:
    """Count the inputs, stored by samples and by inputs, with labels and weights."""
    return 8 * (N * (d + 2) + (d + 1) * stride(N))


def feature_bytes(quantity: str, N: int, m: int) -> int:
    """Count what is kept of the hidden units, for products or for Gram."""
    kernels = load(ACTIVATION)
    if quantity == "product":
        return 8 * N * (kernels.FEATURES * m + 2)
    return 8 * (stride(N) * kernels.GRAM_ROWS * m + N * kernels.GRAM_VECTORS)


def received_bytes(quantity: str, N: int, d: int, m: int, k: int) -> float:
    """Count what each of k machines receives, the parameters apart.

    Numbers that all machines add up pass each machine 2 (k − 1)/k times. Gram is spread over a
    grid of √k × √k parts of the pairs, each with the samples of its row and of its column.
    """
    if quantity == "Gram":
        rows = 2 * N / math.sqrt(k)
        kernels = load(ACTIVATION)
        return 8.0 * rows * (d + kernels.GRAM_ROWS * m + kernels.GRAM_VECTORS)
    numbers = blocks(d, m) if quantity == "direct" else m * (d + 2) + 1
    return 16.0 * numbers * (k - 1) / k


def seconds(rates: Rates, quantity: str, N: int, d: int, m: int) -> float:
    """Extrapolate, at the rate of this network or else of the largest one that has a rate."""
    known = [(at_d, at_m) for name, at_d, at_m in rates if name == quantity]
    at = (d, m) if (d, m) in known else max(known)
    return work(quantity, N, d, m) / rates[quantity, *at]


def rate_table(rates: Rates) -> str:
    """Return the rates, in GFLOP/s."""
    head = ("d, m", "samples", *QUANTITIES)
    return table(head, (_rate_cells(rates, size) for size in MEASURED))


def _rate_cells(rates: Rates, size: Measured) -> Iterator[str]:
    yield f"{size.d}, {size.m}"
    yield f"{size.linear}, Gram {size.pairs}"
    for name in QUANTITIES:
        rate = rates.get((name, size.d, size.m))
        yield "–" if rate is None else f"{rate / 1e9:.3g}"


def work_table() -> str:
    """Return operations and memory, which are the same on every machine."""
    head = ("d, m", "P", "N", "gradient, product", "direct", "Gram")
    memory = ("inputs", "features, product", "features, Gram", "blocks, direct")
    return table((*head, *memory), (_work_cells(N, d, m) for d, m in NETWORKS for N in COUNTS))


def _work_cells(N: int, d: int, m: int) -> Iterator[str]:
    yield from (f"{d}, {m}", f"{m * (d + 2) + 1:,}", _power(N))
    yield from (_count(work(name, N, d, m)) for name in QUANTITIES[1:])
    yield _bytes(input_bytes(N, d))
    yield from (_bytes(feature_bytes(name, N, m)) for name in ("product", "Gram"))
    yield _bytes(8 * blocks(d, m))


def time_table(rates: Rates) -> str:
    """Return the times on one core, and what the library would choose."""
    head = ("d, m", "N", *QUANTITIES, "plan takes")
    return table(head, (_time_cells(rates, N, d, m) for d, m in NETWORKS for N in COUNTS))


def _time_cells(rates: Rates, N: int, d: int, m: int) -> Iterator[str]:
    yield from (f"{d}, {m}", _power(N))
    for name in QUANTITIES:
        impossible = name == "direct" and 8 * blocks(d, m) > LARGEST_BYTES
        yield "–" if impossible else duration(seconds(rates, name, N, d, m))
    yield {"gram": "Gram", "direct": "direct"}[_plan.plan(ACTIVATION, N, d, m).algorithm]


def crossover_table(rates: Rates) -> str:
    """Return the numbers of samples at which another algorithm becomes the fastest."""
    equal = ("Gram = direct: operations", "time", "plan")
    head = ("d, m", *equal, "direct, in products", f"Gram = {PRODUCTS} products")
    return table(head, (_crossover_cells(rates, d, m) for d, m in NETWORKS))


def _crossover_cells(rates: Rates, d: int, m: int) -> Iterator[str]:
    yield f"{d}, {m}"
    yield _first(lambda N: work("direct", N, d, m) <= work("Gram", N, d, m))
    yield _first(lambda N: seconds(rates, "direct", N, d, m) <= seconds(rates, "Gram", N, d, m))
    yield _first(lambda N: _plan.plan(ACTIVATION, N, d, m).algorithm == "direct")
    products = seconds(rates, "direct", MOST, d, m) / seconds(rates, "product", MOST, d, m)
    yield _count(products)
    yield _first(
        lambda N: seconds(rates, "Gram", N, d, m) >= PRODUCTS * seconds(rates, "product", N, d, m)
    )


def _first(condition: Callable[[int], bool]) -> str:
    """Return the first N for which the condition holds, and holds from there on."""
    found = 1 + bisect_left(range(1, MOST), True, key=condition)
    return "never" if found == MOST else _count(found)


def spread_table(rates: Rates) -> str:
    """Return time and communication of one machine of k, each with one core at work."""
    head = ("d, m", "N", "k", *(f"time, {name}" for name in QUANTITIES[1:]))
    head = (*head, *(f"received, {name}" for name in QUANTITIES[1:]))
    sizes = ((N, d, m, k) for d, m in NETWORKS for N in SPREAD_COUNTS for k in MACHINES)
    return table(head, (_spread_cells(rates, *size) for size in sizes))


def _spread_cells(rates: Rates, N: int, d: int, m: int, k: int) -> Iterator[str]:
    yield from (f"{d}, {m}", _power(N), str(k))
    impossible = 8 * blocks(d, m) > LARGEST_BYTES
    for name in QUANTITIES[1:]:
        none = name == "direct" and impossible
        yield "–" if none else duration(seconds(rates, name, N, d, m) / k)
    for name in QUANTITIES[1:]:
        none = name == "direct" and impossible
        yield "–" if none else _bytes(received_bytes(name, N, d, m, k))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Lay cells out as Markdown."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    rule = "|---" * (lines[0].count("|") - 1) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def duration(seconds: float) -> str:
    """Write a time with two digits, up to years."""
    year = 365.25 * 86_400
    for unit, size in (("years", year), ("days", 86_400.0), ("hours", 3_600.0)):
        if seconds >= 2 * size:
            return f"{_count(seconds / size)} {unit}"
    if seconds >= 1:
        return f"{_count(seconds)} s"
    unit, size = ("ms", 1e-3) if seconds >= 1e-3 else ("µs", 1e-6)
    return f"{_count(seconds / size)} {unit}"


def _bytes(count: float) -> str:
    for unit, size in (("EB", 1e18), ("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{_count(count / size)} {unit}"
    return f"{_count(count / 1e3)} kB"


def _count(number: float) -> str:
    """Write two digits: as they are up to 100,000, beyond with a power of ten."""
    rounded = float(f"{number:.2g}")
    if rounded < 1e5:
        return f"{rounded:,.12g}"
    mantissa, exponent = f"{rounded:.1e}".split("e")
    return f"{mantissa} × {_power(10 ** int(exponent))}"


def _power(number: int) -> str:
    return "10" + str(len(str(number)) - 1).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def derived(rates: Rates) -> dict[str, str]:
    """Return the tables that follow from the rates."""
    return {
        "work": work_table(),
        "times": time_table(rates),
        "crossovers": crossover_table(rates),
        "spread": spread_table(rates),
    }

"""The quick benchmark: what each function costs here, beside the peak of the matrix product.

``run`` starts this module as a process of its own, because a library reads how many threads to use
when it is loaded. That process answers with one line of JSON for each step.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _checks, _timing
from ._curvature import hessian, hessian_operator
from ._eigenvalues import extreme_eigenvalues
from ._gradients import sharpness_gradient
from ._losses import loss_and_gradient
from ._network import Network
from ._sharpness import sharpness

if TYPE_CHECKING:
    from rich.table import Table

Shape = tuple[int, int, int]

SHAPES: tuple[Shape, ...] = (
    (200, 2, 3),
    (1000, 2, 10),
    (569, 30, 16),
    (2000, 64, 64),
    (1000, 784, 128),
    (60_000, 10, 16),
)

DENSE_LIMIT = 5000
"""Parameters beyond which the dense Hessian is left out: 200 MB."""

PEAK = "matrix product"

EIGENVALUES = "extreme eigenvalues"
"""Both, and how many operations that takes depends on the spectrum."""

SLOPE = "sharpness gradient"

_UNCOUNTED = EIGENVALUES, SLOPE  # there is no yardstick for how many operations they need


@dataclass(frozen=True)
class Settings:
    """What to time, and how."""

    shapes: tuple[Shape, ...] = SHAPES
    activation: str = "tanh"
    runs: int = 9
    threads: int = 1


@dataclass(frozen=True)
class Row:
    """The times of one function at one shape; ``fraction`` is of the peak, where there is one."""

    N: int
    d: int
    m: int
    quantity: str
    seconds: float
    spread: float
    fraction: float | None


def settings(shapes: list[str] | None, activation: str, runs: int, threads: int) -> Settings:
    """Read the settings as they are written on the command line."""
    read = tuple(_shape_of(text) for text in shapes) if shapes else SHAPES
    return Settings(read, _checks.known_activation(activation), runs, threads)


def _shape_of(text: str) -> Shape:
    numbers = [int(part) for part in text.split(",") if part.strip().isdecimal()]
    if len(numbers) != 3 or min(numbers) < 1 or text.count(",") != 2:
        message = f"shape must be three positive integers N,d,m, got {text!r}"
        raise ValueError(message)
    return numbers[0], numbers[1], numbers[2]


def run(settings: Settings, step: Callable[[str], object] = lambda stage: None) -> dict[str, Any]:
    """Return the machine, the settings and a row for each function and shape.

    ``step`` is called with what is measured next.
    """
    command = [sys.executable, "-m", f"{__package__}.bench", json.dumps(asdict(settings))]
    environment = _timing.environment(settings.threads)
    rows: list[dict[str, Any]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None  # it is a pipe
        for line in process.stdout:
            answer = json.loads(line)
            if "step" in answer:
                step(answer["step"])
            else:
                rows += answer["rows"]
    if process.returncode:
        message = f"the process that measures ended with exit code {process.returncode}"
        raise RuntimeError(message)
    return {"machine": _timing.machine(), "settings": asdict(settings), "rows": rows}


def measure(settings: Settings, shape: Shape) -> list[Row]:
    """Time every function at one shape, and the matrix product in turn with them."""
    calls = {PEAK: _timing.matrix_product(), **_calls(settings.activation, *shape)}
    repeats = {name: _timing.repetitions(_timing.warm(call)) for name, call in calls.items()}
    seconds = _timing.interleaved(calls, repeats, settings.runs)
    peak = _timing.PEAK_FLOPS / statistics.median(seconds[PEAK])
    return [_row(shape, quantity, times, peak) for quantity, times in seconds.items()]


def problem(activation: str, N: int, d: int, m: int) -> tuple[Network, Any, Any]:
    """Draw a network and samples: weights that keep u and v near 1, labels that it may get wrong.

    Times do not depend on the numbers, but for the iterations of an eigensolver.
    """
    rng = np.random.default_rng([N, d, m])
    A = rng.normal(size=(m, d + 1)) / np.sqrt(d + 1)
    w = rng.normal(size=m + 1) / np.sqrt(m + 1)
    X = rng.normal(size=(N, d))
    y = (X[:, 0] + rng.normal(size=N) > 0).astype(np.float64)
    return Network(A, w, activation=activation), X, y


def _calls(activation: str, N: int, d: int, m: int) -> dict[str, Callable[[], object]]:
    net, X, y = problem(activation, N, d, m)
    operator = hessian_operator(net, X, y)
    z = np.random.default_rng(0).normal(size=net.n_parameters)
    calls: dict[str, Callable[[], object]] = {
        "sharpness": lambda: sharpness(net, X, y),
        SLOPE: lambda: sharpness_gradient(net, X, y),
        "loss and gradient": lambda: loss_and_gradient(net, X, y),
        "Hessian-vector product": lambda: operator @ z,
    }
    if net.n_parameters <= DENSE_LIMIT:
        calls["hessian"] = lambda: hessian(net, X, y)
    calls[EIGENVALUES] = lambda: extreme_eigenvalues(net, X, y)
    return calls


def _row(shape: Shape, quantity: str, seconds: list[float], peak: float) -> Row:
    median = statistics.median(seconds)
    fraction = None
    if quantity not in _UNCOUNTED:
        counted = quantity != PEAK
        work = _timing.flops(quantity, *shape) if counted else _timing.PEAK_FLOPS
        fraction = work / median / peak
    return Row(*shape, quantity, median, _timing.spread(seconds), fraction)


def table(result: dict[str, Any]) -> "Table":
    """Lay the rows out, a line for each shape."""
    from rich.table import Table

    rows, settings = result["rows"], result["settings"]
    quantities: list[str] = list(dict.fromkeys(row["quantity"] for row in rows))
    out = Table(title=_title(result), title_justify="left", title_style="bold", caption=_CAPTION)
    for name in ("N, d, m", *(_HEADS.get(quantity, quantity) for quantity in quantities)):
        out.add_column(name, justify="right")
    for shape in settings["shapes"]:
        found = {row["quantity"]: row for row in rows if _shape(row) == tuple(shape)}
        cells = (_cell(found[name]) if name in found else "–" for name in quantities)
        out.add_row(", ".join(map(str, shape)), *cells)
    return out


_CAPTION = (
    "Medians of interleaved runs; in brackets the rate as a fraction of the matrix product's, with "
    "the operations of the cheapest known algorithm. ~ marks times that varied by more than 10 %."
)
_HEADS = {PEAK: "peak"}


def _title(result: dict[str, Any]) -> str:
    machine, settings = result["machine"], result["settings"]
    threads = f"{settings['threads']} thread" + "s" * (settings["threads"] != 1)
    parts = machine["processor"], threads, machine["BLAS"], settings["activation"], machine["date"]
    return ", ".join(parts)


def _shape(row: dict[str, Any]) -> Shape:
    return row["N"], row["d"], row["m"]


def _cell(row: dict[str, Any]) -> str:
    mark = "~" if row["spread"] > 0.1 else ""
    if row["quantity"] == PEAK:
        return f"{mark}{_timing.PEAK_FLOPS / row['seconds'] / 1e9:.1f} GFLOP/s"
    fraction = "" if row["fraction"] is None else f" ({row['fraction']:.2f})"
    return f"{mark}{duration(row['seconds'])}{fraction}"


def duration(seconds: float) -> str:
    """Write a time with three digits and the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:#.3g}".rstrip(".") + f" {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def _answers(settings: Settings) -> Iterator[dict[str, Any]]:
    for shape in settings.shapes:
        yield {"step": "N = {}, d = {}, m = {}".format(*shape)}
        yield {"rows": [asdict(row) for row in measure(settings, shape)]}


def main() -> None:
    """Measure what the settings on the command line say; answer in lines of JSON."""
    given = json.loads(sys.argv[1])
    settings = Settings(**{**given, "shapes": tuple(map(tuple, given["shapes"]))})
    for answer in _answers(settings):
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

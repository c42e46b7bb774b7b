"""Formulas of one's own beside shipped ones with the same atoms: python benchmarks/own_formula.py.

The file of a shipped activation is copied to another name, its kernels are generated and loaded,
and both are timed in turn, so that a busy machine slows both.
"""

import datetime as dt
import importlib.util
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import hessbound as hb
from hessbound.experiments.machine import processor

NAMES = ("tanh", "gelu")
SIZES = ((569, 30, 16), (2000, 100, 64))
FUNCTIONS: dict[str, Callable[..., object]] = {
    "loss and gradient": hb.loss_and_gradient,
    "trace": hb.trace,
    "sharpness": hb.sharpness,
    "gradient of the bound": hb.sharpness_gradient,
}
RUNS = 15
LIMIT = 1.05  # how many times as long ours may take


def generated(folder: Path) -> None:
    """Write kernels of copies, named own_NAME, of the shipped files."""
    (folder / "formulas").mkdir()
    for name in NAMES:
        spec = importlib.util.find_spec(f"hessbound.derive.activations.{name}")
        assert spec is not None
        assert spec.origin is not None
        shutil.copy(spec.origin, folder / "formulas" / f"own_{name}.py")
    command = "from hessbound.cli import main; main()"
    arguments = ["generate", "--from", folder / "formulas", "--out", folder / "kernels"]
    subprocess.run([sys.executable, "-c", command, *map(str, arguments)], check=True)


def seconds(function: Callable[..., object], *arguments: object) -> float:
    """Return the time of one call."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def compared(name: str, N: int, d: int, m: int) -> list[float]:
    """Print a row for each function, and return how many times as long ours takes."""
    rng = np.random.default_rng(0)
    A, w = rng.normal(size=(m, d + 1)) / np.sqrt(d + 1), rng.normal(size=m + 1) / np.sqrt(m)
    data = hb.Dataset(rng.normal(size=(N, d)), rng.integers(0, 2, N))
    shipped, own = (hb.Network(A, w, activation=x) for x in (name, f"own_{name}"))
    found = []
    for label, function in FUNCTIONS.items():
        function(shipped, data), function(own, data)  # compiles
        pairs = [
            (seconds(function, shipped, data), seconds(function, own, data)) for _ in range(RUNS)
        ]
        theirs, ours = (min(times) for times in zip(*pairs, strict=True))
        found.append(ours / theirs)
        print(f"{name:5} {N:5} {d:4} {m:3}  {label:22} {theirs:.2e} {ours:.2e} {ours / theirs:.3f}")
    return found


def main() -> int:
    """Print the least times of both; return 1 if ours is slower in the middle."""
    with tempfile.TemporaryDirectory() as folder:
        generated(Path(folder))
        hb.load_formulas(Path(folder) / "kernels")
        print(
            f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()},", end=" "
        )
        print(f"{dt.date.today()}, least of {RUNS} interleaved runs")
        print("name      N    d   m  function               shipped  own      ratio")
        ratios = [x for name in NAMES for size in SIZES for x in compared(name, *size)]
    middle = statistics.median(ratios)
    print(f"in the middle {middle:.3f} times as long (limit {LIMIT})")
    return int(middle > LIMIT)


if __name__ == "__main__":
    sys.exit(main())

"""What ``import hessbound`` costs beyond ``import numba``: python benchmarks/import_time.py.

Both are timed in fresh interpreters, in turn, so that a busy machine slows both; one run of each
comes first and is thrown away, since it fills the caches.
"""

import datetime as dt
import os
import platform
import statistics
import subprocess
import sys

from hessbound.experiments.machine import processor

RUNS = 9
LIMIT = 0.25  # seconds
CLOCK = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def seconds(module: str) -> float:
    """Return the time that one fresh interpreter takes to import a module."""
    command = [sys.executable, "-c", CLOCK.format(module)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> int:
    """Print the medians and the difference; return 1 if it is beyond the limit."""
    seconds("numba"), seconds("hessbound")
    numba, hessbound = zip(
        *((seconds("numba"), seconds("hessbound")) for _ in range(RUNS)), strict=True
    )
    extra = statistics.median(ours - theirs for ours, theirs in zip(hessbound, numba, strict=True))
    print(f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()},", end=" ")
    print(f"{dt.date.today()}, median of {RUNS} interleaved runs")
    print(f"import numba      {statistics.median(numba):.3f} s")
    print(f"import hessbound  {statistics.median(hessbound):.3f} s")
    print(f"difference        {extra:.3f} s (limit {LIMIT} s)")
    return int(extra > LIMIT)


if __name__ == "__main__":
    sys.exit(main())

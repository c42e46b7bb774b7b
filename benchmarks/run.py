"""Every curvature number against its peers: python benchmarks/run.py [--quick].

Needs the extra ``bench``; a peer that is missing is skipped, and the tables say so. Each task runs
in a process of its own, first with one thread and then with two, set before anything is imported.
Writes results.md, results.json and plots to benchmarks/results; --quick, for trying, writes to
build/benchmarks. What --tasks and --threads leave out is kept as it was, if it is of
the same machine and packages.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from suite import timing

from hessbound.experiments.machine import machine

ROOT = Path(__file__).resolve().parent
PEERS = (
    "jax",
    "torch",
    "PyHessian",
    "curvlinops-for-pytorch",
    "hessian-eigenthings",
    "scikit-learn",
    "matplotlib",
)
TWO_THREADS = ("traces", "batch", "gradient", "product", "hessian", "bound", "largest")


def main() -> int:
    """Run the tasks, write the results, and say where they are."""
    options = _options()
    if options.worker:
        _work(options.worker, options.threads[0], quick=options.quick)
        return 0
    out = ROOT.parent / "build" / "benchmarks" if options.quick else ROOT / "results"
    out = options.out or out
    out.mkdir(parents=True, exist_ok=True)
    if not options.forced_blas:
        for variable in timing.FORCED:
            os.environ.pop(variable, None)
    start = time.perf_counter()
    runs = []
    for threads in options.threads:
        for name in options.tasks or _names(threads):
            groups = list(_groups(name, threads, options))
            runs.append({"task": name, "threads": threads, "groups": groups})
    result = {
        "machine": _machine(),
        "quick": options.quick,
        "runs": runs,
    }
    result["runs"] = _with_kept(result, out / "results.json")
    _write(result, out)
    print(f"Took {(time.perf_counter() - start) / 60:.1f} minutes; see {out}")
    return 0


def _with_kept(result: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """Return new runs and, of those in a file, the ones that were not made anew, in their order."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"runs": []}
    if _kind(before) != _kind(result):
        return list(result["runs"])
    runs = (*before["runs"], *result["runs"])
    return list({(run["threads"], run["task"]): run for run in runs}.values())


def _kind(result: dict[str, Any]) -> Any:
    """Return what results must share to stand in one table: machine, packages and effort."""
    return {**result.get("machine", {}), "date": ""}, result.get("quick")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three small sizes, medians of 3")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--tasks", nargs="+", help="only these, e.g. traces largest")
    parser.add_argument("--out", type=Path, help="the folder to write to")
    parser.add_argument(
        "--forced-blas", action="store_true", help=f"keep {timing.FORCED[0]} if it is set"
    )
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    return parser.parse_args()


def _names(threads: int) -> list[str]:
    from suite.tasks import tasks

    return [name for name in tasks(quick=True) if threads == 1 or name in TWO_THREADS]


def _groups(name: str, threads: int, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Run a task in a process of its own, and tell how it gets on."""
    command = [sys.executable, __file__, "--worker", name, "--threads", str(threads)]
    command += ["--quick"] if options.quick else []
    environment = timing.environment(threads)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, preexec_fn=_pin(threads)
    ) as process:
        assert process.stdout is not None  # it is a pipe
        for line in process.stdout:
            group = json.loads(line)
            taken = sum(1 for row in group["rows"] if row["skipped"] is None)
            print(
                f"{threads} thread(s), {name}: N = {group['N']}, d = {group['d']}, "
                f"m = {group['m']}: {taken} of {len(group['rows'])} contenders",
                flush=True,
            )
            yield group
    if process.returncode:
        print(f"{name} ended with exit code {process.returncode}", file=sys.stderr)


def _pin(threads: int) -> Any:
    """Return what keeps a process on so many cores, for libraries that ignore the environment."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    cores = sorted(os.sched_getaffinity(0))[-threads:]
    return lambda: os.sched_setaffinity(0, cores)


def _work(name: str, threads: int, *, quick: bool) -> None:
    """Measure a task; a line of JSON for each size."""
    warnings.simplefilter("ignore")  # peers' deprecations
    from suite import measure
    from suite.tasks import tasks

    task = tasks(quick=quick)[name]
    effort = measure.QUICK if quick else measure.FULL if threads == 1 else measure.SEVERAL_THREADS
    if threads > 1:  # speed-ups of one activation tell those of the others
        chosen = tuple(c for c in task.contenders if c.activation == "tanh")
        task = task._replace(contenders=chosen)
    for problem in task.problems:
        with contextlib.redirect_stdout(sys.stderr):  # some peers print
            group = measure.group(task, problem, effort)
        print(json.dumps(group), flush=True)


def _machine() -> dict[str, Any]:
    found = machine()
    for name in PEERS:
        try:
            found["packages"][name] = version(name)
        except PackageNotFoundError:
            found["packages"][name] = "not installed"
    return found


def _write(result: dict[str, Any], out: Path) -> None:
    from suite import report

    (out / "results.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (out / "results.md").write_text(report.markdown(result), encoding="utf-8")
    try:
        from suite import plots
    except ImportError as cause:
        print(f"No plots: {cause}", file=sys.stderr)
    else:
        plots.write(result, out)


if __name__ == "__main__":
    sys.exit(main())

"""The results in Markdown."""

from collections.abc import Iterator
from typing import Any

from .fits import power
from .tasks import tasks
from .timing import duration

VERIFIABLE = 0.1
"""How far the peak may vary in a run for its fractions to be evidence."""

LONG = 0.01
"""Seconds beyond which a second thread should tell."""


def markdown(result: dict[str, Any]) -> str:
    """Return all tables."""
    parts = [_head(result)]
    parts += [_task(run) for run in result["runs"] if not _is_scaling(run)]
    parts += [_exponents(result), _threads(result)]
    return "\n".join(part for part in parts if part)


def rows_of(result: dict[str, Any], task: str, threads: int = 1) -> Iterator[tuple[Any, Any]]:
    """Yield each group of a task with each of its rows that has a time."""
    for run in result["runs"]:
        if run["task"] == task and run["threads"] == threads:
            for group in run["groups"]:
                yield from ((group, row) for row in group["rows"] if row["skipped"] is None)


def shape(group: dict[str, Any]) -> str:
    """Write the size of a problem."""
    batch = f" × {group['batch']}" if group["batch"] > 1 else ""
    return f"{group['N']}, {group['d']}, {group['m']}{batch}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Lay out a table; a row may have fewer cells than the head, the rest stay empty."""
    lines = [head, ["---"] * len(head), *(row + [""] * (len(head) - len(row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _head(result: dict[str, Any]) -> str:
    machine = result["machine"]
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    kind = "A quick run, for trying: " if result["quick"] else ""
    flags = ", ".join(machine["vector instructions"])
    return f"""# Benchmarks

{kind}{machine["processor"]}, {machine["cores"]} cores ({flags}), {machine["system"]},
{machine["BLAS"]}, {machine["date"]}. Python {machine["python"]}, {packages}.

Written by `python benchmarks/run.py`. Double precision, tanh
unless a row says otherwise. Networks and data are random (`suite/problems.py`): weights that
keep u and v near 1, noisy labels. The contenders of a table ran in turn in one process, with the
matrix product between them; a time is a median.

- *±*: from the 10th to the 90th percentile, over the median. Without it, one call took too long to
  be repeated.
- *× ours*: the time over that of the table's first row of ours.
- *Peak*: the rate of a product of two matrices with 1024 rows, by NumPy's BLAS.
- *Fraction*: a rate over the peak, with the operations of the cheapest known algorithm, whatever
  the contender does. The kernels bring products of their own, so it can exceed 1.
- *Error*: relative to the reference that the table names; of random methods the root mean square.
  It is 0 where NumPy's formula is the reference itself.
"""


def _task(run: dict[str, Any]) -> str:
    title = tasks(quick=True)[run["task"]].title
    plural = "" if run["threads"] == 1 else "s"
    parts = [f"## {title}, {run['threads']} thread{plural}\n"]
    return "\n".join(parts + [_group(group) for group in run["groups"]])


def _group(group: dict[str, Any]) -> str:
    taken = [row for row in group["rows"] if row["skipped"] is None]
    base = next((row["seconds"] for row in taken if row["ours"]), None)
    lines = [_line(row, base) for row in taken]
    lines += [[row["contender"], "–", row["skipped"]] for row in group["rows"] if row["skipped"]]
    peak = f"{group['peak'] / 1e9:.1f} GFLOP/s ± {group['peak spread']:.0%}"
    doubt = "" if group["peak spread"] <= VERIFIABLE else "; not verifiable here"
    head = f"**{shape(group)}** (N, d, m), P = {group['P']}. Peak {peak}{doubt}."
    head += f" Reference: {group['reference']}.\n"
    return head + "\n" + table(["contender", "time", "±", "× ours", "fraction", "error"], lines)


def _line(row: dict[str, Any], base: float | None) -> list[str]:
    ratio = "" if base is None else f"{row['seconds'] / base:.3g}"
    return [
        row["contender"],
        duration(row["seconds"]),
        f"{row['spread']:.0%}" if row["runs"] > 1 else "",
        ratio,
        "" if row["fraction"] is None else f"{row['fraction']:.2f}",
        "" if row["error"] is None else f"{row['error']:.1e}",
    ]


def _is_scaling(run: dict[str, Any]) -> bool:
    return run["task"].startswith("scaling")


def series(run: dict[str, Any]) -> dict[str, tuple[list[float], list[float]]]:
    """Return sizes and times of each contender of a sweep."""
    size = run["task"].split()[-1]
    found: dict[str, tuple[list[float], list[float]]] = {}
    for group in run["groups"]:
        for row in group["rows"]:
            if row["skipped"] is None:
                sizes, times = found.setdefault(row["contender"], ([], []))
                sizes.append(group[size])
                times.append(row["seconds"])
    return found


def _exponents(result: dict[str, Any]) -> str:
    """Return the exponents of the sweeps."""
    lines = []
    for run in filter(_is_scaling, result["runs"]):
        for name, (sizes, times) in series(run).items():
            if len(sizes) > 1:
                fit = power(sizes, times)
                size = run["task"].split()[-1]
                span = f"{sizes[-4:][0]} to {sizes[-1]}"
                exponent, worst = f"{fit.exponent:.2f}", f"{fit.worst:.2f} ×"
                lines.append([name, size, span, duration(times[-1]), exponent, worst])
    if not lines:
        return ""
    head = ["contender", "size", "fitted from", "time at the end", "exponent", "worst point off by"]
    return (
        "## Growth, 1 thread\n\nPower laws through the last four sizes of each sweep; the other "
        "sizes stay as in `suite/tasks.py`.\n\n" + table(head, lines)
    )


def _threads(result: dict[str, Any]) -> str:
    """Compare our times with one thread and with two."""
    lines = []
    for name in dict.fromkeys(run["task"] for run in result["runs"]):
        two = {
            (shape(group), row["contender"]): (row, group)
            for group, row in rows_of(result, name, 2)
        }
        for group, row in rows_of(result, name):
            found = two.get((shape(group), row["contender"]))
            if found and row["ours"] and row["seconds"] * group["batch"] > LONG:
                ratio = f"{row['seconds'] / found[0]['seconds']:.2f}"
                peaks = f"{found[1]['peak'] / group['peak']:.2f}"
                times = duration(row["seconds"]), duration(found[0]["seconds"])
                lines.append([name, shape(group), row["contender"], *times, ratio, peaks])
    if not lines:
        return ""
    head = ["task", "N, d, m", "contender", "one thread", "two", "speed-up", "of the peak"]
    return (
        f"## Two threads against one, above {duration(LONG)}\n\n"
        "Idle threads of OpenBLAS and OpenMP rest (`OPENBLAS_THREAD_TIMEOUT=4`, "
        "`OMP_WAIT_POLICY=PASSIVE`). By default they keep their cores busy for some 0.1 s after "
        "each product, and what runs next has one core only.\n\n" + table(head, lines)
    )

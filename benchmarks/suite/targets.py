"""What the traces' kernels are meant to reach, and whether they do."""

from typing import Any, NamedTuple

from .timing import duration

VERIFIABLE = 0.1
"""How far the peak may vary in a run for its fractions to be evidence."""

SLACK = 0.9
"""A floor holds at this fraction of it."""

PEAK = 44e9
"""The peak, in operations per second, of the machine whose times the floors are."""


class Target(NamedTuple):
    """A floor and an aim, in seconds where they are below 1e-3, else as fractions of the peak.

    ``beat`` maps contenders to how many times faster than they it is meant to be.
    """

    task: str
    shape: tuple[int, int, int]
    floor: float
    aim: float
    beat: dict[str, float]


JAX, LOOP, TILED = "jax.hessian, jitted", "numba, loop that accumulates H", "NumPy, tiled Gram form"
EIGSH, BATCHED = "eigsh on a NumPy product", "NumPy, batched Hessians"
PRODUCTS = "hessbound, 21 products"

TARGETS = (
    Target("traces", (200, 2, 3), 25e-6, 12e-6, {JAX: 5}),
    Target("batch", (200, 2, 3), 6e-6, 3e-6, {LOOP: 4, BATCHED: 8}),
    Target("batch", (1000, 2, 10), 125e-6, 75e-6, {}),
    Target("traces", (569, 30, 16), 0.53, 0.70, {TILED: 2}),
    Target("traces", (2000, 64, 64), 0.73, 0.85, {TILED: 1.2, PRODUCTS: 1}),
    Target("traces", (1000, 784, 128), 0.84, 0.92, {TILED: 1.4, EIGSH: 5}),
    Target("traces", (5000, 784, 512), 0.84, 0.92, {EIGSH: 2}),
    Target("traces", (60_000, 10, 16), 0.45, 0.65, {}),
    Target("traces", (100_000, 20, 32), 0.69, 0.80, {}),
)


def targets(result: dict[str, Any]) -> str:
    """Return the table of floors, of what was measured, and of what else is to be beaten."""
    lines = [line for target in TARGETS if (line := _line(target, result))]
    if not lines:
        return ""
    head = "| N, d, m | floor | aim | tanh | sigmoid | gelu | holds | times faster than (wanted) |"
    note = (
        "Floors of the traces' kernels, one thread. Times are scaled to this machine's peak from "
        f"one of {PEAK / 1e9:.0f} GFLOP/s; a floor holds at {SLACK} of it."
    )
    return "\n".join(["## Floors\n", note + "\n", head, "|---" * 8 + "|", *lines]) + "\n"


def _line(target: Target, result: dict[str, Any]) -> str:
    group = _group(target, result)
    if group is None:
        return ""
    rows = {row["contender"]: row for row in group["rows"] if row["skipped"] is None}
    ours = [rows[f"hessbound, {name}"] for name in ("tanh", "sigmoid", "gelu")]
    scale = PEAK / group["peak"] if target.floor < 1e-3 else 1.0
    values = [row["seconds"] if target.floor < 1e-3 else row["fraction"] for row in ours]
    if group["peak spread"] > VERIFIABLE:
        holds = "not verifiable here"
    elif target.floor < 1e-3:
        holds = "yes" if max(values) <= target.floor * scale / SLACK else "**no**"
    else:
        holds = "yes" if min(values) >= target.floor * SLACK else "**no**"
    others = [_ratio(rows.get(name), ours[0], name, wanted) for name, wanted in target.beat.items()]
    batch = f" × {group['batch']}" if group["batch"] > 1 else ""
    numbers = [_number(value) for value in (target.floor * scale, target.aim * scale, *values)]
    size = ", ".join(map(str, target.shape)) + batch
    return f"| {' | '.join([size, *numbers, holds, '; '.join(others)])} |"


def _group(target: Target, result: dict[str, Any]) -> dict[str, Any] | None:
    for run in result["runs"]:
        if run["task"] == target.task and run["threads"] == 1:
            for group in run["groups"]:
                if (group["N"], group["d"], group["m"]) == target.shape:
                    return group
    return None


def _ratio(row: dict[str, Any] | None, ours: dict[str, Any], name: str, wanted: float) -> str:
    if row is None:
        return f"{name}: not run"
    ratio = row["seconds"] / ours["seconds"]
    mark = "" if ratio >= wanted else " **missed**"
    return f"{name}: {ratio:.3g} ({wanted:g}){mark}"


def _number(value: float) -> str:
    return duration(value) if value < 1e-3 else f"{value:.2f}"

"""The table of docs/benchmarks.md: one thread, each of our calls beside what people use today."""

from typing import Any

from .report import rows_of, shape, table
from .timing import duration

COLUMNS = (
    ("tr H²", "traces", "hessbound, tanh"),
    ("tiled NumPy", "traces", "NumPy, tiled Gram form"),
    ("`jax.hessian`", "traces", "jax.hessian, jitted"),
    ("loss, ∇L", "gradient", "hessbound"),
    ("NumPy", "gradient", "NumPy"),
    ("JAX", "gradient", "jax.value_and_grad, jitted"),
    ("Hz", "product", "hessbound"),
    ("NumPy", "product", "NumPy"),
    ("JAX", "product", "jax, jvp of grad, jitted"),
    ("λ_max", "largest", "hessbound"),
    ("`eigsh`, NumPy", "largest", "eigsh on a NumPy product"),
    ("hessian-eigenthings", "largest", "hessian-eigenthings"),
)
"""Head, task and contender; a task's first column is ours."""


def summary(result: dict[str, Any]) -> str:
    """Return the table; what was too slow to be timed is left out, and ours is in bold."""
    times = {
        (shape(group), task, row["contender"]): row["seconds"]
        for task in dict.fromkeys(task for _, task, _ in COLUMNS)
        for group, row in rows_of(result, task)
    }
    sizes = dict.fromkeys(size for size, task, _ in times if task == "traces")
    rows = []
    for size in sizes:
        cells = []
        for _, task, contender in COLUMNS:
            seconds = times.get((size, task, contender))
            text = "" if seconds is None else duration(seconds)
            cells.append(f"**{text}**" if contender.startswith("hessbound") and text else text)
        rows.append([size, *cells])
    return table(["N, d, m", *(head for head, _, _ in COLUMNS)], rows)

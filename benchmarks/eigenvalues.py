"""``extreme_eigenvalues`` against SciPy's ``eigsh``, both on hessbound's products.

Both start from the same vector and have the same tolerance; times include the forward pass, and are
the process's own, so that other processes count less. Run on one thread:
OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1 python benchmarks/eigenvalues.py [number of problems]
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, eigsh

import hessbound as hb

Array = NDArray[np.float64]
Which = Literal["both", "largest", "smallest"]
Block = Literal["hidden", "output"]
TOLERANCE = 1e-8
LONG = 3.0  # seconds, beyond which one run must do
DENSE = 5000  # parameters, up to which the errors are measured
HEAD = """\
| activation; N, d, m | P | k | end | eigsh: ms | products | error | ours: ms | products | error |
|---|---|---|---|---|---|---|---|---|---|"""


@dataclass
class Problem:
    """A random network and noisy samples of two classes, and a part of the Hessian."""

    activation: str
    sizes: tuple[int, int, int]
    wanted: tuple[tuple[int, Which], ...] = (
        (1, "largest"),
        (1, "both"),
        (5, "largest"),
        (5, "both"),
    )
    block: Block | None = None

    def __post_init__(self) -> None:
        """Draw."""
        (N, d, m), rng = self.sizes, np.random.default_rng(0)
        self.X = rng.normal(size=(N, d))
        self.y = (self.X.sum(axis=1) + rng.normal(size=N) > 0).astype(float)
        A, w = rng.normal(size=(m, d + 1)) / np.sqrt(d + 1), 2 * rng.normal(size=m + 1) / np.sqrt(m)
        self.net = hb.Network(A, w, activation=self.activation)

    def operator(self) -> Any:
        """Return our products."""
        return hb.hessian_operator(self.net, self.X, self.y, block=self.block)

    def exact(self, P: int, k: int, which: Which) -> Array:
        """Return what is right, in ascending order; NaN where that would take long."""
        if P > DENSE:
            return np.full(1, np.nan)
        values = np.linalg.eigvalsh(self.operator() @ np.eye(P))
        ends = {"smallest": values[:k], "largest": values[-k:]}
        return np.concatenate([ends[end] for end in ends if which in (end, "both")])


PROBLEMS = (
    Problem("tanh", (569, 30, 16)),
    Problem("tanh", (2000, 64, 64)),
    Problem("tanh", (60_000, 10, 16)),
    Problem("tanh", (1000, 784, 128)),
    Problem("linear", (200, 9, 60)),  # eigenvalues are repeated m times and more
    Problem("linear", (200, 18, 33)),
    Problem("tanh", (300, 64, 600), ((1, "smallest"),), "output"),  # it is 0
)


def by_eigsh(problem: Problem, k: int, which: Which) -> tuple[Array, int]:
    """Return what was asked for in ascending order, and the number of products."""
    own, count = problem.operator(), 0

    def counted(z: Array) -> Array:
        nonlocal count
        count += 1
        return np.asarray(own.matvec(z))

    H = LinearOperator(own.shape, matvec=counted, dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(own.shape[0])
    name, number = {"both": ("BE", 2 * k), "largest": ("LA", k), "smallest": ("SA", k)}[which]
    values, _ = eigsh(H, number, which=name, v0=start, tol=TOLERANCE)
    return np.sort(values), count


def by_hessbound(problem: Problem, k: int, which: Which) -> tuple[Array, int]:
    """Return the same."""
    found = hb.extreme_eigenvalues(
        problem.net,
        problem.X,
        problem.y,
        k=k,
        which=which,
        block=problem.block,
        tolerance=TOLERANCE,
        method="lanczos",
        certify=False,
    )
    ends = [values for values in (found.smallest, found.largest) if values is not None]
    return np.sort(np.concatenate(ends)), int(found.n_products)


def measured(
    functions: list[Callable[[], tuple[Array, int]]],
) -> list[tuple[float, tuple[Array, int]]]:
    """Run the functions in turn; return the shortest time of each in milliseconds, and results."""
    results = [function() for function in functions]  # compiles, too
    times: list[list[float]] = [[] for _ in functions]
    while sum(map(sum, times)) < LONG and len(times[0]) < 25:
        for function, own in zip(functions, times, strict=True):
            start = time.process_time()
            function()
            own.append(time.process_time() - start)
    return [(1e3 * min(own), result) for own, result in zip(times, results, strict=True)]


def main(count: int = len(PROBLEMS)) -> None:
    """Print a table in Markdown; errors are relative to the largest |λ|."""
    print(HEAD)
    for problem in PROBLEMS[:count]:
        size = np.abs(by_hessbound(problem, 1, "both")[0]).max()
        P = problem.operator().shape[0]
        for k, which in problem.wanted:
            exact = problem.exact(P, k, which)
            cells = [f"{problem.activation}; {', '.join(map(str, problem.sizes))}"]
            cells += [str(P), str(k), which]
            runs = [lambda f=f: f(problem, k, which) for f in (by_eigsh, by_hessbound)]  # noqa: B023
            for milliseconds, (values, products) in measured(runs):
                error = np.abs(values - exact).max() / size
                shown = "–" if np.isnan(error) else f"{error:.0e}"
                cells += [f"{milliseconds:.2f}", str(products), shown]
            print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

"""Unbiased estimates of tr H² and their standard errors: the end of docs/scaling.md.

tr H² = Σ_ij a_ij with a_ij = tr H_i H_j, a double sum over the samples. Here, for a small network,
all a_ij are computed, and with them each variance, to be compared with that of many draws. The
table is written by python benchmarks/scaling.py.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from suite.problems import drawn

import hessbound as hb

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SIZES = (400, 5, 4)
GROUP = 40
DRAWS = 200
HEAD = """\
| network | estimate | standard error, predicted | of the draws | their mean − 1 |
|---|---|---|---|---|"""


class Row(NamedTuple):
    """An estimate's standard error and what draws show, all as fractions of tr H²."""

    network: str
    estimate: str
    predicted: float
    seen: float
    bias: float


class Problem(NamedTuple):
    """A network and its samples."""

    net: hb.Network
    X: Array
    y: Array


def diagonal(problem: Problem, chosen: Sequence[int] | Indices) -> float:
    """Return Σ tr H_i² over the chosen samples, by a call for each."""
    net, X, y = problem
    return sum(float(hb.trace_squared(net, X[[i]], y[[i]])) for i in chosen)


def from_subset(problem: Problem, chosen: Sequence[int] | Indices) -> float:
    """Estimate tr H² from n of N samples, drawn without replacement; Σ a_ii apart from the rest."""
    net, X, y = problem
    N, n, chosen = len(y), len(chosen), np.asarray(chosen)
    own = diagonal(problem, chosen)
    pairs = float(hb.trace_squared(net, X[chosen], y[chosen])) - own
    return N / n * own + N * (N - 1) / (n * (n - 1)) * pairs


def from_groups(problem: Problem, groups: Iterable[Sequence[int] | Indices]) -> float:
    """Estimate tr H² from all samples, divided at random into groups of equal size."""
    return float(np.mean([from_subset(problem, group) for group in groups]))


def from_products(problem: Problem, Z: Array) -> float:
    """Estimate tr H² as the mean of ‖Hz‖² over the standard normal columns of Z."""
    return float(np.sum(np.square(hb.hessian_operator(*problem) @ Z)) / Z.shape[1])


def by_parts(problem: Problem, parts: Sequence[Indices]) -> float:
    """Return tr H² itself from g parts of the samples, two parts at a time.

    Each pair of samples in two parts is met once, a pair in one part g − 1 times.
    """

    def squared(rows: Indices) -> float:
        return float(hb.trace_squared(problem.net, problem.X[rows], problem.y[rows]))

    pairs = sum(squared(np.concatenate(two)) for two in combinations(parts, 2))
    return pairs - (len(parts) - 2) * sum(map(squared, parts))


def pair_traces(problem: Problem) -> Array:
    """Return a_ij = tr H_i H_j (N, N), from the dense Hessians of single samples."""
    net, X, y = problem
    rows = [hb.hessian(net, X[[i]], y[[i]]).ravel() for i in range(len(y))]
    return np.asarray(np.stack(rows) @ np.stack(rows).T)


def effects(a: Array) -> tuple[Array, Array]:
    """Return α (N,) and β (N, N): what one sample, and what a pair, adds to an estimate.

    φ_ij = N (a_ii + a_jj)/2 + N (N − 1) a_ij is the estimate from two samples; its mean is tr H².
    φ_ij − tr H² = α_i + α_j + β_ij, where the α and each row of β without its diagonal sum to 0.
    """
    N = len(a)
    own = np.diag(a)
    phi = N * (own[:, None] + own) / 2 + N * (N - 1) * a - a.sum()
    np.fill_diagonal(phi, 0.0)
    alpha = phi.sum(axis=1) / (N - 2)
    beta = phi - alpha[:, None] - alpha
    np.fill_diagonal(beta, 0.0)
    return alpha, beta


def subset_variance(a: Array, n: int) -> float:
    """Return the variance of ``from_subset`` over all subsets of n samples."""
    (alpha, beta), N = effects(a), len(a)
    one = 4 / n * (1 - n / N) * np.sum(alpha**2) / (N - 1)
    left = (N - n) * (N - n - 1) / ((N - 2) * (N - 3))
    return float(one + 2 / (n * (n - 1)) * left * np.sum(beta**2) / (N * (N - 1)))


def groups_variance(a: Array, n: int) -> float:
    """Return the variance of ``from_groups`` over all divisions into groups of n samples."""
    beta, N = effects(a)[1], len(a)
    left = (N - n) / (N - 3)
    return float(2 / (N * (n - 1)) * left * np.sum(beta**2) / (N * (N - 1)))


def products_variance(H: Array, s: int) -> float:
    """Return the variance of ``from_products`` with s products, 2 tr H⁴ / s."""
    return float(2 * np.sum(np.linalg.eigvalsh(H) ** 4) / s)


def problems() -> dict[str, Problem]:
    """Return a network with random weights, and the same after gradient descent."""
    net, X, y = drawn("tanh", *SIZES)
    end = hb.gradient_descent(net, X, y, learning_rate=0.5, max_steps=5000, reduction="mean")
    return {"random": Problem(net, X, y), "trained": Problem(end.net, X, y)}


def rows() -> list[Row]:
    """Compare every estimate's standard error with that of many draws."""
    return [row for name, problem in problems().items() for row in _rows(name, problem)]


def _rows(name: str, problem: Problem) -> list[Row]:
    rng, N = np.random.default_rng(0), SIZES[0]
    a, H = pair_traces(problem), hb.hessian(*problem)
    exact, P = float(hb.trace_squared(*problem)), len(H)

    def row(estimate: str, variance: float, draw: Callable[[], float]) -> Row:
        values = np.array([draw() for _ in range(DRAWS)]) / exact
        error = float(np.sqrt(variance) / exact)
        return Row(name, estimate, error, float(values.std(ddof=1)), float(values.mean() - 1))

    def groups() -> float:
        return from_groups(problem, rng.permutation(N).reshape(-1, GROUP))

    return [
        row(
            f"a subset of n = {GROUP}",
            subset_variance(a, GROUP),
            lambda: from_subset(problem, rng.choice(N, GROUP, replace=False)),
        ),
        row(f"all in groups of n = {GROUP}", groups_variance(a, GROUP), groups),
        row(
            f"s = {GROUP} products",
            products_variance(H, GROUP),
            lambda: from_products(problem, rng.normal(size=(P, GROUP))),
        ),
    ]


def table(found: list[Row]) -> str:
    """Return the rows as Markdown."""
    lines = (
        f"| {r.network} | {r.estimate} | {r.predicted:.2%} | {r.seen:.2%} | {r.bias:+.2%} |"
        for r in found
    )
    return "\n".join([HEAD, *lines]).replace("%", " %")

"""The contenders in NumPy and SciPy: what a careful user writes by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from . import formulas
from .formulas import Features
from .ours import PRODUCTS, TOLERANCE
from .problems import Contender, Problem

PROBES = 100
BATCH_BYTES = 2**26


def plain(problem: Problem) -> Callable[[], Any]:
    """Evaluate the paper's bilinear forms as they stand."""
    return lambda: formulas.traces_plain(Features.of(problem))


def tiled(problem: Problem) -> Callable[[], Any]:
    """Take the merged Gram form, with the tile that was fastest at such sizes."""
    widest = max(problem.d, problem.m)
    tile = 96 if widest <= 32 else 192 if widest <= 64 else 256
    return lambda: formulas.traces_tiled(Features.of(problem), tile)


def dense_traces(problem: Problem) -> Callable[[], Any]:
    """Take both traces from the dense Hessian."""

    def call() -> np.ndarray:
        H = formulas.hessian(Features.of(problem))
        return np.array([np.trace(H), np.vdot(H, H)])

    return call


def batched(problem: Problem) -> Callable[[], Any]:
    """Form the Hessians of as many networks at a time as fit a cache or two."""
    each = 8 * problem.N * problem.P
    return lambda: formulas.traces_batched(problem, max(1, BATCH_BYTES // each))


def hutchinson(problem: Problem) -> Callable[[], Any]:
    """Estimate tr H and tr H² from random signs; the error falls as the root of their number."""
    rng = np.random.default_rng(3)

    def call() -> np.ndarray:
        x, sums = Features.of(problem), np.zeros(2)
        for _ in range(PROBES):
            z = rng.choice([-1.0, 1.0], problem.P)
            Hz = formulas.product(x, z)
            sums += z @ Hz, Hz @ Hz
        return sums / PROBES

    return call


def products(problem: Problem) -> Callable[[], Any]:
    """Make as many products as an eigensolver needs at least."""

    def call() -> None:
        x = Features.of(problem)
        for _ in range(PRODUCTS):
            formulas.product(x, problem.z)

    return call


def gradient(problem: Problem) -> Callable[[], Any]:
    """Run forward and backward."""

    def call() -> np.ndarray:
        x = Features.of(problem)
        return np.concatenate([[x.loss], formulas.gradient(x)])

    return call


def product(problem: Problem) -> Callable[[], Any]:
    """Multiply; what does not depend on z is computed before."""
    x, z = Features.of(problem), problem.z
    return lambda: formulas.product(x, z)


def hessian(problem: Problem) -> Callable[[], Any]:
    """Form Jᵀ diag(p) J and the rest."""
    return lambda: formulas.hessian(Features.of(problem))


def largest(problem: Problem) -> Callable[[], Any]:
    """Run Lanczos on the product above."""

    def call() -> Any:
        x, shape = Features.of(problem), (problem.P, problem.P)
        operator = LinearOperator(shape, lambda z: formulas.product(x, z.ravel()), dtype=np.float64)
        return eigsh(
            operator, 1, which="LA", tol=TOLERANCE, v0=problem.z, return_eigenvectors=False
        )

    return call


def plain_flops(problem: Problem) -> float:
    """Count the products and about 20 passes over N × N matrices, each as slow as 20 operations."""
    return float(problem.N) ** 2 * (2 * problem.d + 12 * problem.m + 400)


def plain_bytes(problem: Problem) -> float:
    """Count about eight N × N matrices."""
    return 64.0 * problem.N**2


def tiled_flops(problem: Problem) -> float:
    """Count half the products; the passes stay in the cache."""
    return float(problem.N) ** 2 * (problem.d + 5 * problem.m + 60)


def dense_flops(problem: Problem) -> float:
    """Count Jᵀ diag(p) J."""
    return 2.0 * problem.N * problem.P**2


def dense_bytes(problem: Problem) -> float:
    """Count the matrix, and J for a chunk of samples."""
    return 16.0 * problem.P**2 + 16.0 * min(problem.N, 4096) * problem.P


def product_flops(problem: Problem) -> float:
    """Count a Hessian-vector product."""
    return 4.0 * problem.N * problem.m * (problem.d + 30)


def batch_flops(problem: Problem) -> float:
    """Count the dense Hessians of a batch."""
    return problem.batch * dense_flops(problem)


TRACES = (
    Contender("NumPy, N × N matrices", plain, np.asarray, plain_flops, plain_bytes),
    Contender("NumPy, tiled Gram form", tiled, np.asarray, tiled_flops),
    Contender("NumPy, dense Hessian", dense_traces, np.asarray, dense_flops, dense_bytes),
    Contender(
        f"NumPy, {PRODUCTS} products", products, lambda _: None, lambda p: 21 * product_flops(p)
    ),
    Contender("eigsh on a NumPy product", largest, lambda _: None, lambda p: 21 * product_flops(p)),
    Contender(
        f"Hutchinson, {PROBES} NumPy products",
        hutchinson,
        np.asarray,
        lambda p: PROBES * product_flops(p),
        stochastic=True,
    ),
)
BATCH = (Contender("NumPy, batched Hessians", batched, np.asarray, batch_flops),)
GRADIENT = (Contender("NumPy", gradient),)
PRODUCT = (Contender("NumPy", product),)
HESSIAN = (Contender("NumPy, JᵀJ", hessian, np.asarray, dense_flops, dense_bytes),)
LARGEST = (
    Contender(
        "eigsh on a NumPy product",
        largest,
        lambda found: found[0],
        lambda p: 21 * product_flops(p),
    ),
)

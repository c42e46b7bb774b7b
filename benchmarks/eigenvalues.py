"""``extreme_eigenvalues`` against SciPy's ``eigsh``, on a hand-written NumPy product and on ours.

Both start from the same vector and have the same tolerance; times include the forward pass. Run on
one thread: OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1 python benchmarks/eigenvalues.py [number of
sizes]. Medians of interleaved runs; the largest size takes minutes.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, eigsh

import hessbound as hb

Array = NDArray[np.float64]
SIZES = [
    (200, 2, 3),
    (1000, 2, 10),
    (569, 30, 16),
    (2000, 64, 64),
    (60_000, 10, 16),
    (100_000, 20, 32),
    (1000, 784, 128),
    (5000, 784, 512),
]
TOLERANCE = 1e-8
LONG = 3.0  # seconds, beyond which one run must do
HEAD = """\
| N, d, m | P | end | eigsh, ms | on ours | products | ours, ms | method | products | certified |
|---|---|---|---|---|---|---|---|---|---|"""


class NumpyHessian:
    """The Hessian's products of a tanh network as one would write them by hand, vectorised."""

    def __init__(self, net: hb.Network, X: Array, y: Array) -> None:
        A, w = net.A, net.w
        self.X, self.m = X, net.n_hidden
        h = np.tanh(X @ A[:, 1:].T + A[:, 0])
        f1 = 1 - h * h
        yhat = 1 / (1 + np.exp(-w[0] - h @ w[1:]))
        e, self.p = (yhat - y)[:, None], yhat * (1 - yhat)
        self.h, self.g, self.ef1, self.ec = h, f1 * w[1:], e * f1, -2 * e * h * f1 * w[1:]

    def __call__(self, z: Array) -> Array:
        """Return H z."""
        z, m = z.ravel(), self.m
        z_A, z_0, z_b = z[: -m - 1].reshape(-1, m), z[-m - 1], z[-m:]
        T = self.X @ z_A[1:]
        T += z_A[0]
        pv = self.p * (self.h @ z_b + np.einsum("ik,ik->i", self.g, T) + z_0)
        R = self.ef1 * z_b
        R += self.ec * T
        R += pv[:, None] * self.g
        out_b = pv @ self.h + np.einsum("ik,ik->k", self.ef1, T)
        return np.concatenate([R.sum(axis=0), (self.X.T @ R).ravel(), [pv.sum()], out_b])


def by_eigsh(
    net: hb.Network, X: Array, y: Array, which: str, operator: Callable[..., Any]
) -> tuple[Array, int]:
    """Return what was asked for, and the number of products with what makes them."""
    P, product, count = net.n_parameters, operator(net, X, y), 0

    def counted(z: Array) -> Array:
        nonlocal count
        count += 1
        return np.asarray(product(z))

    start = np.random.default_rng(0).standard_normal(P)
    k, name = (2, "BE") if which == "both" else (1, "LA")
    H = LinearOperator((P, P), matvec=counted, dtype=np.float64)
    values = eigsh(H, k, which=name, v0=start, tol=TOLERANCE, return_eigenvectors=False)
    return np.sort(values), count


def compiled(net: hb.Network, X: Array, y: Array) -> Callable[[Array], Array]:
    """Return our products."""
    return hb.hessian_operator(net, X, y).matvec  # type: ignore[no-any-return]


def by_hessbound(net: hb.Network, X: Array, y: Array, which: str, certify: bool) -> Any:
    """Return the Eigenvalues."""
    return hb.extreme_eigenvalues(net, X, y, which=which, tolerance=TOLERANCE, certify=certify)


def drawn(N: int, d: int, m: int) -> tuple[hb.Network, Array, Array]:
    """Return a random tanh network and noisy samples of two classes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, d))
    y = (X.sum(axis=1) + rng.normal(size=N) > 0).astype(float)
    A, w = rng.normal(size=(m, d + 1)) / np.sqrt(d + 1), 2 * rng.normal(size=m + 1) / np.sqrt(m)
    return hb.Network(A, w, activation="tanh"), X, y


def medians(functions: list[Callable[[], Any]]) -> tuple[list[float], list[Any]]:
    """Time the functions in turn; return milliseconds and results."""
    times: list[list[float]] = [[] for _ in functions]
    while sum(map(sum, times)) < LONG and len(times[0]) < 25:
        results = []
        for function, own in zip(functions, times, strict=True):
            start = time.perf_counter()
            results.append(function())
            own.append(time.perf_counter() - start)
    return [1e3 * float(np.median(own)) for own in times], results


def main(count: int = len(SIZES)) -> None:
    """Print a table in Markdown."""
    warm_up = drawn(50, 2, 3)
    for method in ("dense", "lanczos"):
        hb.extreme_eigenvalues(*warm_up, method=method)
    print(HEAD)
    for size in SIZES[:count]:
        data = drawn(*size)
        for which in ("largest", "both"):
            (theirs, on_ours, plain, certified), results = medians(
                [
                    lambda data=data, which=which: by_eigsh(*data, which, NumpyHessian),
                    lambda data=data, which=which: by_eigsh(*data, which, compiled),
                    lambda data=data, which=which: by_hessbound(*data, which, False),
                    lambda data=data, which=which: by_hessbound(*data, which, True),
                ]
            )
            (values, products), _, ours, _ = results
            np.testing.assert_allclose(ours.largest[0], values[-1], rtol=10 * TOLERANCE)
            cells = (size, data[0].n_parameters, which, theirs, on_ours, products, plain)
            cells += (ours.method, ours.n_products, certified)
            print("|", " | ".join(map(_cell, cells)), "|", flush=True)


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

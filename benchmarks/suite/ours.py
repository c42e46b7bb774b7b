"""The contenders of this library."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse.linalg import eigsh

import hessbound as hb

from .problems import Contender, Problem

PRODUCTS = 21
"""The fewest Hessian-vector products with which eigsh can return an eigenvalue."""

TOLERANCE = 1e-6
"""Of every eigensolver; the error of an eigenvalue is about its square."""

BLOCK = 8


def arguments(problem: Problem) -> tuple[hb.Network, np.ndarray, np.ndarray]:
    """Return the network, X and y."""
    return problem.net, problem.X, problem.y


def moments(s: hb.Sharpness) -> np.ndarray:
    """Return tr H and tr H², (..., 2)."""
    return np.stack([s.trace, s.trace_squared], axis=-1)


def sharpness(problem: Problem) -> Callable[[], Any]:
    """Make one call, with everything in it."""
    net, X, y = arguments(problem)
    return lambda: hb.sharpness(net, X, y)


def sharpness_of_dataset(problem: Problem) -> Callable[[], Any]:
    """Check the samples, and compute their Gram matrix, before."""
    net, data = problem.net, hb.Dataset(problem.X, problem.y)
    return lambda: hb.sharpness(net, data)


def sharpness_of_batch(problem: Problem) -> Callable[[], Any]:
    """Take all networks in one call."""
    nets, (_, X, y) = problem.nets, arguments(problem)
    return lambda: hb.sharpness(nets, X, y)


def products(problem: Problem) -> Callable[[], Any]:
    """Make as many products as an eigensolver needs at least."""

    def call() -> None:
        operator = hb.hessian_operator(*arguments(problem))
        for _ in range(PRODUCTS):
            operator @ problem.z

    return call


def loss_and_gradient(problem: Problem) -> Callable[[], Any]:
    """Make one call."""
    net, X, y = arguments(problem)
    return lambda: hb.loss_and_gradient(net, X, y)


def product(problem: Problem) -> Callable[[], Any]:
    """Multiply; what does not depend on z is computed before."""
    operator, z = hb.hessian_operator(*arguments(problem)), problem.z
    return lambda: operator @ z


def block_of_products(problem: Problem) -> Callable[[], Any]:
    """Multiply several vectors at a time."""
    operator = hb.hessian_operator(*arguments(problem))
    Z = np.ascontiguousarray(np.tile(problem.z, (BLOCK, 1)).T)
    return lambda: operator @ Z


def hessian(problem: Problem) -> Callable[[], Any]:
    """Make one call."""
    net, X, y = arguments(problem)
    return lambda: hb.hessian(net, X, y)


def largest(problem: Problem) -> Callable[[], Any]:
    """Ask the library for the eigenvalue and the bounds around it."""
    net, X, y = arguments(problem)
    options: dict[str, Any] = {"which": "largest", "tolerance": TOLERANCE, "certify": True}
    return lambda: hb.extreme_eigenvalues(net, X, y, **options)


def largest_alone(problem: Problem) -> Callable[[], Any]:
    """Ask for the eigenvalue without bounds, which is what other eigensolvers return."""
    net, X, y = arguments(problem)
    options: dict[str, Any] = {"which": "largest", "tolerance": TOLERANCE, "certify": False}
    return lambda: hb.extreme_eigenvalues(net, X, y, **options)


def bound_and_slope(problem: Problem) -> Callable[[], Any]:
    """Take the upper bound with its gradient, of which the slope along z is compared."""
    (net, X, y), z = arguments(problem), problem.z

    def call() -> np.ndarray:
        value, gradient = hb.sharpness_gradient(net, X, y)
        return np.array([value, gradient @ z])

    return call


def eigsh_on_operator(problem: Problem) -> Callable[[], Any]:
    """Run eigsh on the library's operator."""

    def call() -> Any:
        operator = hb.hessian_operator(*arguments(problem))
        return eigsh(
            operator, 1, which="LA", tol=TOLERANCE, v0=problem.z, return_eigenvectors=False
        )

    return call


def direct_flops(problem: Problem) -> float:
    """Estimate the operations of a dense Hessian."""
    return float(problem.N) * problem.P**2


def hessian_bytes(problem: Problem) -> float:
    """Count a dense Hessian and its blocks."""
    return 12.0 * problem.P**2


def loss_then_gradient(result: tuple[float, np.ndarray]) -> np.ndarray:
    """Return both in one vector."""
    return np.concatenate([[result[0]], np.ravel(result[1])])


TRACES = (
    *(
        Contender(f"hessbound, {name}", sharpness, moments, ours=True, activation=name)
        for name in ("tanh", "sigmoid", "gelu")
    ),
    Contender("hessbound, Dataset", sharpness_of_dataset, moments, ours=True),
    Contender(f"hessbound, {PRODUCTS} products", products, lambda _: None, ours=True),
)
BATCH = tuple(
    Contender(f"hessbound, {name}", sharpness_of_batch, moments, ours=True, activation=name)
    for name in ("tanh", "sigmoid", "gelu")
)
GRADIENT = (Contender("hessbound", loss_and_gradient, loss_then_gradient, ours=True),)
PRODUCT = (
    Contender("hessbound", product, ours=True),
    Contender(
        f"hessbound, each of {BLOCK}", block_of_products, lambda Z: Z[:, -1], ours=True, count=BLOCK
    ),
)
BOUND = (Contender("hessbound", bound_and_slope, np.asarray, ours=True),)
HESSIAN = (Contender("hessbound", hessian, np.asarray, direct_flops, hessian_bytes, ours=True),)
LARGEST = (
    Contender("hessbound", largest, lambda result: result.largest[0], ours=True),
    Contender(
        "hessbound, no certificate", largest_alone, lambda result: result.largest[0], ours=True
    ),
    Contender(
        "eigsh on hessbound's operator", eigsh_on_operator, lambda found: found[0], ours=True
    ),
)

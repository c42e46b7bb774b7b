"""The contenders in JAX, compiled, in double precision."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .ours import loss_then_gradient
from .problems import Contender, Problem

MOST_PARAMETERS = 600
"""A Hessian by automatic differentiation takes P products; beyond this it is not tried."""


def _jax() -> Any:
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    return jax


def _loss(problem: Problem) -> tuple[Any, tuple[Any, Any, Any], Callable[..., Any]]:
    """Return jax, (θ, X, y) and the loss as a function of these.

    As arguments: what a compiled function closes over is folded into it, for a minute or more.
    """
    jax = _jax()
    jnp = jax.numpy
    given = tuple(map(jnp.asarray, (problem.net.theta, problem.X, problem.y)))
    m, cut = problem.m, problem.m * (problem.d + 1)

    def loss(theta: Any, X: Any, y: Any) -> Any:
        A, w = theta[:cut].reshape(-1, m).T, theta[cut:]
        v = w[0] + jnp.tanh(A[:, 0] + X @ A[:, 1:].T) @ w[1:]
        return (jnp.logaddexp(0.0, v) - y * v).sum()

    return jax, given, loss


def _moments(jax: Any, loss: Callable[..., Any]) -> Callable[..., Any]:
    def moments(theta: Any, X: Any, y: Any) -> Any:
        H = jax.hessian(loss)(theta, X, y)
        return jax.numpy.stack([jax.numpy.trace(H), (H * H).sum()])

    return moments


def traces(problem: Problem) -> Callable[[], Any]:
    """Take both traces from jax.hessian."""
    jax, given, loss = _loss(problem)
    moments = jax.jit(_moments(jax, loss))
    return lambda: moments(*given).block_until_ready()


def bound_and_slope(problem: Problem) -> Callable[[], Any]:
    """Differentiate the bound through jax.hessian."""
    jax, given, loss = _loss(problem)
    moments, P, z = _moments(jax, loss), problem.P, jax.numpy.asarray(problem.z)

    def bound(*arguments: Any) -> Any:
        trace, squared = moments(*arguments)
        mean = trace / P
        return mean + jax.numpy.sqrt((squared / P - mean**2) * (P - 1))

    @jax.jit
    def both(*arguments: Any) -> Any:
        value, gradient = jax.value_and_grad(bound)(*arguments)
        return jax.numpy.stack([value, gradient @ z])

    return lambda: both(*given).block_until_ready()


def batch(problem: Problem) -> Callable[[], Any]:
    """Map the same over all networks."""
    jax, (_, X, y), loss = _loss(problem)
    thetas = jax.numpy.asarray(problem.nets.theta)
    moments = jax.jit(jax.vmap(_moments(jax, loss), (0, None, None)))
    return lambda: moments(thetas, X, y).block_until_ready()


def gradient(problem: Problem) -> Callable[[], Any]:
    """Use jax.value_and_grad."""
    jax, given, loss = _loss(problem)
    both = jax.jit(jax.value_and_grad(loss))
    return lambda: jax.block_until_ready(both(*given))


def product(problem: Problem) -> Callable[[], Any]:
    """Differentiate forward over reverse."""
    jax, given, loss = _loss(problem)

    @jax.jit
    def times(z: Any, theta: Any, X: Any, y: Any) -> Any:
        return jax.jvp(lambda point: jax.grad(loss)(point, X, y), (theta,), (z,))[1]

    z = jax.numpy.asarray(problem.z)
    return lambda: times(z, *given).block_until_ready()


def hessian(problem: Problem) -> Callable[[], Any]:
    """Use jax.hessian."""
    jax, given, loss = _loss(problem)
    dense = jax.jit(jax.hessian(loss))
    return lambda: dense(*given).block_until_ready()


def hessian_flops(problem: Problem) -> float:
    """Count P products, more for what they do beside matrix products."""
    if problem.P > MOST_PARAMETERS:
        return np.inf
    return 8.0 * problem.batch * problem.P * problem.N * problem.m * (problem.d + 20)


def hessian_bytes(problem: Problem) -> float:
    """Count P copies of the hidden outputs, of each network."""
    return 32.0 * problem.batch * problem.P * problem.N * problem.m


NAME = "jax.hessian, jitted"
TRACES = (Contender(NAME, traces, np.asarray, hessian_flops, hessian_bytes),)
BOUND = (
    Contender(
        "jax.value_and_grad of the bound, jitted",
        bound_and_slope,
        np.asarray,
        lambda problem: 3 * hessian_flops(problem),
        lambda problem: 3 * hessian_bytes(problem),
    ),
)
BATCH = (Contender(f"{NAME}, vmap", batch, np.asarray, hessian_flops, hessian_bytes),)
GRADIENT = (Contender("jax.value_and_grad, jitted", gradient, loss_then_gradient),)
PRODUCT = (Contender("jax, jvp of grad, jitted", product),)
HESSIAN = (Contender(NAME, hessian, np.asarray, hessian_flops, hessian_bytes),)

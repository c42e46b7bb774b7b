"""The contenders in JAX, compiled, in double precision."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .ours import loss_then_gradient
from .problems import Contender, Problem

MOST_PARAMETERS = 600
"""jax.hessian makes P products; beyond this it takes long, and much memory."""


def _jax() -> Any:
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    return jax


def _loss(problem: Problem) -> tuple[Any, Any, Callable[..., Any]]:
    """Return jax, θ and the loss as a function of θ."""
    jax = _jax()
    jnp = jax.numpy
    X, y = jnp.asarray(problem.X), jnp.asarray(problem.y)
    m, cut = problem.m, problem.m * (problem.d + 1)

    def loss(theta: Any) -> Any:
        A, w = theta[:cut].reshape(-1, m).T, theta[cut:]
        v = w[0] + jnp.tanh(A[:, 0] + X @ A[:, 1:].T) @ w[1:]
        return (jnp.logaddexp(0.0, v) - y * v).sum()

    return jax, jnp.asarray(problem.net.theta), loss


def _moments(jax: Any, loss: Callable[..., Any]) -> Callable[..., Any]:
    def moments(theta: Any) -> Any:
        H = jax.hessian(loss)(theta)
        return jax.numpy.stack([jax.numpy.trace(H), (H * H).sum()])

    return moments


def traces(problem: Problem) -> Callable[[], Any]:
    """Take both traces from jax.hessian."""
    jax, theta, loss = _loss(problem)
    moments = jax.jit(_moments(jax, loss))
    return lambda: moments(theta).block_until_ready()


def batch(problem: Problem) -> Callable[[], Any]:
    """Map the same over all networks."""
    jax, _, loss = _loss(problem)
    thetas = jax.numpy.asarray(problem.nets.theta)
    moments = jax.jit(jax.vmap(_moments(jax, loss)))
    return lambda: moments(thetas).block_until_ready()


def gradient(problem: Problem) -> Callable[[], Any]:
    """Use jax.value_and_grad."""
    jax, theta, loss = _loss(problem)
    both = jax.jit(jax.value_and_grad(loss))
    return lambda: jax.block_until_ready(both(theta))


def product(problem: Problem) -> Callable[[], Any]:
    """Differentiate forward over reverse."""
    jax, theta, loss = _loss(problem)
    times = jax.jit(lambda z: jax.jvp(jax.grad(loss), (theta,), (z,))[1])
    z = jax.numpy.asarray(problem.z)
    return lambda: times(z).block_until_ready()


def hessian(problem: Problem) -> Callable[[], Any]:
    """Use jax.hessian."""
    jax, theta, loss = _loss(problem)
    dense = jax.jit(jax.hessian(loss))
    return lambda: dense(theta).block_until_ready()


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
BATCH = (Contender(f"{NAME}, vmap", batch, np.asarray, hessian_flops, hessian_bytes),)
GRADIENT = (Contender("jax.value_and_grad, jitted", gradient, loss_then_gradient),)
PRODUCT = (Contender("jax, jvp of grad, jitted", product),)
HESSIAN = (Contender(NAME, hessian, np.asarray, hessian_flops, hessian_bytes),)

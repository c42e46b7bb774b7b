"""Networks of any depth against JAX's automatic differentiation in float64, where it is installed.

To JAX a network is data: five hidden layers of three units, of which those that are not there hand
their inputs on, and twelve outputs, of which some do not count. So all networks share one
compilation. What has no place in ``net.theta`` is frozen, absent, or no part of the network.
"""

import itertools
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb

from .mlps import labels, layer_of_each
from .test_mlp_spectrum import penalty_of

jax = pytest.importorskip("jax")
jnp = jax.numpy

DEEPEST, WIDTH, OUTPUTS, N = 5, 3, 12, 4
HIDDEN = DEEPEST * WIDTH * (WIDTH + 1)
CLOSE = 1e-11

ACTIVATIONS = {
    "linear": lambda u: u,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "gelu": lambda u: jax.nn.gelu(u, approximate=False),
    "gelu_tanh": jax.nn.gelu,
    "mish": jax.nn.mish,
    "silu": jax.nn.silu,
}
LOSSES = {
    "softmax": lambda v, y, there: jax.nn.logsumexp(v, where=there) - jnp.sum(v * y, where=there),
    "cross_entropy": lambda v, y, there: jnp.sum(jax.nn.softplus(v) - v * y, where=there),
    "squared_error": lambda v, y, there: jnp.sum((v - y) ** 2, where=there) / 2,
    "poisson": lambda v, y, there: jnp.sum(jnp.exp(v) - v * y, where=there),
    "exponential": lambda v, y, there: jnp.sum(y * jnp.exp(-v) + (1 - y) * jnp.exp(v), where=there),
    "probit": lambda v, y, there: (
        -jnp.sum(
            y * jax.scipy.stats.norm.logcdf(v) + (1 - y) * jax.scipy.stats.norm.logcdf(-v),
            where=there,
        )
    ),
}


def test_everything_has_a_definition_in_jax():
    """What ships."""
    assert set(hb.activations()) <= set(ACTIVATIONS)
    assert set(hb.losses()) <= set(LOSSES)


def outputs(theta, x, kinds):
    """The twelve outputs; a layer of the kind −1 is not there."""
    layers = theta[:HIDDEN].reshape(DEEPEST, WIDTH, WIDTH + 1)

    def layer(h, own):
        both, kind = own
        z = both[:, :-1] @ h + both[:, -1]
        return jnp.where(kind < 0, h, jax.lax.switch(kind, list(ACTIVATIONS.values()), z)), None

    h, _ = jax.lax.scan(layer, x, (layers, kinds))
    last = theta[HIDDEN:].reshape(OUTPUTS, WIDTH + 1)
    return last[:, :-1] @ h + last[:, -1]


def of_outputs(v, y, K, kind):
    """The loss."""
    return jax.lax.switch(kind, list(LOSSES.values()), v, y, jnp.arange(OUTPUTS) < K)


@cache
def compiled():
    """Losses, gradients, Hessians and their Gauss-Newton parts of all samples, and ∇tr H."""
    jax.config.update("jax_enable_x64", True)

    def derivatives(theta, x, y, kinds, K, kind, chosen):
        def loss(theta):
            return of_outputs(outputs(theta, x, kinds), y, K, kind)

        def trace(theta):
            return jnp.vdot(chosen, jnp.diagonal(jax.hessian(loss)(theta)))

        v, J = outputs(theta, x, kinds), jax.jacobian(outputs)(theta, x, kinds)
        part = J.T @ jax.hessian(of_outputs)(v, y, K, kind) @ J
        return (
            *jax.value_and_grad(loss)(theta),
            jax.hessian(loss)(theta),
            part,
            jax.grad(trace)(theta),
        )

    samples = jax.vmap(derivatives, (None, 0, 0, None, None, None, None))
    return jax.jit(samples)


def spread(net):
    """Where θ is among the parameters that JAX has, these, and the kinds of the layers."""
    theta, places = np.zeros(HIDDEN + OUTPUTS * (WIDTH + 1)), {}
    numbers = np.arange(len(theta))
    layers = [*numbers[:HIDDEN].reshape(DEEPEST, WIDTH, WIDTH + 1)]
    layers[net.n_layers - 1 :] = [numbers[HIDDEN:].reshape(OUTPUTS, WIDTH + 1)]
    for n, (W, b) in enumerate(zip(net.weights, net.biases, strict=True)):
        places[f"W{n + 1}"] = layers[n][: W.shape[0], : W.shape[1]]
        theta[places[f"W{n + 1}"]] = W
        if b is not None:
            places[f"b{n + 1}"] = layers[n][: len(b), -1]
            theta[places[f"b{n + 1}"]] = b
    order = np.concatenate([places[name].ravel() for name in net.parameters])
    kinds = np.full(DEEPEST, -1)
    kinds[: net.n_layers - 1] = [list(ACTIVATIONS).index(f) for f in net.activations]
    return theta, order, kinds


def drawn(L, K):
    """A network, samples and options; every depth with every number of outputs."""
    rng = np.random.default_rng([L, K])
    number = 7 * L + K
    loss = list(LOSSES)[number % len(LOSSES)]
    if K == 1 and loss == "softmax":
        loss = "squared_error"
    sizes = (*rng.integers(1, WIDTH + 1, L + 1), K)
    weights = [rng.normal(size=(b, a)) / np.sqrt(a) for a, b in itertools.pairwise(sizes)]
    biases = [rng.normal(size=m) / 2 if rng.random() < 0.7 else None for m in sizes[1:]]
    names = [f"W{n}" for n in range(1, L + 2)]
    names += [f"b{n}" for n, b in enumerate(biases, start=1) if b is not None]
    net = hb.MLP(
        weights,
        biases,
        activation=rng.choice(list(ACTIVATIONS), L).tolist(),
        loss=loss,
        frozen=rng.choice(names, rng.integers(0, 3), replace=False).tolist(),
    )
    X, y = rng.normal(size=(N, sizes[0])), labels(loss, rng, N, K, bool(number % 2))
    omega, own = np.ones(N), {"reduction": ("sum", "mean")[number // 2 % 2]}
    if number % 3:
        own["sample_weight"] = omega = rng.uniform(size=N) * [1, 0, 1, 1]
    scale = omega / (omega.sum() if own["reduction"] == "mean" else 1.0)
    return net, (X, y), own, scale


def by_jax(net, X, y, scale):
    """What JAX says of each sample and, of ∇tr H, in total."""
    theta, order, kinds = spread(net)
    K, loss = net.n_outputs, list(LOSSES).index(net.loss)
    rows = np.eye(K)[y] if y.ndim == 1 else y
    x, t = np.zeros((N, WIDTH)), np.zeros((N, OUTPUTS))
    x[:, : net.n_inputs], t[:, :K] = X, rows
    chosen = np.zeros(len(theta))
    chosen[order] = 1.0
    found = compiled()(theta, x, t, kinds, K, loss, chosen)
    losses, g, H, part, moved = (
        np.asarray(a) * scale.reshape(-1, *[1] * (a.ndim - 1)) for a in found
    )
    block = np.ix_(range(N), order, order)
    return SimpleNamespace(
        losses=losses,
        g=g[:, order],
        H=H[block],
        part=part[block],
        moved=moved[:, order].sum(axis=0),
    )


def same(found, expected, size):
    """Compare, relative to the largest of what is added up."""
    assert np.shape(found) == np.shape(expected)
    assert_allclose(found, expected, rtol=0, atol=CLOSE * size)


@pytest.mark.parametrize("K", range(1, OUTPUTS + 1))
@pytest.mark.parametrize("L", range(1, DEEPEST + 1))
def test_against_jax(L, K):
    """Loss to eigenvalues, with a penalty for the most part; and what each sample adds."""
    net, data, own, scale = drawn(L, K)
    exact, layers = by_jax(net, *data, scale), np.eye(L + 1)[layer_of_each(net)]
    of_samples = np.abs(exact.losses).sum(), np.abs(exact.g).max()
    diagonals = np.diagonal(exact.H, axis1=1, axis2=2)
    terms = np.abs(np.diagonal(exact.part, axis1=1, axis2=2)).sum() + np.abs(diagonals).sum()
    each = own | {"per_sample": True}
    same(hb.loss(net, *data, **each), exact.losses, of_samples[0])
    same(hb.gradient(net, *data, **each), exact.g, of_samples[1])
    same(hb.hessian_diagonal(net, *data, **each), diagonals, terms)
    same(hb.trace(net, *data, **each), diagonals.sum(axis=1), terms)
    same(hb.trace(net, *data, per_layer=True, **each), (diagonals @ layers).T, terms)

    l2 = hb.L2([0.1 * n for n in range(L)], 0.3, biases=bool(K % 2)) if K % 3 else 0.0
    own, rho, theta = (
        own | {"l2": l2},
        penalty_of(net, hb.L2(0.0, 0.0) if l2 == 0 else l2),
        net.theta,
    )
    H, part = (x.sum(axis=0) + np.diag(rho) for x in (exact.H, exact.part))
    terms += rho.sum()
    value, slope = hb.loss_and_gradient(net, *data, **own)
    same(value, exact.losses.sum() + rho @ theta**2 / 2, of_samples[0] + value)
    same(slope, exact.g.sum(axis=0) + rho * theta, of_samples[1] + np.abs(slope).max())
    size = np.abs(part).max() + np.abs(H).max()
    same(hb.hessian(net, *data, **own), H, size)
    same(hb.hessian_diagonal(net, *data, **own), np.diag(H), size)
    z = np.random.default_rng(0).normal(size=len(H))
    for operator, matrix in ((hb.hessian_operator, H), (hb.gauss_newton_operator, part)):
        same(operator(net, *data, **own) @ z, matrix @ z, size * np.abs(z).sum())
    parts = np.array([np.diag(part), np.diag(H - part)])
    same(hb.trace(net, *data, **own), np.trace(H), terms)
    same(hb.trace(net, *data, per_part=True, **own), parts.sum(axis=1), terms)
    same(hb.trace(net, *data, per_part=True, per_layer=True, **own), parts @ layers, terms)
    value, moved = hb.trace_gradient(net, *data, **own)
    same(value, np.trace(H), terms)
    same(moved, exact.moved, np.abs(exact.moved).max() + terms)
    same(hb.trace_squared(net, *data, **own), np.sum(H * H), np.sum(H * H))
    values = np.linalg.eigvalsh(H)
    for method in ("dense", "lanczos"):
        found = hb.extreme_eigenvalues(net, *data, method=method, tolerance=1e-10, **own)
        same(found.largest, values[-1:], size)
        same(found.smallest, values[:1], size)

"""Each generated kernel agrees with references that share no formula with it."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb
from hessbound._kernels import load

from . import oracles
from .cases import CASES, DENSE, EPS, FD, SAME, Case
from .cases import problem as draw

ALGORITHMS = ("direct", "gram")


def traces(kernels, algorithm, p, tile):
    """Return tr H_AA, tr H_ww and tr H² by one algorithm, without scaling."""
    kernel = getattr(kernels, f"traces_{algorithm}")
    hidden, output, squared, exponent = kernel(*p.kernel_arguments, tile)
    return (
        np.ldexp(hidden, -exponent),
        np.ldexp(output, -exponent),
        np.ldexp(squared, -2 * exponent),
    )


def test_loss(problem, reference, activation):
    """The loss kernel sums Eq. (2)."""
    actual = load(activation).loss(*problem.kernel_arguments)
    assert_allclose(actual, reference.loss, rtol=DENSE, atol=0)


def test_gradient(problem, reference, activation):
    """The gradient kernel gives the first derivatives, in the order of θ."""
    actual = load(activation).gradient(*problem.kernel_arguments)
    scale = np.abs(reference.gradients).sum()
    assert_allclose(actual, reference.gradient, rtol=DENSE, atol=64 * EPS * scale)


def test_hessian(problem, reference, activation):
    """The dense Hessian has every second derivative, and is symmetric."""
    actual = load(activation).hessian(*problem.kernel_arguments, 16)
    atol = 64 * EPS * reference.hessian_scale.max()
    assert_allclose(actual, reference.hessian, rtol=DENSE, atol=atol)
    assert_allclose(actual, actual.T, rtol=SAME, atol=atol)


def test_hessian_vector(problem, reference, activation):
    """The Hessian-vector kernel agrees with the dense Hessian."""
    z = np.random.default_rng(0).normal(size=problem.net.n_parameters)
    actual = load(activation).hessian_vector(*problem.kernel_arguments, z)
    atol = 64 * EPS * (reference.hessian_scale @ np.abs(z)).max()
    assert_allclose(actual, reference.hessian @ z, rtol=DENSE, atol=atol)


def test_trace(problem, reference, activation):
    """The trace kernel gives tr H in its two blocks."""
    hidden, output, exponent = load(activation).trace(*problem.kernel_arguments)
    hidden_size = problem.net.A.size
    diagonal, scale = np.diag(reference.hessian), np.diag(reference.hessian_scale)
    atol = 64 * EPS * scale.sum()
    actual = np.ldexp([hidden, output], -exponent)
    expected = [diagonal[:hidden_size].sum(), diagonal[hidden_size:].sum()]
    assert_allclose(actual, expected, rtol=DENSE, atol=atol)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_trace_squared(problem, reference, activation, algorithm):
    """Both algorithms give tr H² of the dense Hessian, and the same tr H as the trace kernel."""
    kernels = load(activation)
    *blocks, squared = traces(kernels, algorithm, problem, tile=16)
    atol = 64 * EPS * (reference.hessian_scale**2).sum()
    assert_allclose(squared, (reference.hessian**2).sum(), rtol=DENSE, atol=atol)
    hidden, output, exponent = kernels.trace(*problem.kernel_arguments)
    atol = 64 * EPS * np.diag(reference.hessian_scale).sum()
    assert_allclose(blocks, np.ldexp([hidden, output], -exponent), rtol=SAME, atol=atol)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("tile", [1, 7, 64, 150, 1000])
def test_tile_is_only_about_memory(activation, algorithm, tile):
    """Any tile gives the same number: smaller and larger than N, and not dividing it."""
    p = draw(CASES[-1], activation)
    expected = traces(load(activation), algorithm, p, tile=32)
    assert_allclose(traces(load(activation), algorithm, p, tile), expected, rtol=SAME, atol=0)


@pytest.mark.parametrize("tile", [1, 7, 150, 1000])
def test_tile_of_the_hessian_is_only_about_memory(activation, tile):
    """The dense Hessian does not depend on its tile either."""
    p = draw(CASES[-1], activation)
    expected = load(activation).hessian(*p.kernel_arguments, 32)
    atol = 64 * EPS * np.abs(expected).max()
    actual = load(activation).hessian(*p.kernel_arguments, tile)
    assert_allclose(actual, expected, rtol=SAME, atol=atol)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(("N", "d", "m"), [(400, 5, 4), (90, 40, 12)])
def test_algorithms_at_larger_sizes(activation, algorithm, N, d, m):
    """Both algorithms agree with the dense kernel where several tiles and wide rows are at work."""
    p = draw(Case(f"larger {N}", N, d, m), activation)
    H = load(activation).hessian(*p.kernel_arguments, 64)
    actual = traces(load(activation), algorithm, p, tile=64)
    size = p.net.A.size
    expected = np.trace(H[:size, :size]), np.trace(H[size:, size:]), (H**2).sum()
    assert_allclose(actual, expected, rtol=DENSE, atol=0)


def test_exponent_scales_the_largest_scalar(activation):
    """The exponent brings the largest of |e| and p into [1/2, 1), so squares cannot underflow."""
    p = draw(CASES[0], activation)
    weight = p.weight * 1e-200
    arguments = (*p.kernel_arguments[:-1], weight)
    hidden, output, exponent = load(activation).trace(*arguments)
    u = p.Xb @ p.net.A.T
    h = load(activation).activation(u.ravel())[0].reshape(u.shape)
    _, e, prob = load(activation).cross_entropy(p.net.w[0] + h @ p.net.w[1:], p.y, weight)
    largest = max(np.abs(e).max(), prob.max())
    assert 0.5 <= np.ldexp(largest, exponent) < 1
    assert hidden != 0 or activation == "linear"
    assert output > 1e-3


def test_flop_counts(activation):
    """The derived counts are positive, and grow with N as the algorithms do."""
    kernels = load(activation)
    for count, growth in ((kernels.traces_direct_flops, 2), (kernels.traces_gram_flops, 4)):
        small, large = count(10**6, 3, 4), count(2 * 10**6, 3, 4)
        assert small > 0
        assert_allclose(large / small, growth, rtol=1e-3, atol=0)


def test_gradient_against_differences(activation):
    """The gradient agrees with central differences of the loss kernel itself."""
    p = draw(CASES[0], activation)

    def loss(theta):
        sizes = {"n_inputs": p.net.n_inputs, "n_hidden": p.net.n_hidden}
        return hb.loss(hb.Network.from_theta(theta, **sizes, activation=activation), p.X, p.y)

    expected = oracles.central_gradient(loss, p.net.theta)
    assert_allclose(hb.gradient(p.net, p.X, p.y), expected, rtol=FD, atol=1e-9)


@pytest.mark.parametrize("case", [CASES[1], Case("tiny", 2, 2, 2)], ids=lambda c: c.name)
def test_hessian_against_numerical_differentiation(activation, case):
    """The Hessian agrees with mpmath's differentiation of Eq. (1) at 40 digits, jets apart."""
    p = draw(case, activation)
    with mpmath.workdps(40):
        function = oracles.loss_function(p.net, p.X, p.y.tolist())
        expected = oracles.differentiated_twice(function, p.net.theta.tolist())
    actual = hb.hessian(p.net, p.X, p.y)
    assert_allclose(actual, expected, rtol=DENSE, atol=64 * EPS * np.abs(expected).max())


def test_hessian_against_torch(activation):
    """Where torch is installed, its automatic differentiation agrees."""
    torch = pytest.importorskip("torch")
    functions = {
        "linear": lambda u: u,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": torch.nn.functional.softplus,
        "gelu": torch.nn.functional.gelu,
    }
    if activation not in functions:
        pytest.skip(f"torch has no {activation}")
    p = draw(CASES[0], activation)
    Xb, y, m = torch.tensor(p.Xb), torch.tensor(p.y), p.net.n_hidden

    def loss(theta):
        A = theta[: p.net.A.size].reshape(-1, m).T
        w = theta[p.net.A.size :]
        v = w[0] + functions[activation](Xb @ A.T) @ w[1:]
        return torch.nn.functional.binary_cross_entropy_with_logits(v, y, reduction="sum")

    expected = torch.autograd.functional.hessian(loss, torch.tensor(p.net.theta)).numpy()
    actual = hb.hessian(p.net, p.X, p.y)
    assert_allclose(actual, expected, rtol=DENSE, atol=64 * EPS * np.abs(expected).max())


def test_hessian_against_jax(activation):
    """Where JAX is installed, its automatic differentiation agrees."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    functions = {
        "linear": lambda u: u,
        "sigmoid": jax.nn.sigmoid,
        "tanh": jax.numpy.tanh,
        "softplus": jax.nn.softplus,
        "gelu": lambda u: jax.nn.gelu(u, approximate=False),
    }
    if activation not in functions:
        pytest.skip(f"JAX has no {activation}")
    p = draw(CASES[0], activation)

    def loss(theta):
        A = theta[: p.net.A.size].reshape(-1, p.net.n_hidden).T
        w = theta[p.net.A.size :]
        v = w[0] + functions[activation](p.Xb @ A.T) @ w[1:]
        return (jax.nn.softplus(v) - p.y * v).sum()

    expected = np.asarray(jax.hessian(loss)(p.net.theta))
    actual = hb.hessian(p.net, p.X, p.y)
    assert_allclose(actual, expected, rtol=DENSE, atol=64 * EPS * np.abs(expected).max())

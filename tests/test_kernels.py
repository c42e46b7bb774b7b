"""Each generated kernel agrees with references that share no formula with it."""

from functools import partial

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb
from hessbound.engine._kernels import layout, load

from . import oracles, pointwise
from .cases import CASES, DENSE, EPS, FD, SAME, Case, assert_same
from .cases import problem as draw

WIDE = 64  # more samples at a time than most cases have


def direct(kernels, p, tile, start=0, stop=None):
    """Return the direct algorithm's tr H_AA, tr H_ww and tr H², and the largest |e| or p."""
    *samples, A, w = p.kernel_arguments
    edge = start, len(p.y) if stop is None else stop
    (sums,) = kernels.traces_direct(
        *samples, A[None], w[None], np.ones(1), *edge, tile, *space(p, tile)
    )
    return sums[:3], sums[3]


def summed(kernel, p, tile, start=0, stop=None):
    """Return what a kernel of several networks makes of this one, summed over the samples."""
    *samples, A, w = p.kernel_arguments
    edge = start, len(p.y) if stop is None else stop
    return [x[0] for x in kernel(*samples, A[None], w[None], len(p.y), *edge, tile)]


def space(p, tile, networks=1):
    """Allocate what the kernels of the blocks overwrite."""
    m, D = p.net.A.shape
    pairs, inputs, units = m * (m + 1) // 2, D * (D + 1) // 2, m * (m + 1)
    numbers = pairs * inputs + units * D + (m + 1) ** 2
    return np.full(networks * numbers, np.nan), np.full((pairs + inputs + units, tile), np.nan)


def gram(kernels, p, tile, K=None, step=1):
    """Return the same from Gram matrices, with tiles of that size."""
    N, m = len(p.y), p.net.n_hidden
    *samples, A, w = p.kernel_arguments
    rows = np.full((kernels.GRAM_ROWS, m, N + 24), np.nan)
    vectors = np.empty((kernels.GRAM_VECTORS, N))
    hidden, output, largest, left, right = kernels.gram_features(
        *samples, A, w, 1.0, 0, N, WIDE, rows, vectors
    )
    known = np.empty((0, 0)) if K is None else K
    pairs = p.samples[0], known, w, rows, vectors
    parts = [kernels.gram_pairs(*pairs, first, step, tile) for first in range(step)]
    return np.array([hidden, output, np.sum(parts, axis=0).sum() + (left * right).sum()]), largest


def dense(kernels, p, tile):
    """Return the dense Hessian, through its blocks."""
    *samples, A, w = p.kernel_arguments
    options = np.ones(1), 0, len(p.y), tile, *space(p, tile)
    AA, Aw, ww, _ = kernels.blocks(*samples, A[None], w[None], *options)
    H = np.full((p.net.n_parameters,) * 2, np.nan)
    for part in range(3):
        kernels.dense(AA[0], Aw[0], ww[0], H, part, 3)
    return H


ALGORITHMS = (direct, gram)


def test_loss(problem, reference, activation):
    """The loss kernel sums Eq. (2)."""
    (actual,) = summed(load(activation).loss, problem, WIDE)
    assert_allclose(actual, reference.loss, rtol=DENSE, atol=0)


def test_loss_and_gradient(problem, reference, activation):
    """The gradient kernel gives the loss and its first derivatives, in the order of θ."""
    value, actual = summed(load(activation).loss_gradient, problem, WIDE)
    scale = np.abs(reference.gradients).sum()
    assert_allclose(value, reference.loss, rtol=DENSE, atol=0)
    assert_allclose(actual, reference.gradient, rtol=DENSE, atol=64 * EPS * scale)


def test_hessian(problem, reference, activation):
    """The dense Hessian has every second derivative, and is symmetric."""
    actual = dense(load(activation), problem, 16)
    atol = 64 * EPS * reference.hessian_scale.max()
    assert_allclose(actual, reference.hessian, rtol=DENSE, atol=atol)
    assert_allclose(actual, actual.T, rtol=SAME, atol=atol)


@pytest.mark.parametrize("tile", [5, WIDE])
def test_hessian_vector(problem, reference, activation, tile):
    """The Hessian-vector kernel agrees with the dense Hessian, for several vectors at once."""
    Z = np.random.default_rng(0).normal(size=(3, problem.net.n_parameters))
    kernels, N, m = load(activation), len(problem.y), problem.net.n_hidden
    rows = np.empty((kernels.FEATURES, -(-N // tile), m, tile))
    vectors = np.empty((2, -(-N // tile), tile))
    XT, *_, w = problem.kernel_arguments
    kernels.features(*problem.kernel_arguments, 0, N, tile, rows, vectors)
    actual = kernels.hessian_vector(XT, w, rows, vectors, Z, 0, N, tile)
    atol = 64 * EPS * (reference.hessian_scale @ np.abs(Z.T)).max()
    assert_allclose(actual, Z @ reference.hessian, rtol=DENSE, atol=atol)


def test_trace(problem, reference, activation):
    """The trace kernel gives tr H in its two blocks."""
    actual = summed(load(activation).trace, problem, WIDE)
    hidden_size = problem.net.A.size
    diagonal, scale = np.diag(reference.hessian), np.diag(reference.hessian_scale)
    atol = 64 * EPS * scale.sum()
    expected = [diagonal[:hidden_size].sum(), diagonal[hidden_size:].sum()]
    assert_allclose(actual, expected, rtol=DENSE, atol=atol)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_trace_squared(problem, reference, activation, algorithm):
    """Both algorithms give tr H² of the dense Hessian, and the same tr H as the trace kernel."""
    kernels = load(activation)
    (*blocks, squared), _ = algorithm(kernels, problem, tile=16)
    atol = 64 * EPS * (reference.hessian_scale**2).sum()
    assert_allclose(squared, (reference.hessian**2).sum(), rtol=DENSE, atol=atol)
    expected = summed(kernels.trace, problem, WIDE)
    atol = 64 * EPS * np.diag(reference.hessian_scale).sum()
    assert_allclose(blocks, expected, rtol=SAME, atol=atol)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("tile", [1, 7, 64, 150, 1000])
def test_tile_is_only_about_memory(activation, algorithm, tile):
    """Any tile gives the same number: smaller and larger than N, and not dividing it."""
    p = draw(CASES[-1], activation)
    expected, _ = algorithm(load(activation), p, tile=32)
    assert_allclose(algorithm(load(activation), p, tile)[0], expected, rtol=SAME, atol=0)


@pytest.mark.parametrize("tile", [1, 7, 150, 1000])
def test_tile_of_the_other_kernels_is_only_about_memory(activation, tile):
    """The dense Hessian, the loss and the gradient do not depend on their tile either."""
    p, kernels = draw(CASES[-1], activation), load(activation)
    assert_same(dense(kernels, p, tile), dense(kernels, p, 32), rtol=SAME)
    for kernel in (kernels.loss, kernels.loss_gradient):
        for actual, expected in zip(summed(kernel, p, tile), summed(kernel, p, 32), strict=True):
            assert_same(actual, expected, rtol=SAME)


def test_parts_add_up(activation):
    """Kernels on parts of the samples, as threads call them, add up to the kernel on all."""
    p, kernels = draw(CASES[-1], activation), load(activation)
    edges = [(0, 64), (64, 128), (128, 150)]
    for kernel in (kernels.loss_gradient, kernels.trace):
        parts = [summed(kernel, p, 32, *edge) for edge in edges]
        expected = summed(kernel, p, 32)
        for values, total in zip(zip(*parts, strict=True), expected, strict=True):
            assert_same(sum(values), total, rtol=SAME)
    *samples, A, w = p.kernel_arguments
    parts = [
        kernels.blocks(*samples, A[None], w[None], np.ones(1), *edge, 32, *space(p, 32))[:3]
        for edge in edges
    ]
    sums = [np.sum(x, axis=0) for x in zip(*parts, strict=True)]
    assert_allclose(kernels.squares(*sums)[0], direct(kernels, p, 32)[0], rtol=SAME, atol=0)


def test_samples_apart_are_bitwise_sums_over_them(activation):
    """A row of so many samples each is the sum over these alone; the last may have fewer."""
    p, kernels = draw(CASES[-1], activation), load(activation)
    *samples, A, w = p.kernel_arguments
    N, each = len(p.y), 40
    for kernel in (kernels.loss_gradient, kernels.trace, kernels.hessian_diagonal):
        rows = kernel(*samples, A[None], w[None], each, 0, N, 32)
        for row, start in enumerate(range(0, N, each)):
            expected = summed(kernel, p, 32, start, min(N, start + each))
            for x, y in zip(rows, expected, strict=True):
                assert_array_equal(x[row], y)


def test_parts_of_the_pairs_are_bitwise_those_of_all(activation):
    """However many threads share the rows of tiles, each row's sum is the same to the last bit."""
    p, kernels = draw(CASES[-1], activation), load(activation)
    assert_array_equal(gram(kernels, p, 16, step=3)[0], gram(kernels, p, 16)[0])


def test_known_input_gram(activation):
    """The pairs take the Gram matrix of the inputs where it is known."""
    p, kernels = draw(CASES[-1], activation), load(activation)
    actual = gram(kernels, p, 16, K=p.Xb @ p.Xb.T)[0]
    assert_allclose(actual, gram(kernels, p, 16)[0], rtol=SAME, atol=0)


def test_batch_of_networks(activation):
    """Kernels take networks that share their samples, bit by bit as one by one."""
    p, kernels = draw(CASES[-1], activation), load(activation)
    rng = np.random.default_rng(0)
    A, w = rng.normal(size=(3, *p.net.A.shape)), rng.normal(size=(3, *p.net.w.shape))
    options = 0, len(p.y), 32
    actual = kernels.traces_direct(*p.samples, A, w, np.ones(3), *options, *space(p, 32, 3))
    for n in range(3):
        own = slice(n, n + 1)
        one = kernels.traces_direct(*p.samples, A[own], w[own], np.ones(1), *options, *space(p, 32))
        assert_array_equal(actual[own], one)
    for kernel in (kernels.loss, kernels.loss_gradient, kernels.trace):
        together = kernel(*p.samples, A, w, len(p.y), *options)
        for n in range(3):
            own = slice(n, n + 1)
            alone = kernel(*p.samples, A[own], w[own], len(p.y), *options)
            for x, y in zip(together, alone, strict=True):
                assert_array_equal(x[own], y)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    ("N", "d", "m"), [(400, 5, 4), (90, 40, 12), (61, 17, 1), (30, 15, 9), (33, 16, 8)]
)
def test_algorithms_at_larger_sizes(activation, algorithm, N, d, m):
    """Both algorithms agree with the dense kernel where several tiles and wide rows are at work."""
    p = draw(Case(f"larger {N}", N, d, m), activation)
    H = dense(load(activation), p, 64)
    actual, _ = algorithm(load(activation), p, tile=64)
    size = p.net.A.size
    expected = np.trace(H[:size, :size]), np.trace(H[size:, size:]), (H**2).sum()
    assert_allclose(actual, expected, rtol=DENSE, atol=0)


def test_scale(activation):
    """A scale multiplies traces, and tr H² by its square; the largest |e| or p is that before."""
    p, kernels = draw(CASES[-1], activation), load(activation)
    *samples, A, w = p.kernel_arguments
    plain, largest = direct(kernels, p, 32)
    options = np.array([0.25]), 0, len(p.y), 32, *space(p, 32)
    (scaled,) = kernels.traces_direct(*samples, A[None], w[None], *options)
    assert_array_equal(scaled[:3], plain * [0.25, 0.25, 0.0625])
    u = p.Xb @ p.net.A.T
    h = pointwise.activation(activation, u.ravel())[0].reshape(u.shape)
    _, e, prob = pointwise.cross_entropy(p.net.w[0] + h @ p.net.w[1:], p.y, p.weight)
    expected = max(np.abs(e).max(), prob.max())
    assert_allclose([largest, scaled[3]], expected, rtol=SAME, atol=0)


def test_padding(activation):
    """Kernels read no further beyond the samples than the runtime's layout goes."""
    assert load(activation).PAD == layout().PAD


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
        "gelu_tanh": partial(torch.nn.functional.gelu, approximate="tanh"),
        "mish": torch.nn.functional.mish,
        "silu": torch.nn.functional.silu,
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
        "gelu_tanh": jax.nn.gelu,
        "mish": jax.nn.mish,
        "silu": jax.nn.silu,
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

"""Bounds and gradients hold where tr H² underflows, whatever makes the Hessian tiny."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb
from hessbound.engine._plan import Plan

BOUNDS = ("largest_lower", "largest_upper", "smallest_lower", "smallest_upper")
TINY = {
    "e and p": (
        hb.Network([[0.3, 1.0, -0.5], [0.1, 0.2, 0.4]], [400.0, 1.0, -2.0], activation="tanh"),
        1.0,
    ),
    "f1 and f2": (hb.Network([[200.0, 0.0, 0.1]], [-800.0, 1.0], activation="tanh"), 1.0),
    "f1 and f2, smaller": (hb.Network([[330.0, 0.1, 0.0]], [-800.0, 1.0], activation="tanh"), 1.0),
    "all of them": (hb.Network([[120.0, 0.1, 0.0]], [-300.0, 1.0], activation="sigmoid"), 0.0),
    "weights of the output": (
        hb.Network([[0.3, 1.0, -0.5]], [0.1, 1e-170], activation="linear"),
        0.5,
    ),
}
X = np.array([[1.0, 2.0], [-1.0, 0.5], [0.3, 0.2]])


@pytest.fixture(params=TINY)
def tiny(request):
    """A network, and samples in which one kind of number is tiny."""
    net, label = TINY[request.param]
    return net, X, np.full(3, label)


@pytest.fixture(params=["direct", "gram"])
def _algorithm(request, monkeypatch):
    """Choose either algorithm."""
    plan = Plan(request.param, 3, 1.0)
    monkeypatch.setattr("hessbound.engine._problem.plan", lambda *sizes: plan)


def exactly(net, *samples, **options):
    """Return the eigenvalues as fractions of a power of two, and the power."""
    H = hb.hessian(net, *samples, **options)
    exponent = int(np.frexp(np.abs(H).max())[1])
    return np.linalg.eigvalsh(np.ldexp(H, -exponent)), exponent


@pytest.mark.usefixtures("_algorithm")
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_bounds_bracket_the_spectrum(tiny, reduction):
    """They are those of the scaled Hessian, scaled back: no mean in place of a bound."""
    exact, exponent = exactly(*tiny)
    exact = exact / (3 if reduction == "mean" else 1)
    P, mean, std = len(exact), exact.mean(), exact.std()
    s = hb.sharpness(*tiny, reduction=reduction)
    root = np.sqrt(P - 1)
    expected = [mean + std / root, mean + std * root, mean - std * root, mean - std / root]
    actual = [np.ldexp(getattr(s, name), -exponent) for name in BOUNDS]
    assert_allclose(actual, expected, rtol=1e-10, atol=1e-12)
    assert_allclose(np.ldexp(s.std, -exponent), std, rtol=1e-10)
    assert_allclose(np.ldexp(s.frobenius_norm, -exponent), np.linalg.norm(exact), rtol=1e-10)


def test_eigenvalues_within_their_bounds(tiny):
    """Lanczos finds them, and its certificate does not object."""
    exact, exponent = exactly(*tiny)
    for method in ("dense", "lanczos"):
        found = hb.extreme_eigenvalues(*tiny, method=method, certify=True)
        assert_allclose(np.ldexp(found.largest, -exponent), exact[-1:], rtol=1e-9, atol=1e-12)
        assert_allclose(np.ldexp(found.smallest, -exponent), exact[:1], rtol=1e-9, atol=1e-12)
        assert found.largest_lower <= found.largest[0] * (1 + 1e-11)
        assert found.largest[0] <= found.largest_upper * (1 + 1e-11)


@pytest.mark.usefixtures("_algorithm")
@pytest.mark.parametrize(
    "of", ["largest_upper", "smallest_lower", "std", "frobenius_norm", "trace"]
)
def test_gradients(tiny, of):
    """Against differences of the value, both relative to the value."""
    net, *samples = tiny
    value, gradient = hb.sharpness_gradient(*tiny, of=of)
    assert_allclose(value, getattr(hb.sharpness(*tiny), of), rtol=1e-12)
    step = 1e-4
    shifts = step * np.eye(net.n_parameters)
    several = [
        hb.sharpness(net.with_theta(net.theta + n * shifts), *samples) for n in (-2, -1, 1, 2)
    ]
    a, b, c, d = (np.asarray(getattr(s, of)) / value for s in several)
    differences = (a - 8 * b + 8 * c - d) / (12 * step)
    used = np.abs(net.theta) > 1e-100  # a step is no step for weights of 1e-170
    assert_allclose((gradient / value)[used], differences[used], rtol=1e-4, atol=1e-6)


def test_down_to_the_smallest_normal_number():
    """f′ falls by e⁻² for each unit of u; the bounds hold as long as the Hessian is a number."""
    for u in range(150, 354, 3):
        net = hb.Network([[float(u), 0.0]], [-800.0, 1.0], activation="tanh")
        exact, exponent = exactly(net, [[0.5]], [1.0])
        s = hb.sharpness(net, [[0.5]], [1.0])
        largest = np.ldexp(exact[-1], exponent)
        assert s.largest_lower * (1 - 1e-9) <= largest <= s.largest_upper * (1 + 1e-9)
        assert s.largest_upper < 1.1 * largest


def test_a_flat_loss_is_flat():
    """Where the Hessian is 0 all bounds are, and that takes no longer than to see it."""
    net = hb.Network([[0.0, 1.0]], [1e4, 0.0], activation="linear")
    s = hb.sharpness(net, [[1.0]], [1.0])
    assert [getattr(s, name) for name in BOUNDS] == [0.0] * 4


@pytest.mark.usefixtures("_algorithm")
@pytest.mark.parametrize(("v", "heavy"), [(-700.0, 1e9), (-400.0, 1e200)])
def test_e_and_p_are_scaled_and_not_the_weights(v, heavy):
    """Of a heavy sample with e = p = 0, ω overflows by what suits the other one."""
    net = hb.Network([[0.0, 1.0]], [-800.0, 1.0], activation="linear")
    samples, weights = ([[0.0], [800.0 + v]], [0.0, 0.0]), {"sample_weight": [heavy, 1.0]}
    assert np.log(heavy) - v > np.log(np.finfo(float).max)
    exact, exponent = exactly(net, *samples, **weights)
    s = hb.sharpness(net, *samples, **weights)
    mean, std, root = exact.mean(), exact.std(), np.sqrt(len(exact) - 1)
    bounds = [np.ldexp(getattr(s, name), -exponent) for name in BOUNDS]
    expected = [mean + std / root, mean + std * root, mean - std * root, mean - std / root]
    assert_allclose(bounds, expected, rtol=1e-10, atol=1e-12)
    value, gradient = hb.sharpness_gradient(net, *samples, **weights)
    assert value > 0
    assert np.isfinite(gradient).all()


def test_a_mean_of_tiny_weights():
    """Squares of e that underflow are missed before the division by (Σω)², not after it."""
    net, weight = hb.Network([[0.3, 1.0, -0.5]], [0.1, 0.7], activation="tanh"), 2.0**-180
    y, tiny = [1.0, 0.0, 1.0], hb.Network([[0.3, 1.0, -0.5]], [150.0, 0.7], activation="tanh")
    for one in (net, tiny):
        expected = hb.sharpness(one, X, y, reduction="mean")
        s = hb.sharpness(one, X, y, sample_weight=np.full(3, weight), reduction="mean")
        assert_allclose([getattr(s, x) for x in BOUNDS], [getattr(expected, x) for x in BOUNDS])

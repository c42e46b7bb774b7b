"""Gradient descent takes the steps that its formula says, and stops where it should."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb

from .cases import assert_same

ANY = hb.activations()[0]


def start(activation, batch=(3,)):
    rng = np.random.default_rng(0)
    return hb.Network(
        rng.normal(size=(*batch, 2, 4)), rng.normal(size=(*batch, 3)), activation=activation
    )


def samples():
    rng = np.random.default_rng(1)
    return rng.normal(size=(30, 3)), rng.integers(0, 2, 30), rng.uniform(0.5, 2.0, 30)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_steps(activation, reduction):
    """Seven steps are seven times the gradient away, with weights and either reduction."""
    X, y, weight = samples()
    options = {"sample_weight": weight, "reduction": reduction}
    net = start(activation)
    end = hb.gradient_descent(net, X, y, learning_rate=0.01, max_steps=7, **options)
    sizes = {"n_inputs": 3, "n_hidden": 2, "activation": activation}
    for _ in range(7):
        theta = net.theta - 0.01 * hb.gradient(net, X, y, **options)
        net = hb.Network.from_theta(theta, **sizes)
    assert_same(end.net.theta, net.theta, rtol=1e-12)
    norms = np.linalg.norm(hb.gradient(end.net, X, y, **options), axis=-1)
    assert_allclose(end.gradient_norm, norms, rtol=1e-12, atol=0)
    assert_array_equal(end.steps, 7)
    assert not end.converged.any()


def test_stops_at_the_first_short_gradient(activation):
    """The step before the last still had a gradient of at least the tolerance."""
    X, y, _ = samples()
    net = start(activation, ())
    options = {"learning_rate": 0.02, "tolerance": 0.5}
    end = hb.gradient_descent(net, X, y, max_steps=100_000, **options)
    assert end.converged
    assert end.gradient_norm < 0.5
    assert type(end.steps) is int
    before = hb.gradient_descent(net, X, y, max_steps=end.steps - 1, **options)
    assert not before.converged
    assert before.gradient_norm >= 0.5


def test_no_step_measures_the_gradient():
    """With max_steps = 0 the network stays what it is."""
    X, y, _ = samples()
    net = start(ANY)
    end = hb.gradient_descent(net, X, y, learning_rate=1.0, max_steps=0)
    assert end.net == net
    norms = np.linalg.norm(hb.gradient(net, X, y), axis=-1)
    assert_allclose(end.gradient_norm, norms, rtol=1e-12, atol=0)


def test_threads_change_nothing(monkeypatch):
    """Every network is followed by itself, so its bits do not depend on the others."""
    X, y, _ = samples()
    options = {"learning_rate": 0.02, "max_steps": 50}
    ends = []
    for threads in (1, 3):
        monkeypatch.setattr("hessbound.engine._threads.count", lambda flops, n=threads: n)
        ends.append(hb.gradient_descent(start(ANY, (4,)), X, y, **options).net)
    assert ends[0] == ends[1]


def test_inputs_that_are_always_zero_keep_their_weights():
    """With a Dataset, which leaves such inputs out, the result is the same."""
    X, y, weight = samples()
    X[:, 1] = 0.0
    options = {"learning_rate": 0.01, "max_steps": 5}
    expected = hb.gradient_descent(start(ANY), X, y, sample_weight=weight, **options)
    data = hb.Dataset(X, y, sample_weight=weight)
    actual = hb.gradient_descent(start(ANY), data, **options)
    assert_same(actual.net.theta, expected.net.theta, rtol=1e-12)
    assert_array_equal(actual.net.A[..., 2], start(ANY).A[..., 2])


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be finite and larger than 0"),
        ({"learning_rate": "1"}, TypeError, "learning_rate must be a number, got '1'"),
        ({"tolerance": -1.0}, ValueError, "tolerance must be finite and at least 0, got -1.0"),
        ({"max_steps": -1}, ValueError, "max_steps must be at least 0, got -1"),
        ({"max_steps": 1.5}, TypeError, "max_steps must be an integer, got 1.5"),
    ],
)
def test_errors(options, kind, text):
    """An option out of range is named."""
    X, y, _ = samples()
    with pytest.raises(kind) as caught:
        hb.gradient_descent(start(ANY), X, y, **({"learning_rate": 0.1, "max_steps": 1} | options))
    assert text in str(caught.value)


def test_overflow():
    """A learning rate that is far too large is an error as soon as it shows, no NaN."""
    X, y, _ = samples()
    net = hb.Network(np.full((1, 4), 1e3), [0.0, 1e3], activation="linear")
    with pytest.raises(ValueError, match="overflows"):
        hb.gradient_descent(net, X, y, learning_rate=1e300, max_steps=10**9)


def deep(rng, *sizes, **options):
    """Return a network of any depth, and as many samples as suit it."""
    weights = [rng.normal(size=(b, a)) for a, b in itertools.pairwise(sizes)]
    biases = [rng.normal(size=len(W)) for W in weights]
    return hb.MLP(weights, biases, **options), rng.normal(size=(20, sizes[0]))


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("l2", [0.0, hb.L2((0.1, 0.2), 0.3, biases=True)])
def test_steps_of_any_depth(reduction, l2):
    """Bit by bit those of a loop over the gradient; what is frozen stays."""
    rng = np.random.default_rng(0)
    net, X = deep(rng, 3, 4, 2, 3, activation=["tanh", "gelu"], frozen=["W2", "b3"])
    y, weight = rng.integers(0, 3, 20), rng.integers(0, 3, 20)
    options = {"sample_weight": weight, "reduction": reduction, "l2": l2}
    end = hb.gradient_descent(net, X, y, learning_rate=0.01, max_steps=5, **options)
    expected = net
    for _ in range(5):
        step = 0.01 * hb.gradient(expected, X, y, **options)
        expected = expected.with_theta(expected.theta - step)
    assert end.net == expected
    assert_array_equal(end.net.weights[1], net.weights[1])
    norm = np.linalg.norm(hb.gradient(expected, X, y, **options))
    assert_allclose(end.gradient_norm, norm, rtol=1e-14, atol=0)
    kinds = type(end.steps), type(end.gradient_norm), type(end.converged)
    assert kinds == (int, float, bool)
    assert (end.steps, end.converged) == (5, False)
    measured = hb.gradient_descent(net, X, y, learning_rate=1.0, max_steps=0, **options)
    assert measured.net == net


def test_an_mlp_goes_the_way_of_a_network():
    """Of one hidden layer, as many steps to as short a gradient at the same place."""
    X, y, weight = samples()
    net = start(ANY, ())
    W1, b1, w2, b2 = net.to_layers()
    same = hb.MLP([W1, w2[None]], [b1, [b2]], activation=ANY, loss="cross_entropy")
    options = {"learning_rate": 0.02, "tolerance": 0.5, "max_steps": 10**4, "sample_weight": weight}
    ends = [hb.gradient_descent(x, X, y, **options) for x in (same, net)]
    assert ends[0].converged
    assert ends[0].steps == ends[1].steps
    assert_allclose(ends[0].gradient_norm, ends[1].gradient_norm, rtol=1e-9, atol=0)
    assert_allclose(ends[0].net.weights[0], ends[1].net.to_layers().W1, rtol=1e-9, atol=0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rate", [1e300, 1e308])
def test_overflow_of_any_depth(rate):
    """It ends where it shows, in the same words, and without warnings."""
    rng = np.random.default_rng(0)
    net, X = deep(rng, 2, 2, 2, activation="linear", loss="squared_error")
    with pytest.raises(ValueError, match=r"a network on its way .* input; lower learning_rate, or"):
        hb.gradient_descent(net, X, 1e3 * X, learning_rate=rate, max_steps=10**9)

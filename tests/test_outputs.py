"""What a network computes agrees with the loss and with a plain forward pass."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb

ANY = hb.activations()[0]


def start(activation, batch=()):
    rng = np.random.default_rng(0)
    return hb.Network(
        rng.normal(size=(*batch, 2, 4)), rng.normal(size=(*batch, 3)), activation=activation
    )


def samples():
    rng = np.random.default_rng(1)
    return rng.normal(size=(30, 3)), rng.integers(0, 2, 30)


@pytest.mark.parametrize("batch", [(), (5,), (2, 3)])
def test_logits_give_the_loss(activation, batch):
    """The loss is Σ log(1 + e^v) − y v, for each network of a batch."""
    X, y = samples()
    net = start(activation, batch)
    v = hb.logits(net, X)
    assert v.shape == (*batch, 30)
    loss = np.sum(np.logaddexp(0.0, v) - y * v, axis=-1)
    assert_allclose(hb.loss(net, X, y), loss, rtol=1e-12, atol=1e-13)


def test_hidden_outputs_are_those_of_a_plain_forward_pass():
    """For tanh, h is tanh of the affine map, and v an affine map of h."""
    X, _ = samples()
    net = start("tanh", (4,))
    h = hb.hidden_outputs(net, X)
    for n in range(4):
        u = net.A[n, :, 0] + X @ net.A[n, :, 1:].T
        assert_allclose(h[n], np.tanh(u), rtol=1e-12, atol=1e-14)
        v = net.w[n, 0] + h[n] @ net.w[n, 1:]
        assert_allclose(hb.logits(net, X)[n], v, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("batch", [(), (2,)])
@pytest.mark.parametrize("depth", [None, 2, 1])
def test_of_a_dataset(batch, depth):
    """Rows are those of the samples that it holds; it must be for the network."""
    X, y = np.eye(3)[[0, 1, 1, 2]], [0, 1, 1, 0]  # two of them are one
    X[:, 2] = 0.0  # an input that is left out
    net = start(ANY, batch)
    if depth is not None:
        weights = [np.ones((*batch, 2, 3)), np.ones((*batch, depth, 2))]
        net = hb.MLP(weights, loss="softmax" if depth == 2 else hb.Dataset(X, y).loss)
    data = hb.Dataset(X, y, loss=net.loss, sample_weight=[1.0, 1.0, 1.0, 0.0])
    functions = [hb.logits, hb.hidden_outputs, type(net).predict_proba]
    functions += [] if depth is None else [hb.MLP.logits]
    for function in functions:
        assert_array_equal(function(net, data), function(net, X[:2]))
        with pytest.raises(ValueError, match=r"data must have n_inputs = net.n_inputs = 3, got 2"):
            function(net, hb.Dataset(X[:, :2], y, loss=net.loss))


@pytest.mark.parametrize(
    ("X", "text"),
    [
        (np.ones((3, 4)), "X must have shape (N, d) with d = net.n_inputs = 3, got (3, 4)"),
        (np.full((3, 3), np.nan), "X must be finite, got nan at index (0, 0)"),
    ],
)
def test_errors(X, text):
    """Bad inputs are refused as everywhere."""
    with pytest.raises(ValueError, match="X must") as caught:
        hb.logits(start(ANY), X)
    assert text in str(caught.value)


def test_overflow():
    """An output beyond float64 is an error, no infinity."""
    net = hb.Network([[0.0, 1e200]], [0.0, 1.0], activation="linear")
    with pytest.raises(ValueError, match="a hidden output overflows float64"):
        hb.logits(net, [[1e200]])
    with pytest.raises(TypeError, match=r"net must be a hessbound\.Network or MLP, got int"):
        hb.hidden_outputs(3, [[1.0]])

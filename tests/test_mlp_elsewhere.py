"""The same model elsewhere: ``Network`` of one hidden layer, one logit of two classes, R's nnet."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb

from .mlps import CLOSE, LOSSES, as_mlp, labels, network, same


@pytest.mark.parametrize("loss", LOSSES[1:])
def test_one_hidden_layer_and_one_output(activation, loss):
    """Every number is that of ``Network``."""
    rng = np.random.default_rng(1)
    A, w = rng.normal(size=(4, 4)) / 2, rng.normal(size=5) / 2
    net = hb.Network(A, w, activation=activation, loss=loss)
    X, y, weight = rng.normal(size=(40, 3)), labels(loss, rng, 40, 1, True), rng.uniform(size=40)
    mlp, order = as_mlp(net, loss)
    own = {"sample_weight": weight, "reduction": "mean"}
    ours, theirs = (mlp, X, y), (net, X, y[:, 0])
    same(hb.loss(*ours, per_sample=True), hb.loss(*theirs, per_sample=True))
    same(hb.gradient(*ours, **own), hb.gradient(*theirs, **own)[order])
    H = hb.hessian(*theirs, **own)
    size = np.abs(H).max()
    same(hb.hessian(*ours, **own), H[np.ix_(order, order)], size)
    same(hb.hessian_diagonal(*ours, **own), np.diag(H)[order], size)
    z = rng.normal(size=len(H))
    product = hb.gauss_newton_operator(*ours, **own) @ z
    back = np.empty_like(z)
    back[order] = z
    expected = hb.gauss_newton_operator(*theirs, **own) @ back
    same(product, expected[order])
    traces = hb.trace(*ours, per_sample=True, **own)
    same(traces, hb.trace(*theirs, per_sample=True, **own))
    assert_array_equal(hb.trace(mlp, X, y[:, 0], per_sample=True, **own), traces)


def test_gradient_of_trace_of_one_hidden_layer():
    """It is that of ``Network``, which is that of ``sharpness_gradient``."""
    rng = np.random.default_rng(6)
    net = hb.Network(rng.normal(size=(4, 4)), rng.normal(size=5), activation="tanh")
    X, y = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)
    value, gradient = hb.trace_gradient(net, X, y, reduction="mean", l2=0.1)
    again = hb.sharpness_gradient(net, X, y, of="trace", reduction="mean", l2=0.1)
    assert value == again[0]
    assert_array_equal(gradient, again[1])
    mlp, order = as_mlp(net)
    value, gradient = hb.trace_gradient(net, X, y)
    total, slopes = hb.trace_gradient(mlp, X, y)
    assert total == pytest.approx(value, rel=CLOSE)
    same(slopes, gradient[order])


def test_two_classes_are_one_logit():
    """Softmax of two outputs is cross-entropy of their difference."""
    rng = np.random.default_rng(2)
    net = network(rng, (3, 4, 3, 2))
    W, b = (x[1:] - x[:1] for x in (net.weights[-1], net.biases[-1]))
    layers = (*net.weights[:-1], W), (*net.biases[:-1], b)
    binary = hb.MLP(*layers, activation="tanh", loss="cross_entropy")
    X, y = rng.normal(size=(30, 3)), rng.integers(0, 2, 30)
    same(hb.loss(net, X, y), hb.loss(binary, X, y))
    hidden = slice(net.n_parameters - 8)
    same(hb.gradient(net, X, y)[hidden], hb.gradient(binary, X, y)[hidden])
    same(
        hb.trace(net, X, y, per_layer=True),
        hb.trace(binary, X, y, per_layer=True) * [1, 1, 2],  # the difference has slope −1 and 1
    )
    same(hb.hessian(net, X, y)[hidden, hidden], hb.hessian(binary, X, y)[hidden, hidden])


def nnet(name):
    """Return what R's nnet computes, with its order of θ as ours."""
    with np.load(Path(__file__).with_name("nnet.npz")) as file:
        X, y, weight, wts, H = (file[f"{name}/{part}"] for part in ("x", "y", "w", "wts", "H"))
    y = y.reshape(len(X), -1)
    (_, d), K = X.shape, y.shape[1]
    m = (len(wts) - K) // (d + 1 + K)
    first, second = np.split(np.arange(len(wts)), [m * (d + 1)])
    places = first.reshape(m, d + 1), second.reshape(K, m + 1)
    order = np.concatenate([x for p in places for x in (p[:, 1:].ravel(), p[:, 0])])
    weights, biases = zip(*((wts[p[:, 1:]], wts[p[:, 0]]) for p in places), strict=True)
    return (weights, biases), (X, y), weight, H[np.ix_(order, order)]


@pytest.mark.parametrize(
    ("name", "loss", "times"), [("iris3softmax", "softmax", 1), ("swisslinear", "squared_error", 2)]
)
def test_nnet(name, loss, times):
    """Softmax and linear outputs of R's nnet, whose squares have no half."""
    layers, data, weight, H = nnet(name)
    net = hb.MLP(*layers, activation="sigmoid", loss=loss)
    own, size = {"sample_weight": weight}, np.abs(H).max()
    assert_allclose(times * hb.hessian(net, *data, **own), H, rtol=0, atol=1e-12 * size)
    assert_allclose(times * hb.trace(net, *data, **own), np.trace(H), rtol=1e-11, atol=0)

"""Networks of any depth and number of outputs, against jets of the loss as it is defined.

The jets (``oracles``) know sums, products and elementary functions, and nothing of layers. Other
witnesses: ``Network`` where it is the same model, R's nnet, scikit-learn, and mpmath for digits.
"""

import copy
import itertools
import pickle
import re
import tracemalloc
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb
from hessbound.depth import _deep, _passes
from hessbound.engine import _threads

from . import oracles
from .cases import EPS

LOSSES = ("softmax", "cross_entropy", "squared_error", "poisson", "probit", "exponential")
CLOSE = 2e-12  # relative to the largest entry
N = 5


def labels(loss, rng, n, K, soft):
    """Labels that a loss takes."""
    if loss == "softmax":
        return rng.dirichlet(np.ones(K), n) if soft else rng.integers(0, K, n)
    if loss in {"squared_error", "poisson"}:
        return rng.poisson(2.0, (n, K)).astype(float)
    return rng.uniform(size=(n, K)) if soft else rng.integers(0, 2, (n, K)).astype(float)


def network(rng, sizes, activation="tanh", loss="softmax", no_bias=(), frozen=()):
    """Weights that leave units unsaturated."""
    weights = [rng.normal(size=(b, a)) / np.sqrt(a) for a, b in itertools.pairwise(sizes)]
    biases = [None if n in no_bias else rng.normal(size=len(W)) for n, W in enumerate(weights, 1)]
    if loss == "probit":  # whose definition loses digits for outputs of 4 and more
        weights[-1] /= 4
        biases[-1] = None if biases[-1] is None else biases[-1] / 4
    return hb.MLP(weights, biases, activation=activation, loss=loss, frozen=frozen)


def jets_of_outputs(net, X, theta=None):
    """Each output as a jet of all samples; θ is read in the order that is documented."""
    theta, start = oracles.Jet.variables(net.theta if theta is None else theta), 0
    h = list(X.T)
    for n, (W, b) in enumerate(zip(net.weights, net.biases, strict=True), start=1):
        rows, offsets = W, np.zeros(len(W)) if b is None else b
        if f"W{n}" not in net.frozen:
            rows = theta[np.arange(start, start + W.size).reshape(W.shape)]
            start += W.size
        if b is not None and f"b{n}" not in net.frozen:
            offsets = theta[np.arange(start, start + b.size)]
            start += b.size
        z = [sum(x * rows[k, j] for j, x in enumerate(h)) + offsets[k] for k in range(len(W))]
        if n < net.n_layers:
            f = oracles.definition(net.activations[n - 1])
            z = [f(u, oracles.FLOAT) if isinstance(u, oracles.Jet) else f(u, SCALARS) for u in z]
        h = z
    assert start == net.n_parameters
    zero = oracles.Jet(np.zeros(len(X)), np.zeros((1, start)), np.zeros((1, start, start)))
    return [v + zero for v in h]


SCALARS = SimpleNamespace(
    exp=np.exp, log=np.log, tanh=np.tanh, sqrt=np.sqrt, pi=np.pi, erf=oracles.erf
)
"""What a layer is made of whose parameters, and those below, are all frozen."""


def jet_of_loss(net, outputs, y):
    """The loss of each sample as a function of its outputs."""
    rows = np.eye(net.n_outputs)[y] if y.ndim == 1 else y
    if net.loss == "softmax":
        total = oracles.FLOAT.log(sum(oracles.FLOAT.exp(v) for v in outputs))
        return sum((total - v) * rows[:, k] for k, v in enumerate(outputs))
    of = oracles.LOSSES[net.loss]
    return sum(of(v, rows[:, k], oracles.FLOAT) for k, v in enumerate(outputs))


def gauss_newton(net, outputs, y):
    """Jᵀ ∂²ℓ/∂v² J of each sample, with ∂²ℓ/∂v² by jets in the outputs alone."""
    found = []
    for i in range(len(y)):
        jets = oracles.Jet.variables(np.array([v.v[i] for v in outputs]))
        one = [oracles.Jet(v.v[None], v.g[None], v.H[None]) for v in jets]
        S = jet_of_loss(net, one, y[i : i + 1]).H[0]
        J = np.array([np.broadcast_to(v.g, (len(y), v.g.shape[-1]))[i] for v in outputs])
        found.append(J.T @ S @ J)
    return np.array(found)


def case_of(number, loss, L):
    """Every loss at every depth; what else there is takes turns."""
    K, names = 1 + (number + number // 4) % 5, hb.activations()
    frozen = ((), ("W1",), ("W2", "b2"), (), (f"W{L + 1}",), ("b1",), ("W1", "b1"))[number % 7]
    no_bias = ((), (1,), (), (L + 1,), (2,))[number % 5]
    return {
        "sizes": (2, *(3, 2, 4, 2)[:L], max(K, 2) if loss == "softmax" else K),
        "loss": loss,
        "activation": tuple(names[(number + k) % len(names)] for k in range(L)),
        "soft": number % 2 == 1,
        "weighted": number % 3 != 0,
        "reduction": ("sum", "mean")[number // 2 % 2],
        "no_bias": tuple(n for n in no_bias if f"b{n}" not in frozen),
        "frozen": frozen,
    }


CASES = {
    f"{loss}-{L}": case_of(number, loss, L)
    for number, (loss, L) in enumerate(itertools.product(LOSSES, (1, 2, 3, 4)))
}
for f, L in itertools.product(hb.activations(), (2, 3)):
    CASES[f"{f}-{L}"] = {"sizes": (3, *(3, 2, 3)[:L], 3), "activation": f}
CASES["no biases"] = {"sizes": (3, 3, 2, 3), "no_bias": (1, 2, 3)}
CASES["one of everything"] = {"sizes": (1, 1, 1, 1), "loss": "cross_entropy"}
CASES["one layer left"] = {"sizes": (2, 3, 2, 3), "frozen": ("W1", "b1", "W3", "b3", "b2")}


@cache
def solved(name):
    """Return network, samples, options and what the jets say: losses, gradients, H and its part."""
    case = {"loss": "softmax", "activation": "tanh", "soft": False, "weighted": False} | CASES[name]
    rng = np.random.default_rng(sum(map(ord, name)))
    sizes, loss = case["sizes"], case["loss"]
    own = {key: case.get(key, ()) for key in ("no_bias", "frozen")}
    net = network(rng, sizes, case["activation"], loss, **own)
    X, y = rng.normal(size=(N, sizes[0])), labels(loss, rng, N, sizes[-1], case["soft"])
    weight = np.array([1.0, 0.0, 2.5, 0.3, 1.0]) if case["weighted"] else np.ones(N)
    options = {"reduction": case.get("reduction", "sum")}
    if case["weighted"]:
        options["sample_weight"] = weight
    scale = weight / (weight.sum() if options["reduction"] == "mean" else 1.0)
    outputs = jets_of_outputs(net, X)
    jet = jet_of_loss(net, outputs, y)
    parts = gauss_newton(net, outputs, y) * scale[:, None, None]
    exact = SimpleNamespace(
        v=np.array([v.v for v in outputs]).T,
        losses=jet.v * scale,
        gradients=jet.g * scale[:, None],
        hessians=jet.H * scale[:, None, None],
        gauss_newton=parts,
    )
    return net, (X, y), options, exact


@pytest.fixture(params=CASES)
def case(request):
    """Depths, losses, activations, weights, reductions, frozen layers and absent biases."""
    return solved(request.param)


def same(actual, expected, scale=None):
    """Compare, relative to the largest entry."""
    assert np.shape(actual) == np.shape(expected)
    scale = np.abs(expected).max() if scale is None else scale
    assert_allclose(actual, expected, rtol=0, atol=CLOSE * scale)


def layer_of_each(net):
    """The layer to which each parameter belongs, from 0 on."""
    return np.concatenate([np.full(x.size, int(p[1:]) - 1) for p, x in net.parameters.items()])


def test_loss_and_gradient(case):
    """The outputs, the loss and its gradient, in total and of each sample."""
    net, data, options, exact = case
    same(net.logits(data[0]), exact.v)
    same(hb.loss(net, *data, **options), exact.losses.sum())
    same(hb.loss(net, *data, per_sample=True, **options), exact.losses)
    same(hb.gradient(net, *data, **options), exact.gradients.sum(axis=0))
    same(hb.gradient(net, *data, per_sample=True, **options), exact.gradients)
    value, slope = hb.loss_and_gradient(net, *data, **options)
    assert value == pytest.approx(exact.losses.sum(), rel=CLOSE)
    assert_array_equal(slope, hb.gradient(net, *data, **options))


def test_hessian(case):
    """Its entries, products with it and with its Gauss-Newton part, and its diagonal."""
    net, data, options, exact = case
    H, part = exact.hessians.sum(axis=0), exact.gauss_newton.sum(axis=0)
    scale = np.abs(part).max() + np.abs(H - part).max()
    same(hb.hessian(net, *data, **options), H, scale)
    same(hb.hessian_diagonal(net, *data, **options), np.diag(H), scale)
    z = np.random.default_rng(0).normal(size=(net.n_parameters, 3))
    for operator, matrix in (
        (hb.hessian_operator, H),
        (hb.gauss_newton_operator, part),
    ):
        found = operator(net, *data, **options)
        assert found.shape == matrix.shape
        size = scale * np.abs(z).sum(axis=0).max()
        same(found @ z, matrix @ z, size)
        same(found.T @ z[:, 0], matrix @ z[:, 0], size)
        same(found.H @ z, matrix @ z, size)


def test_traces(case):
    """Of each layer and sample, in both parts; what is not divided is the sum."""
    net, data, options, exact = case
    layers = np.eye(net.n_layers)[layer_of_each(net)]
    diagonals = np.diagonal(exact.hessians, axis1=1, axis2=2)
    factor = np.diagonal(exact.gauss_newton, axis1=1, axis2=2)
    terms = (np.abs(factor) + np.abs(diagonals - factor)).sum()
    both = {"per_layer": True, "per_sample": True}
    found = hb.trace(net, *data, **both, **options)
    same(found, (diagonals @ layers).T, terms)
    total = hb.trace(net, *data, **options)
    assert isinstance(total, float)
    same(total, diagonals.sum(), terms)
    same(hb.trace(net, *data, per_layer=True, **options), found.sum(axis=1), terms)
    same(hb.trace(net, *data, per_sample=True, **options), found.sum(axis=0), terms)
    problem = _deep.DeepProblem.of(net, *data, options.get("sample_weight"), options["reduction"])
    parts = _deep.traces(problem, per_sample=True)
    same(parts[0], (factor @ layers).T, terms)
    same(parts[1], ((diagonals - factor) @ layers).T, terms)
    weight = options.get("sample_weight", np.ones(N))
    assert not found[:, weight == 0].any()


def test_gradient_of_trace(case):
    """Along any direction: jets at complex θ have no rounding error of a difference."""
    net, (X, y), options, exact = case
    value, gradient = hb.trace_gradient(net, X, y, **options)
    assert isinstance(value, float)
    terms = np.abs(exact.hessians).sum()
    same(value, hb.trace(net, X, y, **options), terms)
    assert gradient.shape == net.theta.shape
    weight = options.get("sample_weight", np.ones(N))
    scale = weight / (weight.sum() if options["reduction"] == "mean" else 1.0)
    direction, h = np.random.default_rng(0).normal(size=len(gradient)), 1e-30
    jet = jet_of_loss(net, jets_of_outputs(net, X, net.theta + 1j * h * direction), y)
    traces = np.trace(jet.H, axis1=1, axis2=2)
    moved = np.array((traces @ scale).imag / h)
    same(gradient @ direction, moved, np.abs(gradient * direction).sum() + terms)


@pytest.mark.parametrize("L", [1, 2, 3, 4])
def test_gradient_of_trace_by_differences(L):
    """It is what ``hb.trace`` changes by, of several blocks of samples; what is frozen stays."""
    rng = np.random.default_rng(L)
    frozen = ("W2", "b1")
    net = network(rng, (4, *(6, 5, 7, 4)[:L], 3), "gelu", "softmax", (L + 1,), frozen)
    n = _deep.TILES[1] + 30
    data, weight = (rng.normal(size=(n, 4)), rng.integers(0, 3, n)), rng.uniform(size=n)
    own = {"sample_weight": weight, "reduction": "mean"}
    value, gradient = hb.trace_gradient(net, *data, **own)
    assert value == pytest.approx(hb.trace(net, *data, **own), rel=CLOSE)
    penalised, again = hb.trace_gradient(net, *data, **own, l2=0.5)
    assert penalised == pytest.approx(hb.trace(net, *data, **own, l2=0.5), rel=CLOSE)
    assert_array_equal(again, gradient)  # the penalty's Hessian is constant
    direction = rng.normal(size=len(gradient))

    def change(h):
        ends = (net.with_theta(net.theta + x * direction) for x in (h, -h))
        high, low = (hb.trace(end, *data, **own) for end in ends)
        return (high - low) / (2 * h)

    found = (64 * change(2e-3) - 20 * change(4e-3) + change(8e-3)) / 45  # Richardson's, to h⁶
    assert_allclose(gradient @ direction, found, rtol=1e-8, atol=0)
    parts = slice(0, 200), slice(200, n)
    sums = [hb.trace_gradient(net, *(x[p] for x in data), sample_weight=weight[p]) for p in parts]
    same(sum(x for _, x in sums), weight.sum() * gradient)


# The same models elsewhere


def as_mlp(net, loss="cross_entropy"):
    """A network of one hidden layer as an MLP, and where its parameters are in the other θ."""
    W1, b1, w2, b2 = net.to_layers()
    m, d = W1.shape
    A = np.arange(m * (d + 1)).reshape(d + 1, m).T
    rest = m * (d + 1) + np.arange(m + 1)
    order = np.concatenate([A[:, 1:].ravel(), A[:, 0], rest[1:], rest[:1]])
    own = {"activation": net.activation, "loss": loss}
    return hb.MLP([W1, w2[None]], [b1, b2[None]], **own), order


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


# Digits


@pytest.mark.parametrize("gap", [1, 40, 700])
@pytest.mark.parametrize("label", [0, 1, 3])
def test_digits_of_softmax(gap, label):
    """Loss, slope, and ∂²ℓ/∂v² = QᵀQ have theirs whatever the gaps are, up to the rounding of v."""
    v = np.array([gap, 0.0, gap - 0.75, -0.5])[:, None]
    net = network(np.random.default_rng(0), (1, 1, 4))
    y = np.eye(4)[label][:, None]
    top = _passes.head(net, v, y, np.ones(1))
    with mpmath.workdps(700):
        x = [mpmath.exp(mpmath.mpf(float(t))) for t in v[:, 0]]
        total = sum(x)
        pi = [t / total for t in x]
        one = mpmath.mpf(1)
        S = [[p * ((one if r == c else 0) - q) for c, q in enumerate(pi)] for r, p in enumerate(pi)]
        slope = [float(p - (r == label)) for r, p in enumerate(pi)]
        loss, S = float(-mpmath.log(pi[label])), np.array([[float(s) for s in row] for row in S])
    tolerance = 4 * (gap + 8) * EPS
    assert_allclose(top.loss[0], loss, rtol=tolerance, atol=0)
    assert_allclose(top.g[:, 0], slope, rtol=tolerance, atol=0)
    Q = top.Q[:, :, 0]
    tiny = np.finfo(float).tiny / EPS
    assert_allclose(np.diag(Q @ Q.T), np.diag(S), rtol=tolerance, atol=tiny)
    size = np.sqrt(np.outer(np.diag(S), np.diag(S)))
    assert (np.abs(Q @ Q.T - S) <= tolerance * size + tiny).all()


def test_a_confident_network_keeps_its_trace():
    """Where all but one probability vanish in 1 − π, the trace has its digits."""
    net = hb.MLP([np.eye(2), [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]], activation="linear")
    x = np.array([200.0, 0.0])
    S = np.exp(-100.0) * np.array([[1.0, 0, -1], [0, 0, 0], [-1, 0, 1]])  # of the two that compete
    J = np.array([[1.0, 0], [0, 1], [0.5, 0.5]])
    expected = np.sum(x**2) * (np.trace(S) + np.trace(J.T @ S @ J))
    assert_allclose(hb.trace(net, [x], [0]), expected, rtol=1e-12, atol=0)


# Blocks of samples, threads


def test_samples_add_up():
    """The trace of any partition of the samples adds up, beyond one block of them."""
    rng = np.random.default_rng(3)
    net = network(rng, (3, 4, 3, 4, 3))
    n = 2 * _deep.TILES[1] + 77
    X, y, weight = rng.normal(size=(n, 3)), rng.integers(0, 3, n), rng.uniform(size=n)
    weight[1::9] = 0.0

    def of(own):
        return hb.trace(net, X[own], y[own], sample_weight=weight[own], per_layer=True)

    whole = of(slice(None))
    for cuts in ((100,), (5, _deep.TILES[1], n - 1), tuple(range(50, n, 50))):
        parts = [slice(a, b) for a, b in itertools.pairwise((0, *cuts, n))]
        same(sum(map(of, parts)), whole)
    shuffled = rng.permutation(n)
    same(of(shuffled), whole)
    rows = hb.trace(net, X, y, sample_weight=weight, per_layer=True, per_sample=True)
    assert rows.shape == (4, n)
    same(rows.sum(axis=1), whole)
    kept = weight > 0
    same(of(kept), whole)
    twice = hb.trace(net, X, y, sample_weight=2 * weight)
    assert_allclose(twice, 2 * whole.sum(), rtol=1e-12, atol=0)
    same(hb.gradient(net, X, y, per_sample=True).sum(axis=0), hb.gradient(net, X, y))
    H = hb.hessian(net, X, y)
    same(hb.hessian_diagonal(net, X, y), np.diag(H), np.abs(H).max())
    same(np.trace(H), hb.trace(net, X, y), np.abs(np.diag(H)).sum())


def test_threads():
    """One and two agree; the same number gives the same bits."""
    rng = np.random.default_rng(4)
    net = network(rng, (64, 48, 32, 10))
    X, y = rng.normal(size=(6000, 64)), rng.integers(0, 10, 6000)
    z = rng.normal(size=net.n_parameters)

    def everything(threads):
        hb.set_threads(threads)
        try:
            return (
                *hb.loss_and_gradient(net, X, y),
                *hb.trace_gradient(net, X, y),
                hb.trace(net, X, y),
                hb.hessian_diagonal(net, X, y),
                hb.hessian_operator(net, X, y) @ z,
            )
        finally:
            hb.set_threads(None)

    one, two = everything(1), everything(2)
    for a, b, again in zip(one, two, everything(2), strict=True):
        same(b, a)
        assert_array_equal(again, b)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "function", [hb.loss, hb.gradient, hb.trace, hb.trace_gradient, hb.hessian_diagonal]
)
def test_memory_is_that_of_a_block(function, threads, monkeypatch):
    """Ten times the samples take no more of it."""
    monkeypatch.setattr(_deep, "TILES", (8, 8))
    monkeypatch.setattr(_threads, "WORTHWHILE", 0.0)
    rng = np.random.default_rng(4)
    net = network(rng, (400, 30, 20, 3))
    X, y = rng.normal(size=(800, 400)), rng.integers(0, 3, 800)

    def peak(n):
        tracemalloc.start()
        try:
            function(net, X[:n], y[:n])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    hb.set_threads(threads)
    try:
        peak(8)
        assert peak(800) < peak(80) + 8 * net.n_parameters * (8 * threads)
    finally:
        hb.set_threads(None)


def test_blas_has_its_threads_back():
    """Calls of ours that overlap leave the process as the first one found it."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    if not threadpoolctl.ThreadpoolController().select(user_api="blas").info():
        pytest.skip("a BLAS that threadpoolctl does not know")

    def number():
        return {
            x["num_threads"] for x in threadpoolctl.threadpool_info() if "blas" in x["user_api"]
        }

    with threadpoolctl.threadpool_limits(2, "blas"):
        before = number()
        first, second = _threads.one_blas_thread(), _threads.one_blas_thread()
        with ExitStack() as later:
            with first:
                later.enter_context(second)
                assert number() == {1}
            assert number() == {1}
        assert number() == before


def test_samples_without_weight_do_not_overflow():
    """They are not there, whatever is in them."""
    rng = np.random.default_rng(4)
    net = network(rng, (2, 3, 3), "gelu")
    X, y, weight = rng.normal(size=(6, 2)), rng.integers(0, 3, 6), np.array([0.0, 1, 2, 0, 1, 1])
    wild = np.where(weight[:, None] > 0, X, 1e300)
    for function in (hb.loss, hb.trace, hb.hessian_diagonal, hb.trace_squared):
        expected = function(net, X, y, sample_weight=weight)
        same(function(net, wild, y, sample_weight=weight), expected)
    expected = hb.trace_gradient(net, X, y, sample_weight=weight)[1]
    same(hb.trace_gradient(net, wild, y, sample_weight=weight)[1], expected)
    rows = hb.trace(net, wild, y, sample_weight=weight, per_sample=True)
    assert_array_equal(rows == 0, weight == 0)


def test_overflow_is_an_error():
    """It is named, and never returned."""
    net = hb.MLP([[[1e200]], [[1e200]]], loss="squared_error", activation="linear")
    one, many = (hb.loss, hb.gradient, hb.trace), (hb.hessian_diagonal, hb.hessian)
    squares = hb.trace_squared, hb.sharpness, hb.extreme_eigenvalues
    for function in (*one, *many, *squares, hb.trace_gradient):
        with pytest.raises(ValueError, match="overflows float64 for this net and data"):
            function(net, [[1e200]], [[0.0]])


# Networks of other libraries


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("activation", ["tanh", "logistic", "identity"])
def test_classifier_of_sklearn(activation, classes):
    """Two hidden layers: probabilities, and the loss that was minimised."""
    neural = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(5)
    X = rng.normal(size=(90, 3))
    y = np.array(["a", "b", "c"])[(X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5) * (classes == 3)]
    clf = neural.MLPClassifier((4, 3), activation=activation, alpha=0.0, solver="lbfgs")
    clf.set_params(max_iter=5000, max_fun=50000, random_state=0, tol=1e-2).fit(X, y)
    net = hb.MLP.from_sklearn(clf)
    assert net.sizes == (3, 4, 3, classes if classes > 2 else 1)
    assert net.loss == ("softmax" if classes > 2 else "cross_entropy")
    assert_allclose(net.predict_proba(X), clf.predict_proba(X), rtol=1e-9, atol=1e-15)
    own = np.searchsorted(clf.classes_, y)
    assert_allclose(hb.loss(net, X, own, reduction="mean"), clf.loss_, rtol=1e-9, atol=1e-12)
    assert np.abs(hb.gradient(net, X, own, reduction="mean")).max() < 0.2


def test_several_labels_of_sklearn():
    """Each has a probability of its own."""
    neural = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(30, 3)), rng.integers(0, 2, (30, 4))
    clf = neural.MLPClassifier((4, 3), activation="tanh", solver="lbfgs", tol=1e-1).fit(X, y)
    net = hb.MLP.from_sklearn(clf)
    assert (net.loss, net.n_outputs) == ("cross_entropy", 4)
    assert_allclose(net.predict_proba(X), clf.predict_proba(X), rtol=1e-9, atol=1e-15)


def test_tiny_probabilities():
    """They have their digits, and a loss without any says so."""
    weights = [[[1.0]], [[0.0], [1.0], [-1.0]]]
    net = hb.MLP(weights, activation="linear")
    expected = np.exp([-100.0, 0.0, -200.0])
    assert_allclose(net.predict_proba([[100.0]])[0], expected, rtol=1e-13, atol=0)
    assert message(ValueError, hb.MLP(weights, loss="poisson").predict_proba, [[1.0]]) == (
        "the loss 'poisson' gives no probabilities of two classes; see logits"
    )


def test_regressor_of_sklearn():
    """Two targets, of which scikit-learn takes the mean and we the sum."""
    neural = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(6)
    X, y = rng.normal(size=(50, 3)), rng.normal(size=(50, 2))
    model = neural.MLPRegressor(hidden_layer_sizes=(4, 3, 2), activation="tanh", alpha=0.1)
    model.set_params(solver="lbfgs", tol=1e-2, max_iter=5000, random_state=0).fit(X, y)
    net = hb.MLP.from_sklearn(model)
    assert (net.loss, net.n_outputs) == ("squared_error", 2)
    assert_allclose(net.logits(X), model.predict(X), rtol=1e-9, atol=1e-12)
    penalty = 0.1 / 2 / len(X) * sum(np.sum(W**2) for W in net.weights)
    value = hb.loss(net, X, y, reduction="mean") / 2 + penalty
    assert_allclose(value, model.loss_, rtol=1e-9, atol=0)


def test_sklearn_names_features():
    """Names come with a model, and tables are compared with them."""
    pd, neural = pytest.importorskip("pandas"), pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(7)
    X = pd.DataFrame(rng.normal(size=(30, 2)), columns=["age", "size"])
    y = np.arange(30) % 3
    clf = neural.MLPClassifier((2, 2), activation="tanh", solver="lbfgs", tol=1e-1).fit(X, y)
    net = hb.MLP.from_sklearn(clf)
    assert net.feature_names == ("age", "size")
    assert_array_equal(hb.loss(net, X, y), hb.loss(net, X.to_numpy(), y))
    with pytest.raises(ValueError, match=r"X must have the features of net"):
        hb.loss(net, X[["size", "age"]], y)


class Tensor:
    """What a parameter of torch can do."""

    def __init__(self, values):
        self.values = np.asarray(values)

    is_meta = False

    detach = cpu = is_floating_point = lambda self: self

    def double(self):
        return Tensor(self.values.astype(float))

    def numpy(self):
        return self.values


def torch_class(name, *bases, **attributes):
    """A stand-in for a class of torch.nn."""
    own = {"__module__": "torch.nn.modules", "__repr__": lambda self: f"{name}()"}
    return type(name, bases or (object,), own | attributes)


def linear(W, b=None):
    own = {"weight": Tensor(W), "bias": None if b is None else Tensor(b)}
    return torch_class("Linear", **own)()


def sequential(*layers):
    return torch_class("Sequential", list)(layers)


def test_torch():
    """Linear layers and smooth activations; what evaluation leaves out is passed over."""
    rng = np.random.default_rng(8)
    shapes = [(3, 4), (5, 3), (2, 5), (3, 2), (3, 3), (2, 3)]
    W = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    b = rng.normal(size=3)
    tanh, flat, drop = (torch_class(x)() for x in ("Tanh", "Flatten", "Dropout"))
    gelu = torch_class("GELU", approximate="none")()
    other, plus = (
        torch_class("GELU", approximate="tanh")(),
        torch_class("Softplus", beta=1, threshold=20)(),
    )
    layers = [flat, linear(W[0], b), tanh, drop, linear(W[1]), gelu, linear(W[2]), linear(W[3])]
    module = sequential(*layers, other, linear(W[4]), plus, linear(W[5]))
    net = hb.MLP.from_torch(module)
    expected = ("tanh", "gelu", "linear", "gelu_tanh", "softplus")
    assert net == hb.MLP(W, [b, None, None, None, None, None], activation=expected)
    assert net.activations == expected
    assert hb.MLP.from_torch(module, loss="poisson").loss == "poisson"
    for name, ours in {"Sigmoid": "sigmoid", "SiLU": "silu", "Mish": "mish"}.items():
        module = sequential(linear(W[0]), torch_class(name)(), linear(W[1]))
        assert hb.MLP.from_torch(module).activation == ours


KNOWN = (
    "module must be made of torch's Linear, Tanh, Sigmoid, SiLU, Mish, GELU, Softplus with beta=1 "
    "and threshold>=20, Flatten, Dropout, Identity"
)
TORCH = {
    "no sequential": (
        TypeError,
        linear(np.eye(2)),
        "module must be a torch.nn.Sequential, got Linear",
    ),
    "a list": (TypeError, [], "module must be a torch.nn.Sequential, got list"),
    "relu": (
        ValueError,
        sequential(linear(np.eye(2)), torch_class("ReLU")(), linear(np.eye(2))),
        f"{KNOWN}, got ReLU(); 'ReLU' is not smooth at u = 0: f″ does not exist there, and the "
        "Hessian misses the bend",
    ),
    "steep softplus": (
        ValueError,
        sequential(
            linear(np.eye(2)), torch_class("Softplus", beta=2, threshold=20)(), linear(np.eye(2))
        ),
        f"{KNOWN}, got Softplus()",
    ),
    "activation first": (
        ValueError,
        sequential(torch_class("Tanh")(), linear(np.eye(2))),
        "module must have a Linear before each activation, got Tanh()",
    ),
    "activation last": (
        ValueError,
        sequential(linear(np.eye(2)), torch_class("Tanh")()),
        "module must end with a Linear: the loss takes its outputs, and no activation",
    ),
    "nothing": (
        ValueError,
        sequential(),
        "module must end with a Linear: the loss takes its outputs, and no activation",
    ),
}


@pytest.mark.parametrize("bad", TORCH)
def test_torch_refused(bad):
    """What it is, and what there may be."""
    error, module, expected = TORCH[bad]
    assert message(error, hb.MLP.from_torch, module) == expected


# The class


NETS = {
    "all": network(np.random.default_rng(9), (3, 2, 4, 3), frozen=("b2", "W1"), no_bias=(3,)),
    "activations": network(
        np.random.default_rng(9), (3, 2, 4, 1), ("tanh", "gelu"), loss="cross_entropy"
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_copies(name, tmp_path):
    """Files, pickles, copies and other parameters keep everything, and cannot be written to."""
    net = NETS[name]
    net.save(tmp_path / "net.mlp")
    copies = [hb.MLP.load(tmp_path / "net.mlp"), pickle.loads(pickle.dumps(net))]
    for other in (*copies, copy.deepcopy(net), net.with_theta(net.theta)):
        assert other == net
        assert repr(other) == repr(net)
        with pytest.raises(ValueError, match="read-only"):
            other.weights[0][0, 0] = 1.0
        with pytest.raises(AttributeError):
            other.loss = "poisson"
    moved = net.with_theta(net.theta + 1)
    assert moved != net
    assert_array_equal(moved.theta, net.theta + 1)
    for fixed in net.frozen:
        n = int(fixed[1:]) - 1
        own = "weights" if fixed[0] == "W" else "biases"
        assert_array_equal(getattr(moved, own)[n], getattr(net, own)[n])


def test_names_of_features_are_kept(tmp_path):
    """In files, too."""
    net = hb.MLP([np.eye(2), np.eye(2)], feature_names=["a", "b"])
    net.save(tmp_path / "net.npz")
    assert hb.MLP.load(tmp_path / "net.npz").feature_names == ("a", "b")
    assert net != hb.MLP([np.eye(2), np.eye(2)])


def test_what_differs_is_not_equal():
    """Numbers, biases, activations, losses, and what is frozen."""
    own = {"weights": [np.eye(2), np.eye(2)], "biases": None, "activation": "tanh"}
    net = hb.MLP(**own)
    assert net == hb.MLP(**own)
    assert net != 3
    for changed in (
        {"weights": [np.eye(2), 2 * np.eye(2)]},
        {"weights": [np.ones((3, 2)), np.ones((2, 3))]},
        {"biases": [[0, 0], None]},
        {"activation": ["tanh", "gelu"][1]},
        {"loss": "cross_entropy"},
        {"frozen": "W1"},
    ):
        assert net != hb.MLP(**(own | changed))


def test_order_of_parameters():
    """W1 row by row, b1, W2, b2, … without what is frozen."""
    weights, biases = [[[1.0, 2], [3, 4]], [[7.0, 8]]], [[5.0, 6], [9.0]]
    own = {"loss": "squared_error", "activation": "linear"}
    net = hb.MLP(weights, biases, **own)
    assert_array_equal(net.theta, np.arange(1, 10))
    assert list(net.parameters) == ["W1", "b1", "W2", "b2"]
    assert_array_equal(hb.MLP(weights, biases, frozen=["b1"], **own).theta, [1, 2, 3, 4, 7, 8, 9])
    assert (net.sizes, net.n_layers, net.n_outputs, net.batch_shape) == ((2, 2, 1), 2, 1, ())
    assert net.activations == ("linear",)
    assert hb.MLP(weights, biases, frozen="W1", **own).frozen == ("W1",)
    assert hb.MLP(weights, biases, frozen={"b1", "W1"}, **own).frozen == ("W1", "b1")
    with pytest.raises(TypeError):
        net.parameters["W1"] = np.ones((2, 2))
    named = hb.MLP(weights, loss=np.str_("poisson"), activation=np.array(["tanh"]))
    assert repr(named).endswith("activation='tanh', loss='poisson', n_parameters=6)")


# Bad input


def message(error, call, *args, **options):
    """Return the message with which a call is refused."""
    with pytest.raises(error) as info:
        call(*args, **options)
    assert info.value.__cause__ is None
    return str(info.value)


RULE = "must hold real numbers (float64, float32, integers or bools)"
NAN = np.array([[1.0, np.nan], [0.0, 1.0]])
EYE = np.eye(2)
BAD_NETWORKS = {
    "weights are a number": ({"weights": 3}, "weights must be a sequence of matrices, got int"),
    "weights are text": ({"weights": "W"}, "weights must be a sequence of matrices, got str"),
    "weights are named": (
        {"weights": {"W1": EYE}},
        "weights must be a sequence of matrices, got dict",
    ),
    "no weights": (
        {"weights": []},
        "weights must have a matrix for each of at least 2 layers, got 0",
    ),
    "no hidden layer": (
        {"weights": [EYE]},
        "weights must have a matrix for each of at least 2 layers, got 1",
    ),
    "too many layers": (
        {"weights": [EYE] * 100},
        "weights must have a matrix for each of at most 99 layers, got 100",
    ),
    "weights have no order": (
        {"weights": {1.0, 2.0}},
        "weights must be a sequence of matrices, got set",
    ),
    "activations have no order": (
        {"activation": {"tanh"}},
        "activation must be a sequence of names, or one name, got set",
    ),
    "an activation of scikit-learn": (
        {"activation": "logistic"},
        f"activation must be one of {', '.join(map(repr, hb.activations()))}, got 'logistic'; "
        "did you mean 'sigmoid'?",
    ),
    "a loss of torch": (
        {"loss": "mse"},
        "loss must be one of 'softmax', " + ", ".join(map(repr, hb.losses())) + ", got 'mse'; "
        "did you mean 'squared_error'?",
    ),
    "weights are a matrix": (
        {"weights": EYE},
        "weights[0] must have shape (outputs, inputs) with outputs >= 1 and inputs >= 1, got (2,)",
    ),
    "weights do not fit": (
        {"weights": [np.ones((3, 2)), np.ones((2, 4))]},
        "weights[1] must have shape (outputs, inputs) with outputs >= 1 and inputs = 3, got (2, 4)",
    ),
    "a layer is empty": (
        {"weights": [np.ones((0, 2)), np.ones((2, 0))]},
        "weights[0] must have shape (outputs, inputs) with outputs >= 1 and inputs >= 1, "
        "got (0, 2)",
    ),
    "weights have NaN": (
        {"weights": [EYE, NAN]},
        "weights[1] must be finite, got nan at index (0, 1)",
    ),
    "weights are complex": (
        {"weights": [EYE * 1j, EYE]},
        f"weights[0] {RULE}, got dtype complex128 from ndarray",
    ),
    "biases are a number": (
        {"biases": 1.0},
        "biases must be a sequence of vectors or None, got float",
    ),
    "biases are too few": (
        {"biases": [None]},
        "biases must have an entry for each of 2 layers, got 1",
    ),
    "a bias is too long": (
        {"biases": [None, np.ones(3)]},
        "biases[1] must have shape (outputs,) = (2,) to fit weights[1], got (3,)",
    ),
    "a bias is infinite": (
        {"biases": [[0, np.inf], None]},
        "biases[0] must be finite, got inf at index 1",
    ),
    "a bias is text": (
        {"biases": [["a", "b"], None]},
        f"biases[0] {RULE}, got dtype <U1 from list",
    ),
    "activation is none": (
        {"activation": None},
        "activation must be a sequence of names, or one name, got NoneType",
    ),
    "activation is a function": (
        {"activation": np.tanh},
        "activation must be a sequence of names, or one name, got ufunc",
    ),
    "activations are too many": (
        {"activation": ["tanh", "gelu"]},
        "activation must be one name, or one for each of 1 hidden layers, got ('tanh', 'gelu')",
    ),
    "an activation is a number": ({"activation": [1]}, "activation must be a string, got int"),
    "an activation has a bend": (
        {"activation": ["relu"]},
        f"activation must be one of {', '.join(map(repr, hb.activations()))}, got 'relu'; 'relu' "
        "is not smooth at u = 0: f″ does not exist there, and the Hessian misses the bend",
    ),
    "loss is unknown": (
        {"loss": "softmx"},
        "loss must be one of 'softmax', " + ", ".join(map(repr, hb.losses())) + ", got 'softmx'; "
        "did you mean 'softmax'?",
    ),
    "loss is none": ({"loss": None}, "loss must be a string, got NoneType"),
    "softmax of one output": (
        {"weights": [EYE, EYE[:1]]},
        "loss='softmax' needs at least 2 outputs, got 1; use 'cross_entropy' for one",
    ),
    "frozen is unknown": (
        {"frozen": ["W1", "W3"]},
        "frozen must name some of W1, W2, got 'W3'",
    ),
    "frozen is an absent bias": ({"frozen": "b1"}, "frozen must name some of W1, W2, got 'b1'"),
    "frozen is a number": ({"frozen": 1}, "frozen must be a sequence of names, got int"),
    "frozen has numbers": ({"frozen": [1]}, "frozen must name some of W1, W2, got '1'"),
    "all is frozen": (
        {"frozen": ["W1", "W2"]},
        "frozen must leave some parameters: all are frozen",
    ),
    "features are a number": ({"feature_names": 3}, "feature_names must be strings, got int"),
    "features are too few": (
        {"feature_names": ["a"]},
        "feature_names must be n_inputs = 2 strings, got 'a'",
    ),
}


@pytest.mark.parametrize("bad", BAD_NETWORKS)
def test_networks_refused(bad):
    """Each argument is named, with the rule and what came."""
    changed, expected = BAD_NETWORKS[bad]
    kinds = (" be a s", "must be strings", RULE)
    error = TypeError if any(kind in expected for kind in kinds) else ValueError
    arguments = {"weights": [EYE, EYE]} | changed
    assert message(error, hb.MLP, **arguments) == expected


FUNCTIONS = (
    hb.loss,
    hb.gradient,
    hb.loss_and_gradient,
    hb.trace,
    hb.trace_gradient,
    hb.hessian,
    hb.hessian_diagonal,
    hb.hessian_operator,
    hb.gauss_newton_operator,
    hb.trace_squared,
    hb.sharpness,
    hb.extreme_eigenvalues,
)
NET = hb.MLP([np.ones((3, 4)), np.ones((3, 3))])
X, Y = np.ones((7, 4)), np.array([0, 1, 2, 0, 1, 2, 0])
ROWS = np.eye(3)[Y]
BAD_SAMPLES = {
    "X is too narrow": (
        {"X": np.ones((7, 3))},
        "X must have shape (N, d) with d = net.n_inputs = 4, got (7, 3)",
    ),
    "X has the ones": (
        {"X": np.ones((7, 5))},
        "X must have shape (N, d) with d = net.n_inputs = 4, got (7, 5); "
        "leave out the column of ones",
    ),
    "X is a number": (
        {"X": 1.0},
        "X must have shape (N, d) with d = net.n_inputs = 4, got ()",
    ),
    "X is empty": (
        {"X": np.ones((0, 4)), "y": []},
        "X must hold at least one sample, got shape (0, 4)",
    ),
    "X has NaN": ({"X": X * np.nan}, "X must be finite, got nan at index (0, 0)"),
    "X is text": ({"X": [["a"] * 4]}, f"X {RULE}, got dtype <U1 from list"),
    "X is a Dataset": (
        {"X": hb.Dataset(X, np.ones(7))},
        "a hessbound.Dataset is for networks of one output, got an MLP with 3; give X, y and "
        "sample_weight",
    ),
    "y is missing": (
        {"y": None},
        "y must be given with X; only a hessbound.Dataset brings its own labels",
    ),
    "y is too short": (
        {"y": Y[:5]},
        "y must have shape (N,) or (N, K) with N = 7 and K = 3, got (5,)",
    ),
    "y is a column": (
        {"y": Y[:, None]},
        "y must have shape (N,) or (N, K) with N = 7 and K = 3, got (7, 1); use y.ravel()",
    ),
    "X is images": (
        {"X": np.ones((7, 2, 2))},
        "X must have shape (N, d) with d = net.n_inputs = 4, got (7, 2, 2); "
        "use X.reshape(len(X), -1)",
    ),
    "y is too wide": (
        {"y": np.ones((7, 4))},
        "y must have shape (N,) or (N, K) with N = 7 and K = 3, got (7, 4)",
    ),
    "a class is too large": (
        {"y": [0, 1, 3, 0, 1, 2, 0]},
        "y must hold classes 0 to K - 1 = 2, got 3.0 at index 2",
    ),
    "a class is a fraction": (
        {"y": [0, 1, 0.5, 0, 1, 2, 0]},
        "y must hold classes 0 to K - 1 = 2, got 0.5 at index 2",
    ),
    "a class is negative": (
        {"y": [0, -1, 1, 0, 1, 2, 0]},
        "y must hold classes 0 to K - 1 = 2, got -1.0 at index 1",
    ),
    "a row is negative": (
        {"y": ROWS * 2 - 1},
        "y must lie in [0, 1], got -1.0 at index (0, 1)",
    ),
    "a row sums to more": (
        {"y": np.where(np.arange(7)[:, None] == 4, 0.5, ROWS)},
        "rows of y must sum to 1, got the sum 1.5 at index 4",
    ),
    "rows in float32": (
        {"y": np.full((7, 3), 1 / 3, np.float32)},
        "rows of y must sum to 1, got the sum 1.0000000298023224 at index 0; divide y, in float64, "
        "by y.sum(axis=1, keepdims=True)",
    ),
    "y has NaN": ({"y": Y * np.nan}, "y must be finite, got nan at index 0"),
    "y is text": ({"y": ["a"] * 7}, f"y {RULE}, got dtype <U1 from list"),
    "weights are too few": (
        {"sample_weight": np.ones(6)},
        "sample_weight must have shape (N,) with N = 7, the number of rows of X, got (6,)",
    ),
    "a weight is negative": (
        {"sample_weight": [1, 1, 1, 1, 1, -2, 1]},
        "sample_weight must not be negative, got -2.0 at index 5",
    ),
    "a weight is infinite": (
        {"sample_weight": [1, np.inf, 1, 1, 1, 1, 1]},
        "sample_weight must be finite, got inf at index 1",
    ),
    "all weights are zero": (
        {"sample_weight": np.zeros(7)},
        "sample_weight must have a positive and finite sum, got 0.0",
    ),
    "reduction": ({"reduction": "avg"}, "reduction must be 'sum' or 'mean', got 'avg'"),
    "reductions": (
        {"reduction": np.array(["sum", "mean"])},
        "reduction must be 'sum' or 'mean', got array(['sum', 'mean'], dtype='<U4')",
    ),
    "a penalty": ({"l2": -0.5}, "l2 must be finite and at least 0, got -0.5"),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("bad", BAD_SAMPLES)
def test_samples_refused(function, bad):
    """In every function in the same words."""
    changed, expected = BAD_SAMPLES[bad]
    wrong_kind = RULE in expected or "Dataset" in bad or "missing" in bad
    error = TypeError if wrong_kind else ValueError
    arguments = {"net": NET, "X": X, "y": Y} | changed
    assert message(error, function, **arguments) == expected


@pytest.mark.parametrize(
    "bad", [x for x in BAD_SAMPLES if x.startswith("X ") and "Dataset" not in x]
)
def test_logits_refused(bad):
    """The method refuses inputs in the same words."""
    changed, expected = BAD_SAMPLES[bad]
    error = TypeError if RULE in expected else ValueError
    assert message(error, NET.logits, changed["X"]) == expected


@pytest.mark.parametrize(
    ("loss", "bad", "expected"),
    [
        ("cross_entropy", 1.5, "y must lie in [0, 1], got 1.5 at index (3, 1)"),
        ("probit", -1, "y must lie in [0, 1], got -1.0 at index (3, 1)"),
        (
            "poisson",
            -1,
            "y must be at least 0 for the loss 'poisson', got -1.0 at index (3, 1)",
        ),
        ("squared_error", np.inf, "y must be finite, got inf at index (3, 1)"),
    ],
)
def test_labels_of_outputs_refused(loss, bad, expected):
    """By the rule of the loss."""
    net = hb.MLP(NET.weights, loss=loss)
    y = np.ones((7, 3))
    y[3, 1] = bad
    assert message(ValueError, hb.trace, net, X, y) == expected
    hint = "; for classes 0 to K - 1 use loss='softmax'" if loss == "cross_entropy" else ""
    expected = f"y must have shape (N, K) with N = 7 and K = 3, got (7,){hint}"
    assert message(ValueError, hb.trace, net, X, Y) == expected


ONLY_NETWORKS = (hb.sharpness_gradient, hb.gradient_descent)


@pytest.mark.parametrize("function", ONLY_NETWORKS)
def test_what_takes_no_mlp_yet(function):
    """It says so, and what there is."""
    own = {"learning_rate": 0.1, "max_steps": 1} if function is hb.gradient_descent else {}
    assert message(TypeError, function, NET, X, Y, **own) == ONLY


ONLY = (
    "net must be a hessbound.Network, got MLP; an MLP has logits, hidden_outputs, loss, gradient, "
    "loss_and_gradient, hessian, hessian_diagonal, hessian_operator, gauss_newton_operator, trace, "
    "trace_gradient, trace_squared, sharpness, extreme_eigenvalues"
)


def test_datasets_are_for_one_output():
    """Softmax is no loss of theirs."""
    text = message(ValueError, hb.Dataset, X, Y, loss="softmax")
    assert text.startswith("loss must be one of")


def test_arguments_of_one_kind_of_network():
    """Those of the other are refused."""
    single = hb.Network(np.ones((2, 5)), np.ones(3), activation="tanh")
    assert message(ValueError, hb.trace, single, X, np.ones(7), per_layer=True) == (
        "per_layer must be left out with a Network: only an MLP has it"
    )
    assert message(ValueError, hb.trace, single, X, np.ones(7), per_part=True) == (
        "per_part must be left out with a Network: only an MLP has it"
    )
    for function in (hb.hessian_operator, hb.gauss_newton_operator, hb.extreme_eigenvalues):
        assert message(ValueError, function, NET, X, Y, block="hidden") == (
            "block must be left out with an MLP, got 'hidden'"
        )


def test_vectors_refused():
    """Of operators and of with_theta."""
    P = NET.n_parameters
    operator = hb.hessian_operator(NET, X, Y)
    assert message(ValueError, operator.matvec, np.full(P, np.nan)) == (
        "z must be finite, got nan at index 0"
    )
    assert message(ValueError, NET.with_theta, np.ones(3)) == (
        f"theta must have shape (P,) = ({P},), got (3,)"
    )
    assert message(ValueError, NET.with_theta, np.full(P, np.inf)) == (
        "theta must be finite, got inf at index 0"
    )


def test_dense_hessian_has_a_limit():
    """As of a Network."""
    net = hb.MLP([np.ones((200, 100)), np.ones((2, 200))])
    text = message(ValueError, hb.hessian, net, np.ones((1, 100)), [1])
    assert text.startswith("hessian builds at most 2 GiB, but P = 20400 needs 3.1 GiB; ")


def test_sklearn_refused():
    """A model that is not fitted, or not smooth, or no such model."""
    neural = pytest.importorskip("sklearn.neural_network")
    clf = neural.MLPClassifier((2, 2), activation="relu")
    assert message(TypeError, hb.MLP.from_sklearn, 3).endswith("got int")
    text = "clf must be fitted: call clf.fit(X, y) first"
    assert message(ValueError, hb.MLP.from_sklearn, clf) == text
    flat = neural.MLPClassifier((), activation="tanh", solver="lbfgs", tol=1.0).fit(X, Y)
    text = "clf must have at least one hidden layer, got 0 (hidden_layer_sizes=())"
    assert message(ValueError, hb.MLP.from_sklearn, flat) == text
    clf.set_params(solver="lbfgs", tol=1.0).fit(X + np.arange(7)[:, None], Y)
    assert re.match(
        r"clf must have a smooth activation .* got 'relu'",
        message(ValueError, hb.MLP.from_sklearn, clf),
    )


def test_files_refused(tmp_path):
    """A file of another kind is named."""
    single = hb.Network(np.ones((2, 5)), np.ones(3), activation="tanh")
    path = tmp_path / "net.npz"
    single.save(path)
    assert message(ValueError, hb.MLP.load, path).startswith(f"{path} must hold the arrays W1, W2")
    NET.save(path)
    assert message(ValueError, hb.Network.load, path).startswith(f"{path} must hold the arrays A")
    with np.load(path) as file:
        arrays = dict(file)
    for changed, what in (
        ({"W2": np.ones((3, 2))}, "weights[1] must have shape"),
        ({"activations": np.array(["tanh", "tanh"])}, "activation must be"),
        ({"W4": np.ones((2, 3))}, ""),
        ({"b7": np.ones(2)}, "b7 belongs to none of its 2 layers"),
    ):
        np.savez(path, **(arrays | changed))
        text = message(ValueError, hb.MLP.load, path)
        assert text.startswith(f"{path} holds no valid network: {what}")

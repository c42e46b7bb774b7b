"""Each loss, against references that share no formula with it."""

import pickle
import re

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb
from hessbound.data import _csv

from . import oracles, pointwise
from .cases import DENSE, EPS, FD
from .test_extremes import TINY

LABELS = {
    "squared_error": lambda rng, n: 3 * rng.normal(size=n),
    "poisson": lambda rng, n: rng.poisson(2.0, n).astype(float),
}
BAD = {
    "cross_entropy": (-1.0, "y must lie in [0, 1], got -1.0 at index 3"),
    "exponential": (1.5, "y must lie in [0, 1], got 1.5 at index 3"),
    "probit": (2.0, "y must lie in [0, 1], got 2.0 at index 3"),
    "poisson": (-1.0, "y must be at least 0 for the loss 'poisson', got -1.0 at index 3"),
    "squared_error": (np.inf, "y must be finite, got inf at index 3"),
}
V = np.array(
    [0.0, *(s * x for s in (1, -1) for x in (1e-8, 0.1, 0.7, 2.5, 6.0, 20.0, 37.0, 700.0))]
)
ULPS = {"probit": 40}  # p′ of the normal distribution is a difference beside 0


@pytest.fixture(params=hb.losses())
def loss(request):
    """Each loss in turn."""
    return request.param


def draw(loss, n=12):
    """Return a network with that loss, and samples, two of them with equal inputs."""
    rng = np.random.default_rng(3)
    X, weight = rng.normal(size=(n, 2)), rng.uniform(0.5, 2.0, n)
    X[1] = X[0]
    y = LABELS.get(loss, lambda rng, n: rng.integers(0, 2, n).astype(float))(rng, n)
    net = hb.Network(rng.normal(size=(3, 3)), rng.normal(size=4), activation="tanh", loss=loss)
    return net, X, y, weight


def test_derivatives(loss):
    """Loss, gradient, Hessian and traces are those of jets."""
    net, X, y, weight = draw(loss)
    expected = oracles.reference(net, X, y, weight)
    own = {"sample_weight": weight}
    scale = 64 * EPS * np.abs(expected.hessians).sum()
    assert_allclose(hb.loss(net, X, y, **own), expected.loss, rtol=DENSE, atol=0)
    assert_allclose(hb.gradient(net, X, y, **own), expected.gradient, rtol=DENSE, atol=scale)
    assert_allclose(hb.hessian(net, X, y, **own), expected.hessian, rtol=DENSE, atol=scale)
    sharpness = hb.sharpness(net, X, y, **own)
    assert_allclose(sharpness.trace, np.trace(expected.hessian), rtol=DENSE, atol=scale)
    assert_allclose(sharpness.trace_squared, np.sum(expected.hessian**2), rtol=DENSE, atol=0)


def test_gradient_of_a_bound(loss):
    """∇λ̄, which takes p′, is that of central differences."""
    net, X, y, _ = draw(loss)

    def bound(theta):
        return hb.sharpness(net.with_theta(theta), X, y).largest_upper

    _, actual = hb.sharpness_gradient(net, X, y)
    expected = oracles.central_gradient(bound, net.theta)
    assert_allclose(actual, expected, rtol=FD, atol=FD * np.abs(expected).max())


def exactly(loss, v, y):
    """ℓ to ℓ‴ by mpmath from the plain formula; 0 where a normal tail has vanished."""
    with mpmath.workdps(
        60 + int(0.45 * min(v * v, 1500)) + (310 if loss == "cross_entropy" else 0)
    ):
        series = mpmath.taylor(lambda t: oracles.LOSSES[loss](t, mpmath.mpf(y), mpmath), v, 3)
        return [float(c * n) for c, n in zip(series, (1, 1, 2, 6), strict=True)]


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_digits(loss, label):
    """ℓ, e, p and p′ have their digits for hard labels, as far out as mpmath takes us quickly."""
    v = V[np.abs(V) < 40] if loss == "probit" else V
    expected = np.array([exactly(loss, x, label) for x in v.tolist()]).T
    actual = pointwise.loss(loss, v, np.full(len(v), label), np.ones(len(v)))
    terms = np.abs(expected)
    if loss == "poisson":
        terms = terms + np.array([[abs(x) * label, label, 0.0, 0.0] for x in v]).T
    error = np.abs(actual - expected)
    assert (error <= ULPS.get(loss, 8) * EPS * terms + TINY + (v == 0) * EPS).all(), error / terms


@pytest.mark.parametrize("v", [-700.0, -300.0, -40.0])
def test_probit_far_out(v):
    """Where Φ underflows, the series of λ in 1/v holds: ℓ ~ v²/2, e ~ v, p ~ 1, p′ ~ −2/|v|³."""
    actual = pointwise.loss("probit", np.array([v]), np.ones(1), np.ones(1))[:, 0]
    with mpmath.workdps(60):
        x = -mpmath.mpf(v)
        ratio = mpmath.exp(x * x / 2) * mpmath.sqrt(mpmath.pi / 2) * mpmath.erfc(x / mpmath.sqrt(2))
        slope = 1 / ratio
        rest = slope - x
        value = x * x / 2 + mpmath.log(2 * mpmath.pi) / 2 - mpmath.log(ratio)
        third = -slope * (slope * rest + rest**2 - 1)
        expected = [float(z) for z in (value, -slope, slope * rest, third)]
    assert_allclose(actual, expected, rtol=16 * EPS, atol=0)


def test_dataset(loss):
    """It merges only what leaves the loss as it is, and is for the networks of its loss alone."""
    net, X, y, weight = draw(loss)
    data = hb.Dataset(X, y, sample_weight=weight, loss=loss)
    assert data.n_samples == len(X) - (loss != "squared_error")
    for function in (hb.loss, hb.gradient, hb.hessian):
        direct = function(net, X, y, sample_weight=weight)
        assert_allclose(function(net, data), direct, rtol=1e-11, atol=1e-11)
    other = hb.Network(net.A, net.w, activation="tanh", loss=next(x for x in LABELS if x != loss))
    with pytest.raises(ValueError, match="data must be for the loss of net"):
        hb.loss(other, data)


def test_bad_labels(loss, tmp_path):
    """A label that the loss does not take is named, in arrays and in tables."""
    net, X, y, _ = draw(loss)
    y[3], message = BAD[loss]
    with pytest.raises(ValueError, match=re.escape(message)):
        hb.loss(net, X, y)
    path = tmp_path / "table.csv"
    path.write_text("a,y\n" + "".join(f"0,{label}\n" for label in y))
    with pytest.raises(ValueError, match="line 5, column 'y': a label must be a"):
        _csv.read(path, label="y", loss=loss)


def test_network_keeps_its_loss(loss, tmp_path):
    """Files, pickles, parts of batches, other parameters and equality have it."""
    net, *_ = draw(loss)
    net.save(tmp_path / "net.npz")
    batch = hb.Network(net.A[None], net.w[None], activation="tanh", loss=loss)
    copies = (hb.Network.load(tmp_path / "net.npz"), pickle.loads(pickle.dumps(net)), batch[0])
    for copy in (*copies, net.with_theta(net.theta)):
        assert copy == net
        assert copy.loss == loss
    other = next(x for x in hb.losses() if x != loss)
    assert net != hb.Network(net.A, net.w, activation="tanh", loss=other)
    assert (f"loss={loss!r}" in repr(net)) == (loss != "cross_entropy")


@pytest.mark.parametrize(("loss", "kind"), [("hinge", ValueError), (None, TypeError)])
def test_unknown_loss(loss, kind):
    """It is named, with those that there are."""
    with pytest.raises(kind, match="loss must be"):
        hb.Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh", loss=loss)


def test_probabilities(loss):
    """Those of the losses that have some: they add up to 1, and their logarithm is the loss."""
    net, X, *_ = draw(loss)
    if loss not in {"cross_entropy", "probit"}:
        with pytest.raises(ValueError, match="gives no probabilities"):
            net.predict_proba(X)
        return
    found = net.predict_proba(X)
    assert_allclose(found.sum(axis=1), 1.0, rtol=4 * EPS, atol=0)
    for label in (0, 1):
        total = hb.loss(net, X, np.full(len(X), label))
        assert_allclose(-np.log(found[:, label]).sum(), total, rtol=1e-13, atol=0)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_regressor_of_sklearn(loss):
    """Its loss comes with it, and its predictions follow from the output."""
    neural = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 2)), rng.poisson(2.0, 30).astype(float)
    own = {} if loss == "squared_error" else {"loss": loss}
    try:
        model = neural.MLPRegressor(hidden_layer_sizes=4, activation="tanh", **own)
    except TypeError:
        pytest.skip("an older scikit-learn")
    model.set_params(max_iter=2000, solver="lbfgs", alpha=1.0).fit(X, y)
    net = hb.from_sklearn(model)
    v = hb.logits(net, X)
    assert net.loss == loss
    assert_allclose(np.exp(v) if loss == "poisson" else v, model.predict(X), rtol=1e-10, atol=0)
    assert_array_equal(hb.hessian(net, X, y).shape, [net.n_parameters] * 2)

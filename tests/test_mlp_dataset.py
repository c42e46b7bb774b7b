"""A Dataset of several outputs gives what its samples give, and fits the networks it is for."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb

from .mlps import FUNCTIONS, message, network, same

K = 3
ONE = "squared_error"


def table(kind):
    """Samples with repeated inputs, an input that is always 0, and weights of which one is 0."""
    rng = np.random.default_rng(3)
    X, weight = rng.normal(size=(9, 3)), rng.uniform(0.5, 2.0, 9)
    X[5:] = X[[0, 0, 1, 2]]
    X[:, 1], weight[3] = 0.0, 0.0
    y = rng.uniform(size=(9, K))
    if kind == "classes":
        y = np.array([0, 2, 1, 1, 2, 0, 1, 2, 0])
    elif kind == "softmax":
        y /= y.sum(axis=1, keepdims=True)
    return X, y, weight


KINDS = {"classes": (6, "softmax"), "softmax": (4, "softmax"), "cross_entropy": (4, None)}
KINDS |= {"squared_error": (8, None)}  # which is not linear in its labels


@pytest.mark.parametrize("kind", KINDS)
def test_same_as_the_samples(kind):
    """In every function, with equal samples merged."""
    (X, y, weight), (count, loss) = table(kind), KINDS[kind]
    loss = loss or kind
    net = network(np.random.default_rng(2), (3, 2, 2, K), loss=loss)
    data = hb.Dataset(X, y, sample_weight=weight, loss=loss)
    assert (data.n_samples, data.n_inputs, data.n_outputs) == (count, 3, K)
    own = {"sample_weight": weight, "reduction": "mean"}
    for function in FUNCTIONS:
        found, expected = function(net, data, reduction="mean"), function(net, X, y, **own)
        for a, b in zip(numbers(found), numbers(expected), strict=True):
            same(a, b)
    assert len(hb.trace(net, data, per_sample=True)) == count


def numbers(found):
    """Return what can be compared."""
    if hasattr(found, "matvec"):
        return [found @ np.arange(found.shape[0])]
    if isinstance(found, hb.Sharpness):
        return [found.trace, found.trace_squared, found.largest_upper]
    if isinstance(found, hb.Eigenvalues):
        return [found.largest, found.smallest]
    if isinstance(found, hb.Descent):
        return [found.net.theta, found.gradient_norm]
    return found if isinstance(found, tuple) else [found]


def test_merging():
    """Rows are averaged; classes are merged where they are equal, as classes."""
    X, weight = [[1.0], [-0.0], [1.0], [0.0]], [1.0, 2.0, 3.0, 2.0]
    data = hb.Dataset(X, [1, 2, 0, 2], sample_weight=weight, loss="softmax")
    assert_array_equal(data.X, [[1.0], [0.0], [1.0]])
    assert_array_equal(data.y, [1, 2, 0])
    assert_array_equal(data.sample_weight, [1.0, 4.0, 3.0])
    data = hb.Dataset(X, np.eye(3)[[1, 2, 0, 2]], sample_weight=weight, loss="softmax")
    assert_array_equal(data.X, [[1.0], [0.0]])
    assert_array_equal(data.y, [[0.75, 0.25, 0.0], [0.0, 0.0, 1.0]])
    assert_array_equal(data.sample_weight, [4.0, 4.0])
    assert data.total_weight == 8.0
    data = hb.Dataset(X, [[0, 3], [1, 4], [2, 1], [1, 5]], loss="poisson")
    assert_array_equal(data.y, [[1.0, 2.0], [1.0, 4.5]])
    assert repr(data) == (
        "Dataset(n_samples=2, n_inputs=1, n_outputs=2, total_weight=4.0, loss='poisson')"
    )


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_one_output(shape):
    """A column of labels is for networks of one output, of either kind, and inputs may be 0."""
    X, y = np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 1.0], [0.0, 4.0]]), np.array([0, 1, 1, 0])
    data = hb.Dataset(X, y.reshape(shape))
    assert (data.n_samples, data.n_outputs, data.y.shape) == (3, 1, (3,))
    single = hb.Network([[0.1, 0.2, 0.3]], [0.4, 0.5], activation="tanh")
    net = hb.MLP([[[0.2, 0.3]], [[0.5]]], [[0.1], [0.4]], loss="cross_entropy")
    expected = hb.trace_squared(net, X, y)
    assert_allclose(hb.trace_squared(net, data), expected, rtol=1e-13, atol=0)
    assert_allclose(hb.trace_squared(single, data), expected, rtol=1e-13, atol=0)


def test_copies():
    """What is given or shown may be written to, and a pickle has the inputs once."""
    X, y, weight = table("softmax")
    net = network(np.random.default_rng(2), (3, 2, K))
    for given in (y, y.argmax(axis=1) * 1.0):
        own = X.copy(), given.copy(), weight.copy()
        data = hb.Dataset(own[0], own[1], sample_weight=own[2], loss="softmax")
        before = hb.gradient(net, data)
        for array in (*own, data.X, data.y, data.sample_weight):
            array[:] = 0.5
        assert_array_equal(hb.gradient(net, data), before)
        for again in (pickle.loads(pickle.dumps(data)), copy.deepcopy(data)):
            assert_array_equal(hb.gradient(net, again), before)
            assert repr(again) == repr(data)
    data = hb.Dataset(np.ones((500, 20)) * np.arange(500)[:, None], np.zeros(500), loss="softmax")
    assert len(pickle.dumps(data)) < 500 * 8 * 22 + 2000


def test_classes_fit_larger_networks():
    """Nothing says that the largest class is among the samples."""
    net = network(np.random.default_rng(2), (2, 2, 4))
    X, y = np.eye(2), [0, 2]
    data = hb.Dataset(X, y, loss="softmax")
    assert data.n_outputs == 3
    assert hb.loss(net, data) == hb.loss(net, X, y)


NET = hb.MLP([np.ones((2, 2)), np.ones((2, 2))])
REFUSED = {
    "of another loss": (
        {"y": [0, 1], "loss": "cross_entropy"},
        "data must be for the loss of net, 'softmax', got labels for 'cross_entropy'",
    ),
    "with more classes": (
        {"y": [0, 3]},
        "data must hold classes 0 to K - 1 = 1, got 3",
    ),
    "with more outputs": (
        {"y": np.eye(3)[:2]},
        "data must have n_outputs = net.n_outputs = 2, got 3",
    ),
    "with more inputs": (
        {"X": np.ones((2, 3)), "y": [0, 1]},
        "data must have n_inputs = net.n_inputs = 2, got 3",
    ),
}


@pytest.mark.parametrize("bad", REFUSED)
def test_what_does_not_fit_is_refused(bad):
    """In words of the network."""
    changed, expected = REFUSED[bad]
    data = hb.Dataset(**({"X": np.eye(2), "loss": "softmax"} | changed))
    assert message(ValueError, hb.trace, NET, data) == expected


def test_given_twice_or_for_the_other_kind():
    """Labels and weights beside it, and networks of one output or of several."""
    data = hb.Dataset(np.eye(2), [0, 1], loss="softmax")
    for name in ("y", "sample_weight"):
        assert message(TypeError, hb.trace, NET, data, **{name: [0, 1]}) == (
            f"{name} must be left out where a hessbound.Dataset is given: it has its own"
        )
    several = hb.Dataset(np.eye(2), np.eye(2), loss=ONE)
    single = hb.Network(np.ones((2, 3)), np.ones(3), activation="tanh", loss=ONE)
    assert message(ValueError, hb.trace, single, several) == (
        "data must have labels of one output, (N,), for a hessbound.Network, got (2, 2)"
    )
    net = hb.MLP(NET.weights, loss=ONE)
    assert message(ValueError, hb.trace, net, hb.Dataset(np.eye(2), [0, 1], loss=ONE)) == (
        "data must have n_outputs = net.n_outputs = 2, got 1"
    )


CLASSES = "y must hold classes 0, 1, 2, ..., at most 999999, got "
SHAPE = "y must have shape (N,) or (N, K) with N = 2 and K >= 2, got "
BAD = {
    "a column": ({"y": [[0], [1]]}, f"{SHAPE}(2, 1); use y.ravel()"),
    "too short": ({"y": [0]}, f"{SHAPE}(1,)"),
    "a number": ({"y": 1}, f"{SHAPE}()"),
    "too many rows": ({"y": np.eye(3)}, f"{SHAPE}(3, 3)"),
    "too many rows of labels": (
        {"y": np.eye(3), "loss": ONE},
        "y must have shape (N, K) with N = 2 and K >= 2, got (3, 3)",
    ),
    "a fraction": ({"y": [0, 1.5]}, f"{CLASSES}1.5 at index 1"),
    "negative": ({"y": [-1, 1]}, f"{CLASSES}-1.0 at index 0"),
    "no class": ({"y": [0, 1e300]}, f"{CLASSES}1e+300 at index 1"),
    "too many": ({"y": [10**6, 0]}, f"{CLASSES}1000000.0 at index 0"),
    "classes of the usual loss": (
        {"X": np.eye(3), "y": [0, 1, 2], "loss": "cross_entropy"},
        "y must lie in [0, 1], got 2.0 at index 2; classes 0 to K - 1 are for loss='softmax' and a "
        "hessbound.MLP of K outputs",
    ),
    "halves of the usual loss": (
        {"X": np.eye(3), "y": [0, 1, 2.5], "loss": "cross_entropy"},
        "y must lie in [0, 1], got 2.5 at index 2",
    ),
    "NaN": ({"y": [np.nan, 1]}, "y must be finite, got nan at index 0"),
    "no probabilities": (
        {"y": np.ones((2, 2))},
        "rows of y must sum to 1, got the sum 2.0 at index 0",
    ),
    "out of range": (
        {"y": [[0, 1], [1, 2]], "loss": "cross_entropy"},
        "y must lie in [0, 1], got 2.0 at index (1, 1)",
    ),
    "X": ({"X": [[1.0], [np.inf]]}, "X must be finite, got inf at index (1, 0)"),
    "weights": (
        {"sample_weight": [1.0, -1.0]},
        "sample_weight must not be negative, got -1.0 at index 1",
    ),
    "no weights": (
        {"sample_weight": [0.0, 0.0]},
        "sample_weight must have a positive and finite sum, got 0.0",
    ),
}


@pytest.mark.parametrize("bad", BAD)
def test_samples_refused(bad):
    """When it is made."""
    changed, expected = BAD[bad]
    arguments = {"X": [[0.0], [1.0]], "y": [0, 1], "loss": "softmax"} | changed
    assert message(ValueError, hb.Dataset, **arguments) == expected


def test_unknown_loss():
    """Softmax is one of them."""
    text = message(ValueError, hb.Dataset, np.eye(2), [0, 1], loss="sofmax")
    assert text.startswith("loss must be one of 'softmax', 'cross_entropy', ")
    assert text.endswith("did you mean 'softmax'?")

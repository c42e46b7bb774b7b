"""A Dataset gives what its samples give, and does its work once."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse.linalg import LinearOperator

import hessbound as hb
from hessbound.data import _merging, _samples

from .cases import CASES, FUNCTIONS, SAME, assert_same
from .cases import problem as draw

ANY = hb.activations()[0]


def table(repeated=False, zeros=False):
    """Samples with soft labels and weights, some of them repeated, some inputs always 0."""
    rng = np.random.default_rng(0)
    X, y, weight = rng.normal(size=(40, 5)), rng.uniform(size=40), rng.uniform(0.1, 2.0, 40)
    if repeated:
        X[20:] = X[rng.integers(0, 20, 20)]
    if zeros:
        X[:, [0, 3]] = 0.0
    return X, y, weight


def network(activation, batch=()):
    rng = np.random.default_rng(1)
    return hb.Network(
        rng.normal(size=(*batch, 3, 6)), rng.normal(size=(*batch, 4)), activation=activation
    )


@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("batch", [(), (2,)])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_same_as_the_samples(activation, repeated, zeros, batch, reduction):
    """Every function gives the same, with samples merged and inputs left out."""
    X, y, weight = table(repeated, zeros)
    net, data = network(activation, batch), hb.Dataset(X, y, sample_weight=weight)
    for function in FUNCTIONS:
        expected = function(net, X, y, sample_weight=weight, reduction=reduction)
        assert_same(function(net, data, reduction=reduction), expected)
    expected = hb.sharpness(net, X, y, sample_weight=weight, reduction=reduction)
    actual = hb.sharpness(net, data, reduction=reduction)
    bounds = ("largest_lower", "largest_upper", "smallest_lower", "smallest_upper")
    for name in (*bounds, "trace", "trace_squared", "mean", "std", "frobenius_norm", "theta_norm"):
        assert_same(getattr(actual, name), getattr(expected, name))
    value, gradient = hb.sharpness_gradient(net, data, reduction=reduction)
    assert_same(value, expected.largest_upper)
    options = {"sample_weight": weight, "reduction": reduction}
    assert_same(gradient, hb.sharpness_gradient(net, X, y, **options)[1])


@pytest.mark.parametrize("zeros", [False, True])
def test_operator(activation, zeros):
    """So does the operator, for vectors and for matrices."""
    X, y, weight = table(repeated=True, zeros=zeros)
    net, data = network(activation), hb.Dataset(X, y, sample_weight=weight)
    H = hb.hessian(net, X, y, sample_weight=weight)
    operator: LinearOperator = hb.hessian_operator(net, data)
    Z = np.random.default_rng(0).normal(size=(len(H), 3))
    assert_same(operator @ Z, H @ Z)
    assert_same(operator @ Z[:, 0], H @ Z[:, 0])


def test_merging():
    """Equal inputs become one sample: weights add up, labels are averaged."""
    data = hb.Dataset([[1.0], [0.5], [1.0]], [1, 0, 0], sample_weight=[1.0, 2.0, 3.0])
    assert_array_equal(data.X, [[1.0], [0.5]])
    assert_array_equal(data.y, [0.25, 0.0])
    assert_array_equal(data.sample_weight, [4.0, 2.0])
    assert (data.n_samples, data.n_inputs, data.total_weight) == (2, 1, 6.0)


def test_inputs_that_are_always_zero():
    """They are left out of the work, but still shown; at least one input stays."""
    X = [[0.0, 2.0, 0.0], [0.0, 1.0, 0.0]]
    data = hb.Dataset(X, [0, 1])
    assert data._samples.X.shape == (2, 1)
    assert_array_equal(data.X, X)
    assert data.n_inputs == 3
    assert hb.Dataset([[0.0, 0.0]], [1])._samples.X.shape == (1, 2)


def test_gram_is_kept_within_its_budget(monkeypatch):
    """The Gram matrix of the inputs is computed once, and not at all beyond the budget."""
    X, y, _ = table()
    data = hb.Dataset(X, y)
    gram = data._samples.gram
    assert gram is data._samples.gram
    assert_allclose(gram, 1 + data.X @ data.X.T, rtol=SAME, atol=0)
    monkeypatch.setattr(_samples, "GRAM_BUDGET_BYTES", 8 * 39 * 39)
    assert hb.Dataset(X, y)._samples.gram.shape == (0, 0)


def test_what_is_public_is_a_copy():
    """Nothing that a user writes to changes a Dataset, and what it holds cannot be replaced."""
    X, y, weight = table(repeated=True, zeros=True)
    net, data = network(ANY), hb.Dataset(X, y, sample_weight=weight)
    before = hb.trace_squared(net, data)
    for name in ("X", "y", "sample_weight"):
        getattr(data, name)[:] = 7.0
        with pytest.raises(AttributeError):
            setattr(data, name, y)
    assert hb.trace_squared(net, data) == before


def test_equal_inputs_are_found_whatever_their_hashes(monkeypatch):
    """Where hashes fall together, rows are compared; −0.0 and 0.0 are one input."""
    X = np.random.default_rng(0).integers(-1, 2, size=(60, 3)) * 1.0
    X[X == 0] *= np.random.default_rng(1).choice([-1.0, 1.0], size=(X == 0).sum())
    expected = hb.Dataset(X, np.zeros(60))
    assert expected.n_samples == len(np.unique(X, axis=0))
    monkeypatch.setattr(_merging, "_MIX", ((0, 0),))
    assert_array_equal(hb.Dataset(X, np.zeros(60)).X, expected.X)


@pytest.mark.parametrize("zeros", [False, True])
def test_pickles_have_the_samples_and_no_more(zeros):
    """A worker that gets a Dataset computes the same bits; the Gram matrix stays at home."""
    X, y, weight = table(repeated=True, zeros=zeros)
    net, data = network(ANY), hb.Dataset(X, y, sample_weight=weight)
    before = hb.trace_squared(net, data), hb.gradient(net, data)
    assert data._samples.gram.size
    state = pickle.dumps(data)
    again = pickle.loads(state)
    assert len(state) < 2 * data.X.nbytes + 2000
    assert hb.trace_squared(net, again) == before[0]
    assert_array_equal(hb.gradient(net, again), before[1])
    assert repr(copy.deepcopy(data)) == repr(data)


def test_arrays_are_copies():
    """Writing to the arrays afterwards changes nothing."""
    X, y, weight = table()
    net, data = network(ANY), hb.Dataset(X, y, sample_weight=weight)
    before = hb.trace_squared(net, data)
    for array in (X, y, weight):
        array[:] = 0.5
    assert hb.trace_squared(net, data) == before


def test_zero_weights_are_dropped():
    """A sample of weight zero is absent."""
    data = hb.Dataset([[1.0], [2.0]], [0, 1], sample_weight=[0.0, 1.0])
    assert_array_equal(data.X, [[2.0]])


def message(kind, function, *arguments, **options):
    with pytest.raises(kind) as caught:
        function(*arguments, **options)
    return str(caught.value)


def test_errors():
    """What a Dataset has already must not be given again, and must fit the network."""
    p = draw(CASES[0], ANY)
    data = hb.Dataset(p.X, p.y)
    assert message(TypeError, hb.loss, p.net, data, p.y) == (
        "y must be left out where a hessbound.Dataset is given: it has its own"
    )
    assert message(TypeError, hb.loss, p.net, data, sample_weight=p.weight).startswith(
        "sample_weight must be left out"
    )
    assert message(TypeError, hb.loss, p.net, p.X) == (
        "y must be given with X; only a hessbound.Dataset brings its own labels"
    )
    assert message(ValueError, hb.loss, network(ANY), data) == (
        "data must have n_inputs = net.n_inputs = 5, got 3"
    )
    assert message(ValueError, hb.Dataset, [1.0, 2.0], [0, 1]).startswith(
        "X must have shape (N, d) with d >= 1, got (2,)"
    )
    assert message(ValueError, hb.Dataset, [[np.inf]], [0]) == (
        "X must be finite, got inf at index (0, 0)"
    )
    assert message(ValueError, hb.Dataset, [[1.0]], [2.0]).startswith("y must lie in [0, 1]")
    assert message(ValueError, hb.Dataset, [[1.0]], [1], sample_weight=[-1.0]) == (
        "sample_weight must not be negative, got -1.0 at index 0"
    )

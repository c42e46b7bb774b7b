"""What must not change a result, and what must change it by a known factor."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb

from .cases import CASES, FUNCTIONS, SAME, assert_same
from .cases import problem as draw
from .strategies import problems, reductions

DEGREE = {hb.trace_squared: 2}
ANY = hb.activations()[0]
BOUNDS = ("largest_lower", "largest_upper", "smallest_lower", "smallest_upper")


def numbers(s):
    """Every number of a Sharpness, in one array."""
    values = s.to_dict()
    del values["reduction"], values["l2"], values["trace_per_layer"]
    return np.array([*values.values()])


def bounds(s):
    """The four bounds of a Sharpness."""
    return np.array([getattr(s, name) for name in BOUNDS])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_mean_is_sum_over_weights(activation, function):
    """The mean divides by Σω; tr H² by its square."""
    p = draw(CASES[6], activation)
    total = p.weight.sum() ** DEGREE.get(function, 1)
    expected = function(p.net, p.X, p.y, sample_weight=p.weight) / total
    actual = function(p.net, p.X, p.y, sample_weight=p.weight, reduction="mean")
    assert_same(actual, expected, rtol=SAME)


def test_mean_sharpness(activation):
    """Every bound of the mean loss is that of the summed loss over Σω."""
    p = draw(CASES[6], activation)
    total = p.weight.sum()
    by_sum = hb.sharpness(p.net, p.X, p.y, sample_weight=p.weight)
    by_mean = hb.sharpness(p.net, p.X, p.y, sample_weight=p.weight, reduction="mean")
    assert by_mean.reduction == "mean"
    for name in ("trace", "mean", "std", "trace_hidden", "trace_output", "frobenius_norm"):
        actual, expected = getattr(by_mean, name), getattr(by_sum, name) / total
        assert_allclose(actual, expected, rtol=SAME, atol=0, err_msg=name)
    assert_allclose(bounds(by_mean), bounds(by_sum) / total, rtol=SAME, atol=0)
    assert by_mean.theta_norm == by_sum.theta_norm


@given(problems(), reductions)
def test_integer_weights_are_repetitions(p, reduction):
    """A weight of 3 is the sample three times."""
    times = p.weight.astype(int)
    X, y = np.repeat(p.X, times, axis=0), np.repeat(p.y, times)
    for function in FUNCTIONS:
        expected = function(p.net, X, y, reduction=reduction)
        actual = function(p.net, p.X, p.y, sample_weight=p.weight, reduction=reduction)
        assert_same(actual, expected)


@given(problems())
def test_weight_zero_is_absence(p):
    """A sample of weight zero changes nothing, even one whose products would overflow."""
    X, y = np.vstack([p.X, np.full(p.net.n_inputs, 1e300)]), np.append(p.y, 1.0)
    weight = np.append(p.weight, 0.0)
    for function in (*FUNCTIONS, hb.sharpness):
        expected = function(p.net, p.X, p.y, sample_weight=p.weight, reduction="mean")
        actual = function(p.net, X, y, sample_weight=weight, reduction="mean")
        assert np.array_equal(actual, expected)


@given(problems())
def test_doubled_data(p):
    """All data twice doubles tr H and the bounds, and quadruples tr H²."""
    X, y = np.vstack([p.X, p.X]), np.tile(p.y, 2)
    once, twice = hb.sharpness(p.net, p.X, p.y), hb.sharpness(p.net, X, y)
    size = once.frobenius_norm
    assert_allclose(twice.trace, 2 * once.trace, rtol=SAME, atol=SAME * size)
    assert_allclose(twice.trace_squared, 4 * once.trace_squared, rtol=1e-11, atol=0)
    assert_allclose(bounds(twice), 2 * bounds(once), rtol=1e-9, atol=1e-9 * size)
    expected = hb.sharpness(p.net, p.X, p.y, reduction="mean")
    actual = hb.sharpness(p.net, X, y, reduction="mean")
    assert_allclose(bounds(actual), bounds(expected), rtol=1e-9, atol=1e-9 * size)


@given(problems(), reductions)
def test_order_of_samples(p, reduction):
    """The samples' order does not matter."""
    order = np.random.default_rng(0).permutation(len(p.y))
    for function in FUNCTIONS:
        expected = function(p.net, p.X, p.y, sample_weight=p.weight, reduction=reduction)
        actual = function(
            p.net, p.X[order], p.y[order], sample_weight=p.weight[order], reduction=reduction
        )
        assert_same(actual, expected)


@given(problems())
def test_order_of_hidden_units(p):
    """Renumbering hidden units changes no eigenvalue, and permutes the gradient."""
    order = np.random.default_rng(0).permutation(p.net.n_hidden)
    w = np.append(p.net.w[:1], p.net.w[1:][order])
    other = hb.Network(p.net.A[order], w, activation=p.net.activation)
    assert_same(numbers(hb.sharpness(other, p.X, p.y)), numbers(hb.sharpness(p.net, p.X, p.y)))
    P = p.net.n_parameters
    names = hb.Network.from_theta(
        np.arange(P),
        n_inputs=p.net.n_inputs,
        n_hidden=p.net.n_hidden,
        activation=p.net.activation,
    )
    renamed = hb.Network(
        names.A[order], np.append(names.w[:1], names.w[1:][order]), activation=p.net.activation
    )
    expected = hb.gradient(p.net, p.X, p.y)[renamed.theta.astype(int)]
    assert_same(hb.gradient(other, p.X, p.y), expected)


@given(problems())
def test_labels_exchanged(p):
    """Exchanging the classes and the sign of w leaves the spectrum as it is."""
    other = hb.Network(p.net.A, -p.net.w, activation=p.net.activation)
    expected = numbers(hb.sharpness(p.net, p.X, p.y, sample_weight=p.weight))
    actual = numbers(hb.sharpness(other, p.X, 1 - p.y, sample_weight=p.weight))
    assert_same(actual, expected)


@pytest.mark.skipif("tanh" not in hb.activations(), reason="no kernels for tanh")
def test_tanh_is_odd():
    """Flipping the signs around a tanh unit changes no function, hence no eigenvalue."""
    p = draw(CASES[0], "tanh")
    signs = np.array([-1.0, 1.0])
    w = np.append(p.net.w[:1], signs * p.net.w[1:])
    other = hb.Network(signs[:, None] * p.net.A, w, activation="tanh")
    assert_same(numbers(hb.sharpness(other, p.X, p.y)), numbers(hb.sharpness(p.net, p.X, p.y)))


@pytest.mark.parametrize("batch", [(4,), (2, 3), (1,), (0,)])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_batch_equals_loop(activation, function, batch):
    """A batch gives, bit by bit, what its networks give one by one."""
    p = draw(CASES[6], activation)
    rng = np.random.default_rng(0)
    A, w = rng.normal(size=(*batch, *p.net.A.shape)), rng.normal(size=(*batch, *p.net.w.shape))
    options = {"sample_weight": p.weight, "reduction": "mean"}
    actual = function(hb.Network(A, w, activation=activation), p.X, p.y, **options)
    assert isinstance(actual, np.ndarray)
    shape = np.shape(function(p.net, p.X, p.y))
    assert actual.shape == (*batch, *shape)
    for index in np.ndindex(*batch):
        one = hb.Network(A[index], w[index], activation=activation)
        assert_array_equal(actual[index], function(one, p.X, p.y, **options))


@pytest.mark.parametrize("batch", [(4,), (2, 3), (0,)])
def test_batch_of_sharpness(activation, batch):
    """Each field of a batch's Sharpness has the batch's shape and the networks' values."""
    p = draw(CASES[6], activation)
    rng = np.random.default_rng(0)
    A, w = rng.normal(size=(*batch, *p.net.A.shape)), rng.normal(size=(*batch, *p.net.w.shape))
    s = hb.sharpness(hb.Network(A, w, activation=activation), p.X, p.y)
    assert s.trace.shape == s.mean.shape == s.theta_norm.shape == s.smallest_upper.shape == batch
    for index in np.ndindex(*batch):
        one = hb.sharpness(hb.Network(A[index], w[index], activation=activation), p.X, p.y)
        assert s.largest_upper[index] == one.largest_upper
        assert s.smallest_lower[index] == one.smallest_lower
        assert s.theta_norm[index] == one.theta_norm


@pytest.mark.parametrize("function", [hb.loss, hb.trace, hb.trace_squared])
def test_single_network_gives_floats(function):
    """Without a batch a number is a Python float."""
    p = draw(CASES[0], ANY)
    assert type(function(p.net, p.X, p.y)) is float
    s = hb.sharpness(p.net, p.X, p.y)
    bounds = [s.largest_lower, s.largest_upper, s.smallest_lower, s.smallest_upper]
    values = [s.trace, s.mean, s.std, *bounds, s.frobenius_norm, s.theta_norm]
    assert {type(value) for value in values} == {float}

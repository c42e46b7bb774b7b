"""Digits of networks of any depth, where numbers are tiny or huge; mpmath is the witness."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb
from hessbound.depth import _passes

from .cases import EPS
from .mlps import labels, network, same


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


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_tiny_label_of_two_counts(order):
    """Of two classes, too, both labels are looked at: 1 does not know how far from 1 it is."""
    net = hb.MLP([[[1.0]], np.array([[0.0], [1.0]])[order]], activation="linear")
    y = [np.array([1e-20, 1.0])[order]]
    assert_allclose(hb.loss(net, [[700.0]], y), 7e-18, rtol=1e-14, atol=0)
    slope = hb.gradient(net, [[700.0]], y)[1:][order]  # by the weights of both outputs
    assert_allclose(slope[0], -7e-18, rtol=1e-14, atol=0)


def test_a_confident_network_keeps_its_trace():
    """Where all but one probability vanish in 1 − π, the trace has its digits."""
    net = hb.MLP([np.eye(2), [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]], activation="linear")
    x = np.array([200.0, 0.0])
    S = np.exp(-100.0) * np.array([[1.0, 0, -1], [0, 0, 0], [-1, 0, 1]])  # of the two that compete
    J = np.array([[1.0, 0], [0, 1], [0.5, 0.5]])
    expected = np.sum(x**2) * (np.trace(S) + np.trace(J.T @ S @ J))
    assert_allclose(hb.trace(net, [x], [0]), expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("function", [hb.loss, hb.gradient, hb.trace, hb.hessian, hb.trace_squared])
@pytest.mark.parametrize("loss", ["softmax", "poisson"])
@pytest.mark.parametrize("power", [-1070, 1020])
def test_mean_of_tiny_and_of_huge_weights(function, loss, power):
    """A mean does not depend on the weights' size: they may be denormal, or nearly infinite."""
    rng = np.random.default_rng(4)
    net = network(rng, (2, 3, 3), loss=loss)
    X, y, whole = rng.normal(size=(4, 2)), labels(loss, rng, 4, 3, soft=False), [1.0, 2.0, 4.0, 3.0]
    expected = function(net, X, y, sample_weight=whole, reduction="mean")
    own = np.ldexp(whole, power)
    found = function(net, X, y, sample_weight=own, reduction="mean")
    assert_allclose(found, expected, rtol=1e-13, atol=0)
    data = hb.Dataset(
        np.vstack([X, X]), np.concatenate([y, y]), sample_weight=[*own / 2] * 2, loss=loss
    )
    assert data.n_samples == 4
    assert_array_equal(data.y, y)
    assert_allclose(function(net, data, reduction="mean"), expected, rtol=1e-13, atol=0)


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
    with pytest.raises(ValueError, match=r"^the hidden part of tr H overflows float64"):
        hb.sharpness(net, [[1e200]], [[0.0]])

"""The diagonal of the Hessian agrees with references that share no formula with it."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb

from . import oracles
from .cases import CASES, DENSE, EPS, SAME, assert_same
from .cases import problem as draw


def test_against_the_oracle(problem, reference):
    """For each shape, with weights and soft labels, it is the diagonal of the jets' Hessian."""
    p = problem
    actual = hb.hessian_diagonal(p.net, p.X, p.y, sample_weight=p.weight)
    size = np.diag(reference.hessian_scale)
    assert np.all(np.abs(actual - np.diag(reference.hessian)) <= DENSE * size + 64 * EPS * size)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_batches_and_datasets(activation, reduction):
    """A batch has a row for each network, a Dataset zeros for inputs that are always 0."""
    rng = np.random.default_rng(0)
    nets = hb.Network(
        rng.normal(size=(2, 3, 2, 5)), rng.normal(size=(2, 3, 3)), activation=activation
    )
    X, y, omega = rng.normal(size=(9, 4)), rng.uniform(size=9), rng.uniform(size=9)
    X[:, 1] = 0.0
    H = hb.hessian(nets, X, y, sample_weight=omega, reduction=reduction)
    expected = np.diagonal(H, axis1=-2, axis2=-1)
    actual = hb.hessian_diagonal(nets, X, y, sample_weight=omega, reduction=reduction)
    assert actual.shape == (2, 3, nets.n_parameters)
    assert_same(actual, expected, rtol=SAME)
    data = hb.Dataset(X, y, sample_weight=omega)
    assert_same(hb.hessian_diagonal(nets, data, reduction=reduction), expected, rtol=SAME)
    assert_same(actual.sum(axis=-1), hb.trace(nets, X, y, sample_weight=omega, reduction=reduction))


def test_threads_agree(activation, monkeypatch):
    """Parts of the samples add up to all of them."""
    p = draw(CASES[-1], activation)
    expected = hb.hessian_diagonal(p.net, p.X, p.y)
    monkeypatch.setattr("hessbound.engine._threads.count", lambda flops: 3)
    monkeypatch.setattr("hessbound.engine._problem.sample_tile", lambda m: 16)
    assert_same(hb.hessian_diagonal(p.net, p.X, p.y), expected, rtol=SAME)


@pytest.mark.parametrize("v", [-700.0, -30.0, 30.0, 700.0])
def test_at_extremes(activation, v):
    """It keeps its digits where the loss has almost no curvature left."""
    net = hb.Network([[0.3, -0.7], [8.0, 3.0]], [v, 0.5, -1.0], activation=activation)
    X, y = np.array([[0.4], [-1.2], [2.0]]), np.full(3, float(v > 0))
    with mpmath.workdps(360):
        H = oracles.exact_reference(net, X, y, np.ones(3)).hessian
        expected = np.diag(H).astype(float)
        scale = sum(
            np.abs(np.diag(oracles.exact_reference(net, [x], [label], [1.0]).hessian))
            for x, label in zip(X, y, strict=True)
        ).astype(float)
    actual = hb.hessian_diagonal(net, X, y)
    assert np.all(np.abs(actual - expected) <= 1e-11 * scale)


def test_of_a_network_whose_hessian_is_too_large(activation):
    """A matrix of 3 GiB is refused, its diagonal is there at once."""
    rng = np.random.default_rng(0)
    net = hb.Network(
        rng.normal(size=(200, 101)) / 9, rng.normal(size=201) / 9, activation=activation
    )
    X, y = rng.normal(size=(4, 100)), np.array([0.0, 1.0, 1.0, 0.0])
    with pytest.raises(ValueError, match="use hessian_diagonal for its diagonal, hessian_operator"):
        hb.hessian(net, X, y)
    diagonal = hb.hessian_diagonal(net, X, y)
    operator = hb.hessian_operator(net, X, y)
    for place in (0, 777, 20199, 20200, 20400):
        unit = np.zeros(net.n_parameters)
        unit[place] = 1.0
        assert_allclose(diagonal[place], (operator @ unit)[place], rtol=1e-10, atol=1e-14)

"""Products with the Gauss-Newton matrix agree with Jacobians that share no formula with them."""

import numpy as np
import pytest
from scipy.sparse.linalg import cg, eigsh

import hessbound as hb

from . import oracles
from .cases import CASES, DENSE, EPS, SAME, assert_same
from .cases import problem as draw


def matrix(net, *samples, **options):
    """Return the matrix column by column."""
    operator = hb.gauss_newton_operator(net, *samples, **options)
    return operator @ np.eye(operator.shape[0])


def test_against_the_oracle(problem):
    """For each shape, with weights and soft labels, it is Σ p ∇v∇vᵀ with the jets' ∇v."""
    p = problem
    expected = oracles.gauss_newton(p.net, p.X, p.weight)
    actual = matrix(p.net, p.X, p.y, sample_weight=p.weight)
    assert_same(actual, expected, rtol=DENSE)
    mean = matrix(p.net, p.X, p.y, sample_weight=p.weight, reduction="mean")
    assert_same(mean, expected / p.weight.sum(), rtol=DENSE)


def test_positive_semidefinite(problem):
    """No direction has negative curvature, up to rounding; zᵀGz = Σ p (∇v·z)²."""
    p = problem
    G = matrix(p.net, p.X, p.y, sample_weight=p.weight)
    assert_same(G, G.T, rtol=SAME)
    eigenvalues = np.linalg.eigvalsh((G + G.T) / 2)
    assert eigenvalues[0] >= -64 * len(G) * EPS * eigenvalues[-1]
    assert np.linalg.matrix_rank(G, tol=1e-9 * eigenvalues[-1]) <= len(p.y)


def test_is_the_hessian_where_labels_are_fitted(activation):
    """With y = σ(v), e is 0 and so is the rest of H."""
    p = draw(CASES[0], activation)
    y = p.net.predict_proba(p.X)[:, 1]
    assert_same(matrix(p.net, p.X, y), hb.hessian(p.net, p.X, y), rtol=1e-10)


def test_does_not_depend_on_labels(activation):
    """e has no part in it."""
    p = draw(CASES[0], activation)
    assert_same(matrix(p.net, p.X, p.y), matrix(p.net, p.X, 1 - p.y), rtol=SAME)


@pytest.mark.parametrize("block", ["hidden", "output"])
@pytest.mark.parametrize("kept", [False, True])
def test_blocks(activation, block, kept):
    """An operator of one layer has its rows and columns."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 5)), rng.integers(0, 2, 40)
    X[:, 2] = 0.0
    net = hb.Network(rng.normal(size=(3, 6)), rng.normal(size=4), activation=activation)
    own = slice(18) if block == "hidden" else slice(18, None)
    samples = (hb.Dataset(X, y),) if kept else (X, y)
    expected = oracles.gauss_newton(net, X, np.ones(40))[own, own]
    assert_same(matrix(net, *samples, block=block), expected, rtol=DENSE)


def test_works_with_scipy(activation):
    """eigsh finds the largest eigenvalue, cg a damped step."""
    p = draw(CASES[6], activation)
    operator = hb.gauss_newton_operator(p.net, p.X, p.y)
    G = oracles.gauss_newton(p.net, p.X, np.ones(len(p.y)))
    start = np.random.default_rng(0).normal(size=len(G))
    (largest,) = eigsh(operator, 1, which="LA", v0=start, return_eigenvectors=False)
    assert_same(largest, np.linalg.eigvalsh(G)[-1])
    output = hb.gauss_newton_operator(p.net, p.X, p.y, block="output")
    gradient = hb.gradient(p.net, p.X, p.y)[-output.shape[0] :]
    step, info = cg(output, gradient, rtol=1e-12)
    assert info == 0
    assert_same(output @ step, gradient, rtol=1e-9)

"""Eigenvalues that are repeated are listed as often as they are repeated, by either method."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb
from hessbound.spectrum import _lanczos


def linear(m, d):
    """A linear network with P = m (d + 2) + 1: its Hessian has eigenvalues m times and more."""
    rng = np.random.default_rng(0)
    net = hb.Network(rng.normal(size=(m, d + 1)), rng.normal(size=m + 1), activation="linear")
    return net, rng.normal(size=(200, d)), rng.integers(0, 2, 200).astype(float)


@pytest.mark.parametrize(("m", "d"), [(60, 9), (33, 18), (20, 31)])
@pytest.mark.parametrize("k", [2, 5, 8])
def test_linear_networks(m, d, k):
    """P = 661: the same five times is right, and five different values were once the answer."""
    arguments = linear(m, d)
    exact = np.linalg.eigvalsh(hb.hessian(*arguments))
    found = hb.extreme_eigenvalues(*arguments, k=k, method="lanczos")
    assert found.n_parameters == 661
    size = np.abs(exact).max()
    assert_allclose(found.largest, exact[::-1][:k], rtol=0, atol=1e-12 * size)
    assert_allclose(found.smallest, exact[:k], rtol=0, atol=1e-12 * size)
    assert found.largest_residuals.max() <= 1e-8 * size


@pytest.mark.parametrize(
    "which", [(True, True), (True, False), (False, True)], ids=["both", "smallest", "largest"]
)
@pytest.mark.parametrize(
    "values",
    [
        [5.0] * 9 + [1.0] * 90 + [-3.0] * 7,
        [5.0] * 3 + [4.999] * 3 + [1.0] * 100 + [0.999] * 40,
        [2.0] * 150,
        [0.0] * 149 + [1.0],
        [0.0] * 200,
        [*np.linspace(-1, 1, 180), *[1.5] * 6],
    ],
)
def test_prescribed_spectra(values, which):
    """Whatever the multiplicities, the k outermost are those of the matrix."""
    k, exact = 6, np.sort(values)
    Q = np.linalg.qr(np.random.default_rng(1).normal(size=(len(exact), len(exact))))[0]
    H = (Q * exact) @ Q.T
    start = np.random.default_rng(0).normal(size=len(exact))
    ritz = _lanczos.extreme(lambda z: H @ z, start, k, which, tolerance=1e-10, max_products=3000)
    expected = [exact[:k]] * which[0] + [exact[-k:]] * which[1]
    assert ritz.converged
    assert_allclose(ritz.values, np.concatenate(expected), rtol=0, atol=1e-12)
    vectors = ritz.vectors
    assert_allclose(vectors @ vectors.T, np.eye(len(vectors)), rtol=0, atol=1e-11)
    assert np.linalg.norm(vectors @ H - ritz.values[:, None] * vectors, axis=1).max() < 1e-9


def test_what_is_not_confirmed_is_not_returned():
    """Where products run out before it is sure that none is missing, that is an error."""
    arguments = linear(60, 9)
    enough = hb.extreme_eigenvalues(*arguments, k=5, method="lanczos").n_products - 10
    with pytest.raises(RuntimeError, match="Lanczos has not converged"):
        hb.extreme_eigenvalues(*arguments, k=5, method="lanczos", max_products=enough - 5)


def test_one_eigenvalue_needs_no_confirmation():
    """For k = 1 multiplicity does not matter, and nothing is computed for it."""
    rng = np.random.default_rng(0)
    net = hb.Network(rng.normal(size=(20, 32)), rng.normal(size=21), activation="tanh")
    X, y = rng.normal(size=(200, 31)), rng.integers(0, 2, 200).astype(float)
    assert hb.extreme_eigenvalues(net, X, y, method="lanczos").n_products < 40

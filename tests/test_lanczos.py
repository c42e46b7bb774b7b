"""Lanczos on matrices whose spectrum is known, and its compiled steps against plain NumPy."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from hessbound.spectrum import _krylov, _lanczos

SPECTRA = {
    "even": np.linspace(-1.0, 3.0, 300),
    "clustered": np.concatenate([1 + 1e-3 * np.sin(np.arange(298)), [1.1, 0.9]]),
    "one outlier": np.concatenate([1e-6 * np.sin(np.arange(299)), [1e3]]),
    "low rank": np.concatenate([[5.0, 3.0, -2.0], np.zeros(297)]),
    "double": np.concatenate([[4.0, 4.0, -4.0, -4.0], np.linspace(-1.0, 1.0, 296)]),
    "identity": np.ones(300),
    "zero": np.zeros(300),
}
BOTH = (True, True)
spectra = pytest.mark.parametrize("name", SPECTRA)


def matrix(eigenvalues, seed=3):
    """Return a symmetric matrix with these eigenvalues."""
    P = len(eigenvalues)
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(P, P)))
    return (Q * eigenvalues) @ Q.T


def start(P):
    """Draw a vector to start from."""
    return np.random.default_rng(4).normal(size=P)


def run(H, k=1, ends=BOTH, *, tolerance=1e-10, max_products=500):
    """Run Lanczos on a matrix."""
    options = {"tolerance": tolerance, "max_products": max_products}
    return _lanczos.extreme(H.__matmul__, start(len(H)), k, ends, **options)


def space_of(H, longest):
    """Start a Krylov space."""
    P = len(H)
    V = np.full((longest + 1, P), np.nan)
    V[0] = start(P) / np.linalg.norm(start(P))
    return _lanczos._Krylov(V, np.empty(longest), np.empty(longest))


def extend(space, H, count):
    """Take in so many products."""
    for _ in range(count):
        space.extend(H @ space.V[space.length])


def check(space, H):
    """Compare with the definition: V is orthonormal, and HV = VT + remainder."""
    n, size = space.length, np.abs(np.linalg.eigvalsh(H)).max()
    V, T = space.V[:n], np.diag(space.alpha[:n])
    T[range(1, n), range(n - 1)] = T[range(n - 1), range(1, n)] = space.beta[: n - 1]
    following = space.V[: min(n + 1, len(H))]
    assert_allclose(following @ following.T, np.eye(len(following)), rtol=0, atol=1e-12)
    left = H @ V.T - V.T @ T
    if n < len(H):
        left[:, -1] -= space.beta[n - 1] * space.V[n]
    assert np.abs(left).max() <= 1e-12 * size


@spectra
def test_both_ends(name):
    """Both ends are found, whatever the shape of the spectrum, with vectors that belong to them."""
    H, eigenvalues = matrix(SPECTRA[name]), SPECTRA[name]
    found, size = run(H), np.abs(eigenvalues).max()
    assert found.converged
    assert_allclose(found.values, [eigenvalues.min(), eigenvalues.max()], rtol=0, atol=1e-10 * size)
    assert_allclose(found.size, size, rtol=1e-9, atol=0)
    assert_allclose(np.linalg.norm(found.vectors, axis=1), 1.0, rtol=1e-12, atol=0)
    actual = np.linalg.norm(found.vectors @ H - found.values[:, None] * found.vectors, axis=1)
    assert_allclose(actual, found.residuals, rtol=1e-3, atol=1e-12 * size)
    assert (found.n_products > _lanczos.BASIS) == (name == "even")  # it has restarted


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize("ends", [BOTH, (True, False), (False, True)])
def test_no_product_too_many(tolerance, ends):
    """With two products fewer it has not converged: tests come in time."""
    H = matrix(SPECTRA["even"])
    needed = run(H, ends=ends, tolerance=tolerance).n_products
    fewer = run(H, ends=ends, tolerance=tolerance, max_products=needed - 2)
    assert not fewer.converged


@pytest.mark.parametrize("ends", [BOTH, (True, False), (False, True)])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_restarts_with_a_short_basis(monkeypatch, k, ends):
    """Many restarts lead to the same eigenvalues, in ascending order for each end."""
    monkeypatch.setattr(_lanczos, "BASIS", 6)
    eigenvalues = SPECTRA["even"]
    found = run(matrix(eigenvalues), k, ends, max_products=5000)
    expected = [*eigenvalues[: k * ends[0]], *eigenvalues[300 - k * ends[1] :]]
    assert found.converged
    assert_allclose(found.values, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("P", [1, 2, 3, 7])
@pytest.mark.parametrize("spectrum", [np.ones, np.zeros, np.arange, lambda P: np.arange(P) // 2])
def test_every_eigenvalue_of_a_small_matrix(P, spectrum):
    """Where all are wanted all come, multiple ones too, though a Krylov space has each once."""
    eigenvalues = np.asarray(spectrum(P), float)
    found = run(matrix(eigenvalues), P)
    assert found.converged
    assert_allclose(found.values, [*eigenvalues, *eigenvalues], rtol=0, atol=1e-13 * P)


@pytest.mark.parametrize("limit", [1, 3, 32, 33, 50])
def test_no_convergence(limit):
    """A run that is cut short, before or after a restart, says what it has."""
    found = run(matrix(SPECTRA["even"]), 2, tolerance=1e-14, max_products=limit)
    assert not found.converged
    assert found.n_products == limit
    assert found.vectors.shape == (min(2, limit) * 2, 300)
    assert (np.abs(found.values) <= 3.0).all()


@spectra
@pytest.mark.parametrize("count", [1, 2, 3, 12, 40])
def test_krylov_space(name, count):
    """Steps keep to the definition, where rounding destroys the plain recurrence too."""
    H = matrix(SPECTRA[name])
    space = space_of(H, 40)
    extend(space, H, count)
    check(space, H)


def test_long_vectors():
    """Vectors longer than a piece are worked on in several, the last of them shorter."""
    P = 2 * _krylov._PIECE + 5
    values = np.concatenate([np.linspace(0.0, 1.0, P - 2), [50.0, -20.0]])
    V, alpha, beta = np.empty((41, P)), np.empty(40), np.empty(40)
    V[0] = start(P) / np.linalg.norm(start(P))
    for j in range(40):
        _krylov.extend(V, alpha, beta, j, values * V[j])
    assert_allclose(V @ V.T, np.eye(41), rtol=0, atol=1e-12)
    T = np.diag(alpha) + np.diag(beta[:-1], 1) + np.diag(beta[:-1], -1)
    assert_allclose((V[:-1] * values) @ V[:-1].T, T, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", ["even", "one outlier", "low rank", "double", "identity"])
@pytest.mark.parametrize("keep", [[0], [11], [0, 1, 10, 11], [*range(11)]])
def test_restart(name, keep):
    """After a restart, and after steps beyond it, the space keeps to the definition."""
    H = matrix(SPECTRA[name])
    space = space_of(H, 12)
    extend(space, H, 12)
    values, S_T = space.decompose()
    space.restart(values[keep], S_T[keep])
    check(space, H)
    kept, _ = space.decompose()
    assert_allclose(kept, values[keep], rtol=0, atol=1e-12 * np.abs(SPECTRA[name]).max())
    extend(space, H, 12 - len(keep))
    check(space, H)

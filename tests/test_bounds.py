"""The Wolkowicz-Styan bounds hold, are ordered, and are attained where the paper says so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import hessbound as hb
from hessbound.bounds import wolkowicz_styan

from .cases import EPS
from .strategies import problems, reductions

spectra = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8).map(np.array)


def slack(eigenvalues):
    """Rounding error of s, which is a difference of two squares."""
    return 64 * np.sqrt(EPS) * np.abs(eigenvalues).max()


def bounds_of(eigenvalues):
    """Bound a spectrum by its two moments."""
    return wolkowicz_styan(eigenvalues.sum(), (eigenvalues**2).sum(), len(eigenvalues))


@given(spectra)
def test_bounds_bracket_any_spectrum(eigenvalues):
    """The largest and the smallest of any real numbers lie between their bounds."""
    largest, smallest = bounds_of(eigenvalues)
    tolerance = slack(eigenvalues)
    assert largest.lower - tolerance <= eigenvalues.max() <= largest.upper + tolerance
    assert smallest.lower - tolerance <= eigenvalues.min() <= smallest.upper + tolerance


@given(spectra)
def test_bounds_are_ordered(eigenvalues):
    """Lower bounds do not exceed upper ones, and no bound exceeds the Frobenius norm."""
    largest, smallest = bounds_of(eigenvalues)
    norm = np.linalg.norm(eigenvalues) + slack(eigenvalues)
    assert -norm <= smallest.lower <= smallest.upper <= largest.lower <= largest.upper <= norm


@pytest.mark.parametrize("eigenvalues", [[2.5], [-3.0, 1.0], [4.0, 4.0]])
def test_exact_for_one_and_two(eigenvalues):
    """One or two eigenvalues are determined by their two moments."""
    largest, smallest = bounds_of(np.array(eigenvalues))
    assert_allclose(largest, max(eigenvalues), rtol=1e-15, atol=0)
    assert_allclose(smallest, min(eigenvalues), rtol=1e-15, atol=0)


@pytest.mark.parametrize("P", [3, 10, 1000])
def test_upper_bound_is_attained(P):
    """Eq. (10): the upper bound is the largest eigenvalue if all others are equal."""
    largest, smallest = bounds_of(np.array([5.0] + [1.0] * (P - 1)))
    assert_allclose(largest.upper, 5.0, rtol=1e-12, atol=0)
    assert_allclose(smallest.upper, 1.0, rtol=1e-12, atol=0)


@pytest.mark.parametrize("P", [3, 10, 1000])
def test_lower_bound_is_attained(P):
    """The lower bound is the largest eigenvalue if it is repeated P - 1 times."""
    largest, smallest = bounds_of(np.array([1.0] + [5.0] * (P - 1)))
    assert_allclose(largest.lower, 5.0, rtol=1e-12, atol=0)
    assert_allclose(smallest.lower, 1.0, rtol=1e-12, atol=1e-12)


def test_equal_eigenvalues():
    """A variance that rounding makes negative counts as zero, so there is no NaN."""
    for value in np.random.default_rng(0).uniform(-3, 3, 200):
        bounds = np.ravel(bounds_of(np.full(7, value)))
        assert_allclose(bounds, value, rtol=1e-6, atol=0)


def test_zero_matrix():
    """All bounds of the zero matrix are zero."""
    assert wolkowicz_styan(0.0, 0.0, 5) == ((0.0, 0.0), (0.0, 0.0))


def test_arrays():
    """Arrays of moments give arrays of bounds."""
    traces, squares = np.array([6.0, 0.0]), np.array([12.0, 8.0])
    largest, smallest = wolkowicz_styan(traces, squares, 4)
    for index in range(2):
        one = wolkowicz_styan(traces[index], squares[index], 4)
        assert (largest.lower[index], largest.upper[index]) == one[0]
        assert (smallest.lower[index], smallest.upper[index]) == one[1]


@given(problems(), reductions)
def test_sharpness_brackets_the_spectrum(p, reduction):
    """The bounds of a network's Hessian hold for the eigenvalues of the dense Hessian."""
    options = {"sample_weight": p.weight, "reduction": reduction}
    exact = np.linalg.eigvalsh(hb.hessian(p.net, p.X, p.y, **options))
    s = hb.sharpness(p.net, p.X, p.y, **options)
    tolerance = 1e-12 * np.abs(exact).max()
    assert s.largest.lower - tolerance <= exact[-1] <= s.largest.upper + tolerance
    assert s.smallest.lower - tolerance <= exact[0] <= s.smallest.upper + tolerance
    assert s.largest.upper <= s.frobenius_norm * (1 + 1e-12)
    assert_allclose(s.trace, exact.sum(), rtol=0, atol=100 * tolerance)
    assert_allclose(s.trace_squared, (exact**2).sum(), rtol=1e-11, atol=0)
    assert_allclose(s.mean, exact.mean(), rtol=0, atol=100 * tolerance)
    assert_allclose(s.std, exact.std(), rtol=1e-9, atol=tolerance)

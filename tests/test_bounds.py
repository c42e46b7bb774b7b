"""The Wolkowicz-Styan bounds hold, are ordered, and are attained where the paper says so."""

from collections import namedtuple

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import hessbound as hb
from hessbound.derive.claims import spectrum as claims
from hessbound.derive.emission import spectrum as emission
from hessbound.traces._bounds import spectrum

from .cases import EPS
from .strategies import problems, reductions

spectra = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8).map(np.array)


Bounds = namedtuple("Bounds", ["lower", "upper"])


def slack(eigenvalues):
    """Rounding error of s, which is a difference of two squares."""
    return 64 * np.sqrt(EPS) * np.abs(eigenvalues).max()


def bounds_of(eigenvalues):
    """Bound a spectrum by its two moments."""
    found = spectrum(moments(eigenvalues), len(eigenvalues), batch=())
    return tuple(
        Bounds(found[f"{end}_lower"], found[f"{end}_upper"]) for end in ("largest", "smallest")
    )


def moments(*spectra):
    """Two parts of the trace, and the sum of squares, of each spectrum."""
    return np.array([[0.25 * x.sum(), 0.75 * x.sum(), (x**2).sum()] for x in spectra])


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


@pytest.mark.parametrize("eigenvalues", [[2.5], [-3.0, 1.0], [4.0, -1.0]])
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
    assert_allclose(smallest.lower, 1.0, rtol=1e-10, atol=0)  # what rounding may leave in s²


def test_equal_eigenvalues():
    """A variance that rounding makes negative counts as zero, so there is no NaN."""
    for value in np.random.default_rng(0).uniform(-3, 3, 200):
        bounds = np.ravel(bounds_of(np.full(7, value)))
        assert_allclose(bounds, value, rtol=1e-6, atol=0)


@pytest.mark.parametrize("apart", [0.0, 1e-12, 1e-8, 1e-7, 1e-6, 1e-4])
@pytest.mark.parametrize("P", [2, 3, 40])
def test_nearly_equal_eigenvalues(apart, P):
    """Digits that cancel in s² do not move a bound to the wrong side of an eigenvalue."""
    rng = np.random.default_rng(P)
    for value in rng.uniform(-3, 3, 200):
        eigenvalues = value * (1 + apart * rng.standard_normal(P))
        largest, smallest = bounds_of(eigenvalues)
        least = 2e-15 * abs(value)
        assert largest.lower - least <= eigenvalues.max() <= largest.upper + least
        assert smallest.lower - least <= eigenvalues.min() <= smallest.upper + least


def test_zero_matrix():
    """All bounds of the zero matrix are zero."""
    assert bounds_of(np.zeros(5)) == ((0.0, 0.0), (0.0, 0.0))


def test_several_matrices():
    """Each matrix of several has its own bounds, in the shape that is asked for."""
    spectra = np.array([[3.0, 1.0, 1.0, 1.0], [2.0, -2.0, 0.0, 0.0]])
    found = spectrum(moments(*spectra), 4, batch=(2, 1))
    for index, one in enumerate(map(bounds_of, spectra)):
        for end, bounds in zip(("largest", "smallest"), one, strict=True):
            assert (found[f"{end}_lower"][index, 0], found[f"{end}_upper"][index, 0]) == bounds


def test_scaled_matrices():
    """A power of two comes off: once from what is linear, twice from tr H²."""
    plain = spectrum(moments(np.arange(3.0)), 3)
    scaled = spectrum(moments(np.arange(3.0) * 2.0**5), 3, np.array([5]))
    for name, values in plain.items():
        assert_allclose(scaled[name], values, rtol=1e-14, atol=0, err_msg=name)


def test_emitted_bounds_follow_the_claims():
    """What is emitted is the claims' own boundary: with Chebyshev's claim, it is Chebyshev's."""
    std, P = emission.std, emission.P
    ends = emission.ends((claims.outer, claims.inner))
    assert ends[1] - emission.mean == std * sp.sqrt(P - 1)
    ends = emission.ends((chebyshev, claims.inner))
    assert sp.simplify(ends[1] - emission.mean - std * sp.sqrt(P)) == 0


def chebyshev(q):
    """P²(λ − μ)² ≤ P·P²s²."""
    return (q.P.value * q.extreme - q.trace) ** 2, q.P.value * claims._variance(q)


@given(problems(), reductions)
def test_sharpness_brackets_the_spectrum(p, reduction):
    """The bounds of a network's Hessian hold for the eigenvalues of the dense Hessian."""
    options = {"sample_weight": p.weight, "reduction": reduction}
    exact = np.linalg.eigvalsh(hb.hessian(p.net, p.X, p.y, **options))
    s = hb.sharpness(p.net, p.X, p.y, **options)
    tolerance = 1e-12 * np.abs(exact).max()
    assert s.largest_lower - tolerance <= exact[-1] <= s.largest_upper + tolerance
    assert s.smallest_lower - tolerance <= exact[0] <= s.smallest_upper + tolerance
    assert s.largest_upper <= s.frobenius_norm * (1 + 1e-12)
    assert_allclose(s.trace, exact.sum(), rtol=0, atol=100 * tolerance)
    assert_allclose(s.trace_squared, (exact**2).sum(), rtol=1e-11, atol=0)
    assert_allclose(s.mean, exact.mean(), rtol=0, atol=100 * tolerance)
    assert_allclose(s.std, exact.std(), rtol=1e-9, atol=tolerance)

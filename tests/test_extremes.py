"""Atoms, scalars and bounds keep their digits over the whole range, against mpmath."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb

from . import oracles, pointwise
from .cases import EPS

SIZES = (1e-300, 1e-8, 1.0, 20.0, 40.0, 300.0, 700.0)
SWEEP = np.array([0.0, *SIZES, *(-size for size in SIZES)])
GRID = np.array([-690.0, -500.0, -350.0, *np.linspace(-38, 38, 81), 350.0, 500.0, 690.0])
DIGITS = 360  # 1 - σ(700) has 304 zeros, and the formulas here are the unstable textbook ones
ULPS = 8 * EPS
UNDERFLOW = mpmath.mpf(10) ** -340  # no double is as small
TINY = np.finfo(float).tiny  # results below the smallest normal number may lose digits


def exact_derivatives(activation, u):
    """f, f', f'' and f''' at each u, by mpmath from the plain definition."""
    f = oracles.definition(activation)
    return np.array([_series(f, x) for x in u.tolist()], dtype=float).T * [[1], [1], [2], [6]]


def _series(f, x):
    """Taylor's coefficients, with as many digits as it takes that more of them change nothing."""
    first = DIGITS if 0 < abs(x) < 0.1 else min(DIGITS, 50 + int(x * x / 4))
    for digits in (first, DIGITS, 1000, 4000):
        found, more = (_taylor(f, x, n) for n in (digits, digits + 20))
        # what has lost all digits is 0, with more digits too
        if (all(more) or digits >= DIGITS) and all(map(_settled, found, more)):
            break
    return more


def _taylor(f, x, digits):
    with mpmath.workdps(digits):
        return mpmath.taylor(lambda t: f(t, mpmath), mpmath.mpf(x), 3)


def _settled(a, b):
    return abs(a - b) <= abs(b) * 1e-25 + UNDERFLOW


def test_activation_at_extremes(activation):
    """f and its derivatives have all digits from u = 1e-300 to 700, on both sides."""
    expected = exact_derivatives(activation, SWEEP)
    actual = pointwise.activation(activation, SWEEP)
    for order in range(4):
        message = f"derivative {order}"
        assert_allclose(actual[order], expected[order], rtol=ULPS, atol=TINY, err_msg=message)


def test_activation_in_between(activation):
    """The same on a grid; beside a change of sign the error is absolute."""
    u = GRID
    expected = exact_derivatives(activation, u)
    actual = pointwise.activation(activation, u)
    signs = np.sign(expected)
    turns = np.zeros(expected.shape, dtype=bool)
    turns[:, 1:] |= signs[:, 1:] != signs[:, :-1]
    turns[:, :-1] |= signs[:, 1:] != signs[:, :-1]
    tolerance = ULPS * np.abs(expected) + TINY + np.where(turns, ULPS, 0.0)
    error = np.abs(actual - expected)
    worst = np.unravel_index((error / tolerance).argmax(), error.shape)
    assert (error <= tolerance).all(), (
        f"derivative {worst[0]} at u = {u[worst[1]]}: {actual[worst]} for {expected[worst]}"
    )


def test_activation_far_out_is_finite(activation):
    """Nothing becomes NaN, nor infinite where the exact value is not as large as that."""
    f = oracles.definition(activation)
    for u in (5e-324, 745.2, 1e4, 1e150, 1e200):
        values = pointwise.activation(activation, np.array([u, -u]))
        overflows = abs(f(mpmath.mpf(u), mpmath)) > np.finfo(float).max
        assert not np.isnan(values).any()
        assert overflows or np.isfinite(values).all()


@pytest.mark.parametrize("label", [0.0, 1.0, 0.25, 0.5])
def test_cross_entropy_at_extremes(label):
    """ℓ, e and p have all digits; e of a soft label only where it does not cancel."""
    omega = 3.0
    with mpmath.workdps(DIGITS):
        expected = []
        for v in SWEEP.tolist():
            sigma = 1 / (1 + mpmath.exp(-mpmath.mpf(v)))
            loss = -label * mpmath.log(sigma) - (1 - label) * mpmath.log(1 - sigma)
            expected.append([omega * x for x in (loss, sigma - label, sigma * (1 - sigma))])
        expected = np.array([[float(x) for x in row] for row in expected]).T
    N = len(SWEEP)
    actual = pointwise.cross_entropy(SWEEP, np.full(N, label), np.full(N, omega))
    cancels = ULPS * omega if 0 < label < 1 else 0.0
    assert_allclose(actual[0], expected[0], rtol=ULPS, atol=TINY, err_msg="loss")
    assert_allclose(actual[1], expected[1], rtol=ULPS, atol=TINY + cancels, err_msg="e")
    assert_allclose(actual[2], expected[2], rtol=ULPS, atol=TINY, err_msg="p")


@pytest.mark.parametrize("v", [-700.0, -400.0, 400.0, 700.0])
def test_bounds_hold_where_squares_underflow(activation, v):
    """At |v| = 400 tr H² is zero in float64, but the bounds are right to many digits."""
    net = hb.Network([[0.3, -0.7]], [v, 0.5], activation=activation)
    X, y = np.array([[0.4], [-1.2], [2.0]]), np.full(3, float(v > 0))
    s = hb.sharpness(net, X, y)
    with mpmath.workdps(DIGITS):
        H = oracles.exact_reference(net, X, y, np.ones(3)).hessian
        exact = sorted(mpmath.eigsy(mpmath.matrix(H.tolist()), eigvals_only=True))
        smallest, largest = float(exact[0]), float(exact[-1])
        mean = sum(exact) / 4
        std = mpmath.sqrt(sum((x - mean) ** 2 for x in exact) / 4)
        upper, lower = float(mean + mpmath.sqrt(3) * std), float(mean - mpmath.sqrt(3) * std)
    assert s.trace_squared == 0
    assert s.largest_lower <= largest <= s.largest_upper
    assert s.smallest_lower <= smallest <= s.smallest_upper
    assert_allclose([s.largest_upper, s.smallest_lower], [upper, lower], rtol=1e-11, atol=0)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_norm_of_the_parameters_at_extremes(activation, size):
    """‖θ‖ neither underflows nor overflows where its square would."""
    net = hb.Network([[0.0, 3 * size]], [4 * size, 0.0], activation=activation)
    assert_allclose(hb.sharpness(net, [[0.0]], [1.0]).theta_norm, 5 * size, rtol=ULPS, atol=0)

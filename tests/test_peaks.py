"""The closed forms of the sharper constants against maxima found by other means."""

import random
from dataclasses import replace

import mpmath
import pytest
import sympy as sp

from hessbound.derive import claims
from hessbound.derive.claims import constants
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.verdicts import Verdict

ATTAINED = ("bound_single_inside", "bound_single_end", "bound_peak")


def coefficients(count, seed):
    """Draw coefficients over four orders of magnitude, one in five of them zero."""
    source = random.Random(seed)
    for _ in range(200):
        yield tuple(
            0 if source.random() < 0.2 else sp.Rational(10 ** source.uniform(-2, 2))
            for _ in range(count)
        )


def highest(poly, t):
    """The largest value on [0, 1], at the ends and wherever mpmath finds the derivative's roots."""
    slope = [mpmath.mpf(x.p) / x.q for x in sp.Poly(sp.diff(poly, t), t).all_coeffs()]
    roots = mpmath.polyroots(slope, maxsteps=500, extraprec=500) if any(slope[:-1]) else []
    places = [0, 1, *(mpmath.re(x) for x in roots if 0 < mpmath.re(x) < 1)]
    values = [mpmath.mpf(x.p) / x.q for x in sp.Poly(poly, t).all_coeffs()]
    return max(mpmath.polyval(values, x) for x in places)


@pytest.mark.parametrize(
    ("closed", "curve", "count"),
    [
        (constants.largest_single, lambda t, a, c: t * (1 - t) * a + t * c, 2),
        (constants.largest_pair, constants.pair, 3),
    ],
)
def test_closed_form_is_the_maximum(closed, curve, count):
    """To 25 digits, the largest of the values at the derivative's roots and at the ends."""
    t, ends = sp.Symbol("t"), 0
    for given in coefficients(count, seed=7):
        with mpmath.workdps(40):
            expected = highest(curve(t, *given), t)
            found = mpmath.mpf(str(sp.N(closed(*given), 40)))
            assert abs(found - expected) <= mpmath.mpf(10) ** -25 * (1 + expected), given
        ends += closed(*given) == given[-1]
    assert 20 < ends < 180  # both cases have been met


def test_stationary_point_is_one_and_turn_is_where_the_ends_tie():
    """F′(τ) = 0, and with C such that q(σ) = 0 the values F(σ) and F(1) are equal."""
    A, B = sp.Integer(9), sp.Integer(1)
    x = constants.turn(A, B)
    assert 0 < x < 1
    C = sp.simplify(-constants.slope(x, A, B, 0))
    assert sp.simplify(constants.pair(x, A, B, C) - C) == 0
    assert sp.simplify(constants.stationary(A, B, C) - x) == 0
    t = sp.Symbol("t")
    slope = sp.diff(constants.pair(t, A, B, C - 1), t)
    assert sp.simplify(slope.subs(t, constants.stationary(A, B, C - 1))) == 0


@pytest.mark.parametrize("name", ATTAINED)
def test_smaller_maximum_is_refuted(name):
    """The bounds are attained: one per mille less is false in some example."""
    claim = claims.find(name)

    def smaller(q):
        small, large = claim.function(q)
        return 1001 * small, 1000 * large

    assert prove(replace(claim, function=smaller, certificate=None)).verdict is Verdict.REFUTED


def test_maximum_of_pairs_is_never_above_the_plain_constant():
    """M ≤ ⅛A + ½B + C, and down to half of it."""
    ratios = [
        sp.N(constants.largest_pair(A, B, C) / (A / 8 + B / 2 + C))
        for A, B, C in coefficients(3, seed=3)
        if A + B + C
    ]
    assert max(ratios) <= 1
    assert 0.5 < min(ratios) < 0.7

"""Inequalities: certificates close, wrong ones do not, sharp constants cannot be tightened."""

from dataclasses import replace
from fractions import Fraction

import pytest
import sympy as sp

from hessbound.derive import activations, claims
from hessbound.derive.algebra import matrices
from hessbound.derive.functions.logistic import logistic
from hessbound.derive.functions.ranges import range_of
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.proof.nonnegative import NegativeError, Nonnegative, fact, lagrange, square
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.statements import Bound, KnownFalse, RangeClaim
from hessbound.derive.proof.verdicts import Verdict
from hessbound.derive.statements.spectrum import Scalars

BOUNDS = [c for c in claims.every() if isinstance(c, Bound)]
RANGES = [c for c in claims.every() if isinstance(c, RangeClaim)]
# Attained by some matrix or network, so that one per cent less is false.
SHARP = {"bound_outer", "bound_outer_2", "bound_inner", "bound_inner_2", "bound_output_trace"}
SHARP |= {"bound_output_trace_2", "bound_psd_lower"}


def test_every_listed_inequality_has_a_row():
    """Equations 7-10, 22-24, 29-34 and 92-95, and the sharper and further bounds."""
    text = " ".join(claim.equation for claim in claims.every())
    for number in (7, 8, 9, 10, 22, 23, 24, "29-30", 31, 32, 33, 34, 92, 93, 94, 95):
        assert str(number) in text
    assert "23 sharper" in text
    assert "29 sharper" in text
    assert "r = 2" in text


@pytest.mark.parametrize("claim", [c for c in BOUNDS if c.name in SHARP], ids=lambda c: c.name)
def test_sharp_constants_cannot_be_tightened(claim):
    """One per cent less on the larger side is refuted by an example."""

    def tighter(q):
        small, large = claim.function(q)
        return small, Fraction(99, 100) * large

    result = prove(replace(claim, function=tighter))
    assert result.verdict is Verdict.REFUTED
    assert result.witness.lhs > result.witness.rhs


@pytest.mark.parametrize("claim", BOUNDS, ids=lambda c: c.name)
def test_reversed_inequality_is_refuted(claim):
    """The larger side is not always the smaller one, unless the two are equal."""
    if claim.equal:
        pytest.skip("the sides are equal")

    def reversed_sides(q):
        small, large = claim.function(q)
        return large, small

    result = prove(replace(claim, function=reversed_sides, proof=None))
    assert result.verdict is Verdict.REFUTED


def test_changed_certificate_is_not_accepted():
    """A slack too little or too much leaves the inequality unchecked, since it is true."""
    claim = claims.find("bound_hidden_trace")

    def half(q):
        yield from ((reason, slack * Fraction(1, 2)) for reason, slack in claim.proof(q))

    result = prove(replace(claim, proof=half))
    assert result.verdict is Verdict.UNCHECKED
    assert result.method.startswith("the certificate does not close")


def test_without_certificate_a_bound_is_only_sampled():
    """True in all examples, but no proof: SAMPLED, never PROVED."""
    result = prove(replace(claims.find("bound_hidden_trace"), proof=None))
    assert result.verdict is Verdict.SAMPLED


def test_loosened_side_condition_breaks_the_bound():
    """The bounds with |f| ≤ 1 are false for softplus, where |f| grows."""
    claim = claims.find("bound_output_trace_saturated")
    wrong = replace(claim, setting=replace(claim.setting, outputs=False))
    assert prove(wrong).verdict is Verdict.REFUTED


def test_weighted_bound_needs_its_weights():
    """(22) with weights in H and without them in the bound is false."""
    claim = claims.find("bound_output_trace_2")

    def unweighted(q):
        small, _ = claim.function(q)
        count = q.one("sample").sum()
        return small, Fraction(1, 4) * (count + (q.h * q.h).sum())

    assert prove(replace(claim, function=unweighted)).verdict is Verdict.REFUTED


def test_known_false_statement_is_refuted_as_expected():
    """(33) without its side condition: the counterexample holds, and the run does not fail."""
    (claim,) = (c for c in claims.every() if isinstance(c, KnownFalse))
    result = prove(claim)
    assert result.verdict is Verdict.REFUTED
    assert result.as_expected
    assert not prove(replace(claim, search=lambda: None)).as_expected


def test_nonnegative_is_made_by_rules_only():
    """Nobody can declare by accident what only a rule may."""
    with pytest.raises(TypeError, match="only the rules"):
        Nonnegative(matrices.symbol("x", None))
    with pytest.raises(NegativeError, match="a factor of something nonnegative is -1"):
        square(matrices.symbol("x", None)) * -1


def test_negative_numbers_are_noticed():
    """A fact that does not hold in numbers is an error there."""
    q = Scalars(("a",)).draw(1)
    value = q["a"] - abs(q["a"].array[0, 0]) - 1
    with pytest.raises(NegativeError, match="an entry is"):
        fact(value)


def test_lagrange_identity():
    """‖x‖²‖y‖² − (x·y)² is a sum of squares, for all sizes."""
    x, y = matrices.symbol("x", "input"), matrices.symbol("y", "input")
    assert lagrange(x, y).value == (x.T @ x) * (y.T @ y) - (x.T @ y) ** 2


@pytest.mark.parametrize("claim", RANGES, ids=lambda c: c.name)
def test_range_tightened_or_loosened_is_refuted(claim):
    """One per cent off at either end, or an end opened or closed, is refuted."""
    low, high = claim.values.inf, claim.values.sup
    if isinstance(claim.values, sp.FiniteSet):
        wrong = [sp.FiniteSet(low + 1), sp.Interval(low, low + 1)]
    else:
        step, closed = (high - low) / 100, not claim.values.left_open
        wrong = [sp.Interval(low + step, high + step), sp.Interval(low - step, high)]
        wrong += [sp.Interval(low, high - step), sp.Interval(low, high, closed, closed)]
    for values in wrong:
        result = prove(replace(claim, values=values))
        assert result.verdict is Verdict.REFUTED, values
        assert result.witness is not None


def test_undecided_range_says_so():
    """Swish's f″ has its zeros at no root of a polynomial in one atom: no guess is made."""
    atoms = logistic(u)
    swish = ScalarFunction(u * atoms["s"].symbol, u / (1 + sp.exp(-u)), tuple(atoms.values()))
    with pytest.raises(UndecidedError, match="not the roots of a polynomial in one monotone atom"):
        range_of(swish, 1)


def test_gelu_is_extreme_where_it_should_be():
    """f′ at ±√2, f″ at 0 and ±2."""
    gelu = activations.load("gelu")
    first, second = range_of(gelu, 1), range_of(gelu, 2)
    assert (first.lowest.at, first.highest.at) == (-sp.sqrt(2), sp.sqrt(2))
    assert second.highest.at == 0
    assert abs(second.lowest.at) == 2
    density = sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi)
    assert second.lowest.value.equals(-2 * density.subs(u, 2))


def test_atoms_need_not_be_monotone():
    """A function of a decreasing atom has its range found, too."""
    z = sp.Symbol("z", real=True)
    decay = ScalarFunction(z, sp.exp(-u), (Atom(z, sp.exp(-u), -z, sp.exp(-u)),))
    assert range_of(decay, 0).interval == sp.Interval.open(0, sp.oo)

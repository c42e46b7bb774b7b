"""Inequalities: certificates close, wrong ones do not, sharp constants cannot be tightened."""

from dataclasses import replace
from fractions import Fraction

import pytest
import sympy as sp

from hessbound.derive import activations, claims
from hessbound.derive.functions.ranges import range_of
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.proof.kernel import (
    Known,
    NotARuleError,
    Slack,
    conclude,
    fact,
    lagrange,
    over,
    sign,
    square,
)
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.statements import Checked, Inequality, RangeClaim
from hessbound.derive.proof.verdicts import Decision, Verdict
from hessbound.derive.statements.network import Quantities, of, quantity
from hessbound.derive.statements.normal import Normal
from hessbound.derive.statements.trees import SCALAR, Symbol

BOUNDS = [c for c in claims.every() if isinstance(c, Inequality)]
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

    result = prove(replace(claim, function=reversed_sides, certificate=None))
    assert result.verdict is Verdict.REFUTED


def test_changed_certificate_is_not_accepted():
    """A slack too little or too much leaves the inequality unchecked, since it is true."""
    claim = claims.find("bound_hidden_trace")

    def half(q):
        yield from ((reason, slack * Fraction(1, 2)) for reason, slack in claim.certificate(q))

    result = prove(replace(claim, certificate=half))
    assert result.verdict is Verdict.UNCHECKED
    assert result.method.startswith("the certificate does not close")


def test_without_certificate_a_bound_is_only_sampled():
    """True in all examples, but no proof: SAMPLED, never PROVED."""
    result = prove(replace(claims.find("bound_hidden_trace"), certificate=None))
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
    (claim,) = (c for c in claims.every() if c.expected is Verdict.REFUTED)
    assert isinstance(claim, Checked)
    result = prove(claim)
    assert result.verdict is Verdict.REFUTED
    assert result.as_expected
    left_standing = replace(claim, check=lambda: Decision(Verdict.SAMPLED, ""))
    assert not prove(left_standing).as_expected


# ---- the kernel: each rule, and what is none

q, i, j = Quantities(), Symbol("sample"), Symbol("sample")
COLUMN = of("h", i, q.b.shape)
KNOWN = Known({"e": lambda: quantity("e", q.e.shape), "t": lambda s: of("t", s, SCALAR)}, {"s"})
SIGN = quantity("s", q.b.shape)
RULES = [  # slacks, and the matrix that each shows not to be negative
    (square(q.h), q.h * q.h),
    (square(q.h).sum() * 2 + 1, 2 * (q.h**2).sum() + 1),
    (square(q.h).T, (q.h**2).T),
    (square(q.h) @ square(q.b), q.h**2 @ q.b**2),
    (square(q.b) ** 3, q.b**6),
    (square(q.K).without_diagonal(), (q.K**2).without_diagonal()),
    (fact("e", q.p), q.e),
    (over(q, lambda s: fact("t", q.p, s)), q.over(lambda s: of("t", s, SCALAR))),
    (sign(SIGN), q.one("hidden") - SIGN),
    (sign(SIGN @ SIGN.T), q.one("hidden", "hidden") - SIGN @ SIGN.T),
    (sign(-1 * SIGN * SIGN), q.one("hidden") + SIGN**2),
    (lagrange(q.b, q.f1.T @ q.e), (q.b**2).sum() * ((q.f1.T @ q.e) ** 2).sum()
        - (q.b.T @ q.f1.T @ q.e) ** 2),
]  # fmt: skip
NONE = [
    Slack("square", (q.h, q.h)),
    Slack("number", (Fraction(-1),)),
    Slack("number", (1,)),
    Slack("subtract", (square(q.h), square(q.h))),
    fact("p", q.p),
    sign(q.b),
    sign(SIGN + SIGN),
    sign(SIGN.T @ SIGN),
    sign(2 * SIGN),
    square(q.b).T + Slack("square", (0,)),
    q.h,
]


@pytest.mark.parametrize("n", range(len(RULES)))
def test_rule_concludes_what_it_says(n):
    """The matrix of a slack, by normal form; facts are looked up, whatever they were said to be."""
    slack, expected = RULES[n]
    assert Normal().same(conclude(slack, KNOWN), expected)


@pytest.mark.parametrize("slack", NONE, ids=range(len(NONE)))
def test_anything_else_is_no_rule(slack):
    """A negative number, a fact that is not assumed, a sign that is none, no slack at all."""
    with pytest.raises(NotARuleError):
        conclude(slack, KNOWN)


@pytest.mark.parametrize("number", [-1, Fraction(-1, 2), 0.5, True, "1", None])
def test_slack_takes_numbers_that_are_not_negative(number):
    """Negative ones fail where they are judged; what is no exact number, at once."""
    if type(number) in (int, Fraction):
        for slack in (square(q.h) * number, number + square(q.w0)):
            with pytest.raises(NotARuleError, match="no rule shows this to be nonnegative"):
                conclude(slack, KNOWN)
    else:
        with pytest.raises(NotARuleError, match="a slack combines with slacks and exact numbers"):
            square(q.h) * number


def test_rule_that_fails_names_its_line():
    """In the file that made the slack, not in the prover."""
    with pytest.raises(NotARuleError, match=r"^test_inequalities\.py:\d+: the claim"):
        conclude(fact("nothing", q.p), KNOWN)


def test_lagrange_identity():
    """‖x‖²‖y‖² − (x·y)² is a sum of squares, for all sizes."""
    x, y = q.free("a", "input"), q.free("y", "input")
    expected = (x.T @ x) * (y.T @ y) - (x.T @ y) ** 2
    assert Normal().same(lagrange(x, y).value, expected)


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
    """sin u² has a zero of its slope beyond every place: no guess is made."""
    s, c = sp.symbols("sine cosine", real=True)
    sine, cosine = sp.sin(u**2), sp.cos(u**2)
    atoms = (Atom(s, sine, 2 * u * c, sine), Atom(c, cosine, -2 * u * s, cosine))
    with pytest.raises(UndecidedError):
        range_of(ScalarFunction(s, sine, atoms), 0)


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

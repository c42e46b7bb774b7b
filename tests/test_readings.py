"""Bounds of the traces and the limit, read for each loss; wrong suprema are found out."""

from dataclasses import replace
from fractions import Fraction

import pytest
import sympy as sp

from hessbound.derive import claims, losses, over, prove_bound, square
from hessbound.derive.claims import readings
from hessbound.derive.claims.losses import of_loss
from hessbound.derive.functions import catalogue
from hessbound.derive.functions.loss import Loss, omega, v, y
from hessbound.derive.functions.scalar import Atom
from hessbound.derive.proof import inequalities
from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.verdicts import Verdict

BOTH = "(22), (23), (24), (29-30, 95), (31), (32), (92), (93), (94)"
SHIPPED = {
    "cross_entropy": f"with s₁ = 1, s₂ = 1/4 hold {BOTH}",
    "squared_error": "with s₂ = 1 hold (22), (92); there is no s₁,",
    "probit": "with s₂ = 1 hold (22), (92); there is no s₁,",
    "poisson": "there is no s₁ and no s₂,",
    "exponential": "there is no s₁ and no s₂,",
}
LIMITS = {
    "cross_entropy": "for y = 0, v → −∞ and for y = 1, v → ∞, so λ̄ → 0",
    "squared_error": "inf ℓ″ = c = 1, so λ̄ ≥ λ_max",
    "probit": "for y = 0, v → −∞ and for y = 1, v → ∞, so λ̄ → 0",
    "poisson": "for y = 0, v → −∞, so λ̄ → 0",
    "exponential": "for y = 0, v → −∞ and for y = 1, v → ∞, so λ̄ → 0",
}
r, Q, L = v - y, sp.Symbol("q", real=True), sp.Symbol("L", real=True)
CAUCHY = Loss(  # ℓ″ < 0 far out: no bound needs a convex loss
    omega * L,
    omega * sp.log(1 + r**2),
    (
        Atom(Q, 1 / (1 + r**2), -2 * r * Q**2, 1 / (1 + r**2)),
        Atom(L, sp.log(1 + r**2), 2 * r * Q, sp.log(1 + r**2)),
    ),
    labels=sp.S.Reals,
    slope=sp.Integer(1),
    curvature=sp.Integer(2),
)


def including(**own):
    """Let losses be found by these names."""
    return catalogue.including({losses.__name__: own})


def reading(loss, of="bounds"):
    """Return the verdict on the bounds of a loss, or on its limit."""
    with including(mine=loss):
        (claim,) = (x for x in of_loss("mine") if x.name == f"mine_{of}")
        return prove(claim)


@pytest.mark.parametrize("name", losses.names())
def test_each_loss_says_which_it_has(name):
    """And why not the others; all of it is proved."""
    for of, words in (("bounds", SHIPPED), ("limit", LIMITS)):
        claim = claims.find(f"{name}_{of}")
        assert claim.loss == name
        assert words[name] in claim.statement
        assert prove(claim).verdict is Verdict.PROVED


def test_bounds_need_no_convex_loss():
    """They hold for negative p, too, and are read so."""
    assert reading(CAUCHY).verdict is Verdict.PROVED
    assert reading(CAUCHY, "limit").verdict is Verdict.DEFINITION  # neither stated nor denied


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("cross_entropy", {"curvature": sp.Rational(6, 25)}),
        ("squared_error", {"curvature": sp.Rational(99, 100)}),
        ("probit", {"curvature": sp.Rational(1, 2)}),
        ("poisson", {"curvature": sp.Integer(1)}),
    ],
)
def test_supremum_that_is_too_small_is_refuted_in_a_network(name, wrong):
    """With a witness that has this loss."""
    result = reading(replace(losses.load(name), **wrong))
    assert result.verdict is Verdict.REFUTED
    assert ", mine, N=" in result.witness.where
    assert "loss='mine'" in result.witness.snippet


@pytest.mark.parametrize(
    ("loss", "wrong"),
    [
        ("cross_entropy", {"slope": sp.Rational(9, 10)}),
        ("cross_entropy", {"slope": None}),
        ("cross_entropy", {"curvature": None}),
        ("squared_error", {"slope": sp.Integer(10**9)}),
        (CAUCHY, {"slope": sp.Rational(1, 2)}),
        (CAUCHY, {"curvature": sp.Rational(1, 4)}),
    ],
)
def test_wrong_supremum_gives_no_bound(loss, wrong):
    """Too large, too small, or left out: the file's own claim is refuted, and this not proved."""
    right = losses.load(loss) if isinstance(loss, str) else loss
    assert reading(replace(right, **wrong)).verdict in (Verdict.REFUTED, Verdict.UNCHECKED)


def test_loss_that_is_not_proportional_to_its_weight():
    """With ω² in the place of ω the suprema for ω = 1 say nothing."""
    squared = Loss(omega**2 * r**2 / 2, omega**2 * r**2 / 2, labels=sp.S.Reals, curvature=1)
    for of in ("bounds", "limit"):
        assert reading(squared, of).verdict is not Verdict.PROVED


@pytest.mark.parametrize("claim", readings._bounds(), ids=lambda c: c.name)
def test_every_assumption_is_needed(claim):
    """Without |e| ≤ ω s₁, or without |p| ≤ ω s₂, the certificate is none."""
    for word in readings._needs(claim):
        less = {word: False, "slope" if word == "curvature" else "curvature": True}
        if set(readings._needs(claim)) <= {x for x, given in less.items() if given}:
            continue
        closed = inequalities.certify(replace(claim, setting=replace(claim.setting, **less)))
        assert closed.fault


def _swapped(q):
    class Swapped(type(q)):
        s1, s2 = type(q).s2, type(q).s1

    other = object.__new__(Swapped)
    other.__dict__["_assumptions"] = q.__dict__["_assumptions"]
    return other


@pytest.mark.parametrize("name", ["bound_hidden_trace", "bound_squared_ep", "bound_squared"])
def test_numbers_are_not_mixed_up(name):
    """s₁ for s₂ on the larger side, or one of them halved: refuted, or not proved."""
    claim = claims.find(name)

    def mixed(q):
        return claim.function(q)[0], claim.function(_swapped(q))[1]

    def halved(q):
        small, large = claim.function(q)
        return small, large * Fraction(1, 2)

    for function in (mixed, halved):
        if name == "bound_squared_ep" and function is mixed:
            continue  # s₁ s₂ is s₂ s₁
        result = prove(replace(claim, function=function))
        assert result.verdict is not Verdict.PROVED


def test_bounds_of_ones_own_for_any_loss():
    """What is assumed is there, and nothing else; a wrong number is refuted by some loss."""

    def trace(q, factor=1):
        h2 = (q.h * q.h).sum() + q.one("sample").sum()
        return q.part(q.H, "w", "w").trace(), factor * q.s2.value * h2

    def proof(q):
        yield "|p| ≤ s₂", over(q, lambda i: q.bounded(i).p.gap() * (square(q.at(i).h).sum() + 1))

    assert prove_bound(trace, proof, curvature=True).verdict is Verdict.PROVED
    assert prove_bound(trace, proof, slope=True).verdict is not Verdict.PROVED
    quarter = prove_bound(lambda q: (trace(q)[0], trace(q, Fraction(1, 4))[1]), curvature=True)
    assert quarter.verdict is Verdict.REFUTED


def test_assumptions_that_do_not_go_together():
    """Hard labels couple e and p of cross-entropy, and a loss alone bounds nothing."""
    with pytest.raises(ValueError, match="hard labels and δ are cross-entropy's"):
        Assumptions(hard=True, slope=True)
    for wrong in ({"loss": "probit"}, {"loss": 1, "slope": True}):
        with pytest.raises(ValueError, match="a loss is a name, and goes with slope or curvature"):
            Assumptions(**wrong)

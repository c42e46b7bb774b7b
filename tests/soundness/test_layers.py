"""Statements of layers and inductions: none that is false is PROVED, none that is true REFUTED."""

from dataclasses import replace
from fractions import Fraction

import pytest

from hessbound.derive import claims
from hessbound.derive.claims import depth, every_depth
from hessbound.derive.proof import induction
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.register import identity_of
from hessbound.derive.proof.statements import Induction
from hessbound.derive.proof.verdicts import Result, Verdict
from hessbound.derive.statements import steps
from hessbound.derive.statements.fields import RATIONALS
from hessbound.derive.statements.layer_draws import draw
from hessbound.derive.statements.notation import LAYERS, NETWORK
from hessbound.derive.statements.trees import named

BLOCKS, TRACE = map(claims.find, ("blocks_of_any_depth", "trace_of_any_depth"))
SLOPE, CURVATURE = every_depth.DOWN


def stated(function, **options):
    """An identity of layers."""
    return replace(identity_of(function, "claim", **options), notation=LAYERS)


def F1(s):
    """F′."""
    return s.f1.diag()


def softmax(s):
    """Qᵀ of softmax."""
    return steps.softmax_factor(s.pi, s.root, s.pi_bar)


BY_DEFINITION = {  # of one sample
    "π has the sum 1": lambda q, s: (s.pi.sum(), 1),
    "π̄ is 1 − π": lambda q, s: (s.pi + s.pi_bar, q.one("class")),
    "√π² is π": lambda q, s: (s.root**2, s.pi),
    "labels have the sum 1": lambda q, s: (s.label.sum(), 1),
    "ȳ is 1 − y": lambda q, s: (s.label + s.label_bar, q.one("class")),
    "√ω² is ω": lambda q, s: (s.root_omega**2, s.omega),
    "B is QᵀQ + C": lambda q, s: (s.B, s.Q.T @ s.Q + s.C),
    "d is diag B": lambda q, s: (s.d, s.B.diagonal()),
    "QW": lambda q, s: (s.QW, s.Q @ q.W),
    "A is CW": lambda q, s: (s.A, s.C @ q.W),
    "G is WF′M": lambda q, s: (s.G, q.W @ F1(s) @ s.M),
    "Y is QWF′M": lambda q, s: (s.Y, s.Q @ s.G),
    "YF is YF′": lambda q, s: (s.YF, s.Y @ F1(s)),
    "squares are diag WᵀQᵀQW": lambda q, s: (s.squares, (s.QW.T @ s.QW).diagonal()),
    "grown": lambda q, s: (s.grown, s.f2 * s.m + s.f1 * s.lam),
    "carried": lambda q, s: (s.carried, s.f1 * s.f1 * s.m),
    "u is Wᵀg": lambda q, s: (s.u, q.W.T @ s.g),
    "ḣ is f′∘ż": lambda q, s: (s.h_to, s.f1 * s.z_to),
    "own is f″∘Wᵀg": lambda q, s: (s.own, steps.own_curvature(q, s)),
    "forms are diag WᵀCW": lambda q, s: (s.forms, (q.W.T @ s.C @ q.W).diagonal()),
    "κ": lambda q, s: (s.kappa, steps.own_tangents(q, s)),
    "[W] is 0 or 1": lambda q, s: (q.on_W**2, q.on_W),
    "[b] is 0 or 1": lambda q, s: (q.on_beta**2, q.on_beta),
    "softmax's factor": lambda q, s: (s.pi.diag() - s.pi @ s.pi.T, softmax(s) @ softmax(s).T),
}
DERIVED = {
    "softmax's slope": lambda q, i: (
        q.derived("softmax_slope", i),
        q.at(i).pi * q.at(i).label.sum() - q.at(i).label,
    ),
    "its stable form": lambda q, i: (q.derived("softmax_slope", i), steps.softmax_slope(q.at(i))),
    "softmax's curvature": lambda q, i: (
        q.derived("softmax_curvature", i),
        softmax(q.at(i)) @ softmax(q.at(i)).T,
    ),
    "rows of it": lambda q, i: (q.derived("softmax_curvature", i) @ q.one("class"), 0),
}
TRUE = [*(lambda q, i, f=f: f(q, q.at(i)) for f in BY_DEFINITION.values()), *DERIVED.values()]


@pytest.mark.parametrize("function", TRUE, ids=[*BY_DEFINITION, *DERIVED])
def test_true_by_definition(function):
    """What is true by what a quantity is said to be is no more than SAMPLED, and not REFUTED."""
    assert prove(stated(function)).verdict is Verdict.SAMPLED


@pytest.mark.parametrize("name", ["linear", "tanh"])
def test_no_activation_is_named(name):
    """In this notation f is any function: of one alone nothing is decided."""
    for function in (
        lambda q, i: (q.at(i).f2, 0),
        lambda q, i: (q.at(i).f1, q.one("here") - q.at(i).h ** 2),
    ):
        result = prove(replace(stated(function), activation=name))
        assert result.verdict is Verdict.UNCHECKED
        assert f"none can be named: {name}" in result.method


def test_switches_are_drawn_in_all_ways():
    """Where a witness is looked for, weights and biases are trained, frozen or one of the two."""
    for from_size in (0, 2):
        drawn = [draw(x, seed).known for x in LAYERS.search[from_size:] for seed in range(2)]
        found = {(int(x["on_beta"][0, 0].p), int(x["on_W"][0, 0].p)) for x in drawn}
        assert found == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert RATIONALS.same(drawn[0]["on_W"] ** 2, drawn[0]["on_W"])


FALSE = {  # of one sample
    "C is free of c": lambda q, s: (s.C, s.c.diag()),
    "M is free of m": lambda q, s: (s.M, s.m.diag()),
    "M is free of J": lambda q, s: (s.M, s.tangents),
    "U is free": lambda q, s: (s.U, s.B @ q.W @ F1(s)),
    "B is QᵀQ": lambda q, s: (s.B, s.Q.T @ s.Q),
    "κ is 1 + ‖h‖²": lambda q, s: (s.kappa, 1 + s.h.T @ s.h),
    "κ by one switch": lambda q, s: (s.kappa, q.on_W * (1 + s.h.T @ s.h)),
    "[W] is 1": lambda q, s: (q.on_W, 1),
    "[b] is [W]": lambda q, s: (q.on_W, q.on_beta),
    "Y without F′": lambda q, s: (s.Y, s.Q @ q.W @ s.M),
    "B commutes with C": lambda q, s: (s.B @ s.C, s.C @ s.B),
    "M commutes with S": lambda q, s: (s.M @ s.S, s.S @ s.M),
    "tr M² = (tr M)²": lambda q, s: ((s.M @ s.M).trace(), s.M.trace() ** 2),
    "π is y": lambda q, s: (s.pi, s.label),
    "Σ π² = 1": lambda q, s: ((s.pi**2).sum(), 1),
    "√π is π": lambda q, s: (s.root, s.pi),
    "−log π is 1 − π": lambda q, s: (s.surprise, s.pi_bar),
    "ω is 1": lambda q, s: (s.omega, 1),
    "QᵀQ for QQᵀ": lambda q, s: (softmax(s).T @ softmax(s), s.pi.diag() - s.pi @ s.pi.T),
}
SIZES = {
    "N = 2": lambda q: (q.over(lambda i: q.one()), 2),
    "true up to four units": lambda q: (_product(q.over(lambda i: q.one(), kind="here")), 0),
    "true up to four samples": lambda q: (_product(q.over(lambda i: q.one())), 0),
    "true modulo a prime": lambda q: ((2**61 - 1) * q.on_W, 0),
    "true of two rows": lambda q: (q.over(lambda i: _minors(q.at(i).Q @ q.at(i).Q.T)), 0),
}


def _product(m):
    return (m - 1) @ (m - 2) @ (m - 3) @ (m - 4)


def _minors(x):
    """The third elementary symmetric function of the eigenvalues, 0 up to a rank of 2."""
    one, two, three = x.trace(), (x @ x).trace(), (x @ x @ x).trace()
    return three - Fraction(3, 2) * (one @ two) + Fraction(1, 2) * one**3


@pytest.mark.parametrize("function", FALSE.values(), ids=FALSE)
def test_false_is_refuted(function):
    """Draws that obey definitions still tell what is false from what is true."""
    assert prove(stated(lambda q, i: function(q, q.at(i)))).verdict is Verdict.REFUTED


@pytest.mark.parametrize("function", SIZES.values(), ids=SIZES)
def test_true_at_small_sizes_is_not_proved(function):
    """What holds at the sizes that are drawn, or modulo the prime, is not PROVED."""
    result = prove(stated(function, indices=()))
    assert result.verdict in (Verdict.REFUTED, Verdict.SAMPLED)


# ---- inductions: the base is by definition, the rest from parts that are PROVED


def believed(claim):
    """The verdict of one who believes every part."""
    return Result(claim, Verdict.PROVED, "believed", 0.0)


def doubled(q, i):
    """A true identity, which read by its name doubles the slope."""
    s = q.at(i)
    zero = named("g", 0 * s.g)
    return q.derived("slope", i), steps.slope_below(q, s) + s.f1 * (q.W.T @ zero)


ALIKE = {
    "a name for zero": doubled,
    "the slope as λ": lambda q, i: (q.derived("slope", i), named("lam", q.derived("slope", i))),
    "another M": lambda q, i: (q.derived("slope", i), named("M", q.at(i).S) @ q.at(i).e),
    "t of a slope": lambda q, i: (q.derived("slope", i), q.at(i).f1 * (q.W.T @ q.at(i).t)),
    "d of a slope": lambda q, i: (q.derived("slope", i), q.at(i).f1 * (q.W.T @ q.at(i).d)),
    "λ as λ": lambda q, i: (q.derived("laplacian_here", i), q.at(i).laplacian),
    "1 = 1": lambda q, i: (q.one(), q.one()),
    "a formula with itself": lambda q, i: (steps.slope_below(q, q.at(i)),) * 2,
}


@pytest.mark.parametrize("function", ALIKE.values(), ids=ALIKE)
def test_what_only_looks_like_a_step(function):
    """It is refused before anything is proved, even to one who believes it."""
    claim = replace(BLOCKS, steps=(stated(function), *BLOCKS.steps[1:]))
    for found in (prove(claim), induction.decide(claim, believed)):
        assert found.verdict is Verdict.UNCHECKED


FLAT = identity_of(lambda q: (q.f2, 0), "flat", activation="linear")
ONE_LAYER = replace(identity_of(lambda q: (q.H, q.H), "one layer"), notation=NETWORK)
NOTHING = {
    "no parts": ((), ()),
    "no steps": ((), (ONE_LAYER,)),
    "one activation": (every_depth.DOWN, (FLAT, *TRACE.conclusions[1:])),
    "one hidden layer": (every_depth.DOWN, (ONE_LAYER, *TRACE.conclusions[1:])),
    "1 = 1": (every_depth.DOWN, (stated(lambda q, i: (q.one(), q.one())),)),
    "steps alone": (every_depth.DOWN, ()),
    "a step concluded": (every_depth.DOWN, (SLOPE,)),
    "softmax concluded": (every_depth.DOWN, (depth.CLAIMS.find("slope_of_softmax"),)),
    "a step for the loss": ((SLOPE, depth.CLAIMS.find("curvature_of_softmax")), TRACE.conclusions),
    "a step twice": ((SLOPE, SLOPE, CURVATURE), TRACE.conclusions[1:]),
}


@pytest.mark.parametrize("parts", NOTHING.values(), ids=NOTHING)
def test_nothing_follows_from_nothing(parts):
    """Parts that lead nowhere, that are of other networks or are never read prove nothing."""
    found = prove(Induction("attack", steps=parts[0], conclusions=parts[1]))
    assert found.verdict is Verdict.UNCHECKED


def test_nobody_unrolls_or_says_what_is_concluded():
    """The text and what is compared come from the parts; an author has no hand in either."""
    for more in ({"statement": "tr H = 0"}, {"depths": (1, 2)}, {"unroll": lambda _: ()}):
        with pytest.raises((TypeError, ValueError)):
            replace(TRACE, **more)


WRITTEN = {
    "tr H_ll² as a conclusion": lambda q, i: (
        (q.derived("own_hessian", i) @ q.derived("own_hessian", i)).trace(),
        (1 + q.at(i).h.T @ q.at(i).h) ** 2 @ (q.at(i).B ** 2).sum(),
    ),
    "H − H": lambda q, i: (q.derived("own_hessian", i) - q.derived("own_hessian", i), 0),
}


@pytest.mark.parametrize("function", WRITTEN.values(), ids=WRITTEN)
def test_what_is_concluded_is_what_is_written(function):
    """Any identity of what is derived may be concluded: it says no more than its formula."""
    part = stated(function)
    claim = Induction("a", steps=every_depth.DOWN, conclusions=(part,))
    assert prove(claim).verdict is Verdict.PROVED
    other = replace(claim, conclusions=(stated(lambda q, i: function(q, i)[::-1]),))
    assert prove(other).verdict is Verdict.UNCHECKED
    assert other.statement != claim.statement

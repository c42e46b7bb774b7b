"""Statements of layers and inductions: none that is false is PROVED, none that is true REFUTED."""

from dataclasses import replace
from fractions import Fraction

import pytest

from hessbound.derive import claims
from hessbound.derive.claims import every_depth
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

BLOCKS, TRACE, SQUARED = (
    claims.find(f"{name}_of_any_depth") for name in ("blocks", "trace", "trace_squared")
)
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
    "softmax concluded": (every_depth.DOWN, (claims.find("slope_of_softmax"),)),
    "a step for the loss": ((SLOPE, claims.find("curvature_of_softmax")), TRACE.conclusions),
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


# ---- tr H² by pairs of samples


def own_term(q, s, t):
    """What a layer's square has of two samples."""
    return steps.inner(q, s.h, t.h) ** 2 * steps.square_of_pair(s.B, t.B)


def pair_term(q, s, t, *, shared=None, curved=None, slopes=None, mixed=None):
    """What the square of two layers' block has of two samples, or something else in its place."""
    U, V = steps.curved(q, s), steps.curved(q, t)
    shared = steps.inner(q, s.a, t.a) if shared is None else shared
    curved = steps.inner(q, s.phi, t.phi) * (U * V).sum() if curved is None else curved
    slopes = (s.g.T @ t.g) * (s.D * t.D).sum() if slopes is None else slopes
    mixed = 2 * ((U.T @ t.g).T @ (t.D.T @ s.phi)) if mixed is None else mixed
    return shared * (curved + slopes + mixed)


def crossed(q, s, t):
    """U_iᵀg_i·D_jᵀφ_j: the same for one sample."""
    return 2 * ((steps.curved(q, s).T @ s.g).T @ (t.D.T @ t.phi))


OWN = {
    "twice": lambda q, s, t: 2 * own_term(q, s, t),
    "K, not its square": lambda q, s, t: steps.inner(q, s.h, t.h) * (s.B * t.B).sum(),
    "no biases": lambda q, s, t: (s.h.T @ t.h) ** 2 * (s.B * t.B).sum(),
    "biases twice": lambda q, s, t: (2 + s.h.T @ t.h) ** 2 * (s.B * t.B).sum(),
    "tr B tr B": lambda q, s, t: steps.inner(q, s.h, t.h) ** 2 * (s.B.trace() * t.B.trace()),
    "one sample's B": lambda q, s, t: steps.inner(q, s.h, t.h) ** 2 * (s.B * s.B).sum(),
    "one sample's K": lambda q, s, t: steps.inner(q, s.h, s.h) ** 2 * (s.B * t.B).sum(),
    "0 for one sample": lambda q, s, t: own_term(q, s, t) + ((s.B - t.B) ** 2).sum(),
}
LATER = {
    "half": lambda q, s, t: Fraction(1, 2) * pair_term(q, s, t),
    "mixed once": lambda q, s, t: pair_term(q, s, t, mixed=Fraction(1, 2) * crossed(q, s, t)),
    "no mixed term": lambda q, s, t: pair_term(q, s, t, mixed=0),
    "mixed within a sample": lambda q, s, t: pair_term(q, s, t, mixed=crossed(q, s, t)),
    "no slopes": lambda q, s, t: pair_term(q, s, t, slopes=0),
    "one sample's g": lambda q, s, t: pair_term(q, s, t, slopes=(s.g.T @ s.g) * (s.D * t.D).sum()),
    "no curvature": lambda q, s, t: pair_term(q, s, t, curved=0),
    "K of the later layer": lambda q, s, t: pair_term(q, s, t, shared=steps.inner(q, s.phi, t.phi)),
    "K of the layer twice": lambda q, s, t: pair_term(
        q, s, t, curved=steps.inner(q, s.a, t.a) * (steps.curved(q, s) * steps.curved(q, t)).sum()
    ),
    "no biases of the layer": lambda q, s, t: pair_term(q, s, t, shared=s.a.T @ t.a),
    "no biases of the later layer": lambda q, s, t: pair_term(
        q, s, t, curved=(s.phi.T @ t.phi) * (steps.curved(q, s) * steps.curved(q, t)).sum()
    ),
}
FALSE_SQUARES = [("own_hessian", f) for f in OWN.values()] + [("pair", f) for f in LATER.values()]


def squares_of(name, term, n=2):
    """A conclusion about the squares of what is derived under a name, by pairs of samples."""

    def sides(q):
        return q.squares(name), q.over(lambda *at: term(q, *map(q.at, at)), n)

    return stated(sides, indices=())


@pytest.mark.parametrize(("name", "term"), FALSE_SQUARES, ids=[*OWN, *LATER])
def test_wrong_squares_are_refuted(name, term):
    """In numbers; and, to one who believes them, beside whole networks."""
    at = ["own_hessian", "pair"].index(name)
    parts = [*SQUARED.conclusions]
    parts[at] = squares_of(name, term)
    claim = replace(SQUARED, conclusions=tuple(parts))
    assert prove(claim).verdict is Verdict.REFUTED
    assert induction.decide(claim, believed).verdict is Verdict.REFUTED


def test_squares_of_each_sample_are_not_those_of_all():
    """Σ_i ‖X_i‖² is right for one sample alone."""
    part = squares_of("own_hessian", lambda q, s: own_term(q, s, s), n=1)
    claim = Induction("a", steps=every_depth.DOWN, conclusions=(part,))
    result = prove(claim)
    assert result.verdict is Verdict.REFUTED
    assert "N=2" in result.witness.where
    assert induction.decide(claim, believed).verdict is Verdict.REFUTED


def test_trace_follows_from_all_blocks_alone():
    """From every layer and every two, each once, however often it is stated."""
    own, pair = SQUARED.conclusions
    follows = "so tr H² = Σ_l ‖Σ_i H_ll,i‖² + 2 Σ_l<l' ‖Σ_i H_l'l,i‖²;"
    assert follows in SQUARED.statement
    twice = replace(SQUARED, conclusions=(own, pair, own, squares_of("own_hessian", own_term)))
    assert follows in twice.statement
    assert prove(twice).verdict is Verdict.PROVED
    double = stated(lambda q: tuple(2 * x for x in own.function(q)), indices=())
    many = stated(lambda q, i: (_squared(q.over(lambda _: q.derived("own_hessian", i))), 0))
    for parts in ((own,), (pair,), (pair, double), (pair, *BLOCKS.conclusions), (pair, many)):
        assert "tr H²" not in replace(SQUARED, conclusions=parts).statement


def _squared(X):
    return (X * X).sum()


SUMS = {
    "tr H of all samples": (lambda q, s, _: s.S * s.tangents, lambda q, s, _: s.e.T @ s.laplacian),
    "M of another": (lambda q, s, t: s.S * t.tangents, lambda q, s, _: s.e.T @ s.laplacian),
    "λ of another": (lambda q, s, _: s.S * s.tangents, lambda q, s, t: s.e.T @ t.laplacian),
}


@pytest.mark.parametrize("terms", SUMS.values(), ids=SUMS)
def test_sums_keep_samples_apart(terms):
    """Σ_ij of what belongs to one sample is N times its sum, and no other's."""

    def sides(q):
        def term(i, j):
            s, t = q.at(i), q.at(j)
            return terms[0](q, s, t).sum() + terms[1](q, s, t)

        return q.over(lambda i, _: q.derived("end", i), 2), q.over(term, 2)

    claim = Induction("a", steps=every_depth.UP, conclusions=(stated(sides, indices=()),))
    right = Verdict.PROVED if terms is SUMS["tr H of all samples"] else Verdict.REFUTED
    assert prove(claim).verdict is right
    assert induction.decide(claim, believed).verdict is right


def test_sums_over_units_are_refused():
    """A layer's units are not known by their kind."""
    part = stated(
        lambda q, i: (
            q.derived("own_hessian", i).trace(),
            q.over(
                lambda k: (1 + q.at(i).h.T @ q.at(i).h) * q.at(i).B.diagonal().at(k), kind="above"
            ),
        )
    )
    claim = Induction("a", steps=every_depth.DOWN, conclusions=(part,))
    for found in (prove(claim), induction.decide(claim, believed)):
        assert found.verdict is Verdict.UNCHECKED
        assert "uses a sum over units, which" in found.method

"""Assumptions: what is not stated is not used, and what nothing obeys proves nothing."""

import time
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from flint import arb

from hessbound.derive import lagrange, losses, over, prove_bound, square
from hessbound.derive.functions import balls, suprema
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.proof.kernel import Slack, fact
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Inequality
from hessbound.derive.proof.verdicts import Verdict
from hessbound.derive.statements import trees
from hessbound.derive.statements.trees import NotAStatementError, Symbol

from .hidden import gap, hidden, mask

FALSE = (Verdict.UNCHECKED, Verdict.REFUTED)


def inputs(q):
    """‖X̄‖² ≤ N(d + 1), where |x| ≤ 1."""
    return (q.X**2).sum(), q.N * (q.d + 1)


def outputs(q):
    """‖h‖² ≤ Nm, where |f| ≤ 1."""
    return (q.h**2).sum(), q.N * q.m


def unweighted(q):
    """tr H_ww ≤ ¼‖H̄‖², where ω = 1."""
    return 4 * q.part(q.H, "w", "w").trace(), q.N + (q.h**2).sum()


def labels(q):
    """p = |e|(1 − |e|), where labels are 0 and 1: Σp ≤ Σ|e|."""
    return q.p.sum(), q.over(lambda i: q.bounded(i).e.modulus().value)


def by_inputs(q):
    yield "|x| ≤ 1", over(q, lambda i: q.small_inputs(i).sum())


def by_outputs(q):
    yield "|f| ≤ 1", over(q, lambda i: q.small_outputs(i).sum())


def by_weights(q):
    h2 = lambda i: square(q.at(i).h).sum() + 1  # noqa: E731
    yield "p ≤ ω/4", over(q, lambda i: q.bounded(i).p.gap() * h2(i)) * 4


def by_labels(q):
    yield "p = |e|(1 − |e|)", over(q, lambda i: q.bounded(i).e.modulus() ** 2)


CASES = [
    (inputs, by_inputs, "inputs", {}),
    (outputs, by_outputs, "outputs", {}),
    (unweighted, by_weights, None, {"weighted": True}),
    (labels, by_labels, "hard", {}),
]


@pytest.mark.parametrize(("function", "certificate", "flag", "without"), CASES)
def test_bound_holds_with_its_assumption_alone(function, certificate, flag, without):
    """What a flag adds is PROVED with it, and REFUTED without."""
    right = {flag: True} if flag else {}
    result = prove_bound(function, certificate, **right)
    assert result.verdict is Verdict.PROVED, result
    others = {"inputs", "outputs", "hard"} - {flag}
    for wrong in (without, {**without, **dict.fromkeys(others, True)}):
        result = prove_bound(function, certificate, **wrong)
        assert result.verdict in FALSE, result
        assert result.verdict is Verdict.REFUTED or wrong != without, result


# ---- assumptions of one's own


def near(q):
    yield "near", q.free("rho") ** 2, q.N


def test_assumption_is_stated_with_the_claim():
    """Its name and what it says are in the statement that readers see."""
    result = prove_bound(
        lambda q: (q.free("rho") ** 2, q.N), lambda q: iter([("near", q.given("near"))]), given=near
    )
    assert result.verdict is Verdict.PROVED
    assert result.claim.statement.endswith("; ω = 1, near: ρ² ≤ N")


@pytest.mark.parametrize(
    "proof",
    [
        lambda q: iter([("near", q.given("near"))]),
        lambda q: iter([("near", fact("given near", q.N - q.free("rho") ** 2))]),
        lambda q: iter([("near", Assumptions(given=near).quantities().given("near"))]),
        lambda q: iter([("near", Slack("fact", ("near", q.N - q.free("rho") ** 2, ())))]),
    ],
)
def test_assumption_that_is_not_stated_is_not_used(proof):
    """By its own name, by the prover's name for it, or from the quantities of another claim."""
    for given in (None, lambda q: iter([("far", 0, q.N)])):
        result = prove_bound(lambda q: (q.free("rho") ** 2, q.N), proof, given=given)
        assert result.verdict in FALSE, result


CONTRADICTIONS = [
    lambda q: iter([("no", 1, 0)]),
    lambda q: iter([("no", q.N, 0)]),
    lambda q: iter([("one", q.free("a"), -1), ("two", 0, q.free("a"))]),
    lambda q: iter([("squares", (q.h**2).sum() + 1, 0)]),
    lambda q: iter([("p", 1, lambda i: 0)]),
    lambda q: iter([("p", lambda i: (q.at(i).p, q.at(i).p - 1))]),
    lambda q: iter([("pairs", lambda i, j: (1 + (q.at(i).e - q.at(j).e) ** 2, 0))]),
]


@pytest.mark.parametrize("given", CONTRADICTIONS)
def test_contradiction_proves_nothing(given):
    """From what is false everything follows, so it is said that no example obeys."""

    def proof(q):
        yield "zero", square(q.one()) * 0

    result = prove_bound(lambda q: (q.N, q.N), proof, given=given)
    assert result.verdict is Verdict.UNCHECKED
    assert "no example obeys the assumptions" in result.method or "not a statement" in result.method


def nowhere(q):
    """|Z − 355/113| ≤ 1e-10, of which no number that is tried is."""
    yield "near", (q.free("Z") - Fraction(355, 113) * q.one()) ** 2, Fraction(1, 10**20)


UNSEEN = {  # false statements under assumptions that no example obeys, and what else is assumed
    "a small α₁": (
        lambda q: ((q.f1**2).sum(), Fraction(1, 10**5) * q.N * q.m),
        lambda q: iter([("small", q.alpha1.value, Fraction(1, 100))]),
        {},
    ),
    "a number": (lambda q: (q.free("Z"), 3), nowhere, {}),
    "no slope": (lambda q: ((q.h**2).sum(), 0), lambda q: iter([("e", (q.e**2).sum(), 0)]), {}),
    "no sample": (
        lambda q: ((q.h**2).sum(), 0),
        lambda q: iter([("ω", lambda i: (q.bounded(i).weight.value, 0))]),
        {"weighted": True},
    ),
    "a contradiction": (lambda q: (q.N, 0), lambda q: iter([("N", q.N + 1, q.N)]), {}),
}


@pytest.mark.parametrize("name", UNSEEN)
def test_bound_is_not_sampled_where_nothing_is_looked_at(name):
    """Without a certificate no more is said than with one: that no example obeys."""
    function, given, more = UNSEEN[name]
    result = prove_bound(function, given=given, **more)
    assert result.verdict is Verdict.UNCHECKED, result
    assert result.method == "no example obeys the assumptions, so nothing is said"


def test_assumptions_that_are_not_written_are_told():
    """Those that fail when they are written down, and not when they are used."""
    calls = []

    def given(q):
        calls.append(1)
        yield "small", q.free("c"), 1 if len(calls) > 1 else 0.5

    result = prove_bound(
        lambda q: (q.free("c"), 1), lambda q: iter([("small", q.given("small"))]), given=given
    )
    assert result.claim.statement.endswith("assumptions that cannot be written down")


def test_assumption_that_is_too_long_for_readers_is_none():
    """A tree that holds itself 2⁴⁰ times, which nobody could be shown, is refused at once."""
    start = time.perf_counter()

    def given(q):
        term = q.w0
        for _ in range(40):
            term = term + term
        yield "long", term, q.one()

    result = prove_bound(lambda q: (q.N, q.N), lambda q: iter([]), given=given)
    assert result.verdict is Verdict.UNCHECKED
    assert "a formula of more than 20000 letters is not written down" in result.method
    assert time.perf_counter() - start < 20


def test_bound_is_not_sampled_by_numbers_without_digits(monkeypatch):
    """Balls that overlap because they are wide agree with anything."""
    wide = np.array([[arb(1, 10**9)]], dtype=object)
    monkeypatch.setattr(Inequality, "at", lambda claim, values: (wide, wide))
    result = prove_bound(lambda q: (q.N, q.m))
    assert result.verdict is Verdict.UNCHECKED
    assert "examples have lost their digits" in result.method


def test_supremum_is_not_sampled_by_numbers_without_digits(monkeypatch):
    """Where no ball is narrow, nothing is said of a loss's supremum either."""
    loss = losses.load("probit")
    assert suprema.above(loss, 2, sp.Integer(1)) is None
    monkeypatch.setattr(balls, "ball", lambda *_: arb(0, 10**9))
    with pytest.raises(UndecidedError, match="no point was found where balls are narrow"):
        suprema.above(loss, 2, sp.Integer(1))


@pytest.mark.parametrize(
    "given",
    [
        lambda q: iter([("", q.N, q.m)]),
        lambda q: iter([(" ", q.N, q.m)]),
        lambda q: iter([(None, q.N, q.m)]),
        lambda q: iter([(q.h, q.N, q.m)]),
        lambda q: iter([("a", q.N, q.m), ("a", q.m, q.N)]),
        lambda q: iter([("a", q.N)]),
        lambda q: iter([("a",)]),
        lambda q: iter(["ab"]),
        lambda q: iter([("a", q.h, q.N)]),
        lambda q: iter([("a", q.N, 0.5)]),
        lambda q: iter([("a", q.N, q.m, q.d)]),
        lambda q: iter([("a", lambda i: q.at(i).e)]),
        lambda q: iter([("a", lambda i: (q.at(Symbol("sample")).e, 0))]),
        lambda q: q.given("a"),
        lambda q: 1 / 0,
        lambda q: 5,
        lambda q: iter([("a", q.given("a").value, 1)]),
    ],
)
def test_what_is_no_assumption_proves_nothing(given):
    """Without a name, twice, of two shapes, about an index that is nobody's, or in a circle."""

    def proof(q):
        yield "zero", square(q.one()) * 0

    result = prove_bound(lambda q: (q.N, q.N), proof, given=given)
    assert result.verdict is Verdict.UNCHECKED, result


# ---- true assumptions, whose indices are captured

KEPT: list[Symbol] = []


def unit(q, i, j):
    """Return δ_ij."""
    return q.eye("sample").at(i).T.at(j)


def row_sums(q):
    """Σ_j (1 − N δ_ij) = 0 for all i, which is true; at i = j it would be N − N²."""

    def each(i):
        def term(j):
            KEPT.append(j)
            return 1 - q.N * unit(q, i, j)

        return 0, q.over(term) * mask(q)

    yield "rows", each


def squares(q):
    """N³ Π (N − n)² ≤ N² Π (N − n)²."""
    return q.N**3 * mask(q), q.N**2 * mask(q)


@pytest.mark.parametrize(
    "use",
    [
        lambda q, j: Slack("over", ((j,), q.given("rows", j))),
        lambda q, j: over(q, lambda i: Slack("over", ((j,), q.given("rows", j)))),
        lambda q, j: Slack("over", ((j,), fact("given rows", q.one(), j))),
        lambda q, j: Slack("over", ((j,), q.given("rows", j) * square(q.one()))),
    ],
)
def test_index_of_an_assumption_is_not_captured(use):
    """Whoever keeps the index of its sum cannot put it in for the sample that it is about."""
    KEPT.clear()

    def proof(q):
        yield "rows", use(q, KEPT[-1])

    result = prove_bound(squares, proof, given=row_sums)
    assert result.verdict is Verdict.UNCHECKED, result


def test_substitution_keeps_what_sums_bind():
    """A symbol that a sum in the tree binds is refused; any other takes the free one's place."""
    i, j, k = (Symbol("sample") for _ in range(3))
    tree = trees.bind((j,), trees.make("of", ("e", i), trees.SCALAR))
    assert trees.substitute(tree, {i: k}).free == {k}
    with pytest.raises(NotAStatementError, match="the index of a sum is used outside of it"):
        trees.substitute(tree, {i: j})


@pytest.mark.parametrize("kind", ["hidden", "input"])
def test_assumption_about_samples_is_used_at_samples(kind):
    """Not at units, of which there may be more."""

    def small(q):
        yield "small", lambda i: (q.at(i).e, q.free("c"))

    def proof(q):
        yield "small", Slack("over", ((k := Symbol(kind),), q.given("small", k)))

    result = prove_bound(lambda q: (q.e.sum(), q.N * q.free("c")), proof, given=small)
    assert result.verdict is Verdict.UNCHECKED


# ---- flags


class Flag(int):
    """True for those who compare, and false for those who ask."""

    def __hash__(self):
        return hash(True)

    def __eq__(self, other):
        return True

    def __bool__(self):
        return False


@pytest.mark.parametrize("name", ["weighted", "hard", "inputs", "outputs"])
@pytest.mark.parametrize("value", [Flag(), 1, 0, "yes", None, [True]])
def test_flag_is_true_or_false(name, value):
    """Anything else could be two settings at once."""
    with pytest.raises(TypeError, match="what is assumed is True or False"):
        prove_bound(hidden, lambda q: iter([("gap", fact("alpha1", gap(q)))]), **{name: value})


def test_settings_do_not_share_what_differs():
    """A bound that holds for ω = 1 alone, stated first without and then with weights."""
    claims = Register()

    def weights(q):
        return q.omega.value.sum() * mask(q), q.N * mask(q)

    claims.bound(Assumptions(), Assumptions(weighted=True))(weights)

    @claims.certificate(weights)
    def _(q):
        yield "zero", square(q.one()) * 0

    assert [prove(claim).verdict for claim in claims] == [Verdict.PROVED, Verdict.UNCHECKED]


def unit_vector(q):
    yield "‖z‖² ≤ 1", (q.free("z", "hidden") ** 2).sum(), 1


def test_free_matrices_may_be_assumed_of():
    """Examples draw them in their shapes, at scales at which the assumption holds."""

    def along(q):
        return (q.b.T @ q.free("z", "hidden")) ** 2, (q.b**2).sum()

    def proof(q):
        yield "Lagrange", lagrange(q.b, q.free("z", "hidden"))
        yield "‖z‖² ≤ 1", q.given("‖z‖² ≤ 1") * square(q.b).sum()

    assert prove_bound(along, proof, given=unit_vector).verdict is Verdict.PROVED
    wrong = prove_bound(
        lambda q: ((q.b.T @ q.free("z", "hidden")) ** 2, 0 * q.N), given=unit_vector
    )
    assert wrong.verdict is Verdict.REFUTED


def test_examples_are_not_those_where_nothing_happens():
    """η = 0 obeys η² ≤ 1, but says nothing of η ≤ 0."""

    def step(q):
        yield "η² ≤ 1", q.free("eta") ** 2, 1

    assert prove_bound(lambda q: (q.free("eta"), 0), given=step).verdict is Verdict.REFUTED


def test_quantities_do_not_lead_to_the_setting():
    """A statement, or an assumption, cannot assume more than what has been stated for it."""

    def assume(q):
        object.__setattr__(q.__dict__["_assumptions"], "inputs", True)

    def statement(q):
        assume(q)
        return inputs(q)

    def given(q):
        assume(q)
        yield "N", q.N, q.N

    for function, extra in ((statement, None), (inputs, given), (statement, given)):
        result = prove_bound(function, by_inputs, given=extra)
        assert result.verdict is Verdict.REFUTED, result
        assert "|x_ij|" not in result.claim.statement

    def hidden_(q):
        small, large = inputs(q)
        return small * mask(q), large * mask(q)

    def proof(q):
        assume(q)
        yield "|x| ≤ 1", over(q, lambda i: Slack("fact", ("inputs", q.one(), (i,))).sum())

    assert prove_bound(hidden_, proof).verdict is Verdict.UNCHECKED

"""Statements that are not what they seem: by names, classes, symbols, assumptions and powers."""

import os
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
import sympy as sp
from typer.testing import CliRunner

from hessbound.cli import app
from hessbound.derive import at_most, prove_bound, prove_equal, scalar, u
from hessbound.derive.functions.catalogue import defined_by
from hessbound.derive.functions.loss import Loss, omega, v, y
from hessbound.derive.functions.scalar import Atom, ScalarFunction
from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.proof.deadline import TooLongError, deadline
from hessbound.derive.proof.verdicts import Verdict
from hessbound.derive.statements.trees import NotAStatementError

R = sp.Rational
x, t, a = sp.symbols("x t a", real=True)
PRIME = 2**61 - 1


# ---- files of activations and losses


def tanh_of(at, /, **changes):
    """Return tanh, with something else in one place."""
    of = sp.tanh(at)
    atom = {"definition": of, "derivative": 1 - t**2, "stable": of}
    atom |= {name: value for name, value in changes.items() if name in atom}
    rest = {name: value for name, value in changes.items() if name not in atom}
    return ScalarFunction(**{"value": t, "definition": of, "atoms": (Atom(t, **atom),)} | rest)


WRONG_FILES = {
    "another variable": (tanh_of(x, variable=x), "the variable must be Symbol('u', real=True)"),
    "u without assumptions": (tanh_of(sp.Symbol("u")), "another symbol than the u"),
    "a variable of losses": (tanh_of(v, variable=v), "the variable must be Symbol('u', real=True)"),
    "definition": (
        tanh_of(u, definition=sp.tanh(u) * a),
        "the definition of t, a*tanh(u) has the symbol a",
    ),
    "value": (tanh_of(u, value=t + a), "the value a + t has the symbol a"),
    "atom": (tanh_of(u, stable=sp.tanh(a * u)), "the stable form of t, tanh(a*u) has the symbol a"),
    "derivative": (tanh_of(u, derivative=a - t**2), "the derivative of t, a - t**2 has the symbol"),
    "closed": (tanh_of(u, closed={1: ("-", a / sp.cosh(u) ** 2)}), "the closed form"),
    "constant": (tanh_of(u, constants={a: x}), "the constant a, x has the symbol x"),
    "constant of u": (tanh_of(u, constants={a: 2 * u}), "the constant a, 2*u has the symbol u"),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_file_with_a_symbol_that_it_does_not_declare_is_refused(name):
    """With the name of the file; an activation is a function of u, a loss one of v."""
    function, why = WRONG_FILES[name]
    with pytest.raises(ValueError, match=r"my_file\.py: ") as caught:
        defined_by(SimpleNamespace(__file__="my_file.py", ACTIVATION=function), "ACTIVATION")
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"variable": u}, "the variable must be Symbol('v', real=True)"),
        ({"definition": omega * (v - a) ** 2}, "has the symbol a"),
        ({"labels": sp.Interval(0, a)}, "the set of labels"),
    ],
)
def test_loss_with_a_symbol_that_it_does_not_declare_is_refused(changes, why):
    """Beside v it has the label y and the weight ω."""
    formula = omega * (v - y) ** 2 / 2
    given = {"value": formula, "definition": formula, "labels": sp.Interval(0, 1), **changes}
    with pytest.raises(ValueError, match=r"my_loss\.py: ") as caught:
        defined_by(SimpleNamespace(__file__="my_loss.py", LOSS=Loss(**given)), "LOSS")
    assert why in str(caught.value)


def test_range_and_supremum_are_numbers():
    """They are looked at where they are written, so that a file's line is named."""
    with pytest.raises(ValueError, match=r"ranges must have an interval, .* got Interval\(0, a\)"):
        tanh_of(u, ranges={1: ("-", sp.Interval(0, a))})
    formula = omega * (v - y) ** 2 / 2
    with pytest.raises(ValueError, match=r"curvature must be an exact number .* got a"):
        Loss(value=formula, definition=formula, labels=sp.Interval(0, 1), curvature=a)


# ---- symbols and classes


class Third(sp.Rational):
    """Is shown as 1/3, and computed as 0."""

    p = property(lambda self: 0)
    q = property(lambda self: 1)

    def _sympystr(self, *_):
        return "1/3"


class Hidden(sp.Rational):
    """The same, from a module that seems to be SymPy's."""

    __module__ = "sympy.core.numbers"
    p = property(lambda self: 0)
    q = property(lambda self: 1)


class Domain(sp.Interval):
    """Is shown from −5 on, and begins at 1."""

    inf = property(lambda self: sp.Integer(1))


class Name(str):
    """Equal to nothing."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        return False


@pytest.mark.parametrize("own", [Third, Hidden])
def test_class_of_ones_own_is_refused(own):
    """It may show this, and compute that."""
    number = sp.Expr.__new__(own)
    for side in (number, sp.Mul(u, number, evaluate=False), sp.exp(number, evaluate=False)):
        with pytest.raises(TypeError, match="made of SymPy's classes"):
            scalar("a third", side, sp.Integer(0))
    with pytest.raises(ValueError, match="a domain must be a SymPy Interval"):
        scalar("modulus", sp.Abs(u), u, domain=Domain(-5, 7))
    with pytest.raises(TypeError, match="a claim's name must be a text"):
        scalar(Name("same"), u, u)


@pytest.mark.parametrize(
    "symbol",
    [
        sp.Symbol("a"),
        sp.Symbol("a", extended_positive=True),
        sp.Symbol("a", hermitian=True),
        sp.Symbol("a", irrational=True),
        sp.Symbol("a", transcendental=True),
        sp.Symbol("a", complex=True),
        sp.Symbol("a", imaginary=True),
        sp.Symbol("a", infinite=True),
        sp.Symbol("a", commutative=False),
        sp.Symbol("2", real=True),
        sp.Symbol("a ≤ b", real=True),
        sp.Symbol("pi", real=True),
        sp.Symbol("E", positive=True),
        sp.Dummy("a", real=True),
        sp.Wild("a"),
    ],
)
def test_parameter_is_a_real_number_with_a_name(symbol):
    """Else it is refused, before anything is said about it."""
    with pytest.raises(ValueError, match="parameter"):
        scalar("parameter", u + symbol, symbol + u)
    with pytest.raises(ValueError, match="parameter"):
        at_most("parameter", u, u + symbol)


def test_two_symbols_of_one_name_are_refused():
    """They are shown alike."""
    for other in (sp.Symbol("a", positive=True), sp.Symbol("a", nonzero=True)):
        with pytest.raises(ValueError, match="two symbols are named a"):
            at_most("twins", a - other, sp.Integer(0))
    with pytest.raises(ValueError, match="is another symbol here"):
        scalar("twins", sp.Symbol("u") - u, sp.Integer(0))


@pytest.mark.parametrize("side", [sp.Lambda(x, x**2), sp.Lambda(u, u), sp.MatrixSymbol("M", 2, 2)])
def test_side_is_a_number(side):
    """And no function, nor a matrix."""
    with pytest.raises(TypeError, match="a side must be a number for each u"):
        scalar("function", side, side)


def test_condition_far_out_is_decided():
    """Beyond all doubles."""
    far = sp.Integer(10) ** 400

    def step(condition):
        return sp.Piecewise((u, condition), (0, True))

    assert prove_equal(step(u > far), step(u > far)).verdict is Verdict.PROVED
    assert prove_equal(step(u > far), step(u >= far)).verdict is Verdict.REFUTED
    assert prove_equal(step(u > far), 0).verdict is Verdict.REFUTED
    assert prove_equal(step(u > far), step(u > far + R(1, far))).verdict is not Verdict.PROVED


# ---- assumptions


def lie(q):
    """Assume N ≤ 1, and call it N ≥ 1."""
    yield "N ≥ 1", q.N, 0 * q.N + 1


def test_assumption_is_shown_by_what_it_says():
    """Beside its name; alone where that is the same."""
    assert str(Assumptions(given=lie)) == "ω = 1, N ≥ 1: N ≤ 1"

    def given(q):
        yield "N ≤ d", q.N, q.d
        yield "small", lambda i: ((q.at(i).h ** 2).sum(), R(11, 2).p * q.N)
        yield "pairs", lambda i, j: (q.at(i).e * q.at(j).e, (q.K**2).sum())

    shown = str(Assumptions(given=given))
    assert shown.startswith("ω = 1, N ≤ d, small: 1ᵀ h_i∘² ≤ 11 N for all i, pairs: e_i e_j ≤ ")
    with pytest.raises(NotAStatementError, match="an assumption is"):
        _ = Assumptions(given=lambda q: [("N\n≥ 1", q.N, q.N)]).further


def test_use_of_an_assumption_without_its_index_is_named():
    """Or with one too many."""

    def given(q):
        yield "a", lambda i: (q.at(i).e, q.one())
        yield "b", q.N, q.d

    for use, wanted in ((lambda q: q.given("a"), "'a', i"), (lambda q: q.given("b", 1), "'b'")):

        def proof(q, use=use):
            yield "a", use(q)

        found = prove_bound(lambda q: (q.N, q.d), proof, given=given)
        assert found.verdict is Verdict.UNCHECKED
        assert f"is used as q.given({wanted})" in found.method


@pytest.mark.parametrize("hard", [True, False])
def test_relation_of_shares_holds_at_weight_zero(hard):
    """π = 4 t (1 − t) for hard labels, at samples that have no weight, too."""

    def shares(q):
        square = lambda i: q.bounded(i).tau.value ** 2  # noqa: E731
        return (
            q.over(lambda i: q.bounded(i).p.share.value),
            q.over(lambda i: 4 * square(i) * (1 - square(i))),
        )

    found = prove_bound(shares, weighted=True, hard=hard)
    assert (found.verdict is Verdict.REFUTED) is not hard


# ---- what would take for ever


@pytest.mark.parametrize(
    "power",
    [
        lambda q: q.N ** (10**6),
        lambda q: q.e.sum() ** PRIME,
        lambda q: q.H ** (10**5000),
        lambda q: q.trace_gradient(10**6),
        lambda q: q.N**65,
    ],
)
def test_power_that_is_too_high_is_refused_at_once(power):
    """By the statement that holds it."""
    start = time.perf_counter()
    found = prove_equal(lambda q: (power(q), power(q)))
    assert found.verdict is Verdict.UNCHECKED
    assert "a power must be at most 64" in found.method
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("activation", [None, "tanh"])
@pytest.mark.parametrize("factor", [1, 2])
def test_denominator_may_be_a_multiple_of_the_prime(activation, factor):
    """Residues do not speak then, other numbers do."""
    found = prove_equal(
        lambda q: q.f1 / PRIME, lambda q: factor * q.f1 / PRIME, activation=activation
    )
    assert found.verdict is (Verdict.PROVED if factor == 1 else Verdict.REFUTED), found


LOOPS = """
import sympy as sp
from hessbound.derive import identity, scalar, u

@identity("loop")
def loop(q):
    while True:
        try:
            sum(range(1000))
        except Exception:
            pass

@identity("true")
def true(q):
    return q.H, q.H.T
"""
needs_alarm = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarm here")


@needs_alarm
def test_claim_that_takes_too_long_is_unchecked_alone(tmp_path):
    """The others have their verdicts; --strict tells."""
    path = tmp_path / "loops.py"
    path.write_text(LOOPS, encoding="utf-8")
    found = CliRunner().invoke(app, ["check", str(path), "--timeout", "0.5"])
    assert found.exit_code == 0, found.output
    assert "took longer than 0.5 s" in found.output
    assert "PROVED" in found.output
    strict = CliRunner().invoke(app, ["check", str(path), "--timeout", "0.5", "--strict"])
    assert strict.exit_code == 1


@needs_alarm
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_keyboard_interrupt_ends_a_check(tmp_path):
    """Also while a limit is running."""
    path = tmp_path / "loops.py"
    path.write_text("print('begun', flush=True)\n" + LOOPS, encoding="utf-8")
    command = [sys.executable, "-c", "from hessbound.cli import main; main()", "check", str(path)]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert "begun" in run.stderr.readline()
    time.sleep(1)
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=30)
    assert run.returncode != 0
    assert "PROVED" not in output


@needs_alarm
def test_limit_leaves_no_alarm_behind():
    """Of either end, and none is set in other threads."""
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(TooLongError), deadline(0.01):
        _for_ever()
    with deadline(60):
        pass
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    done = []
    thread = threading.Thread(target=lambda: [done.append(1) for _ in [0] if not _limited()])
    thread.start()
    thread.join()
    assert done == [1]


def _for_ever():
    while True:
        pass


def _limited():
    with deadline(0.001):
        time.sleep(0.05)

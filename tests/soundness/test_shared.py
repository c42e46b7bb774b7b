"""What is shared many times over: expressions and trees that are long only when written down."""

import json
from fractions import Fraction

import pytest
import sympy as sp
from typer.testing import CliRunner

from hessbound.cli import app
from hessbound.derive import Quantities, prove_at_most, prove_bound, prove_equal, square, u
from hessbound.derive.display import records, steps
from hessbound.derive.functions.loss import Loss, omega, v, y
from hessbound.derive.functions.scalar import Atom, ScalarFunction
from hessbound.derive.proof.deadline import deadline
from hessbound.derive.proof.kernel import Known, NotARuleError, Slack, conclude
from hessbound.derive.proof.verdicts import Verdict

TWICE = 40  # which no walk through all that is written ends


def shared(leaf):
    """Return what holds its leaf 2⁴⁰ times."""
    for _ in range(TWICE):
        leaf = leaf + leaf
    return leaf


def woven(x, times=22):
    """Return an expression of 10¹⁰ parts, and of 44 that differ."""
    for _ in range(times):
        x = sp.Add(sp.Mul(x, x, evaluate=False), x, evaluate=False)
    return x


t = sp.Symbol("t", real=True)
LONG, LONG_T, LONG_V, LONG_N = woven(u), woven(t), woven(v), woven(sp.Integer(2))
TANH = {"definition": sp.tanh(u), "derivative": 1 - t**2, "stable": sp.tanh(u)}
SQUARED = {"definition": omega * (v - y) ** 2 / 2, "labels": sp.S.Reals}


def atom(**changed):
    """Return tanh with something else in its atom."""
    return ScalarFunction(t, sp.tanh(u), (Atom(t, **(TANH | changed)),))


def loss(**changed):
    """Return half the squared error with something else."""
    return Loss(omega * (v - y) ** 2 / 2, **(SQUARED | changed))


FORMS = {
    "side": ("a side", lambda: prove_equal(LONG, u)),
    "larger side": ("a side", lambda: prove_at_most(u, LONG)),
    "value": ("the value", lambda: ScalarFunction(LONG, u)),
    "definition": ("the definition", lambda: ScalarFunction(u, LONG)),
    "closed": ("closed", lambda: ScalarFunction(u, u, closed={1: ("-", LONG)})),
    "atom": ("the definition of t", lambda: atom(definition=LONG)),
    "derivative": ("the derivative of t", lambda: atom(derivative=LONG_T)),
    "stable form": ("the stable form of t", lambda: atom(stable=LONG)),
    "relation": ("the relation of t", lambda: atom(relation=LONG)),
    "loss": ("the definition", lambda: loss(definition=LONG_V)),
    "curvature": ("curvature", lambda: loss(curvature=LONG_N)),
}


@pytest.mark.parametrize("name", FORMS)
def test_expression_of_too_many_parts_is_refused_at_once(name):
    """Parts count as often as they occur, since SymPy looks at each of them as often."""
    what, state = FORMS[name]
    with deadline(20), pytest.raises(ValueError, match=rf"^{what} must have at most 10000 parts"):
        state()


@pytest.mark.parametrize("parts", [3, 6])
def test_expression_of_many_parts_is_compared(parts):
    """Of a few thousand, there is a verdict."""
    assert prove_equal(woven(u, parts), woven(u, parts) + 1).verdict is Verdict.REFUTED


def test_trees_that_share_are_read_once():
    """2⁴⁰ times the same matrix, in statements and in certificates, takes no time."""
    with deadline(30):
        assert prove_equal(lambda q: (shared(q.e), 2**TWICE * q.e)).verdict is Verdict.PROVED
        assert prove_equal(lambda q: (shared(q.e), 3**TWICE * q.e)).verdict is Verdict.REFUTED
        result = prove_bound(
            lambda q: (0, 2**TWICE * (q.e**2).sum()),
            lambda q: iter([("squares", shared(square(q.e).sum()))]),
        )
        assert result.verdict is Verdict.PROVED


def test_rules_that_share_are_judged():
    """A step that no rule allows is found under all that holds it."""
    wrong = Slack("number", (Fraction(-1),))
    with deadline(20), pytest.raises(NotARuleError, match="no rule shows this"):
        conclude(shared(square(Quantities().e).sum() + wrong), Known({}))


CLAIMS = """from hessbound.derive import bound, identity
def shared(x):
    for _ in range(40):
        x = x + x
    return x
@identity("shared")
def first(q):
    return shared(q.e), 2**40 * q.e
@identity("endless")
def second(q):
    while True:
        pass
"""


def test_claims_are_written_down_in_time(tmp_path, monkeypatch):
    """Neither the page nor JSON waits for what no limit of the proof covers."""
    monkeypatch.setattr(records, "WRITING", 0.5)
    monkeypatch.setattr(steps, "WRITING", 0.5)
    path, page = tmp_path / "claims.py", tmp_path / "page.html"
    path.write_text(CLAIMS, encoding="utf-8")
    command = ["check", str(path), "--timeout", "1", "--json", "--report", str(page)]
    run = CliRunner().invoke(app, command)
    first, second = json.loads(run.stdout)
    assert (first["verdict"], first["latex"]) == ("PROVED", r"\text{shared}")
    assert (second["verdict"], second["method"]) == ("UNCHECKED", "took longer than 1 s")
    assert "There is no derivation to show: took longer than 0.5 s" in page.read_text("utf-8")

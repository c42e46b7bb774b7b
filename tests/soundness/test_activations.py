"""Activations whose rules are wrong, or that are not smooth: no claim about one is PROVED."""

import sys

import pytest

from hessbound.derive import activations, f, f1, prove_at_most, prove_equal
from hessbound.derive.functions import catalogue
from hessbound.derive.proof.verdicts import Verdict

HEAD = """
import sympy as sp
from hessbound.derive.functions.logistic import logistic
from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.functions.generators import *
from hessbound.derive.functions.special import *
t, q, z, L = sp.symbols("t q z L", real=True)
"""
RIGHT = """
ACTIVATION = ScalarFunction(t, sp.tanh(u), (
    Atom(t, sp.tanh(u), q, sp.tanh(u)),
    Atom(q, 1 / sp.cosh(u) ** 2, -2 * t * q, 1 / sp.cosh(u) ** 2, 1 - t**2),
))
"""
WRONG = {  # text that is replaced in the right one
    "factor of a rule": ("-2 * t * q", "-t * q"),
    "sign of a rule": ("-2 * t * q", "2 * t * q"),
    "rule off by a little": ("-2 * t * q", "-2 * t * q + sp.Rational(1, 10**40)"),
    "rule of the first atom": ("Atom(t, sp.tanh(u), q,", "Atom(t, sp.tanh(u), 1 - t,"),
    "value": ("ScalarFunction(t,", "ScalarFunction(t + q,"),
    "relation": ("1 - t**2)", "1 - t**3)"),
    "relation off by a little": ("1 - t**2)", "1 - t**2 + sp.Rational(1, 10**40))"),
    "definition of an atom": ("Atom(q, 1 / sp.cosh(u) ** 2", "Atom(q, 1 / sp.cosh(2 * u) ** 2"),
    "emitted form": ("q, sp.tanh(u))", "q, sp.tanh(u) + sp.Rational(1, 10**30))"),
    "jump of an emitted form": (
        "q, sp.tanh(u))",
        "q, sp.tanh(u) + sp.Piecewise((0, u < 20), (1, True)))",
    ),
    "jump far out": ("q, sp.tanh(u))", "q, sp.Piecewise((sp.tanh(u), u < 10**9), (1, True)))"),
    "other definition": ("ScalarFunction(t, sp.tanh(u)", "ScalarFunction(t, sp.sin(u)"),
}
NOT_SMOOTH = {
    "pole": "1 / (u - 100)",
    "pole between": "1 / (3 * u - 1)",
    "logarithm": "sp.log(u)",
    "root": "sp.sqrt(u)",
    "corner": "sp.Abs(u)",
    "maximum": "sp.Max(u, 0)",
    "jump": "sp.Piecewise((u, u < 7), (u + 1, True))",
    "step": "sp.Heaviside(u)",
}
ALONE = "F = {}\nACTIVATION = ScalarFunction(z, F, (Atom(z, F, z, F),))\n"


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Put an activation beside the others, and return its name."""

    def put(text):
        name = "wrongly"
        (tmp_path / f"{name}.py").write_text(HEAD + text, encoding="utf-8")
        monkeypatch.setattr(activations, "__path__", [*activations.__path__, str(tmp_path)])
        return name

    catalogue._load.cache_clear()
    yield put
    sys.modules.pop("hessbound.derive.activations.wrongly", None)
    catalogue._load.cache_clear()


def claims(name):
    """Statements that hold of tanh, by its rules alone; those of a wrong one say the same."""
    yield lambda: prove_equal(lambda q: (q.f2, -2 * (q.h * q.f1)), activation=name)
    yield lambda: prove_equal(lambda q: (q.f1, q.f1), activation=name)
    yield lambda: prove_equal(lambda q: (q.f2, q.f2 + 0 * q.h), activation=name)
    yield lambda: prove_equal(lambda q: (q.H, q.gauss_newton + q.residual), activation=name)
    yield lambda: prove_at_most(f**2, 1, activation=name)
    yield lambda: prove_at_most(f1, 1, activation=name)


def test_right_one_is_proved(load):
    """With its rules as they are, every statement is PROVED."""
    name = load(RIGHT)
    assert {claim().verdict for claim in claims(name)} == {Verdict.PROVED}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_rule_proves_nothing(what, load):
    """What is claimed of an activation rests on its rules, which are proved first."""
    name = load(RIGHT.replace(*WRONG[what]))
    for claim in claims(name):
        result = claim()
        told = "the rules of wrongly fail" in result.method
        assert result.verdict is Verdict.REFUTED or told, result
        assert result.verdict in (Verdict.UNCHECKED, Verdict.REFUTED)


@pytest.mark.parametrize("what", NOT_SMOOTH)
def test_what_is_not_smooth_is_refused(what, load):
    """With the place, when it is loaded."""
    name = load(ALONE.format(NOT_SMOOTH[what]))
    for claim in claims(name):
        with pytest.raises(ValueError, match=r"wrongly\.py"):
            claim()


class Two(str):
    """The name of one activation, which is equal to another's."""

    def __eq__(self, other):
        return other == "linear"

    def __hash__(self):
        return hash("linear")


def test_name_of_two_activations_is_none():
    """Neither does one stand for the other in this claim, nor in a later one."""
    catalogue.load("linear")
    for _ in range(2):
        with pytest.raises(ValueError, match="activation must be one of"):
            prove_at_most(0, 0, activation=Two("tanh"))
        with pytest.raises(ValueError, match="activation must be one of"):
            prove_equal(lambda q: (q.f2, 0), activation=Two("tanh"))
    assert prove_at_most(f, 1, activation="linear").verdict is Verdict.REFUTED
    assert prove_equal(lambda q: (q.f2, 0), activation="tanh").verdict is Verdict.REFUTED

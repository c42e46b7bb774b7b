"""Functions of one variable: what is false, or not defined everywhere, is never called proved."""

import itertools
import subprocess
import sys
from functools import reduce

import mpmath
import numpy as np
import pytest
import sympy as sp

from hessbound.derive import at_most, f, f1, f2, f3, prove_at_most, prove_equal, scalar, u
from hessbound.derive.frontend import files
from hessbound.derive.functions import balls, catalogue, pieces, roots, zero
from hessbound.derive.functions.logistic import logistic, softplus
from hessbound.derive.functions.places import told
from hessbound.derive.functions.ranges import range_of
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.functions.scalar import Atom, ScalarFunction
from hessbound.derive.functions.smooth import NotSmoothError, require_smooth
from hessbound.derive.functions.special import exact, mills, signed, softplus_rest
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.scalar_identities import rules, unproved_rules
from hessbound.derive.proof.verdicts import Verdict

R, Interval = sp.Rational, sp.Interval
a, b = sp.symbols("a b", real=True)
p, q = sp.symbols("p q", positive=True)


def step(at, height=1):
    """A jump, from 0 to a height."""
    return sp.Piecewise((0, u < at), (height, True))


def log1(x):
    return sp.log(1 + sp.exp(x))


def tiny(n):
    return R(1, 10**n)


REFUTED = [
    # jumps: near, far out, tiny, in single points, and where no rational number is
    (log1(u) + step(20), log1(u)),
    (log1(u) + step(20, tiny(30)), log1(u)),
    (sp.tanh(u) + step(1000, tiny(30)), sp.tanh(u)),
    (u + step(-(10**7)), u),
    (u + step(10**50), u),
    (u + step(R(1, 7), tiny(30)), u),
    (u + sp.Piecewise((1, sp.Eq(u, 3)), (0, True)), u),
    (u + sp.Piecewise((1, sp.Eq(u, R(1, 3))), (0, True)), u),
    (sp.Piecewise((0, sp.Ne(u, sp.pi)), (1, True)), 0),
    (sp.Piecewise((tiny(40), sp.Eq(u**5 - u, 1)), (0, True)), 0),
    (sp.Piecewise((0, (u > R(1, 3)) & (u < R(1, 3) + tiny(9))), (1, True)), 1),
    (sp.Piecewise((1, (u < 5) | (u > 6)), (0, True)), 1),
    (sp.Piecewise((0, u < sp.log(2)), (tiny(30), u < sp.log(2) + tiny(20)), (0, True)), 0),
    (1 - sp.erf(u), sp.erfc(u) + step(50, tiny(35))),
    (sp.Heaviside(u), (1 + sp.sign(u)) / 2 + step(R(1, 7), tiny(20))),
    # signs, moduli, maxima
    (sp.sqrt(u**2), u),
    (sp.sign(u) ** 2, 1),
    (sp.sign(u) * sp.Abs(u) + sp.Max(0, u - 10**9), u),
    (sp.Max(tiny(12), u), sp.Max(u, 0)),
    (sp.Max(u, u + tiny(60)), u),
    (sp.Max(sp.exp(u), 2), sp.Max(sp.exp(u), 2 + tiny(25))),
    (sp.Abs(sp.Abs(u) - 3), sp.Abs(u - 3)),
    (sp.Abs(u**2 - 2), u**2 - 2),
    (sp.sign(u**3 - u - 1), sp.sign(u - 1)),
    (sp.sign(sp.exp(u) - 2), sp.sign(u - R(69314718, 10**8))),
    (sp.tanh(1000 * u), sp.sign(u)),
    (sp.erf(u), sp.sign(u)),
    (sp.Abs(sp.sin(u)), sp.sin(u)),
    (sp.floor(u), u),
    (sp.floor(u), sp.ceiling(u) - 1),
    # wrong constants of integration
    (sp.log(2 * (1 + sp.exp(u))), log1(u)),
    (sp.log(1 + u**2), sp.log(1 + u**2) + tiny(30)),
    (sp.atan(sp.sinh(u)), 2 * sp.atan(sp.tanh(u / 2)) + sp.pi),
    (sp.atan(u) + 1, sp.atan(u)),
    (sp.log(sp.cosh(u)), u - sp.log(2)),
    # branches of roots and inverse functions
    (sp.atan(u) + sp.atan(1 / u), sp.pi / 2),
    (sp.atan(2 * u / (1 - u**2)), 2 * sp.atan(u)),
    (sp.asin(sp.sin(u)), u),
    (sp.acos(sp.cos(u)), u),
    (sp.atan(sp.tan(u)), u),
    (sp.acosh(sp.cosh(u)), u),
    (sp.sqrt(u**2 * (u - 1) ** 2), u * (u - 1)),
    (sp.sqrt(sp.exp(2 * u) - 2 * sp.exp(u) + 1), sp.exp(u) - 1),
    (log1(u) - log1(-u), sp.Abs(u)),
    (sp.exp(sp.log(u**2) / 2), u),
    # a little off
    (sp.cosh(8 * u) ** 2 - sp.sinh(8 * u) ** 2, 1 + tiny(40)),
    (sp.tanh(u) ** 2 + sp.sech(u) ** 2, 1 + tiny(33)),
    (sp.sqrt(1 - sp.tanh(u) ** 2), sp.sech(u) + tiny(50)),
    (sp.erf(u) + sp.erfc(u), 1 + sp.exp(-1000)),
    (u + tiny(200), u),
    (u + u * sp.exp(-1000), u),
    # parameters
    (a * u, sp.Abs(a) * u),
    (sp.Abs(a * u), a * sp.Abs(u)),
    (a + b + u, u),
    (a - b + u, u),
    (a * b * u, sp.Abs(a * b) * u),
    (p * u, q * u),
    (sp.log(p * sp.exp(u)), u + sp.log(q)),
    (2**u * 3**u, 5**u),
    (sp.exp(u + a), sp.exp(u) + sp.exp(a)),
    (sp.sin(2 * u), 2 * sp.sin(u)),
]

# Of these, one side is no real number at the place that is named.
UNCHECKED = [
    (1 / (u - 100), 1 / (u - 100), "not defined at u = 100"),
    (sp.log(u**2), 2 * sp.log(u), "not real for u ≤ 0"),
    (sp.log(u**2), 2 * sp.log(sp.Abs(u)), "not real at u = 0"),
    (sp.sqrt(-1 - u**2), 0, "not real"),
    (sp.log(-u), sp.log(-u), "not real for u ≥ 0"),
    ((u**3) ** R(1, 3), u, "not real for u < 0"),
    (sp.atanh(2 * u / (1 + u**2)), 2 * sp.atanh(u), "not real for u ≤ -1; not real for u ≥ 1"),
    (1 / (sp.exp(u) - 1), 1 / (sp.exp(u) - 1), "not defined at u = 0"),
    (u**a, u**a, "not real for u ≤ 0"),
    (sp.I * u, sp.I * u, "I is not real"),
    (sp.exp(-1 / u**2), sp.exp(-1 / u**2), "not defined at u = 0"),
    (sp.Piecewise((1, u < 0)), sp.Piecewise((1, u < 0)), "not defined for u ≥ 0"),
    (sp.gamma(u + 1), u * sp.gamma(u), "gamma is not known here"),
    # SymPy drops what is multiplied by 0, also where it has no value
    (
        sp.sign(u) * sp.Piecewise((1 / u, u >= 0), (1 / u, True)),
        1 / sp.Abs(u),
        "not defined at u = 0",
    ),
    (sp.Abs(u) * sp.Piecewise((1 / u, u >= 0), (-1 / u, True)), sp.sign(u) ** 2, "not defined at"),
    # a condition that another place decides
    (
        sp.Piecewise((0, sp.Eq(u, 2)), (0, sp.sign(u) > 0), (1 / u, True)),
        sp.Piecewise((0, sp.Eq(u, 2)), (0, sp.sign(u) > 0), (1 / u, True)),
        "not defined at u = 0",
    ),
    (
        sp.Piecewise((0, sp.Heaviside(u) > 0), (sp.log(u), True)),
        sp.Piecewise((0, sp.Heaviside(u) > 0), (sp.log(u), True)),
        "not real for u < 0",
    ),
    ((u - 1) / (sp.Abs(u) - 1), (u - 1) / (sp.Abs(u) - 1), "not defined at u = -1; not defined at"),
]

PROVED = [
    (sp.Abs(u), sp.Max(u, -u)),
    (sp.Abs(u), u * sp.sign(u)),
    (log1(u), sp.Max(u, 0) + log1(-sp.Abs(u))),
    (log1(u) - log1(-u), u),
    (1 - sp.tanh(u) ** 2, sp.sech(u) ** 2),
    (sp.sinh(2 * u), 2 * sp.sinh(u) * sp.cosh(u)),
    (sp.cosh(8 * u) ** 2 - sp.sinh(8 * u) ** 2, 1),
    (sp.exp(u**2 / 2) * (1 - sp.erf(u / sp.sqrt(2))), sp.exp(u**2 / 2) * sp.erfc(u / sp.sqrt(2))),
    (sp.asinh(u), sp.log(u + sp.sqrt(u**2 + 1))),
    (sp.log(sp.sqrt(1 + u**2) - u), -sp.asinh(u)),
    (sp.atan(sp.sinh(u)), 2 * sp.atan(sp.tanh(u / 2))),
    (2 * sp.atan(sp.exp(u)) - sp.pi / 2, sp.atan(sp.sinh(u))),
    (sp.atan(u), sp.asin(u / sp.sqrt(1 + u**2))),
    (sp.atanh(sp.tanh(u)), u),
    (sp.sin(3 * u), 3 * sp.sin(u) - 4 * sp.sin(u) ** 3),
    (sp.log(sp.cosh(u)), sp.Abs(u) + log1(-2 * sp.Abs(u)) - sp.log(2)),
    (sp.Max(u, 1) * sp.Min(u, 1), u),
    (sp.Piecewise((sp.sin(u) / u, sp.Ne(u, 0)), (1, True)) * u, sp.sin(u)),
    (sp.sqrt(1 + sp.exp(2 * u)), sp.exp(u) * sp.sqrt(1 + sp.exp(-2 * u))),
    (sp.sqrt(u + sp.sqrt(u**2 + 1)), sp.exp(sp.asinh(u) / 2)),
    (sp.sqrt(u**4 + u**2), sp.Abs(u) * sp.sqrt(u**2 + 1)),
    (sp.Abs(a * u), sp.Abs(a) * sp.Abs(u)),
    (sp.log(p * (1 + u**2)), sp.log(p) + sp.log(1 + u**2)),
    (sp.log(1 + sp.exp(a * u)) - sp.log(1 + sp.exp(-a * u)), a * u),
    (sp.exp(-sp.Abs(u)), sp.Min(sp.exp(u), sp.exp(-u))),
    (sp.Heaviside(u) + sp.Heaviside(-u), 1),
]


@pytest.mark.parametrize(("lhs", "rhs"), REFUTED)
def test_false_identity_is_refuted(lhs, rhs):
    """At a point where balls are apart, of which both values are shown."""
    result = prove_equal(lhs, rhs)
    assert result.verdict is Verdict.REFUTED, result
    assert result.witness.lhs != result.witness.rhs


@pytest.mark.parametrize(("lhs", "rhs", "reason"), UNCHECKED)
def test_identity_that_is_not_defined_everywhere_names_the_place(lhs, rhs, reason):
    """A pole, a logarithm, a root: no proof, however equal the sides are elsewhere."""
    result = prove_equal(lhs, rhs)
    assert result.verdict is Verdict.UNCHECKED, result
    assert result.method.startswith(reason)


@pytest.mark.parametrize(("lhs", "rhs"), PROVED)
def test_true_identity_is_proved(lhs, rhs):
    """Digits that a function loses do not matter, nor do places where a side changes."""
    result = prove_equal(lhs, rhs)
    assert result.verdict is Verdict.PROVED, result


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        (sp.acosh(sp.cosh(u)), sp.Abs(u)),
        (sp.sin(u / 2) ** 2, (1 - sp.cos(u)) / 2),
        (1 + sp.exp(-(10**6)), 1),  # false, by less than our digits show
        (u / (a - b), u / (a - b)),  # not where a = b
    ],
)
def test_undecided_identity_is_sampled(lhs, rhs):
    """No point refutes it, no rule proves it."""
    assert prove_equal(lhs, rhs).verdict is Verdict.SAMPLED


@pytest.mark.parametrize(
    ("lhs", "rhs", "domain", "verdict"),
    [
        (sp.log(u**2), 2 * sp.log(u), Interval.open(0, sp.oo), Verdict.PROVED),
        (sp.log(u**2), 2 * sp.log(u), Interval(0, sp.oo), Verdict.UNCHECKED),
        (sp.log(u**2), 2 * sp.log(-u), Interval.open(-sp.oo, 0), Verdict.PROVED),
        (sp.atan(u) + sp.atan(1 / u), sp.pi / 2, Interval.open(0, sp.oo), Verdict.PROVED),
        (sp.Abs(u), u, Interval(0, sp.oo), Verdict.PROVED),
        (sp.Abs(u), u, Interval.open(-tiny(20), 1), Verdict.REFUTED),
        (sp.asin(u) + sp.acos(u), sp.pi / 2, Interval(-1, 1), Verdict.PROVED),
        (sp.log(u / (1 - u)), 2 * sp.atanh(2 * u - 1), Interval.open(0, 1), Verdict.PROVED),
        (sp.sqrt(u - 1) * sp.sqrt(u + 1), sp.sqrt(u**2 - 1), Interval(1, sp.oo), Verdict.PROVED),
        (1 / u, 1 / u, Interval(0, 1), Verdict.UNCHECKED),
        (u + step(1), u, Interval(0, 1), Verdict.REFUTED),
        (u + step(1), u, Interval.Ropen(0, 1), Verdict.PROVED),
        (sp.atan(2 * u / (1 - u**2)), 2 * sp.atan(u), Interval.open(-1, 1), Verdict.PROVED),
        (u**a * u**b, u ** (a + b), Interval.open(0, sp.oo), Verdict.PROVED),
    ],
)
def test_identity_on_an_interval(lhs, rhs, domain, verdict):
    """It is decided there, at ends that belong to it too, and nowhere else."""
    assert prove_equal(lhs, rhs, domain=domain).verdict is verdict


@pytest.mark.parametrize(
    ("lhs", "rhs", "activation", "verdict"),
    [
        (f3 * (2 - u**2), f2 * (u**3 - 4 * u), "gelu", Verdict.PROVED),
        (f1, 1 - f**2, "tanh", Verdict.PROVED),
        (f2, 2 * f * f1, "tanh", Verdict.REFUTED),
        (f1 - f, f1, "softplus", Verdict.REFUTED),
    ],
)
def test_identity_of_an_activation(lhs, rhs, activation, verdict):
    """With f, f′ and f″ of one that is named."""
    assert prove_equal(lhs, rhs, activation=activation).verdict is verdict


def test_domain_and_activation_are_checked():
    """A set that is no interval, and derivatives of nothing, are no statement."""
    with pytest.raises(ValueError, match=r"a domain must be a SymPy Interval such as"):
        scalar("no", u, u, domain=sp.FiniteSet(1))
    with pytest.raises(ValueError, match="f1 needs an activation"):
        scalar("no", f1, u)
    with pytest.raises(ValueError, match="activation must be one of"):
        at_most("no", f1, u, activation="relu")


FALSE_BOUNDS = [
    (f1, 1 - tiny(40), "tanh"),
    (f2, R(1, 4) - tiny(50), "softplus"),
    (f1, R(9, 8), "gelu"),
    (u, 10**6, None),
    (u, 10**50, None),
    (u + tiny(60), u, None),
    (sp.exp(u), 10**200, None),
    (sp.log(1 + u**2), u**2 - tiny(20), None),
    (sp.atan(u), sp.pi / 2 - tiny(12), None),
    (sp.erf(u), 1 - tiny(100), None),
    (log1(u), sp.Max(u, 0) + sp.log(2) - tiny(15), None),
    (1 / (u - 3) ** 2, 10**6, None),
    (sp.Abs(u), u**2 + R(1, 4) - tiny(9), None),
    (a * u, a**2 / 5 + u**2, None),
    (step(10**9), 0, None),
    (sp.Piecewise((tiny(40), sp.Eq(u, R(1, 7))), (0, True)), 0, None),
    (sp.sign(u), sp.tanh(10**6 * u), None),
    (u * sp.exp(-u), sp.exp(-1) - tiny(30), None),
    (1 + u + u**2 / 2, sp.exp(u), None),
    (sp.sin(u), u, None),
]


@pytest.mark.parametrize(("small", "large", "activation"), FALSE_BOUNDS)
def test_false_inequality_is_refuted(small, large, activation):
    """By however little, and however far out."""
    result = prove_at_most(small, large, activation=activation)
    assert result.verdict is Verdict.REFUTED, result


@pytest.mark.parametrize(
    ("small", "large", "reason"),
    [
        (1 / u, 1 / u + 1, "not defined at u = 0"),
        (-1 / (u - 3) ** 2, 0, "not defined at u = 3"),
        (sp.log(u), u - 1, "not real for u ≤ 0"),
    ],
)
def test_inequality_that_is_not_defined_everywhere_names_the_place(small, large, reason):
    """It is not proved, though it holds wherever both sides are real."""
    result = prove_at_most(small, large)
    assert (result.verdict, result.method) == (Verdict.UNCHECKED, reason)


@pytest.mark.parametrize(
    ("small", "large", "domain", "verdict"),
    [
        (sp.log(u), u - 1, Interval.open(0, sp.oo), Verdict.PROVED),
        (sp.log(1 + u), u, Interval.open(-1, sp.oo), Verdict.PROVED),
        (u**2, u, Interval(0, 1), Verdict.PROVED),
        (u**2, u, Interval(0, 1 + tiny(20)), Verdict.REFUTED),
        (1 / u, 1, Interval(1, sp.oo), Verdict.PROVED),
        (sp.tanh(u), u, Interval(0, sp.oo), Verdict.PROVED),
        (sp.tanh(u), u, Interval(-tiny(3), sp.oo), Verdict.REFUTED),
    ],
)
def test_inequality_on_an_interval(small, large, domain, verdict):
    """Its ends count where they belong to it."""
    assert prove_at_most(small, large, domain=domain).verdict is verdict


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        (log1(u) + step(20, tiny(30)), log1(u)),
        (u + sp.Piecewise((1, sp.Eq(u, R(1, 3))), (0, True)), u),
        (sp.sqrt(p + 1) * sp.exp(a * u), sp.exp(u)),
        (sp.Abs(u) + sp.Max(u, sp.Symbol("lambda", real=True)), u),
        (softplus_rest(u) + mills(u), signed(u, u - 3)),
    ],
)
def test_witness_runs_in_a_fresh_python(lhs, rhs):
    """The snippet prints two numbers that differ."""
    witness = prove_equal(lhs, rhs).witness
    command = [sys.executable, "-c", witness.snippet]
    left, right = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert left != right


def test_one_claim_never_ends_the_run(tmp_path):
    """What is hard to decide costs only its own verdict."""
    path = tmp_path / "mine.py"
    path.write_text(
        "import sympy as sp\n"
        "from hessbound.derive import at_most, scalar, u, f1\n"
        "at_most('fine', 1 + u, sp.exp(u))\n"
        "at_most('tiny', f1, 1 - sp.Rational(1, 10**40), activation='tanh')\n"
        "scalar('gamma', sp.gamma(u), sp.zeta(u))\n"
        "scalar('mixed', sp.Abs(u + sp.exp(u)), sp.sqrt((sp.exp(u) + u) ** 2))\n"
        "at_most('bessel', sp.besselj(0, u), 1)\n"
        "scalar('last', sp.tanh(u), sp.sinh(u) / sp.cosh(u))\n",
        encoding="utf-8",
    )
    verdicts = [prove(claim).verdict.value for claim in files.load(path)]
    assert verdicts == ["PROVED", "REFUTED", "UNCHECKED", "SAMPLED", "UNCHECKED", "PROVED"]


c, g = sp.symbols("c g", real=True)
LOGISTIC = tuple(logistic(u).values())
L2, s = sp.Symbol("L2", real=True), LOGISTIC[0].symbol
STABLE = sp.Max(u, 0) + softplus_rest(u)


def like_softplus(stable, derivative=s):
    """An activation whose emitted form or rule may be wrong."""
    atom = Atom(L2, log1(u), derivative, stable)
    return ScalarFunction(L2, log1(u), (*LOGISTIC, atom))


WRONG_RULES = {
    "jump at 20": like_softplus(STABLE + step(20)),
    "tiny jump": like_softplus(STABLE + step(20, tiny(30))),
    "jump in the tail": like_softplus(STABLE + sp.Piecewise((tiny(400), u < -700), (0, True))),
    "one point": like_softplus(STABLE + tiny(20) * (1 - sp.sign(u) ** 2)),
    "bend far out": like_softplus(STABLE + tiny(50) * sp.Max(0, u - 10**5)),
    "rest forgotten": like_softplus(sp.Piecewise((u, u > 40), (STABLE, True))),
    "constant": like_softplus(sp.log(2 * (1 + sp.exp(u)))),
    "derivative": like_softplus(STABLE, 1 - s),
    "sign turns elsewhere": ScalarFunction(
        c, sp.tanh(u), (Atom(c, sp.tanh(u), 1 - c**2, signed(sp.tanh(sp.Abs(u)), u - 1)),)
    ),
    "relation": ScalarFunction(
        c,
        sp.tanh(u),
        (
            Atom(c, sp.tanh(u), 1 - c**2, sp.tanh(u)),
            Atom(g, sp.sech(u) ** 2, -2 * c * g, sp.sech(u) ** 2, 1 + c**2),
        ),
    ),
    "value": ScalarFunction(c + tiny(40), sp.tanh(u), (Atom(c, sp.tanh(u), 1 - c**2, sp.tanh(u)),)),
    "tail of one side": ScalarFunction(
        c,
        sp.erfc(u),
        (
            Atom(g, sp.exp(-(u**2)), -2 * u * g, sp.exp(-(u**2))),
            Atom(
                c,
                sp.erfc(u),
                -2 * g / sp.sqrt(sp.pi),
                2 * sp.exp(-(u**2)) * mills(sp.sqrt(2) * u) / sp.sqrt(2 * sp.pi),
            ),
        ),
    ),
}


@pytest.mark.parametrize("name", WRONG_RULES)
def test_wrong_atom_is_not_proved(name):
    """A wrong derivative, emitted form or relation is found, with the point."""
    assert "the sides are apart at a point (u = " in unproved_rules(WRONG_RULES[name])


@pytest.mark.parametrize("name", catalogue.names())
def test_rules_of_activations_are_proved(name):
    """Those that there are."""
    assert not unproved_rules(catalogue.load(name))


def test_statement_rests_on_proved_rules(monkeypatch):
    """With an activation whose rules are wrong, nothing is proved."""
    wrong = WRONG_RULES["derivative"]
    for module in ("functions.catalogue", "activations"):
        monkeypatch.setattr(f"hessbound.derive.{module}.load", lambda name: wrong)
    result = prove_equal(lambda q: q.H.trace(), lambda q: q.H.T.trace(), activation="softplus")
    assert result.verdict is Verdict.UNCHECKED
    assert "the rules of softplus fail: " in result.method
    assert prove_at_most(f1, 1, activation="softplus").verdict is not Verdict.PROVED


NOT_SMOOTH = [
    (sp.Max(0, u), "not smooth at u = 0"),
    (sp.Abs(u), "not smooth at u = 0"),
    (sp.sign(u), "not smooth at u = 0"),
    (u / (1 + sp.Abs(u)), "not smooth at u = 0"),
    (sp.Max(u, u**2, 3), "not smooth at u = -sqrt(3)"),
    (sp.Piecewise((sp.exp(u) - 1, u < 0), (u, True)), "not smooth at u = 0"),
    (sp.sqrt(u**4 + u**2), "not smooth at u = 0"),
    (sp.log(u), "not real for u ≤ 0"),
    (sp.log(u**2 - 4), "not real for -2 ≤ u ≤ 2"),
    (u ** R(1, 3), "not real for u < 0"),
    (1 / (u - 100), "not defined at u = 100"),
    (sp.sin(u) / u, "not defined at u = 0"),
    (sp.floor(u), "not known to be smooth: floor is not known here"),
    (1 / (u + sp.exp(u)), "not known to be smooth: the zeros of u + exp(u) are not found"),
    (sp.I * u, "not real"),
]


@pytest.mark.parametrize(("definition", "reason"), NOT_SMOOTH)
def test_definition_must_be_smooth(definition, reason):
    """Real, finite and smooth on the whole line, or refused with the place."""
    with pytest.raises(NotSmoothError) as caught:
        require_smooth(definition, u)
    assert str(caught.value).partition(";")[0] == f"{definition} is {reason}"
    atom = Atom(c, definition, c, definition)
    assert unproved_rules(ScalarFunction(c, definition, (atom,))) == str(caught.value)


@pytest.mark.parametrize(
    "definition",
    [u * sp.tanh(log1(u)), sp.asinh(u), sp.sqrt(1 + u**2) - 1, 1 / (1 + u**4), sp.exp(-(u**2))],
)
def test_smooth_definition_is_accepted(definition):
    """Mish, asinh and others."""
    require_smooth(definition, u)


@pytest.mark.parametrize("name", ["_exp", "min", "δ", "f", "sum", "length"])
def test_name_that_means_something_else_is_refused(name):
    """Of kernels, of the index algebra, of Python."""
    symbol = sp.Symbol(name, real=True)
    with pytest.raises(ValueError, match=f"an atom's name must .*{name}"):
        ScalarFunction(symbol, sp.sin(u), (Atom(symbol, sp.sin(u), sp.cos(u), sp.sin(u)),))


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", catalogue.names())
def test_ranges_hold_on_a_fine_grid(name, order):
    """Every value lies inside, near each extremum and in both tails too."""
    function = catalogue.load(name)
    found = range_of(function, order)
    value = sp.diff(function.definition, u, order)
    ends = (found.lowest.value, found.highest.value)
    low, high = (balls.ball(x) if x.is_finite else balls.NAN for x in ends)
    grid = [R(n, 16) for n in range(-320, 321)] + [
        R(way * 10**n) for n in (2, 4) for way in (1, -1)
    ]
    for at in grid:
        number = balls.ball(value, {u: at})
        assert not number < low
        assert not number > high


def test_wrong_limit_is_noticed(monkeypatch):
    """If SymPy's limits were wrong, ranges would be found without them."""
    right = sp.limit
    monkeypatch.setattr(sp, "limit", lambda *args: right(*args) / 2)
    t = sp.Symbol("t", real=True)
    tanh = ScalarFunction(t, sp.tanh(u), (Atom(t, sp.tanh(u), 1 - t**2, sp.tanh(u)),))
    assert range_of(tanh, 0).interval == Interval.open(-1, 1)


def test_balls_contain_the_value():
    """Also where all digits of doubles are lost, and where a function is not defined."""
    lost = sp.cosh(8 * u) ** 2 - sp.sinh(8 * u) ** 2
    assert balls.ball(lost, {u: 30}, 2000).contains(1)
    assert balls.sign(lost - 1, {u: 30}) is None
    for expr, at in [(sp.log(u), -1), (1 / u, 0), (sp.sqrt(u), -1), (sp.sign(sp.log(u)), -1)]:
        assert not balls.ball(expr, {u: at}).is_finite(), expr
    for special in (mills(u), softplus_rest(u), signed(u, u - 3)):
        for at in (-2, 0, R(7, 2)):
            here, there = (balls.ball(x, {u: at}) for x in (special, exact(special)))
            assert here.overlaps(there)


def test_every_zero_is_found():
    """Of polynomials, exponentials, roots and products of them; else none is claimed."""
    product = (u**2 - 2) * (sp.exp(2 * u) - 9) * sp.erf(u - 1) * (u**5 - u - 1)
    found = roots.zeros(product, u, {})
    assert [round(float(sp.N(x)), 3) for x in found] == [-1.414, 1.0, 1.099, 1.167, 1.414]
    with pytest.raises(UndecidedError):
        roots.zeros(u + sp.exp(u), u, {})


def test_pieces_cover_the_line():
    """Every point belongs to one piece or one fault."""
    sides = [sp.Max(sp.Abs(u) - 1, sp.log(u + 2)), 1 / (u - 3)]
    found = pieces.split(sides, u)
    ends = [x.place for x in [*found.pieces, *found.faults]]
    ends.sort(key=lambda x: (sp.N(x.low), sp.N(x.high)))
    assert ends[0].low == -sp.oo
    assert ends[-1].high == sp.oo
    assert all(left.high == right.low for left, right in itertools.pairwise(ends))
    assert told([x for x in found.faults if not x.undecided], u).startswith("not real for u ≤ -2")


def test_derivative_proves_only_between_places():
    """log|u| has the derivative of log(2|u|), and sign(u) that of 1."""
    assert not zero.is_zero(sp.sign(u) - 1, u)
    assert not zero.is_zero(sp.atan(u) + sp.atan(1 / u) - sp.pi / 2, u)
    assert zero.is_zero(sp.atan(u) + sp.atan(1 / u) - sp.pi / 2, u, Interval.open(0, sp.oo))


def test_softplus_is_what_it_says():
    """Its rules hold in either variable's direction."""
    for way in (1, -1):
        atom = softplus(u, way)
        function = ScalarFunction(atom.symbol, atom.definition, (*LOGISTIC, atom))
        assert not unproved_rules(function)
        assert len(rules(function)) > 6


NUMBERS = [
    (u / 3 + 0.1, None, "write Rational.'0.1'., or what was rounded, for 0.1"),
    (u * sp.Float(1 / 3), None, r"or what was rounded such as Rational\(1, 3\), for 0.333"),
    (mpmath.pi, None, "must be a SymPy expression, got constant"),
    (mpmath.mpf(1), None, "must be a SymPy expression, got mpf"),
    (sp.sin, None, "must be a SymPy expression"),
    (u, Interval(0, 0.5), "numbers must be exact: write Rational.'0.5'"),
    (u, 5, "a domain must be a SymPy Interval"),
    (reduce(lambda x, _: sp.sin(x), range(300), u), None, "a side must be nested less deep"),
]


@pytest.mark.parametrize(("side", "domain", "why"), NUMBERS)
def test_what_is_no_number_here(side, domain, why):
    """Floats, also in domains, numbers that are functions, and what SymPy cannot write."""
    with pytest.raises((TypeError, ValueError), match=why):
        prove_equal(u, side, domain=domain)


def test_numbers_of_packages_are_exact():
    """Those of gmpy2, which SymPy by itself may take for floats, and of NumPy."""
    assert prove_equal(u / u * 2, np.int8(2), domain=Interval.open(0, 1)).verdict is Verdict.PROVED
    gmpy2 = pytest.importorskip("gmpy2")
    assert prove_equal(u - u + R(1, 3), gmpy2.mpq(1, 3)).verdict is Verdict.PROVED
    assert prove_equal(u - u + 2, gmpy2.mpz(2)).verdict is Verdict.PROVED


@pytest.mark.parametrize("n", [np.int8(3), np.uint64(3), sp.Integer(3), 3])
def test_powers_are_whole_numbers_of_any_package(n):
    """A power is what it is as a factor; int8 does not wrap."""
    assert prove_equal(lambda q: (q.N**n, q.N * q.N * q.N)).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    "n", [True, np.True_, 2.0, R(1, 2), np.int8(-1), np.float64(2), R(2, 1) / 4]
)
def test_other_powers_are_refused(n):
    """Truth values, floats, fractions and negative numbers are no powers."""
    why = prove_equal(lambda q: (q.N**n, q.N * q.N)).method
    assert "a power must be a whole number, at least 0, got" in why


def test_long_numbers_in_domains():
    """A claim is unchecked, and says why; the file goes on."""
    claim = scalar("long", sp.Abs(u), u, domain=Interval(0, 3 ** (10**6)))
    assert claim.statement == "Abs(u) = u for u in Interval(0, <477122 digits>)"
    assert prove(claim).method == "a number has more digits than are written here"

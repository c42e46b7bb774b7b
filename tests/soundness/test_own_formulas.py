"""Files of formulas that an attack made: what is false in them is refuted, or the file refused."""

import pytest
import sympy as sp

from hessbound.derive import f, prove_at_most, prove_equal, u
from hessbound.derive.claims.functions import of_activation
from hessbound.derive.claims.losses import of_loss
from hessbound.derive.emission.formulas import outputs
from hessbound.derive.emission.generate import bounds
from hessbound.derive.frontend.formulas import included, read
from hessbound.derive.functions import catalogue
from hessbound.derive.functions.scalar import Atom, ScalarFunction
from hessbound.derive.functions.special import constant_error, product_error
from hessbound.derive.proof.faults import FileError
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.verdicts import Verdict

LOSS_HEAD = """
import sympy as sp
from hessbound.derive.functions.logistic import logistic, softplus
from hessbound.derive.functions.loss import UNIT, Loss, omega, v, y, y_bar
from hessbound.derive.functions.scalar import Atom
E, Em, K = sp.symbols("E Em K", real=True)
a = logistic(v)
s = a["s"].symbol
plus, minus = softplus(v), softplus(v, -1)
L, Lm = plus.symbol, minus.symbol
X = Atom(E, sp.exp(v), E, sp.exp(v))
Xm = Atom(Em, sp.exp(-v), -Em, sp.exp(-v))
quarter, half = sp.Rational(1, 4), sp.Rational(1, 2)
ell = sp.log(1 + sp.exp(v))


def counted(**more):
    return Loss(omega * (L - y * v), omega * (ell - y * v), (*a.values(), plus), **more)


def entropy(**more):
    value = omega * (y_bar * L + y * Lm)
    definition = omega * (y_bar * ell + y * sp.log(1 + sp.exp(-v)))
    suprema = {"slope": sp.Integer(1), "curvature": quarter}
    return Loss(value, definition, (*a.values(), plus, minus), labels=UNIT, **suprema, **more)


def hidden(zero, *atoms):
    return Loss(omega * (L + y * zero), omega * ell, (*a.values(), plus, *atoms), labels=sp.S.Reals)


def square(ell):
    return Loss(ell, ell, labels=sp.S.Reals, curvature=sp.Integer(1))


def steep(definition, **more):
    curved = {"curvature": quarter, "slope": sp.Integer(1), "labels": UNIT}
    atom = Atom(K, definition, sp.Integer(0), definition)
    return Loss(omega * K * L, omega * definition * ell, (*a.values(), plus, atom), **curved)
"""
LOSSES = [  # name, text, why the file is refused, or a claim that is false
    ("constant_big", "entropy(constants={y_bar: 1000 - 1000 * y})", "constants of a loss must be"),
    ("constants_other", "entropy(constants={y_bar: 2 - y})", "constants of a loss must be"),
    ("constants_wrong", "entropy(constants={y_bar: 1 - y**2})", "constants of a loss must be"),
    ("constants_more", "entropy(constants={y_bar: 1 - y, K: 2})", "constants of a loss must be"),
    ("hidden_zero", "hidden(E * Em - 1, X, Xm)", "slope"),
    ("hidden_zero_tanh", "hidden(s * (1 + Em) - 1, Xm)", "slope"),
    ("integers_between", "counted(labels=sp.Interval(0, 5 * half), integers=True)", "whole num"),
    ("integers_open", "counted(labels=sp.Interval.open(0, 3), integers=True)", "finite ends"),
    ("integers_empty", "counted(labels=sp.Interval.open(0, 1), integers=True)", "finite ends"),
    ("labels_empty", "counted(labels=sp.S.EmptySet)", "finite ends"),
    ("labels_float", "counted(labels=sp.Interval(0, 0.1))", "exact numbers"),
    ("labels_two", "counted(labels=sp.Union(sp.Interval(0, 1), {2}))", "finite ends"),
    ("omega_squared", "square(omega**2 * (v - y) ** 2 / 2)", "weighted"),
    ("omega_inside", "square((omega * v - y) ** 2 / 2)", "weighted"),
    ("omega_missing", "square((v - y) ** 2 / 2)", "weighted"),
    ("y_in_an_atom", "steep(1 + y**2)", "slope"),
    ("y_in_an_atom_between", "steep(1 + y * (1 - y))", "curvature"),
    ("no_bound", "counted(labels=UNIT)", "curvature"),
    ("slope_off", "counted(labels=UNIT, slope=1 + sp.Rational(1, 10**40))", "slope"),
    ("closed_0", 'entropy(closed={0: ("-", omega * v)})', "d0"),
    ("closed_4", 'entropy(closed={4: ("-", omega * v)})', "orders in closed must be whole"),
    ("ranges_of_a_loss", 'entropy(ranges={2: ("-", sp.Interval(5, 6))})', "a loss has no ranges"),
]
ACTIVATION_HEAD = """
from fractions import Fraction
import sympy as sp
from hessbound.derive.functions.scalar import Atom, Enclosure, ScalarFunction, u
from hessbound.derive.functions.special import *
t, q, b, c = sp.symbols("t q b c", real=True)
p = sp.Symbol("p", positive=True)
T = sp.tanh(u)
TWO = Atom(q, 1 / sp.cosh(u) ** 2, -2 * t * q, 1 / sp.cosh(u) ** 2, 1 - t**2)
far, R = 10**30, sp.Rational


def stable(form, **more):
    return ScalarFunction(t, T, (Atom(t, T, q, form), TWO), **more)


class Two(Fraction):
    numerator = 2


def related(*relations):
    Q, R = 1 / sp.cosh(u) ** 2, T**2
    forms = ((q, Q, -2 * t * q), (b, R, 2 * t * q))
    rest = zip(forms, (*relations, None), strict=False)
    atoms = [Atom(s, x, slope, x, own) for (s, x, slope), own in rest]
    return ScalarFunction(t, T, (Atom(t, T, q, T), *atoms))


def window(low, high, error):
    return stable(sp.Piecewise((T + error, (u > low) & (u < high)), (T, True)))


def closed(order):
    return stable(T, closed={order: ("-", sp.exp(u))})


def taken(order, values):
    return stable(T, ranges={order: ("-", values)})


def constants(value, **given):
    known = {"b": b, "c": c}
    return ScalarFunction(b * u, value, constants={known[k]: x for k, x in given.items()})
"""
ORDERS, SETS = "must be whole numbers from 0 to 3", "must have an interval"
IN_FORM = "the rounding errors in the stable form of t are"
ACTIVATIONS = [
    ("closed_4", "closed(4)", ORDERS),
    ("closed_minus", "closed(-1)", ORDERS),
    ("closed_text", 'closed("2")', ORDERS),
    ("closed_bool", "closed(True)", ORDERS),
    ("closed_2", "closed(2)", "d2"),
    ("closed_float", 'stable(T, closed={1: ("-", 1.0 - T**2)})', "must have an exact expression"),
    ("closed_alone", "stable(T, closed={1: 1 - T**2})", "must have .equation, exact"),
    ("range_4", "taken(4, sp.Interval(5, 6))", ORDERS),
    ("range_union", "taken(1, sp.Union(sp.Interval.Lopen(0, b), sp.Interval(2, 3)))", SETS),
    ("range_hole", "taken(0, sp.Interval.open(-1, 1) - sp.FiniteSet(0))", SETS),
    ("range_empty", "taken(1, sp.S.EmptySet)", SETS),
    ("range_two", "taken(1, sp.FiniteSet(0, 1))", SETS),
    ("range_reals", "taken(1, sp.S.Reals)", "range1"),
    ("range_open_enclosure", 'taken(1, Enclosure("0", "1", True, True))', "holds its ends"),
    ("error_of_log", "stable(T + product_error(sp.log(u), u))", "of no limit at u = -1/7"),
    ("error_times_log", "stable(T + sp.log(u) * product_error(u, u))", "of no limit at u = -1/7"),
    ("error_over_0", "stable(T + u * sum_error(u, 1) / ((u - 300) * (1 + u**2)))", IN_FORM),
    (
        "error_over_log",
        "stable(T + u * sum_error(u, 1) / far / (1 + u**2) / (sp.exp(u) - 7))",
        "atoms",
    ),
    (
        "error_in_cases",
        "stable(sp.Piecewise((T, u > 9), (T + product_error(u, 1 / (u + 5)), True)))",
        IN_FORM,
    ),
    (
        "error_in_cases_of_log",
        "stable(sp.Piecewise((T, u > 9),"
        " (T + product_error(u / (1 + u**2), 1 / (sp.exp(u) - 7)) / far, True)))",
        "atoms",
    ),
    ("error_in_window", "window(2000, 2100, 1000 * product_error(u, u))", IN_FORM),
    ("error_in_thin_window", "window(sp.pi, sp.pi + R(1, 10**9), far * sum_error(u, 1))", IN_FORM),
    ("error_left", "window(-3000, -2000, 1000 * product_error(u, u))", IN_FORM),
    ("error_near_0", "window(R(1, far**3), R(1, far**2), sum_error(1, u))", IN_FORM),
    (
        "error_of_bump",
        "stable(T + sp.exp(-far * (u - 123) ** 2) * product_error(u, u) * far)",
        IN_FORM,
    ),
    (
        "error_of_bumps",
        "stable(T + product_error(u, u) * far / (1 + far * (sp.Abs(u) - sp.sqrt(7)) ** 4))",
        IN_FORM,
    ),
    ("error_scaled", "stable(T + far * product_error(u, u))", "rounding errors in the stable form"),
    (
        "error_of_pi",
        "stable(T + far * constant_error(sp.pi))",
        "rounding errors in the stable form",
    ),
    (
        "error_of_third",
        "stable(T + constant_error(sp.Rational(1, 3)))",
        "errors in the stable form",
    ),
    ("error_far_out", "stable(T * (1 + product_error(u, u)))", "errors in the stable form of t"),
    ("error_below", "stable(T / (1 + product_error(u, u)))", "errors in the stable form of t"),
    ("error_of_sum", "stable(T * (1 + sum_error(u, u**2)))", "errors in the stable form of t"),
    ("relation_own", "related(q)", "got q, in which q is no earlier one"),
    ("relation_own_half", "related(2 - 2 * t**2 - q)", "in which q is no earlier one"),
    ("relation_later", "related(1 - b)", "got 1 - b, in which b is no earlier one"),
    ("relation_circle", "related(1 - b, 1 - q)", "got 1 - b, in which b is no earlier one"),
    ("relation_quotient", "related(1 / t)", "a polynomial in u and earlier atoms, got 1/t"),
    ("relation_function", "related(T)", "a polynomial in u and earlier atoms, got tanh"),
    ("order_of_sympy", "closed(sp.Integer(2))", "from 0 to 3, of type int, got Integer 2"),
    ("value_pair", "ScalarFunction((u,), (u,))", "the value must be a SymPy expression, got tuple"),
    ("value_text", 'ScalarFunction("u", u)', "the value must be a SymPy expression, got str 'u'"),
    ("value_none", "ScalarFunction(u, None)", "the definition must be a SymPy expression, got N"),
    (
        "value_lies",
        "ScalarFunction(Two(3), u)",
        "the value must be a SymPy expression, got",
    ),
    ("form_text", 'stable("tanh(u)")', "the stable form of t must be a SymPy expression, got str"),
    ("constant_text", 'constants(6 * u, b=2 * c, c="3")', "the constant c must be a SymPy expr"),
    ("error_of_u", "stable(T + constant_error(u))", "constant_error takes a number"),
    ("error_defines", "ScalarFunction(u, u + product_error(u, u))", "only a stable form may have"),
    ("constants_swapped", "constants(b * u, b=c, c=b)", "the constant b is defined by itself"),
    ("constants_chain_wrong", "constants(5 * u, b=2 * c, c=sp.Integer(3))", "d1"),
    ("assumed", "ScalarFunction(p, T, (Atom(p, T, 1 - p**2, T),))", "nothing else is assumed"),
]


def claims(kind, head, text, folder, of):
    """Yield what is claimed of a formula, by the last word of the claim's name."""
    (folder / "mine.py").write_text(f"{head}\n{kind} = {text}\n", encoding="utf-8")
    with included(read(folder)):
        for claim in of("mine"):
            yield claim.name.removeprefix("mine_"), claim


def require_sound(made, why):
    """An entry's file is refused with the reason, or its false claim is not PROVED."""
    if " " in why:
        with pytest.raises(FileError, match=why):
            list(made)
        return
    result = prove(dict(made)[why])
    assert result.verdict in (Verdict.REFUTED, Verdict.UNCHECKED), result


@pytest.mark.parametrize(("text", "why"), [x[1:] for x in LOSSES], ids=[x[0] for x in LOSSES])
def test_false_loss(text, why, tmp_path):
    """Labels, weights, constants and suprema are looked at as they are."""
    require_sound(claims("LOSS", LOSS_HEAD, text, tmp_path, of_loss), why)


@pytest.mark.parametrize(
    ("text", "why"), [x[1:] for x in ACTIVATIONS], ids=[x[0] for x in ACTIVATIONS]
)
def test_false_activation(text, why, tmp_path):
    """So are orders, sets, what errors are of and by how much, constants, and symbols."""
    require_sound(claims("ACTIVATION", ACTIVATION_HEAD, text, tmp_path, of_activation), why)


def test_relation_in_earlier_atoms(tmp_path):
    """And in u is proved."""
    made = claims("ACTIVATION", ACTIVATION_HEAD, "related(1 - t**2)", tmp_path, of_activation)
    assert prove(dict(made)["atoms"]).verdict is Verdict.PROVED


@pytest.mark.parametrize("number", ["10**400", "sp.Rational(1, 10**400)", "-(10**309)"])
def test_number_that_no_double_holds(number, tmp_path):
    """Is told before the compiler sees it."""
    (tmp_path / "mine.py").write_text(
        f"{ACTIVATION_HEAD}\nACTIVATION = ScalarFunction({number} * u**2, {number} * u**2)\n",
        encoding="utf-8",
    )
    with pytest.raises(ValueError, match=r"compute in doubles, which end at 1\.8e308"):
        outputs(read(tmp_path), bounds())


def test_constants_in_terms_of_others(tmp_path):
    """Are put in until none is left: b = 2c with c = 3 is 6."""
    text = "constants(6 * u, b=2 * c, c=sp.Integer(3))"
    made = claims("ACTIVATION", ACTIVATION_HEAD, text, tmp_path, of_activation)
    assert {prove(claim).verdict for _, claim in made} == {Verdict.PROVED}


def test_enclosures_are_shown_outward(tmp_path):
    """The supremum 0.769800358919501019… is in what is shown of the set."""
    text = 'taken(2, Enclosure("-0.76980035891950101935", "0.76980035891950101935"))'
    made = dict(claims("ACTIVATION", ACTIVATION_HEAD, text, tmp_path, of_activation))
    assert "[-0.76980035891950102, 0.76980035891950102]" in made["range2"].statement


def test_atom_that_is_assumed_to_be_positive():
    """Is refused: f is negative at ⅓, whatever is said of its symbol."""
    x, d = sp.Symbol("t", positive=True), (u - sp.Rational(1, 3)) ** 2 - sp.Rational(1, 10**120)
    for symbol in (x, sp.Symbol("t"), sp.Dummy("t", real=True)):
        with pytest.raises(ValueError, match="is real, and nothing else"):
            ScalarFunction(symbol, d, (Atom(symbol, d, 2 * (u - sp.Rational(1, 3)), d),))
    t = sp.Symbol("t", real=True)
    mine = ScalarFunction(t, d, (Atom(t, d, 2 * (u - sp.Rational(1, 3)), d),))
    with catalogue.including({catalogue.PACKAGE: {"mine": mine}}):
        result = prove_at_most(sp.Max(-f, 0), 0, activation="mine")
    assert result.verdict is Verdict.REFUTED


def test_what_has_been_looked_at_stays():
    """Nobody changes a formula's constants afterwards."""
    mine = ScalarFunction(u, u)
    with pytest.raises(TypeError, match="item assignment"):
        mine.constants[u] = sp.Integer(0)


@pytest.mark.parametrize("error", [product_error(u, u), constant_error(sp.pi)])
def test_rounding_errors_are_no_sides(error):
    """A claim of exact arithmetic has none."""
    with pytest.raises(ValueError, match="a rounding error is none of exact arithmetic"):
        prove_equal(u + 10**30 * error, u)

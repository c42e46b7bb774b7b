"""Activations by the route of a user's: rules, ranges and digits of those in ``formulas/``, too."""

import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy as sp
from flint import arb, fmpq
from numpy.testing import assert_allclose

import hessbound as hb
from hessbound.data import _bends, _checks
from hessbound.derive import activations
from hessbound.derive.claims import functions as claims
from hessbound.derive.emission import formulas
from hessbound.derive.emission.generate import bounds
from hessbound.derive.frontend.formulas import included, read
from hessbound.derive.functions import balls, bends, catalogue
from hessbound.derive.functions.between import zeros_between
from hessbound.derive.functions.ranges import range_of
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.functions.scalar import Enclosure, u
from hessbound.derive.functions.tails import tail
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.statements import RangeClaim, ScalarIdentity
from hessbound.derive.proof.verdicts import Verdict
from hessbound.engine import _formulas

from . import oracles, pointwise
from .cases import CASES, DENSE, problem

FOLDER = Path(__file__).parent / "formulas"
FORMULAS = sorted(path.stem for path in FOLDER.glob("[!_]*.py"))
SHARED = [name for name in FORMULAS if name not in ("square", "cube")]  # by the kernels of all
SHIPPED = [name for name in activations.names() if name not in FORMULAS]
rng = np.random.default_rng(0)
POINTS = [
    *rng.uniform(-40, 40, 150),
    *rng.uniform(-4, 4, 100),
    *rng.uniform(-745, 745, 60),
    *(way * math.exp(x) for way in (1, -1) for x in rng.uniform(-700, 700, 40)),
]
WORST = 16  # units in the last place
SMALLEST = 1e-300  # beside denormal numbers, digits are lost before the end


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """Kernels of the formulas, written and loaded as a user does."""
    folder = tmp_path_factory.mktemp("kernels")
    written = read(FOLDER)
    formulas.write(folder, formulas.outputs(written, bounds()), Path.write_text)
    hb.load_formulas(folder)
    yield written
    for formula in written:  # other modules of tests list the shipped ones
        del _formulas._loaded[formula.name]


@pytest.fixture
def known(kernels):
    """Let the derivation know the names, too."""
    with included(kernels):
        yield


@pytest.mark.parametrize("name", FORMULAS)
def test_all_claims_are_proved(known, name):
    """Atoms, stable forms, derivatives and ranges."""
    found = [c for c in claims.of_activation(name) if isinstance(c, ScalarIdentity | RangeClaim)]
    assert {c.name: prove(c).verdict for c in found} == {c.name: Verdict.PROVED for c in found}
    assert any(isinstance(c, RangeClaim) for c in found)


@pytest.mark.parametrize("name", [*SHIPPED, *FORMULAS])
def test_has_its_digits(known, name):
    """f to f‴ from 1e-300 to 1e300, but for places where one changes its sign nearby."""
    function = catalogue.load(name)
    actual = pointwise.activation(name, np.array(POINTS))
    for order in range(4):
        expr = function.define(function.derivative(order))
        for at, value in zip(POINTS, actual[order].tolist(), strict=True):
            exact = _exact(expr, at)
            if abs(exact) < SMALLEST:
                assert abs(value) <= 1.1 * SMALLEST, (order, at)
            elif abs(exact) > np.finfo(float).max:
                assert value == math.copysign(math.inf, exact), (order, at)
            else:
                off = abs(arb(value) - exact) / arb(float(np.spacing(abs(float(exact.mid())))))
                message = f"derivative {order} at {at}: {value} is {off} units off"
                assert off < WORST or _turns(expr, at), message


def _exact(expr, at):
    """A ball with more digits than a double has."""
    x = arb(fmpq(*at.as_integer_ratio()))
    for bits in (128, 512, 2048, 8192):
        found = balls.ball(expr, {u: x}, bits)
        if found.is_zero() or found.rel_accuracy_bits() > 64 or abs(found) < arb(2) ** -1100:
            return found
    raise AssertionError((expr, at))


def _turns(expr, at):
    """Whether the sign is another one in a neighbourhood of ten per cent."""
    places = (arb(fmpq(*(at * way).as_integer_ratio())) for way in (0.9, 1.1))
    beside = [balls.sign(expr, {u: x}) for x in places]
    return beside[0] != beside[1]


@pytest.mark.parametrize("name", SHARED)
def test_kernels_against_jets(known, name):
    """Gradient, Hessian and traces are those that the definition has by itself."""
    p = problem(CASES[7], name)
    expected = oracles.reference(p.net, p.X, p.y, p.weight)
    options = {"sample_weight": p.weight}
    scale = np.abs(expected.hessian).max()
    actual = hb.hessian(p.net, p.X, p.y, **options)
    assert_allclose(actual, expected.hessian, rtol=DENSE, atol=DENSE * scale)
    actual = hb.trace_squared(p.net, p.X, p.y, **options)
    assert_allclose(actual, (expected.hessian**2).sum(), rtol=1e-11, atol=0)


@pytest.mark.parametrize(("name", "order"), [("silu", 1), ("mish", 2), ("gelu_tanh", 1)])
def test_enclosure_is_proved_and_a_wrong_one_refuted(name, order):
    """Extrema are those of the definition; a set that is not near, or too small, is refuted."""
    function = catalogue.load(name)
    found = range_of(function, order)
    f = oracles.definition(name)
    for end in (found.lowest, found.highest):
        with mpmath.workdps(60):
            slope = partial(mpmath.diff, lambda x: f(x, mpmath), n=order + 1)
            at = mpmath.findroot(slope, mpmath.mpf(str(end.at.n(20))), tol=1e-50)
            value = mpmath.diff(lambda x: f(x, mpmath), at, n=order)
            assert abs(value - mpmath.mpf(str(end.value.n(45)))) < 1e-40
    (claim,) = [c for c in claims.of_activation(name) if c.name == f"{name}_range{order}"]
    assert prove(claim).verdict is Verdict.PROVED
    a, b = claim.values.inf, claim.values.sup
    step = sp.Rational(1, 10**11)
    for values in (Enclosure(a + step, b), Enclosure(a, b - step), Enclosure(a - step, b)):
        assert prove(replace(claim, values=values)).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("expr", "start"),
    [
        (sp.tanh(u) - 1, 8),
        (u**3 * sp.exp(-u) / (1 + u**2), 16),
        ((1 + sp.erf(-u)) * u, 4),
        (sp.sqrt(1 + u**2) - u / 2, 8),
        (sp.sin(u) / u + sp.exp(-(u**2)), 8),
        ((u + 2) / (sp.exp(u) + u**4), 8),
    ],
)
def test_bounds_of_a_tail_hold(expr, start):
    """Values far out lie in what is said of all of them."""
    found = tail(expr, u, sp.Integer(start))
    for k in range(200):
        at = sp.Integer(start) * sp.Rational(21, 20) ** k
        with balls.precision(256):
            value = balls.ball(expr, {u: at}, 20000 if k < 60 else 256)
            form = found.c * balls.ball(u**found.a * sp.exp(found.P), {u: at})
            assert form.overlaps(value), at


@pytest.mark.parametrize("expr", [sp.exp(u), u**2, sp.cosh(u)])
def test_what_grows_is_not_bounded(expr):
    """No ball holds all values."""
    found = tail(expr, u, sp.Integer(4))
    with pytest.raises(UndecidedError):
        found.values(u, sp.Integer(4))


def test_zeros_between_are_all():
    """Those of a product are found, exact ones as exact; a double one is not told apart."""
    expr = (u**2 - 2) * (sp.exp(u) + u - 3) * sp.sin(u)
    found = zeros_between(expr, sp.diff(expr, u), u, sp.Rational(-16, 5), sp.Rational(31, 10))
    assert len(found) == 5
    assert {sp.Integer(0), -sp.pi, sp.sqrt(2), -sp.sqrt(2)} < set(found)
    assert balls.ball((sp.exp(u) + u - 3).xreplace({u: found[3]})).contains(0)
    with pytest.raises(UndecidedError):
        zeros_between(u**2, 2 * u, u, sp.Rational(-1, 3), sp.Integer(1))


@pytest.mark.parametrize("name", bends.BENDS)
def test_what_bends_is_refused_by_name(name):
    """In the API and in the derivation, with the same place."""
    why = bends.bend(name)
    place = why.partition("u = ")[2].partition(";")[0]
    assert "is not smooth at" in why
    assert _bends.bend(name).partition("u = ")[2].startswith(place)
    with pytest.raises(ValueError, match="f″ does not exist there, and the Hessian misses"):
        _checks.known_activation(name)
    with pytest.raises(ValueError, match=f"{name}, .* is not smooth at u = {place}"):
        catalogue.load(name)


def test_both_sides_refuse_the_same():
    """The API's names, which need no SymPy, are those of the derivation."""
    assert _bends._BENDS.keys() == bends.BENDS.keys()

"""Elementary functions of kernels: their digits, their special values, and that they vectorise."""

import functools
import math
import os
import subprocess
import sys

import mpmath
import numpy as np
import pytest
from llvmlite import binding
from numba import cfunc, config, njit, types
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb
from hessbound.derive import activations
from hessbound.derive.emission.numba import elementary
from hessbound.engine import _kernels
from hessbound.generated import _elementary
from hessbound.generated._compile import ByAddress

from . import pointwise
from .test_extremes import SWEEP, TINY

rng = np.random.default_rng(0)
MODULES = [f"activations.{name}" for name in hb.activations()]
MODULES += [f"losses.{name}" for name in hb.losses()]
SPECIAL = [0.0, -0.0, 5e-324, -5e-324, 1e-310, -1e-310, TINY, 1e300, -1e300, np.inf, -np.inf]
SMALL = np.exp(rng.uniform(math.log(5e-324), 0, 300))
LARGE = np.exp(rng.uniform(0, math.log(1.7e308), 300))
HALF = math.log(2) / 2


def normal_ratio(x):
    """(1 − Φ(|x|))/φ(x)."""
    x = abs(x)
    return mpmath.sqrt(mpmath.pi / 2) * mpmath.exp(x * x / 2) * mpmath.erfc(x / mpmath.sqrt(2))


def normal_rest(u):
    """1/R(|u|) − |u|."""
    return 1 / normal_ratio(u) - abs(u)


def normal_skew(u):
    """The third central moment of x − |u| for a normal x above |u|, by its moments."""
    zeroth, first = normal_ratio(u), 1 - abs(u) * normal_ratio(u)
    second = zeroth - abs(u) * first
    third = 2 * first - abs(u) * second
    mean, square, cube = (x / zeroth for x in (first, second, third))
    return cube - 3 * mean * square + 2 * mean**3


# name: its definition, arguments over the whole range, largest error in units in the last place
FUNCTIONS = {
    "exp": (mpmath.exp, [*rng.uniform(-745, 709.7, 600), *SMALL, *-SMALL], 1.1),
    "expm1": (mpmath.expm1, [*rng.uniform(-60, 709.7, 600), *SMALL, *-SMALL], 2.1),
    "tanh": (mpmath.tanh, [*rng.uniform(-22, 22, 600), *SMALL, *-SMALL], 2.6),
    "log1p": (
        mpmath.log1p,
        [*rng.uniform(-1, 1, 600), *SMALL, *SMALL[SMALL > 1e-15] - 1, *LARGE],
        1.5,
    ),
    "softplus_rest": (
        lambda x: mpmath.log1p(mpmath.exp(-abs(x))),
        [*rng.uniform(-745, 745, 300), *rng.uniform(-3, 3, 300)],
        2.1,
    ),
    "mills_rest": (
        normal_rest,
        [*rng.uniform(-40, 40, 600), *SMALL, *LARGE[LARGE < 1e4]],
        4.0,
    ),
    "mills_skew": (
        normal_skew,
        [*rng.uniform(-40, 40, 600), *SMALL, *LARGE[LARGE < 1e4]],
        7.0,
    ),
    "mills": (normal_ratio, [*rng.uniform(-40, 40, 600), *SMALL, *LARGE[LARGE < 1e4]], 4.0),
}


@functools.cache
def over_arrays(name):
    """Return an emitted function, compiled in a loop over an array as kernels are."""
    function = getattr(_elementary, f"_{name}")

    @njit(error_model="numpy")
    def loop(x):
        out = np.empty(x.size)
        for i in range(x.size):
            out[i] = function(x[i])
        return out

    return lambda x: loop(np.array(x, dtype=float))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_has_its_digits(name):
    """Every function is right to a few units in the last place, denormal results too."""
    definition, arguments, most = FUNCTIONS[name]
    actual = over_arrays(name)(arguments)
    with mpmath.workdps(400):
        exact = [definition(mpmath.mpf(float(x))) for x in arguments]
        errors = [abs(mpmath.mpf(float(a)) - b) for a, b in zip(actual, exact, strict=True)]
        units = [float(e / np.spacing(abs(float(b)))) for e, b in zip(errors, exact, strict=True)]
    worst = int(np.argmax(units))
    assert units[worst] <= most, f"{name}({arguments[worst]!r}) is {units[worst]:.2f} units off"


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "exp": [1, 1, 1, 1, 1, 1, 1, np.inf, 0, np.inf, 0],
        "expm1": [*SPECIAL[:7], np.inf, -1, np.inf, -1],
        "tanh": [*SPECIAL[:7], 1, -1, 1, -1],
        "log1p": [*SPECIAL[:7], math.log(1e300), np.nan, np.inf, np.nan],
        "softplus_rest": [math.log(2)] * 7 + [0] * 4,
        "mills": [math.sqrt(math.pi / 2)] * 7 + [1e-150] * 4,  # see its docstring
    }.items(),
)
def test_special_values(name, expected):
    """Zeros keep their sign; denormal, huge and infinite arguments go where the limit is."""
    actual = over_arrays(name)(SPECIAL)
    assert_allclose(actual, expected, rtol=4e-16, atol=0)
    assert_array_equal(np.signbit(actual[:7]), np.signbit(np.array(expected[:7], dtype=float)))
    assert np.isnan(over_arrays(name)([np.nan])).all()


def test_logarithm_at_its_pole():
    """log(1 + x) is −∞ at −1 and no number below."""
    assert_array_equal(over_arrays("log1p")([-1.0, -1 - 2e-16, -2.0]), [-np.inf, np.nan, np.nan])


@pytest.mark.parametrize(
    ("name", "joins"),
    {
        "exp": [*(np.arange(-1075, 1024, 50) * 2 * HALF + HALF), -708.4, -HALF, HALF],
        "expm1": [40.0, -40.0, *(np.arange(-50, 1000, 50) * 2 * HALF + HALF), -HALF, HALF],
        "tanh": [HALF / 2, 3 * HALF / 2, 19.0, 20.0],
        "log1p": [math.sqrt(2) - 1, math.sqrt(0.5) - 1, 1.0, 2 * math.sqrt(2) - 1, 2.0**53, 1e300],
    }.items(),
)
def test_monotone_at_the_joins(name, joins):
    """Where the reduction of the argument changes, no value is out of order."""
    steps = np.arange(-200, 201) * 2.0**-48
    for join in joins:
        values = over_arrays(name)(join + steps * max(1.0, abs(join)))
        assert (np.diff(values) >= 0).all(), f"{name} at {join}"


@pytest.mark.parametrize("name", ["exponential", "logarithm", *elementary.TAILS])
def test_stated_error_holds(name):
    """The polynomial, evaluated exactly, is as near to the function as is said."""
    tail = name in elementary.TAILS
    stated = elementary.tail(name) if tail else getattr(elementary, name)()
    points = np.concatenate([rng.uniform(0, 1, 300), [0.0, 1.0]])
    with mpmath.workdps(60):
        for point in map(mpmath.mpf, points.tolist()):
            error = relative_error(name, stated.coefficients[::-1], point)
            # Between the samples of the last, the error may be a little more.
            bound = mpmath.mpf(stated.error.p) / stated.error.q
            assert error <= bound * (1.1 if tail else 1), point
    assert stated.error < 2**-52


def relative_error(name, coefficients, point):
    """How far the function is from its polynomial, at a point of [0, 1] mapped to the interval."""
    if name == "exponential":
        r = (2 * point - 1) * mpmath.log(2) / 2
        return abs((1 + r + r * r * mpmath.polyval(coefficients, r)) / mpmath.exp(r) - 1)
    if name == "logarithm":
        s = (point + mpmath.mpf(10) ** -9) / (1 + mpmath.mpf(10) ** -9) * (3 - 2 * mpmath.sqrt(2))
        return abs(
            (2 * s + s**3 * mpmath.polyval(coefficients, s * s)) / mpmath.log((1 + s) / (1 - s)) - 1
        )
    u = 40 * point
    of = elementary.TAILS[name]
    t = (u - of.far) / (u + of.far)
    exact = FUNCTIONS[name][0](u) * (u + of.near) ** of.power
    return abs(mpmath.polyval(coefficients, t) / exact - 1)


def test_tanh_is_odd_in_every_bit():
    """f and f″ change their sign with u, f′ and f‴ do not; zeros too."""
    u = np.array([0.0, *SMALL, *rng.uniform(0, 700, 500)])
    f, f1, f2, f3 = pointwise.activation("tanh", u)
    g, g1, g2, g3 = pointwise.activation("tanh", -u)
    assert f[0] == 0
    for left, right in ((f, -g), (f1, g1), (f2, -g2), (f3, g3)):
        assert_array_equal(left.view(np.int64), right.view(np.int64))


def test_not_a_number_stays_one(activation):
    """A NaN that goes in comes out of f, ℓ, e and p; nothing else becomes one."""
    given = np.array([np.nan, 1.0])
    function = activations.load(activation)
    constant = sum(function.derivative(n).is_Rational for n in range(4))
    f = pointwise.activation(activation, given)
    assert np.isnan(f[: 4 - constant, 0]).all()
    assert np.isfinite(f[:, 1]).all()
    out = pointwise.cross_entropy(given, np.ones(2), np.ones(2))
    assert np.isnan(out[:, 0]).all()
    assert np.isfinite(out[:, 1]).all()


@pytest.mark.skipif(config.DISABLE_JIT, reason="numba's compiler is switched off")
@pytest.mark.skipif(
    not binding.get_host_cpu_features().get("fma"), reason="no fused multiply-add in this processor"
)
@pytest.mark.parametrize("name", MODULES)
def test_loop_is_vectorised(name):
    """A loop over samples calls nothing and fills whole vector registers."""
    if name in {"activations.linear", "losses.squared_error"}:
        pytest.skip("nothing to approximate")
    for function in by_address(name):
        compiler = cfunc(types.void(*function._kinds), error_model="numpy")
        text = compiler(function.__wrapped__).inspect_llvm()
        assert "x double> @llvm.fma.v" in text, function.__name__
        calls = text.count("call i32 @_ZN9hessbound")  # of ours, by mangled names
        assert calls == 1, function.__name__  # that of the function itself, as one of C


def by_address(name):
    """List the functions of a generated module that kernels call."""
    values = vars(_kernels.module(name)).values()
    return [x for x in values if isinstance(x, ByAddress)]


def test_same_values_without_the_compiler(tmp_path):
    """Where numba's compiler is switched off, Python computes the same to the last places."""
    code = f"""
import numpy as np
from hessbound.engine import _kernels
u, n = np.array({SWEEP.tolist()}), {len(SWEEP)}
for activation in {hb.activations()!r}:
    own = vars(_kernels.module("activations." + activation)).items()
    functions = [f for name, f in own if name.startswith("unit_")]
    values = np.empty((len(functions), n))
    functions[-1](1, n, n, n, u, *values)
    np.save(activation + ".npy", values)
"""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-W", "error", "-c", code]
    subprocess.run(command, check=True, env=environment, cwd=tmp_path)
    for activation in hb.activations():
        actual = np.load(tmp_path / f"{activation}.npy")
        expected = pointwise.activation(activation, SWEEP)[: len(actual)]
        assert_allclose(actual, expected, rtol=1e-15, atol=TINY)


def test_only_what_is_needed_is_computed():
    """A gradient takes no f″, what linear networks need no f′, and each file only its functions."""
    general, linear = _kernels.module("_kernels"), _kernels.module("_kernels_f1_1")
    assert parameters(general.loss_gradient)[:2] == ["unit_h_f1", "sample_loss_e"]
    assert parameters(general.trace)[:2] == ["unit_h_f1_f2", "sample_e_p"]
    assert parameters(linear.curvature_gradient)[:2] == ["unit_h", "sample_e_p_p1"]
    assert hasattr(_kernels.module("activations.gelu"), "_mills")
    assert not hasattr(_kernels.module("activations.tanh"), "_mills")


def parameters(kernel):
    """List what a kernel takes."""
    code = getattr(kernel, "py_func", kernel).__code__
    return list(code.co_varnames[: code.co_argcount])

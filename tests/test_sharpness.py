"""The public functions: reductions, weights, batches, invariances, operators and results."""

import json
import math
import subprocess
import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse.linalg import eigsh

import hessbound as hb

from .cases import CASES, DENSE, EPS, SAME
from .cases import problem as draw
from .strategies import problems, reductions

FUNCTIONS = (hb.loss, hb.gradient, hb.hessian, hb.trace, hb.trace_squared)
DEGREE = {hb.trace_squared: 2}
FIELDS = [
    "trace",
    "trace_squared",
    "mean",
    "std",
    "n_parameters",
    "reduction",
    "largest",
    "smallest",
    "trace_hidden",
    "trace_output",
    "frobenius_norm",
    "theta_norm",
]
ANY = hb.activations()[0]


def numbers(s):
    """Every number of a Sharpness, in one array."""
    values = s.to_dict()
    plain = [values[name] for name in FIELDS if name not in {"reduction", "largest", "smallest"}]
    return np.array([*plain, *values["largest"].values(), *values["smallest"].values()])


def assert_same(actual, expected, rtol=1e-11):
    """Equal but for rounding, relative to the largest entry."""
    expected = np.asarray(expected)
    assert_allclose(actual, expected, rtol=rtol, atol=rtol * np.abs(expected).max(initial=0))


# Against the oracle


def test_public_functions_against_the_oracle(problem, reference):
    """Each public function returns what the oracle says, with weights."""
    arguments = problem.net, problem.X, problem.y
    weight = {"sample_weight": problem.weight}
    scale = reference.hessian_scale
    H = reference.hessian
    assert_allclose(hb.loss(*arguments, **weight), reference.loss, rtol=DENSE, atol=0)
    assert_allclose(hb.hessian(*arguments, **weight), H, rtol=DENSE, atol=64 * EPS * scale.max())
    atol = 64 * EPS * np.diag(scale).sum()
    assert_allclose(hb.trace(*arguments, **weight), np.trace(H), rtol=DENSE, atol=atol)
    actual = hb.trace_squared(*arguments, **weight)
    assert_allclose(actual, (H**2).sum(), rtol=DENSE, atol=64 * EPS * (scale**2).sum())


def test_sharpness_fields(problem, reference):
    """Every field of Sharpness follows from the dense Hessian."""
    s = hb.sharpness(problem.net, problem.X, problem.y, sample_weight=problem.weight)
    H, P = reference.hessian, problem.net.n_parameters
    size = problem.net.A.size
    mean, std = np.trace(H) / P, np.linalg.eigvalsh(H).std()
    expected = {
        "trace": np.trace(H),
        "trace_hidden": np.trace(H[:size, :size]),
        "trace_output": np.trace(H[size:, size:]),
        "trace_squared": (H**2).sum(),
        "frobenius_norm": np.linalg.norm(H),
        "theta_norm": np.linalg.norm(problem.net.theta),
        "mean": mean,
        "std": std,
    }
    tolerance = 1e-12 * np.linalg.norm(H)
    for name, value in expected.items():
        assert_allclose(getattr(s, name), value, rtol=1e-11, atol=tolerance, err_msg=name)
    outer, inner = std * math.sqrt(P - 1), std / math.sqrt(P - 1)
    assert_allclose(s.largest, [mean + inner, mean + outer], rtol=1e-11, atol=tolerance)
    assert_allclose(s.smallest, [mean - outer, mean - inner], rtol=1e-11, atol=tolerance)
    assert (s.n_parameters, s.reduction) == (P, "sum")


# Reductions and weights


@pytest.mark.parametrize("function", FUNCTIONS)
def test_mean_is_sum_over_weights(activation, function):
    """The mean divides by Σω; tr H² by its square."""
    p = draw(CASES[6], activation)
    total = p.weight.sum() ** DEGREE.get(function, 1)
    expected = function(p.net, p.X, p.y, sample_weight=p.weight) / total
    actual = function(p.net, p.X, p.y, sample_weight=p.weight, reduction="mean")
    assert_same(actual, expected, rtol=SAME)


def test_mean_sharpness(activation):
    """Every bound of the mean loss is that of the summed loss over Σω."""
    p = draw(CASES[6], activation)
    total = p.weight.sum()
    by_sum = hb.sharpness(p.net, p.X, p.y, sample_weight=p.weight)
    by_mean = hb.sharpness(p.net, p.X, p.y, sample_weight=p.weight, reduction="mean")
    assert by_mean.reduction == "mean"
    for name in ("trace", "mean", "std", "trace_hidden", "trace_output", "frobenius_norm"):
        actual, expected = getattr(by_mean, name), getattr(by_sum, name) / total
        assert_allclose(actual, expected, rtol=SAME, atol=0, err_msg=name)
    assert_allclose(by_mean.largest, np.array(by_sum.largest) / total, rtol=SAME, atol=0)
    assert_allclose(by_mean.smallest, np.array(by_sum.smallest) / total, rtol=SAME, atol=0)
    assert by_mean.theta_norm == by_sum.theta_norm


@given(problems(), reductions)
def test_integer_weights_are_repetitions(p, reduction):
    """A weight of 3 is the sample three times."""
    times = p.weight.astype(int)
    X, y = np.repeat(p.X, times, axis=0), np.repeat(p.y, times)
    for function in FUNCTIONS:
        expected = function(p.net, X, y, reduction=reduction)
        actual = function(p.net, p.X, p.y, sample_weight=p.weight, reduction=reduction)
        assert_same(actual, expected)


@given(problems())
def test_weight_zero_is_absence(p):
    """A sample of weight zero changes nothing, even one whose products would overflow."""
    X, y = np.vstack([p.X, np.full(p.net.n_inputs, 1e300)]), np.append(p.y, 1.0)
    weight = np.append(p.weight, 0.0)
    for function in (*FUNCTIONS, hb.sharpness):
        expected = function(p.net, p.X, p.y, sample_weight=p.weight, reduction="mean")
        actual = function(p.net, X, y, sample_weight=weight, reduction="mean")
        assert np.array_equal(actual, expected)


@given(problems())
def test_doubled_data(p):
    """All data twice doubles tr H and the bounds, and quadruples tr H²."""
    X, y = np.vstack([p.X, p.X]), np.tile(p.y, 2)
    once, twice = hb.sharpness(p.net, p.X, p.y), hb.sharpness(p.net, X, y)
    size = once.frobenius_norm
    assert_allclose(twice.trace, 2 * once.trace, rtol=SAME, atol=SAME * size)
    assert_allclose(twice.trace_squared, 4 * once.trace_squared, rtol=1e-11, atol=0)
    assert_allclose(twice.largest, 2 * np.array(once.largest), rtol=1e-9, atol=1e-9 * size)
    expected = hb.sharpness(p.net, p.X, p.y, reduction="mean")
    actual = hb.sharpness(p.net, X, y, reduction="mean")
    assert_allclose(actual.largest, expected.largest, rtol=1e-9, atol=1e-9 * size)


# Symmetries


@given(problems(), reductions)
def test_order_of_samples(p, reduction):
    """The samples' order does not matter."""
    order = np.random.default_rng(0).permutation(len(p.y))
    for function in FUNCTIONS:
        expected = function(p.net, p.X, p.y, sample_weight=p.weight, reduction=reduction)
        actual = function(
            p.net, p.X[order], p.y[order], sample_weight=p.weight[order], reduction=reduction
        )
        assert_same(actual, expected)


@given(problems())
def test_order_of_hidden_units(p):
    """Renumbering hidden units changes no eigenvalue, and permutes the gradient."""
    order = np.random.default_rng(0).permutation(p.net.n_hidden)
    w = np.append(p.net.w[:1], p.net.w[1:][order])
    other = hb.Network(p.net.A[order], w, activation=p.net.activation)
    assert_same(numbers(hb.sharpness(other, p.X, p.y)), numbers(hb.sharpness(p.net, p.X, p.y)))
    P = p.net.n_parameters
    names = hb.Network.from_theta(
        np.arange(P),
        n_inputs=p.net.n_inputs,
        n_hidden=p.net.n_hidden,
        activation=p.net.activation,
    )
    renamed = hb.Network(
        names.A[order], np.append(names.w[:1], names.w[1:][order]), activation=p.net.activation
    )
    expected = hb.gradient(p.net, p.X, p.y)[renamed.theta.astype(int)]
    assert_same(hb.gradient(other, p.X, p.y), expected)


@given(problems())
def test_labels_exchanged(p):
    """Exchanging the classes and the sign of w leaves the spectrum as it is."""
    other = hb.Network(p.net.A, -p.net.w, activation=p.net.activation)
    expected = numbers(hb.sharpness(p.net, p.X, p.y, sample_weight=p.weight))
    actual = numbers(hb.sharpness(other, p.X, 1 - p.y, sample_weight=p.weight))
    assert_same(actual, expected)


@pytest.mark.skipif("tanh" not in hb.activations(), reason="no kernels for tanh")
def test_tanh_is_odd():
    """Flipping the signs around a tanh unit changes no function, hence no eigenvalue."""
    p = draw(CASES[0], "tanh")
    signs = np.array([-1.0, 1.0])
    w = np.append(p.net.w[:1], signs * p.net.w[1:])
    other = hb.Network(signs[:, None] * p.net.A, w, activation="tanh")
    assert_same(numbers(hb.sharpness(other, p.X, p.y)), numbers(hb.sharpness(p.net, p.X, p.y)))


# Batches


@pytest.mark.parametrize("batch", [(4,), (2, 3), (1,), (0,)])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_batch_equals_loop(activation, function, batch):
    """A batch gives, bit by bit, what its networks give one by one."""
    p = draw(CASES[6], activation)
    rng = np.random.default_rng(0)
    A, w = rng.normal(size=(*batch, *p.net.A.shape)), rng.normal(size=(*batch, *p.net.w.shape))
    options = {"sample_weight": p.weight, "reduction": "mean"}
    actual = function(hb.Network(A, w, activation=activation), p.X, p.y, **options)
    assert isinstance(actual, np.ndarray)
    shape = np.shape(function(p.net, p.X, p.y))
    assert actual.shape == (*batch, *shape)
    for index in np.ndindex(*batch):
        one = hb.Network(A[index], w[index], activation=activation)
        assert_array_equal(actual[index], function(one, p.X, p.y, **options))


@pytest.mark.parametrize("batch", [(4,), (2, 3), (0,)])
def test_batch_of_sharpness(activation, batch):
    """Each field of a batch's Sharpness has the batch's shape and the networks' values."""
    p = draw(CASES[6], activation)
    rng = np.random.default_rng(0)
    A, w = rng.normal(size=(*batch, *p.net.A.shape)), rng.normal(size=(*batch, *p.net.w.shape))
    s = hb.sharpness(hb.Network(A, w, activation=activation), p.X, p.y)
    for name in set(FIELDS) - {"n_parameters", "reduction", "largest", "smallest"}:
        assert getattr(s, name).shape == batch
    for index in np.ndindex(*batch):
        one = hb.sharpness(hb.Network(A[index], w[index], activation=activation), p.X, p.y)
        assert s.largest.upper[index] == one.largest.upper
        assert s.smallest.lower[index] == one.smallest.lower
        assert s.theta_norm[index] == one.theta_norm


@pytest.mark.parametrize("function", [hb.loss, hb.trace, hb.trace_squared])
def test_single_network_gives_floats(function):
    """Without a batch a number is a Python float."""
    p = draw(CASES[0], ANY)
    assert type(function(p.net, p.X, p.y)) is float
    s = hb.sharpness(p.net, p.X, p.y)
    values = [s.trace, s.mean, s.std, *s.largest, *s.smallest, s.frobenius_norm, s.theta_norm]
    assert {type(value) for value in values} == {float}


# Inputs of other kinds


@pytest.mark.parametrize("convert", [np.ndarray.tolist, np.asfortranarray, lambda a: a[::1].copy()])
def test_any_array_like(convert):
    """Lists and any memory layout give the same numbers."""
    p = draw(CASES[0], ANY)
    expected = hb.trace_squared(p.net, p.X, p.y)
    assert hb.trace_squared(p.net, convert(p.X), convert(p.y)) == expected


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.int8, bool])
def test_other_dtypes_are_converted(dtype):
    """float32, integers and bools give what the same numbers give in float64."""
    net = draw(CASES[0], ANY).net
    X, y = np.array([[0, 1, 1], [1, 0, 1]], dtype), np.array([1, 0], dtype)
    expected = hb.trace_squared(net, X.astype(float), y.astype(float))
    assert hb.trace_squared(net, X, y) == expected


def test_read_only_input():
    """Arrays that cannot be written to, such as memory maps, are taken, and nothing is written."""
    p = draw(CASES[6], ANY)
    X, y, weight = p.X.copy(), p.y.copy(), p.weight.copy()
    for array in (X, y, weight):
        array.flags.writeable = False
    expected = hb.sharpness(p.net, p.X, p.y, sample_weight=p.weight)
    assert hb.sharpness(p.net, X, y, sample_weight=weight) == expected
    assert_array_equal(p.X, X)


def test_frame_like_input():
    """An object that offers __array__, as data frames do, is taken."""

    class Frame:
        def __init__(self, values):
            self.values = values

        def __array__(self, dtype=None, copy=None):
            return np.asarray(self.values, dtype)

    p = draw(CASES[0], ANY)
    assert hb.loss(p.net, Frame(p.X), Frame(p.y)) == hb.loss(p.net, p.X, p.y)


# Operator


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_operator_is_the_hessian(activation, reduction):
    """Products with vectors and matrices, and transposed ones, are those of the dense Hessian."""
    p = draw(CASES[6], activation)
    options = {"sample_weight": p.weight, "reduction": reduction}
    H = hb.hessian(p.net, p.X, p.y, **options)
    operator = hb.hessian_operator(p.net, p.X, p.y, **options)
    P = len(H)
    assert operator.shape == (P, P)
    assert operator.dtype == np.float64
    Z = np.random.default_rng(0).normal(size=(P, 3))
    for product in (operator @ Z, operator.T @ Z, operator.H @ Z):
        assert_same(product, H @ Z, rtol=SAME)
    assert_same(operator @ Z[:, 0], H @ Z[:, 0], rtol=SAME)
    assert_same(operator.matvec(Z[:, :1]), H @ Z[:, :1], rtol=SAME)
    assert_same(operator.rmatvec(np.arange(P)), H @ np.arange(P), rtol=SAME)


def test_operator_works_with_eigsh(activation):
    """SciPy's Lanczos solver finds the extreme eigenvalues of the dense Hessian."""
    p = draw(CASES[6], activation)
    exact = np.linalg.eigvalsh(hb.hessian(p.net, p.X, p.y))
    operator = hb.hessian_operator(p.net, p.X, p.y)
    start = np.random.default_rng(0).normal(size=len(exact))
    found = [eigsh(operator, 1, which=which, v0=start)[0][0] for which in ("SA", "LA")]
    assert_same(found, exact[[0, -1]])


# Sizes at the edge


def test_a_million_parameters(activation):
    """P about 10^6 needs neither P x P memory nor much time."""
    rng = np.random.default_rng(0)
    d, m = 1000, 998
    net = hb.Network(
        rng.normal(size=(m, d + 1)) / 30, rng.normal(size=m + 1) / 30, activation=activation
    )
    X, y = rng.normal(size=(3, d)), np.array([0.0, 1.0, 1.0])
    s = hb.sharpness(net, X, y)
    assert s.n_parameters == 999_997
    z = rng.normal(size=s.n_parameters)
    product = hb.hessian_operator(net, X, y) @ z
    assert s.smallest.lower <= z @ product / (z @ z) <= s.largest.upper
    assert np.linalg.norm(product) <= s.frobenius_norm * np.linalg.norm(z)
    assert hb.gradient(net, X, y).shape == z.shape


# The result object


def test_fields_in_order():
    """to_dict has exactly the documented names, in order, nested for the bounds."""
    p = draw(CASES[0], ANY)
    s = hb.sharpness(p.net, p.X, p.y)
    values = s.to_dict()
    assert list(values) == FIELDS
    assert values["largest"] == {"lower": s.largest.lower, "upper": s.largest.upper}
    assert values["smallest"] == {"lower": s.smallest.lower, "upper": s.smallest.upper}
    assert json.loads(json.dumps(values)) == values


def test_batch_to_dict_is_json():
    """A batch becomes nested lists."""
    p = draw(CASES[0], ANY)
    net = hb.Network(p.net.A[None], p.net.w[None], activation=ANY)
    values = hb.sharpness(net, p.X, p.y).to_dict()
    assert json.loads(json.dumps(values)) == values
    assert values["largest"]["upper"] == [hb.sharpness(p.net, p.X, p.y).largest.upper]


def test_frozen_and_comparable():
    """A result cannot be changed, and equals another with the same numbers."""
    p = draw(CASES[0], ANY)
    s = hb.sharpness(p.net, p.X, p.y)
    with pytest.raises(FrozenInstanceError):
        s.trace = 0.0
    assert s == hb.sharpness(p.net, p.X, p.y)
    assert s != hb.sharpness(p.net, p.X, 1 - p.y)
    assert s != 1


def test_printed_table():
    """Printing shows an aligned table: bounds first, one quantity per line."""
    s = hb.Sharpness(
        trace=1.5,
        trace_squared=1e-20,
        mean=0.5,
        std=0.25,
        n_parameters=3,
        reduction="mean",
        largest=hb.bounds.Bounds(0.75, 1.0),
        smallest=hb.bounds.Bounds(-123456.789, 0.25),
        trace_hidden=1.0,
        trace_output=0.5,
        frobenius_norm=2.0,
        theta_norm=1e10,
    )
    assert str(s).splitlines() == [
        "Hessian of the mean loss, 3 parameters",
        "                         lower bound  upper bound",
        "largest eigenvalue              0.75            1",
        "smallest eigenvalue          -123457         0.25",
        "                                            value",
        "tr H                                          1.5",
        "  hidden part, tr H_AA                          1",
        "  output part, tr H_ww                        0.5",
        "tr H²                                       1e-20",
        "mean of the eigenvalues                       0.5",
        "standard deviation                           0.25",
        "‖H‖_F                                           2",
        "‖θ‖                                         1e+10",
    ]


def test_printed_table_of_a_batch():
    """For a batch the table gives shape, minimum, median and maximum."""
    p = draw(CASES[0], ANY)
    A, w = np.stack([p.net.A] * 3), np.stack([0 * p.net.w, p.net.w, 2 * p.net.w])
    s = hb.sharpness(hb.Network(A, w, activation=ANY), p.X, p.y)
    lines = str(s).splitlines()
    assert lines[0] == "Hessian of the summed loss, 11 parameters, batch of shape (3,)"
    assert lines[1].split() == ["min", "median", "max"]
    assert len({len(line) for line in lines[1:]}) == 1
    row = next(line for line in lines if line.startswith("largest eigenvalue, upper bound"))
    expected = [f"{x:.6g}" for x in np.sort(s.largest.upper)]
    assert row.split()[-3:] == expected


def test_printed_table_of_an_empty_batch():
    """An empty batch has no range to show."""
    p = draw(CASES[0], ANY)
    net = hb.Network(p.net.A[None][:0], p.net.w[None][:0], activation=ANY)
    assert str(hb.sharpness(net, p.X, p.y)).splitlines()[2].split()[-3:] == ["-", "-", "-"]


# Loading


def test_kernels_load_on_first_use():
    """Importing the package and building a network load neither numba nor any kernel."""
    code = f"""
import sys
import hessbound as hb
net = hb.Network([[0.0, 0.0]], [0.0, 0.0], activation={ANY!r})
assert not {{"numba", "scipy", "hessbound.generated.{ANY}"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)

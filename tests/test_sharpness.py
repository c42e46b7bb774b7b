"""The public functions against the oracle, on every kind of input, and the object they return."""

import json
import math
import subprocess
import sys
from dataclasses import FrozenInstanceError
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse.linalg import eigsh

import hessbound as hb
from hessbound._tables import Table
from hessbound.traces import _moments

from .cases import CASES, DENSE, EPS, SAME, assert_same
from .cases import problem as draw

FIELDS = [
    "trace",
    "trace_squared",
    "mean",
    "std",
    "n_parameters",
    "reduction",
    "largest_lower",
    "largest_upper",
    "smallest_lower",
    "smallest_upper",
    "trace_hidden",
    "trace_output",
    "frobenius_norm",
    "theta_norm",
    "l2",
    "trace_per_layer",
]
ANY = hb.activations()[0]


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


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_one_call_has_the_same_bits(problem, reduction, monkeypatch):
    """Small networks take one call; what larger ones take gives the same numbers."""
    options = {"sample_weight": problem.weight, "reduction": reduction}
    unused = np.column_stack([problem.X, np.zeros(len(problem.y))])
    A = np.concatenate([problem.net.A, problem.net.A[..., -1:]], axis=-1)
    wider = hb.Network(A, problem.net.w, activation=problem.net.activation)
    data = hb.Dataset(unused, problem.y, sample_weight=problem.weight)

    def found():
        plain = problem.net, problem.X, problem.y
        values = hb.sharpness(*plain, **options), hb.trace_squared(*plain, **options)
        return *values, hb.sharpness(wider, data, reduction=reduction)

    once = found()
    monkeypatch.setattr(_moments, "AT_ONCE", 0.0)
    assert once == found()
    assert once[1] == once[0].trace_squared


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
    assert_allclose(
        [s.largest_lower, s.largest_upper], [mean + inner, mean + outer], rtol=1e-11, atol=tolerance
    )
    assert_allclose(
        [s.smallest_lower, s.smallest_upper],
        [mean - outer, mean - inner],
        rtol=1e-11,
        atol=tolerance,
    )
    assert (s.n_parameters, s.reduction) == (P, "sum")


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
    assert_same(operator @ Z[:, :1], H @ Z[:, :1], rtol=SAME)
    assert_same(operator.rmatvec(np.arange(P)), H @ np.arange(P), rtol=SAME)


def test_operator_works_with_eigsh(activation):
    """SciPy's Lanczos solver finds the extreme eigenvalues of the dense Hessian."""
    p = draw(CASES[6], activation)
    exact = np.linalg.eigvalsh(hb.hessian(p.net, p.X, p.y))
    operator = hb.hessian_operator(p.net, p.X, p.y)
    start = np.random.default_rng(0).normal(size=len(exact))
    found = [eigsh(operator, 1, which=which, v0=start)[0][0] for which in ("SA", "LA")]
    assert_same(found, exact[[0, -1]])


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
    assert s.smallest_lower <= z @ product / (z @ z) <= s.largest_upper
    assert np.linalg.norm(product) <= s.frobenius_norm * np.linalg.norm(z)
    assert hb.gradient(net, X, y).shape == z.shape


def test_fields_in_order():
    """to_dict has exactly the documented names, in order: those of the attributes."""
    p = draw(CASES[0], ANY)
    s = hb.sharpness(p.net, p.X, p.y)
    values = s.to_dict()
    assert list(values) == FIELDS
    assert values == {name: getattr(s, name) for name in FIELDS}
    assert json.loads(json.dumps(values)) == values


def test_batch_to_dict_is_json():
    """A batch becomes nested lists."""
    p = draw(CASES[0], ANY)
    net = hb.Network(p.net.A[None], p.net.w[None], activation=ANY)
    values = hb.sharpness(net, p.X, p.y).to_dict()
    assert json.loads(json.dumps(values)) == values
    assert values["largest_upper"] == [hb.sharpness(p.net, p.X, p.y).largest_upper]


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
        largest_lower=0.75,
        largest_upper=1.0,
        smallest_lower=-123456.789,
        smallest_upper=0.25,
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


@pytest.mark.parametrize("read", [hb.sharpness, hb.extreme_eigenvalues])
def test_notebooks_show_the_printed_table(read):
    """The same cells in the same order, well formed, escaped, and without colours of their own."""
    net = hb.Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    result = read(net, [[0.0]], [0.5])
    page = result._repr_html_()
    assert "color" not in page
    shown = " ".join(ET.fromstring(page).itertext())
    assert shown.split() == str(result).split()
    assert Table("a < b", [("&", "<")]).html().count("&lt;") == 2


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
    expected = [f"{x:.6g}" for x in np.sort(s.largest_upper)]
    assert row.split()[-3:] == expected


def test_printed_table_of_an_empty_batch():
    """An empty batch has no range to show."""
    p = draw(CASES[0], ANY)
    net = hb.Network(p.net.A[None][:0], p.net.w[None][:0], activation=ANY)
    assert str(hb.sharpness(net, p.X, p.y)).splitlines()[2].split()[-3:] == ["-", "-", "-"]


def test_kernels_load_on_first_use():
    """Importing the package and building a network load neither numba nor any kernel."""
    code = f"""
import sys
import hessbound as hb
net = hb.Network([[0.0, 0.0]], [0.0, 0.0], activation={ANY!r})
assert not {{"numba", "scipy", "hessbound.generated.{ANY}"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)

"""The loss with a penalty: dense matrices, differences and scikit-learn agree with every function.

No reference here shares a formula with the kernels: jets or ``hessian`` without a penalty, plus a
diagonal that is written down parameter by parameter.
"""

import json
import math
import pickle
from typing import get_args

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from typer.testing import CliRunner

import hessbound as hb
from hessbound._typing import Differentiable
from hessbound.cli import app
from hessbound.engine import _threads
from hessbound.engine._plan import Plan
from hessbound.engine._problem import Problem
from hessbound.traces._moments import Moments

from . import oracles
from .cases import CASES, DENSE, EPS, FD, SAME, Case, assert_same
from .cases import problem as draw

PENALTIES = (0.3, hb.L2(0.2, 0.7), hb.L2(0.4, 0.4, biases=True), hb.L2(0.0, 0.5, biases=True))
PLANS = (Plan("direct", 32, 1.0), Plan("gram", 32, 1.0))
ALL = get_args(Differentiable)


@pytest.fixture(params=PENALTIES, ids=str)
def l2(request):
    """Each form that a penalty can have."""
    return request.param


@pytest.fixture(params=PLANS, ids=lambda plan: plan.algorithm)
def plan(request, monkeypatch):
    """Choose either algorithm, with several blocks of samples in the largest case."""
    monkeypatch.setattr("hessbound.engine._problem.plan", lambda *sizes: request.param)
    return request.param


def diagonal(net, l2):
    """D's diagonal, parameter by parameter."""
    own = l2 if isinstance(l2, hb.L2) else hb.L2(l2, l2)
    hidden = [own.hidden if column or own.biases else 0.0 for column in range(net.n_inputs + 1)]
    output = [own.output if own.biases else 0.0, *[own.output] * net.n_hidden]
    return np.array([x for x in hidden for _ in range(net.n_hidden)] + output)


def test_against_the_oracle(problem, reference, l2):
    """For each shape, with weights and soft labels: jets, and the penalty by hand."""
    p, D = problem, diagonal(problem.net, l2)
    theta, data, options = p.net.theta, (p.net, p.X, p.y), {"sample_weight": p.weight, "l2": l2}
    expected = reference.hessian + np.diag(D)
    size = reference.hessian_scale + np.diag(D)
    close = DENSE * size + 64 * EPS * size.max()
    assert_allclose(hb.loss(*data, **options), reference.loss + D @ theta**2 / 2, rtol=SAME)
    assert_same(hb.gradient(*data, **options), reference.gradient + D * theta)
    value, slope = hb.loss_and_gradient(*data, **options)
    assert_allclose(value, hb.loss(*data, **options), rtol=SAME)  # f alone may round otherwise
    assert_array_equal(slope, hb.gradient(*data, **options))
    assert np.all(np.abs(hb.hessian(*data, **options) - expected) <= close)
    assert np.all(np.abs(hb.hessian_diagonal(*data, **options) - np.diag(expected)) <= close.max())
    z = np.cos(np.arange(len(theta)))
    assert_same(hb.hessian_operator(*data, **options) @ z, expected @ z)
    gauss_newton = oracles.gauss_newton(p.net, p.X, p.weight) + np.diag(D)
    assert_same(hb.gauss_newton_operator(*data, **options) @ z, gauss_newton @ z)
    atol = DENSE * np.trace(size)
    assert_allclose(hb.trace(*data, **options), np.trace(expected), rtol=DENSE, atol=atol)
    assert_allclose(hb.trace_squared(*data, **options), (expected**2).sum(), rtol=DENSE)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_sharpness(problem, reference, l2, plan, reduction):
    """Everything that the traces say, by either algorithm, of H / Σω + D."""
    p, options = problem, {"l2": l2, "reduction": reduction}
    total = p.weight.sum() if reduction == "mean" else 1.0
    H = reference.hessian / total + np.diag(diagonal(p.net, l2))
    values = np.linalg.eigvalsh(H)
    s = hb.sharpness(p.net, p.X, p.y, sample_weight=p.weight, **options)
    own, size = p.net._span("hidden"), np.linalg.norm(H)
    assert s.l2 == (l2 if isinstance(l2, hb.L2) else hb.L2(l2, l2))
    assert_allclose(s.trace_squared, (H**2).sum(), rtol=DENSE)
    assert_allclose(s.frobenius_norm, size, rtol=DENSE)
    assert_allclose(s.trace_hidden, np.trace(H[own, own]), rtol=DENSE, atol=DENSE * size)
    assert_allclose(s.trace_hidden + s.trace_output, s.trace, rtol=DENSE, atol=DENSE * size)
    assert_allclose(s.mean, values.mean(), rtol=DENSE, atol=DENSE * size)
    assert_allclose(s.std, values.std(), rtol=DENSE, atol=1e-10 * size)
    slack = 1e-7 * size
    assert s.largest_lower - slack <= values[-1] <= s.largest_upper + slack
    assert s.smallest_lower - slack <= values[0] <= s.smallest_upper + slack


@pytest.mark.parametrize("method", ["dense", "lanczos"])
@pytest.mark.parametrize("block", [None, "hidden", "output"])
def test_eigenvalues(activation, l2, method, block):
    """Both methods, of H and of its blocks; the bounds are those of ``sharpness``."""
    p = draw(CASES[0], activation)
    H = hb.hessian(p.net, p.X, p.y) + np.diag(diagonal(p.net, l2))
    own = p.net._span(block)
    values = np.linalg.eigvalsh(H[own, own])
    options = {"method": method, "block": block, "certify": True}
    found = hb.extreme_eigenvalues(p.net, p.X, p.y, l2=l2, **options)
    assert_same([found.smallest[0], found.largest[0]], values[[0, -1]], rtol=SAME)
    assert found.l2 == hb.sharpness(p.net, p.X, p.y, l2=l2).l2
    if block is None:
        s = hb.sharpness(p.net, p.X, p.y, l2=l2)
        assert_allclose(found.largest_upper, s.largest_upper, rtol=1e-11)
        assert_allclose(found.smallest_lower, s.smallest_lower, rtol=1e-11)


@pytest.mark.parametrize("of", ALL)
def test_gradient_of_the_bounds(activation, l2, plan, of):
    """Differences of what ``sharpness`` returns."""
    p = draw(CASES[7], activation)
    options = {"sample_weight": p.weight, "reduction": "mean", "l2": l2}
    value, gradient = hb.sharpness_gradient(p.net, p.X, p.y, of=of, **options)

    def at(theta):
        return getattr(hb.sharpness(p.net.with_theta(theta), p.X, p.y, **options), of)

    assert_allclose(value, at(p.net.theta), rtol=1e-11)
    assert_same(gradient, oracles.central_gradient(at, p.net.theta), rtol=FD)


@pytest.mark.parametrize("case", [Case("tiny", 2, 2, 2), Case("small", 3, 1, 2)], ids=str)
def test_gradient_exactly(activation, plan, case):
    """tr (H + D)² differentiated at 40 digits."""
    p, l2 = draw(case, activation), hb.L2(0.25, 1.5)
    with mpmath.workdps(40):
        D = np.vectorize(mpmath.mpf, otypes=[object])(np.diag(diagonal(p.net, l2)))

        def squared(theta):
            H = oracles.exact_reference(p.net, p.X, p.y, p.weight, theta).hessian + D
            return (H * H).sum()

        theta = np.array([mpmath.mpf(x) for x in p.net.theta], dtype=object)
        expected = oracles.central_gradient(squared, theta, mpmath.mpf("1e-8")).astype(float)
    _, gradient = hb.sharpness_gradient(p.net, p.X, p.y, of="trace_squared", l2=l2)
    assert_allclose(gradient, expected, rtol=DENSE, atol=256 * EPS * np.abs(expected).max())


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_batches_and_datasets(activation, l2, plan, reduction):
    """Networks one by one, with merged samples, and an input that is always 0 and yet penalised."""
    rng = np.random.default_rng(0)
    A, w = rng.normal(size=(2, 3, 2, 5)), rng.normal(size=(2, 3, 3))
    nets = hb.Network(A, w, activation=activation)
    X, y, omega = rng.normal(size=(9, 4)), rng.uniform(size=9), rng.uniform(size=9)
    X[:, 1], X[4:] = 0.0, X[:5]
    options = {"l2": l2, "reduction": reduction}
    data = hb.Dataset(X, y, sample_weight=omega)
    for function in (hb.loss, hb.gradient, hb.hessian, hb.hessian_diagonal, hb.trace):
        many = function(nets, X, y, sample_weight=omega, **options)
        assert_same(function(nets, data, **options), many, rtol=SAME)
        one = function(nets[1, 2], X, y, sample_weight=omega, **options)
        assert_same(many[1, 2], one, rtol=SAME)
    many = hb.sharpness(nets, X, y, sample_weight=omega, **options)
    merged = hb.sharpness(nets, data, **options)
    one = hb.sharpness(nets[1, 2], X, y, sample_weight=omega, **options)
    H = hb.hessian(nets, X, y, sample_weight=omega, **options)
    assert_allclose(many.frobenius_norm, np.linalg.norm(H, axis=(-2, -1)), rtol=1e-11)
    for name in ("trace_hidden", "trace_squared", "std", "largest_upper", "smallest_lower"):
        assert_allclose(getattr(many, name), getattr(merged, name), rtol=1e-10)
        assert getattr(many, name)[1, 2] == getattr(one, name)
    z = np.cos(np.arange(nets.n_parameters))
    for net, matrix in ((nets[0, 1], H[0, 1]), (nets[1, 0], H[1, 0])):
        assert_same(hb.hessian_operator(net, data, **options) @ z, matrix @ z)
    for source in ((X, y), (data,)):
        weight = {"sample_weight": omega} if len(source) == 2 else {}
        _, slopes = hb.sharpness_gradient(nets, *source, **weight, **options)
        _, slope = hb.sharpness_gradient(nets[1, 2], X, y, sample_weight=omega, **options)
        assert_same(slopes[1, 2], slope)
    empty = hb.sharpness(nets[:, :0], X, y, **options)
    assert empty.largest_upper.shape == (2, 0)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_gradient_descent(activation, l2, reduction):
    """Its steps are those of ``gradient``; weights that no sample sees shrink, too."""
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(8, 3)), rng.integers(0, 2, 8).astype(float)
    X[:, 2] = 0.0
    nets = hb.Network(rng.normal(size=(2, 2, 4)), rng.normal(size=(2, 3)), activation=activation)
    options = {"l2": l2, "reduction": reduction}
    theta = nets.theta
    for _ in range(4):
        theta = theta - 0.05 * hb.gradient(nets.with_theta(theta), X, y, **options)
    last = np.linalg.norm(hb.gradient(nets.with_theta(theta), X, y, **options), axis=-1)
    for data in ((X, y), (hb.Dataset(X, y),)):
        end = hb.gradient_descent(nets, *data, learning_rate=0.05, max_steps=4, **options)
        assert_same(end.net.theta, theta)
        assert_allclose(end.gradient_norm, last, rtol=1e-10)


@pytest.mark.parametrize("nothing", [0, 0.0, np.float32(0), hb.L2(0.0, 0.0, biases=True)], ids=str)
def test_no_penalty_changes_no_bit(activation, nothing):
    """Zero is as good as none."""
    p = draw(CASES[6], activation)
    data, weight = (p.net, p.X, p.y), {"sample_weight": p.weight, "reduction": "mean"}
    for function in (hb.loss, hb.gradient, hb.hessian, hb.hessian_diagonal, hb.trace):
        assert_array_equal(function(*data, **weight, l2=nothing), function(*data, **weight))
    s = hb.sharpness(*data, **weight, l2=nothing)
    assert s == hb.sharpness(*data, **weight)
    assert s.l2 is None
    plain, zero = (hb.sharpness_gradient(*data, **weight, **x) for x in ({}, {"l2": nothing}))
    assert plain[0] == zero[0]
    assert_array_equal(plain[1], zero[1])
    steps = {"learning_rate": 0.1, "max_steps": 3}
    plain = hb.gradient_descent(*data, **weight, **steps)
    assert hb.gradient_descent(*data, **weight, **steps, l2=nothing).net == plain.net


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("power", [-300, -20, -8, 8, 12, 20, 140])
def test_any_size_beside_the_hessian(activation, plan, biases, power):
    """Bounds keep their digits however large or small the penalty is, against 60 digits."""
    p = draw(Case("tiny", 3, 2, 2), activation)
    l2 = hb.L2(10.0**power, 3 * 10.0**power, biases=biases)
    for own in (l2, hb.L2(l2.hidden, l2.hidden, biases=biases)):
        _assert_bounds(p.net, p.X, p.y, own)


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("l2", [1e-320, 1e-174, 1e-80, 1.0, 1e100])
@pytest.mark.parametrize("v", [-700.0, 400.0])
def test_where_squares_underflow(activation, plan, v, l2, biases):
    """Far out e and p are tiny, and a penalty may be of any size beside them."""
    net = hb.Network([[0.1, -0.2], [0.3, 0.5]], [v, 0.5, -0.5], activation=activation)
    X, y = np.array([[0.5], [1.0], [-2.0]]), np.full(3, float(v > 0))
    _assert_bounds(net, X, y, hb.L2(l2, l2, biases=biases))
    _assert_bounds(net, X, y, hb.L2(0.0, l2, biases=biases))


def _assert_bounds(net, X, y, l2):
    """Compare what is linear in H with 800 digits; squares may over- or underflow."""
    with mpmath.workdps(800):
        H = oracles.exact_reference(net, X, y, np.ones(len(X))).hessian
        H = H + np.vectorize(mpmath.mpf, otypes=[object])(np.diag(diagonal(net, l2)))
        P = len(H)
        mean = mpmath.fsum(np.diag(H)) / P
        std = mpmath.sqrt(mpmath.fsum((H - np.eye(P) * mean).ravel() ** 2) / P)
        far = std * mpmath.sqrt(P - 1)
        norm = mpmath.sqrt(mpmath.fsum(H.ravel() ** 2))
        exact = [float(x) for x in (mean, std, mean + far, mean - far, norm)]
    names = "mean", "std", "largest_upper", "smallest_lower", "frobenius_norm"
    problem = Problem.of(net, X, y, None, "sum", l2)
    found = Moments.of(problem).spectrum(P, names)
    size = exact[-1]
    for name, expected in zip(names, exact, strict=True):
        # what is far below the norm's last digits is lost, and nothing else
        atol = 1e-13 * size if name != "std" else 1e-15 * size
        if name == "std" and l2.biases and l2.hidden == l2.output:
            atol = 1e-60 * size
        assert_allclose(found[name], expected, rtol=1e-9, atol=atol + 1e-322, err_msg=name)


def test_thread_counts_agree(activation, plan, monkeypatch):
    """A thread count gives the same bits each time, and others the same up to rounding."""
    monkeypatch.setattr(_threads, "WORTHWHILE", 0.0)
    p, found = draw(CASES[-1], activation), {}
    data, options = (p.net, p.X, p.y), {"sample_weight": p.weight, "l2": 0.3}
    for threads in (1, 2, 3):
        monkeypatch.setattr(_threads, "_chosen", threads)
        s, gradient = hb.sharpness(*data, **options), hb.sharpness_gradient(*data, **options)[1]
        found[threads] = np.array([*gradient, s.trace_squared, s.largest_upper])
        again = hb.sharpness_gradient(*data, **options)[1]
        assert_array_equal(again, gradient)
    assert_same(found[2], found[1], rtol=1e-12)
    assert_same(found[3], found[1], rtol=1e-12)


@pytest.mark.parametrize("function", [hb.loss, hb.gradient, hb.trace])
def test_no_penalty_per_sample(activation, function):
    """A penalty is no sample's."""
    p = draw(CASES[0], activation)
    with pytest.raises(ValueError, match="l2 must be left out with per_sample=True"):
        function(p.net, p.X, p.y, per_sample=True, l2=0.1)
    assert function(p.net, p.X, p.y, per_sample=True, l2=0.0).shape[0] == len(p.y)


WRONG = (
    (-0.1, ValueError, "l2 must be finite and at least 0, got -0.1"),
    (math.nan, ValueError, "l2 must be finite and at least 0, got nan"),
    (math.inf, ValueError, "l2 must be finite and at least 0, got inf"),
    ("0.1", TypeError, "l2 must be a number, got '0.1'"),
    (None, TypeError, "l2 must be a number, got None"),
    (True, TypeError, "l2 must be a number, got True"),
    ((0.1, 0.2), TypeError, "l2 must be a number or a hessbound.L2, which has one for each layer"),
)


@pytest.mark.parametrize(("l2", "error", "message"), WRONG, ids=lambda x: str(x)[:20])
@pytest.mark.parametrize("function", [hb.loss, hb.sharpness, hb.hessian_operator])
def test_wrong_penalties(function, l2, error, message):
    """Refused in words, before any work."""
    p = draw(CASES[0], hb.activations()[0])
    with pytest.raises(error) as info:
        function(p.net, p.X, p.y, l2=l2)
    assert str(info.value).startswith(message)


@pytest.mark.parametrize("field", ["hidden", "output"])
def test_wrong_numbers_of_a_layer(field):
    """So is each of the two numbers."""
    for value, error in ((-1.0, ValueError), (math.inf, ValueError), ("1", TypeError)):
        with pytest.raises(error, match=f"^{field} must be"):
            hb.L2(**({"hidden": 1.0, "output": 1.0} | {field: value}))
    with pytest.raises(TypeError, match="biases must be True or False, got 1"):
        hb.L2(1.0, 1.0, biases=1)


def test_penalty_is_a_value():
    """It compares, prints, and survives a pickle."""
    l2 = hb.L2(np.float32(0.5), 1, biases=np.True_)
    assert l2 == hb.L2(0.5, 1.0, biases=True) == pickle.loads(pickle.dumps(l2))
    assert repr(l2) == "L2(hidden=0.5, output=1.0, biases=True)"
    assert l2
    assert not hb.L2(0.0, 0.0)


@pytest.mark.parametrize("alpha", [0.03, 0.3])
def test_scikit_learn_minimises_this(alpha):
    """``loss_`` of a classifier is the mean loss with its alpha, and the gradient is 0 there."""
    neural_network = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.integers(0, 2, 60)
    clf = neural_network.MLPClassifier(
        3, activation="tanh", solver="lbfgs", alpha=alpha, tol=1e-12, max_iter=5000, random_state=0
    ).fit(X, y)
    net, l2 = hb.from_sklearn(clf), hb.l2_from_sklearn(clf, len(y))
    assert_allclose(hb.loss(net, X, y, reduction="mean", l2=l2), clf.loss_, rtol=1e-9)
    by_sum = hb.loss(net, X, y, l2=alpha) / len(y)
    assert_allclose(by_sum, clf.loss_, rtol=1e-9)
    slope = np.linalg.norm(hb.gradient(net, X, y, reduction="mean", l2=l2))
    assert slope < 0.01 * np.linalg.norm(hb.gradient(net, X, y, reduction="mean"))


@pytest.mark.parametrize(
    ("options", "N", "size"),
    [
        ({"solver": "lbfgs"}, 1000, 1000),
        ({"solver": "adam"}, 1000, 200),
        ({"solver": "sgd"}, 90, 90),
        ({"solver": "adam", "batch_size": 32}, 1000, 32),
        ({"solver": "adam", "batch_size": 5000}, 1000, 1000),
        ({"solver": "lbfgs", "batch_size": 32}, 12.5, 12.5),
    ],
)
def test_alpha_of_each_solver(options, N, size):
    """Divided by N, or by the size of the batches."""
    neural_network = pytest.importorskip("sklearn.neural_network")
    clf = neural_network.MLPClassifier(alpha=0.5, **options)
    assert hb.l2_from_sklearn(clf, N) == 0.5 / size
    with pytest.raises(ValueError, match="total_weight must be finite and larger than 0"):
        hb.l2_from_sklearn(clf, 0)
    with pytest.raises(TypeError, match="clf must be scikit-learn's MLPClassifier"):
        hb.l2_from_sklearn(object(), 1)


def test_command_line(tmp_path):
    """``--l2`` is the number for both layers."""
    p = draw(CASES[0], "tanh")
    p.net.save(tmp_path / "net.npz")
    header = [*(f"x{j}" for j in range(p.net.n_inputs)), "y"]
    rows = np.column_stack([p.X, p.y]).tolist()
    lines = [",".join(map(str, row)) for row in (header, *rows)]
    (tmp_path / "data.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    files = ["--model", str(tmp_path / "net.npz"), "--data", str(tmp_path / "data.csv")]
    call = ["sharpness", *files, "--label", "y", "--json", "--eigenvalues"]
    done = CliRunner().invoke(app, [*call, "--l2", "0.5"])
    found = json.loads(done.stdout)
    eigenvalues = found.pop("eigenvalues")
    assert found == hb.sharpness(p.net, p.X, p.y, l2=0.5).to_dict()
    assert eigenvalues == hb.extreme_eigenvalues(p.net, p.X, p.y, l2=0.5).to_dict()
    wrong = CliRunner().invoke(app, [*call, "--l2", "-1"])
    assert wrong.exit_code == 2
    assert "l2 must be finite and at least 0" in wrong.stderr


def test_a_table_names_the_penalty():
    """What is printed, and what JSON has."""
    p = draw(CASES[0], "tanh")
    s = hb.sharpness(p.net, p.X, p.y, l2=0.5)
    assert str(s).startswith("Hessian of the summed loss with L2(hidden=0.5, output=0.5, ")
    assert s.to_dict()["l2"] == {"hidden": 0.5, "output": 0.5, "biases": False}
    found = hb.extreme_eigenvalues(p.net, p.X, p.y, l2=0.5)
    assert str(found).startswith("Hessian of the summed loss with L2(hidden=0.5")
    assert found.to_dict()["l2"] == s.to_dict()["l2"]

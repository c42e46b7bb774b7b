"""The gradient of the bounds agrees with differences of what ``sharpness`` and oracles say."""

from typing import get_args

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb
from hessbound._typing import Differentiable
from hessbound.engine import _threads
from hessbound.engine._plan import Plan

from . import oracles
from .cases import CASES, DENSE, EPS, FD, SAME, Case, assert_same
from .cases import problem as draw

ALL = get_args(Differentiable)
SOME = ("largest_upper", "smallest_upper", "trace_squared")
PLANS = (Plan("direct", 32, 1.0), Plan("gram", 32, 1.0))


@pytest.fixture(params=PLANS, ids=lambda plan: plan.algorithm)
def plan(request, monkeypatch):
    """Choose either algorithm, with several blocks of samples in the largest case."""
    monkeypatch.setattr("hessbound.engine._problem.plan", lambda *sizes: request.param)
    return request.param


def differences(p, of, **options):
    """Differentiate what ``sharpness`` returns numerically."""
    sizes = {"n_inputs": p.net.n_inputs, "n_hidden": p.net.n_hidden}

    def value(theta):
        net = hb.Network.from_theta(theta, **sizes, activation=p.net.activation)
        return getattr(hb.sharpness(net, p.X, p.y, **options), of)

    return oracles.central_gradient(value, p.net.theta)


@pytest.mark.parametrize("of", SOME)
def test_differences(problem, plan, of):
    """Every case, by either algorithm: value and gradient are those of ``sharpness``."""
    options = {"sample_weight": problem.weight}
    value, gradient = hb.sharpness_gradient(problem.net, problem.X, problem.y, of=of, **options)
    s = hb.sharpness(problem.net, problem.X, problem.y, **options)
    size = s.trace_squared if of == "trace_squared" else s.frobenius_norm
    assert_allclose(value, getattr(s, of), rtol=SAME, atol=1e-11 * size)
    expected = differences(problem, of, **options)
    assert_allclose(gradient, expected, rtol=FD, atol=FD * np.abs(expected).max())


@pytest.mark.parametrize("of", ALL)
def test_differences_of_every_quantity(activation, of):
    """Whatever ``of`` may be."""
    p = draw(CASES[0], activation)
    value, gradient = hb.sharpness_gradient(p.net, p.X, p.y, of=of)
    assert_allclose(value, getattr(hb.sharpness(p.net, p.X, p.y), of), rtol=1e-11)
    assert_same(gradient, differences(p, of), rtol=FD)


@pytest.mark.parametrize("case", [Case("tiny", 2, 2, 2), Case("small", 3, 1, 2)], ids=str)
def test_exactly(activation, plan, case):
    """tr H² differentiated at 40 digits, from Hessians that share no formula with the kernels."""
    p = draw(case, activation)
    with mpmath.workdps(40):

        def squared(theta):
            H = oracles.exact_reference(p.net, p.X, p.y, p.weight, theta).hessian
            return (H * H).sum()

        theta = np.array([mpmath.mpf(x) for x in p.net.theta], dtype=object)
        expected = oracles.central_gradient(squared, theta, mpmath.mpf("1e-8")).astype(float)
    _, gradient = hb.sharpness_gradient(p.net, p.X, p.y, of="trace_squared")
    atol = 256 * EPS * np.abs(expected).max()
    assert_allclose(gradient, expected, rtol=DENSE, atol=atol)


@pytest.mark.parametrize("of", ALL)
def test_mean(activation, plan, of):
    """The mean divides by Σω; tr H² by its square."""
    p = draw(CASES[6], activation)
    options = {"of": of, "sample_weight": p.weight}
    total = p.weight.sum() ** (2 if of == "trace_squared" else 1)
    by_sum = hb.sharpness_gradient(p.net, p.X, p.y, **options)
    by_mean = hb.sharpness_gradient(p.net, p.X, p.y, **options, reduction="mean")
    for actual, expected in zip(by_mean, by_sum, strict=True):
        assert_same(actual, expected / total)


@pytest.mark.parametrize("batch", [(4,), (2, 3), (0,)])
def test_batch_equals_loop(activation, plan, batch):
    """A batch gives, bit by bit, what its networks give one by one."""
    p, rng = draw(CASES[5], activation), np.random.default_rng(0)
    A, w = rng.normal(size=(*batch, *p.net.A.shape)), rng.normal(size=(*batch, *p.net.w.shape))
    nets = hb.Network(A, w, activation=activation)
    values, gradients = hb.sharpness_gradient(nets, p.X, p.y)
    assert values.shape == batch
    assert gradients.shape == (*batch, p.net.n_parameters)
    for index in np.ndindex(batch):
        one = hb.Network(A[index], w[index], activation=activation)
        value, gradient = hb.sharpness_gradient(one, p.X, p.y)
        assert values[index] == value
        assert np.array_equal(gradients[index], gradient)


def test_dataset(activation, plan):
    """Merged samples change nothing; a weight of an input that is always 0 has no slope."""
    p = draw(CASES[7], activation)
    X = np.insert(np.vstack([p.X, p.X[:2]]), 1, 0.0, axis=1)
    y, weight = np.append(p.y, [0.0, 1.0]), np.append(p.weight, [0.5, 0.25])
    net = hb.Network(np.insert(p.net.A, 2, 1.0, axis=1), p.net.w, activation=activation)
    data = hb.Dataset(X, y, sample_weight=weight)
    expected = hb.sharpness_gradient(net, X, y, sample_weight=weight)
    actual = hb.sharpness_gradient(net, data)
    assert_same(actual[0], expected[0])
    assert_same(actual[1], expected[1])
    m = p.net.n_hidden
    assert not actual[1][2 * m : 3 * m].any()


@pytest.mark.parametrize("v", [-700.0, -400.0, 400.0])
def test_where_squares_underflow(activation, plan, v):
    """Far out, e and p fall like exp(−|v|), and so does every bound as w₀ moves on."""
    net = hb.Network(np.zeros((2, 2)), [v, 0.5, -0.5], activation=activation)
    y = [0.0, 0.0, 0.0] if v < 0 else [1.0, 1.0, 1.0]
    data = np.array([[0.5], [1.0], [-2.0]]), y
    value, gradient = hb.sharpness_gradient(net, *data)
    assert 0 < value < 1e-170
    assert_allclose(gradient[4] / value, -np.sign(v), rtol=1e-12)


def test_nothing_left(activation, plan):
    """Where H underflows as a whole, no bound has a slope, and 0 is returned."""
    net = hb.Network(np.ones((2, 2)), [-3000.0, 0.0, 0.0], activation=activation)
    for of in ALL:
        value, gradient = hb.sharpness_gradient(net, [[0.5], [1.0]], [0.0, 0.0], of=of)
        assert value == 0
        assert not gradient.any()


def test_thread_counts_agree(activation, plan, monkeypatch):
    """A thread count gives the same bits each time, and others the same up to rounding."""
    monkeypatch.setattr(_threads, "WORTHWHILE", 0.0)
    p, found = draw(CASES[-1], activation), {}
    for threads in (1, 2, 3):
        monkeypatch.setattr(_threads, "_chosen", threads)
        _, found[threads] = hb.sharpness_gradient(p.net, p.X, p.y, sample_weight=p.weight)
        _, again = hb.sharpness_gradient(p.net, p.X, p.y, sample_weight=p.weight)
        assert np.array_equal(again, found[threads])
    assert_same(found[2], found[1], rtol=1e-13)
    assert_same(found[3], found[1], rtol=1e-13)


def test_a_step_against_it_lowers_the_bound(activation):
    """So a regulariser that follows it does what it should."""
    p = draw(CASES[-1], activation)
    value, gradient = hb.sharpness_gradient(p.net, p.X, p.y)
    theta = p.net.theta - 1e-6 * gradient / np.linalg.norm(gradient)
    sizes = {"n_inputs": p.net.n_inputs, "n_hidden": p.net.n_hidden}
    after = hb.Network.from_theta(theta, **sizes, activation=activation)
    lowered = value - hb.sharpness_gradient(after, p.X, p.y)[0]
    assert_allclose(lowered, 1e-6 * np.linalg.norm(gradient), rtol=1e-3)


@pytest.mark.parametrize("of", ["largest", "λ̄", "theta_norm", None])
def test_unknown_quantity(of):
    """What has no gradient here is refused by name."""
    p = draw(CASES[0], hb.activations()[0])
    with pytest.raises(ValueError, match="of must be one of 'largest_upper'"):
        hb.sharpness_gradient(p.net, p.X, p.y, of=of)


def test_every_number_of_sharpness_that_depends_on_H_has_a_gradient():
    """Except for the two parts of the trace; ‖θ‖ has a gradient that everyone knows."""
    names = {field for field in hb.Sharpness.__dataclass_fields__}
    apart = {"n_parameters", "reduction", "theta_norm", "l2"}
    apart |= {"trace_hidden", "trace_output", "trace_per_layer"}
    assert names - apart == set(ALL)

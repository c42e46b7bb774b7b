"""The cost model takes the cheaper algorithm, within its memory."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb
from hessbound.engine import _plan
from hessbound.engine._kernels import load
from hessbound.engine._plan import Plan, direct_tile, plan


@pytest.mark.parametrize(
    ("N", "d", "m", "algorithm"),
    [
        (200, 2, 3, "direct"),
        (1000, 2, 10, "direct"),
        (60_000, 10, 16, "direct"),
        (100_000, 20, 32, "direct"),
        (2000, 64, 64, "gram"),
        (1000, 784, 128, "gram"),
        (5000, 784, 512, "gram"),
        (3, 1000, 998, "gram"),
    ],
)
def test_choice(N, d, m, algorithm):
    """Many samples of few parameters go direct, few samples of many parameters by Gram."""
    assert plan("tanh", N, d, m).algorithm == algorithm


@pytest.mark.parametrize("N", [1, 2, 100, 10**6])
@pytest.mark.parametrize(("d", "m"), [(1, 1), (2, 3), (30, 16), (10_000, 1), (1, 10_000)])
def test_tile_is_between_one_and_n(activation, N, d, m):
    """A tile holds at least one sample and at most all of them."""
    chosen = plan(activation, N, d, m)
    assert 1 <= chosen.tile <= N
    assert 1 <= direct_tile(N, d, m) <= N


@pytest.mark.parametrize(("d", "m"), [(2, 3), (784, 4), (784, 128), (8000, 1), (1, 5000)])
def test_block_of_the_direct_algorithm_is_bounded(d, m):
    """However wide the network, a block of samples holds 256 MiB at most, or a single sample."""
    tile = direct_tile(10**6, d, m)
    assert tile == 1 or 8 * tile * _plan.product_rows(d, m) <= 2**28


def test_memory_limit_forbids_the_direct_algorithm():
    """Where a quarter of the Hessian would exceed the limit, Gram is taken whatever it costs."""
    N, d, m = 10**7, 200, 200
    kernels = load("tanh")
    assert kernels.traces_direct_flops(N, d, m) < kernels.traces_gram_flops(N, d, m)
    assert plan("tanh", N, d, m).algorithm == "gram"


def test_memory_of_a_plan_is_bounded():
    """Gram holds tiles only, whatever N is; direct stays within its limit."""
    for N in (10, 10**4, 10**7):
        for d in (1, 10, 100, 1000):
            for m in (1, 10, 100, 1000):
                chosen = plan("tanh", N, d, m)
                if chosen.algorithm == "gram":
                    assert chosen.tile <= _plan.GRAM_TILE
                else:
                    assert _plan._direct_bytes(N, d, m) <= _plan.DIRECT_LIMIT_BYTES


def test_results_do_not_depend_on_the_plan(activation, monkeypatch):
    """Forcing either algorithm changes the public functions' results by rounding only."""
    rng = np.random.default_rng(0)
    net = hb.Network(rng.normal(size=(3, 5)), rng.normal(size=4), activation=activation)
    X, y = rng.normal(size=(50, 4)), rng.integers(0, 2, 50)
    expected = hb.trace_squared(net, X, y)
    for forced in (Plan("direct", 7, 1.0), Plan("gram", 7, 1.0)):
        monkeypatch.setattr("hessbound.engine._problem.plan", lambda *sizes, forced=forced: forced)
        assert_allclose(hb.trace_squared(net, X, y), expected, rtol=1e-12, atol=0)

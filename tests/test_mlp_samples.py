"""Samples block by block: sums, threads and memory."""

import itertools
import tracemalloc
from contextlib import ExitStack

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb
from hessbound.depth import _deep
from hessbound.engine import _threads

from .mlps import network, same


def test_samples_add_up():
    """The trace of any partition of the samples adds up, beyond one block of them."""
    rng = np.random.default_rng(3)
    net = network(rng, (3, 4, 3, 4, 3))
    n = 2 * _deep.TILES[1] + 77
    X, y, weight = rng.normal(size=(n, 3)), rng.integers(0, 3, n), rng.uniform(size=n)
    weight[1::9] = 0.0

    def of(own):
        return hb.trace(net, X[own], y[own], sample_weight=weight[own], per_layer=True)

    whole = of(slice(None))
    for cuts in ((100,), (5, _deep.TILES[1], n - 1), tuple(range(50, n, 50))):
        parts = [slice(a, b) for a, b in itertools.pairwise((0, *cuts, n))]
        same(sum(map(of, parts)), whole)
    shuffled = rng.permutation(n)
    same(of(shuffled), whole)
    rows = hb.trace(net, X, y, sample_weight=weight, per_layer=True, per_sample=True)
    assert rows.shape == (4, n)
    same(rows.sum(axis=1), whole)
    kept = weight > 0
    same(of(kept), whole)
    twice = hb.trace(net, X, y, sample_weight=2 * weight)
    assert_allclose(twice, 2 * whole.sum(), rtol=1e-12, atol=0)
    same(hb.gradient(net, X, y, per_sample=True).sum(axis=0), hb.gradient(net, X, y))
    H = hb.hessian(net, X, y)
    same(hb.hessian_diagonal(net, X, y), np.diag(H), np.abs(H).max())
    same(np.trace(H), hb.trace(net, X, y), np.abs(np.diag(H)).sum())


def test_threads():
    """One and two agree; the same number gives the same bits."""
    rng = np.random.default_rng(4)
    net = network(rng, (64, 48, 32, 10))
    X, y = rng.normal(size=(6000, 64)), rng.integers(0, 10, 6000)
    z = rng.normal(size=net.n_parameters)

    def everything(threads):
        hb.set_threads(threads)
        try:
            return (
                *hb.loss_and_gradient(net, X, y),
                *hb.trace_gradient(net, X, y),
                hb.trace(net, X, y),
                hb.hessian_diagonal(net, X, y),
                hb.hessian_operator(net, X, y) @ z,
            )
        finally:
            hb.set_threads(None)

    one, two = everything(1), everything(2)
    for a, b, again in zip(one, two, everything(2), strict=True):
        same(b, a)
        assert_array_equal(again, b)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "function", [hb.loss, hb.gradient, hb.trace, hb.trace_gradient, hb.hessian_diagonal]
)
def test_memory_is_that_of_a_block(function, threads, monkeypatch):
    """Ten times the samples take no more of it."""
    monkeypatch.setattr(_deep, "TILES", (8, 8))
    monkeypatch.setattr(_threads, "WORTHWHILE", 0.0)
    rng = np.random.default_rng(4)
    net = network(rng, (400, 30, 20, 3))
    X, y = rng.normal(size=(800, 400)), rng.integers(0, 3, 800)

    def peak(n):
        tracemalloc.start()
        try:
            function(net, X[:n], y[:n])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    hb.set_threads(threads)
    try:
        peak(8)
        assert peak(800) < peak(80) + 8 * net.n_parameters * (8 * threads)
    finally:
        hb.set_threads(None)


def test_blas_has_its_threads_back():
    """Calls of ours that overlap leave the process as the first one found it."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    if not threadpoolctl.ThreadpoolController().select(user_api="blas").info():
        pytest.skip("a BLAS that threadpoolctl does not know")

    def number():
        return {
            x["num_threads"] for x in threadpoolctl.threadpool_info() if "blas" in x["user_api"]
        }

    with threadpoolctl.threadpool_limits(2, "blas"):
        before = number()
        first, second = _threads.one_blas_thread(), _threads.one_blas_thread()
        with ExitStack() as later:
            with first:
                later.enter_context(second)
                assert number() == {1}
            assert number() == {1}
        assert number() == before

"""Networks of any depth and number of outputs, against jets of the loss as it is defined."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb
from hessbound.depth import _deep

from .mlps import (
    CASES,
    CLOSE,
    N,
    jet_of_loss,
    jets_of_outputs,
    layer_of_each,
    network,
    same,
    solved,
)


@pytest.fixture(params=CASES)
def case(request):
    """Depths, losses, activations, weights, reductions, frozen layers and absent biases."""
    return solved(request.param)


def test_loss_and_gradient(case):
    """The outputs, the loss and its gradient, in total and of each sample."""
    net, data, options, exact = case
    same(net.logits(data[0]), exact.v)
    same(hb.loss(net, *data, **options), exact.losses.sum())
    same(hb.loss(net, *data, per_sample=True, **options), exact.losses)
    same(hb.gradient(net, *data, **options), exact.gradients.sum(axis=0))
    same(hb.gradient(net, *data, per_sample=True, **options), exact.gradients)
    value, slope = hb.loss_and_gradient(net, *data, **options)
    assert value == pytest.approx(exact.losses.sum(), rel=CLOSE)
    assert_array_equal(slope, hb.gradient(net, *data, **options))


def test_hessian(case):
    """Its entries, products with it and with its Gauss-Newton part, and its diagonal."""
    net, data, options, exact = case
    H, part = exact.hessians.sum(axis=0), exact.gauss_newton.sum(axis=0)
    scale = np.abs(part).max() + np.abs(H - part).max()
    same(hb.hessian(net, *data, **options), H, scale)
    same(hb.hessian_diagonal(net, *data, **options), np.diag(H), scale)
    z = np.random.default_rng(0).normal(size=(net.n_parameters, 3))
    for operator, matrix in (
        (hb.hessian_operator, H),
        (hb.gauss_newton_operator, part),
    ):
        found = operator(net, *data, **options)
        assert found.shape == matrix.shape
        size = scale * np.abs(z).sum(axis=0).max()
        same(found @ z, matrix @ z, size)
        same(found.T @ z[:, 0], matrix @ z[:, 0], size)
        same(found.H @ z, matrix @ z, size)


def test_traces(case):
    """Of each layer and sample, in both parts; what is not divided is the sum."""
    net, data, options, exact = case
    layers = np.eye(net.n_layers)[layer_of_each(net)]
    diagonals = np.diagonal(exact.hessians, axis1=1, axis2=2)
    factor = np.diagonal(exact.gauss_newton, axis1=1, axis2=2)
    terms = (np.abs(factor) + np.abs(diagonals - factor)).sum()
    both = {"per_layer": True, "per_sample": True}
    found = hb.trace(net, *data, **both, **options)
    same(found, (diagonals @ layers).T, terms)
    total = hb.trace(net, *data, **options)
    assert isinstance(total, float)
    same(total, diagonals.sum(), terms)
    same(hb.trace(net, *data, per_layer=True, **options), found.sum(axis=1), terms)
    same(hb.trace(net, *data, per_sample=True, **options), found.sum(axis=0), terms)
    problem = _deep.DeepProblem.of(net, *data, options.get("sample_weight"), options["reduction"])
    parts = _deep.traces(problem, per_sample=True)
    same(parts[0], (factor @ layers).T, terms)
    same(parts[1], ((diagonals - factor) @ layers).T, terms)
    weight = options.get("sample_weight", np.ones(N))
    assert not found[:, weight == 0].any()


def test_gradient_of_trace(case):
    """Along any direction: jets at complex θ have no rounding error of a difference."""
    net, (X, y), options, exact = case
    value, gradient = hb.trace_gradient(net, X, y, **options)
    assert isinstance(value, float)
    terms = np.abs(exact.hessians).sum()
    same(value, hb.trace(net, X, y, **options), terms)
    assert gradient.shape == net.theta.shape
    weight = options.get("sample_weight", np.ones(N))
    scale = weight / (weight.sum() if options["reduction"] == "mean" else 1.0)
    direction, h = np.random.default_rng(0).normal(size=len(gradient)), 1e-30
    jet = jet_of_loss(net, jets_of_outputs(net, X, net.theta + 1j * h * direction), y)
    traces = np.trace(jet.H, axis1=1, axis2=2)
    moved = np.array((traces @ scale).imag / h)
    same(gradient @ direction, moved, np.abs(gradient * direction).sum() + terms)


@pytest.mark.parametrize("L", [1, 2, 3, 4])
def test_gradient_of_trace_by_differences(L):
    """It is what ``hb.trace`` changes by, of several blocks of samples; what is frozen stays."""
    rng = np.random.default_rng(L)
    frozen = ("W2", "b1")
    net = network(rng, (4, *(6, 5, 7, 4)[:L], 3), "gelu", "softmax", (L + 1,), frozen)
    n = _deep.TILES[1] + 30
    data, weight = (rng.normal(size=(n, 4)), rng.integers(0, 3, n)), rng.uniform(size=n)
    own = {"sample_weight": weight, "reduction": "mean"}
    value, gradient = hb.trace_gradient(net, *data, **own)
    assert value == pytest.approx(hb.trace(net, *data, **own), rel=CLOSE)
    penalised, again = hb.trace_gradient(net, *data, **own, l2=0.5)
    assert penalised == pytest.approx(hb.trace(net, *data, **own, l2=0.5), rel=CLOSE)
    assert_array_equal(again, gradient)  # the penalty's Hessian is constant
    direction = rng.normal(size=len(gradient))

    def change(h):
        ends = (net.with_theta(net.theta + x * direction) for x in (h, -h))
        high, low = (hb.trace(end, *data, **own) for end in ends)
        return (high - low) / (2 * h)

    found = (64 * change(2e-3) - 20 * change(4e-3) + change(8e-3)) / 45  # Richardson's, to h⁶
    assert_allclose(gradient @ direction, found, rtol=1e-8, atol=0)
    parts = slice(0, 200), slice(200, n)
    sums = [hb.trace_gradient(net, *(x[p] for x in data), sample_weight=weight[p]) for p in parts]
    same(sum(x for _, x in sums), weight.sum() * gradient)

"""Blocks of the Hessian of a network of any depth: operators and eigenvalues."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb

from .mlps import message, same, solved

# Frozen layers and absent biases; a gap of frozen layers below and above what is left.
NAMES = "softmax-3", "cross_entropy-4", "squared_error-2", "poisson-1", "one layer left"
OPERATORS = hb.hessian_operator, hb.gauss_newton_operator


def blocks(net):
    """Return the places in θ of every block that there is."""
    names = np.concatenate([[name] * x.size for name, x in net.parameters.items()])
    layers = np.array([int(name[1:]) for name in names])
    found = {name: names == name for name in net.parameters}
    found |= {n: layers == n for n in range(1, net.n_layers + 1)}
    found |= {"hidden": layers < net.n_layers, "output": layers == net.n_layers}
    return {block: np.flatnonzero(own) for block, own in found.items() if own.any()}


@pytest.mark.parametrize("name", NAMES)
def test_products(name):
    """Those of a block are those of its rows and columns, with a penalty."""
    net, data, options, exact = solved(name)
    numbers = 0.3, 0.2
    rho = [
        numbers[int(p[1:]) == net.n_layers] * np.full(x.size, p[0] == "W")
        for p, x in net.parameters.items()
    ]
    for operator, rows in zip(OPERATORS, (exact.hessians, exact.gauss_newton), strict=True):
        whole = rows.sum(axis=0) + np.diag(np.concatenate(rho))
        for block, own in blocks(net).items():
            found = operator(net, *data, **options, l2=hb.L2(*numbers), block=block)
            expected = whole[np.ix_(own, own)]
            assert found.shape == expected.shape
            same(found @ np.eye(len(own)), expected, np.abs(whole).max())


@pytest.mark.parametrize("method", ["dense", "lanczos"])
def test_eigenvalues(method):
    """With bounds, and vectors of the block's length."""
    net, data, options, exact = solved("softmax-3")
    H = exact.hessians.sum(axis=0)
    for block, own in blocks(net).items():
        inside = H[np.ix_(own, own)]
        values = np.linalg.eigvalsh(inside)
        found = hb.extreme_eigenvalues(
            net, *data, **options, block=block, method=method, certify=True, vectors=True
        )
        size = np.abs(values).max()
        same(found.largest, values[-1:], size)
        same(found.smallest, values[:1], size)
        assert found.largest_lower <= found.largest[0] + 1e-6 * size
        assert found.largest[0] <= found.largest_upper + 1e-6 * size
        same(inside @ found.largest_vectors, found.largest_vectors * found.largest, 1e4 * size)
        assert (found.block, found.n_parameters) == (block, len(own))
    assert str(hb.extreme_eigenvalues(net, *data, block=np.int64(3))).startswith("layer 3 block of")


@pytest.mark.parametrize("method", ["dense", "lanczos"])
def test_bounds_of_equal_eigenvalues(method):
    """Of squared errors, the block of the output biases is Σω I, whose s² is rounding alone."""
    rng = np.random.default_rng(1)
    net = hb.MLP([np.eye(2), np.ones((3, 2))], [None, np.zeros(3)], loss="squared_error")
    frozen = hb.MLP(net.weights, net.biases, loss="squared_error", frozen=["W1", "W2"])
    for N in (10, 11, 12, 50, 1000):
        X, weight = rng.normal(size=(N, 2)), rng.random(N)
        data, exact, own = (X, np.zeros((N, 3))), weight.sum(), {"sample_weight": weight}
        options = {"block": "b2", "method": method, "certify": True}
        for found in (
            hb.extreme_eigenvalues(net, *data, **own, **options),
            hb.sharpness(frozen, *data, **own),
        ):
            inner = found.largest_lower, found.smallest_upper
            outer = found.largest_upper, found.smallest_lower
            assert_allclose(inner, exact, rtol=1e-14, atol=0)
            assert_allclose(outer, exact, rtol=2e-7, atol=0)
            assert outer[1] < exact < outer[0]


NET = hb.MLP([np.ones((3, 4)), np.ones((2, 3))], [np.ones(3), None], frozen=["b1"])
SAMPLES = np.ones((2, 4)), [0, 1]


@pytest.mark.parametrize("bad", [0, 3, True, 1.0, "b1", "b2", "A", [1], "layer 1"])
def test_blocks_refused(bad):
    """What is no block, or has nothing that is trained."""
    for function in (*OPERATORS, hb.extreme_eigenvalues):
        assert message(ValueError, function, NET, *SAMPLES, block=bad) == (
            "block must be 'hidden', 'output', a layer from 1 to 2 or one of W1, W2, and not be "
            f"all frozen, got {bad!r}"
        )
    trained = hb.MLP(NET.weights)
    assert message(ValueError, hb.hessian_operator, trained, *SAMPLES, block="b1") == (
        "block must be 'hidden', 'output', a layer from 1 to 2 or one of W1, W2, got 'b1'"
    )


def test_size_of_a_block():
    """It is what k may be; layers have numbers, and those of a Network names."""
    assert message(ValueError, hb.extreme_eigenvalues, NET, *SAMPLES, block=1, k=13) == (
        "k must be at most the layer 1 block's size = 12, got 13"
    )
    single = hb.Network(np.ones((2, 5)), np.ones(3), activation="tanh")
    assert message(ValueError, hb.hessian_operator, single, *SAMPLES, block=1) == (
        "block must be 'hidden', 'output' or None, got 1"
    )


def test_products_do_not_go_below_the_block():
    """The layers below are passed once, not for each product."""
    net, data, options, _ = solved("softmax-4")
    operator = hb.hessian_operator(net, *data, **options, block="output")
    assert [h.size for h in operator._products.blocks[0][0].h[:-1]] == [0] * 4
    assert (operator @ np.ones(operator.shape[0])).shape == (operator.shape[0],)

"""The Hessian is the one that R's nnet computes, by C code that shares nothing with ours.

``nnet.npz`` holds what ``nnet::nnetHess`` of nnet 7.3-18 printed to 17 digits, without decay, after
a short fit with logistic hidden units, of data that come with R: NAME/x, y, w (sample weights), wts
(parameters) and H. Two more data sets there have other losses, softmax and squares.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb

TABLES = Path(__file__).with_name("nnet.npz")
CLIPPED = 15.0
"""Beyond it nnet takes its sigmoid for 0 or 1, which is off by 3e-7."""

NAMES = {  # and the tolerance, relative to the largest entry; the last two have labels of their own
    "infert": 1e-14,
    "iris2": 1e-14,
    "mtcars": 1e-14,
    "esoph": 1e-14,
    "warpbreaks": 1e-14,
    "airquality": 1e-9,
}

pytestmark = pytest.mark.skipif("sigmoid" not in hb.activations(), reason="no logistic units")


@cache
def table(name):
    """Return network, samples and H in our order of the parameters."""
    with np.load(TABLES) as file:
        X, y, weight, wts, H = (file[f"{name}/{part}"] for part in ("x", "y", "w", "wts", "H"))
    d = X.shape[1]
    m = (len(wts) - 1) // (d + 2)
    hidden = m * (d + 1)
    order = np.concatenate([np.arange(hidden).reshape(m, d + 1).T.ravel(), range(hidden, len(wts))])
    A, w = wts[:hidden].reshape(m, d + 1), wts[hidden:]
    return hb.Network(A, w, activation="sigmoid"), (X, y, weight), H[np.ix_(order, order)]


@pytest.fixture(params=NAMES)
def name(request):
    """Each of the data sets with our loss."""
    return request.param


def test_hessian(name):
    """Weights, soft labels and counts included."""
    net, (X, y, weight), H = table(name)
    atol = NAMES[name] * np.abs(H).max()
    assert_allclose(hb.hessian(net, X, y, sample_weight=weight), H, rtol=0, atol=atol)
    data = hb.Dataset(X, y, sample_weight=weight)
    assert_allclose(hb.hessian(net, data), H, rtol=0, atol=atol)


def test_only_a_clipped_sigmoid_makes_a_difference():
    """Where it is looser, and nowhere else, units go beyond the limit."""
    for name, tolerance in NAMES.items():
        net, (X, _, _), _ = table(name)
        u = net.A[:, :1] + net.A[:, 1:] @ X.T
        assert (np.abs(u).max() > CLIPPED) == (tolerance > 1e-12)


def test_traces_and_eigenvalues(name):
    """What is computed without forming H is what R's matrix has."""
    net, (X, y, weight), H = table(name)
    options = {"sample_weight": weight}
    eigenvalues, tolerance = np.linalg.eigvalsh(H), 100 * NAMES[name]
    size = np.abs(eigenvalues).max()
    assert_allclose(hb.trace(net, X, y, **options), np.trace(H), rtol=tolerance, atol=0)
    assert_allclose(hb.trace_squared(net, X, y, **options), np.sum(H**2), rtol=tolerance, atol=0)
    found = hb.extreme_eigenvalues(net, X, y, method="lanczos", certify=True, **options)
    assert_allclose(found.largest[0], eigenvalues[-1], rtol=0, atol=tolerance * size)
    assert_allclose(found.smallest[0], eigenvalues[0], rtol=0, atol=tolerance * size)
    assert found.largest_lower <= eigenvalues[-1] <= found.largest_upper
    z = np.random.default_rng(0).normal(size=len(H))
    product = hb.hessian_operator(net, X, y, **options) @ z
    assert_allclose(product, H @ z, rtol=0, atol=tolerance * size)

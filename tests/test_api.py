"""The API can be guessed: one name for one number, help that stands alone, nothing else shown."""

import inspect
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb

from .cases import CASES, assert_same
from .cases import problem as draw

ANY = hb.activations()[0]
BOUNDS = ("largest_lower", "largest_upper", "smallest_lower", "smallest_upper")
SAMPLES = ("X", "y", "sample_weight", "reduction")


def functions():
    """Return the public functions."""
    return [value for name in hb.__all__ if inspect.isfunction(value := getattr(hb, name))]


def on_samples():
    """Return those that take a network and samples."""
    return [f for f in functions() if {"net", *SAMPLES} <= set(inspect.signature(f).parameters)]


def test_what_is_public_is_what_shows():
    """After everything was used, completion offers no module and no helper."""
    code = """
import json
import numpy as np
import hessbound as hb
import hessbound.cli, hessbound.compilation
net = hb.Network([[0.1, 0.2]], [0.1, 1.0], activation="tanh")
hb.extreme_eigenvalues(net, [[1.0], [2.0]], [0, 1], method="lanczos")
hb.sharpness_gradient(net, [[1.0], [2.0]], [0, 1])
print(json.dumps([dir(hb), hb.__all__]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    shown, public = json.loads(done.stdout)
    assert [name for name in shown if not name.startswith("__")] == sorted(public)
    assert all(callable(getattr(hb, name)) for name in public)


@pytest.mark.parametrize("name", BOUNDS)
def test_a_bound_has_one_name(name):
    """In Sharpness, in Eigenvalues, in their dictionaries, and of what there is a gradient."""
    p = draw(CASES[0], ANY)
    arguments = p.net, p.X, p.y
    s, found = hb.sharpness(*arguments), hb.extreme_eigenvalues(*arguments)
    value, _ = hb.sharpness_gradient(*arguments, of=name)
    numbers = (getattr(found, name), s.to_dict()[name], found.to_dict()[name], value)
    for number in numbers:
        assert_allclose(number, getattr(s, name), rtol=1e-11, atol=0)


@pytest.mark.parametrize("function", functions(), ids=lambda f: f.__name__)
def test_help_stands_alone(function):
    """It describes every parameter, and sends nobody to the help of another function."""
    text = inspect.getdoc(function)
    assert "As for" not in text
    for name in inspect.signature(function).parameters:
        assert re.search(rf"^{name}\b.* : ", text, re.MULTILINE), name


@pytest.mark.parametrize("function", on_samples(), ids=lambda f: f.__name__)
def test_samples_are_described_in_the_same_words(function):
    """What several functions take is described once, in each of them that takes such a network."""

    def described(f):
        text = inspect.getdoc(f)
        return text[text.index("\nX : ") : text.index("or the sum divided by Σω.")]

    of_both = "\nnet : Network or MLP\n" in inspect.getdoc(function)
    same = hb.loss if of_both else hb.sharpness_gradient
    assert described(function) == described(same)


def network(*batch):
    """A network or a batch of them, with names."""
    rng = np.random.default_rng(0)
    names = ["age", "size", "weight"]
    A, w = rng.normal(size=(*batch, 2, 4)), rng.normal(size=(*batch, 3))
    return hb.Network(A, w, activation=ANY, feature_names=names)


def test_parts_of_a_batch():
    """Indices are NumPy's, on the batch's axes alone."""
    nets = network(4, 3)
    assert len(nets) == 4
    for index in (0, -1, (1, 2), slice(1, 3), (slice(None), 0), [2, 0], (..., 1)):
        part = nets[index]
        leading = index if isinstance(index, tuple) and ... not in index else (index,)
        assert_array_equal(part.w, nets.w[(slice(None), 1) if leading == ((..., 1),) else index])
        assert part.A.shape == (*part.batch_shape, 2, 4)
        assert part.feature_names == nets.feature_names
    assert nets[np.array([True, False, False, True])].batch_shape == (2, 3)
    assert nets[1][2] == nets[1, 2]
    assert [net.batch_shape for net in nets] == [(3,)] * 4
    assert len(network(0)) == 0
    assert network(0) and network()  # noqa: PT018  both are something
    with pytest.raises(IndexError):
        nets[4]
    with pytest.raises(IndexError):
        nets[0, 0, 0]


@pytest.mark.parametrize("use", [len, lambda net: net[0], list])
def test_a_single_network_has_no_parts(use):
    """It is no batch of units or inputs."""
    with pytest.raises(TypeError, match=r"a single network .* only a batch of networks"):
        use(network())


@pytest.mark.parametrize("batch", [(), (4,)])
def test_layers_and_back(batch):
    """to_layers is the inverse of from_layers; its arrays are copies."""
    net = network(*batch)
    layers = net.to_layers()
    own = {"activation": net.activation, "feature_names": net.feature_names}
    assert hb.Network.from_layers(*layers, **own) == net
    assert [x.shape for x in layers] == [(*batch, 2, 3), (*batch, 2), (*batch, 2), batch]
    layers.W1[:] = 7.0
    assert hb.Network.from_layers(*net.to_layers(), **own) == net


def test_other_parameters():
    """with_theta keeps sizes, activation and names; the batch is that of theta."""
    net, other = network(), network(5)
    assert net.with_theta(net.theta) == net
    assert net.with_theta(other.theta) == other
    with pytest.raises(ValueError, match="theta must have shape"):
        net.with_theta(np.ones(3))


@pytest.mark.parametrize("batch", [(), (2, 3)])
def test_probabilities(activation, batch):
    """predict_proba has a column for each class, and the loss of each sample is −log of one."""
    rng = np.random.default_rng(0)
    net = hb.Network(
        rng.normal(size=(*batch, 2, 4)), rng.normal(size=(*batch, 3)), activation=activation
    )
    X, y = rng.normal(size=(20, 3)), rng.integers(0, 2, 20)
    probability = net.predict_proba(X)
    assert probability.shape == (*batch, 20, 2)
    assert_allclose(probability.sum(axis=-1), 1.0, rtol=1e-15, atol=0)
    own = np.take_along_axis(probability, np.broadcast_to(y[:, None], (*batch, 20, 1)), -1)[..., 0]
    loss = hb.loss(net, X, y, per_sample=True)
    assert_allclose(loss, -np.log(own), rtol=1e-12, atol=1e-14)


def test_tiny_probabilities():
    """They are no differences from 1."""
    net = hb.Network([[0.0, 1.0]], [0.0, 1.0], activation="linear")
    assert_allclose(net.predict_proba([[50.0]])[0, 0], np.exp(-50.0), rtol=1e-14, atol=0)


@pytest.mark.parametrize("batch", [(), (2,)])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("function", [hb.loss, hb.gradient, hb.trace, hb.hessian_diagonal])
def test_samples_add_up(activation, function, batch, reduction):
    """per_sample gives what each contributes: nothing where it has no weight."""
    rng = np.random.default_rng(0)
    net = hb.Network(
        rng.normal(size=(*batch, 2, 4)), rng.normal(size=(*batch, 3)), activation=activation
    )
    X, y, weight = rng.normal(size=(300, 3)), rng.uniform(size=300), rng.uniform(size=300)
    X[:, 1], weight[[3, 200]] = 0.0, 0.0
    axis = len(batch)
    options = {"sample_weight": weight, "reduction": reduction}
    rows = function(net, X, y, per_sample=True, **options)
    whole = function(net, X, y, **options)
    assert rows.shape == (*batch, 300, *np.shape(whole)[axis:])
    assert_same(rows.sum(axis=axis), whole)
    assert not np.take(rows, [3, 200], axis=axis).any()
    one = function(net, X[7:8], y[7:8], sample_weight=weight[7:8])
    total = 1.0 if reduction == "sum" else weight[weight > 0].sum()
    assert np.array_equal(np.take(rows, 7, axis=axis), one / total)
    data = hb.Dataset(X, y, sample_weight=weight)
    of_data = function(net, data, reduction=reduction, per_sample=True)
    assert of_data.shape[axis] == data.n_samples == 298
    assert_same(of_data, np.delete(rows, [3, 200], axis=axis))


@pytest.mark.parametrize("block", ["hidden", "output"])
@pytest.mark.parametrize("kept", [False, True])
def test_blocks(activation, block, kept):
    """An operator or eigenvalues of one layer are those of its rows and columns of H."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 5)), rng.integers(0, 2, 40)
    X[:, 2] = 0.0
    net = hb.Network(rng.normal(size=(3, 6)), rng.normal(size=4), activation=activation)
    own = slice(18) if block == "hidden" else slice(18, None)
    H = hb.hessian(net, X, y)[own, own]
    samples = (hb.Dataset(X, y),) if kept else (X, y)
    operator = hb.hessian_operator(net, *samples, block=block)
    assert operator.shape == H.shape
    assert_same(operator @ np.eye(len(H)), H)
    exact = np.linalg.eigvalsh(H)
    for method in ("auto", "dense", "lanczos"):
        found = hb.extreme_eigenvalues(
            net, *samples, k=2, block=block, method=method, vectors=True, tolerance=1e-10
        )
        size = 1e-12 * np.abs(exact).max()
        assert_allclose(found.largest, exact[::-1][:2], rtol=1e-11, atol=size)
        assert_allclose(found.smallest, exact[:2], rtol=1e-11, atol=size)
        assert found.largest_vectors.shape == (len(H), 2)
        assert found.largest_upper is None
        assert (found.block, found.n_parameters) == (block, len(H))
    assert str(found).startswith(f"{block} block of the Hessian of the summed loss, {len(H)} param")


@pytest.mark.parametrize(
    "function", [hb.hessian_operator, hb.gauss_newton_operator, hb.extreme_eigenvalues]
)
def test_unknown_blocks(function):
    """There are two."""
    p = draw(CASES[0], ANY)
    with pytest.raises(ValueError, match="block must be 'hidden', 'output' or None, got 'A'"):
        function(p.net, p.X, p.y, block="A")


def test_more_eigenvalues_than_a_block_has():
    """Its size is the limit."""
    p = draw(CASES[0], ANY)
    with pytest.raises(ValueError, match="k must be at most the output block's size = 3, got 4"):
        hb.extreme_eigenvalues(p.net, p.X, p.y, k=4, block="output")


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
def test_empty_batches_are_printed(shape):
    """There is nothing to show, and that is shown."""
    nets = hb.Network(np.ones((*shape, 2, 4)), np.ones((*shape, 3)), activation=ANY)
    X, y = np.ones((3, 3)), [0, 1, 1]
    for text in (str(hb.sharpness(nets, X, y)), str(hb.extreme_eigenvalues(nets, X, y, k=2))):
        assert f"batch of shape {shape}" in text
        assert text.splitlines()[2].split()[-3:] == ["-", "-", "-"]

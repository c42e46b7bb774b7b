"""What traces and products say about the spectrum of networks of any depth, and penalties of them.

The witness is the Hessian of the loss by jets, which know nothing of layers; where one hidden layer
and one output make a ``Network``, every function agrees.
"""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from typer.testing import CliRunner

import hessbound as hb
from hessbound.cli import app
from hessbound.depth import _blocks, _columns, _deep, _pairs, _squares
from hessbound.depth._deep import DeepProblem

from .mlps import LOSSES, as_mlp, labels, layer_of_each, message, network, same, solved

DRAWN = [f"{loss}-{L}" for L, loss in enumerate(LOSSES[:4], start=1)]
DRAWN += ["softmax-4", "gelu-3", "linear-2", "no biases", "one of everything", "one layer left"]


def penalty_of(net, l2):
    """The number of each parameter, one after the other."""
    L = net.n_layers
    hidden = l2.hidden if isinstance(l2.hidden, tuple) else (l2.hidden,) * (L - 1)
    every = [*hidden, l2.output]
    return np.concatenate(
        [
            np.full(x.size, every[int(name[1:]) - 1] if name[0] == "W" or l2.biases else 0.0)
            for name, x in net.parameters.items()
        ]
    )


def penalties(net):
    """None, one number for all, and another for each layer."""
    L = net.n_layers
    each = hb.L2(tuple(0.1 * n for n in range(L - 1)), 0.7, biases=True)
    return {0.0: hb.L2(0.0, 0.0), 0.3: hb.L2(0.3, 0.3), each: each}.items()


@pytest.mark.parametrize("name", DRAWN)
def test_against_jets(name):
    """Loss to eigenvalues, with and without a penalty, of H and of its parts."""
    net, data, options, exact = solved(name)
    plain, part = exact.hessians.sum(axis=0), exact.gauss_newton.sum(axis=0)
    P, theta, layers = net.n_parameters, net.theta, np.eye(net.n_layers)[layer_of_each(net)]
    for l2, meant in penalties(net):
        own, rho = options | {"l2": l2}, penalty_of(net, meant)
        H = plain + np.diag(rho)
        values = np.linalg.eigvalsh(H)
        size = np.abs(part).max() + np.abs(plain - part).max() + rho.max()
        same(hb.loss(net, *data, **own), exact.losses.sum() + rho @ theta**2 / 2)
        same(hb.gradient(net, *data, **own), exact.gradients.sum(axis=0) + rho * theta)
        same(hb.hessian(net, *data, **own), H, size)
        same(hb.hessian_diagonal(net, *data, **own), np.diag(H), size)
        for operator, matrix in ((hb.hessian_operator, plain), (hb.gauss_newton_operator, part)):
            same(operator(net, *data, **own) @ theta, matrix @ theta + rho * theta, size * P)
        both = hb.trace(net, *data, per_layer=True, per_part=True, **own)
        same(both[0], (np.diag(part) + rho) @ layers, size * P)
        same(both[1], np.diag(plain - part) @ layers, size * P)
        same(hb.trace(net, *data, per_part=True, **own), both.sum(axis=1), size * P)

        squares = np.sum(H * H)
        assert_allclose(hb.trace_squared(net, *data, **own), squares, rtol=1e-11, atol=0)
        s = hb.sharpness(net, *data, **own)
        assert_allclose(s.trace_squared, squares, rtol=1e-11, atol=0)
        assert_allclose(s.frobenius_norm**2, squares, rtol=1e-11, atol=0)
        same(s.trace_per_layer, both.sum(axis=0), size * P)
        same(s.trace_hidden + s.trace_output, np.trace(H), size * P)
        assert_allclose(s.std, values.std(), rtol=1e-6, atol=1e-7 * size)
        assert_allclose(s.theta_norm, np.linalg.norm(theta), rtol=1e-14, atol=0)
        rounding = 1e-12 * size * P
        assert s.largest_lower - rounding <= values[-1] <= s.largest_upper + rounding
        assert s.smallest_lower - rounding <= values[0] <= s.smallest_upper + rounding

        k = min(3, P)
        for method in ("dense", "lanczos"):
            found = hb.extreme_eigenvalues(
                net, *data, k=k, method=method, certify=True, vectors=True, **own
            )
            assert_allclose(found.largest, values[::-1][:k], rtol=0, atol=1e-11 * size)
            assert_allclose(found.smallest, values[:k], rtol=0, atol=1e-11 * size)
            assert_allclose(found.largest_upper, s.largest_upper, rtol=1e-7, atol=1e-7 * size)
            moved = H @ found.largest_vectors - found.largest_vectors * found.largest
            assert np.abs(moved).max() < 1e-7 * size


@pytest.mark.parametrize("batch", [(), (2,), (0,)])
def test_bounds_beside_lanczos_are_refused_before_it(batch, monkeypatch):
    """Where tr H² would take hours, no product is computed before that is said."""
    shapes = (300, 2), (300, 300), (300, 300), (2, 300)
    net = hb.MLP([np.zeros((*batch, *shape)) for shape in shapes])
    data = np.zeros((20_000, 2)), np.zeros(20_000)
    monkeypatch.setattr(DeepProblem, "over", None)
    for method in ("auto", "lanczos"):
        text = message(ValueError, hb.extreme_eigenvalues, net, *data, method=method, certify=True)
        assert text.startswith("tr H² would take some ")


@pytest.mark.parametrize("name", DRAWN)
def test_each_block_in_both_ways(name):
    """Pairs of samples and columns of H agree, for each block, beyond one group of samples."""
    net, _, _, _ = solved(name)
    rng = np.random.default_rng(0)
    n = 2 * _blocks.TILE + 20
    X, y = rng.normal(size=(n, net.n_inputs)), labels(net.loss, rng, n, net.n_outputs, False)
    problem = _deep.DeepProblem.of(net, X, y, rng.uniform(size=n), "sum")
    H, layers = hb.hessian(net, X, y, sample_weight=problem.omega), layer_of_each(net)
    for col, row in _blocks.block_pairs(net):
        block = H[np.ix_(layers == row, layers == col)]
        expected = np.sum(block * block) * (1 if row == col else 2)
        for way in (_pairs.by_pairs, _columns.by_columns):
            found = way(problem, [(col, row)])
            assert_allclose(found, expected, rtol=1e-10, atol=1e-20 * np.sum(H * H))


@pytest.mark.parametrize(("sizes", "loss"), [((3, 9, 9, 2), "softmax"), ((2, 10, 1), "poisson")])
def test_factors_of_few_rows(sizes, loss):
    """In place of B, pairs of samples take its factor and diagonal where these have few rows."""
    rng = np.random.default_rng(0)
    net = network(rng, sizes, loss=loss)
    X, y = rng.normal(size=(150, sizes[0])), labels(loss, rng, 150, sizes[-1], False)
    problem, layer = _deep.DeepProblem.of(net, X, y, None, "sum"), len(sizes) - 3
    assert _blocks.by_factor(net, layer)
    assert not _blocks.by_factor(net, layer + 1)
    own = layer_of_each(net) == layer
    expected = np.sum(hb.hessian(net, X, y)[np.ix_(own, own)] ** 2)
    found = _pairs.by_pairs(problem, [(layer, layer)])
    assert_allclose(found, expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("loss", LOSSES[1:])
def test_one_hidden_layer_and_one_output(activation, loss):
    """Every number is that of ``Network``, with a penalty and a dataset too."""
    rng = np.random.default_rng(1)
    A, w = rng.normal(size=(4, 4)) / 2, rng.normal(size=5) / 2
    net = hb.Network(A, w, activation=activation, loss=loss)
    X, y, weight = rng.normal(size=(40, 3)), labels(loss, rng, 40, 1, True), rng.uniform(size=40)
    mlp, _ = as_mlp(net, loss)
    for l2 in (0.0, 0.2, hb.L2(0.1, 0.3, biases=True), hb.L2([0.1], 0.3)):
        own = {"reduction": "mean", "l2": l2}
        weighted = own | {"sample_weight": weight}
        data = hb.Dataset(X, y[:, 0], sample_weight=weight, loss=loss)
        for function in (hb.loss, hb.trace, hb.trace_squared):
            theirs = function(net, X, y[:, 0], **weighted)
            assert_allclose(function(mlp, X, y, **weighted), theirs, rtol=1e-10, atol=1e-14)
            assert_allclose(function(mlp, data, **own), theirs, rtol=1e-10, atol=1e-14)
        ours, theirs = hb.sharpness(mlp, data, **own), hb.sharpness(net, data, **own)
        for name in ("mean", "std", "largest_lower", "largest_upper", "smallest_lower"):
            size = theirs.frobenius_norm
            assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=0, atol=1e-9 * size)
        for name in ("trace_hidden", "trace_output", "theta_norm", "n_parameters"):
            assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-9, atol=1e-12)
        pair = [hb.extreme_eigenvalues(x, data, k=3, **own) for x in (mlp, net)]
        size = theirs.frobenius_norm
        assert_allclose(pair[0].largest, pair[1].largest, rtol=0, atol=1e-9 * size)
        assert_allclose(pair[0].smallest, pair[1].smallest, rtol=0, atol=1e-9 * size)
    assert_allclose(hb.logits(mlp, X)[:, 0], hb.logits(net, X), rtol=1e-12, atol=1e-13)
    hidden = hb.hidden_outputs(net, X)
    assert_allclose(hb.hidden_outputs(mlp, X), hidden, rtol=1e-12, atol=1e-14)


def test_samples_of_the_diagonal():
    """They add up, and one by one they are those of a single sample."""
    net, data, options, exact = solved("softmax-3")
    rows = hb.hessian_diagonal(net, *data, per_sample=True, **options)
    expected = np.diagonal(exact.hessians, axis1=1, axis2=2)
    same(rows, expected, np.abs(exact.hessians).max())


def test_repeated_eigenvalues():
    """Of a linear network, each as often as it is repeated."""
    rng = np.random.default_rng(2)
    net = network(rng, (9, 20, 3), "linear")
    X, y = rng.normal(size=(60, 9)), rng.integers(0, 3, 60)
    exact = np.linalg.eigvalsh(hb.hessian(net, X, y))
    found = hb.extreme_eigenvalues(net, X, y, k=6, method="lanczos")
    size = np.abs(exact).max()
    assert_allclose(found.largest, exact[::-1][:6], rtol=0, atol=1e-11 * size)
    assert_allclose(found.smallest, exact[:6], rtol=0, atol=1e-11 * size)


@pytest.mark.parametrize("power", [-900, -400, 300])
def test_squares_neither_vanish_nor_overflow(power):
    """Weights of any size leave the bounds their digits, where tr H² itself is out of reach."""
    net, data, _, _ = solved("softmax-2")
    weight, factor = np.arange(1.0, 6.0), 2.0**power
    plain = hb.sharpness(net, *data, sample_weight=weight)
    scaled = hb.sharpness(net, *data, sample_weight=weight * factor)
    for name in ("largest_lower", "largest_upper", "smallest_lower", "std", "frobenius_norm"):
        assert_allclose(getattr(scaled, name) / factor, getattr(plain, name), rtol=1e-12, atol=0)


@pytest.mark.parametrize("size", [1e4, 1e60, 1e100])
def test_saturated_units_with_large_weights(size):
    """H is 0, and what is scaled to find out does not overflow on the way."""
    rng = np.random.default_rng(0)
    weights = [size * rng.normal(size=shape) for shape in ((3, 2), (3, 3), (2, 3))]
    data = rng.normal(size=(5, 2)), [0, 1, 1, 0, 1]
    net = hb.MLP(weights, [np.ones(3), np.ones(3), [0, 0]], activation="tanh")
    assert not hb.hessian_diagonal(net, *data).any()
    s = hb.sharpness(net, *data)
    assert 0 <= s.largest_upper < 1e-100
    assert -1e-100 < s.smallest_lower <= 0
    single = hb.Network(np.c_[np.ones(3), weights[0]], size * rng.normal(size=4), activation="tanh")
    assert 0 <= hb.sharpness(single, *data).largest_upper < 1e-100


def test_threads_of_squares():
    """One and two agree, and the same number gives the same bits."""
    rng = np.random.default_rng(4)
    net = network(rng, (12, 24, 20, 3))
    X, y = rng.normal(size=(1500, 12)), rng.integers(0, 3, 1500)
    problem = _deep.DeepProblem.of(net, X, y, None, "sum")
    blocks = _blocks.block_pairs(net)

    def everything(threads):
        hb.set_threads(threads)
        try:
            return [way(problem, blocks) for way in (_pairs.by_pairs, _columns.by_columns)]
        finally:
            hb.set_threads(None)

    one, two = everything(1), everything(2)
    assert_allclose(one, two, rtol=1e-12, atol=0)
    assert_allclose(one[0], one[1], rtol=1e-11, atol=0)
    assert_array_equal(everything(2), two)


def test_what_takes_hours_is_refused():
    """Before any work, with an estimate, and what to use."""
    sizes = 2, 512, 512, 10
    weights = [np.full((b, a), 0.01) for a, b in itertools.pairwise(sizes)]
    X, y = np.full((60000, 2), 0.5), np.zeros(60000)
    text = message(ValueError, hb.sharpness, hb.MLP(weights), X, y)
    assert text.startswith("tr H² would take some ")
    assert text.endswith(
        "hours of a core for N = 60000 and layers of sizes (2, 512, 512, 10); use trace for tr H "
        "and extreme_eigenvalues, without certify=True, for the ends of the spectrum, or "
        "take fewer samples"
    )
    wide = replace(problem_of_one_sample(), net=WIDE)
    assert "GiB for each sample" in message(ValueError, _squares.require_feasible, wide)


class WIDE:
    """The sizes of a network that nobody would build for a test."""

    sizes, n_layers = (3, 40000, 40000, 2), 3
    parameters, weights = {"W1": 0}, [np.broadcast_to(0.0, (40000, 3))] * 3


def problem_of_one_sample():
    return _deep.DeepProblem.of(hb.MLP([[[1.0]], [[1.0], [2.0]]]), [[1.0]], [0], None, "sum")


def test_penalties_refused():
    """Numbers that fit no layers, and samples that have no penalty."""
    net, data, _, _ = solved("softmax-3")
    assert message(ValueError, hb.trace, net, *data, l2=hb.L2([0.1, 0.2], 0.1)) == (
        "l2.hidden must be one number, or one for each of net's 3 hidden layers, got (0.1, 0.2)"
    )
    single = hb.Network([[0.0, 1.0]], [0.0, 1.0], activation="tanh")
    assert message(ValueError, hb.trace, single, [[1.0]], [1], l2=hb.L2([0.1, 0.2], 0.1)) == (
        "l2.hidden must be one number, or one for each of net's 1 hidden layer, got (0.1, 0.2)"
    )
    assert message(ValueError, hb.L2, [], 0.1) == (
        "hidden must have a number for each hidden layer, got none"
    )
    assert message(ValueError, hb.L2, [0.1, -1.0], 0.1) == (
        "hidden[1] must be finite and at least 0, got -1.0"
    )
    for function in (hb.loss, hb.gradient, hb.trace, hb.hessian_diagonal):
        assert message(ValueError, function, net, *data, l2=0.1, per_sample=True) == (
            "l2 must be left out with per_sample=True: a penalty is no sample's"
        )


def test_penalty_of_sklearn():
    """alpha is what the classifier minimises, at any depth."""
    neural = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(60, 3)), rng.integers(0, 3, 60)
    clf = neural.MLPClassifier((4, 3), activation="tanh", alpha=0.5, solver="lbfgs")
    clf.set_params(max_iter=2000, random_state=0, tol=1e-3).fit(X, y)
    own = {"reduction": "mean", "l2": hb.l2_from_sklearn(clf, len(X))}
    assert_allclose(hb.loss(hb.MLP.from_sklearn(clf), X, y, **own), clf.loss_, rtol=1e-9, atol=0)


def run(*options):
    """Run the sub-command in this process."""
    return CliRunner().invoke(app, ["sharpness", *options], env={"COLUMNS": "100"})


def test_command_line(tmp_path, monkeypatch):
    """A file of either kind; classes in a column; what a table has no place for is refused."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(6)
    net = network(rng, (2, 3, 2, 3))
    net.save("net.npz")
    X, y = rng.normal(size=(5, 2)), np.array([0, 2, 1, 1, 0])
    rows = "".join(f"{a!r},{b!r},{c}\n" for (a, b), c in zip(X.tolist(), y, strict=True))
    (tmp_path / "table.csv").write_text("age,size,y\n" + rows)
    own = "--model", "net.npz", "--data", "table.csv", "--label", "y"
    result = run(*own, "--json", "--eigenvalues", "--l2", "0.1")
    assert (result.exit_code, result.stderr) == (0, "")
    s = hb.sharpness(net, X, y, l2=0.1)
    values = json.loads(result.stdout)
    assert values.pop("eigenvalues") == hb.extreme_eigenvalues(net, X, y, l2=0.1).to_dict()
    assert values == s.to_dict()
    shown = run(*own, "--l2", "0.1").stdout
    assert shown == f"{s}\n"
    assert "  layer 3" in shown
    assert "tr H_AA" not in shown

    (tmp_path / "table.csv").write_text("age,size,y\n" + rows + "1,1,3\n")
    result = run(*own)
    assert result.exit_code == 2
    assert "a label must be a class, 0 to 2, got '3'" in result.stderr
    network(rng, (2, 3, 3), loss="poisson").save("net.npz")
    result = run(*own)
    assert result.exit_code == 2
    assert "net.npz has 3 outputs with the loss 'poisson', which needs as many" in result.stderr

"""A batch of MLPs is its networks, bit by bit, and behaves as a batch of Network does."""

import copy
import itertools
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import hessbound as hb
from hessbound.depth import _deep


def batch(*shape, sizes=(3, 4, 2, 3), **options):
    """Return networks with biases in all layers but the second."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(*shape, b, a)) for a, b in itertools.pairwise(sizes)]
    biases = [rng.normal(size=W.shape[:-1]) for W in weights]
    biases[1] = None
    options = {"activation": ["tanh", "gelu"], "frozen": ["W2", "b3"]} | options
    return hb.MLP(weights, biases, **options)


RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(9, 3)), RNG.integers(0, 3, 9)
WAY = {"learning_rate": 0.1, "tolerance": 0.9, "max_steps": 30}
PLAIN = {
    "loss": hb.loss,
    "gradient": hb.gradient,
    "loss_and_gradient": hb.loss_and_gradient,
    "hessian": hb.hessian,
    "hessian_diagonal": hb.hessian_diagonal,
    "trace": hb.trace,
    "trace_gradient": hb.trace_gradient,
    "trace_squared": hb.trace_squared,
    "trace by layer": lambda *x, **o: hb.trace(*x, **o, per_layer=True),
    "trace by part": lambda *x, **o: hb.trace(*x, **o, per_layer=True, per_part=True),
    "sharpness": lambda *x, **o: _fields(hb.sharpness(*x, **o)),
    "Lanczos": lambda *x, **o: _fields(
        hb.extreme_eigenvalues(*x, **o, k=2, method="lanczos", certify=True, vectors=True)
    ),
    "a block": lambda *x, **o: _fields(hb.extreme_eigenvalues(*x, **o, block=1)),
    "dense": lambda *x, **o: _fields(hb.extreme_eigenvalues(*x, **o, method="dense")),
    "gradient_descent": lambda *x, **o: _end(hb.gradient_descent(*x, **o, **WAY)),
}
OF_SAMPLES = {
    name: lambda *x, f=f, **o: f(*x, **o, per_sample=True)
    for name, f in (
        ("loss", hb.loss),
        ("gradient", hb.gradient),
        ("trace", hb.trace),
        ("diagonal", hb.hessian_diagonal),
    )
}
OF_INPUTS = {
    "logits": hb.logits,
    "hidden_outputs": hb.hidden_outputs,
    "predict_proba": lambda net, X: net.predict_proba(X),
}


def _fields(found):
    numbers = {
        name: x for name, x in vars(found).items() if isinstance(x, np.ndarray | float | int)
    }
    return {
        name: x for name, x in numbers.items() if name not in ("tolerance", "n_parameters", "block")
    }


def _end(end):
    return end.net.theta, end.steps, end.gradient_norm, end.converged


def same(found, singles, shape):
    """Compare every number of a batch with those of its networks."""
    if isinstance(found, tuple):
        for own, theirs in zip(found, zip(*singles, strict=True), strict=True):
            same(own, theirs, shape)
    elif isinstance(found, dict):
        assert found
        for name, own in found.items():
            same(own, [row[name] for row in singles], shape)
    else:
        assert isinstance(found, np.ndarray)
        assert_array_equal(found, np.reshape(singles, (*shape, *np.shape(singles[0]))))


def singles(nets):
    """Make each network anew, of arrays of its own."""
    for place in np.ndindex(nets.batch_shape):
        own = [[None if x is None else x[place] for x in xs] for xs in (nets.weights, nets.biases)]
        yield hb.MLP(*own, activation=nets.activation, loss=nets.loss, frozen=nets.frozen)


@pytest.mark.parametrize("name", PLAIN)
def test_numbers_of_a_batch(name):
    """With weights, a penalty and frozen layers; so is the mean of rows of labels."""
    call, nets = PLAIN[name], batch(2, 2)
    options = {"sample_weight": np.arange(9.0), "l2": hb.L2((0.1, 0.2), 0.3)}
    found = call(nets, X, Y, **options, reduction="mean")
    rows = [call(net, X, Y, **options, reduction="mean") for net in singles(nets)]
    same(found, rows, (2, 2))


@pytest.mark.parametrize("name", PLAIN)
def test_numbers_of_a_dataset(name):
    """A batch takes one, too."""
    nets, data = batch(2), hb.Dataset(X, Y, loss="softmax")
    same(PLAIN[name](nets, data), [PLAIN[name](net, data) for net in singles(nets)], (2,))


@pytest.fixture
def by_three(monkeypatch):
    """Take three small networks at a time, so that the last ones are fewer; note how many."""
    taken, sums = [], _deep.sums

    def noted(problem, *blocks):
        taken.append(problem.net.batch_shape)
        return sums(problem, *blocks)

    own = _deep.DeepProblem.group.fget
    three = property(lambda problem: min(own(problem), 3))
    monkeypatch.setattr(_deep.DeepProblem, "group", three)
    monkeypatch.setattr(_deep, "sums", noted)
    return taken


@pytest.mark.parametrize(
    ("sizes", "N", "options"),
    [
        ((1, 1, 1), 2, {"loss": "cross_entropy"}),
        ((2, 8, 8, 1), 100, {"loss": "cross_entropy"}),
        ((3, 1, 5, 9), 7, {}),
        ((5, 16, 3, 2), 33, {}),
        ((2, 3, 1, 10), 1026, {"frozen": ["W1"]}),
        ((1, 9, 1, 9), 8, {"loss": "poisson", "frozen": ["b1", "W3"]}),
    ],
)
def test_networks_that_share_steps(by_three, sizes, N, options):
    """They have the bits of each alone, and stop by themselves, some earlier than others."""
    shared = {"activation": "tanh", "frozen": (), "loss": "softmax"} | options
    nets, rng = batch(5, sizes=sizes, **shared), np.random.default_rng(2)
    nets = nets.with_theta(0.4 * nets.theta)
    X, K = rng.normal(size=(N, sizes[0])), sizes[-1]
    y = rng.integers(0, K, N) if nets.loss == "softmax" else rng.integers(0, 2, (N, K))
    own = {"sample_weight": np.arange(N) % 3, "reduction": "mean", "l2": 0.01}
    lengths = np.sort(np.linalg.norm(hb.gradient(nets, X, y, **own), axis=-1))
    assert by_three == [(3,), (2,)]
    way = {"learning_rate": 0.05, "max_steps": 6, "tolerance": lengths[1:3].mean()}
    for call in (
        lambda net: (hb.loss(net, X, y, **own), *hb.loss_and_gradient(net, X, y, **own)),
        lambda net: hb.loss(net, X, y, per_sample=True),
        lambda net: _end(hb.gradient_descent(net, X, y, **own, **way)),
    ):
        same(call(nets), [call(net) for net in singles(nets)], (5,))
    steps = hb.gradient_descent(nets, X, y, **own, **way).steps
    assert steps.min() == 0 < steps.max()


@pytest.mark.parametrize("N", [1, 1025])
def test_single_samples_share_no_steps(by_three, N):
    """NumPy adds up a column of nine outputs, alone in its block, in another order."""
    nets, rng = batch(4, sizes=(2, 3, 1, 9)), np.random.default_rng(3)
    X, y = rng.normal(size=(N, 2)), rng.integers(0, 9, N)
    found = hb.loss_and_gradient(nets, X, y)
    assert by_three == [()] * 4
    same(found, [hb.loss_and_gradient(net, X, y) for net in singles(nets)], (4,))


@pytest.mark.parametrize("name", OF_SAMPLES)
def test_numbers_of_each_sample(name):
    """They have the batch's axes in front, too."""
    nets = batch(3, loss="squared_error")
    rows = [OF_SAMPLES[name](net, X, X) for net in singles(nets)]
    same(OF_SAMPLES[name](nets, X, X), rows, (3,))


@pytest.mark.parametrize("name", OF_INPUTS)
@pytest.mark.parametrize(
    "options",
    [{}, {"loss": "cross_entropy"}, {"sizes": (3, 4, 2, 1), "loss": "cross_entropy"}],
    ids=["softmax", "labels", "binary"],
)
def test_outputs(name, options):
    """Of softmax, of several labels, and of one."""
    nets = batch(3, **options)
    same(OF_INPUTS[name](nets, X), [OF_INPUTS[name](net, X) for net in singles(nets)], (3,))


def test_parts():
    """Indices, iteration and length are those of a batch of Network."""
    nets = batch(4, 3, feature_names=["a", "b", "c"])
    like = hb.Network(nets.weights[0], np.zeros((4, 3, 5)), activation="tanh")
    assert (len(nets), nets.batch_shape) == (4, (4, 3))
    for index in (0, -1, (1, 2), slice(1, 3), (slice(None), 0), [2, 0], (..., 1), np.int64(1)):
        part = nets[index]
        assert part.batch_shape == like[index].batch_shape
        assert_array_equal(part.weights[0], like[index].A)
        assert part.biases[1] is None
        assert (part.frozen, part.feature_names) == (nets.frozen, nets.feature_names)
        assert not part.weights[2].flags.writeable
    assert nets[1][2] == nets[1, 2]
    assert list(singles(batch(4, 3)))[5] == batch(4, 3)[1, 2]
    assert [net.batch_shape for net in nets] == [(3,)] * 4
    assert batch(0) and batch()  # noqa: PT018  both are something
    for call in (len, iter, lambda net: net[0]):
        with pytest.raises(TypeError) as caught:
            list(call(batch()))
        with pytest.raises(TypeError) as expected:
            list(call(like[0, 0]))
        assert str(caught.value) == str(expected.value)
    with pytest.raises(IndexError):
        nets[4]


def test_theta_of_a_batch():
    """Its rows are those of the networks, and make them again."""
    nets = batch(2, 3, frozen=())
    assert nets.theta.shape == (2, 3, nets.n_parameters)
    assert_array_equal(nets.theta[1, 2], nets[1, 2].theta)
    assert nets[0, 0].with_theta(nets.theta) == nets
    assert nets.with_theta(nets.theta[0, 1]) == nets[0, 1]
    assert nets.sizes == nets[0, 0].sizes == (3, 4, 2, 3)
    text = "MLP(sizes=(3, 4, 2, 3), activation=('tanh', 'gelu'), loss='softmax', n_parameters=33"
    assert repr(nets[0, 0]) == f"{text})"
    assert repr(nets) == f"{text}, batch_shape=(2, 3))"


def test_what_is_frozen_is_that_of_each_network():
    """A batch keeps its axes; a single network spreads it over a new batch."""
    nets = batch(2)
    again = nets.with_theta(nets.theta + 1.0)
    assert_array_equal(again.weights[1], nets.weights[1])
    many = nets[0].with_theta(np.zeros((5, nets.n_parameters)))
    assert_array_equal(many.weights[1], np.stack([nets[0].weights[1]] * 5))
    with pytest.raises(ValueError, match=r"theta must have shape") as caught:
        nets.with_theta(nets.theta[0])
    P = nets.n_parameters
    assert str(caught.value) == (
        f"theta must have shape (..., P) = (2, {P}) to fit W2, which is frozen, got ({P},)"
    )


@pytest.mark.parametrize("shape", [(4,), (2, 3), (0,)])
def test_files_and_copies(tmp_path, shape):
    """They keep the axes."""
    nets = batch(*shape)
    nets.save(tmp_path / "net")
    for again in (hb.MLP.load(tmp_path / "net"), copy.copy(nets), pickle.loads(pickle.dumps(nets))):
        assert again == nets
        assert again.batch_shape == shape
        assert not again.weights[0].flags.writeable
    assert nets != batch(*shape, frozen=())
    assert batch(2) != batch(2)[0]


@pytest.mark.parametrize("name", ["loss_and_gradient", "sharpness", "gradient_descent"])
def test_no_networks(name):
    """Nothing of them has the shape that it has of some."""
    call = PLAIN[name]
    found, like = call(batch(2, 0), X, Y), call(batch(2, 1), X, Y)
    shapes = [np.shape(x) for x in (found.values() if isinstance(found, dict) else found)]
    others = [np.shape(x) for x in (like.values() if isinstance(like, dict) else like)]
    assert shapes == [(2, 0, *x[2:]) for x in others]


def test_tables_of_a_batch():
    """They have the ranges, also of the traces of layers."""
    s = hb.sharpness(batch(3), X, Y)
    text = str(s)
    assert "parameters, batch of shape (3,)" in text
    assert "  layer 3" in text
    assert f"{s.trace_per_layer[:, 0].max():.6g}" in text
    assert "<table>" in s._repr_html_()
    assert "batch of shape (3,)" in str(hb.extreme_eigenvalues(batch(3), X, Y))


BAD = {
    "leading axes": (
        {"weights": [np.ones((2, 3, 4)), np.ones((3, 2, 3))]},
        "weights[1] must have the leading axes of weights[0], (2,), got shape (3, 2, 3)",
    ),
    "no units": (
        {"weights": [np.ones((2, 0, 4)), np.ones((2, 2, 3))]},
        "weights[0] must have shape (..., outputs, inputs) with outputs >= 1 and inputs >= 1, "
        "got (2, 0, 4)",
    ),
    "one bias for all": (
        {"biases": [np.ones(3), None]},
        "biases[0] must have shape (..., outputs) = (2, 3) to fit weights[0], got (3,)",
    ),
}


@pytest.mark.parametrize("bad", BAD)
def test_batches_refused(bad):
    """Layers have the same leading axes."""
    changed, expected = BAD[bad]
    arguments = {"weights": [np.ones((2, 3, 4)), np.ones((2, 2, 3))]} | changed
    with pytest.raises(ValueError, match=r"must have") as caught:
        hb.MLP(**arguments)
    assert str(caught.value) == expected


@pytest.mark.parametrize("function", [hb.hessian_operator, hb.gauss_newton_operator])
def test_operators_are_of_one_network(function):
    """A batch has no product; the words are those for a batch of Network."""
    with pytest.raises(ValueError, match=r"got a batch of shape \(2,\); take one with net\[i\]"):
        function(batch(2), X, Y)


@pytest.mark.parametrize("options", [{"method": "dense"}, {"method": "lanczos"}, {}])
@pytest.mark.parametrize("kind", ["MLP", "Network"])
def test_errors_of_eigenvalues_name_the_network(kind, options):
    """Of either kind, of overflow and of Lanczos that has not converged."""
    if kind == "MLP":
        net = hb.MLP([np.ones((3, 2)), np.ones((1, 3))], loss="poisson", activation="linear")
    else:
        net = hb.Network(np.ones((2, 3)), np.ones(3), activation="linear", loss="poisson")
    nets = net.with_theta(np.stack([net.theta, net.theta * 1e4]))
    data = np.ones((4, 2)), np.ones(4)
    with pytest.raises(ValueError, match="overflows float64") as caught:
        hb.extreme_eigenvalues(nets, *data, **options)
    assert caught.value.__notes__ == ["This is of net[1]."]
    if options == {"method": "lanczos"}:
        nets = net.with_theta(np.stack([net.theta * 0.1] * 2)[None])
        with pytest.raises(RuntimeError, match="has not converged") as caught:
            hb.extreme_eigenvalues(nets, *data, max_products=1, **options)
        assert caught.value.__notes__ == ["This is of net[0, 0]."]


@pytest.mark.parametrize("options", [{"block": 1}, {"certify": True}, {"k": 2, "vectors": True}])
def test_eigenvalues_of_an_empty_batch(options):
    """The method is chosen without a network."""
    net = batch(2)
    found = hb.extreme_eigenvalues(net[:0], X, Y, **options)
    alike = hb.extreme_eigenvalues(net, X, Y, **options)
    assert found.method == alike.method
    assert found.largest.shape == (0, *alike.largest.shape[1:])


def test_an_error_names_the_network():
    """What one of them cannot is said of it, in a note."""
    nets = batch(2, 2, activation="linear", loss="squared_error")
    theta = nets.theta
    theta[1, 0] = 1e200
    with pytest.raises(ValueError, match="overflows float64") as caught:
        hb.loss(nets.with_theta(theta), X, X)
    assert caught.value.__notes__ == ["This is of net[1, 0]."]


@pytest.mark.parametrize(("sizes", "place"), [((1.0, 1e3, 1e100), 1), ((1.0, 1.0, 1e100), 2)])
def test_a_descent_that_overflows_names_the_network(sizes, place):
    """The first one in order, whatever others of its group do before it."""
    nets = batch(2, 3, activation="linear", loss="squared_error")
    theta = nets.theta
    theta[1] = theta[1, 0] * np.array(sizes)[:, None]
    way = {"learning_rate": 1e-3, "max_steps": 50, "reduction": "mean"}
    with pytest.raises(ValueError, match="a network on its way overflows") as caught:
        hb.gradient_descent(nets.with_theta(theta), X, X, **way)
    assert caught.value.__notes__ == [f"This is of net[1, {place}]."]

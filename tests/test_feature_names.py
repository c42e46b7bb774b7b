"""Columns of a table are inputs by their names, and in their order, where both sides have names."""

import pickle
import warnings

import numpy as np
import pytest

import hessbound as hb

pandas = pytest.importorskip("pandas")

NAMES = ("age", "size", "weight")
Y = np.array([0.0, 1.0, 1.0, 0.0])
FUNCTIONS = (
    hb.loss,
    hb.gradient,
    hb.loss_and_gradient,
    hb.hessian,
    hb.hessian_diagonal,
    hb.hessian_operator,
    hb.gauss_newton_operator,
    hb.trace,
    hb.trace_gradient,
    hb.trace_squared,
    hb.sharpness,
    hb.sharpness_gradient,
    hb.extreme_eigenvalues,
    lambda net, X, y: hb.gradient_descent(net, X, y, learning_rate=0.1, max_steps=1),
    lambda net, X, y: hb.hidden_outputs(net, X),
    lambda net, X, y: hb.logits(net, X),
    lambda net, X, y: net.predict_proba(X),
)


def network(names=NAMES):
    rng = np.random.default_rng(0)
    return hb.Network(
        rng.normal(size=(2, 4)), rng.normal(size=3), activation="tanh", feature_names=names
    )


def frame(*names):
    return pandas.DataFrame(np.random.default_rng(1).normal(size=(4, len(names))), columns=names)


def refusal(function, *arguments):
    with pytest.raises(ValueError) as info:  # noqa: PT011  the caller compares the message
        function(*arguments)
    return str(info.value)


BAD = {
    ("size", "age", "weight"): "the features of net in the same order: column 1 must be 'age', "
    "got 'size'",
    ("age", "size", "mass"): "the features of net: missing 'weight', unknown 'mass'",
    ("age", "size"): "the features of net: missing 'weight'",
    ("age", "size", "weight", "y"): "the features of net: unknown 'y'",
    ("age", "size", "weight", "age"): "the features of net in the same order: 3 of them, got 4",
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_other_features_are_an_error(function):
    """Everything that takes inputs compares their names, and says which differ."""
    for names, text in BAD.items():
        assert refusal(function, network(), frame(*names), Y) == f"X must have {text}"


def test_a_dataset_has_names():
    """It keeps those of its table, which are compared when a network meets it, pickled or not."""
    good, bad = hb.Dataset(frame(*NAMES), Y), hb.Dataset(frame(*NAMES[::-1]), Y)
    assert good.feature_names == NAMES
    assert hb.loss(network(), good) == hb.loss(network(None), frame(*NAMES), Y)
    for data in (bad, pickle.loads(pickle.dumps(bad))):
        assert refusal(hb.loss, network(), data) == (
            "data must have the features of net in the same order: column 1 must be 'age', "
            "got 'weight'"
        )
    assert hb.Dataset(frame(*NAMES).to_numpy(), Y).feature_names is None


def test_without_names_nothing_is_compared():
    """Arrays, unnamed columns and networks without names are taken as they come."""
    X = frame(*NAMES)
    expected = hb.loss(network(), X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hb.loss(network(), X.to_numpy(), Y) == expected
        assert hb.loss(network(), X.set_axis([0, 1, 2], axis=1), Y) == expected
        assert hb.loss(network(None), X[list(NAMES[::-1])], Y) != expected


def test_names_stay_with_a_network(tmp_path):
    """Whatever becomes of its numbers; two networks with other names are not equal."""
    net, path = network(), tmp_path / "net.npz"
    net.save(path)
    assert hb.Network.load(path) == net != network(None)
    assert hb.Network.load(path).feature_names == NAMES
    end = hb.gradient_descent(net, frame(*NAMES), Y, learning_rate=0.1, max_steps=3).net
    batch = net.with_theta(np.stack([net.theta] * 2))
    for other in (pickle.loads(pickle.dumps(net)), net.with_theta(net.theta), end, batch, batch[0]):
        assert other.feature_names == NAMES


@pytest.mark.parametrize("names", [("a", "b"), ("a", "b", 3), "abc", range(3)])
def test_bad_names(names):
    """There is a string for each input."""
    text = refusal(network, names)
    assert text.startswith("feature_names must be n_inputs = 3 strings, got ")


def test_mixed_names():
    """A frame whose columns are named by strings and numbers is refused, as by scikit-learn."""
    X = frame(*NAMES).set_axis(["age", 1, "weight"], axis=1)
    with pytest.raises(TypeError, match=r"named by strings, or none of them, got 1 \(int\)"):
        hb.loss(network(), X, Y)


def test_a_classifier_of_a_data_frame():
    """from_sklearn keeps the names; then another order is an error and no other loss."""
    neural_network = pytest.importorskip("sklearn.neural_network")
    X = frame(*NAMES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf = neural_network.MLPClassifier(2, activation="tanh", max_iter=5).fit(X, Y)
        bare = neural_network.MLPClassifier(2, activation="tanh", max_iter=5).fit(X.to_numpy(), Y)
    net = hb.from_sklearn(clf)
    assert net.feature_names == NAMES
    assert hb.from_sklearn(bare).feature_names is None
    np.testing.assert_allclose(net.predict_proba(X), clf.predict_proba(X), rtol=1e-12, atol=0)
    refusal(hb.loss, net, X[list(NAMES[::-1])], Y)


def test_many_names_are_not_all_listed():
    """A message stays a line."""
    names = [f"pixel {n}" for n in range(784)]
    net = hb.Network(np.ones((1, 785)), np.ones(2), activation="tanh", feature_names=names)
    text = refusal(hb.loss, net, frame(*map(str, range(784))), Y)
    assert "'pixel 4' and 779 more, unknown '0'" in text
    assert len(text) < 200


TABLES = {
    "dummies": lambda: pandas.get_dummies(
        pandas.DataFrame({"a": [1.5, 2, 3, 4], "b": list("xyxy")})
    ),
    "nullable": lambda: pandas.DataFrame(
        {"a": [1, 2, 3, 4], "b": [True, False] * 2}, dtype="Int64"
    ),
    "mixed": lambda: pandas.DataFrame({"a": [1.5, 2, 3, 4], "b": [True, False] * 2, "c": range(4)}),
    "objects": lambda: pandas.DataFrame([[1, 2.5], [True, np.float32(1)]] * 2, dtype=object),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_tables_that_hold_numbers(table):
    """Columns of several types are objects to NumPy; what they hold is numbers all the same."""
    X = table()
    plain = np.array([[float(x) for x in row] for row in X.itertuples(index=False)])
    net = hb.Network(np.ones((1, X.shape[1] + 1)) / 9, np.ones(2), activation="tanh")
    assert hb.loss(net, X, Y) == hb.loss(net, plain, Y)


def test_tables_that_hold_more_than_numbers():
    """The first cell that is no number is named by its column."""
    X = pandas.DataFrame({"age": [1.0, 2, 3, 4], "town": ["here", "there", "here", "there"]})
    net = hb.Network(np.ones((1, 3)), np.ones(2), activation="tanh")
    with pytest.raises(TypeError) as info:
        hb.loss(net, X, Y)
    assert str(info.value) == "X must hold real numbers, got 'here' (str) at column 'town', row 0"
    gaps = pandas.DataFrame({"age": [1, None, 3, 4], "b": [True, False] * 2}, dtype="Int64")
    with pytest.raises(TypeError, match=r"got <NA> \(NAType\) at column 'age', row 1"):
        hb.loss(net, gaps, Y)

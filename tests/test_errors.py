"""Bad input is refused before any work, in words that name argument, rule and what came."""

import re

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_array_equal

import hessbound as hb
from hessbound.engine import _memory

ANY = hb.activations()[0]
NET = hb.Network(np.ones((2, 5)), np.ones(3), activation=ANY)
X, Y = np.ones((7, 4)), np.ones(7)


def descend(net, X, y, **options):
    """Two steps of gradient descent."""
    return hb.gradient_descent(net, X, y, learning_rate=0.1, max_steps=2, **options)


FUNCTIONS = (
    hb.loss,
    hb.gradient,
    hb.loss_and_gradient,
    descend,
    hb.hessian,
    hb.trace,
    hb.trace_squared,
    hb.hessian_diagonal,
    hb.extreme_eigenvalues,
    hb.sharpness_gradient,
    hb.hessian_operator,
    hb.gauss_newton_operator,
    hb.sharpness,
)
OWN = "hessbound.load_formulas makes formulas of your own known"
KNOWN = ", ".join(repr(name) for name in hb.activations())
WITH_NAN = np.where(np.arange(28).reshape(7, 4) == 13, np.nan, 1.0)
WITH_INF = np.where(np.arange(7) == 2, np.inf, 1.0)
NUMBERED = "; number the classes, as of a scikit-learn model numpy.searchsorted(clf.classes_, y)"
RULE = "must hold real numbers (float64, float32, integers or bools)"


def message(error, call, *args, **options):
    """Return the message with which a call is refused."""
    with pytest.raises(error) as info:
        call(*args, **options)
    assert info.value.__cause__ is None
    return str(info.value)


BAD_SAMPLES = {
    "X has a column too few": (
        ValueError,
        {"X": np.ones((7, 3))},
        "X must have shape (N, d) with d = net.n_inputs = 4, got (7, 3)",
    ),
    "X has the ones": (
        ValueError,
        {"X": np.ones((7, 5))},
        "X must have shape (N, d) with d = net.n_inputs = 4, got (7, 5); "
        "leave out the column of ones",
    ),
    "X is a vector": (
        ValueError,
        {"X": np.ones(4)},
        "X must have shape (N, d) with d = net.n_inputs = 4, got (4,); "
        "one sample per row, also for d = 1 or N = 1",
    ),
    "X is empty": (
        ValueError,
        {"X": np.ones((0, 4)), "y": []},
        "X must hold at least one sample, got shape (0, 4)",
    ),
    "X has NaN": (ValueError, {"X": WITH_NAN}, "X must be finite, got nan at index (3, 1)"),
    "X is complex": (
        TypeError,
        {"X": X + 0j},
        f"X {RULE}, got dtype complex128 from ndarray",
    ),
    "X holds objects": (
        TypeError,
        {"X": np.array([[1.0, "2", 3, 4]] * 7, dtype=object)},
        "X must hold real numbers, got '2' (str) at index (0, 1)",
    ),
    "X holds gaps": (
        TypeError,
        {"X": np.array([[1.0, 2, None, 4]] * 7, dtype=object)},
        "X must hold real numbers, got None (NoneType) at index (0, 2)",
    ),
    "X holds integers beyond float64": (
        ValueError,
        {"X": np.array([[1.0, 2, 10**400, 4]] * 7, dtype=object)},
        "X must be finite, but holds an integer that float64 cannot hold",
    ),
    "X is sparse": (
        TypeError,
        {"X": scipy.sparse.csr_array(X)},
        "X must be a dense array, got csr_array; use X.toarray()",
    ),
    "X holds text": (
        TypeError,
        {"X": [["1", "2", "3", "4"]]},
        f"X {RULE}, got dtype <U1 from list",
    ),
    "X holds dates": (
        TypeError,
        {"X": X.astype("datetime64[s]")},
        f"X {RULE}, got dtype datetime64[s] from ndarray",
    ),
    "X is None": (TypeError, {"X": None}, f"X {RULE}, got dtype object from NoneType"),
    "X is masked": (
        TypeError,
        {"X": np.ma.masked_equal(X, 1)},
        "X must not be a masked array: fill or drop its masked entries first",
    ),
    "y is too short": (
        ValueError,
        {"y": np.ones(5)},
        "y must have shape (N,) with N = 7, the number of rows of X, got (5,)",
    ),
    "y is a column": (
        ValueError,
        {"y": np.ones((7, 1))},
        "y must have shape (N,) with N = 7, the number of rows of X, got (7, 1); use y.ravel()",
    ),
    "y is a number": (
        ValueError,
        {"y": 1.0},
        "y must have shape (N,) with N = 7, the number of rows of X, got ()",
    ),
    "y is above one": (
        ValueError,
        {"y": [0, 1, 0, 2, 1, 0, 3]},
        "y must lie in [0, 1], got 2.0 at index 3; classes 0 to K - 1 are for loss='softmax' and a "
        "hessbound.MLP of K outputs",
    ),
    "y is below zero": (
        ValueError,
        {"y": [0, 1, 0, -1e-9, 1, 0, 3]},
        "y must lie in [0, 1], got -1e-09 at index 3",
    ),
    "y has signs": (
        ValueError,
        {"y": [1, -1, 1, 1, -1, -1, 1]},
        "y must lie in [0, 1], got -1.0 at index 1; for labels -1 and 1 use y == 1",
    ),
    "y counts from one": (
        ValueError,
        {"y": [1, 2, 1, 1, 2, 2, 1]},
        "y must lie in [0, 1], got 2.0 at index 1; for labels 1 and 2 use y == 2",
    ),
    "y has infinity": (ValueError, {"y": WITH_INF}, "y must be finite, got inf at index 2"),
    "y holds text": (
        TypeError,
        {"y": ["a"] * 7},
        f"y {RULE}, got dtype <U1 from list{NUMBERED}",
    ),
    "y holds objects that are text": (
        TypeError,
        {"y": np.array([0, 1, "a", 0, 0, 0, 0], object)},
        f"y must hold real numbers, got 'a' (str) at index 2{NUMBERED}",
    ),
    "weights are too few": (
        ValueError,
        {"sample_weight": np.ones(6)},
        "sample_weight must have shape (N,) with N = 7, the number of rows of X, got (6,)",
    ),
    "a weight is negative": (
        ValueError,
        {"sample_weight": [1, 1, 1, 1, 1, -2, 1]},
        "sample_weight must not be negative, got -2.0 at index 5",
    ),
    "all weights are zero": (
        ValueError,
        {"sample_weight": np.zeros(7)},
        "sample_weight must have a positive and finite sum, got 0.0",
    ),
    "weights overflow": (
        ValueError,
        {"sample_weight": np.full(7, 1e308)},
        "sample_weight must have a positive and finite sum, got inf",
    ),
    "a weight is infinite": (
        ValueError,
        {"sample_weight": WITH_INF},
        "sample_weight must be finite, got inf at index 2",
    ),
    "reduction": (
        ValueError,
        {"reduction": "avg"},
        "reduction must be 'sum' or 'mean', got 'avg'",
    ),
    "reduction is None": (
        ValueError,
        {"reduction": None},
        "reduction must be 'sum' or 'mean', got None",
    ),
    "net is a dict": (TypeError, {"net": {}}, "net must be a hessbound.Network or MLP, got dict"),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("bad", BAD_SAMPLES)
def test_samples(function, bad):
    """Every public function refuses bad samples, weights and reductions in the same words."""
    error, changed, expected = BAD_SAMPLES[bad]
    arguments = {"net": NET, "X": X, "y": Y} | changed
    assert message(error, function, **arguments) == expected


def test_ragged_rows():
    """Rows of different lengths are no array; NumPy's reason is passed on."""
    text = message(TypeError, hb.loss, NET, [[1.0] * 4, [1.0] * 3], [0, 1])
    assert text.startswith("X must be an array of numbers, got list (")


def test_scikit_learn_model_gets_a_hint():
    """A classifier in place of a network is told of from_sklearn."""

    class MLPClassifier:
        coefs_ = ()

    assert message(TypeError, hb.loss, MLPClassifier(), X, Y) == (
        "net must be a hessbound.Network or MLP, got MLPClassifier; convert it with "
        "hessbound.from_sklearn or MLP.from_sklearn"
    )


@pytest.mark.parametrize("function", FUNCTIONS[:-3] + FUNCTIONS[-1:])
def test_overflow_is_an_error(function):
    """A result that float64 cannot hold is refused by name, never returned as inf or NaN."""
    net = hb.Network([[1.0, 0.0]], [1e200, 1e200], activation=ANY)
    weight = {"sample_weight": [1e200, 1e200]}
    text = message(ValueError, function, net, [[1e200], [-1e200]], [0, 0], **weight)
    named = r"^(tr H|the \w+|a network on its way).* overflows float64 for this net and data: got "
    assert re.search(named, text)
    rate = "lower learning_rate, or " if text.startswith("a network on its way") else ""
    assert text.endswith(f"from finite input; {rate}scale down X, the parameters or sample_weight")


@pytest.mark.parametrize(
    ("function", "name"),
    [(hb.hessian_operator, "the Hessian"), (hb.gauss_newton_operator, "the Gauss-Newton matrix")],
)
def test_overflow_of_a_product(function, name):
    """The operators refuse to return infinity too."""
    operator = function(NET, X * 1e3, Y * 0)
    text = message(ValueError, operator.matvec, np.full(NET.n_parameters, 1e308))
    assert text.startswith(f"the product with {name} overflows float64")


def test_operator_refuses_bad_vectors():
    """A NaN in the vector is named."""
    operator = hb.hessian_operator(NET, X, Y)
    text = message(ValueError, operator.matvec, np.full(NET.n_parameters, np.nan))
    assert text == "z must be finite, got nan at index 0"


@pytest.mark.parametrize("function", [hb.hessian_operator, hb.gauss_newton_operator])
def test_operator_refuses_a_batch(function):
    """An operator is a single matrix."""
    net = hb.Network(np.ones((3, 2, 5)), np.ones((3, 3)), activation=ANY)
    assert message(ValueError, function, net, X, Y) == (
        "net must be a single network, got a batch of shape (3,); take one with net[i]"
    )


def test_dense_hessian_has_a_limit():
    """A Hessian beyond 2 GiB is refused, with what to use instead."""
    assert _memory.LIMIT_BYTES == 2 * 2**30
    net = hb.Network(np.ones((200, 101)), np.ones(201), activation=ANY)
    assert message(ValueError, hb.hessian, net, np.ones((1, 100)), [1.0]) == (
        "hessian builds at most 2 GiB, but P = 20401 needs 3.1 GiB; "
        "use hessian_diagonal for its diagonal, hessian_operator for products and eigenvalues, "
        "or sharpness for traces and bounds"
    )
    batch = hb.Network(np.ones((1000, 30, 20)), np.ones((1000, 31)), activation=ANY)
    assert message(ValueError, hb.hessian, batch, np.ones((1, 19)), [1.0]).startswith(
        "hessian builds at most 2 GiB, but P = 631 and a batch of 1000 needs 2.97 GiB; "
    )


FLAGS = {
    hb.loss: ["per_sample"],
    hb.gradient: ["per_sample"],
    hb.hessian_diagonal: ["per_sample"],
    hb.trace: ["per_sample", "per_layer", "per_part"],
    hb.extreme_eigenvalues: ["vectors", "certify"],
}


@pytest.mark.parametrize("value", [1, "yes", 0.0, [True]])
@pytest.mark.parametrize("net", [NET, hb.MLP([np.ones((2, 4)), np.ones((1, 2))], loss="probit")])
def test_true_or_false(net, value):
    """What switches something on is a bool; a count is none."""
    for function, names in FLAGS.items():
        for name in names:
            text = message(TypeError, function, net, X, Y, **{name: value})
            assert text == f"{name} must be True or False, got {value!r}"
    assert hb.loss(net, X, Y, per_sample=np.bool_(True)).shape == Y.shape
    text = message(TypeError, hb.extreme_eigenvalues, net, X, Y, k=True)
    assert text == "k must be an integer, got True"
    assert message(TypeError, hb.set_threads, True) == "count must be an integer, got True"


@pytest.mark.parametrize("function", [hb.loss, hb.gradient, hb.hessian_diagonal, hb.trace])
@pytest.mark.parametrize("given", ["arrays", "a Dataset"])
def test_results_of_each_sample_have_a_limit(function, given, monkeypatch):
    """Of either kind, for each network of a batch, and before any work."""
    monkeypatch.setattr(_memory, "LIMIT_BYTES", 2**10)
    X, y = np.arange(400.0).reshape(200, 2), np.zeros(200)
    data = (X, y) if given == "arrays" else (hb.Dataset(X, y),)
    network = hb.Network(np.ones((2, 3)), np.ones(3), activation=ANY)
    layers = [np.ones((3, 2, 2)), np.ones((3, 1, 2))]
    deep = hb.MLP(layers, loss="cross_entropy", activation=ANY)
    for net in network, deep:
        P, batch = net.n_parameters, " and a batch of 3" if net is deep else ""
        numbers = {hb.loss: 1, hb.trace: 4 if net is deep else 1}.get(function, P)
        needed = 8 * 200 * numbers * (3 if net is deep else 1) / 2**30
        each = f"{numbers} numbers for each" if numbers > 1 else "a number for each"
        assert message(ValueError, function, net, *data, per_sample=True) == (
            f"per_sample=True builds at most {2**-20:.3g} GiB, but N = 200, {each}{batch}, needs "
            f"{needed:.3g} GiB; take fewer samples at a time"
        )


BAD_NETWORKS = {
    "A is a vector": (
        ValueError,
        {"A": np.ones(5)},
        "A must have shape (..., m, d + 1) with m >= 1 and d >= 1 (column 0 holds the biases), "
        "got (5,)",
    ),
    "A has no inputs": (
        ValueError,
        {"A": np.ones((2, 1))},
        "A must have shape (..., m, d + 1) with m >= 1 and d >= 1 (column 0 holds the biases), "
        "got (2, 1)",
    ),
    "A has no units": (
        ValueError,
        {"A": np.ones((0, 5)), "w": [1.0]},
        "A must have shape (..., m, d + 1) with m >= 1 and d >= 1 (column 0 holds the biases), "
        "got (0, 5)",
    ),
    "w has no bias": (
        ValueError,
        {"w": np.ones(2)},
        "w must have shape (..., m + 1) = (3,) to fit A of shape (2, 5) (entry 0 is the bias), "
        "got (2,)",
    ),
    "w has another batch": (
        ValueError,
        {"A": np.ones((4, 2, 5)), "w": np.ones((3, 3))},
        "w must have shape (..., m + 1) = (4, 3) to fit A of shape (4, 2, 5) "
        "(entry 0 is the bias), got (3, 3)",
    ),
    "A has infinity": (
        ValueError,
        {"A": [[1.0, -np.inf]], "w": [1, 1]},
        "A must be finite, got -inf at index (0, 1)",
    ),
    "w is complex": (
        TypeError,
        {"w": [1j, 1, 1]},
        f"w {RULE}, got dtype complex128 from list",
    ),
    "A is wider than float64": (
        TypeError,
        {"A": np.ones((2, 5), np.longdouble)},
        f"A {RULE}, got dtype {np.dtype(np.longdouble)} from ndarray",
    ),
    "activation is unknown": (
        ValueError,
        {"activation": "cosine"},
        f"activation must be one of {KNOWN}, got 'cosine'; {OWN}",
    ),
    "activation is a module": (
        ValueError,
        {"activation": "__init__"},
        f"activation must be one of {KNOWN}, got '__init__'; {OWN}",
    ),
    "activation is a function": (
        TypeError,
        {"activation": np.tanh},
        "activation must be a string, got ufunc",
    ),
}


@pytest.mark.parametrize("bad", BAD_NETWORKS)
def test_networks(bad):
    """A network refuses parameters that do not fit together."""
    error, changed, expected = BAD_NETWORKS[bad]
    arguments = {"A": np.ones((2, 5)), "w": np.ones(3), "activation": ANY} | changed
    assert message(error, hb.Network, **arguments) == expected


BAD_LAYERS = {
    "W1 is a vector": (
        {"W1": np.ones(3)},
        "W1 must have shape (..., m, d) with m >= 1 and d >= 1, got (3,)",
    ),
    "b1 is too long": (
        {"b1": np.ones(3)},
        "b1 must have shape (..., m) = (2,) to fit W1 of shape (2, 3), got (3,)",
    ),
    "w2 has an output axis": (
        {"w2": np.ones((1, 2))},
        "w2 must have shape (..., m) = (2,) to fit W1 of shape (2, 3), got (1, 2); "
        "drop the output axis with w2.reshape((2,))",
    ),
    "w2 has several outputs": (
        {"w2": np.ones((2, 2))},
        "w2 must have shape (..., m) = (2,) to fit W1 of shape (2, 3), got (2, 2); "
        "two logits make one by their difference: use w2[1] - w2[0] and b2[1] - b2[0]",
    ),
    "b2 has several outputs": (
        {"b2": np.ones(2)},
        "b2 must have shape (...) = () to fit W1 of shape (2, 3), got (2,); "
        "two logits make one by their difference: use w2[1] - w2[0] and b2[1] - b2[0]",
    ),
    "w2 has three outputs": (
        {"w2": np.ones((3, 2))},
        "w2 must have shape (..., m) = (2,) to fit W1 of shape (2, 3), got (3, 2)",
    ),
    "b2 has an output axis": (
        {"b2": [0.5]},
        "b2 must have shape (...) = () to fit W1 of shape (2, 3), got (1,); "
        "drop the output axis with b2.reshape(())",
    ),
    "W1 has NaN": (
        {"W1": [[1, 2, np.nan], [1, 2, 3]]},
        "W1 must be finite, got nan at index (0, 2)",
    ),
}


@pytest.mark.parametrize("bad", BAD_LAYERS)
def test_layers(bad):
    """from_layers names the layer, and hints at the axis that other libraries keep."""
    changed, expected = BAD_LAYERS[bad]
    arguments = {"W1": np.ones((2, 3)), "b1": np.ones(2), "w2": np.ones(2), "b2": 0.0} | changed
    text = message(ValueError, hb.Network.from_layers, **arguments, activation=ANY)
    assert text == expected


@pytest.mark.parametrize(
    ("error", "theta", "sizes", "expected"),
    [
        (
            ValueError,
            np.ones(12),
            (2, 3),
            "theta must have shape (..., P) with P = m (d + 1) + m + 1 = 13 for n_inputs = 2 and "
            "n_hidden = 3, got (12,)",
        ),
        (
            ValueError,
            1.0,
            (2, 3),
            "theta must have shape (..., P) with P = m (d + 1) + m + 1 = 13 for n_inputs = 2 and "
            "n_hidden = 3, got ()",
        ),
        (ValueError, np.ones(13), (0, 3), "n_inputs must be at least 1, got 0"),
        (TypeError, np.ones(13), (2, 3.0), "n_hidden must be an integer, got 3.0"),
    ],
)
def test_theta(error, theta, sizes, expected):
    """from_theta states P and its sizes."""
    d, m = sizes
    text = message(error, hb.Network.from_theta, theta, n_inputs=d, n_hidden=m, activation=ANY)
    assert text == expected


def test_nothing_is_changed_by_a_refused_call():
    """Arguments are as they were after an error."""
    X_before, y = X.copy(), np.full(7, 2.0)
    message(ValueError, hb.loss, NET, X, y)
    assert_array_equal(X, X_before)
    assert_array_equal(y, np.full(7, 2.0))

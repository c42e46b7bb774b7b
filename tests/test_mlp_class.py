"""The class of networks of any depth: its arguments, copies, files and parameters."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import hessbound as hb

from .mlps import RULE, message, network

NETS = {
    "all": network(np.random.default_rng(9), (3, 2, 4, 3), frozen=("b2", "W1"), no_bias=(3,)),
    "activations": network(
        np.random.default_rng(9), (3, 2, 4, 1), ("tanh", "gelu"), loss="cross_entropy"
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_copies(name, tmp_path):
    """Files, pickles, copies and other parameters keep everything, and cannot be written to."""
    net = NETS[name]
    net.save(tmp_path / "net.mlp")
    copies = [hb.MLP.load(tmp_path / "net.mlp"), pickle.loads(pickle.dumps(net))]
    for other in (*copies, copy.deepcopy(net), net.with_theta(net.theta)):
        assert other == net
        assert repr(other) == repr(net)
        with pytest.raises(ValueError, match="read-only"):
            other.weights[0][0, 0] = 1.0
        with pytest.raises(AttributeError):
            other.loss = "poisson"
    moved = net.with_theta(net.theta + 1)
    assert moved != net
    assert_array_equal(moved.theta, net.theta + 1)
    for fixed in net.frozen:
        n = int(fixed[1:]) - 1
        own = "weights" if fixed[0] == "W" else "biases"
        assert_array_equal(getattr(moved, own)[n], getattr(net, own)[n])


def test_names_of_features_are_kept(tmp_path):
    """In files, too."""
    net = hb.MLP([np.eye(2), np.eye(2)], feature_names=["a", "b"])
    net.save(tmp_path / "net.npz")
    assert hb.MLP.load(tmp_path / "net.npz").feature_names == ("a", "b")
    assert net != hb.MLP([np.eye(2), np.eye(2)])


def test_what_differs_is_not_equal():
    """Numbers, biases, activations, losses, and what is frozen."""
    own = {"weights": [np.eye(2), np.eye(2)], "biases": None, "activation": "tanh"}
    net = hb.MLP(**own)
    assert net == hb.MLP(**own)
    assert net != 3
    for changed in (
        {"weights": [np.eye(2), 2 * np.eye(2)]},
        {"weights": [np.ones((3, 2)), np.ones((2, 3))]},
        {"biases": [[0, 0], None]},
        {"activation": ["tanh", "gelu"][1]},
        {"loss": "cross_entropy"},
        {"frozen": "W1"},
    ):
        assert net != hb.MLP(**(own | changed))


def test_order_of_parameters():
    """W1 row by row, b1, W2, b2, … without what is frozen."""
    weights, biases = [[[1.0, 2], [3, 4]], [[7.0, 8]]], [[5.0, 6], [9.0]]
    own = {"loss": "squared_error", "activation": "linear"}
    net = hb.MLP(weights, biases, **own)
    assert_array_equal(net.theta, np.arange(1, 10))
    assert list(net.parameters) == ["W1", "b1", "W2", "b2"]
    assert_array_equal(hb.MLP(weights, biases, frozen=["b1"], **own).theta, [1, 2, 3, 4, 7, 8, 9])
    assert (net.sizes, net.n_layers, net.n_outputs, net.batch_shape) == ((2, 2, 1), 2, 1, ())
    assert net.activations == ("linear",)
    assert hb.MLP(weights, biases, frozen="W1", **own).frozen == ("W1",)
    assert hb.MLP(weights, biases, frozen={"b1", "W1"}, **own).frozen == ("W1", "b1")
    with pytest.raises(TypeError):
        net.parameters["W1"] = np.ones((2, 2))
    named = hb.MLP(weights, loss=np.str_("poisson"), activation=np.array(["tanh"]))
    assert repr(named).endswith("activation='tanh', loss='poisson', n_parameters=6)")


NAN = np.array([[1.0, np.nan], [0.0, 1.0]])
EYE = np.eye(2)
BAD_NETWORKS = {
    "weights are a number": ({"weights": 3}, "weights must be a sequence of matrices, got int"),
    "weights are text": ({"weights": "W"}, "weights must be a sequence of matrices, got str"),
    "weights are named": (
        {"weights": {"W1": EYE}},
        "weights must be a sequence of matrices, got dict",
    ),
    "no weights": (
        {"weights": []},
        "weights must have a matrix for each of at least 2 layers, got 0",
    ),
    "no hidden layer": (
        {"weights": [EYE]},
        "weights must have a matrix for each of at least 2 layers, got 1",
    ),
    "too many layers": (
        {"weights": [EYE] * 100},
        "weights must have a matrix for each of at most 99 layers, got 100",
    ),
    "weights have no order": (
        {"weights": {1.0, 2.0}},
        "weights must be a sequence of matrices, got set",
    ),
    "activations have no order": (
        {"activation": {"tanh"}},
        "activation must be a sequence of names, or one name, got set",
    ),
    "an activation of scikit-learn": (
        {"activation": "logistic"},
        f"activation must be one of {', '.join(map(repr, hb.activations()))}, got 'logistic'; "
        "did you mean 'sigmoid'?",
    ),
    "a loss of torch": (
        {"loss": "mse"},
        "loss must be one of 'softmax', " + ", ".join(map(repr, hb.losses())) + ", got 'mse'; "
        "did you mean 'squared_error'?",
    ),
    "weights are a matrix": (
        {"weights": EYE},
        "weights[0] must have shape (..., outputs, inputs) with outputs >= 1 and inputs >= 1, "
        "got (2,)",
    ),
    "weights do not fit": (
        {"weights": [np.ones((3, 2)), np.ones((2, 4))]},
        "weights[1] must have shape (..., outputs, inputs) with outputs >= 1 and inputs = 3, "
        "got (2, 4)",
    ),
    "a layer is empty": (
        {"weights": [np.ones((0, 2)), np.ones((2, 0))]},
        "weights[0] must have shape (..., outputs, inputs) with outputs >= 1 and inputs >= 1, "
        "got (0, 2)",
    ),
    "weights have NaN": (
        {"weights": [EYE, NAN]},
        "weights[1] must be finite, got nan at index (0, 1)",
    ),
    "weights are complex": (
        {"weights": [EYE * 1j, EYE]},
        f"weights[0] {RULE}, got dtype complex128 from ndarray",
    ),
    "biases are a number": (
        {"biases": 1.0},
        "biases must be a sequence of vectors or None, got float",
    ),
    "biases are too few": (
        {"biases": [None]},
        "biases must have an entry for each of 2 layers, got 1",
    ),
    "a bias is too long": (
        {"biases": [None, np.ones(3)]},
        "biases[1] must have shape (..., outputs) = (2,) to fit weights[1], got (3,)",
    ),
    "a bias is infinite": (
        {"biases": [[0, np.inf], None]},
        "biases[0] must be finite, got inf at index 1",
    ),
    "a bias is text": (
        {"biases": [["a", "b"], None]},
        f"biases[0] {RULE}, got dtype <U1 from list",
    ),
    "activation is none": (
        {"activation": None},
        "activation must be a sequence of names, or one name, got NoneType",
    ),
    "activation is a function": (
        {"activation": np.tanh},
        "activation must be a sequence of names, or one name, got ufunc",
    ),
    "activations are too many": (
        {"activation": ["tanh", "gelu"]},
        "activation must be one name, or one for each of 1 hidden layers, got ('tanh', 'gelu')",
    ),
    "an activation is a number": ({"activation": [1]}, "activation must be a string, got int"),
    "an activation has a bend": (
        {"activation": ["relu"]},
        f"activation must be one of {', '.join(map(repr, hb.activations()))}, got 'relu'; 'relu' "
        "is not smooth at u = 0: f″ does not exist there, and the Hessian misses the bend",
    ),
    "loss is unknown": (
        {"loss": "softmx"},
        "loss must be one of 'softmax', " + ", ".join(map(repr, hb.losses())) + ", got 'softmx'; "
        "did you mean 'softmax'?",
    ),
    "loss is none": ({"loss": None}, "loss must be a string, got NoneType"),
    "softmax of one output": (
        {"weights": [EYE, EYE[:1]]},
        "loss='softmax' needs at least 2 outputs, got 1; use 'cross_entropy' for one",
    ),
    "frozen is unknown": (
        {"frozen": ["W1", "W3"]},
        "frozen must name some of W1, W2, got 'W3'",
    ),
    "frozen is an absent bias": ({"frozen": "b1"}, "frozen must name some of W1, W2, got 'b1'"),
    "frozen is a number": ({"frozen": 1}, "frozen must be a sequence of names, got int"),
    "frozen has numbers": ({"frozen": [1]}, "frozen must name some of W1, W2, got '1'"),
    "all is frozen": (
        {"frozen": ["W1", "W2"]},
        "frozen must leave some parameters: all are frozen",
    ),
    "features are a number": ({"feature_names": 3}, "feature_names must be strings, got int"),
    "features are too few": (
        {"feature_names": ["a"]},
        "feature_names must be n_inputs = 2 strings, got ['a']",
    ),
}


@pytest.mark.parametrize("bad", BAD_NETWORKS)
def test_networks_refused(bad):
    """Each argument is named, with the rule and what came."""
    changed, expected = BAD_NETWORKS[bad]
    kinds = (" be a s", "must be strings", RULE)
    error = TypeError if any(kind in expected for kind in kinds) else ValueError
    arguments = {"weights": [EYE, EYE]} | changed
    assert message(error, hb.MLP, **arguments) == expected


def test_files_refused(tmp_path):
    """A file of another kind is named."""
    single = hb.Network(np.ones((2, 5)), np.ones(3), activation="tanh")
    path = tmp_path / "net.npz"
    single.save(path)
    other = "{0} is a file of hessbound.{1}: {1}.load reads it"
    assert message(ValueError, hb.MLP.load, path) == other.format(path, "Network")
    hb.MLP([np.ones((3, 4)), np.ones((3, 3))]).save(path)
    assert message(ValueError, hb.Network.load, path) == other.format(path, "MLP")
    with np.load(path) as file:
        arrays = dict(file)
    for changed, what in (
        ({"W2": np.ones((3, 2))}, "weights[1] must have shape"),
        ({"activations": np.array(["tanh", "tanh"])}, "activation must be"),
        ({"W4": np.ones((2, 3))}, ""),
        ({"b7": np.ones(2)}, "b7 belongs to none of its 2 layers"),
    ):
        np.savez(path, **(arrays | changed))
        text = message(ValueError, hb.MLP.load, path)
        assert text.startswith(f"{path} holds no valid network: {what}")

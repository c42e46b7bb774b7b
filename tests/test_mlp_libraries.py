"""Networks of scikit-learn, and of what looks like torch."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb

from .mlps import message


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("activation", ["tanh", "logistic", "identity"])
def test_classifier_of_sklearn(activation, classes):
    """Two hidden layers: probabilities, and the loss that was minimised."""
    neural = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(5)
    X = rng.normal(size=(90, 3))
    y = np.array(["a", "b", "c"])[(X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5) * (classes == 3)]
    clf = neural.MLPClassifier((4, 3), activation=activation, alpha=0.0, solver="lbfgs")
    clf.set_params(max_iter=5000, max_fun=50000, random_state=0, tol=1e-2).fit(X, y)
    net = hb.MLP.from_sklearn(clf)
    assert net.sizes == (3, 4, 3, classes if classes > 2 else 1)
    assert net.loss == ("softmax" if classes > 2 else "cross_entropy")
    assert_allclose(net.predict_proba(X), clf.predict_proba(X), rtol=1e-9, atol=1e-15)
    own = np.searchsorted(clf.classes_, y)
    assert_allclose(hb.loss(net, X, own, reduction="mean"), clf.loss_, rtol=1e-9, atol=1e-12)
    assert np.abs(hb.gradient(net, X, own, reduction="mean")).max() < 0.2


def test_several_labels_of_sklearn():
    """Each has a probability of its own."""
    neural = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(30, 3)), rng.integers(0, 2, (30, 4))
    clf = neural.MLPClassifier((4, 3), activation="tanh", solver="lbfgs", tol=1e-1).fit(X, y)
    net = hb.MLP.from_sklearn(clf)
    assert (net.loss, net.n_outputs) == ("cross_entropy", 4)
    assert_allclose(net.predict_proba(X), clf.predict_proba(X), rtol=1e-9, atol=1e-15)


def test_tiny_probabilities():
    """They have their digits, and a loss without any says so."""
    weights = [[[1.0]], [[0.0], [1.0], [-1.0]]]
    net = hb.MLP(weights, activation="linear")
    expected = np.exp([-100.0, 0.0, -200.0])
    assert_allclose(net.predict_proba([[100.0]])[0], expected, rtol=1e-13, atol=0)
    assert message(ValueError, hb.MLP(weights, loss="poisson").predict_proba, [[1.0]]) == (
        "the loss 'poisson' gives no probabilities of two classes; see logits"
    )


def test_regressor_of_sklearn():
    """Two targets, of which scikit-learn takes the mean and we the sum."""
    neural = pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(6)
    X, y = rng.normal(size=(50, 3)), rng.normal(size=(50, 2))
    model = neural.MLPRegressor(hidden_layer_sizes=(4, 3, 2), activation="tanh", alpha=0.1)
    model.set_params(solver="lbfgs", tol=1e-2, max_iter=5000, random_state=0).fit(X, y)
    net = hb.MLP.from_sklearn(model)
    assert (net.loss, net.n_outputs) == ("squared_error", 2)
    assert_allclose(net.logits(X), model.predict(X), rtol=1e-9, atol=1e-12)
    penalty = 0.1 / 2 / len(X) * sum(np.sum(W**2) for W in net.weights)
    value = hb.loss(net, X, y, reduction="mean") / 2 + penalty
    assert_allclose(value, model.loss_, rtol=1e-9, atol=0)


def test_sklearn_names_features():
    """Names come with a model, and tables are compared with them."""
    pd, neural = pytest.importorskip("pandas"), pytest.importorskip("sklearn.neural_network")
    rng = np.random.default_rng(7)
    X = pd.DataFrame(rng.normal(size=(30, 2)), columns=["age", "size"])
    y = np.arange(30) % 3
    clf = neural.MLPClassifier((2, 2), activation="tanh", solver="lbfgs", tol=1e-1).fit(X, y)
    net = hb.MLP.from_sklearn(clf)
    assert net.feature_names == ("age", "size")
    assert_array_equal(hb.loss(net, X, y), hb.loss(net, X.to_numpy(), y))
    with pytest.raises(ValueError, match=r"X must have the features of net"):
        hb.loss(net, X[["size", "age"]], y)


class Tensor:
    """What a parameter of torch can do."""

    def __init__(self, values):
        self.values = np.asarray(values)

    is_meta = False

    detach = cpu = is_floating_point = lambda self: self

    def double(self):
        return Tensor(self.values.astype(float))

    def numpy(self):
        return self.values


def torch_class(name, **attributes):
    """A stand-in for a class of torch.nn."""
    own = {"__module__": "torch.nn.modules", "__repr__": lambda self: f"{name}()"}
    own |= {"_parameters": {}, "_modules": {}, "parameters": lambda self: iter(())}
    return type(name, (), own | attributes)


def linear(W, b=None):
    own = {"weight": Tensor(W), "bias": None if b is None else Tensor(b)}
    given = [x for x in own.values() if x is not None]
    return torch_class("Linear", **own, _parameters=own, parameters=lambda self: iter(given))()


def sequential(*layers):
    return torch_class("Sequential", _modules=dict(enumerate(layers)))()


def hooked(name):
    layer = torch_class(name)()
    layer._forward_hooks = {0: print}
    return layer


def test_torch():
    """Linear layers and smooth activations; what evaluation leaves out is passed over."""
    rng = np.random.default_rng(8)
    shapes = [(3, 4), (5, 3), (2, 5), (3, 2), (3, 3), (2, 3)]
    W = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    b = rng.normal(size=3)
    tanh, drop = (torch_class(x)() for x in ("Tanh", "Dropout"))
    flat = torch_class("Flatten", start_dim=1)()
    gelu = torch_class("GELU", approximate="none")()
    other, plus = (
        torch_class("GELU", approximate="tanh")(),
        torch_class("Softplus", beta=1, threshold=20)(),
    )
    layers = [flat, linear(W[0], b), tanh, drop, linear(W[1]), gelu, linear(W[2]), linear(W[3])]
    module = sequential(*layers, other, linear(W[4]), plus, linear(W[5]))
    net = hb.MLP.from_torch(module)
    expected = ("tanh", "gelu", "linear", "gelu_tanh", "softplus")
    assert net == hb.MLP(W, [b, None, None, None, None, None], activation=expected)
    assert net.activations == expected
    assert hb.MLP.from_torch(module, loss="poisson").loss == "poisson"
    for name, ours in {"Sigmoid": "sigmoid", "SiLU": "silu", "Mish": "mish"}.items():
        module = sequential(linear(W[0]), torch_class(name)(), linear(W[1]))
        assert hb.MLP.from_torch(module).activation == ours


KNOWN = (
    "module must be made of torch's Linear, Tanh, Sigmoid, SiLU, Mish, GELU, Softplus with beta=1 "
    "and threshold>=20, Flatten, Dropout, Identity"
)
TORCH = {
    "no sequential": (
        TypeError,
        linear(np.eye(2)),
        "module must be a torch.nn.Sequential, got Linear",
    ),
    "a list": (TypeError, [], "module must be a torch.nn.Sequential, got list"),
    "relu": (
        ValueError,
        sequential(linear(np.eye(2)), torch_class("ReLU")(), linear(np.eye(2))),
        f"{KNOWN}, got ReLU(); 'ReLU' is not smooth at u = 0: f″ does not exist there, and the "
        "Hessian misses the bend",
    ),
    "steep softplus": (
        ValueError,
        sequential(
            linear(np.eye(2)), torch_class("Softplus", beta=2, threshold=20)(), linear(np.eye(2))
        ),
        f"{KNOWN}, got Softplus()",
    ),
    "activation first": (
        ValueError,
        sequential(torch_class("Tanh")(), linear(np.eye(2))),
        "module must have a Linear before each activation, got Tanh()",
    ),
    "activation last": (
        ValueError,
        sequential(linear(np.eye(2)), torch_class("Tanh")()),
        "module must end with a Linear: the loss takes its outputs, and no activation",
    ),
    "a hook": (
        ValueError,
        sequential(linear(np.eye(2)), hooked("Tanh"), linear(np.eye(2))),
        "layer 1 of module, Tanh(), must have no forward hooks, got print; remove it first",
    ),
    "nothing": (
        ValueError,
        sequential(),
        "module must end with a Linear: the loss takes its outputs, and no activation",
    ),
}


@pytest.mark.parametrize("bad", TORCH)
def test_torch_refused(bad):
    """What it is, and what there may be."""
    error, module, expected = TORCH[bad]
    assert message(error, hb.MLP.from_torch, module) == expected


def test_sklearn_refused():
    """A model that is not fitted, or not smooth, or no such model."""
    neural = pytest.importorskip("sklearn.neural_network")
    X, y = np.ones((7, 4)), [0, 1, 2, 0, 1, 2, 0]
    clf = neural.MLPClassifier((2, 2), activation="relu")
    assert message(TypeError, hb.MLP.from_sklearn, 3).endswith("got int")
    text = "clf must be fitted: call clf.fit(X, y) first"
    assert message(ValueError, hb.MLP.from_sklearn, clf) == text
    flat = neural.MLPClassifier((), activation="tanh", solver="lbfgs", tol=1.0).fit(X, y)
    text = "clf must have at least one hidden layer, got 0 (hidden_layer_sizes=())"
    assert message(ValueError, hb.MLP.from_sklearn, flat) == text
    clf.set_params(solver="lbfgs", tol=1.0).fit(X + np.arange(7)[:, None], y)
    assert re.match(
        r"clf must have a smooth activation .* got 'relu'",
        message(ValueError, hb.MLP.from_sklearn, clf),
    )

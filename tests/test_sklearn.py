"""from_sklearn takes what it can represent, and refuses the rest by name."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb

neural_network = pytest.importorskip("sklearn.neural_network")

SUPPORTED = {"identity": "linear", "logistic": "sigmoid", "tanh": "tanh"}


def data(classes=2):
    """A small table with string labels."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    labels = np.array(["no", "yes", "zebra"])[:classes]
    return X, labels[np.digitize(X[:, 0], [-0.5, 0.5][: classes - 1])]


def fitted(X, y, hidden=4, *, model="MLPClassifier", **options):
    """Train for a few steps."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"solver": "lbfgs", "max_iter": 5, "random_state": 0} | options
        return getattr(neural_network, model)(hidden_layer_sizes=hidden, **options).fit(X, y)


@pytest.mark.parametrize("activation", SUPPORTED)
def test_probabilities_agree(activation):
    """The converted network has the classifier's loss for class 1 = classes_[1]."""
    X, labels = data()
    clf = fitted(X, labels, activation=activation)
    net = hb.from_sklearn(clf)
    assert net.activation == SUPPORTED[activation]
    assert (net.n_inputs, net.n_hidden, net.batch_shape) == (3, 4, ())
    y = (labels == clf.classes_[1]).astype(float)
    probability = clf.predict_proba(X)[:, 1]
    expected = -np.log(np.where(y == 1, probability, 1 - probability)).sum()
    assert_allclose(hb.loss(net, X, y), expected, rtol=1e-10, atol=0)


def test_float32_is_converted():
    """A classifier fitted in float32 gives a float64 network."""
    X, labels = data()
    clf = fitted(X.astype(np.float32), labels, activation="tanh", solver="adam")
    assert clf.coefs_[0].dtype == np.float32
    assert hb.from_sklearn(clf).A.dtype == np.float64


def test_subclass():
    """A subclass of MLPClassifier is one."""

    class Mine(neural_network.MLPClassifier):
        pass

    X, labels = data()
    clf = fitted(X, labels, activation="tanh")
    clf.__class__ = Mine
    assert hb.from_sklearn(clf).n_hidden == 4


def refusal(clf, error=ValueError):
    """Return the message with which a classifier is refused."""
    with pytest.raises(error) as info:
        hb.from_sklearn(clf)
    return str(info.value)


def test_refuses_unfitted():
    """An unfitted classifier has no weights."""
    clf = neural_network.MLPClassifier(4, activation="tanh")
    assert refusal(clf) == "clf must be fitted: call clf.fit(X, y) first"


def test_refuses_relu():
    """relu has no second derivative to speak of."""
    expected = (
        "clf must have a smooth activation (identity, logistic, tanh), got 'relu'; 'relu' is not "
        "smooth at u = 0: f″ does not exist there, and the Hessian misses the bend"
    )
    assert refusal(fitted(*data())) == expected


@pytest.mark.parametrize(("hidden", "count"), [((), 0), ((3, 2), 2)])
def test_refuses_other_depths(hidden, count):
    """The formulas are those of exactly one hidden layer."""
    expected = f"clf must have exactly one hidden layer, got {count} (hidden_layer_sizes={hidden})"
    hint = "; MLP.from_sklearn takes several" if count else ""
    assert refusal(fitted(*data(), hidden, activation="tanh")) == expected + hint


def test_refuses_multiclass():
    """A softmax output has another loss."""
    clf = fitted(*data(classes=3), activation="tanh")
    assert refusal(clf) == "clf must be binary, got 3 classes; MLP.from_sklearn takes them"


def test_refuses_multilabel():
    """Several logistic outputs are several losses."""
    X, labels = data()
    clf = fitted(X, np.column_stack([labels == "yes", X[:, 1] > 0]), activation="tanh")
    expected = "clf must be binary, got 2 labels per sample; MLP.from_sklearn takes them"
    assert refusal(clf) == expected


def test_refuses_a_regressor_of_two_targets():
    """One output has one target; test_losses has those that are taken."""
    X, _ = data()
    clf = fitted(X, X[:, :2], activation="tanh", model="MLPRegressor")
    assert refusal(clf) == "clf must have one target, got 2; MLP.from_sklearn takes several"


def test_refuses_pipeline():
    """A pipeline also transforms X, which the network cannot do."""
    pipeline = pytest.importorskip("sklearn.pipeline")
    clf = pipeline.make_pipeline(neural_network.MLPClassifier(4, activation="tanh"))
    assert refusal(clf, TypeError) == (
        "clf must be scikit-learn's MLPClassifier or MLPRegressor, got Pipeline; "
        "pass the pipeline's last step, and X as the earlier steps transform it"
    )


def test_refuses_anything_else():
    """What only looks like a classifier is refused by its class."""
    message = "clf must be scikit-learn's MLPClassifier or MLPRegressor, got dict"
    assert refusal({"coefs_": 1}, TypeError) == message

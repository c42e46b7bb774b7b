"""Networks from other libraries, which are not imported: a model is recognised by its class."""

from typing import Any

from ._bends import bend
from ._network import Network

_SKLEARN_ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid", "tanh": "tanh"}


def from_sklearn(clf: Any) -> Network:
    """Convert a fitted binary ``MLPClassifier`` with one hidden layer.

    Parameters
    ----------
    clf : sklearn.neural_network.MLPClassifier
        Fitted on two classes, with one hidden layer and activation identity, logistic or tanh.

    Returns
    -------
    Network
        In float64, whatever the classifier was fitted in; with its feature names, if it has some.

    Raises
    ------
    TypeError
        If clf is not an ``MLPClassifier``.
    ValueError
        If it is not fitted, has other than one hidden layer, more than two classes, several labels
        or activation relu.

    Notes
    -----
    Class 1 is ``clf.classes_[1]``: pass ``y = (labels == clf.classes_[1])``. The loss of this
    package has no penalty; scikit-learn trains on the mean loss plus ``alpha / (2 N)`` times the
    squared weights without biases.

    Examples
    --------
    >>> from sklearn.neural_network import MLPClassifier
    >>> clf = MLPClassifier(3, activation="tanh", solver="lbfgs", random_state=0)
    >>> from_sklearn(clf.fit([[0.0], [1.0], [2.0]], ["no", "yes", "yes"]))
    Network(activation='tanh', n_inputs=1, n_hidden=3, n_parameters=10)
    """
    _an_mlp_classifier(clf)
    _one_hidden_layer_and_two_classes(clf)
    (W1, W2), (b1, b2) = clf.coefs_, clf.intercepts_
    return Network.from_layers(
        W1.T,
        b1,
        W2[:, 0],
        b2[0],
        activation=_SKLEARN_ACTIVATIONS[clf.activation],
        feature_names=getattr(clf, "feature_names_in_", None),
    )


def _an_mlp_classifier(clf: Any) -> None:
    """Recognise the class, or a subclass, by name and origin."""
    ancestors = {(c.__name__, c.__module__.partition(".")[0]) for c in type(clf).__mro__}
    if ("MLPClassifier", "sklearn") not in ancestors:
        hint = ""
        if hasattr(clf, "steps"):
            hint = "; pass the pipeline's last step, and X as the earlier steps transform it"
        elif hasattr(clf, "best_estimator_"):
            hint = "; pass its best_estimator_"
        message = f"clf must be scikit-learn's MLPClassifier, got {type(clf).__name__}{hint}"
        raise TypeError(message)


def _one_hidden_layer_and_two_classes(clf: Any) -> None:
    if not hasattr(clf, "coefs_"):
        message = "clf must be fitted: call clf.fit(X, y) first"
        raise ValueError(message)
    if clf.activation not in _SKLEARN_ACTIVATIONS:
        message = (
            f"clf must have a smooth activation ({', '.join(_SKLEARN_ACTIVATIONS)}), "
            f"got {clf.activation!r}; {bend(clf.activation)}".removesuffix("; ")
        )
        raise ValueError(message)
    hidden_layers = len(clf.coefs_) - 1
    if hidden_layers != 1:
        message = (
            f"clf must have exactly one hidden layer, got {hidden_layers} "
            f"(hidden_layer_sizes={clf.hidden_layer_sizes})"
        )
        raise ValueError(message)
    if clf.n_outputs_ != 1:
        what = "classes" if clf.out_activation_ == "softmax" else "labels per sample"
        message = f"clf must be binary, got {clf.n_outputs_} {what}"
        raise ValueError(message)
    if len(clf.classes_) != 2:
        message = f"clf must be fitted on two classes, got {len(clf.classes_)}"
        raise ValueError(message)

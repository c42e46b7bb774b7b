"""Networks from other libraries, which are not imported: a model is recognised by its class."""

from typing import Any

from . import _checks
from ._bends import bend
from ._mlp import MLP
from ._network import Network

_SKLEARN_ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid", "tanh": "tanh"}


_REGRESSION = ("squared_error", "poisson")  # the losses of a regressor, by scikit-learn's names


def from_sklearn(clf: Any) -> Network:
    """Convert a fitted binary ``MLPClassifier``, or an ``MLPRegressor``, with one hidden layer.

    Parameters
    ----------
    clf : sklearn.neural_network.MLPClassifier or MLPRegressor
        Fitted on two classes, or on one target, with one hidden layer and activation identity,
        logistic or tanh.

    Returns
    -------
    Network
        In float64, whatever it was fitted in; with its feature names, if it has some. Its loss is
        "cross_entropy", and of a regressor "squared_error" or "poisson".

    Raises
    ------
    TypeError
        If clf is neither of them.
    ValueError
        If it is not fitted, has other than one hidden layer, more than two classes, several labels
        or targets, or activation relu.

    Notes
    -----
    Class 1 is ``clf.classes_[1]``: pass ``y = (labels == clf.classes_[1])``. The penalty ``alpha``,
    1e-4 by default, is no part of a network, and left out: pass ``reduction="mean"`` and
    ``l2=l2_from_sklearn(clf, N)`` for what the classifier has minimised.

    Examples
    --------
    >>> from sklearn.neural_network import MLPClassifier
    >>> clf = MLPClassifier(3, activation="tanh", solver="lbfgs", random_state=0)
    >>> from_sklearn(clf.fit([[0.0], [1.0], [2.0]], ["no", "yes", "yes"]))
    Network(activation='tanh', n_inputs=1, n_hidden=3, n_parameters=10)
    """
    regressor = _an_mlp(clf) == "MLPRegressor"
    _one_hidden_layer(clf)
    _one_target(clf) if regressor else _two_classes(clf)
    (W1, W2), (b1, b2) = clf.coefs_, clf.intercepts_
    return Network.from_layers(
        W1.T,
        b1,
        W2[:, 0],
        b2[0],
        activation=_SKLEARN_ACTIVATIONS[clf.activation],
        loss=clf.loss if regressor else "cross_entropy",
        feature_names=getattr(clf, "feature_names_in_", None),
    )


def l2_from_sklearn(clf: Any, total_weight: float) -> float:
    """Return the ``l2`` that, with ``reduction="mean"``, is the ``alpha`` of a scikit-learn model.

    Parameters
    ----------
    clf : sklearn.neural_network.MLPClassifier or MLPRegressor
        It need not be fitted.
    total_weight : float
        What it is trained on: the number N of samples, or the sum of their weights.

    Returns
    -------
    float
        ``alpha / N``, or with the solvers adam and sgd ``alpha`` divided by the size of a batch,
        200 if none is set: they add the whole penalty to the mean loss of each batch.

    Raises
    ------
    TypeError
        If clf is neither, or total_weight is not a number.
    ValueError
        If total_weight is not positive.

    Notes
    -----
    scikit-learn adds ``alpha / (2 N)`` times the squared weights, without biases, to the mean loss
    of N samples. With ``reduction="sum"`` pass N times this; ``clf.alpha`` itself if the solver is
    lbfgs. Where ``early_stopping`` holds samples back, N is what is left of them. Batches are taken
    as equally large and samples as equally heavy; scikit-learn's last batch may be smaller. Of a
    regressor's K targets it takes the mean where hessbound has the sum: take K times this there.

    Examples
    --------
    >>> from sklearn.neural_network import MLPClassifier
    >>> l2_from_sklearn(MLPClassifier(solver="lbfgs", alpha=0.5), 1000)
    0.0005
    >>> l2_from_sklearn(MLPClassifier(solver="adam", alpha=0.5), 1000)
    0.0025
    """
    _an_mlp(clf)
    total = _checks.number("total_weight", total_weight, above=0.0)
    alpha = _checks.number("clf.alpha", clf.alpha, least=0.0)
    if clf.solver == "lbfgs":
        return alpha / total
    size = 200 if clf.batch_size == "auto" else clf.batch_size
    return alpha / min(size, total)


def _an_mlp(clf: Any) -> str:
    """Recognise the class, or a subclass, by name and origin."""
    ancestors = {(c.__name__, c.__module__.partition(".")[0]) for c in type(clf).__mro__}
    for name in ("MLPClassifier", "MLPRegressor"):
        if (name, "sklearn") in ancestors:
            return name
    hint = ""
    if hasattr(clf, "steps"):
        hint = "; pass the pipeline's last step, and X as the earlier steps transform it"
    elif hasattr(clf, "best_estimator_"):
        hint = "; pass its best_estimator_"
    message = (
        f"clf must be scikit-learn's MLPClassifier or MLPRegressor, got {type(clf).__name__}{hint}"
    )
    raise TypeError(message)


def _fitted_and_smooth(clf: Any) -> None:
    if not hasattr(clf, "coefs_"):
        message = "clf must be fitted: call clf.fit(X, y) first"
        raise ValueError(message)
    if clf.activation not in _SKLEARN_ACTIVATIONS:
        message = (
            f"clf must have a smooth activation ({', '.join(_SKLEARN_ACTIVATIONS)}), "
            f"got {clf.activation!r}; {bend(clf.activation)}".removesuffix("; ")
        )
        raise ValueError(message)


def _one_hidden_layer(clf: Any) -> None:
    _fitted_and_smooth(clf)
    hidden_layers = len(clf.coefs_) - 1
    if hidden_layers != 1:
        hint = "; MLP.from_sklearn takes several" if hidden_layers else ""
        message = (
            f"clf must have exactly one hidden layer, got {hidden_layers} "
            f"(hidden_layer_sizes={clf.hidden_layer_sizes}){hint}"
        )
        raise ValueError(message)


def _one_target(clf: Any) -> None:
    if clf.n_outputs_ != 1:
        message = f"clf must have one target, got {clf.n_outputs_}; MLP.from_sklearn takes several"
        raise ValueError(message)
    if clf.loss not in _REGRESSION:
        message = f"clf must have one of the losses {', '.join(_REGRESSION)}, got {clf.loss!r}"
        raise ValueError(message)


def _two_classes(clf: Any) -> None:
    if clf.n_outputs_ != 1:
        what = "classes" if clf.out_activation_ == "softmax" else "labels per sample"
        message = f"clf must be binary, got {clf.n_outputs_} {what}; MLP.from_sklearn takes them"
        raise ValueError(message)
    if len(clf.classes_) != 2:
        message = f"clf must be fitted on two classes, got {len(clf.classes_)}"
        raise ValueError(message)


def deep_from_sklearn(clf: Any) -> MLP:
    """Convert a fitted model of any depth and number of outputs, for ``MLP.from_sklearn``."""
    regressor = _an_mlp(clf) == "MLPRegressor"
    _fitted_and_smooth(clf)
    if len(clf.coefs_) < 2:
        message = (
            "clf must have at least one hidden layer, got 0 "
            f"(hidden_layer_sizes={clf.hidden_layer_sizes})"
        )
        raise ValueError(message)
    if regressor and clf.loss not in _REGRESSION:
        message = f"clf must have one of the losses {', '.join(_REGRESSION)}, got {clf.loss!r}"
        raise ValueError(message)
    loss = "softmax" if clf.out_activation_ == "softmax" else "cross_entropy"
    return MLP(
        [W.T for W in clf.coefs_],
        clf.intercepts_,
        activation=_SKLEARN_ACTIVATIONS[clf.activation],
        loss=clf.loss if regressor else loss,
        feature_names=getattr(clf, "feature_names_in_", None),
    )


_TORCH_ACTIVATIONS = {"Tanh": "tanh", "Sigmoid": "sigmoid", "SiLU": "silu", "Mish": "mish"}

_PASSED_OVER = "Flatten", "Dropout", "Identity"

_PARAMETERS = {"Linear": ["weight", "bias"]}

_KNOWN = "Linear", *_TORCH_ACTIVATIONS, "GELU", "Softplus", *_PASSED_OVER

_STEEPEST = 20.0  # where torch's Softplus becomes the line by default, with an error of 2e-9


def deep_from_torch(module: Any, loss: str) -> MLP:
    """Convert an ``nn.Sequential`` of linear layers and activations, for ``MLP.from_torch``."""
    linear: list[Any] = []
    activations: list[str] = []
    for layer in _torch_layers(module):
        if _torch_name(layer) == "Linear":
            activations += ["linear"] * (len(linear) - len(activations))
            linear.append(layer)
            continue
        activations.append(_torch_activation(layer))
        if len(activations) > len(linear):
            message = f"module must have a Linear before each activation, got {layer}"
            raise ValueError(message)
    if len(activations) == len(linear):
        message = "module must end with a Linear: the loss takes its outputs, and no activation"
        raise ValueError(message)
    if len(linear) < 2:
        message = f"module must have at least 2 Linear layers, got {len(linear)}"
        raise ValueError(message)
    own = [id(x) for layer in linear for x in layer.parameters()]
    if len(set(own)) < len(own):
        message = "module must have parameters of its own in each Linear, got two that share them"
        raise ValueError(message)
    biases = [None if x.bias is None else _numbers(x.bias) for x in linear]
    weights = [_numbers(x.weight) for x in linear]
    return MLP(weights, biases, activation=activations, loss=loss)


def _torch_layers(module: Any) -> list[Any]:
    """List what a Sequential is made of, with what those in it are made of."""
    if not _is_sequential(module):
        message = f"module must be a torch.nn.Sequential, got {type(module).__name__}"
        raise TypeError(message)
    _as_torch_made_it(module, "module")
    found = []
    for place, layer in module._modules.items():  # named_children leaves out repeated ones
        if _is_sequential(layer):
            found += _torch_layers(layer)
            continue
        name = _torch_name(layer)
        if name in _KNOWN:
            _as_torch_made_it(layer, f"layer {place} of module, {layer},")
        if name not in _PASSED_OVER or (name == "Flatten" and layer.start_dim != 1):
            found.append(layer)
    return found


def _is_sequential(module: Any) -> bool:
    return _torch_name(module) == "Sequential"


def _as_torch_made_it(layer: Any, what: str) -> None:
    """Refuse a layer that computes something else than its class says, or has other parameters."""
    if "forward" in vars(layer):
        message = f"{what} must compute what its class does, got a forward of its own"
        raise ValueError(message)
    for name in ("_forward_pre_hooks", "_forward_hooks"):
        if hooks := vars(layer).get(name):
            hook = next(iter(hooks.values()))
            shown = getattr(hook, "__name__", type(hook).__name__)
            message = f"{what} must have no forward hooks, got {shown}; remove it first"
            raise ValueError(message)
    within = [] if _is_sequential(layer) else layer._modules
    names, usual = [*layer._parameters, *within], _PARAMETERS.get(_torch_name(layer), [])
    if names != usual:
        message = (
            f"{what} must have the parameters {', '.join(usual) or '(none)'} in this order, "
            f"got {', '.join(names) or 'none'}; copy its numbers into a new layer"
        )
        raise ValueError(message)


def _torch_name(layer: Any) -> str:
    """Return the name of torch's own class: a subclass, or one of that name, may do otherwise."""
    own = type(layer)
    return own.__name__ if own.__module__.startswith("torch.nn.modules") else ""


def _torch_activation(layer: Any) -> str:
    name = _torch_name(layer)
    if name == "GELU":
        return "gelu" if layer.approximate == "none" else "gelu_tanh"
    if name == "Softplus" and layer.beta == 1 and layer.threshold >= _STEEPEST:
        return "softplus"
    if name not in _TORCH_ACTIVATIONS:
        usual = f"Softplus with beta=1 and threshold>={_STEEPEST:g}"
        known = ", ".join(("torch's Linear", *_TORCH_ACTIVATIONS, "GELU", usual, *_PASSED_OVER))
        why = bend(name)
        if name in {"Softmax", "LogSoftmax"}:
            why = "leave it out: loss='softmax' has it"
        message = f"module must be made of {known}, got {layer}" + (f"; {why}" if why else "")
        raise ValueError(message)
    return _TORCH_ACTIVATIONS[name]


def _numbers(tensor: Any) -> Any:
    if tensor.is_meta or not tensor.is_floating_point():
        what = "no numbers, on the device meta" if tensor.is_meta else tensor.dtype
        message = f"module must hold real floating-point numbers, got {what}"
        raise TypeError(message)
    return tensor.detach().cpu().double().numpy()

"""MLP: the parameters of a network of any depth and number of outputs, checked and frozen."""

import os
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from hessbound._typing import Array
from hessbound.engine import _formulas, _kernels

from . import _checks, _features, _files

MOST_LAYERS = 99
"""How many layers there may be: files have names for them."""


@dataclass(frozen=True, init=False, eq=False, repr=False)
class MLP:
    r"""A multilayer perceptron: :math:`z^l = b^l + W^l a^{l-1}`, :math:`a^l = f_l(z^l)`.

    Inputs are a⁰; layers l = 1, …, L + 1, of which the last has the K outputs and no activation.
    The arrays are copied and cannot be written to.

    Parameters
    ----------
    weights : sequence of array_like, each of shape (outputs, inputs)
        A matrix for each layer, as in ``torch.nn.Linear.weight``.
    biases : sequence of array_like of shape (outputs,), or None
        A vector for each layer; None for a layer, or for all, without biases.
    activation : str or sequence of str
        The hidden layers' f, one of ``hessbound.activations()``, or one for each of them.
    loss : str
        "softmax" (cross-entropy of K ≥ 2 classes), or a loss of one output, one of
        ``hessbound.losses()``, which is summed over the outputs.
    frozen : iterable of str
        What is no parameter: "W1", "b1", "W2", …
    feature_names : iterable of str, optional
        Names of the inputs, as for ``Network``.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or a name is unknown.
    TypeError
        If something does not hold real numbers.

    Notes
    -----
    θ is W¹ row by row, b¹, W², b², … as in ``torch.nn.utils.parameters_to_vector``; what is frozen
    is left out.

    Labels of softmax are classes 0 to K − 1, (N,), or rows of probabilities, (N, K); those of every
    other loss are (N, K), or (N,) for one output. Every loss is summed over the outputs:
    "cross_entropy" of K outputs is that of K labels per sample, of which several may be 1.

    Examples
    --------
    >>> net = MLP([[[1.0, -1.0]], [[2.0], [0.5]]], [[0.5], None], activation="tanh")
    >>> net
    MLP(sizes=(2, 1, 2), activation='tanh', loss='softmax', n_parameters=5)
    >>> net.theta
    array([ 1. , -1. ,  0.5,  2. ,  0.5])
    """

    weights: tuple[Array, ...]
    biases: tuple[Array | None, ...]
    activation: str | tuple[str, ...]
    loss: str
    frozen: tuple[str, ...]
    feature_names: tuple[str, ...] | None

    def __init__(
        self,
        weights: Sequence[ArrayLike],
        biases: Sequence[ArrayLike | None] | None = None,
        *,
        activation: str | Sequence[str] = "tanh",
        loss: str = "softmax",
        frozen: Iterable[str] = (),
        feature_names: Iterable[str] | None = None,
    ) -> None:
        """Check and copy the parameters."""
        own = _matrices(weights)
        for name, value in {
            "weights": own,
            "biases": _vectors(biases, own),
            "activation": _activations(activation, len(own) - 1),
            "loss": str(_checks.known_loss_of_outputs(loss, len(own[-1]))),
        }.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "frozen", self._known(frozen))
        names = _features.checked(feature_names, self.n_inputs)
        object.__setattr__(self, "feature_names", names)

    @classmethod
    def from_sklearn(cls, clf: Any) -> "MLP":
        """Convert a fitted ``MLPClassifier`` or ``MLPRegressor`` of any depth.

        Parameters
        ----------
        clf : sklearn.neural_network.MLPClassifier or MLPRegressor
            With activation identity, logistic or tanh.

        Returns
        -------
        MLP
            In float64, with the feature names that clf has. Its loss is "softmax" of more than two
            classes, "cross_entropy" of two or of several labels per sample, and a regressor's own.

        Raises
        ------
        TypeError
            If clf is neither of them.
        ValueError
            If it is not fitted, or its activation or loss is none of those.

        Notes
        -----
        Classes are numbered as in ``clf.classes_``: labels are
        ``numpy.searchsorted(clf.classes_, y)``. A regressor's loss is the mean over targets, too:
        hessbound's is their sum. The penalty ``alpha`` is left out.
        """
        from ._interop import deep_from_sklearn

        return deep_from_sklearn(clf)

    @classmethod
    def from_torch(cls, module: Any, *, loss: str = "softmax") -> "MLP":
        """Convert a ``torch.nn.Sequential`` of ``Linear`` layers and smooth activations.

        Parameters
        ----------
        module : torch.nn.Sequential
            Linear, Tanh, Sigmoid, SiLU, Mish, GELU, Softplus, and any Sequential of these;
            Identity, Flatten and Dropout, which leave an evaluated network as it is, are passed
            over. It ends with a Linear: the loss has the softmax or the sigmoid.
        loss : str
            The loss of the outputs, as for ``MLP``: "softmax" is torch's ``CrossEntropyLoss``,
            "cross_entropy" its ``BCEWithLogitsLoss``.

        Returns
        -------
        MLP
            In float64, whatever the module is in; a copy, which further training does not change.
            Its θ has the order of ``torch.nn.utils.parameters_to_vector(module.parameters())``.

        Raises
        ------
        TypeError
            If module is no Sequential, or its numbers are not real.
        ValueError
            If it has other layers, subclasses of these or layers that share their weights, has
            fewer than two Linear layers, or ends with an activation.

        Notes
        -----
        ``requires_grad`` is not looked at: all is trained. To freeze layers make another network,
        ``MLP(net.weights, net.biases, activation=net.activation, loss=net.loss, frozen=["W1"])``.

        Examples
        --------
        Where torch is installed::

            module = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
            net = hb.MLP.from_torch(module)
            theta = torch.nn.utils.parameters_to_vector(module.parameters())  # net.theta
        """
        from ._interop import deep_from_torch

        return deep_from_torch(module, loss)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file that ``save`` wrote. No code in it can run: pickles are refused.

        Raises ValueError if the file holds anything but that, or if it makes no network; OSError if
        it cannot be read.
        """
        most = [f"{x}{n}" for n in range(1, MOST_LAYERS + 1) for x in "Wb"]
        names = ("W1", "W2", "activations", "loss", "frozen")
        arrays = _files.read(path, names, optional=(*most, "feature_names"))
        count = sum(name.startswith("W") for name in arrays)
        numbers = range(1, count + 1)
        layers = {f"{x}{n}" for n in numbers for x in "Wb"}
        own = {x: arrays[x].tolist() for x in ("loss", "frozen", "feature_names") if x in arrays}
        try:
            if stray := sorted(set(most) & set(arrays) - layers):
                message = f"{stray[0]} belongs to none of its {count} layers"
                raise ValueError(message)  # noqa: TRY301  told with the file's name
            weights = [arrays[f"W{n}"] for n in numbers]
            biases = [arrays.get(f"b{n}") for n in numbers]
            return cls(weights, biases, activation=arrays["activations"].tolist(), **own)
        except (KeyError, TypeError, ValueError) as cause:
            message = f"{os.fspath(path)} holds no valid network: {cause}"
            raise ValueError(message) from None

    def _known(self, frozen: Iterable[str]) -> tuple[str, ...]:
        names = [name for name, _ in self._all()]
        listed = [frozen] if isinstance(frozen, str) else _listed("frozen", frozen, "names")
        found = {name if isinstance(name, str) else repr(name) for name in listed}
        if unknown := sorted(found - set(names)):
            message = f"frozen must name some of {', '.join(names)}, got {unknown[0]!r}"
            raise ValueError(message)
        if not set(names) - found:
            message = "frozen must leave some parameters: all are frozen"
            raise ValueError(message)
        return tuple(name for name in names if name in found)

    def _all(self) -> list[tuple[str, Array]]:
        """List all parameters by name, in the order of θ."""
        found = []
        for n, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            found.append((f"W{n}", W))
            found += [] if b is None else [(f"b{n}", b)]
        return found

    @cached_property
    def parameters(self) -> Mapping[str, Array]:
        """The parameters by name in the order of θ, without those that are frozen."""
        return MappingProxyType({name: x for name, x in self._all() if name not in self.frozen})

    @property
    def theta(self) -> Array:
        """The parameters (P,), matrices row by row. A new array each time."""
        return np.concatenate([x.ravel() for x in self.parameters.values()])

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of inputs, of the units of each hidden layer, and of outputs."""
        return (self.n_inputs, *(len(W) for W in self.weights))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Always (): an MLP is a single network."""
        return ()

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return int(self.weights[0].shape[1])

    @property
    def n_outputs(self) -> int:
        """The number K of outputs."""
        return len(self.weights[-1])

    @property
    def n_layers(self) -> int:
        """The number L + 1 of layers with weights."""
        return len(self.weights)

    @property
    def n_parameters(self) -> int:
        """The number P of parameters, without those that are frozen."""
        return sum(x.size for x in self.parameters.values())

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of each hidden layer."""
        own = self.activation
        return (own,) * (self.n_layers - 1) if isinstance(own, str) else own

    @property
    def _norm(self) -> float:
        """‖θ‖₂, to the kernels that of one hidden unit's weights."""
        theta = self.theta.reshape(1, 1, -1)
        return float(_kernels.layout().norms(theta, np.zeros((1, 2)))[0])

    def with_theta(self, theta: ArrayLike) -> Self:
        """Return a network with other parameters, and all else as it is.

        Parameters
        ----------
        theta : array_like, shape (P,)
            In the order of ``theta``.

        Raises
        ------
        ValueError
            If the shape does not fit, or a number is not finite.
        TypeError
            If theta does not hold real numbers.

        Examples
        --------
        >>> net = MLP([[[1.0, -1.0]], [[2.0]]], activation="tanh", loss="squared_error")
        >>> net.with_theta([1, 2, 3]).weights[1]
        array([[3.]])
        """
        return type(self)(
            *self._arrays(_checks.floats("theta", theta)),
            activation=self.activation,
            loss=self.loss,
            frozen=self.frozen,
            feature_names=self.feature_names,
        )

    def _on(self, theta: Array) -> Self:
        """Return a network whose parameters are parts of θ, which may change: unchecked."""
        net, (weights, biases) = object.__new__(type(self)), self._arrays(theta)
        fields = vars(self) | {"weights": weights, "biases": biases}
        vars(net).update({name: x for name, x in fields.items() if name != "parameters"})
        return net

    def _arrays(self, theta: Array) -> tuple[list[Array], list[Array | None]]:
        """Return weights and biases at θ."""
        parts = self._parts(theta)
        weights = [parts.get(f"W{n}", W) for n, W in enumerate(self.weights, start=1)]
        return weights, [parts.get(f"b{n}", b) for n, b in enumerate(self.biases, start=1)]

    def _parts(self, vector: Array) -> dict[str, Array]:
        """Split a vector in the order of θ into arrays by name."""
        if vector.shape != (self.n_parameters,):
            message = f"theta must have shape (P,) = ({self.n_parameters},), got {vector.shape}"
            raise ValueError(message)
        found, start = {}, 0
        for name, x in self.parameters.items():
            found[name] = vector[start : start + x.size].reshape(x.shape)
            start += x.size
        return found

    def logits(self, X: ArrayLike) -> Array:
        """Return the outputs (N, K), before any softmax, at inputs X (N, inputs).

        Raises ValueError if a shape does not fit, a number is not finite, or features have other
        names; TypeError if X does not hold real numbers.
        """
        from hessbound.depth import _deep

        return _deep.outputs(self, X)

    def predict_proba(self, X: ArrayLike) -> Array:
        """Return the probabilities of the classes, as scikit-learn's classifiers do.

        Parameters
        ----------
        X : array_like, shape (N, d)
            Inputs, one sample per row.

        Returns
        -------
        array of shape (N, K)
            Of softmax, a row for each sample, with a column for each class. With a loss of one
            output (N, 2), the probabilities of class 0 and class 1; of K > 1 labels per sample
            (N, K), each label's probability of being 1. All are accurate where they are tiny.

        Raises
        ------
        ValueError
            If a shape does not fit, a number is not finite, the features have other names, or the
            result overflows; if the loss is that of no probability.
        TypeError
            If X does not hold real numbers.

        Examples
        --------
        >>> weights = [[1.0]], [[0.0], [1.0], [0.0]]
        >>> MLP(weights, activation="linear").predict_proba([[0.0], [800.0]]).round(3)
        array([[0.333, 0.333, 0.333],
               [0.   , 1.   , 0.   ]])
        """
        from hessbound.functions._outputs import probabilities

        return probabilities(self, X)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to an .npz file, whole or not at all.

        The file gets exactly the name given. Raises OSError if it cannot be written.
        """
        arrays: dict[str, Any] = dict(self._all())
        arrays |= {"activations": np.array(self.activation), "loss": np.array(self.loss)}
        arrays["frozen"] = np.array(self.frozen, str)
        if self.feature_names is not None:
            arrays["feature_names"] = np.array(self.feature_names)
        _files.write(path, arrays)

    def __eq__(self, other: object) -> bool:
        """Compare everything."""
        if not isinstance(other, MLP):
            return NotImplemented
        names = ("activation", "loss", "frozen", "feature_names")
        mine, theirs = dict(self._all()), dict(other._all())
        return all(getattr(self, x) == getattr(other, x) for x in names) and (
            mine.keys() == theirs.keys()
            and all(np.array_equal(x, theirs[name]) for name, x in mine.items())
        )

    def __repr__(self) -> str:
        """Show the sizes instead of the numbers."""
        frozen = f", frozen={self.frozen}" if self.frozen else ""
        return (
            f"{type(self).__name__}(sizes={self.sizes}, activation={self.activation!r}, "
            f"loss={self.loss!r}, n_parameters={self.n_parameters}{frozen})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Check and freeze again: a copied or unpickled array can be written to."""
        return _made, (
            self.weights,
            self.biases,
            self.activation,
            self.loss,
            self.frozen,
            self.feature_names,
            _formulas.places(*self.activations, self.loss),
        )


def _made(
    weights: Any,
    biases: Any,
    activation: Any,
    loss: Any,
    frozen: Any,
    names: Any,
    formulas: Mapping[str, str] | None = None,
) -> MLP:
    _formulas.arrived(formulas or {})
    return MLP(
        weights, biases, activation=activation, loss=loss, frozen=frozen, feature_names=names
    )


def _frozen_copy(name: str, value: ArrayLike) -> Array:
    array = _checks.floats(name, value).copy()
    array.flags.writeable = False
    return array


def _listed(name: str, value: Iterable[Any], of: str) -> list[Any]:
    unordered = Mapping if name == "frozen" else Mapping | Set
    if isinstance(value, str | bytes | unordered) or not isinstance(value, Iterable):
        message = f"{name} must be a sequence of {of}, got {type(value).__name__}"
        raise TypeError(message)
    return list(value)


def _matrices(weights: Sequence[ArrayLike]) -> tuple[Array, ...]:
    """Check the weights of all layers."""
    listed = _listed("weights", weights, "matrices")
    found = [_frozen_copy(f"weights[{n}]", W) for n, W in enumerate(listed)]
    if not 2 <= len(found) <= MOST_LAYERS:
        rule = "at least 2" if len(found) < 2 else f"at most {MOST_LAYERS}"
        message = f"weights must have a matrix for each of {rule} layers, got {len(found)}"
        raise ValueError(message)
    for n, W in enumerate(found):
        if W.ndim != 2 or not W.size or (n and W.shape[1] != len(found[n - 1])):
            inputs = f"inputs = {len(found[n - 1])}" if n else "inputs >= 1"
            message = (
                f"weights[{n}] must have shape (outputs, inputs) with outputs >= 1 and {inputs}, "
                f"got {W.shape}"
            )
            raise ValueError(message)
    return tuple(found)


def _vectors(
    biases: Sequence[ArrayLike | None] | None, weights: Sequence[Array]
) -> tuple[Array | None, ...]:
    """Check the biases of all layers."""
    none = [None] * len(weights)
    given = none if biases is None else _listed("biases", biases, "vectors or None")
    if len(given) != len(weights):
        message = f"biases must have an entry for each of {len(weights)} layers, got {len(given)}"
        raise ValueError(message)
    found = [None if b is None else _frozen_copy(f"biases[{n}]", b) for n, b in enumerate(given)]
    for n, (b, W) in enumerate(zip(found, weights, strict=True)):
        if b is not None and b.shape != (len(W),):
            message = (
                f"biases[{n}] must have shape (outputs,) = ({len(W)},) to fit weights[{n}], "
                f"got {b.shape}"
            )
            raise ValueError(message)
    return tuple(found)


def _activations(activation: str | Sequence[str], hidden: int) -> str | tuple[str, ...]:
    """Check the names of activations; one name where all are equal."""
    if isinstance(activation, str):
        return str(_checks.known_activation(activation))
    own = _listed("activation", activation, "names, or one name")
    names = tuple(str(_checks.known_activation(x)) for x in own)
    if len(names) != hidden:
        message = (
            f"activation must be one name, or one for each of {hidden} hidden layers, got {names}"
        )
        raise ValueError(message)
    return names[0] if len(set(names)) == 1 else names

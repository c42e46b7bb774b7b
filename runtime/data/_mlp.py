"""MLP: the parameters of a network of any depth, or of a batch of them, checked and frozen."""

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike

from hessbound._typing import Array, Number_co, Place
from hessbound.engine import _formulas, _kernels

from . import _checks, _features, _layers, _mlp_files
from ._batches import OfBatch

if TYPE_CHECKING:
    from ._dataset import Dataset

NAMES = ("activation", "loss", "frozen", "feature_names")

Arrays: TypeAlias = tuple[Sequence[Array], Sequence[Array | None]]
"""Weights and biases."""


@dataclass(frozen=True, init=False, eq=False, repr=False)
class MLP(OfBatch, Generic[Number_co]):
    r"""A multilayer perceptron: :math:`z^l = b^l + W^l a^{l-1}`, :math:`a^l = f_l(z^l)`.

    Inputs are a⁰; layers l = 1, …, L + 1, of which the last has the K outputs and no activation.
    Leading axes are a batch of networks. The arrays are copied and cannot be written to.

    Parameters
    ----------
    weights : sequence of array_like, each of shape (..., outputs, inputs)
        A matrix for each layer, as in ``torch.nn.Linear.weight``.
    biases : sequence of array_like of shape (..., outputs), or None
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

    ``net[i]`` is a part of a batch, ``len(net)`` the length of its first axis. To type checkers
    ``MLP`` is a single network; a batch is ``MLP[NDArray[np.float64]]``, as of ``Network``.

    Examples
    --------
    >>> net = MLP([[[1.0, -1.0]], [[2.0], [0.5]]], [[0.5], None], activation="tanh")
    >>> net
    MLP(sizes=(2, 1, 2), activation='tanh', loss='softmax', n_parameters=5)
    >>> net.theta
    array([ 1. , -1. ,  0.5,  2. ,  0.5])

    Three networks, of which the second is the same:

    >>> net.with_theta([5 * [0.0], net.theta, 5 * [1.0]])[1] == net
    True
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
        own = _layers.matrices(weights)
        for name, value in {
            "weights": own,
            "biases": _layers.vectors(biases, own),
            "activation": _layers.activations(activation, len(own) - 1),
            "loss": str(_checks.known_loss_of_outputs(loss, own[-1].shape[-2])),
        }.items():
            object.__setattr__(self, name, value)
        known = [name for name, _ in self._all()]
        object.__setattr__(self, "frozen", _layers.frozen(frozen, known))
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
            If module is no Sequential, or a subclass of it, or its numbers are not real.
        ValueError
            If it has other layers, subclasses of these or layers that share their parameters, has
            fewer than two Linear layers, or ends with an activation; if a layer has hooks, a
            ``forward`` or parameters of its own, as of ``weight_norm``, ``spectral_norm`` and
            ``prune``.

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
        weights, biases, own = _mlp_files.read(path)
        try:
            return cls(weights, biases, **own)
        except (TypeError, ValueError) as cause:
            raise _mlp_files.invalid(path, cause) from None

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
        """The parameters (..., P), matrices row by row. A new array each time."""
        batch = self.batch_shape
        rows = [x.reshape(*batch, self._entries(x)) for x in self.parameters.values()]
        return np.concatenate(rows, axis=-1)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of inputs, of the units of each hidden layer, and of outputs."""
        return (self.n_inputs, *(int(W.shape[-2]) for W in self.weights))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The leading axes; () for a single network."""
        return self.weights[0].shape[:-2]

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return int(self.weights[0].shape[-1])

    @property
    def n_outputs(self) -> int:
        """The number K of outputs."""
        return int(self.weights[-1].shape[-2])

    @property
    def n_layers(self) -> int:
        """The number L + 1 of layers with weights."""
        return len(self.weights)

    @property
    def n_parameters(self) -> int:
        """The number P of parameters of one network, without those that are frozen."""
        return sum(map(self._entries, self.parameters.values()))

    def _entries(self, x: Array) -> int:
        """Return how many numbers of an array one network has."""
        return math.prod(x.shape[len(self.batch_shape) :])

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of each hidden layer."""
        own = self.activation
        return (own,) * (self.n_layers - 1) if isinstance(own, str) else own

    @property
    def _norm(self) -> Any:
        """‖θ‖₂ of each network, to the kernels that of one hidden unit's weights."""
        theta = self._in_a_row(self.theta)[:, None]
        values = _kernels.layout().norms(theta, np.zeros((len(theta), 2)))
        return values.reshape(self.batch_shape) if self.batch_shape else float(values[0])

    def with_theta(self, theta: ArrayLike) -> Self:
        """Return a network with other parameters, and all else as it is.

        Parameters
        ----------
        theta : array_like, shape (..., P)
            In the order of ``theta``; leading axes are a batch, whatever this network's is. A batch
            with frozen layers, which differ among its networks, keeps its axes.

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
        return self._with(*self._arrays(_checks.floats("theta", theta)))

    def _with(self, weights: Sequence[ArrayLike], biases: Sequence[ArrayLike | None]) -> Self:
        """Return a network with other numbers and all else as it is."""
        own: dict[str, Any] = {name: getattr(self, name) for name in NAMES}
        return type(self)(weights, biases, **own)

    def _at(self, weights: Sequence[Array], biases: Sequence[Array | None]) -> "MLP":
        """Return the same, unchecked, and with these very arrays."""
        net = object.__new__(MLP)
        fields = vars(self) | {"weights": tuple(weights), "biases": tuple(biases)}
        vars(net).update({name: x for name, x in fields.items() if name != "parameters"})
        return net

    def _on(self, theta: Array) -> "MLP":
        """Return a single network whose parameters are parts of θ, which may change."""
        return self._at(*self._arrays(theta))

    def _arrays(self, theta: Array) -> Arrays:
        """Return weights and biases at θ; what is frozen gets its leading axes."""
        parts, batch, leading = self._parts(theta), self.batch_shape, theta.shape[:-1]
        if self.frozen and batch not in {(), leading}:
            message = (
                f"theta must have shape (..., P) = {(*batch, self.n_parameters)} to fit "
                f"{self.frozen[0]}, which is frozen, got {theta.shape}"
            )
            raise ValueError(message)
        for name, x in self._all():
            if name in self.frozen:
                parts[name] = np.broadcast_to(x, (*leading, *x.shape[len(batch) :]))
        numbers = range(1, self.n_layers + 1)
        return [parts[f"W{n}"] for n in numbers], [parts.get(f"b{n}") for n in numbers]

    def _parts(self, vector: Array) -> dict[str, Array]:
        """Split vectors in the order of θ into arrays by name."""
        P = self.n_parameters
        if vector.ndim < 1 or vector.shape[-1] != P:
            message = (
                f"theta must have shape (..., P) with P = net.n_parameters = {P}, "
                f"got {vector.shape}"
            )
            raise ValueError(message)
        found, start, axes = {}, 0, len(self.batch_shape)
        for name, x in self.parameters.items():
            stop = start + self._entries(x)
            found[name] = vector[..., start:stop].reshape(*vector.shape[:-1], *x.shape[axes:])
            start = stop
        return found

    def _singles(self) -> Iterator["MLP[Any]"]:
        """Yield the networks of the batch one by one, unchecked; a single one is its own."""
        if not self.batch_shape:
            yield self
            return
        yield from map(self._in_one_axis()._taken, range(math.prod(self.batch_shape)))

    def _in_one_axis(self) -> "MLP[Any]":
        """Return the batch with a single axis, unchecked."""
        biases = [None if b is None else self._in_a_row(b) for b in self.biases]
        return self._at([self._in_a_row(W) for W in self.weights], biases)

    def _taken(self, index: Any) -> "MLP[Any]":
        """Return a part of a batch with a single axis, unchecked; of a network, None makes one."""
        biases = [None if b is None else b[index] for b in self.biases]
        return self._at([W[index] for W in self.weights], biases)

    @overload
    def __getitem__(  # pyright: ignore[reportOverlappingOverload]  # the first that fits counts
        self, index: Place | tuple[Place, ...]
    ) -> "MLP": ...

    @overload
    def __getitem__(self, index: Any) -> "MLP[Array]": ...

    def __getitem__(self, index: Any) -> "MLP[Any]":
        """Return a part of the batch: its axes are indexed as NumPy indexes an array."""
        places = self._places(index)
        weights = [self._in_a_row(W)[places] for W in self.weights]
        return self._with(
            weights, [None if b is None else self._in_a_row(b)[places] for b in self.biases]
        )

    def __iter__(self) -> Iterator["MLP"]:
        """Yield the parts along the batch's first axis."""
        return (self[n] for n in range(len(self)))

    def logits(self, X: "ArrayLike | Dataset") -> Array:
        """Return the outputs (..., N, K), before any softmax, at X (N, inputs) or a Dataset.

        Raises ValueError if a shape does not fit, a number is not finite, or features have other
        names; TypeError if X does not hold real numbers.
        """
        from hessbound.functions._outputs import logits

        return logits(self, X)

    def predict_proba(self, X: "ArrayLike | Dataset") -> Array:
        """Return the probabilities of the classes, as scikit-learn's classifiers do.

        Parameters
        ----------
        X : array_like, shape (N, d), or Dataset
            Inputs, one sample per row.

        Returns
        -------
        array of shape (..., N, K)
            Of softmax, a row for each sample, with a column for each class. With a loss of one
            output (..., N, 2), the probabilities of class 0 and class 1; of K > 1 labels per sample
            (..., N, K), each label's probability of being 1. Leading axes are those of the batch.
            All are accurate where they are tiny.

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
        names = {"activations": self.activation, "loss": self.loss, "frozen": self.frozen}
        _mlp_files.write(path, dict(self._all()), **names, feature_names=self.feature_names)

    def __eq__(self, other: object) -> bool:
        """Compare everything."""
        if not isinstance(other, MLP):
            return NotImplemented
        mine, theirs = dict(self._all()), dict(other._all())
        return all(getattr(self, x) == getattr(other, x) for x in NAMES) and (
            mine.keys() == theirs.keys()
            and all(np.array_equal(x, theirs[name]) for name, x in mine.items())
        )

    def __repr__(self) -> str:
        """Show the sizes instead of the numbers."""
        more = f", frozen={self.frozen}" if self.frozen else ""
        more += f", batch_shape={self.batch_shape}" if self.batch_shape else ""
        return (
            f"{type(self).__name__}(sizes={self.sizes}, activation={self.activation!r}, "
            f"loss={self.loss!r}, n_parameters={self.n_parameters}{more})"
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
) -> MLP[Any]:
    _formulas.arrived(formulas or {})
    return MLP(
        weights, biases, activation=activation, loss=loss, frozen=frozen, feature_names=names
    )

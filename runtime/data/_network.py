"""Network: the parameters of a three-layer network, or of a batch of them, checked and frozen."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Self, overload

import numpy as np
from numpy.typing import ArrayLike

from hessbound._typing import Array, Block, Number_co, Place
from hessbound.engine import _formulas, _kernels

from . import _checks, _features, _files
from ._batches import OfBatch

if TYPE_CHECKING:
    from ._dataset import Dataset

FIELDS = ("A", "w", "activation", "loss", "feature_names")


class Layers(NamedTuple):
    """Weights and biases held apart, as other libraries do."""

    W1: Array
    b1: Array
    w2: Array
    b2: Array


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Network(OfBatch, Generic[Number_co]):
    r"""A three-layer network with the output :math:`v = w_0 + \sum_k w_k f(\sum_j A_{kj} x_j)`.

    Inputs are x_0 = 1, x_1, …, x_d; hidden units k = 1, …, m. The loss says what v stands for: with
    cross-entropy σ(v) is the probability of class 1. Leading axes of A and w are a batch
    of networks. The arrays are copied and cannot be written to.

    Parameters
    ----------
    A : array_like, shape (..., m, d + 1)
        Weights from the inputs to the hidden units; column 0 holds the biases.
    w : array_like, shape (..., m + 1)
        Weights from the hidden units to the output; entry 0 is the bias.
    activation : str
        The hidden units' f, one of ``hessbound.activations()``.
    loss : str
        The loss that it is trained for, one of ``hessbound.losses()``.
    feature_names : iterable of str, optional
        Names of the d inputs. A data frame, whose columns have names, must have these in the same
        order; arrays have no names and are taken as they come.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or the activation is unknown.
    TypeError
        If A or w does not hold real numbers.

    Notes
    -----
    Eqs. (1)-(4). Two networks are equal if their activations, losses, names and all their numbers
    are.
    ``net[i]`` is a part of a batch, ``len(net)`` the length of its first axis.

    To type checkers ``Network`` is a single network, whose results have floats. A batch is
    ``Network[NDArray[np.float64]]``, in annotations and in calls, and its results have arrays;
    ``Network[Any]`` is either. When a program runs this makes no difference.

    Examples
    --------
    >>> net = Network([[0.5, 1.0, -1.0]], [0.0, 2.0], activation="tanh")
    >>> net
    Network(activation='tanh', n_inputs=2, n_hidden=1, n_parameters=5)
    >>> net.theta
    array([ 0.5,  1. , -1. ,  0. ,  2. ])
    """

    A: Array
    w: Array
    activation: str
    loss: str
    feature_names: tuple[str, ...] | None

    def __init__(
        self,
        A: ArrayLike,
        w: ArrayLike,
        *,
        activation: str,
        loss: str = _kernels.DEFAULT_LOSS,
        feature_names: Iterable[str] | None = None,
    ) -> None:
        """Check and copy the parameters."""
        self._freeze(A, w, activation, loss, feature_names)

    def _freeze(
        self,
        A: ArrayLike,
        w: ArrayLike,
        activation: str,
        loss: str,
        feature_names: Iterable[str] | None,
    ) -> None:
        """Set the fields to checked, read-only copies."""
        arrays = {"A": _checks.floats("A", A).copy(), "w": _checks.floats("w", w).copy()}
        _checks.layers(**arrays)
        for name, array in arrays.items():
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "activation", _checks.known_activation(activation))
        object.__setattr__(self, "loss", _checks.known_loss(loss))
        names = _features.checked(feature_names, self.n_inputs)
        object.__setattr__(self, "feature_names", names)

    def _with(self, A: ArrayLike, w: ArrayLike) -> Self:
        """Return a network with other numbers and all else as it is."""
        own = {"activation": self.activation, "loss": self.loss}
        return type(self)(A, w, **own, feature_names=self.feature_names)

    @classmethod
    def from_layers(
        cls,
        W1: ArrayLike,
        b1: ArrayLike,
        w2: ArrayLike,
        b2: ArrayLike,
        *,
        activation: str,
        loss: str = _kernels.DEFAULT_LOSS,
        feature_names: Iterable[str] | None = None,
    ) -> Self:
        """Build a network from weights and biases held apart; the inverse of ``to_layers``.

        Parameters
        ----------
        W1 : array_like, shape (..., m, d)
            Weights from the inputs to the hidden units, as in ``torch.nn.Linear``.
        b1 : array_like, shape (..., m)
            Biases of the hidden units.
        w2 : array_like, shape (..., m)
            Weights from the hidden units to the output.
        b2 : array_like, shape (...)
            Bias of the output: a single number for a single network.
        activation : str
            One of ``hessbound.activations()``.
        loss : str
            One of ``hessbound.losses()``.
        feature_names : iterable of str, optional
            Names of the d inputs.

        Raises
        ------
        ValueError
            If a shape does not fit, a number is not finite or the activation is unknown.
        TypeError
            If an argument does not hold real numbers.

        Examples
        --------
        >>> Network.from_layers([[1.0, -1.0]], [0.5], [2.0], 0.0, activation="tanh").A
        array([[ 0.5,  1. , -1. ]])
        """
        W1, b1, w2, b2 = (
            _checks.floats(name, value)
            for name, value in (("W1", W1), ("b1", b1), ("w2", w2), ("b2", b2))
        )
        _checks.separate_layers(W1, b1, w2, b2)
        A = np.concatenate([b1[..., None], W1], axis=-1)
        w = np.concatenate([b2[..., None], w2], axis=-1)
        return cls(A, w, activation=activation, loss=loss, feature_names=feature_names)

    def to_layers(self) -> Layers:
        """Return weights and biases held apart, as copies; the inverse of ``from_layers``.

        Returns
        -------
        Layers
            A named tuple of W1 (..., m, d), b1 (..., m), w2 (..., m) and b2 (...).

        Examples
        --------
        >>> net = Network([[0.5, 1.0, -1.0]], [0.0, 2.0], activation="tanh")
        >>> net.to_layers().W1
        array([[ 1., -1.]])
        >>> Network.from_layers(*net.to_layers(), activation="tanh") == net
        True
        """
        A, w = self.A.copy(), self.w.copy()
        return Layers(A[..., 1:], A[..., 0], w[..., 1:], w[..., 0])

    @classmethod
    def from_theta(
        cls,
        theta: ArrayLike,
        *,
        n_inputs: int,
        n_hidden: int,
        activation: str,
        loss: str = _kernels.DEFAULT_LOSS,
        feature_names: Iterable[str] | None = None,
    ) -> Self:
        """Build a network from its parameter vector; the inverse of ``theta``.

        Parameters
        ----------
        theta : array_like, shape (..., P)
            A column by column, then w; P = m (d + 1) + m + 1.
        n_inputs, n_hidden : int
            d and m.
        activation : str
            One of ``hessbound.activations()``.
        loss : str
            One of ``hessbound.losses()``.
        feature_names : iterable of str, optional
            Names of the d inputs.

        Raises
        ------
        ValueError
            If a shape does not fit, a number is not finite or the activation is unknown.
        TypeError
            If theta does not hold real numbers, or a size is not an integer.

        Examples
        --------
        >>> net = Network.from_theta(range(7), n_inputs=1, n_hidden=2, activation="sigmoid")
        >>> net.A
        array([[0., 2.],
               [1., 3.]])
        >>> net.w
        array([4., 5., 6.])
        """
        vector = _checks.floats("theta", theta)
        d, m = _checks.size("n_inputs", n_inputs), _checks.size("n_hidden", n_hidden)
        _checks.theta(vector, d, m)
        columns, w = np.split(vector, [m * (d + 1)], axis=-1)
        A = columns.reshape(*vector.shape[:-1], d + 1, m).swapaxes(-1, -2)
        return cls(A, w, activation=activation, loss=loss, feature_names=feature_names)

    def with_theta(self, theta: ArrayLike) -> Self:
        """Return a network of the same sizes, activation, loss and names with other parameters.

        Parameters
        ----------
        theta : array_like, shape (..., P)
            In the order of ``theta``; leading axes are a batch, whatever this network's is.

        Raises
        ------
        ValueError
            If the shape does not fit, or a number is not finite.
        TypeError
            If theta does not hold real numbers.

        Examples
        --------
        >>> net = Network([[0.0, 1.0]], [0.0, 2.0], activation="tanh")
        >>> net.with_theta(net.theta + 0.5).w
        array([0.5, 2.5])
        """
        return type(self).from_theta(
            theta,
            n_inputs=self.n_inputs,
            n_hidden=self.n_hidden,
            activation=self.activation,
            loss=self.loss,
            feature_names=self.feature_names,
        )

    @property
    def theta(self) -> Array:
        """The parameters (..., P): A column by column, then w. A new array each time."""
        entries = self.n_hidden * (self.n_inputs + 1)
        columns = self.A.swapaxes(-1, -2).reshape(*self.batch_shape, entries)
        return np.concatenate([columns, self.w], axis=-1)

    @property
    def n_inputs(self) -> int:
        """The number d of inputs, without the bias."""
        return int(self.A.shape[-1]) - 1

    @property
    def n_hidden(self) -> int:
        """The number m of hidden units."""
        return int(self.A.shape[-2])

    @property
    def n_parameters(self) -> int:
        """The number P = m (d + 1) + m + 1 of parameters of one network."""
        m, D = self.A.shape[-2:]
        return int(m * D + m + 1)

    def _span(self, block: Block | None) -> slice:
        """Where in θ the parameters of a layer are; None stands for all."""
        hidden, P = self.n_hidden * (self.n_inputs + 1), self.n_parameters
        return {"hidden": slice(hidden), "output": slice(hidden, P), None: slice(P)}[block]

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The leading axes; () for a single network."""
        return self.A.shape[:-2]

    @cached_property
    def _stacked(self) -> tuple[Array, Array]:
        """A (n, m, d + 1) and w (n, m + 1) with one axis for the batch, as kernels take them.

        Copies, since kernels know only arrays that can be written to.
        """
        A, w = self.A, self.w
        return A.reshape(-1, *A.shape[-2:]).copy(), w.reshape(-1, w.shape[-1]).copy()

    @cached_property
    def _norm(self) -> Any:
        """‖θ‖₂ of each network, of all parameters."""
        values = _kernels.layout().norms(*self._stacked)
        return values.reshape(self.batch_shape) if self.batch_shape else float(values[0])

    @overload
    def __getitem__(  # pyright: ignore[reportOverlappingOverload]  # the first that fits counts
        self, index: Place | tuple[Place, ...]
    ) -> "Network": ...

    @overload
    def __getitem__(self, index: Any) -> "Network[Array]": ...

    def __getitem__(self, index: Any) -> "Network[Any]":
        """Return a part of the batch: its axes are indexed as NumPy indexes an array."""
        places = self._places(index)
        return self._with(self._in_a_row(self.A)[places], self._in_a_row(self.w)[places])

    def __iter__(self) -> Iterator["Network"]:
        """Yield the parts along the batch's first axis."""
        return (self[n] for n in range(len(self)))

    def predict_proba(self, X: "ArrayLike | Dataset") -> Array:
        """Return the probabilities of class 0 and class 1, as scikit-learn's classifiers do.

        Parameters
        ----------
        X : array_like, shape (N, d), or Dataset
            Inputs, one sample per row, *without* the column of ones.

        Returns
        -------
        array of shape (..., N, 2)
            Row by row the probability of class 0 and that of class 1; leading axes are those of
            the batch. Both are accurate where one of them is tiny.

        Raises
        ------
        ValueError
            If a shape does not fit, a number is not finite, the features have other names, or the
            result overflows; if the loss is that of no probability of two classes.
        TypeError
            If X does not hold real numbers.

        Examples
        --------
        >>> net = Network([[0.0, 1.0]], [0.0, 1.0], activation="linear")
        >>> net.predict_proba([[0.0], [800.0]])
        array([[0.5, 0.5],
               [0. , 1. ]])
        """
        from hessbound.functions._outputs import probabilities

        return probabilities(self, X)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write A, w, activation, loss and feature_names to an .npz file, whole or not at all.

        The file gets exactly the name given. Raises OSError if it cannot be written.
        """
        arrays = {"A": self.A, "w": self.w}
        arrays |= {"activation": np.array(self.activation), "loss": np.array(self.loss)}
        if self.feature_names is not None:
            arrays["feature_names"] = np.array(self.feature_names)
        _files.write(path, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file that ``save`` wrote. No code in it can run: pickles are refused.

        A file that names no loss is for cross-entropy. Raises ValueError if the file holds anything
        but that, or if it makes no network; OSError if it cannot be read.
        """
        arrays = _files.read(path, "Network", optional=("loss", "feature_names"))
        own = {name: array.tolist() for name, array in arrays.items() if name not in ("A", "w")}
        try:
            return cls(arrays["A"], arrays["w"], **own)
        except (TypeError, ValueError) as cause:
            message = f"{os.fspath(path)} holds no valid network: {cause}"
            raise ValueError(message) from None

    def __eq__(self, other: object) -> bool:
        """Compare activations, losses, names and numbers."""
        if not isinstance(other, Network):
            return NotImplemented
        return (
            self.activation == other.activation
            and self.loss == other.loss
            and self.feature_names == other.feature_names
            and np.array_equal(self.A, other.A)
            and np.array_equal(self.w, other.w)
        )

    def __repr__(self) -> str:
        """Show the sizes instead of the numbers."""
        batch = f", batch_shape={self.batch_shape}" if self.batch_shape else ""
        loss = f", loss={self.loss!r}" if self.loss != _kernels.DEFAULT_LOSS else ""
        return (
            f"{type(self).__name__}(activation={self.activation!r}{loss}, "
            f"n_inputs={self.n_inputs}, n_hidden={self.n_hidden}, "
            f"n_parameters={self.n_parameters}{batch})"
        )

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields, and where formulas of one's own are found."""
        fields = {name: getattr(self, name) for name in FIELDS}
        return fields | {"formulas": _formulas.places(self.activation, self.loss)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Check and freeze again: a copied or unpickled array can be written to."""
        _formulas.arrived(state.get("formulas") or {})
        self._freeze(*(state[name] for name in FIELDS))

"""Network: the parameters of a three-layer network, or of a batch of them, checked and frozen."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from . import _checks, _files
from ._typing import Array


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Network:
    r"""A three-layer network :math:`\hat y = \sigma(w_0 + \sum_k w_k f(\sum_j A_{kj} x_j))`.

    Inputs are x_0 = 1, x_1, …, x_d; hidden units k = 1, …, m. Leading axes of A and w are a batch
    of networks. The arrays are copied and cannot be written to.

    Parameters
    ----------
    A : array_like, shape (..., m, d + 1)
        Weights from the inputs to the hidden units; column 0 holds the biases.
    w : array_like, shape (..., m + 1)
        Weights from the hidden units to the output; entry 0 is the bias.
    activation : str
        The hidden units' f, one of ``hessbound.activations()``.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or the activation is unknown.
    TypeError
        If A or w does not hold real numbers.

    Notes
    -----
    Eqs. (1)-(4). Two networks are equal if their activations and all their numbers are.

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

    def __init__(self, A: ArrayLike, w: ArrayLike, *, activation: str) -> None:
        """Check and copy the parameters."""
        self._freeze(A, w, activation)

    def _freeze(self, A: ArrayLike, w: ArrayLike, activation: str) -> None:
        """Set the fields to checked, read-only copies."""
        arrays = {"A": _checks.floats("A", A).copy(), "w": _checks.floats("w", w).copy()}
        _checks.layers(**arrays)
        for name, array in arrays.items():
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "activation", _checks.known_activation(activation))

    @classmethod
    def from_layers(
        cls, W1: ArrayLike, b1: ArrayLike, w2: ArrayLike, b2: ArrayLike, *, activation: str
    ) -> Self:
        """Build a network from weights and biases held apart.

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
        return cls(A, w, activation=activation)

    @classmethod
    def from_theta(cls, theta: ArrayLike, *, n_inputs: int, n_hidden: int, activation: str) -> Self:
        """Build a network from its parameter vector; the inverse of ``theta``.

        Parameters
        ----------
        theta : array_like, shape (..., P)
            A column by column, then w; P = m (d + 1) + m + 1.
        n_inputs, n_hidden : int
            d and m.
        activation : str
            One of ``hessbound.activations()``.

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
        return cls(A, w, activation=activation)

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
        return self.n_hidden * (self.n_inputs + 1) + self.n_hidden + 1

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The leading axes; () for a single network."""
        return self.A.shape[:-2]

    @cached_property
    def stacked(self) -> tuple[Array, Array]:
        """A (n, m, d + 1) and w (n, m + 1) with one axis for the batch, as kernels take them.

        Copies, since kernels know only arrays that can be written to; leave them as they are.
        """
        A, w = self.A, self.w
        return A.reshape(-1, *A.shape[-2:]).copy(), w.reshape(-1, w.shape[-1]).copy()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the arrays A, w and activation to an .npz file, whole or not at all.

        The file gets exactly the name given. Raises OSError if it cannot be written.
        """
        _files.write(path, {"A": self.A, "w": self.w, "activation": np.array(self.activation)})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file that ``save`` wrote. No code in it can run: pickles are refused.

        Raises ValueError if the file holds anything but A, w and activation, or these do not make a
        network; OSError if it cannot be read.
        """
        arrays = _files.read(path, ("A", "w", "activation"))
        try:
            return cls(arrays["A"], arrays["w"], activation=arrays["activation"].tolist())
        except (TypeError, ValueError) as cause:
            message = f"{os.fspath(path)} holds no valid network: {cause}"
            raise ValueError(message) from None

    def __eq__(self, other: object) -> bool:
        """Compare activations and numbers."""
        if not isinstance(other, Network):
            return NotImplemented
        return (
            self.activation == other.activation
            and np.array_equal(self.A, other.A)
            and np.array_equal(self.w, other.w)
        )

    def __repr__(self) -> str:
        """Show the sizes instead of the numbers."""
        batch = f", batch_shape={self.batch_shape}" if self.batch_shape else ""
        return (
            f"{type(self).__name__}(activation={self.activation!r}, n_inputs={self.n_inputs}, "
            f"n_hidden={self.n_hidden}, n_parameters={self.n_parameters}{batch})"
        )

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Check and freeze again: a copied or unpickled array can be written to."""
        self._freeze(state["A"], state["w"], state["activation"])

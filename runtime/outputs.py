"""What a network computes: its hidden outputs, and its output before the logistic function."""

import numpy as np
from numpy.typing import ArrayLike

from . import _checks, _kernels
from ._problem import a_network
from ._typing import Array
from .network import Network


def hidden_outputs(net: Network, X: ArrayLike) -> Array:
    """Return h = f(u), the outputs of the hidden units.

    Parameters
    ----------
    net : Network
        One network, or a batch of them.
    X : array_like, shape (N, d)
        Inputs, one sample per row, *without* the column of ones.

    Returns
    -------
    array of shape (..., N, m)
        A row for each sample; leading axes are those of the batch.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or the result overflows.
    TypeError
        If net is not a Network, or X does not hold real numbers.

    Notes
    -----
    Eq. (1). Time O(N d m).

    Examples
    --------
    >>> net = Network([[0.0, 1.0], [1.0, 0.0]], [0.0, 2.0, 1.0], activation="linear")
    >>> hidden_outputs(net, [[3.0], [5.0]])
    array([[3., 1.],
           [5., 1.]])
    """
    a_network(net)
    rows = _checks.floats("X", X)
    _checks.inputs(rows, net.n_inputs)
    with np.errstate(over="ignore", invalid="ignore"):  # told below
        u = rows @ net.A[..., 1:].swapaxes(-1, -2) + net.A[..., None, :, 0]
        h = _kernels.load(net.activation).activation(u.ravel())[0]
    return np.asarray(_checks.result("a hidden output", h.reshape(u.shape)))


def logits(net: Network, X: ArrayLike) -> Array:
    """Return v = wᵀh̄, so that the predicted probability of class 1 is σ(v) and its sign the class.

    Parameters
    ----------
    net, X
        As for ``hessbound.hidden_outputs``.

    Returns
    -------
    array of shape (..., N)
        A number for each sample; leading axes are those of the batch.

    Raises
    ------
    ValueError, TypeError
        As for ``hessbound.hidden_outputs``.

    Notes
    -----
    Eqs. (1)-(2). Time O(N d m).

    Examples
    --------
    >>> net = Network([[0.0, 1.0], [1.0, 0.0]], [0.5, 2.0, 1.0], activation="linear")
    >>> logits(net, [[3.0], [-5.0]])
    array([ 7.5, -8.5])
    """
    h = hidden_outputs(net, X)
    with np.errstate(over="ignore", invalid="ignore"):  # told below
        v = (h @ net.w[..., 1:, None])[..., 0] + net.w[..., :1]
    return np.asarray(_checks.result("the output", v))

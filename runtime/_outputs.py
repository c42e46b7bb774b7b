"""What a network computes: its hidden outputs, and its output before the logistic function."""

import numpy as np
from numpy.typing import ArrayLike

from . import _checks, _features
from ._network import Network
from ._plan import sample_tile
from ._problem import Problem
from ._typing import Array


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
        If a shape does not fit, a number is not finite, features have other names than net's, or
        the result overflows.
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
    h, _ = _outputs(net, X)
    return np.asarray(_checks.result("a hidden output", h))


def logits(net: Network, X: ArrayLike) -> Array:
    """Return v = wᵀh̄, so that the predicted probability of class 1 is σ(v) and its sign the class.

    Parameters
    ----------
    net : Network
        One network, or a batch of them.
    X : array_like, shape (N, d)
        Inputs, one sample per row, *without* the column of ones.

    Returns
    -------
    array of shape (..., N)
        A number for each sample; leading axes are those of the batch.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, features have other names than net's, or
        the result overflows.
    TypeError
        If net is not a Network, or X does not hold real numbers.

    Notes
    -----
    Eqs. (1)-(2). Time O(N d m).

    Examples
    --------
    >>> net = Network([[0.0, 1.0], [1.0, 0.0]], [0.5, 2.0, 1.0], activation="linear")
    >>> logits(net, [[3.0], [-5.0]])
    array([ 7.5, -8.5])
    """
    h, v = _outputs(net, X)
    _checks.result("a hidden output", h)
    return np.asarray(_checks.result("the output", v))


def _outputs(net: Network, X: ArrayLike) -> tuple[Array, Array]:
    """Return h (..., N, m) and v (..., N); labels do not matter for them."""
    rows = _checks.real_numbers("X", X)
    if isinstance(net, Network):
        _features.compare(net.feature_names, _features.of_table(X))
    problem = Problem.of(net, rows, np.zeros(rows.shape[:1]), None, "sum")
    (N, _, m), batch = problem.sizes, net.batch_shape
    h, v = np.empty((len(problem.A), N, m)), np.empty((len(problem.A), N))
    for n, (A, w) in enumerate(problem.networks()):
        h[n], v[n] = problem.kernels.outputs(problem.data.XT, A, w, N, sample_tile(m))
    return h.reshape(*batch, N, m), v.reshape(*batch, N)

"""The loss and its gradient."""

import numpy as np
from numpy.typing import ArrayLike

from ._problem import Problem
from ._typing import Array, Quantity, Reduction
from .network import Network


def loss(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
) -> Quantity:
    r"""Return the cross-entropy loss :math:`L = \sum_i \omega_i [\log(1 + e^{v_i}) - y_i v_i]`.

    Parameters
    ----------
    net : Network
        One network, or a batch of them.
    X : array_like, shape (N, d)
        Inputs, one sample per row, *without* the column of ones.
    y : array_like, shape (N,)
        Labels in [0, 1]; a soft label is the probability of class 1.
    sample_weight : array_like, shape (N,), optional
        Weights ω, none negative; an integer weight equals repeating the sample. Default: ones.
    reduction : {"sum", "mean"}
        The sum over the samples (the paper's convention), or the sum divided by Σω.

    Returns
    -------
    float, or array of shape ``net.batch_shape``
        The loss; never negative.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, or the result overflows.
    TypeError
        If net is not a Network, or an array does not hold real numbers.

    Notes
    -----
    Eqs. (1)-(2), where :math:`v_i` is the output before the logistic function. Time O(N d m).

    Examples
    --------
    At zero weights each sample costs log 2:

    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> round(loss(net, [[0.0], [1.0]], [0, 1], reduction="mean"), 12)
    0.69314718056
    """
    problem = Problem.of(net, X, y, sample_weight, reduction)
    return problem.reduced("the loss", (), problem.kernels.loss)


def gradient(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
) -> Array:
    """Return the gradient of the loss with respect to ``net.theta``.

    Parameters
    ----------
    net, X, y, sample_weight, reduction
        As for ``hessbound.loss``.

    Returns
    -------
    array of shape (..., P)
        A column by column, then w; leading axes are those of the batch.

    Raises
    ------
    ValueError, TypeError
        As for ``hessbound.loss``.

    Notes
    -----
    Eqs. (51)-(57). Time O(N d m).

    Examples
    --------
    >>> net = Network([[0.0, 0.0]], [0.0, 2.0], activation="tanh")
    >>> gradient(net, [[0.0], [1.0]], [0, 1])
    array([ 0., -1.,  0.,  0.])
    """
    problem = Problem.of(net, X, y, sample_weight, reduction)
    values = problem.reduced("the gradient", (net.n_parameters,), problem.kernels.gradient)
    return np.asarray(values)

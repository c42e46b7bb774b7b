"""The gradient of tr H: what a regulariser steps along, in mini-batches too."""

from typing import Any

from numpy.typing import ArrayLike

from hessbound._typing import Array, Number, Reduction
from hessbound.data._dataset import Dataset
from hessbound.data._mlp import MLP
from hessbound.data._network import Network
from hessbound.depth import _deep
from hessbound.depth._deep import DeepProblem
from hessbound.engine._penalty import L2

from ._gradients import sharpness_gradient


def trace_gradient(
    net: Network[Number] | MLP[Number],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
) -> tuple[Number, Array]:
    r"""Return :math:`\operatorname{tr} H` of the loss and its gradient by ``net.theta``.

    Parameters
    ----------
    net : Network or MLP
        One network, or a batch of them.
    X : array_like, shape (N, d), or Dataset
        Inputs, one sample per row, *without* the column of ones. A ``hessbound.Dataset`` stands for
        X, y and sample_weight together.
    y : array_like, shape (N,), of an ``MLP`` also (N, K)
        Labels that ``net.loss`` takes; in [0, 1], a soft label is the probability of class 1. Of
        softmax classes 0 to K − 1, (N,), or rows of probabilities, (N, K).
    sample_weight : array_like, shape (N,), optional
        Weights ω, none negative; an integer weight equals repeating the sample. Default: ones.
    reduction : {"sum", "mean"}
        The sum over the samples (the paper's convention), or the sum divided by Σω.
    l2 : float or L2
        Add ½ l2 times the sum of the squared weights, without biases, whatever the reduction is;
        a ``hessbound.L2`` has a number for each layer, and can count biases. Default: 0.

    Returns
    -------
    value : float, or array of shape ``net.batch_shape``
        The number that ``hessbound.trace`` has, up to rounding.
    gradient : array of shape (..., P)
        Its derivatives, float64, in the order of ``net.theta``.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the result overflows.
    TypeError
        If net is no network, or an array does not hold real numbers.

    Notes
    -----
    Beyond the paper, and exact: no H is formed and nothing is sampled. Both are sums over the
    samples, so that mini-batches give them without bias. What is frozen in an MLP is constant: tr H
    is the sum of the second derivatives by the parameters in ``net.theta`` alone, and its gradient
    is by these. Time two to three times that of ``hessbound.trace``; memory O(P) and, for each
    thread, of one block of samples: with three and more hidden layers several numbers for each
    weight between these and each sample in the block. Of a Network it is
    ``hessbound.sharpness_gradient(..., of="trace")``.

    Examples
    --------
    A step against it lowers the trace:

    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(20, 2)), rng.integers(0, 3, 20)
    >>> shapes = (4, 2), (3, 4), (3, 3)
    >>> net = MLP([rng.normal(size=shape) for shape in shapes], activation="tanh")
    >>> value, gradient = trace_gradient(net, X, y)
    >>> gradient.shape
    (29,)
    >>> after = net.with_theta(net.theta - 1e-3 * gradient)
    >>> bool(trace_gradient(after, X, y)[0] < value)
    True
    """
    if isinstance(net, MLP):
        deep = DeepProblem.of(net, X, y, sample_weight, reduction, l2)
        found: tuple[Any, Array] = _deep.trace_and_gradient(deep)
        return found
    return sharpness_gradient(
        net, X, y, of="trace", sample_weight=sample_weight, reduction=reduction, l2=l2
    )

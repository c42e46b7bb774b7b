"""The loss and its gradient."""

from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from hessbound._typing import Array, Number, Quantity, Reduction
from hessbound.data import _checks
from hessbound.data._dataset import Dataset
from hessbound.data._mlp import MLP
from hessbound.data._network import Network
from hessbound.depth import _deep
from hessbound.depth._deep import DeepProblem
from hessbound.engine import _memory
from hessbound.engine._penalty import L2, Penalty
from hessbound.engine._problem import Problem


@overload
def loss(
    net: Network[Number] | MLP[Number],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    per_sample: Literal[False] = False,
) -> Number: ...


@overload
def loss(
    net: Network[Any] | MLP[Any],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    per_sample: Literal[True],
) -> Array: ...


@overload
def loss(
    net: Network[Any] | MLP[Any],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    per_sample: bool = False,
) -> Quantity: ...


def loss(
    net: Network[Any] | MLP[Any],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    per_sample: bool = False,
) -> Quantity:
    r"""Return the loss :math:`L = \sum_i \omega_i \ell(v_i, y_i)`, that of ``net.loss``.

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
    per_sample : bool
        Return what each sample contributes, a row for each; of a Dataset, for each that it holds.
        Not together with ``l2``, which is no sample's.

    Returns
    -------
    float, or array of shape ``net.batch_shape``, with ``per_sample`` (..., N)
        The loss; never negative, but for "poisson", which leaves out what depends on y alone.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the result overflows, or with ``per_sample`` needs more than 2 GiB.
    TypeError
        If net is no network, an array does not hold real numbers, or per_sample is neither true nor
        false.

    Notes
    -----
    Eqs. (1)-(2): of cross-entropy, :math:`\ell = \log(1 + e^v) - y v`. Time O(N d m); with
    ``per_sample`` some ten times as long. Of an ``MLP`` the sum over the outputs, in time O(N P)
    either way; of softmax, :math:`\ell = \log\sum_k e^{v_k} - \sum_k y_k v_k`.

    Examples
    --------
    At zero weights each sample costs log 2:

    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> round(loss(net, [[0.0], [1.0]], [0, 1], reduction="mean"), 12)
    0.69314718056
    """
    per_sample = _checks.flag("per_sample", per_sample)
    if isinstance(net, MLP):
        deep = DeepProblem.of(net, X, y, sample_weight, reduction, l2)
        if per_sample:
            _memory.each_sample_fits(net.batch_shape, len(deep.X), 1)
        return _deep.loss(deep, per_sample=per_sample)
    problem = Problem.of(net, X, y, sample_weight, reduction, l2)
    if per_sample:
        return problem.each("the loss", 0, problem.kernels.loss)
    (losses,) = problem.over_networks(problem.kernels.loss, 2 * problem.forward_flops())
    return problem.reduced("the loss", 0, losses, Penalty.values)


def gradient(
    net: Network[Any] | MLP[Any],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    per_sample: bool = False,
) -> Array:
    """Return the gradient of the loss with respect to ``net.theta``.

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
    per_sample : bool
        Return what each sample contributes, a row for each; of a Dataset, for each that it holds.
        Not together with ``l2``, which is no sample's.

    Returns
    -------
    array of shape (..., P), with ``per_sample`` (..., N, P)
        In the order of ``net.theta``; leading axes are those of the batch.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the result overflows, or with ``per_sample`` needs more than 2 GiB.
    TypeError
        If net is no network, an array does not hold real numbers, or per_sample is neither true nor
        false.

    Notes
    -----
    Eqs. (51)-(57). Time O(N d m); with ``per_sample`` some ten times as long. Of an ``MLP`` time
    O(N P), memory O(P) and that of a block of samples. With ``per_sample`` either kind needs one to
    three times the 8 N P bytes of the result.

    Examples
    --------
    >>> net = Network([[0.0, 0.0]], [0.0, 2.0], activation="tanh")
    >>> gradient(net, [[0.0], [1.0]], [0, 1])
    array([ 0., -1.,  0.,  0.])
    """
    if not _checks.flag("per_sample", per_sample):
        options: Any = {"sample_weight": sample_weight, "reduction": reduction, "l2": l2}
        return loss_and_gradient(net, X, y, **options)[1]
    if isinstance(net, MLP):
        deep = DeepProblem.of(net, X, y, sample_weight, reduction, l2)
        _memory.each_sample_fits(net.batch_shape, len(deep.X), net.n_parameters)
        return _deep.gradients(deep)
    problem = Problem.of(net, X, y, sample_weight, reduction, l2)
    return problem.each("the gradient", 1, problem.kernels.loss_gradient)


def loss_and_gradient(
    net: Network[Number] | MLP[Number],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
) -> tuple[Number, Array]:
    """Return the loss and its gradient, for little more than the cost of the gradient.

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
    tuple
        The loss, a float or an array of shape ``net.batch_shape``, and the gradient (..., P).

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the result overflows.
    TypeError
        If net is no network, or an array does not hold real numbers.

    Notes
    -----
    Eqs. (1)-(2) and (51)-(57). Time O(N d m), memory O(m). Of an ``MLP`` time O(N P), memory O(P)
    and that of a block of samples.

    Examples
    --------
    It is what optimisers ask for, here SciPy's with ``jac=True``:

    >>> from scipy.optimize import minimize
    >>> X, y = [[-1.0], [0.0], [1.0]], [0, 1, 1]
    >>> def objective(theta):
    ...     net = Network.from_theta(theta, n_inputs=1, n_hidden=1, activation="tanh")
    ...     return loss_and_gradient(net, X, y, reduction="mean")
    >>> minimize(objective, [0.1, 1.0, 0.0, 1.0], jac=True).fun < 0.01
    True
    """
    if isinstance(net, MLP):
        deep = DeepProblem.of(net, X, y, sample_weight, reduction, l2)
        found: tuple[Any, Array] = _deep.loss_and_gradient(deep)
        return found
    problem = Problem.of(net, X, y, sample_weight, reduction, l2)
    kernel, flops = problem.kernels.loss_gradient, 2 * problem.forward_flops()
    losses, gradients = problem.over_networks(kernel, flops)
    value: Any = problem.reduced("the loss", 0, losses, Penalty.values)
    return value, np.asarray(problem.reduced("the gradient", 1, gradients, Penalty.gradients))

"""The Hessian of the loss: dense for small networks, as an operator for any."""

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from hessbound._typing import BLOCKS, Array, Block, Matrix, Part, Reduction
from hessbound.data import _checks
from hessbound.data._dataset import Dataset
from hessbound.data._mlp import MLP
from hessbound.data._network import Network
from hessbound.depth import _columns, _deep
from hessbound.depth._deep import DeepProblem
from hessbound.depth._parts import of_block
from hessbound.engine import _memory, _threads
from hessbound.engine._penalty import L2, Penalty
from hessbound.engine._plan import direct_tile
from hessbound.engine._problem import Problem
from hessbound.traces._moments import blocks

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

ENTRY_FLOPS = 100.0
"""How many operations take as long as to write an entry of a large matrix."""


def hessian(
    net: Network[Any] | MLP[Any],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
) -> Array:
    """Return the Hessian of the loss with respect to ``net.theta``, as a dense matrix.

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
    array of shape (..., P, P)
        Symmetric; rows and columns in the order of ``net.theta``, leading axes those of the batch.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the result overflows, or needs more than
        2 GiB.
    TypeError
        If net is no network, or an array does not hold real numbers.

    Notes
    -----
    Eqs. (11)-(18). Time about N P² / 2, memory 8 P² bytes per network of the batch.

    Examples
    --------
    With all weights zero and f = tanh, e = ±1/2 and p = 1/4:

    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> hessian(net, [[0.0], [1.0]], [0, 1])
    array([[ 0. ,  0. ,  0. ,  0. ],
           [ 0. ,  0. ,  0. , -0.5],
           [ 0. ,  0. ,  0.5,  0. ],
           [ 0. , -0.5,  0. ,  0. ]])
    """
    if isinstance(net, MLP):
        deep = DeepProblem.of(net, X, y, sample_weight, reduction, l2)
        fits_in_memory(net)
        return _columns.hessian(deep)
    problem = Problem.of(net, X, y, sample_weight, reduction, l2)
    fits_in_memory(net)
    return np.asarray(problem.reduced("the Hessian", 2, dense(problem), Penalty.curvature))


def hessian_diagonal(
    net: Network[Any] | MLP[Any],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    per_sample: bool = False,
    l2: float | L2 = 0.0,
) -> Array:
    r"""Return the diagonal of the Hessian of the loss, without building the Hessian.

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
    per_sample : bool
        Return what each sample contributes, a row for each; of a Dataset, for each that it holds.
        Not together with ``l2``, which is no sample's.
    l2 : float or L2
        Add ½ l2 times the sum of the squared weights, without biases, whatever the reduction is;
        a ``hessbound.L2`` has a number for each layer, and can count biases. Default: 0.

    Returns
    -------
    array of shape (..., P), with ``per_sample`` (..., N, P)
        :math:`\partial^2 L / \partial \theta_r^2` in the order of ``net.theta``; leading axes are
        those of the batch. Its sum is tr H.

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
    From Eqs. (14)-(18): :math:`\sum_i x_{ia}^2 (p_i (f'_{ik} w_k)^2 + e_i f''_{ik} w_k)` for
    :math:`A_{ka}`, and :math:`\sum_i p_i \bar h_{ik}^2` for :math:`w_k`. Time O(N d m), memory
    O(P); with ``per_sample`` some ten times as long, and one to three times the 8 N P bytes of the
    result.

    Examples
    --------
    The diagonal of the matrix that the example of ``hessian`` shows:

    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> hessian_diagonal(net, [[0.0], [1.0]], [0, 1])
    array([0. , 0. , 0.5, 0. ])
    """
    per_sample = _checks.flag("per_sample", per_sample)
    if isinstance(net, MLP):
        deep = DeepProblem.of(net, X, y, sample_weight, reduction, l2)
        if not per_sample:
            return _deep.diagonal(deep)
        _memory.each_sample_fits(net.batch_shape, len(deep.X), net.n_parameters)
        return _deep.diagonals(deep)
    problem = Problem.of(net, X, y, sample_weight, reduction, l2)
    if per_sample:
        return problem.each("the Hessian's diagonal", 1, problem.kernels.hessian_diagonal)
    sums = problem.over_networks(problem.kernels.hessian_diagonal, 2 * problem.forward_flops())
    return np.asarray(problem.reduced("the Hessian's diagonal", 1, sums[0], Penalty.curvature))


def hessian_operator(
    net: Network | MLP,
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    block: Part | None = None,
) -> "LinearOperator":
    """Return the Hessian of the loss as a SciPy ``LinearOperator``, without building it.

    Parameters
    ----------
    net : Network or MLP
        A single network.
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
    block : {"hidden", "output"}, int or str, optional
        Only the rows and columns of some parameters: those of the hidden layers, or of the output
        (of a ``Network`` A or w); of an ``MLP`` also of a layer by its number, 1 to L + 1, or of
        "W1", "b1", "W2", ….

    Returns
    -------
    scipy.sparse.linalg.LinearOperator
        Symmetric, of shape (P, P) in the order of ``net.theta``, or as many rows as the block has;
        works with ``eigsh``.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the result overflows; and if net is a batch.
    TypeError
        If net is no network, or an array does not hold real numbers.

    Notes
    -----
    Eqs. (11)-(18), applied to a vector. Time O(N d m) per product, memory O(N m). Of an ``MLP``
    time O(N P), memory of some numbers for each unit and sample.

    Examples
    --------
    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> operator = hessian_operator(net, [[0.0], [1.0]], [0, 1])
    >>> operator @ np.array([0.0, 1.0, 2.0, 0.0])
    array([ 0. ,  0. ,  1. , -0.5])
    """
    if isinstance(net, MLP):
        deep = DeepProblem.of(net, X, y, sample_weight, reduction, l2)
        return _deep_operator("hessian", deep, block)
    return _operator("hessian", Problem.of(net, X, y, sample_weight, reduction, l2), block)


def gauss_newton_operator(
    net: Network | MLP,
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    block: Part | None = None,
) -> "LinearOperator":
    r"""Return the Gauss-Newton matrix of the loss as an operator, without building it.

    It is :math:`\sum_i p_i \nabla v_i \nabla v_i^\top`, the part of the Hessian that is never
    negative; the rest, :math:`\sum_i e_i \nabla^2 v_i`, vanishes where the labels are fitted. For
    this loss it is the Fisher information matrix too.

    Parameters
    ----------
    net : Network or MLP
        A single network.
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
    block : {"hidden", "output"}, int or str, optional
        Only the rows and columns of some parameters: those of the hidden layers, or of the output
        (of a ``Network`` A or w); of an ``MLP`` also of a layer by its number, 1 to L + 1, or of
        "W1", "b1", "W2", ….

    Returns
    -------
    scipy.sparse.linalg.LinearOperator
        Symmetric and positive semidefinite, of shape (P, P) in the order of ``net.theta``, or as
        many rows as the block has; works with ``eigsh`` and ``cg``.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the result overflows; and if net is a batch.
    TypeError
        If net is no network, or an array does not hold real numbers.

    Notes
    -----
    The part with p of Eqs. (14)-(18), applied to a vector. Time O(N d m) per product, memory
    O(N m). Of an ``MLP`` time O(N P), memory of some numbers for each unit and sample.

    Examples
    --------
    With all weights zero only the output's bias moves the output, and p = 1/4:

    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> operator = gauss_newton_operator(net, [[0.0], [1.0]], [0, 1])
    >>> operator @ np.array([0.0, 1.0, 2.0, 0.0])
    array([0., 0., 1., 0.])
    """
    if isinstance(net, MLP):
        deep = DeepProblem.of(net, X, y, sample_weight, reduction, l2)
        return _deep_operator("gauss_newton", deep, block)
    return _operator("gauss_newton", Problem.of(net, X, y, sample_weight, reduction, l2), block)


def _operator(of: Matrix, problem: Problem, block: Part | None) -> "LinearOperator":
    from ._operator import CurvatureOperator  # imports SciPy, which most callers never need

    _single(problem.net)
    return CurvatureOperator(of, problem, of_layer(block))


def of_layer(block: Part | None) -> Block | None:
    """Return what a ``Network`` has."""
    return cast("Block | None", _checks.one_of("block", block, BLOCKS))


def _deep_operator(of: Matrix, problem: DeepProblem, block: Part | None) -> "LinearOperator":
    from ._operator import DeepOperator  # as above

    _single(problem.net)
    return DeepOperator(of, of_block(problem, block))


def _single(net: Network[Any] | MLP[Any]) -> None:
    """Refuse a batch."""
    if batch := net.batch_shape:
        message = (
            f"net must be a single network, got a batch of shape {batch}; take one with net[i]"
        )
        raise ValueError(message)


def dense(problem: Problem) -> Array:
    """Return the Hessian of each network (n, P, P), summed over the samples."""
    _, m, D = problem.A.shape
    P = m * D + m + 1
    hessians = np.empty((len(problem.A), P, P))
    flops = ENTRY_FLOPS * P**2
    parts = _threads.count(flops)
    for H, (A, w) in zip(hessians, problem.networks(), strict=True):
        AA, Aw, ww, _ = blocks(problem, A, w, np.ones(1), direct_tile(*problem.sizes))
        shares = [(AA[0], Aw[0], ww[0], H, part, parts) for part in range(parts)]
        _threads.run(problem.kernels.dense, shares, flops=flops)
    return hessians


def fits_in_memory(net: Network[Any] | MLP[Any]) -> None:
    """Refuse before allocating."""
    P = net.n_parameters
    needed = 8 * P * P * math.prod(net.batch_shape)
    if needed > _memory.LIMIT_BYTES:
        of_batch = f" and a batch of {math.prod(net.batch_shape)}" if net.batch_shape else ""
        message = (
            f"hessian builds at most {_memory.LIMIT_BYTES / 2**30:.3g} GiB, but P = {P}{of_batch} "
            f"needs {needed / 2**30:.3g} GiB; use hessian_diagonal for its diagonal, "
            "hessian_operator for products and eigenvalues, or sharpness for traces and bounds"
        )
        raise ValueError(message)

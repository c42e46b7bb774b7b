"""The Hessian of the loss: dense for small networks, as an operator for any."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from . import _checks, _threads
from ._dataset import Dataset
from ._moments import blocks
from ._network import Network
from ._plan import direct_tile
from ._problem import Problem
from ._typing import Array, Block, Reduction

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

DENSE_LIMIT_BYTES = 2 * 2**30
"""``hessian`` refuses to build a result larger than this: 2 GiB, that is P = 16384."""

ENTRY_FLOPS = 100.0
"""How many operations take as long as to write an entry of a large matrix."""


def hessian(
    net: Network,
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
) -> Array:
    """Return the Hessian of the loss with respect to ``net.theta``, as a dense matrix.

    Parameters
    ----------
    net : Network
        One network, or a batch of them.
    X : array_like, shape (N, d), or Dataset
        Inputs, one sample per row, *without* the column of ones. A ``hessbound.Dataset`` stands for
        X, y and sample_weight together.
    y : array_like, shape (N,)
        Labels in [0, 1]; a soft label is the probability of class 1.
    sample_weight : array_like, shape (N,), optional
        Weights ω, none negative; an integer weight equals repeating the sample. Default: ones.
    reduction : {"sum", "mean"}
        The sum over the samples (the paper's convention), or the sum divided by Σω.

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
        If net is not a Network, or an array does not hold real numbers.

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
    problem = Problem.of(net, X, y, sample_weight, reduction)
    fits_in_memory(net)
    return np.asarray(problem.reduced("the Hessian", 2, dense(problem)))


def hessian_operator(
    net: Network,
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    block: Block | None = None,
) -> "LinearOperator":
    """Return the Hessian of the loss as a SciPy ``LinearOperator``, without building it.

    Parameters
    ----------
    net : Network
        A single network.
    X : array_like, shape (N, d), or Dataset
        Inputs, one sample per row, *without* the column of ones. A ``hessbound.Dataset`` stands for
        X, y and sample_weight together.
    y : array_like, shape (N,)
        Labels in [0, 1]; a soft label is the probability of class 1.
    sample_weight : array_like, shape (N,), optional
        Weights ω, none negative; an integer weight equals repeating the sample. Default: ones.
    reduction : {"sum", "mean"}
        The sum over the samples (the paper's convention), or the sum divided by Σω.
    block : {"hidden", "output"}, optional
        Only the rows and columns of one layer's parameters: those of A, or those of w.

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
        If net is not a Network, or an array does not hold real numbers.

    Notes
    -----
    Eqs. (11)-(18), applied to a vector. Time O(N d m) per product, memory O(N m).

    Examples
    --------
    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> operator = hessian_operator(net, [[0.0], [1.0]], [0, 1])
    >>> operator @ np.array([0.0, 1.0, 2.0, 0.0])
    array([ 0. ,  0. ,  1. , -0.5])
    """
    from ._operator import HessianOperator  # imports SciPy, which most callers never need

    problem = Problem.of(net, X, y, sample_weight, reduction)
    if net.batch_shape:
        message = (
            f"net must be a single network, got a batch of shape {net.batch_shape}; "
            "take one with net[i]"
        )
        raise ValueError(message)
    return HessianOperator(problem, _checks.known_block(block))


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


def fits_in_memory(net: Network) -> None:
    """Refuse before allocating."""
    P = net.n_parameters
    needed = 8 * P * P * math.prod(net.batch_shape)
    if needed > DENSE_LIMIT_BYTES:
        of_batch = f" and a batch of {math.prod(net.batch_shape)}" if net.batch_shape else ""
        message = (
            f"hessian builds at most {DENSE_LIMIT_BYTES / 2**30:.3g} GiB, but P = {P}{of_batch} "
            f"needs {needed / 2**30:.3g} GiB; use hessian_operator for products and eigenvalues, "
            "or sharpness for traces and bounds"
        )
        raise ValueError(message)

"""tr H and tr H² without forming H."""

from typing import Any, Literal, overload

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

from . import _deep_moments
from ._moments import summary


@overload
def trace(
    net: Network[Number] | MLP[Number],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    per_sample: Literal[False] = False,
    per_layer: Literal[False] = False,
    per_part: Literal[False] = False,
) -> Number: ...


@overload
def trace(
    net: Network[Any] | MLP[Any],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    per_sample: Literal[True],
    per_layer: bool = False,
    per_part: bool = False,
) -> Array: ...


@overload
def trace(
    net: Network[Any] | MLP[Any],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    per_sample: bool = False,
    per_layer: Literal[True],
    per_part: bool = False,
) -> Array: ...


@overload
def trace(
    net: Network[Any] | MLP[Any],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    per_sample: bool = False,
    per_layer: bool = False,
    per_part: Literal[True],
) -> Array: ...


@overload
def trace(
    net: Network[Any] | MLP[Any],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    per_sample: bool = False,
    per_layer: bool = False,
    per_part: bool = False,
) -> Quantity: ...


def trace(
    net: Network[Any] | MLP[Any],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    per_sample: bool = False,
    per_layer: bool = False,
    per_part: bool = False,
) -> Quantity:
    r"""Return :math:`\operatorname{tr} H` of the loss, the sum of the Hessian's eigenvalues.

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
    per_layer : bool
        Return the trace of each layer's block; of an ``MLP`` only.
    per_part : bool
        Return the trace of the Gauss-Newton part, which is never negative and has the penalty,
        and that of the residual part, which vanishes where labels are fitted; of an ``MLP`` only.

    Returns
    -------
    float, or array of shape ``net.batch_shape``, with ``per_sample`` (..., N)
        tr H; negative where negative curvature prevails. With ``per_layer`` (..., L + 1), or
        (..., L + 1, N) for each sample too. With ``per_part`` two of these for each network,
        (..., 2), (..., 2, L + 1), (..., 2, N) or (..., 2, L + 1, N).

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the result overflows, or with ``per_sample`` needs more than 2 GiB.
    TypeError
        If net is no network, an array does not hold real numbers, or per_sample, per_layer or
        per_part is neither true nor false.

    Notes
    -----
    Eqs. (19)-(21). Time O(N d m), memory O(m); with ``per_sample`` some ten times as long. Of an
    ``MLP`` about that of one product with H for one and two hidden layers of few outputs, of
    several from three on, however it is divided; memory that of a block of samples.

    Examples
    --------
    With all weights zero, only the output's bias has curvature, 1/4 per sample:

    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> trace(net, [[0.0], [1.0]], [0, 1])
    0.5

    Of three classes and two layers, whose biases have π (1 − π) = 2/9 each:

    >>> net = MLP([[[1.0]], [[0.0], [0.0], [0.0]]], [[0.0], [0.0, 0.0, 0.0]], activation="linear")
    >>> trace(net, [[0.0], [0.0]], [2, 0], per_layer=True).round(3)
    array([0.   , 1.333])
    """
    own = {"per_layer": per_layer, "per_sample": per_sample, "per_part": per_part}
    own = {name: _checks.flag(name, wanted) for name, wanted in own.items()}
    if isinstance(net, MLP):
        deep = DeepProblem.of(net, X, y, sample_weight, reduction, l2)
        if own["per_sample"]:
            _memory.each_sample_fits(net.batch_shape, len(deep.X), 2 * net.n_layers)
        return _deep.trace(deep, **own)
    for name in "per_layer", "per_part":
        if own[name]:
            message = f"{name} must be left out with a Network: only an MLP has it"
            raise ValueError(message)
    problem = Problem.of(net, X, y, sample_weight, reduction, l2)

    def both(*arguments: Any) -> tuple[Array]:
        hidden, output = problem.kernels.trace(*arguments)
        return (hidden + output,)

    if own["per_sample"]:
        return problem.each("tr H", 0, both)
    (traces,) = problem.over_networks(both, problem.forward_flops())
    return problem.reduced("tr H", 0, traces, Penalty.trace)


def trace_squared(
    net: Network[Number] | MLP[Number],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
) -> Number:
    r"""Return :math:`\operatorname{tr} H^2` of the loss, the sum of the squared eigenvalues.

    It is a double sum over the samples, so it must not be averaged over mini-batches. With
    ``reduction="mean"`` it is divided by (Σω)².

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
    float, or array of shape ``net.batch_shape``
        tr H² = ‖H‖_F², at least (tr H)² / P. Below 1e-308 it underflows; the bounds of
        ``hessbound.sharpness`` do not.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the result overflows; if an ``MLP`` would take hours, or a sample gigabytes.
    TypeError
        If net is no network, or an array does not hold real numbers.

    Notes
    -----
    Eqs. (25)-(28). The cheaper of two exact algorithms: time about N P² / 2 and memory P² / 4, or
    time N² (d + 4 m) and memory O(N m). Of an ``MLP`` each block of two layers chooses: time N
    times its entries, or N² times the product of both layers' units; memory some 256 MiB.

    Examples
    --------
    With all weights zero and f = tanh it is N²/16 + 2 m Σ_ij e_i e_j K_ij, where e = ±1/2:

    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> trace_squared(net, [[0.0], [1.0]], [0, 1])
    0.75
    """
    if isinstance(net, MLP):
        deep = DeepProblem.of(net, X, y, sample_weight, reduction, l2)
        total: Number = _deep_moments.summary(deep, ("trace_squared",))["trace_squared"]
        return total
    problem = Problem.of(net, X, y, sample_weight, reduction, l2)
    square: Number = summary(problem, ("trace_squared",))["trace_squared"]
    return square

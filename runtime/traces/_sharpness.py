"""Sharpness: what the traces say about the Hessian's spectrum, in one object."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any, Generic

import numpy as np
from numpy.typing import ArrayLike

from hessbound import _tables
from hessbound._typing import Array, Number, Number_co, Reduction
from hessbound.data._dataset import Dataset
from hessbound.data._mlp import MLP
from hessbound.data._network import Network
from hessbound.depth import _deep
from hessbound.depth._deep import DeepProblem
from hessbound.engine._penalty import L2
from hessbound.engine._problem import Problem

from . import _deep_moments
from ._moments import summary


@dataclass(frozen=True, eq=False)
class Result:
    """Numbers under names, which are compared and written by their values, and shown as a table."""

    def _table(self) -> _tables.Table:
        raise NotImplementedError

    def __str__(self) -> str:
        """Show a small table; for a batch, the range of each quantity."""
        return self._table().text()

    def _repr_html_(self) -> str:
        """Show the same in notebooks."""
        return self._table().html()

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers, lists and dicts under the attributes' names, ready for JSON."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: _plain(x) for name, x in values}

    def __eq__(self, other: object) -> bool:
        """Compare all numbers."""
        if not isinstance(other, type(self)):
            return NotImplemented
        return self.to_dict() == other.to_dict()


def _plain(value: Any) -> Any:
    """Return a number or lists of numbers, ready for JSON."""
    if isinstance(value, L2):
        return asdict(value)
    return value.tolist() if isinstance(value, np.ndarray) else value


@dataclass(frozen=True, eq=False)
class Sharpness(Result, Generic[Number_co]):
    """The spectrum of the Hessian of the loss, as far as tr H and tr H² determine it.

    For a batch of networks each number is an array with the batch's axes. Printing shows a table.

    Attributes
    ----------
    trace, trace_squared : float or array
        tr H and tr H².
    mean, std : float or array
        Mean μ and standard deviation s of the P eigenvalues. s is the root of tr H² / P − μ²: where
        all eigenvalues are equal, rounding leaves some 1e-8 of the size of μ in place of 0.
    n_parameters : int
        The number P of parameters.
    reduction : str
        "sum" or "mean": the loss whose Hessian this is.
    l2 : L2, or None
        The penalty that is part of the loss.
    trace_per_layer : array of shape (..., L + 1), or None
        The traces of the layers' blocks of an ``MLP``.
    largest_lower, largest_upper, smallest_lower, smallest_upper : float or array
        Bounds of the largest and of the smallest eigenvalue. The paper's λ̄ is ``largest_upper``.
        Where μ is larger than s, they allow for what rounding leaves in s: wider by up to 1.2e-7 μ
        times √(P − 1) outside, and over √(P − 1) inside.
    trace_hidden, trace_output : float or array
        tr H_AA and tr H_ww, the two parts of tr H: of an ``MLP`` those of all hidden layers, and of
        the last.
    frobenius_norm : float or array
        ‖H‖_F, a cruder upper bound of the size of every eigenvalue.
    theta_norm : float or array
        ‖θ‖₂ of the parameters.
    """

    trace: Number_co
    trace_squared: Number_co
    mean: Number_co
    std: Number_co
    n_parameters: int
    reduction: Reduction
    largest_lower: Number_co
    largest_upper: Number_co
    smallest_lower: Number_co
    smallest_upper: Number_co
    trace_hidden: Number_co
    trace_output: Number_co
    frobenius_norm: Number_co
    theta_norm: Number_co
    l2: L2 | None = None
    trace_per_layer: Array | None = None

    def _table(self) -> _tables.Table:
        return _tables.sharpness(vars(self))


_blank: Callable[[], Any] = partial(object.__new__, Sharpness)
"""A frozen object's ``__init__`` takes longer than all that fills it."""


def sharpness(
    net: Network[Number] | MLP[Number],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
) -> Sharpness[Number]:
    """Bound the extreme eigenvalues of the Hessian of the loss, without forming it.

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
    Sharpness
        Traces, bounds and norms; arrays for a batch of networks.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the result overflows; if an ``MLP`` would take hours, or a sample gigabytes.
    TypeError
        If net is no network, or an array does not hold real numbers.

    Notes
    -----
    Eqs. (7)-(9), (19)-(21) and (25)-(28), at the cost of ``hessbound.trace_squared``. Where e
    and p are tiny they are scaled by a power of two: the bounds hold even where tr H² underflows.

    Examples
    --------
    One sample and zero weights: H has the eigenvalues 1/4, 0, 0 and 0, where the bound is exact.

    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> s = sharpness(net, [[0.0]], [0.5])
    >>> s.trace, s.trace_squared
    (0.25, 0.0625)
    >>> round(s.largest_lower, 12), round(s.largest_upper, 12)
    (0.125, 0.25)
    >>> print(s)
    Hessian of the summed loss, 4 parameters
                             lower bound  upper bound
    largest eigenvalue             0.125         0.25
    smallest eigenvalue           -0.125            0
                                                value
    tr H                                         0.25
      hidden part, tr H_AA                          0
      output part, tr H_ww                       0.25
    tr H²                                      0.0625
    mean of the eigenvalues                    0.0625
    standard deviation                       0.108253
    ‖H‖_F                                        0.25
    ‖θ‖                                             0
    """
    if isinstance(net, MLP):
        return _of_mlp(DeepProblem.of(net, X, y, sample_weight, reduction, l2), reduction)
    problem = Problem.of(net, X, y, sample_weight, reduction, l2)
    found, P, norm = summary(problem), net.n_parameters, net._norm
    s: Sharpness[Number] = _blank()
    s.__dict__.update(found, n_parameters=P, reduction=reduction, theta_norm=norm, l2=problem.l2)
    return s


def _of_mlp(problem: DeepProblem, reduction: Reduction) -> Sharpness[Any]:
    found = _deep_moments.summary(problem)
    layers = _deep.trace(problem, per_layer=True, per_sample=False)
    return Sharpness(
        **found,
        n_parameters=problem.net.n_parameters,
        reduction=reduction,
        theta_norm=problem.net._norm,
        l2=problem.l2,
        trace_per_layer=np.asarray(layers),
    )

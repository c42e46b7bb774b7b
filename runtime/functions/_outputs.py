"""What a network computes: its hidden outputs, its output, and the probabilities of two classes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hessbound._typing import Array
from hessbound.data import _checks, _features
from hessbound.data._dataset import Dataset
from hessbound.data._mlp import MLP
from hessbound.data._network import Network
from hessbound.depth import _deep, _passes
from hessbound.engine import _kernels
from hessbound.engine._plan import sample_tile
from hessbound.engine._problem import Problem


def hidden_outputs(net: Network[Any] | MLP[Any], X: ArrayLike | Dataset) -> Array:
    """Return h = f(u), the outputs of the hidden units.

    Parameters
    ----------
    net : Network or MLP
        One network, or a batch of them; of an ``MLP`` it is the last hidden layer that counts.
    X : array_like, shape (N, d), or Dataset
        Inputs, one sample per row, *without* the column of ones; of a Dataset those that it holds.

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
        If net is no network, or X does not hold real numbers.

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
    rows = _inputs(net, X)
    if isinstance(net, MLP):
        return _deep.hidden_outputs(net, rows)
    h, _ = _outputs(net, rows)
    return np.asarray(_checks.result("a hidden output", h))


def logits(net: Network[Any] | MLP[Any], X: ArrayLike | Dataset) -> Array:
    """Return v = wᵀh̄, what the loss takes: with cross-entropy σ(v) is the probability of class 1.

    Parameters
    ----------
    net : Network or MLP
        One network, or a batch of them.
    X : array_like, shape (N, d), or Dataset
        Inputs, one sample per row, *without* the column of ones; of a Dataset those that it holds.

    Returns
    -------
    array of shape (..., N), of an ``MLP`` (..., N, K)
        A number for each sample; leading axes are those of the batch.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, features have other names than net's, or
        the result overflows.
    TypeError
        If net is no network, or X does not hold real numbers.

    Notes
    -----
    Eqs. (1)-(2). Time O(N d m).

    Examples
    --------
    >>> net = Network([[0.0, 1.0], [1.0, 0.0]], [0.5, 2.0, 1.0], activation="linear")
    >>> logits(net, [[3.0], [-5.0]])
    array([ 7.5, -8.5])
    """
    rows = _inputs(net, X)
    if isinstance(net, MLP):
        return _deep.outputs(net, rows)
    h, v = _outputs(net, rows)
    _checks.result("a hidden output", h)
    return np.asarray(_checks.result("the output", v))


def probabilities(net: Network[Any] | MLP[Any], X: ArrayLike | Dataset) -> Array:
    """Return the probabilities of classes 0 and 1, (..., N, 2), or of softmax, (..., N, K).

    Of several labels per sample they are those of class 1, (..., N, K).
    """
    if net.loss == "softmax":
        v = logits(net, X)
        pi, *_ = _passes.steps().shares(v.reshape(-1, v.shape[-1]).T)
        return np.ascontiguousarray(pi.T).reshape(v.shape)
    module = _kernels.loss_module(net.loss)
    if not module.PROBABILISTIC:
        message = f"the loss {net.loss!r} gives no probabilities of two classes; see logits"
        raise ValueError(message)
    v = logits(net, X)
    both = np.empty((2, *v.shape))
    module.probabilities_class_0_class_1(v.size, v, v, v, *both)  # labels do not matter to them
    found = np.stack([*both], axis=-1)
    if isinstance(net, MLP):
        return found[..., 0, :] if net.n_outputs == 1 else np.ascontiguousarray(found[..., 1])
    return found


def _inputs(net: Network[Any] | MLP[Any], X: ArrayLike | Dataset) -> ArrayLike:
    """Return inputs; a Dataset must be for the network."""
    if not isinstance(X, Dataset):
        return X
    return X._inputs_for(net) if isinstance(net, Network | MLP) else X.X


def _any_label(net: Network[Any]) -> float:
    lowest, highest = _kernels.loss_module(net.loss).LABELS
    return min(max(0.0, lowest), highest)


def _outputs(net: Network[Any], X: ArrayLike) -> tuple[Array, Array]:
    """Return h (..., N, m) and v (..., N); labels do not matter for them."""
    rows = _checks.real_numbers("X", X)
    if isinstance(net, Network):
        _features.compare(net.feature_names, _features.of_table(X))
    labels = np.full(rows.shape[:1], _any_label(net) if isinstance(net, Network) else 0.0)
    problem = Problem.of(net, rows, labels, None, "sum")
    (N, _, m), batch = problem.sizes, net.batch_shape
    h, v = np.empty((len(problem.A), N, m)), np.empty((len(problem.A), N))
    for n, (A, w) in enumerate(problem.networks()):
        h[n], v[n] = problem.kernels.outputs(problem.data.XT, A, w, N, sample_tile(m))
    return h.reshape(*batch, N, m), v.reshape(*batch, N)

"""Samples, checked once and in the layout that kernels know; public as ``Dataset``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from hessbound._typing import Array
from hessbound.engine import _formulas, _kernels

from . import _checks, _features
from ._samples import OutputSamples, Samples

if TYPE_CHECKING:
    from ._mlp import MLP
    from ._network import Network


class Dataset:
    """Samples to use again and again: checked once, with what does not depend on the parameters.

    Every function of hessbound takes it in place of ``X, y`` and ``sample_weight``, and in place of
    ``X`` alone, also ``predict_proba``: rows are those of the samples that it holds. It merges
    samples with equal inputs (their weights add up, and their label is the weighted mean, which
    leaves a loss that is linear in the label as it is; with others all samples stay), leaves out
    inputs that are 0 in every sample, and keeps the Gram matrix of the inputs up to 256 MiB.

    With labels of several outputs, or the loss "softmax", it is for ``MLP``. Rows of labels are
    merged likewise, classes where these are equal, too; all inputs stay, and no Gram matrix is
    kept. An ``MLP`` of one output takes what a ``Network`` takes, and uses all inputs.

    Parameters
    ----------
    X : array_like, shape (N, d)
        Inputs, one sample per row, *without* the column of ones. A data frame's column names are
        kept, and compared with those of networks.
    y : array_like, shape (N,) or (N, K)
        Labels that the loss takes; in [0, 1], a soft label is the probability of class 1. Of
        softmax classes 0 to K − 1, (N,), K being 10⁶ at most, or rows of probabilities, (N, K),
        each of sum 1.
    sample_weight : array_like, shape (N,), optional
        Weights ω, none negative. Default: ones.
    loss : str
        The loss that the labels are for, "softmax" or one of ``hessbound.losses()``; that of the
        networks which it is used with.

    Attributes
    ----------
    X, y, sample_weight : array
        What it holds, after merging; a new array each time.
    n_samples, n_inputs, n_outputs : int
        N, after merging, d and K, which is 1 for labels (N,). Of classes K is the largest one plus
        1, and a network may have more outputs.
    total_weight : float
        Σω, by which ``reduction="mean"`` divides.
    feature_names : tuple of str, or None
        The names of the columns of X, where it had names.

    Raises
    ------
    ValueError
        If a shape does not fit, or a number is not finite or out of range.
    TypeError
        If an argument does not hold real numbers.

    Notes
    -----
    Memory: the inputs twice, and the Gram matrix once it was needed; a pickle has the inputs once.
    With labels of several outputs the inputs once.

    Examples
    --------
    >>> import hessbound as hb
    >>> data = Dataset([[0.0], [1.0], [1.0]], [0, 1, 0])
    >>> data
    Dataset(n_samples=2, n_inputs=1, total_weight=3.0)
    >>> net = hb.Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> hb.trace(net, data)
    0.75

    Of three classes:

    >>> data = Dataset([[0.0], [1.0], [1.0]], [0, 2, 2], loss="softmax")
    >>> data
    Dataset(n_samples=2, n_inputs=1, n_outputs=3, total_weight=3.0, loss='softmax')
    >>> net = hb.MLP([[[1.0]], [[0.0], [0.0], [0.0]]])
    >>> round(hb.loss(net, data, reduction="mean"), 12)  # log 3
    1.098612288668
    """

    def __init__(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        loss: str = _kernels.DEFAULT_LOSS,
    ) -> None:
        """Check, copy and merge the samples."""
        _checks.known_loss_of_outputs(loss, K=2)
        self._feature_names = _features.of_table(X)
        rows, labels = _checks.real_numbers("X", X), _checks.real_numbers("y", y)
        _checks.inputs(rows, None)
        self._n_inputs = int(rows.shape[1])
        self._samples: Samples | OutputSamples
        N = len(rows)
        if loss == "softmax" or (labels.ndim == 2 and labels.shape not in {(N, 1), (1, N)}):
            self._samples = OutputSamples(rows, labels, sample_weight, loss)
            return
        one = labels[:, 0] if labels.shape == (N, 1) else labels
        self._samples = Samples.of(rows, one, sample_weight, loss).merged()

    @property
    def X(self) -> Array:
        """The inputs (N, d)."""
        return self._samples.all_inputs(self.n_inputs)

    @property
    def y(self) -> Array:
        """The labels (N,) or (N, K)."""
        return np.array(self._samples.y.T, order="C")

    @property
    def sample_weight(self) -> Array:
        """The weights ω (N,)."""
        return self._samples.omega.copy()

    @property
    def n_samples(self) -> int:
        """The number N of samples that are left, all with a positive weight."""
        return len(self._samples.omega)

    @property
    def n_inputs(self) -> int:
        """The number d of inputs, without the bias."""
        return self._n_inputs

    @property
    def n_outputs(self) -> int:
        """The number K of outputs that the labels are for; of classes, the least that it may be."""
        return self._samples.n_outputs

    @property
    def total_weight(self) -> float:
        """Σω."""
        return self._samples.total

    @property
    def loss(self) -> str:
        """The loss that the labels are for."""
        return self._samples.loss

    @property
    def feature_names(self) -> _features.Names | None:
        """The names of the inputs, where they are known."""
        return self._feature_names

    def _for_network(
        self, net: "Network[Any]", y: ArrayLike | None, sample_weight: ArrayLike | None
    ) -> Samples:
        """Return the samples, where they are for a network with one output."""
        self._require_for(net, y, sample_weight)
        if isinstance(self._samples, OutputSamples):
            message = (
                "data must have labels of one output, (N,), for a hessbound.Network, "
                f"got {self.y.shape}"
            )
            raise ValueError(message)  # noqa: TRY004  the type is right
        return self._samples

    def _for_mlp(
        self, net: "MLP", y: ArrayLike | None, sample_weight: ArrayLike | None
    ) -> tuple[Array, Array, Array]:
        """Return inputs (N, d), labels (K, N) or classes (N,), and weights."""
        self._require_for(net, y, sample_weight)
        own, K = self.n_outputs, net.n_outputs
        found = self._samples.of_outputs(self.n_inputs)
        if found[1].ndim == 1 and own > K:
            message = f"data must hold classes 0 to K - 1 = {K - 1}, got {own - 1}"
            raise ValueError(message)
        if found[1].ndim > 1 and own != K:
            message = f"data must have n_outputs = net.n_outputs = {K}, got {own}"
            raise ValueError(message)
        return found

    def _inputs_for(self, net: "Network[Any] | MLP[Any]") -> Array:
        """Return inputs (N, d), where they are for a network."""
        self._require_for(net, None, None)
        return self.X

    def _require_for(
        self, net: "Network | MLP", y: ArrayLike | None, sample_weight: ArrayLike | None
    ) -> None:
        """Refuse what is given beside it, and a network that it is not for."""
        for name, value in (("y", y), ("sample_weight", sample_weight)):
            if value is not None:
                message = (
                    f"{name} must be left out where a hessbound.Dataset is given: it has its own"
                )
                raise TypeError(message)
        if self.loss != net.loss:
            message = (
                f"data must be for the loss of net, {net.loss!r}, got labels for {self.loss!r}"
            )
            raise ValueError(message)
        _features.compare(net.feature_names, self.feature_names, table="data")
        if self.n_inputs != net.n_inputs:
            message = (
                f"data must have n_inputs = net.n_inputs = {net.n_inputs}, got {self.n_inputs}"
            )
            raise ValueError(message)

    def __repr__(self) -> str:
        """Show the sizes instead of the numbers."""
        loss = f", loss={self.loss!r}" if self.loss != _kernels.DEFAULT_LOSS else ""
        outputs = "" if isinstance(self._samples, Samples) else f"n_outputs={self.n_outputs}, "
        return (
            f"{type(self).__name__}(n_samples={self.n_samples}, n_inputs={self.n_inputs}, "
            f"{outputs}total_weight={self.total_weight}{loss})"
        )

    def __getstate__(self) -> dict[str, Any]:
        """Say where a loss of one's own comes from."""
        return vars(self) | {"formulas": _formulas.places(self.loss)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Make it known."""
        _formulas.arrived(state.get("formulas") or {})
        vars(self).update({name: value for name, value in state.items() if name != "formulas"})

"""Samples, checked once and in the layout that kernels know; public as ``Dataset``."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hessbound._typing import Array
from hessbound.engine import _formulas, _kernels, _threads

from . import _checks, _features

if TYPE_CHECKING:
    from ._mlp import MLP
    from ._network import Network

GRAM_BUDGET_BYTES = 2**28
"""A Dataset keeps the input Gram matrix X̄X̄ᵀ up to this size, 256 MiB: N = 5792 samples."""

_MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
"""Shifts and odd factors after which each bit depends on all: those of splitmix64."""

ENTRY_FLOPS = 50.0
"""How many operations take as long as to check and to copy one input."""


class Samples:
    """Inputs X (N, d) and XT (d + 1, over N), labels y, weights ω and Σω; no zero weights.

    ``present`` says which of the samples that were given have a weight, where not all do; ``kept``
    are the numbers of the inputs that X has, where it has not all of them.
    """

    X: Array
    XT: Array
    y: Array
    omega: Array
    total: float
    loss: str
    present: NDArray[np.bool_] | None = None
    kept: NDArray[np.int64] | None = None
    keeps_gram = False

    @classmethod
    def of(
        cls,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        loss: str,
        d: int | None = None,
    ) -> Self:
        """Check everything; drop samples of weight zero, which count as absent."""
        samples = cls.__new__(cls)
        samples.loss = loss
        samples._set(*_checks.samples_given(X, y, sample_weight, d))
        return samples

    def merged(self) -> Self:
        """Return copies to keep, with inputs left out that are always 0, and equal ones merged.

        That the loss stays as it is then, is a claim of the derivation where it may be done.
        """
        X, labels, weights = self.X.copy(), self.y.copy(), self.omega.copy()
        if _kernels.loss_module(self.loss).MERGES:
            X, labels, weights = _merged(X, labels, weights)
        samples = type(self).__new__(type(self))
        samples.loss, samples.keeps_gram = self.loss, True
        used = np.flatnonzero(X.any(axis=0))
        if 0 < len(used) < X.shape[1]:
            samples.kept, X = used, np.ascontiguousarray(X[:, used])
        samples._set(X, labels, weights, merged=True)
        return samples

    def all_inputs(self, d: int) -> Array:
        """Return X (N, d) with the inputs that were left out."""
        X = np.zeros((len(self.y), d))
        X[:, slice(None) if self.kept is None else self.kept] = self.X
        return X

    def with_all_inputs(self, d: int) -> Self:
        """Return the same with the inputs that were left out."""
        if self.kept is None:
            return self
        samples = type(self).__new__(type(self))
        vars(samples).update({**vars(self), "kept": None})
        vars(samples).pop("gram", None)
        samples.X = self.all_inputs(d)
        samples.XT, _ = _laid_out(samples.X, self.y, self.omega, ones=False)
        return samples

    def _set(self, X: Array, y: Array, omega: Array | None, *, merged: bool = False) -> None:
        """Check and lay out; merged labels are means, which need not be whole numbers."""
        weights = np.empty(len(y)) if omega is None else omega
        module = _kernels.loss_module(self.loss)
        XT, code = _laid_out(X, y, weights, omega is None, module.LABELS)
        if code or (module.INTEGERS and not merged):
            _checks.samples(X, y, weights, self.loss)
        if omega is not None:
            _checks.weights(weights)
            if not weights.all():
                self.present = present = weights > 0
                X, y, weights = X[present], y[present], weights[present]
                XT, _ = _laid_out(X, y, weights, ones=False)
        self.X, self.XT, self.y, self.omega = X, XT, y, weights
        self.total = float(len(y)) if omega is None else float(weights.sum())

    @property
    def columns(self) -> NDArray[np.int64] | slice:
        """The columns of A on which anything depends."""
        return slice(None) if self.kept is None else np.concatenate([[0], self.kept + 1])

    @cached_property
    def gram(self) -> Array:
        """X̄X̄ᵀ (N, N) where it is kept and fits 256 MiB, otherwise (0, 0)."""
        if not self.keeps_gram or 8 * len(self.y) ** 2 > GRAM_BUDGET_BYTES:
            return np.empty((0, 0))
        return 1.0 + self.X @ self.X.T

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be computed again: it is most of the memory."""
        kept = {name: value for name, value in vars(self).items() if name not in ("XT", "gram")}
        return kept | {"formulas": _formulas.places(self.loss)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Lay the inputs out again."""
        _formulas.arrived(state.get("formulas") or {})
        vars(self).update({name: value for name, value in state.items() if name != "formulas"})
        self.XT, _ = _laid_out(self.X, self.y, self.omega, ones=False)


class Dataset:
    """Samples to use again and again: checked once, with what does not depend on the parameters.

    Every function of hessbound takes it in place of ``X, y`` and ``sample_weight``. It merges
    samples with equal inputs (their weights add up, and their label is the weighted mean, which
    leaves a loss that is linear in the label as it is; with others all samples stay), leaves out
    inputs that are 0 in every sample, and keeps the Gram matrix of the inputs up to 256 MiB.

    Parameters
    ----------
    X : array_like, shape (N, d)
        Inputs, one sample per row, *without* the column of ones. A data frame's column names are
        kept, and compared with those of networks.
    y : array_like, shape (N,)
        Labels that the loss takes; in [0, 1], a soft label is the probability of class 1.
    sample_weight : array_like, shape (N,), optional
        Weights ω, none negative. Default: ones.
    loss : str
        The loss that the labels are for, one of ``hessbound.losses()``; that of the networks which
        it is used with.

    Attributes
    ----------
    X, y, sample_weight : array
        What it holds, after merging; a new array each time.
    n_samples, n_inputs : int
        N, after merging, and d.
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

    Examples
    --------
    >>> import hessbound as hb
    >>> data = Dataset([[0.0], [1.0], [1.0]], [0, 1, 0])
    >>> data
    Dataset(n_samples=2, n_inputs=1, total_weight=3.0)
    >>> net = hb.Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> hb.trace(net, data)
    0.75
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
        _checks.known_loss(loss)
        self._feature_names = _features.of_table(X)
        plain = Samples.of(X, y, sample_weight, loss)
        self._n_inputs = int(plain.X.shape[1])
        self._samples = plain.merged()

    @property
    def X(self) -> Array:
        """The inputs (N, d)."""
        return self._samples.all_inputs(self.n_inputs)

    @property
    def y(self) -> Array:
        """The labels (N,)."""
        return self._samples.y.copy()

    @property
    def sample_weight(self) -> Array:
        """The weights ω (N,)."""
        return self._samples.omega.copy()

    @property
    def n_samples(self) -> int:
        """The number N of samples with different inputs and a positive weight."""
        return len(self._samples.y)

    @property
    def n_inputs(self) -> int:
        """The number d of inputs, without the bias."""
        return self._n_inputs

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
        return (
            f"{type(self).__name__}(n_samples={self.n_samples}, n_inputs={self.n_inputs}, "
            f"total_weight={self.total_weight}{loss})"
        )


def _laid_out(
    X: Array, y: Array, omega: Array, ones: bool, labels: tuple[float, float] = (-np.inf, np.inf)
) -> tuple[Array, int]:
    """Return XT, and a code that is not 0 where an argument is not valid."""
    layout, N = _kernels.layout(), len(y)
    XT = layout.columns(X)
    flops, arguments = ENTRY_FLOPS * X.size, (X, y, omega, ones, XT, *labels)
    threads = _threads.count(flops)
    if threads == 1:
        return XT, layout.fill(*arguments, 0, N)
    parts = _threads.ranges(N, threads, 8)
    return XT, max(_threads.run(layout.fill, [(*arguments, *part) for part in parts], flops=flops))


def _merged(X: Array, y: Array, omega: Array) -> tuple[Array, Array, Array]:
    """Merge samples with equal inputs, in the order in which these first appear."""
    first, group = _groups(X)
    if len(first) == len(X):
        return X, y, omega
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    place = rank[group.ravel()]
    weights = np.bincount(place, omega).astype(np.float64)
    labels = np.clip(np.bincount(place, omega * y) / weights, y.min(), y.max())
    return X[first[order]], labels, weights


def _groups(X: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each of the different rows first appears, and for each row which it is.

    To sort hashes takes a tenth of the time of sorting rows, in which nothing else could happen.
    """
    hashes = np.zeros(len(X), np.uint64)
    for column in X.T:
        hashes += (column + 0.0).view(np.uint64)  # −0.0 is 0.0
        for shift, factor in _MIX:
            hashes ^= hashes >> np.uint64(shift)
            hashes *= np.uint64(factor)
    _, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    if all(np.array_equal(column[first][group], column) for column in X.T):
        return first, group
    _, first, group = np.unique(X, axis=0, return_index=True, return_inverse=True)
    return first, group

"""Checked samples in the layouts that kernels know."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hessbound._typing import Array
from hessbound.engine import _kernels, _threads

from . import _checks
from ._merging import merged, merged_classes

GRAM_BUDGET_BYTES = 2**28
"""A Dataset keeps the input Gram matrix X̄X̄ᵀ up to this size, 256 MiB: N = 5792 samples."""

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
    n_outputs = 1

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
            X, labels, weights = merged(X, labels, weights)
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

    def of_outputs(self, d: int) -> tuple[Array, Array, Array]:
        """Return the same as ``OutputSamples`` does: X, with the inputs that were left out."""
        rows = self.XT[1:, : len(self.y)]
        if self.kept is not None:
            rows, some = np.zeros((d, len(self.y))), rows
            rows[self.kept] = some
        return rows.T, self.y[None], self.omega

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
        return {name: value for name, value in vars(self).items() if name not in ("XT", "gram")}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Lay the inputs out again."""
        vars(self).update(state)
        self.XT, _ = _laid_out(self.X, self.y, self.omega, ones=False)


class OutputSamples:
    """Samples of a network of several outputs: XT (d, N), labels y, weights ω; no zero weights.

    y are rows of labels, transposed (K, N), or classes (N,).
    """

    XT: Array
    y: Array
    omega: Array
    total: float
    loss: str

    def __init__(self, X: Array, y: Array, sample_weight: ArrayLike | None, loss: str) -> None:
        """Check everything but the shape of X; copy, and merge equal samples."""
        _checks.finite("X", X)
        labels = _checks.labels_of_any_outputs(y, len(X), loss)
        weights = np.ones(len(X))
        if sample_weight is not None:
            weights = _checks.sample_weights(sample_weight, len(X))
            present = weights > 0
            X, labels, weights = X[present], labels[..., present], weights[present]
        if labels.ndim == 1:
            X, labels, weights = merged_classes(X, labels, weights)
        elif loss == "softmax" or _kernels.loss_module(loss).MERGES:
            X, labels, weights = merged(X, labels, weights)
        self.XT, self.y, self.omega = (np.array(x, order="C") for x in (X.T, labels, weights))
        self.total, self.loss = float(weights.sum()), loss

    @property
    def n_outputs(self) -> int:
        """K; of classes, how many there must be at least."""
        return len(self.y) if self.y.ndim > 1 else int(self.y.max()) + 1

    def all_inputs(self, d: int) -> Array:
        """Return a copy of X (N, d)."""
        return np.array(self.XT.T, order="C")

    def of_outputs(self, d: int) -> tuple[Array, Array, Array]:
        """Return X (N, d), which is not contiguous, labels and weights."""
        return self.XT.T, self.y, self.omega


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

"""Samples with equal inputs as one; where that may be done is a claim of the derivation."""

import numpy as np
from numpy.typing import NDArray

from hessbound._typing import Array

_MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
"""Shifts and odd factors after which each bit depends on all: those of splitmix64."""


def merged(X: Array, y: Array, omega: Array) -> tuple[Array, Array, Array]:
    """Merge samples with equal inputs, in the order in which these first appear.

    Weights add up, and labels (..., N) are averaged by them: that is for losses linear in these.
    """
    first, place = _groups(X)
    if len(first) == len(X):
        return X, y, omega
    share = np.ldexp(omega, -np.frexp(omega.max())[1])  # whose products do not underflow
    total, labels = np.bincount(place, share), np.empty((*y.shape[:-1], len(first)))
    for own, mean in zip(y.reshape(-1, len(X)), labels.reshape(-1, len(first)), strict=True):
        mean[:] = np.clip(np.bincount(place, share * own) / total, own.min(), own.max())
    return X[first], labels, np.bincount(place, omega).astype(np.float64)


def merged_classes(X: Array, y: Array, omega: Array) -> tuple[Array, Array, Array]:
    """Merge samples with equal inputs and equal labels (N,): that is for every loss."""
    first, place = _groups(np.column_stack([X, y]))
    if len(first) == len(X):
        return X, y, omega
    return X[first], y[first], np.bincount(place, omega).astype(np.float64)


def _groups(X: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each of the different rows first appears, and for each row which it is."""
    first, group = _of_hashes(X)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[group.ravel()]


def _of_hashes(X: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the same in another order.

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

"""A step of Lanczos, compiled: in NumPy it costs two to three times as much, near a product's time.

Vectors are worked on in pieces that stay in the first cache, so that a step reads the basis once,
and a second time only if rounding has left something of it in the new vector. There is no BLAS in
it: its threads would keep their cores busy for a while, and the next product would have one only.
"""

import math
from typing import Any

import numpy as np
from numba import njit

from hessbound._typing import Array
from hessbound.engine import _kernels

NEGLIGIBLE = 16 * float(np.finfo(np.float64).eps)
"""A remainder this small against the spectrum is rounding: the Krylov space is invariant."""

ORTHOGONAL = 1e-13
"""Parts of a vector along the basis that may stay, against its norm."""

_PIECE = 2048
_COLUMNS = 512  # of the basis that are combined at a time: 128 KB of 32 vectors
_PASSES = 4  # after which what is left of a vector is rounding


ANY_ORDER = {"reassoc", "contract", "nsz"}


def _compiled(function: Any) -> Any:
    """Compile, with sums in any order."""
    return _kernels.module("_compile").jit_loops(function)


def _inlined(function: Any) -> Any:
    """Compile into callers, each of which then has all of its code.

    A function that is called would be code that several have a copy of. Which copy is taken depends
    on what was compiled or loaded first, and the order of sums in it, so the bits, too.
    """
    return njit(forceinline=True, fastmath=ANY_ORDER)(function)


@_compiled
def extend(V: Array, alpha: Array, beta: Array, j: int, w: Array) -> float:
    """Take in w = H V[j], overwriting it: set alpha[j], beta[j], and V[j + 1] to what is new.

    T = VᵀHV has the diagonal alpha and beta beside it. Returns beta[j]: 0 where the remainder is
    rounding, and then there is no V[j + 1] yet.
    """
    before = max(j - 1, 0)
    alpha[j] = _without(V[before], beta[before] if j else 0.0, V[j], w)
    beta[j] = 0.0
    norm = _orthogonalise(V[: j + 1], alpha[j], w)
    size = max(np.abs(alpha[: j + 1]).max(), np.abs(beta[: j + 1]).max())
    if j + 1 < V.shape[1] and norm > NEGLIGIBLE * size:
        beta[j] = norm
        _scale(w, 1.0 / norm, V[j + 1])
    return float(beta[j])


@_compiled
def start(V: Array, j: int, w: Array) -> None:
    """Set V[j] to what a vector w, which is overwritten, has beside the first j; of norm 1."""
    _scale(w, 1.0 / _orthogonalise(V[:j], 0.0, w), V[j])


@_compiled
def combine(factors: Array, V: Array, out: Array) -> None:
    """Set ``out`` (r, P) to factors (r, n) times the first n vectors; it may be the first r."""
    r, n = factors.shape
    sums = np.empty((r, _COLUMNS))
    for start in range(0, V.shape[1], _COLUMNS):
        stop = min(V.shape[1], start + _COLUMNS)
        for q in range(r):
            F, total = factors[q], sums[q, : stop - start]
            for i in range(total.size):
                total[i] = 0.0
            for k in range(0, n - 3, 4):  # four at a time, in a third of the time
                a, b = V[k, start:stop], V[k + 1, start:stop]
                c, d = V[k + 2, start:stop], V[k + 3, start:stop]
                for i in range(total.size):
                    total[i] += F[k] * a[i] + F[k + 1] * b[i] + F[k + 2] * c[i] + F[k + 3] * d[i]
            for k in range(n // 4 * 4, n):
                for i in range(total.size):
                    total[i] += F[k] * V[k, start + i]
        for q in range(r):
            for i in range(stop - start):
                out[q, start + i] = sums[q, i]


@_inlined
def _orthogonalise(V: Array, along: float, w: Array) -> float:
    """Take from w what it has of the rows of V, of the last of them ``along``; return its norm."""
    left = np.empty(len(V))
    norm = 0.0
    for _ in range(_PASSES):
        norm = _overlaps(V, along, w, left)
        along, removed = 0.0, math.sqrt(_dot(left, left))
        if removed > ORTHOGONAL * norm:
            norm = _subtract(V, left, w)
        if removed <= norm:  # at once where w is nearly orthogonal already, as by the recurrence
            break
    return norm


@_inlined
def _scale(w: Array, factor: float, out: Array) -> None:
    for i in range(w.size):
        out[i] = factor * w[i]


@_inlined
def _dot(a: Array, b: Array) -> float:
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@_inlined
def _without(a: Array, factor: float, b: Array, w: Array) -> float:
    """Subtract ``factor`` times a from w, and return what w has of b."""
    total = 0.0
    for i in range(w.size):
        w[i] -= factor * a[i]
        total += w[i] * b[i]
    return total


@_inlined
def _overlaps(V: Array, along: float, w: Array, left: Array) -> float:
    """Subtract ``along`` times the last row from w; fill ``left``, and return the norm of w."""
    squares, count = 0.0, left.size
    for r in range(count):
        left[r] = 0.0
    for start in range(0, w.size, _PIECE):
        piece = w[start : start + _PIECE]
        stop = start + piece.size
        if along != 0.0:
            last = V[len(V) - 1, start:stop]
            for i in range(piece.size):
                piece[i] -= along * last[i]
        squares += _dot(piece, piece)
        for r in range(len(V)):
            left[r] += _dot(V[r, start:stop], piece)
    return math.sqrt(squares)


@_inlined
def _subtract(V: Array, left: Array, w: Array) -> float:
    """Subtract from w what ``left`` says it has of the rows of V, and return its norm."""
    squares = 0.0
    for start in range(0, w.size, _PIECE):
        piece = w[start : start + _PIECE]
        stop = start + piece.size
        for r in range(len(V)):
            row = V[r, start:stop]
            for i in range(piece.size):
                piece[i] -= left[r] * row[i]
        squares += _dot(piece, piece)
    return math.sqrt(squares)

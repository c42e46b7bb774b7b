"""A step of Lanczos and the eigenvalues of T, compiled: in NumPy they cost as much as a product.

Vectors are worked on in pieces that stay in the first cache, so that a step reads the basis once,
and a second time only if rounding has left something of it in the new vector. There is no BLAS in
it: its threads would keep their cores busy for a while, and the next product would have one only.
"""

import math
from typing import Any

import numpy as np
from numba import njit

from . import _kernels
from ._typing import Array

EPSILON = float(np.finfo(np.float64).eps)

NEGLIGIBLE = 16 * EPSILON
"""A remainder this small against the spectrum is rounding: the Krylov space is invariant."""

ORTHOGONAL = 1e-13
"""Parts of a vector along the basis that may stay, against its norm."""

_PIECE = 2048
_COLUMNS = 512  # of the basis that are combined at a time: 128 KB of 32 vectors
_PASSES = 4  # after which what is left of a vector is rounding
_SWEEPS = 50  # of a QL iteration, for one eigenvalue; two or three are usual


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
    along = _without(V[before], beta[before] if j else 0.0, V[j], w)
    alpha[j], beta[j] = along, 0.0
    left = np.empty(j + 1)
    norm = 0.0
    for _ in range(_PASSES):
        norm = _overlaps(V, along, w, left)
        along, removed = 0.0, math.sqrt(_dot(left, left))
        if removed > ORTHOGONAL * norm:
            norm = _subtract(V, left, w)
        if removed <= norm:  # usually at once: w is nearly orthogonal already
            break
    if j + 1 < V.shape[1] and norm > NEGLIGIBLE * _size(alpha[: j + 1], beta[:j]):
        beta[j] = norm
        scale, following = 1.0 / norm, V[j + 1]
        for i in range(w.size):
            following[i] = scale * w[i]
    return float(beta[j])


@_compiled
def start_anew(V: Array, j: int, w: Array) -> None:
    """Set V[j] to what a vector w, which is overwritten, has beside the first j; of norm 1."""
    left = np.empty(j)
    size = math.sqrt(_dot(w, w))
    for _ in range(_PASSES):
        if j:
            size = _overlaps(V, 0.0, w, left)
            removed = math.sqrt(_dot(left, left))
            size = _subtract(V, left, w)
            if removed <= ORTHOGONAL * size:
                break
    scale, following = 1.0 / size, V[j]
    for i in range(w.size):
        following[i] = scale * w[i]


@_compiled
def combine(factors: Array, V: Array, out: Array) -> None:
    """Set ``out`` (r, P) to factors (r, n) times the first n vectors; it may be the first r."""
    r, n = factors.shape
    sums = np.empty((r, _COLUMNS))
    for start in range(0, V.shape[1], _COLUMNS):
        stop = min(V.shape[1], start + _COLUMNS)
        for q in range(r):
            total = sums[q, : stop - start]
            for i in range(total.size):
                total[i] = 0.0
            for k in range(0, n - 3, 4):
                f0, f1, f2, f3 = (
                    factors[q, k],
                    factors[q, k + 1],
                    factors[q, k + 2],
                    factors[q, k + 3],
                )
                a, b = V[k, start:stop], V[k + 1, start:stop]
                c, d = V[k + 2, start:stop], V[k + 3, start:stop]
                for i in range(total.size):
                    total[i] += f0 * a[i] + f1 * b[i] + f2 * c[i] + f3 * d[i]
            for k in range(n // 4 * 4, n):
                for i in range(total.size):
                    total[i] += factors[q, k] * V[k, start + i]
        for q in range(r):
            for i in range(stop - start):
                out[q, start + i] = sums[q, i]


@_compiled
def norm(w: Array) -> float:
    """Return ‖w‖."""
    return math.sqrt(_dot(w, w))


@_compiled
def decompose(alpha: Array, beta: Array, rows: Array) -> Array:
    """Return the eigenvalues of a tridiagonal matrix in ascending order.

    By the QL iteration with shifts. ``rows`` (n, c) becomes Sᵀ ``rows``, where S has the vectors:
    the last column of the identity becomes their last entries, at a fraction of the cost of all.
    """
    d, e, n = alpha.copy(), beta.copy(), alpha.size
    negligible = EPSILON * _size(alpha, beta[: n - 1])
    for first in range(n):
        for _ in range(_SWEEPS):
            last = first
            while last < n - 1 and abs(e[last]) > negligible:
                last += 1
            if last == first:
                break
            _sweep(d, e, rows, first, last)
    for i in range(n - 1):
        lowest = i
        for k in range(i + 1, n):
            lowest = k if d[k] < d[lowest] else lowest
        d[i], d[lowest] = d[lowest], d[i]
        for c in range(rows.shape[1]):
            rows[i, c], rows[lowest, c] = rows[lowest, c], rows[i, c]
    return d


@_inlined
def _sweep(d: Array, e: Array, rows: Array, first: int, last: int) -> None:
    """Make e[first] smaller by an implicit QL step on the block from first to last."""
    g = 0.5 * (d[first + 1] - d[first]) / e[first]
    shift = e[first] / (g + math.copysign(math.sqrt(g * g + 1.0), g))
    g, p, s, c = d[last] - d[first] + shift, 0.0, 1.0, 1.0
    for i in range(last - 1, first - 1, -1):
        f, b = s * e[i], c * e[i]
        r = math.sqrt(f * f + g * g)
        e[i + 1] = r
        if r == 0.0:  # the block falls apart here
            d[i + 1] -= p
            e[last] = 0.0
            return
        s, c = f / r, g / r
        g = d[i + 1] - p
        r = (d[i] - g) * s + 2.0 * c * b
        p = s * r
        d[i + 1] = g + p
        g = c * r - b
        for k in range(rows.shape[1]):
            below = rows[i + 1, k]
            rows[i + 1, k] = s * rows[i, k] + c * below
            rows[i, k] = c * rows[i, k] - s * below
    d[first] -= p
    e[first], e[last] = g, 0.0


@_inlined
def _size(alpha: Array, beta: Array) -> float:
    """Return the largest number in T."""
    size = 0.0
    for x in alpha:
        size = max(size, abs(x))
    for x in beta:
        size = max(size, abs(x))
    return size


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
def _overlaps(V: Array, factor: float, w: Array, left: Array) -> float:
    """Subtract ``factor`` times the last vector from w; fill ``left``, and return the norm of w."""
    squares, count = 0.0, left.size
    for r in range(count):
        left[r] = 0.0
    for start in range(0, w.size, _PIECE):
        piece = w[start : start + _PIECE]
        stop = start + piece.size
        last = V[count - 1, start:stop]
        for i in range(piece.size):
            piece[i] -= factor * last[i]
        squares += _dot(piece, piece)
        for r in range(count):
            left[r] += _dot(V[r, start:stop], piece)
    return math.sqrt(squares)


@_inlined
def _subtract(V: Array, left: Array, w: Array) -> float:
    """Subtract from w what ``left`` says it has of the basis, and return its norm."""
    squares = 0.0
    for start in range(0, w.size, _PIECE):
        piece = w[start : start + _PIECE]
        stop = start + piece.size
        for r in range(0, left.size - 1, 2):
            a, b = V[r, start:stop], V[r + 1, start:stop]
            for i in range(piece.size):
                piece[i] -= left[r] * a[i] + left[r + 1] * b[i]
        if left.size % 2:
            a = V[left.size - 1, start:stop]
            for i in range(piece.size):
                piece[i] -= left[left.size - 1] * a[i]
        squares += _dot(piece, piece)
    return math.sqrt(squares)

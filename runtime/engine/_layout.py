"""The memory layout that kernels know, and the checks that are part of writing it.

Compiled, since for a small table checking costs more than computing does. There is no mathematics
here; the module is imported with the first kernel, because numba takes a while to load.
"""

from typing import Any

import numpy as np

from hessbound._typing import Array

from . import _kernels, _memory

PAD = 24
"""How many numbers beyond the last sample kernels may read; what they compute of them is unused."""

FINE, BAD_X, BAD_Y, BAD_WEIGHT = range(4)


def compiled(function: Any) -> Any:
    """Compile, with numba's cache on disk where there is a place for it."""
    return _kernels.module("_compile").jit(function)


def columns(X: Array) -> Array:
    """Allocate for the inputs transposed under a row of ones, (d + 1, at least N + PAD).

    Rows are multiples of 64 bytes, but not of 512: those would compete for the same cache lines.
    """
    N, d = X.shape
    return _memory.empty(d + 1, stride(N))


def stride(N: int) -> int:
    """Return the length of rows with a number for each sample; kernels read beyond the last."""
    length = -(-(N + PAD) // 8) * 8
    return length + 8 * (length % 64 == 0)


@compiled
def fill(
    X: Array,
    y: Array,
    omega: Array,
    ones: bool,
    XT: Array,
    lowest: float,
    highest: float,
    start: int,
    stop: int,
) -> int:
    """Transpose X into XT under a row of ones, and say which argument is no valid one.

    Takes samples start .. stop − 1. ``ones`` says that omega is to be filled with them; labels are
    from ``lowest`` to ``highest``.
    """
    N, d = X.shape
    code = FINE
    for a in range(d + 1):
        for i in range(N, XT.shape[1]):
            XT[a, i] = 0.0
    for i in range(start, stop):
        XT[0, i] = 1.0
        if ones:
            omega[i] = 1.0
        if not (lowest <= y[i] <= highest and abs(y[i]) < np.inf):
            code = BAD_Y
        if not 0.0 <= omega[i] < np.inf:
            code = BAD_WEIGHT
    for i0 in range(start, stop, 8):  # eight numbers fill a cache line
        i1 = min(stop, i0 + 8)
        bad = 0
        for i in range(i0, i1):
            row = X[i]
            for a in range(d):
                bad |= not abs(row[a]) < np.inf
        if bad:
            code = BAD_X
        for a in range(d):
            column = XT[a + 1]
            if i1 - i0 == 8:
                for r in range(8):
                    column[i0 + r] = X[i0 + r, a]
            else:
                for i in range(i0, i1):
                    column[i] = X[i, a]
    return code


@compiled
def norms(A: Array, w: Array) -> Array:
    """Return ‖θ‖₂ of each network (n,), where squares over- and underflow too."""
    out = np.empty(len(A))
    for net in range(len(A)):
        largest = 0.0
        for x in A[net].flat:
            largest = max(largest, abs(x))
        for x in w[net]:
            largest = max(largest, abs(x))
        if largest == 0.0:
            out[net] = 0.0
            continue
        total = 0.0
        for x in A[net].flat:
            total += (x / largest) ** 2
        for x in w[net]:
            total += (x / largest) ** 2
        out[net] = largest * np.sqrt(total)
    return out

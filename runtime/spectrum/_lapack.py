"""The ends of a dense spectrum, by LAPACK's dsyevr.

``scipy.linalg.eigh``, which calls the same routine, holds the interpreter's lock while it runs,
which is minutes for a large matrix: nothing else moves, and Ctrl-C waits. Called by its address it
does without. NumPy's ``eigh`` does too, but has all vectors only, in three times the time.
"""

import ctypes
import sys
from functools import cache
from typing import Any

import numpy as np

from hessbound._typing import Array
from hessbound.engine import _threads

_FLOPS = 8.0
"""Of a decomposition, times P³, for its time by LAPACK is that of so many of ours."""


def extreme_pairs(H: Array, first: int, last: int) -> tuple[Array, Array]:
    """Return the eigenvalues number first .. last in ascending order, and vectors (P, n).

    H is symmetric in every bit, so that rows and columns are the same.

    >>> extreme_pairs(np.diag([3.0, 1.0, 2.0]), 1, 2)[0]
    array([2., 3.])
    """
    call = H.copy(), first, last  # dsyevr overwrites it
    try:
        return _threads.run(_dsyevr, [call], flops=_FLOPS * float(len(H)) ** 3)[0]
    except KeyboardInterrupt:
        _end_at_once()
        raise


@cache
def _end_at_once() -> None:
    """Let this process end as it is, once its time comes.

    OpenBLAS would first take its memory back, also from a thread that is still at work in LAPACK,
    which nothing can stop: one process in four ended by a segmentation fault.
    """
    if sys.platform == "linux":
        c = ctypes.CDLL(None)
        if hasattr(c, "on_exit"):  # glibc's: it hands over the exit code
            c.on_exit(ctypes.cast(c._exit, ctypes.c_void_p), None)


def _dsyevr(H: Array, first: int, last: int) -> tuple[Array, Array]:
    n, count = len(H), last - first + 1
    values, vectors = np.empty(n), np.empty((count, n))
    found, support, info = ctypes.c_int(), np.empty(2 * count, np.intc), ctypes.c_int()
    head = [b"V", b"I", b"L", n, H, n, 0.0, 0.0, first + 1, last + 1, 0.0, found]
    body = [*head, values, vectors, n, support]
    work, iwork = np.empty(1), np.empty(1, np.intc)
    _routine()(*map(_pointer, [*body, work, -1, iwork, -1, info]))  # asks for the sizes
    work, iwork = np.empty(int(work[0])), np.empty(int(iwork[0]), np.intc)
    _routine()(*map(_pointer, [*body, work, len(work), iwork, len(iwork), info]))
    if info.value or found.value != count:
        message = f"LAPACK's dsyevr failed with code {info.value}: {found.value} of {count} found"
        raise RuntimeError(message)
    return values[:count], vectors.T


def _pointer(value: Any) -> Any:
    """Return the address at which LAPACK finds a value."""
    if isinstance(value, np.ndarray):
        return ctypes.c_void_p(value.ctypes.data)
    if isinstance(value, bytes):
        return ctypes.c_char_p(value)
    if isinstance(value, int | float):
        value = ctypes.c_int(value) if isinstance(value, int) else ctypes.c_double(value)
    return ctypes.cast(ctypes.pointer(value), ctypes.c_void_p)


@cache
def _routine() -> Any:
    from numba.extending import get_cython_function_address

    address = get_cython_function_address("scipy.linalg.cython_lapack", "dsyevr")
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 21)(address)

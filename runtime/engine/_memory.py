"""Where kernels find room to work: in whole cache lines, and in memory that the process keeps."""

import math
from functools import cache

import numpy as np

from hessbound._typing import Array

_LINE = 8
"""A cache line, and the widest vector register, hold eight numbers."""

_SMALL = 2**14
"""Up to so many numbers, finding the beginning of a line takes longer than it saves."""


def empty(*shape: int) -> Array:
    """Allocate an array that begins with a cache line, so that no register is filled from two.

    NumPy aligns to a quarter of one, by chance to a whole; the difference is up to a fifth of a
    kernel's time (Gram with 784 inputs), and none of others' (direct, products).
    """
    size = math.prod(shape)
    if size <= _SMALL:
        return np.empty(shape)
    room = np.empty(size + _LINE)
    first = -room.__array_interface__["data"][0] // room.itemsize % _LINE
    return room[first : first + size].reshape(shape)


@cache
def keep_freed() -> None:
    """Allocate and free a large array, so that glibc keeps what kernels free for the next call.

    Until then it returns all that is above 128 KB to the system, and taking it again page by page
    costs as much as the work of a small kernel (0.72 ms of ``sharpness`` in place of 0.45, with 569
    samples, 30 inputs and 16 hidden units). It learns from the largest array that was freed, up
    to 32 MB. Nothing is written to the array, so it takes no memory.
    """
    np.empty(2**21 + 2**20)  # 24 MB

"""Where kernels find room to work: in whole cache lines, and in memory that the process keeps."""

import math
from functools import cache

import numpy as np

from hessbound._typing import Array

LIMIT_BYTES = 2 * 2**30
"""What is returned is no larger than this: 2 GiB, of a Hessian P = 16384."""

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


def each_sample_fits(batch: tuple[int, ...], N: int, numbers: int) -> None:
    """Refuse ``per_sample=True``, with so many numbers for each sample, before allocating."""
    needed = 8 * math.prod(batch) * N * numbers
    if needed > LIMIT_BYTES:
        of_batch = f" and a batch of {math.prod(batch)}" if batch else ""
        numbers_of_each = f"{numbers} numbers for each" if numbers > 1 else "a number for each"
        message = (
            f"per_sample=True builds at most {LIMIT_BYTES / 2**30:.3g} GiB, but N = {N}, "
            f"{numbers_of_each}{of_batch}, needs {needed / 2**30:.3g} GiB; take fewer samples at a "
            "time"
        )
        raise ValueError(message)


@cache
def keep_freed() -> None:
    """Allocate and free a large array, so that glibc keeps what kernels free for the next call.

    Until then it returns all that is above 128 KB to the system, and taking it again page by page
    costs as much as the work of a small kernel (0.72 ms of ``sharpness`` in place of 0.45, with 569
    samples, 30 inputs and 16 hidden units). It learns from the largest array that was freed, up
    to 32 MB. Nothing is written to the array, so it takes no memory.
    """
    np.empty(2**21 + 2**20)  # 24 MB

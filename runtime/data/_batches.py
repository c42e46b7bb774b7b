"""Batches of networks over leading axes: what every kind of network has of them."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hessbound._typing import Array


class OfBatch:
    """A network, or a batch of them."""

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The leading axes; () for a single network."""
        raise NotImplementedError

    def __len__(self) -> int:
        """Return the length of the batch's first axis; a single network has none."""
        if not self.batch_shape:
            message = (
                "a single network is no sequence: only a batch of networks has a len() and parts"
            )
            raise TypeError(message)
        return self.batch_shape[0]

    def __bool__(self) -> bool:
        """Say that it is there, whatever its length."""
        return True

    def _places(self, index: Any) -> NDArray[np.int64]:
        """Return the numbers of the networks that are asked for, counted from 0 in C order."""
        if not self.batch_shape:
            message = "a single network cannot be indexed: only a batch of networks can"
            raise TypeError(message)
        numbers = np.arange(math.prod(self.batch_shape)).reshape(self.batch_shape)
        return np.asarray(numbers[index])

    def _in_a_row(self, array: Array) -> Array:
        """Return an array with one axis for the batch."""
        return array.reshape(math.prod(self.batch_shape), *array.shape[len(self.batch_shape) :])

"""Types that the runtime's signatures share."""

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

Quantity: TypeAlias = float | Array
"""A number for one network, an array with the batch's axes for a batch of networks."""

Reduction: TypeAlias = Literal["sum", "mean"]

REDUCTIONS = get_args(Reduction)

Block: TypeAlias = Literal["hidden", "output"]
"""The weights of one layer: A, or w."""

BLOCKS = (*get_args(Block), None)
"""What may be asked for: one of them, or all of the Hessian."""

Matrix: TypeAlias = Literal["hessian", "gauss_newton"]
"""What there is a product with."""

Differentiable: TypeAlias = Literal[
    "largest_upper",
    "largest_lower",
    "smallest_upper",
    "smallest_lower",
    "trace",
    "trace_squared",
    "mean",
    "std",
    "frobenius_norm",
]
"""What ``sharpness_gradient`` has the gradient of."""

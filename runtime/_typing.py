"""Types that the runtime's signatures share."""

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

Quantity: TypeAlias = float | Array
"""A number for one network, an array with the batch's axes for a batch of networks."""

Place: TypeAlias = int | np.integer[Any]
"""Where in a batch a network is, along one axis."""

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # part of every type checker, and imported by none else

    from hessbound.data._network import Network

    Number = TypeVar("Number", bound=Quantity, default=float)
    Number_co = TypeVar("Number_co", bound=Quantity, default=float, covariant=True)
    Net_co = TypeVar("Net_co", default=Network[Number_co], covariant=True)
else:
    from typing import TypeVar, TypeVarTuple, Unpack

    Number = TypeVar("Number")  # which of the two it is; not said, that of one network
    Number_co = TypeVar("Number_co", covariant=True)  # the same, of a class
    Net_co = Unpack[TypeVarTuple("Net_co")]  # the kind of network, which may be left out

Reduction: TypeAlias = Literal["sum", "mean"]

REDUCTIONS = get_args(Reduction)

Block: TypeAlias = Literal["hidden", "output"]
"""The weights of one layer: A, or w."""

BLOCKS = (*get_args(Block), None)
"""What may be asked for: one of them, or all of the Hessian."""

Part: TypeAlias = Block | int | str
"""The same of an ``MLP``, or a layer's number, or the name of parameters."""

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

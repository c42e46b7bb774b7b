"""A quadratic penalty of the parameters, and all that it adds to what functions return.

Its Hessian D is diagonal, with a number for each input's weights (biases first), one for w₀ and one
for the other output weights. The kernels are those of ``hessbound.generated._penalty``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from hessbound._typing import Array
from hessbound.data import _checks
from hessbound.data._network import Network
from hessbound.engine import _kernels

if TYPE_CHECKING:
    from hessbound.engine._problem import Problem


@dataclass(frozen=True)
class L2:
    r"""A penalty for each layer: the loss plus ½ (hidden ‖A‖² + output ‖w‖²).

    It is added as it is: it is not divided by the number of samples, and ``reduction`` does not
    matter for it.

    Parameters
    ----------
    hidden : float, or sequence of float
        Of the weights A; of the weights of all hidden layers of an ``MLP``, or for each of them.
        None negative.
    output : float
        Of the weights w, or those of the last layer; not negative.
    biases : bool
        Penalise the biases, column 0 of A and entry 0 of w, like the weights of their layer.

    Raises
    ------
    ValueError
        If a number is negative or not finite.
    TypeError
        If hidden or output is not a number, or biases is neither true nor false.

    Notes
    -----
    What is frozen in an ``MLP`` is no parameter, and not penalised.

    A plain number, ``l2=0.1``, stands for ``L2(0.1, 0.1)``. scikit-learn's ``MLPClassifier`` with
    ``alpha`` minimises the loss of ``reduction="mean", l2=alpha / N``, which is 1/N times that of
    ``reduction="sum", l2=alpha``; see ``hessbound.l2_from_sklearn``. ``weight_decay=c`` of torch's
    SGD and Adam is ``L2(c, c, biases=True)`` beside the reduction of the loss; AdamW's is no part
    of any loss.

    Examples
    --------
    >>> import hessbound as hb
    >>> net = hb.Network([[3.0, 1.0]], [5.0, 2.0], activation="tanh")
    >>> data = [[0.0], [1.0]], [0, 1]
    >>> plain = hb.loss(net, *data)
    >>> round(hb.loss(net, *data, l2=0.1) - plain, 12)  # ½ 0.1 (1² + 2²)
    0.25
    >>> round(hb.loss(net, *data, l2=L2(0.1, 0.2, biases=True)) - plain, 12)
    3.4
    """

    hidden: float | Sequence[float]
    output: float
    biases: bool = False

    def __post_init__(self) -> None:
        """Check, and keep plain numbers."""
        object.__setattr__(self, "hidden", _of_hidden(self.hidden))
        object.__setattr__(self, "output", _checks.number("output", self.output, least=0.0))
        object.__setattr__(self, "biases", _checks.flag("biases", self.biases))

    def __bool__(self) -> bool:
        """Say whether anything is penalised."""
        return bool(np.any(self.hidden)) or self.output > 0

    def of_layers(self, count: int) -> tuple[float, ...]:
        """Return the numbers of so many hidden layers, and of the last one.

        >>> L2(0.1, 0.2).of_layers(2)
        (0.1, 0.1, 0.2)
        """
        one: Any = self.hidden  # a number or a tuple of them, since it was checked
        own = one if isinstance(one, tuple) else (one,) * count
        if len(own) != count:
            layers = "layer" if count == 1 else "layers"
            message = (
                "l2.hidden must be one number, or one for each of net's "
                f"{count} hidden {layers}, got {own}"
            )
            raise ValueError(message)
        return (*own, self.output)


def _of_hidden(value: Any) -> float | tuple[float, ...]:
    numbers: Any = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(numbers, list | tuple):
        return _checks.number("hidden", numbers, least=0.0)
    if not numbers:
        message = "hidden must have a number for each hidden layer, got none"
        raise ValueError(message)
    return tuple(_checks.number(f"hidden[{n}]", x, least=0.0) for n, x in enumerate(numbers))


def checked(l2: float | L2) -> L2:
    """Return what a number stands for."""
    if isinstance(l2, L2):
        return l2
    if isinstance(l2, tuple | list | dict | np.ndarray):
        message = f"l2 must be a number or a hessbound.L2, which has one for each layer, got {l2!r}"
        raise TypeError(message)
    number = _checks.number("l2", l2, least=0.0)
    return L2(number, number)


class Ridges(NamedTuple):
    """The different numbers on a diagonal, as kernels take them."""

    inputs: Array  # of each input's weights, biases first
    bias: float  # of w₀
    outputs: float

    def times(self, factor: float) -> Self:
        """Return multiples."""
        return type(self)(self.inputs * factor, self.bias * factor, self.outputs * factor)

    def less(self, number: float) -> Self:
        """Return the differences from a number."""
        return type(self)(self.inputs - number, self.bias - number, self.outputs - number)

    def of_kept(self, kept: NDArray[np.int64] | None) -> Self:
        """Leave out the inputs that samples do not have."""
        return self if kept is None else self._replace(inputs=self.inputs[[0, *kept + 1]])

    def different(self) -> list[float]:
        """List what there is, once; inputs have all the same number."""
        return [*self.inputs[:2].tolist(), self.bias, self.outputs]


class Penalty:
    """What a penalty adds, for networks with d inputs and m hidden units."""

    def __init__(self, l2: L2, d: int, m: int) -> None:
        """Spread its numbers over the parameters."""
        hidden, output = l2.of_layers(1)
        of_inputs = np.full(d + 1, hidden)
        of_inputs[0] *= l2.biases
        self.ridges, self.m = Ridges(of_inputs, output * l2.biases, output), m
        self._P = m * (d + 1) + m + 1

    def values(self, net: Network[Any]) -> Array:
        """Return it, for each network (n,)."""
        return _kernels.penalty().penalty(*self.ridges, *net._stacked)

    def gradients(self, net: Network[Any]) -> Array:
        """Return its gradient, for each network (n, P)."""
        return _kernels.penalty().penalty_gradient(*self.ridges, *net._stacked)

    def curvature(self, net: Network[Any]) -> Array:
        """Return the diagonal of its Hessian (P,)."""
        return _kernels.penalty().penalty_diagonal(*self.ridges, net.n_hidden)

    def trace(self, net: Network[Any]) -> float:
        """Return the trace of its Hessian."""
        hidden, output, _ = _kernels.penalty().penalty_moments(*self.ridges, net.n_hidden)
        return hidden + output

    def move(self) -> float:
        """Return the mean c of D's eigenvalues; D − cI is exactly 0 where all are equal."""
        module = _kernels.spectrum()
        moments = _kernels.penalty().penalty_moments(*self.ridges, self.m)
        mean = module.numbers(*moments, 0, self._P)[module.NAMES.index("mean")]
        every = self.ridges.different()
        return min(max(mean, min(every)), max(every))


class Centred:
    """D = cI + D′, of the sum over the samples, for the moments of H + D′."""

    def __init__(self, penalty: Penalty, problem: "Problem") -> None:
        """Multiply by what the mean divides by, and leave out what no sample depends on."""
        move = penalty.move()
        self.move, self._m = move * problem.total, penalty.m
        self._all = penalty.ridges.less(move).times(problem.total)
        self._own = self._all.of_kept(problem.data.kept)
        rest = list(map(abs, self._all.different()))
        self._nothing, self._largest = not any(rest), max(self.move, *rest)

    def add_to(self, sums: Array, problem: "Problem", scale: float) -> None:
        """Turn tr H_AA, tr H_ww, tr H² and largest of each network (n, 4) into those of H + D′."""
        if not self._nothing and len(sums):
            weighted, module = self._weighted(problem, scale) * scale, _kernels.penalty()
            own = module.penalty_moments(*self._all.times(scale), self._m)
            module.penalised(sums, own, weighted)
        np.maximum(sums[:, 3], self._largest, out=sums[:, 3])

    def _weighted(self, problem: "Problem", scale: float) -> Array:
        """Return Σ_r ρ_r H_rr of each network, for e and p times ``scale``."""
        kernel = problem.kernels.weighted_trace

        def weighted(*arguments: Any) -> Any:
            return kernel(*arguments[:-3], scale, *self._own, *arguments[-3:])

        (traces,) = problem.over_networks(weighted, 2 * problem.forward_flops())
        return traces

    def gradient(self, problem: "Problem", by_square: float, scale: float) -> Array | float:
        """Return what D′ adds to ``by_square`` ∇tr H², of one network."""
        if self._nothing or by_square == 0:
            return 0.0
        kernel, flops = problem.kernels.weighted_gradient, 4 * problem.forward_flops()
        own = problem.A[0], problem.w[0], scale, *self._own.times(scale), by_square
        return np.asarray(
            reduce(np.add, problem.over_samples(kernel, flops, *problem.samples, *own))
        )

"""A quadratic penalty of the parameters, and all that it adds to what functions return.

Its Hessian D is diagonal, with a number for each input's weights (biases first), one for w₀ and one
for the other output weights. The kernels are those of ``hessbound.generated._penalty``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import _checks, _kernels
from ._network import Network
from ._typing import Array

if TYPE_CHECKING:
    from ._problem import Problem

Ridges: TypeAlias = tuple[Array, float, float]  # of each input's weights, of w₀ and of b


@dataclass(frozen=True)
class L2:
    r"""A penalty for each layer: the loss plus ½ (hidden ‖A‖² + output ‖w‖²).

    It is added as it is: it is not divided by the number of samples, and ``reduction`` does not
    matter for it.

    Parameters
    ----------
    hidden, output : float
        Of the weights A and of the weights w; none negative.
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

    hidden: float
    output: float
    biases: bool = False

    def __post_init__(self) -> None:
        """Check, and keep plain numbers."""
        for name in ("hidden", "output"):
            value = _checks.number(name, getattr(self, name), least=0.0)
            object.__setattr__(self, name, value)
        if not isinstance(self.biases, bool | np.bool_):
            message = f"biases must be True or False, got {self.biases!r}"
            raise TypeError(message)
        object.__setattr__(self, "biases", bool(self.biases))

    def __bool__(self) -> bool:
        """Say whether anything is penalised."""
        return self.hidden > 0 or self.output > 0


def checked(l2: float | L2) -> L2:
    """Return what a number stands for."""
    if isinstance(l2, L2):
        return l2
    if isinstance(l2, tuple | list | dict | np.ndarray):
        message = f"l2 must be a number or a hessbound.L2, which has one for each layer, got {l2!r}"
        raise TypeError(message)
    number = _checks.number("l2", l2, least=0.0)
    return L2(number, number)


class Penalty:
    """What a penalty adds, for networks with d inputs and m hidden units."""

    def __init__(self, l2: L2, d: int, m: int) -> None:
        """Spread its numbers over the parameters."""
        of_inputs = np.full(d + 1, l2.hidden)
        of_inputs[0] *= l2.biases
        self.ridges: Ridges = of_inputs, l2.output * l2.biases, l2.output
        self._m, self._P = m, m * (d + 1) + m + 1

    def values(self, net: Network) -> Array:
        """Return it, for each network (n,)."""
        return _kernels.penalty().penalty(*self.ridges, *net._stacked)

    def gradients(self, net: Network) -> Array:
        """Return its gradient, for each network (n, P)."""
        return _kernels.penalty().penalty_gradient(*self.ridges, *net._stacked)

    def curvature(self, net: Network) -> Array:
        """Return the diagonal of its Hessian (P,)."""
        return _kernels.penalty().penalty_diagonal(*self.ridges, net.n_hidden)

    def trace(self, net: Network) -> float:
        """Return the trace of its Hessian."""
        hidden, output, _ = self._moments(self.ridges)
        return hidden + output

    def of_sum(self, total: float) -> Ridges:
        """Return its numbers beside a sum of losses that is divided by ``total`` later."""
        return _times(self.ridges, total)

    def _moments(self, ridges: Ridges) -> tuple[float, float, float]:
        return _kernels.penalty().penalty_moments(*ridges, self._m)

    def move(self) -> float:
        """Return the mean c of D's eigenvalues: what is left, D − cI, is 0 where all are equal."""
        module, (of_inputs, *others) = _kernels.spectrum(), self.ridges
        found = module.spectrum(np.array([self._moments(self.ridges)]), self._P)
        every = [*of_inputs[:2].tolist(), *others]  # biases, and one of the inputs
        return min(max(float(found[0, module.NAMES.index("mean")]), min(every)), max(every))


class Centred:
    """D = cI + D′, of the sum over the samples, for the moments of H + D′."""

    def __init__(self, penalty: Penalty, problem: "Problem") -> None:
        """Multiply by what the mean divides by, and leave out what no sample depends on."""
        move, (of_inputs, *others) = penalty.move(), penalty.ridges
        self.move = move * problem.total
        every = (of_inputs - move) * problem.total, *((x - move) * problem.total for x in others)
        self._every: Ridges = every
        self.largest = max(self.move, *map(abs, (*every[0][:2].tolist(), *every[1:])))
        kept = problem.data.kept
        own = every[0] if kept is None else every[0][np.concatenate([[0], kept + 1])]
        self._own: Ridges = own, *every[1:]
        self._penalty = penalty

    def added_to(self, compute: Callable[..., Array]) -> Callable[..., Array]:
        """Return what computes tr (H + D′)_AA, tr (H + D′)_ww, tr (H + D′)² and largest."""

        def compute_both(problem: "Problem", plan: Any, A: Array, w: Array, scale: Array) -> Array:
            sums = compute(problem, plan, A, w, scale)
            if not len(A):
                return sums
            one = float(scale[0])  # the same for all of them
            weighted = self._weighted(problem.of_networks(A, w), one) * one
            own = self._penalty._moments(_times(self._every, one))
            _kernels.penalty().penalised(sums, own, weighted)
            sums[:, 3] = np.maximum(sums[:, 3], self.largest)
            return sums

        return compute_both

    @cached_property
    def _nothing(self) -> bool:
        return not self._every[0].any() and not any(self._every[1:])

    def _weighted(self, problem: "Problem", scale: float) -> Array:
        """Return Σ_r ρ_r H_rr of each network, for e and p times ``scale``."""
        if self._nothing:
            return np.zeros(len(problem.A))
        kernel = problem.kernels.weighted_trace

        def weighted(*arguments: Any) -> Any:
            samples, part = arguments[:-3], arguments[-3:]
            return kernel(*samples, scale, *self._own, *part)

        return problem.over_networks(weighted, 2 * problem.forward_flops())[0]

    def gradient(self, problem: "Problem", by_square: float, scale: float) -> Array | float:
        """Return what D′ adds to ``by_square`` ∇tr H², of one network."""
        if self._nothing or by_square == 0:
            return 0.0
        arguments = problem.A[0], problem.w[0], scale, *_times(self._own, scale), by_square
        kernel, flops = problem.kernels.weighted_gradient, 4 * problem.forward_flops()
        return np.sum(problem.over_samples(kernel, flops, *problem.samples, *arguments), axis=0)


def _times(ridges: Ridges, factor: float) -> Ridges:
    of_inputs, of_bias, of_outputs = ridges
    return of_inputs * factor, of_bias * factor, of_outputs * factor

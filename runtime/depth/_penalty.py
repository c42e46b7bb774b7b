"""What a quadratic penalty adds, for a network of any depth.

To the kernels of ``hessbound.generated._penalty`` all parameters are the weights of one hidden
unit, which has an input for each, and a penalty of its own for each input.
"""

from typing import Any

import numpy as np

from hessbound._typing import Array, Quantity
from hessbound.data._mlp import MLP
from hessbound.engine import _kernels
from hessbound.engine._penalty import L2


class DeepPenalty:
    """½ Σ ρ θ² and its derivatives, with a number ρ for each parameter; ``curvature`` is ρ (P,)."""

    def __init__(self, l2: L2, net: MLP) -> None:
        """Spread the numbers over the parameters."""
        numbers = l2.of_layers(net.n_layers - 1)
        self._theta = net.theta
        self.curvature: Array = np.concatenate(
            [
                np.full(net._entries(x), numbers[int(name[1:]) - 1] * (name[0] == "W" or l2.biases))
                for name, x in net.parameters.items()
            ]
        )

    @property
    def value(self) -> Quantity:
        """The penalty, or that of each network of a batch."""
        found = _kernels.penalty().penalty(*self._given(self._theta))
        return found if self._theta.ndim > 1 else float(found[0])

    @property
    def gradient(self) -> Array:
        """Its gradient (..., P)."""
        return self.gradient_at(self._theta)

    def gradient_at(self, theta: Array) -> Array:
        """Return the same at another θ (..., P)."""
        found = _kernels.penalty().penalty_gradient(*self._given(theta))[:, : theta.shape[-1]]
        return np.asarray(found).reshape(theta.shape)

    def _given(self, theta: Array) -> tuple[Any, ...]:
        """Return what kernels take; of the output weights nothing is computed."""
        rows = theta.reshape(-1, 1, theta.shape[-1])
        return self.curvature, *NOTHING, rows, np.zeros((len(rows), 2))

    @property
    def move(self) -> float:
        """The mean c of ρ; ρ − c is exactly 0 where all are equal."""
        low, high = float(self.curvature.min()), float(self.curvature.max())
        return min(max(float(self.curvature.mean()), low), high)

    def by_layer(self, net: MLP) -> Array:
        """Return the trace of its Hessian, of each layer (L + 1,)."""
        found = np.zeros(net.n_layers)
        start = 0
        for name, x in net.parameters.items():
            found[int(name[1:]) - 1] += self.curvature[start : start + x.size].sum()
            start += x.size
        return found

    @staticmethod
    def add_to(row: Array, rho: Array, diagonal: Array, hidden: int) -> None:
        """Turn traces of H (1, 3) into those of H + diag ρ, from diag H; so many are hidden."""
        module = _kernels.penalty()
        (first, _, squared), (last, _, more) = (
            module.penalty_moments(x, *NOTHING, 1) for x in (rho[:hidden], rho[hidden:])
        )
        weighted = np.array([float(np.vdot(rho, diagonal))])
        module.penalised(row, (first, last, squared + more), weighted)


NOTHING = (0.0, 0.0)  # of the output weights

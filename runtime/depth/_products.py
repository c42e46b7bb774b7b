"""Products with the Hessian of a network of any depth, summed over blocks of samples."""

from functools import partial
from typing import Any

import numpy as np

from hessbound._typing import Array

from . import _passes
from ._deep import DeepProblem, run_and_add

NOTHING = np.empty(0), np.empty(0)
"""What belongs to the biases and weights of a layer that is all frozen."""


class Products:
    """Products with the Hessian, or with its Gauss-Newton part; what each needs is kept.

    Nothing moves below the lowest layer that is trained.
    """

    def __init__(self, problem: DeepProblem, *, factor: bool = False) -> None:
        self.problem, self.factor = problem, factor
        self.penalty = problem.penalty
        net = problem.net
        self.trained = [any(_passes.trained(net, n)) for n in range(net.n_layers)]
        self.lowest = self.trained.index(True)
        order = 1 if factor else 2
        kept = partial(self._kept, order)
        self.blocks = problem.over(kept, 4.0, problem.tile_of_passes)

    def _kept(self, order: int, *block: Array) -> tuple[Any, ...]:
        net, steps = self.problem.net, _passes.steps()
        passed, top = self.problem.passed(order, *block)
        g = _passes.slopes(net, passed, top.g)
        own: list[Array] = []
        if not self.factor:
            rows = zip(net.weights[1:], passed.f2[1:], g[1:], strict=True)
            own = [steps.own_curvature(*row) for row in rows]
        passed.f2 = []  # products need no more of it
        passed.h[: self.lowest] = [NOTHING[0]] * self.lowest
        return passed, top.Q, g, own

    def __call__(self, z: Array) -> Array:
        """Return the product with z (P,)."""
        net = self.problem.net
        named = net._parts(z)
        direction = [
            (named.get(f"b{n}", np.zeros(len(W))), named.get(f"W{n}", np.zeros(W.shape)))
            for n, W in enumerate(net.weights, start=1)
        ]
        flops = 8.0 * len(self.problem.X) * sum(W.size for W in net.weights[self.lowest :])
        calls = [(direction, *kept) for kept in self.blocks]
        found: Array = run_and_add(self._of_block, calls, flops)[0] / self.problem.total
        return found if self.penalty is None else found + self.penalty.curvature * z

    def _of_block(self, direction: Any, passed: Any, Q: Array, g: Any, own: Any) -> tuple[Array]:
        moved, inputs = self._forward(direction, passed)
        to = _passes.steps().through_factor(moved[-1], Q)
        if self.factor:
            return (self.problem.vector(self._factor_down(passed, to)),)
        return (self.problem.vector(self._down(direction, passed, g, own, moved, inputs, to)),)

    def _forward(self, direction: Any, passed: _passes.Forward) -> tuple[list[Array], list[Array]]:
        """Return by how much the z of each layer moves, and what goes into each."""
        steps, net, low = _passes.steps(), self.problem.net, self.lowest
        beta, W = direction[low]
        inputs = [NOTHING[0]] * (low + 1)
        moved = [*inputs[1:], steps.output(W, beta, passed.h[low])]
        for n, (beta, W) in enumerate(direction[low + 1 :], start=low + 1):
            inputs.append(steps.input_along(passed.f1[n], moved[-1]))
            if self.trained[n]:
                more = W, beta, passed.h[n], inputs[n]
                moved.append(steps.output_along(net.weights[n], *more))
            else:
                moved.append(steps.output_along_fixed(net.weights[n], inputs[n]))
        return moved, inputs

    def _down(
        self,
        direction: Any,
        passed: _passes.Forward,
        g: Any,
        own: Any,
        moved: Any,
        inputs: Any,
        to: Array,
    ) -> list[Any]:
        """Return by how much the slopes by each layer's parameters move."""
        steps, low, parts = _passes.steps(), self.lowest, []
        for n in range(len(g) - 1, low, -1):
            h, f1, W = passed.h[n], passed.f1[n], self.problem.net.weights[n]
            if self.trained[n]:
                parts.append(steps.gradient_along(h, inputs[n], g[n], to))
                to = steps.slope_along(W, direction[n][1], f1, own[n - 1], moved[n - 1], g[n], to)
            else:
                parts.append(NOTHING)
                to = steps.slope_along_fixed(W, f1, own[n - 1], moved[n - 1], to)
        parts.append(steps.gradient(passed.h[low], to))
        return [NOTHING] * low + parts[::-1]

    def _factor_down(self, passed: _passes.Forward, to: Array) -> list[Any]:
        """Return the same of the Gauss-Newton part."""
        steps, low, parts = _passes.steps(), self.lowest, []
        for n in range(len(passed.h) - 1, low - 1, -1):
            own = self.trained[n]
            parts.append(steps.gradient_along_factor(passed.h[n], to) if own else NOTHING)
            if n > low:
                to = steps.slope_along_factor(self.problem.net.weights[n], passed.f1[n], to)
        return [NOTHING] * low + parts[::-1]

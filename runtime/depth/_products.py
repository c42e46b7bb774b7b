"""Products with the Hessian of a network of any depth, summed over blocks of samples."""

from functools import partial
from typing import Any

import numpy as np

from hessbound._typing import Array

from . import _passes
from ._deep import DeepProblem, run_and_add


class Products:
    """Products with the Hessian, or with its Gauss-Newton part; what each needs is kept."""

    def __init__(self, problem: DeepProblem, *, factor: bool = False) -> None:
        self.problem, self.factor = problem, factor
        self.penalty = problem.penalty
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
        return passed, top.Q, g, own

    def __call__(self, z: Array) -> Array:
        """Return the product with z (P,)."""
        net = self.problem.net
        named = net._parts(z)
        direction = [
            (named.get(f"b{n}", np.zeros(len(W))), named.get(f"W{n}", np.zeros(W.shape)))
            for n, W in enumerate(net.weights, start=1)
        ]
        flops = 4 * self.problem.flops
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
        """Return by how much the z of each layer moves, and what goes into each but the first."""
        steps, net = _passes.steps(), self.problem.net
        (beta, W), *others = direction
        moved, inputs = [steps.output(W, beta, passed.h[0])], []
        for n, (beta, W) in enumerate(others, start=1):
            inputs.append(steps.input_along(passed.f1[n], moved[-1]))
            moved.append(steps.output_along(net.weights[n], W, beta, passed.h[n], inputs[-1]))
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
        steps, parts = _passes.steps(), []
        for n in range(len(g) - 1, 0, -1):
            h, f1, W = passed.h[n], passed.f1[n], self.problem.net.weights[n]
            parts.append(steps.gradient_along(h, inputs[n - 1], g[n], to))
            to = steps.slope_along(W, direction[n][1], f1, own[n - 1], moved[n - 1], g[n], to)
        parts.append(steps.gradient(passed.h[0], to))
        return parts[::-1]

    def _factor_down(self, passed: _passes.Forward, to: Array) -> list[Any]:
        """Return the same of the Gauss-Newton part."""
        steps, parts = _passes.steps(), []
        for n in range(len(passed.h) - 1, -1, -1):
            parts.append(steps.gradient_along_factor(passed.h[n], to))
            if n:
                to = steps.slope_along_factor(self.problem.net.weights[n], passed.f1[n], to)
        return parts[::-1]

"""Passes through a network of any depth, for a block of samples; arrays have the samples last.

The steps are generated (``hessbound.generated._layers``); here they are only put one after another.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

import numpy as np

from hessbound._typing import Array
from hessbound.data._mlp import MLP
from hessbound.engine import _kernels


@cache
def steps() -> Any:
    """Return the generated steps of a layer."""
    return _kernels.module("_layers")


@cache
def arguments(step: Any) -> tuple[str, ...]:
    """Return the names of what a generated step takes."""
    return tuple(inspect.signature(step).parameters)


FEATURES = "h", "f1", "f2", "f3"


@cache
def _unit(activation: str, order: int) -> tuple[Any, tuple[float, ...]]:
    """Return what fills f to f⁽ᵒʳᵈᵉʳ⁾, and those that are numbers, which it leaves out."""
    own, wanted = _kernels.module(f"activations.{activation}"), FEATURES[: order + 1]
    filled = [x for x in wanted if x not in own.CONSTANTS]
    numbers = tuple(own.CONSTANTS[x] for x in wanted[len(filled) :])
    return getattr(own, f"unit_{'_'.join(filled)}"), numbers


def activated(activation: str, z: Array, order: int) -> list[Array]:
    """Return f and its derivatives up to an order at z (..., units, n)."""
    function, numbers = _unit(activation, order)
    found = [np.empty(z.shape) for _ in range(order + 1 - len(numbers))]
    n = z.shape[-1]
    function(z.size // n, n, n, n, z, *found)
    return found + [np.full(z.shape, x) for x in numbers]


@dataclass
class Forward:
    """What goes into each layer, the slopes of the activations, and the outputs of a block."""

    h: list[Array]
    f1: list[Array]
    f2: list[Array]
    f3: list[Array]
    v: Array


def forward(net: MLP, x: Array, order: int) -> Forward:
    """Pass inputs x (d, n) through the network, with derivatives of f up to an order."""
    h: list[Array] = [x]
    slopes: tuple[list[Array], ...] = ([np.empty(0)], [np.empty(0)], [np.empty(0)])
    for n, activation in enumerate(net.activations):
        own = activated(activation, _output(net, n, h[n]), order)
        h.append(own[0])
        for found, f in zip(slopes, own[1:], strict=False):
            found.append(f)
    f1, f2, f3 = slopes
    return Forward(h, f1, f2, f3, _output(net, net.n_layers - 1, h[-1]))


def _output(net: MLP, n: int, h: Array) -> Array:
    b = net.biases[n]
    z: Array = steps().output(W := net.weights[n], np.zeros(W.shape[:-1]) if b is None else b, h)
    return np.ascontiguousarray(z)


def trained(net: MLP, n: int) -> tuple[bool, bool]:
    """Say whether a layer's biases and weights are parameters."""
    return f"b{n + 1}" in net.parameters, f"W{n + 1}" in net.parameters


def tangents(net: MLP, n: int, h: Array) -> Array:
    """Return κ of a layer with inputs h, what its parameters add to ‖∂z/∂θ‖² of each output."""
    on_beta, on_W = trained(net, n)
    return np.asarray(steps().tangents_own(float(on_W), float(on_beta), h))


@dataclass
class Head:
    """The loss of each sample of a block, and its slope by the outputs.

    pi is softmax, where that is the loss of more than two classes.
    """

    loss: Array
    g: Array
    factor: Callable[[], Array]
    pi: Array | None = None

    @cached_property
    def Q(self) -> Array:
        """A factor of the Hessian by the outputs, which only curvature needs."""
        return self.factor()


def head(net: MLP, v: Array, y: Array, omega: Array) -> Head:
    """Evaluate the loss at outputs v (K, n), with labels y (K, n) and weights (n,).

    Those of a batch (B, K, n) are taken as those of more samples; they have no Q.
    """
    if v.ndim > 2:
        B, K, n = v.shape
        rows = np.ascontiguousarray(v.swapaxes(0, 1)).reshape(K, B * n)
        top = head(net, rows, np.concatenate([y] * B, axis=1), np.concatenate([omega] * B))
        g = np.ascontiguousarray(top.g.reshape(K, B, n).swapaxes(0, 1))
        return Head(top.loss.reshape(B, n), g, top.factor)
    if net.loss != "softmax":
        loss, e, p = _separable(net.loss, v, y, omega)
        return Head(loss.sum(axis=0), e, partial(_factor, p))
    pi, pi_bar, root, surprise = steps().shares(v)
    loss, g = steps().softmax(pi, pi_bar, surprise, y, 1.0 - y, omega)  # a tiny label counts
    if len(v) == 2:
        return Head(loss, g, partial(_factor_of_two, net, v, y, omega))
    return Head(loss, g, partial(steps().softmax_factor, pi, pi_bar, root, np.sqrt(omega)), pi)


def _factor(p: Array) -> Array:
    """Return Q where each output has a loss of its own, with second derivatives p."""
    Q: Array = steps().set_diagonal(np.zeros((len(p), *p.shape)), np.sqrt(p))
    return Q


def _factor_of_two(net: MLP, v: Array, y: Array, omega: Array) -> Array:
    """Return Q of softmax of two classes, by their difference: one row in place of two."""
    name, u, label, _ = separate(net, v, y)
    Q: Array = DIFFERENCE.T[:, :, None] * _factor(_separable(name, u, label, omega)[2])
    return Q


def rank(net: MLP) -> int:
    """Return how many rows Q has."""
    return 1 if net.loss == "softmax" and net.n_outputs == 2 else net.n_outputs


DIFFERENCE = np.array([[-1.0, 1.0]])


def separate(net: MLP, v: Array, y: Array) -> tuple[str, Array, Array, Array | None]:
    """Return a loss of one output, the outputs and labels that each have it, and weights D.

    These outputs are Dv, or v where D is None: softmax of two classes is cross-entropy of the
    difference of the outputs.
    """
    if net.loss == "softmax":
        return "cross_entropy", DIFFERENCE @ v, y[1:], DIFFERENCE
    return net.loss, v, y, None


def _separable(name: str, v: Array, y: Array, omega: Array) -> tuple[Array, Array, Array]:
    """Return a loss of one output at every output, with both derivatives."""
    own, weights = _kernels.loss_module(name), np.broadcast_to(omega, v.shape)
    given = [np.ascontiguousarray(x) for x in (v, y, weights)]
    loss, e, p = (np.empty(v.shape) for _ in range(3))
    own.sample_loss(v.size, *given, loss)
    own.sample_e_p(v.size, *given, e, p)
    if (p < 0).any():
        message = f"the loss of an MLP must be convex in each output, but {name!r} has the second "
        message += f"derivative {p[p < 0][0]:.6g} at the output {v[p < 0][0]:.6g}"
        raise ValueError(message)
    return loss, e, p


@dataclass
class Level:
    """At the input z of a layer: the slope of the loss, B as QᵀQ + C, and diag B in its two parts.

    C is diag c, any matrix, or 0 where both are None. Once the layer's weights W have been passed,
    there are u = Wᵀg, QW, A = CW or forms = diag WᵀCW alone, and of the second layer the squares
    diag WᵀQᵀQW. The first layer has the parts of diag B alone.
    """

    layer: int
    factor: Array
    rest: Array
    g: Array | None = None
    Q: Array | None = None
    c: Array | None = None
    C: Array | None = None
    u: Array | None = None
    QW: Array | None = None
    squares: Array | None = None
    A: Array | None = None
    forms: Array | None = None


def curvatures(net: MLP, passed: Forward, top: Head) -> Iterator[Level]:
    """Go through the layers, from the last one down, with what their blocks of H are made of."""
    zeros = np.zeros(top.g.shape)
    level = Level(net.n_layers - 1, steps().diagonal_of_factor(top.Q), zeros, top.g, top.Q)
    yield level
    for n in range(level.layer, 0, -1):
        W, f1, f2 = net.weights[n], passed.f1[n], passed.f2[n]
        if n == 1:
            found = steps().down_last(W, f1, f2, level.g, level.Q)
            level.u, own, level.QW, level.squares, factor = found
            yield Level(0, factor, _residual(level, W, f1, own, whole=False)[1])
            return
        g, level.u, c, Q, level.QW, factor = steps().down(W, f1, f2, level.g, level.Q)
        C, rest = _residual(level, W, f1, c, whole=True)
        level = Level(n - 1, factor, rest, g, Q, c, C)
        yield level


def _residual(
    above: Level, W: Array, f1: Array, own: Array, *, whole: bool
) -> tuple[Array | None, Array]:
    """Return C of the layer below, where it is wanted and not diagonal, and diag C."""
    if above.c is None:
        return None, own
    if above.C is None and not whole:
        rest, above.forms = steps().diagonal_of_residual_second(W, f1, own, above.c)
        return None, rest
    if above.C is None:
        C, rest = steps().residual_second(W, f1, own, above.c)
        return C, rest
    if not whole:
        rest, above.forms = steps().diagonal_of_residual_further(W, f1, own, above.C)
        return None, rest
    above.A = steps().residual_through(W, above.C)
    C, rest = steps().residual_further(W, f1, own, above.A)
    return C, rest


def slopes(net: MLP, passed: Forward, g: Array) -> list[Array]:
    """Return the slope of the loss by the z of each layer."""
    found = [g]
    for n in range(net.n_layers - 1, 0, -1):
        found.append(steps().slope(net.weights[n], passed.f1[n], found[-1]))
    return found[::-1]

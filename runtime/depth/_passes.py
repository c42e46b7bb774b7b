"""Passes through a network of any depth, for a block of samples; arrays have the samples last.

The steps are generated (``hessbound.generated._layers``); here they are only put one after another.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
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
    """Return f and its derivatives up to an order at z (units, n)."""
    function, numbers = _unit(activation, order)
    found = [np.empty(z.shape) for _ in range(order + 1 - len(numbers))]
    m, n = z.shape
    function(m, n, n, n, z, *found)
    return found + [np.full(z.shape, x) for x in numbers]


@dataclass
class Forward:
    """What goes into each layer, the slopes of the activations, and the outputs of a block."""

    h: list[Array]
    f1: list[Array]
    f2: list[Array]
    v: Array


def forward(net: MLP, x: Array, order: int) -> Forward:
    """Pass inputs x (d, n) through the network, with derivatives of f up to an order."""
    h, f1, f2 = [x], [np.empty(0)], [np.empty(0)]
    for n, activation in enumerate(net.activations):
        own = activated(activation, _output(net, n, h[n]), order)
        h.append(own[0])
        f1 += own[1:2]
        f2 += own[2:3]
    return Forward(h, f1, f2, _output(net, net.n_layers - 1, h[-1]))


def _output(net: MLP, n: int, h: Array) -> Array:
    b = net.biases[n]
    z: Array = steps().output(net.weights[n], np.zeros(len(net.weights[n])) if b is None else b, h)
    return np.ascontiguousarray(z)


@dataclass
class Head:
    """The loss of each sample of a block, its slope by the outputs, and a factor of its Hessian."""

    loss: Array
    g: Array
    Q: Array


def head(net: MLP, v: Array, y: Array, omega: Array) -> Head:
    """Evaluate the loss at outputs v (K, n), with labels y (K, n) and weights (n,)."""
    if net.loss == "softmax":
        terms = steps().shares(v)
        return Head(*steps().softmax(*terms, y, 1.0 - y, omega, np.sqrt(omega)))
    loss, e, p = _separable(net.loss, v, y, omega)
    Q = steps().set_diagonal(np.zeros((len(v), *v.shape)), np.sqrt(p))
    return Head(loss.sum(axis=0), e, Q)


def _separable(name: str, v: Array, y: Array, omega: Array) -> tuple[Array, Array, Array]:
    """Return a loss of one output at every output, with both derivatives."""
    own, weights = _kernels.loss_module(name), np.broadcast_to(omega, v.shape)
    given = [np.ascontiguousarray(x) for x in (v, y, weights)]
    loss, e, p = (np.empty(v.shape) for _ in range(3))
    own.sample_loss(v.size, *given, loss)
    own.sample_e_p(v.size, *given, e, p)
    return loss, e, p


@dataclass
class Level:
    """At the input z of a layer: the slope of the loss, and diag B in its two parts."""

    layer: int
    g: Array
    factor: Array
    rest: Array


def curvatures(net: MLP, passed: Forward, top: Head) -> Iterator[Level]:
    """Go through the layers, from the last one down, with what their blocks of H are made of."""
    last, g, Q = net.n_layers - 1, top.g, top.Q
    yield Level(last, g, steps().diagonal_of_factor(Q), np.zeros(g.shape))
    c: Array | None = None
    C: Array | None = None
    for n in range(last, 0, -1):
        arguments = net.weights[n], passed.f1[n], passed.f2[n], g
        below: Array | None = None
        if c is None:
            found = steps().down_last(*arguments, Q)
        elif C is None:
            below = steps().residual_second(*arguments, c) if n > 1 else None
            found = steps().down_second(*arguments, c, Q)
        else:
            below = steps().residual_further(*arguments, C) if n > 1 else None
            found = steps().down_further(*arguments, C, Q)
        g, c, Q, factor, rest = found
        C = below
        yield Level(n - 1, g, factor, rest)


def slopes(net: MLP, passed: Forward, g: Array) -> list[Array]:
    """Return the slope of the loss by the z of each layer."""
    found = [g]
    for n in range(net.n_layers - 1, 0, -1):
        found.append(steps().slope(net.weights[n], passed.f1[n], found[-1]))
    return found[::-1]

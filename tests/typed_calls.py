"""Calls as typed users write them, without casts: checkers and the interpreter must agree."""

from typing import Any, TypeAlias, assert_type

import numpy as np
from numpy.typing import NDArray

import hessbound as hb

Array: TypeAlias = NDArray[np.float64]

DATA = hb.Dataset([[0.0], [1.0]], [0, 1])


def of_one_network() -> list[float]:
    """Return the numbers of a single network."""
    net = hb.Network([[0.5, 1.0]], [0.0, 2.0], activation="tanh")
    s, found = hb.sharpness(net, DATA), hb.extreme_eigenvalues(net, DATA)
    end = hb.gradient_descent(net, DATA, learning_rate=0.1, max_steps=1)
    assert found.largest_upper is not None
    return [
        assert_type(s.largest_upper, float),
        assert_type(s.theta_norm, float),
        assert_type(found.largest_upper, float),
        assert_type(end.gradient_norm, float),
        assert_type(hb.trace(end.net, DATA), float),
        assert_type(hb.trace_squared(net, DATA), float),
        assert_type(hb.loss(net.with_theta(net.theta), DATA), float),
        assert_type(hb.loss_and_gradient(net, DATA)[0], float),
        assert_type(hb.sharpness_gradient(net, DATA)[0], float),
    ]


def of_an_mlp() -> list[float]:
    """Return the numbers of a network of any depth."""
    net = hb.MLP([[[1.0]], [[1.0]]], activation="tanh", loss="cross_entropy")
    samples = [[0.0], [1.0]], [0, 1]
    end = assert_type(
        hb.gradient_descent(net, *samples, learning_rate=0.1, max_steps=1),
        hb.Descent[float, hb.MLP],
    )
    return [
        assert_type(hb.trace(net, *samples), float),
        assert_type(hb.loss(net, *samples), float),
        assert_type(hb.loss_and_gradient(net, *samples)[0], float),
        assert_type(hb.trace_gradient(net, *samples)[0], float),
        assert_type(hb.trace_squared(net, *samples), float),
        assert_type(end.gradient_norm, float),
        assert_type(hb.trace(end.net, *samples), float),
    ]


def of_parts_of_an_mlp() -> list[Array]:
    """Return what its traces are made of."""
    net = hb.MLP([[[1.0]], [[1.0]]], activation="tanh", loss="cross_entropy")
    samples = [[0.0], [1.0]], [0, 1]
    return [
        assert_type(hb.trace(net, *samples, per_part=True), Array),
        assert_type(hb.trace(net, *samples, per_layer=True), Array),
        assert_type(hb.trace(net, *samples, per_sample=True, per_part=True), Array),
    ]


def of_a_batch() -> list[Array]:
    """Return the numbers of several networks, and those of each sample."""
    net = hb.Network[Array](np.ones((3, 1, 2)), np.ones((3, 2)), activation="tanh")
    s, found = hb.sharpness(net, DATA), hb.extreme_eigenvalues(net, DATA)
    end = hb.gradient_descent(net[1:], DATA, learning_rate=0.1, max_steps=1)
    assert found.largest_upper is not None
    return [
        assert_type(s.largest_upper, Array),
        assert_type(s.theta_norm, Array),
        assert_type(found.largest_upper, Array),
        assert_type(end.gradient_norm, Array),
        assert_type(hb.trace(end.net, DATA), Array),
        assert_type(hb.trace_squared(net[np.array([0, 2])], DATA), Array),
        assert_type(hb.loss(net.with_theta(net.theta), DATA), Array),
        assert_type(hb.loss_and_gradient(net, DATA)[0], Array),
        assert_type(hb.sharpness_gradient(net, DATA)[0], Array),
        assert_type(hb.trace(net[0], DATA, per_sample=True), Array),
        assert_type(hb.loss(net[0], DATA, per_sample=True), Array),
    ]


def of_a_batch_of_mlps() -> list[Array]:
    """Return the numbers of several networks of any depth."""
    nets = hb.MLP[Array]([np.ones((3, 1, 1)), np.ones((3, 1, 1))], loss="cross_entropy")
    s, found = hb.sharpness(nets, DATA), hb.extreme_eigenvalues(nets, DATA)
    end = hb.gradient_descent(nets[1:], DATA, learning_rate=0.1, max_steps=1)
    assert found.largest_upper is not None
    return [
        assert_type(s.largest_upper, Array),
        assert_type(found.largest_upper, Array),
        assert_type(end.gradient_norm, Array),
        assert_type(hb.trace(assert_type(end.net, hb.MLP[Array]), DATA), Array),
        assert_type(hb.trace_squared(nets[np.array([0, 2])], DATA), Array),
        assert_type(hb.trace_gradient(nets.with_theta(nets.theta), DATA)[0], Array),
        assert_type(hb.loss_and_gradient(nets, DATA)[0], Array),
    ]


def of_parts_of_a_batch_of_mlps() -> list[float]:
    """Return numbers of the networks that it is made of."""
    nets = hb.MLP[Array]([np.ones((3, 1, 1)), np.ones((3, 1, 1))], loss="cross_entropy")
    numbers = [assert_type(hb.loss(net, DATA), float) for net in nets]
    return [*numbers, assert_type(hb.trace(nets[0], DATA), float)]


def of_parts_of_a_batch() -> list[float]:
    """Return numbers of the networks that a batch is made of, and of its end."""
    nets = hb.Network[Array].from_theta(np.ones((2, 4)), n_inputs=1, n_hidden=1, activation="tanh")
    numbers = [assert_type(hb.trace(net, DATA), float) for net in nets]
    last: np.intp = np.argmax(numbers)
    return [*numbers, assert_type(hb.trace(nets[0], DATA), float), hb.trace(nets[last], DATA)]


def for_each_sample(net: hb.Network, wanted: bool) -> float | Array:
    """Return the loss, or a row of losses."""
    return assert_type(hb.loss(net, DATA, per_sample=wanted), float | Array)


def largest_upper(net: hb.Network[Any]) -> Any:
    """Return the bound of either; a function of one's own can leave it open."""
    return hb.sharpness(net, DATA).largest_upper

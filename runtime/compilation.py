"""Compiling kernels ahead of time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from . import _kernels
from ._announcer import announced, cache_folder
from ._curvature import gauss_newton_operator, hessian, hessian_diagonal
from ._descent import gradient_descent
from ._eigenvalues import extreme_eigenvalues
from ._gradients import sharpness_gradient
from ._losses import loss, loss_and_gradient
from ._network import Network
from ._outputs import hidden_outputs
from ._sharpness import sharpness
from ._traces import trace

STEPS = (
    "outputs",
    "loss",
    "gradient",
    "gradient descent",
    "trace",
    "sharpness, direct",
    "sharpness, Gram",
    "its gradient, direct",
    "its gradient, Gram",
    "Hessian",
    "blocks of several threads",
    "Hessian's diagonal",
    "products and Lanczos",
    "products with the Gauss-Newton matrix",
    "losses",
)


def compile_all(activation: str) -> Iterator[str]:
    """Compile every kernel of an activation, by using it; yield what is done next.

    Examples
    --------
    >>> list(compile_all("linear")) == list(STEPS)
    True
    """
    kernels = _kernels.load(activation)
    announced.add(kernels.module.__name__)
    few, many = _example(activation, 2, 40, 20), _example(activation, 8, 1, 2)
    steps: tuple[Callable[[], object], ...] = (
        lambda: hidden_outputs(*many[:2]),
        lambda: loss(*many),
        lambda: loss_and_gradient(*many),
        lambda: gradient_descent(*many, learning_rate=1.0, max_steps=0),
        lambda: trace(*many),
        lambda: sharpness(*many),
        lambda: sharpness(*few),
        lambda: sharpness_gradient(*many),
        lambda: sharpness_gradient(*few),
        lambda: hessian(*many),
        lambda: kernels.squares(*(np.zeros(shape) for shape in ((1, 1, 1), (1, 2, 1), (1, 2, 2)))),
        lambda: hessian_diagonal(*many),
        lambda: extreme_eigenvalues(*many, method="lanczos"),
        lambda: gauss_newton_operator(*many) @ np.ones(many[0].n_parameters),
        _compile_losses,
    )
    for name, step in zip(STEPS, steps, strict=True):
        yield name
        step()


def _compile_losses() -> None:
    """Compile what kernels of any activation call of each loss."""
    for name in _kernels.losses():
        for value in vars(_kernels.loss_module(name)).values():
            if hasattr(value, "address"):
                _ = value.address


def _example(activation: str, N: int, d: int, m: int) -> tuple[Network, Any, Any]:
    net = Network(np.ones((m, d + 1)) / (d + 1), np.ones(m + 1) / m, activation=activation)
    return net, np.ones((N, d)), np.ones(N)


def folder(activation: str) -> Path | None:
    """Return where the compiled kernels of an activation are kept, if anywhere."""
    return cache_folder(_kernels.load(activation).squares)

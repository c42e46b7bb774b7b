"""Compiling kernels ahead of time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .data._network import Network
from .engine import _kernels
from .engine._announcer import cache_folder, said
from .functions._descent import gradient_descent
from .functions._losses import loss, loss_and_gradient
from .functions._outputs import hidden_outputs
from .spectrum._curvature import gauss_newton_operator, hessian, hessian_diagonal
from .spectrum._eigenvalues import extreme_eigenvalues
from .traces._gradients import sharpness_gradient
from .traces._sharpness import sharpness
from .traces._traces import trace


def compile_all(activation: str) -> Iterator[str]:
    """Compile every kernel of an activation, by using it; yield what is done next.

    Examples
    --------
    >>> next(compile_all("linear"))
    'outputs'
    """
    said.set()
    for name, step in _steps(activation).items():
        yield name
        step()


def _steps(activation: str) -> dict[str, Callable[[], object]]:
    few, many = _example(activation, 2, 40, 20), _example(activation, 8, 1, 2)
    blocks = [np.zeros(shape) for shape in ((1, 1, 1), (1, 2, 1), (1, 2, 2))]
    return {
        "outputs": lambda: hidden_outputs(*many[:2]),
        "loss": lambda: loss(*many),
        "gradient": lambda: loss_and_gradient(*many),
        "gradient descent": lambda: gradient_descent(*many, learning_rate=1.0, max_steps=0),
        "trace": lambda: trace(*many),
        "sharpness, direct": lambda: sharpness(*many),
        "sharpness, Gram": lambda: sharpness(*few),
        "its gradient, direct": lambda: sharpness_gradient(*many),
        "its gradient, Gram": lambda: sharpness_gradient(*few),
        "Hessian": lambda: hessian(*many),
        "blocks of several threads": lambda: _kernels.load(activation).squares(*blocks),
        "Hessian's diagonal": lambda: hessian_diagonal(*many),
        "products and Lanczos": lambda: extreme_eigenvalues(*many, method="lanczos"),
        "products with the Gauss-Newton matrix": lambda: (
            gauss_newton_operator(*many) @ np.ones(many[0].n_parameters)
        ),
        "penalty": lambda: _penalised(*many),
        "losses": _compile_losses,
    }


def _penalised(*data: Any) -> None:
    loss_and_gradient(*data, l2=1.0)
    hessian_diagonal(*data, l2=1.0)
    sharpness_gradient(*data, l2=1.0)
    gradient_descent(*data, learning_rate=1.0, max_steps=0, l2=1.0)


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

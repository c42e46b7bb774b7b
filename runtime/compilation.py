"""Compiling kernels ahead of time."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from . import _kernels
from ._announcer import announced, cache_folder
from .curvature import hessian, hessian_operator
from .losses import loss, loss_and_gradient
from .network import Network
from .spectrum import sharpness
from .traces import trace

STEPS = ("loss", "gradient", "trace", "sharpness, direct", "sharpness, Gram", "Hessian", "products")


def compile_all(activation: str) -> Iterator[str]:
    """Compile every kernel of an activation, by using it; yield what is done next.

    Examples
    --------
    >>> list(compile_all("linear")) == list(STEPS)
    True
    """
    announced.add(_kernels.load(activation).__name__)
    few, many = _example(activation, 2, 40, 20), _example(activation, 8, 1, 2)
    steps: tuple[Callable[[], object], ...] = (
        lambda: loss(*many),
        lambda: loss_and_gradient(*many),
        lambda: trace(*many),
        lambda: sharpness(*many),
        lambda: sharpness(*few),
        lambda: hessian(*many),
        lambda: hessian_operator(*many) @ many[0].theta,
    )
    for name, step in zip(STEPS, steps, strict=True):
        yield name
        step()


def _example(activation: str, N: int, d: int, m: int) -> tuple[Network, Any, Any]:
    net = Network(np.ones((m, d + 1)) / (d + 1), np.ones(m + 1) / m, activation=activation)
    return net, np.ones((N, d)), np.ones(N)


def folder(activation: str) -> Path | None:
    """Return where the compiled kernels of an activation are kept, if anywhere."""
    return cache_folder(_kernels.load(activation).loss)

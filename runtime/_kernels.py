"""The generated modules: which there are, and the functions that each offers.

One module of ``hessbound.generated`` holds the kernels of one activation. They take C-contiguous
float64 arrays and check nothing: ``Xb`` (N, d + 1) with its leading column of ones, ``A``
(m, d + 1), ``w`` (m + 1,), labels ``y`` (N,) and sample weights ``omega`` (N,). They sum over the
samples. The parameters are ordered as in ``Network.theta``.
"""

import importlib
import pkgutil
from functools import cache
from typing import Protocol, cast

from . import generated
from ._typing import Array


class KernelModule(Protocol):
    """What a generated module offers.

    Where an ``exponent`` is returned, the kernel has multiplied e and p by ``2**exponent``, which
    brings the largest of them into [1/2, 1). The trace is then ``ldexp(trace, -exponent)`` and
    tr H² is ``ldexp(trace_squared, -2 * exponent)``, though that may underflow.
    """

    def activation(self, u: Array) -> Array:
        """Return f, f', f'' and f''' at u (n,), as (4, n)."""
        ...

    def cross_entropy(self, v: Array, y: Array, omega: Array) -> Array:
        """Return ℓ, e and p at v (n,), times omega, as (3, n)."""
        ...

    def loss(self, Xb: Array, A: Array, w: Array, y: Array, omega: Array) -> float:
        """Return the loss."""
        ...

    def gradient(self, Xb: Array, A: Array, w: Array, y: Array, omega: Array) -> Array:
        """Return the gradient (P,)."""
        ...

    def hessian(self, Xb: Array, A: Array, w: Array, y: Array, omega: Array, tile: int) -> Array:
        """Return the Hessian (P, P), built from ``tile`` samples at a time."""
        ...

    def hessian_vector(
        self, Xb: Array, A: Array, w: Array, y: Array, omega: Array, z: Array
    ) -> Array:
        """Return the Hessian times z (P,)."""
        ...

    def trace(
        self, Xb: Array, A: Array, w: Array, y: Array, omega: Array
    ) -> tuple[float, float, int]:
        """Return tr H_AA, tr H_ww and the exponent."""
        ...

    def traces_direct(
        self, Xb: Array, A: Array, w: Array, y: Array, omega: Array, tile: int
    ) -> tuple[float, float, float, int]:
        """Return tr H_AA, tr H_ww, tr H² and the exponent, from the structured Hessian."""
        ...

    def traces_gram(
        self, Xb: Array, A: Array, w: Array, y: Array, omega: Array, tile: int
    ) -> tuple[float, float, float, int]:
        """Return the same from Gram matrices, ``tile`` by ``tile`` pairs of samples at a time."""
        ...

    def traces_direct_flops(self, N: int, d: int, m: int) -> float:
        """Return the number of floating-point operations of ``traces_direct``."""
        ...

    def traces_gram_flops(self, N: int, d: int, m: int) -> float:
        """Return the number of floating-point operations of ``traces_gram``."""
        ...


@cache
def activations() -> tuple[str, ...]:
    """Return the names of the activations that have kernels, in alphabetical order.

    Examples
    --------
    >>> "tanh" in activations()
    True
    """
    modules = pkgutil.iter_modules(generated.__path__)
    return tuple(sorted(module.name for module in modules if not module.name.startswith("_")))


@cache
def load(activation: str) -> KernelModule:
    """Return the generated module of an activation; the first call imports numba."""
    module = importlib.import_module(f"{generated.__name__}.{activation}")
    return cast("KernelModule", module)

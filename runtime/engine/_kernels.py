"""The generated modules: which there are, and the kernels that they offer.

Kernels are the same for all losses and activations, those that have a constant derivative apart: a
module of ``hessbound.generated`` holds what one loss, or one activation, has of its own, functions
that kernels call by their address. Addresses are those of this process, so they are asked for here
and kept nowhere.

Kernels take C-contiguous float64 arrays and check nothing: *samples* stands for ``XT`` (d + 1, at
least N + PAD), which is the inputs transposed under a row of ones, labels ``y`` (N,) and sample
weights ``omega`` (N,). Parameters are ``A`` (m, d + 1) and ``w`` (m + 1,), ordered as in
``Network.theta``; a batch of networks has them as (n, m, d + 1) and (n, m + 1). A kernel sums over
the samples start .. stop − 1, ``tile`` of them at a time.
"""

import importlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from types import ModuleType
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from hessbound import generated
from hessbound._typing import Array

from . import _formulas, _memory

DEFAULT_LOSS = "cross_entropy"
ADDRESSES = "unit_", "sample_"  # what names of parameters that are addresses begin with


class KernelModule(Protocol):
    """What there is for an activation and a loss.

    With a ``scale``, e and p are multiplied by it; then so are traces, and tr H² by its square.
    ``largest`` is the largest of |e| and p before that. It is not ω that is scaled, since
    that of a heavy sample may overflow where e and p are 0 or tiny.

    Attributes
    ----------
    outputs(XT, A, w, N, tile)
        h (N, m) and v (N,), what the hidden units and the output give.
    loss(*samples, A, w, each, start, stop, tile)
        Of a batch of networks, the losses of so many samples each (rows,), a tuple of one; rows of
        a network follow each other.
    loss_gradient(*samples, A, w, each, start, stop, tile)
        The same, and the gradients (rows, P).
    descend(*samples, A, w, rate, tolerance, limit, tile, steps, norms)
        Gradient descent on a batch of networks in place; fills steps (n,) and norms (n,).
    descend_penalised(*samples, A, w, *ridges, rate, tolerance, limit, tile, steps, norms)
        The same with a penalty.
    features(*samples, A, w, start, stop, tile, rows, vectors)
        Fills rows (FEATURES, blocks, m, tile) and vectors (2, blocks, tile) for hessian_vector.
    hessian_vector, gauss_newton_vector(XT, w, rows, vectors, Z, start, stop, tile)
        The Hessian, or its part with p, times each row of Z (n, P).
    hessian_diagonal(*samples, A, w, each, start, stop, tile)
        In the same way the diagonals of the Hessians (rows, P), a tuple of one.
    trace(*samples, A, w, each, start, stop, tile)
        In the same way tr H_AA and tr H_ww, (rows,) each.
    blocks(*samples, A, w, scale, start, stop, tile, sums, space)
        Of a batch of networks, the blocks of the Hessians, AA, Aw and ww, which are parts of sums,
        and largest (n,). sums and space (products of features, tile) are overwritten.
    squares(AA, Aw, ww)
        tr H_AA, tr H_ww and tr H² from the blocks, (n, 3).
    traces_direct(*samples, A, w, scale, start, stop, tile, sums, space)
        The squares of the blocks, and largest, (n, 4).
    summary(*samples, A, w, P, mantissa, exponent, tile)
        By traces_direct, of a batch of one network: tr H² and largest, and a tuple of what the
        generated module of the bounds has NAMES for, of H (P, P) divided by mantissa 2**exponent.
    dense(AA, Aw, ww, H, part, parts)
        Fills H (P, P) from the blocks of one network; one of so many shares of it.
    gram_features(*samples, A, w, scale, start, stop, tile, rows, vectors)
        Fills rows (GRAM_ROWS, m, at least N + PAD) and vectors (GRAM_VECTORS, N) for gram_pairs.
        Returns tr H_AA, tr H_ww, largest, and two arrays whose inner product is part of tr H².
    gram_pairs(XT, K, w, rows, vectors, part, parts, tile)
        The rest of tr H² by rows of tiles, of which it does one of so many shares; K is the input
        Gram matrix (N, N), or (0, 0) where it is not known.
    contraction_features(*samples, A, w, scale, start, stop, tile, rows, vectors)
        Fills rows (CONTRACTION_ROWS, m, at least N + PAD) and vectors (CONTRACTION_VECTORS, N).
        Returns two arrays (m, d + 1) for contractions_of_pairs.
    contractions_of_pairs(XT, K, w, rows, vectors, *arrays, part, parts, tile, matrices, single)
        What each sample needs of H: fills matrices (4, blocks of tile samples, m, tile) and single
        (blocks, tile); does one of so many shares of the blocks.
    contractions_of_blocks(XT, A, w, AA_T, Aw_T, ww, start, stop, tile, inputs, Y, T, matrices,
                           single)
        The same from the blocks of H, the first two by columns; inputs, Y and T are overwritten.
    moments(*samples, A, w, scale, matrices, single, start, stop, tile)
        tr H_AA, tr H_ww, tr H² and largest, from the same.
    curvature_gradient(*samples, A, w, scale, trace_slope, squared_slope, matrices, single, start,
                       stop, tile)
        trace_slope ∇tr H + squared_slope ∇tr H² (P,).
    weighted_trace(*samples, A, w, scale, *ridges, start, stop, tile)
        Of a batch of networks, Σ_r ρ_r H_rr, a tuple of one (n,).
    weighted_gradient(*samples, A, w, scale, *ridges, squared_slope, start, stop, tile)
        What a penalty adds to squared_slope ∇tr H² (P,).
    traces_direct_flops(N, d, m), traces_gram_flops(N, d, m)
        How many floating-point operations tr H² takes by either algorithm.
    """

    module: ModuleType
    FEATURES: int
    GRAM_ROWS: int
    GRAM_VECTORS: int
    CONTRACTION_ROWS: int
    CONTRACTION_VECTORS: int
    PAD: int
    outputs: Callable[..., tuple[Array, Array]]
    loss: Callable[..., tuple[Array]]
    loss_gradient: Callable[..., tuple[Array, Array]]
    descend: Callable[..., None]
    descend_penalised: Callable[..., None]
    features: Callable[..., None]
    hessian_vector: Callable[..., Array]
    gauss_newton_vector: Callable[..., Array]
    hessian_diagonal: Callable[..., tuple[Array]]
    trace: Callable[..., tuple[Array, Array]]
    blocks: Callable[..., tuple[Array, Array, Array, Array]]
    squares: Callable[[Array, Array, Array], Array]
    traces_direct: Callable[..., Array]
    summary: Callable[..., tuple[float, float, tuple[float, ...]]]
    dense: Callable[..., None]
    gram_features: Callable[..., tuple[float, float, float, Array, Array]]
    gram_pairs: Callable[..., Array]
    contraction_features: Callable[..., tuple[Array, Array]]
    contractions_of_pairs: Callable[..., None]
    contractions_of_blocks: Callable[..., None]
    moments: Callable[..., tuple[float, float, float, float]]
    curvature_gradient: Callable[..., Array]
    weighted_trace: Callable[..., tuple[Array]]
    weighted_gradient: Callable[..., Array]
    traces_direct_flops: Callable[[int, int, int], int]
    traces_gram_flops: Callable[[int, int, int], int]


def activations() -> tuple[str, ...]:
    """Return the names of the activations that have kernels, in alphabetical order.

    They are those that hessbound ships, those of ``load_formulas``, and those of installed packages
    that ship formulas.

    Examples
    --------
    >>> "tanh" in activations()
    True
    """
    return tuple(sorted({*_formulas.shipped("activation"), *_formulas.names("activation")}))


def losses() -> tuple[str, ...]:
    """Return the names of the losses that have kernels, in alphabetical order.

    They are those that hessbound ships, those of ``load_formulas``, and those of installed packages
    that ship formulas.

    Examples
    --------
    >>> "cross_entropy" in losses()
    True
    """
    return tuple(sorted({*_formulas.shipped("loss"), *_formulas.names("loss")}))


class Kernel(partial[Any]):
    """A kernel that has the addresses which it calls; a copy in another process finds its own."""

    place: tuple["_Kernels", str]

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, self.place


class _Kernels:
    """The kernels of an activation and a loss, each made when it is first asked for."""

    def __init__(self, activation: str, loss: str) -> None:
        own = module(f"activations.{activation}")
        self.names, self.module = (activation, loss), module(own.KERNELS)
        self._functions = {**vars(own), **vars(loss_module(loss))}

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.module, name)
        code = getattr(getattr(value, "py_func", value), "__code__", None)
        taken = [] if code is None else code.co_varnames[: code.co_argcount]
        addresses = [self._functions[x].address for x in taken if x.startswith(ADDRESSES)]
        if addresses:
            value = Kernel(value, *addresses)
            value.place = self, name
        setattr(self, name, value)
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrived, (*self.names, _formulas.places(*self.names))


def load(activation: str, loss: str = DEFAULT_LOSS) -> KernelModule:
    """Return the kernels of an activation and a loss; the first call imports numba."""
    return _loaded(activation, loss)


@cache
def _loaded(activation: str, loss: str) -> KernelModule:
    _memory.keep_freed()
    return cast("KernelModule", _Kernels(activation, loss))


class LossModule(Protocol):
    """What the generated module of a loss offers beside what kernels call.

    Attributes
    ----------
    LABELS : pair of float
        The lowest and the highest label that are valid.
    INTEGERS : bool
        Whether labels are whole numbers.
    MERGES : bool
        Whether samples with equal inputs are one, with the mean of their labels.
    PROBABILISTIC : bool
        Whether it has ``probabilities_class_0_class_1``, which fills those of two classes.
    sample_loss, sample_e_p, sample_e_p_p1(n, v, y, omega, *filled)
        Functions that kernels call by their address, and Python as they are.
    """

    LABELS: tuple[float, float]
    INTEGERS: bool
    MERGES: bool
    PROBABILISTIC: bool
    probabilities_class_0_class_1: Any
    sample_loss: Any
    sample_e_p: Any
    sample_e_p_p1: Any


@cache
def loss_module(loss: str) -> LossModule:
    """Return the generated module of a loss; it imports numba too."""
    return cast("LossModule", module(f"losses.{loss}"))


def _arrived(activation: str, loss: str, folders: Mapping[str, str]) -> KernelModule:
    """Return the kernels of an activation and a loss that another process has named."""
    _formulas.arrived(folders)
    return load(activation, loss)


def module(name: str) -> ModuleType:
    """Return a module by its place in ``hessbound.generated``, or of a formula of one's own."""
    _prepare()
    folder, _, own = name.rpartition(".")
    if folder and own not in _formulas.shipped() and (formula := _formulas.find(own)) is not None:
        return _formulas.module(formula)
    return importlib.import_module(f"{generated.__name__}.{name}")


@cache
def _prepare() -> None:
    """Before anything is compiled: say so where it takes long."""
    importlib.import_module("._announcer", __package__).listen()


class SpectrumModule(Protocol):
    """What the generated module of the bounds offers.

    Attributes
    ----------
    NAMES : tuple of str
        What ``numbers`` and ``spectrum`` return.
    numbers(trace_hidden, trace_output, trace_squared, exponent, P)
        From tr H_AA, tr H_ww and tr H² of a matrix with P eigenvalues that was multiplied by
        2**exponent, a tuple of what they say about the spectrum.
    spectrum(sums, exponents, P)
        The same of n matrices, (n, len(NAMES)), from sums (n, 3) and exponents (n,).
    DIFFERENTIABLE : tuple of str
        What ``slopes`` returns.
    LINEAR : tuple of str
        Of these, what does not depend on tr H².
    slopes(sums, P)
        By how much tr H and tr H² move each of them, (n, len(DIFFERENTIABLE), 2).
    moved_spectrum(sums, exponents, moves, hidden_count, P)
        The same for matrices to which c I is added, c in moves (n,), multiplied as they are;
        hidden_count of the P parameters are those of the first number in sums.
    moved_slopes(sums, moves, hidden_count, P)
        Of such matrices, by how much tr H and tr H² move each of ``DIFFERENTIABLE``.
    """

    NAMES: tuple[str, ...]
    numbers: Callable[[float, float, float, int, int], tuple[float, ...]]
    spectrum: Callable[[Array, NDArray[np.int64], int], Array]
    DIFFERENTIABLE: tuple[str, ...]
    LINEAR: tuple[str, ...]
    slopes: Callable[[Array, int], Array]
    moved_spectrum: Callable[[Array, NDArray[np.int64], Array, int, int], Array]
    moved_slopes: Callable[[Array, Array, int, int], Array]


class PenaltyModule(Protocol):
    """What the generated module of the penalty offers; ridges are ρ_A (d + 1,), ρ₀ and ρ_w.

    Attributes
    ----------
    penalty(*ridges, A, w), penalty_gradient(*ridges, A, w)
        Of a batch of networks, the penalty (n,) and its gradient (n, P).
    penalty_diagonal(*ridges, m)
        The diagonal of its Hessian D (P,).
    penalty_moments(*ridges, m)
        tr D_AA, tr D_ww and tr D².
    penalised(sums, moments, weighted)
        Turns the moments of H in sums (n, 3) into those of H + D, given Σ_r ρ_r H_rr (n,).
    """

    penalty: Callable[..., Array]
    penalty_gradient: Callable[..., Array]
    penalty_diagonal: Callable[..., Array]
    penalty_moments: Callable[..., tuple[float, float, float]]
    penalised: Callable[[Array, tuple[float, float, float], Array], None]


@cache
def penalty() -> PenaltyModule:
    """Return the generated module of the penalty; it imports numba too."""
    return cast("PenaltyModule", module("_penalty"))


@cache
def spectrum() -> SpectrumModule:
    """Return the generated module of the bounds; it imports numba too."""
    return cast("SpectrumModule", module("_spectrum"))


@cache
def layout() -> ModuleType:
    """Return the module that brings samples into the kernels' layout; it imports numba too."""
    _prepare()
    return importlib.import_module("._layout", __package__)

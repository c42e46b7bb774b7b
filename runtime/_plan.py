"""Which of the two exact algorithms for tr H² to run, and on how many samples at a time.

Both give the same number, so the choice is only about time and memory. It depends on the sizes
alone, hence it is the same on every machine and for every network of a batch.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from . import _kernels

DIRECT_LIMIT_BYTES = 2**30
"""The direct algorithm holds a quarter of the Hessian; beyond this limit Gram is taken."""

GRAM_TILE = 96
"""Four tiles of 72 KB stay in the second cache."""

SAMPLE_TILE = 256
"""More samples at a time gain nothing, and fewer lose a little, at any size that was measured."""

_ROW_BYTES = 2**20  # of one block of samples, per feature
_BLOCK_BYTES = 2**26  # the direct algorithm's products of features, for one block of samples
_GROUP_BYTES = (
    2**19
)  # the direct algorithm's blocks, for all networks that share a block of samples
_BYTES = 8
_CALL_FLOPS = 2e6  # what Python takes between two products
_EIGENSOLVER_RATE = 0.4


@dataclass(frozen=True)
class Plan:
    """An algorithm, its tile (samples per block or per side of a tile of pairs) and its flops."""

    algorithm: Literal["direct", "gram"]
    tile: int
    flops: float


@lru_cache(maxsize=4096)
def plan(activation: str, N: int, d: int, m: int) -> Plan:
    """Return the cheaper algorithm: flops over the rate at which each runs.

    Memory beyond the features (N, m): O(tile²) for Gram, about P²/4 numbers for direct.
    """
    kernels = _kernels.load(activation)
    gram, direct = kernels.traces_gram_flops(N, d, m), kernels.traces_direct_flops(N, d, m)
    cheaper = gram / _gram_rate(d, m) < direct / _direct_rate(d, m)
    if cheaper or _direct_bytes(N, d, m) > DIRECT_LIMIT_BYTES:
        return Plan("gram", min(N, GRAM_TILE), float(gram))
    return Plan("direct", direct_tile(N, d, m), float(direct))


def eigensolver(
    activation: str, N: int, d: int, m: int, *, wanted: int, with_traces: bool
) -> Literal["dense", "lanczos"]:
    """Return what is cheaper: to decompose the dense Hessian, or to multiply with it.

    The dense Hessian has tr H and tr H² for nothing; beside Lanczos they are extra.
    """
    kernels, P = _kernels.load(activation), m * (d + 2) + 1
    direct = kernels.traces_direct_flops(N, d, m) / _direct_rate(d, m)
    gram = kernels.traces_gram_flops(N, d, m) / _gram_rate(d, m)
    product = 8.0 * N * m * (d + 25) + 100 * P + _CALL_FLOPS
    lanczos = (30 + 10 * wanted) * product + (min(direct, gram) if with_traces else 0)
    dense = direct + 2 * P**3 / _EIGENSOLVER_RATE
    return "dense" if dense < lanczos else "lanczos"


def sample_tile(m: int) -> int:
    """Return how many samples to take at a time where only features of theirs are held."""
    return max(32, min(SAMPLE_TILE, _ROW_BYTES // (_BYTES * m) // 8 * 8))


def direct_tile(N: int, d: int, m: int) -> int:
    """Return how many samples the direct algorithm takes at a time; at least one."""
    fitting = _BLOCK_BYTES // (_BYTES * _row(d, m))
    return max(1, min(N, SAMPLE_TILE, fitting))


def direct_group(d: int, m: int) -> int:
    """Return how many networks of a batch to take at a time, so that their blocks fit a cache."""
    return max(1, _GROUP_BYTES // (_BYTES * _blocks(d, m)))


# The rates are fractions of a matrix product's peak, fitted to one-thread times of the tanh kernels
# on an AVX2 machine at 30 sizes from (N, d, m) = (10, 2, 3) to (4000, 200, 5). Only their ratio
# matters.


def _gram_rate(d: int, m: int) -> float:
    """Short rows are slow: the work on each entry of a tile is no matrix product."""
    inner = d + 4 * m
    return inner / (inner + 30)


def _direct_rate(d: int, m: int) -> float:
    """Thin products are slow: pairs of hidden units on one side, pairs of inputs on the other."""
    thickness = min(_input_pairs(d), _hidden_pairs(m))
    return (thickness + 5) / (thickness + 75)


def _direct_bytes(N: int, d: int, m: int) -> int:
    """Count the accumulated blocks, and the products of features for a block of samples."""
    return _BYTES * (_blocks(d, m) + direct_tile(N, d, m) * _row(d, m))


def _blocks(d: int, m: int) -> int:
    """Count the numbers of a Hessian's blocks."""
    return _hidden_pairs(m) * _input_pairs(d) + m * (m + 1) * (d + 1) + (m + 1) ** 2


def _row(d: int, m: int) -> int:
    """Count the products of features that the direct algorithm forms for one sample."""
    return _input_pairs(d) + _hidden_pairs(m) + m * (m + 1)


def _input_pairs(d: int) -> int:
    return (d + 1) * (d + 2) // 2


def _hidden_pairs(m: int) -> int:
    return m * (m + 1) // 2

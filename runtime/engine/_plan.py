"""Which of the two exact algorithms for tr H² to run, and on how many samples at a time.

Both give the same number, so the choice is only about time and memory. It depends on the sizes
alone, hence it is the same on every machine and for every network of a batch.
"""

from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from typing import Literal

from . import _kernels

DIRECT_LIMIT_BYTES = 2**30
"""The direct algorithm holds a quarter of the Hessian; beyond this limit Gram is taken."""

GRAM_TILE = 144
"""Four tiles of 160 KB stay in the second cache."""

SAMPLE_TILE = 256
"""More samples at a time gain nothing, and fewer lose a little, at any size that was measured."""

_ROW_BYTES = 2**20  # of one block of samples, per feature
_BLOCK_BYTES = 2**24  # the direct algorithm's products of features, for one block of samples
_FEW = 96  # samples below which products over them are slow, which is worth more memory
_MOST_BYTES = 2**28  # but no more than this
_GROUP_BYTES = 2**19  # the direct algorithm's blocks, of all networks that share samples
_BYTES = 8
_CALL_FLOPS = 7e5  # what Python takes between two products
_DEEP_CALL_FLOPS = 5e6  # and for a product of layers


@dataclass(frozen=True)
class Plan:
    """An algorithm, its tile (samples per block or per side of a tile of pairs) and its flops."""

    algorithm: Literal["direct", "gram"]
    tile: int
    flops: float


@lru_cache(maxsize=4096)
def plan(activation: str, N: int, d: int, m: int) -> Plan:
    """Return the cheaper algorithm.

    Memory beyond the features (N, m): O(tile²) for Gram, about P²/4 numbers for direct.
    """
    kernels = _kernels.load(activation)
    gram, direct = kernels.traces_gram_flops(N, d, m), kernels.traces_direct_flops(N, d, m)
    cheaper = _gram_cost(kernels, N, d, m) < _direct_cost(kernels, N, d, m)
    if cheaper or _direct_bytes(N, d, m) > DIRECT_LIMIT_BYTES:
        return Plan("gram", min(N, GRAM_TILE), float(gram))
    return Plan("direct", direct_tile(N, d, m), float(direct))


def eigensolver(
    activation: str, N: int, d: int, m: int, *, P: int, k: int, ends: int, with_traces: bool
) -> Literal["dense", "lanczos"]:
    """Return what is cheaper: to decompose the dense Hessian, or P rows of it, or to multiply.

    The dense Hessian has tr H and tr H² for nothing; beside Lanczos they are extra. Each end
    takes a decomposition, while both ends come out of one run of Lanczos.
    """
    kernels, wanted = _kernels.load(activation), k * ends
    direct, gram = _direct_cost(kernels, N, d, m), _gram_cost(kernels, N, d, m)
    product = 4.0 * N * m * (d + 40) + 100 * P + _CALL_FLOPS
    products = min(P, 10 + 18 * wanted) + wanted
    lanczos = products * product + (min(direct, gram) if with_traces else 0)
    dense = direct + ends * (1200.0 * P**2 + 2.5 * P**3)
    return "dense" if dense < lanczos else "lanczos"


def deep_eigensolver(
    forward: float, formed: float, *, P: int, k: int, ends: int
) -> Literal["dense", "lanczos"]:
    """Return the same of any depth, from the operations of a forward pass and of forming H."""
    wanted = k * ends
    product = 4.0 * forward + 100 * P + _DEEP_CALL_FLOPS
    products = min(P, 10 + 18 * wanted) + wanted
    dense = formed + ends * (1200.0 * P**2 + 2.5 * P**3)
    return "dense" if dense < products * product else "lanczos"


def sample_tile(m: int) -> int:
    """Return how many samples to take at a time where only features of theirs are held."""
    return max(32, min(SAMPLE_TILE, _ROW_BYTES // (_BYTES * m) // 8 * 8))


def direct_tile(N: int, d: int, m: int) -> int:
    """Return how many samples the direct algorithm takes at a time; at least one."""
    sample = _BYTES * product_rows(d, m)
    fast = max(_FEW, _BLOCK_BYTES // sample // 8 * 8)
    return max(1, min(N, SAMPLE_TILE, fast, _MOST_BYTES // sample))


def direct_group(d: int, m: int) -> int:
    """Return how many networks of a batch to take at a time, so that their blocks fit a cache."""
    return max(1, _GROUP_BYTES // (_BYTES * block_numbers(d, m)))


# What an algorithm costs, in operations of a product: a sum of terms, each times a constant that
# benchmarks/cost_model.py fits to one-thread times. Only their ratio matters.

GRAM_COSTS = (1.6e6, 0.78, 50.0, 610.0)
DIRECT_COSTS = (5.7e5, 1.0, 22.7, 270.0, 144.0)


def gram_terms(kernels: _kernels.KernelModule, N: int, d: int, m: int) -> tuple[float, ...]:
    """Return what Gram's time grows with: calls, operations, pairs and hidden units of samples."""
    return 1.0, float(kernels.traces_gram_flops(N, d, m)), float(N * N), float(N * m)


def direct_terms(kernels: _kernels.KernelModule, N: int, d: int, m: int) -> tuple[float, ...]:
    """Return what direct's time grows with: besides, rows of features, and the blocks' size."""
    flops = float(kernels.traces_direct_flops(N, d, m))
    return 1.0, flops, float(N * product_rows(d, m)), float(N * m), float(block_numbers(d, m))


def _gram_cost(kernels: _kernels.KernelModule, N: int, d: int, m: int) -> float:
    return float(sum(map(mul, GRAM_COSTS, gram_terms(kernels, N, d, m))))


def _direct_cost(kernels: _kernels.KernelModule, N: int, d: int, m: int) -> float:
    return float(sum(map(mul, DIRECT_COSTS, direct_terms(kernels, N, d, m))))


def _direct_bytes(N: int, d: int, m: int) -> int:
    """Count the accumulated blocks, and the products of features for a block of samples."""
    return _BYTES * (block_numbers(d, m) + direct_tile(N, d, m) * product_rows(d, m))


def block_numbers(d: int, m: int) -> int:
    """Count the numbers of a Hessian's blocks on and above the diagonal."""
    return _hidden_pairs(m) * _input_pairs(d) + m * (m + 1) * (d + 1) + (m + 1) ** 2


def product_rows(d: int, m: int) -> int:
    """Count the products of features that the direct algorithm forms for one sample."""
    return _input_pairs(d) + _hidden_pairs(m) + m * (m + 1)


def _input_pairs(d: int) -> int:
    return (d + 1) * (d + 2) // 2


def _hidden_pairs(m: int) -> int:
    return m * (m + 1) // 2

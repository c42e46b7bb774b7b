"""Which of the two exact algorithms for tr H² to run, and on how many samples at a time.

Both give the same number, so the choice is only about time and memory. It depends on the sizes
alone, hence it is the same on every machine and for every network of a batch.
"""

from dataclasses import dataclass
from typing import Literal

from ._kernels import KernelModule

DIRECT_LIMIT_BYTES = 2**30
"""The direct algorithm holds a quarter of the Hessian; beyond this limit Gram is taken."""

_BLOCK_BYTES = 2**26  # the direct algorithm's rows of products, per block of samples
_BYTES = 8


@dataclass(frozen=True)
class Plan:
    """An algorithm and its tile: samples per block (direct) or per side of a tile (Gram)."""

    algorithm: Literal["direct", "gram"]
    tile: int


def plan(kernels: KernelModule, N: int, d: int, m: int) -> Plan:
    """Return the cheaper algorithm: flops over the rate at which each runs.

    Memory beyond the features (N, m): O(tile²) for Gram, about P²/4 numbers for direct.
    """
    gram = kernels.traces_gram_flops(N, d, m) / _gram_rate(d, m)
    direct = kernels.traces_direct_flops(N, d, m) / _direct_rate(d, m)
    if gram < direct or _direct_bytes(N, d, m) > DIRECT_LIMIT_BYTES:
        return Plan("gram", min(N, _gram_tile(d, m)))
    return Plan("direct", direct_tile(N, d, m))


def direct_tile(N: int, d: int, m: int) -> int:
    """Return how many samples the direct algorithm takes at a time; at least one."""
    fitting = _BLOCK_BYTES // (_BYTES * (_input_pairs(d) + _hidden_pairs(m)))
    return max(1, min(N, 512, fitting))


def _gram_tile(d: int, m: int) -> int:
    """Keep a tile in the second-level cache; wide products pay for a larger one."""
    return 128 if max(d, m) <= 64 else 256


def _gram_rate(d: int, m: int) -> float:
    """Give the fraction of a matrix product's peak rate, as measured at 32, 64 and 128."""
    widest = max(d, m)
    if widest <= 32:
        return 0.5
    return 0.73 if widest <= 64 else 0.84


def _direct_rate(d: int, m: int) -> float:
    """Give the same, measured at (d, m) from (2, 3) to (64, 64); the thinner side limits it."""
    smallest = min(_input_pairs(d), _hidden_pairs(m))
    if smallest <= 8:
        return 0.1
    if smallest <= 100:
        return 0.45
    return 0.7 if smallest <= 1000 else 0.95


def _direct_bytes(N: int, d: int, m: int) -> int:
    """Count the accumulated blocks of the Hessian and one block of samples' products."""
    D, E = _input_pairs(d), _hidden_pairs(m)
    accumulated = E * D + m * (m + 1) * (d + 1) + (m + 1) ** 2
    return _BYTES * (accumulated + direct_tile(N, d, m) * (D + E))


def _input_pairs(d: int) -> int:
    return (d + 1) * (d + 2) // 2


def _hidden_pairs(m: int) -> int:
    return m * (m + 1) // 2

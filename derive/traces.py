"""Traces of powers of the Hessian in normal form (stage 3; input: a Hessian, output: polynomials).

For every N, d and m at once, tr H has 4 terms, tr H² 10, tr H³ 22 and tr H⁴ 60.
"""

from functools import cache

from hessbound.derive import differentiate
from hessbound.derive.matrices import Matrix
from hessbound.derive.network import Model
from hessbound.derive.polynomial import Poly

HIDDEN, OUTPUT = slice(0, 1), slice(1, 3)  # the blocks of A, and of w with its bias


@cache
def power(n: int, model: Model = differentiate.GENERIC) -> Matrix:
    """Hⁿ of the summed loss."""
    H = differentiate.summed(differentiate.hessian(model))
    return H if n == 1 else power(n - 1, model) @ H


@cache
def trace(n: int, model: Model = differentiate.GENERIC) -> Poly:
    """tr Hⁿ, as the inner product of two powers about half as high (H is symmetric)."""
    if n == 1:
        return power(1, model).trace().poly
    half = n // 2
    return (power(half, model) * power(n - half, model)).sum().poly


def block_traces(model: Model = differentiate.GENERIC) -> tuple[Poly, Poly]:
    """tr H_AA and tr H_ww."""
    H = power(1, model)
    return H.select(HIDDEN, HIDDEN).trace().poly, H.select(OUTPUT, OUTPUT).trace().poly

"""Traces of powers of the Hessian in normal form (stage 3).

Input: a Hessian; output: polynomials. For every N, d and m at once, tr H has 4 terms, tr H² 10,
tr H³ 22 and tr H⁴ 60.
"""

from functools import cache

from hessbound.derive.algebra.matrices import Matrix
from hessbound.derive.algebra.polynomials import Poly

from . import derivatives
from .network import GENERIC, Model
from .parameters import part


@cache
def power(n: int, model: Model = GENERIC) -> Matrix:
    """Return Hⁿ of the summed loss, n ≥ 1, P × P.

    >>> power(2) == power(1) @ power(1)
    True
    """
    H = derivatives.summed(derivatives.hessian(model))
    return H if n == 1 else power(n - 1, model) @ H


@cache
def trace(n: int, model: Model = GENERIC) -> Poly:
    """Return tr Hⁿ of the summed loss, n ≥ 1; for n = 2 it is Eqs. 25-28.

    It is the inner product of two powers about half as high (H is symmetric).

    >>> [len(trace(n)) for n in (1, 2, 3)]
    [4, 10, 22]
    """
    if n == 1:
        return power(1, model).trace().poly
    half = n // 2
    return (power(half, model) * power(n - half, model)).sum().poly


def block_traces(model: Model = GENERIC) -> tuple[Poly, Poly]:
    """Return tr H_AA and tr H_ww (Eqs. 21 and 20)."""
    H = power(1, model)
    return part(H, "A", "A").trace().poly, part(H, "w", "w").trace().poly

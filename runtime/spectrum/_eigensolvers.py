"""Two ways to the ends of a spectrum: decompose the dense Hessian, or multiply with it.

Both work on H times a power of two, because squares of its entries could over- or underflow.
"""

import math
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from hessbound._typing import Array
from hessbound.traces._moments import SAFE, Moments

from . import _lanczos, _lapack
from ._certificate import ROUNDING


@dataclass(frozen=True)
class Request:
    """What to compute: k eigenvalues at each of the ends, "smallest" and "largest"."""

    k: int
    ends: tuple[str, ...]
    tolerance: float
    max_products: int


@dataclass(frozen=True)
class Pairs:
    """Eigenvalues from an end of the spectrum inwards (k,), unit vectors (P, k), and residuals."""

    values: Array
    vectors: Array
    residuals: Array

    @classmethod
    def of(cls, end: str, values: Array, vectors: Array, products: Array) -> Self:
        """Take pairs in ascending order and the products with the vectors."""
        inwards = slice(None, None, -1 if end == "largest" else 1)
        residuals = np.linalg.norm(products - vectors * values, axis=0)
        return cls(values[inwards], vectors[:, inwards], residuals[inwards])


@dataclass(frozen=True)
class Solution:
    """Pairs of H times 2**-exponent, and its moments where they cost nothing."""

    pairs: dict[str, Pairs]
    exponent: int
    n_products: int
    moments: Moments | None


def dense(H: Array, move: float | None, request: Request) -> Solution:
    """Decompose H; ``move`` is what a penalty adds to every eigenvalue."""
    exponent = _exponent(H)
    H = _scaled(H, exponent)
    P, k = len(H), request.k
    ranges = {"smallest": (0, k - 1), "largest": (P - k, P - 1)}
    pairs = {}
    for end in request.ends:
        values, vectors = _lapack.extreme_pairs(H, *ranges[end])
        pairs[end] = Pairs.of(end, values, vectors, H @ vectors)
    moved = None
    if move is not None:  # H − cI keeps the digits of the bounds where c is large
        move = math.ldexp(move, -exponent)
        np.einsum("ii->i", H)[...] -= move
        moved = np.array([move]), 0
    sums = np.array([[np.trace(H), 0.0, np.vdot(H, H)]])
    moments = Moments(sums, np.array([-exponent]), (), moved)
    return Solution(pairs, exponent, 0, moments)


class Operator(Protocol):
    """A symmetric matrix of which there are products."""

    shape: tuple[int, int]

    def products(self, Z: Array) -> Array:
        """Return the products with the rows of Z, unchecked."""
        ...


class _Scaled:
    """Products with H times the power of two that suits the first of them."""

    def __init__(self, hessian: Operator) -> None:
        self.hessian = hessian
        self.exponent: int | None = None

    def __call__(self, z: Array) -> Array:
        product = self.hessian.products(z[None])[0]
        if self.exponent is None:
            self.exponent = _exponent(product)
        return _scaled(product, self.exponent)


def lanczos(hessian: Operator, request: Request) -> Solution:
    """Multiply with H until the residuals are small enough."""
    operator, ends = _Scaled(hessian), request.ends
    ritz = _lanczos.extreme(
        operator,
        np.random.default_rng(0).standard_normal(hessian.shape[0]),
        request.k,
        ("smallest" in ends, "largest" in ends),
        tolerance=request.tolerance,
        max_products=request.max_products,
    )
    exponent = operator.exponent or 0
    if not ritz.converged:
        raise RuntimeError(_not_converged(ritz, request, exponent))
    vectors = ritz.vectors.T
    products = _scaled(hessian.products(ritz.vectors).T, exponent)
    pairs = {
        end: Pairs.of(end, ritz.values[own], vectors[:, own], products[:, own])
        for end, own in _places(request).items()
    }
    worst = max(float(found.residuals.max()) for found in pairs.values())
    if not worst <= (2 * request.tolerance + ROUNDING) * ritz.size:
        raise RuntimeError(_not_true(worst, ritz.size, exponent))
    return Solution(pairs, exponent, ritz.n_products + len(ritz.values), None)


def _places(request: Request) -> dict[str, slice]:
    """Say where in the order of Lanczos, ascending, the pairs of each end are."""
    k = request.k
    return {end: slice(k) if end == "smallest" else slice(-k, None) for end in request.ends}


def _not_converged(ritz: _lanczos.Ritz, request: Request, exponent: int) -> str:
    """Say how far it came, and what may help."""
    goal = request.tolerance * ritz.size
    wanted = request.k * len(request.ends)
    reached = int((ritz.residuals <= goal).sum())
    rows = zip(np.ldexp(ritz.values, exponent), np.ldexp(ritz.residuals, exponent), strict=True)
    pairs = ", ".join(f"{value:.6g} (residual {residual:.2g})" for value, residual in rows)
    return (
        f"Lanczos has not converged after {ritz.n_products} products with the Hessian: "
        f"{reached} of {wanted} eigenvalues have a residual of at most tolerance times the largest "
        f"|λ|, {request.tolerance:g} x {math.ldexp(ritz.size, exponent):.6g}; it has {pairs}. "
        "Raise max_products or tolerance, or use method='dense' if P is small"
    )


def _not_true(worst: float, size: float, exponent: int) -> str:
    """Say that what Lanczos took for eigenvectors are none."""
    return (
        f"a residual is {math.ldexp(worst, exponent):.2g}, where the largest |λ| is "
        f"{math.ldexp(size, exponent):.6g} and Lanczos has taken it for smaller than its tolerance "
        "allows: the computation has gone wrong; try method='dense', or another tolerance"
    )


def _exponent(values: Array) -> int:
    """Return the power of two to divide by: 0 where squares are safe."""
    largest = float(np.abs(values).max())
    return 0 if largest == 0 or 1 / SAFE < largest < SAFE else math.frexp(largest)[1]


def _scaled(values: Array, exponent: int) -> Array:
    return np.ldexp(values, -exponent) if exponent else values

"""Extreme eigenvalues of a symmetric operator: Lanczos with thick restarts.

Both ends of the spectrum come out of one Krylov space, the test for convergence comes every few
products, and its measure is the size of the spectrum. ARPACK (SciPy's ``eigsh``) tests once per
restart, measures each eigenvalue by itself, and restarts with a filter that favours one end; on the
Hessians here it takes up to three times as many products. K. Wu and H. Simon, *Thick-restart
Lanczos method for large symmetric eigenvalue problems*, SIAM J. Matrix Anal. Appl. 22 (2000).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ._typing import Array

CHECK_EVERY = 4
"""Products between two tests for convergence, which cost about as much as a small product."""

BASIS = 32
"""Vectors to hold: with more there are hardly fewer products, and orthogonalising costs more."""

NEGLIGIBLE = 16 * np.finfo(np.float64).eps
"""A remainder this small against the spectrum is rounding: the Krylov space is invariant."""


@dataclass(frozen=True)
class Ritz:
    """Approximations from a Krylov space; ``residuals`` are estimates of ‖Hv − λv‖."""

    values: Array  # (n,), the k smallest, then the k largest, each in ascending order
    vectors: Array  # (n, P)
    residuals: Array  # (n,)
    size: float  # the largest |λ|
    n_products: int
    converged: bool


@dataclass
class _Krylov:
    """An orthonormal basis V of ``length`` vectors and T = VᵀHV; V[length] comes next."""

    V: Array  # (longest + 1, P)
    T: Array  # (longest, longest)
    length: int = 0
    kept: int = 0  # Ritz vectors at the front, all coupled with the vector after them
    beta: float = 0.0
    size: float = 0.0  # of the entries of T
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    @property
    def longest(self) -> int:
        return len(self.T)

    @property
    def remainder(self) -> float:
        """What the basis leaves out of H times its last vector: nothing where it spans all."""
        return 0.0 if self.length == self.V.shape[1] else self.beta

    def extend(self, product: Array) -> None:
        """Take in H V[length]: orthogonalise it, and normalise the remainder as the next vector."""
        j, T = self.length, self.T
        first = 0 if j == self.kept else max(j - 1, 0)
        coupled = self.V[first : j + 1]  # in exact arithmetic it has no part along the others
        along = coupled @ product
        T[j, j] = along[-1]
        self.size = max(self.size, abs(float(along[-1])), self.beta)
        self.length = j + 1
        self.beta = self._orthogonalise(product - along @ coupled)
        if self.length < self.longest:
            T[self.length, j] = T[j, self.length] = self.beta

    def _orthogonalise(self, w: Array) -> float:
        """Rid w of what rounding has left in it of the basis; store and return its norm."""
        basis, removed, norm = self.V[: self.length], math.inf, 1.0
        while removed > norm > 0.0:  # usually once: w is nearly orthogonal already
            left = basis @ w
            w -= left @ basis
            removed, norm = math.sqrt(left @ left), math.sqrt(w @ w)
        if norm > NEGLIGIBLE * self.size:
            np.divide(w, norm, out=self.V[self.length])
            return norm
        self._start_anew()
        return 0.0

    def _start_anew(self) -> None:
        """Go on in the complement of an invariant subspace."""
        if self.length == self.V.shape[1]:
            return
        basis = self.V[: self.length]
        w: Array = self.rng.standard_normal((self.V.shape[1],))
        for _ in range(2):
            w -= (basis @ w) @ basis
            w /= np.linalg.norm(w)
        self.V[self.length] = w

    def spectrum(self) -> tuple[Array, Array]:
        """Return the Ritz values in ascending order, and the eigenvectors of T."""
        values, S = np.linalg.eigh(self.T[: self.length, : self.length])
        return values, S

    def restart(self, values: Array, S: Array, keep: list[int]) -> None:
        """Keep some Ritz vectors, and the next vector with its couplings to them."""
        j, r = self.length, len(keep)
        self.V[:r] = S[:, keep].T @ self.V[:j]
        self.V[r] = self.V[j]
        self.T[:] = 0.0
        self.T[range(r), range(r)] = values[keep]
        self.T[r, :r] = self.T[:r, r] = self.beta * S[-1, keep]
        self.length = self.kept = r


def extreme(
    apply: Callable[[Array], Array],
    start: Array,
    k: int,
    ends: tuple[bool, bool],
    *,
    tolerance: float,
    max_products: int,
) -> Ritz:
    """Return the k smallest and the k largest eigenvalues, either where ``ends`` says so.

    Ends when each residual is at most ``tolerance`` times the largest |λ|, or after so many
    products. Holds max(BASIS, 3 n) vectors, where n are wanted.
    """
    P, wanted = len(start), k * sum(ends)
    longest = min(max(BASIS, 3 * wanted), P)
    space = _Krylov(np.empty((longest + 1, P)), np.zeros((longest, longest)))
    space.V[0] = start / np.linalg.norm(start)
    enough, products = min(wanted, P), 0
    while True:
        space.extend(apply(space.V[space.length]))
        products += 1
        full, over = space.length == longest, products >= max_products
        if not (full or over or products % CHECK_EVERY == 0):
            continue
        values, S = space.spectrum()
        chosen = _chosen(space.length, k, ends)
        size = float(np.abs(values[[0, -1]]).max())
        residuals = space.remainder * np.abs(S[-1, chosen])
        converged = space.length >= enough and bool((residuals <= tolerance * size).all())
        if over or converged:
            vectors = S[:, chosen].T @ space.V[: space.length]
            return Ritz(values[chosen], vectors, residuals, size, products, converged)
        if full:
            space.restart(values, S, _kept(longest, wanted, ends))


def _chosen(length: int, k: int, ends: tuple[bool, bool]) -> list[int]:
    low, high = ends
    k = min(k, length)
    return [*range(k * low), *range(length - k * high, length)]


def _kept(length: int, wanted: int, ends: tuple[bool, bool]) -> list[int]:
    """Keep what is wanted, and of the rest half: the neighbours, which speed convergence up."""
    count = min(length - 1, wanted + (length - wanted) // 2)
    low, high = ends
    below = count // 2 if low and high else count * low
    return [*range(below), *range(length - (count - below), length)]

"""Extreme eigenvalues of a symmetric operator: Lanczos with thick restarts.

Both ends of the spectrum come out of one Krylov space, and the measure is the size of the spectrum.
K. Wu and H. Simon, *Thick-restart Lanczos method for large symmetric eigenvalue problems*, SIAM J.
Matrix Anal. Appl. 22 (2000). ARPACK (SciPy's ``eigsh``) returns wrong values in silence where some
are repeated, and is slow where one is nearly 0: docs/eigenvalues.md has the figures.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.linalg import eigh_tridiagonal, hessenberg

from hessbound._typing import Array

from . import _krylov

PAUSE = 4
"""Products between two tests for convergence, at most."""

CERTAIN = 1e-3
"""A residual this small against the distance of a value from another tells them apart."""

BASIS = 32
"""Vectors to hold: with more there are hardly fewer products, and orthogonalising costs more."""


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
    """An orthonormal basis V of ``length`` vectors; V[length] comes next.

    T = VᵀHV is tridiagonal, with ``alpha`` on its diagonal and ``beta`` beside it.
    """

    V: Array  # (longest + 1, P)
    alpha: Array  # (longest,)
    beta: Array  # (longest,)
    length: int = 0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    @property
    def remainder(self) -> float:
        """What the basis leaves out of H times its last vector."""
        return float(self.beta[self.length - 1])

    def extend(self, product: Array) -> None:
        """Take in H V[length], which is overwritten."""
        remainder = _krylov.extend(self.V, self.alpha, self.beta, self.length, product)
        self.length += 1
        if remainder == 0.0 and self.length < self.V.shape[1]:
            self._start_anew()

    def _start_anew(self) -> None:
        """Go on in the complement of an invariant subspace."""
        _krylov.start(self.V, self.length, self.rng.standard_normal(self.V.shape[1]))

    def lock(self, values: Array, S_T: Array) -> None:
        """Take Ritz vectors that have converged for an invariant subspace."""
        r = len(values)
        _krylov.combine(S_T, self.V, self.V[:r])
        self.alpha[:r], self.beta[:r] = values, 0.0
        self.length = r
        self._start_anew()

    def decompose(self) -> tuple[Array, Array]:
        """Return the Ritz values in ascending order, and Sᵀ, where S diagonalises T."""
        alpha, beta = self.alpha[: self.length], self.beta[: self.length - 1]
        if self.length == 1:
            return alpha.copy(), np.ones((1, 1))  # which SciPy 1.11 refuses
        options = {"lapack_driver": "stev", "check_finite": False}  # which has no BLAS in it
        values, S = eigh_tridiagonal(alpha, beta, **options)
        return values, S.T

    def restart(self, values: Array, S_T: Array) -> None:
        """Go on from Ritz vectors, with a basis of their space for which T is tridiagonal."""
        r = len(values)
        arrow = np.diag([0.0, *values])
        arrow[0, 1:] = arrow[1:, 0] = self.remainder * S_T[:, -1]  # with the next vector
        tridiagonal, Q = hessenberg(arrow, calc_q=True)  # the next vector stays what it is
        backwards = slice(None, 0, -1)
        _krylov.combine(Q[1:, backwards].T @ S_T, self.V, self.V[:r])
        self.V[r] = self.V[self.length]
        self.alpha[:r] = tridiagonal.diagonal()[backwards]
        self.beta[:r] = tridiagonal.diagonal(-1)[::-1]
        self.length = r


@dataclass
class _Pace:
    """When to test for convergence: after half of the products that the last tests foretell."""

    due: int = PAUSE
    pause: int = PAUSE
    residual: float = 0.0  # the largest, at the last test

    def set_next(self, residual: float, goal: float) -> None:
        """Take in the result of the test that was due."""
        made, self.pause = self.pause, PAUSE
        if 0.0 < goal < residual < self.residual:  # convergence is geometric, or faster
            left = math.log(residual / goal) / math.log(self.residual / residual) * made
            self.pause = max(1, min(PAUSE, int(left / 2)))
        self.residual = residual
        self.due += self.pause


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
    products. Holds max(BASIS, 3 n) + n vectors, where n are wanted. Overwrites what ``apply``
    returns.

    A Krylov space has one vector of a repeated eigenvalue. So where k > 1 it goes on from a random
    vector in the complement of what it has found, until that confirms that nothing is beyond.
    """
    P, wanted = len(start), k * sum(ends)
    longest = min(max(BASIS, 3 * wanted), P)
    room = longest if k == 1 else min(longest + wanted, P)  # for what is found to stay in
    space = _Krylov(np.empty((room + 1, P)), np.empty(room), np.empty(room))
    _krylov.start(space.V, 0, start.copy())
    enough, products, pace = min(wanted, P), 0, _Pace()
    found: Ritz | None = None
    while True:
        space.extend(apply(space.V[space.length]))
        products, n = products + 1, space.length
        full, over = n == longest, products >= max_products
        if not (full or over or products == pace.due):
            continue
        values, S_T = space.decompose()
        chosen = _chosen(n, k, ends)
        size = max(abs(float(values[0])), abs(float(values[-1])))
        goal, residuals = tolerance * size, space.remainder * np.abs(S_T[:, -1])
        worst = float(residuals[chosen].max())
        if found is not None:
            worst = max(worst, _beyond(values, residuals, k, ends, goal))
        converged = n >= enough and worst <= goal
        if over or converged:
            vectors = np.empty((len(chosen), P))
            _krylov.combine(S_T[chosen], space.V, vectors)
            now = Ritz(values[chosen], vectors, residuals[chosen], size, products, converged)
            if found is not None and converged and _same(found.values, now.values, goal):
                return replace(found, n_products=products)
            if over or k == 1 or n == P:
                return replace(now, converged=converged and (k == 1 or n == P))
            found, pace, longest = now, _Pace(products + PAUSE), room
            space.lock(values[chosen], S_T[chosen])
            continue
        if products == pace.due:
            pace.set_next(worst, goal)
        if full:
            keep = _kept(longest, wanted + sum(ends) * (found is not None), ends)
            space.restart(values[keep], S_T[keep])


def _beyond(values: Array, residuals: Array, k: int, ends: tuple[bool, bool], goal: float) -> float:
    """Return the residual of the next value inwards, of the end where it is larger.

    It counts as ``goal`` where it is small against the distance from the values before.
    """
    worst = 0.0
    for wanted, last, following in zip(ends, (k - 1, -k), (k, -k - 1), strict=True):
        if wanted:
            enough = CERTAIN * abs(float(values[last] - values[following]))
            residual = float(residuals[following])
            worst = max(worst, min(residual, goal) if residual <= enough else residual)
    return worst


def _same(before: Array, after: Array, goal: float) -> bool:
    return bool(np.abs(after - before).max() <= 2.0 * goal)


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

"""The notation that claims are stated in.

A claim is a function of a ``Quantities`` object and so is written once, in the paper's symbols.
Given the quantities of ``symbolic`` it yields polynomials in normal form, for all sizes; given
those of ``explicit`` it yields exact numbers. The two share no code but this notation, so each
checks the other.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """Column vectors and scalars of one sample: x̄ (d + 1), h, f1, f2, f3 (m), e, p, p1."""

    x: Any
    h: Any
    f1: Any
    f2: Any
    f3: Any
    e: Any
    p: Any
    p1: Any
    b: Any

    @property
    def g(self) -> Any:
        """The column vector f′(u)∘b."""
        return self.f1 * self.b

    @property
    def c(self) -> Any:
        """The column vector f″(u)∘b."""
        return self.f2 * self.b


class Quantities(ABC):
    """The quantities of a network, as matrices whose type is the subclass's.

    Matrices have ``@ * ** + − .T .kron() .trace() .sum() .diag()``, with * and ** entry by entry. A
    sample ``i`` is an index in ``symbolic``, and a number in ``explicit``.
    """

    X: Any  # N × (d + 1), with its column of ones
    A: Any  # m × (d + 1)
    w0: Any
    b: Any  # w_1..w_m
    h: Any  # N × m, like f1, f2 and f3
    f1: Any
    f2: Any
    f3: Any
    e: Any  # N, like p and p1 = ∂p/∂v
    p: Any
    p1: Any

    @property
    def G(self) -> Any:
        """g_i in rows, N × m."""
        return self.f1 * self.b.T

    @property
    def C(self) -> Any:
        """c_i in rows, N × m."""
        return self.f2 * self.b.T

    @property
    def K(self) -> Any:
        """K_ij = x̄_i·x̄_j."""
        return self.X @ self.X.T

    @property
    def Q(self) -> Any:
        """Q_ij = h̄_i·h̄_j."""
        return self.one("sample", "sample") + self.h @ self.h.T

    def h_bar(self, s: Sample) -> Any:
        """Return h̄ = [1; h] of one sample."""
        return self.blocks([[self.one()], [s.h]])

    @property
    def H(self) -> Any:
        """The Hessian of L, P × P."""
        return self.over(self.hessian)

    @property
    def gauss_newton(self) -> Any:
        """Σ_i p_i ∇v_i ∇v_iᵀ, P × P."""
        return self.over(
            lambda i: self.at(i).p * (self.output_gradient(i) @ self.output_gradient(i).T)
        )

    @property
    def residual(self) -> Any:
        """Σ_i e_i ∇²v_i, P × P."""
        return self.over(lambda i: self.at(i).e * self.output_hessian(i))

    @abstractmethod
    def one(self, row: str | None = None, col: str | None = None) -> Any:
        """Return a vector or matrix of ones."""

    @abstractmethod
    def eye(self, kind: str) -> Any:
        """Return the identity matrix; that of all parameters is of the kind "θ"."""

    @abstractmethod
    def blocks(self, table: list[list[Any]]) -> Any:
        """Put a matrix together from blocks, row by row."""

    @abstractmethod
    def at(self, i: Any) -> Sample:
        """Return the quantities of one sample."""

    @abstractmethod
    def over(self, term: Callable[..., Any], n: int = 1) -> Any:
        """Sum ``term(i, …)`` over n sample indices."""

    @abstractmethod
    def gradient(self, i: Any) -> Any:
        """Return ∇ℓ_i, P × 1, derived."""

    @abstractmethod
    def hessian(self, i: Any) -> Any:
        """Return the Hessian of ℓ_i, P × P, derived."""

    @abstractmethod
    def output_gradient(self, i: Any) -> Any:
        """Return ∇v_i, P × 1, derived."""

    @abstractmethod
    def output_hessian(self, i: Any) -> Any:
        """Return the Hessian of v_i, P × P, derived."""

    @abstractmethod
    def total_gradient(self) -> Any:
        """Return ∇L, differentiated as one sum."""

    @abstractmethod
    def total_hessian(self) -> Any:
        """Return the Hessian of L, differentiated as one sum."""

    @abstractmethod
    def second_hessian(self, i: Any) -> Any:
        """Return the Hessian of ℓ_i by a second derivation, the product rule over factors."""

    @abstractmethod
    def third(self, i: Any, M: Any) -> Any:
        """Return ⟨M, ∂∇²ℓ_i/∂θ⟩, P × 1, from derived third derivatives; M is held constant."""

    @abstractmethod
    def trace_gradient(self, n: int) -> Any:
        """Return ∇tr Hⁿ, P × 1, derived."""

    @abstractmethod
    def jacobian(self, of: str, by: str, i: Any) -> Any:
        """Return ∂of/∂by of sample i in denominator layout, one row per entry of ``by``."""

    @abstractmethod
    def part(self, M: Any, row: str, col: str) -> Any:
        """Return a block of a P × P or P × 1 matrix.

        Sides are "A", "w" (with its bias), "w0" and "b" (the parts of "w"), or "1".
        """

    @abstractmethod
    def free(self, name: str, row: str | None = None, col: str | None = None) -> Any:
        """Return an arbitrary matrix with no meaning of its own."""

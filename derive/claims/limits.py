"""The limit of perfect fit without its side condition, which is false (Eq. 33)."""

import mpmath
import sympy as sp

from hessbound.derive.loss import CROSS_ENTROPY, omega, v, y
from hessbound.derive.statements import Claim, KnownFalse, ScalarIdentity
from hessbound.derive.verdicts import Verdict, Witness

DIGITS = 40


def escape(M: int) -> tuple[mpmath.mpf, mpmath.mpf]:
    """Return |v| and λ_max of two equal tanh units with b = (M, −M + ln M/tanh 1), at x = ±1.

    Both samples are on the right side, v = ±ln M, and the largest eigenvalue is about 0.65 M.

    >>> near, largest = escape(100)
    >>> print(mpmath.nstr(near, 4), mpmath.nstr(largest / 100, 2))
    4.605 0.65
    """
    a, w = sp.symbols("a0:4"), sp.symbols("w0:3")  # columns of A: biases, then weights
    point = dict(zip(a, (0, 0, 1, 1), strict=True)) | {w[0]: 0, w[1]: M}
    point[w[2]] = -M + sp.log(M) / sp.tanh(1)

    def output(x: int) -> sp.Expr:
        return w[0] + sum(w[k + 1] * sp.tanh(a[k] + a[k + 2] * x) for k in range(2))

    losses = (
        CROSS_ENTROPY.define(CROSS_ENTROPY.value).subs({v: output(x), y: label, omega: 1})
        for x, label in ((1, 1), (-1, 0))
    )
    H = sp.hessian(sum(losses), (*a, *w)).subs(point)
    with mpmath.workdps(DIGITS):
        rows = [[mpmath.mpf(str(sp.N(x, DIGITS))) for x in row] for row in H.tolist()]
        largest = max(mpmath.eigsy(mpmath.matrix(rows), eigvals_only=True))
        return mpmath.mpf(str(sp.N(output(1).subs(point), DIGITS))), largest


def _unbounded() -> Witness | None:
    """Find λ_max growing while |v| grows."""
    (near, small), (far, large) = escape(10), escape(1000)
    if not (far > near and large > 10 * small):
        return None
    snippet = "from hessbound.derive.claims.limits import escape\nprint(escape(10), escape(1000))"
    where = f"two equal tanh units, |v| from {mpmath.nstr(near, 4)} to {mpmath.nstr(far, 4)}: λ_max"
    return Witness(where, mpmath.nstr(small, 6), mpmath.nstr(large, 6), snippet)


_RIGHT = CROSS_ENTROPY.define(CROSS_ENTROPY.derivative(1)).subs({y: 1, omega: 1})

CLAIMS: list[Claim] = [
    KnownFalse(
        "33",
        "vanishing_unconditional",
        "λ̄ → 0 whenever |v| → ∞ with the right signs (false where weights may grow)",
        _unbounded,
        expected=Verdict.REFUTED,
    ),
    ScalarIdentity(
        "33",
        "error_of_right_label",
        "y = 1: |e| = e⁻ᵛ − e⁻²ᵛ/(1+e⁻ᵛ), hence ≤ e⁻ᵛ",
        ((-_RIGHT, sp.exp(-v) - sp.exp(-2 * v) / (1 + sp.exp(-v))),),
        CROSS_ENTROPY,
    ),
]

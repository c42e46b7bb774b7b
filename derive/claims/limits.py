"""The limit of perfect fit (Eq. 33): true under its side condition, and false without it."""

from collections.abc import Iterator
from typing import Any

import mpmath
import sympy as sp

from hessbound.derive.losses.cross_entropy import CROSS_ENTROPY, omega, v, y
from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.proof.kernel import Slack
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Checked, Pair, ScalarIdentity
from hessbound.derive.proof.verdicts import Decision, Verdict, Witness

from . import bounds_squared
from .constants import (
    EIGHTH,
    HALF,
    norm2,
    slope_count,
    squared_constant,
)

CLAIMS = Register()
DIGITS = 40
VANISHING = Assumptions(hard=False, delta=True)


@CLAIMS.bound(VANISHING, equation="33")
def vanishing(q: Any) -> Pair:
    """λ̄ → 0 as |v| → ∞ with the right signs, while ‖X̄‖, ‖h‖, ‖b‖, α₁, α₂ stay bounded: λ̄² ≤ tr H² ≤
    δ² (C_X ‖X̄X̄ᵀ‖² + ⅛ ‖H̄H̄ᵀ‖² + ½ N ‖h‖² + α₁² m N²) and δ → 0.
    """
    return (q.H @ q.H).trace(), q.delta**2 * q.over(lambda i, j: _pair_bound(q, i, j), 2)


def _pair_bound(q: Any, i: Any, j: Any) -> Any:
    """C_X K² + ⅛ Q² + ½ ‖h_j‖² + α₁² m of one pair."""
    s, t = q.at(i), q.at(j)
    K, Q = s.x.T @ t.x, q.h_bar(s).T @ q.h_bar(t)
    return squared_constant(q) * K**2 + EIGHTH * Q**2 + HALF * norm2(t.h) + slope_count(q)


@CLAIMS.certificate(vanishing)
def _(q: Any) -> Iterator[tuple[str, Slack]]:
    yield from bounds_squared.CLAIMS.steps(bounds_squared.squared, q)


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


def _unbounded() -> Decision:
    """Find λ_max growing while |v| grows."""
    (near, small), (far, large) = escape(10), escape(1000)
    if not (far > near and large > 10 * small):
        return Decision(Verdict.UNCHECKED, "the counterexample no longer holds")
    snippet = "from hessbound.derive.claims.limits import escape\nprint(escape(10), escape(1000))"
    where = f"two equal tanh units, |v| from {mpmath.nstr(near, 4)} to {mpmath.nstr(far, 4)}: λ_max"
    witness = Witness(where, mpmath.nstr(small, 6), mpmath.nstr(large, 6), snippet)
    return Decision(Verdict.REFUTED, "counterexample", witness)


_RIGHT = CROSS_ENTROPY.define(CROSS_ENTROPY.derivative(1)).subs({y: 1, omega: 1})

CLAIMS.extend(
    [
        Checked(
            "vanishing_unconditional",
            "λ̄ → 0 whenever |v| → ∞ with the right signs (false where weights may grow)",
            equation="33",
            check=_unbounded,
            expected=Verdict.REFUTED,
        ),
        ScalarIdentity(
            "error_of_right_label",
            "y = 1: |e| = e⁻ᵛ − e⁻²ᵛ/(1+e⁻ᵛ), hence ≤ e⁻ᵛ",
            equation="33",
            pairs=((-_RIGHT, sp.exp(-v) - sp.exp(-2 * v) / (1 + sp.exp(-v))),),
            function=CROSS_ENTROPY,
        ),
    ]
)

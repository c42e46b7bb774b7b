"""The limit of perfect fit (Eq. 33): true under its side condition, and false without it.

Here it is cross-entropy's, with a rate; ``readings`` says for which other losses it holds.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import sympy as sp
from flint import arb

from hessbound.derive import losses
from hessbound.derive.functions.loss import omega, v, y
from hessbound.derive.functions.scalar import ScalarFunction, u
from hessbound.derive.losses.cross_entropy import LOSS as CROSS_ENTROPY
from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.proof.examples import slopes
from hessbound.derive.proof.kernel import Slack
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Checked, Pair, ScalarIdentity
from hessbound.derive.proof.verdicts import Decision, Verdict, Witness
from hessbound.derive.statements.draws import Network, Sizes, array, each, in_balls
from hessbound.derive.statements.fields import BALLS

from . import bounds_squared
from .constants import (
    EIGHTH,
    HALF,
    norm2,
    slope_count,
    squared_constant,
)

CLAIMS = Register()
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


@CLAIMS.identity(equation="33")
def bias_curvature(q: Any) -> Pair:
    """H_w₀w₀ = Σ_i p_i, which λ_max is not below: where p stays large, no limit is 0."""
    return q.part(q.H, "w0", "w0"), q.p.sum()


BIAS = CLAIMS.find("bias_curvature")


def escape(M: int) -> tuple[arb, arb]:
    """Return |v|, and what λ_max is at least, of two equal tanh units at x = ±1.

    With b = (M, −M + ln M/tanh 1) both samples are on the right side, v = ±ln M, and the largest
    eigenvalue is about 0.65 M: no less than the Rayleigh quotient here, in balls.

    >>> near, largest = escape(100)
    >>> print(near.str(4, radius=False), (largest / 100).str(2, radius=False))
    4.605 0.65
    """
    with BALLS.working():
        X, A = (
            each(BALLS.of, np.array(x, dtype=object)) for x in ([[1, 1], [1, -1]], [[0, 1], [0, 1]])
        )
        w = array([arb(0), arb(M), arb(M).log() / arb(1).tanh() - M])
        hidden = in_balls(ScalarFunction(sp.tanh(u), sp.tanh(u)), X @ A.T)
        outputs = w[0] + hidden[0] @ w[1:]
        output = slopes(CROSS_ENTROPY, outputs, (1, 0), array([arb(1), arb(1)]))
        network = Network(Sizes(2, 1, 2), BALLS, "escape", {}, X, A, w, hidden, output)
        H = network.jets(0, 2)[1].slopes[1] + network.jets(1, 2)[1].slopes[1]
        _, vectors = np.linalg.eigh(H.astype(float))
        top = each(lambda x: arb(float(x)), vectors[:, -1])
        along: Any = top @ H @ top
        return abs(outputs[0]), along / (top @ top)


def _unbounded() -> Decision:
    """Find λ_max growing while |v| grows."""
    (near, small), (far, large) = escape(10), escape(1000)
    if not (far > near and large > 10 * small):
        return Decision(Verdict.UNCHECKED, "the counterexample no longer holds")
    snippet = "from hessbound.derive.claims.limits import escape\nprint(escape(10), escape(1000))"
    first, last = (x.str(4, radius=False) for x in (near, far))
    where = f"two equal tanh units, |v| from {first} to {last}: λ_max"
    lhs, rhs = (x.str(6, radius=False) for x in (small, large))
    return Decision(Verdict.REFUTED, "counterexample", Witness(where, lhs, rhs, snippet))


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


def _between(name: str, text: str, left: sp.Expr, right: sp.Expr) -> ScalarIdentity:
    """Claim what p is by e, for ω = 1 and any label."""
    return ScalarIdentity(
        f"{name}_fit",
        f"{name}: {text}",
        equation="33",
        pairs=((left, right),),
        function=losses.load(name),
        loss=name,
    )


def _slopes(name: str) -> tuple[sp.Expr, sp.Expr]:
    """Return e and p for ω = 1."""
    loss = losses.load(name)
    e, p = (loss.define(loss.derivative(n)).subs(omega, 1) for n in (1, 2))
    return e, p


E, P = _slopes("cross_entropy")
CLAIMS.append(
    _between(
        "cross_entropy",
        "p = (e + y)(1 − y − e), so p → y(1 − y) where e → 0: 0 for y = 0 and y = 1 alone",
        P,
        (E + y) * (1 - y - E),
    )
)
E, P = _slopes("poisson")
CLAIMS.append(_between("poisson", "p = e + y, so p → y where e → 0: 0 for y = 0 alone", P, E + y))
E, P = _slopes("exponential")
CLAIMS.append(
    _between(
        "exponential",
        "p² = e² + 4 y(1 − y), so p² → 4 y(1 − y) where e → 0: 0 for y = 0 and y = 1 alone",
        P**2,
        E**2 + 4 * y * (1 - y),
    )
)

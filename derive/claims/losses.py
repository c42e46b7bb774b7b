"""Each loss beyond its derivatives: merging of samples, suprema of |ℓ′| and ℓ″, probabilities.

What ``functions`` claims of an activation it claims of a loss; the rest is here. Statements about
gradient, Hessian and traces hold for any loss, since in them it is opaque.
"""

from functools import partial

import sympy as sp

from hessbound.derive import losses
from hessbound.derive.functions.loss import Loss, omega, y
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.functions.suprema import NotTheSupremumError, above, confirm
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.scalar_identities import unproved_rules
from hessbound.derive.proof.statements import Checked, Claim, ScalarIdentity
from hessbound.derive.proof.verdicts import Decision, Verdict, Witness

from .functions import PRIMES

CLAIMS = Register()


_WEIGHTS, _LABELS = sp.symbols("omega1:3", positive=True), sp.symbols("y1:3", real=True)


def _merged(loss: Loss) -> tuple[sp.Expr, sp.Expr]:
    """Return ℓ₁ + ℓ₂ of two samples with one v, and ℓ of the sample that replaces them."""
    samples = list(zip(_WEIGHTS, _LABELS, strict=True))
    weight = sum(_WEIGHTS)
    label = sum(own * value for own, value in samples) / weight
    both = sum(loss.definition.subs({omega: own, y: value}) for own, value in samples)
    return both, loss.definition.subs({omega: weight, y: label})


def _supremum(loss: Loss, name: str, order: int, stated: sp.Expr | None) -> Decision:
    """Decide what a file states of sup |ℓ⁽ⁿ⁾|; balls refute, or sample."""
    if doubt := unproved_rules(loss):
        return Decision(Verdict.UNCHECKED, f"the rules of {name} fail: {doubt}")
    try:
        if stated is not None and (at := above(loss, order, stated)) is not None:
            module = "hessbound.derive"
            code = (
                f"from {module} import losses\nfrom {module}.functions.suprema import above\n"
                f"from sympy import sympify\n"
                f"print(above(losses.load({name!r}), {order}, sympify({str(stated)!r})))"
            )
            witness = Witness(f"v = {at}", f"|ℓ{PRIMES[order]}|", stated, code, sign=">")
            return Decision(Verdict.REFUTED, "a value is larger", witness)
        return Decision(Verdict.PROVED, confirm(loss, order, stated))
    except NotTheSupremumError as error:
        return Decision(Verdict.UNCHECKED, str(error))
    except UndecidedError as error:
        sampled = stated is not None
        return Decision(Verdict.SAMPLED if sampled else Verdict.UNCHECKED, str(error))


def _of_loss(name: str, loss: Loss) -> list[Claim]:
    rows: list[Claim] = []
    if loss.merges:
        rows.append(
            ScalarIdentity(
                f"{name}_merged",
                f"{name}: samples with equal inputs are one, "
                "with ω = ω₁+ω₂ and y = (ω₁y₁+ω₂y₂)/ω: ℓ₁ + ℓ₂ = ℓ",
                pairs=(_merged(loss),),
                function=loss,
            )
        )
    for order, word, stated in ((1, "slope", loss.slope), (2, "curvature", loss.curvature)):
        shown = "∞" if stated is None else stated
        rows.append(
            Checked(
                f"{name}_{word}",
                f"{name}: sup |ℓ{PRIMES[order]}| = {shown} for ω = 1",
                check=partial(_supremum, loss, name, order, stated),
                in_kernels=False,
                expected=Verdict.SAMPLED if loss.sampled and order == 2 else Verdict.PROVED,
            )
        )
    if loss.probabilities:
        p0, p1 = loss.probabilities
        at = [loss.value.subs({omega: 1, **dict(loss.constants)}).subs(y, x) for x in (0, 1)]
        rows.append(
            ScalarIdentity(
                f"{name}_probabilities",
                f"{name}: ℓ = −log P for a hard label, P₀ + P₁ = 1, with P₁ = {p1}",
                pairs=((at[0], -sp.log(p0)), (at[1], -sp.log(p1)), (p0 + p1, sp.Integer(1))),
                function=loss,
            )
        )
    return rows


CLAIMS.extend([row for name in losses.names() for row in _of_loss(name, losses.load(name))])

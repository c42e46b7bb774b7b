"""Each loss: atoms, ℓ to ℓ‴ (Eqs. 4, 53), its weight, merging of samples, suprema, probabilities.

Then which bounds of the traces it has, and where the limit of perfect fit holds (``readings``).

What ``functions`` claims of an activation it claims of a loss; the rest is here. Statements about
gradient, Hessian and traces hold for any loss, since in them it is opaque.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import sympy as sp

from hessbound.derive import losses
from hessbound.derive.functions import balls
from hessbound.derive.functions.loss import Loss, bound, omega, y
from hessbound.derive.functions.roots import UndecidedError, compare
from hessbound.derive.functions.scalar import Enclosure
from hessbound.derive.functions.suprema import above, supremum
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.scalar_identities import unproved_rules
from hessbound.derive.proof.scalar_numbers import snippet
from hessbound.derive.proof.scalar_ranges import TIGHT
from hessbound.derive.proof.statements import Checked, Claim, ScalarIdentity
from hessbound.derive.proof.verdicts import Decision, Verdict, Witness

from . import readings
from .functions import PRIMES, atoms, derivative

CLAIMS = Register()


_WEIGHTS, _LABELS = sp.symbols("omega1:3", positive=True), sp.symbols("y1:3", real=True)


def of_loss(name: str) -> list[Claim]:
    """List what is claimed of a loss, which is found by its name.

    >>> [claim.name for claim in of_loss("squared_error")][-3:]
    ['squared_error_curvature', 'squared_error_bounds', 'squared_error_limit']
    """
    loss = losses.load(name)
    rows: list[Claim] = [atoms(loss, name, None)]
    rows += [derivative(loss, "ℓ", name, order, None) for order in range(4)]
    rows += [_weighted(loss, name), *_merging(loss, name)]
    for order, word, stated in ((1, "slope", loss.slope), (2, "curvature", loss.curvature)):
        rows.append(
            Checked(
                f"{name}_{word}",
                f"{name}: sup |ℓ{PRIMES[order]}| {_said(stated)} for ω = 1",
                check=partial(_supremum, loss, name, order, stated),
                in_kernels=False,
            )
        )
    rows += _probabilities(loss, name)
    of_weight, *suprema = (
        row
        for row in rows
        if row.name in {f"{name}_{x}" for x in ("weighted", "slope", "curvature")}
    )
    rows += [
        readings.bounds_of(name, (of_weight, *suprema)),
        readings.limit_of(name, (of_weight,)),
    ]
    return [replace(row, loss=name) for row in rows]


def _said(stated: sp.Expr | Enclosure | None) -> str:
    if isinstance(stated, Enclosure):
        return f"is at most {stated.shown[1]}, and less than 1e-12 below,"
    return f"= {'∞' if stated is None else stated}"


def _weighted(loss: Loss, name: str) -> Claim:
    alone = loss.definition.subs(omega, 1)
    return ScalarIdentity(
        f"{name}_weighted",
        f"{name}: ℓ is ω times what it is for ω = 1",
        pairs=((loss.definition, omega * alone),),
        function=loss,
    )


def _merging(loss: Loss, name: str) -> Iterator[Claim]:
    if loss.merges:
        yield ScalarIdentity(
            f"{name}_merged",
            f"{name}: samples with equal inputs are one, "
            "with ω = ω₁+ω₂ and y = (ω₁y₁+ω₂y₂)/ω: ℓ₁ + ℓ₂ = ℓ",
            pairs=(_merged(loss),),
            function=loss,
        )


def _merged(loss: Loss) -> tuple[sp.Expr, sp.Expr]:
    """Return ℓ₁ + ℓ₂ of two samples with one v, and ℓ of the sample that replaces them."""
    samples = list(zip(_WEIGHTS, _LABELS, strict=True))
    weight = sum(_WEIGHTS)
    label = sum(own * value for own, value in samples) / weight
    both = sum(loss.definition.subs({omega: own, y: value}) for own, value in samples)
    return both, loss.definition.subs({omega: weight, y: label})


def _supremum(loss: Loss, name: str, order: int, stated: sp.Expr | Enclosure | None) -> Decision:
    """Decide what a file states of sup |ℓ⁽ⁿ⁾|, where None is ∞."""
    if doubt := unproved_rules(loss):
        return Decision(Verdict.UNCHECKED, f"the rules of {name} fail: {doubt}")
    said = bound(stated)
    try:
        found = supremum(loss, order)
        if isinstance(stated, Enclosure) and found.value.is_finite:
            near = balls.ball(said - found.value)
            if near >= 0 and near < TIGHT:
                return Decision(Verdict.PROVED, found.method)
        elif not compare(found.value, said):
            return Decision(Verdict.PROVED, found.method)
    except UndecidedError as error:
        return _undecided(loss, order, said, error)
    code = (
        "from hessbound.derive import losses\n"
        "from hessbound.derive.functions.suprema import supremum\n"
        f"print(supremum(losses.load({name!r}), {order}))"
    )
    witness = Witness(f"{found.place}: the supremum", _shown(found.value), said, code)
    return Decision(Verdict.REFUTED, "the supremum is another number", witness)


def _shown(number: sp.Expr) -> sp.Expr:
    return balls.shown(balls.narrow(number)) if number.has(balls.Enclosed) else number


def _undecided(loss: Loss, order: int, said: sp.Expr, error: UndecidedError) -> Decision:
    """Look for a value that is above what is stated, where the supremum is not found."""
    if not said.is_finite:
        return Decision(Verdict.UNCHECKED, str(error))
    try:
        beyond = above(loss, order, said)
    except UndecidedError:
        return Decision(Verdict.UNCHECKED, str(error))
    if beyond is None:
        return Decision(Verdict.SAMPLED, str(error))
    where, value, at = beyond
    shown = balls.shown(balls.ball(value, at))
    return Decision(
        Verdict.REFUTED,
        "a value is larger",
        Witness(where, shown, said, snippet(value, said, at), sign=">"),
    )


def _probabilities(loss: Loss, name: str) -> Iterator[Claim]:
    if loss.probabilities:
        p0, p1 = loss.probabilities
        at = [loss.value.subs({omega: 1, **loss.resolved}).subs(y, x) for x in (0, 1)]
        yield ScalarIdentity(
            f"{name}_probabilities",
            f"{name}: ℓ = −log P for a hard label, P₀ + P₁ = 1, with P₁ = {p1}",
            pairs=((at[0], -sp.log(p0)), (at[1], -sp.log(p1)), (p0 + p1, sp.Integer(1))),
            function=loss,
        )


CLAIMS.extend([row for name in losses.names() for row in of_loss(name)])

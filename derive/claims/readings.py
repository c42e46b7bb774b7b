"""What the bounds of the traces (22)-(24), (29)-(32) and the limit (33) say for one loss.

They are proved once, for any numbers with |e| ≤ ω s₁ and |p| ≤ ω s₂. For s₁ = sup |ℓ′| and
s₂ = sup |ℓ″|, which a loss's file states, they hold at all outputs; what needs a supremum that is
missing has no such reading. (29) at the outputs, with the largest |e_i|/ω_i and |p_i|/ω_i, holds
for every loss, and is small where both are: that is the limit.
"""

import itertools
from dataclasses import replace
from functools import cache, partial

import sympy as sp

from hessbound.derive import losses
from hessbound.derive.functions.loss import Loss
from hessbound.derive.functions.roots import UndecidedError, compare
from hessbound.derive.functions.scalar import Enclosure
from hessbound.derive.functions.suprema import least_curvature
from hessbound.derive.functions.tails import tends
from hessbound.derive.proof import inequalities
from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.scalar_identities import unproved_rules
from hessbound.derive.proof.statements import Checked, Claim, Definition, Inequality
from hessbound.derive.proof.verdicts import Decision, Verdict

from . import bounds, bounds_squared, limits

SYMBOLS = {"slope": ("s₁", "|ℓ′|"), "curvature": ("s₂", "|ℓ″|")}
LIMIT = "λ̄ → 0, (33), while ‖X̄‖, ‖h‖, ‖b‖, α₁, α₂ stay bounded"


def bounds_of(name: str, premises: tuple[Claim, ...]) -> Checked:
    """Claim of a loss the bounds that its suprema allow, and of the others that they have none.

    The premises say that the suprema are what its file states, and that ℓ is proportional to ω.

    >>> print(bounds_of("squared_error", ()).statement[:62])
    squared_error: with s₂ = 1 hold (22), (92); there is no s₁, as
    """
    loss = losses.load(name)
    stated = {word: getattr(loss, word) for word in SYMBOLS}
    held = [x for x in _bounds() if all(stated[word] is not None for word in _needs(x))]
    text = []
    if held:
        text.append(f"with {_numbers(stated)} hold {_listed(held)}")
    if missing := [word for word, limit in stated.items() if limit is None]:
        none = " and ".join(f"no {SYMBOLS[word][0]}" for word in missing)
        why = " = ".join(f"sup {SYMBOLS[word][1]}" for word in missing)
        rest = [x for x in _bounds() if x not in held]
        text.append(f"there is {none}, as {why} = ∞, and none of {_listed(rest)}")
    return Checked(
        f"{name}_bounds",
        f"{name}: {'; '.join(text)}",
        check=partial(_read, name, held, premises),
        in_kernels=False,
    )


@cache
def _bounds() -> tuple[Inequality, ...]:
    """List the bounds that hold for any loss, with sample weights, of which 1 are a case."""
    every = (*bounds.CLAIMS, *bounds_squared.CLAIMS)
    found = (x for x in every if isinstance(x, Inequality) and _needs(x))
    return tuple(sorted((x for x in found if _setting(x).weighted), key=lambda x: x.order))


def _setting(claim: Inequality) -> Assumptions:
    if not isinstance(claim.setting, Assumptions):
        msg = f"{claim.name} is not about a network"
        raise TypeError(msg)
    return claim.setting


def _needs(claim: Inequality) -> tuple[str, ...]:
    return tuple(word for word in SYMBOLS if getattr(_setting(claim), word))


def _listed(claims: list[Inequality]) -> str:
    return ", ".join(dict.fromkeys(f"({x.equation})" for x in claims))


def _numbers(stated: dict[str, sp.Expr | Enclosure | None]) -> str:
    shown = []
    for word, limit in stated.items():
        if isinstance(limit, Enclosure):
            shown.append(f"{SYMBOLS[word][0]} = {float(limit.sup)!r}")
        elif limit is not None:
            shown.append(f"{SYMBOLS[word][0]} = {limit}")
    return ", ".join(shown)


def _read(name: str, held: list[Inequality], premises: tuple[Claim, ...]) -> Decision:
    """Look at the bounds in networks with this loss; then prove the premises."""
    for claim in held:
        own = replace(claim, setting=replace(_setting(claim), loss=name), code=_code(claim, name))
        found = inequalities.read(own, _certified(claim))
        if found.verdict is not Verdict.PROVED:
            return found._replace(method=f"{claim.name}: {found.method}")
    if doubt := _doubt(premises):
        return Decision(Verdict.UNCHECKED, doubt)
    missing = "a supremum is missing"
    how = f"{len(held)} bounds by certificates, in networks with this loss too"
    return Decision(Verdict.PROVED, how if held else missing)


def _doubt(premises: tuple[Claim, ...]) -> str:
    """Return which of some claims is not proved, and why; "" where all are."""
    for premise in premises:
        found = _proved(premise)
        if found.verdict is not Verdict.PROVED:
            return f"{premise.name} is {found.verdict.value}: {found.method}"
    return ""


_proved = cache(prove)  # what the readings of several losses rest on


def _code(claim: Inequality, name: str) -> str:
    setting = f"replace(claim.setting, loss={name!r})"
    own = f"claim = replace(claim, setting={setting})"
    return f"from dataclasses import replace\n{claim.code}\n{own}"


@cache
def _certified(claim: Inequality) -> inequalities.Closed:
    """Check the certificate of a bound, which knows nothing of the loss, once for all losses."""
    return inequalities.certify(claim)


# ---- the limit of perfect fit


def limit_of(name: str, premises: tuple[Claim, ...]) -> Claim:
    """Claim of a loss where the limit (33) holds, or that it holds nowhere; or say neither.

    The premises say that ℓ is proportional to ω.

    >>> limit_of("poisson", ()).statement[:45]
    'poisson: ℓ′ → 0 and ℓ″ → 0 for y = 0, v → −∞,'
    """
    loss, own = losses.load(name), f"{name}_limit"
    if ends := _ends(loss):
        where = " and for ".join(f"y = {y}, v → {'−' if at < 0 else ''}∞" for y, at in ends)
        text = f"ℓ′ → 0 and ℓ″ → 0 for {where}, so {LIMIT}"
    elif least := _least(loss):
        text = f"inf ℓ″ = c = {least}, so λ̄ ≥ λ_max ≥ Σ p_i ≥ c Σω: (33) holds nowhere"
    else:
        text = "no end of v is found where ℓ′ and ℓ″ tend to 0, and (33) is not stated"
        return Definition(own, f"{name}: {text}")
    rest = bounds_squared.CLAIMS.find("bound_squared_2") if ends else limits.BIAS
    check = partial(_limit, name, ends, (*premises, rest))
    return Checked(own, f"{name}: {text}", check=check, in_kernels=False)


def _ends(loss: Loss) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
    """List the least or greatest label, and the end of v, where ℓ′ and ℓ″ tend to 0."""
    labels = (x for x in (loss.labels.inf, loss.labels.sup) if x.is_finite)
    valid = (x for x in labels if x.is_integer or not loss.integers)
    places = itertools.product(valid, (-sp.oo, sp.oo))
    return tuple(x for x in places if all(_vanishes(loss, *x, order) for order in (1, 2)))


def _vanishes(loss: Loss, label: sp.Expr, end: sp.Expr, order: int) -> bool:
    function = loss.at(label, order)
    return tends(function.definition, function.variable, end, sp.Integer(0))


def _least(loss: Loss) -> sp.Expr | None:
    """Return inf ℓ″ where it is above 0, and found."""
    try:
        least = least_curvature(loss)
        return least if compare(least, sp.Integer(0)) > 0 else None
    except UndecidedError:
        return None


def _limit(
    name: str, ends: tuple[tuple[sp.Expr, sp.Expr], ...], premises: tuple[Claim, ...]
) -> Decision:
    """Find the ends again, or that ℓ″ stays above 0, and prove what the limit rests on."""
    loss = losses.load(name)
    if _ends(loss) != ends or not (ends or _least(loss)):
        return Decision(Verdict.UNCHECKED, "ℓ′ and ℓ″ are not those that the limit was stated for")
    if doubt := unproved_rules(loss):
        return Decision(Verdict.UNCHECKED, f"the rules of {name} fail: {doubt}")
    if doubt := _doubt(premises):
        return Decision(Verdict.UNCHECKED, doubt)
    how = "bounds of ℓ′ and ℓ″ for all v far out" if ends else "range of ℓ″"
    return Decision(Verdict.PROVED, "; ".join((how, *(x.name for x in premises))))

"""Choosing claims by name, equation number, activation and loss."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from hessbound.derive import activations, losses
from hessbound.derive.frontend.formulas import SOFTMAX
from hessbound.derive.proof.statements import Claim


def select(
    every: Sequence[Claim],
    wanted: Iterable[str] = (),
    activation: str | None = None,
    loss: str | None = None,
) -> list[Claim]:
    """Return the claims that have one of the wanted names or equation numbers, in their order.

    With an activation or a loss, only the claims about that one. ValueError where nothing is found.

    >>> from hessbound.derive import claims
    >>> [claim.name for claim in select(claims.every(), ["20", "trace"])]
    ['trace', 'trace_output']
    >>> select(claims.every(), ["trace_sqared"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: no claim is 'trace_sqared'; near it are trace_squared, ...
    """
    if activation is not None:
        activations.load(activation)
    if loss == SOFTMAX:
        msg = "--loss is of one output; name the claims of softmax, as --claim curvature_of_softmax"
        raise ValueError(msg)
    if loss is not None:
        losses.load(loss)
    chosen: set[str] = set()
    for name in wanted:
        found = {claim.name for claim in every if _matches(claim, name)}
        if not found:
            raise ValueError(_unknown(name, every))
        chosen |= found
    kept = [claim for claim in every if not chosen or claim.name in chosen]
    if activation is not None:
        kept = [claim for claim in kept if getattr(claim, "activation", None) == activation]
    if loss is not None:
        kept = [claim for claim in kept if claim.loss == loss]
    if not kept:
        about = " and ".join(x for x in (activation, loss) if x is not None)
        msg = f"none of these claims is about {about}"
        raise ValueError(msg)
    return kept


def _matches(claim: Claim, wanted: str) -> bool:
    """Return whether this is the claim's name or meets its equation numbers, as 26 meets 25-28."""
    if wanted in (claim.name, claim.equation):
        return wanted != "-"
    asked = _numbers(wanted) if re.fullmatch(r"\d+([-–]\d+)?", wanted) else set()
    return not asked.isdisjoint(_numbers(claim.equation))


def _numbers(equation: str) -> set[int]:
    found = re.findall(r"(\d+)(?:[-–](\d+))?", equation)
    return {n for low, high in found for n in range(int(low), int(high or low) + 1)}


def _unknown(wanted: str, every: Iterable[Claim]) -> str:
    names = sorted({claim.name for claim in every})
    if re.fullmatch(r"\d+([-–]\d+)?", wanted):
        numbers = sorted({n for claim in every for n in _numbers(claim.equation)})
        shown = (
            f"the numbers are {', '.join(map(str, numbers))}" if numbers else "none has a number"
        )
        return f"no claim has the equation number {wanted}; {shown}"
    near = difflib.get_close_matches(wanted, names, 5)
    near += [name for name in names if wanted.lower() in name.lower() and name not in near]
    hint = f"near it are {', '.join(near[:8])}" if near else f"the names are {', '.join(names)}"
    return f"no claim is {wanted!r}; {hint}"

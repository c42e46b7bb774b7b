"""What a function must be before anything is derived from it: real and smooth on the whole line."""

from __future__ import annotations

import itertools

import sympy as sp

from .needs import SWITCHES
from .pieces import REALS, split
from .places import Fault, Place, told
from .roots import compare
from .special import exact


class NotSmoothError(ValueError):
    """A function is not real, not defined or not smooth somewhere, or we cannot tell."""


def require_smooth(expr: sp.Expr, variable: sp.Symbol, domain: sp.Interval = REALS) -> None:
    """Raise NotSmoothError, with the place, unless an expression is real and smooth on an interval.

    >>> u = sp.Symbol("u", real=True)
    >>> require_smooth(sp.log(1 + sp.exp(u)), u)
    >>> require_smooth(sp.Max(0, u), u)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hessbound.derive.functions.smooth.NotSmoothError: Max(0, u) is not smooth at u = 0; ...
    >>> require_smooth(sp.log(u), u)
    Traceback (most recent call last):
    hessbound.derive.functions.smooth.NotSmoothError: log(u) is not real for u ≤ 0
    """
    found = split([expr], variable, domain)
    inside = [c for c in found.cuts if compare(domain.inf, c) < 0 < compare(domain.sup, c)]
    if found.faults and not (inside and all(fault.undecided for fault in found.faults)):
        unknown = any(fault.undecided for fault in found.faults)
        doubt = "not known to be smooth: " if unknown else ""
        msg = f"{expr} is {doubt}{told(found.faults, variable)}"
        raise NotSmoothError(msg)
    if inside:
        between = [piece for piece in found.pieces if piece.place.point is None]
        pairs = itertools.pairwise(between)
        changes = [b.place.low for a, b in pairs if a.sides != b.sides] or inside
        fault = Fault(Place(changes[0], changes[0]), "not smooth")
        missed = "a derivative does not exist there, and the Hessian would miss the bend"
        msg = f"{expr} is {told([fault], variable)}; {missed}"
        raise NotSmoothError(msg)
    if exact(expr).has(*SWITCHES):
        msg = f"{expr} is written in cases; a definition must be one smooth expression"
        raise NotSmoothError(msg)

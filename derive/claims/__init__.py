"""The statements that the checker proves, one module per part of the paper, keyed by its equation numbers.

Each is written once, in matrix notation, independently of the derivation. Our copy of the paper has lost its displayed
formulas, so the statements are reconstructed from its definitions and its text; the order of (20) and (21) and of the
terms within (75)-(88) is our reading.
"""

import importlib
import pkgutil
from functools import cache

from hessbound.derive.statements import Claim


@cache
def every() -> tuple[Claim, ...]:
    """All claims, in the order of their equation numbers, those beyond the paper and those of one activation last."""
    found: list[Claim] = []
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        found += module.CLAIMS
    return tuple(sorted(found, key=lambda c: (c.order, getattr(c, "activation", None) is not None)))


def find(name: str) -> Claim:
    """The claim of that name; a ValueError that says how claims are named where there is none."""
    for claim in every():
        if claim.name == name:
            return claim
    msg = f"no claim is named {name!r}; the names are those that `hessbound check` prints, such as 'trace_squared'"
    raise ValueError(msg)

"""The statements that the checker proves, keyed by the paper's equation numbers.

Input: nothing but notation. Output: claims, one module per part of the paper. Each statement is
written once, in matrix notation, independently of the derivation. Our copy of the paper has lost
its displayed formulas, so the statements are reconstructed from its definitions and its text; the
order of (20) and (21) and of the terms within (75)-(88) is our reading.
"""

import importlib
import pkgutil
from functools import cache

from hessbound.derive.proof.statements import Claim


@cache
def every() -> tuple[Claim, ...]:
    """List all claims in the order of their equation numbers.

    Those beyond the paper come last, and after them those of one activation.

    >>> [claim.name for claim in every() if claim.equation == "4"]
    ['cross_entropy', 'cross_entropy_stable']
    """
    found: list[Claim] = []
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        found += getattr(module, "CLAIMS", ())
    return tuple(sorted(found, key=lambda c: (c.order, getattr(c, "activation", None) is not None)))


def find(name: str) -> Claim:
    """Return the claim of that name; ValueError where there is none.

    >>> find("trace_hidden").equation, find("trace_hidden").statement
    ('21', 'tr H_AA = ((X̄∘X̄)1)ᵀ((Γ∘Γ)1∘p + C1∘e)')
    """
    for claim in every():
        if claim.name == name:
            return claim
    names = "the names are those that `hessbound check` prints, such as 'trace_squared'"
    msg = f"no claim is named {name!r}; {names}"
    raise ValueError(msg)

"""Softmax in terms that lose no digits, whatever the gaps between the outputs.

With t the largest output, gap = v − v_t ≤ 0, x = exp(gap), and ρ the sum of x over all classes but
t (where x = 1). Then π = x/(1 + ρ); 1 − π, which differences would lose for the largest, is
ρ/(1 + ρ) there and (1 + ρ − x)/(1 + ρ) elsewhere, where x is one of the terms of ρ.
"""

import sympy as sp

gap = sp.Symbol("gap", real=True)
rho, x = sp.symbols("rho x", positive=True)

SHARE = x / (1 + rho)
REST = (1 + rho - x) / (1 + rho)
REST_OF_TOP = rho / (1 + rho)
ROOT = sp.exp(gap / 2) / sp.sqrt(1 + rho)
LOSS = sp.log(1 + rho) - gap  # −log π

DEFINITION = sp.exp(gap) / (1 + rho)


def identities() -> list[tuple[sp.Expr, sp.Expr]]:
    """Return what must be equal: each expression, and what it stands for.

    >>> from .zero import is_zero
    >>> all(is_zero(a - b, gap) for a, b in identities())
    True
    """
    at = {x: sp.exp(gap)}
    return [
        (SHARE.subs(at), DEFINITION),
        (REST.subs(at), 1 - DEFINITION),
        (REST_OF_TOP, 1 - DEFINITION.subs(gap, 0)),
        (ROOT**2, DEFINITION),
        (sp.exp(-LOSS), DEFINITION),
    ]

"""Activations in use that are not smooth: refused by name, with the place."""

import sympy as sp

from .scalar import u
from .smooth import NotSmoothError, require_smooth

_cut = sp.Min(sp.Max(u + 3, 0), 6) / 6
_elu = sp.Piecewise((u, u > 0), (sp.exp(u) - 1, True))
BENDS = {
    "relu": sp.Max(0, u),
    "leakyrelu": sp.Max(u / 100, u),
    "prelu": sp.Max(u / 4, u),
    "rrelu": sp.Max(u / 5, u),
    "relu6": sp.Min(sp.Max(0, u), 6),
    "elu": _elu,
    "selu": 2 * _elu,  # whatever its factors are
    "celu": _elu,
    "softsign": u / (1 + sp.Abs(u)),
    "hardswish": u * _cut,
    "hardsigmoid": _cut,
    "hardtanh": sp.Min(sp.Max(-1, u), 1),
    "heaviside": sp.Heaviside(u),
}


def bend(name: str) -> str:
    """Return why an activation of that name is refused; "" where it is not known here.

    >>> bend("ReLU")  # doctest: +ELLIPSIS
    'ReLU, Max(0, u), is not smooth at u = 0; a derivative does not exist there, ...'
    """
    definition = BENDS.get(name.lower().replace("_", "").replace("-", ""))
    if definition is None:
        return ""
    try:
        require_smooth(definition, u)
    except NotSmoothError as error:
        return f"{name}, {definition}, is{str(error).removeprefix(f'{definition} is')}"
    return ""

"""What a claim is stated in: its quantities, and how they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import draws, layer_draws
from .latex import Latex
from .layer_latex import LayerLatex
from .layer_readings import LayerNormal, LayerNumbers
from .layers import Layers
from .network import Quantities
from .normal import Normal
from .numbers import Numbers


@dataclass(frozen=True, eq=False)
class Notation:
    """A notation.

    Attributes
    ----------
    quantities : callable
        Makes what a claim's function takes first.
    normal, numbers, latex : type
        The interpreters of trees in this notation.
    draw : callable
        Draws numbers for it: of sizes, a seed, a field and an activation.
    confirm, third, search : tuple of sizes
        Where residues confirm an identity; the same where third derivatives are asked for; and
        where a witness is looked for, the smallest first.
    shown : sizes
        Those that numbers are shown of.
    """

    quantities: Callable[[], Any]
    normal: type[Normal]
    numbers: type[Numbers]
    latex: type[Latex]
    draw: Callable[..., draws.Values]
    confirm: tuple[Any, ...]
    third: tuple[Any, ...]
    search: tuple[Any, ...]
    shown: Any


NETWORK = Notation(
    Quantities,
    Normal,
    Numbers,
    Latex,
    draws.draw,
    confirm=tuple(draws.Sizes(*x) for x in ((4, 3, 2), (3, 2, 4), (2, 4, 3))),
    third=tuple(draws.Sizes(*x) for x in ((3, 2, 2), (2, 1, 3))),  # P³ numbers
    search=tuple(
        draws.Sizes(*sizes)
        for sizes in (
            (1, 1, 1), (1, 1, 2), (2, 1, 1), (1, 2, 1), (2, 1, 2), (2, 2, 3), (3, 2, 2), (4, 1, 1),
            (3, 3, 1), (4, 3, 2),
        )
    ),
    shown=draws.Sizes(2, 1, 2),
)  # fmt: skip

LAYERS = Notation(
    Layers,
    LayerNormal,
    LayerNumbers,
    LayerLatex,
    layer_draws.draw,
    confirm=tuple(
        layer_draws.LayerSizes(*x) for x in ((2, 1, 3, 2, 2, 2, 4, 2), (3, 2, 2, 3, 1, 3, 3, 2))
    ),
    third=(layer_draws.LayerSizes(1, 1, 2, 2, 1, 2, 3, 2),),
    search=tuple(
        layer_draws.LayerSizes(*x)
        for x in (
            (1, 1, 1, 1, 1, 1, 1, 1), (1, 1, 2, 1, 1, 1, 2, 2), (1, 1, 1, 2, 1, 2, 2, 2),
            (2, 2, 1, 1, 2, 1, 2, 2), (2, 1, 2, 2, 2, 2, 3, 2),
        )
    ),
    shown=layer_draws.LayerSizes(2, 1, 2, 2, 1, 2, 2, 2),
)  # fmt: skip

"""What inequalities about a network assume (input of certificates)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from hessbound.derive import activations
from hessbound.derive.functions.ranges import largest_modulus
from hessbound.derive.functions.roots import UndecidedError

from .bounded_network import network
from .bounded_symbolic import BoundedSymbolic
from .settings import Example

SMALLEST, SIZES = (1, 1, 1), (2, 1, 2)  # of the networks that inequalities are looked at in


@dataclass(frozen=True)
class Assumptions:
    """What an inequality is claimed under.

    weighted  : sample weights ω_i ≥ 0, instead of 1
    hard      : labels 0 and 1, so that p = |e|(1 − |e|/ω)
    inputs    : |x_ij| ≤ 1
    outputs   : |f| ≤ 1
    steep     : α₂ ‖b‖₁ ≥ α₁² ‖b‖₂²
    delta     : |e_i| ≤ δ and p_i ≤ δ/4 for all samples, with δ = 4 max e^−|v_i|
    """

    weighted: bool = False
    hard: bool = False
    inputs: bool = False
    outputs: bool = False
    steep: bool = False
    delta: bool = False

    def symbolic(self) -> BoundedSymbolic:
        """Return the quantities for all sizes."""
        return _symbolic(self)

    def examples(self, *, thorough: bool) -> Iterator[Example]:
        """Draw networks with each activation that fits, small ones first if thorough.

        Seed 0 has p = ω/4 everywhere.
        """
        drawn = Assumptions(self.weighted, self.hard or self.delta, delta=self.delta)
        draws = [(SMALLEST, seed) for seed in range(3)] if thorough else []
        draws += [(SIZES, seed) for seed in range(5 if thorough else 2)]
        for (sizes, seed), name in itertools.product(draws, _fitting(self.outputs)):
            q = network(*sizes, seed, name, drawn)
            if self.steep and not q.steep:
                continue
            call = f"network({', '.join(map(repr, (*sizes, seed, name, drawn)))})"
            code = f"from hessbound.derive.proof.bounded import Assumptions, network\nq = {call}"
            N, d, m = sizes
            yield Example(f"{name}, N={N}, d={d}, m={m}, seed {seed}", q, code)

    def __str__(self) -> str:
        """List them for readers."""
        words = ["ω_i ≥ 0" if self.weighted else "ω = 1"]
        given = {
            "hard labels": self.hard,
            "|x_ij| ≤ 1": self.inputs,
            "|f| ≤ 1": self.outputs,
            "α₂ ‖b‖₁ ≥ α₁² ‖b‖₂²": self.steep,
            "|e_i| ≤ δ, p_i ≤ δ/4 with δ = 4 max e^−|v_i|": self.delta,
        }
        return ", ".join(words + [word for word, holds in given.items() if holds])


@cache
def _symbolic(assumptions: Assumptions) -> BoundedSymbolic:
    return BoundedSymbolic(assumptions)


@cache
def _fitting(outputs: bool) -> tuple[str, ...]:
    """List the activations with known α₁ and α₂, where ``outputs`` those with |f| ≤ 1."""
    found = []
    for name in activations.names():
        function = activations.load(name)
        try:
            limits = [largest_modulus(function, order) for order in range(0 if outputs else 1, 3)]
        except UndecidedError:
            continue
        found += [name] if not outputs or bool(limits[0] <= 1) else []
    return tuple(found)

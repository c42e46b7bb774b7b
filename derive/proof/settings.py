"""What an inequality is about: its quantities, what is assumed of them, and numbers that obey."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.statements.draws import Values

from .kernel import Known


class Example(NamedTuple):
    """Numbers that obey the assumptions, a name for readers, and the code that draws them again."""

    label: str
    values: Values
    code: str


class Setting(Protocol):
    """What an inequality is about and assumes."""

    def __hash__(self) -> int: ...

    def quantities(self) -> Any:
        """Return the quantities as symbols of trees, slacks for what is assumed included."""
        ...

    def known(self) -> Known:
        """Return what is assumed: the facts that a certificate may use."""
        ...

    def relations(self) -> list[tuple[Poly, Poly | int]]:
        """Return what holds of the quantities in normal form."""
        ...

    def abstract(self, seed: int) -> Values | None:
        """Draw exact numbers that obey the assumptions and nothing else; None where it cannot."""
        ...

    def example(self, n: int) -> Example | None:
        """Return the n-th real example; None where it does not obey."""
        ...

    def plan(self, *, thorough: bool) -> Iterable[int]:
        """Return which real examples to look at, more of them if thorough."""
        ...

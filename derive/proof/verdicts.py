"""Verdicts and what comes with them (output of the prover)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .statements import Claim


class Verdict(Enum):
    """The rungs of certainty."""

    PROVED = "PROVED"
    SAMPLED = "SAMPLED"
    REFUTED = "REFUTED"
    UNCHECKED = "UNCHECKED"
    DEFINITION = "DEFINITION"


@dataclass(frozen=True)
class Witness:
    """Where the two sides differ, what they are there, and code that shows it."""

    where: str
    lhs: Any
    rhs: Any
    snippet: str
    sign: str = "≠"  # how the two compare

    def __str__(self) -> str:
        return f"{self.where}: {self.lhs!s} {self.sign} {self.rhs!s}"  # Float has no such format


@dataclass(frozen=True)
class Result:
    """A verdict, how it was reached, and in how many seconds."""

    claim: Claim
    verdict: Verdict
    method: str
    seconds: float = 0.0
    witness: Witness | None = None
    steps: tuple[Step, ...] = ()
    slack: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether nothing is refuted that should not be, nor left standing that is known false."""
        refuted = self.verdict is Verdict.REFUTED
        return refuted == (self.claim.expected is Verdict.REFUTED)

    @property
    def settled(self) -> bool:
        """Whether nothing is left open: proved, a definition, or refuted and known to be false."""
        known = self.verdict is Verdict.REFUTED and self.as_expected
        return known or self.verdict in (Verdict.PROVED, Verdict.DEFINITION)

    def __str__(self) -> str:
        lines = [f"{self.verdict.value}: {self.claim.statement or self.claim.name}"]
        lines += [self.method] if self.method else []
        lines += [str(self.witness), self.witness.snippet] if self.witness else []
        return "\n".join(lines)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show the text instead of the fields in a notebook."""
        del cycle  # a result holds no result
        printer.text(str(self))


class Step(NamedTuple):
    """One step of a derivation or certificate: why it holds, and what it says."""

    reason: str
    formula: str
    poly: Any = None  # what the formula writes, where it is a polynomial of the index algebra


class Decision(NamedTuple):
    """A verdict before it is timed."""

    verdict: Verdict
    method: str
    witness: Witness | None = None
    steps: tuple[Step, ...] = ()
    slack: str = ""

"""Verdicts over all draws, computed from the tests of each claim in each draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .claims import CLAIMS, Claim
from .study import Study

REPRODUCED = "reproduced"
PARTLY = "partly"
NOT = "not reproduced"
UNTESTED = "not tested"

USUALLY, SELDOM = 0.9, 0.5

RULE = (
    "A claim is reproduced if each of its tests holds in at least 90 % of the draws, not "
    "reproduced if none of them holds in more than half of the draws, and partly otherwise."
)


@dataclass(frozen=True)
class Answer:
    """One test over all draws."""

    text: str
    values: tuple[float, ...]
    holds: tuple[bool, ...]

    @property
    def share(self) -> float:
        """The share of the draws in which it holds."""
        return sum(self.holds) / len(self.holds)


@dataclass(frozen=True)
class Outcome:
    """A claim with what came out; ``draws`` is in how many of the draws all its tests hold."""

    claim: Claim
    verdict: str
    answers: tuple[Answer, ...]
    draws: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON; a number that does not exist is None."""
        return {
            "key": self.claim.key,
            "source": self.claim.source,
            "claim": self.claim.statement,
            "paper": self.claim.paper,
            "verdict": self.verdict,
            "draws_in_which_all_tests_hold": self.draws,
            "note": self.claim.note,
            "tests": [
                {
                    "text": answer.text,
                    "holds": list(answer.holds),
                    "values": [value if np.isfinite(value) else None for value in answer.values],
                }
                for answer in self.answers
            ],
        }


def outcomes(studies: Sequence[Study]) -> list[Outcome]:
    """Return the outcome of every claim."""
    return [outcome(claim, studies) for claim in CLAIMS]


def outcome(claim: Claim, studies: Sequence[Study]) -> Outcome:
    """Test a claim in every draw."""
    tests = [claim.test(study) for study in studies]
    answers = tuple(
        Answer(
            parts[0].text,
            tuple(float(part.value) for part in parts),
            tuple(bool(part.holds) for part in parts),
        )
        for parts in zip(*tests, strict=True)
    )
    draws = sum(bool(parts) and all(part.holds for part in parts) for parts in tests)
    return Outcome(claim, verdict([answer.share for answer in answers]), answers, draws)


def verdict(shares: Sequence[float]) -> str:
    """Return the verdict for the shares of the draws in which the tests hold.

    >>> verdict([1.0, 0.9]), verdict([1.0, 0.2]), verdict([0.5, 0.0]), verdict([])
    ('reproduced', 'partly', 'not reproduced', 'not tested')
    """
    if not shares:
        return UNTESTED
    if min(shares) >= USUALLY:
        return REPRODUCED
    return NOT if max(shares) <= SELDOM else PARTLY

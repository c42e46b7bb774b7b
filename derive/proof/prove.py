"""Verdicts on claims: one procedure for each kind of statement, timed.

A procedure returns a decision, or raises an error; what a claim's function raises is the verdict of
that claim alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from hessbound.derive.functions import catalogue
from hessbound.derive.statements.trees import NotAStatementError

from . import (
    identities,
    induction,
    inequalities,
    scalar_identities,
    scalar_inequalities,
    scalar_ranges,
)
from .deadline import TooLongError, deadline
from .faults import blame
from .numerals import long_numbers
from .statements import (
    Checked,
    Claim,
    Definition,
    Identity,
    Induction,
    Inequality,
    RangeClaim,
    ScalarIdentity,
    ScalarInequality,
)
from .verdicts import Decision, Result, Verdict

PROCEDURES: dict[type[Claim], Callable[[Any], Decision]] = {
    Definition: lambda claim: Decision(Verdict.DEFINITION, ""),
    Identity: identities.decide,
    Induction: lambda claim: induction.decide(claim, prove),
    Inequality: inequalities.decide,
    ScalarIdentity: scalar_identities.decide,
    ScalarInequality: scalar_inequalities.decide,
    RangeClaim: scalar_ranges.decide,
    Checked: lambda claim: claim.check(),
}


def prove(claim: Claim, seconds: float | None = None) -> Result:
    """Prove or refute one claim; after so many seconds, if any are given, it is unchecked.

    The result has a verdict, the method that led to it and, if the claim is refuted, a witness: the
    place where the two sides differ, their values there, and code that shows it. A claim that makes
    no sense (its sides differ in shape, say), or whose function raises an error, is unchecked, and
    its method says why, with file and line.

    >>> from dataclasses import replace
    >>> from hessbound.derive import claims
    >>> claim = claims.find("trace_squared")
    >>> prove(claim).verdict, prove(claim).method
    (<Verdict.PROVED: 'PROVED'>, 'normal form; modulo a prime at 4·3·2, 3·2·4, 2·4·3')
    >>> wrong = replace(claim, function=lambda q: (q.H.trace(), 2 * q.H.trace()))
    >>> prove(wrong).verdict, prove(wrong).witness.where
    (<Verdict.REFUTED: 'REFUTED'>, 'N=1, d=1, m=1, entry (0, 0)')
    """
    start = time.perf_counter()
    try:
        with deadline(seconds), long_numbers():
            doubt = _unproved_rules(claim)
            decision = (
                Decision(Verdict.UNCHECKED, doubt) if doubt else PROCEDURES[type(claim)](claim)
            )
            decision = _printable(decision)
    except (NotAStatementError, ValueError) as error:
        decision = Decision(Verdict.UNCHECKED, f"not a statement: {blame(error, claim.place)}")
    except TooLongError as error:
        decision = Decision(Verdict.UNCHECKED, str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever it is, the other claims still run
        decision = Decision(Verdict.UNCHECKED, blame(error, claim.place))
    seconds = time.perf_counter() - start
    return Result(
        claim,
        decision.verdict,
        decision.method,
        seconds,
        decision.witness,
        decision.steps,
        decision.slack,
    )


def _printable(decision: Decision) -> Decision:
    """Leave out a witness that cannot be written down, which would end the report on all claims."""
    try:
        str(decision.witness)
    except Exception as error:
        why = f"{decision.method}, whose values cannot be written: {error}"
        return decision._replace(method=why, witness=None)
    return decision


def _unproved_rules(claim: Claim) -> str:
    """Return what is not proved of an activation that a statement on networks rests on."""
    if not isinstance(claim, Identity | Checked) or claim.activation is None:
        return ""
    doubt = scalar_identities.unproved_rules(catalogue.load(claim.activation))
    return f"the rules of {claim.activation} fail: {doubt}" if doubt else ""

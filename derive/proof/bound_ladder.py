"""Verdicts on inequalities that users state (the third part of ``ladder``).

``inequalities`` decides; this adds file and line to what a user's function raises, refuses a
certificate that makes assumptions of its own, and makes the witness load the user's file.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from typing import Any

import sympy as sp

from . import inequalities, nonnegative
from .blame import blame, place_of
from .nonnegative import Nonnegative
from .prove import _decide
from .stated import StatedBound
from .verdicts import Decision, Verdict, Witness


@_decide.register
def _(claim: StatedBound) -> Decision:
    q = claim.setting.symbolic()
    try:
        for side in claim.function(q):
            side.poly  # noqa: B018  # a ValueError unless 1 × 1
    except ValueError as error:
        return Decision(Verdict.UNCHECKED, f"not a statement: {blame(error, claim.place)}")
    except Exception as error:  # whatever a user's function raises, the other claims still run
        return Decision(Verdict.UNCHECKED, blame(error, claim.place))
    if claim.proof is not None and (fault := _fault(claim.proof, q)):
        return Decision(Verdict.UNCHECKED, fault)
    try:
        decision = inequalities.decide(claim)
    except Exception as error:  # in numbers, where a step may not be defined
        return Decision(Verdict.UNCHECKED, blame(error, claim.place))
    if decision.witness is None:
        return decision
    return decision._replace(witness=_from_file(claim, decision.witness))


def _fault(proof: Any, q: Any) -> str:
    """Return why a generator is no certificate; "" where it may be one."""
    place = place_of(proof)
    if any(value in (nonnegative.fact, nonnegative) for value in _globals(proof)):
        return f"{place}: a certificate cannot use `fact`, which assumes what it is given"
    try:
        for step in proof(q):
            if not (
                isinstance(step, tuple) and len(step) == 2 and isinstance(step[1], Nonnegative)
            ):
                return f"{place}: a certificate yields (reason, slack), the slack made by a rule"
    except Exception as error:  # as above
        return blame(error, place)
    return ""


def _globals(function: Any) -> list[object]:
    found = inspect.getclosurevars(function)
    own = {**found.globals, **found.nonlocals, **function.__globals__}
    return [value for value in own.values() if callable(value) or inspect.ismodule(value)]


def _from_file(claim: StatedBound, witness: Witness) -> Witness:
    """Return the witness with code that finds the claim where the user states it."""
    found = f"claims.find({claim.name!r})"
    code = witness.snippet.replace("import claims\n", f"import {claim.code.partition('.')[0]}\n")
    code = re.sub(r"\b\w+=False(?:, )?", "", code)  # what the setting does not assume
    lhs, rhs = (sp.N(x, 17) if isinstance(x, sp.Float) else x for x in (witness.lhs, witness.rhs))
    return replace(witness, lhs=lhs, rhs=rhs, snippet=code.replace(found, claim.code))

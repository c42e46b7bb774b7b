"""Results as JSON for machines, and where in the paper a claim belongs (input: results)."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from hessbound.derive import claims
from hessbound.derive.proof.deadline import WRITING, TooLongError, deadline
from hessbound.derive.proof.register import PAPER
from hessbound.derive.proof.statements import Claim
from hessbound.derive.proof.verdicts import Result

from . import statements, unicode

OWN = "own"  # the section of claims that are in none of our modules


def to_json(results: Sequence[Result]) -> str:
    r"""Return the results as JSON, one object for each claim, in order.

    >>> from hessbound.derive import claims
    >>> from hessbound.derive.proof.prove import prove
    >>> (found,) = json.loads(to_json([prove(claims.find("trace"))]))
    >>> found["name"], found["verdict"], found["latex"]  # doctest: +NORMALIZE_WHITESPACE
    ('trace', 'PROVED',
     '\\operatorname{tr} H = \\operatorname{tr} H_{ww} + \\operatorname{tr} H_{AA}')
    """
    return json.dumps([to_dict(result) for result in results], ensure_ascii=False, indent=2)


def to_dict(result: Result) -> dict[str, Any]:
    """Return one result in JSON's types; the keys are always there."""
    claim, witness = result.claim, result.witness
    return {
        "name": claim.name,
        "equation": None if claim.equation == "-" else claim.equation,
        "section": section_of(claim),
        "activation": activation_of(claim),
        "statement": claim.statement,
        "latex": latex_of(claim),
        "verdict": result.verdict.value,
        "expected": claim.expected.value,
        "method": result.method,
        "seconds": round(result.seconds, 4),
        "witness": witness
        and {
            "where": witness.where,
            "lhs": str(witness.lhs),
            "rhs": str(witness.rhs),
            "snippet": witness.snippet,
        },
        "steps": [{"reason": step.reason, "formula": step.formula} for step in result.steps],
        "slack": result.slack,
    }


def latex_of(claim: Claim) -> str:
    """Return the statement as LaTeX; a user's function that cannot be written down, as text."""
    try:
        with deadline(WRITING):
            return statements.statement(claim).latex
    except (Exception, TooLongError):  # whatever a user's function does, the others are still shown
        return unicode.latex(claim.statement)


def activation_of(claim: Claim) -> str | None:
    """Return the name of the activation that a claim is about, if it is about one."""
    return getattr(claim, "activation", None)


def is_own(claim: Claim) -> bool:
    """Return whether a claim is a user's, from a file or a notebook."""
    return not claim.code.startswith(PAPER)


def section_of(claim: Claim) -> str:
    """Return the part of the paper that a claim belongs to, or "own" for a user's.

    >>> from hessbound.derive import claims
    >>> section_of(claims.find("trace_squared"))
    'traces'
    """
    homes = {name: key for key, (_, names) in _parts().items() for name in names}
    return OWN if is_own(claim) else homes.get(claim.name, OWN)


def sections() -> dict[str, str]:
    """Return the titles of all sections in the paper's order, the user's last.

    >>> sections()["traces"]
    'tr H and tr H²'
    """
    return {key: title for key, (title, _) in _parts().items()} | {OWN: "Your claims"}


@cache
def _parts() -> dict[str, tuple[str, list[str]]]:
    """Return the modules of claims, with their docstrings' first lines and their claims' names."""
    names = [info.name for info in pkgutil.iter_modules(claims.__path__)]
    found = {name: importlib.import_module(f"{claims.__name__}.{name}") for name in names}
    modules = {name: module for name, module in found.items() if hasattr(module, "CLAIMS")}
    ordered = sorted(modules.items(), key=lambda item: min(c.order for c in item[1].CLAIMS))
    return {
        key: (
            re.sub(r"\s*\(Eqs?\..*|[.:].*", "", (module.__doc__ or key).splitlines()[0]),
            [claim.name for claim in module.CLAIMS],
        )
        for key, module in ordered
    }

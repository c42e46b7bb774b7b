"""Verdicts on claims that users state, rung by rung (input: a stated claim).

An identity is PROVED where its normal forms are equal and exact numbers agree, REFUTED where exact
numbers differ. Where its function does what the algebra for all sizes cannot, it is PROVED at sizes
if the polynomials of explicit sizes are equal, SAMPLED if only exact numbers could be compared, and
UNCHECKED, with file and line, if not even they could be computed. A scalar identity that ``zero``
cannot decide is SAMPLED.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy as sp

from hessbound.derive.algebra.labels import Index
from hessbound.derive.statements.at_sizes import Entry, PolynomialQuantities, Shapes
from hessbound.derive.statements.exact import Explicit
from hessbound.derive.statements.explicit import ExplicitQuantities, Sizes, draw
from hessbound.derive.statements.symbolic import Symbolic

from .blame import blame
from .prove import CONFIRM, SEARCH, _decide, _equal
from .stated import INDICES, StatedIdentity
from .verdicts import Decision, Verdict, Witness

FURTHER = (Sizes(3, 2, 2), Sizes(4, 1, 1))  # where the small ones show nothing
AT_SIZES = (Sizes(2, 1, 2), Sizes(1, 2, 2), Sizes(3, 1, 1))
EXPLICIT_ONLY = ("array", "sizes", "seed")  # of the quantities and their matrices
EXACT_BITS = 150  # of a decimal: fewer came from a float


class NotAStatementError(ValueError):
    """The two sides cannot be compared, for any network."""


@_decide.register
def _(claim: StatedIdentity) -> Decision:
    try:
        return _climb(claim)
    except NotAStatementError as error:
        return Decision(Verdict.UNCHECKED, f"not a statement: {error}")
    except Exception as error:  # whatever a user's function raises, the other claims still run
        return Decision(Verdict.UNCHECKED, blame(error, claim.place))


def _climb(claim: StatedIdentity) -> Decision:
    doubt = _not_for_all_sizes(claim)
    sampling = _Sampling(claim)
    small: tuple[Sizes, ...] = SEARCH if doubt else CONFIRM
    if claim.activation:
        small = small[:3] if doubt else small[:1]
    further = FURTHER if doubt and not claim.activation else ()
    witness = next(sampling.differences((*small, *further), seeds=2 if doubt else 1), None)
    if witness:
        return Decision(Verdict.REFUTED, "exact numbers differ", witness)
    if not doubt:
        digits = "50 digits" if claim.activation else "exact"
        return Decision(Verdict.PROVED, f"normal form; {digits} at {_show(small)}")
    limit = "of one activation" if claim.activation else _not_at_sizes(claim)
    if not limit:
        method = f"equal polynomials at {_show(AT_SIZES)}; not for all sizes: {doubt}"
        return Decision(Verdict.PROVED_AT_SIZES, method)
    error = f"largest error {sp.N(sampling.error, 2)}" if sampling.error else "error 0"
    digits = " in 50 digits" if claim.activation else ""
    method = f"{sampling.count} draws agree{digits}, {error}; {doubt}"
    return Decision(Verdict.SAMPLED, method)


def _show(sizes: tuple[Sizes, ...]) -> str:
    return ", ".join(f"{N}·{d}·{m}" for N, d, m in sizes)


def _not_for_all_sizes(claim: StatedIdentity) -> str:
    """Return why the normal forms do not prove the claim; "" where they do."""
    q = _symbolic(claim.activation)
    indices = [Index("sample", name) for name in INDICES[: claim.samples]]
    try:
        lhs, rhs = claim.sides(q, *indices)
        return "" if q.same(lhs, rhs) else "the normal forms differ"
    except ValueError as error:
        _require_shapes(claim, blame(error, claim.place))
        return blame(error, claim.place)
    except Exception as error:  # what the algebra cannot express, the next rungs may
        if isinstance(error, AttributeError) and error.name in EXPLICIT_ONLY:
            error = TypeError(f".{error.name} exists at explicit sizes only").with_traceback(
                error.__traceback__
            )
        return blame(error, claim.place)


@cache
def _symbolic(activation: str | None) -> Symbolic:
    return Symbolic(activation)


def _require_shapes(claim: StatedIdentity, reason: str) -> None:
    """Raise NotAStatementError where the shapes do not fit at sizes that differ from each other."""
    try:
        lhs, rhs = claim.sides(Shapes(), *[0] * claim.samples)
    except ValueError:
        raise NotAStatementError(reason) from None
    except Exception:  # ones are no network, and the next rungs will tell
        return
    if lhs.array.shape != rhs.array.shape:
        raise NotAStatementError(reason)


@dataclass
class _Sampling:
    """Compares a claim's sides on exact networks and counts them."""

    claim: StatedIdentity
    count: int = 0
    error: Any = 0

    def differences(self, sizes: tuple[Sizes, ...], seeds: int) -> Iterator[Witness]:
        """Yield the entries in which the two sides differ, smallest sizes first."""
        for size, seed in itertools.product(sizes, range(seeds)):
            q = draw(*size, seed, self.claim.activation)
            for at in itertools.product(range(size.N), repeat=self.claim.samples):
                lhs, rhs = _exact_sides(self.claim, q, *at)
                self.count += 1
                for entry in itertools.product(*map(range, lhs.shape)):
                    self.error = max(self.error, abs(lhs[entry] - rhs[entry]))
                    if not _equal(lhs[entry], rhs[entry]):
                        yield _witness(self.claim, size, seed, at, entry, lhs[entry], rhs[entry])


def _exact_sides(claim: StatedIdentity, q: ExplicitQuantities, *at: int) -> tuple[Any, Any]:
    """Return the sides' arrays; an error where a number is not exact or the shapes differ."""
    lhs, rhs = (side.array for side in claim.sides(q, *at))
    if lhs.shape != rhs.shape or not lhs.size:
        msg = f"{claim.place}: the sides have shapes {lhs.shape} and {rhs.shape}"
        raise NotAStatementError(msg)
    for x in (*lhs.flat, *rhs.flat):
        if isinstance(x, float) or (isinstance(x, sp.Float) and x._prec < EXACT_BITS):
            msg = f"numbers must be exact: write Fraction(1, 10) instead of 0.1 (got {x})"
            raise TypeError(msg)
    return lhs, rhs


def _not_at_sizes(claim: StatedIdentity) -> str:
    """Return why the claim is not proved at sizes; "" where it is."""
    try:
        for sizes in AT_SIZES:
            q = PolynomialQuantities(sizes)
            for at in itertools.product(range(sizes.N), repeat=claim.samples):
                lhs, rhs = claim.sides(q, *at)
                if not _vanishes(lhs - rhs):
                    return f"the polynomials differ at {_show((sizes,))}"
    except Exception as error:  # what polynomials cannot express, samples may
        return blame(error, claim.place)
    return ""


def _vanishes(difference: Explicit) -> bool:
    entries: list[Any] = difference.array.ravel().tolist()
    return all(x.is_zero if isinstance(x, Entry) else x == 0 for x in entries)


def _witness(
    claim: StatedIdentity,
    size: Sizes,
    seed: int,
    at: tuple[int, ...],
    entry: tuple[int, ...],
    lhs: Any,
    rhs: Any,
) -> Witness:
    where = f"N={size.N}, d={size.d}, m={size.m}" + (f", samples {at}" if at else "")
    drawn = f"draw(N={size.N}, d={size.d}, m={size.m}, seed={seed}"
    drawn += f", activation={claim.activation!r})" if claim.activation else ")"
    arguments = ", ".join([drawn, *map(str, at)])
    snippet = (
        f"from hessbound.derive import {claim.code.partition('.')[0]}\n"
        "from hessbound.derive.statements.explicit import draw\n"
        f"claim = {claim.code}\n"
        f"lhs, rhs = claim.sides({arguments})\n"
        f"print(lhs.array[{entry}], rhs.array[{entry}])"
    )
    left, right = (sp.N(x, 17) if isinstance(x, sp.Float) else x for x in (lhs, rhs))
    return Witness(f"{where}, entry {entry}", left, right, snippet)

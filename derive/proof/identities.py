"""Verdicts on identities: numbers first, then normal forms.

Residues at random sizes, and for an activation balls, refute in a moment what is false; the
smallest rational network in which the sides differ is the witness. What numbers do not refute is
PROVED, for all sizes, where the normal forms are equal.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from functools import cache
from typing import Any

from flint import arb

from hessbound.derive.functions.balls import shown
from hessbound.derive.statements.draws import Network, Values
from hessbound.derive.statements.fields import BALLS, RATIONALS, RESIDUES, Field
from hessbound.derive.statements.normal import Normal
from hessbound.derive.statements.notation import NETWORK, Notation
from hessbound.derive.statements.trees import Node, walk

from .derivation import Evaluated
from .statements import Identity
from .verdicts import Decision, Verdict, Witness

SMALL, SEEDS = 4, 2  # which of the sizes of a search is looked at in exact numbers and balls


def decide(claim: Identity) -> Decision:
    """Refute an identity in numbers, or prove it by its normal form."""
    sides = claim.sides
    notation, is_third = claim.notation, any(map(_is_third, (*walk(sides.lhs), *walk(sides.rhs))))
    agree, how = _confirmed(claim, notation.third if is_third else notation.confirm)
    same = agree and normal(claim.activation, notation).same(sides.lhs, sides.rhs)
    if not same and (witness := next(_witnesses(claim), None)):
        return Decision(Verdict.REFUTED, "exact numbers differ", witness)
    if not agree:
        return Decision(Verdict.UNCHECKED, "residues differ, but no rational network was found")
    if not same and (found := derivation_differs(claim)):
        return found
    if not same:
        at = how.removeprefix("modulo a prime ")
        return Decision(Verdict.SAMPLED, f"no draw differs {at}, but the normal forms do")
    return Decision(Verdict.PROVED, f"normal form; {how}")


def _confirmed(claim: Identity, sizes: Iterable[Any]) -> tuple[bool, str]:
    """Return whether the sides agree in numbers, and in which."""
    activation, draw, small = claim.activation, claim.notation.draw, claim.notation.search[SMALL]
    drawn = [draw(size, seed, RESIDUES, activation) for seed, size in enumerate(sizes)]
    how = f"modulo a prime at {', '.join(map(str, sizes))}"
    try:
        agree = all(_agree(claim, network) for network in drawn)
    except ZeroDivisionError:  # a denominator is a multiple of the prime
        agree, how = activation is not None or _agree(claim, draw(small, 0, RATIONALS, None)), ""
    if activation:
        agree = agree and _agree(claim, draw(small, 0, BALLS, activation))
        how += f"{', ' * bool(how)}in {BALLS.name} at {small}"
    return agree, how or f"in exact numbers at {small}"


def derivation_differs(claim: Identity) -> Decision | None:
    """Refute where a side's normal form is another number than the side: the derivation is wrong.

    Of an activation's own claims nothing is asked: what is wrong for one is wrong for any.
    """
    size = claim.notation.search[SMALL]
    network = claim.notation.draw(size, 0, RATIONALS, None)
    if claim.activation is not None or not isinstance(network, Network):
        return None
    forms, numbers, sides = (
        normal(None, claim.notation),
        claim.notation.numbers(network),
        claim.sides,
    )
    evaluated, at = Evaluated(network), tuple(0 for _ in sides.symbols)
    where = dict(zip(sides.symbols, at, strict=True))
    for side in (sides.lhs, sides.rhs):
        try:
            places = {forms.index(s): n for s, n in where.items()}
            derived = evaluated.matrix(forms.read(side), places)
        except KeyError:  # a symbol that has no value in a network
            continue
        right = numbers.read(side, where).array
        for entry in itertools.product(*map(range, right.shape)):
            if RATIONALS.apart(derived[entry], right[entry]):
                pair = derived[entry], right[entry]
                witness = _witness(claim, size, 0, RATIONALS, at, entry, pair)
                code = (
                    f"from {__name__} import derivation_differs\n{claim.code}\n"
                    "print(derivation_differs(claim).witness)"
                )
                method = "the derivation is wrong: its formula, in numbers, is another number"
                return Decision(Verdict.REFUTED, method, replace(witness, snippet=code))
    return None


@cache
def normal(activation: str | None, notation: Notation = NETWORK) -> Normal:
    """Return the normal forms, those of an activation by its name."""
    return notation.normal(activation)


def _is_third(node: Node) -> bool:
    return node.op == "derived" and node.args[0] in ("third", "trace_gradient")


def _places(claim: Identity, network: Values) -> Iterator[tuple[int, ...]]:
    return itertools.product(*(range(network.sizes.of(kind)) for kind in claim.indices))


def _agree(claim: Identity, network: Values) -> bool:
    return not any(True for _ in _differences(claim, network, certain=False))


def _differences(
    claim: Identity, network: Values, *, certain: bool
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], Any, Any]]:
    """Yield indices and entry, with both values, where the sides differ; balls may only seem to."""
    numbers, field, sides = claim.notation.numbers(network), network.field, claim.sides
    with field.working():
        for at in _places(claim, network):
            where = dict(zip(sides.symbols, at, strict=True))
            lhs, rhs = (numbers.read(side, where).array for side in (sides.lhs, sides.rhs))
            for entry in itertools.product(*map(range, lhs.shape)):
                a, b = lhs[entry], rhs[entry]
                if field.apart(a, b) if certain else not field.same(a, b):
                    yield at, entry, a, b


def _witnesses(claim: Identity) -> Iterator[Witness]:
    """Yield the networks in which the two sides certainly differ, smallest sizes first."""
    field = RATIONALS if claim.activation is None else BALLS
    for size, seed in itertools.product(claim.notation.search, range(SEEDS)):
        network = claim.notation.draw(size, seed, field, claim.activation)
        for at, entry, lhs, rhs in _differences(claim, network, certain=True):
            yield _witness(claim, size, seed, field, at, entry, (lhs, rhs))


def _witness(
    claim: Identity,
    size: Any,
    seed: int,
    field: Field,
    at: tuple[int, ...],
    entry: tuple[int, ...],
    values: tuple[Any, Any],
) -> Witness:
    letters = ", ".join(
        f"{name} = {n + 1}" for name, n in zip(claim.sides.names.values(), at, strict=True)
    )
    lengths = asdict(size)
    where = ", ".join(f"{name}={n}" for name, n in lengths.items()) + (
        f", {letters}" if letters else ""
    )
    drawn = f"draw({tuple(lengths.values())}, seed={seed}"
    if field is BALLS:
        drawn += f", field=BALLS, activation={claim.activation!r}"
    arguments = ", ".join([f"{drawn})", *map(str, at)])
    snippet = (
        f"from {claim.notation.draw.__module__} import draw\n"
        + ("from hessbound.derive.statements.fields import BALLS\n" if field is BALLS else "")
        + f"{claim.code}\n"
        f"lhs, rhs = claim.at({arguments})\n"
        f"print(lhs[{entry}], rhs[{entry}])"
    )
    lhs, rhs = map(readable, values)
    return Witness(f"{where}, entry {entry}", lhs, rhs, snippet)


def readable(value: Any) -> Any:
    """Return a number for readers: 17 digits of a ball, and others as they are."""
    return shown(value) if isinstance(value, arb) else value

"""Verdicts on inductions: what holds at one layer, at every layer of a network of any depth.

An induction is PROVED only if its steps and its conclusions are, each for any activation; if each
step is one of a recursion (see ``recursions``), of which none is missing and none is without use,
and speaks of nothing but the hypothesis and the layer's own values; and if, as a check of the whole
argument, the steps applied one after the other make of every conclusion what the product rule makes
of whole networks with one, two and three hidden layers. Steps are of one sample; a conclusion may
be summed over samples, since the steps hold of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hessbound.derive.statements.layers import LayerSample
from hessbound.derive.statements.notation import LAYERS
from hessbound.derive.statements.trees import Node

from .identities import normal
from .recursions import CONCLUSIONS, RECURSION_OF, RECURSIONS, derived
from .statements import Identity, Induction
from .unrolling import compared
from .verdicts import Decision, Result, Verdict

SUM = "a sum over samples"  # what conclusions may speak of, and no step


def decide(claim: Induction, prove: Callable[[Identity], Result]) -> Decision:
    """Look at the form of the parts, prove them, and unroll the steps."""
    if fault := next(_faults(claim), ""):
        return Decision(Verdict.UNCHECKED, fault)
    for part in claim.parts:
        result = prove(part)
        if result.verdict is not Verdict.PROVED:
            verdict = Verdict.REFUTED if result.verdict is Verdict.REFUTED else Verdict.UNCHECKED
            return Decision(verdict, f"{part.name} is {result.verdict.value}", result.witness)
    for L in claim.depths:
        for what, stated, whole in compared(claim, L):
            if stated != whole:
                where = f"{what} differs from the whole network's at {L} hidden layers"
                return Decision(Verdict.REFUTED, where)
    depths = ", ".join(map(str, claim.depths))
    return Decision(Verdict.PROVED, f"steps and conclusions; unrolled at {depths} hidden layers")


def _faults(claim: Induction) -> Iterator[str]:
    """Say why the parts are no induction."""
    for part in claim.parts:
        if type(part) is not Identity or part.notation is not LAYERS:
            yield f"{part.name} is no identity of layers"
        elif part.activation is not None:
            yield f"{part.name} is claimed for {part.activation} alone"
        elif part.indices != ("sample",) and (part in claim.steps or part.indices):
            yield f"{part.name} is not claimed for one sample"
    if not claim.conclusions:
        yield "nothing is concluded"
    for step in claim.steps:
        yield from _faults_of_step(step)
    for part in claim.conclusions:
        yield from _faults_of_conclusion(part)
    given = [x for step in claim.steps for x in derived(step.sides.lhs)]
    used = {name for part in claim.conclusions for name in _recursions(part)}
    needed = [x for name in sorted(used) for x in RECURSIONS[name].steps.values()]
    if missing := [x for x in needed if x not in given]:
        yield f"there is no step of {', '.join(missing)}"
    if idle := sorted(x for x in given if x not in needed or given.count(x) > 1):
        yield f"no conclusion rests on the step of {', '.join(idle)}"
    if "back" in used and all(part.sides.lhs.op != "derived" for part in _ends(claim)):
        yield "the recursion of T rests on tr H = T, which is not among the conclusions"


def _ends(claim: Induction) -> Iterator[Identity]:
    return (part for part in claim.conclusions if derived(part.sides.lhs) == {"end"})


def _recursions(part: Identity) -> Iterator[str]:
    for name in derived(part.sides.lhs) & CONCLUSIONS.keys():
        yield from CONCLUSIONS[name].recursions


def _faults_of_step(step: Identity) -> Iterator[str]:
    lhs, rhs, _ = step.sides
    if lhs.op != "derived" or lhs.args[0] not in RECURSION_OF:
        yield f"{step.name} is no step: it does not begin with what is derived of the next layer"
        return
    recursion = RECURSIONS[RECURSION_OF[lhs.args[0]]]
    known = recursion.own | recursion.steps.keys()
    yield from _strange(step, rhs, known, given=RECURSION_OF[lhs.args[0]] == "back")


def _faults_of_conclusion(part: Identity) -> Iterator[str]:
    lhs, rhs, _ = part.sides
    names = derived(lhs)
    if len(names) != 1 or not names <= CONCLUSIONS.keys():
        yield f"{part.name} is no conclusion: its left side is not about one of {[*CONCLUSIONS]}"
        return
    (name,) = names
    known, given = CONCLUSIONS[name].known | {SUM}, "back" in CONCLUSIONS[name].recursions
    yield from _strange(part, rhs, known, given=given)
    yield from _strange(part, lhs, known | names, given=given)


def _strange(part: Identity, side: Node, known: frozenset[str], *, given: bool) -> Iterator[str]:
    """Say what a side speaks of that is not known.

    M and λ are ``given``, to any function of them, or those of z: ``tangents`` and ``laplacian``.
    """
    if strange := sorted({*_named(side, given)} - known):
        yield f"{part.name} uses {', '.join(strange)}, which the hypothesis does not speak of"


def _named(tree: Node, given: bool) -> Iterator[str]:
    """Yield the names of all quantities; a name that is put on something, if it means that."""
    match tree.op, tree.args:
        case "named", (name, meaning):
            yield name if not given and _means(name, meaning) else f"another meaning of {name}"
            return
        case "of", (("M" | "lam") as name, *_) if not given:
            yield f"{name} for {'tangents' if name == 'M' else 'laplacian'}"
            return
        case "over", (symbols, _):
            yield SUM if all(x.kind == "sample" for x in symbols) else "a sum over units"
        case (("quantity" | "of" | "free" | "derived" | "size" | "reciprocal"), (name, *_)):
            yield name
            return
    for x in tree.args:
        for part in x if type(x) is tuple else (x,):
            if isinstance(part, Node):
                yield from _named(part, given)


def _means(name: object, meaning: Node) -> bool:
    """Return whether a name is put on what it stands for, of one sample."""
    if name not in ("M", "lam") or len(meaning.free) != 1:
        return False
    sample = LayerSample(*meaning.free)
    own = sample.tangents if name == "M" else sample.laplacian
    return meaning.shape == own.shape and normal(None, LAYERS).same(meaning, own)

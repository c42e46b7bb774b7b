"""Verdicts on inductions: what holds at one layer, at every layer of a network of any depth.

An induction is PROVED only if its base, its steps and its conclusions are, if each step yields what
the hypothesis says of the layer above, of the layer here, from nothing but the hypothesis and the
layer's own values; and if, as a check of the whole argument, the steps applied one after the other
equal what the product rule makes of whole networks with one, two and three hidden layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from hessbound.derive.algebra.labels import SYMMETRIC
from hessbound.derive.algebra.matrices import Matrix, scalar
from hessbound.derive.algebra.sides import Shape
from hessbound.derive.statements import unrolled
from hessbound.derive.statements.layers import AT_SAMPLE
from hessbound.derive.statements.trees import Node

from .identities import normal
from .statements import Identity, Induction
from .verdicts import Decision, Result, Verdict

OWN = frozenset({"h", "f1", "f2", "f3", "W", "on_beta", "on_W"})  # beside the hypothesis
NEXT = {"here": "above", "above": "here"}
LEAST = {1, 2}  # hidden layers: at 2 a step follows a step

State = dict[str, Matrix]


def decide(claim: Induction, prove: Callable[[Identity], Result]) -> Decision:
    """Prove the parts, look at the form of the steps, and unroll them."""
    for part in claim.parts:
        result = prove(part)
        if result.verdict is not Verdict.PROVED:
            verdict = Verdict.REFUTED if result.verdict is Verdict.REFUTED else Verdict.UNCHECKED
            return Decision(verdict, f"{part.name} is {result.verdict.value}", result.witness)
    if fault := next(_faults(claim), ""):
        return Decision(Verdict.UNCHECKED, fault)
    for L in claim.depths:
        compared = [
            (what, stated == derived) for what, stated, derived in claim.unroll(Chain(claim, L))
        ]
        if not compared:
            return Decision(Verdict.UNCHECKED, f"nothing is compared at {L} hidden layers")
        for what, same in compared:
            if not same:
                where = f"{what} differs from the whole network's at {L} hidden layers"
                return Decision(Verdict.REFUTED, where)
    depths = ", ".join(map(str, claim.depths))
    return Decision(Verdict.PROVED, f"base and step; unrolled at {depths} hidden layers")


def _faults(claim: Induction) -> Iterator[str]:
    """Say why steps do not lead from the hypothesis to the hypothesis, or are not unrolled."""
    if LEAST - {*claim.depths}:
        yield "the steps are not unrolled at 1 and 2 hidden layers"
    known: frozenset[str] = frozenset()
    for steps in claim.steps:
        known |= steps.keys()  # later steps may use what earlier ones lead to
        for name, step in steps.items():
            yield from _faults_of(name, step, known)


def _faults_of(name: str, step: Identity, hypothesis: frozenset[str]) -> Iterator[str]:
    lhs, rhs, _ = step.sides
    if lhs.op != "derived":
        yield f"{step.name} does not begin with what is derived"
    if strange := sorted({*_named(rhs, hypothesis)} - hypothesis - OWN):
        yield f"{step.name} uses {', '.join(strange)}, which the hypothesis does not speak of"
    if name not in AT_SAMPLE:
        yield f"{name} is no quantity of a layer"
    elif _moved(AT_SAMPLE[name]) != lhs.shape:
        yield f"{step.name} yields a matrix {lhs.shape}, and {name} is {AT_SAMPLE[name]}"
    if name in SYMMETRIC and not normal(None, step.notation).same(rhs, rhs.T):
        yield f"{step.name} yields a matrix that is not symmetric, as {name} is"


def _named(tree: Node, hypothesis: frozenset[str]) -> Iterator[str]:
    """Yield the names of all quantities; what the hypothesis names is not looked into."""
    match tree.op, tree.args:
        case "named", (str() as name, _) if name in hypothesis:
            yield name
            return
        case (("quantity" | "of" | "free" | "derived" | "size" | "reciprocal"), (name, *_)):
            yield name
            return
    for x in tree.args:
        for part in x if type(x) is tuple else (x,):
            if isinstance(part, Node):
                yield from _named(part, hypothesis)


def _moved(shape: Shape) -> Shape:
    """Return the shape of the same quantity on the other side of the weights."""
    return Shape(*(tuple(tuple(NEXT.get(x, x) for x in block) for block in s) for s in shape))


class Chain:
    """The steps of a claim one after the other, in a network with L hidden layers."""

    def __init__(self, claim: Induction, L: int) -> None:
        self.steps, self.L = claim.steps, L
        self.parts = {part.name: part for part in claim.parts}

    def read(self, name: str, layers: Mapping[str, int], state: State) -> Matrix:
        """Return what a part of the claim states, its right side, of some layers."""
        found: Matrix = unrolled.Unrolled(layers, state).read(self.parts[name].sides.rhs)
        return found

    def down(
        self, recursion: int, top: State, further: Mapping[int, State] | None = None
    ) -> dict[int, State]:
        """Return the state above each layer, from the loss down; ``further`` is more of each."""
        states = {self.L + 1: top}
        for n in range(self.L, 0, -1):
            state = {**self.own(n), **states[n + 1], **(further or {}).get(n, {})}
            states[n] = self.applied(recursion, n, state)
        return states

    def up(self, recursion: int, bottom: State) -> dict[int, State]:
        """Return the state at each layer, from the inputs, which are layer 0, up."""
        states = {0: bottom}
        for n in range(self.L + 1):
            states[n + 1] = self.applied(recursion, n, {**self.own(n), **states[n]})
        return states

    def applied(self, recursion: int, n: int, state: State) -> State:
        """Apply the steps of one recursion between layer n and the next."""
        layers = {"here": n, "above": n + 1}
        steps = self.steps[recursion]
        return {name: self.read(step.name, layers, state) for name, step in steps.items()}

    def own(self, n: int) -> State:
        """Return a layer's own values, and the weights above it."""
        trained = dict.fromkeys(("on_beta", "on_W"), scalar(1))
        values = unrolled.values(n, "h", "f1", "f2", "f3")
        return {**values, "W": unrolled.weights(n + 1), **trained}

"""Verdicts on inductions: what holds at one layer, at every layer of a network of any depth.

An induction is PROVED only if its steps and its conclusions are, each for any activation; if each
step is one of a recursion (see ``recursions``), of which none is missing and none is without use,
and speaks of nothing but the hypothesis and the layer's own values; and if, as a check of the whole
argument, the steps applied one after the other make of every conclusion what the product rule makes
of whole networks with one, two and three hidden layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from hessbound.derive.algebra.matrices import COL, ROW, Matrix, indices, scalar, symbol
from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.algebra.sides import ONE
from hessbound.derive.model.deep import SAMPLE, Deep, kind
from hessbound.derive.statements import unrolled
from hessbound.derive.statements.layers import LayerSample
from hessbound.derive.statements.notation import LAYERS
from hessbound.derive.statements.trees import Node, Symbol

from .identities import normal
from .recursions import CONCLUSIONS, RECURSION_OF, RECURSIONS, derived
from .statements import Identity, Induction
from .verdicts import Decision, Result, Verdict

State = Mapping[str, Matrix]


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
        elif part.indices != ("sample",):
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
    yield from _strange(step, rhs, recursion.own | recursion.steps.keys())


def _faults_of_conclusion(part: Identity) -> Iterator[str]:
    lhs, rhs, _ = part.sides
    names = derived(lhs)
    if len(names) != 1 or not names <= CONCLUSIONS.keys():
        yield f"{part.name} is no conclusion: its left side is not about one of {[*CONCLUSIONS]}"
        return
    (name,) = names
    yield from _strange(part, rhs, CONCLUSIONS[name].known)
    yield from _strange(part, lhs, CONCLUSIONS[name].known | names)


def _strange(part: Identity, side: Node, known: frozenset[str]) -> Iterator[str]:
    """Say what a side speaks of that is not known."""
    if strange := sorted({*_named(side, part.sides.symbols[0])} - known):
        yield f"{part.name} uses {', '.join(strange)}, which the hypothesis does not speak of"


def _named(tree: Node, i: Symbol) -> Iterator[str]:
    """Yield the names of all quantities; a name that is put on something, if it means that."""
    match tree.op, tree.args:
        case "named", (name, meaning):
            own = {"M": LayerSample(i).tangents, "lam": LayerSample(i).laplacian}
            same = (
                isinstance(name, str)
                and name in own
                and meaning.shape == own[name].shape
                and normal(None, LAYERS).same(meaning, own[name])
            )
            yield name if same else f"another meaning of {name}"
            return
        case "over", _:
            yield "a sum over an index"
        case (("quantity" | "of" | "free" | "derived" | "size" | "reciprocal"), (name, *_)):
            yield name
            return
    for x in tree.args:
        for part in x if type(x) is tuple else (x,):
            if isinstance(part, Node):
                yield from _named(part, i)


class Place(NamedTuple):
    """Layers of a network, what is known there, and what is derived there of the whole."""

    what: str
    layers: Mapping[str, int]
    state: State
    whole: State


def compared(claim: Induction, L: int) -> Iterator[tuple[str, Matrix, Matrix]]:
    """Yield both sides of each conclusion at every place of a network with L hidden layers.

    The right side is read in what the steps lead to, the left one in what the product rule makes of
    the whole network.
    """
    chain = Chain(claim, L)
    for part in claim.conclusions:
        (name,) = derived(part.sides.lhs)
        for place in getattr(chain, name)():
            read = unrolled.Unrolled(place.layers, {**place.state, **place.whole}).read
            yield f"{part.name} of {place.what}", read(part.sides.rhs), read(part.sides.lhs)


class Chain:
    """The steps of a claim one after the other, in a network with L hidden layers.

    A method with the name of what is derived yields the places where conclusions about it hold.
    """

    def __init__(self, claim: Induction, L: int) -> None:
        self.L, self.whole = L, Deep(L)
        self._steps = {step.sides.lhs.args[0]: step.sides.rhs for step in claim.steps}

    def own_hessian(self) -> Iterator[Place]:
        """Yield every layer, with its block of the Hessian."""
        for n in self.whole.layers:
            layers, state = _neighbours(n), {**_own(n - 1), **self._down[n]}
            yield Place(f"layer {n}", layers, state, {"own_hessian": self.whole.hessian(n, n)})

    def pair(self) -> Iterator[Place]:
        """Yield every two layers, with theirs."""
        for n in self.whole.layers:
            D = unrolled.values(n, "f1")["f1"].diag()
            for later in range(n + 1, self.L + 2):
                layers = {"below": n - 1, "here": n, "before": later - 1, "above": later}
                state = {
                    "a": unrolled.values(n - 1, "h")["h"],
                    "phi": unrolled.values(later - 1, "h")["h"],
                    "t1": unrolled.values(later, "f1")["f1"],
                    "V": unrolled.weights(later),
                    "D": D,
                    **self._down[later],
                }
                block = {"pair": self.whole.hessian(later, n)}
                yield Place(f"layers {later} and {n}", layers, state, block)
                D = self._applied("across", layers, state)["D"]

    def end(self) -> Iterator[Place]:
        """Yield the outputs, with the trace of the whole Hessian."""
        top = self.L + 1
        loss, trace = _loss(self.L), sum((self.whole.trace(n) for n in self.whole.layers), Poly())
        state = {"e": loss["g"], "S": loss["B"], **self._up[top]}
        yield Place("the whole", {"here": top}, state, {"end": scalar(trace)})

    def by_biases(self) -> Iterator[Place]:
        """Yield every layer, with the slope of that trace by its biases."""
        for n in self.whole.layers:
            slope = self.whole.trace_gradient(n).select(slice(1), slice(1))
            yield self._in_trace(n, "by_biases", slope)

    def by_weights(self) -> Iterator[Place]:
        """Yield every layer, with the slope of that trace by its weights."""
        for n in self.whole.layers:
            slope = self.whole.trace_gradient(n).select(slice(1, 2), slice(1))
            yield self._in_trace(n, "by_weights", _like_weights(slope))

    def _in_trace(self, n: int, name: str, slope: Matrix) -> Place:
        state = {**_own(n - 1), **self._up[n - 1], **self._back[n]}
        return Place(f"layer {n}", _neighbours(n), state, {name: slope})

    @cached_property
    def _down(self) -> dict[int, State]:
        return self._from_the_loss("down", _loss(self.L), {})

    @cached_property
    def _up(self) -> dict[int, State]:
        """M and λ of each layer; no parameter moves the inputs, which are layer 0."""
        side = ((kind(0),),)
        states: dict[int, State] = {
            0: {
                "M": Matrix(side, side, {(0, 0): Poly()}),
                "lam": Matrix(side, ONE, {(0, 0): Poly()}),
            }
        }
        for n in self.whole.layers:
            state = {**_own(n - 1), **states[n - 1]}
            states[n] = self._applied("up", _neighbours(n), state)
        return states

    @cached_property
    def _back(self) -> dict[int, State]:
        top = self._up[self.L + 1]
        loss = {**_loss(self.L), "t": self.whole.outputs(top["M"], top["lam"])}
        return self._from_the_loss("back", loss, self._up)

    def _from_the_loss(
        self, recursion: str, loss: State, further: Mapping[int, State]
    ) -> dict[int, State]:
        """Return the state above each layer; ``further`` is what else is known of layers."""
        states: dict[int, State] = {self.L + 1: loss}
        for n in range(self.L, 0, -1):
            state = {**_own(n), **states[n + 1], **further.get(n, {})}
            states[n] = self._applied(recursion, _neighbours(n + 1), state)
        return states

    def _applied(self, recursion: str, layers: Mapping[str, int], state: State) -> State:
        """Apply the steps of one recursion."""
        read = unrolled.Unrolled(layers, state).read
        steps = RECURSIONS[recursion].steps
        return {name: read(self._steps[own]) for name, own in steps.items()}


def _neighbours(n: int) -> dict[str, int]:
    return {"here": n - 1, "above": n}


def _own(n: int) -> dict[str, Matrix]:
    """Return a layer's own values, and the weights above it; all is trained."""
    trained = dict.fromkeys(("on_beta", "on_W"), scalar(1))
    values = unrolled.values(n, "h", "f1", "f2", "f3")
    return {**values, "W": unrolled.weights(n + 1), **trained}


def _loss(L: int) -> State:
    """Return what the loss is to the last layer."""
    top = kind(L + 1)
    return {"g": symbol("e", top, None, SAMPLE), "B": symbol("S", top, top, SAMPLE)}


def _like_weights(column: Matrix) -> Matrix:
    """Return what belongs to vec W as a matrix like W."""
    ((below, above),) = column.rows
    (row,), (col,) = indices((above,), ROW), indices((below,), COL)
    return Matrix(((above,),), ((below,),), {(0, 0): column.on(0, 0, (col, row), ())})

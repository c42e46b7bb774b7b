"""The steps of an induction one after the other, beside the product rule over whole networks.

Nothing of it is a claim's own: what is known of a network, where conclusions hold and what they are
compared with is fixed here.
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
from hessbound.derive.statements.trees import Node

from .recursions import RECURSIONS, SQUARES, derived, squared, total
from .statements import Identity, Induction

State = Mapping[str, Matrix]


class Place(NamedTuple):
    """Layers of a network, what is known there, and what is derived there of the whole."""

    what: str
    layers: Mapping[str, int]
    state: State
    whole: State


def compared(claim: Induction, L: int) -> Iterator[tuple[str, Matrix, Matrix]]:
    """Yield both sides of each conclusion at every place of a network with L hidden layers.

    The right side is read in what the steps lead to, the left one in what the product rule makes of
    the whole network. So does tr H² of it, where that follows from what is concluded.
    """
    chain, squares = Chain(claim, L), dict[str, Matrix]()
    for part in claim.conclusions:
        (name,) = derived(part.sides.lhs)
        for place in getattr(chain, name)():
            read = _reader(part, place.layers, {**place.state, **place.whole})
            stated = read(part.sides.rhs)
            yield f"{part.name} of {place.what}", stated, read(part.sides.lhs)
            if squared(part.sides.lhs) == name:
                squares[place.what] = stated * SQUARES[name]
    if total(claim.conclusions):
        stated = sum(squares.values(), scalar(0))
        yield "tr H² of the whole", stated, scalar(chain.whole.trace_squared())


def _reader(part: Identity, layers: Mapping[str, int], state: State) -> Callable[[Node], Matrix]:
    """Return what reads a side of a part at some layers, at the index i if it is of one sample."""
    found = unrolled.Unrolled(layers, state)
    found.name(part.sides.names)
    return found.read


class Chain:
    """The steps of a claim one after the other, in a network with L hidden layers.

    A method with the name of what is derived yields the places where conclusions about it hold.
    """

    def __init__(self, claim: Induction, L: int) -> None:
        self.L, self.whole = L, Deep(L)
        self._steps = {step.sides.lhs.args[0]: step for step in claim.steps}

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
        steps = {name: self._steps[own] for name, own in RECURSIONS[recursion].steps.items()}
        return {name: _reader(x, layers, state)(x.sides.rhs) for name, x in steps.items()}


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

"""What is stated of one layer, read at a layer of a whole network: an interpreter of trees.

The recursions of a claim are applied layer by layer; what comes out can be compared with what is
derived of the network at once (see ``model.deep``).
"""

from __future__ import annotations

from collections.abc import Mapping

from hessbound.derive.algebra.matrices import Matrix, symbol
from hessbound.derive.algebra.sides import Shape, Side
from hessbound.derive.model import deep
from hessbound.derive.model.deep import SAMPLE

from .interpreter import Places
from .normal import Normal
from .trees import Node, NotAStatementError


class Unrolled(Normal):
    """The normal forms of trees, for one choice of layers and of what is known there.

    ``layers`` are the numbers of the layers that the kinds of indices stand for; ``state`` holds
    what the quantities are, by their names, those of a sample at the index i.

    >>> from .layers import Layers
    >>> from .trees import binders
    >>> (i,), q = binders(1), Layers()
    >>> step = Unrolled({"here": 1, "above": 2}, {"W": weights(2), **values(1, "h")})
    >>> step.name({i: "i"})
    >>> print(step.read(q.W @ q.at(i).h).entries[0, 0])
    Σ_k(W@2[row,k] h@1[i,k])
    """

    def __init__(self, layers: Mapping[str, int], state: Mapping[str, Matrix]) -> None:
        super().__init__()
        self.layers, self.state = layers, state

    def on_quantity(self, node: Node, at: Places) -> Matrix:
        """Read weights."""
        return self.state[node.args[0]]

    def on_of(self, node: Node, at: Places) -> Matrix:
        """Read what is known of a sample."""
        return self._of(node.args[0], node)

    def on_named(self, node: Node, at: Places) -> Matrix:
        """Read what is known of a sample under a name."""
        return self._of(node.args[0], node)

    def on_derived(self, node: Node, at: Places) -> Matrix:
        """Read what is known to be derived, of a sample."""
        return self._of(node.args[0], node)

    def _of(self, name: str, node: Node) -> Matrix:
        (i,) = node.free
        return self.state[name].at_samples(i=self.index(i))

    def on_over(self, node: Node, at: Places) -> Matrix:
        """Read a sum over samples; the numbers of a layer's units are not known by kind."""
        symbols, _ = node.args
        if any(s.kind != SAMPLE.kind for s in symbols):
            msg = f"{node.place}: what holds at a layer is summed over samples alone"
            raise NotAStatementError(msg)
        return super().on_over(node, at)

    def on_ones(self, node: Node, at: Places) -> Matrix:
        """Read ones, of these layers."""
        return super().on_ones(self._moved(node), at)

    def on_zeros(self, node: Node, at: Places) -> Matrix:
        """Read zeros, of these layers."""
        return super().on_zeros(self._moved(node), at)

    def on_eye(self, node: Node, at: Places) -> Matrix:
        """Read an identity matrix, of these layers."""
        return super().on_eye(self._moved(node), at)

    def _moved(self, node: Node) -> Node:
        shape = Shape(*map(self._side, node.shape))
        return Node(node.op, node.args, shape, node.free, node.place)

    def _side(self, side: Side) -> Side:
        return tuple(tuple(deep.kind(self.layers[x]) for x in block) for block in side)


def values(n: int, *names: str) -> dict[str, Matrix]:
    """Return quantities of one layer, columns of sample i: h, f1, f2, f3."""
    return {x: symbol(deep.name(x, n), deep.kind(n), None, SAMPLE) for x in names}


def weights(n: int) -> Matrix:
    """Return the weights of a layer."""
    return symbol(deep.name("W", n), deep.kind(n), deep.kind(n - 1))

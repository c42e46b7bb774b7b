"""What is stated of a layer, said of the network with one hidden layer: an interpreter of trees.

Its values are trees again, in that network's quantities. There the biases of the hidden layer are
weights of x̄ = [1; x], and x alone has no name: [1; x] is read as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hessbound.derive.algebra.sides import SCALAR

from . import trees
from .interpreter import Interpreter, Places
from .trees import Node, Symbol

Quantity = Callable[[Symbol], Node]  # of a sample


class OneLayer(Interpreter):
    r"""Trees on layers as trees on the network with one hidden layer.

    ``weights`` and ``sample`` are what quantities are by their names; ``bars`` is what [1; x] is,
    by the name of x. What lies above is the one output, and its identity matrix is 1. ValueError
    for what has no rule, KeyError for what has no meaning there.

    Examples
    --------
    >>> from .latex import Latex
    >>> from .layers import Layers
    >>> from .network import Quantities
    >>> (i,), q, layers = trees.binders(1), Quantities(), Layers()
    >>> output = OneLayer({"W": q.b.T}, {"f1": lambda i: q.at(i).f1, "g": lambda i: q.at(i).e}, {})
    >>> slope = output.read(layers.at(i).f1 * (layers.W.T @ layers.at(i).g), {i: i})
    >>> print(Latex().read(slope, {i: "i"}).latex)
    {f'}_{i} \circ b e_{i}
    """

    def __init__(
        self,
        weights: Mapping[str, Node],
        sample: Mapping[str, Quantity],
        bars: Mapping[str, Quantity],
    ) -> None:
        super().__init__()
        self.weights, self.sample, self.bars = weights, sample, bars

    def on_number(self, node: Node, at: Places) -> Node:
        """Keep a number."""
        return node

    def on_quantity(self, node: Node, at: Places) -> Node:
        """Read weights."""
        return self.weights[node.args[0]]

    def on_of(self, node: Node, at: Places) -> Node:
        """Read a quantity of a sample."""
        name, i = node.args
        return self.sample[name](at[i])

    def on_named(self, node: Node, at: Places) -> Node:
        """Read what has a name, of a sample, by that."""
        (i,) = node.free
        return self.sample[node.args[0]](at[i])

    def on_eye(self, node: Node, at: Places) -> Node:
        """Read the identity matrix of the output."""
        return trees.node(1)

    def on_blocks(self, node: Node, at: Places) -> Node:
        """Read a matrix of blocks, [1; x] as a whole."""
        match node.args:
            case ((Node(op="ones", shape=one),), (Node(op="of", args=(name, i)),)) if (
                one == SCALAR and name in self.bars
            ):
                return self.bars[name](at[i])
        return trees.blocks([[self.read(part, at) for part in row] for row in node.args])

    def on_over(self, node: Node, at: Places) -> Node:
        """Read a sum over samples."""
        symbols, body = node.args
        return trees.bind(symbols, self.read(body, {**at, **{s: s for s in symbols}}))

"""Reading a tree: one rule for each operation, and values of nodes kept.

The operations are those of what is read into (normal forms, arrays of numbers, formulas); an
interpreter adds what the leaves mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .trees import Node, Symbol, require_plain

Places = Mapping[Symbol, Any]  # what symbols stand for
KEPT = 2  # values with more free symbols than this are not kept


class Interpreter:
    """Reads trees into values that have ``+ * @ **``, ``.T``, ``.kron()`` and so on."""

    def __init__(self) -> None:
        self._kept: dict[Any, Any] = {}

    def read(self, node: Node, at: Places | None = None) -> Any:
        """Return the value of a node, ``at`` telling what symbols that are free in it stand for.

        ValueError, with the line, for an operation that there is no rule for.
        """
        at = at or {}
        if type(node) is not Node:
            msg = f"a tree is made of nodes, got {node!r}"
            raise TypeError(msg)
        if len(node.free) > KEPT:
            return self._read(node, at)
        key = (node, *(at[s] for s in node.free))  # a node yields its symbols in one order
        if key not in self._kept:
            self._kept[key] = self._read(node, at)
        return self._kept[key]

    def _read(self, node: Node, at: Places) -> Any:
        require_plain(node)
        rule = getattr(self, f"on_{node.op}", None)
        if rule is None:
            msg = f"{node.place}: there is no rule for {node.op!r}"
            raise ValueError(msg)
        return rule(node, at)

    def _both(self, node: Node, at: Places) -> tuple[Any, Any]:
        first, second = node.args
        return self.read(first, at), self.read(second, at)

    def on_add(self, node: Node, at: Places) -> Any:
        """Read a sum."""
        first, second = self._both(node, at)
        return first + second

    def on_times(self, node: Node, at: Places) -> Any:
        """Read a product entry by entry."""
        first, second = self._both(node, at)
        return first * second

    def on_matmul(self, node: Node, at: Places) -> Any:
        """Read a product of matrices."""
        first, second = self._both(node, at)
        return first @ second

    def on_kron(self, node: Node, at: Places) -> Any:
        """Read a Kronecker product."""
        first, second = self._both(node, at)
        return first.kron(second)

    def on_power(self, node: Node, at: Places) -> Any:
        """Read a power entry by entry."""
        base, n = node.args
        return self.read(base, at) ** n

    def on_transpose(self, node: Node, at: Places) -> Any:
        """Read a transpose."""
        return self.read(node.args[0], at).T

    def on_trace(self, node: Node, at: Places) -> Any:
        """Read a trace."""
        return self.read(node.args[0], at).trace()

    def on_sum(self, node: Node, at: Places) -> Any:
        """Read the sum of all entries."""
        return self.read(node.args[0], at).sum()

    def on_diag(self, node: Node, at: Places) -> Any:
        """Read a diagonal matrix."""
        return self.read(node.args[0], at).diag()

    def on_diagonal(self, node: Node, at: Places) -> Any:
        """Read the diagonal of a matrix."""
        return self.read(node.args[0], at).diagonal()

    def on_off(self, node: Node, at: Places) -> Any:
        """Read a matrix without its diagonal."""
        return self.read(node.args[0], at).without_diagonal()

    def on_named(self, node: Node, at: Places) -> Any:
        """Read what a name means."""
        _, meaning = node.args
        return self.read(meaning, at)

"""Reading a tree: one rule for each operation, and values of nodes kept.

The operations are those of what is read into (normal forms, arrays of numbers, formulas); an
interpreter adds what the leaves mean.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from .trees import Node, Symbol

Places = Mapping[Symbol, Any]  # what symbols stand for
OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "times": operator.mul,
    "matmul": operator.matmul,
    "power": operator.pow,
    "transpose": operator.attrgetter("T"),
    "kron": lambda a, b: a.kron(b),
    "trace": operator.methodcaller("trace"),
    "sum": operator.methodcaller("sum"),
    "diag": operator.methodcaller("diag"),
    "diagonal": operator.methodcaller("diagonal"),
    "off": operator.methodcaller("without_diagonal"),
}
PLAIN = (Node, Symbol, str, int, Fraction, tuple)
KEPT = 2  # values with more free symbols than this are not kept


def _require_plain(node: Node) -> None:
    """Raise an error for a subclass of what trees are made of: it could say now this, now that."""
    if type(node) is not Node or not all(type(x) in PLAIN for x in node.args):
        msg = f"a tree is made of nodes, names and numbers, got {node!r}"
        raise TypeError(msg)


class Interpreter:
    """Reads trees into values that have ``+ * @ **``, ``.T``, ``.kron()`` and so on."""

    def __init__(self) -> None:
        self._kept: dict[Any, Any] = {}

    def read(self, node: Node, at: Places | None = None) -> Any:
        """Return the value of a node, ``at`` telling what symbols that are free in it stand for.

        ValueError, with the line, for an operation that there is no rule for.
        """
        at = at or {}
        _require_plain(node)
        if len(node.free) > KEPT:
            return self._read(node, at)
        key = (node, *(at[s] for s in node.free))  # a node yields its symbols in one order
        if key not in self._kept:
            self._kept[key] = self._read(node, at)
        return self._kept[key]

    def _read(self, node: Node, at: Places) -> Any:
        if node.op in OPERATIONS:
            args = (self.read(x, at) if isinstance(x, Node) else x for x in node.args)
            return OPERATIONS[node.op](*args)
        rule = getattr(self, f"on_{node.op}", None)
        if rule is None:
            msg = f"{node.place}: there is no rule for {node.op!r}"
            raise ValueError(msg)
        return rule(node, at)

    def on_named(self, node: Node, at: Places) -> Any:
        """Read what a name means."""
        _, meaning = node.args
        return self.read(meaning, at)

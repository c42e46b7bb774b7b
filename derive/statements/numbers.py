"""Statements in numbers of any field: an interpreter of trees (the prover's witness)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from hessbound.derive.algebra.sides import Shape

from .arrays import Array, Tensor, one_by_one
from .draws import Network, Values, filled
from .interpreter import Interpreter, Places
from .jets import Jet, variables
from .network import HIDDEN, OUTPUT
from .trees import Node


class Numbers(Interpreter):
    """The values that trees have in one network; symbols stand for numbers from 0 on.

    Every derived quantity comes from jets (see ``draws``), so that nothing here shares a formula
    with the derivation.

    >>> from .draws import Sizes, draw
    >>> from .network import Quantities
    >>> q, numbers = Quantities(), Numbers(draw(Sizes(N=3, d=1, m=2)))
    >>> H = numbers.read(q.H).array
    >>> H.shape, bool((H == H.T).all())
    ((7, 7), True)
    """

    def __init__(self, values: Values) -> None:
        super().__init__()
        self.values, self.lengths, self.field = values, values.sizes, values.field
        self._arrays = {**_arrays(values), **values.known}

    @property
    def network(self) -> Network:
        """The network that derivatives are of; TypeError where there is none."""
        if not isinstance(self.values, Network):
            msg = "these numbers belong to no network"
            raise TypeError(msg)
        return self.values

    def on_number(self, node: Node, at: Places) -> Array:
        """Read a rational number."""
        return one_by_one(self.field.of(Fraction(*node.args)))

    def on_size(self, node: Node, at: Places) -> Array:
        """Read N, d, m or P."""
        return one_by_one(self.field.of(self.lengths.named(node.args[0])))

    def on_reciprocal(self, node: Node, at: Places) -> Array:
        """Read 1/N, 1/d, 1/m or 1/P."""
        return one_by_one(1 / self.field.of(self.lengths.named(node.args[0])))

    def on_quantity(self, node: Node, at: Places) -> Array:
        """Read an array of the network."""
        return Array(self._arrays[node.args[0]])

    def on_of(self, node: Node, at: Places) -> Array:
        """Read what such an array has for one sample."""
        name, i = node.args
        return Array(self._arrays[name][at[i]].reshape(self._lengths(node.shape)))

    def on_free(self, node: Node, at: Places) -> Array:
        """Read an arbitrary matrix."""
        return Array(self.values.free(node.args[0], self._lengths(node.shape)))

    def on_ones(self, node: Node, at: Places) -> Array:
        """Read ones."""
        return self._full(node.shape, 1)

    def on_zeros(self, node: Node, at: Places) -> Array:
        """Read zeros."""
        return self._full(node.shape, 0)

    def on_eye(self, node: Node, at: Places) -> Array:
        """Read an identity matrix."""
        return self._full(node.shape, 1) + -1 * self._full(node.shape, 1).without_diagonal()

    def _full(self, shape: Shape, value: int) -> Array:
        return Array(filled(self._lengths(shape), lambda: self.field.of(value)))

    def _lengths(self, shape: Shape) -> tuple[int, int]:
        return self.lengths.length(shape.rows), self.lengths.length(shape.cols)

    def on_blocks(self, node: Node, at: Places) -> Array:
        """Read a matrix of blocks."""
        return Array(np.block([[self.read(part, at).array for part in row] for row in node.args]))

    def on_row(self, node: Node, at: Places) -> Array:
        """Read the rows that have an index."""
        matrix, k = node.args
        (block,) = matrix.shape.rows
        places = np.arange(self.lengths.block(block)).reshape([self.lengths.of(x) for x in block])
        kept = places.take(at[k], axis=block.index(k.kind)).ravel()
        return Array(self.read(matrix, at).array[kept])

    def on_part(self, node: Node, at: Places) -> Array:
        """Read a part of a matrix in θ's shape."""
        matrix, row, col = node.args
        slices = {**self.network.slices(), "1": slice(0, 1)}
        return Array(self.read(matrix, at).array[slices[row], slices[col]])

    def on_over(self, node: Node, at: Places) -> Array:
        """Read a sum over indices."""
        symbols, body = node.args
        ranges = (range(self.lengths.of(s.kind)) for s in symbols)
        terms = (
            self.read(body, {**at, **dict(zip(symbols, place, strict=True))})
            for place in itertools.product(*ranges)
        )
        total: Array = reduce(add, terms)
        return total

    def on_derived(self, node: Node, at: Places) -> Array:
        """Read a derivative."""
        name, *args = node.args
        match name, args:
            case "third", (i, M):
                return self._third(at[i], self.read(M, at))
            case "trace_gradient", (n,):
                return self._trace_gradient(n)
            case "jacobian", (of, by, i):
                return self._jacobian(of, by, at[i])
        where = at[args[0]] if args else None
        return self._of_order(name, where)

    def _of_order(self, name: str, i: int | None) -> Array:
        of, _, order = name.rpartition("_")
        n = 1 if order == "gradient" else 2
        if of == "total":
            samples = range(self.network.sizes.N)
            return Array(reduce(add, (self._slope(i, n) for i in samples)))
        assert i is not None
        return Array(self._slope(i, n, output=of == "output"))

    def _slope(self, i: int, n: int, *, output: bool = False) -> Tensor:
        jet = self.network.jets(i, n)[0 if output else 1]
        slope = jet.slopes[n - 1]
        return slope[:, None] if n == 1 else slope

    def _third(self, i: int, M: Array) -> Array:
        tensor = self.network.jets(i, 3)[1].slopes[2]
        return Array((tensor * M.array[:, :, None]).sum(axis=(0, 1))[:, None])

    def _trace_gradient(self, n: int) -> Array:
        """Return n Σ_i ⟨Hⁿ⁻¹, ∂∇²ℓ_i/∂θ⟩."""
        samples = range(self.network.sizes.N)
        H = Array(reduce(add, (self._slope(i, 2) for i in samples)))
        power = H**0 + -1 * (H**0).without_diagonal()
        for _ in range(n - 1):
            power = power @ H
        total: Array = reduce(add, (self._third(i, power) for i in samples))
        return total * n

    def _jacobian(self, of: str, by: str, i: int) -> Array:
        network, (_, d, m) = self.network, self.network.sizes
        if by == "A":
            theta = variables(list(network.theta), 1)
            values, end = network.units(i, theta), m * (d + 1)
            return Array(_slopes(values)[:end])
        if of == "v":
            h = variables([f for f in network.hidden[0][i]], 1)
            terms = [x.scaled(w) for x, w in zip(h, network.w[1:], strict=True)]
            return Array(_slopes([reduce(Jet.__add__, terms)]))
        first = 1 if of == "h'" else 0
        units = variables([network.X[i] @ row for row in network.A], 1)
        through = network.hidden[first:]
        return Array(_slopes([u.through([f[i, k] for f in through]) for k, u in enumerate(units)]))


def _arrays(values: Values) -> dict[str, Tensor]:
    if not isinstance(values, Network):
        return {}
    return {
        "X": values.X,
        "A": values.A,
        "w0": values.w[:1, None],
        "b": values.w[1:, None],
        "theta": values.theta[:, None],
        **dict(zip(HIDDEN, values.hidden, strict=True)),
        **{name: x[:, None] for name, x in zip(OUTPUT, values.output, strict=True)},
    }


def _slopes(jets: Sequence[Jet]) -> Any:
    return np.stack([jet.slopes[0] for jet in jets], axis=1)

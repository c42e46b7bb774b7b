"""Statements as immutable trees: what a claim's function builds, once, with symbols.

A node is an operation, its arguments and its shape. Sums bind a symbol of their own, so that none
can capture another's. What a tree cannot say is refused when the node is made, and every node knows
the line that made it. Interpreters (``normal``, ``numbers``, ``latex``) read trees; nothing here
computes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from numbers import Integral, Rational
from typing import Any, NoReturn, Self, TypeAlias

from hessbound.derive.algebra import sides
from hessbound.derive.algebra.classes import is_rational
from hessbound.derive.algebra.kinds import KINDS
from hessbound.derive.algebra.ring import Ring
from hessbound.derive.algebra.sides import SCALAR, Shape

from .places import NOWHERE, Place, here

Number: TypeAlias = Rational | int


HIGHEST = 64  # power that is written out


class NotAStatementError(TypeError):
    """Something that a statement about all networks cannot say."""


class Symbol(tuple[str]):
    """An index that a sum, or a claim, ranges over; two are the same only if they are one object.

    It is what ``over`` and a claim's function hand to the user, and says nothing by itself. Like a
    node it is a tuple, which nothing can change.
    """

    __slots__ = ()

    def __new__(cls, kind: str) -> Self:
        """Return a fresh index of a kind."""
        return super().__new__(cls, (kind,))

    @property
    def kind(self) -> str:
        """What it ranges over."""
        return tuple.__getitem__(self, 0)

    def __repr__(self) -> str:
        return f"an index of kind {self.kind!r}"

    def _refuse(self, *_: object) -> NoReturn:
        msg = f"{self!r} is no number: it cannot be compared, computed with or run through"
        raise NotAStatementError(msg)

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __int__ = __index__ = __iter__ = __getitem__ = __len__ = __contains__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = _refuse
    __hash__ = object.__hash__


class Node(Ring, tuple[Any, ...]):
    """An operation and its arguments: nodes, symbols, names and numbers.

    It is a tuple, which nothing can change. Matrices have ``@ * ** + −``, ``.T``, ``.kron(M)``,
    ``.trace()``, ``.sum()``, ``.diag()``, ``.diagonal()``, ``.without_diagonal()`` and ``.at(k)``;
    ``*`` and ``**`` go entry by entry, and a side of length one is spread. Division is by numbers
    and by sizes.
    """

    __slots__ = ()

    def __new__(
        cls,
        op: str,
        args: tuple[Any, ...],
        shape: Shape,
        free: frozenset[Symbol] = frozenset(),
        place: Place = NOWHERE,
    ) -> Self:
        """Put a node together; ``make`` does so, and finds what is free."""
        return super().__new__(cls, (op, args, shape, free, place))

    def __repr__(self) -> str:
        return f"a matrix {self.shape}"

    @property
    def op(self) -> str:
        """The operation's name."""
        found: str = tuple.__getitem__(self, 0)
        return found

    @property
    def args(self) -> tuple[Any, ...]:
        """What it is applied to."""
        return tuple.__getitem__(self, 1)

    @property
    def shape(self) -> Shape:
        """The two sides."""
        found: Shape = tuple.__getitem__(self, 2)
        return found

    @property
    def free(self) -> frozenset[Symbol]:
        """The symbols that no sum in it binds."""
        return tuple.__getitem__(self, 3)

    @property
    def place(self) -> Place:
        """The line that first asked for it."""
        found: Place = tuple.__getitem__(self, 4)
        return found

    def __add__(self, other: Node | Number) -> Node:  # type: ignore[override]  # no tuple's sum
        other = node(other)
        return make("add", (self, other), sides.added(self.shape, other.shape))

    def __rsub__(self, other: Node | Number) -> Node:
        return node(other) + -self  # readers see the terms in this order

    def __mul__(self, other: Node | Number) -> Node:  # type: ignore[override]
        other = node(other)
        return make("times", (self, other), sides.spread(self.shape, other.shape))

    def __matmul__(self, other: Node) -> Node:
        if not isinstance(other, Node):
            msg = f"@ multiplies matrices, got {_shown(other)}; write * for a number"
            raise NotAStatementError(msg)
        return make("matmul", (self, other), sides.multiplied(self.shape, other.shape))

    def __pow__(self, n: int) -> Node:
        if not isinstance(n, Integral) or not is_rational(n) or n < 0:
            msg = f"a power must be a whole number, at least 0, got {_shown(n)}"
            raise NotAStatementError(msg)
        require_low(int(n))
        return make("power", (self, int(n)), self.shape)

    def __truediv__(self, other: Node | Number) -> Node:
        if isinstance(other, Node):
            if other.op != "size":
                msg = "a matrix can be divided by a number or by a size such as q.N or q.m alone"
                raise NotAStatementError(msg)
            return self * make("reciprocal", other.args, SCALAR)
        value = Fraction(*node(other).args)
        if not value:
            msg = "a matrix cannot be divided by 0"
            raise NotAStatementError(msg)
        return self * (1 / value)

    @property
    def T(self) -> Node:
        """The transpose."""
        return make("transpose", (self,), self.shape.T)

    def kron(self, other: Node) -> Node:
        """Return the Kronecker product."""
        return make("kron", (self, other), sides.kronecker(self.shape, other.shape))

    def trace(self) -> Node:
        """Return the trace, 1 × 1."""
        return make("trace", (self,), sides.square(self.shape, "the trace"))

    def sum(self) -> Node:
        """Return the sum of all entries, 1 × 1."""
        return make("sum", (self,), SCALAR)

    def diag(self) -> Node:
        """Return the diagonal matrix of a column."""
        return make("diag", (self,), sides.diagonal(self.shape))

    def diagonal(self) -> Node:
        """Return the diagonal of a square matrix as a column."""
        sides.square(self.shape, "a diagonal")
        return make("diagonal", (self,), Shape(self.shape.rows, sides.ONE))

    def without_diagonal(self) -> Node:
        """Return a square matrix with its diagonal set to zero."""
        sides.square(self.shape, "a diagonal")
        return make("off", (self,), self.shape)

    def at(self, symbol: Symbol) -> Node:
        """Return the rows of one unit, input or sample; those of a column are its entry.

        Of a side of a Kronecker product, such as vec A, the rows that belong to that unit.
        """
        _require_symbol(symbol)
        return make("row", (self, symbol), sides.row(self.shape, symbol.kind))

    def _refuse(self, *_: object) -> NoReturn:
        msg = (
            "a statement is about all networks: its matrices cannot be compared, branched on,"
            " indexed, run through or turned into numbers"
        )
        raise NotAStatementError(msg)

    __lt__ = __le__ = __gt__ = __ge__ = __ne__ = __eq__ = __bool__ = _refuse
    __getitem__ = __iter__ = __len__ = __contains__ = __int__ = __float__ = __index__ = _refuse
    __abs__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rpow__ = _refuse
    count = index = _refuse
    __hash__ = object.__hash__


@lru_cache(maxsize=2**15)
def make(op: str, args: tuple[Any, ...], shape: Shape) -> Node:
    """Return a node, with the symbols that are free in it and the line that first asked for it.

    What was made a moment ago is the same node again, so that interpreters read it once.
    """
    made = Node(op, args, shape, free_in(op, args), here())
    require_plain(made)  # before it is kept: what is equal to it by its own account is not kept
    return made


def require_plain(node: Node) -> None:
    """Raise an error for a subclass of what trees are made of: it could say now this, now that.

    And for a node that hides what is free in it.
    """
    plain = type(node.shape) is Shape and _is_plain((node.op, node.args, *node.shape))
    if not plain or type(node.free) is not frozenset or node.free != free_in(node.op, node.args):
        msg = f"a tree is made of matrices from q, names and whole numbers, got {node!r}"
        raise NotAStatementError(msg)


def _is_plain(x: Any) -> bool:
    if type(x) is tuple:
        return all(map(_is_plain, x))
    return type(x) in (Node, str, int) or (type(x) is Symbol and type(x.kind) is str)


def free_in(op: str, args: tuple[Any, ...]) -> frozenset[Symbol]:
    """Return the symbols that are free in an operation on its arguments; a sum binds its own."""
    free: set[Symbol] = set()
    for x in _leaves(args):
        free |= x.free if isinstance(x, Node) else {x}
    return frozenset(free.difference(args[0]) if op == "over" else free)


def _leaves(args: Iterable[Any]) -> Iterable[Node | Symbol]:
    for x in args:
        if isinstance(x, Node | Symbol):
            yield x
        elif isinstance(x, tuple):  # a row of blocks, or the symbols of a sum
            yield from _leaves(x)


def require_low(n: int) -> None:
    """Raise NotAStatementError for a power that has too many factors to be written out."""
    if n > HIGHEST:
        msg = f"a power must be at most {HIGHEST}, got {n if n < 10**9 else 'a larger one'}"
        raise NotAStatementError(msg)


def node(x: Any) -> Node:
    """Return a node, or a rational number as one; NotAStatementError for anything else."""
    if isinstance(x, Node):
        return x
    if is_rational(x):
        value = Fraction(int(x.numerator), int(x.denominator))
        return make("number", (value.numerator, value.denominator), SCALAR)
    if isinstance(x, float):
        msg = f"numbers must be exact: write Fraction(1, 10) instead of 0.1 (got {x})"
        raise NotAStatementError(msg)
    own = ", of no class of one's own," * isinstance(x, Number)
    msg = f"only matrices made from q and rational numbers{own} combine, got {_shown(x)}"
    raise NotAStatementError(msg)


def zeros(shape: Shape) -> Node:
    """Return a matrix of zeros."""
    return make("zeros", (), shape)


def named(name: str | tuple[str, Symbol], meaning: Node) -> Node:
    """Return what a formula means, under the name that readers know it by."""
    return make("named", (name, meaning), meaning.shape)


def blocks(table: Sequence[Sequence[Node]]) -> Node:
    """Put a matrix together from blocks, row by row; ValueError where sides do not fit."""
    rows = tuple(tuple(node(part) for part in line) for line in table)
    shape = sides.stacked([[part.shape for part in line] for line in rows])
    return make("blocks", rows, shape)


def over(term: Callable[..., Any], n: int = 1, kind: str = "sample") -> Node:
    """Sum ``term(i, …)`` over n indices of a kind, each a symbol that no other sum has."""
    symbols = binders(n, kind)
    return bind(symbols, node(term(*symbols)))


def binders(n: int, kind: str = "sample") -> tuple[Symbol, ...]:
    """Return fresh symbols."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        msg = f"a sum is over at least 1 index, got {_shown(n)}"
        raise NotAStatementError(msg)
    require_kind(kind)
    return tuple(Symbol(kind) for _ in range(n))


def bind(symbols: tuple[Symbol, ...], body: Node) -> Node:
    """Sum a term over symbols that are free in it."""
    args = symbols, body
    return Node("over", args, body.shape, free_in("over", args), here())


def require_kind(kind: str) -> None:
    """Raise an error, with the kinds there are, for what is none of them."""
    if kind not in KINDS:
        msg = f"a kind of index is one of {', '.join(KINDS)}, got {_shown(kind)}"
        raise NotAStatementError(msg)


def require_symbol(symbol: object, kind: str = "sample") -> Symbol:
    """Return a symbol of that kind; NotAStatementError for anything else."""
    _require_symbol(symbol)
    assert isinstance(symbol, Symbol)
    if symbol.kind != kind:
        msg = f"needs an index of kind {kind!r}, got {symbol!r}"
        raise NotAStatementError(msg)
    return symbol


def _require_symbol(symbol: object) -> None:
    if type(symbol) is not Symbol:
        msg = f"an index is one that the claim or q.over hands over, got {_shown(symbol)}"
        raise NotAStatementError(msg)


def _shown(x: object) -> str:
    return repr(x) if isinstance(x, Node | Symbol) else f"{type(x).__name__} {x!r}"


def walk(tree: Node) -> Iterator[Node]:
    """Yield every node of a tree once."""
    seen, left = set[int](), [tree]
    while left:
        x = left.pop()
        if id(x) not in seen:
            seen.add(id(x))
            yield x
            left += [y for y in _leaves(x.args) if isinstance(y, Node)]


def free_shapes(tree: Node) -> dict[str, Shape]:
    """Return the shapes of the free matrices in a tree; an error where one has two."""
    found: dict[str, Shape] = {}
    for x in walk(tree):
        if x.op == "free" and found.setdefault(x.args[0], x.shape) != x.shape:
            msg = f"the free matrix {x.args[0]!r} is {found[x.args[0]]} and {x.shape}"
            raise NotAStatementError(msg)
    return found


def substitute(tree: Node, symbols: Mapping[Symbol, Symbol]) -> Node:
    """Replace symbols that are free in a tree; an error where a sum in it would bind a new one."""
    done: dict[int, Node] = {}
    new = {*symbols.values()}

    def replaced(x: Any) -> Any:
        if isinstance(x, Symbol):
            return symbols.get(x, x)
        if not isinstance(x, Node):
            return tuple(map(replaced, x)) if isinstance(x, tuple) else x
        if x.free.isdisjoint(symbols):
            return x
        if x.op == "over" and not new.isdisjoint(x.args[0]):
            msg = f"{x.place}: the index of a sum is used outside of it"
            raise NotAStatementError(msg)
        if id(x) not in done:
            args = tuple(map(replaced, x.args))
            done[id(x)] = Node(x.op, args, x.shape, frozenset(map(replaced, x.free)), x.place)
        return done[id(x)]

    result: Node = replaced(tree)
    return result

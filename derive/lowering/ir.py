"""The kernel IR: straight-line programs over indexed arrays (output of stage 4, input of stage 5).

Values are SymPy expressions in ``Indexed`` arrays. Emission may use only what is stored here, and
``readback`` turns every program back into polynomials of the index algebra, so that it can be
proved equal to what it claims to compute.

An array may be *symmetric* in two of its slots; of those only entries whose first index is not
above the second are computed and stored, and any other is its mirror image.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

import sympy as sp

from hessbound.derive.algebra.kinds import KINDS as INDEX_KINDS

i, j = sp.symbols("i j", integer=True)  # samples
k, l = sp.symbols("k l", integer=True)  # hidden units  # noqa: E741
a, a_ = sp.symbols("a a_", integer=True)  # inputs
KINDS = {i: "sample", j: "sample", k: "hidden", l: "hidden", a: "input", a_: "input"}
N, d, m = (INDEX_KINDS[kind].count for kind in ("sample", "feature", "hidden"))
RANGES = {kind: INDEX_KINDS[kind].limits for kind in ("sample", "hidden", "input")}

Pairs: TypeAlias = tuple[tuple[sp.Symbol, sp.Symbol], ...]


class ProgramError(ValueError):
    """A program that cannot be built, or that does not compute what it claims to."""


@dataclass(frozen=True)
class Input:
    """An array that a program is given: the kinds of its slots, and which pairs are symmetric."""

    name: str
    kinds: tuple[str, ...]
    symmetric: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Assign:
    """target = value for all the target's indices; with ``add``, summed over the loop's others.

    ``symmetric`` are pairs of the target's indices.
    """

    target: sp.Expr
    value: sp.Expr
    add: bool = False
    symmetric: Pairs = ()


@dataclass(frozen=True)
class Product:
    """target = Σ_over left · right, one matrix product; with ``add``, added to the target.

    The target has the left side's other indices, then the right side's. ``over`` is an index, or a
    pair (x, y) in which both sides are symmetric, and then the sum is over x ≤ y. ``symmetric`` are
    pairs of the target's indices, those that one of the sides is symmetric in.
    """

    target: sp.Indexed
    left: sp.Indexed
    right: sp.Indexed
    over: sp.Symbol | tuple[sp.Symbol, sp.Symbol]
    add: bool = False
    symmetric: Pairs = ()

    @property
    def summed(self) -> tuple[sp.Symbol, ...]:
        """The index or the two indices that are summed over."""
        return self.over if isinstance(self.over, tuple) else (self.over,)


Statement: TypeAlias = Assign | Product


class Stage(NamedTuple):
    """What may stand in a stage of a program.

    Attributes
    ----------
    loop : tuple of Symbol, optional
        The samples that assignments are made for, one after the other; None: no assignments.
    totals : bool
        Whether assignments may be added up over that loop.
    products : tuple of Symbol, optional
        The samples of a product's target; None: no products.
    over : tuple of str
        The kinds that a product may sum over.
    second : bool
        Whether an assignment may sum over sample j.
    entries : bool
        Whether all that has samples must have nothing else.
    """

    loop: tuple[sp.Symbol, ...] | None
    totals: bool = False
    products: tuple[sp.Symbol, ...] | None = None
    over: tuple[str, ...] = ()
    second: bool = False
    entries: bool = False


INNER = ("hidden", "input")
STAGES: dict[str, Stage] = {
    "constants": Stage(loop=(), totals=True),
    "before": Stage(loop=(i,), products=(i,), over=INNER),
    "samples": Stage(loop=(i,), totals=True),
    "after": Stage(loop=(), totals=True, products=(), over=("sample",)),
    "tiles": Stage(loop=None, products=(i, j), over=INNER),
    "pairs": Stage(loop=(i, j), totals=True, entries=True),
    "contracted": Stage(loop=(i,), products=(i,), over=("sample", *INNER), second=True),
}


@dataclass(frozen=True)
class Program:
    """A kernel in stages, each a field below; any of them may be empty.

    Attributes
    ----------
    outputs : tuple of str
        The names of what is returned, each a target of some statement.
    inputs : tuple of Input
        What it is given; nothing else may be read that no statement has defined.
    constants : tuple of Assign
        What depends on no sample.
    before : tuple of Product or Assign
        Products of whole arrays, and what they need of each sample.
    samples : tuple of Assign
        The loop over samples. A scalar that is not added up is the sample's, known in the loop.
    after : tuple of Product or Assign
        Products over the samples, and inner products of these.
    tiles : tuple of Product
        Gram matrices, on one tile of pairs of samples at a time.
    pairs : tuple of Assign
        What is added up over the pairs, or entries of further tiles.
    contracted : tuple of Product or Assign
        Sums over the second sample of a pair, for each first one.
    """

    name: str
    title: str
    outputs: tuple[str, ...]
    inputs: tuple[Input, ...] = ()
    constants: tuple[Assign, ...] = ()
    before: tuple[Statement, ...] = ()
    samples: tuple[Assign, ...] = ()
    after: tuple[Statement, ...] = ()
    tiles: tuple[Product, ...] = ()
    pairs: tuple[Assign, ...] = ()
    contracted: tuple[Statement, ...] = ()

    def statements(self) -> tuple[Statement, ...]:
        """List all statements, stage by stage."""
        return tuple(statement for stage in STAGES for statement in getattr(self, stage))

    def taking(self, *more: Input) -> "Program":
        """Return the program with the inputs that it reads, of the network's and of these."""
        read = {x.name for s in self.statements() for part in _read(s) for x in part.free_symbols}
        return replace(self, inputs=tuple(x for x in (*NETWORK, *more) if x.name in read))


@dataclass(frozen=True)
class Module:
    """Programs in the order of their calls.

    ``takes`` names, for a program, earlier ones whose outputs are inputs of it.
    """

    programs: tuple[Program, ...]
    takes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Program:
        return next(program for program in self.programs if program.name == name)


NETWORK = (
    Input("X", ("sample", "input")),
    Input("A", ("hidden", "input")),
    Input("w", ("hidden",)),  # without w₀
    Input("w0", ()),
    *(Input(name, ("sample", "hidden")) for name in ("h", "f1", "f2", "f3")),
    *(Input(name, ("sample",)) for name in ("loss", "e", "p", "p1")),
)


def _read(s: Statement) -> Iterable[sp.Expr]:
    return (s.left, s.right) if isinstance(s, Product) else (s.value,)


def array(name: str, *indices: sp.Symbol) -> sp.Expr:
    """Return an array's entry, or a scalar where there are no indices."""
    return sp.IndexedBase(name)[indices] if indices else sp.Symbol(name)


def name_of(target: sp.Expr) -> str:
    """Return the name of what a statement defines."""
    return str(target.base) if isinstance(target, sp.Indexed) else target.name


def indices_of(target: sp.Expr) -> tuple[sp.Symbol, ...]:
    """Return the indices of what a statement defines."""
    return tuple(target.indices) if isinstance(target, sp.Indexed) else ()


def total(value: sp.Expr, *over: sp.Symbol) -> sp.Expr:
    """Sum over whole ranges."""
    return sp.Sum(value, *((x, *RANGES[KINDS[x]]) for x in over)) if over else value


def beyond(value: sp.Expr, x: sp.Symbol, y: sp.Symbol, first: int = 1) -> sp.Expr:
    """Sum over the pairs x < y, or with ``first`` 0 over x ≤ y; the value must be symmetric.

    >>> beyond(array("T", k, l), k, l)
    Sum(T[k, l], (l, k + 1, m), (k, 1, m))
    """
    start, end = RANGES[KINDS[x]]
    return sp.Sum(value, (y, x + first, end), (x, start, end))


def equal(x: sp.Symbol, y: sp.Symbol) -> sp.Expr:
    """Return Kronecker's delta."""
    return sp.KroneckerDelta(x, y)


def split_diagonal(value: sp.Expr, x: sp.Symbol, y: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """Write a value as r + δ_xy s; return r and s.

    >>> split_diagonal(2 - equal(k, l), k, l)
    (2, -1)
    """
    return value.xreplace({equal(x, y): sp.Integer(0)}), value.coeff(equal(x, y))

"""The kernel IR: straight-line programs over indexed arrays (output of stage 4, input of stage 5).

Values are SymPy expressions in ``Indexed`` arrays. Emission may use only what is stored here, and
``readback`` turns every program back into a polynomial of the index algebra, so that it can be
proved equal to what it claims to compute.
"""

from dataclasses import dataclass

import sympy as sp

from hessbound.derive.algebra.kinds import KINDS as INDEX_KINDS

i, j = sp.symbols("i j", integer=True)  # samples
k, l = sp.symbols("k l", integer=True)  # hidden units  # noqa: E741
a, a_ = sp.symbols("a a_", integer=True)  # inputs
KINDS = {i: "sample", j: "sample", k: "hidden", l: "hidden", a: "input", a_: "input"}
N, d, m = (INDEX_KINDS[kind].count for kind in ("sample", "feature", "hidden"))
RANGES = {kind: INDEX_KINDS[kind].limits for kind in ("sample", "hidden", "input")}


@dataclass(frozen=True)
class Assign:
    """target = value for all the target's indices; with ``add``, summed over the loop's others."""

    target: sp.Expr
    value: sp.Expr
    add: bool = False


@dataclass(frozen=True)
class Product:
    """target = Σ_over left · right, one matrix product; with ``add``, added to the target."""

    target: sp.Indexed
    left: sp.Indexed
    right: sp.Indexed
    over: sp.Symbol
    add: bool = False


@dataclass(frozen=True)
class Program:
    """A kernel in stages, each a field below; any of them may be empty.

    Attributes
    ----------
    outputs : tuple of str
        The names of what is returned, each a target of some statement.
    constants : tuple of Assign
        Scalars that depend on no sample.
    before : tuple of Product
        Products of whole arrays.
    samples : tuple of Assign
        The loop over samples.
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
    constants: tuple[Assign, ...] = ()
    before: tuple[Product, ...] = ()
    samples: tuple[Assign, ...] = ()
    after: tuple[Product | Assign, ...] = ()
    tiles: tuple[Product, ...] = ()
    pairs: tuple[Assign, ...] = ()
    contracted: tuple[Product | Assign, ...] = ()

    def statements(self) -> tuple[Product | Assign, ...]:
        """List all statements, stage by stage."""
        stages = self.constants, self.before, self.samples, self.after, self.tiles, self.pairs
        return tuple(statement for stage in (*stages, self.contracted) for statement in stage)


@dataclass(frozen=True)
class Block:
    """A block of the Hessian, Σ_i (hidden(i, k, l) + δ_kl diagonal(i, k)) · inputs(i, a, a_)."""

    rows: int
    cols: int
    hidden: sp.Expr
    diagonal: sp.Expr
    inputs: sp.Expr


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

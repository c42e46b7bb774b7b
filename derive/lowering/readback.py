"""Programs read back into the index algebra (the inverse of lowering).

What comes out is compared with what they claim to compute.
"""

from typing import TypeAlias

import sympy as sp

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.polynomials import Poly, atom, delta
from hessbound.derive.algebra.sympy import arithmetic

from .ir import KINDS, Assign, Block, Product, Program, indices_of, name_of

SAMPLES = Index("sample", "i"), Index("sample", "j")
Environment: TypeAlias = dict[str, tuple[tuple[Index, ...], Poly]]  # what arrays stand for


def index(x: sp.Symbol) -> Index:
    """Return the free index of an IR index symbol."""
    return Index(KINDS[x], x.name)


def read(expr: sp.Expr, known: Environment) -> Poly:
    """Read an expression in arrays, those that the program defined by their definitions."""

    def leaf(x: sp.Expr) -> Poly:
        if isinstance(x, sp.Sum):
            return read(x.function, known).sum(*(index(limit[0]) for limit in x.limits))
        if not isinstance(x, sp.Indexed | sp.Symbol):
            msg = f"no index form for {x!r}"
            raise TypeError(msg)
        name, at = name_of(x), tuple(map(index, indices_of(x)))
        if name not in known:
            return atom(name, *at)
        own, poly = known[name]
        return poly.identify(dict(zip(own, at, strict=True)))

    return arithmetic(expr, leaf)


def read_program(program: Program, given: Environment | None = None) -> dict[str, Poly]:
    """Return the outputs of a program as polynomials, those of what it is given put in."""
    known: Environment = dict(given or {})
    for statement in program.statements():
        _define(statement, known)
    return {name: known[name][1] for name in program.outputs}


def _define(statement: Assign | Product, known: Environment) -> None:
    own = tuple(map(index, indices_of(statement.target)))
    name = name_of(statement.target)
    if isinstance(statement, Product):
        both = read(statement.left, known) * read(statement.right, known)
        value = both.sum(index(statement.over))
    else:
        value = read(statement.value, known)
        if statement.add:
            value = value.sum(*(x for x in SAMPLES if x in value.free() and x not in own))
    if statement.add and name in known:
        value += known[name][1]
    known[name] = own, value


def read_block(block: Block) -> Poly:
    """Return the entry of a Hessian block with free indices k, l (hidden) and a, a_ (input)."""
    units = delta(Index("hidden", "k"), Index("hidden", "l"))
    hidden = read(block.hidden, {}) + units * read(block.diagonal, {})
    return (hidden * read(block.inputs, {})).sum(SAMPLES[0])

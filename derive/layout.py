"""Programs as printed lines and loops (stage 5).

Input: the IR; output: what a template lays out, all of it strings. Statements over hidden units are
fused into one loop over them as far as their order allows.
"""

from dataclasses import dataclass, field

import sympy as sp

from .ir import (
    KINDS,
    LENGTHS,
    Assign,
    Block,
    N,
    Product,
    Program,
    d,
    i,
    indices_of,
    k,
    l,
    m,
    name_of,
)
from .ir import a as input_a
from .ir import a_ as input_b
from .printing import NumbaPrinter

EXTENTS = {"sample": "N", "hidden": "m", "input": "D"}


@dataclass
class Loop:
    """A loop ``for index in range(extent):``, after lines that initialise what it accumulates."""

    index: str
    extent: str
    before: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    accumulated: set[sp.Expr] = field(default_factory=set)


@dataclass(frozen=True)
class ProgramCode:
    """A program, printed."""

    name: str
    title: str
    flops: str
    constants: tuple[Loop, ...]
    products: tuple[str, ...]
    arrays: tuple[str, ...]
    steps: tuple[Loop | str, ...]
    after: tuple[str, ...]
    tiles: tuple[str, ...]
    pair: str
    results: tuple[str, ...]


@dataclass(frozen=True)
class BlockCode:
    """A block of the Hessian, printed: its hidden part, that for k = l only, and its inputs."""

    name: str
    hidden: str
    diagonal: str
    inputs: str
    weight: str


def program_code(program: Program) -> ProgramCode:
    """Print a program."""
    tiles = {name_of(t.target) for t in program.tiles}
    printer = NumbaPrinter(tiles)
    (pair,) = program.pairs or (Assign(sp.Symbol("none"), sp.Integer(0)),)
    return ProgramCode(
        program.name,
        program.title,
        flops_code(flops(program)),
        tuple(x for x in _steps(program.constants, printer) if isinstance(x, Loop)),
        tuple(map(product_code, program.before)),
        tuple(_allocations(program)),
        tuple(_steps(program.samples, printer)),
        tuple(_after(program, printer)),
        tuple(map(_tile, program.tiles)),
        printer.doprint(pair.value),
        program.outputs,
    )


def product_code(product: Product) -> str:
    """Print a matrix product as np.dot."""
    left, right = (
        _oriented(x, product.over, first)
        for x, first in ((product.left, False), (product.right, True))
    )
    return f"{name_of(product.target)} = np.dot({left}, {right})"


def _oriented(factor: sp.Indexed, over: sp.Symbol, first: bool) -> str:
    """Print a factor with the index that is summed over in first or last place."""
    at = indices_of(factor)
    turned = len(at) == 2 and (at[0] == over) != first
    return name_of(factor) + (".T" if turned else "")


def _tile(product: Product) -> str:
    left, right = name_of(product.left), name_of(product.right)
    return f"{name_of(product.target)} = np.dot({left}[i0:i1], {right}[j0:j1].T)"


def _allocations(program: Program) -> list[str]:
    """Allocate the arrays that the loop over samples fills, and the totals."""
    lines: dict[str, str] = {}
    for s in program.samples:
        name, at = name_of(s.target), indices_of(s.target)
        if at:
            shape = ", ".join(EXTENTS[KINDS[x]] for x in at) + ("," if len(at) == 1 else "")
            lines[name] = f"{name} = np.{'zeros' if s.add else 'empty'}(({shape}))"
        elif s.add:
            lines[name] = f"{name} = 0.0"
    for total in (*program.after, *program.pairs):
        if isinstance(total, Assign) and total.add:
            name = name_of(total.target)
            lines[name] = f"{name} = 0.0"
    return list(lines.values())


def _steps(statements: tuple[Assign, ...], printer: NumbaPrinter) -> list[Loop | str]:
    """Print the statements of one sample as lines and fused loops."""
    steps: list[Loop | str] = []
    for s in statements:
        axis = _axis(s)
        target, value = printer.doprint(s.target), s.value
        inner = isinstance(value, sp.Sum)
        code = printer.doprint(
            value.function.xreplace({axis: _canonical(axis)}) if inner else value
        )
        if axis is None:
            steps.append(f"{target} {'+=' if s.add else '='} {code}")
            continue
        loop = steps[-1] if steps and isinstance(steps[-1], Loop) else None
        index, extent = str(_canonical(axis)), EXTENTS[KINDS[axis]]
        if loop is None or loop.index != index or loop.accumulated & value.free_symbols:
            loop = Loop(index, extent)
            steps.append(loop)
        if inner:
            loop.before.append(f"{target} = 0.0")
            loop.accumulated.add(s.target)
        loop.lines.append(f"{target} {'+=' if inner or s.add else '='} {code}")
    return steps


def _canonical(axis: sp.Symbol | None) -> sp.Symbol | None:
    return {l: k, input_b: input_a}.get(axis, axis)


def _axis(s: Assign) -> sp.Symbol | None:
    """Return the index that a statement loops over inside a sample."""
    own = [x for x in indices_of(s.target) if x != i]
    if isinstance(s.value, sp.Sum):
        own += [limit[0] for limit in s.value.limits]
    if len(own) > 1:
        msg = f"a statement of one sample loops over one index, got {s}"
        raise ValueError(msg)
    return own[0] if own else None


def _after(program: Program, printer: NumbaPrinter) -> list[str]:
    """Print products over the samples, and inner products of what they give."""
    steps: list[str] = []
    for s in program.after:
        if isinstance(s, Product):
            steps.append(product_code(s))
            continue
        bare = s.value.function if isinstance(s.value, sp.Sum) else s.value
        left, right = (name_of(x) for x in sorted(bare.args, key=str))
        steps.append(f"{printer.doprint(s.target)} += np.dot({left}.ravel(), {right}.ravel())")
    return steps


def flops(program: Program) -> sp.Expr:
    """Count multiplications and additions, as a polynomial in N, d and m.

    Of tiles it counts those on one side of the diagonal.
    """
    total = sp.Integer(0)
    for product in (*program.before, *(s for s in program.after if isinstance(s, Product))):
        total += 2 * _range(*indices_of(product.target), product.over)
    for product in program.tiles:
        total += N**2 * _range(product.over)
    for s in program.samples:
        axes = [x for x in (i, _axis(s)) if x is not None]
        inner = s.value.function if isinstance(s.value, sp.Sum) else s.value
        total += (sp.count_ops(inner) + 1) * _range(*axes)
    for s in program.pairs:
        total += (sp.count_ops(s.value) + 1) * N**2 / 2
    return sp.expand(total)


def flops_code(count: sp.Expr) -> str:
    """Print a count as integer arithmetic."""
    numerator, denominator = sp.fraction(sp.together(count))
    code = NumbaPrinter().doprint(sp.expand(numerator))
    return code if denominator == 1 else f"({code})//{denominator}"


def _range(*indices: sp.Symbol) -> sp.Expr:
    return sp.Mul(*(LENGTHS[KINDS[x]] for x in indices))


def block_code(block: Block) -> BlockCode:
    """Print a block."""
    printer = NumbaPrinter()
    letters = ("A", "0", "w")
    return BlockCode(
        f"H_{letters[block.rows]}{letters[block.cols]}",
        printer.doprint(block.hidden),
        "" if block.diagonal == 0 else printer.doprint(block.diagonal),
        printer.doprint(block.inputs),
        "1.0" if block.rows == block.cols else "2.0",
    )


def block_flops() -> sp.Expr:
    """Count multiplications and additions of the direct algorithm."""
    units, inputs = m * (m + 1) / 2, (d + 1) * (d + 2) / 2
    products = 2 * N * (units * inputs + m * m * (d + 1) + m * (d + 1))
    return sp.expand(products + N * (4 * units + inputs + 4 * m * m + 2 * units + 8 * m))

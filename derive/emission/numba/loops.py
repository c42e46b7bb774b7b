"""Programs as printed loops over a block of samples (stage 5).

Input: the IR; output: what a template lays out, all of it strings. A block holds n samples from i0
on, of which r is the local number; a quantity of a unit and a sample is a row per unit, so that
every innermost loop runs over neighbouring numbers and becomes vector instructions. Statements
share a loop as far as their order allows, and as long as the compiler can still afford to check
that the arrays in it do not overlap.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import sympy as sp

from hessbound.derive.lowering.flops import program_flops
from hessbound.derive.lowering.ir import (
    KINDS,
    Assign,
    Product,
    Program,
    ProgramError,
    Statement,
    a,
    a_,
    i,
    indices_of,
    j,
    k,
    l,
    name_of,
    split_diagonal,
)

from .printer import ARRAYS, NumbaPrinter

EXTENTS = {"hidden": "m", "input": "D"}
OVERLAP_CHECKS = 8
"""LLVM gives up on a loop that needs more comparisons of addresses than this."""


@dataclass
class Loop:
    """A loop over the samples of a block, within one over ``outer`` where there is one.

    ``zeroed`` are arrays to clear before, ``sums`` totals (target, local name) of each outer index.
    """

    outer: str
    extent: str
    views: list[str] = field(default_factory=list)
    zeroed: list[str] = field(default_factory=list)
    sums: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    accumulated: set[str] = field(default_factory=set)

    def takes(self, written: set[str], used: set[str]) -> bool:
        """Return whether a further statement may stand in this loop."""
        writes, reads = len(self.written | written), len((self.used | used) - self.written)
        checks = writes * (writes - 1) // 2 + writes * reads
        return checks <= OVERLAP_CHECKS and not self.accumulated & used


@dataclass(frozen=True)
class ProgramCode:
    """A program, printed: what to allocate, then lines and loops by stage."""

    name: str
    title: str
    flops: str
    constants: tuple[str, ...]
    workspaces: tuple[str, ...]  # lines that allocate what holds a block of samples
    totals: tuple[str, ...]  # lines that set up what is summed over the samples
    products: tuple[str, ...]
    steps: tuple[Loop, ...]
    after: tuple[str, ...]
    thin: tuple[str, ...]  # pairs of products of which the result has the inner product
    tiles: tuple[str, ...]
    buffers: tuple[str, ...]
    kept_rows: tuple[str, ...]
    kept_vectors: tuple[str, ...]
    pair: str
    results: tuple[str, ...]


@dataclass(frozen=True)
class BlockCode:
    """A block of the Hessian, printed: its hidden part, that for k = l only, and its inputs."""

    hidden: str
    diagonal: str
    inputs: str


class BlockPrinter(NumbaPrinter):
    """A printer of one sample's statements.

    ``vectors`` are scalars of a sample; ``single`` are rows that belong to no unit.
    """

    def __init__(self, vectors: Iterable[str] = (), single: Iterable[str] = ()) -> None:
        super().__init__()
        self.vectors, self.single = frozenset(vectors), frozenset(single)

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return f"{expr.name}[r]" if expr.name in self.vectors else expr.name

    def _print_Indexed(self, expr: sp.Indexed) -> str:
        name, at = str(expr.base), expr.indices
        if i not in at:  # a weight, which a loop over units reads once
            return "_".join([ARRAYS.get(name, name), *map(str, at)])
        if name == "X":
            return f"x{'_' if a_ in at else ''}[r]"
        unit = [str(x) for x in at if x != i]
        if not unit and name in self.single:
            unit = ["0"]  # a product takes it as a single row
        return f"{name}[{', '.join([*unit, 'r'])}]"


class PairPrinter(NumbaPrinter):
    """A printer of what is added up along row r of a tile of pairs; s is the number in the row."""

    def _print_Indexed(self, expr: sp.Indexed) -> str:
        name, at = str(expr.base), expr.indices
        if at == (i,):
            return f"{name}_i"
        return f"{name}_j[s]" if at == (j,) else f"{name}_r[s]"


def program_code(program: Program) -> ProgramCode:
    """Print a program."""
    products = [s for s in program.after if isinstance(s, Product)]
    single = {name_of(f) for x in products for f in (x.left, x.right) if len(f.indices) == 1}
    computed: list[Product | Assign] = [*program.before]
    computed += [x for x in program.samples if not x.add]
    names = {name_of(x.target): len(indices_of(x.target)) for x in computed}
    vectors = {name for name, axes in names.items() if axes < 2} - single
    panels = {name_of(x.target) for x in program.before}
    printer = BlockPrinter(vectors, single)
    tiles = list(dict.fromkeys(name_of(x.target) for x in program.tiles))
    (pair,) = program.pairs or (Assign(sp.Symbol("none"), sp.Integer(0)),)
    sides = (f for x in program.tiles for f in (x.left, x.right))
    kept = sorted({name_of(f) for f in sides} - {"X"})
    weights = {name_of(x) for x in pair.value.atoms(sp.Indexed)} - {*tiles}
    return ProgramCode(
        program.name,
        program.title,
        flops_code(program_flops(program)),
        tuple(line for x in program.constants for line in _constant(x)),
        tuple(_workspace(name, name in vectors, name in single, name in panels) for name in names),
        tuple(_totals(program)),
        tuple(map(_projection, program.before)),
        tuple(loops(program.samples, printer)),
        tuple(map(_product, products)),
        tuple(name for x in program.after if isinstance(x, Assign) for name in _thin(x)),
        tuple(map(_tile, program.tiles)),
        tuple(tiles),
        tuple(kept),
        tuple(sorted(weights)),
        PairPrinter().doprint(pair.value),
        program.outputs,
    )


def _workspace(name: str, vector: bool, single: bool, panel: bool) -> str:
    """Print the allocation of what a block of samples needs; products write whole panels."""
    if panel:
        return f"{name} = _room(width, tile + PAD)"
    if vector:
        return f"{name} = _room(1, tile)[0]"
    return f"{name} = _room({'1' if single else 'm'}, tile)"


def _constant(s: Assign) -> list[str]:
    """Print a sum over units that depends on no sample."""
    printer, name = NumbaPrinter(), name_of(s.target)
    (unit, *_), body = s.value.limits[0], s.value.function
    index, extent = str(_canonical(unit)), EXTENTS[KINDS[unit]]
    code = printer.doprint(body.xreplace({unit: _canonical(unit)}))
    return [f"{name} = 0.0", f"for {index} in range({extent}):", f"    {name} += {code}"]


def _projection(product: Statement) -> str:
    """Print a product over inputs, whose other factor has a column of weights for each input."""
    if not isinstance(product, Product):
        msg = f"the templates have no place for {product} before the loop over samples"
        raise ProgramError(msg)
    (weights,) = (x for x in (product.left, product.right) if name_of(x) != "X")
    by_input = name_of(weights) + ("" if weights.indices[0] == a else "_T")
    target = name_of(product.target)
    return f"_panels({by_input}, np.int64(0), m, XT, i0, n, D, {target}, np.int64(0), np.int64(0))"


def _product(product: Product) -> str:
    """Print a product over samples, added up over the blocks."""
    left, right = map(_side, (product.left, product.right))
    return f"_add_dots({left}, {right}, n, {name_of(product.target)})"


def _side(factor: sp.Indexed) -> str:
    return "XT, i0" if name_of(factor) == "X" else f"{name_of(factor)}, np.int64(0)"


def _thin(s: Assign) -> list[str]:
    """Return the names of the two products that a total is the inner product of."""
    bare = s.value.function if isinstance(s.value, sp.Sum) else s.value
    return sorted(map(name_of, bare.args))


def _tile(product: Product) -> str:
    """Print a tile of a Gram matrix."""
    left, right, target = map(name_of, (product.left, product.right, product.target))
    if "X" in (left, right):
        return f"_input_gram(XT, K_all, i0, i1, j0, j1, {target}, lower)"
    add = f"np.int64({int(product.add)})"
    return f"_panels({left}, i0, i1 - i0, {right}, j0, j1 - j0, m, {target}, {add}, lower)"


def _totals(program: Program) -> list[str]:
    """Set up the sums over all samples."""
    lines: dict[str, str] = {}
    products = [s for s in program.after if isinstance(s, Product)]
    added = [s for s in (*program.samples, *program.after) if isinstance(s, Assign) and s.add]
    sums: list[Product | Assign] = [*added, *products]
    for s in sums:
        at = [EXTENTS[KINDS[x]] for x in indices_of(s.target)]
        if isinstance(s, Product) and len(at) == 1:
            at = ["1", *at]
        value = f"np.zeros(({', '.join(at)}{',' * (len(at) == 1)}))" if at else "0.0"
        lines[name_of(s.target)] = f"{name_of(s.target)} = {value}"
    return list(lines.values())


def loops(statements: tuple[Assign, ...], printer: BlockPrinter) -> list[Loop]:
    """Print statements of one sample as loops over the samples of a block."""
    found: list[Loop] = []
    for s in statements:
        axis = _axis(s)
        inner = isinstance(s.value, sp.Sum)
        value = s.value.function.xreplace({axis: _canonical(axis)}) if inner else s.value
        outer = str(_canonical(axis)) if axis is not None else ""
        used = set(map(printer.doprint, _leaves(value, printer)))
        written = set() if s.add else {printer.doprint(s.target)}
        if not (found and found[-1].outer == outer and found[-1].takes(written, used)):
            found.append(Loop(outer, EXTENTS[KINDS[axis]] if axis is not None else ""))
        _append(found[-1], s, value, printer)
        found[-1].written |= written
        found[-1].used |= used
        if inner:
            found[-1].accumulated |= written
    return found


def _append(loop: Loop, s: Assign, value: sp.Expr, printer: BlockPrinter) -> None:
    """Add a statement's line to a loop, with what it needs before and after."""
    code, target = printer.doprint(value), printer.doprint(s.target)
    for x in sorted(value.atoms(sp.Indexed), key=str):
        if (line := _view(x, printer)) not in ("", *loop.views):
            loop.views.append(line)
    if s.add:
        local = f"part{len(loop.sums)}"
        loop.sums.append((NumbaPrinter().doprint(s.target), local))
        loop.lines.append(f"{local} += {code}")
    elif isinstance(s.value, sp.Sum):
        loop.zeroed.append(name_of(s.target))
        loop.lines.append(f"{target} += {code}")
    else:
        loop.lines.append(f"{target} = {code}")


def _view(x: sp.Indexed, printer: BlockPrinter) -> str:
    """Print what a loop reads before it runs over the samples."""
    if name_of(x) == "X":
        return "x = XT[a][i0 : i0 + n]"
    return "" if i in x.indices else f"{printer.doprint(x)} = {NumbaPrinter().doprint(x)}"


def _leaves(value: sp.Expr, printer: BlockPrinter) -> set[sp.Expr]:
    """Return what an expression reads from a row or a vector of samples."""
    entries = {x for x in value.atoms(sp.Indexed) if i in x.indices}
    return entries | {x for x in value.free_symbols if str(x) in printer.vectors}


def _canonical(axis: sp.Symbol | None) -> sp.Symbol | None:
    return {l: k, a_: a}.get(axis, axis)


def _axis(s: Assign) -> sp.Symbol | None:
    """Return the index that a statement loops over beside the samples."""
    own = [x for x in indices_of(s.target) if x != i]
    if isinstance(s.value, sp.Sum):
        own += [limit[0] for limit in s.value.limits]
    if len(own) > 1:
        msg = f"a statement of one sample loops over one index, got {s}"
        raise ValueError(msg)
    return own[0] if own else None


def flops_code(count: sp.Expr) -> str:
    """Print a count as integer arithmetic."""
    numerator, denominator = sp.fraction(sp.together(count))
    code = NumbaPrinter().doprint(sp.expand(numerator))
    return code if denominator == 1 else f"({code})//{denominator}"


def block_codes(program: Program) -> dict[str, BlockCode]:
    """Print the blocks, by the names that templates call them."""
    printer = BlockPrinter()
    values = {name_of(s.target): s.value for s in program.samples}
    codes: dict[str, BlockCode] = {}
    for name in program.outputs:
        product = next((s for s in program.after if name_of(s.target) == name), None)
        hidden, diagonal = split_diagonal(
            values[name_of(product.left) if isinstance(product, Product) else name], k, l
        )
        inputs = sp.Integer(1)
        if isinstance(product, Product):
            inputs = values.get(name_of(product.right), product.right)
        codes[name] = BlockCode(
            printer.doprint(hidden),
            "" if diagonal == 0 else printer.doprint(diagonal),
            printer.doprint(inputs),
        )
    return codes

"""Programs as printed code: what to allocate, then lines and loops by stage (stage 5)."""

from collections.abc import Collection
from dataclasses import dataclass

import sympy as sp

from hessbound.derive.lowering.flops import program_flops
from hessbound.derive.lowering.ir import (
    KINDS,
    Assign,
    Product,
    Program,
    Statement,
    a,
    i,
    indices_of,
    k,
    l,
    name_of,
    split_diagonal,
)

from .loops import (
    EXTENTS,
    BlockPrinter,
    LayoutError,
    Loop,
    canonical,
    loops,
    named_sums,
)
from .notes import noted, text
from .printer import NumbaPrinter

DIAGONAL = {"H_AA", "H_Ab"}  # blocks that have a part for equal units
BLOCK = frozenset({"before", "samples", "products"})
"""The stages of what a block of samples goes through; ``products`` are those of ``after``."""


@dataclass(frozen=True, kw_only=True)
class ProgramCode:
    """A program, printed."""

    name: str
    title: str
    flops: str
    constants: tuple[str, ...]
    workspaces: tuple[str, ...]  # lines that allocate what holds a block of samples
    totals: tuple[str, ...]  # lines that set up what is summed over the samples
    products: tuple[str, ...]
    steps: tuple[Loop, ...]
    after: tuple[str, ...]
    results: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BlockCode:
    """A block of the Hessian, printed: its hidden part, that for k = l only, and its inputs."""

    hidden: str
    diagonal: str
    inputs: str
    notes: dict[str, str]  # what each of these is


def program_code(program: Program, stages: Collection[str] = BLOCK) -> ProgramCode:
    """Print a program; LayoutError if it has statements in other stages than these."""
    require_stages(program, stages)
    products = [s for s in program.after if isinstance(s, Product)]
    after = tuple(map(_product, products))
    single = {name_of(f) for x in products for f in (x.left, x.right) if len(f.indices) == 1}
    computed: list[Statement] = [*program.before]
    computed += [x for x in program.samples if not x.add]
    names = {name_of(x.target): len(indices_of(x.target)) for x in computed}
    vectors = {name for name, axes in names.items() if axes < 2} - single
    panels = {name_of(x.target) for x in program.before}
    return ProgramCode(
        name=program.name,
        title=program.title,
        flops=flops_code(program_flops(program)),
        constants=tuple(line for x in program.constants for line in _constant(x)),
        workspaces=tuple(
            _workspace(name, name in vectors, name in single, name in panels) for name in names
        ),
        totals=tuple(_totals(program)),
        products=tuple(map(_projection, program.before)),
        steps=loops(program.samples, BlockPrinter(vectors, single)),
        after=after,
        results=program.outputs,
    )


def require_stages(program: Program, stages: Collection[str]) -> None:
    """Raise a LayoutError if a program has statements that its template does not lay out."""
    present = {
        "constants": program.constants,
        "before": program.before,
        "samples": program.samples,
        "products": [s for s in program.after if isinstance(s, Product)],
        "inner": [s for s in program.after if isinstance(s, Assign)],
        "tiles": program.tiles,
        "pairs": program.pairs,
        "contracted": program.contracted,
    }
    for stage, statements in present.items():
        if statements and stage not in stages:
            msg = f"no template lays out the {stage} of {program.name}: {statements[0]}"
            raise LayoutError(msg)


def _workspace(name: str, vector: bool, single: bool, panel: bool) -> str:
    """Print the allocation of what a block of samples needs; products write whole panels."""
    if panel:
        return f"{name} = room(width, tile + PAD)"
    if vector:
        return f"{name} = room(1, tile)[0]"
    return f"{name} = room({'1' if single else 'm'}, tile)"


def _constant(s: Assign) -> list[str]:
    """Print a sum over units that depends on no sample."""
    printer, name = NumbaPrinter(), name_of(s.target)
    if not isinstance(s.value, sp.Sum) or len(s.value.limits) != 1:
        msg = f"a constant is a sum over one index, got {s}"
        raise LayoutError(msg)
    (unit, *_), body = s.value.limits[0], s.value.function
    index, extent = str(canonical(unit)), EXTENTS[KINDS[unit]]
    code = printer.doprint(body.xreplace({unit: canonical(unit)}))
    line = noted(f"    {name} += {code}", s, named_sums([s]) or {name: s.value})
    return [f"{name} = 0.0", f"for {index} in range({extent}):", line]


def _projection(product: Statement) -> str:
    """Print a product over inputs, whose other factor has a column of weights for each input."""
    if not isinstance(product, Product):
        msg = f"no template lays out {product} before the samples"
        raise LayoutError(msg)
    (weights,) = (x for x in (product.left, product.right) if name_of(x) != "X")
    by_input = name_of(weights) + ("" if weights.indices[0] == a else "_T")
    target = name_of(product.target)
    code = f"panels({by_input}, np.int64(0), m, XT, i0, n, D, {target}, np.int64(0), np.int64(0))"
    return noted(code, product)


def _product(product: Product) -> str:
    """Print a product over samples, added up over the blocks."""
    if product.over != i:
        msg = f"a product after the samples is over them, got {product}"
        raise LayoutError(msg)
    left, right = map(_side, (product.left, product.right))
    return noted(f"add_dots({left}, {right}, n, {name_of(product.target)})", product)


def _side(factor: sp.Indexed) -> str:
    return "XT, i0" if name_of(factor) == "X" else f"{name_of(factor)}, np.int64(0)"


def _totals(program: Program) -> list[str]:
    """Set up the sums over all samples."""
    lines: dict[str, str] = {}
    products = [s for s in program.after if isinstance(s, Product)]
    added = [s for s in (*program.samples, *program.after) if isinstance(s, Assign) and s.add]
    sums: list[Statement] = [*added, *products]
    for s in sums:
        at = [EXTENTS[KINDS[x]] for x in indices_of(s.target)]
        if isinstance(s, Product) and len(at) == 1:
            at = ["1", *at]
        value = f"np.zeros(({', '.join(at)}{',' * (len(at) == 1)}))" if at else "0.0"
        lines[name_of(s.target)] = f"{name_of(s.target)} = {value}"
    return list(lines.values())


def flops_code(count: sp.Expr) -> str:
    """Print a count as integer arithmetic."""
    numerator, denominator = sp.fraction(sp.together(count))
    code = NumbaPrinter().doprint(sp.expand(numerator))
    return code if denominator == 1 else f"({code})//{denominator}"


def blocks_code(program: Program) -> dict[str, BlockCode]:
    """Print the blocks of the Hessian on and above the diagonal, by name.

    LayoutError where one has what the template has no place for.
    """
    values = {name_of(s.target): s.value for s in program.samples}
    codes: dict[str, BlockCode] = {}
    for name in program.outputs:
        product = next((s for s in program.after if name_of(s.target) == name), None)
        hidden, inputs = values.get(name), sp.Integer(1)
        if isinstance(product, Product):
            hidden = values[name_of(product.left)]
            inputs = values.get(name_of(product.right), product.right)
        codes[name] = _block_code(hidden, inputs)
    expected = {"H_AA": "x[r]*x_[r]", "H_Aw0": "x[r]", "H_Ab": "x[r]"}
    for name, code in codes.items():
        if code.inputs != expected.get(name, "1") or (code.diagonal and name not in DIAGONAL):
            msg = f"no template lays out a block like {code}"
            raise LayoutError(msg)
    return codes


def _block_code(value: sp.Expr, inputs: sp.Expr) -> BlockCode:
    hidden, diagonal = split_diagonal(value, k, l)
    parts = {"hidden": hidden, "diagonal": diagonal, "inputs": inputs}
    codes = {part: BlockPrinter().doprint(value) for part, value in parts.items()}
    notes = {part: f"# {text(value)}" for part, value in parts.items()}
    return BlockCode(**codes | {"diagonal": codes["diagonal"] * (diagonal != 0)}, notes=notes)

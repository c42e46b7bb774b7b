"""The steps of one layer as functions of arrays (stage 5).

What is printed is read back: run on residues of a large prime, it must be what its trees say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from sympy.codegen.cfunctions import log1p
from sympy.printing.numpy import NumPyPrinter

from hessbound.derive.algebra.sides import ONE
from hessbound.derive.functions import softmax
from hessbound.derive.statements.arrays import Tensor
from hessbound.derive.statements.draws import Values
from hessbound.derive.statements.fields import RESIDUES
from hessbound.derive.statements.layer_draws import SYMMETRIC, LayerSizes, arbitrary
from hessbound.derive.statements.layer_readings import LayerNumbers
from hessbound.derive.statements.layers import AT_SAMPLE, WEIGHTS, Layers
from hessbound.derive.statements.trees import Node, binders, walk

from .batched import ENDING, PAIRED, SAMPLES, Batched, Code
from .layer_steps import STEPS, Step
from .sample_matrices import HELPERS, helper_source

LAYOUTS: dict[str, str] = dict.fromkeys(("Q", "Y", "QW", "U", "A", "YF", "Q_v"), "crn")
"""Products with weights then need no other order."""

SIZES = (LayerSizes(3, 1, 2, 4, 1, 1, 2, 2), LayerSizes(2, 1, 3, 2, 2, 1, 2, 3))

COMPUTED = ("add", "matmul", "power", "sum", "times")


class ReadBackError(RuntimeError):
    """Code that does not compute what it was printed from."""


@dataclass(frozen=True)
class StepCode:
    """A function in Python."""

    name: str
    says: str
    arguments: tuple[str, ...]
    lines: tuple[str, ...]
    results: tuple[str, ...]


def step_code(step: Step) -> StepCode:
    """Print a step, and read it back; ReadBackError where it is another."""
    symbols, q = binders(1 + step.pairs), Layers()
    places = dict(zip(symbols, SAMPLES + PAIRED, strict=False))
    trees = step.build(q, *map(q.at, symbols))
    batched = Batched(LAYOUTS, dict(_shared(trees.values())))
    codes = {name: _placed(name, batched.read(tree, places)) for name, tree in trees.items()}
    order = [y for x in AT_SAMPLE for y in (x, x + ENDING)]
    arguments = sorted(
        batched.used, key=lambda x: (x in order, order.index(x) if x in order else x)
    )
    code = StepCode(
        step.name,
        step.says,
        tuple(arguments),
        tuple(batched.lines),
        tuple(x.text for x in codes.values()),
    )
    axes = [x.axes for x in codes.values()]
    for name, own in zip(trees, axes, strict=True):
        taken = own[-1] == SAMPLES and len(own) == 3 and name not in SYMMETRIC
        if taken and own != LAYOUTS.get(name, "rcn"):
            msg = f"{name} of {step.name} has its axes in another order than those who take it"
            raise ReadBackError(msg)
    for seed, sizes in enumerate(SIZES):
        # in which any residues stand for 1 − π and √π
        draws = [arbitrary(sizes, seed + n, RESIDUES) for n in range(1 + step.of_batches)]
        rights = [list(_right(trees, places, values, axes)) for values in draws]
        for several in range(len(draws)):
            right = [np.stack(x) for x in zip(*rights, strict=True)] if several else rights[0]
            for name, as_said, found in zip(trees, right, _run(code, draws, several), strict=True):
                if found.shape != as_said.shape or (found != as_said).any():
                    msg = f"{name} of {step.name} is not what it was printed from"
                    raise ReadBackError(msg)
    return code


def _placed(name: str, code: Code) -> Code:
    """Bring U into its layout; Q has its own as it comes."""
    own = LAYOUTS["U"] if name == "U" else code.axes
    return code if own == code.axes else Code(code.like(own), own)


def fields() -> dict[str, Any]:
    """Return what the template of the module is laid out from."""
    return {
        "helpers": [helper_source(f) for f in HELPERS],
        "steps": [step_code(step) for step in STEPS],
        "softmax": softmax_code(),
    }


def _shared(trees: Collection[Node]) -> Iterator[tuple[Node, str]]:
    """Name the operations that are used more than once."""
    uses = Counter(trees)
    for node in {id(x): x for tree in trees for x in walk(tree)}.values():
        own = [x for x in node.args if isinstance(x, Node)]
        uses.update(2 * own if node.op == "power" else own)
    found = [x for x, n in uses.items() if n > 1 and x.op in COMPUTED]
    return ((x, f"t{n}") for n, x in enumerate(found))


def source(code: StepCode) -> str:
    """Return a function's text."""
    body = [f"    {line}" for line in (*code.lines, f"return {', '.join(code.results)}")]
    return "\n".join([f"def {code.name}({', '.join(code.arguments)}):", *body])


def _run(code: StepCode, draws: Sequence[Values], several: int) -> tuple[Tensor, ...]:
    """Run a function on residues: the first ones, or all of them in a further axis."""
    scope: dict[str, Any] = {"np": np, **{f.__name__: f for f in HELPERS}}
    exec(compile(source(code), code.name, "exec"), scope)  # it was printed a moment ago
    given = [[_laid_out(name, values) for values in draws] for name in code.arguments]
    found = scope[code.name](*(np.stack(x) if several else x[0] for x in given))
    return found if isinstance(found, tuple) else (found,)


def _laid_out(name: str, values: Values) -> Tensor:
    """Return a quantity as the functions take it, samples last; a side of length one is no axis."""
    name = name.removesuffix(ENDING)  # both blocks have all samples
    shared, x = name in WEIGHTS, values.known[name]
    x = x if shared else np.moveaxis(x, 0, -1)
    shape = WEIGHTS[name] if shared else AT_SAMPLE[name]
    x = x[tuple(0 if side == ONE else slice(None) for side in shape)]
    if name in LAYOUTS:
        return x.transpose(["rcn".index(axis) for axis in LAYOUTS[name]])
    return x


def _right(
    trees: Mapping[str, Node], places: Mapping[Any, str], values: Values, axes: list[str]
) -> Iterator[Tensor]:
    """Yield what the trees say."""
    numbers, N = LayerNumbers(values), values.sizes.of("sample")
    for tree, own in zip(trees.values(), axes, strict=True):
        samples = [N] * len(places) if set(own) & {*places.values()} else []
        at = [dict(zip(places, x, strict=False)) for x in product(range(N), repeat=len(samples))]
        found = np.stack([numbers.read(tree, x).array for x in at], axis=-1)
        yield _with_axes(found, tree, own, values, samples)


def _with_axes(found: Tensor, tree: Node, own: str, values: Values, samples: list[int]) -> Tensor:
    """Lay out a matrix of each sample, or pair of samples, as the code has it."""
    rows, cols = (values.sizes.length(side) for side in tree.shape)
    outer = 1
    if "t" in own:  # of a Kronecker product, whose first factor has the axis t
        outer = values.sizes.length((tree.shape.rows[0][:1],))
    full, x = "trc", found.reshape(outer, rows // outer, cols, *samples)
    full += (SAMPLES + PAIRED)[: len(samples)]
    x = x[tuple(slice(None) if axis in own else 0 for axis in full)]
    left = [axis for axis in full if axis in own]
    return x.transpose([left.index(axis) for axis in own])


def softmax_code() -> dict[str, str]:
    """Return what π and the others are, in NumPy's functions."""
    names = {
        "share": "SHARE",
        "rest": "REST",
        "rest_of_top": "REST_OF_TOP",
        "root": "ROOT",
        "loss": "LOSS",
    }
    return {key: _printed(getattr(softmax, name)) for key, name in names.items()}


def _printed(expr: sp.Expr) -> str:
    exact = expr.replace(lambda x: x == sp.log(1 + softmax.rho), lambda _: log1p(softmax.rho))
    return str(NumPyPrinter().doprint(exact)).replace("numpy.", "np.")

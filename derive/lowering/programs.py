"""All programs of an activation, each proved equal to its claim (stage 4).

Output: what emission prints. Where a derivative of the activation is a number (f″ = 0 of the linear
one), it is put into the normal forms first, so that terms vanish before anything is lowered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import sympy as sp

from hessbound.derive import activations
from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ONE, ROW, Matrix, indices
from hessbound.derive.algebra.polynomials import Poly, atom
from hessbound.derive.algebra.sympy import in_atoms
from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.model import derivatives, traces
from hessbound.derive.model.parameters import THETA

from . import blocks as lower_blocks
from . import contractions as lower_curvature
from . import pairs, readback
from . import sums as lower
from .ir import Block, Program

UNIT = Index("sample", "i"), Index("hidden", "k")
OUT = ("out_A", "out_0", "out_w")
FEATURES = ("h", "f1", "f2", "f3")


class ReadBackError(ValueError):
    """A program that does not read back as what it claims to compute."""


@dataclass(frozen=True)
class Kernels:
    """The programs of one activation."""

    activation: str
    function: ScalarFunction
    features: tuple[str, ...]  # of h, f1, f2, f3 those that are no numbers
    forward: Program
    programs: tuple[Program, ...]
    blocks: tuple[Block, ...]
    contractions: tuple[Program, Program]  # of pairs of samples, and of the blocks


def _numbers(function: ScalarFunction) -> dict[str, sp.Expr]:
    """Return the derivatives that are numbers, by name."""
    values = ((name, function.derivative(order)) for order, name in enumerate(FEATURES))
    return {name: value for name, value in values if value.is_Rational}


def constants(function: ScalarFunction) -> list[tuple[Poly, Poly]]:
    """List the derivatives that are numbers, as relations."""
    return [(atom(name, *UNIT), in_atoms(value)) for name, value in _numbers(function).items()]


def direction() -> Matrix:
    """Return the vector that the Hessian is multiplied by, in θ's shape."""
    names = zip(("z_A", "z_0", "z_w"), THETA, strict=True)
    entries = {(n, 0): atom(name, *indices(side, ROW)) for n, (name, side) in enumerate(names)}
    return Matrix(THETA, ONE, entries)


@cache
def build(activation: str) -> Kernels:
    """Lower the normal forms to the programs of an activation, and read each of them back.

    ReadBackError if one does not compute what it claims to.

    >>> [program.name for program in build("linear").programs]
    ['loss', 'gradient', 'hessian_vector', 'trace', 'traces_gram', 'moments', 'curvature_gradient']
    """
    function = activations.load(activation)
    relations = constants(function)
    H = derivatives.summed(derivatives.hessian()).rewrite(*relations)
    gradient = derivatives.summed(derivatives.gradient()).rewrite(*relations)
    hidden, output = (x.rewrite(*relations) for x in traces.block_traces())
    squared = traces.trace(2).rewrite(*relations)
    u, v = derivatives.forward()
    loss = atom("loss", UNIT[0]).sum(UNIT[0])
    forward, blocks = lower.forward(u, v), lower_blocks.blocks(H)
    product = H @ direction()
    both = {"trace_hidden": hidden, "trace_output": output}
    trace = lower.sums("trace", "tr H_AA and tr H_ww (Eqs. 19-21)", both)
    gram = pairs.pairs(
        "traces_gram",
        "tr H_AA, tr H_ww and tr H² over pairs of samples (Eqs. 19-21, 25-28)",
        trace,
        squared,
        "trace_squared",
    )
    claims: dict[str, tuple[Program, Mapping[str, Poly]]] = {
        "forward": (forward, {"U": u, "v": v}),
        "loss": (lower.sums("loss", "L = Σ_i ℓ_i (Eq. 4)", {"total": loss}), {"total": loss}),
        "gradient": (lower.vector("gradient", "∇L (Eqs. 11-13)", gradient), _in_theta(gradient)),
        "hessian_vector": (
            lower.vector("hessian_vector", "H z (Eqs. 14-18)", product),
            _in_theta(product),
        ),
        "trace": (trace, both),
        "traces_gram": (gram, {**both, "trace_squared": squared}),
    }
    for name, (program, claim) in claims.items():
        _require(activation, name, readback.read_program(program), claim)
    for block in blocks:
        found = {"entry": readback.read_block(block)}
        claim = {"entry": lower_blocks.entry(H, block.rows, block.cols)}
        _require(activation, f"block {block.rows, block.cols}", found, claim)
    direct, claim = {"trace_squared": _squares(H)}, {"trace_squared": squared}
    _require(activation, "traces_direct", direct, claim)
    contractions, sums = _curvature(activation, H, {**both, "trace_squared": squared})
    features = tuple(name for name in FEATURES if name not in _numbers(function))
    programs = tuple(program for name, (program, _) in claims.items() if name != "forward")
    return Kernels(
        activation, function, features, forward, (*programs, *sums), blocks, contractions
    )


def _curvature(
    activation: str, H: Matrix, moments: Mapping[str, Poly]
) -> tuple[tuple[Program, Program], tuple[Program, Program]]:
    """Lower what the gradient of the bounds is computed by, and read it back.

    Two programs contract H, and two are sums over the samples that start from its contractions.
    """
    function = activations.load(activation)
    numbers, relations = _numbers(function), constants(function)
    of_pairs, of_blocks = lower_curvature.by_pairs(numbers), lower_curvature.by_blocks(numbers)
    contracted = readback.read_program(of_blocks, lower_curvature.blocks_of(H))
    given = lower_curvature.environment(contracted)
    squared = lower_curvature.squared().rewrite(*relations)
    sums = {**moments, "trace_squared": squared}
    traces_again = lower.sums("moments", "tr H_AA, tr H_ww and tr H²", sums)
    gradient = lower_curvature.gradient(numbers, relations)
    claims: tuple[tuple[Program, readback.Environment, Mapping[str, Poly]], ...] = (
        (of_pairs, {}, contracted),
        (traces_again, given, moments),
        (gradient, given, _in_theta(lower_curvature.claimed(relations))),
    )
    for program, known, claim in claims:
        _require(activation, program.name, readback.read_program(program, known), claim)
    return (of_pairs, of_blocks), (traces_again, gradient)


def _in_theta(values: Matrix) -> dict[str, Poly]:
    """Return the parts of a vector in θ's shape, with free indices a (input) and k (hidden)."""
    letters = {"hidden": "k", "input": "a"}
    parts = {}
    for n, name in enumerate(OUT):
        names = {x: Index(x.kind, letters[x.kind]) for x in indices(values.rows[n], ROW)}
        parts[name] = values.entries[n, 0].rename(names)
    return parts


def _squares(H: Matrix) -> Poly:
    """Add up squared entries as the direct algorithm does: of blocks above the diagonal, twice."""
    total = Poly()
    for (r, c), value in H.entries.items():
        if r <= c:
            own = (*indices(H.rows[r], ROW), *indices(H.cols[c], COL))
            total += (value * value).sum(*own) * (1 if r == c else 2)
    return total


def _require(
    activation: str, name: str, found: Mapping[str, Poly], claim: Mapping[str, Poly]
) -> None:
    wrong = sorted(key for key in claim if found.get(key) != claim[key])
    if wrong:
        outputs = ", ".join(wrong)
        why = "its read-back differs from the normal form"
        msg = f"{activation}: {name} does not compute {outputs}: {why}"
        raise ReadBackError(msg)

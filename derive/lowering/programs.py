"""All programs, each proved equal to its claim (stage 4).

Output: what emission prints. Where a derivative of the activation is a number (f″ = 0 of the linear
one), it is put into the normal forms first, so that terms vanish before anything is lowered. No
more is known of an activation: those with the same numbers have the same programs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeAlias

import sympy as sp

from hessbound.derive import activations
from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix
from hessbound.derive.algebra.polynomials import Poly, atom
from hessbound.derive.algebra.sympy import in_atoms
from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.model import derivatives, traces
from hessbound.derive.model.parameters import NAMES, at, column, entry

from . import blocks, contractions, descent, pairs, penalty, sums
from .ir import Input, Module, Program, ProgramError
from .readback import ReadBackError, read_module
from .values import Array, Environment

SAMPLE, UNIT = Index("sample", "i"), Index("hidden", "k")
FEATURES = ("h", "f1", "f2", "f3")

Numbers: TypeAlias = tuple[tuple[str, sp.Expr], ...]
Relations: TypeAlias = list[tuple[Poly, Poly]]


class Row(NamedTuple):
    """A program, those whose outputs it takes, and what it claims to compute."""

    program: Program
    takes: tuple[str, ...]
    claim: Environment


@dataclass(frozen=True)
class Kernels:
    """The programs of all activations with these constants, and what each was proved to compute."""

    constants: Numbers
    module: Module
    claims: Mapping[str, Environment]

    @property
    def features(self) -> tuple[str, ...]:
        """Of h, f1, f2 and f3 those that are arrays in programs."""
        return tuple(name for name in FEATURES if name not in dict(self.constants))


def numbers(function: ScalarFunction) -> Numbers:
    """Return the derivatives of an activation that are numbers, by name.

    >>> numbers(activations.load("linear"))
    (('f1', 1), ('f2', 0), ('f3', 0))
    """
    values = ((name, function.derivative(order)) for order, name in enumerate(FEATURES) if order)
    return tuple((name, value) for name, value in values if value.is_Rational)


def constants(function: ScalarFunction) -> Relations:
    """List the derivatives that are numbers, as relations."""
    return _relations(numbers(function))


def _relations(constants: Numbers) -> Relations:
    return [(atom(name, SAMPLE, UNIT), in_atoms(value)) for name, value in constants]


def direction() -> Matrix:
    """Return the vector that the Hessian is multiplied by, in θ's shape."""
    return column({name: atom(f"z_{name}", *at(name, ROW)) for name in NAMES})


def build(activation: str) -> Kernels:
    """Return the programs of an activation; an error names it.

    >>> [program.name for program in build("linear").module.programs[:4]]
    ['forward', 'loss', 'gradient', 'hessian_vector']
    """
    try:
        return lowered(numbers(activations.load(activation)))
    except ProgramError as error:
        msg = f"{activation}: {error}"
        raise type(error)(msg) from None


@cache
def lowered(constants: Numbers) -> Kernels:
    """Lower the normal forms, with numbers for derivatives, and read each program back.

    ProgramError if there are terms that a program has no place for; ReadBackError, which is one, if
    a program does not compute what it claims to.
    """
    rows: dict[str, Row] = {}
    name = ""
    try:
        for name, lower in _table(dict(constants), _relations(constants)).items():
            rows[name] = lower()
        takes = {name: row.takes for name, row in rows.items()}
        module = Module(tuple(row.program for row in rows.values()), takes)
        name = "read-back"
        found = read_module(module)
    except ProgramError as error:
        msg = f"{name}: {error}"
        raise type(error)(msg) from None
    claims = {name: row.claim for name, row in rows.items()}
    for name, claim in claims.items():
        _require(name, found[name], claim)
    return Kernels(constants, module, claims)


def _table(numbers: Mapping[str, sp.Expr], relations: Relations) -> dict[str, Callable[[], Row]]:
    """Return how each program is made, in the order of their calls."""
    H = derivatives.summed(derivatives.hessian()).rewrite(*relations)
    gradient = derivatives.summed(derivatives.gradient()).rewrite(*relations)
    hidden, output = (x.rewrite(*relations) for x in traces.block_traces())
    squared = traces.trace(2).rewrite(*relations)
    (u, v), product, diagonal = derivatives.forward(), H @ direction(), H.diagonal()
    gauss_newton = derivatives.summed(derivatives.gauss_newton()).rewrite(*relations) @ direction()
    total = {"total": atom("loss", SAMPLE).sum(SAMPLE)}
    both = {"trace_hidden": hidden, "trace_output": output}
    moments = {**both, "trace_squared": squared}
    contracted = {**both, "trace_squared": contractions.squared().rewrite(*relations)}
    trace = sums.sums("trace", "tr H_AA and tr H_ww (Eqs. 19-21)", both)
    of_pairs = "tr H_AA, tr H_ww and tr H² over pairs of samples (Eqs. 19-21, 25-28)"
    z = tuple(Input(f"z_{name}", tuple(x.kind for x in at(name, ROW))) for name in NAMES)
    alpha = contractions.claim(H, relations)
    curvature = contractions.claimed(relations)
    return {
        "forward": lambda: Row(
            sums.forward(u, v), (), {"U": Array((SAMPLE, UNIT), u), "v": Array((SAMPLE,), v)}
        ),
        "loss": lambda: Row(sums.sums("loss", "L = Σ_i ℓ_i (Eq. 4)", total), (), _scalars(total)),
        "gradient": lambda: Row(
            sums.vector("gradient", "∇L (Eqs. 11-13)", gradient), (), _in_theta(gradient)
        ),
        "hessian_vector": lambda: Row(
            sums.vector("hessian_vector", "H z (Eqs. 14-18)", product, *z), (), _in_theta(product)
        ),
        "gauss_newton_vector": lambda: Row(
            sums.vector("gauss_newton_vector", "Σ_i p ∇v∇vᵀ z", gauss_newton, *z),
            (),
            _in_theta(gauss_newton),
        ),
        "hessian_diagonal": lambda: Row(
            sums.vector("hessian_diagonal", "diag H (Eqs. 14-18)", diagonal),
            (),
            _in_theta(diagonal),
        ),
        "trace": lambda: Row(trace, (), _scalars(both)),
        "traces_gram": lambda: Row(
            pairs.pairs("traces_gram", of_pairs, trace, squared, "trace_squared"),
            (),
            _scalars(moments),
        ),
        "blocks": lambda: Row(blocks.blocks(H), (), _stored(H)),
        "squares": lambda: Row(blocks.squares(), ("blocks",), _scalars(moments)),
        "dense": lambda: Row(blocks.dense(), ("blocks",), _whole(H)),
        "contractions_of_blocks": lambda: Row(contractions.by_blocks(numbers), ("blocks",), alpha),
        "contractions": lambda: Row(contractions.by_pairs(numbers), (), alpha),
        "moments": lambda: Row(
            sums.sums("moments", "tr H_AA, tr H_ww and tr H²", contracted, *contractions.inputs()),
            ("contractions",),
            _scalars(moments),
        ),
        "curvature_gradient": lambda: Row(
            contractions.gradient(numbers, relations), ("contractions",), _in_theta(curvature)
        ),
        "descent": lambda: Row(descent.step(), ("gradient",), descent.claim(gradient)),
        **_penalised(H, gradient, relations),
    }


def _penalised(H: Matrix, gradient: Matrix, relations: Relations) -> dict[str, Callable[[], Row]]:
    """Return how what the penalty needs is made."""
    D, slope = derivatives.penalty_hessian(), derivatives.penalty_gradient()
    weighted = {penalty.WEIGHTED: penalty.weighted(H)}
    of_weighted = penalty.weighted_gradient_claim(relations)
    moments = ("squares", "penalty_moments", "weighted_trace")
    return {
        "penalty": lambda: Row(penalty.value(), (), _scalars(penalty.value_claim())),
        "penalty_gradient": lambda: Row(penalty.gradient(), (), _in_theta(slope)),
        "penalty_diagonal": lambda: Row(penalty.diagonal(), (), _in_theta(D.diagonal())),
        "penalty_moments": lambda: Row(penalty.moments(), (), _scalars(penalty.moments_claim())),
        "weighted_trace": lambda: Row(penalty.weighted_trace(H), (), _scalars(weighted)),
        "weighted_gradient": lambda: Row(
            penalty.weighted_gradient(H, relations), (), _in_theta(of_weighted)
        ),
        "penalised": lambda: Row(
            penalty.penalised(), moments, _scalars(penalty.penalised_claim(H))
        ),
        "descent_penalised": lambda: Row(
            penalty.descent_step(), ("gradient",), descent.claim(gradient + slope)
        ),
    }


def _scalars(values: Mapping[str, Poly]) -> dict[str, Array]:
    return {name: Array((), value) for name, value in values.items()}


def _in_theta(values: Matrix) -> dict[str, Array]:
    """Return the parts of a vector in θ's shape."""
    return {f"out_{name}": Array(at(name, ROW), entry(values, name)) for name in NAMES}


def _stored(H: Matrix) -> dict[str, Array]:
    """Return the blocks on and above the diagonal as they are stored."""
    parts = zip(blocks.UPPER, blocks.inputs(), strict=True)
    return {
        x.name: Array(blocks.slots(*names), entry(H, *names), x.symmetric) for names, x in parts
    }


def _whole(H: Matrix) -> dict[str, Array]:
    """Return all blocks, each with its row's and then its column's indices."""
    return {
        f"H_{row}_{col}": Array((*at(row, ROW), *at(col, COL)), entry(H, row, col))
        for row in NAMES
        for col in NAMES
    }


def _require(name: str, found: Environment, claim: Environment) -> None:
    wrong = sorted(key for key in claim if key not in found or not found[key].same(claim[key]))
    if wrong:
        outputs = ", ".join(wrong)
        why = "its read-back differs from the normal form"
        msg = f"{name} does not compute {outputs}: {why}"
        raise ReadBackError(msg)

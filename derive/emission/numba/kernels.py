"""What a module of kernels lays out: all programs of the activations that it is for (stage 5)."""

import re
from typing import Any

from hessbound.derive.lowering import programs
from hessbound.derive.lowering.programs import FEATURES, Numbers

from .forward import SLOPES, forward_code
from .nests import constants_code, dense_code
from .pairs import gram_code, pairs_code
from .places import LayoutError
from .printer import NumbaPrinter
from .programs import BLOCK, CONSTANTS, given_code, program_code, require_stages

MEANINGS = {
    **dict(zip(FEATURES, ("f", "f′", "f″", "f‴"), strict=True)),
    **dict(zip(SLOPES, ("ℓ", "∂ℓ/∂v", "∂²ℓ/∂v²", "∂³ℓ/∂v³"), strict=True)),
}
USED = {
    "outputs": ("v",),
    "loss": ("loss",),
    "loss_gradient": ("loss", "gradient"),
    "descend": ("gradient",),
    "features": ("hessian_vector",),
    "hessian_vector": ("hessian_vector",),
    "gauss_newton_vector": ("gauss_newton_vector",),
    "hessian_diagonal": ("hessian_diagonal",),
    "trace": ("trace",),
    "gram_features": ("traces_gram", "e", "p"),
    "blocks": ("blocks", "e", "p"),
    "contraction_features": ("contractions", "e", "p"),
    "contractions_of_blocks": ("contractions_of_blocks",),
    "moments": ("moments", "e", "p"),
    "curvature_gradient": ("curvature_gradient", "e", "p", "p1"),
    "weighted_trace": ("weighted_trace", "e", "p"),
    "weighted_gradient": ("weighted_gradient", "e", "p", "p1"),
}
"""The programs that stand in a kernel, and what it uses beside their inputs."""


APART = {"forward", "traces_gram", "blocks", "contractions", "contractions_of_blocks"}
"""Those that are laid out in a way of their own."""
PENALTY = ("penalty", "penalty_gradient", "penalty_diagonal", "penalty_moments", "penalised")
"""Those of a module of their own."""
ALONE = ("squares", "dense", "descent", "descent_penalised", *PENALTY)
"""Those of no sample."""


def name_of_variant(constants: Numbers) -> str:
    """Return the name of the module of kernels for activations with these constant derivatives.

    The first of them implies the others.

    >>> import sympy as sp
    >>> name_of_variant(()), name_of_variant((("f2", sp.Rational(-1, 2)), ("f3", sp.Integer(0))))
    ('_kernels', '_kernels_f2__1_2')
    """
    return re.sub(r"\W", "_", "_".join(["_kernels", *(f"{x}_{c}" for x, c in constants[:1])]))


def stated(constants: Numbers) -> str:
    """Say which activations kernels are for."""
    given = [f"{MEANINGS[x]} = {NumbaPrinter().doprint(c)}" for x, c in constants]
    return f"activations with {', '.join(given)}" if given else "any activation"


def fields(activation: str) -> dict[str, Any]:
    """Print the kernels that an activation takes, and others with it; an error names it."""
    try:
        return _fields(programs.build(activation))
    except LayoutError as error:
        msg = f"{activation}: {error}"
        raise LayoutError(msg) from None


def _fields(built: programs.Kernels) -> dict[str, Any]:
    module = built.module
    inputs = {program.name: {x.name for x in program.inputs} for program in module.programs}
    used = {key: set().union(*(inputs.get(x, {x}) for x in own)) for key, own in USED.items()}
    for alone in ALONE:
        require_stages(module[alone], CONSTANTS)
    places = {name: f"out[{n}]" for n, name in enumerate(module["squares"].outputs)}
    loops = [x for x in inputs if x not in {*APART, *ALONE}]
    return {
        "numbers": stated(built.constants),
        "forwards": {key: forward_code(x, dict(built.constants)) for key, x in used.items()},
        "forward": program_code(module["forward"]),
        "programs": {x: program_code(module[x], BLOCK | CONSTANTS) for x in loops},
        "gram": gram_code(module["traces_gram"]),
        "blocks": given_code(module["blocks"]),
        "squares": constants_code(module["squares"], places),
        "dense": dense_code(module["dense"]),
        "descent": constants_code(module["descent"]),
        "descent_penalised": constants_code(module["descent_penalised"]),
        "contractions": pairs_code(module["contractions"]),
        "of_blocks": given_code(module["contractions_of_blocks"]),
    }


def penalty_fields() -> dict[str, Any]:
    """Print what a penalty needs of no sample."""
    module = programs.lowered(()).module
    names = ("value", "gradient", "diagonal", "moments", "combined")
    combined, of_D = module["penalised"], module["penalty_moments"].outputs
    given = [x.name for x in combined.inputs if x.name not in of_D]
    return {
        **{name: constants_code(module[x]) for name, x in zip(names, PENALTY, strict=True)},
        "titles": {x: module[x].title for x in (*PENALTY, "weighted_trace")},
        "moments_in": given[:-1],
        "weighted": given[-1],
        "moments_of": of_D,
        "moments_out": combined.outputs,
    }

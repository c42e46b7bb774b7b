"""The symbolic side of hessbound: from ℓ(θ) to proved kernels.

Each stage takes the one before and nothing else::

    network, loss, activations/, scalars    1  the model, in SymPy and in atoms
    differentiate                           2  ∇ℓ and the Hessian's entries, with symbolic indices
    labels, monomials, polynomial, constants  3  normal forms
    matrices, traces                        3  matrix notation, tr Hⁿ
    quantities, statements, claims/         -  the paper's statements, written down independently
    prove, symbolic, zero                   -  proofs
    explicit, exact, product_rule           -  witnesses that share no code with the proofs
    pieces, readings, lower*, ir            4  programs
    kernels, readback                       4  all programs, proved by reading them back
    printing, layout, emit, generate        5  text of generated/, through templates/
    stated, blame, selection, notebook      -  claims that users state
    ladder, scalar_ladder, polynomials      -  their verdicts, rung by rung
    show, console                           -  what the command line prints

What users write claims with is here by name, and imported when it is first used: ``identity``,
``scalar``, ``u``, ``Quantities`` and ``prove_equal``.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .notebook import prove_equal
    from .quantities import Quantities
    from .scalars import u
    from .stated import identity, scalar

__all__ = ["Quantities", "identity", "prove_equal", "scalar", "u"]

_HOME = {
    "Quantities": "quantities",
    "identity": "stated",
    "prove_equal": "notebook",
    "scalar": "stated",
    "u": "scalars",
}


if not TYPE_CHECKING:  # for a checker, a name that is not imported above does not exist

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)

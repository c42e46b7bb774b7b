"""The symbolic side of hessbound: from ℓ(θ) to proved kernels.

A folder for each stage, from the ground up; each imports only from those above it here::

    algebra/                  3  polynomials in indexed factors: normal forms for all sizes
    functions/                1  functions of one variable: atoms, zero test, ranges, balls
    activations/, losses/     1  one file each
    model/                  1-2  the network; SymPy's derivatives, and the product rule's
    statements/               -  what is claimed, as trees: normal form, numbers, LaTeX
    proof/                    -  verdicts: a kernel, and one procedure for each kind of claim
    lowering/                 4  normal forms to programs, and back
    frontend/                 -  what users write
    claims/                   -  the paper's statements
    emission/                 5  programs to text, through templates/
    display/                  -  results for readers
    commands/                 -  what the command line calls

What users write claims with is here by name, and imported when it is first used: ``identity``,
``scalar``, ``at_most``, ``bound`` and ``certificate`` with ``square``, ``lagrange`` and ``over``;
``u``, ``f``, ``f1``, ``f2``, ``f3`` and ``Quantities``; ``prove_equal``, ``prove_at_most`` and
``prove_bound``.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .frontend.calls import prove_at_most, prove_bound, prove_equal
    from .frontend.files import at_most, bound, certificate, identity, scalar
    from .functions.scalar import f, f1, f2, f3, u
    from .proof.kernel import lagrange, over, square
    from .statements.network import Quantities

__all__ = [
    "Quantities",
    "at_most",
    "bound",
    "certificate",
    "f",
    "f1",
    "f2",
    "f3",
    "identity",
    "lagrange",
    "over",
    "prove_at_most",
    "prove_bound",
    "prove_equal",
    "scalar",
    "square",
    "u",
]

_HOME = {
    "frontend.files": ("at_most", "bound", "certificate", "identity", "scalar"),
    "proof.kernel": ("lagrange", "over", "square"),
    "frontend.calls": ("prove_at_most", "prove_bound", "prove_equal"),
    "statements.network": ("Quantities",),
    "functions.scalar": ("u", "f", "f1", "f2", "f3"),
}


if not TYPE_CHECKING:  # for a checker, a name that is not imported above does not exist

    def __getattr__(name: str) -> object:
        for module, names in _HOME.items():
            if name in names:
                return getattr(importlib.import_module(f".{module}", __name__), name)
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)

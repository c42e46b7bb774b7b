"""The symbolic side of hessbound: from ℓ(θ) to proved kernels.

Each stage takes the one before and nothing else::

    network, loss, activations/, functions/ 1  the model, in SymPy and in atoms
    differentiate                           2  ∇ℓ and the Hessian's entries, with symbolic indices
    labels, monomials, polynomial           3  normal forms; constants: irrational numbers in them
    matrices, traces                        3  matrix notation, tr Hⁿ
    quantities, statements, claims/         -  the paper's statements, written down independently
    bounded*, spectrum, settings            -  what inequalities are stated in
    nonnegative, trace_constants, peaks     -  what they are certified with, and their constants
    prove, verdicts, symbolic               -  proofs of identities
    inequalities                            -  proofs of inequalities
    scalar_*, functions/                    -  proofs in one variable, and of ranges
    explicit, exact, product_rule           -  witnesses that share no code with the proofs
    pieces, readings, lower*, ir            4  programs
    kernels, readback                       4  all programs, proved by reading them back
    printing, elementary, layout*           5  kernels as lines of code
    emit, generate                          5  text of generated/, through templates/
    stated, claim_files, notebook, blame    -  claims that users state
    *ladder, polynomials                    -  their verdicts, rung by rung
    written, notation, typeset, plain       -  claims as LaTeX, by the functions that are proved
    mathml*, plots, explain, report         -  results as a page and as JSON
    document, selection, show, console      -  what the command line prints

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
    from .proof.nonnegative import lagrange, over, square
    from .statements.quantities import Quantities

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
    "proof.nonnegative": ("lagrange", "over", "square"),
    "frontend.calls": ("prove_at_most", "prove_bound", "prove_equal"),
    "statements.quantities": ("Quantities",),
    "functions.scalar": ("u", "f", "f1", "f2", "f3"),
}


if not TYPE_CHECKING:  # for a checker, a name that is not imported above does not exist

    def __getattr__(name: str) -> object:
        for module, names in _HOME.items():
            if name in names:
                return getattr(importlib.import_module(f".{module}", __name__), name)
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)

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
    show, console                           -  what the command line prints
"""

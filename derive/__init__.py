"""The symbolic side of hessbound: from ℓ(θ) to proved kernels.

Each stage takes the one before and nothing else::

    network, loss, activations/, scalars    1  the model, in SymPy and in atoms
    differentiate                           2  ∇ℓ and the Hessian's entries, with symbolic indices
    labels, polynomial, matrices, traces    3  normal forms, matrix notation, tr Hⁿ
    statements, claims/, quantities         -  the paper's statements, written down independently
    prove, zero, explicit, product_rule     -  proofs, and witnesses that share no code with them
    pieces, lower*, ir, kernels, readback   4  programs, proved equal to their claims by reading them back
    printing, layout, emit, generate        5  text of generated/, through templates/
    show, console                           -  what the command line prints
"""

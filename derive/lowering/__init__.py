"""Normal forms as programs, and back (stage 4).

Input: normal forms of ``model``, and the derivatives of an activation that are numbers. Output:
programs, each proved to compute its normal form.

- ``ir``: what a program is: statements in stages over indexed arrays.
- ``programs``: all of them, and the proof.
- ``pieces``: a normal form cut at its samples.
- ``sums``: sums over the samples, and vectors in θ's shape.
- ``blocks``: the blocks of the Hessian, and what is made of them.
- ``gram``, ``pairs``: tr H² over pairs of samples.
- ``contractions``: what a sample needs of H, and the gradient of the bounds.
- ``descent``: a step of gradient descent.
- ``penalty``: a quadratic penalty, and what it adds to each quantity.
- ``readback``, ``values``: statements and expressions read back; they know none of the above.
- ``flops``: how many operations a program takes.
"""

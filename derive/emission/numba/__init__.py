"""Programs and functions as numba code.

Input: programs of the IR, functions of one variable. Output: lines, which templates lay out; for
what has no place in these, a ``LayoutError``.

- ``printer``: expressions.
- ``scalars``: functions of one variable; ``elementary``: the numbers in e^x and its like.
- ``places``: where kernels keep what programs name.
- ``scopes``: loops over units and inputs, and what is computed once in each.
- ``loops``: statements of one sample, in loops over a block of samples.
- ``nests``: what depends on no sample.
- ``programs``: programs by stage; ``pairs``: those over pairs of samples.
- ``forward``: what a kernel takes from the forward pass.
- ``kernels``: what a module of kernels lays out.
- ``notes``: what the comment beside a line says.
"""

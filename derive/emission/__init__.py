"""The files of generated/ (stage 5).

Input: programs of ``lowering``, activations and the loss, bounds of ``claims``. Output: texts, and
files of a checkout.

- ``generate``: the driver, which proves what files rest on, then writes them.
- ``files``: compares files with what would be written, and writes.
- ``formulas``: kernels of a user's formulas, in a folder of their own.
- ``digits``: how many digits emitted code has, measured.
- ``inputs``: which files of a checkout kernels are made from.
- ``modules``: which modules there are, and their texts.
- ``spectrum``: what the traces say about the spectrum, solved from the bounds that are proved.
- ``layer_steps``: which steps of one layer are printed, each of trees of claims.
- ``layers``, ``batched``: these trees as NumPy code for many samples, read back.
- ``sample_matrices``: what these call, printed into the generated module as it stands.
- ``numba/``: programs and functions as lines of code, which templates/numba lays out.
"""

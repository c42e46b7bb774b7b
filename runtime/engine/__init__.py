"""How kernels are found, fed and shared by threads.

- ``_kernels``: the generated modules
- ``_formulas``: formulas of one's own
- ``_announcer``: a word where compiling takes long
- ``_layout``: the memory layout of samples
- ``_memory``: room to work in
- ``_threads``: threads, and Ctrl-C
- ``_plan``: which algorithm, on how many samples at a time
- ``_problem``: networks and samples as kernels take them; work divided
- ``_penalty``: ``L2``, and what it adds to every function.
"""

"""Programs and functions as lines of numba code, which templates lay out.

``printer`` writes expressions, ``scalars`` functions of one variable, ``elementary`` the numbers in
e^x and its like; ``loops`` writes statements over a block of samples, ``programs``, ``gram`` and
``pairs`` whole programs, ``forward`` what they take from the forward pass, and ``notes`` what the
comment beside a line says. What no template has a place for is a ``LayoutError``.
"""

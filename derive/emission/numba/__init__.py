"""Programs and functions as lines of numba code, which templates lay out.

``printer`` writes expressions, ``scalars`` functions of one variable, ``elementary`` the numbers in
e^x and its like; ``loops`` writes statements over a block of samples, ``programs`` and ``pairs``
whole programs, ``forward`` what they take from the forward pass, and ``notes`` what a line says.
"""

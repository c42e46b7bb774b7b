"""Programs and functions come in; the text of generated/ comes out, and is written to files.

``modules`` knows which modules there are, ``files`` compares and writes them, and ``generate``
proves what they rest on first. ``numba`` prints code for the templates in templates/numba.
"""

"""One file per activation; they are discovered, never listed.

Input: textbook formulas. Output: a file ``<name>.py`` defines ``ACTIVATION``, a ``ScalarFunction``;
its name is the activation's.
"""

from hessbound.derive.functions.catalogue import load, names

__all__ = ["load", "names"]

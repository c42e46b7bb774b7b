"""One file per activation; they are discovered, never listed.

A file ``<name>.py`` here defines ``ACTIVATION``, a ``ScalarFunction``; its name is the
activation's.
"""

from hessbound.derive.functions.catalogue import load, names

__all__ = ["load", "names"]

"""One file per loss; they are discovered, never listed.

Input: textbook formulas. Output: a file ``<name>.py`` defines ``LOSS``, a ``Loss``, in atoms that
lose no digits; its name is the loss's.
"""

from typing import cast

from hessbound.derive.functions import catalogue
from hessbound.derive.functions.loss import Loss

__all__ = ["load", "names"]


def names() -> tuple[str, ...]:
    """List the names of all losses.

    >>> "cross_entropy" in names()
    True
    """
    return catalogue.names(__name__)


def load(name: str) -> Loss:
    """Return the loss of that name; errors are those of ``catalogue.load``.

    >>> load("cross_entropy").curvature
    1/4
    """
    return cast("Loss", catalogue.load(name, __name__))

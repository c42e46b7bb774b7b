"""Kinds of indices: how many values each takes, where it starts, and its letters (stage 3).

This is the only table of them. A model with other indices declares its own kinds beside these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sympy as sp

Size = tuple[tuple[str, int], ...]  # a polynomial: (name of a size, or "" for 1; coefficient)


@dataclass(frozen=True)
class Kind:
    """A kind of index.

    Attributes
    ----------
    name : str
        What the kind is called.
    size : tuple of (str, int)
        The number of its values as a sum: ("d", 1), ("", 1) is d + 1.
    first : int
        The first value; the last is ``first`` + size − 1.
    letters : str
        What readers see for such an index, in the order of use.
    """

    name: str
    size: Size
    first: int
    letters: str

    @property
    def count(self) -> sp.Expr:
        """The number of values, in SymPy's symbols.

        >>> KINDS["input"].count
        d + 1
        """
        return sum((_size(name) * c for name, c in self.size), sp.Integer(0))

    @property
    def limits(self) -> tuple[sp.Expr, sp.Expr]:
        """The first and the last value.

        >>> KINDS["input"].limits, KINDS["hidden"].limits
        ((0, d), (1, m))
        """
        return sp.Integer(self.first), self.count + self.first - 1


def _size(name: str) -> sp.Expr:
    return sp.Symbol(name, integer=True, positive=True) if name else sp.Integer(1)


KINDS: dict[str, Kind] = {}


def declare(*kinds: Kind) -> None:
    """Add kinds; ValueError where a name already means something else."""
    for kind in kinds:
        if KINDS.setdefault(kind.name, kind) != kind:
            msg = f"the kind {kind.name!r} is {KINDS[kind.name]} already, got {kind}"
            raise ValueError(msg)


def spare(kind: str, taken: Iterable[str]) -> Iterator[str]:
    """Yield the kind's letters that are not taken, then numbered ones.

    >>> letters = spare("hidden", "kr")
    >>> next(letters), next(letters), next(letters)
    ('s', 't', 'x')
    """
    letters, used = KINDS[kind].letters, set(taken)
    yield from (x for x in letters if x not in used)
    n = 1
    while True:
        if f"{letters[0]}{n}" not in used:
            yield f"{letters[0]}{n}"
        n += 1


declare(
    Kind("sample", (("N", 1),), 1, "ijlnopq"),
    Kind("input", (("d", 1), ("", 1)), 0, "abcdefgh"),  # with the constant one
    Kind("feature", (("d", 1),), 1, "abcdefgh"),
    Kind("hidden", (("m", 1),), 1, "krstxyz"),
    Kind("other", (("P", 1), ("", -1)), 1, "krstxyz"),  # the eigenvalues but one
)

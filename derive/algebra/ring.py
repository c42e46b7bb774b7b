"""The operators that follow from +, · and −1."""

from __future__ import annotations

from typing import Any, Self


class Ring:
    """Gives a class with ``+`` and ``*``, both commutative, its other operators.

    >>> class Number(Ring):
    ...     def __init__(self, value): self.value = value
    ...     def __add__(self, other): return Number(self.value + getattr(other, "value", other))
    ...     def __mul__(self, other): return Number(self.value * getattr(other, "value", other))
    >>> (1 - Number(3) - 4).value, (2 * Number(3)).value
    (-6, 6)
    """

    __slots__ = ()

    def __add__(self, other: Any) -> Self:
        raise NotImplementedError

    def __mul__(self, other: Any) -> Self:
        raise NotImplementedError

    def __radd__(self, other: Any) -> Self:
        return self.__add__(other)

    def __rmul__(self, other: Any) -> Self:
        return self.__mul__(other)

    def __neg__(self) -> Self:
        return self.__mul__(-1)

    def __sub__(self, other: Any) -> Self:
        return self.__add__(-1 * other)

    def __rsub__(self, other: Any) -> Self:
        return self.__neg__().__add__(other)

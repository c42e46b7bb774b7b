"""What an inequality is about: where its quantities come from, for all sizes and in numbers."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol


class Example(NamedTuple):
    """Quantities in numbers, a name for readers, and the code that draws them again as q."""

    label: str
    q: Any
    code: str


class Setting(Protocol):
    """What an inequality is about and assumes, for all sizes and in numbers."""

    def symbolic(self) -> Any:
        """Return the quantities for all sizes; they have ``same`` to compare two sides."""
        ...

    def examples(self, *, thorough: bool) -> Iterator[Example]:
        """Draw quantities in numbers, more of them if thorough."""
        ...

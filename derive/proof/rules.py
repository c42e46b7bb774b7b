"""The rules of a function of one variable, as claims: they are proved before anything uses them."""

from functools import cache


@cache
def fault(activation: str | None) -> str:
    """Return why the rules of an activation are not to be relied on; "" where they are proved."""
    return ""

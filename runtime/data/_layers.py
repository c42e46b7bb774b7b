"""What an MLP is made of, checked: weights, biases and activations of its layers."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from numpy.typing import ArrayLike

from hessbound._typing import Array

from . import _checks

MOST = 99
"""How many layers there may be: files have names for them."""


def matrices(weights: Sequence[ArrayLike]) -> tuple[Array, ...]:
    """Check the weights of all layers."""
    given = listed("weights", weights, "matrices")
    found = [_frozen_copy(f"weights[{n}]", W) for n, W in enumerate(given)]
    if not 2 <= len(found) <= MOST:
        rule = "at least 2" if len(found) < 2 else f"at most {MOST}"
        message = f"weights must have a matrix for each of {rule} layers, got {len(found)}"
        raise ValueError(message)
    for n, W in enumerate(found):
        below = found[n - 1].shape[-2] if n else None
        if W.ndim < 2 or 0 in W.shape[-2:] or below not in (None, W.shape[-1]):
            inputs = "inputs >= 1" if below is None else f"inputs = {below}"
            message = (
                f"weights[{n}] must have shape (..., outputs, inputs) with outputs >= 1 and "
                f"{inputs}, got {W.shape}"
            )
            raise ValueError(message)
        if (batch := found[0].shape[:-2]) != W.shape[:-2]:
            message = (
                f"weights[{n}] must have the leading axes of weights[0], {batch}, got shape "
                f"{W.shape}"
            )
            raise ValueError(message)
    return tuple(found)


def vectors(
    biases: Sequence[ArrayLike | None] | None, weights: Sequence[Array]
) -> tuple[Array | None, ...]:
    """Check the biases of all layers."""
    none = [None] * len(weights)
    given = none if biases is None else listed("biases", biases, "vectors or None")
    if len(given) != len(weights):
        message = f"biases must have an entry for each of {len(weights)} layers, got {len(given)}"
        raise ValueError(message)
    found = [None if b is None else _frozen_copy(f"biases[{n}]", b) for n, b in enumerate(given)]
    for n, (b, W) in enumerate(zip(found, weights, strict=True)):
        if b is not None and b.shape != W.shape[:-1]:
            message = (
                f"biases[{n}] must have shape (..., outputs) = {W.shape[:-1]} to fit weights[{n}], "
                f"got {b.shape}"
            )
            raise ValueError(message)
    return tuple(found)


def activations(activation: str | Sequence[str], hidden: int) -> str | tuple[str, ...]:
    """Check the names of activations; one name where all are equal."""
    if isinstance(activation, str):
        return str(_checks.known_activation(activation))
    own = listed("activation", activation, "names, or one name")
    names = tuple(str(_checks.known_activation(x)) for x in own)
    if len(names) != hidden:
        message = (
            f"activation must be one name, or one for each of {hidden} hidden layers, got {names}"
        )
        raise ValueError(message)
    return names[0] if len(set(names)) == 1 else names


def frozen(names: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """Check what is frozen; return it in the order of θ."""
    given = [names] if isinstance(names, str) else listed("frozen", names, "names")
    found = {name if isinstance(name, str) else repr(name) for name in given}
    if unknown := sorted(found - set(known)):
        message = f"frozen must name some of {', '.join(known)}, got {unknown[0]!r}"
        raise ValueError(message)
    if not set(known) - found:
        message = "frozen must leave some parameters: all are frozen"
        raise ValueError(message)
    return tuple(name for name in known if name in found)


def listed(name: str, value: Iterable[Any], of: str) -> list[Any]:
    """List what is given, where it has an order."""
    unordered = Mapping if name == "frozen" else Mapping | Set
    if isinstance(value, str | bytes | unordered) or not isinstance(value, Iterable):
        message = f"{name} must be a sequence of {of}, got {type(value).__name__}"
        raise TypeError(message)
    return list(value)


def _frozen_copy(name: str, value: ArrayLike) -> Array:
    array = _checks.floats(name, value).copy()
    array.flags.writeable = False
    return array

"""Names of features: what a table calls its columns must be what a network calls its inputs.

Columns in another order are other inputs, and nothing in the numbers tells. So names are kept where
they are known, and compared where both sides have some, as scikit-learn does.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

Names: TypeAlias = tuple[str, ...]

_SHOWN = 5
"""How many names a message lists; tables may have thousands."""


def of_table(X: Any) -> Names | None:
    """Return the names of a data frame's columns, None for anything that has no names.

    A frame is recognised by its ``columns``, so that no library of them is imported.
    """
    if type(X) is np.ndarray:
        return None
    columns = getattr(X, "columns", None)
    if columns is None or callable(columns):
        return None
    names = tuple(columns)
    strings = [isinstance(name, str) for name in names]
    if any(strings) and not all(strings):
        other = names[strings.index(False)]
        message = (
            "X must have columns that are all named by strings, or none of them, "
            f"got {other!r} ({type(other).__name__}) among others; use X.columns.astype(str)"
        )
        raise TypeError(message)
    return tuple(map(str, names)) if names and all(strings) else None


def checked(names: Iterable[str] | None, d: int) -> Names | None:
    """Return the names that a network is given for its d inputs."""
    if names is None:
        return None
    if not isinstance(names, Iterable):
        message = f"feature_names must be strings, got {type(names).__name__}"
        raise TypeError(message)
    found = [names] if isinstance(names, str) else list(names)
    if len(found) != d or not all(isinstance(name, str) for name in found):
        message = (
            f"feature_names must be n_inputs = {d} strings, got [{_listed(found) if found else ''}]"
        )
        raise ValueError(message)
    return tuple(map(str, found))


def compare(
    expected: Names | None, found: Names | None, *, table: str = "X", model: str = "net"
) -> None:
    """Refuse a table whose features are not those of the model, in the same order.

    Where one of them has no names, nothing can be said.
    """
    if expected is None or found is None or expected == found:
        return
    missing = [name for name in expected if name not in set(found)]
    unknown = [name for name in found if name not in set(expected)]
    if not missing and not unknown:
        pairs = enumerate(zip(expected, found, strict=False), 1)
        places = [f"column {n} must be {a!r}, got {b!r}" for n, (a, b) in pairs if a != b]
        what = (places or [f"{len(expected)} of them, got {len(found)}"])[0]
        message = f"{table} must have the features of {model} in the same order: {what}"
    else:
        parts = [f"missing {_listed(missing)}"] * bool(missing)
        parts += [f"unknown {_listed(unknown)}"] * bool(unknown)
        message = f"{table} must have the features of {model}: {', '.join(parts)}"
    raise ValueError(message)


def _listed(names: Sequence[object]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more if names else "none"

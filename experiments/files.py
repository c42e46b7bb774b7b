"""Files, which are written whole or not at all."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def write(path: Path, content: bytes) -> None:
    """Write beside the target, and take its name when that is complete."""
    unfinished = path.with_name(f".{path.name}.tmp")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as cause:
        raise OSError(cause.errno, cause.strerror, str(path)) from None
    finally:
        unfinished.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with line feeds."""
    write(path, text.encode("utf-8"))


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an .npz file."""
    file = io.BytesIO()
    np.savez(file, **dict[str, Any](arrays))
    write(path, file.getvalue())


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return the arrays with these names; no code in the file can run."""
    try:
        with np.load(path) as found:
            return {name: found[name] for name in names}
    except OSError:
        raise
    except Exception as cause:  # so many kinds of damage, so many kinds of errors
        message = f"{path} is damaged: {cause}"
        raise ValueError(message) from None

"""Reading and writing .npz files of plain arrays. Nothing in such a file is ever run."""

import os
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def write(path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write beside the target and rename, so that no half-written file takes its name."""
    target = Path(path)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("xb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def read(path: str | os.PathLike[str], names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file that must hold exactly these names."""
    file_name = os.fspath(path)
    with Path(path).open("rb") as file:
        try:
            archive = np.load(file, allow_pickle=False)
        except (ValueError, EOFError, zipfile.BadZipFile):
            archive = None
        if not isinstance(archive, np.lib.npyio.NpzFile):
            message = f"{file_name} is not an .npz file"
            raise ValueError(message)  # noqa: TRY004  the argument's type is right, the content not
        with archive:
            _exactly(file_name, archive.files, names)
            return {name: _plain(file_name, archive, name) for name in names}


def _exactly(file_name: str, found: Sequence[str], names: Sequence[str]) -> None:
    """Refuse missing, extra and repeated arrays."""
    if sorted(found) != sorted(names):
        message = (
            f"{file_name} must hold exactly the arrays {', '.join(names)}; "
            f"it holds {', '.join(found) or 'none'}"
        )
        raise ValueError(message)


def _plain(file_name: str, archive: np.lib.npyio.NpzFile, name: str) -> NDArray[Any]:
    """Return one array; an object array would have to be unpickled, which could run code."""
    try:
        array = archive[name]
    except ValueError as cause:
        pickled = "allow_pickle" in str(cause)
        reason = "is a pickled object, which is never loaded" if pickled else f"is damaged: {cause}"
    except (EOFError, OSError, zipfile.BadZipFile, zlib.error) as cause:
        reason = f"is damaged: {cause}"
    else:
        if isinstance(array, np.ndarray):
            return array
        reason = "is not an array"
    message = f"{name} in {file_name} {reason}"
    raise ValueError(message)

"""Files: written whole or not at all, and .npz files of plain arrays.

Nothing in such a file is ever run.
"""

import math
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from errno import EISDIR
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

_ALWAYS_FITS = 2**26
"""Bytes that an array may always have, 64 MiB; a larger one must be there, not only be promised."""

KINDS = {
    "Network": ("A", "w", "activation"),
    "MLP": ("W1", "W2", "activations", "loss", "frozen"),
}
"""The arrays that a file of each kind of network must hold."""

_SHOWN = 8
"""How many optional arrays a message lists."""

_MOST_PACKED = 100
"""How many times its size in the file a larger array may have."""


_ENTRY = b"PK\x01\x02"
"""Begins the entry of a member in the directory, where it might be taken for another's comment."""


def write(path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an .npz file."""
    with replacing(path) as file:
        np.savez(file, **dict[str, Any](arrays))


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write UTF-8 with line feeds."""
    with replacing(path) as file:
        file.write(text.encode("utf-8"))


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file beside the target that takes its name once it is complete.

    Raises OSError with the target's name, also where the system gives none, as for a full disk.
    What is no plain file, as a terminal, is written to at once.
    """
    target, unfinished = _places(path)
    try:
        with unfinished.open("wb" if unfinished == target else "xb") as file:
            yield file
        unfinished.replace(target)
    except OSError as cause:
        raise _named(cause, path) from None
    finally:
        if unfinished != target:
            unfinished.unlink(missing_ok=True)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise OSError now where a file could not be written later."""
    target, unfinished = _places(path)
    try:
        if target.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        if unfinished != target:
            unfinished.open("xb").close()
            unfinished.unlink()
    except OSError as cause:
        raise _named(cause, path) from None


def _places(path: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Return where a file is to be, and where to write it; the same where none can be replaced."""
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        return target, target
    return target, target.with_name(f".{target.name}.{os.getpid()}.tmp")


def _named(cause: OSError, path: str | os.PathLike[str]) -> OSError:
    return OSError(cause.errno, cause.strerror or str(cause), os.fspath(path))


def read(
    path: str | os.PathLike[str], kind: str, optional: Sequence[str] = ()
) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file of a kind of network, which may hold the optional ones.

    Raises ValueError with the file's name, whatever the file holds, and allocates no more than it
    has; OSError if it cannot be opened.
    """
    file_name = os.fspath(path)
    with Path(path).open("rb") as file, _opened(file_name, file) as archive:
        members = archive.infolist()
        found = [member.filename.removesuffix(".npy") for member in members]
        if any(_ENTRY in member.comment + member.extra for member in members):
            message = f"{file_name} is damaged: its directory hides arrays"
            raise ValueError(message)
        _exactly(file_name, found, kind, optional)
        pairs = zip(found, members, strict=True)
        return {name: _array(file_name, archive, name, member) for name, member in pairs}


def holds(path: str | os.PathLike[str], name: str) -> bool:
    """Say whether a file has an array under a name; raises as ``read`` does."""
    with Path(path).open("rb") as file, _opened(os.fspath(path), file) as archive:
        return f"{name}.npy" in archive.namelist()


def _opened(file_name: str, file: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except Exception:  # so many kinds of damage, so many kinds of errors
        message = f"{file_name} is not an .npz file"
        raise ValueError(message) from None


def _exactly(file_name: str, found: Sequence[str], kind: str, optional: Sequence[str]) -> None:
    """Refuse missing, unknown and repeated arrays."""
    names = KINDS[kind]
    known = {*names, *optional}
    if not set(names) <= set(found) <= known or len(set(found)) < len(found):
        for other in KINDS.keys() - {kind}:
            if set(KINDS[other]) <= set(found):
                message = f"{file_name} is a file of hessbound.{other}: {other}.load reads it"
                raise ValueError(message)
        shown = [*optional[:4], "…", *optional[-2:]] if len(optional) > _SHOWN else optional
        more = f" and at most {', '.join(shown)}" if optional else ""
        message = (
            f"{file_name} must hold the arrays {', '.join(names)}{more}; "
            f"it holds {', '.join(found) or 'none'}"
        )
        raise ValueError(message)


def _array(
    file_name: str, archive: zipfile.ZipFile, name: str, member: zipfile.ZipInfo
) -> NDArray[Any]:
    """Return one array, or say what is wrong with it."""
    try:
        return _content(archive, member)
    except _RefusedError as cause:
        reason = str(cause)
    except Exception as cause:  # as above
        reason = f"is damaged: {cause}"
    message = f"{name} in {file_name} {reason}"
    raise ValueError(message)


class _RefusedError(Exception):
    """Says of a part of a file why it is not read."""


_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    """Read an array of the size that its header and the archive say, and no more than is there."""
    with archive.open(member) as file:
        magic = file.read(np.lib.format.MAGIC_LEN)
        if not magic.startswith(np.lib.format.MAGIC_PREFIX):
            message = "is not an array"
            raise _RefusedError(message)
        shape, fortran, dtype = _HEADERS[magic[-2], magic[-1]](file)
        if dtype.hasobject:  # it would have to be unpickled, which could run code
            message = "is a pickled object, which is never loaded"
            raise _RefusedError(message)
        size = math.prod(shape) * dtype.itemsize
        packed, rest = member.compress_size, member.file_size - file.tell()
        limit = max(_ALWAYS_FITS, _MOST_PACKED * packed)
        stored = member.compress_type == zipfile.ZIP_STORED and packed != member.file_size
        if min(shape, default=0) < 0 or size != rest or size > limit or stored:
            message = f"it holds {packed} bytes for shape {shape} of {dtype}"
            raise ValueError(message)
        data = file.read()
    order: Literal["C", "F"] = "F" if fortran else "C"
    return np.ndarray(shape, dtype, data, order=order).copy(order)

"""Folders of formulas: a file for each, whose name is the formula's.

A file defines ``ACTIVATION`` or ``LOSS``, as those in ``derive/activations`` and ``derive/losses``
do. Files whose names begin with an underscore are for the others to import.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from hessbound.derive.functions import catalogue
from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.functions.smooth import NotSmoothError
from hessbound.derive.proof.faults import FileError, file_error

from .files import run

PACKAGES: Mapping[str, str] = {
    "ACTIVATION": "hessbound.derive.activations",
    "LOSS": "hessbound.derive.losses",
}
"""What a file may define, and the package that has such files."""
SOFTMAX = "softmax"  # a loss of several outputs, which has no file


@dataclass(frozen=True)
class Formula:
    """A formula of a user's file.

    Attributes
    ----------
    name : str
        The file's name.
    kind : str
        What the file calls it, in lower case: activation or loss.
    path : Path
        The file.
    function : ScalarFunction
        What it defines.
    """

    name: str
    kind: str
    path: Path
    function: ScalarFunction

    @property
    def package(self) -> str:
        """The package that has formulas of this kind."""
        return PACKAGES[self.kind.upper()]


def read(folder: Path | str) -> tuple[Formula, ...]:
    """Run the files of a folder, and return their formulas in the order of their names.

    FileError, with the file, where one cannot be run, defines no formula, or has a name that is
    taken; NotSmoothError where a formula is not real and smooth on the whole line.
    """
    folder = Path(folder).resolve()
    if not folder.is_dir():
        msg = f"{folder} is no folder"
        raise FileError(msg)
    paths = sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))
    if not paths:
        msg = f"{folder} holds no formula: a file NAME.py for each; see hessbound new --help"
        raise FileError(msg)
    for path in paths:
        require_name(path)
    return tuple(map(_read, paths))


def included(formulas: tuple[Formula, ...]) -> AbstractContextManager[None]:
    """Let formulas be found by their names, as the shipped ones are."""
    own: dict[str, dict[str, ScalarFunction]] = {}
    for x in formulas:
        own.setdefault(x.package, {})[x.name] = x.function
    return catalogue.including(own)


def require_name(path: Path) -> None:
    """Refuse the name of a file that no formula may have."""
    if not path.stem.isidentifier() or keyword.iskeyword(path.stem):
        msg = f"{path}: a formula's file name must be a Python identifier, got {path.stem!r}"
        raise FileError(msg)
    for constant, package in PACKAGES.items():
        if path.stem in (*catalogue.names(package), *[SOFTMAX] * (constant == "LOSS")):
            what = constant.lower()
            msg = f"{path}: {path.stem!r} is the name of a shipped {what}; give it another"
            raise FileError(msg)


def _read(path: Path) -> Formula:
    try:
        module = run(path, f"formula_{path.stem}")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise file_error(error, path) from error
    (constant,) = _defined(module, path)
    try:
        function = catalogue.defined_by(module, constant)
    except NotSmoothError:
        raise
    except Exception as error:  # SymPy gives up in many ways
        if str(error).startswith(f"{path}: "):
            raise FileError(str(error)) from error
        raise file_error(error, path) from error
    return Formula(path.stem, constant.lower(), path, function)


def _defined(module: ModuleType, path: Path) -> Iterator[str]:
    found = [constant for constant in PACKAGES if hasattr(module, constant)]
    if len(found) != 1:
        what = "one ACTIVATION, a ScalarFunction, or one LOSS, a Loss"
        msg = f"{path} must define {what}; it defines {' and '.join(found) or 'none'}"
        raise FileError(msg)
    return iter(found)

"""Formulas of one's own: kernels that ``hessbound generate --from`` wrote, in folders or packages.

A folder has a manifest, which says what it holds and which modules of ``hessbound.generated`` that
was made for. Generated Python is code, and is run when a formula is first used. Only what a user
loads, or has installed, is ever run: a model names its formula, and no more.
"""

import hashlib
import importlib.util
import json
import keyword
import os
import pkgutil
import sys
import threading
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from typing import Any

import numpy as np

from hessbound import generated

GROUP = "hessbound.formulas"
"""The entry points of packages that hold kernels; each names a package."""
MANIFEST = "MANIFEST.json"
KINDS = ("activation", "loss")
SOFTMAX = "softmax"  # a loss of several outputs, which has no file

REMEDY = "write them anew with hessbound generate --from FORMULAS --out"


@dataclass(frozen=True)
class Formula:
    """A formula that is known by its name: its kind, where its kernels are, and their hash."""

    name: str
    kind: str
    folder: Path
    digest: str
    package: bool = False

    @property
    def path(self) -> Path:
        """The file of its kernels."""
        return self.folder / f"{self.name}.py"


_lock = threading.RLock()
_loaded: dict[str, Formula] = {}
_modules: dict[str, types.ModuleType] = {}


def load_formulas(folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Make the formulas of a folder known, which ``hessbound generate --from`` wrote.

    From then on their names are those of activations, or losses, for every function, and models
    that were saved with them can be loaded. The kernels in the folder are Python code, which is run
    when a formula is first used. Networks that are pickled take the folder's path with them, so
    that worker processes find the formulas too.

    Parameters
    ----------
    folder : path
        A folder with a MANIFEST.json and a file for each formula.

    Returns
    -------
    tuple of str
        The names of its formulas, in alphabetical order.

    Raises
    ------
    ValueError
        If it is no folder of kernels, its kernels are of another version of hessbound, a file has
        been changed, or a name is taken; nothing is loaded then.
    OSError
        If a file cannot be read.

    Examples
    --------
    >>> load_formulas("nowhere")
    Traceback (most recent call last):
    ValueError: nowhere holds no kernels: it has no MANIFEST.json; see hessbound generate --help
    """
    found = _read(Path(os.fspath(folder)))
    with _lock:
        for formula in found:
            _require_free(formula)
        _loaded.update((formula.name, formula) for formula in found)
    return tuple(sorted(formula.name for formula in found))


FOLDERS = {"activation": "activations", "loss": "losses"}  # of hessbound.generated


@cache
def shipped(*kinds: str) -> frozenset[str]:
    """Return the names of the formulas, of some kinds, that hessbound itself has kernels for."""
    folders = [FOLDERS[kind] for kind in kinds or FOLDERS]
    found = pkgutil.iter_modules([f"{x}/{y}" for x in generated.__path__ for y in folders])
    return frozenset(x.name for x in found if not x.name.startswith("_"))


def names(kind: str) -> list[str]:
    """List the formulas of a kind that are loaded, or that packages bring."""
    with _lock:
        known = {**_of_packages(), **_loaded}
    return [formula.name for formula in known.values() if formula.kind == kind]


def find(name: str) -> Formula | None:
    """Return a formula that is loaded, or that a package brings."""
    with _lock:
        return _loaded.get(name) or _of_packages().get(name)


def places(*names: str) -> dict[str, str]:
    """Return the folders that another process must load for formulas, by their names."""
    return {name: str(_loaded[name].folder) for name in names if name in _loaded}


def arrived(folders: Mapping[str, str]) -> None:
    """Load the folders that came with a pickled object, where formulas are not known here."""
    for name, folder in folders.items():
        if find(name) is None and (Path(folder) / MANIFEST).is_file():
            load_formulas(folder)


def module(formula: Formula) -> types.ModuleType:
    """Return the module of a formula's kernels, which is run when it is first asked for."""
    with _lock:
        if formula.name not in _modules:
            _require_unchanged(formula.path, formula.digest)
            name = f"{__package__}.formulas.{formula.name}"
            spec = importlib.util.spec_from_file_location(name, formula.path)
            assert spec is not None  # the file ends in .py
            assert spec.loader is not None
            found = importlib.util.module_from_spec(spec)
            sys.modules[name] = found  # where numba looks
            spec.loader.exec_module(found)
            _modules[formula.name] = found
        return _modules[formula.name]


def run(text: str, points: Sequence[float], label: float) -> dict[str, dict[str, list[float]]]:
    """Run the text of a module of kernels; return what each of its functions gives at points.

    By the functions' names, and the names of what they fill. Those of a loss are for one label.
    """
    found = types.ModuleType(f"{__package__}.formulas.tried")
    exec(compile(text, "<kernels>", "exec"), vars(found))
    n, x = len(points), np.ascontiguousarray(points, dtype=float)
    given = {"unit_": (1, n, n, n, x), "sample_": (n, x, np.full(n, label), np.ones(n))}
    return {
        name: _filled(function, arguments)
        for name, function in vars(found).items()
        for start, arguments in given.items()
        if name.startswith(start)
    }


def _filled(function: Any, arguments: tuple[Any, ...]) -> dict[str, list[float]]:
    code = function.__wrapped__.__code__
    names = code.co_varnames[len(arguments) : code.co_argcount]
    rows = {name: np.empty(len(arguments[-1])) for name in names}
    function(*arguments, *rows.values())
    return {name: row.tolist() for name, row in rows.items()}


def _read(folder: Path, *, package: bool = False) -> list[Formula]:
    """Return the formulas of a folder, once all that it holds has been found in order."""
    place = folder.resolve()
    if not (place / MANIFEST).is_file():
        message = f"{folder} holds no kernels: it has no {MANIFEST}; see hessbound generate --help"
        raise ValueError(message)
    try:
        content = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        made_by, shared, hashes = content["hessbound"], content["shared"], content["outputs"]
        found = [
            Formula(name, kind, place, hashes[f"{name}.py"], package)
            for kind in KINDS
            for name in content["formulas"].get(kind, ())
        ]
        _require_version(folder, made_by, dict(shared))
    except (AttributeError, KeyError, TypeError, json.JSONDecodeError, UnicodeDecodeError):
        message = f"{folder}: its {MANIFEST} is not one of hessbound; {REMEDY} {folder}"
        raise ValueError(message) from None
    for formula in found:
        _require_name(formula)
        _require_unchanged(formula.path, formula.digest)
    return found


def _require_version(folder: Path, made_by: str, shared: dict[str, str]) -> None:
    """Refuse kernels that call modules of another version."""
    here = version("hessbound")
    if made_by != here:
        message = f"{folder} holds kernels of hessbound {made_by}, and this is {here}; "
        message += f"{REMEDY} {folder}"
        raise ValueError(message)
    if any(_hash_of_shared(name) != digest for name, digest in shared.items()):
        message = f"{folder} holds kernels for another build of hessbound {here}; {REMEDY} {folder}"
        raise ValueError(message)


@cache
def _hash_of_shared(name: str) -> str:
    path = Path(generated.__path__[0]) / Path(name).name
    return _sha256(path) if path.is_file() else ""


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _require_unchanged(path: Path, digest: str) -> None:
    if not path.is_file() or _sha256(path) != digest:
        state = "is not the file that was generated" if path.is_file() else "is missing"
        message = f"{path} {state}; {REMEDY} {path.parent}"
        raise ValueError(message)


def _require_name(formula: Formula) -> None:
    name = formula.name
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        message = f"{formula.folder}: a formula's name must be an identifier, got {name!r}"
        raise ValueError(message)
    if name in {*shipped(), SOFTMAX} or name.startswith("_"):
        why = "begins with an underscore" if name.startswith("_") else "is a shipped formula's"
        message = f"{formula.folder}: the name {name!r} {why}; give the formula another"
        raise ValueError(message)


def _require_free(formula: Formula) -> None:
    """Refuse another formula of a name that is known, or one that is in use in another form."""
    other = find(formula.name)
    _require_other(formula, other)
    if other is not None and other.digest != formula.digest and formula.name in _modules:
        message = f"{formula.path} has changed, and {formula.name!r} is in use as it was; "
        message += "start a new Python to use the new one"
        raise ValueError(message)


def _require_other(formula: Formula, other: Formula | None) -> None:
    """Refuse a name that is that of another formula."""
    if other and other.digest != formula.digest and other.folder != formula.folder:
        message = f"{formula.folder}: the name {formula.name!r} is that of a formula in "
        message += f"{other.folder}; give one of them another"
        raise ValueError(message)


@cache
def _of_packages() -> dict[str, Formula]:
    """Find the formulas of installed packages; warn of those that cannot be used."""
    found: dict[str, Formula] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        try:
            new = _of_package(entry)
            for formula in new:
                _require_other(formula, found.get(formula.name))
            found.update((formula.name, formula) for formula in new)
        except (OSError, ValueError) as cause:
            message = f"formulas of the entry point {entry.name!r} are left out: {cause}"
            warnings.warn(message, stacklevel=2)
    return found


def _of_package(entry: EntryPoint) -> list[Formula]:
    folders = list(_folders(entry.value))
    if not folders:
        message = f"there is no package {entry.value}"
        raise ValueError(message)
    return _read(Path(folders[0]), package=True)


def _folders(package: str) -> Iterator[str]:
    """Yield where a package is; nothing in it is run."""
    first, *rest = package.split(".")
    try:
        spec = importlib.util.find_spec(first)
    except (ImportError, ValueError):
        return
    name = first
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations))
    if spec is not None and spec.submodule_search_locations is not None:
        yield from spec.submodule_search_locations

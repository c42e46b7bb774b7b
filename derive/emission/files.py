"""The files of generated/: written, and compared with what would be (stage 5).

Texts are built in full, and every program is proved, before the first file is touched. The manifest
is written last: where it is in step, so are the files.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from . import inputs, modules, spectrum
from .modules import sha256

MANIFEST = "MANIFEST.json"
Write = Callable[[Path, str], object]
"""Writes a file as a whole or not at all; it is the caller's, as the place is."""
KEPT = {"__init__.py"}  # files of generated/ that are written by hand


def outputs(root: Path, bounds: spectrum.Bounds) -> dict[str, str]:
    """Return the text of every file of generated/, by name, the manifest last."""
    texts = {f"{name}.py": text for name, text in modules.texts(bounds).items()}
    return {**texts, MANIFEST: _manifest(root, texts, bounds)}


def _manifest(root: Path, texts: dict[str, str], bounds: spectrum.Bounds) -> str:
    """Hash the kernels and what they were made from, so that drift shows without SymPy."""
    made_from = {
        path.relative_to(root).as_posix(): sha256(path.read_text(encoding="utf-8"))
        for path in inputs.of_kernels(root, bounds)
    }
    content = {
        "sympy": version("sympy"),
        "inputs": made_from,
        "outputs": {name: sha256(text) for name, text in sorted(texts.items())},
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def differences(root: Path, bounds: spectrum.Bounds) -> dict[str, str]:
    """Compare generated/ of a checkout with what would be written.

    Return {name: "differs", "missing" or "orphan"} for each file that is out of step, in order of
    the names; an orphan is a file that nothing writes, such as what a run that was killed has left.

    >>> from tempfile import TemporaryDirectory
    >>> from hessbound.derive.claims import spectrum as claims
    >>> bounds = claims.outer, claims.inner
    >>> with TemporaryDirectory() as folder:
    ...     (Path(folder) / "generated").mkdir()
    ...     (Path(folder) / "generated" / "old.py").touch()
    ...     found = differences(Path(folder), bounds)
    >>> found["activations/tanh.py"], found["old.py"]
    ('missing', 'orphan')
    """
    folder = root / "generated"
    return compared(folder, outputs(root, bounds), _ours(folder))


def _ours(folder: Path) -> Iterator[str]:
    """Yield what generated/ holds by its place, but for what is written by hand or by Python."""
    for path in folder.rglob("*"):
        if path.name not in KEPT and path.parent.name != "__pycache__":
            yield path.relative_to(folder).as_posix()


def compared(folder: Path, expected: Mapping[str, str], ours: Iterable[str]) -> dict[str, str]:
    """Compare a folder with what it is to hold; of its other files, those of ours are orphans."""
    found = {}
    for name, text in expected.items():
        path = folder / name
        if not path.exists():
            found[name] = "missing"
        elif path.read_bytes() != text.encode():
            found[name] = "differs"
    for name in ours:
        if name not in expected and (folder / name).is_file():
            found[name] = "orphan"
    return dict(sorted(found.items()))


def write(root: Path, bounds: spectrum.Bounds, put: Write) -> dict[str, str]:
    """Bring generated/ of a checkout in step, and return what ``differences`` found before.

    Files are replaced one at a time; orphans are removed, remnants of a killed run among them.

    >>> from tempfile import TemporaryDirectory
    >>> from hessbound.derive.claims import spectrum as claims
    >>> bounds = claims.outer, claims.inner
    >>> with TemporaryDirectory() as folder:
    ...     (Path(folder) / "generated").mkdir()
    ...     changed = write(Path(folder), bounds, Path.write_text)
    ...     again = write(Path(folder), bounds, Path.write_text)
    >>> changed["MANIFEST.json"], again
    ('missing', {})
    """
    folder, expected = root / "generated", outputs(root, bounds)
    ours = {x.name for x in folder.iterdir()} - KEPT
    return bring(folder, expected, compared(folder, expected, ours), put)


def bring(
    folder: Path, expected: Mapping[str, str], changed: dict[str, str], put: Write
) -> dict[str, str]:
    """Write and remove what ``compared`` found, the manifest last, and return that."""
    for name in changed:
        if name not in expected:
            (folder / name).unlink()
    for name in (name for name in expected if name in changed):  # the manifest last
        (folder / name).parent.mkdir(exist_ok=True)
        put(folder / name, expected[name])
    return changed

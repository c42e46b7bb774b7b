"""The files that kernels are made from (stage 5).

A page's template, or a proof, reaches no kernel, so editing it does not make kernels stale.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from . import spectrum

PACKAGE = "hessbound.derive"
ENTRANCE = f"{PACKAGE}.emission.modules"
FOUND = ("derive/activations/*.py", "derive/losses/*.py", "templates/numba/*", "templates/numpy/*")
"""Files that are found, and not imported."""


def of_kernels(root: Path, bounds: spectrum.Bounds) -> list[Path]:
    """List the files of a checkout that anything in generated/ depends on, in order.

    These are the module that prints it and all that it imports, activations, templates, and where
    the bounds are stated that are emitted.
    """
    found = {path for pattern in FOUND for path in root.glob(pattern) if path.is_file()}
    waiting = [ENTRANCE]
    while waiting:
        path = _path(root, waiting.pop())
        if path is not None and path not in found:
            found.add(path)
            waiting += imported(path)
    found |= {path for bound in bounds if (path := _path(root, bound.__module__)) is not None}
    return sorted(found)


def imported(path: Path) -> Iterator[str]:
    """Yield what a module of derive/ imports, at its top level, by names that may be modules."""
    package = [PACKAGE, *path.parts[path.parts.index("derive") + 1 : -1]]
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _path(root: Path, module: str) -> Path | None:
    """Return the file of a module of derive/; None for other modules, and for what is in one."""
    if not module.startswith(f"{PACKAGE}."):
        return None
    place = root.joinpath("derive", *module.removeprefix(f"{PACKAGE}.").split("."))
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)

"""Who imports whom: the runtime stays light, derive stays apart, no module exists twice."""

import ast
import hashlib
import importlib
import json
import pkgutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from .link_tree import ROOT, packages, settings

HEAVY = [
    "jinja2",
    "latex2mathml",
    "matplotlib",
    "mpmath",
    "rich",
    "scipy",
    "sklearn",
    "sympy",
    "torch",
    "typer",
]
FOLDERS = settings()["package-dir"]


def modules(package):
    """Return the source files of a mapped package, its subpackages included."""
    return sorted((ROOT / FOLDERS[package]).rglob("*.py"))


def imports(path, *, top_level_only=False):
    """Return the absolute names that a file imports, relative ones resolved, at any depth."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = at_import(tree) if top_level_only else ast.walk(tree)
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, path)
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def at_import(node):
    """Walk the nodes that run at run time when the module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_import(child)


def absolute(node, path):
    """Return the module that an ImportFrom in this file names."""
    if not node.level:
        return node.module
    package = next(name for name, folder in packages().items() if folder == path.parent)
    parts = package.split(".")
    return ".".join(parts[: len(parts) - node.level + 1] + ([node.module] if node.module else []))


def within(names, *tops):
    """Return the names that are one of the tops or lie below one."""
    return {name for name in names if any(f"{name}.".startswith(f"{top}.") for top in tops)}


def everything():
    """Import every module of the project and return their names."""
    names = set()
    for package, folder in packages().items():
        names.add(package)
        names |= {f"{package}.{m.name}" for m in pkgutil.iter_modules([str(folder)])}
    names = {name for name in names if not name.endswith(".__main__")}
    for name in sorted(names):
        importlib.import_module(name)
    return names


def test_import_is_light():
    """Importing hessbound loads nothing that can wait; numba loads a part of scipy by itself."""
    code = """
import json, sys
import numba
before = set(sys.modules)
import hessbound
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout)
    assert "hessbound" in loaded
    ours = ["hessbound.derive", "hessbound.experiments", "hessbound.templates"]
    assert within(loaded, *HEAVY, *ours) == set()


@pytest.mark.parametrize("path", modules("hessbound"), ids=lambda p: p.name)
def test_runtime_does_not_import_derive(path):
    """Only the command line may, and only inside the subcommand that needs it."""
    symbolic = ["hessbound.derive", "hessbound.templates", "sympy", "jinja2"]
    users = ["hessbound.experiments", "matplotlib"]
    only = path.parent.name == "cli"
    assert within(imports(path, top_level_only=only), *symbolic, *users) == set()


@pytest.mark.parametrize("path", modules("hessbound.experiments"), ids=lambda p: p.name)
def test_experiments_are_users_of_the_library(path):
    """They have what is public in ``hessbound``, and the layout of their pages; no formula."""
    project = within(imports(path), "hessbound")
    assert project <= {"hessbound"} | within(
        project, "hessbound.experiments", "hessbound.templates"
    )
    assert within(imports(path), "sympy", "numba") == set()


@pytest.mark.parametrize(
    "path", modules("hessbound.derive"), ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_derive_does_not_import_the_runtime(path):
    """The symbolic side takes nothing from the runtime or from the kernels that it writes."""
    project = within(imports(path), "hessbound")
    assert project - within(project, "hessbound.derive", "hessbound.templates") == set()
    assert within(imports(path), "numba") == set()


@pytest.mark.parametrize(
    "path", modules("hessbound.generated"), ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_generated_is_self_contained(path):
    """numba's cache does not see edits in another file: a module has the hashes of its siblings.

    It imports no other of ours, so it changes with all that it is compiled with.
    """
    names = imports(path)
    known = [
        "contextlib",
        "ctypes",
        "functools",
        "llvmlite",
        "logging",
        "math",
        "numba",
        "numpy",
        "threading",
    ]
    others = names - within(names, *known)
    lines = path.read_text(encoding="utf-8").splitlines()
    carried = dict(line.split()[2:] for line in lines if line.startswith("# imports:"))
    siblings, folder = {name.split(".")[2] + ".py" for name in others}, ROOT / "generated"
    assert all(name.startswith("hessbound.generated._") for name in others)
    assert carried == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in siblings
    }


@pytest.mark.parametrize("package", sorted(FOLDERS))
def test_no_folder_is_imported_by_its_bare_name(package):
    """``import runtime`` works from the checkout's root and makes a second copy of a module."""
    bare = set(FOLDERS.values())
    for path in modules(package):
        assert within(imports(path), *bare) == set(), path


def test_every_module_is_imported_under_one_name():
    """Two names for one file would make two registries and two kernel caches."""
    expected = everything()
    names = defaultdict(set)
    for name, module in list(sys.modules.items()):
        path = Path(getattr(module, "__file__", None) or "").resolve()
        ours = path.is_relative_to(ROOT) and "site-packages" not in path.parts
        if path.is_file() and (ours or within({name}, "hessbound")):
            names[path] |= {name, module.__name__} - {"__main__"}
    assert {path: found for path, found in names.items() if len(found) > 1} == {}
    assert expected <= set().union(*names.values())

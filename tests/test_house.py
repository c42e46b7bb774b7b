"""The rooms of derive/: each package imports only from those below it, and says what it is for."""

import ast

import pytest

from .link_tree import ROOT
from .test_imports import imports, within

DERIVE = ROOT / "derive"
# From the ground up; see the docstring of derive/__init__.py.
ORDER = [
    "algebra",
    "functions",
    "activations",
    "losses",
    "model",
    "statements",
    "proof",
    "lowering",
    "frontend",
    "claims",
    "emission",
    "display",
    "commands",
]
MODULES = sorted(DERIVE.rglob("*.py"))


def room(name):
    """Return the package of derive/ that a dotted name lies in, None for derive itself."""
    parts = name.removeprefix("hessbound.derive").strip(".").split(".")
    return parts[0] if parts[0] in ORDER else None


def test_every_package_has_its_floor():
    """The order lists the packages that there are."""
    assert sorted(p.parent.name for p in DERIVE.glob("*/__init__.py")) == sorted(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(DERIVE).as_posix())
def test_imports_go_down(path):
    """A module imports from its own package and from those below."""
    own = path.relative_to(DERIVE).parts[0]
    if own == "__init__.py":
        pytest.skip("names what users import, from any floor")
    above = ORDER[ORDER.index(own) + 1 :]
    found = {room(name) for name in within(imports(path), "hessbound.derive")}
    assert found.isdisjoint(above), f"{own} imports from {found & {*above}}"


@pytest.mark.parametrize("package", ORDER)
def test_package_says_what_comes_in_and_goes_out(package):
    """Its docstring has an input, an output, and a line for each module."""
    folder = DERIVE / package
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    assert "Input" in text
    assert "Output" in text
    discovered = package in ("activations", "losses", "claims")  # one file each, never listed
    names = [] if discovered else [p.stem for p in folder.glob("[a-z]*.py")]
    assert {name for name in names if name not in text} == set()

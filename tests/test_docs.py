"""The examples in README.md and in the docstrings run and print what they say."""

import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import hessbound as hb

from .link_tree import ROOT, packages

FLAGS = doctest.NORMALIZE_WHITESPACE
NAMES = {"hb": hb, "np": np}  # what every example may use without importing it


def modules():
    """Return every module, by the packages' folders, since an editable walk sees only one."""
    names = set()
    for package, folder in packages().items():
        names.add(package)
        names |= {f"{package}.{m.name}" for m in pkgutil.iter_modules([str(folder)])}
    return sorted(names)


def public_functions():
    """Return the functions in hessbound.__all__."""
    return [name for name in sorted(hb.__all__) if inspect.isfunction(getattr(hb, name))]


def test_readme_examples():
    """Every ``>>>`` block in the README, in one session."""
    result = doctest.testfile(
        str(ROOT / "README.md"), module_relative=False, encoding="utf-8", optionflags=FLAGS
    )
    assert result.attempted > 0, "README.md has no example"
    assert result.failed == 0


@pytest.mark.parametrize("name", modules())
def test_docstring_examples(name):
    """Every ``>>>`` block in a module, imported by name so that it exists only once."""
    result = doctest.testmod(importlib.import_module(name), extraglobs=NAMES, optionflags=FLAGS)
    assert result.failed == 0


@pytest.mark.parametrize("name", public_functions())
def test_public_functions_have_an_example(name):
    """A reader can paste a call of each public function."""
    found = doctest.DocTestFinder(recurse=False).find(getattr(hb, name), name)
    assert any(test.examples for test in found)


def test_public_names_are_documented():
    """Each public class has a docstring of its own, not the one that a dataclass is given."""
    for name in hb.__all__:
        public = getattr(hb, name)
        if inspect.isclass(public):
            assert public.__doc__, name
            assert not public.__doc__.startswith(f"{name}("), name

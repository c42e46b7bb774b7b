"""The examples in README.md, the guides and the docstrings run and print what they say."""

import doctest
import importlib
import inspect
import json
import pkgutil
import re

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


def read(name):
    """Return the text of a file of the checkout."""
    return (ROOT / name).read_text(encoding="utf-8")


def public_functions():
    """Return the functions in hessbound.__all__."""
    return [name for name in sorted(hb.__all__) if inspect.isfunction(getattr(hb, name))]


@pytest.mark.parametrize("name", ["README.md", "docs/numbers.md"])
def test_examples_of_a_page(name):
    """Every ``>>>`` block in it, in one session."""
    result = doctest.testfile(
        str(ROOT / name), module_relative=False, encoding="utf-8", optionflags=FLAGS
    )
    assert result.attempted > 0, f"{name} has no example"
    assert result.failed == 0


def test_links_of_the_readme():
    """Each leads to a file, and to a heading of that file."""
    for target in re.findall(r"\]\((?!https:)([^)]+)\)", read("README.md")):
        path, _, anchor = target.partition("#")
        headings = re.findall(r"^#+ (.*)$", read(path), re.MULTILINE)
        assert not anchor or anchor in [h.lower().replace(" ", "-") for h in headings], target


def test_times_of_the_readme():
    """They are those of the committed runs."""
    runs = json.loads(read("benchmarks/results/results.json"))["runs"]
    seconds = {
        (run["task"], (group["N"], group["d"], group["m"]), row["contender"]): row.get("seconds")
        for run in runs
        if run["threads"] == 1 and run["task"] in ("traces", "largest")
        for group in run["groups"]
        for row in group["rows"]
    }
    digits = json.loads(read("docs/figures/digits.json"))
    told = read("README.md")
    small, large = (569, 30, 16), (60000, 10, 16)
    for unit, found in (
        ("µs", 1e6 * seconds["traces", small, "hessbound, tanh"]),
        ("ms", 1e3 * seconds["traces", small, "jax.hessian, jitted"]),
        ("ms", 1e3 * seconds["traces", small, "NumPy, dense Hessian"]),
        ("ms", 1e3 * seconds["largest", large, "hessbound"]),
        ("ms", 1e3 * seconds["largest", large, "eigsh on a NumPy product"]),
        ("ms", 1e3 * seconds["largest", large, "hessian-eigenthings"]),
        ("ms", 1e3 * digits["seconds"]["exact"]),
        ("ms", 1e3 * digits["seconds"]["hutchinson"]),
    ):
        assert f"{found:#.3g}".rstrip(".") + f" {unit}" in told.replace("**", "")
    assert f"an error of {100 * digits['stops'][-1]['relative']:.1f} %" in told


def test_the_reference_lists_what_is_public():
    """docs/api.md has each name of ``hessbound.__all__`` once."""
    listed = re.findall(r"^   (\w+)$", read("docs/api.md"), re.MULTILINE)
    assert sorted(listed) == sorted(hb.__all__)


def test_citation_has_the_version():
    """CITATION.cff and the changelog name the version that is installed."""
    assert f"\nversion: {hb.__version__}\n" in read("CITATION.cff")
    assert f"\n## [{hb.__version__}]" in read("CHANGELOG.md")


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

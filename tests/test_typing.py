"""The type checkers find nothing, and look at every module."""

import importlib.util
import json
import re
import subprocess
import sys

import pytest

from . import link_tree

pytestmark = pytest.mark.slow


def run(module, *arguments):
    """Run a checker at the root of the checkout, on the link tree, and return its result."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"needs {module}")
    link_tree.build()
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=link_tree.ROOT, capture_output=True, text=True, check=False)


def sources():
    """Return the number of modules in the listed packages."""
    return sum(len(list(folder.glob("*.py"))) for folder in link_tree.packages().values())


def test_mypy_is_clean():
    """Mypy, strict, accepts every module."""
    done = run("mypy")
    assert done.returncode == 0, done.stdout + done.stderr
    checked = re.search(r"no issues found in (\d+) source files", done.stdout)
    assert checked, done.stdout
    assert int(checked[1]) == sources()


def test_basedpyright_is_clean():
    """Basedpyright, standard mode, accepts every module."""
    done = run("basedpyright", "--outputjson", "--pythonpath", sys.executable)
    said = json.loads(done.stdout)
    found = [
        f"{d['file']}:{d['range']['start']['line'] + 1}: {d['message']}"
        for d in said["generalDiagnostics"]
    ]
    assert found == []
    assert done.returncode == 0
    assert said["summary"]["filesAnalyzed"] == sources()

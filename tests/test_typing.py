"""The type checkers find nothing, and look at every module."""

import importlib.util
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from . import link_tree, typed_calls


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


@pytest.mark.slow
def test_mypy_is_clean():
    """Mypy, strict, accepts every module."""
    done = run("mypy")
    assert done.returncode == 0, done.stdout + done.stderr
    checked = re.search(r"no issues found in (\d+) source files", done.stdout)
    assert checked, done.stdout
    assert int(checked[1]) == sources()


@pytest.mark.slow
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


def test_numbers_are_what_the_types_say():
    """What checkers are told of one network, of an MLP and of a batch is what comes back."""
    of_parts = typed_calls.of_parts_of_a_batch, typed_calls.of_parts_of_a_batch_of_mlps
    of_one = typed_calls.of_one_network, typed_calls.of_an_mlp, *of_parts
    assert {type(x) for call in of_one for x in call()} == {float}
    of_batches = typed_calls.of_a_batch, typed_calls.of_a_batch_of_mlps
    of_several = *of_batches, typed_calls.of_parts_of_an_mlp
    assert {type(x) for call in of_several for x in call()} == {np.ndarray}

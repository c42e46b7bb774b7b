"""Numba's cache saves time and costs no result: full, damaged, or filled by another process."""

import os
import shutil
import subprocess
import sys

import pytest

import hessbound as hb

ANY = hb.activations()[0]
LOSS = f"""
import sys
import hessbound as hb
if sys.argv[1:]:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
net = hb.Network([[0.5, 1.0]], [0.0, 1.0], activation={ANY!r})
print(repr(hb.loss(net, [[0.0]], [1.0])))
"""


def run(folder, code=LOSS, *arguments):
    """Run code with a cache in a folder; return what it prints, and what it says on stderr.

    Without a folder it has the cache of the tests themselves.
    """
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | ({"NUMBA_CACHE_DIR": str(folder)} if folder else {}),
    )
    said = [line for line in done.stderr.splitlines() if "hessbound compiles" not in line]
    return done.stdout, said


def files(folder, ending):
    """Return the files of the cache, indices .nbi or code .nbc."""
    found = sorted(folder.rglob(f"*{ending}"))
    assert found
    return found


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A cache that a process has filled, and what it printed."""
    folder = tmp_path_factory.mktemp("filled")
    value, said = run(folder)
    assert said == []
    return folder, value


@pytest.mark.skipif(os.name == "nt", reason="no limit to set")
def test_a_disk_that_takes_nothing_more(filled, tmp_path):
    """A kernel that cannot be kept is used all the same; that is said once."""
    expected, full = filled[1], tmp_path / "full"
    value, said = run(full, LOSS, "1000")
    assert value == expected
    assert len(said) == 1
    assert said[0].startswith(f"hessbound: numba's cache in {full}")
    assert said[0].endswith("(File too large); what is compiled is lost with this process")
    assert not list(full.rglob("*.nb?"))


@pytest.mark.parametrize("size", [0, 20, 300])
@pytest.mark.parametrize("ending", [".nbi", ".nbc", ".nb?"])
def test_files_that_were_cut_short(filled, tmp_path, ending, size):
    """They are compiled again, which is said once, and are whole afterwards."""
    shutil.copytree(filled[0], tmp_path, dirs_exist_ok=True)
    expected = filled[1]
    before = {path: path.stat().st_size for path in files(tmp_path, ".nb?")}
    for path in files(tmp_path, ending):
        os.truncate(path, min(size, before[path]))
    value, said = run(tmp_path)
    assert value == expected
    if any(min(size, before[path]) < before[path] for path in files(tmp_path, ending)):
        assert len(said) == 1
        assert "has damaged files (" in said[0]
        assert said[0].endswith("); they are compiled again")
    assert run(tmp_path) == (expected, [])


EVERYTHING = f"""
import hashlib
import sys
import numpy as np
import hessbound as hb

rng = np.random.default_rng(0)
X, y = rng.normal(size=(300, 8)), rng.integers(0, 2, 300).astype(float)
net = hb.Network(rng.normal(size=(20, 9)), rng.normal(size=21), activation={ANY!r})
few = hb.Network(rng.normal(size=(40, 21)), rng.normal(size=41), activation={ANY!r})
some = rng.normal(size=(5, 20)), np.array([0.0, 1.0, 1.0, 0.0, 1.0])
z = rng.normal(size=net.n_parameters)


def eigenvalues():
    found = hb.extreme_eigenvalues(net, X, y, k=3, method="lanczos", vectors=True)
    return found.largest, found.smallest, found.largest_vectors, found.n_products


calls = {{
    "eigenvalues": eigenvalues,
    "product": lambda: [hb.hessian_operator(net, X, y) @ z],
    "gauss-newton": lambda: [hb.gauss_newton_operator(net, X, y) @ z],
    "diagonal": lambda: [hb.hessian_diagonal(net, X, y)],
    "sharpness": lambda: [hb.sharpness(net, X, y).largest_upper],
    "sharpness of few": lambda: [hb.sharpness(few, *some).largest_upper],
    "gradient": lambda: hb.loss_and_gradient(net, X, y),
    "sharpness gradient": lambda: hb.sharpness_gradient(net, X, y),
    "of few": lambda: hb.sharpness_gradient(few, *some),
    "hessian": lambda: [hb.hessian(net, X, y)],
    "trace": lambda: [hb.trace(net, X, y)],
    "descent": lambda: [hb.gradient_descent(net, X, y, learning_rate=1e-3, max_steps=9).net.theta],
    "logits": lambda: [hb.logits(net, X)],
}}
order = list(calls)
bits = {{}}
for name in reversed(order) if sys.argv[1:] else order:
    parts = [np.ascontiguousarray(part).tobytes() for part in calls[name]()]
    bits[name] = hashlib.sha256(b"".join(parts)).hexdigest()
for name in order:
    print(name, bits[name])
"""


@pytest.mark.slow
def test_bits_do_not_depend_on_who_compiled(tmp_path):
    """A process that compiles gives what one that loads gives, in whatever order it loads.

    What the tests themselves have compiled is of many processes.
    """
    cold, _ = run(tmp_path, EVERYTHING, "backwards")
    assert run(tmp_path, EVERYTHING)[0] == cold
    assert run(None, EVERYTHING)[0] == cold
    assert run(None, EVERYTHING, "backwards")[0] == cold

"""Kernels compile once, whatever comes in, and work where numba has no place for its cache."""

import ast
import os
import platform
import shutil
import subprocess
import sys

import numpy as np
import pytest

import hessbound as hb
from hessbound.engine._kernels import load

from .cases import CASES, FUNCTIONS
from .cases import problem as draw
from .link_tree import packages

ANY = hb.activations()[0]
RUN = "from hessbound.cli import main; main()"
SHARED = load(ANY).module
KERNELS = {
    name
    for name, kernel in vars(SHARED).items()
    if hasattr(kernel, "signatures") and kernel.__module__ == SHARED.__name__ and name[0] != "_"
}


def compiled():
    """Return the signatures for which each kernel of an activation has been compiled."""
    return {name: list(getattr(SHARED, name).signatures) for name in KERNELS}


def call_everything(net, X, y, weight):
    """Call each public function once."""
    for function in (*FUNCTIONS, hb.sharpness, hb.sharpness_gradient):
        function(net, X, y, sample_weight=weight)


def test_one_compilation_for_every_input():
    """Read-only, strided, unaligned, foreign and batched arrays reach kernels as one type."""
    if not KERNELS:
        pytest.skip("numba's compiler is switched off")
    p = draw(CASES[6], ANY)
    arrays = p.X, p.y, p.weight
    call_everything(p.net, *arrays)
    read_only = [array.copy() for array in arrays]
    for array in read_only:
        array.flags.writeable = False
    unaligned = [
        np.frombuffer(b"\0" + array.tobytes(), float, offset=1).reshape(array.shape)
        for array in arrays
    ]
    assert not unaligned[0].flags.aligned
    for changed in (
        read_only,
        unaligned,
        [np.asfortranarray(array) for array in arrays],
        [np.repeat(array, 2, axis=0)[::2] for array in arrays],
        [array.astype(">f8") for array in arrays],
        [array.astype(np.float32) for array in arrays],
        [array.tolist() for array in arrays],
    ):
        call_everything(p.net, *changed)
    call_everything(hb.Network(p.net.A[None], p.net.w[None], activation=ANY), *arrays)
    assert {name: own for name, own in compiled().items() if len(own) > 1} == {}
    assert any(compiled().values())


def test_install_without_a_place_for_the_cache(tmp_path):
    """Where neither the package nor the user has a writable folder, kernels compile silently."""
    for package, folder in packages().items():
        if package in {"hessbound", "hessbound.generated"}:
            target = tmp_path.joinpath(*package.split("."))
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(folder, target, dirs_exist_ok=True, ignore=ignored)
    generated = tmp_path / "hessbound" / "generated"
    for folder in (generated, generated / "activations", generated / "losses"):
        (folder / "__pycache__").write_text("in the cache's way")
    code = f"""
import hessbound as hb
net = hb.Network([[0.0, 0.0]], [0.0, 0.0], activation={ANY!r})
print(hb.__file__, hb.loss(net, [[0.0]], [1.0]))
"""
    nowhere = {name: os.devnull for name in ("HOME", "XDG_CACHE_HOME")}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    environment |= nowhere | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    said = done.stderr.splitlines()
    assert all(line.startswith("hessbound compiles its kernels, once ") for line in said)
    assert all("lost with this process" in line for line in said)
    path, value = done.stdout.split()
    assert path == str(tmp_path / "hessbound" / "__init__.py")
    assert float(value) == pytest.approx(np.log(2), rel=1e-15)


def test_a_long_compilation_is_announced(tmp_path):
    """It is a warning on stderr, once; none where it is quick or is not wanted."""
    code = f"""
import logging, sys
import hessbound as hb
from hessbound.engine import _announcer
_announcer.PATIENCE = float(sys.argv[1])
logging.getLogger("hessbound").setLevel(sys.argv[2])
net = hb.Network([[0.0, 0.0]], [0.0, 0.0], activation={ANY!r})
hb.loss(net, [[0.0]], [1.0])
hb.trace(net, [[0.0]], [1.0])
"""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    said = []
    for options in (("0", "WARNING"), ("1000", "WARNING"), ("0", "ERROR")):
        shutil.rmtree(tmp_path)
        done = subprocess.run(
            [sys.executable, "-c", code, *options],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        said.append(done.stderr.splitlines())
    (line,) = said[0]
    assert line.startswith(
        f"hessbound compiles its kernels, once for this machine; kept in {tmp_path}"
    )
    assert said[1:] == [[], []]


def test_compile_command(tmp_path, monkeypatch):
    """It fills the cache with every kernel, so that nothing is compiled afterwards."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", RUN, "compile", "--activation", ANY]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert str(tmp_path) in done.stdout.replace("\n", "")
    files = sorted(path.name for path in tmp_path.rglob("*.nbc"))
    for kernel in KERNELS:
        assert any(f"{SHARED.__name__.rpartition('.')[2]}.{kernel}-" in name for name in files)
    assert any(f"{ANY}.unit_h-" in name for name in files)
    subprocess.run(command, capture_output=True, check=True, env=environment)
    assert sorted(path.name for path in tmp_path.rglob("*.nbc")) == files


def test_compile_command_refuses_unknown_activations():
    """A name without kernels is bad usage."""
    command = [sys.executable, "-c", RUN, "compile", "--activation", "relu"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "activation must be one of" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="no x86 processor")
@pytest.mark.parametrize(
    "processor",
    [
        {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+sse2,+avx,+avx2,+fma,+bmi,+bmi2"},
        {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": "+sse2"},
        {"NUMBA_DISABLE_JIT": "1"},
    ],
    ids=lambda x: next(iter(x.values())),
)
def test_other_processors_give_the_same(processor, tmp_path):
    """Registers of 4 and of 2 numbers, and none at all, change results by rounding only."""
    code = f"""
import numpy as np
import hessbound as hb
rng = np.random.default_rng(0)
X, y = rng.normal(size=(60, 17)), rng.integers(0, 2, 60).astype(float)
net = hb.Network(rng.normal(size=(11, 18)) / 4, rng.normal(size=12), activation={ANY!r})
s = hb.sharpness(net, X, y)
few = hb.Network(net.A[:2, :2], net.w[:3], activation={ANY!r})
t = hb.sharpness(few, X[:, :1], y)
z = hb.hessian_operator(net, X, y) @ net.theta
print(repr([s.trace, s.trace_squared, t.trace_squared, float(z @ z)]))
"""
    numbers = [
        ast.literal_eval(
            subprocess.run(
                [sys.executable, "-c", code],
                capture_output=True,
                text=True,
                check=True,
                env=os.environ | other,
            ).stdout
        )
        for other in ({}, processor | {"NUMBA_CACHE_DIR": str(tmp_path)})
    ]
    np.testing.assert_allclose(numbers[1], numbers[0], rtol=1e-12, atol=0)


MANY = tuple(name for name in hb.activations() if load(name).module is SHARED)


@pytest.mark.skipif(not KERNELS, reason="numba's compiler is switched off")
@pytest.mark.skipif(len(MANY) < 2, reason="needs two activations that take the same kernels")
def test_one_compilation_for_every_activation():
    """Kernels take another activation as a number, and so they are not compiled again."""
    p = draw(CASES[6], MANY[0])
    call_everything(p.net, p.X, p.y, p.weight)
    before = compiled()
    for name in MANY[1:]:
        net = hb.Network(p.net.A, p.net.w, activation=name)
        call_everything(net, p.X, p.y, p.weight)
    assert compiled() == before


ADDRESSES = """
import pickle, sys
import numpy as np
import hessbound as hb
from hessbound.engine import _kernels

net = hb.Network(np.ones((2, 2)), np.ones(3), activation={name!r})
X, y = np.ones((3, 1)), np.array([0.0, 1.0, 1.0])
kernel = _kernels.load({name!r}).loss
print(repr(hb.loss(net, X, y)))
"""


@pytest.mark.parametrize("name", [MANY[0], MANY[-1]])
def test_addresses_hold_in_their_process_only(name, tmp_path):
    """A kernel that is pickled finds the addresses of the process in which it arrives."""
    path = tmp_path / "kernel"
    given = ADDRESSES.format(name=name)
    write = f"open({str(path)!r}, 'wb').write(pickle.dumps(kernel))"
    read = f"""
other = pickle.load(open({str(path)!r}, "rb"))
assert other is kernel
"""
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    values = [
        subprocess.run(
            [sys.executable, "-c", given + code],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        ).stdout
        for code in (write, read)
    ]
    assert values[0] == values[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_addresses_hold_in_forks():
    """A process forked off calls the functions that its parent has compiled, and others."""
    code = f"""
import multiprocessing
import numpy as np
import hessbound as hb

X, y = np.ones((3, 1)), np.array([0.0, 1.0, 1.0])


def value(name):
    return hb.loss(hb.Network(np.ones((2, 2)), np.ones(3), activation=name), X, y)


names = {MANY!r}
value(names[0])
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(value, names) == [value(name) for name in names]
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


def test_several_threads_share_an_address():
    """Each of many threads that ask at once for what is not compiled yet gets the same."""
    code = f"""
from concurrent.futures import ThreadPoolExecutor
from hessbound.engine import _kernels
module = _kernels.module("activations." + {ANY!r})
with ThreadPoolExecutor(8) as pool:
    found = list(pool.map(lambda _: module.unit_h.address, range(32)))
assert len(set(found)) == 1
"""
    subprocess.run([sys.executable, "-c", code], check=True)

"""Regenerating kernels after a formula changes, in a copy of the checkout, as a user would."""

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hessbound.cli import app
from hessbound.data import _files
from hessbound.derive.commands import console
from hessbound.derive.emission import files, inputs, modules
from hessbound.derive.emission.generate import bounds, differences, generate

from .link_tree import ROOT

FOLDERS = ("derive", "experiments", "generated", "runtime", "templates")
COMPILED = shutil.ignore_patterns("__pycache__")  # another process may be writing there

SWISH = '''
"""Swish, or SiLU, f(u) = u σ(u)."""

import sympy as sp

from hessbound.derive.functions.logistic import logistic
from hessbound.derive.functions.scalar import ScalarFunction, u

_atoms = logistic(u)

ACTIVATION = ScalarFunction(
    value=u * _atoms["s"].symbol,
    definition=u / (1 + sp.exp(-u)),
    atoms=tuple(_atoms.values()),
)
'''

POLYNOMIAL = """
import sympy as sp

from hessbound.derive.functions.scalar import ScalarFunction, u

ACTIVATION = ScalarFunction(value={0}, definition={0}, atoms=())
"""

# Prints tr H by the kernels and by central differences of the kernels' own loss.
TRACE = """
import numpy as np
import hessbound as hb

rng = np.random.default_rng(0)
X, y = rng.normal(size=(20, 2)), rng.integers(0, 2, 20)
theta, step = rng.normal(size=13), 1e-3


def net(theta):
    return hb.Network.from_theta(theta, n_inputs=2, n_hidden=3, activation="{name}")


def loss(theta):
    return hb.loss(net(theta), X, y)


numeric = 0.0
for e in np.eye(13) * step:
    near = loss(theta + e) - 2 * loss(theta) + loss(theta - e)
    far = loss(theta + 2 * e) - 2 * loss(theta) + loss(theta - 2 * e)
    numeric += (16 * near - far) / (12 * step**2)
s = hb.sharpness(net(theta), X, y)
assert np.isclose(s.trace_squared, np.sum(hb.hessian(net(theta), X, y) ** 2), rtol=1e-12)
print(loss(theta), s.trace, numeric)
"""


class Checkout:
    """A copy of the project that its own commands run in."""

    def __init__(self, root):
        self.root = root
        ignore = shutil.ignore_patterns("__pycache__")
        for name in FOLDERS:
            shutil.copytree(ROOT / name, root / name, ignore=ignore)
        (root / "tests").mkdir()
        shutil.copy(ROOT / "tests" / "link_tree.py", root / "tests")
        shutil.copy(ROOT / "pyproject.toml", root)
        for path in (ROOT / "generated").rglob("*.nb?"):  # kernels that numba has compiled here
            place = root / "build" / "types" / "hessbound" / path.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)

    def keep(self, *names):
        """Leave a few activations, so that there is less to prove."""
        for folder in ("derive/activations", "generated/activations"):
            for path in (self.root / folder).glob("[a-z]*.py"):
                if path.stem not in names:
                    path.unlink()

    def edit(self, path, old, new):
        """Replace text in a file; it must be there."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path}"
        (self.root / path).write_text(text.replace(old, new), encoding="utf-8")

    def run(self, *arguments, seed="0", **more):
        """Run Python in the copy, with the copy's packages before any installed ones."""
        subprocess.run([sys.executable, "tests/link_tree.py"], cwd=self.root, check=True)
        path = str(self.root / "build" / "types")
        env = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"}
        env |= more
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=env,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    def command(self, *arguments, seed="0"):
        """Run a hessbound command."""
        return self.run("-c", "from hessbound.cli import main; main()", *arguments, seed=seed)

    def generated(self):
        """Hashes of the files in generated/."""
        files = (self.root / "generated").rglob("*.*")
        return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def traces(self, name, **environment):
        """The loss, tr H by the kernels, and tr H by differences."""
        result = self.run("-c", TRACE.format(name=name), **environment)
        assert result.returncode == 0, result.stderr
        return tuple(map(float, result.stdout.split()))


@pytest.fixture
def checkout(tmp_path):
    """A fresh copy of the checkout."""
    return Checkout(tmp_path)


def test_generated_files_are_in_step():
    """What is committed is what would be written, byte for byte."""
    assert differences(ROOT) == {}


def dependents(name, texts):
    """List the modules that import one, and those that import these."""
    direct = {other for other, text in texts.items() if name in modules.siblings(text)}
    return direct.union(*(dependents(other, texts) for other in direct))


def test_a_module_changes_with_what_it_imports(monkeypatch):
    """Each shared file is changed in turn: those that import it change, and no other."""
    monkeypatch.setattr(modules, "siblings", cache(modules.siblings))  # it parses the whole text
    every = [Laid(m, m.body()) for m in modules.modules(bounds())]
    texts = modules.rendered(iter(every))
    for name in texts:
        edited = (Laid(m, f"{m.text}# edited\n") if m.name == name else m for m in every)
        changed = modules.rendered(edited)
        expected = dependents(name, texts) | {name}
        assert {other for other in texts if changed[other] != texts[other]} == expected


class Laid(modules.Module):
    """A module that has been laid out already."""

    def __init__(self, module, text):
        super().__init__(module.name, module.source, module.template, module.fields)
        object.__setattr__(self, "text", text)

    def body(self):
        return self.text


def test_manifest_lists_what_reaches_a_kernel():
    """Neither pages nor proofs do; the lowering, activations and templates do."""
    listed = {path.relative_to(ROOT).as_posix() for path in inputs.of_kernels(ROOT, bounds())}
    folders = {"/".join(path.split("/")[:2]) for path in listed}
    assert not folders & {f"derive/{x}" for x in ("commands", "display", "frontend", "proof")}
    assert {p for p in listed if p.startswith("derive/claims")} == {"derive/claims/spectrum.py"}
    assert {p for p in listed if p.startswith("templates/")} == {
        f"templates/{folder}/{path.name}"
        for folder in ("numba", "numpy")
        for path in (ROOT / "templates" / folder).glob("*.*")
    }
    for path in ("derive/lowering/sums.py", "derive/activations/tanh.py", "derive/model/traces.py"):
        assert path in listed


def test_manifest_is_written_last(tmp_path, monkeypatch):
    """A run that is killed leaves a manifest that is out of step, and a file that is named."""
    shutil.copytree(ROOT / "generated", tmp_path / "generated", ignore=COMPILED)
    for name in ("derive", "templates"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "generated" / "activations" / "tanh.py").write_text("")
    (tmp_path / "generated" / "MANIFEST.json").write_text("{}")
    written = []
    with monkeypatch.context() as killed:  # before a file takes its name, and before it can tidy up
        killed.setattr(Path, "replace", lambda path, _: written.append(path.name))
        killed.setattr(Path, "unlink", lambda *_, **__: None)
        files.write(tmp_path, bounds(), _files.write_text)
    remnants = [
        f"{folder}.{name}.{os.getpid()}.tmp"
        for folder, name in (("activations/", "tanh.py"), ("", "MANIFEST.json"))
    ]
    assert written == [name.rpartition("/")[2] for name in remnants]
    expected = {"MANIFEST.json": "differs", "activations/tanh.py": "differs"}
    expected |= dict.fromkeys(remnants, "orphan")
    (tmp_path / "generated" / "losses" / "gelu.py.new").write_text("half")
    expected |= {"losses/gelu.py.new": "orphan"}
    assert files.differences(tmp_path, bounds()) == expected
    assert files.write(tmp_path, bounds(), _files.write_text) == expected
    assert files.differences(tmp_path, bounds()) == {}
    before, after = (
        sorted(
            x.relative_to(root)
            for x in (root / "generated").rglob("*.*")
            if x.parent.name != "__pycache__"
        )
        for root in (ROOT, tmp_path)
    )
    assert before == after


def test_full_disk_is_named(tmp_path, monkeypatch):
    """The file that has no room is named, and what was there stays."""
    shutil.copytree(ROOT / "generated", tmp_path / "generated", ignore=COMPILED)
    for name in ("derive", "templates"):
        (tmp_path / name).symlink_to(ROOT / name)
    place = tmp_path / "generated" / "activations" / "tanh.py"
    place.write_text("before")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left") as info:
        files.write(tmp_path, bounds(), _files.write_text)
    assert info.value.filename == str(place)
    assert place.read_text() == "before"
    assert not list((tmp_path / "generated").rglob(".*.tmp"))


def test_emitted_bounds_are_proved_first():
    """Of the bounds, generate proves those that kernels rest on before it writes."""
    names = []

    def refuse(claims):
        names.extend(claim.name for claim in claims)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(ROOT, refuse, refuse)
    assert {"bound_outer", "bound_outer_2", "bound_inner", "bound_inner_2"} <= set(names)
    assert "bound_output_trace" not in names


def test_output_does_not_depend_on_the_hash_seed(checkout, pytestconfig):
    """Another seed gives other orders of sets, and the same bytes; each run takes another."""
    result = checkout.command("generate", "--check", seed=str(pytestconfig.option.seed))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "generated/ is in step" in result.stdout


def test_each_file_out_of_step_is_named(checkout):
    """A changed, a missing and a left-over file are told apart, and the remedy is named."""
    checkout.edit("generated/activations/gelu.py", "_exp(-0.5*", "_exp(0.5*")
    (checkout.root / "generated" / "activations" / "tanh.py").unlink()
    (checkout.root / "generated" / "old.py").write_text("")
    result = checkout.command("generate", "--check")
    assert result.returncode == 1
    assert "generated/activations/gelu.py: differs" in result.stdout
    assert "generated/activations/tanh.py: missing" in result.stdout
    assert "generated/old.py: orphan" in result.stdout
    assert "hessbound generate" in result.stdout
    assert "sigmoid" not in result.stdout


@pytest.mark.slow
def test_new_activation_takes_one_file(checkout):
    """Swish: missing, emitted, right and proved; then changed, and so are its values."""
    checkout.keep("linear", "tanh")  # claims about bounded activations need one
    path = "derive/activations/swish.py"
    (checkout.root / path).write_text(SWISH, encoding="utf-8")
    before = checkout.command("generate", "--check")
    assert before.returncode == 1
    assert "generated/activations/swish.py: missing" in before.stdout
    written = checkout.command("generate")
    assert written.returncode == 0, written.stderr
    assert "generated/activations/swish.py: written" in written.stdout
    first = checkout.generated()
    loss, trace, numeric = checkout.traces("swish")
    assert trace == pytest.approx(numeric, rel=1e-6)
    assert checkout.command("check", "--activation", "swish").returncode == 0
    again = checkout.command("generate", "--check", seed="1")
    assert "generated/ is in step" in again.stdout
    assert checkout.generated() == first
    checkout.edit(path, 'value=u * _atoms["s"].symbol', 'value=u * _atoms["s"].symbol - 1')
    checkout.edit(path, "definition=u / (1 + sp.exp(-u))", "definition=u / (1 + sp.exp(-u)) - 1")
    stale = checkout.command("generate", "--check")
    assert stale.returncode == 1
    assert "generated/activations/swish.py: differs" in stale.stdout
    result = checkout.command("generate")
    assert result.returncode == 0, result.stdout + result.stderr
    new_loss, new_trace, new_numeric = checkout.traces("swish")
    assert new_trace == pytest.approx(new_numeric, rel=1e-6)
    assert new_loss != pytest.approx(loss, rel=1e-3)
    assert new_trace != pytest.approx(trace, rel=1e-3)


@pytest.mark.slow
def test_constant_derivatives_have_kernels_of_their_own(checkout):
    """By the first that is a rational number, whichever activations have it; √2 is none."""
    checkout.keep("linear")
    kernels = {"u**2 / 2": "f2_1", "u**3": "f3_6", "-u / 2": "f1__1_2", "sp.sqrt(2) * u": "f2_0"}
    names = {f: f"power{n}" for n, f in enumerate(kernels)}
    for f, name in names.items():
        path = checkout.root / "derive" / "activations" / f"{name}.py"
        path.write_text(POLYNOMIAL.format(f), encoding="utf-8")
    written = checkout.command("generate")
    assert written.returncode == 0, written.stdout + written.stderr
    for f, name in names.items():
        text = (checkout.root / "generated" / "activations" / f"{name}.py").read_text(
            encoding="utf-8"
        )
        assert f'KERNELS = "_kernels_{kernels[f]}"' in text
        compiler = {} if name == "power0" else {"NUMBA_DISABLE_JIT": "1"}  # one will do
        _, trace, numeric = checkout.traces(name, **compiler)
        assert trace == pytest.approx(numeric, rel=1e-6)


WRONG = [
    ("derive/activations/tanh.py", "-2 * t * q", "-t * q", "tanh_atoms"),
    ("derive/activations/sigmoid.py", "1 - 2 * _sigma", "1 - _sigma", "sigmoid_d2"),
    ("derive/claims/traces.py", "2 * (q.f1 @ q.f1.T)", "q.f1 @ q.f1.T", "trace_squared"),
    (
        "derive/losses/cross_entropy.py",
        "omega * (y_bar",
        "omega * (2 * y_bar",
        "cross_entropy_stable",
    ),
]


@pytest.mark.slow
def test_wrong_formulas_are_refuted_and_nothing_is_written(checkout):
    """A wrong rule, closed form or loss: exit 1, the claim and a witness shown, no byte changed."""
    checkout.keep("tanh", "sigmoid")
    before = checkout.generated()
    for path, old, new, _ in WRONG:
        checkout.edit(path, old, new)
    result = checkout.command("generate")
    assert result.returncode == 1
    for *_, claim in WRONG:
        assert re.search(rf"^{claim} .*is refuted: ", result.stdout, re.MULTILINE), claim
    assert "nothing was written" in result.stderr
    assert checkout.generated() == before


@pytest.mark.slow
def test_changed_formula_refutes_what_became_false(checkout):
    """With 2 tanh u for tanh u: the textbook's derivatives and ranges; the rest is decided."""
    checkout.keep("tanh")
    checkout.edit("derive/activations/tanh.py", "value=t,", "value=2 * t,")
    checkout.edit("derive/activations/tanh.py", "definition=_tanh,", "definition=2 * _tanh,")
    result = checkout.command("check", "--json", "--activation", "tanh")
    assert result.returncode == 1
    rows = json.loads(result.stdout)
    left = {row["name"]: row["verdict"] for row in rows if row["verdict"] != "PROVED"}
    refuted = {name for name, verdict in left.items() if verdict == "REFUTED"}
    false = {f"tanh_{what}" for what in ("d0", "d1", "d2", "d3", "range1", "range2")}
    assert refuted == false
    assert {left[name] for name in left.keys() - refuted} <= {"DEFINITION"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "generated/ was in step already"),
        ({"old.py": "orphan", "new.py": "missing"}, "old.py: removed\ngenerated/new.py: written"),
    ],
)
def test_what_is_written_is_named(monkeypatch, changed, said):
    """Each file, or that there is none."""
    monkeypatch.setattr(console, "generate", lambda *_: changed)
    result = CliRunner().invoke(app, ["generate", "--root", str(ROOT)])
    assert result.exit_code == 0, result.output
    assert said in result.stdout


def test_generate_needs_the_checkout_that_is_installed(tmp_path):
    """Another folder, or another checkout, is refused before any work."""
    for rule in ("a checkout of hessbound", "the checkout that is installed"):
        result = CliRunner().invoke(app, ["generate", "--check", "--root", str(tmp_path)])
        assert result.exit_code == 2
        assert f"--root must be {rule}" in result.stderr
        for name in ("pyproject.toml", "derive", "generated", "templates"):
            (tmp_path / name).mkdir(exist_ok=True)


@pytest.mark.parametrize(("name", "text", "message"), [
    ("my-act", SWISH, "an activation's file name must be a Python identifier, got 'my-act'.py"),
    ("empty", "", "must define ACTIVATION, a ScalarFunction, got None"),
])  # fmt: skip
def test_bad_activation_file_is_named(checkout, name, text, message):
    """A file that is no activation ends in one line and exit code 2."""
    (checkout.root / "derive" / "activations" / f"{name}.py").write_text(text, encoding="utf-8")
    result = checkout.command("generate", "--check")
    assert result.returncode == 2, result.stdout + result.stderr
    assert message in result.stderr
    assert "Traceback" not in result.stderr

"""What an installation holds: the lists in pyproject.toml, the wheel, and the wheel at work."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import textwrap
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from .link_tree import ROOT, packages, settings

HINT = 'pip install "hessbound[{}]"'
EXTRAS_ONLY = ["jinja2", "latex2mathml", "matplotlib", "sklearn", "sympy"]


def run(*command, cwd, check=True):
    """Run a command outside the checkout's influence and return its result, output as text."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    if check:
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def git_files(*arguments):
    """Return the paths that ``git ls-files`` lists and that exist."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    listed = run("git", "ls-files", "-z", *arguments, cwd=ROOT).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Copy what git keeps, and new modules, so that a dirty build/ or egg-info cannot leak in."""
    folders = settings()["package-dir"].values()
    names = git_files() | git_files("--others", "--exclude-standard", *folders)
    copy = tmp_path_factory.mktemp("checkout")
    for name in names:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def built(checkout, tmp_path_factory):
    """Build the source distribution, and from it the wheel, as for a release."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, checkout, cwd=out)
    return out


@pytest.fixture(scope="module")
def wheel(built):
    """Return the wheel's path."""
    (path,) = built.glob("*.whl")
    return path


def expected_files(checkout):
    """Return what the wheel must hold: modules and data of the listed packages, nothing else."""
    files = set()
    for name, folder in packages().items():
        copy = checkout / folder.relative_to(ROOT)
        patterns = ["*.py", *settings()["package-data"].get(name, [])]
        found = {path.relative_to(copy) for pattern in patterns for path in copy.glob(pattern)}
        files |= {f"{name.replace('.', '/')}/{path.as_posix()}" for path in found}
    return files


def test_listed_packages_are_the_folders_with_an_init():
    """A subpackage missing from the list imports from a checkout and is absent from a wheel."""
    listed = {str(folder.relative_to(ROOT)) for folder in packages().values()}
    tops = {ROOT / path for path in settings()["package-dir"].values()}
    present = {
        str(path.parent.relative_to(ROOT)) for top in tops for path in top.rglob("__init__.py")
    }
    assert listed == present


def test_every_module_lies_in_a_package():
    """A folder without __init__.py would be left out of the wheel in silence."""
    tops = {ROOT / path for path in settings()["package-dir"].values()}
    bare = [p for top in tops for p in top.rglob("*.py") if not (p.parent / "__init__.py").exists()]
    assert bare == []


def test_package_data_is_present():
    """Each pattern of package-data names files that exist."""
    for name, patterns in settings()["package-data"].items():
        for pattern in patterns:
            assert list(packages()[name].glob(pattern)), f"{name}: nothing matches {pattern}"


@pytest.mark.slow
def test_wheel_holds_exactly_the_packages(checkout, wheel):
    """The wheel, built by way of the source distribution, has every module and data file only."""
    names = set(zipfile.ZipFile(wheel).namelist())
    code = {name for name in names if ".dist-info/" not in name}
    assert code == expected_files(checkout)
    assert "hessbound/py.typed" in code
    assert "hessbound/generated/MANIFEST.json" in code
    assert "hessbound/templates/html/report.html.jinja" in code
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


@pytest.mark.slow
def test_sdist_holds_the_checkout(built):
    """From the source distribution alone the suite can run and a wheel be built."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {m.name.partition("/")[2] for m in archive.getmembers() if m.isfile()}
    assert git_files() - names == set()


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install the wheel and its base dependencies into an empty environment; return its bin."""
    return install(wheel, tmp_path_factory.mktemp("installed"))


def install(requirement, home):
    """Install into the environment of a folder, which is made where there is none."""
    if not (home / "env").exists():
        venv.create(home / "env", symlinks=True)
    scripts = home / "env" / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--quiet"]
    done = run(*pip, "--no-compile", "--retries", "1", requirement, cwd=home, check=False)
    if any(sign in done.stderr for sign in ("NewConnectionError", "NameResolutionError")):
        pytest.skip("needs a package index to fill an empty environment")
    assert done.returncode == 0, done.stderr
    return scripts


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["mypy", "--strict", "--cache-dir", ".mypy_cache", "--python-executable"],
        ["basedpyright", "--level", "error", "--pythonpath"],
    ],
    ids=lambda command: command[0],
)
def test_checkers_see_the_types_of_an_installation(installed, tmp_path, command):
    """A user's file that has floats of one network and arrays of a batch is accepted."""
    pytest.importorskip(command[0])
    shutil.copy2(ROOT / "tests" / "typed_calls.py", tmp_path)
    own = [sys.executable, "-m", *command, installed / "python", "typed_calls.py"]
    done = run(*own, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def deriving(wheel, installed):
    """Add the extra that derives; tests that need the environment without it come before."""
    return install(f"{wheel}[derive]", installed.parents[1])


@pytest.mark.slow
def test_installed_wheel_computes(installed, tmp_path):
    """Base dependencies suffice: the zero tanh network has tr H = 1/2 and tr H^2 = 3/4."""
    code = f"""
        import importlib.util, json, sys
        import numpy as np
        import hessbound as hb

        net = hb.Network(np.zeros((1, 2)), np.zeros(2), activation="tanh")
        s = hb.sharpness(net, np.array([[0.0], [1.0]]), np.array([0.0, 1.0]))
        found = [name for name in {EXTRAS_ONLY} if importlib.util.find_spec(name)]
        values = [s.trace, s.trace_squared, s.largest_upper]
        print(json.dumps(dict(values=values, found=found, file=hb.__file__)))
    """
    done = run(installed / "python", "-I", "-c", textwrap.dedent(code), cwd=tmp_path)
    said = json.loads(done.stdout)
    upper = 0.125 + ((0.75 / 4 - 0.125**2) * 3) ** 0.5
    assert said["values"] == pytest.approx([0.5, 0.75, upper], rel=1e-12)
    assert said["found"] == [], "not an empty environment"
    assert Path(said["file"]).is_relative_to(installed.parent)
    assert all("hessbound compiles its kernels" in x for x in done.stderr.splitlines())


@pytest.mark.slow
def test_installed_command_helps(installed, tmp_path):
    """The command is on the path and lists its subcommands."""
    said = run(installed / "hessbound", "--help", cwd=tmp_path).stdout
    for name in ("derive", "check", "generate", "reproduce", "sharpness"):
        assert name in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("extra", "arguments"),
    [
        ("derive", ["derive"]),
        ("derive", ["check"]),
        ("derive", ["generate", "--check"]),
        ("experiments", ["reproduce"]),
    ],
)
def test_missing_extra_gives_the_hint(installed, tmp_path, extra, arguments):
    """Without SymPy or matplotlib the subcommands that need it exit with 2 and say what to do."""
    done = run(installed / "hessbound", *arguments, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert HINT.format(extra) in done.stderr
    assert "Traceback" not in done.stderr


def test_command_is_the_declared_entry_point():
    """The console script is hessbound.cli:main."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"hessbound": "hessbound.cli:main"}


def guide_of_formulas():
    """Return the files and the commands in docs/formulas.md."""
    text = (ROOT / "docs" / "formulas.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    (hessbound .*?)(?: +#.*)?$", text, re.MULTILINE)
    examples = re.findall(r'^```python\n(""".*?)^```$', text, re.MULTILINE | re.DOTALL)
    return examples, [shlex.split(command) for command in commands]


@pytest.mark.slow
def test_formulas_from_a_wheel(deriving, tmp_path):
    """docs/formulas.md, step by step: a file of one's own and that of the guide become kernels."""
    examples, commands = guide_of_formulas()
    assert [command[1] for command in commands] == ["new", "new", "generate", "generate"]
    for step, command in enumerate(commands):
        if step == 2:
            for name, example in zip(("log_cosh", "pseudo_huber"), examples, strict=True):
                path = tmp_path / "my_formulas" / f"{name}.py"
                path.write_text(example, encoding="utf-8")
        said = run(deriving / command[0], *command[1:], cwd=tmp_path)
        assert "warning" not in said.stderr
    assert "my_kernels is in step with my_formulas" in said.stdout
    ship(deriving, tmp_path / "my_kernels")
    code = """
        import json, sys
        import numpy as np
        import hessbound as hb

        net = hb.Network([[0.5, 1.0]], [0.0, 2.0], activation="log_cosh")  # of a package
        v = hb.logits(net, [[3.0]])[0]
        names = hb.load_formulas("my_kernels")
        mine = hb.Network([[0.5, 1.0]], [0.0, 2.0], activation="my_shape")
        values = [v / 2 - np.log(np.cosh(3.5)), hb.logits(mine, [[3.0]])[0] / 7 - np.tanh(3.5)]
        own = {name: hb.Network(net.A, net.w, activation="log_cosh", loss=name)
               for name in ("pseudo_huber", "my_loss")}
        values.append(hb.loss(own["pseudo_huber"], [[3.0]], [v - 1]) - np.sqrt(2) + 1)
        values.append(hb.loss(own["my_loss"], [[3.0]], [v - 1]) - np.log(np.cosh(1)))
        traces = [hb.trace(x, [[3.0]], [1]) for x in (net, mine, *own.values())]
        sympy = "sympy" in sys.modules
        print(json.dumps(dict(names=names, values=values, traces=traces, sympy=sympy)))
    """
    said = json.loads(
        run(deriving / "python", "-I", "-c", textwrap.dedent(code), cwd=tmp_path).stdout
    )
    assert (said["names"], said["sympy"]) == (
        ["log_cosh", "my_loss", "my_shape", "pseudo_huber"],
        False,
    )
    assert said["values"] == pytest.approx([0, 0, 0, 0], abs=1e-14)
    assert all(trace > 0 for trace in said["traces"])


def ship(scripts, kernels):
    """Install a package that brings these kernels."""
    find = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = Path(run(scripts / "python", "-c", find, cwd=kernels).stdout.strip())
    shutil.copytree(kernels, place / "shipping" / "kernels")
    for folder in (place / "shipping", place / "shipping" / "kernels"):
        (folder / "__init__.py").touch()
    info = place / "shipping-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shipping\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hessbound.formulas]\nmine = shipping.kernels\n")

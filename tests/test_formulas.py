"""Formulas of one's own: proved, measured, written, loaded, and refused where they must be."""

import json
import os
import pickle
import shutil
import subprocess
import sys
import textwrap
from importlib.metadata import EntryPoint

import numpy as np
import pytest
import sympy as sp
from typer.testing import CliRunner

import hessbound as hb
from hessbound.cli import app
from hessbound.derive.emission import digits
from hessbound.derive.emission.numba import scalars
from hessbound.derive.emission.numba.printer import NumbaPrinter
from hessbound.derive.functions.scalar import ScalarFunction, u
from hessbound.derive.functions.special import constant_error
from hessbound.engine import _formulas, _kernels

from . import cases

invoke = CliRunner().invoke

HEAD = """
import sympy as sp
from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
t, q, s, a = sp.symbols("t q s a", real=True)
"""
POLYNOMIAL = HEAD + "ACTIVATION = ScalarFunction(value={0}, definition={0})\n"
CONSTANTS = {  # f, and the kernels that it takes: of those that are shipped
    "half_square": ("u**2 / 2", "_kernels"),
    "cubed": ("u**3", "_kernels"),
    "line": ("sp.sqrt(2) * u + sp.Rational(1, 3)", "_kernels"),
    "doubled": ("2 * u", "_kernels"),
    "shifted": ("u - 1", "_kernels_f1_1"),
    "seven": ("sp.Integer(7)", "_kernels"),
}
# True stable forms that lose all digits somewhere.
NAIVE = {
    "naive_gelu": """
z = sp.sqrt(2 / sp.pi) * (u + sp.Rational(44715, 10**6) * u**3)
T = sp.tanh(z)
ACTIVATION = ScalarFunction(
    value=u * (1 + t) / 2, definition=u * (1 + T) / 2,
    atoms=(Atom(t, T, (1 - t**2) * sp.diff(z, u), T),),
)
""",
    "naive_mish": """
S, T = 1 / (1 + sp.exp(-u)), sp.tanh(sp.log(1 + sp.exp(u)))
ACTIVATION = ScalarFunction(
    value=u * t, definition=u * T,
    atoms=(Atom(s, S, s * (1 - s), S), Atom(t, T, (1 - t**2) * s, T)),
)
""",
    "naive_root": """
R = 1 / sp.sqrt(1 + u**2)
ACTIVATION = ScalarFunction(value=u * a, definition=u * R, atoms=(Atom(a, R, -u * a**3, R),))
""",
}


def write(folder, **texts):
    """Put files into a folder."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def generate(source, out, *more):
    """Run the command."""
    return invoke(app, ["generate", "--from", str(source), "--out", str(out), *more])


def python(code, *, cwd, **environment):
    """Run code in a fresh Python and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def _forget():
    """Leave no formula behind, for other tests know those that are shipped."""
    yield
    _formulas._loaded.clear()
    _formulas._modules.clear()
    _formulas._of_packages.cache_clear()
    _kernels._loaded.cache_clear()


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Kernels of what ``hessbound new`` writes, and what was said of it."""
    home = tmp_path_factory.mktemp("start")
    done = invoke(app, ["new", "activation", "mine", "--in", str(home / "formulas")])
    assert done.exit_code == 0, done.output
    return home, generate(home / "formulas", home / "kernels")


@pytest.fixture
def kernels(start, tmp_path):
    """Return a copy of these kernels."""
    return shutil.copytree(start[0] / "kernels", tmp_path / "kernels")


def test_new_file_is_proved_and_has_its_digits(start):
    """What the command writes passes as it is, with no warning, and is in step then."""
    home, done = start
    assert done.exit_code == 0, done.output
    assert "mine: most units in the last place" in done.stdout
    assert "warning" not in done.stderr
    assert sorted(x.name for x in (home / "kernels").glob("*.*")) == ["MANIFEST.json", "mine.py"]
    checked = generate(home / "formulas", home / "kernels", "--check")
    assert (checked.exit_code, "is in step" in checked.output) == (0, True)


def test_new_file_replaces_none(start):
    """A file that is there stays, and a name must be one, and no shipped formula's."""
    home, _ = start
    bad = {"mine": "is there already", "my-act": "must be a Python identifier"}
    bad |= {"tanh": "'tanh' is the name of a shipped activation"}
    for name, why in bad.items():
        done = invoke(app, ["new", "activation", name, "--in", str(home / "formulas")])
        assert done.exit_code == 2
        assert why in done.stderr
    assert not (home / "formulas" / "tanh.py").exists()


def test_own_formula_is_right(start):
    """The Hessian is that of a loss that NumPy computes from f itself."""
    assert hb.load_formulas(start[0] / "kernels") == ("mine",)
    assert "mine" in hb.activations()
    p = cases.problem(cases.CASES[0], "mine")
    H, s = hb.hessian(p.net, p.X, p.y), hb.sharpness(p.net, p.X, p.y)
    np.testing.assert_allclose([s.trace, s.trace_squared], [np.trace(H), np.sum(H**2)], rtol=1e-12)
    theta, step = p.net.theta, 1e-3
    sizes = {"n_inputs": p.net.n_inputs, "n_hidden": p.net.n_hidden, "activation": "mine"}

    def loss(theta):
        net = hb.Network.from_theta(theta, **sizes)
        U = p.Xb @ net.A.T
        v = net.w[0] + (U * np.tanh(U)) @ net.w[1:]
        return np.sum(np.logaddexp(0, v) - p.y * v)

    for n, e in enumerate(np.eye(len(theta)) * step):
        near = loss(theta + e) - 2 * loss(theta) + loss(theta - e)
        far = loss(theta + 2 * e) - 2 * loss(theta) + loss(theta - 2 * e)
        assert H[n, n] == pytest.approx((16 * near - far) / (12 * step**2), rel=1e-6, abs=1e-8)


def test_values_are_those_of_the_definition(start):
    """h = u tanh u and its slope, by the functions that the kernels call."""
    hb.load_formulas(start[0] / "kernels")
    points = np.linspace(-5, 5, 41)
    text = (start[0] / "kernels" / "mine.py").read_text(encoding="utf-8")
    f, f1 = _formulas.run(text, points.tolist(), np.nan)["unit_h_f1"].values()
    t = np.tanh(points)
    np.testing.assert_allclose(f, points * t, rtol=1e-14)
    np.testing.assert_allclose(f1, t + points * (1 - t**2), rtol=1e-12, atol=1e-15)


def test_models_and_workers(start, tmp_path):
    """A model is saved and loaded; pickles are read by spawned processes; SymPy is not imported."""
    code = f"""
        import multiprocessing, pickle, sys, threading
        import hessbound as hb

        X, y = [[1.0], [2.0]], [0, 1]

        if __name__ == "__main__":
            hb.load_formulas({str(start[0] / "kernels")!r})
            net = hb.Network([[0.5, 1.0]], [0.0, 2.0], activation="mine")
            net.save("net.npz")
            assert hb.Network.load("net.npz") == net
            own, found = hb.trace(net, X, y), []
            thread = threading.Thread(target=lambda: found.append(hb.trace(net, X, y)))
            thread.start()
            thread.join()
            assert found == [own]
            for method in ("spawn", "forkserver"):
                with multiprocessing.get_context(method).Pool(1) as pool:
                    assert pool.apply(hb.trace, (net, X, y)) == own
            operator = hb.hessian_operator(net, X, y)
            with open("objects.pkl", "wb") as file:
                pickle.dump((net, operator), file)
            assert "sympy" not in sys.modules
    """
    (tmp_path / "main.py").write_text(textwrap.dedent(code), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "main.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = python(
        """
        import pickle
        import numpy as np
        import hessbound as hb
        net, operator = pickle.load(open("objects.pkl", "rb"))
        H = hb.hessian(net, [[1.0], [2.0]], [0, 1])
        print(np.allclose(operator @ np.eye(4), H), net.activation in hb.activations())
        """,
        cwd=tmp_path,
    )
    assert said.split() == ["True", "True"]


def test_model_of_an_unknown_formula_runs_nothing(start, tmp_path):
    """Loading a model says which name is missing and what makes it known."""
    hb.load_formulas(start[0] / "kernels")
    net = hb.Network([[0.5, 1.0]], [0.0, 2.0], activation="mine")
    net.save(tmp_path / "net.npz")
    deep = hb.MLP([[[1.0]], [[2.0]]], activation="mine", loss="squared_error")
    pickled, pickled_deep = pickle.dumps(net), pickle.dumps(deep)
    _formulas._loaded.clear()
    shown = r"got 'mine'; hessbound\.load_formulas makes formulas of your own known"
    with pytest.raises(ValueError, match=shown):
        hb.Network.load(tmp_path / "net.npz")
    assert pickle.loads(pickled) == net  # a pickle runs code anyway, and brings the folder's name
    _formulas._loaded.clear()
    assert pickle.loads(pickled_deep) == deep


def test_command_line_takes_formulas(start, tmp_path):
    """``hessbound --formulas FOLDER sharpness`` reads a model with such a formula."""
    hb.load_formulas(start[0] / "kernels")
    hb.Network([[0.5, 1.0]], [0.0, 2.0], activation="mine").save(tmp_path / "net.npz")
    _formulas._loaded.clear()
    (tmp_path / "table.csv").write_text("x,y\n1,0\n2,1\n")
    rest = [
        "sharpness",
        "--model",
        str(tmp_path / "net.npz"),
        "--data",
        str(tmp_path / "table.csv"),
    ]
    rest += ["--label", "y", "--json"]
    without = invoke(app, rest)
    assert without.exit_code == 2
    done = invoke(app, ["--formulas", str(start[0] / "kernels"), *rest])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["trace"] > 0


def test_kernels_of_another_version_are_refused(kernels):
    """With what they are for, what is here, and the remedy; nothing is loaded."""
    manifest = kernels / "MANIFEST.json"
    content = json.loads(manifest.read_text())
    remedy = "write them anew with hessbound generate --from FORMULAS --out"
    for change, shown in (
        ({"hessbound": "0.0.1"}, "holds kernels of hessbound 0.0.1, and this is"),
        ({"shared": {"_compile.py": "0" * 64}}, "for another build of hessbound 0"),
        ({"shared": {"_gone.py": "0" * 64}}, "for another build of hessbound 0"),
    ):
        manifest.write_text(json.dumps(content | change))
        with pytest.raises(ValueError, match=f"{shown}.*{remedy}"):
            hb.load_formulas(kernels)
    assert "mine" not in hb.activations()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"hessbound": 1}', "\x00"])
def test_manifest_of_others_is_refused(kernels, text):
    """What is no manifest of kernels is said to be none."""
    (kernels / "MANIFEST.json").write_text(text)
    with pytest.raises(ValueError, match=r"MANIFEST\.json is not one of hessbound"):
        hb.load_formulas(kernels)


def test_changed_and_missing_kernels_are_refused(kernels):
    """A file that is not what was generated, before it is run."""
    with (kernels / "mine.py").open("a") as file:
        file.write("raise SystemExit\n")
    with pytest.raises(ValueError, match=r"mine\.py is not the file that was generated"):
        hb.load_formulas(kernels)
    (kernels / "mine.py").unlink()
    with pytest.raises(ValueError, match=r"mine\.py is missing"):
        hb.load_formulas(kernels)


def renamed(kernels, name):
    """Give the formula of a folder another name, in its manifest too."""
    (kernels / "mine.py").rename(kernels / f"{name}.py")
    content = json.loads((kernels / "MANIFEST.json").read_text())
    content["formulas"] = {"activation": [name]}
    content["outputs"] = {f"{name}.py": content["outputs"]["mine.py"]}
    (kernels / "MANIFEST.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("tanh", "the name 'tanh' is a shipped formula's"),
        ("_mine", "the name '_mine' begins with an underscore"),
        ("my-act", "a formula's name must be an identifier, got 'my-act'"),
        ("lambda", "a formula's name must be an identifier, got 'lambda'"),
    ],
)
def test_names_that_are_taken_or_none_are_refused(kernels, name, why):
    """When they are loaded, whatever has written the manifest."""
    renamed(kernels, name)
    with pytest.raises(ValueError, match=why):
        hb.load_formulas(kernels)


def test_one_name_is_one_formula(kernels, start):
    """The same kernels may be loaded twice, from anywhere; others of that name may not."""
    hb.load_formulas(start[0] / "kernels")
    assert hb.load_formulas(kernels) == hb.load_formulas(start[0] / "kernels") == ("mine",)
    text = (kernels / "mine.py").read_text() + "# another\n"
    (kernels / "mine.py").write_text(text)
    content = json.loads((kernels / "MANIFEST.json").read_text())
    content["outputs"]["mine.py"] = _formulas._sha256(kernels / "mine.py")
    (kernels / "MANIFEST.json").write_text(json.dumps(content))
    _formulas._loaded.clear()
    hb.load_formulas(start[0] / "kernels")
    with pytest.raises(ValueError, match=r"the name 'mine' is that of a formula in .*start"):
        hb.load_formulas(kernels)


def test_kernels_in_use_do_not_change(kernels):
    """New kernels of the same folder are taken until the old ones are used."""
    hb.load_formulas(kernels)
    text = (kernels / "mine.py").read_text() + "# another\n"

    def change(text):
        (kernels / "mine.py").write_text(text)
        content = json.loads((kernels / "MANIFEST.json").read_text())
        content["outputs"]["mine.py"] = _formulas._sha256(kernels / "mine.py")
        (kernels / "MANIFEST.json").write_text(json.dumps(content))

    change(text)
    assert hb.load_formulas(kernels) == ("mine",)
    hb.trace(hb.Network([[0.5, 1.0]], [0.0, 2.0], activation="mine"), [[1.0]], [0])
    change(text + "# and another\n")
    with pytest.raises(ValueError, match="'mine' is in use as it was; start a new Python"):
        hb.load_formulas(kernels)


def test_packages_bring_formulas(kernels, monkeypatch, tmp_path):
    """An entry point makes them known, and its package is not imported; a bad one is left out."""
    package = tmp_path / "shipping"
    shutil.copytree(kernels, package / "kernels")
    for folder in (package, package / "kernels"):
        (folder / "__init__.py").write_text("raise SystemExit('imported')\n")
    entries = [
        EntryPoint("good", "shipping.kernels", _formulas.GROUP),
        EntryPoint("gone", "nowhere.kernels", _formulas.GROUP),
    ]
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(_formulas, "entry_points", lambda group: entries)
    with pytest.warns(UserWarning, match="'gone' are left out: there is no package nowhere.kernel"):
        assert "mine" in hb.activations()
    net = hb.Network([[0.5, 1.0]], [0.0, 2.0], activation="mine")
    assert hb.trace(net, [[1.0], [2.0]], [0, 1]) > 0
    assert net == pickle.loads(pickle.dumps(net))


def test_wrong_rule_is_refuted_and_nothing_is_written(start, tmp_path):
    """With the point; the others of the folder are not written either."""
    right = (start[0] / "formulas" / "mine.py").read_text()
    wrong = right.replace("derivative=-2 * t * q", "derivative=-t * q")
    source = write(tmp_path / "formulas", mine=right, wrong=wrong)
    done = generate(source, tmp_path / "kernels")
    assert done.exit_code == 1
    assert "wrong_atoms is refuted: u = 1: -0.639700008449224" in done.stdout
    assert "nothing was written: not proved are wrong_atoms" in done.stderr
    assert not (tmp_path / "kernels").exists()


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("tanh", POLYNOMIAL.format("u"), "'tanh' is the name of a shipped activation"),
        ("my-act", POLYNOMIAL.format("u"), "must be a Python identifier, got 'my-act'"),
        ("none", "", "ScalarFunction, or one LOSS, a Loss; it defines none"),
        ("number", "ACTIVATION = 1", "must define ACTIVATION, a ScalarFunction, got 1"),
        ("broken", "1 / 0", "broken.py:1: ZeroDivisionError: division by zero"),
        ("relu", POLYNOMIAL.format("sp.Max(u, 0)"), "Max(0, u) is not smooth at u = 0"),
        ("bessel", POLYNOMIAL.format("sp.besselj(0, u)"), "besselj is not known here"),
        ("inexact", POLYNOMIAL.format("0.1 * u"), "numbers must be exact: write Rational"),
        ("taken", HEAD + "ScalarFunction(s, s, (Atom(sp.Symbol('h'), u, u, u),))", "taken"),
    ],
)  # fmt: skip
def test_bad_file_is_named(tmp_path, name, text, why):
    """What is no formula, or none that can be used, ends with 2 and the reason."""
    source = write(tmp_path / "formulas", **{name: text})
    done = generate(source, tmp_path / "kernels")
    assert done.exit_code == 2, done.output
    assert f"{name}.py" in done.stderr
    assert why in done.stderr
    assert not (tmp_path / "kernels").exists()


def test_what_is_not_proved_is_refused_with_the_reason(tmp_path):
    """A true range that the prover does not find is no reason to believe it."""
    text = HEAD + (
        "S, C = sp.sin(u), sp.cos(u)\n"
        "ACTIVATION = ScalarFunction(u * s, u * S, (Atom(s, S, t, S), Atom(t, C, -s, C)),\n"
        "    ranges={1: ('-', sp.Interval(-sp.oo, sp.oo))})\n"
    )
    source = write(tmp_path / "formulas", wave=text)
    done = generate(source, tmp_path / "kernels")
    assert done.exit_code == 1
    assert "wave_range1 is" in done.stdout
    assert "is not found" in done.stdout
    assert "nothing was written: not proved are wave_range1" in done.stderr


def test_folders_are_not_mixed_up(start, tmp_path):
    """Kernels are not written among formulas, nor among files of others."""
    source = start[0] / "formulas"
    own = write(tmp_path / "own", notes="")
    for out, why in ((source, "another folder than --from"), (own, "holds notes.py and no")):
        done = generate(source, out)
        assert done.exit_code == 2
        assert why in done.stderr
    for arguments in (
        ["--from", "x"],
        ["--out", "x"],
        ["--from", "x", "--out", "y", "--root", "."],
    ):
        assert invoke(app, ["generate", *arguments]).exit_code == 2


def test_each_file_out_of_step_is_named(start, kernels):
    """Changed, missing and left over; what others put beside them is let be."""
    source = start[0] / "formulas"
    content = json.loads((kernels / "MANIFEST.json").read_text())
    content["outputs"]["old.py"] = ""
    (kernels / "MANIFEST.json").write_text(json.dumps(content))
    (kernels / "old.py").write_text("")
    (kernels / "__init__.py").write_text("")
    (kernels / "mine.py").unlink()
    done = generate(source, kernels, "--check")
    assert done.exit_code == 1
    for name, state in (("MANIFEST.json", "differs"), ("mine.py", "missing"), ("old.py", "orphan")):
        assert f"{name}: {state}" in done.stdout
    assert "__init__" not in done.stdout
    assert f"--from {source} --out {kernels}" in done.stdout


@pytest.mark.slow
def test_constant_derivatives(tmp_path):
    """f = u²/2 and others with f′, f″ or f‴ that is a number: by kernels that are shipped."""
    texts = {name: POLYNOMIAL.format(f) for name, (f, _) in CONSTANTS.items()}
    done = generate(write(tmp_path / "formulas", **texts), tmp_path / "kernels")
    assert done.exit_code == 0, done.output
    assert "warning" not in done.stderr
    hb.load_formulas(tmp_path / "kernels")
    for name, (_, module) in CONSTANTS.items():
        assert _kernels.load(name).module.__name__ == f"hessbound.generated.{module}"
        p = cases.problem(cases.CASES[0], name)
        s, H = hb.sharpness(p.net, p.X, p.y), hb.hessian(p.net, p.X, p.y)
        values = [s.trace, s.trace_squared]
        np.testing.assert_allclose(values, [np.trace(H), np.sum(H**2)], rtol=1e-12)


@pytest.mark.slow
def test_lost_digits_are_told(tmp_path):
    """True stable forms that lose all digits: f″ of a tanh-GELU at ±12, Mish at 30, u/√(1+u²)."""
    source = write(tmp_path / "formulas", **{name: HEAD + text for name, text in NAIVE.items()})
    done = generate(source, tmp_path / "kernels")
    assert done.exit_code == 0, done.output
    warned = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    told = {tuple(line.split()[1:3]): line for line in warned}
    for name, derivative, most in (
        ("naive_gelu:", "f″", 12.0),
        ("naive_mish:", "f″", 30.0),
        ("naive_root:", "f", 1e200),
    ):
        line = told[name, derivative]
        assert float(line.partition("|u| from ")[2].partition(" ")[0]) <= most, line
        assert float(line.partition(" is ")[2].partition(" units")[0]) > 1e12


def test_errors_are_those_of_the_values():
    """Digits are compared with the definition: what is put in comes out."""
    function = ScalarFunction(u, u)

    def run(text, points, label):
        off = [x * (1 + 1e-10) if 3 < x < 4 else x for x in points]
        slope = {"h": list(points), "f1": [1.0 for _ in points]}
        return {"unit_h": {"h": off}, "unit_h_f1": slope}

    found = digits.measure(function, "", run)
    f, f1, *_ = found.errors
    assert 3 < f.at < 4
    assert f.ulp == pytest.approx(1e-10 * f.at / np.spacing(f.at), rel=1e-4)
    assert 3 < f.beyond[0] < 3.1
    assert 3.9 < f.beyond[1] < 4
    assert (f1.ulp, f1.beyond) == (0, ())


@pytest.mark.parametrize("number", ["sp.pi", "10**150", "-(10**30)"])
def test_numbers_of_all_sizes_are_code(number):
    """What is left of a constant, in a sum of numbers, and whole numbers beyond 64 bits."""
    from_constant = 1 + constant_error(sp.pi) if number == "sp.pi" else 1
    large = 2 if number == "sp.pi" else sp.sympify(number.removeprefix("sp."))
    form = sp.Piecewise((u * from_constant, u > large), (2 * u, True))
    code = scalars.with_doubles(form)
    run = eval(f"lambda u: {NumbaPrinter().doprint(code)}")
    points = [float(large) * 2, float(large) / 2]
    expected = [x if x > large else 2 * x for x in points]
    assert [run(x) for x in points] == pytest.approx(expected, rel=1e-15)
    assert str(10**30) not in NumbaPrinter().doprint(code)

"""Losses of one's own: proved, written, loaded, and refused where they must be."""

import json
import multiprocessing
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from typer.testing import CliRunner

import hessbound as hb
from hessbound.cli import app
from hessbound.data import _csv
from hessbound.derive.functions import points
from hessbound.derive.functions.loss import Loss, omega, v, y
from hessbound.engine import _formulas

from . import oracles
from .test_formulas import _forget, generate, write  # noqa: F401  # a fixture

invoke = CliRunner().invoke

HEAD = """
import sympy as sp
from hessbound.derive.functions.loss import Loss, omega, v, y, y_bar
from hessbound.derive.functions.scalar import Atom
E, L, q, t = sp.symbols("E L q t", real=True)
r = v - y
"""
COUNTS = """
LOSS = Loss(
    omega * (E - y * v), omega * (sp.exp(v) - y * v), (Atom(E, sp.exp(v), E, sp.exp(v)),),
    labels=sp.Interval(0, sp.oo), integers=True,
)
"""
CAUCHY = """
LOSS = Loss(
    omega * L, omega * sp.log(1 + r**2),
    (Atom(q, 1 / (1 + r**2), -2 * r * q**2, 1 / (1 + r**2)),
     Atom(L, sp.log(1 + r**2), 2 * r * q, sp.log(1 + r**2))),
    labels=sp.S.Reals, slope=sp.Integer(1), curvature=sp.Integer(2),
)
"""
SQUARE = "LOSS = Loss({0}, {1}, labels={2}, slope={3}, curvature={4})\n"
HALF = "omega * r**2 / 2"
REALS, UNIT = "sp.S.Reals", "sp.Interval(0, 1)"


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Kernels of what ``hessbound new`` writes and of two other losses, and what was said."""
    home = tmp_path_factory.mktemp("losses")
    done = invoke(app, ["new", "loss", "mine", "--in", str(home / "formulas")])
    assert done.exit_code == 0, done.output
    write(home / "formulas", counts=HEAD + COUNTS, cauchy=HEAD + CAUCHY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(points, "COUNTS", (8, 60, 8))  # all points take 20 seconds
        points.grid.cache_clear()
        done = generate(home / "formulas", home / "kernels")
        points.grid.cache_clear()
    assert done.exit_code == 0, done.output
    return home, done


def draw(n=10):
    """Return parameters and samples."""
    rng = np.random.default_rng(5)
    return rng.normal(size=(3, 3)), rng.normal(size=4), rng.normal(size=(n, 2)), rng.normal(size=n)


def test_new_loss_is_proved_and_in_step(start):
    """What the command writes passes as it is; digits are said for ℓ, with the label."""
    home, done = start
    assert "mine: most units in the last place" in done.stdout
    assert "mine: with s₁ = 1, s₂ = 1 hold (22), (23), (24), (29-30, 95)" in done.stdout
    assert "counts: ℓ′ → 0 and ℓ″ → 0 for y = 0, v → −∞" in done.stdout
    assert "ℓ″ " in done.stdout
    assert "warning: mine" not in done.stderr
    assert generate(home / "formulas", home / "kernels", "--check").exit_code == 0


def test_own_loss_is_right_in_both_kinds_of_networks(start):
    """Loss, gradient and Hessian are those of log cosh; a Dataset keeps samples apart."""
    assert hb.load_formulas(start[0] / "kernels") == ("cauchy", "counts", "mine")
    assert {"mine", "counts"} <= set(hb.losses())
    A, w, X, labels = draw()
    net = hb.Network(A, w, activation="tanh", loss="mine")
    out = hb.logits(net, X)
    assert_allclose(hb.loss(net, X, labels), np.log(np.cosh(out - labels)).sum(), rtol=1e-12)

    def loss(theta):
        return hb.loss(net.with_theta(theta), X, labels)

    expected = oracles.central_gradient(loss, net.theta)
    assert_allclose(hb.gradient(net, X, labels), expected, rtol=1e-6, atol=1e-8)
    H, s = hb.hessian(net, X, labels), hb.sharpness(net, X, labels)
    assert_allclose([s.trace, s.trace_squared], [np.trace(H), np.sum(H**2)], rtol=1e-12)
    deep = hb.MLP([A[:, 1:], w[None, 1:]], [A[:, 0], w[:1]], activation="tanh", loss="mine")
    assert_allclose(hb.loss(deep, X, labels[:, None]), hb.loss(net, X, labels), rtol=1e-12)
    assert_allclose(hb.trace(deep, X, labels[:, None]), s.trace, rtol=1e-11)
    data = hb.Dataset(np.vstack([X, X]), np.hstack([labels, labels]), loss="mine")
    assert data.n_samples == 2 * len(X)


def test_labels_are_the_files_to_judge(start, tmp_path):
    """Whole numbers from 0 on, in arrays and in tables; equal inputs merge."""
    hb.load_formulas(start[0] / "kernels")
    A, w, X, _ = draw(4)
    net = hb.Network(A, w, activation="tanh", loss="counts")
    for bad in (0.5, -1.0):
        labels = np.array([0.0, 3.0, bad, 1.0])
        rule = "y must be at least 0 and be whole numbers for the loss 'counts'"
        with pytest.raises(ValueError, match=rule):
            hb.loss(net, X, labels)
    path = tmp_path / "table.csv"
    path.write_text("a,y\n0,1\n0,0.5\n")
    with pytest.raises(ValueError, match="line 3, column 'y': a label must be"):
        _csv.read(path, label="y", loss="counts")
    X[1] = X[0]
    labels = np.array([0.0, 3.0, 2.0, 1.0])
    data = hb.Dataset(X, labels, loss="counts")
    assert data.n_samples == 3
    assert_allclose(hb.hessian(net, data), hb.hessian(net, X, labels), rtol=1e-11, atol=1e-12)


def test_deep_network_refuses_what_is_not_convex(start):
    """An MLP takes roots of ℓ″, so a negative one is an error; a Network takes it."""
    hb.load_formulas(start[0] / "kernels")
    A, w, X, _ = draw()
    far = np.full(len(X), 9.0)
    net = hb.Network(A, w, activation="tanh", loss="cauchy")
    H = hb.hessian(net, X, far)
    assert_allclose(hb.trace(net, X, far), np.trace(H), rtol=1e-11)
    deep = hb.MLP([A[:, 1:], w[None, 1:]], [A[:, 0], w[:1]], activation="tanh", loss="cauchy")
    with pytest.raises(ValueError, match="must be convex in each output, but 'cauchy' has"):
        hb.trace(deep, X, far[:, None])


def _worker(pickled):
    net, deep, data = pickle.loads(pickled)
    return hb.trace(net, data), deep.loss, data.loss


def test_workers_find_the_loss(start):
    """A pickled network, MLP or Dataset brings the folder's name to a process that is spawned."""
    hb.load_formulas(start[0] / "kernels")
    A, w, X, labels = draw()
    net = hb.Network(A, w, activation="tanh", loss="mine")
    deep = hb.MLP([A[:, 1:], w[None, 1:]], [A[:, 0], w[:1]], activation="tanh", loss="mine")
    data = hb.Dataset(X, labels, loss="mine")
    pickled = [pickle.dumps(x) for x in (data, deep, (net, deep, data))]
    own = hb.trace(net, data)
    for text in pickled[:2]:
        _formulas._loaded.clear()
        assert pickle.loads(text).loss == "mine"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_worker, (pickled[2],)) == (own, "mine", "mine")


def test_model_of_an_unknown_loss(start, tmp_path):
    """Loading a model says which loss is missing, and what makes it known."""
    hb.load_formulas(start[0] / "kernels")
    A, w, *_ = draw()
    hb.Network(A, w, activation="tanh", loss="mine").save(tmp_path / "net.npz")
    _formulas._loaded.clear()
    with pytest.raises(ValueError, match=r"loss must be .*'mine'; hessbound\.load_formulas makes"):
        hb.Network.load(tmp_path / "net.npz")
    (tmp_path / "table.csv").write_text("a,b,y\n1,0,0.3\n2,1,-4\n")
    rest = ["sharpness", "--model", "net.npz", "--data", "table.csv", "--label", "y", "--json"]
    rest = [str(tmp_path / x) if "." in x else x for x in rest]
    done = invoke(app, ["--formulas", str(start[0] / "kernels"), *rest])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["trace_squared"] > 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (SQUARE.format(HALF, HALF, REALS, 3, 1), "slope is refuted: v - y → oo: the supremum: oo"),
        (SQUARE.format(HALF, HALF, REALS, None, 2), "curvature is refuted: v = 0: the supremum: 1"),
        (SQUARE.format(HALF, HALF, REALS, None, "sp.Rational(1, 2)"), "curvature is refuted"),
        (SQUARE.format(HALF, HALF, REALS, None, None), "curvature is refuted"),
        (SQUARE.format(HALF, "omega * r**2", REALS, None, 1), "atoms is refuted: v - y = 1"),
        (SQUARE.format(HALF + "+ omega * y", HALF, REALS, None, 1), "d0 is refuted: v = 0"),
        (SQUARE.format("r**2 / 2", "r**2 / 2", REALS, None, 1), "weighted is refuted: v - y = 1"),
        (SQUARE.format(*["omega**2 * r**2 / 2"] * 2, REALS, None, 1), "weighted is refuted"),
        (SQUARE.format(*["omega * r**2 * (1 + y**2)"] * 2, UNIT, None, 4), "not proved|unchecked"),
        (CAUCHY.replace("-2 * r * q**2", "-r * q**2"), "atoms is refuted: v - y = 1"),
        (CAUCHY.replace("slope=sp.Integer(1)", "slope=sp.Rational(9, 10)"), "slope is refuted"),
        (COUNTS.replace("omega * (E - y * v)", "omega * E"), "atoms is refuted"),
    ],
)  # fmt: skip
def test_wrong_rule_is_refuted_and_nothing_is_written(tmp_path, text, why):
    """Value, weight, atoms and suprema, with the point; and what cannot be decided."""
    source = write(tmp_path / "formulas", wrong=HEAD + text)
    done = generate(source, tmp_path / "kernels")
    assert done.exit_code == 1, done.output
    assert any(part in done.stdout for part in why.split("|")), done.stdout
    assert "nothing was written: not proved are" in done.stderr
    assert not (tmp_path / "kernels").exists()


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("absolute", SQUARE.format(*["omega * sp.Abs(r)"] * 2, REALS, 1, None), "v - y = 0"),
        ("open", SQUARE.format(HALF, HALF, "sp.Interval.open(0, 1)", 1, 1), "its finite ends"),
        ("labels", SQUARE.format(HALF, HALF, "sp.FiniteSet(0, 1)", 1, 1), "must be a sp.Interval"),
        ("inexact", SQUARE.format(HALF, HALF, REALS, "0.5", 1), "slope must be an exact number"),
        ("negative", SQUARE.format(HALF, HALF, REALS, None, -1), "curvature must be an exact"),
        ("softmax", SQUARE.format(HALF, HALF, REALS, None, 1), "the name of a shipped loss"),
        ("plain", "LOSS = Atom(E, v, v, v)", "must define LOSS, a Loss"),
        ("both", SQUARE.format(HALF, HALF, REALS, None, 1) + "ACTIVATION = LOSS", "ACTIVATION and"),
        ("stray", SQUARE.format("E", "E", REALS, None, 1), "has the symbol E"),
    ],
)  # fmt: skip
def test_bad_file_is_named(tmp_path, name, text, why):
    """What is no loss, or none that can be used, ends with 2 and the reason."""
    done = generate(write(tmp_path / "formulas", **{name: HEAD + text}), tmp_path / "kernels")
    assert done.exit_code == 2, done.output
    assert f"{name}.py" in done.stderr
    assert why in done.stderr


def test_atoms_of_the_label_do_not_merge():
    """Linear in an atom is not linear in the label that the atom depends on."""
    import sympy as sp

    from hessbound.derive.functions.scalar import Atom

    t = sp.Symbol("t", real=True)
    r = sp.tanh(v - y)
    loss = Loss(omega * t, omega * r, (Atom(t, r, 1 - t**2, r),), labels=sp.S.Reals)
    assert not loss.merges


@pytest.mark.parametrize(("loss", "far"), [("exponential", 800.0), ("probit", 1e160)])
def test_hard_label_far_out(loss, far):
    """The term that a hard label does not count is left out, however large; else it overflows."""
    net = hb.Network([[0.0, 0.0]], [far, 0.0], activation="tanh", loss=loss)
    assert hb.loss(net, [[1.0]], [1.0]) == 0.0
    assert hb.trace(net, [[1.0]], [1.0]) == 0.0
    with pytest.raises(ValueError, match="overflows float64"):
        hb.loss(net, [[1.0]], [0.0])


def test_claims_of_a_loss_alone():
    """``check --loss`` has what is claimed of one, and ``derive --loss`` shows it."""
    done = invoke(app, ["check", "--loss", "probit", "--claim", "probit_curvature", "--strict"])
    assert done.exit_code == 0, done.output
    done = invoke(app, ["derive", "--loss", "poisson"])
    assert "l''(v, y) = E*omega" in done.stdout
    for command in ("check", "derive"):
        done = invoke(app, [command, "--loss", "hinge"])
        assert done.exit_code == 2
        assert "loss must be one of" in done.stderr


def test_bounds_by_derivatives_in_turn():
    """What is no bound is not shown to be one."""
    import sympy as sp

    from hessbound.derive.functions.descents import is_nonnegative

    tail = sp.erfc(v) / 2
    for false in (
        -sp.exp(-(v**2)),
        tail - sp.exp(-(v**2)),
        sp.Rational(1, 2) - tail,
        v * tail,
        1 / v,
    ):
        assert not is_nonnegative(false, v), false
    assert is_nonnegative(sp.exp(-(v**2)) / sp.sqrt(sp.pi) - v * sp.erfc(v), v)

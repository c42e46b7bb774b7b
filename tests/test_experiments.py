"""The experiment: a small run from end to end, its statistics by hand, and its page in Chromium."""

import itertools
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from typer.testing import CliRunner

import hessbound as hb
from hessbound.cli import app
from hessbound.engine import _threads

pytest.importorskip("matplotlib", reason="needs hessbound[experiments]")

from hessbound.experiments import (
    boundaries,
    claims,
    comparison,
    figures,
    questions,
    report,
    run,
    statistics,
    study,
    training,
    verdicts,
)  # fmt: skip
from hessbound.experiments.measures import measure
from hessbound.experiments.samples import gaussian_classes, starting_points
from hessbound.experiments.settings import Settings
from hessbound.experiments.trajectories import trajectory

from . import browser
from .link_tree import ROOT

SMALL = Settings(
    hidden=(2, 3), draws=2, seeds=12, samples=40, test_samples=60, max_steps=300, tolerance=5.0
)
JOB = training.Job(SMALL, 0, 2)
SCRIPT = """
  overflow();
  const images = [...doc.querySelectorAll("img")];
  out.images = images.length;
  out.drawn = images.filter((i) => i.complete && i.naturalWidth > 100).length;
  out.verdicts = [...doc.querySelectorAll("td.verdict")].filter((c) => c.offsetHeight > 0).length;
"""


class Page(HTMLParser):
    """Collects ids, links and headings, and checks that tags nest."""

    VOID = ("meta", "link", "img", "br")

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.targets, self.headings, self.tags = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        self.ids += [found["id"]] if "id" in found else []
        self.targets += [found[name] for name in ("href", "src") if name in found]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Run the small experiment with the comparison; return its folder."""
    out = tmp_path_factory.mktemp("reproduced") / "out"
    run.reproduce(SMALL, out, compare=True)
    return out


def read(path):
    found = Page()
    found.feed(path.read_text(encoding="utf-8"))
    assert found.open == []
    return found


def test_run_writes_everything(folder):
    """Page, JSON, settings, every figure twice, and the points of each draw and width."""
    assert {path.name for path in folder.iterdir()} == {
        "index.html", "activations.html", "results.json", "settings.toml", "figures", "runs",
    }  # fmt: skip
    names = {f"figure-{n:02}" for n in range(2, 13)} | {"activations"}
    pictures = {path.name for path in (folder / "figures").iterdir()}
    assert pictures == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}
    jobs = {f"sigmoid-m{m}-draw{k}" for m in (2, 3) for k in (0, 1)}
    jobs |= {f"{name}-m2-draw0" for name in hb.activations()}
    runs = {path.name for path in (folder / "runs").iterdir()}
    assert runs == {f"{name}.{kind}" for name in jobs for kind in ("npz", "json")}


def test_json_says_what_the_page_says(folder):
    """Every claim with its verdict, every draw and width, every activation."""
    found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert [c["key"] for c in found["claims"]] == [claim.key for claim in claims.CLAIMS]
    assert [(line["draw"], line["m"]) for line in found["draws"]] == [
        (0, 2),
        (0, 3),
        (1, 2),
        (1, 3),
    ]
    assert [row["activation"] for row in found["activations"]] == list(hb.activations())
    assert Settings().changed(found["settings"]) == SMALL
    cells = re.findall(
        r'class="decided verdict [a-z]+" role="cell"><span[^>]*>.</span>([a-z ]+)</td>',
        (folder / "index.html").read_text(encoding="utf-8"),
    )
    assert cells == [c["verdict"] for c in found["claims"]]


def test_closed_forms_are_reproduced_even_on_a_small_run(folder):
    """Hessian and traces are exact everywhere; counts of 500 seeds cannot be tested with 12."""
    found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    outcome = {c["key"]: c["verdict"] for c in found["claims"]}
    assert outcome["hessian"] == outcome["traces"] == verdicts.REPRODUCED
    assert outcome["counts-3"] == outcome["counts-10"] == verdicts.UNTESTED


@pytest.mark.parametrize("name", ["index.html", "activations.html"])
def test_page_stands_alone(folder, name):
    """No script, no address but its parts and its neighbour, unique ids, headings in order."""
    page = read(folder / name)
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "object"}
    near = {"index.html", "activations.html"}
    assert all(t.startswith(("#", "data:")) or t in near for t in page.targets)
    assert len(set(page.ids)) == len(page.ids)
    assert {t[1:] for t in page.targets if t.startswith("#")} <= set(page.ids)
    assert page.headings.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(page.headings))
    assert all(found.get("alt") for tag, found in page.tags if tag == "img")
    assert all("scope" in found for tag, found in page.tags if tag == "th")


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index.html", "activations.html"])
def test_page_in_a_browser(folder, name, tmp_path):
    """It loads without errors or requests, draws every figure, and never scrolls sideways."""
    seen = browser.look(tmp_path, (folder / name).read_text(encoding="utf-8"), SCRIPT)
    assert seen["console"] == []
    figures_in = 11 if name == "index.html" else 1
    assert seen["overflow"] == {"360": 0, "768": 0, "1280": 0}
    assert (seen["images"], seen["drawn"], seen["requests"]) == (figures_in, figures_in, 0)
    assert seen["verdicts"] == (len(claims.CLAIMS) if name == "index.html" else 0)


def equal(a, b):
    """Compare points bit by bit."""
    return all(np.array_equal(vars(a)[name], vars(b)[name], equal_nan=True) for name in vars(a))


def test_resume_changes_nothing(tmp_path, monkeypatch):
    """A run that was interrupted ends with the same bits as one that was not."""
    whole = training.train(JOB, tmp_path / "whole", resume=False)
    monkeypatch.setattr(training, "TOGETHER", 2)

    def interrupt(seeds, seen=[]):  # noqa: B006  # remembers how often it was called
        seen.append(seeds)
        if len(seen) == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.train(JOB, tmp_path / "parts", resume=False, advance=interrupt)
    kept = training.load(JOB, tmp_path / "parts")
    assert 0 < len(kept.steps) < SMALL.seeds
    told = []
    resumed = training.train(JOB, tmp_path / "parts", resume=True, advance=told.append)
    assert equal(resumed, whole)
    assert sum(told) == SMALL.seeds
    assert told[0] == len(kept.steps)


def test_resume_takes_fewer_and_more_seeds(tmp_path):
    """The number of seeds may change between runs: a seed's way does not depend on the others."""
    many = training.train(JOB, tmp_path, resume=False)
    few = training.Job(replace(SMALL, seeds=5), 0, 2)
    assert equal(training.train(few, tmp_path, resume=True), many.first(5))
    more = training.Job(replace(SMALL, seeds=14), 0, 2)
    assert equal(training.train(more, tmp_path, resume=True).first(12), many)


def test_resume_refuses_other_settings(tmp_path):
    """Points of another learning rate are not mistaken for this run's."""
    training.train(JOB, tmp_path, resume=False)
    other = training.Job(replace(SMALL, learning_rate=0.02), 0, 2)
    with pytest.raises(ValueError, match=r"has learning_rate = 0\.01, but this run has 0\.02"):
        training.train(other, tmp_path, resume=True)


def test_threads_change_nothing(tmp_path, monkeypatch):
    """One thread and three give the same bits."""
    found = []
    for threads in (1, 3):
        monkeypatch.setattr(_threads, "count", lambda flops, n=threads: n)
        found.append(training.train(JOB, tmp_path / str(threads), resume=False))
    assert equal(*found)


def test_training_stops_at_the_first_short_gradient(tmp_path):
    """Where it converged, ‖∇L‖ is below the tolerance, and one step earlier it was not."""
    points = training.train(JOB, tmp_path, resume=False)
    X, y = gaussian_classes(SMALL, SMALL.samples, 0)
    n = int(np.flatnonzero(points.converged & (points.steps > 0))[0])
    net = starting_points(SMALL, 2, range(n, n + 1))
    for _ in range(points.steps[n]):
        assert np.linalg.norm(hb.gradient(net, X, y)) >= SMALL.tolerance
        theta = net.theta - SMALL.learning_rate * hb.gradient(net, X, y)
        net = hb.Network.from_theta(theta, n_inputs=2, n_hidden=2, activation=net.activation)
    assert np.linalg.norm(hb.gradient(net, X, y)) < SMALL.tolerance
    assert_allclose(points.theta[n], net.theta[0], rtol=1e-10, atol=1e-12)


def test_overflow_is_kept_as_not_converged(tmp_path):
    """A learning rate that is far too large loses the seed, not the run."""
    job = training.Job(replace(SMALL, activation="linear", learning_rate=1e300, seeds=2), 0, 2)
    points = training.train(job, tmp_path, resume=False)
    assert not points.converged.any()
    assert np.isnan(points.theta).all()
    with pytest.raises(ValueError, match="no seed converged for m = 2 in draw 0"):
        measure(job, points)
    assert study.count(job, points, 0) == study.Counts(2, 0, 0, None)


def test_trajectory_ends_at_the_critical_point(tmp_path):
    """Walking again in pieces leads to the very point, and bounds bracket λ_max on the way."""
    points = training.train(JOB, tmp_path, resume=False)
    found = measure(JOB, points)
    way = trajectory(JOB, int(found.seed[-1]), int(found.steps[-1]))
    assert (way.step[0], way.step[-1]) == (0, found.steps[-1])
    assert way.bound[-1] == found.bound[-1]
    assert way.bound[0] == found.first_bound[-1]
    assert np.all((way.lower <= way.largest * (1 + 1e-9)) & (way.largest <= way.bound * (1 + 1e-9)))


def test_measures_agree_with_the_library(tmp_path):
    """Norms, eigenvalues and errors of one point, computed one at a time."""
    found = measure(JOB, training.train(JOB, tmp_path, resume=False))
    X, y = gaussian_classes(SMALL, SMALL.samples, 0)
    net = hb.Network.from_theta(found.theta[0], n_inputs=2, n_hidden=2, activation="sigmoid")
    eigenvalues = np.linalg.eigvalsh(hb.hessian(net, X, y))
    assert_allclose(
        [found.smallest[0], found.largest[0]], eigenvalues[[0, -1]], rtol=1e-9, atol=1e-9
    )
    assert_allclose(found.dense_trace[0], eigenvalues.sum(), rtol=1e-12, atol=0)
    h = 1 / (1 + np.exp(-(net.A[:, 0] + X @ net.A[:, 1:].T)))
    assert_allclose(found.norm_hidden[0], np.linalg.norm(h @ h.T), rtol=1e-12, atol=0)
    assert_allclose(found.norm_A[0] ** 2 + found.norm_w[0] ** 2, np.sum(net.theta**2), rtol=1e-12)
    assert found.hessian_error.max() < 1e-6


def test_gaussian_classes():
    """Half of each class, with the means and the variance that the settings name."""
    X, y = gaussian_classes(Settings(class_mean=2.0, variance=3.0), 200_000, seed=1)
    for label, mean in ((0.0, -2.0), (1.0, 2.0)):
        own = X[y == label]
        assert len(own) == 100_000
        assert_allclose(own.mean(axis=0), [mean, mean], rtol=0, atol=0.03)
        assert_allclose(np.cov(own.T), 3.0 * np.eye(2), rtol=0, atol=0.05)


def test_starting_points_depend_on_the_seed_alone():
    """Seed 5 starts at the same place in every batch, uniformly within (−a, a)."""
    every = starting_points(SMALL, 3, range(8)).theta
    assert_array_equal(starting_points(SMALL, 3, range(5, 6)).theta[0], every[5])
    assert_array_equal(every[5], np.random.default_rng(5).uniform(-5, 5, 13))


def test_unique_points_by_hand():
    """A chain: the second is near the first and dropped; the third is near the second only."""
    theta = np.array([[0.0, 0.0], [0.6, 0.0], [1.2, 0.0], [1.2, 0.1], [9.0, 9.0]])
    assert_array_equal(statistics.unique_points(theta, 1.0), [0, 2, 4])
    assert_array_equal(statistics.unique_points(theta, 0.0), range(5))


def test_low_group_by_hand():
    """round(0.898 · 353) = 317 smallest, as in the paper, whatever their order."""
    values = np.random.default_rng(0).permutation(353).astype(float)
    assert_array_equal(values[statistics.low_group(values, 317 / 353)].max(), 316)
    assert statistics.low_group(values, 317 / 353).sum() == 317


def test_mann_whitney_by_hand():
    """3 against 2 values, all in order: U = 0, and 2 of the 10 arrangements are as extreme."""
    found = statistics.mann_whitney(np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0]))
    assert found == (0.0, pytest.approx(0.2, abs=1e-12))
    assert np.isnan(statistics.mann_whitney(np.array([]), np.array([1.0])).p)


def test_mann_whitney_counts_pairs():
    """U is the number of pairs in which the first is larger, ties half."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 30).astype(float), rng.integers(2, 11, 20).astype(float)
    pairs = np.sum(a[:, None] > b) + 0.5 * np.sum(a[:, None] == b)
    assert statistics.mann_whitney(a, b).value == pairs


def test_spearman_by_hand():
    """ρ = 1 − 6 Σd² / (n (n² − 1)) without ties; NaN where one side is constant."""
    a, b = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([2.0, 1.0, 4.0, 3.0, 5.0])
    assert statistics.spearman(a, b).value == pytest.approx(1 - 6 * 4 / (5 * 24))
    assert statistics.pearson(a, 2 * a + 1).value == pytest.approx(1.0)
    assert np.isnan(statistics.spearman(a, np.ones(5)).value)


def test_skewness_by_hand():
    """The third central moment over the variance to 3/2."""
    x = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 9.0])
    d = x - x.mean()
    assert statistics.skewness(x).value == pytest.approx(np.mean(d**3) / np.mean(d**2) ** 1.5)
    assert statistics.skewness(x).p == pytest.approx(stats.skewtest(x).pvalue)


def test_macro_f1_agrees_with_scikit_learn():
    """For one prediction and for a batch, one that never names a class included."""
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    y, guesses = rng.integers(0, 2, 50).astype(float), rng.random((4, 50)) > 0.4
    guesses[3] = True
    expected = [metrics.f1_score(y, g, average="macro", zero_division=0) for g in guesses]
    assert_allclose(statistics.macro_f1(guesses, y), expected, rtol=1e-14, atol=0)


def test_boundary_length_of_straight_lines():
    """A line along an axis is as long as the grid times π/4, a diagonal √2 times π/(2 √2)."""
    axis, points = boundaries.grid()
    square = (points @ np.array([[1.0, 1.0], [0.0, 1.0]]) > 0.01).T.reshape(2, len(axis), len(axis))
    along, across = boundaries.length(square, axis[1] - axis[0])
    assert along == pytest.approx(12 * np.pi / 4, rel=0.02)
    assert across == pytest.approx(12 * np.sqrt(2) * np.pi / (2 * np.sqrt(2)), rel=0.02)


def test_bayes_rule_does_not_disagree_with_itself():
    """A linear network that decides by x₁ + x₂ > 0 is right everywhere, its opposite nowhere."""
    A, w = np.zeros((2, 1, 3)), np.array([[0.0, 1.0], [0.0, -1.0]])
    A[:, 0, 1:] = 1.0
    net = hb.Network(A, w, activation="linear")
    wrong, _ = boundaries.distortion(net, SMALL)
    assert wrong[0] < 0.03  # the diagonal of the grid itself
    assert wrong[1] > 0.97


def test_verdict_follows_the_tests(tmp_path):
    """Turning a test's answer in one of two draws turns the verdict."""
    studies = [study.study(SMALL, k, tmp_path, resume=True) for k in (0, 1)]

    def outcome(answers):
        given = dict(zip(studies, answers, strict=True))
        parts = {s: [questions.Part("t", 1.0, held) for held in given[s]] for s in studies}
        claim = replace(claims.CLAIMS[0], test=parts.__getitem__)
        return verdicts.outcome(claim, studies)

    assert outcome([[True, True], [True, True]]).verdict == verdicts.REPRODUCED
    assert outcome([[True, True], [True, False]]).verdict == verdicts.PARTLY
    assert outcome([[False, True], [False, False]]).verdict == verdicts.NOT
    assert outcome([[], []]).verdict == verdicts.UNTESTED
    found = outcome([[True, True], [True, False]])
    assert (found.draws, [a.share for a in found.answers]) == (1, [1.0, 0.5])
    rows = report.verdict_rows([found, outcome([[True, True]] * 2), outcome([[], []])])
    assert [row[2] for row in rows] == ["1 to 2 of 2", "2 of 2", ""]


def test_counts_are_judged_against_the_paper(tmp_path):
    """Within 5 % of 460 and 353, for 500 sigmoid seeds, and for nothing else."""
    one = study.study(replace(SMALL, hidden=(3,)), 0, tmp_path, resume=False)
    ask = questions.count_test(3, 460, 353)
    assert ask(one) == []
    for unique, held in ((353, True), (371, False)):
        counts = {3: study.Counts(500, 483, unique, None)}
        like = replace(one, settings=Settings(hidden=(3,)), counts=counts)
        assert [part.holds for part in ask(like)] == [True, held]


def test_settings_survive_their_file(tmp_path):
    """What is written is read again, exactly."""
    path = tmp_path / "settings.toml"
    path.write_text(SMALL.to_toml(), encoding="utf-8")
    assert Settings.read(path) == SMALL


def test_training_does_not_depend_on_how_it_is_judged():
    """Duplicates, groups and test data can change without training again."""
    judged = replace(SMALL, duplicate_distance=0.1, low_fraction=0.5, test_samples=10, test_seed=1)
    assert training.Job(judged, 0, 2).identity == JOB.identity
    for name, value in (("tolerance", 1.0), ("initial", 4.0), ("variance", 1.0), ("samples", 20)):
        assert training.Job(replace(SMALL, **{name: value}), 0, 2).identity != JOB.identity


def command(*options):
    """Run the sub-command in this process."""
    return CliRunner().invoke(app, ["reproduce", *map(str, options)], env={"COLUMNS": "200"})


def test_command_repeats_a_run_from_its_settings(folder, tmp_path):
    """The file that a run leaves behind gives the same numbers again."""
    result = command("--config", folder / "settings.toml", "--out", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert "not tested" in result.stdout
    first, second = (
        json.loads((path / "results.json").read_text(encoding="utf-8"))
        for path in (folder, tmp_path)
    )
    assert (first["claims"], first["draws"]) == (second["claims"], second["draws"])


def test_command_takes_several_widths_and_other_settings(tmp_path):
    """--hidden 2 1 as the help shows it, --set for everything without an option, then --resume."""
    options = ["--set", "tolerance=5.0", "--set", "max_steps=300", "--set", "samples=40"]
    widths = ["--seeds", 4, "--hidden", 2, 1]
    result = command("--out", tmp_path, "--activation", "tanh", *options, *widths)
    assert result.exit_code == 0, result.stderr
    found = Settings.read(tmp_path / "settings.toml")
    assert (found.hidden, found.seeds, found.activation) == ((2, 1), 4, "tanh")
    assert (found.tolerance, found.max_steps) == (5.0, 300)
    assert command("--out", tmp_path, "--resume", "--draws", 2).exit_code == 0
    assert Settings.read(tmp_path / "settings.toml") == replace(found, draws=2)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--activation", "relu"], "activation must be one of "),
        (["--seeds", "0"], "seeds must be at least 1, got 0"),
        (["--hidden", "3", "3"], "hidden must not repeat a width, got 3, 3"),
        (["7"], "what is 7? Widths are given as --hidden 3 10"),
        (["--set", "rate=1"], "--set must be NAME=VALUE with one of activation, hidden, "),
        (["--set", "tolerance"], "; got 'tolerance'"),
        (["--set", "tolerance=-1"], "tolerance must be finite and larger than 0, got -1"),
        (["--set", "samples=7"], "samples must be even, half for each class, got 7"),
        (["--set", "low_fraction=1.5"], "low_fraction must be smaller than 1, got 1.5"),
        (["--set", "hidden=3"], "hidden must be a list of widths, got 3"),
        (["--config", "absent.toml"], "absent.toml: No such file"),
        (["--config", "bad.toml"], "bad.toml is no TOML file: "),
        (["--config", "unknown.toml"], "unknown.toml has the unknown setting 'sedes'; known: "),
        (["--config", "wrong.toml"], "wrong.toml: seeds must be an integer, got 'many'"),
    ],
)
def test_command_refuses(options, text, tmp_path, monkeypatch):
    """Bad options and files end with one line and exit code 2, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.toml").write_text("seeds =", encoding="utf-8")
    (tmp_path / "unknown.toml").write_text("sedes = 3", encoding="utf-8")
    (tmp_path / "wrong.toml").write_text('seeds = "many"', encoding="utf-8")
    result = command(*options)
    assert result.exit_code == 2
    assert text in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "appendix-c").exists()


def test_command_says_how_to_go_on_after_an_interruption(tmp_path, monkeypatch):
    """Ctrl-C ends with 130 and the command that resumes."""

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "reproduce", interrupted)
    result = command("--out", tmp_path)
    assert result.exit_code == 130
    assert f"hessbound reproduce --resume --out {tmp_path}" in result.stderr


def test_committed_run_is_what_the_guide_says():
    """Counts of verdicts, two ranges and figures in docs/reproduction.md are those of the run."""
    guide = (ROOT / "docs" / "reproduction.md").read_text(encoding="utf-8")
    folder = ROOT / "docs" / "appendix-c"
    found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    kinds = [claim["verdict"] for claim in found["claims"]]
    counts = [kinds.count(v) for v in (verdicts.REPRODUCED, verdicts.PARTLY, verdicts.NOT)]
    told = re.search(r"Of the (\d+) claims, (\d+) are reproduced, (\d+) partly, (\d+) not", guide)
    assert [int(n) for n in told.groups()] == [len(kinds), *counts]
    by_key = {claim["key"]: claim for claim in found["claims"]}
    ratios = by_key["tight"]["tests"][1]["values"]
    assert f"medians {min(ratios):.2f} to {max(ratios):.2f} at m = 3" in guide
    held, draws = by_key["scores"]["draws_in_which_all_tests_hold"], found["settings"]["draws"]
    assert f"all its tests in {held} of {draws} draws" in guide
    assert Settings.read(folder / "settings.toml") == Settings().changed(found["settings"])
    for name in re.findall(r"appendix-c/figures/[\w.-]+", guide):
        assert (folder.parent / name).is_file()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    short = re.search(r"(\d+) of (\d+) claims\s+reproduced, (\d+) partly, (\d+) not", readme)
    assert [int(n) for n in short.groups()] == [counts[0], len(kinds), *counts[1:]]


def test_committed_verdicts_follow_from_the_committed_tests():
    """Each verdict is the one that the rule gives for the shares beside it."""
    path = ROOT / "docs" / "appendix-c" / "results.json"
    for claim in json.loads(path.read_text(encoding="utf-8"))["claims"]:
        shares = [sum(test["holds"]) / len(test["holds"]) for test in claim["tests"]]
        assert claim["verdict"] == verdicts.verdict(shares), claim["key"]


def test_every_figure_has_a_caption():
    """Figures 2 to 12, each with a function and a caption."""
    assert sorted(figures.FUNCTIONS) == sorted(figures.CAPTIONS) == list(range(2, 13))


def test_figures_do_not_depend_on_the_users_style(folder, tmp_path):
    """The same study gives the same SVG under another matplotlib style."""
    import matplotlib as mpl

    one = study.study(SMALL, 0, folder / "runs", resume=True)
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "black"}):
        plates = figures.draw_all(one, tmp_path)
    for plate in plates:
        name = f"{plate.name}.svg"
        assert (tmp_path / name).read_bytes() == (folder / "figures" / name).read_bytes(), name


def test_comparison_has_a_row_where_nothing_converged():
    """Counts are told, and nothing is made up."""
    row = comparison.Row("tanh", 5, 0, None)
    assert row.to_dict() == {"activation": "tanh", "seeds": 5, "converged": 0, "unique": 0}


def test_numbers_are_written_with_three_digits():
    """A number that does not exist is a dash."""
    assert report.number(float("nan")) == report.number(None) == "–"
    assert report.number(12.3456) == "12.3"


def test_resume_replaces_a_finished_run_by_a_larger_one_only(tmp_path):
    """Fewer seeds or widths, or other data, are refused before anything is written."""
    out = ["--out", tmp_path, "--resume"]
    options = ["--set", "tolerance=5.0", "--set", "max_steps=300", "--set", "samples=40"]
    sizes = ["--seeds", 4, "--hidden", 2, 1]
    assert command("--out", tmp_path, *options, *sizes).exit_code == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for changes, text in (
        (["--seeds", 3], "seeds = 4, and this one has 3; "),
        (["--hidden", 2], "hidden = [2, 1], and this one has [2]; "),
        (["--activation", "tanh"], "activation = 'sigmoid', and this one has 'tanh'; "),
    ):
        result = command(*out, *changes)
        assert result.exit_code == 2
        assert f"holds a finished run with {text}choose another folder" in result.stderr
    assert before == {path: path.read_bytes() for path in before}
    assert command(*out, "--seeds", 5, "--hidden", 2, 1, 3).exit_code == 0
    assert json.loads((tmp_path / "results.json").read_text("utf-8"))["settings"]["seeds"] == 5


@pytest.mark.parametrize("place", ["a file", "in a file"])
def test_a_folder_that_cannot_be_is_refused_at_once(tmp_path, monkeypatch, place):
    """Not after the training."""
    monkeypatch.setattr(run, "study", None)
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / ("out" if place == "in a file" else "")
    result = command("--out", out)
    assert result.exit_code == 2
    (line,) = result.stderr.split("\n")[-2:-1]
    assert line.startswith(f"error: {tmp_path / 'file'}")


@pytest.mark.parametrize("kind", ["json", "npz"])
def test_a_damaged_file_is_named(tmp_path, kind):
    """The points on disk, or what describes them, is something else now."""
    training.train(JOB, tmp_path, resume=False)
    (tmp_path / f"{JOB.name}.{kind}").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=f"{JOB.name}.{kind} is damaged: "):
        training.train(JOB, tmp_path, resume=True)

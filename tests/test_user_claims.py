"""Claims that users state: the ladder of verdicts, errors with file and line, the documentation."""

import doctest
import inspect
import re
from fractions import Fraction

import pytest
import sympy as sp
from typer.testing import CliRunner

from hessbound.cli import app
from hessbound.derive import Quantities, prove_bound, prove_equal, u
from hessbound.derive.frontend import files
from hessbound.derive.proof.assumptions import BoundedQuantities, BoundedSample
from hessbound.derive.proof.bounded import Bounded
from hessbound.derive.proof.faults import FileError, vocabulary
from hessbound.derive.proof.kernel import Slack
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.verdicts import Verdict
from hessbound.derive.statements.network import Sample
from hessbound.derive.statements.trees import Node

from .link_tree import ROOT

GUIDE = ROOT / "docs" / "claims.md"
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))


def squared(q):
    """tr H² = ‖H‖²"""
    return (q.H @ q.H).trace(), (q.H * q.H).sum()


def wrong(q):
    """tr H = 2 tr H"""
    return q.H.trace(), 2 * q.H.trace()


def loop(q):
    """tr H_ww as a loop over the samples"""
    total = 0 * q.one()
    for i in range(q.N):
        total = total + q.at(i).p
    return q.part(q.H, "w", "w").trace(), total


def other_eigenvalues(q):
    """There are P − 1 of them, where P is another symbol than m(d + 2) + 1"""
    return q.one("other").sum(), q.m * (q.d + 2)


@pytest.mark.parametrize(
    ("function", "verdict", "method"),
    [
        (squared, Verdict.PROVED, "normal form; modulo a prime at 4·3·2, 3·2·4, 2·4·3"),
        (other_eigenvalues, Verdict.SAMPLED, "no draw differs at 4·3·2, 3·2·4, 2·4·3, but"),
        (wrong, Verdict.REFUTED, "exact numbers differ"),
        (loop, Verdict.UNCHECKED, "not a statement: test_user_claims.py:"),
    ],
)
def test_identity_stands_on_its_rung(function, verdict, method):
    """PROVED for all sizes, or sampled, refuted, or no statement; there is nothing between."""
    result = prove_equal(function)
    assert result.verdict is verdict, result
    assert method in result.method


def test_reason_names_the_line():
    """The method says which line of the function is not for all sizes."""
    line = inspect.getsourcelines(loop)[1] + 3
    assert f"test_user_claims.py:{line}: " in prove_equal(loop).method


@pytest.mark.parametrize(
    ("lhs", "rhs", "verdict"),
    [
        (sp.diff(sp.tanh(u), u), 1 - sp.tanh(u) ** 2, Verdict.PROVED),
        (sp.log(1 + sp.exp(u)) - sp.log(1 + sp.exp(-u)), u, Verdict.PROVED),
        (sp.Abs(u), sp.Max(u, -u), Verdict.PROVED),
        (sp.sin(u) ** 2 + sp.cos(u) ** 2, 1, Verdict.PROVED),
        (sp.sin(u / 2) ** 2, (1 - sp.cos(u)) / 2, Verdict.SAMPLED),
        (sp.Piecewise((sp.log(2), u >= 50), (0, True)), 0, Verdict.REFUTED),
        (u + u * sp.exp(-1000), u, Verdict.REFUTED),
        (u + u * sp.exp(-100000), u, Verdict.SAMPLED),
        (u + u * sp.exp(-60), u, Verdict.REFUTED),
        (sp.sqrt(-1 - u**2), 0, Verdict.UNCHECKED),
    ],
)
def test_scalar_identity_stands_on_its_rung(lhs, rhs, verdict):
    """What is not decided is sampled; so is what our digits do not show, false or not."""
    assert prove_equal(lhs, rhs).verdict is verdict


def test_scalar_witness_is_simple_and_exact():
    """The first point is 0, where both sides are algebraic and shown as such."""
    beta = sp.Symbol("beta", positive=True)
    witness = prove_equal(sp.sqrt(beta + 1) * sp.exp(u), sp.exp(u)).witness
    assert str(witness) == "u = 0, beta = 1: sqrt(2) ≠ 1"
    printed = []
    exec(witness.snippet, {"print": lambda *values: printed.extend(values)})
    assert [round(float(x), 6) for x in printed] == [1.414214, 1.0]


def test_pair_of_functions():
    """Two functions of q, or one and a number; the witness of lambdas can be pasted."""
    assert prove_equal(lambda q: q.H.trace(), lambda q: q.H.T.trace()).verdict is Verdict.PROVED
    result = prove_equal(lambda q, i: q.at(i).e, 0)
    assert result.verdict is Verdict.REFUTED
    assert "lambda q, i: q.at(i).e" in result.witness.snippet
    printed = []
    exec(result.witness.snippet, {"print": lambda *values: printed.extend(values)})
    assert printed == [result.witness.lhs, 0]


def test_sides_with_different_arguments_are_refused():
    """One side for each sample and one for the sum is no statement."""
    with pytest.raises(ValueError, match="the sides must take the same arguments"):
        prove_equal(lambda q, i: q.at(i).e, lambda q: q.H.trace())


ERRORS = {
    "return q.Hess.trace(), 0": "q has no attribute 'Hess'",
    "return q.hesian(0), 0": "q has no attribute 'hesian'; did you mean 'hessian'?",
    "return q.h @ q.h, 0": "not a statement: my_claims.py:5: cannot multiply sample × hidden",
    "return q.H, q.A": "the sides are input·hidden+1+hidden × input·hidden+1+hidden",
    "return q.H": "the function must return a pair (left side, right side), got one matrix",
    "q.H": "the function must return a pair (left side, right side), got None",
    "return q.H, 'no'": "a side must be a matrix made from q, or a rational number, got str 'no'",
    "return q.H.trace() * 0.5, 0": "numbers must be exact: write Fraction(1, 10) instead of 0.1",
    "return q.at(7).e, 0": "an index is one that the claim or q.over hands over, got int 7",
    "return q.part(q.H, 'AA', 'w'), 0": "a part is one of A, w, w0, b of a side in θ's shape",
    "return q.one('samples').sum(), q.N": "a kind of index is one of sample, input, feature,",
    "return [q.H, q.H]": "the function must return a pair (left side, right side), got list",
    "return 1 / 0, 0": "ZeroDivisionError: division by zero",
}


@pytest.mark.parametrize("line", ERRORS)
def test_error_in_a_claim_is_its_own(line, tmp_path):
    """The row is UNCHECKED, with file and line; the next claim is still proved."""
    path = tmp_path / "my_claims.py"
    path.write_text(
        f"from hessbound.derive import identity\n\n@identity('one')\ndef one(q):\n    {line}\n\n"
        "@identity('two')\ndef two(q):\n    return q.H.trace(), q.H.T.trace()\n",
        encoding="utf-8",
    )
    first, second = map(prove, files.load(path))
    assert first.verdict is Verdict.UNCHECKED
    assert ERRORS[line] in first.method
    assert re.search(r"my_claims\.py:[35]: ", first.method)
    assert second.verdict is Verdict.PROVED


BROKEN = {
    "def one(q:\n": ":1: SyntaxError: ",
    "\n\n1 / 0\n": ":3: ZeroDivisionError: division by zero",
    "import hessbound.nowhere\n": ":1: ModuleNotFoundError: ",
    "raise SystemExit(3)\n": ":1: the file ends Python: SystemExit(3)",
    "x = 1\n": ": states no claim",
    "from hessbound.derive import identity\n@identity\ndef one(q): ...\n": (
        ':2: write @identity() or @identity("its name"), with parentheses'
    ),
    "from hessbound.derive import identity\n@identity(activation='relu')\ndef one(q): ...\n": (
        ":2: activation must be one of "
    ),
    "from hessbound.derive import identity\n@identity('one')\ndef one(): ...\n": (
        ":2: one must take q, and then up to"
    ),
    "from hessbound.derive import scalar, u\nscalar('a', u, 0.1)\n": (
        ":2: numbers must be exact: write Rational('0.1"
    ),
    "from hessbound.derive import scalar\nimport sympy as sp\nscalar('a', sp.Symbol('u'), 1)\n": (
        ":3: u is another symbol here: write `from hessbound.derive import u`"
    ),
    "from hessbound.derive import scalar, u\nscalar('a', u, u)\nscalar('a', 1, 1)\n": (
        ":3: two claims are named 'a', at my_claims.py:2 and at my_claims.py:3"
    ),
    "from hessbound.derive import certificate\n@certificate(print)\ndef proof(q): ...\n": (
        ":2: print is not stated as a bound above its certificate"
    ),
}


@pytest.mark.parametrize("text", BROKEN)
def test_error_of_the_file_is_one_line(text, tmp_path):
    """File, line and what is wrong; exit code 2 and no traceback."""
    path = tmp_path / "my_claims.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        files.load(path)
    assert str(caught.value).startswith(f"{path}{BROKEN[text]}")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_file_may_import_its_neighbours(tmp_path):
    """A module beside the file is found, and the search path is as before afterwards."""
    (tmp_path / "beside_claims.py").write_text("TWO = 2\n", encoding="utf-8")
    path = tmp_path / "my_claims.py"
    path.write_text(
        "from beside_claims import TWO\nfrom hessbound.derive import scalar, u\n"
        "scalar('twice', u + u, TWO * u)\n",
        encoding="utf-8",
    )
    (claim,) = files.load(path)
    assert prove(claim).verdict is Verdict.PROVED


QUARTER = Fraction(1, 4)


def output_bound(q):
    """tr H_ww ≤ ¼ ‖H̄‖²"""
    norm = q.one("sample").sum() + (q.h * q.h).sum()
    return q.part(q.H, "w", "w").trace(), QUARTER * norm


def test_certificate_is_made_by_the_rules():
    """A slack that is only declared, or no slack at all, leaves the bound UNCHECKED."""
    from hessbound.derive.proof.kernel import fact

    def declared(q):
        small, large = output_bound(q)
        yield "by itself", fact("it", large - small)

    def no_slack(q):
        yield "nothing", q.H

    results = [prove_bound(output_bound, proof) for proof in (declared, no_slack)]
    assert {result.verdict for result in results} == {Verdict.UNCHECKED}
    assert "the claim does not assume it" in results[0].method
    assert "a certificate yields (reason, slack)" in results[1].method


def shown(text):
    """Drop what differs between two runs: times, the checkout's path, padding."""
    text = text.replace(str(ROOT), "/home/you/hessbound")
    lines = [
        re.sub(r"  +\d+\.\d\d$|in \d+\.\d s$", "", line.rstrip()) for line in text.splitlines()
    ]
    return [re.sub(r"  +", "  ", re.sub(r" +s$", "", line)).rstrip() for line in lines]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_example_is_as_the_guide_shows(path):
    """File and output in docs/claims.md are the file and the output."""
    guide = GUIDE.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    assert path.read_text(encoding="utf-8") in guide
    (printed,) = re.findall(rf"\$ hessbound check {re.escape(name)}\n(.*?)```", guide, re.DOTALL)
    result = CliRunner().invoke(app, ["check", str(path)])
    assert shown(result.stdout) == shown(printed)


def test_guide_examples():
    """Every ``>>>`` block in docs/claims.md, in one session."""
    result = doctest.testfile(str(GUIDE), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0


KINDS = (Quantities, Sample, Node, BoundedQuantities, BoundedSample, Bounded, Slack)
INSIDE = {  # what a tree and a slack are made of, which no claim names
    "op", "args", "shape", "free", "place", "count", "index", "rule", "share", "rest", "sign",
    "bound", "direction", "delta",
}  # fmt: skip


def test_guide_names_the_whole_vocabulary():
    """Every public name of the quantities, of a sample, a matrix or a slack is in the guide."""
    guide = GUIDE.read_text(encoding="utf-8")
    code = " ".join(re.findall(r"`([^`\n]+)`", guide))
    names = {name for kind in KINDS for name in vocabulary(kind)} - INSIDE
    assert {name for name in names if not re.search(rf"\b{name}\b", code)} == set()


def test_refused_names_are_no_vocabulary():
    """Near misses are told from the names that there are, in every kind of thing."""
    assert not {"count", "index"} & set(vocabulary(Node))

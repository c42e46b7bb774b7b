"""``hessbound check``: which claims, whose, and what it ends with."""

import importlib.util
import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from hessbound.cli import app
from hessbound.derive import claims
from hessbound.derive.commands import selection
from hessbound.derive.proof.verdicts import Verdict

run = CliRunner().invoke

RIGHT = """
from hessbound.derive import identity

@identity("right")
def right(q):
    '''tr H² = ‖H‖²'''
    return (q.H @ q.H).trace(), (q.H * q.H).sum()
"""
WRONG = (
    RIGHT
    + """
@identity("wrong")
def wrong(q):
    return q.H.trace(), 2 * q.H.trace()
"""
)


@pytest.fixture
def stated(tmp_path):
    """Write a file of claims and return its path."""

    def write(text, name="my_claims.py"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_one_claim_can_be_checked_alone():
    """--claim takes a name or an equation number and may be repeated; the rest is left out."""
    result = run(app, ["check", "--claim", "20", "--claim", "hessian_output"])
    assert result.exit_code == 0, result.output
    assert re.findall(r"^\d+ +([a-z_]+)", result.output, re.MULTILINE) == [
        "hessian_output",
        "trace_output",
    ]


def test_activation_chooses_its_claims():
    """--activation leaves the claims about that one, together with --claim the intersection."""
    every = claims.every()
    chosen = selection.select(every, activation="gelu")
    assert {claim.activation for claim in chosen} == {"gelu"}
    both = selection.select(every, ["50", "gelu_d3"], "gelu")
    assert [c.name for c in both if c.name.startswith("gelu_d")] == ["gelu_d2", "gelu_d3"]
    assert len(both) < len(chosen)


@pytest.mark.parametrize("equation", ["2", "1-2"])
def test_number_within_a_range_is_found(equation):
    """An equation number meets every claim whose range of numbers holds it."""
    assert "absorbed_output_bias" in [c.name for c in selection.select(claims.every(), [equation])]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--claim", "trace_sqared"], "no claim is 'trace_sqared'; near it are trace_squared"),
        (["--claim", "2000"], "no claim has the equation number 2000; the numbers are 1, 2, 3"),
        (["--claim", "-"], "no claim is '-'"),
        (["--activation", "relu"], "activation must be one of "),
        (["--claim", "20", "--activation", "gelu"], "none of these claims is about gelu"),
        (["nowhere.py"], "nowhere.py: No such file or directory"),
    ],
)
def test_bad_usage_ends_with_2(arguments, message):
    """What is unknown is named, with what is near it."""
    result = run(app, ["check", *arguments])
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_file_replaces_the_papers_claims(stated):
    """Only the claims of the file are checked, each in a row of the same table."""
    result = run(app, ["check", stated(RIGHT)])
    assert result.exit_code == 0, result.output
    first, row, last = result.stdout.splitlines()
    assert first.split() == ["claim", "statement", "verdict", "method", "s"]
    assert row.startswith("right  tr H² = ‖H‖²")
    assert last.startswith("1 PROVED in ")


def test_refuted_claim_ends_with_1(stated):
    """A wrong formula in a file is a failure, unless it is not chosen."""
    path = stated(WRONG)
    assert run(app, ["check", path]).exit_code == 1
    assert run(app, ["check", path, "--claim", "right"]).exit_code == 0


def test_refuted_claim_of_the_paper_ends_with_1(monkeypatch):
    """Its row, its number and a witness are shown, the smallest there is."""
    right = claims.find("hessian_hidden")

    def other(q, i):
        lhs, rhs = right.function(q, i)
        return lhs, -rhs

    wrong = replace(right, function=other)
    monkeypatch.setattr(claims, "every", lambda: (wrong,))
    result = run(app, ["check"])
    assert result.exit_code == 1
    assert "REFUTED" in result.stdout
    assert "hessian_hidden (Eq. 15) is refuted: N=1, d=1, m=1" in result.stdout


@pytest.mark.parametrize(("factor", "code", "said"), [(2, 0, "as it should be"), (1, 1, "but not")])
def test_claim_known_to_be_false(monkeypatch, factor, code, said):
    """It must be refuted: that is no failure, and anything else is."""
    right = claims.find("trace_output")
    claim = replace(
        right,
        function=lambda q: (right.function(q)[0], factor * right.function(q)[1]),
        expected=Verdict.REFUTED,
    )
    monkeypatch.setattr(claims, "every", lambda: (claim,))
    result = run(app, ["check"])
    assert result.exit_code == code
    assert said in result.output


def test_output_stays_clean(stated):
    """What the file prints goes to standard error."""
    result = run(app, ["check", stated("print('noise')\n" + RIGHT)])
    assert "noise" in result.stderr
    assert "noise" not in result.stdout


def test_json_is_all_that_is_printed(stated):
    """--json prints one document, with the claims of the file."""
    pytest.importorskip("hessbound.derive.display.records")
    result = run(app, ["check", stated(WRONG), "--json"])
    assert result.exit_code == 1
    text = json.dumps(json.loads(result.stdout))
    assert '"REFUTED"' in text
    assert '"right"' in text


def test_report_is_written(stated, tmp_path):
    """--report writes a page beside the table, in place of an old one; nothing else is left."""
    pytest.importorskip("hessbound.derive.display.page")
    page = tmp_path / "page.html"
    page.write_text("old", encoding="utf-8")
    result = run(app, ["check", stated(RIGHT), "--report", str(page)])
    assert result.exit_code == 0, result.output
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "right" in text
    assert "1 PROVED" in result.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"my_claims.py", "page.html"}


@pytest.mark.parametrize("module", ["matplotlib", "latex2mathml"])
def test_report_without_its_packages_gives_the_hint(stated, tmp_path, monkeypatch, module):
    """The command says what to install before it proves anything."""
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda x: None if x == module else found(x))
    page = tmp_path / "page.html"
    result = run(app, ["check", stated(RIGHT), "--report", str(page)])
    assert result.exit_code == 2
    assert f'this needs {module} for a report: pip install "hessbound[derive]"' in result.stderr
    assert not page.exists()


def test_printed_witness_runs_as_it_is(stated):
    """The code below a refuted claim, pasted into Python, prints the two different values."""
    output = run(app, ["check", stated(WRONG)]).stdout
    where, _, rest = output.partition("wrong is refuted: ")[2].partition("\n")
    code = rest.rpartition("\n1 PROVED")[0]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lhs, rhs = done.stdout.split()
    assert where.endswith(f": {lhs} ≠ {rhs}")
    assert lhs != rhs

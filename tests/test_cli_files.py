"""Where output goes is tried before any work, and a hint says what a SymPy has to do with it."""

import json
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from hessbound.cli import app
from hessbound.derive.commands import console


def fails(*_, **__):
    """Stand for minutes of work."""
    pytest.fail("work was begun")


@pytest.mark.parametrize("place", ["missing/file", "."])
def test_paths_that_cannot_be_written(tmp_path, monkeypatch, place):
    """They end with one line and exit code 2, before the work begins."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "check", fails)
    result = CliRunner().invoke(app, ["check", "--report", place])
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: {place}: ")


@pytest.mark.parametrize("sympy", ["1.0", version("sympy")])
def test_files_of_another_sympy(tmp_path, monkeypatch, sympy):
    """Where files differ, and were written with another version, that is said."""
    monkeypatch.setattr(console, "check_files", lambda *_: False)
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated" / "MANIFEST.json").write_text(json.dumps({"sympy": sympy}))
    result = CliRunner().invoke(app, ["generate", "--check", "--root", str(tmp_path)])
    assert result.exit_code == 1
    hint = f"hint: they were written with SymPy 1.0, and this is {version('sympy')}: install that"
    assert result.stderr.startswith(hint) == (sympy == "1.0")

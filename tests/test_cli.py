"""What every command shares: help, the version, and what is said of a misspelt word."""

import pytest
from typer.testing import CliRunner

import hessbound as hb
from hessbound.cli import app

COMMANDS = ["sharpness", "compile", "derive", "check", "generate", "reproduce"]


def run(*arguments):
    """Run the command line in this process."""
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "100"})


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=" ".join)
def test_short_help(command):
    """``-h`` is ``--help``, of every command."""
    short, long = (run(*command, option) for option in ("-h", "--help"))
    assert (short.exit_code, short.stdout) == (0, long.stdout)
    assert "Usage: " in short.stdout


def test_help_lists_the_commands():
    """All of them, in the order of use."""
    said = run("-h").stdout
    places = [said.index(f"│ {name} ") for name in COMMANDS]
    assert places == sorted(places)


def test_version():
    """It is the package's, and no command is needed."""
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"hessbound {hb.__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["sharpnes"], "sharpness"),
        (["compile", "--activation", "sigmiod"], "sigmoid"),
        (["compile", "--activation", "Tanh"], "tanh"),
        (["derive", "--activation", "tahn"], "tanh"),
        (["check", "--activation", "tahn"], "tanh"),
        (["check", "--claim", "trace_sqared"], "trace_squared"),
    ],
)
def test_misspelt(arguments, meant):
    """The answer to a name that there is not is the name that was probably meant."""
    result = run(*arguments)
    assert result.exit_code == 2
    said = " ".join(result.stderr.split())
    assert f"id you mean '{meant}'?" in said or f"near it are {meant}" in said

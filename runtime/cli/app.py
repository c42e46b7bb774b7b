"""The application, and what its commands share: consoles, and how they end."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from hessbound.engine import _formulas

app = typer.Typer(
    name="hessbound",
    help="Traces and bounds of the Hessian of smooth networks in closed form: derived by SymPy, "
    "proved, and compiled.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hessbound {version('hessbound')}")
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
    formulas: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Kernels of your own formulas; may be repeated."),
    ] = None,
) -> None:
    """Make formulas of one's own known to all commands."""
    with bad_input_ends():
        for folder in formulas or ():
            _formulas.load_formulas(folder)


def consoles() -> tuple[Console, Console]:
    """Return standard output, as wide as it takes where it is no terminal, and standard error."""
    out = Console(soft_wrap=True)
    return (out if out.is_terminal else Console(width=200)), Console(stderr=True)


def needs(package: str, *modules: str, extra: str) -> None:
    """End with the line that installs what a command needs."""
    if any(importlib.util.find_spec(module) is None for module in modules):
        fail(f'this needs {package}: pip install "hessbound[{extra}]"')


@contextmanager
def bad_input_ends() -> Iterator[None]:
    """Turn what input checks raise into one line and exit code 2."""
    try:
        yield
    except OSError as cause:
        fail(f"{cause.filename}: {cause.strerror}" if cause.filename else str(cause))
    except (TypeError, ValueError) as cause:
        fail(str(cause))


def fail(message: str) -> NoReturn:
    """End with a line on standard error and exit code 2."""
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(2)

"""``hessbound generate``: the files in ``generated/``, from the derivation."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from hessbound import _files

from .app import bad_input_ends, consoles, needs


def command(
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing; end with 1 if a file is out of step.")
    ] = False,
    root: Annotated[Path, typer.Option(help="The checkout to write to.")] = Path(),
) -> None:
    """Emit the kernels in generated/ from the derivation, in a checkout.

    Every identity is proved first, and every kernel is read back and proved equal to what it claims
    to compute; if that fails, nothing is written and the command ends with 1.
    """
    needs("SymPy and jinja2", "sympy", extra="derive")
    from hessbound.derive.commands import console

    out, errors = consoles()
    with bad_input_ends():
        if check_only:
            good = console.check_files(root, out)
        else:
            good = console.write_files(root, _files.write_text, out, errors)
        if not good and check_only:
            _hint_at_sympy(root)
    if not good:
        raise typer.Exit(1)


def _hint_at_sympy(root: Path) -> None:
    """Say so where files were written with another SymPy, whose output may differ in every line."""
    written = json.loads((root / "generated" / "MANIFEST.json").read_text(encoding="utf-8"))
    before, here = written.get("sympy"), version("sympy")
    if before != here:
        hint = (
            f"hint: they were written with SymPy {before}, and this is {here}: install that first"
        )
        typer.echo(hint, err=True)

"""``hessbound generate``: kernels of one's own formulas, or the files in ``generated/``."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from hessbound.data import _files
from hessbound.engine import _formulas

from .app import bad_input_ends, consoles, fail, needs


def command(
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing; end with 1 if a file is out of step.")
    ] = False,
    root: Annotated[Path | None, typer.Option(help="The checkout to write to. [.]")] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FOLDER",
            help="Formulas of your own, a file for each; it is Python, and it is run.",
        ),
    ] = None,
    kernels: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Where to write the kernels of --from."),
    ] = None,
) -> None:
    """Emit kernels: those of your own formulas, or in a checkout those in generated/.

    Every rule of a formula is proved first, and how many digits its kernels have is measured; in a
    checkout, every identity is, and every kernel is read back and proved equal to what it claims to
    compute. If that fails, nothing is written and the command ends with 1.

    Example: hessbound generate --from my_formulas --out my_kernels
    """
    needs("SymPy and jinja2", "sympy", extra="derive")
    if (source is None) != (kernels is None) or (source is not None and root is not None):
        fail("give --from and --out for formulas of your own, or at most --root for a checkout")
    if source is not None and kernels is not None:
        good = _own(source, kernels, check_only=check_only)
    else:
        good = _checkout(root or Path(), check_only=check_only)
    if not good:
        raise typer.Exit(1)


def _own(source: Path, kernels: Path, *, check_only: bool) -> bool:
    from hessbound.derive.commands import formulas

    out, errors = consoles()
    folders = formulas.Folders(source, kernels)
    with bad_input_ends():
        if check_only:
            return formulas.check(folders, out)
        return formulas.generate(folders, _files.write_text, _formulas.run, out, errors)


def _checkout(root: Path, *, check_only: bool) -> bool:
    from hessbound.derive.commands import console

    out, errors = consoles()
    with bad_input_ends():
        if not check_only:
            return console.write_files(root, _files.write_text, out, errors)
        good = console.check_files(root, out)
        if not good:
            _hint_at_sympy(root)
        return good


def _hint_at_sympy(root: Path) -> None:
    """Say so where files were written with another SymPy, whose output may differ in every line."""
    written = json.loads((root / "generated" / "MANIFEST.json").read_text(encoding="utf-8"))
    before, here = written.get("sympy"), version("sympy")
    if before != here:
        hint = (
            f"hint: they were written with SymPy {before}, and this is {here}: install that first"
        )
        typer.echo(hint, err=True)

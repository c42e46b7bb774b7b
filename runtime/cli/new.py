"""``hessbound new``: a file to start a formula of one's own from."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from hessbound.data import _files

from .app import bad_input_ends, needs


def command(
    kind: Annotated[
        Literal["activation", "loss"], typer.Argument(help="What to write a formula of.")
    ],
    name: Annotated[str, typer.Argument(help="Its name, which is the file's.")],
    folder: Annotated[
        Path, typer.Option("--in", metavar="FOLDER", help="The folder of formulas.")
    ] = Path(),
) -> None:
    """Write a commented file to start a formula of your own from.

    Example: hessbound new activation my_swish --in my_formulas
    """
    needs("SymPy and jinja2", "sympy", extra="derive")
    from hessbound.derive.commands import formulas

    with bad_input_ends():
        path = formulas.new(kind, name, folder, _files.write_text)
    then = f"hessbound generate --from {folder} --out KERNELS"
    typer.echo(f"{path}: written; prove it and write its kernels with {then}")

"""``hessbound reproduce``: the paper's experiment."""

from pathlib import Path
from typing import Annotated

import typer

from .app import bad_input_ends, consoles, fail, needs


def command(
    hidden: Annotated[
        list[int] | None,
        typer.Option(metavar="M", help="Hidden units, one or more: --hidden 3 10 30. [3 10]"),
    ] = None,
    more: Annotated[list[int] | None, typer.Argument(metavar="[M]...", hidden=True)] = None,
    out: Annotated[Path, typer.Option(help="The folder for everything.")] = Path("appendix-c"),
    activation: Annotated[
        str | None, typer.Option(metavar="NAME", help="The hidden units' activation. [sigmoid]")
    ] = None,
    draws: Annotated[int | None, typer.Option(help="Draws of the data. [1]")] = None,
    seeds: Annotated[int | None, typer.Option(help="Starting points. [500]")] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Add a page that compares all activations.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what the folder holds already.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option(help="A settings.toml, as every run leaves in its folder.")
    ] = None,
    assign: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any other setting; may be repeated."),
    ] = None,
) -> None:
    """Run the paper's experiment: figures, statistics, and a page with what came out.

    It takes some minutes. An interrupted run loses the seeds in work and goes on with --resume.

    Example: hessbound reproduce --hidden 3 10 30 --draws 10 --set tolerance=0.04
    """
    needs("matplotlib and jinja2", "matplotlib", "jinja2", extra="experiments")
    from hessbound.experiments import console

    if more and not hidden:
        fail(f"what is {more[0]}? Widths are given as --hidden 3 10")
    widths = [*(hidden or ()), *(more or ())] or None
    changes = {"hidden": widths, "activation": activation, "draws": draws, "seeds": seeds}
    request = console.Request(out, config, changes, tuple(assign or ()), resume, compare)
    try:
        with bad_input_ends():
            console.reproduce(request, *consoles())
    except KeyboardInterrupt:
        typer.echo(f"interrupted; go on with: hessbound reproduce --resume --out {out}", err=True)
        raise typer.Exit(130) from None

"""``hessbound check``: the paper's claims, or a user's, proved or refuted."""

from pathlib import Path
from typing import Annotated

import typer

from hessbound.data import _files

from .app import bad_input_ends, consoles, needs


def command(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE.py]", help="A file of your own claims; it is Python, and it is run."
        ),
    ] = None,
    claim: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this name or equation number; may be repeated."),
    ] = None,
    activation: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only the claims about this activation.")
    ] = None,
    loss: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only the claims about this loss.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write a page with the results, in HTML.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the results as JSON instead of a table.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 1 as well for anything that is not proved.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.001, help="How long one claim may take.")
    ] = 60.0,
) -> None:
    """Prove the paper's equations, or those of a file, or refute them with a counterexample.

    Numbers refute: each statement is evaluated at several sizes, with the Hessian differentiated
    numerically. A normal form then proves it for all sizes. Ends with 1 if anything is refuted
    that is not known to be false, and with --strict if anything is sampled or unchecked; 2 is
    for a file that cannot be used.

    Example: hessbound check my_claims.py --claim "cross block"
    """
    needs("SymPy and jinja2", "sympy", extra="derive")
    for module in ("matplotlib", "latex2mathml") if report else ():
        needs(f"{module} for a report", module, extra="derive")
    from hessbound.derive.commands import console

    request = console.Request(
        file, tuple(claim or ()), activation, loss, report, as_json, strict, timeout
    )
    with bad_input_ends():
        if report is not None:
            _files.check_writable(report)
        good = console.check(request, _files.write_text, *consoles())
    if not good:
        raise typer.Exit(1)

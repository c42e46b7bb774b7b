"""``hessbound derive``: the formulas, as SymPy derives them."""

from typing import Annotated, Literal

import typer

from .app import bad_input_ends, needs


def command(
    activation: Annotated[
        str | None, typer.Option(help="Show its f to f''', and leave out the terms that vanish.")
    ] = None,
    style: Annotated[
        Literal["text", "latex", "python", "markdown"],
        typer.Option("--format", help="How to write formulas."),
    ] = "text",
) -> None:
    """Show gradient, Hessian blocks and traces as SymPy derives them.

    The formulas hold for all N, d and m. As python they are a NumPy module, and as markdown
    the whole derivation, step by step.

    Example: hessbound derive --activation gelu --format latex
    """
    needs("SymPy and jinja2", "sympy", extra="derive")
    from hessbound.derive.commands import console

    with bad_input_ends():
        console.print_derivation(activation, style)

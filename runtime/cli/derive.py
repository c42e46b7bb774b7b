"""``hessbound derive``: the formulas, as SymPy derives them."""

from typing import Annotated, Literal

import typer

from .app import bad_input_ends, fail, needs


def command(
    activation: Annotated[
        str | None, typer.Option(help="Show its f to f''', and leave out the terms that vanish.")
    ] = None,
    loss: Annotated[
        str | None, typer.Option(help="Show its l to l''', which the rest calls e and p.")
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

    if loss is not None and style == "markdown":
        fail("--loss is for text, latex and python; the derivation in markdown is for any loss")
    with bad_input_ends():
        console.print_derivation(activation, loss, style)

"""What ``hessbound derive``, ``check`` and ``generate`` print."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from . import activations, claims, emit, show
from .generate import NotProvedError, checkout, generate
from .prove import Result, Verdict, prove
from .statements import Claim

COLOURS = {
    Verdict.PROVED: "green",
    Verdict.PROVED_AT_SIZES: "green",
    Verdict.SAMPLED: "cyan",
    Verdict.REFUTED: "bold red",
    Verdict.UNCHECKED: "yellow",
    Verdict.DEFINITION: "dim",
}

NOTATION = "L = Σ_i ℓ_i, θ = [vec A; w_0; w_1..w_m], e = ∂ℓ/∂v, p = ∂²ℓ/∂v²"
PREAMBLE = """\
import numpy as np

# X (N, d + 1) with its ones, A (m, d + 1), w (m + 1,); h, f1, f2 (N, m); e, p (N,)"""
NAMED_WIDTH = 140  # narrower terminals have no room for the claims' names


def print_derivation(activation: str | None, style: str) -> None:
    """Print f to f‴ of an activation, gradient, Hessian blocks and traces."""
    mark = {"text": "", "latex": "% ", "python": "# "}[style]
    environment = style == "latex"
    if style == "python":
        print(PREAMBLE)
    if activation:
        _print_group(f"{mark}{activation}", show.functions(activation, style), environment)
    lines = (show.write(formula, style) for formula in show.formulas(activation))
    _print_group(mark + NOTATION, lines, environment)


def _print_group(title: str, lines: Iterable[str], environment: bool) -> None:
    print(title)
    if environment:
        print(r"\begin{align*}")
    for line in lines:
        print(line)
    print(r"\end{align*}" if environment else "")


def check(console: Console, errors: Console) -> bool:
    """Prove every claim and print a row for each; return whether none is refuted."""
    results = [prove(claim) for claim in _track(claims.every(), errors)]
    console.print(_table(results, named=console.width >= NAMED_WIDTH))
    _print_witnesses(console, results)
    counts = {v: sum(r.verdict is v for r in results) for v in Verdict}
    seconds = sum(r.seconds for r in results)
    tally = ", ".join(f"{n} {v.value}" for v, n in counts.items() if n)
    console.print(f"{tally} in {seconds:.1f} s")
    return not counts[Verdict.REFUTED]


def _track(items: Iterable[Claim], errors: Console) -> Iterator[Claim]:
    """Show progress on a terminal, on standard error so that the output stays clean."""
    with Progress(console=errors, transient=True) as progress:
        yield from progress.track(list(items), description="Proving")


def _table(results: Iterable[Result], *, named: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("Eq.", no_wrap=True)
    if named:
        table.add_column("claim", no_wrap=True)
    table.add_column("statement")
    table.add_column("verdict", no_wrap=True)
    table.add_column("method")
    table.add_column("s", justify="right", no_wrap=True)
    for r in results:
        verdict = Text(r.verdict.value, COLOURS[r.verdict])
        claim = r.claim
        name = [claim.name] if named else []
        cells: list[str | Text] = [Text(claim.statement), verdict, r.method, f"{r.seconds:.2f}"]
        table.add_row(claim.equation, *name, *cells)
    return table


def _print_witnesses(console: Console, results: Iterable[Result]) -> None:
    for r in results:
        name = f"{r.claim.name} (Eq. {r.claim.equation})"
        if r.witness:
            console.print(Text(f"\n{name} is refuted: {r.witness}", "red"))
            console.print(Text(r.witness.snippet))
        elif r.verdict is Verdict.UNCHECKED:
            console.print(Text(f"\n{name} is unchecked: {r.method}", "yellow"))


def check_files(root: Path, console: Console) -> bool:
    """Print every file of generated/ that is out of step; return whether there is none."""
    found = emit.differences(checkout(root))
    for name, state in found.items():
        console.print(Text(f"generated/{name}: {state}"))
    if found:
        console.print("regenerate with: hessbound generate")
    else:
        console.print(f"generated/ is in step: {len(activations.names())} activations")
    return not found


def write_files(root: Path, console: Console, errors: Console) -> bool:
    """Prove, then write; return whether all claims were proved."""
    try:
        changed = generate(checkout(root), lambda items: _track(items, errors))
    except NotProvedError as error:
        _print_witnesses(console, error.results)
        errors.print(Text(f"\nnothing was written: {error}", "red"))
        return False
    for name, state in changed.items():
        console.print(Text(f"generated/{name}: {'removed' if state == 'orphan' else 'written'}"))
    if not changed:
        console.print("generated/ was in step already")
    return True

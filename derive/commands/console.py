"""What ``hessbound derive``, ``check`` and ``generate`` print."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from hessbound.derive import activations, claims
from hessbound.derive.display import equations
from hessbound.derive.emission.files import Write
from hessbound.derive.emission.generate import NotProvedError, checkout, differences, generate
from hessbound.derive.frontend import files
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.statements import Claim
from hessbound.derive.proof.verdicts import Result, Verdict

from .selection import select

COLOURS = {
    Verdict.PROVED: "green",
    Verdict.SAMPLED: "cyan",
    Verdict.REFUTED: "bold red",
    Verdict.UNCHECKED: "yellow",
    Verdict.DEFINITION: "dim",
}

NOTATION = "L = Σ_i ℓ_i, θ = [vec A; w_0; w_1..w_m], e = ∂ℓ/∂v, p = ∂²ℓ/∂v²"
NAMED_WIDTH = 140  # narrower terminals have no room for the claims' names


def print_derivation(activation: str | None, loss: str | None, style: str) -> None:
    """Print f to f‴ of an activation, ℓ to ℓ‴ of a loss, gradient, Hessian blocks and traces."""
    if style == "markdown":
        from hessbound.derive.display import derivation

        print(derivation.derivation(activation), end="")
        return
    if style == "python":
        from hessbound.derive.display import code

        print(code.module(activation, loss or "cross_entropy"), end="")
        return
    mark = {"text": "", "latex": "% "}[style]
    environment = style == "latex"
    if activation:
        _print_group(f"{mark}{activation}", equations.functions(activation, style), environment)
    if loss:
        _print_group(f"{mark}{loss}", equations.losses(loss, style), environment)
    lines = (equations.write(equation, style) for equation in equations.equations(activation))
    _print_group(mark + NOTATION, lines, environment)


def _print_group(title: str, lines: Iterable[str], environment: bool) -> None:
    print(title)
    if environment:
        print(r"\begin{align*}")
    for line in lines:
        print(line)
    print(r"\end{align*}" if environment else "")


@dataclass(frozen=True)
class Request:
    """What ``hessbound check`` is asked for: a file's claims or the paper's, and which of them."""

    file: Path | None = None
    wanted: tuple[str, ...] = ()
    activation: str | None = None
    loss: str | None = None
    report: Path | None = None
    as_json: bool = False
    strict: bool = False
    timeout: float = 60.0


def check(request: Request, put: Write, console: Console, errors: Console) -> bool:
    """Prove the claims and print a row for each; return whether all are as they should be.

    What a user's file prints goes to standard error, so that the output stays clean.
    """
    with redirect_stdout(sys.stderr) if request.file else nullcontext():
        every = files.load(request.file) if request.file else claims.every()
        chosen = select(every, request.wanted, request.activation, request.loss)
        results = [prove(claim, request.timeout) for claim in track(chosen, errors)]
    if request.report:
        from hessbound.derive.display import page

        put(request.report, page.render(results))
    if request.as_json:
        from hessbound.derive.display import records

        print(records.to_json(results))
    else:
        _print_results(console, results, from_file=request.file is not None)
    return all(r.settled if request.strict else r.as_expected for r in results)


def _print_results(console: Console, results: list[Result], *, from_file: bool) -> None:
    named = from_file or console.width >= NAMED_WIDTH
    console.print(_table(results, named=named, numbered=not from_file))
    print_witnesses(console, results)
    counts = {v: sum(r.verdict is v for r in results) for v in Verdict}
    seconds = sum(r.seconds for r in results)
    tally = ", ".join(f"{n} {v.value}" for v, n in counts.items() if n)
    console.print(f"{tally} in {seconds:.1f} s")


def track(items: Iterable[Claim], errors: Console) -> Iterator[Claim]:
    """Show progress on a terminal, on standard error so that the output stays clean."""
    with Progress(console=errors, transient=True) as progress:
        yield from progress.track(list(items), description="Proving")


def _table(results: Iterable[Result], *, named: bool, numbered: bool = True) -> Table:
    """Lay out the results; claims of a file have no equation numbers."""
    table = Table(box=None, pad_edge=False)
    if numbered:
        table.add_column("Eq.", no_wrap=True)
    if named:
        table.add_column("claim", no_wrap=numbered)
    table.add_column("statement")
    table.add_column("verdict", no_wrap=True)
    table.add_column("method")
    table.add_column("s", justify="right", no_wrap=True)
    for r in results:
        verdict = Text(r.verdict.value, COLOURS[r.verdict])
        claim = r.claim
        titles = [Text(claim.equation)] * numbered + [Text(claim.name)] * named
        table.add_row(*titles, Text(claim.statement), verdict, Text(r.method), f"{r.seconds:.2f}")
    return table


def print_witnesses(console: Console, results: Iterable[Result]) -> None:
    """Print the points at which claims fail, and why others were not checked."""
    for r in results:
        numbered = r.claim.equation != "-"
        name = f"{r.claim.name} (Eq. {r.claim.equation})" if numbered else r.claim.name
        known = r.claim.expected is Verdict.REFUTED
        if r.witness:
            said, colour = (
                ("is refuted, as it should be", "green") if known else ("is refuted", "red")
            )
            console.print(Text(f"\n{name} {said}: {r.witness}", colour))
            console.print(Text(r.witness.snippet))
        elif known:
            console.print(Text(f"\n{name} is known to be false, but not refuted", "red"))
        elif r.verdict is Verdict.UNCHECKED:
            console.print(Text(f"\n{name} is unchecked: {r.method}", "yellow"))


def check_files(root: Path, console: Console) -> bool:
    """Print every file of generated/ that is out of step; return whether there is none."""
    found = differences(checkout(root))
    for name, state in found.items():
        console.print(Text(f"generated/{name}: {state}"))
    if found:
        console.print("regenerate with: hessbound generate")
    else:
        console.print(f"generated/ is in step: {len(activations.names())} activations")
    return not found


def write_files(root: Path, put: Write, console: Console, errors: Console) -> bool:
    """Prove, then write; return whether all claims were proved."""
    try:
        changed = generate(checkout(root), put, lambda items: track(items, errors))
    except NotProvedError as error:
        print_witnesses(console, error.results)
        errors.print(Text(f"\nnothing was written: {error}", "red"))
        return False
    for name, state in changed.items():
        console.print(Text(f"generated/{name}: {'removed' if state == 'orphan' else 'written'}"))
    if not changed:
        console.print("generated/ was in step already")
    return True

"""What ``hessbound generate --from`` and ``hessbound new`` do with a user's formulas."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from hessbound.derive.claims.functions import PRIMES, of_activation
from hessbound.derive.claims.losses import of_loss
from hessbound.derive.emission import digits, formulas
from hessbound.derive.emission.files import Write
from hessbound.derive.emission.generate import bounds
from hessbound.derive.frontend.formulas import Formula, included, read, require_name
from hessbound.derive.proof.numerals import long_numbers
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.statements import Claim
from hessbound.derive.proof.verdicts import Result, Verdict
from hessbound.templates import environment

from .console import print_witnesses, track

CLAIMS: Mapping[str, Callable[[str], list[Claim]]] = {
    "activation": of_activation,
    "loss": of_loss,
}
"""What is claimed of a formula of a kind, by its name."""
HINT = "another stable form of an atom may keep the digits"
LETTERS = {"activation": ("f", "u"), "loss": ("ℓ", "v")}


@dataclass(frozen=True)
class Folders:
    """The folder of formulas, and that of their kernels."""

    source: Path
    out: Path

    @property
    def command(self) -> str:
        """The command that brings the kernels in step."""
        return f"hessbound generate --from {self.source} --out {self.out}"


def check(folders: Folders, console: Console) -> bool:
    """Print every file of kernels that is out of step; return whether there is none."""
    formulas.require_place(folders.out, folders.source)
    found = formulas.differences(folders.out, formulas.outputs(read(folders.source), bounds()))
    for name, state in found.items():
        console.print(Text(f"{folders.out / name}: {state}"))
    if found:
        console.print(Text(f"regenerate with: {folders.command}"))
    else:
        console.print(Text(f"{folders.out} is in step with {folders.source}"))
    return not found


def generate(
    folders: Folders, put: Write, run: digits.Run, console: Console, errors: Console
) -> bool:
    """Prove the formulas of a folder, measure their digits, and write kernels.

    Return whether all was proved; else nothing is written, and what is wrong is printed.
    """
    with long_numbers():
        return _generate(folders, put, run, console, errors)


def _generate(
    folders: Folders, put: Write, run: digits.Run, console: Console, errors: Console
) -> bool:
    formulas.require_place(folders.out, folders.source)
    every = read(folders.source)
    with included(every):
        claims = [claim for x in every for claim in CLAIMS[x.kind](x.name)]
        results = list(map(prove, track(claims, errors)))
    failed = [r for r in results if not r.settled]
    if failed:
        _print_failed(failed, console)
        names = ", ".join(r.claim.name for r in failed)
        text = f"\nnothing was written: not proved are {names}"
        errors.print(Text(text, "red"), soft_wrap=True)
        return False
    told = {f"{x.name}_{what}" for x in every for what in ("bounds", "limit")}
    for r in results:
        if r.claim.loss and r.claim.name in told:
            console.print(Text(r.claim.statement), soft_wrap=True)
    texts = _outputs(every)
    for x in every:
        text = texts[f"{x.name}.py"]
        try:
            found = digits.measure(x.function, text, run)
        except Exception as error:  # a function that the compiler does not know, most likely
            msg = f"{x.path}: its stable forms cannot be compiled: {_first_line(error)}"
            raise ValueError(msg) from error
        _print_digits(x, found, console, errors)
    for name, state in formulas.write(folders.out, texts, put).items():
        console.print(
            Text(f"{folders.out / name}: {'removed' if state == 'orphan' else 'written'}")
        )
    console.print(Text(f'all proved; use them with hb.load_formulas("{folders.out}")'))
    return True


def _outputs(every: tuple[Formula, ...]) -> dict[str, str]:
    """Return the texts of files; ValueError, with the formula's file, where there is none."""
    try:
        return formulas.outputs(every, bounds())
    except Exception:
        for x in every:
            _require_code(x)
        raise


def _require_code(formula: Formula) -> None:
    try:
        formulas.MODULES[formula.kind](formula)
    except ValueError as error:
        msg = f"{formula.path}: {error}"
        raise ValueError(msg) from error
    except Exception as error:  # SymPy gives up in many ways
        msg = f"{formula.path}: its forms cannot be written as code: {_first_line(error)}"
        raise ValueError(msg) from error


def _print_failed(failed: Iterable[Result], console: Console) -> None:
    print_witnesses(console, failed)
    for r in failed:
        if r.verdict is Verdict.SAMPLED:
            console.print(Text(f"\n{r.claim.name} is not proved: {r.method}", "yellow"))


def _print_digits(
    formula: Formula, found: digits.Digits, console: Console, errors: Console
) -> None:
    """Print the worst errors; of those that are large, what was computed."""
    f, u = LETTERS[formula.kind]
    shown = [
        f"{f}{PRIMES[e.order]} {_short(e.ulp)} at {e.at:.6g}{_label(e)}"
        if e.ulp
        else f"{f}{PRIMES[e.order]} exact"
        for e in found.errors
    ]
    text = f"{formula.name}: most units in the last place, of {found.points} points in ±1e200: "
    console.print(Text(text + ", ".join(shown)))
    for e in found.errors:
        if e.beyond:
            what = f"{f}{PRIMES[e.order]} is {_short(e.ulp)} units in the last place off"
            off = f"{what} at {u} = {e.at!r}{_label(e)}"
            why = f"computed {e.computed!r}, exact {e.exact!r}"
            least, most = e.beyond
            rest = f"more than {digits.LIMIT:g} for |{u}| from {least:.3g} to {most:.3g}; {HINT}"
            text = f"warning: {formula.name}: {off} ({why}), and {rest}"
            errors.print(Text(text, "yellow"), soft_wrap=True)


def _label(error: digits.Error) -> str:
    return "" if math.isnan(error.label) else f" for y = {error.label:g}"


def _first_line(error: Exception) -> str:
    every = (line.strip() for line in str(error).splitlines())
    lines = [line for line in every if line and not line.startswith("Failed in nopython")]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


def _short(ulp: float) -> str:
    return f"{ulp:.1f}" if ulp < 1000 else f"{ulp:.1e}"


def new(kind: str, name: str, folder: Path, put: Write) -> Path:
    """Write a file to start a formula from, and return its path.

    ValueError where one is there, or where a shipped formula has its name.
    """
    path = folder / f"{name}.py"
    if not name.isidentifier() or name.startswith("_"):
        msg = f"NAME must be a Python identifier without an underscore before it, got {name!r}"
        raise ValueError(msg)
    require_name(path)
    if path.exists():
        msg = f"{path} is there already"
        raise ValueError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    put(path, environment().get_template(f"formulas/{kind}.py.jinja").render(name=name))
    return path

"""The command line. Exit codes: 0 good, 1 refuted or out of date, 2 bad usage or bad input."""

import importlib.util
import io
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from . import _csv, _features, _files, _formulas
from ._eigenvalues import Eigenvalues, extreme_eigenvalues
from ._network import Network
from ._sharpness import Sharpness
from ._sharpness import sharpness as compute_sharpness
from ._typing import Reduction

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

app = typer.Typer(
    name="hessbound",
    help="The sharpness of a smooth three-layer network in closed form: derived by SymPy, proved, "
    "and compiled.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def main() -> None:
    """Run the command line; letters that a terminal does not have are written as code points."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()


@app.callback()
def _commands(
    formulas: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Kernels of your own formulas; may be repeated."),
    ] = None,
) -> None:
    """Make formulas of one's own known to all commands."""
    with _bad_input_ends():
        for folder in formulas or ():
            _formulas.load_formulas(folder)


@app.command()
def sharpness(
    model: Annotated[
        Path | None, typer.Option(help="A network saved with Network.save, an .npz file.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="A CSV file of numbers with a header row.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column with the labels, in [0, 1].")
    ] = None,
    weight: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column with sample weights, if any.")
    ] = None,
    reduction: Annotated[
        Reduction, typer.Option(help="Take the sum of the samples' losses, or their mean.")
    ] = "sum",
    eigenvalues: Annotated[
        bool, typer.Option("--eigenvalues", help="Compute the extreme eigenvalues as well.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON with the names of Sharpness.to_dict().")
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Train on a real table and compare with eigenvalues.")
    ] = False,
) -> None:
    """Bound the extreme eigenvalues of a trained network's Hessian.

    Every column of the table but the label and the weight is an input of the network, in the
    file's order and scaled as the network was trained on it.

    Example: hessbound sharpness --model net.npz --data train.csv --label y
    """
    if demo:
        if any(value is not None for value in (model, data, label, weight)):
            _fail("--demo brings its own model and data")
        if eigenvalues:
            _fail("--demo computes eigenvalues anyway; leave out --eigenvalues")
        _demo(as_json)
        return
    if model is None or data is None or label is None:
        _fail("give --model, --data and --label, or --demo; see hessbound sharpness --help")
    with _bad_input_ends():
        results = _results_of_files(model, data, label, weight, reduction, eigenvalues)
    _print(*results, as_json=as_json)


@app.command("compile")
def compile_(
    activation: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this one; may be repeated. Default: all."),
    ] = None,
) -> None:
    """Compile the kernels ahead of time, into numba's cache.

    Without it each kernel is compiled when it is first called: seconds, once for a machine. Set
    NUMBA_CACHE_DIR to keep the cache elsewhere.

    Example: hessbound compile --activation tanh --activation gelu
    """
    from rich.console import Console

    from . import _checks, compilation
    from ._kernels import activations

    console = Console()
    with _bad_input_ends():
        names = [_checks.known_activation(name) for name in activation or activations()]
    for name in names:
        start = time.perf_counter()
        with console.status(f"{name} …") as status:
            for step in compilation.compile_all(name):
                status.update(f"{name}: {step} …")
        where = compilation.folder(name)
        kept = f"kept in {where}" if where else "not kept: no folder is writable"
        console.print(f"{name}: {time.perf_counter() - start:.1f} s, {kept}", highlight=False)


@app.command()
def derive(
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
    _needs("SymPy and jinja2", module="sympy", extra="derive")
    from hessbound.derive.commands import console

    with _bad_input_ends():
        console.print_derivation(activation, style)


@app.command()
def check(
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
    report: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write a page with the results, in HTML.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the results as JSON instead of a table.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 1 as well for anything that is not proved.")
    ] = False,
) -> None:
    """Prove the paper's equations, or those of a file, or refute them with a counterexample.

    Numbers refute: each statement is evaluated at several sizes, with the Hessian differentiated
    numerically. A normal form then proves it for all sizes. Ends with 1 if anything is refuted
    that is not known to be false, and with --strict if anything is sampled or unchecked; 2 is
    for a file that cannot be used.

    Example: hessbound check my_claims.py --claim "cross block"
    """
    _needs("SymPy and jinja2", module="sympy", extra="derive")
    for module in ("matplotlib", "latex2mathml") if report else ():
        _needs(f"{module} for a report", module=module, extra="derive")
    from hessbound.derive.commands import console

    request = console.Request(file, tuple(claim or ()), activation, report, as_json, strict)
    with _bad_input_ends():
        if report is not None:
            _files.check_writable(report)
        good = console.check(request, _files.write_text, *_consoles())
    if not good:
        raise typer.Exit(1)


@app.command()
def generate(
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
    _needs("SymPy and jinja2", module="sympy", extra="derive")
    if (source is None) != (kernels is None) or (source is not None and root is not None):
        _fail("give --from and --out for formulas of your own, or at most --root for a checkout")
    if source is not None and kernels is not None:
        _generate_own(source, kernels, check_only=check_only)
        return
    from hessbound.derive.commands import console

    root = root or Path()
    out, errors = _consoles()
    with _bad_input_ends():
        if check_only:
            good = console.check_files(root, out)
        else:
            good = console.write_files(root, _files.write_text, out, errors)
        if not good and check_only:
            _hint_at_sympy(root)
    if not good:
        raise typer.Exit(1)


def _generate_own(source: Path, kernels: Path, *, check_only: bool) -> None:
    from hessbound.derive.commands import formulas

    out, errors = _consoles()
    folders = formulas.Folders(source, kernels)
    with _bad_input_ends():
        if check_only:
            good = formulas.check(folders, out)
        else:
            good = formulas.generate(folders, _files.write_text, _formulas.run, out, errors)
    if not good:
        raise typer.Exit(1)


@app.command()
def new(
    kind: Annotated[Literal["activation"], typer.Argument(help="What to write a formula of.")],
    name: Annotated[str, typer.Argument(help="Its name, which is the file's.")],
    folder: Annotated[
        Path, typer.Option("--in", metavar="FOLDER", help="The folder of formulas.")
    ] = Path(),
) -> None:
    """Write a commented file to start a formula of your own from.

    Example: hessbound new activation my_swish --in my_formulas
    """
    _needs("SymPy and jinja2", module="sympy", extra="derive")
    from hessbound.derive.commands import formulas

    with _bad_input_ends():
        path = formulas.new(kind, name, folder, _files.write_text)
    typer.echo(f"{path}: written; prove it and write its kernels with hessbound generate --from")


@app.command()
def reproduce(
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
    _needs("matplotlib and jinja2", module="matplotlib", extra="experiments")
    _needs("matplotlib and jinja2", module="jinja2", extra="experiments")
    from hessbound.experiments import console

    if more and not hidden:
        _fail(f"what is {more[0]}? Widths are given as --hidden 3 10")
    widths = [*(hidden or ()), *(more or ())] or None
    changes = {"hidden": widths, "activation": activation, "draws": draws, "seeds": seeds}
    request = console.Request(out, config, changes, tuple(assign or ()), resume, compare)
    try:
        with _bad_input_ends():
            console.reproduce(request, *_consoles())
    except KeyboardInterrupt:
        typer.echo(f"interrupted; go on with: hessbound reproduce --resume --out {out}", err=True)
        raise typer.Exit(130) from None


def _consoles() -> tuple["Console", "Console"]:
    """Return standard output, as wide as it takes where it is no terminal, and standard error."""
    from rich.console import Console

    out = Console(soft_wrap=True)
    return (out if out.is_terminal else Console(width=200)), Console(stderr=True)


def _results_of_files(
    model: Path,
    data: Path,
    label: str,
    weight: str | None,
    reduction: Reduction,
    eigenvalues: bool,
) -> tuple[Sharpness, Eigenvalues | None]:
    net = Network.load(model)
    with _progress("Reading the table"):
        table = _csv.read(data, label=label, weight=weight)
    _features.compare(net.feature_names, table.features, table=str(data), model=str(model))
    if len(table.features) != net.n_inputs:
        message = (
            f"{model} has {net.n_inputs} inputs, but {data} has {len(table.features)} "
            f"besides label and weight: {', '.join(table.features)}"
        )
        raise ValueError(message)
    with _progress("Computing; the first use of an activation compiles its kernels"):
        samples, weights = (net, table.X, table.y), table.sample_weight
        result = compute_sharpness(*samples, sample_weight=weights, reduction=reduction)
        if not eigenvalues:
            return result, None
        try:
            found = extreme_eigenvalues(*samples, sample_weight=weights, reduction=reduction)
        except RuntimeError as cause:  # not converged; it says what may help
            raise ValueError(str(cause)) from cause
        return result, found


def _hint_at_sympy(root: Path) -> None:
    """Say so where files were written with another SymPy, whose output may differ in every line."""
    written = json.loads((root / "generated" / "MANIFEST.json").read_text(encoding="utf-8"))
    before, here = written.get("sympy"), version("sympy")
    if before != here:
        hint = (
            f"hint: they were written with SymPy {before}, and this is {here}: install that first"
        )
        typer.echo(hint, err=True)


def _demo(as_json: bool) -> None:
    _needs("scikit-learn", module="sklearn", extra="sklearn")
    from rich.console import Console

    from . import demo

    result = demo.run(_progress)
    if as_json:
        _print(result.sharpness, as_json=as_json)
    else:
        demo.show(result, Console())


def _print(result: Sharpness, found: Eigenvalues | None = None, *, as_json: bool) -> None:
    if as_json:
        more = {"eigenvalues": found.to_dict()} if found else {}
        typer.echo(json.dumps(result.to_dict() | more, indent=2))
    else:
        typer.echo(f"{result}\n\n{found}" if found else str(result))


def _progress(stage: str) -> "Status":
    """Show a spinner on a terminal, on standard error so that the output stays clean."""
    from rich.console import Console

    return Console(stderr=True).status(stage)


def _needs(package: str, *, module: str, extra: str) -> None:
    """End with the line that installs what a command needs."""
    if importlib.util.find_spec(module) is None:
        _fail(f'this needs {package}: pip install "hessbound[{extra}]"')


@contextmanager
def _bad_input_ends() -> Iterator[None]:
    """Turn what input checks raise into one line and exit code 2."""
    try:
        yield
    except OSError as cause:
        _fail(f"{cause.filename}: {cause.strerror}" if cause.filename else str(cause))
    except (TypeError, ValueError) as cause:
        _fail(str(cause))


def _fail(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(2)

"""``hessbound sharpness``: bounds for a stored network and a table, or for one that it trains."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.status import Status

from hessbound._typing import Reduction
from hessbound.data import _csv, _features, _files
from hessbound.data._mlp import MLP
from hessbound.data._network import Network
from hessbound.spectrum._eigenvalues import Eigenvalues, extreme_eigenvalues
from hessbound.traces._sharpness import Sharpness, sharpness

from .app import bad_input_ends, fail, needs


def command(
    model: Annotated[
        Path | None,
        typer.Option(help="A network saved with Network.save or MLP.save, an .npz file."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="A CSV file of numbers with a header row.")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="The column with the labels, as the model's loss takes them."
        ),
    ] = None,
    weight: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column with sample weights, if any.")
    ] = None,
    reduction: Annotated[
        Reduction, typer.Option(help="Take the sum of the samples' losses, or their mean.")
    ] = "sum",
    l2: Annotated[
        float, typer.Option(help="Add half of it times the squared weights, without biases.")
    ] = 0.0,
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
        if any(value is not None for value in (model, data, label, weight)) or l2:
            fail("--demo brings its own model and data")
        if eigenvalues:
            fail("--demo computes eigenvalues anyway; leave out --eigenvalues")
        _demo(as_json)
        return
    if model is None or data is None or label is None:
        fail("give --model, --data and --label, or --demo; see hessbound sharpness --help")
    with bad_input_ends():
        results = _of_files(model, data, label, weight, reduction, l2, eigenvalues)
    _print(*results, as_json=as_json)


def _of_files(
    model: Path,
    data: Path,
    label: str,
    weight: str | None,
    reduction: Reduction,
    l2: float,
    eigenvalues: bool,
) -> tuple[Sharpness, Eigenvalues | None]:
    net = _loaded(model)
    outputs = net.n_outputs if isinstance(net, MLP) else 1
    with _progress("Reading the table"):
        table = _csv.read(data, label=label, weight=weight, loss=net.loss, n_outputs=outputs)
    _features.compare(net.feature_names, table.features, table=str(data), model=str(model))
    if len(table.features) != net.n_inputs:
        message = (
            f"{model} has {net.n_inputs} inputs, but {data} has {len(table.features)} "
            f"besides label and weight: {', '.join(table.features)}"
        )
        raise ValueError(message)
    with _progress("Computing; the first use of an activation compiles its kernels"):
        samples = net, table.X, table.y
        options: Any = {"sample_weight": table.sample_weight, "reduction": reduction, "l2": l2}
        result = sharpness(*samples, **options)
        if not eigenvalues:
            return result, None
        try:
            found = extreme_eigenvalues(*samples, **options)
        except RuntimeError as cause:  # not converged; it says what may help
            raise ValueError(str(cause)) from cause
        return result, found


def _loaded(model: Path) -> Network | MLP:
    """Read a network of either kind."""
    if not _files.holds(model, "W1"):
        return Network.load(model)
    net = MLP.load(model)
    if net.n_outputs > 1 and net.loss != "softmax":
        message = (
            f"{model} has {net.n_outputs} outputs with the loss {net.loss!r}, which needs as many "
            "labels: a table has one column of them; use hessbound.sharpness"
        )
        raise ValueError(message)
    return net


def _demo(as_json: bool) -> None:
    needs("scikit-learn", "sklearn", extra="sklearn")
    from hessbound import demo

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


def _progress(stage: str) -> Status:
    """Show a spinner on a terminal, on standard error so that the output stays clean."""
    return Console(stderr=True).status(stage)

"""``hessbound compile``: kernels into numba's cache, ahead of time."""

import time
from typing import Annotated

import typer
from rich.console import Console

from hessbound import compilation
from hessbound.data import _checks
from hessbound.engine._kernels import activations

from .app import bad_input_ends


def command(
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
    console = Console()
    with bad_input_ends():
        names = [_checks.known_activation(name) for name in activation or activations()]
    for name in names:
        start = time.perf_counter()
        with console.status(f"{name} …") as status:
            for step in compilation.compile_all(name):
                status.update(f"{name}: {step} …")
        where = compilation.folder(name)
        kept = f"kept in {where}" if where else "not kept: no folder is writable"
        console.print(f"{name}: {time.perf_counter() - start:.1f} s, {kept}", highlight=False)

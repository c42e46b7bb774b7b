"""What ``hessbound reproduce`` reads from its options and shows in the terminal."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from . import report, run
from .settings import FILE, Settings
from .verdicts import RULE, Outcome


@dataclass(frozen=True)
class Request:
    """The command's options; a change that is None was not asked for."""

    out: Path
    config: Path | None
    changes: Mapping[str, Any]
    assigned: Sequence[str]
    resume: bool
    compare: bool

    def settings(self) -> Settings:
        """Return a file's settings or the defaults, with what the options change.

        Without a file, ``resume`` goes on with the settings that the folder was made with.
        """
        path, kept = self.config, self.out / FILE
        if path is None and self.resume and kept.exists():
            path = kept
        base = Settings() if path is None else Settings.read(path)
        return base.changed({**self.changes, **_assigned(self.assigned)})


def _assigned(texts: Sequence[str]) -> dict[str, Any]:
    known, values = Settings().to_dict(), dict[str, Any]()
    for text in texts:
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            found = {}
        if len(found) != 1 or not found.keys() <= known.keys():
            message = f"--set must be NAME=VALUE with one of {', '.join(known)}; got {text!r}"
            raise ValueError(message)
        values |= found
    return values


def reproduce(request: Request, console: Console, errors: Console) -> None:
    """Run it with a progress bar, then print the verdicts and where the page is."""
    settings = request.settings()
    with _bar(errors) as bar:
        total = run.seeds_in_all(settings, compare=request.compare)
        task = bar.add_task("starting", total=total)
        progress = run.Progress(
            lambda text: bar.update(task, description=text),
            lambda seeds: bar.advance(task, seeds),
        )
        options = {"resume": request.resume, "compare": request.compare}
        outcomes = run.reproduce(settings, request.out, **options, progress=progress)
    console.print(_table(outcomes, settings))
    console.print(str(request.out / "index.html"), highlight=False)


def _bar(console: Console) -> Bar:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    return Bar(
        *columns, TextColumn("seeds"), TimeRemainingColumn(), console=console, transient=True
    )


def _table(outcomes: Sequence[Outcome], settings: Settings) -> Table:
    draws = f"{settings.draws} draw" + "s" * (settings.draws != 1)
    title = f"The paper's claims, {settings.activation}, {draws} of the data"
    table = Table(title=title, title_justify="left", title_style="bold", caption=RULE)
    for name in ("source", "claim", "each test holds in", "verdict"):
        table.add_column(name)
    for row in report.verdict_rows(outcomes):
        table.add_row(*row)
    return table

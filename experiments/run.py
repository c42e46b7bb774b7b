"""The whole experiment in order: train, measure, judge, draw, write."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import hessbound as hb

from . import comparison, figures, files, report
from .machine import machine
from .settings import FILE, Settings
from .study import study
from .summary import lines
from .verdicts import Outcome, outcomes


class Progress(NamedTuple):
    """Whom to tell: of a stage that begins, and of seeds that are done."""

    stage: Callable[[str], object] = lambda text: None
    advance: Callable[[int], object] = lambda seeds: None


QUIET = Progress()


def seeds_in_all(settings: Settings, *, compare: bool) -> int:
    """Return how many seeds will be followed, or read from disk."""
    others = len(hb.activations()) if compare else 0
    return settings.seeds * (settings.draws * len(settings.hidden) + others)


def reproduce(
    settings: Settings,
    out: Path,
    *,
    resume: bool = False,
    compare: bool = False,
    progress: Progress = QUIET,
) -> list[Outcome]:
    """Run everything and write it to a folder; return what became of the paper's claims.

    The folder gets index.html, results.json, settings.toml, figures/ and runs/; with ``compare``
    also activations.html. Seeds whose end is in runs/ are not followed again with ``resume``, and
    a finished run is then replaced only by one that has all of it.
    """
    begin = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    if resume:
        _goes_on(settings, out)
    files.write_text(out / FILE, settings.to_toml())
    runs, pictures = out / "runs", out / "figures"
    studies = []
    for draw in range(settings.draws):
        progress.stage(f"draw {draw + 1} of {settings.draws}")
        found = study(settings, draw, runs, resume=resume, advance=progress.advance)
        studies.append(found)
    rows: list[comparison.Row] = []
    if compare:
        progress.stage("activations")
        rows = comparison.compare(settings, runs, resume=resume, advance=progress.advance)
        comparison.draw(rows, pictures)
    plates = figures.draw_all(studies[0], pictures, lambda n: progress.stage(f"figure {n}"))
    judged = outcomes(studies)
    seconds = time.perf_counter() - begin
    every = [line for one in studies for line in lines(one)]
    run = report.Run(settings, judged, every, plates, machine(), seconds, rows)
    report.write(run, out, pictures)
    return judged


def _goes_on(settings: Settings, out: Path) -> None:
    """Refuse to replace a finished run by one of fewer draws, seeds or widths, or of other data."""
    path = out / report.RESULTS
    if not path.exists():
        return
    try:
        before = Settings().changed(json.loads(path.read_text(encoding="utf-8"))["settings"])
    except (KeyError, TypeError, ValueError) as cause:
        message = f"{path} is damaged ({cause!r}); choose another folder"
        raise ValueError(message) from None
    name = settings.lacks(before)
    if name:
        message = (
            f"{out} holds a finished run with {name} = {before.to_dict()[name]!r}, and this one "
            f"has {settings.to_dict()[name]!r}; choose another folder, or run without --resume to "
            "start again"
        )
        raise ValueError(message)

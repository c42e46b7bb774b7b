"""Results as pages for readers and as JSON for machines (input: studies, outcomes, plates).

The pages stand alone: no network, no scripts; their figures are SVG, as data addresses.
"""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from hessbound.templates import environment

from . import comparison, files
from .figures import Plate
from .settings import Settings
from .summary import Line
from .verdicts import NOT, PARTLY, REPRODUCED, RULE, UNTESTED, Answer, Outcome

RESULTS = "results.json"
"""It is written when everything is done: a folder that has it holds a finished run."""

LOOKS = {
    REPRODUCED: ("proved", "✓"),
    PARTLY: ("sampled", "≈"),
    NOT: ("refuted", "✗"),
    UNTESTED: ("definition", "–"),
}
"""The proof report's classes for colours, and a sign for those who see none."""


@dataclass(frozen=True)
class Run:
    """A run with everything that the pages say about it."""

    settings: Settings
    outcomes: Sequence[Outcome]
    lines: Sequence[Line]
    plates: Sequence[Plate]
    machine: dict[str, Any]
    seconds: float
    rows: Sequence[comparison.Row] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the same as the page, ready for JSON."""
        return {
            "settings": self.settings.to_dict(),
            "machine": self.machine,
            "seconds": round(self.seconds, 1),
            "rule": RULE,
            "claims": [outcome.to_dict() for outcome in self.outcomes],
            "draws": [line.to_dict() for line in self.lines],
            "activations": [row.to_dict() for row in self.rows],
        }


def write(run: Run, folder: Path, figures: Path) -> None:
    """Write results.json, index.html and, where activations were compared, their page."""
    text = json.dumps(run.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    files.write_text(folder / RESULTS, text)
    files.write_text(folder / "index.html", render(run, figures))
    if run.rows:
        files.write_text(folder / f"{comparison.NAME}.html", render_comparison(run, figures))


def render(run: Run, figures: Path) -> str:
    """Return the text of the main page."""
    found = {outcome.claim.key: outcome for outcome in run.outcomes}
    fields = {
        **_common(run),
        "counts": [
            (verdict, LOOKS[verdict], sum(o.verdict == verdict for o in run.outcomes))
            for verdict in LOOKS
        ],
        "claims": [_claim(outcome) for outcome in run.outcomes],
        "scores": found["scores"],
        "rule": RULE,
        "lines": [_line(line) for line in run.lines],
        "plates": [(plate, _address(figures / f"{plate.name}.svg")) for plate in run.plates],
        "compared": f"{comparison.NAME}.html" if run.rows else "",
    }
    return _template("reproduction").render(fields)


def render_comparison(run: Run, figures: Path) -> str:
    """Return the text of the page that compares the activations."""
    rows = [{name: number(value) for name, value in row.to_dict().items()} for row in run.rows]
    fields = {
        **_common(run),
        "rows": rows,
        "figure": _address(figures / f"{comparison.NAME}.svg"),
    }
    return _template("comparison").render(fields)


def _common(run: Run) -> dict[str, Any]:
    machine = run.machine
    return {
        "settings": run.settings,
        "toml": run.settings.to_toml(),
        "machine": f"{machine['processor']}, {machine['cores']} processors, {machine['system']}",
        "packages": ", ".join(f"{name} {v}" for name, v in machine["packages"].items()),
        "date": machine["date"],
        "seconds": f"{run.seconds:.0f}",
        "verdicts": (),  # the style sheet of the proof report has filters for these
        "sections": (),
    }


def _template(name: str) -> jinja2.Template:
    return environment(escape=True).get_template(f"html/experiments/{name}.html.jinja")


def _address(path: Path) -> str:
    """Return a picture as an address that holds it."""
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def _claim(outcome: Outcome) -> dict[str, Any]:
    look, sign = LOOKS[outcome.verdict]
    return {
        "claim": outcome.claim,
        "verdict": outcome.verdict,
        "look": look,
        "sign": sign,
        "answers": list(map(_answer, outcome.answers)),
        "draws": outcome.draws,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    """Write a test down: its number in one draw; the median and the range in several."""
    values = [value for value in answer.values if np.isfinite(value)]
    text = number(float(np.median(values))) if values else "none"
    spread = (
        f"{number(min(values))} to {number(max(values))}"
        if len(answer.values) > 1 and values
        else ""
    )
    held = sum(answer.holds)
    return {
        "text": answer.text,
        "value": text,
        "spread": spread,
        "held": held,
        "of": len(answer.holds),
        "sign": "✓" if held == len(answer.holds) else "✗" if not held else "≈",
    }


def _line(line: Line) -> dict[str, str]:
    return {name: number(value) for name, value in line.to_dict().items()}


def number(value: Any) -> str:
    """Write a number with three digits, a list of quantiles as middle and range.

    >>> number(0.61523), number(354), number(1e-9), number(-0.5), number([1.0, 1.25, 2.0])
    ('0.615', '354', '1e-09', '−0.5', '1.25 (1 to 2)')
    """
    if isinstance(value, list):
        low, middle, high = map(number, value)
        return f"{middle} ({low} to {high})"
    if isinstance(value, float) and np.isfinite(value):
        return (
            f"{value:.3g}".replace("-", "−") if abs(value) >= 1e-4 or value == 0 else f"{value:.1g}"
        )
    return "–" if value is None or isinstance(value, float) else str(value)


def verdict_rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str, str, str]]:
    """Yield source, claim, draws and verdict of each claim, for a table in the terminal.

    The draws are what the verdict goes by: in how many the tests hold, the worst and the best.
    """
    for outcome in outcomes:
        held = sorted({sum(answer.holds) for answer in outcome.answers})
        ends = " to ".join(str(n) for n in held if n in (held[0], held[-1]))
        yield (
            outcome.claim.source,
            outcome.claim.statement,
            f"{ends} of {len(outcome.answers[0].holds)}" if held else "",
            f"{LOOKS[outcome.verdict][1]} {outcome.verdict}",
        )

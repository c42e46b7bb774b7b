"""What is run. Every number that a result depends on is here, and a TOML file holds them all.

The defaults were chosen by the counts of critical points alone (the paper's constants are not
legible in our copy), never by what a test says.
"""

import json
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import hessbound as hb

FILE = "settings.toml"

_MORE = ("draws", "seeds")  # of which a run may have more than the one that it goes on with


@dataclass(frozen=True)
class Settings:
    """The settings of a run.

    Attributes
    ----------
    activation : str
        The hidden units' activation.
    hidden : tuple of int
        Widths m; the first is the one that most figures show.
    draws : int
        How many times the training and test data are drawn.
    seeds : int
        How many starting points there are; they are the same in every draw.
    samples, test_samples : int
        Sizes of the training and the test data, half of them in each class.
    class_mean, variance : float
        The classes are normal around (−c, −c) and (c, c), with this variance along each axis.
    initial : float
        Starting points are uniform on (−a, a).
    learning_rate, max_steps, tolerance
        Gradient descent on the summed loss, until ‖∇L‖ < ε for the first time.
    duplicate_distance : float
        A critical point nearer than that to an earlier one is dropped.
    low_fraction : float
        The share of points with the smallest bounds that makes the low group.
    test_seed : int
        Draw k has the test data of this seed plus k, and the training data of seed k.
    """

    activation: str = "sigmoid"
    hidden: tuple[int, ...] = (3, 10)
    draws: int = 1
    seeds: int = 500
    samples: int = 100
    test_samples: int = 1000
    class_mean: float = 1.0
    variance: float = 2.0
    initial: float = 5.0
    learning_rate: float = 0.01
    max_steps: int = 200_000
    tolerance: float = 0.05
    duplicate_distance: float = 1.0
    low_fraction: float = 317 / 353
    test_seed: int = 12_345

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        hb.Network([[0.0, 0.0]], [0.0, 0.0], activation=self.activation)  # it must be known
        if not self.hidden:
            message = "hidden must name at least one width"
            raise ValueError(message)
        for m in self.hidden:
            _integer("hidden", m, least=1)
        if len(set(self.hidden)) < len(self.hidden):
            message = f"hidden must not repeat a width, got {', '.join(map(str, self.hidden))}"
            raise ValueError(message)
        for name in ("draws", "seeds", "max_steps"):
            _integer(name, getattr(self, name), least=1)
        for name in ("samples", "test_samples"):
            _integer(name, getattr(self, name), least=2)
            if getattr(self, name) % 2:
                message = f"{name} must be even, half for each class, got {getattr(self, name)}"
                raise ValueError(message)
        for name in ("variance", "initial", "learning_rate", "tolerance", "low_fraction"):
            _number(name, getattr(self, name), positive=True)
        for name in ("class_mean", "duplicate_distance"):
            _number(name, getattr(self, name), positive=False)
        _integer("test_seed", self.test_seed, least=0)
        if self.low_fraction >= 1:
            message = f"low_fraction must be smaller than 1, got {self.low_fraction}"
            raise ValueError(message)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Read a TOML file; what it leaves out keeps its default."""
        name = os.fspath(path)
        try:
            values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
            message = f"{name} is no TOML file: {cause}"
            raise ValueError(message) from None
        known = {field.name for field in fields(cls)}
        unknown = sorted(values.keys() - known)
        if unknown:
            message = f"{name} has the unknown setting {unknown[0]!r}; known: {', '.join(known)}"
            raise ValueError(message)
        try:
            return cls().changed(values)
        except (TypeError, ValueError) as cause:
            message = f"{name}: {cause}"
            raise ValueError(message) from None

    def changed(self, values: Mapping[str, Any]) -> Self:
        """Return these settings with other values; None stands for no change.

        >>> Settings().changed({"seeds": 7, "draws": None}).seeds
        7
        """
        given = {name: value for name, value in values.items() if value is not None}
        if "hidden" in given:
            widths = given["hidden"]
            if not isinstance(widths, list | tuple):
                message = f"hidden must be a list of widths, got {widths!r}"
                raise TypeError(message)
            given["hidden"] = tuple(widths)
        return replace(self, **given)

    def lacks(self, other: Self) -> str:
        """Return the first setting in which a run has not all of another one, empty if it has.

        >>> Settings(seeds=600).lacks(Settings()), Settings(seeds=20).lacks(Settings())
        ('', 'seeds')
        """
        had = other.to_dict()
        for name, value in self.to_dict().items():
            if name == "hidden":
                enough = value[: len(had[name])] == had[name]
            else:
                enough = value >= had[name] if name in _MORE else value == had[name]
            if not enough:
                return name
        return ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return {**asdict(self), "hidden": list(self.hidden)}

    def to_toml(self) -> str:
        """Return the file that reproduces this run; JSON's numbers, texts and lists are TOML's."""
        return "".join(f"{name} = {json.dumps(value)}\n" for name, value in self.to_dict().items())

    def training(self, draw: int, m: int) -> dict[str, Any]:
        """Return what the end of a seed's way depends on, for one draw and width."""
        needed = ("activation", "samples", "class_mean", "variance", "initial", "learning_rate")
        values = self.to_dict()
        options = {name: values[name] for name in (*needed, "max_steps", "tolerance")}
        return {**options, "draw": draw, "m": m}


def _integer(name: str, value: object, *, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        message = f"{name} must be an integer, got {value!r}"
        raise TypeError(message)
    if value < least:
        message = f"{name} must be at least {least}, got {value}"
        raise ValueError(message)


def _number(name: str, value: object, *, positive: bool) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"{name} must be a number, got {value!r}"
        raise TypeError(message)
    if not math.isfinite(value) or value < 0 or (positive and value == 0):
        rule = "larger than 0" if positive else "at least 0"
        message = f"{name} must be finite and {rule}, got {value!r}"
        raise ValueError(message)

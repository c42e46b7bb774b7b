"""Files of MLPs: an array for each matrix and vector, and the names of all else."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import _files, _layers


def write(path: str | os.PathLike[str], arrays: Mapping[str, Any], **names: Any) -> None:
    """Write an .npz file of weights and biases by name, and of names; None is left out."""
    own = {name: np.array(x, str) for name, x in names.items() if x is not None}
    _files.write(path, {**arrays, **own})


def read(path: str | os.PathLike[str]) -> tuple[list[Any], list[Any], dict[str, Any]]:
    """Return weights, biases and all else of a file, by the names of arguments."""
    most = [f"{x}{n}" for n in range(1, _layers.MOST + 1) for x in "Wb"]
    arrays = _files.read(path, "MLP", optional=(*most, "feature_names"))
    numbers = range(1, sum(name.startswith("W") for name in arrays) + 1)
    layers = {f"{x}{n}" for n in numbers for x in "Wb"}
    if stray := sorted(set(most) & set(arrays) - layers):
        message = f"{stray[0]} belongs to none of its {len(numbers)} layers"
        raise invalid(path, message)
    own: dict[str, Any] = {
        x: arrays[x].tolist() for x in ("loss", "frozen", "feature_names") if x in arrays
    }
    own["activation"] = arrays["activations"].tolist()
    biases = [arrays.get(f"b{n}") for n in numbers]
    return [arrays[f"W{n}"] for n in numbers], biases, own


def invalid(path: str | os.PathLike[str], cause: object) -> ValueError:
    """Return an error with the name of a file."""
    return ValueError(f"{os.fspath(path)} holds no valid network: {cause}")

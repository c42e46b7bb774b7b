"""The paper's figures 2 to 12, by number (13, the activations, is in the proof report)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from . import drawing, figures_bounds, figures_points
from .study import Study

FUNCTIONS: dict[int, Callable[[Study], Figure]] = {
    int(name.removeprefix("figure_")): function
    for module in (figures_bounds, figures_points)
    for name, function in vars(module).items()
    if re.fullmatch(r"figure_\d+", name)
}

CAPTIONS = {
    2: "The exact largest eigenvalue against its bounds, at every unique critical point. Beside "
    "the paper's λ̄ stand the lower bound and ‖H‖_F.",
    3: "The two largest λ̄: decision boundary with the training data, and the loss along the top "
    "eigenvector with the parabolas of λ_max and λ̄.",
    4: "The two smallest λ̄, drawn like Figure 3, on the same scales.",
    5: "Loss, λ̄, λ_max and the lower bound during training. Left column: the highest and the "
    "lowest λ̄ (as in the paper); right column: the points whose λ̄ grew and shrank the most.",
    6: "The distribution of λ̄; the dashed line splits the low group from the high one.",
    7: "Macro-F1 on test data for the two groups, a mark for each point.",
    8: "The Hessian of one critical point in closed form and by central differences of the "
    "gradient, and the Frobenius norm of the difference at all points.",
    9: "tr H and tr H² in closed form against numpy.trace of the dense matrix.",
    10: "λ̄ against the norms of the two layers, biases included.",
    11: "λ̄ for each number of hidden units.",
    12: "λ̄ against ‖hhᵀ‖_F of the hidden outputs, with the smallest λ̄ in each tenth of the points.",
}


@dataclass(frozen=True)
class Plate:
    """A figure that was written: its number, its caption, and its files' name."""

    number: int
    caption: str
    name: str


def draw_all(
    study: Study, folder: Path, step: Callable[[int], object] = lambda number: None
) -> list[Plate]:
    """Write every figure as SVG and PNG."""
    return list(_plates(study, folder, step))


def _plates(study: Study, folder: Path, step: Callable[[int], object]) -> Iterator[Plate]:
    for number, function in sorted(FUNCTIONS.items()):
        step(number)
        with drawing.style():
            name = f"figure-{number:02}"
            drawing.save(function(study), folder, name)
        yield Plate(number, CAPTIONS[number], name)

"""What the paper says of its experiment, and which questions test it."""

from collections.abc import Callable
from dataclasses import dataclass

from . import questions
from .questions import Part
from .study import Study


@dataclass(frozen=True)
class Claim:
    """A statement of the paper, where it stands, the paper's number, and its tests in one draw.

    The tests are an empty list where the run cannot say anything about it.
    """

    key: str
    source: str
    statement: str
    paper: str
    test: Callable[[Study], list[Part]]
    note: str = ""


CLAIMS = (
    Claim(
        "counts-3",
        "App. C",
        "With m = 3, 460 of 500 seeds converge, to 353 unique critical points.",
        "460, 353",
        questions.count_test(3, 460, 353),
        "The settings were chosen so that these counts come out, in the first draw.",
    ),
    Claim(
        "counts-10",
        "App. C",
        "With m = 10, 453 of 500 seeds converge, to 420 unique critical points.",
        "453, 420",
        questions.count_test(10, 453, 420),
        "Points count as duplicates at the same distance as with m = 3.",
    ),
    Claim(
        "tight",
        "Fig. 2",
        "The bound λ̄ is close to λ_max at all critical points.",
        "a scatter plot",
        questions.tight,
    ),
    Claim("tracks", "Fig. 5", "λ̄ tracks λ_max during training.", "two curves", questions.tracks),
    Claim(
        "skewed",
        "Fig. 6",
        "The distribution of λ̄ is heavily right-skewed.",
        "a histogram",
        questions.skewed,
    ),
    Claim(
        "scores",
        "Fig. 7",
        "Points with a high λ̄ have a lower median of macro-F1 on test data, and a wider spread.",
        "significant at 1 %",
        questions.scores,
        "The groups are the 317/353 smallest and the rest, as in the paper.",
    ),
    Claim("norm-w", "Fig. 10", "λ̄ tends to grow with ‖w‖.", "a scatter plot", questions.norm_w),
    Claim(
        "norm-A",
        "Fig. 10",
        "There is no clear relation between λ̄ and ‖A‖.",
        "a scatter plot",
        questions.norm_A,
    ),
    Claim(
        "widths",
        "Fig. 11",
        "λ̄ differs between the widths: more hidden units, higher λ̄.",
        "significant at 1 %",
        questions.widths,
    ),
    Claim(
        "envelope",
        "Fig. 12",
        "As ‖hhᵀ‖_F grows, the lower envelope of λ̄ rises.",
        "a scatter plot",
        questions.envelope,
    ),
    Claim(
        "hessian",
        "Fig. 8",
        "The Hessian in closed form equals the numerical one.",
        "a mean error (not legible)",
        questions.hessian,
    ),
    Claim(
        "traces",
        "Fig. 9",
        "The traces in closed form equal those of the Hessian matrix.",
        "two scatter plots",
        questions.traces,
    ),
    Claim(
        "dynamics",
        "Fig. 5",
        "The loss falls either while λ̄ rises (highest λ̄) or without a rise (lowest λ̄).",
        "two curves",
        questions.dynamics,
    ),
    Claim(
        "distortion",
        "Figs. 3, 4",
        "Large λ̄ goes with distorted decision boundaries, small λ̄ with little distortion.",
        "four pictures",
        questions.distortion,
        "The paper defines no measure of distortion; both are ours. That the loss along the top "
        "eigenvector is sharper for larger λ_max is true by definition and not tested.",
    ),
)

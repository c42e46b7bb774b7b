"""Numbers that stand beside the verdicts: counts and statistics of every draw and width."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from . import statistics as st
from ._typing import Array
from .measures import Measures
from .study import Study


@dataclass(frozen=True)
class Line:
    """One draw and width: what was counted and how the measures are distributed."""

    draw: int
    m: int
    seeds: int
    converged: int
    unique: int
    stray: float | None
    ratio: list[float]
    bound: list[float]
    skewness: float
    negative: float
    frobenius_ratio: float
    spearman_w: float
    spearman_A: float
    spearman_hidden: float
    f1_low: float
    f1_high: float
    f1_p: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON; a number that does not exist is None."""
        return {name: _known(value) for name, value in asdict(self).items()}


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value


def lines(study: Study) -> Iterator[Line]:
    """Yield a line for each width; negative is the share of points with λ_min < −1e-8 λ_max."""
    for m, found in study.measures.items():
        counts = study.counts[m]
        low, high = _scores(found, study.settings.low_fraction)
        yield Line(
            draw=study.draw,
            m=m,
            seeds=counts.seeds,
            converged=counts.converged,
            unique=counts.unique,
            stray=counts.stray,
            ratio=st.quantiles(found.bound / found.largest),
            bound=st.quantiles(found.bound),
            skewness=st.skewness(found.bound).value,
            negative=float(np.mean(found.smallest < -1e-8 * found.largest)),
            frobenius_ratio=float(np.median(found.frobenius / found.largest)),
            spearman_w=st.spearman(found.norm_w, found.bound).value,
            spearman_A=st.spearman(found.norm_A, found.bound).value,
            spearman_hidden=st.spearman(found.norm_hidden, found.bound).value,
            f1_low=st.median(low),
            f1_high=st.median(high),
            f1_p=st.mann_whitney(low, high).p,
        )


def _scores(found: Measures, fraction: float) -> tuple[Array, Array]:
    low = st.low_group(found.bound, fraction)
    return found.f1[low], found.f1[~low]

"""What Hypothesis draws: small networks with samples. A seed keeps drawing and shrinking cheap."""

import numpy as np
from hypothesis import strategies as st

import hessbound as hb

from .cases import Problem


@st.composite
def problems(draw, max_samples=6, max_inputs=4, max_hidden=4):
    """Draw a network and samples: any activation, tame to saturated, hard or soft labels."""
    N = draw(st.integers(1, max_samples))
    d = draw(st.integers(1, max_inputs))
    m = draw(st.integers(1, max_hidden))
    scale = draw(st.sampled_from([0.1, 1.0, 4.0]))
    soft = draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y = rng.uniform(size=N) if soft else rng.integers(0, 2, N).astype(float)
    return Problem(
        net=hb.Network(
            scale * rng.normal(size=(m, d + 1)),
            scale * rng.normal(size=m + 1),
            activation=draw(st.sampled_from(hb.activations())),
        ),
        X=rng.normal(size=(N, d)),
        y=y,
        weight=rng.integers(1, 4, N).astype(float),
    )


reductions = st.sampled_from(["sum", "mean"])

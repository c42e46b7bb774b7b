"""What a kernel takes from the forward pass: no derivative that it does not use (stage 5).

What depends on the activation, or on the loss, is in functions that kernels call by their address;
a function's name lists the arrays that it fills: ``unit_h_f1``, ``sample_e_p``.
"""

from collections.abc import Collection
from dataclasses import dataclass

from hessbound.derive.lowering.programs import FEATURES

from .places import LayoutError

SLOPES = {"loss": 0, "e": 1, "p": 2, "p1": 3}
SAMPLES = (("loss",), ("e",), ("loss", "e"), ("e", "p"), ("e", "p", "p1"))
"""What kernels ask of a loss, each a function; short ones first."""


@dataclass(frozen=True)
class ForwardCode:
    """The functions that a kernel takes, printed lines that call them, and what these fill."""

    features: tuple[str, ...]
    slopes: tuple[str, ...]
    functions: tuple[str, ...]
    workspaces: tuple[str, ...]
    lines: tuple[str, ...]


def forward_code(used: set[str], numbers: Collection[str]) -> ForwardCode:
    """Print the forward pass up to the highest derivative used; ``numbers`` are the constant ones.

    >>> forward_code({"e", "f1"}, ()).functions
    ('unit_h_f1', 'sample_e')
    >>> forward_code({"h", "p"}, ("f1", "f2", "f3")).lines[1]
    'fill_rows(unit_h, n, U, h)'
    """
    last = max((n for n, name in enumerate(FEATURES) if name in used), default=0)
    features = tuple(name for name in FEATURES[: last + 1] if name not in numbers)
    slopes = _slopes(used)
    unit, sample = "_".join(["unit", *features]), "_".join(["sample", *slopes])
    workspaces = ["A_T = room(D, width)", "U = room(width, tile + PAD)"]
    workspaces += [f"{name} = room(m, tile)" for name in features]
    lines = [
        "panels(A_T, 0, m, XT, i0, n, D, U, 0, 0)  # U = X̄Aᵀ",
        f"fill_rows({unit}, n, U, {', '.join(features)})",
    ]
    if slopes or "v" in used:
        workspaces += [f"{name} = room(1, tile)[0]" for name in ("n0", "v", *slopes)]
        lines.append("_output(w, n, n0, v, h)  # v = H̄w")
    if slopes:
        given = f"v, y[i0 : i0 + n], omega[i0 : i0 + n], {', '.join(slopes)}"
        lines.append(f"fill_row({sample}, n, {given})")
    functions = (unit, sample) if slopes else (unit,)
    return ForwardCode(features, slopes, functions, tuple(workspaces), tuple(lines))


def _slopes(used: set[str]) -> tuple[str, ...]:
    """Return the fewest derivatives of the loss that hold those used."""
    wanted = used & SLOPES.keys()
    for names in ((), *SAMPLES):
        if wanted <= {*names}:
            return names
    msg = f"no function of the loss fills {', '.join(sorted(wanted))} together"
    raise LayoutError(msg)

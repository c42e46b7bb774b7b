"""What inductions over layers speak of: the recursions, and what is concluded from them.

What a step is a step of, where the recursion begins and what a conclusion is about are fixed here,
by the name of what is derived (see ``statements.layers``). A claim chooses among them; it gives the
formulas, and the text that readers see is made from these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hessbound.derive.statements.plain import plain
from hessbound.derive.statements.trees import Node, walk

if TYPE_CHECKING:
    from .statements import Identity

LAYER = frozenset({"h", "f1", "f2", "f3", "W", "on_beta", "on_W"})  # its own values


@dataclass(frozen=True)
class Recursion:
    """What it speaks of, each with what is derived of it at the next layer.

    ``own`` is what its steps may use beside that, ``text`` where it begins, which is by definition.
    """

    steps: dict[str, str]
    own: frozenset[str]
    text: str


@dataclass(frozen=True)
class Conclusion:
    """The recursions that it rests on, what it may use beside what they speak of, and where."""

    recursions: tuple[str, ...]
    own: frozenset[str]
    text: str

    @property
    def known(self) -> frozenset[str]:
        """What a formula may speak of."""
        return self.own.union(*(RECURSIONS[name].steps for name in self.recursions))


RECURSIONS = {
    "down": Recursion({"g": "slope", "B": "curvature"}, LAYER, "g = e and B = S at the loss"),
    "across": Recursion(
        {"D": "next_jacobian"}, frozenset({"V", "t1"}), "D = diag f' at l' = l + 1"
    ),
    "up": Recursion({"M": "tangents", "lam": "laplacian"}, LAYER, "M = 0 and λ = 0 at the inputs"),
    "back": Recursion(
        {"g": "by_laplacian", "B": "by_tangents", "t": "by_inputs"},
        LAYER | {"M", "lam"},
        "g = e, B = S and t = ∇_z (⟨S, M⟩ + e·λ) at the loss",
    ),
}
CONCLUSIONS = {
    "own_hessian": Conclusion(("down",), LAYER, "every layer l"),
    "pair": Conclusion(("down", "across"), frozenset({"a", "phi", "V"}), "every two layers l < l'"),
    "end": Conclusion(("up",), frozenset({"S", "e"}), "F = ℓ and all of θ"),
    "by_biases": Conclusion(("up", "back"), LAYER, "T = tr H and every layer"),
    "by_weights": Conclusion(("up", "back"), LAYER, "T = tr H and every layer"),
}
SQUARES = {"own_hessian": 1, "pair": 2}  # how often tr H² has ‖Σ_i X_i‖² of each
TOTAL = (
    r"\operatorname{tr} H^{2} = \sum_{l} \lVert \sum_{i} H_{ll,i} \rVert^{2}"
    r" + 2 \sum_{l<l'} \lVert \sum_{i} H_{l'l,i} \rVert^{2}"
)
RECURSION_OF = {own: name for name, x in RECURSIONS.items() for own in x.steps.values()}


def derived(tree: Node) -> set[str]:
    """Return the names of what is derived in a tree."""
    return {x.args[0] for x in walk(tree) if x.op == "derived"}


def squared(tree: Node) -> str:
    """Return the name of X where a tree is ‖Σ_i X_i‖², as ``Layers.squares`` writes it."""
    match tree.op, tree.args:
        case "sum", (Node(op="times", args=(X, again)),) if X is again and X.op == "over":
            (i, *others), term = X.args
            if not others and term.op == "derived" and term.args[1] is i:
                return str(term.args[0])
    return ""


def total(conclusions: Iterable[Identity]) -> str:
    """Return as LaTeX what follows from conclusions about every layer and every two, or nothing.

    H is the sum of its samples' Hessians, and H_ll' is the transpose of H_l'l.
    """
    return TOTAL if {squared(part.sides.lhs) for part in conclusions} >= {*SQUARES} else ""


def depths(conclusions: Iterable[Identity]) -> tuple[int, ...]:
    """Return the numbers of hidden layers at which conclusions are compared with whole networks.

    At two a step follows a step; third derivatives of three take too long.
    """
    slopes = any({"by_biases", "by_weights"} & derived(part.sides.lhs) for part in conclusions)
    return (1, 2) if slopes else (1, 2, 3)


def text(steps: Iterable[Identity], conclusions: Iterable[Identity]) -> str:
    """Say what an induction states, in words of these tables and the formulas of its parts."""
    said = [f"for {where}: {_formula(part)}" for where, part in concluded(conclusions)]
    if follows := total(conclusions):
        said.append(f"so {plain(follows)}")
    return f"any number of layers, all trained: {'; '.join((*said, *_recursions(steps)))}"


def concluded(conclusions: Iterable[Identity]) -> Iterator[tuple[str, Identity]]:
    """Yield conclusions, each with what it holds for."""
    for part in conclusions:
        for name in sorted(derived(part.sides.lhs) & CONCLUSIONS.keys()):
            yield CONCLUSIONS[name].text, part


def _recursions(steps: Iterable[Identity]) -> Iterator[str]:
    found: dict[str, list[str]] = {}
    for step in steps:
        for name in sorted(derived(step.sides.lhs) & RECURSION_OF.keys()):
            found.setdefault(RECURSION_OF[name], []).append(_formula(step))
    for name, formulas in found.items():
        yield f"from {RECURSIONS[name].text}: {', '.join(formulas)}"


def _formula(part: Identity) -> str:
    lhs, rhs, _ = part.sides
    read = part.notation.latex().read
    return " = ".join(plain(read(side, part.sides.names).latex) for side in (lhs, rhs))

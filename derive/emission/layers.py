"""The steps of one layer as functions of arrays (stage 5).

A step is made of trees that claims for any depth state; see ``claims.depth`` and
``claims.trace_slopes``. What is printed is
read back: run on residues of a large prime, it must be what the trees say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from sympy.codegen.cfunctions import log1p
from sympy.printing.numpy import NumPyPrinter

from hessbound.derive.algebra.sides import ONE
from hessbound.derive.functions import softmax
from hessbound.derive.statements import steps
from hessbound.derive.statements.arrays import Tensor
from hessbound.derive.statements.draws import Values
from hessbound.derive.statements.fields import RESIDUES
from hessbound.derive.statements.layer_draws import SYMMETRIC, LayerNumbers, LayerSizes, arbitrary
from hessbound.derive.statements.layers import AT_SAMPLE, WEIGHTS, Layers, LayerSample
from hessbound.derive.statements.trees import Node, binders, walk

from .batched import ENDING, PAIRED, SAMPLES, Batched, Code
from .sample_matrices import HELPERS, helper_source

LAYOUTS = dict.fromkeys(("Q", "Y", "QW", "U", "A", "Q_here", "Q_v"), "crn")
"""Products with weights then need no other order."""

SIZES = (LayerSizes(3, 1, 2, 4, 1, 1, 2, 2), LayerSizes(2, 1, 3, 2, 2, 1, 2, 3))

COMPUTED = ("add", "matmul", "power", "sum", "times")

Build = Callable[..., Mapping[str, Node]]  # of the layers and a sample, or two samples


class ReadBackError(RuntimeError):
    """Code that does not compute what it was printed from."""


@dataclass(frozen=True)
class Step:
    """A function to print: its name, what it says, and the trees that it returns, by name."""

    name: str
    says: str
    build: Build
    pairs: bool = False


@dataclass(frozen=True)
class StepCode:
    """A function in Python."""

    name: str
    says: str
    arguments: tuple[str, ...]
    lines: tuple[str, ...]
    results: tuple[str, ...]


def _slopes(q: Layers, weights: Callable[[LayerSample], Node]) -> dict[str, Node]:
    """Return the slopes of tr H by β and W, of what QᵀQ and C give to the latter."""

    def own(i: Any) -> Node:
        s = q.at(i)
        return weights(s) + steps.weights_by_residual(s, s.m, s.lam)

    return {"beta": q.over(lambda i: q.at(i).t), "W": q.over(own)}


def _slopes_through(
    weights: Callable[[Layers, LayerSample], Node], curved: Callable[[Layers, LayerSample], Node]
) -> Build:
    """Add the slope by z of the layer below, where B above is QᵀQ + C."""

    def build(q: Layers, s: LayerSample) -> dict[str, Node]:
        found = _slopes(q, lambda s: steps.weights_by_factor(s, s.Y) + weights(q, s))
        both = steps.curved_by_factor(q, s.QW, s.Y) + curved(q, s)
        return found | {"t": steps.inputs_slope(q, s, s.d, both, s.m)}

    return build


def _slopes_last(q: Layers, s: LayerSample) -> dict[str, Node]:
    """Do the same where B above is QᵀQ."""
    curved = steps.curved_by_factor(q, s.QW, s.Y)
    own = _slopes(q, lambda s: steps.weights_by_factor(s, s.Y))
    return own | {"t": steps.inputs_slope(q, s, s.d, curved, s.m)}


def _residual(below: Node, s: LayerSample) -> dict[str, Node]:
    C = below + s.own.diag()
    return {"C": C, "d": C.diagonal()}


def _tangents(M: Node) -> dict[str, Node]:
    return {"M": M, "m": M.diagonal()}


def _pair_columns(q: Layers, _: LayerSample) -> dict[str, Node]:
    def rows(i: Any) -> Node:
        s = q.at(i)
        return steps.later_rows(s.omega * s.phi, s.U, s.D, s.omega * s.g)

    return {"beta": q.over(lambda i: q.at(i).omega * q.at(i).U), "V": q.over(rows)}


def _near_columns(q: Layers, _: LayerSample) -> dict[str, Node]:
    def rows(i: Any) -> Node:
        s = q.at(i)
        return steps.later_rows(s.omega * s.h, s.U, s.f1.diag(), s.omega * s.g)

    return {"beta": q.over(lambda i: q.at(i).omega * q.at(i).U), "V": q.over(rows)}


def _rows(s: LayerSample) -> steps.Rows:
    return s.phi, s.U, s.D, s.g


def _own_squares(_: Layers, s: LayerSample, t: LayerSample) -> dict[str, Node]:
    return dict(zip(("beta", "both", "W"), steps.squares_of_own(s, t), strict=True))


def _pair_squares(s: LayerSample, t: LayerSample, later: Node) -> dict[str, Node]:
    betas, inner = steps.square_of_pair(s.U, t.U), s.a.T @ t.a
    return {"betas": betas, "beta_W": inner * betas, "V_beta": later, "V_W": inner * later}


def _mixed(s: LayerSample, t: LayerSample, later: Node) -> dict[str, Node]:
    return {"V_beta": later, "V_W": (s.a.T @ t.a) * later}


STEPS = (
    Step("output", "z = β + Wh", lambda q, s: {"z": steps.output(q, s)}),
    Step("slope", "g = ∂F/∂z, one layer down", lambda q, s: {"g": steps.slope_below(q, s)}),
    Step(
        "gradient",
        "the slopes by β and W",
        lambda q, s: {
            "beta": q.over(lambda i: q.at(i).g),
            "W": q.over(lambda i: steps.weights_slope(q.at(i), q.at(i).g)),
        },
    ),
    Step(
        "gradients",
        "the same of each sample",
        lambda q, s: {"beta": s.g, "W": steps.weights_slope(s, s.g)},
    ),
    Step(
        "down",
        "one layer down, g, diag C of what is new in B, Q, QW and diag QᵀQ",
        lambda q, s: {
            "g": steps.slope_below(q, s),
            "c": steps.own_curvature(q, s),
            "Q": (Q := steps.factor_below(q, s)),
            "QW": s.Q @ q.W,
            "d": steps.diagonal_of_factor(q, Q),
        },
    ),
    Step(
        "residual_second",
        "C and diag C, one layer down, where it is diag c above",
        lambda q, s: _residual(steps.residual_below(q, s, s.c.diag() @ q.W), s),
    ),
    Step(
        "diagonal_of_residual_second",
        "diag C alone, where C is diag c above",
        lambda q, s: {"d": s.own + steps.diagonal_of_neighbour(q, s)},
    ),
    Step("residual_through", "A = CW", lambda q, s: {"A": steps.residual_moved(q, s)}),
    Step(
        "residual_further",
        "C and diag C, one layer down",
        lambda q, s: _residual(steps.residual_below(q, s, s.A), s),
    ),
    Step(
        "diagonal_of_residual_further",
        "diag C alone, one layer down, and diag WᵀCW",
        lambda q, s: {
            "d": s.own + steps.diagonal_of_residual(q, s, s.C @ q.W),
            "forms": steps.quadratic_forms(q, s.C @ q.W),
        },
    ),
    Step("diagonal_of_factor", "diag QᵀQ", lambda q, s: {"d": steps.diagonal_of_factor(q, s.Q)}),
    Step(
        "traces",
        "tr H_ll of each sample, of κ and diag B",
        lambda _, s: {"trace": steps.trained_trace(s.kappa, s.d)},
    ),
    Step(
        "diagonals",
        "summed over the samples, those of β and W",
        lambda q, s: {
            "beta": q.over(lambda i: q.at(i).d),
            "W": q.over(lambda i: steps.weights_curvature(q.at(i), q.at(i).d)),
        },
    ),
    Step("output_along", "by how much z moves", lambda q, s: {"z": steps.output_moved(q, s)}),
    Step(
        "slope_along",
        "by how much g moves, one layer down",
        lambda q, s: {"g": steps.slope_moved(q, s)},
    ),
    Step("slope_along_factor", "the same without f″", lambda q, s: {"g": steps.factor_moved(q, s)}),
    Step(
        "gradient_along",
        "by how much the slopes by β and W move",
        lambda q, s: {
            "beta": q.over(lambda i: q.at(i).g_to),
            "W": q.over(lambda i: steps.gradient_moved(q.at(i))),
        },
    ),
    Step(
        "gradient_along_factor",
        "the same of QᵀQ",
        lambda q, s: {
            "beta": q.over(lambda i: q.at(i).g_to),
            "W": q.over(lambda i: steps.weights_slope(q.at(i), q.at(i).g_to)),
        },
    ),
    Step("tangents_own", "κ", lambda q, s: {"kappa": steps.own_tangents(q, s)}),
    Step("up_first", "QM, where M is κI", lambda q, s: {"Y": s.kappa * s.Q}),
    Step(
        "up",
        "one layer up, λ and QM",
        lambda q, s: {
            "lam": steps.laplacian_above(q, s, s.m.diag(), s.lam),
            "Y": steps.factor_above(q, s, s.kappa, s.Y),
        },
    ),
    Step(
        "up_last",
        "the same, λ and diag QMQᵀ alone",
        lambda q, s: {
            "lam": steps.laplacian_above(q, s, s.m.diag(), s.lam),
            "spread": steps.spread_of_rows(q, s, s.kappa, s.Q_here, s.Y),
        },
    ),
    Step(
        "tangents_second",
        "M and diag M, one layer up, where M is diag m below",
        lambda q, s: _tangents(steps.tangents_by_neighbour(q, s, s.kappa)),
    ),
    Step(
        "diagonal_second",
        "diag M alone, where M is diag m below",
        lambda q, s: {"m": steps.diagonal_by_neighbour(q, s, s.kappa)},
    ),
    Step("tangents_through", "G = WF′M", lambda q, s: {"G": steps.tangents_moved(q, s, s.M)}),
    Step(
        "tangents_further",
        "M and diag M, one layer up",
        lambda q, s: _tangents(steps.tangents_by_moved(q, s, s.kappa, s.G)),
    ),
    Step(
        "diagonal_further",
        "diag M alone, one layer up",
        lambda q, s: {"m": steps.diagonal_by_moved(q, s, s.kappa, s.G)},
    ),
    Step("slopes_last", "of tr H by β, W and the z below; B above is QᵀQ", _slopes_last),
    Step(
        "slopes_between_diagonals",
        "the same; B above is QᵀQ + diag c, M below is diag m",
        _slopes_through(steps.weights_by_neighbours, steps.curved_by_neighbours),
    ),
    Step(
        "slopes_on_diagonal",
        "the same; B above is QᵀQ + C, M below is diag m",
        _slopes_through(
            lambda q, s: steps.weights_by_diagonal(s, s.C @ q.W),
            lambda _, s: steps.curved_by_diagonal(s, s.forms),
        ),
    ),
    Step(
        "slopes_under_diagonal",
        "the same; B above is QᵀQ + diag c, M below is any matrix",
        _slopes_through(
            lambda q, s: steps.weights_by_moved(s, s.c.diag(), s.G),
            lambda q, s: steps.curved_by_moved(q, q.W, s.c.diag() @ s.G),
        ),
    ),
    Step(
        "slopes_between",
        "the same; C and M are any matrices",
        _slopes_through(
            lambda q, s: steps.weights_by_moved(s, s.C, s.G),
            lambda q, s: steps.curved_by_moved(q, s.A, s.G),
        ),
    ),
    Step(
        "softmax_slopes",
        "of tr H by the outputs",
        lambda _, s: {"t": steps.outputs_slope(s, steps.third_of_shares(s.pi, s.spread))},
    ),
    Step(
        "separate_slopes",
        "of tr H by the outputs, where each has a loss of its own",
        lambda _, s: {"t": steps.outputs_slope(s, s.ratio * s.spread)},
    ),
    Step(
        "softmax",
        "ℓ, ∂ℓ/∂v and the factor Q of ∂²ℓ/∂v², each for the sample's weight",
        lambda q, s: {
            "loss": s.omega * steps.softmax_loss(s),
            "g": s.omega * steps.softmax_slope(s),
            "Q": (s.root_omega * steps.softmax_factor(s.pi, s.root, s.pi_bar)).T,
        },
    ),
    Step(
        "through_factor", "QᵀQ times how z above moves", lambda q, s: {"g": s.Q.T @ (s.Q @ s.g_to)}
    ),
    Step("of_factor", "B = QᵀQ", lambda q, s: {"B": steps.of_factor(s.Q)}),
    Step("curvature", "B, one layer down", lambda q, s: {"B": steps.curvature_below(q, s)}),
    Step("curved", "U = BVD", lambda q, s: {"U": steps.curved(q, s)}),
    Step("curved_near", "U = BWF′", lambda q, s: {"U": steps.curved_near(q, s)}),
    Step("jacobian", "D, one layer up", lambda q, s: {"D": steps.jacobian(q, s, s.D)}),
    Step(
        "jacobian_near",
        "the same where D is F′",
        lambda q, s: {"D": s.t1.diag() @ (q.W @ s.f1.diag())},
    ),
    Step(
        "own_columns",
        "H_ll: the rows of β and of W, summed over the samples with weights",
        lambda q, s: {
            "beta": q.over(lambda i: q.at(i).omega * q.at(i).B),
            "W": q.over(lambda i: (q.at(i).omega * q.at(i).h).kron(q.at(i).B)),
        },
    ),
    Step("pair_columns", "H_l'l: the same of a later layer's β and V", _pair_columns),
    Step("near_columns", "the same where D is F′", _near_columns),
    Step("own_squares", "‖H_ll‖²: that of β, of W and β, and of W", _own_squares, pairs=True),
    Step(
        "pair_squares",
        "‖H_l'l‖²: what is symmetric, of β' and β, of β' and W, of V and β, and of V and W",
        lambda q, s, t: _pair_squares(s, t, steps.squares_of_later(_rows(s), _rows(t))),
        pairs=True,
    ),
    Step(
        "pair_mixed",
        "the rest, of V and β, and of V and W",
        lambda q, s, t: _mixed(s, t, steps.mixed_of_later(_rows(s), _rows(t))),
        pairs=True,
    ),
    Step(
        "near_squares",
        "the same as pair_squares where D is F′",
        lambda q, s, t: _pair_squares(s, t, steps.squares_of_near(s, t, s.U, t.U)),
        pairs=True,
    ),
    Step(
        "near_mixed",
        "the same as pair_mixed where D is F′",
        lambda q, s, t: _mixed(s, t, steps.mixed_of_near(s, t, s.U)),
        pairs=True,
    ),
)


def step_code(step: Step) -> StepCode:
    """Print a step, and read it back; ReadBackError where it is another."""
    symbols, q = binders(1 + step.pairs), Layers()
    places = dict(zip(symbols, SAMPLES + PAIRED, strict=False))
    trees = step.build(q, *map(q.at, symbols))
    batched = Batched(LAYOUTS, dict(_shared(trees.values())))
    codes = {name: _placed(name, batched.read(tree, places)) for name, tree in trees.items()}
    order = [y for x in AT_SAMPLE for y in (x, x + ENDING)]
    arguments = sorted(
        batched.used, key=lambda x: (x in order, order.index(x) if x in order else x)
    )
    code = StepCode(
        step.name,
        step.says,
        tuple(arguments),
        tuple(batched.lines),
        tuple(x.text for x in codes.values()),
    )
    axes = [x.axes for x in codes.values()]
    for name, own in zip(trees, axes, strict=True):
        taken = own[-1] == SAMPLES and len(own) == 3 and name not in SYMMETRIC
        if taken and own != LAYOUTS.get(name, "rcn"):
            msg = f"{name} of {step.name} has its axes in another order than those who take it"
            raise ReadBackError(msg)
    for seed, sizes in enumerate(SIZES):
        values = arbitrary(sizes, seed, RESIDUES)  # in which any residues stand for 1 − π and √π
        for name, found, right in zip(
            trees, _run(code, values), _right(trees, places, values, axes), strict=True
        ):
            if found.shape != right.shape or (found != right).any():
                msg = f"{name} of {step.name} is not what it was printed from"
                raise ReadBackError(msg)
    return code


def _placed(name: str, code: Code) -> Code:
    """Bring U into its layout; Q has its own as it comes."""
    own = LAYOUTS["U"] if name == "U" else code.axes
    return code if own == code.axes else Code(code.like(own), own)


def fields() -> dict[str, Any]:
    """Return what the template of the module is laid out from."""
    return {
        "helpers": [helper_source(f) for f in HELPERS],
        "steps": [step_code(step) for step in STEPS],
        "softmax": softmax_code(),
    }


def _shared(trees: Collection[Node]) -> Iterator[tuple[Node, str]]:
    """Name the operations that are used more than once."""
    uses = Counter(trees)
    for node in {id(x): x for tree in trees for x in walk(tree)}.values():
        uses.update(x for x in node.args if isinstance(x, Node))
    found = [x for x, n in uses.items() if n > 1 and x.op in COMPUTED]
    return ((x, f"t{n}") for n, x in enumerate(found))


def source(code: StepCode) -> str:
    """Return a function's text."""
    body = [f"    {line}" for line in (*code.lines, f"return {', '.join(code.results)}")]
    return "\n".join([f"def {code.name}({', '.join(code.arguments)}):", *body])


def _run(code: StepCode, values: Values) -> tuple[Tensor, ...]:
    """Run a function on residues."""
    scope: dict[str, Any] = {"np": np, **{f.__name__: f for f in HELPERS}}
    exec(compile(source(code), code.name, "exec"), scope)  # it was printed a moment ago
    found = scope[code.name](*(_laid_out(name, values) for name in code.arguments))
    return found if isinstance(found, tuple) else (found,)


def _laid_out(name: str, values: Values) -> Tensor:
    """Return a quantity as the functions take it, samples last; a side of length one is no axis."""
    name = name.removesuffix(ENDING)  # both blocks have all samples
    shared, x = name in WEIGHTS, values.known[name]
    x = x if shared else np.moveaxis(x, 0, -1)
    shape = WEIGHTS[name] if shared else AT_SAMPLE[name]
    x = x[tuple(0 if side == ONE else slice(None) for side in shape)]
    if name in LAYOUTS:
        return x.transpose(["rcn".index(axis) for axis in LAYOUTS[name]])
    return x


def _right(
    trees: Mapping[str, Node], places: Mapping[Any, str], values: Values, axes: list[str]
) -> Iterator[Tensor]:
    """Yield what the trees say."""
    numbers, N = LayerNumbers(values), range(values.sizes.of("sample"))
    for tree, own in zip(trees.values(), axes, strict=True):
        at = [{}] if not set(own) & {*places.values()} else None
        pairs = at or [dict(zip(places, x, strict=True)) for x in product(N, repeat=len(places))]
        found = np.stack([numbers.read(tree, x).array for x in pairs], axis=-1)
        yield _with_axes(found, tree, own, values, [len(N)] * len(places) if at is None else [])


def _with_axes(found: Tensor, tree: Node, own: str, values: Values, samples: list[int]) -> Tensor:
    """Lay out a matrix of each sample, or pair of samples, as the code has it."""
    rows, cols = (values.sizes.length(side) for side in tree.shape)
    outer = 1
    if "t" in own:  # of a Kronecker product, whose first factor has the axis t
        outer = values.sizes.length((tree.shape.rows[0][:1],))
    full, x = "trc", found.reshape(outer, rows // outer, cols, *samples)
    full += (SAMPLES + PAIRED)[: len(samples)]
    x = x[tuple(slice(None) if axis in own else 0 for axis in full)]
    left = [axis for axis in full if axis in own]
    return x.transpose([left.index(axis) for axis in own])


def softmax_code() -> dict[str, str]:
    """Return what π and the others are, in NumPy's functions."""
    names = {
        "share": "SHARE",
        "rest": "REST",
        "rest_of_top": "REST_OF_TOP",
        "root": "ROOT",
        "loss": "LOSS",
    }
    return {key: _printed(getattr(softmax, name)) for key, name in names.items()}


def _printed(expr: sp.Expr) -> str:
    exact = expr.replace(lambda x: x == sp.log(1 + softmax.rho), lambda _: log1p(softmax.rho))
    return str(NumPyPrinter().doprint(exact)).replace("numpy.", "np.")

r"""Statements on layers as LaTeX.

What belongs to the layer above has no mark of its own but where both have it: z⁺, M⁺ and λ⁺.
"""

from __future__ import annotations

from .formulas import Formula, Level
from .interpreter import Places
from .latex import Latex, as_formula
from .trees import Node

SYMBOLS = {
    "beta": "b",
    "beta_to": r"{\dot b}",
    "W_to": r"{\dot W}",
    "on_beta": "[b]",
    "on_W": "[W]",
    "f1": "{f'}",
    "f2": "{f''}",
    "f3": "{f'''}",
    "lam": r"\lambda",
    "lam_v": r"\lambda",
    "kappa": r"\kappa",
    "Q_v": "Q",
    "spread": r"\varsigma",
    "YF": "{YF'}",
    "squares": "s",
    "grown": r"\gamma",
    "carried": r"\mu",
    "h_to": r"{\dot h}",
    "ratio": r"\tau",
    "z_to": r"{\dot z}",
    "g_to": r"{\dot g}",
    "t1": "{f'}(z^{l'})",
    "phi": r"\varphi",
    "pi": r"\pi",
    "pi_bar": r"\bar\pi",
    "root": r"\varrho",
    "surprise": r"{(-\log \pi)}",
    "label": "y",
    "label_bar": r"\bar y",
    "omega": r"\omega",
    "root_omega": r"\sqrt{\omega}",
    "lse": r"\operatorname{lse}",
}
DERIVED = {  # % is the sample
    "slope": r"\nabla_{z} F_{%}",
    "curvature": r"\nabla_{z}^{2} F_{%}",
    "own_gradient": r"\nabla_{(b, W)} F_{%}",
    "own_slope": r"\nabla_{W} F_{%}",
    "own_curvatures": r"\nabla_{W}^{\circ 2} F_{%}",
    "own_hessian": "H_{ll,%}",
    "own_part_0_0": r"\nabla_{b}^{2} F_{%}",
    "own_part_1_0": r"\nabla_{W} \nabla_{b} F_{%}",
    "own_part_1_1": r"\nabla_{W}^{2} F_{%}",
    "pair": "H_{l'l,%}",
    "pair_part_0_0": r"\nabla_{b'} \nabla_{b} F_{%}",
    "pair_part_0_1": r"\nabla_{b'} \nabla_{W} F_{%}",
    "pair_part_1_0": r"\nabla_{V} \nabla_{b} F_{%}",
    "pair_part_1_1": r"\nabla_{V} \nabla_{W} F_{%}",
    "next_jacobian": r"\nabla_{z} f(z^{l'}_{%})",
    "tangents": "M_{%}^{+}",
    "laplacian": r"\lambda_{%}^{+}",
    "laplacian_here": r"\lambda_{%}",
    "end": r"\operatorname{tr} \nabla_{\theta}^{2} F_{%}",
    "by_tangents": r"\nabla_{M} T_{%}",
    "by_laplacian": r"\nabla_{\lambda} T_{%}",
    "by_biases": r"\nabla_{b} T_{%}",
    "by_weights": r"\nabla_{W} T_{%}",
    "by_inputs": r"\nabla_{z} T_{%}",
    "output": "z_{%}^{+}",
    "output_along": r"{\dot z}_{%}^{+}",
    "slope_along": r"\frac{d}{dt} \nabla_{z} F_{%}",
    "own_gradient_along": r"\frac{d}{dt} \nabla_{W} F_{%}",
    "softmax_slope": r"\nabla_{v} \ell_{%}",
    "softmax_curvature": r"\nabla_{v}^{2} \ell_{%}",
    "softmax_third": r"\nabla_{v} \langle \nabla_{v}^{2} \ell_{%}, R_{%} \rangle",
}
ATOMS = ("own_hessian", "pair")


class LayerLatex(Latex):
    r"""The LaTeX of trees on layers.

    >>> from .layers import Layers
    >>> from .trees import binders
    >>> (i,), q = binders(1), Layers()
    >>> print(LayerLatex().read(q.at(i).f1 * (q.W.T @ q.at(i).g), {i: "i"}).latex)
    {f'}_{i} \circ W^{\top} g_{i}
    """

    def on_quantity(self, node: Node, at: Places) -> Formula:
        """Write weights by their name."""
        name: str = node.args[0]
        return as_formula(SYMBOLS.get(name, name), node.shape)

    def on_of(self, node: Node, at: Places) -> Formula:
        """Write what belongs to a sample, with the index below."""
        name, i = node.args
        return as_formula(f"{SYMBOLS.get(name, name)}_{{{at[i]}}}", node.shape)

    def on_named(self, node: Node, at: Places) -> Formula:
        """Write what has a definition by its name, of the one sample."""
        name, meaning = node.args
        (i,) = meaning.free
        return as_formula(f"{SYMBOLS.get(name, name)}_{{{at[i]}}}", node.shape)

    def on_eye(self, node: Node, at: Places) -> Formula:
        """Write an identity matrix."""
        return as_formula("I", node.shape)

    def on_derived(self, node: Node, at: Places) -> Formula:
        """Write a derivative."""
        name, i = node.args
        level = Level.ATOM if name in ATOMS else Level.NABLA
        return as_formula(DERIVED[name].replace("%", at[i]), node.shape, level)

"""The model and its loss, with symbolic N, d and m (stage 1).

Output: SymPy expressions that stage 2 differentiates. The activation and the loss are *differential
algebras*: symbols whose derivatives are polynomials in them. They enter SymPy as functions that
name their derivative (``fdiff``), so neither ``Subs`` and ``Derivative`` nor exp(v) ever arises. By
default both are opaque, f′ = f1, f1′ = f2, f2′ = f3 and ℓ′ = e, e′ = p, p′ = p1, and every result
then holds for any smooth activation and any loss of the output v.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

import sympy as sp

from hessbound.derive.algebra.kinds import KINDS
from hessbound.derive.functions.scalar import ScalarFunction

N, d, m = (KINDS[kind].count for kind in ("sample", "feature", "hidden"))
A, w, X = map(sp.IndexedBase, "AwX")
i, j, k = (sp.Dummy(name, integer=True) for name in "ijk")

u_symbol, v_symbol = sp.symbols("u v", real=True)
h, f1, f2, f3, loss, e, p, p1 = sp.symbols("h f1 f2 f3 loss e p p1", real=True)

Rules = Mapping[sp.Symbol, sp.Expr]


def functions(rules: Rules, variable: sp.Symbol) -> dict[sp.Symbol, type[sp.Function]]:
    """Return SymPy functions of one variable whose derivatives follow the rules."""
    known: dict[sp.Symbol, type[sp.Function]] = {}

    def derivative(name: sp.Symbol) -> object:
        def fdiff(self: sp.Function, argindex: int = 1) -> sp.Expr:
            if name not in rules:
                msg = f"the derivative of {name} is not declared"
                raise ValueError(msg)
            at = self.args[0]
            functions_of_at = {s: f(at) for s, f in known.items()}
            return rules[name].xreplace(functions_of_at).xreplace({variable: at})

        return fdiff

    for s in sorted({*rules, *_symbols(rules)} - {variable}, key=str):
        known[s] = type(s.name, (sp.Function,), {"fdiff": derivative(s), "symbol": s})
    return known


def _symbols(rules: Rules) -> set[sp.Symbol]:
    return {s for rule in rules.values() for s in rule.free_symbols}


@dataclass(frozen=True, eq=False)
class Model:
    """A three-layer network with a loss of its output, both given as differential algebras.

    u_k = Σ_{j=0}^{d} A_kj x_j,  v = w_0 + Σ_{k=1}^{m} w_k f(u_k),  L = Σ_i ℓ(v_i)  (Eqs. 1, 2, 5)
    """

    hidden: Rules = field(default_factory=lambda: {h: f1, f1: f2, f2: f3})
    activation: sp.Expr = h
    output: Rules = field(default_factory=lambda: {loss: e, e: p, p: p1})
    criterion: sp.Expr = loss

    @cached_property
    def hidden_functions(self) -> dict[sp.Symbol, type[sp.Function]]:
        """The activation's atoms as functions of u."""
        return functions(self.hidden, u_symbol)

    @cached_property
    def output_functions(self) -> dict[sp.Symbol, type[sp.Function]]:
        """The loss's atoms as functions of v."""
        return functions(self.output, v_symbol)

    def u(self, unit: sp.Expr) -> sp.Expr:
        """Return the input of a hidden unit, at sample i."""
        return sp.Sum(A[unit, j] * X[i, j], (j, 0, d))

    def f(self, unit: sp.Expr) -> sp.Expr:
        """Return the output of a hidden unit."""
        at = self.u(unit)
        atoms = {s: function(at) for s, function in self.hidden_functions.items()}
        return self.activation.xreplace(atoms).xreplace({u_symbol: at})

    @cached_property
    def v(self) -> sp.Expr:
        """The network's output before the sigmoid, at sample i."""
        return w[0] + sp.Sum(w[k] * self.f(k), (k, 1, m))

    @cached_property
    def loss(self) -> sp.Expr:
        """The loss of sample i."""
        atoms = {s: function(self.v) for s, function in self.output_functions.items()}
        return self.criterion.xreplace(atoms).xreplace({v_symbol: self.v})


GENERIC = Model()

ridge_A = sp.IndexedBase("ridge_A")  # of each input's weights, biases first
ridge_w0, ridge_b = sp.symbols("ridge_w0 ridge_b", real=True)


def penalty() -> sp.Expr:
    """Return ½ Σ_r ρ_r θ_r², where ρ is a number for each input's weights, for w₀ and for b."""
    hidden = sp.Sum(ridge_A[j] * A[k, j] ** 2, (k, 1, m), (j, 0, d))
    output = ridge_w0 * w[0] ** 2 + ridge_b * sp.Sum(w[k] ** 2, (k, 1, m))
    return (hidden + output) / 2


def parameter(block: str, at: Mapping[str, sp.Symbol]) -> sp.Expr:
    """Return an entry of a block of θ (see ``parameters``), at an index for each of its kinds."""
    match block:
        case "A":
            return A[at["hidden"], at["input"]]
        case "w0":
            return w[0]
    return w[at["hidden"]]


@cache
def model_of(activation: ScalarFunction) -> Model:
    """Return the network with that activation instead of an opaque one."""
    return Model(hidden=activation.rules, activation=activation.value)

"""What a line of code computes, in the paper's symbols: the comment beside it (stage 5).

Input: expressions of the IR; output: text. The indices i, k and a of the statement's own sample,
unit and input are left out, others stand as subscripts: e f′ w is e_i f′_ik w_k, and h_l another
unit's.
"""

import re
from collections.abc import Iterable, Mapping

import sympy as sp

from hessbound.derive.lowering.ir import (
    Assign,
    Product,
    Statement,
    a,
    beyond,
    i,
    indices_of,
    j,
    k,
)

SYMBOLS = {
    "X": "x̄",
    "X2": "x̄²",
    "w0": "w₀",
    "f1": "f′",
    "f2": "f″",
    "f3": "f‴",
    "p1": "p′",
    "loss": "ℓ",
    "norm": "‖x̄‖²",
    "out_A": "∂/∂A",
    "out_w0": "∂/∂w₀",
    "out_b": "∂/∂w",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "tau": "τ",
    "delta": "δ",
    "beta0": "β₀",
    "alpha_M": "α_M",
    "beta_M": "β_M",
    "gamma_M": "γ_M",
    "tau_M": "τ_M",
    "trace_hidden": "tr H_AA",
    "trace_output": "tr H_ww",
    "trace_squared": "tr H²",
    "total": "L",
    "ridge_A": "ρ_A",
    "ridge_w0": "ρ₀",
    "ridge_b": "ρ_w",
    "hidden": "tr D_AA",
    "output": "tr D_ww",
    "squared": "tr D²",
    "weighted_trace": "Σ ρ_r H_rr",
}
POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
LONGEST = 48
"""A note that would be longer keeps the names of sums in place of the sums."""
WIDEST = 110

Known = Mapping[sp.Symbol, sp.Sum]  # sums that have a name


def noted(line: str, statement: Statement, known: Known | None = None) -> str:
    """Put beside a line of code what its statement computes.

    >>> from hessbound.derive.lowering.ir import array
    >>> R = Assign(array("R", i, k), array("e", i) * array("f1", i, k) * array("w", k))
    >>> noted("R[k, r] = e[r]*f1[k, r]*b_k", R)
    'R[k, r] = e[r]*f1[k, r]*b_k  # e f′ w'
    """
    said = _note(statement, known or {})
    alone = isinstance(statement, Assign) and isinstance(statement.value, sp.Indexed | sp.Symbol)
    return line if alone and said in line else f"{line}  # {said}"


def noted_lines(line: str, statement: Statement, known: Known) -> list[str]:
    """Do the same, with the note above where both are too long for one line."""
    code, mark, said = noted(line, statement, known).partition("  # ")
    return _beside(code, said) if mark else [code]


def together(lines: Iterable[tuple[str, Statement]]) -> tuple[str, ...]:
    """Put notes beside lines, all of those that are the same beside one."""
    found: dict[str, list[str]] = {}
    for line, statement in lines:
        found.setdefault(line, []).append(_note(statement, {}))
    return tuple(x for line, notes in found.items() for x in _beside(line, ", ".join(notes)))


def _beside(line: str, said: str) -> list[str]:
    both = f"{line}  # {said}"
    return [both] if len(both) <= WIDEST else [f"# {said}", line]


def _note(s: Statement, known: Known) -> str:
    """Say what a statement computes."""
    value = _value(s)
    full = text(value.xreplace(dict(known)))
    shown = full if len(full) <= LONGEST else text(value)
    total = s.target not in known and (isinstance(s, Product) or s.add)
    return f"{text(s.target)} = {shown}" if total else shown


def _value(s: Statement) -> sp.Expr:
    """Return what a statement adds up, with the sum over what its target does not have."""
    if isinstance(s, Product):
        body = s.left * s.right
        match s.summed:
            case (x, y):
                return beyond(body, x, y, first=0)
        return sp.Sum(body, (s.over, 0, 0))
    present = {i, *(x for entry in s.value.atoms(sp.Indexed) for x in entry.indices)}
    over = [(x, 0, 0) for x in (i, j) if s.add and x in present and x not in indices_of(s.target)]
    return sp.Sum(s.value, *over) if over else s.value


def text(expr: sp.Expr) -> str:
    """Write an expression as products by juxtaposition.

    >>> from hessbound.derive.lowering.ir import array, total
    >>> text(array("p", i) * total(array("f1", i, k) ** 2 * array("w", k) ** 2, k))
    'p Σ_k f′² w²'
    """
    match expr:
        case sp.Add():
            terms = map(text, expr.as_ordered_terms())
            first, *rest = sorted(terms, key=lambda term: term.startswith("−"))
            return first + "".join(f" − {x[1:]}" if x[0] == "−" else f" + {x}" for x in rest)
        case sp.Mul():
            number, rest = expr.as_coeff_Mul()
            *factors, last = sorted(rest.as_ordered_factors(), key=lambda x: isinstance(x, sp.Sum))
            size = [] if abs(number) == 1 else [str(abs(number))]
            texts = [*size, *(_factor(x, sp.Add, sp.Sum) for x in factors), _factor(last, sp.Add)]
            return ("−" if number < 0 else "") + " ".join(texts)
        case sp.Pow() if expr.exp.is_Integer and expr.exp > 1:
            base = text(expr.base)
            return (f"({base})" if {*" /"} & {*base} else base) + str(expr.exp).translate(POWERS)
        case sp.Sum():
            return f"Σ_{_over(expr)} {_factor(expr.function, sp.Add)}"
        case sp.KroneckerDelta():
            return f"δ_{_letters(expr.args)}"
        case sp.Indexed():
            return _entry(expr)
    return SYMBOLS.get(str(expr), str(expr))


def _factor(expr: sp.Expr, *apart: type) -> str:
    return f"({text(expr)})" if isinstance(expr, apart) else text(expr)


def _over(total: sp.Sum) -> str:
    """Write what a sum is over, kl or k<l."""
    signs = {x: "<≤"[x_ == y] for x, x_, _ in total.limits for y in x_.free_symbols}
    ordered = sorted((limit[0] for limit in total.limits), key=lambda x: x in signs)
    return "".join(signs.get(x, "") + _letters([x]) for x in ordered)


def _letters(indices: Iterable[sp.Symbol]) -> str:
    return "".join(str(x).replace("_", "′") for x in indices)


def _entry(expr: sp.Indexed) -> str:
    name, at = str(expr.base), expr.indices
    shown = SYMBOLS.get(name) or re.sub(r"^(\w+)_\1$", r"(\1·\1)", name)
    own = all(x in (i, k, a) for x in at) and len(set(at)) == len(at)
    return shown if own else f"{shown}_{_letters(x for x in at if x != i or j in at)}"

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
    name_of,
)

SYMBOLS = {
    "X": "x̄",
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
}
POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
LONGEST = 48
"""A note that would be longer keeps the names of sums in place of the sums."""
WIDEST = 110

Known = Mapping[str, sp.Expr]  # sums that have a name, by that name


def noted(line: str, statement: Statement, known: Known | None = None) -> str:
    """Put beside a line of code what its statement computes.

    >>> from hessbound.derive.lowering.ir import array
    >>> R = Assign(array("R", i, k), array("e", i) * array("f1", i, k) * array("w", k))
    >>> noted("R[k, r] = e[r]*f1[k, r]*b_k", R)
    'R[k, r] = e[r]*f1[k, r]*b_k  # e f′ w'
    """
    said = note(statement, known or {})
    alone = isinstance(statement, Assign) and isinstance(statement.value, sp.Indexed | sp.Symbol)
    return line if alone and said in line else f"{line}  # {said}"


def noted_lines(line: str, statement: Statement, known: Known) -> list[str]:
    """Do the same, with the note above where both are too long for one line."""
    code, mark, said = noted(line, statement, known).partition("  # ")
    return _beside(code, said) if mark else [code]


def _beside(line: str, said: str) -> list[str]:
    both = f"{line}  # {said}"
    return [both] if len(both) <= WIDEST else [f"# {said}", line]


def together(lines: Iterable[tuple[str, Statement]]) -> tuple[str, ...]:
    """Put notes beside lines, all of those that are the same beside one."""
    found: dict[str, list[str]] = {}
    for line, statement in lines:
        found.setdefault(line, []).append(note(statement, {}))
    return tuple(x for line, notes in found.items() for x in _beside(line, ", ".join(notes)))


def note(statement: Statement, known: Known) -> str:
    """Say what a statement computes."""
    value, target = _value(statement), text(statement.target)
    full, short = (text(value, names) for names in (known, {}))
    own = name_of(statement.target)
    shown = full if len(full) <= LONGEST else short
    return shown if own in known or not _adds(statement) else f"{target} = {shown}"


def _adds(statement: Statement) -> bool:
    return isinstance(statement, Product) or statement.add


def _value(statement: Statement) -> sp.Expr:
    """Return what a statement adds up, with the sum over what its target does not have."""
    if isinstance(statement, Product):
        body = statement.left * statement.right
        match statement.summed:
            case (x, y):
                return beyond(body, x, y, first=0)
        return sp.Sum(body, (statement.over, 0, 0))
    present = {i, *(x for entry in statement.value.atoms(sp.Indexed) for x in entry.indices)}
    own = indices_of(statement.target)
    over = [(x, 0, 0) for x in (i, j) if statement.add and x in present and x not in own]
    return sp.Sum(statement.value, *over) if over else statement.value


def text(expr: sp.Expr, known: Known | None = None) -> str:
    """Write an expression as products by juxtaposition.

    >>> from hessbound.derive.lowering.ir import array, total
    >>> text(array("p", i) * total(array("f1", i, k) ** 2 * array("w", k) ** 2, k))
    'p Σ_k f′² w²'
    """
    known = known or {}
    match expr:
        case sp.Add():
            return _sum([text(x, known) for x in expr.as_ordered_terms()])
        case sp.Mul():
            return _product(expr, known)
        case sp.Pow() if expr.exp.is_Integer and expr.exp > 1:
            base = _factor(expr.base, known)
            several = (" " in base or "/" in base) and base[0] != "("
            return f"{f'({base})' if several else base}{_power(expr.exp)}"
        case sp.Sum():
            return f"Σ_{_over(expr)} {_factor(expr.function, known)}"
        case sp.KroneckerDelta():
            return f"δ_{''.join(map(_letter, expr.args))}"
        case sp.Indexed():
            return _entry(expr)
        case sp.Symbol() if expr.name in known:
            return text(known[expr.name], known)
        case _:
            return SYMBOLS.get(str(expr), str(expr))


def _over(total: sp.Sum) -> str:
    """Write what a sum is over, kl or k<l."""
    signs = {
        x: "≤" if start == y else "<" for x, start, _ in total.limits for y in start.free_symbols
    }
    return "".join(
        signs.get(x, "") + _letter(x)
        for x, *_ in sorted(total.limits, key=lambda limit: limit[0] in signs)
    )


def _letter(x: sp.Symbol) -> str:
    return str(x).replace("_", "′")


def _sum(terms: list[str]) -> str:
    first, *rest = sorted(terms, key=lambda term: term.startswith("−"))
    return first + "".join(f" − {x[1:]}" if x.startswith("−") else f" + {x}" for x in rest)


def _product(expr: sp.Expr, known: Known) -> str:
    number, rest = expr.as_coeff_Mul()
    factors = [
        x.xreplace({s: known[s.name] for s in [x] if s.is_Symbol and s.name in known})
        for x in rest.as_ordered_factors()
    ]
    factors.sort(key=lambda x: isinstance(x, sp.Sum))
    texts = [_factor(x, known) for x in factors[:-1]]
    texts = [f"({t})" if isinstance(x, sp.Sum) else t for t, x in zip(texts, factors, strict=False)]
    texts.append(_factor(factors[-1], known))
    sign = "−" if number < 0 else ""
    size = [str(abs(number))] if abs(number) != 1 else []
    return sign + " ".join([*size, *texts])


def _factor(expr: sp.Expr, known: Known) -> str:
    inner = known.get(expr.name, expr) if isinstance(expr, sp.Symbol) else expr
    return f"({text(inner, known)})" if isinstance(inner, sp.Add) else text(inner, known)


def _power(n: sp.Integer) -> str:
    return str(n).translate(POWERS)


def _entry(expr: sp.Indexed) -> str:
    name, at = str(expr.base), expr.indices
    shown = SYMBOLS.get(name) or re.sub(r"^(\w+)_\1$", r"(\1·\1)", name)
    own = all(x in (i, k, a) for x in at) and len(set(at)) == len(at)
    return shown if own else f"{shown}_{''.join(_letter(x) for x in at if x != i or j in at)}"

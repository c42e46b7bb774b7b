"""Multiplications and additions of programs, as polynomials in N, d and m (stage 5)."""

from collections.abc import Iterable

import sympy as sp

from hessbound.derive.algebra.kinds import KINDS as INDEX_KINDS

from .ir import KINDS, STAGES, Assign, Pairs, Product, Program, indices_of, split_diagonal


def program_flops(program: Program, whole: bool = False) -> sp.Expr:
    """Count a program's operations; of pairs of samples one half, unless they are done ``whole``.

    >>> from .programs import build
    >>> program_flops(build("sigmoid").module["gradient"])
    2*N*d*m + 6*N*m + N
    """
    total = sp.Integer(0)
    for name, stage in STAGES.items():
        half = name in ("tiles", "pairs") and not whole
        for s in getattr(program, name):
            count = _of_product(s) if isinstance(s, Product) else _of_assign(s, *(stage.loop or ()))
            total += count / 2 if half else count
    return sp.expand(total)


def _of_product(s: Product) -> sp.Expr:
    over = (s.summed,) if len(s.summed) == 2 else ()
    return 2 * _range(indices_of(s.target), s.symmetric) * _range(s.summed, over)


def _of_assign(s: Assign, *loop: sp.Symbol) -> sp.Expr:
    own = tuple(dict.fromkeys((*indices_of(s.target), *loop)))
    value, count = s.value, sp.Integer(0)
    for delta in value.atoms(sp.KroneckerDelta) if isinstance(value, sp.Add) else ():
        value, diagonal = split_diagonal(value, *delta.args)
        count += (_operations(diagonal) + 1) * _range(x for x in own if x != delta.args[1])
    return count + (_operations(value) + int(s.add)) * _range(own, s.symmetric)


def _operations(value: sp.Expr) -> sp.Expr:
    """Count what one entry takes, the sums in it included."""
    sums = {x: sp.Dummy() for x in value.atoms(sp.Sum)}
    each = ((_operations(x.function) + 1) * sp.summation(1, *x.limits) for x in sums)
    return sp.count_ops(value.xreplace(sums)) + sum(each, sp.Integer(0))


def _range(indices: Iterable[sp.Symbol], pairs: Pairs = ()) -> sp.Expr:
    """Return how many values the indices take together, where of the pairs one order counts."""
    counts = {x: INDEX_KINDS[KINDS[x]].count for x in indices}
    ordered = (counts.pop(x) * (counts.pop(y) + 1) / 2 for x, y in pairs)
    return sp.Mul(*ordered, *counts.values())

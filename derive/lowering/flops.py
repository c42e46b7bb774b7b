"""Multiplications and additions of programs, as polynomials in N, d and m (stage 5)."""

from dataclasses import replace

import sympy as sp

from hessbound.derive.algebra.kinds import KINDS as INDEX_KINDS

from .ir import KINDS, N, Product, Program, d, i, indices_of, m


def program_flops(program: Program) -> sp.Expr:
    """Count a program's operations; of tiles, those on one side of the diagonal."""
    total = sp.Integer(0)
    for product in (*program.before, *(s for s in program.after if isinstance(s, Product))):
        total += 2 * _range(*indices_of(product.target), product.over)
    for product in program.tiles:
        total += N**2 * _range(product.over)
    for s in program.samples:
        inner = s.value.function if isinstance(s.value, sp.Sum) else s.value
        limits = s.value.limits if isinstance(s.value, sp.Sum) else ()
        axes = {i, *indices_of(s.target), *(limit[0] for limit in limits)}
        total += (sp.count_ops(inner) + 1) * _range(*axes)
    for s in program.pairs:
        total += (sp.count_ops(s.value) + 1) * N**2 / 2
    return sp.expand(total)


def contraction_flops(program: Program) -> sp.Expr:
    """Count the operations of contractions over pairs of samples, in tiles that are whole."""
    whole = replace(program, tiles=(*program.tiles,) * 2, pairs=(*program.pairs,) * 2)
    products = [s for s in program.contracted if isinstance(s, Product)]
    return program_flops(whole) + sum(2 * _range(*indices_of(s.target), s.over) for s in products)


def block_flops() -> sp.Expr:
    """Count the operations of the direct algorithm."""
    units, inputs = m * (m + 1) / 2, (d + 1) * (d + 2) / 2
    products = 2 * N * (units * inputs + m * m * (d + 1) + m * (d + 1))
    return sp.expand(products + N * (4 * units + inputs + 4 * m * m + 2 * units + 8 * m))


def _range(*indices: sp.Symbol) -> sp.Expr:
    return sp.Mul(*(INDEX_KINDS[KINDS[x]].count for x in indices))

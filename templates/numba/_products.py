"""Two matrix products, and what else kernels do with matrices.

Sums over a long innermost index, the samples, need rows (add_dots); sums over a short one, units or
inputs, need columns (panels). Either way a group of entries stays in registers.
"""

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic

from ._compile import MATRIX, apart, jit


def _registers():
    """Numbers per vector register, and the rows and registers per row that this processor holds."""
    features = (
        get_host_cpu_features() if config.CPU_FEATURES is None else config.CPU_FEATURES
    ).split(",")
    return (8, 8, 3) if "+avx512f" in features else (4, 4, 3) if "+avx" in features else (2, 4, 6)


_LANES, _ROWS, _ACROSS = _registers()


class _Vectors:
    """Vector registers in LLVM's instructions.

    LLVM makes none of the loops in Python into those below.
    """

    def __init__(self, context, builder, signature, arguments):
        self.context, self.builder, self.signature, self.arguments = (
            context,
            builder,
            signature,
            arguments,
        )
        self.whole, self.vector = ir.IntType(64), ir.VectorType(ir.DoubleType(), _LANES)
        self.zero = ir.Constant(self.vector, [0.0] * _LANES)

    def array(self, position):
        """The first entry of a matrix, its number of rows, and their length."""
        value = self.context.make_array(self.signature.args[position])(
            self.context, self.builder, self.arguments[position]
        )
        return value.data, *(self.builder.extract_value(value.shape, axis) for axis in range(2))

    def _register(self, pointer):
        return self.builder.bitcast(pointer, self.vector.as_pointer())

    def load(self, pointer):
        """The numbers from here on, in a register."""
        value = self.builder.load(self._register(pointer))
        value.align = 8
        return value

    def store(self, value, pointer):
        """Write a register's numbers."""
        self.builder.store(value, self._register(pointer)).align = 8

    def fewer_than(self, count):
        """Which places of a register are below a number."""
        places = ir.VectorType(self.whole, _LANES)
        first = self.builder.insert_element(
            ir.Constant(places, ir.Undefined), count, ir.IntType(32)(0)
        )
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), _LANES), [0] * _LANES)
        counts = self.builder.shuffle_vector(first, first, zeros)
        return self.builder.icmp_signed("<", ir.Constant(places, list(range(_LANES))), counts)

    def _masked(self, name, result, operands):
        kinds = [operand.type for operand in operands]
        function = cgutils.get_or_insert_function(
            self.builder.module, ir.FunctionType(result, kinds), name
        )
        return self.builder.call(function, operands)

    def load_some(self, pointer, inside):
        """The numbers from here on at those places, and 0 at the others."""
        operands = [self._register(pointer), ir.IntType(32)(8), inside, self.zero]
        return self._masked(f"llvm.masked.load.v{_LANES}f64.p0", self.vector, operands)

    def store_some(self, value, pointer, inside):
        """Write a register's numbers at those places only."""
        operands = [value, self._register(pointer), ir.IntType(32)(8), inside]
        self._masked(f"llvm.masked.store.v{_LANES}f64.p0", ir.VoidType(), operands)

    def everywhere(self, number):
        """A register that is full of a number."""
        one = self.builder.insert_element(
            ir.Constant(self.vector, ir.Undefined), number, ir.IntType(32)(0)
        )
        return self._picked(one, one, [0] * _LANES)

    def _picked(self, a, b, places):
        return self.builder.shuffle_vector(
            a, b, ir.Constant(ir.VectorType(ir.IntType(32), _LANES), places)
        )

    def fma(self, a, b, c):
        """a*b + c."""
        name = f"llvm.fma.v{_LANES}f64"
        function = cgutils.get_or_insert_function(
            self.builder.module, ir.FunctionType(self.vector, [self.vector] * 3), name
        )
        return self.builder.call(function, [a, b, c])

    def summed(self, registers):
        """The sums of the numbers in each of _LANES registers, in one."""
        while len(registers) > 1:  # neighbours are added, in two registers at once
            pairs = zip(registers[::2], registers[1::2])
            even, odd = ([2 * x + first for x in range(_LANES)] for first in range(2))
            registers = [
                self.builder.fadd(self._picked(a, b, even), self._picked(a, b, odd))
                for a, b in pairs
            ]
        return registers[0]

    def loop(self, name, start, stop, step, registers, body):
        """What body(i, registers) makes of them in turn for each i."""
        builder = self.builder
        before, inside, after = (
            builder.block,
            builder.append_basic_block(name),
            builder.append_basic_block(name + ".end"),
        )
        builder.cbranch(builder.icmp_signed("<", start, stop), inside, after)
        builder.position_at_end(inside)
        i, values = builder.phi(self.whole), [builder.phi(self.vector) for _ in registers]
        changed = body(i, values)
        following = builder.add(i, self.whole(step))
        builder.cbranch(builder.icmp_signed("<", following, stop), inside, after)
        for phi, first, again in zip([i, *values], [start, *registers], [following, *changed]):
            phi.add_incoming(first, before)
            phi.add_incoming(again, inside)
        builder.position_at_end(after)
        results = [builder.phi(self.vector) for _ in registers]
        for phi, first, last in zip(results, registers, changed):
            phi.add_incoming(first, before)
            phi.add_incoming(last, inside)
        return results


def _panel(F, k0, f0, G, g0, n, C, r, s, add):
    """C[r + x, s + y] = the sum of F[k0 + k, f0 + x]*G[k0 + k, g0 + y] over k < n, or added to it.

    For x < _ROWS and y < _LANES*_ACROSS.
    """
    product = F[k0 : k0 + n, f0 : f0 + _ROWS].T @ G[k0 : k0 + n, g0 : g0 + _LANES * _ACROSS]
    C[r : r + _ROWS, s : s + _LANES * _ACROSS] = product + (
        C[r : r + _ROWS, s : s + _LANES * _ACROSS] if add else 0.0
    )


def _panel_instructions(context, builder, signature, arguments):
    """Sums of products in vector registers, where each number of F meets registers of G."""
    emit = _Vectors(context, builder, signature, arguments)
    whole = emit.whole
    (f, _, f_row), (g, _, g_row), (c, _, c_row) = map(emit.array, (0, 3, 6))
    _, k0, f0, _, g0, n, _, r, s, add = arguments
    f = builder.gep(f, [builder.add(builder.mul(k0, f_row), f0)])
    g = builder.gep(g, [builder.add(builder.mul(k0, g_row), g0)])
    c = builder.gep(c, [builder.add(builder.mul(r, c_row), s)])
    places = [(x, y) for x in range(_ROWS) for y in range(_ACROSS)]
    targets = [
        builder.gep(c, [builder.add(builder.mul(whole(x), c_row), whole(_LANES * y))])
        for x, y in places
    ]
    adds = builder.icmp_signed("!=", add, whole(0))
    sums = [builder.select(adds, emit.load(target), emit.zero) for target in targets]

    def multiplied(k, sums):
        f_k, g_k = builder.gep(f, [builder.mul(k, f_row)]), builder.gep(g, [builder.mul(k, g_row)])
        across = [emit.load(builder.gep(g_k, [whole(_LANES * y)])) for y in range(_ACROSS)]
        down = [emit.everywhere(builder.load(builder.gep(f_k, [whole(x)]))) for x in range(_ROWS)]
        return [emit.fma(down[x], across[y], total) for (x, y), total in zip(places, sums)]

    for target, total in zip(targets, emit.loop("panel", whole(0), n, 1, sums, multiplied)):
        emit.store(total, target)
    return context.get_dummy_value()


def _dots(Z, z0, q, Y, y0, r, n, C):
    """Add the sum of Z[q + x, z0 + i]*Y[r + y, y0 + i] over i < n to C[q + x, r + y].

    For x < 3 and y < _LANES, where there are such rows.
    """
    C[q : q + 3, r : r + _LANES] += Z[q : q + 3, z0 : z0 + n] @ Y[r : r + _LANES, y0 : y0 + n].T


def _dots_turned(Z, z0, q, Y, y0, r, n, C):
    """The same for C[r + y, q + x]."""
    _dots(Z, z0, q, Y, y0, r, n, C.T)


def _dots_instructions(context, builder, signature, arguments, turned=False):
    """Sums of products in as many vector registers as there are sums.

    Then each register is summed, and what is left of n added. Beyond the last row of Z or Y stands
    the last, of which nothing is written.
    """
    emit = _Vectors(context, builder, signature, arguments)
    whole = emit.whole
    _, z0, q, _, y0, r, n, _ = arguments

    def rows(position, first, count, start):
        data, length, width = emit.array(position)
        places = [builder.add(first, whole(x)) for x in range(count)]
        last = builder.sub(length, whole(1))
        inside = [
            builder.select(builder.icmp_signed("<", place, last), place, last) for place in places
        ]
        return [
            builder.gep(data, [builder.add(builder.mul(place, width), start)]) for place in inside
        ]

    z, y = rows(0, q, 3, z0), rows(3, r, _LANES, y0)
    whole_registers = builder.mul(builder.sdiv(n, whole(_LANES)), whole(_LANES))

    def multiplied(i, sums):
        z_i = [emit.load(builder.gep(row, [i])) for row in z]
        after = []
        for k, row in enumerate(y):  # one register of Y at a time: there are hardly more
            y_i = emit.load(builder.gep(row, [i]))
            after += [emit.fma(z_i[x], y_i, sums[3 * k + x]) for x in range(3)]
        return after

    parts = emit.loop(
        "dots", whole(0), whole_registers, _LANES, [emit.zero] * (3 * _LANES), multiplied
    )
    totals = [emit.summed(parts[x::3]) for x in range(3)]

    def added(i, sums):
        y_i = emit.zero
        for k, row in enumerate(y):
            y_i = builder.insert_element(
                y_i, builder.load(builder.gep(row, [i])), ir.IntType(32)(k)
            )
        return [
            emit.fma(emit.everywhere(builder.load(builder.gep(row, [i]))), y_i, total)
            for row, total in zip(z, sums)
        ]

    totals = emit.loop("rest", whole_registers, n, 1, totals, added)
    data, _, width = emit.array(7)
    (_, z_rows, _), (_, y_rows, _) = emit.array(0), emit.array(3)
    inside = emit.fewer_than(builder.sub(y_rows, r))
    for x, total in enumerate(totals):
        row = builder.add(q, whole(x))
        with builder.if_then(builder.icmp_signed("<", row, z_rows)):
            if turned:
                for y in range(_LANES):
                    place = builder.add(r, whole(y))
                    with builder.if_then(builder.icmp_signed("<", place, y_rows)):
                        target = builder.gep(data, [builder.add(builder.mul(place, width), row)])
                        part = builder.extract_element(total, ir.IntType(32)(y))
                        builder.store(builder.fadd(builder.load(target), part), target)
            else:
                target = builder.gep(data, [builder.add(builder.mul(row, width), r)])
                emit.store_some(builder.fadd(emit.load_some(target, inside), total), target, inside)
    return context.get_dummy_value()


def _dots_turned_instructions(context, builder, signature, arguments):
    """The same with the sums written by columns."""
    return _dots_instructions(context, builder, signature, arguments, turned=True)


if not config.DISABLE_JIT:

    @intrinsic
    def _panel(context, F, k0, f0, G, g0, n, C, r, s, add):
        whole = types.int64
        return types.void(
            F, whole, whole, G, whole, whole, C, whole, whole, whole
        ), _panel_instructions

    @intrinsic
    def _dots(context, Z, z0, q, Y, y0, r, n, C):
        whole = types.int64
        return types.void(Z, whole, whole, Y, whole, whole, whole, C), _dots_instructions

    @intrinsic
    def _dots_turned(context, Z, z0, q, Y, y0, r, n, C):
        whole = types.int64
        return types.void(Z, whole, whole, Y, whole, whole, whole, C), _dots_turned_instructions


@apart(f"void({MATRIX}, i8, {MATRIX}, i8, i8, {MATRIX})")
@jit
def add_dots(Z, z0, Y, y0, n, C):
    """Add the sum of Z[q, z0 + i]*Y[r, y0 + i] over i < n to C[q, r]."""
    E = Z.shape[0]
    F = Y.shape[0]
    last = F // _LANES * _LANES
    if 0 < F - last <= 3:  # the last rows of Y do not fill the lanes, but those of Z will
        for q in range(0, E, _LANES):
            _dots_turned(Y, y0, last, Z, z0, q, n, C)
        F = last
    # 256 KB of Z stay in the second cache, _LANES rows of Y in the first.
    chunk = 3 * max(1, 32768 // (3 * max(n, 1)))
    for q0 in range(0, E, chunk):
        for r in range(0, F, _LANES):
            for q in range(q0, min(E, q0 + chunk), 3):
                _dots(Z, z0, q, Y, y0, r, n, C)


@apart(f"void({MATRIX}, i8, i8, {MATRIX}, i8, i8, i8, {MATRIX}, i8, i8)")
@jit
def panels(F, f0, rows, G, g0, columns, n, C, add, lower):
    """C[x, y] = the sum of F[k, f0 + x]*G[k, g0 + y] over k < n, or added to it.

    If lower, then at least where y <= x. Reads and writes whole panels: up to 23 columns of F, G
    and C, and 7 rows of C, beyond those that are asked for.
    """
    # So many rows of a panel of G stay in the first cache, and of 128 columns of F in the second.
    for k0 in range(0, n, 256):
        more = min(256, n - k0)
        adds = add if k0 == 0 else np.int64(1)
        for r0 in range(0, rows, 128):
            for s in range(0, columns, _LANES * _ACROSS):
                above = s // _ROWS * _ROWS if lower else 0
                for r in range(max(r0, above), min(rows, r0 + 128), _ROWS):
                    _panel(F, k0, f0 + r, G, g0 + s, more, C, r, s, adds)


@apart(f"void({MATRIX}, {MATRIX})")
@jit
def transposed(A, A_T):
    """Write A (m, d + 1) by columns, as panels needs it, with zeros beyond.

    Eight numbers fill a cache line.
    """
    m, D = A.shape
    for k0 in range(0, A_T.shape[1], 8):
        for a in range(D):
            if k0 + 8 <= m:
                for k in range(8):
                    A_T[a, k0 + k] = A[k0 + k, a]
            else:
                for k in range(k0, A_T.shape[1]):
                    A_T[a, k] = A[k, a] if k < m else 0.0


@jit
def input_gram(XT, K_all, i0, i1, j0, j1, K, lower):
    """K[r, s] = the inner product of samples i0 + r and j0 + s; copied where it is known."""
    if K_all.size:
        for r in range(i1 - i0):
            for s in range(j1 - j0):
                K[r, s] = K_all[i0 + r, j0 + s]
    else:
        panels(XT, i0, i1 - i0, XT, j0, j1 - j0, XT.shape[0], K, 0, lower)


@apart(f"void({MATRIX}, i8, {MATRIX}, i8)")
@jit
def store(block, n, rows, first):
    """Copy the n columns of a block to those of rows from the first on."""
    for k in range(block.shape[0]):
        for r in range(n):
            rows[k, first + r] = block[k, r]


@apart(f"void({MATRIX})")
@jit
def clear(block):
    """Fill with zeros."""
    for k in range(block.shape[0]):
        for r in range(block.shape[1]):
            block[k, r] = 0.0

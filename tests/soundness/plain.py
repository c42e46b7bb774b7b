"""A reading of statements that shares nothing with the prover's: plain loops, textbook formulas.

A matrix is a list of rows. The values of h, f1, e, p and so on are any numbers, since what is
claimed for every activation and loss holds for all of them; only u = Ax̄ and what is derived are
computed, by the chain rule as a textbook has it.
"""

import itertools
import random
from fractions import Fraction
from types import SimpleNamespace

import mpmath
import sympy as sp

from hessbound.derive import activations
from hessbound.derive.statements.layers import AT_SAMPLE, WEIGHTS
from hessbound.derive.statements.trees import Node


def side(block, sizes):
    """The places of a block of a side."""
    ranges = {"sample": sizes.N, "input": sizes.d + 1, "feature": sizes.d, "hidden": sizes.m}
    ranges["other"] = sizes.P - 1
    ranges |= getattr(sizes, "layers", {})
    return list(itertools.product(*(range(ranges[kind]) for kind in block)))


class Plain:
    """Numbers for statements; equal arguments give equal ones.

    With an activation, f to f‴ are its values at u, with 40 digits.
    """

    quotient = Fraction

    def __init__(self, N=3, d=2, m=2, seed=0, activation=None):
        self.sizes = SimpleNamespace(N=N, d=d, m=m, P=m * (d + 1) + 1 + m)
        self.source = random.Random(f"plain {N} {d} {m} {seed}")
        self.known = {}
        self.known["X"] = [[1, *(self._one() for _ in range(d))] for _ in range(N)]
        self.known["A"] = self._drawn(m, d + 1)
        self.known["b"], self.known["w0"] = self._drawn(m, 1), self._drawn(1, 1)
        for name in ("h", "f1", "f2", "f3"):
            self.known[name] = self._drawn(N, m)
        for name in ("e", "p", "p1"):
            self.known[name] = self._drawn(N, 1)
        if activation:
            self._activate(activations.load(activation))

    @classmethod
    def of(cls, values):
        """The reading of a statement in the prover's own values, of a setting."""
        new = cls.__new__(cls)
        sizes = {name: getattr(values.sizes, name, 0) for name in "NdmP"}
        new.sizes, new.source = SimpleNamespace(**sizes), random.Random(0)
        new.known = {k: _rational(x) for k, x in values.known.items()}
        if hasattr(values, "hidden"):
            new.known |= {"X": _rational(values.X), "A": _rational(values.A)}
            new.known["b"] = _rational(values.w[1:, None])
            new.known["w0"] = _rational(values.w[:1, None])
            new.known |= dict(
                zip(("h", "f1", "f2", "f3"), map(_rational, values.hidden), strict=True)
            )
            columns = (_rational(x[:, None]) for x in values.output)
            new.known |= dict(zip(("e", "p", "p1"), columns, strict=True))
        return new

    def _one(self):
        return self.source.choice([-1, 1]) * self.source.randint(2, 99)

    def _drawn(self, rows, cols):
        return [[self._one() for _ in range(cols)] for _ in range(rows)]

    def _activate(self, function):
        slopes = [sp.diff(function.definition, function.variable, n) for n in range(4)]
        numeric = [sp.lambdify(function.variable, f, "mpmath") for f in slopes]
        X, A = self.known["X"], self.known["A"]
        with mpmath.workdps(40):
            A[:] = [[mpmath.mpf(x) / 9999 for x in row] for row in A]
            U = _product(X, list(map(list, zip(*A, strict=True))))
            for name, f in zip(("h", "f1", "f2", "f3"), numeric, strict=True):
                self.known[name] = [[f(x) for x in row] for row in U]
        self.quotient = lambda p, q: mpmath.mpf(p) / q

    # ---- reading

    def read(self, node, at=()):
        """The rows of a tree; ``at`` tells what number each symbol stands for."""
        assert type(node) is Node
        with mpmath.workdps(40):
            return getattr(self, f"on_{node.op}")(node, dict(at), *node.args)

    def _length(self, s):
        return sum(len(side(block, self.sizes)) for block in s)

    def _full(self, node, value):
        rows, cols = map(self._length, node.shape)
        return [[value] * cols for _ in range(rows)]

    def on_number(self, node, at, p, q):
        return [[self.quotient(p, q)]]

    def on_size(self, node, at, name):
        return [[getattr(self.sizes, name)]]

    def on_reciprocal(self, node, at, name):
        return [[self.quotient(1, getattr(self.sizes, name))]]

    def on_quantity(self, node, at, name):
        if name == "theta":
            A, m = self.known["A"], self.sizes.m
            vec = [[A[k][a]] for a in range(self.sizes.d + 1) for k in range(m)]
            return vec + self.known["w0"] + self.known["b"]
        return self.known[name]

    def on_of(self, node, at, name, i):
        return [[x] for x in self.known[name][at[i]]]

    def on_free(self, node, at, name):
        if f"free {name}" in self.known:
            return self.known[f"free {name}"]
        rows, cols = map(self._length, node.shape)
        return self.known.setdefault(f"free {name}", self._drawn(rows, cols))

    def on_ones(self, node, at):
        return self._full(node, 1)

    def on_zeros(self, node, at):
        return self._full(node, 0)

    def on_eye(self, node, at):
        n = self._length(node.shape.rows)
        return [[int(r == c) for c in range(n)] for r in range(n)]

    def on_named(self, node, at, name, meaning):
        return self.read(meaning, at)

    def on_add(self, node, at, a, b):
        return _each(lambda x, y: x + y, self.read(a, at), self.read(b, at))

    def on_times(self, node, at, a, b):
        return _each(lambda x, y: x * y, self.read(a, at), self.read(b, at))

    def on_power(self, node, at, a, n):
        return [[x**n for x in row] for row in self.read(a, at)]

    def on_matmul(self, node, at, a, b):
        return _product(self.read(a, at), self.read(b, at))

    def on_kron(self, node, at, a, b):
        A, B = self.read(a, at), self.read(b, at)
        return [[x * y for x in r for y in s] for r in A for s in B]

    def on_transpose(self, node, at, a):
        return [list(col) for col in zip(*self.read(a, at), strict=True)]

    def on_trace(self, node, at, a):
        return [[sum(row[n] for n, row in enumerate(self.read(a, at)))]]

    def on_sum(self, node, at, a):
        return [[sum(map(sum, self.read(a, at)))]]

    def on_diag(self, node, at, a):
        column = self.read(a, at)
        n = len(column)
        return [[column[r][0] if r == c else 0 for c in range(n)] for r in range(n)]

    def on_diagonal(self, node, at, a):
        return [[row[n]] for n, row in enumerate(self.read(a, at))]

    def on_off(self, node, at, a):
        rows = self.read(a, at)
        return [[0 if r == c else x for c, x in enumerate(row)] for r, row in enumerate(rows)]

    def on_row(self, node, at, a, k):
        (block,) = a.shape.rows
        own = block.index(k.kind)
        places = side(block, self.sizes)
        return [
            row for row, place in zip(self.read(a, at), places, strict=True) if place[own] == at[k]
        ]

    def on_blocks(self, node, at, *table):
        rows = []
        for line in table:
            parts = [self.read(part, at) for part in line]
            rows += [list(itertools.chain(*pieces)) for pieces in zip(*parts, strict=True)]
        return rows

    def on_part(self, node, at, a, row, col):
        cut, P = self.sizes.m * (self.sizes.d + 1), self.sizes.P
        slices = {"A": (0, cut), "w": (cut, P), "w0": (cut, cut + 1), "b": (cut + 1, P)}
        slices["1"] = (0, 1)
        return [x[slice(*slices[col])] for x in self.read(a, at)[slice(*slices[row])]]

    def on_over(self, node, at, symbols, body):
        ranges = (range(len(side((s.kind,), self.sizes))) for s in symbols)
        total = None
        for places in itertools.product(*ranges):
            term = self.read(body, {**at, **dict(zip(symbols, places, strict=True))})
            total = term if total is None else _each(lambda x, y: x + y, total, term)
        return total

    # ---- what is derived, by the chain rule

    def _of(self, i):
        names = ("X", "h", "f1", "f2", "f3")
        x, h, f1, f2, f3 = (self.known[name][i] for name in names)
        e, p, p1 = (self.known[name][i][0] for name in ("e", "p", "p1"))
        return x, h, f1, f2, f3, [x for (x,) in self.known["b"]], e, p, p1

    def _slopes(self, i):
        """∂v, ∂²v and ∂³v, as functions of parameters: (k, a) of A, "w0", or k of b."""
        x, h, f1, f2, f3, b, *_ = self._of(i)
        f = (h, f1, f2, f3)

        def slope(*parameters):
            units = {n[0] if isinstance(n, tuple) else n for n in parameters} - {"w0"}
            if "w0" in parameters or len(units) != 1:
                return int(parameters == ("w0",))
            (k,) = units
            inner = [n for n in parameters if isinstance(n, tuple)]
            outer = len(parameters) - len(inner)
            if outer > 1:
                return 0
            value = f[len(inner)][k] * (1 if outer else b[k])
            for _, a in inner:
                value *= x[a]
            return value

        return slope

    def _parameters(self):
        m = self.sizes.m
        inner = [(k, a) for a in range(self.sizes.d + 1) for k in range(m)]
        return [*inner, "w0", *range(m)]

    def _gradient(self, i, outer=True):
        s, e = self._slopes(i), self._of(i)[6]
        return [[(e if outer else 1) * s(r)] for r in self._parameters()]

    def _hessian(self, i, outer=True):
        s, (e, p) = self._slopes(i), self._of(i)[6:8]
        if not outer:
            e, p = 1, 0
        names = self._parameters()
        return [[p * s(r) * s(c) + e * s(r, c) for c in names] for r in names]

    def _along(self, i, M):
        s, (e, p, p1) = self._slopes(i), self._of(i)[6:]
        names = self._parameters()
        first = {r: s(r) for r in names}
        second = {(r, c): s(r, c) for r in names for c in names}
        found = []
        for n in names:
            total = 0
            for (j, r), (k, c) in itertools.product(enumerate(names), repeat=2):
                if M[j][k]:
                    third = p1 * first[r] * first[c] * first[n] + e * s(r, c, n)
                    third += p * first[r] * second[c, n] + p * first[c] * second[r, n]
                    third += p * first[n] * second[r, c]
                    total += M[j][k] * third
            found.append([total])
        return found

    def on_derived(self, node, at, name, *args):
        samples = range(self.sizes.N)
        match name, args:
            case "gradient", (i,):
                return self._gradient(at[i])
            case (("hessian" | "second_hessian"), (i,)):
                return self._hessian(at[i])
            case "output_gradient", (i,):
                return self._gradient(at[i], outer=False)
            case "output_hessian", (i,):
                return self._hessian(at[i], outer=False)
            case "total_gradient", ():
                return _total(map(self._gradient, samples))
            case "total_hessian", ():
                return _total(map(self._hessian, samples))
            case "third", (i, M):
                return self._along(at[i], self.read(M, at))
            case "trace_gradient", (n,):
                H = _total(map(self._hessian, samples))
                power = [[int(r == c) for c in range(len(H))] for r in range(len(H))]
                for _ in range(n - 1):
                    power = _product(power, H)
                return [[n * x] for (x,) in _total(self._along(i, power) for i in samples)]
            case "jacobian", (of, by, i):
                return self._jacobian(of, by, *self._of(at[i])[:6])
        raise AssertionError(name)

    def _jacobian(self, of, by, x, h, f1, f2, f3, b):
        m = range(self.sizes.m)
        if by == "A":
            return [[x[a] * (k == r) for r in m] for a in range(len(x)) for k in m]
        if of == "v":
            return [[x] for x in b]
        slopes = f2 if of == "h'" else f1
        return [[slopes[k] * (k == r) for r in m] for k in m]


class PlainLayers(Plain):
    """Numbers for statements on layers, but for what is derived: it is not read.

    A quantity that is said to be made of others is; the rest is anything.
    """

    def __init__(self, sizes=(2, 1, 2, 2, 1, 2, 2, 2), seed=0):
        N, *lengths = sizes
        kinds = ("below", "here", "above", "before", "theta", "class", "rank")
        layers = dict(zip(kinds, lengths, strict=True))
        self.sizes = SimpleNamespace(N=N, d=0, m=0, P=1, layers=layers)
        self.source = random.Random(f"layers {sizes} {seed}")
        self.known = {"on_beta": [[seed % 2]], "on_W": [[1 - seed % 2]]}

    def _drawn_of(self, name, shape):
        rows, cols = map(self._length, shape)
        drawn = self._drawn(rows, cols)
        if name in ("C", "M", "S", "R"):
            drawn = [[drawn[min(r, c)][max(r, c)] for c in range(cols)] for r in range(rows)]
        return drawn

    def on_quantity(self, node, at, name):
        return self._weights(name)

    def on_of(self, node, at, name, i):
        return self._of(name, at[i])

    def on_derived(self, node, at, name, i):
        assert name == "laplacian_here"  # anything, as far as right sides are concerned
        return self._kept((name, at[i]), lambda: self._drawn_of(name, node.shape))

    def _kept(self, key, value):
        if key not in self.known:
            self.known[key] = value()
        return self.known[key]

    def _weights(self, name):
        return self._kept(name, lambda: self._drawn_of(name, WEIGHTS[name]))

    def _of(self, name, i):
        made = getattr(self, f"_{name}", None) if name in MADE else None
        free = lambda: self._drawn_of(name, AT_SAMPLE[name])  # noqa: E731
        return self._kept((name, i), (lambda: made(i)) if made else free)

    def _B(self, i):
        Q, C = self._of("Q", i), self._of("C", i)
        squares = _product(_turned(Q), Q)
        return [
            [x + y for x, y in zip(*rows, strict=True)] for rows in zip(squares, C, strict=True)
        ]

    def _d(self, i):
        return [[row[k]] for k, row in enumerate(self._of("B", i))]

    def _QW(self, i):
        return _product(self._of("Q", i), self._weights("W"))

    def _A(self, i):
        return _product(self._of("C", i), self._weights("W"))

    def _scaled(self, A, i):
        return [[x * f for x, (f,) in zip(row, self._of("f1", i), strict=True)] for row in A]

    def _G(self, i):
        return _product(self._scaled(self._weights("W"), i), self._of("M", i))

    def _Y(self, i):
        return _product(self._of("Q", i), self._of("G", i))

    def _YF(self, i):
        return self._scaled(self._of("Y", i), i)

    def _squares(self, i):
        return [[sum(x * x for x in column)] for column in _turned(self._of("QW", i))]

    def _grown(self, i):
        names = "f2", "m", "f1", "lam"
        return [
            [a * b + c * d]
            for (a,), (b,), (c,), (d,) in zip(*(self._of(x, i) for x in names), strict=True)
        ]

    def _carried(self, i):
        return [[f * f * x] for (f,), (x,) in zip(self._of("f1", i), self._of("m", i), strict=True)]

    def _u(self, i):
        return _product(_turned(self._weights("W")), self._of("g", i))

    def _own(self, i):
        return [[x * f] for (x,), (f,) in zip(self._of("u", i), self._of("f2", i), strict=True)]

    def _h_to(self, i):
        return [[x * f] for (x,), (f,) in zip(self._of("z_to", i), self._of("f1", i), strict=True)]

    def _forms(self, i):
        W = _turned(self._weights("W"))
        return [
            [
                sum(
                    row[k] * row[c] * x
                    for k, xs in enumerate(self._of("C", i))
                    for c, x in enumerate(xs)
                )
            ]
            for row in W
        ]

    def _kappa(self, i):
        ((on_beta,),), ((on_W,),) = self._weights("on_beta"), self._weights("on_W")
        return [[on_beta + on_W * sum(x * x for (x,) in self._of("h", i))]]

    def _omega(self, i):
        ((root,),) = self._of("root_omega", i)
        return [[root * root]]

    def _root(self, i):
        """The first axis, mirrored."""
        v = [x for (x,) in self._drawn_of("root", AT_SAMPLE["root"])]
        shift = Fraction(2 * v[0], sum(x * x for x in v))
        return [[(k == 0) - shift * x] for k, x in enumerate(v)]

    def _pi(self, i):
        return [[x * x] for (x,) in self._of("root", i)]

    def _label(self, i):
        drawn = [x for (x,) in self._drawn_of("label", AT_SAMPLE["label"])]
        rest = Fraction(1 - sum(drawn), len(drawn))
        return [[x + rest] for x in drawn]

    def _pi_bar(self, i):
        return [[1 - x] for (x,) in self._of("pi", i)]

    def _label_bar(self, i):
        return [[1 - x] for (x,) in self._of("label", i)]


MADE = ("B", "d", "QW", "A", "G", "Y", "YF", "u", "own", "forms", "squares", "kappa", "omega")
MADE += ("grown", "carried", "h_to")
MADE += ("root", "pi", "label", "pi_bar", "label_bar")


def differs(lhs, rhs, values, symbols=()):
    """Whether two trees differ somewhere, at some value of the symbols that are claimed for."""
    ranges = (range(len(side((s.kind,), values.sizes))) for s in symbols)
    for places in itertools.product(*ranges):
        at = dict(zip(symbols, places, strict=True))
        for a, b in zip(values.read(lhs, at), values.read(rhs, at), strict=True):
            if any(_apart(x, y) for x, y in zip(a, b, strict=True)):
                return True
    return False


def _apart(x, y):
    if isinstance(x, mpmath.mpf) or isinstance(y, mpmath.mpf):
        return abs(x - y) > mpmath.mpf(10) ** -25 * (1 + abs(x))
    return x != y


def _rational(array):
    return [[Fraction(int(x.p), int(x.q)) for x in row] for row in array]


def _each(combine, A, B):
    """Combine entry by entry, a side of length one spread."""
    rows, cols = max(len(A), len(B)), max(len(A[0]), len(B[0]))
    if min(len(A), len(B)) == 0:
        return []
    return [
        [combine(A[r % len(A)][c % len(A[0])], B[r % len(B)][c % len(B[0])]) for c in range(cols)]
        for r in range(rows)
    ]


def _turned(A):
    return [list(row) for row in zip(*A, strict=True)]


def _product(A, B):
    return [
        [sum(x * y for x, y in zip(row, col, strict=True)) for col in zip(*B, strict=True)]
        for row in A
    ]


def _total(matrices):
    first, *rest = matrices
    for M in rest:
        first = _each(lambda x, y: x + y, first, M)
    return first

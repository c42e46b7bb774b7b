"""Trees on layers as NumPy code, for all samples of a block at once (stage 5).

An array that belongs to samples has them as its last axis: a column is (k, n), and a matrix of each
sample has rows and columns before. Weights, which all samples share, are (rows, columns). Pairs of
samples of two blocks are the last two axes. Where all arrays are columns and weights, they may have
further axes in front: those of a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from hessbound.derive.algebra.sides import ONE, Shape
from hessbound.derive.statements.interpreter import Interpreter, Places
from hessbound.derive.statements.trees import Node

SAMPLES = "n"
PAIRED = "p"  # the samples of a second block, whose arrays have names with an ending
ENDING = "_j"
SWAPPED = str.maketrans("rc", "cr")
SWAP = "swapaxes(-1, -2)"  # of an array that may have further axes in front


class NoCodeError(ValueError):
    """A tree that has no code for many samples at once."""


@dataclass(frozen=True)
class Code:
    """Code for an array; its axes are t and r (rows), c (columns), n and p (samples).

    ``atom`` says that it needs no brackets, ``factors`` which two arrays it is the product of,
    entry by entry, ``operands`` of which two it is the matrix product, ``is_diagonal`` that it
    stands for a diagonal matrix, of which it is the diagonal, and ``is_planted`` that it stands for
    its entries where t = c, all others being 0. ``is_new`` says that nothing else has the array, so
    that what is added to it, or multiplies it, may do so in place.
    """

    text: str
    axes: str
    atom: bool = True
    factors: tuple[Code, ...] = ()
    operands: tuple[Code, ...] = ()
    is_diagonal: bool = False
    is_one: bool = False
    is_off: bool = False
    is_planted: bool = False
    is_new: bool = False

    @property
    def inner(self) -> str:
        """The code, in brackets where it needs some."""
        return self.text if self.atom else f"({self.text})"

    @property
    def read(self) -> str:
        """The code of weights, rows first."""
        return self.inner if self.axes == "rc" else f"{self.inner}.T"

    @property
    def shared(self) -> bool:
        """Whether it is the same for all samples."""
        return not self.samples

    @property
    def samples(self) -> str:
        """The axes of samples."""
        return "".join(x for x in self.axes if x in SAMPLES + PAIRED)

    @property
    def T(self) -> Code:
        """The transpose: the same array, read otherwise."""
        if self.is_diagonal:
            return self
        factors = tuple(x.T for x in self.factors)
        axes, operands = self.axes.translate(SWAPPED), tuple(x.T for x in self.operands[::-1])
        return replace(self, axes=axes, factors=factors, operands=operands)

    def like(self, axes: str) -> str:
        """Return code that broadcasts to an array with these axes."""
        own = [x for x in axes if x in self.axes]
        text = self.inner
        if "".join(own) != self.axes:
            order = ", ".join(str(self.axes.index(x)) for x in own)
            text = f"{text}.T" if len(own) == 2 else f"{text}.transpose({order})"
        places = [":" if x in self.axes else "None" for x in axes]
        while places and places[0] == "None":
            del places[0]
        if places == [":", "None"]:
            places[0] = "..."
        return f"{text}[{', '.join(places)}]" if "None" in places else text

    def __add__(self, other: Code) -> Code:
        if self.is_diagonal and not other.is_diagonal:
            return other + self
        if other.is_diagonal and self.is_off:
            return Code(f"set_diagonal({self.text}, {other.text})", self.axes)
        if other.is_diagonal and sorted(self.axes) == ["c", "n", "r"]:
            return Code(f"with_diagonal({self.text}, {other.text})", self.axes)
        if other.is_planted and self.axes == "tcr":
            return Code(f"with_planted({self.text}, {other.text})", self.axes)
        if other.is_diagonal:
            msg = "a diagonal matrix is added to a matrix of each sample"
            raise NoCodeError(msg)
        axes = joint(self.axes, other.axes)
        if (text := _in_place("added", self, other, axes)) is not None:
            return Code(text, axes, is_new=True)
        return Code(f"{self.like(axes)} + {other.like(axes)}", axes, atom=False, is_new=True)

    def __mul__(self, other: Code) -> Code:
        axes = joint(self.axes, other.axes)
        for one, x in ((self, other), (other, self)):
            if one.is_one:
                return replace(x, is_diagonal=x.is_diagonal or one.is_diagonal)
            if one.text == "-1":
                return Code(f"-{x.inner}", x.axes, atom=False, is_new=True)
        factors = (self, other) if self.axes and other.axes else ()
        if (text := _in_place("scaled", self, other, axes)) is not None:
            return Code(text, axes, factors=factors, is_new=True)
        text = f"{self.like(axes)}*{other.like(axes)}"
        return Code(text, axes, atom=False, factors=factors, is_new=True)

    def __pow__(self, n: int) -> Code:
        text = "*".join([self.inner] * n)
        return Code(text, self.axes, atom=False, factors=(self,) * 2 if n == 2 else ())

    def without_diagonal(self) -> Code:
        """Leave the diagonal to what is added."""
        return replace(self, is_off=True)

    def diag(self) -> Code:
        """Stand for a diagonal matrix."""
        return replace(self, is_diagonal=True)

    def diagonal(self) -> Code:
        """Return the diagonal of a matrix of each sample."""
        if self.is_diagonal:
            return replace(self, is_diagonal=False)
        return Code(f'np.einsum("kkn->kn", {self.text})', "rn")

    def __matmul__(self, other: Code) -> Code:
        if self.is_diagonal:
            return replace(replace(self, is_diagonal=False) * other, operands=(self, other))
        if other.is_diagonal:
            return self * replace(other, is_diagonal=False).T
        if other.is_one:
            return self.summed("c")
        if "c" not in self.axes:  # a column times a row, or scalars
            return self * other
        if (
            self.shared
            and other.operands
            and other.operands[0].is_diagonal
            and other.operands[1] == self.T
        ):
            return Code(f"outer({self.read}, {other.operands[0].text})", "rcn", is_new=True)
        if self.shared or other.shared:
            return replace(_by_weights(self, other), operands=(self, other))
        if not set(self.samples) & set(other.samples):
            return _by_pairs(self, other, "c", "r")
        left, right = self.axes.replace("c", "m"), other.axes.replace("r", "m")
        out = ("r" if "r" in left else "") + ("c" if "c" in right else "")
        out += joint(self.samples, other.samples)
        return Code(
            f'np.einsum("{left},{right}->{out}", {self.text}, {other.text})', out, is_new=True
        )

    def summed(self, *over: str) -> Code:
        """Sum over rows or columns."""
        left = "".join(x for x in self.axes if x not in over)
        if self.factors:
            a, b = self.factors
            if over == ("r",) and b.operands[1:] == (a,):
                return Code(f"quadratic({a.read}, {b.operands[0].text})", left, is_new=True)
            if over == ("c",) and b.operands[:1] == (a,):
                return Code(f"quadratic({a.T.read}, {b.operands[1].text})", left, is_new=True)
            return Code(
                f'np.einsum("{a.axes},{b.axes}->{left}", {a.text}, {b.text})', left, is_new=True
            )
        places = [str(self.axes.index(x) - len(self.axes)) for x in over]
        many = places[0] if len(places) == 1 else f"({', '.join(places)})"
        return Code(f"{self.inner}.sum(axis={many})", left, is_new=True)

    def sum(self) -> Code:
        """Sum over rows and columns."""
        return self.summed(*(x for x in self.axes if x not in self.samples))

    def kron(self, other: Code) -> Code:
        """Stand for products of entries, which only sums over the samples have."""
        msg = "a Kronecker product is summed over the samples"
        raise NoCodeError(msg)


def joint(a: str, b: str) -> str:
    """Return the axes of two arrays together, those of the one with more of them first."""
    first, second = (a, b) if len(a) >= len(b) else (b, a)
    every = dict.fromkeys(first + second)
    last = [x for x in SAMPLES + PAIRED if x in every]
    return "".join([*(x for x in every if x not in last), *last])


def _in_place(function: str, a: Code, b: Code, axes: str) -> str | None:
    """Call a function that changes an array, where one of two is new and as large as both."""
    for x, other in ((a, b), (b, a)):
        if x.is_new and x.axes == axes and len(axes) > 1:
            return f"{function}({x.text}, {other.like(axes)})"
    return None


def _by_pairs(a: Code, b: Code, own: str, theirs: str) -> Code:
    """Multiply what belongs to samples of two blocks, summed over axes of the one and the other."""
    both = sorted((a.axes.index(x), b.axes.index(y)) for x, y in zip(own, theirs, strict=True))
    places = [tuple(x) for x in zip(*both, strict=True)]
    left, right = (
        "".join(y for y in x.axes if y not in over) for x, over in ((a, own), (b, theirs))
    )
    if len(own) == 1 and len(a.axes) == len(b.axes) == 2:
        text = f"{a.inner}.T @ {b.inner}" if places[0] == (0,) else f"{a.inner} @ {b.inner}"
        return Code(text, left + right, atom=False, is_new=True)
    return Code(
        f"np.tensordot({a.text}, {b.text}, {places[0], places[1]})", left + right, is_new=True
    )


def _kron(a: Code, b: Code) -> Code:
    """Multiply entries, summed over the samples: rows of the first are the axis t."""
    if a.is_diagonal:
        return Code(f"{a.inner} @ {b.inner}.T", "cr", atom=False, is_planted=True)
    left = a.axes.replace("r", "t").replace(SAMPLES, "")
    right = b.axes.replace(SAMPLES, "")
    places = a.axes.index(SAMPLES), b.axes.index(SAMPLES)
    return Code(f"np.tensordot({a.text}, {b.text}, {places})", left + right, is_new=True)


def _by_weights(a: Code, b: Code) -> Code:
    """Multiply by a matrix that all samples share."""
    weights, x, own, theirs = (a, b, "c", "r") if a.shared else (b, a, "r", "c")
    place, new = weights.axes.index(own), weights.axes.replace(own, "")
    axes = new + x.axes.replace(theirs, "")
    if len(weights.axes) == 2 and x.axes == theirs + SAMPLES:
        left = f"{weights.inner}.{SWAP}" if place == 0 else weights.inner
        return Code(f"{left} @ {x.inner}", axes, atom=False, is_new=True)
    at = x.axes.index(theirs)
    return Code(f"np.tensordot({weights.text}, {x.text}, ({place}, {at}))", axes, is_new=True)


class Batched(Interpreter):
    """Reads trees of one sample into code for many.

    ``layouts`` are the axes of arrays that are not in the usual order. ``lines`` are what has been
    computed under a name, since it is used more than once.
    """

    def __init__(self, layouts: Mapping[str, str], named: Mapping[Node, str]) -> None:
        super().__init__()
        self.layouts, self.named = layouts, named
        self.used: dict[str, None] = {}
        self.lines: list[str] = []

    def _read(self, node: Node, at: Places) -> Any:
        code = self._paired(node, at) or super()._read(node, at)
        if node in self.named:
            name = self.named[node]
            self.lines.append(f"{name} = {code.text}")
            code = replace(code, text=name, atom=True, factors=(), operands=(), is_new=False)
        return code

    def _paired(self, node: Node, at: Places) -> Code | None:
        """Read inner products of matrices of the samples of two blocks."""
        if node.op != "sum" or node.args[0].op != "times":
            return None
        a, b = (self.read(x, at) for x in node.args[0].args)
        if a.samples == b.samples or a.is_diagonal or "r" not in a.axes or "r" not in b.axes:
            return None
        return _by_pairs(a, b, "rc", "rc")

    def on_quantity(self, node: Node, at: Places) -> Code:
        """Read weights."""
        return self._leaf(node, "")

    def on_of(self, node: Node, at: Places) -> Code:
        """Read what belongs to a sample."""
        return self._leaf(node, at[node.args[1]])

    def _leaf(self, node: Node, samples: str) -> Code:
        name = node.args[0]
        text = name + ENDING if samples == PAIRED else name
        self.used[text] = None
        layout = self.layouts.get(name, axes(node.shape) + samples)
        return Code(text, layout.replace(SAMPLES, samples))

    def on_number(self, node: Node, at: Places) -> Code:
        """Read a rational number."""
        value = Fraction(*node.args)
        return Code(str(value), "", atom=value.denominator == 1, is_one=value == 1)

    def on_ones(self, node: Node, at: Places) -> Code:
        """Read ones, which only sums have."""
        return Code("1", axes(node.shape), is_one=True)

    def on_eye(self, node: Node, at: Places) -> Code:
        """Read an identity matrix, which only multiples of it have."""
        return Code("1", "", is_one=True, is_diagonal=True)

    def on_over(self, node: Node, at: Places) -> Code:
        """Read a sum over the samples: of products of matrices as one product."""
        symbols, body = node.args
        return self._over(body, {**at, **dict.fromkeys(symbols, SAMPLES)})

    def _over(self, body: Node, at: Places) -> Code:
        match body.op, body.args:
            case "add", (a, b):
                return self._over(a, at) + self._over(b, at)
            case "times", (a, b):
                for factor, rest in ((a, b), (b, a)):
                    shared = self.read(factor, at)
                    if shared.shared:
                        whole: Code = shared * self._over(rest, at)
                        return whole
                weight, x = self.read(a, at), self.read(b, at)
                if weight.axes == SAMPLES and x.axes[-1] == SAMPLES and len(x.axes) > 1:
                    return Code(f"{x.inner} @ {weight.inner}", x.axes[:-1], atom=False, is_new=True)
            case "kron", (a, b):
                return _kron(self.read(a, at), self.read(b, at))
            case "matmul", (a, b):
                return _over_samples(self.read(a, at), self.read(b, at))
        found: Code = self.read(body, at)
        return found.summed(SAMPLES)


def _over_samples(a: Code, b: Code) -> Code:
    """Return the sum over the samples of a product of matrices."""
    if a.is_diagonal:
        return Code(f'np.einsum("rn,{b.axes}->rc", {a.text}, {b.text})', "rc", is_new=True)
    if b.is_diagonal and a.operands[1:] and a.operands[1].shared:
        C, W = a.operands
        return Code(f"summed({C.text}, {W.read}, {b.text})", "rc", is_new=True)
    if b.is_diagonal:
        return Code(f'np.einsum("{a.axes},cn->rc", {a.text}, {b.text})', "rc", is_new=True)
    if (a.axes, b.axes) == ("rn", "cn"):
        return Code(f"{a.inner} @ {b.inner}.{SWAP}", "rc", atom=False, is_new=True)
    inner = [(x.axes.index(own), x.axes.index(SAMPLES)) for x, own in ((a, "c"), (b, "r"))]
    return Code(f"np.tensordot({a.text}, {b.text}, {tuple(inner)})", "rc", is_new=True)


def axes(shape: Shape) -> str:
    """Return the axes of a matrix of that shape.

    >>> from hessbound.derive.algebra.sides import side
    >>> axes(Shape(side("hidden"), side(None)))
    'r'
    """
    return ("r" if shape.rows != ONE else "") + ("c" if shape.cols != ONE else "")

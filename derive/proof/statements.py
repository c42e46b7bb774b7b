"""What a claim is: one class for each kind of statement, for the paper's claims and a user's alike.

A claim's function is called once, with symbols, and what it builds is kept: trees (``statements``)
and, for an inequality, the slacks of its certificate (``kernel``). ``prove`` has a procedure for
each class.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from hessbound.derive.algebra.classes import is_rational
from hessbound.derive.algebra.kinds import spare
from hessbound.derive.algebra.sides import SCALAR
from hessbound.derive.statements import trees
from hessbound.derive.statements.arrays import Tensor
from hessbound.derive.statements.draws import Values
from hessbound.derive.statements.notation import NETWORK, Notation
from hessbound.derive.statements.numbers import Numbers
from hessbound.derive.statements.places import NOWHERE, Place
from hessbound.derive.statements.trees import Node, NotAStatementError, Symbol

from . import recursions
from .kernel import Slack
from .verdicts import Decision, Verdict

if TYPE_CHECKING:
    import sympy as sp

    from hessbound.derive.functions.scalar import ScalarFunction

    from .settings import Setting

Pair: TypeAlias = tuple[Any, Any]  # what a claim's function returns
Steps: TypeAlias = Iterable[tuple[str, Slack]]


class Sides(NamedTuple):
    """The two sides of a statement, and the symbols that it is claimed for."""

    lhs: Node
    rhs: Node
    symbols: tuple[Symbol, ...] = ()

    @property
    def names(self) -> dict[Symbol, str]:
        """Letters for the symbols."""
        taken: set[str] = set()
        found = {}
        for s in self.symbols:
            found[s] = next(spare(s.kind, taken))
            taken.add(found[s])
        return found


@dataclass(frozen=True)
class Claim:
    """A statement.

    Attributes
    ----------
    name : str
        Its own name.
    statement : str
        What it says, for readers.
    equation : str
        The number in the paper, or "-" where it has none.
    expected : Verdict
        REFUTED where the statement is known to be false.
    place : Place
        Where it is written.
    code : str
        What yields it again, as ``claim``, in a fresh Python.
    loss : str, optional
        The loss that it is about, if it is about one.
    """

    name: str
    statement: str
    equation: str = field(default="-", kw_only=True)
    expected: Verdict = field(default=Verdict.PROVED, kw_only=True)
    place: Place = field(default=NOWHERE, kw_only=True)
    code: str = field(default="", kw_only=True)
    loss: str | None = field(default=None, kw_only=True)

    @property
    def order(self) -> float:
        """Where to sort the claim: by its first equation number; what has none comes last."""
        number = re.match(r"\d+", self.equation)
        return int(number[0]) if number else float("inf")


@dataclass(frozen=True)
class Definition(Claim):
    """A definition: nothing to prove."""


@dataclass(frozen=True)
class Identity(Claim):
    """Two matrices in the network's quantities are equal, for all sizes.

    Beside q the function takes indices, of the kinds ``indices``, that it is claimed for each of.
    """

    function: Callable[..., Pair] = field(kw_only=True)
    activation: str | None = field(default=None, kw_only=True)
    indices: tuple[str, ...] = field(default=(), kw_only=True)
    notation: Notation = field(default=NETWORK, kw_only=True)

    @cached_property
    def sides(self) -> Sides:
        """The two sides as trees; NotAStatementError where they are no statement."""
        symbols = tuple(Symbol(kind) for kind in self.indices)
        pair = self.function(self.notation.quantities(), *symbols)
        return Sides(*_pair(pair, symbols), symbols)

    def at(self, values: Values, *at: int) -> tuple[Tensor, Tensor]:
        """Return both sides in numbers, the indices given as numbers from 0 on."""
        places = dict(zip(self.sides.symbols, at, strict=True))
        return _evaluate(self.sides, self.notation.numbers(values), places)


@dataclass(frozen=True)
class Induction(Claim):
    """What holds at one layer holds at every layer, of a network of any depth.

    What it states is made from its parts (see ``recursions``).

    Attributes
    ----------
    steps : tuple of Identity
        The steps of the recursions that the conclusions rest on, each of what is derived at the
        next layer.
    conclusions : tuple of Identity
        What is concluded at each layer, or at each two layers.
    """

    statement: str = field(init=False)
    steps: tuple[Identity, ...] = field(kw_only=True)
    conclusions: tuple[Identity, ...] = field(kw_only=True)

    def __post_init__(self) -> None:
        """Make the text; NotAStatementError where a part is no statement."""
        for name in ("steps", "conclusions"):  # what is iterated over is the same each time
            object.__setattr__(self, name, tuple(iter(getattr(self, name))))
        object.__setattr__(self, "statement", recursions.text(self.steps, self.conclusions))

    @property
    def parts(self) -> tuple[Identity, ...]:
        """The claims that it rests on."""
        return (*self.steps, *self.conclusions)

    @property
    def depths(self) -> tuple[int, ...]:
        """The numbers of hidden layers at which it is compared with whole networks."""
        return recursions.depths(self.conclusions)


@dataclass(frozen=True)
class Inequality(Claim):
    """One side is never above the other, under the assumptions of a setting.

    ``certificate`` yields named slacks, which add up to the difference. With ``equal``, the two
    sides are equal.
    """

    function: Callable[..., Pair] = field(kw_only=True)
    setting: Setting = field(kw_only=True)
    equal: bool = field(default=False, kw_only=True)
    certificate: Callable[..., Steps] | None = field(default=None, kw_only=True)

    @cached_property
    def sides(self) -> Sides:
        """The smaller side and the larger one, 1 × 1; NotAStatementError where they are none."""
        lhs, rhs = _pair(self.function(self.setting.quantities()), ())
        if lhs.shape != SCALAR:
            msg = f"the sides of an inequality are 1 × 1, got {lhs.shape}"
            raise NotAStatementError(msg)
        return Sides(lhs, rhs)

    @cached_property
    def steps(self) -> tuple[tuple[str, Slack], ...]:
        """The certificate's steps; NotAStatementError where it yields something else."""
        if self.certificate is None:
            return ()
        found = []
        for step in self.certificate(self.setting.quantities()):
            match step:
                case str() as reason, slack if type(slack) is Slack:
                    found.append((reason, slack))
                case _:
                    msg = "a certificate yields (reason, slack), the slack made by a rule"
                    raise NotAStatementError(msg)
        return tuple(found)

    def at(self, values: Values) -> tuple[Tensor, Tensor]:
        """Return both sides in numbers."""
        return _evaluate(self.sides, Numbers(values), {})


@dataclass(frozen=True)
class ScalarIdentity(Claim):
    """Pairs of expressions in one variable and in the atoms of a function are equal.

    They are at every point of an interval, or of the whole line.
    """

    pairs: tuple[tuple[sp.Expr, sp.Expr], ...] = field(kw_only=True)
    function: ScalarFunction = field(kw_only=True)
    activation: str | None = field(default=None, kw_only=True)
    domain: sp.Interval | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class ScalarInequality(Claim):
    """An expression in u, f and its derivatives is never above another, with f of an activation."""

    small: sp.Expr = field(kw_only=True)
    large: sp.Expr = field(kw_only=True)
    activation: str | None = field(default=None, kw_only=True)
    domain: sp.Interval | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class RangeClaim(Claim):
    """The values that a derivative takes on the whole line are exactly those of a set."""

    function: ScalarFunction = field(kw_only=True)
    derivative: int = field(kw_only=True)
    values: sp.Set = field(kw_only=True)
    activation: str = field(kw_only=True)


@dataclass(frozen=True)
class Checked(Claim):
    """A statement that a check of its own decides, and on which kernels may rest."""

    check: Callable[[], Decision] = field(kw_only=True)
    activation: str | None = field(default=None, kw_only=True)
    in_kernels: bool = field(default=True, kw_only=True)


def _pair(pair: Any, symbols: tuple[Symbol, ...]) -> tuple[Node, Node]:
    """Return two trees of one shape; a number stands for 1 × 1, and 0 for any zero matrix."""
    if not isinstance(pair, tuple) or isinstance(pair, Node) or len(pair) != 2:
        msg = f"the function must return a pair (left side, right side), got {_shown(pair)}"
        raise NotAStatementError(msg)
    lhs, rhs = _side(*pair), _side(*reversed(pair))
    if lhs.shape != rhs.shape:
        msg = f"the sides are {lhs.shape} and {rhs.shape}"
        raise NotAStatementError(msg)
    if not (lhs.free | rhs.free) <= {*symbols}:
        msg = "the index of a sum is used outside of it"
        raise NotAStatementError(msg)
    trees.free_shapes(lhs + rhs)
    return lhs, rhs


def _side(side: Any, other: Any) -> Node:
    if isinstance(side, bool) or not isinstance(side, Node | trees.Number | float):
        msg = f"a side must be a matrix made from q, or a rational number, got {_shown(side)}"
        raise NotAStatementError(msg)
    if is_rational(side) and side == 0 and isinstance(other, Node):
        return trees.zeros(other.shape)
    return trees.node(side)


def _shown(value: object) -> str:
    if isinstance(value, Node):
        return "one matrix"
    return "None" if value is None else f"{type(value).__name__} {value!r}"


def _evaluate(sides: Sides, numbers: Numbers, at: Mapping[Symbol, int]) -> tuple[Tensor, Tensor]:
    with numbers.field.working():
        return numbers.read(sides.lhs, at).array, numbers.read(sides.rhs, at).array


def arguments(function: Callable[..., Any]) -> list[str]:
    """List the arguments that a caller must give."""
    parameters = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind in kinds]

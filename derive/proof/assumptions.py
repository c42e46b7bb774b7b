"""What inequalities about a network assume: of its loss two numbers, and more by choice.

With sample weights ω ≥ 0, |e| ≤ ω s₁, |p| ≤ ω s₂, |f′| ≤ α₁ and |f″| ≤ α₂, every signed quantity is
its bound times a share in [0, 1] times a sign: e = ω s₁ t σ_e, p = ω s₂ π σ_p, f′ = α₁ r₁ σ₁,
f″ = α₂ r₂ σ₂ and b = β σ_b with β = |b|. s₁ and s₂ are symbols, for whatever loss; or the loss is
cross-entropy, with s₁ = 1, s₂ = ¼ and p ≥ 0, and for hard labels p = |e|(1 − |e|/ω), so
π = 4 t(1 − t). τ is √t.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.polynomials import Poly, atom
from hessbound.derive.algebra.sides import ONE, SCALAR, Shape, side
from hessbound.derive.statements import trees
from hessbound.derive.statements.draws import Values
from hessbound.derive.statements.latex import Latex
from hessbound.derive.statements.network import Quantities, of, quantity
from hessbound.derive.statements.plain import plain
from hessbound.derive.statements.trees import Node, NotAStatementError, Symbol

from . import examples
from .bounded import Bounded
from .deadline import WRITING, TooLongError, deadline
from .kernel import Fact, Known, Slack, fact, number, square
from .settings import Example
from .statements import Sides

QUARTER = Fraction(1, 4)
HIDDEN, SAMPLES = Shape(side("hidden"), ONE), Shape(side("sample"), ONE)
SHARES = {"tau": SCALAR, "pi": SCALAR, "r1": HIDDEN, "r2": HIDDEN}  # of a sample, in [0, 1]
SIGNS = {"sign_e": SCALAR, "sign_p": SCALAR, "sign_f1": HIDDEN, "sign_f2": HIDDEN}  # of a sample
NETWORK = {"alpha1": SCALAR, "alpha2": SCALAR, "beta": HIDDEN, "omega": SAMPLES}

Given: TypeAlias = Callable[["BoundedQuantities"], Iterable[tuple[Any, ...]]]


@dataclass(frozen=True)
class Assumptions:
    """What an inequality is claimed under.

    weighted  : sample weights ω_i ≥ 0, instead of 1
    hard      : labels 0 and 1, so that p = |e|(1 − |e|/ω)
    inputs    : |x_ij| ≤ 1
    outputs   : |f| ≤ 1
    delta     : |e_i| ≤ δ and p_i ≤ δ/4 for all samples, with δ = 4 max e^−|v_i|
    given     : further assumptions, as ``given(q)`` yields them: (name, smaller side, larger side)
    slope     : whatever the loss, |e_i| ≤ ω_i s₁ for all samples
    curvature : whatever the loss, |p_i| ≤ ω_i s₂ for all samples
    loss      : with one of these two, the loss that examples are of, and s₁ and s₂ its suprema

    Without slope and curvature the loss is cross-entropy. With one of them, nothing is assumed of
    what the other bounds.
    """

    weighted: bool = False
    hard: bool = False
    inputs: bool = False
    outputs: bool = False
    delta: bool = False
    given: Given | None = None
    slope: bool = False
    curvature: bool = False
    loss: str | None = None

    def __post_init__(self) -> None:
        chosen = (self.weighted, self.hard, self.inputs, self.outputs, self.delta)
        flags = (*chosen, self.slope, self.curvature)
        if not all(type(flag) is bool for flag in flags):
            msg = f"what is assumed is True or False, got {flags}"
            raise TypeError(msg)
        if self.hard and self.delta:
            msg = "hard labels and δ go with different |e|: of hard labels p = |e|(1 − |e|/ω)"
            raise ValueError(msg)
        if self.any_loss and (self.hard or self.delta):
            msg = "hard labels and δ are cross-entropy's; slope and curvature are for any loss"
            raise ValueError(msg)
        if self.loss is not None and not (self.any_loss and type(self.loss) is str):
            msg = f"a loss is a name, and goes with slope or curvature, got {self.loss!r}"
            raise ValueError(msg)

    @property
    def any_loss(self) -> bool:
        """Whether nothing is assumed of the loss but numbers that bound its derivatives."""
        return self.slope or self.curvature

    def quantities(self) -> BoundedQuantities:
        """Return the quantities as symbols of trees; whoever has them cannot change these here."""
        return BoundedQuantities(replace(self))

    def known(self) -> Known:
        """Return the facts that are assumed."""
        facts: dict[str, Fact] = {}
        for name, shape in NETWORK.items():
            facts[name] = _network(name, shape)
        for name, shape in SHARES.items():
            facts[name] = _share(name, shape)
            facts[f"1 - {name}"] = _rest(name, shape)
        facts["weight"] = _weight
        for name, assumed in (("s1", self.slope), ("s2", self.curvature)):
            if assumed:
                facts[name] = _network(name, SCALAR)
        if self.inputs:
            facts["inputs"] = _small_inputs
        if self.outputs:
            facts["outputs"] = _small_outputs
        for name, (samples, gap) in self.further.items():
            facts[f"given {name}"] = _instance(samples, gap)
        return Known(facts, frozenset({*SIGNS, "sign_b"}))

    @cached_property
    def further(self) -> dict[str, tuple[tuple[Symbol, ...], Node]]:
        """The gaps of the assumptions that ``given`` states, and the samples they are stated for.

        NotAStatementError where one is no pair of sides of one shape.
        """
        return {name: (symbols, large - small) for name, (symbols, small, large) in self._stated}

    @cached_property
    def _stated(self) -> list[tuple[str, tuple[tuple[Symbol, ...], Node, Node]]]:
        found: dict[str, tuple[tuple[Symbol, ...], Node, Node]] = {}
        q = BoundedQuantities(replace(self, given=None))
        for name, *stated in self.given(q) if self.given else ():
            symbols: tuple[Symbol, ...] = ()
            sides: Any = stated
            if len(sides) == 1 and callable(sides[0]):  # for all samples
                symbols = trees.binders(sides[0].__code__.co_argcount)
                sides = sides[0](*symbols)
            named = type(name) is str and name.strip() and name.isprintable()
            if not named or name in found or len(sides) != 2:
                came = ", ".join([repr(name), *(type(x).__name__ for x in sides)])
                msg = "an assumption is (name, smaller side, larger side), each name once, got "
                msg += f"({came})"
                raise NotAStatementError(msg)
            small, large = (trees.node(x) for x in sides)
            found[name] = symbols, small, large
            _written(name, *found[name])  # what readers cannot be told is not assumed
        return list(found.items())

    def relations(self) -> list[tuple[Poly, Poly | int]]:
        """Return every signed quantity written out."""
        i, k = Index("sample", "i"), Index("hidden", "k")
        omega, t, pi = (atom(name, i) for name in ("omega", "t", "pi"))
        e, p = omega * t * atom("sign_e", i), omega * pi
        bounded = [(atom("e", i), e), (atom("p", i), p * QUARTER)]
        if self.any_loss:
            slope = (atom("e", i), e * atom("s1"))
            curvature = (atom("p", i), p * atom("s2") * atom("sign_p", i))
            bounded = [slope] * self.slope + [curvature] * self.curvature
        found: list[tuple[Poly, Poly | int]] = [
            *bounded,
            (atom("sign_e", i) ** 2, 1),
            (atom("sign_p", i) ** 2, 1),
            (t, atom("tau", i) ** 2),
            (atom("w", k), atom("beta", k) * atom("sign_b", k)),
            (atom("sign_b", k) ** 2, 1),
        ]
        for n in (1, 2):
            sign = atom(f"sign_f{n}", i, k)
            found += [(atom(f"f{n}", i, k), atom(f"alpha{n}") * atom(f"r{n}", i, k) * sign)]
            found += [(sign**2, 1)]
        if self.delta:
            found.append((omega, atom("delta")))
        elif not self.weighted:
            found.append((omega, 1))
        if self.hard:
            found.append((pi, 4 * t * (1 - t)))
        return found

    def abstract(self, seed: int) -> Values | None:
        """Draw exact numbers that obey the assumptions and nothing else."""
        return examples.obeying(examples.abstract(self, seed), self.further)

    def example(self, n: int) -> Example | None:
        """Return the n-th network with each activation that fits; the first have w = 0."""
        return examples.example(self, n)

    def plan(self, *, thorough: bool) -> Sequence[int]:
        """Return which networks to look at."""
        return examples.plan(self, thorough=thorough)

    def __str__(self) -> str:
        """List them for readers."""
        words = ["ω_i ≥ 0" if self.weighted else "ω = 1"]
        weight = "ω_i " * self.weighted
        given = {
            f"|e_i| ≤ {weight}s₁": self.slope,
            f"|p_i| ≤ {weight}s₂": self.curvature,
            f"loss {self.loss}": self.loss is not None,
            "hard labels": self.hard,
            "|x_ij| ≤ 1": self.inputs,
            "|f| ≤ 1": self.outputs,
            "|e_i| ≤ δ, p_i ≤ δ/4 with δ = 4 max e^−|v_i|": self.delta,
        }
        words += [word for word, holds in given.items() if holds]
        return ", ".join([*words, *self._names()])

    def _names(self) -> list[str]:
        """Write the assumptions of one's own; what they raise is the claim's verdict, not this."""
        try:
            with deadline(WRITING):
                return [_written(name, *stated) for name, stated in self._stated]
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not isinstance(error, TooLongError):
                raise
            return ["assumptions that cannot be written down"]


def _written(name: str, symbols: tuple[Symbol, ...], small: Node, large: Node) -> str:
    """Write what an assumption says beside its name, which could say something else."""
    letters = Sides(small, large, symbols).names
    left, right = (plain(Latex().read(side, letters).latex) for side in (small, large))
    where = f" for all {', '.join(letters.values())}" if symbols else ""
    said = f"{left} ≤ {right}{where}"
    return said if said == name else f"{name}: {said}"


def _network(name: str, shape: Shape) -> Fact:
    return lambda: quantity(name, shape)


def _share(name: str, shape: Shape) -> Fact:
    return lambda i: of(name, trees.require_symbol(i), shape)


def _rest(name: str, shape: Shape) -> Fact:
    return lambda i: trees.make("ones", (), shape) - of(name, trees.require_symbol(i), shape)


def _weight(i: Symbol) -> Node:
    return of("omega", trees.require_symbol(i), SCALAR)


def _small_inputs(i: Symbol) -> Node:
    x: Node = Quantities().at(i).x
    return trees.make("ones", (), x.shape) - x**2


def _small_outputs(i: Symbol) -> Node:
    h: Node = Quantities().at(i).h
    return trees.make("ones", (), h.shape) - h**2


def _instance(symbols: tuple[Symbol, ...], gap: Node) -> Fact:
    """Return an assumption about all samples, at those that a certificate names."""

    def at_samples(*at: Symbol) -> Node:
        named = map(trees.require_symbol, at)
        return trees.substitute(gap, dict(zip(symbols, named, strict=True)))

    return at_samples


@dataclass(frozen=True, eq=False)
class BoundedSample:
    """The quantities of one sample, x and h as plain columns, the others bounded."""

    x: Node
    h: Node
    weight: Slack
    tau: Slack  # √(|e|/(ω s₁))
    e: Bounded
    p: Bounded
    f1: Bounded
    f2: Bounded
    b: Bounded


class BoundedQuantities(Quantities):
    """The quantities of a network, and what is known of them where an inequality assumes it."""

    def __init__(self, assumptions: Assumptions) -> None:
        self.__dict__["_assumptions"] = assumptions

    alpha1 = property(lambda _: fact("alpha1", quantity("alpha1", SCALAR)), doc="sup |f′|.")
    alpha2 = property(lambda _: fact("alpha2", quantity("alpha2", SCALAR)), doc="sup |f″|.")
    beta = property(lambda _: fact("beta", quantity("beta", HIDDEN)), doc="|b|.")
    omega = property(lambda _: fact("omega", quantity("omega", SAMPLES)), doc="Sample weights.")
    delta = property(lambda _: quantity("delta", SCALAR), doc="δ, which bounds |e| and 4p.")

    @property
    def s1(self) -> Slack:
        """s₁, which bounds |e|/ω: 1 for cross-entropy."""
        return fact("s1", quantity("s1", SCALAR)) if self._assumed.any_loss else number(1)

    @property
    def s2(self) -> Slack:
        """s₂, which bounds |p|/ω: ¼ for cross-entropy."""
        return fact("s2", quantity("s2", SCALAR)) if self._assumed.any_loss else number(QUARTER)

    def bounded(self, i: Symbol) -> BoundedSample:
        """Return a sample's quantities, each a bound times a share times a sign."""
        s = self.at(i)

        def share(name: str) -> tuple[Slack, Slack]:
            whole = _share(name, SHARES[name])(i)
            return fact(name, whole, i), fact(f"1 - {name}", _rest(name, SHARES[name])(i), i)

        def sign(name: str) -> Node:
            return of(name, i, SIGNS[name])

        weight, one = fact("weight", _weight(i), i), self._one
        sign_p = sign("sign_p") if self._assumed.any_loss else self.one()
        tau, one_tau = share("tau")
        t = (tau * tau, one_tau * (1 + tau))
        return BoundedSample(
            x=s.x,
            h=s.h,
            weight=weight,
            tau=tau,
            e=Bounded(weight * self.s1, *t, sign("sign_e")),
            p=Bounded(weight * self.s2, *share("pi"), sign_p),
            f1=Bounded(self.alpha1, *share("r1"), sign("sign_f1")),
            f2=Bounded(self.alpha2, *share("r2"), sign("sign_f2")),
            b=Bounded(self.beta, one, one * 0, quantity("sign_b", HIDDEN)),
        )

    @property
    def _assumed(self) -> Assumptions:
        found: Assumptions = self.__dict__["_assumptions"]
        return found

    @property
    def _one(self) -> Slack:
        return square(self.one("hidden"))

    def small_inputs(self, i: Symbol) -> Slack:
        """Return 1 − x∘x, where |x_ij| ≤ 1 is assumed."""
        return fact("inputs", _small_inputs(i), i)

    def small_outputs(self, i: Symbol) -> Slack:
        """Return 1 − h∘h, where |f| ≤ 1 is assumed."""
        return fact("outputs", _small_outputs(i), i)

    def given(self, name: str, *at: Symbol) -> Slack:
        """Return the gap of an assumption of one's own, larger side minus smaller side."""
        assumptions = self._assumed
        if name not in assumptions.further:
            known = ", ".join(assumptions.further) or "none"
            msg = f"no assumption is named {name!r}; there are: {known}"
            raise NotAStatementError(msg)
        symbols, gap = assumptions.further[name]
        if len(at) != len(symbols):
            more = "".join(f", {letter}" for letter in "ijklmn"[: len(symbols)])
            msg = f"the assumption {name!r} is used as q.given({name!r}{more})"
            raise NotAStatementError(msg)
        return fact(f"given {name}", _instance(symbols, gap)(*at), *at)

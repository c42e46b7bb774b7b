"""The claims of a module or file, and the decorators that state them.

The paper's modules and users' files fill registers alike; ``prove`` does not tell them apart.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from hessbound.derive.statements.notation import NETWORK, Notation
from hessbound.derive.statements.trees import require_kind

from .faults import code_of, place_of
from .kernel import Slack
from .settings import Setting
from .statements import Claim, Identity, Inequality, arguments

Sides = TypeVar("Sides", bound=Callable[..., Any])
PAPER = "from hessbound.derive import claims"  # what loads the paper's claims
MOST = 8  # indices that an identity is claimed for


class Register(list[Claim]):
    """Claims in the order in which they are stated; each has a name of its own.

    ``code`` is what loads the register again as ``claims``, in a fresh Python; ``bounds`` begins
    the names of inequalities that are named after their functions.
    """

    def __init__(self, code: str = PAPER, bounds: str = "bound_") -> None:
        super().__init__()
        self.code, self.bounds = code, bounds

    def append(self, claim: Claim) -> None:
        """Add a claim; ValueError, with both lines, where its name is taken."""
        for other in self:
            if other.name == claim.name:
                where = f"at {other.place} and at {claim.place}"
                msg = f"two claims are named {claim.name!r}, {where}"
                raise ValueError(msg)
        code = claim.code or f"{self.code}\nclaim = claims.find({claim.name!r})"
        super().append(replace(claim, code=code))

    def extend(self, claims: Iterable[Claim]) -> None:
        """Add claims one by one."""
        for claim in claims:
            self.append(claim)

    def find(self, name: str) -> Claim:
        """Return the claim of that name; ValueError where there is none."""
        for claim in self:
            if claim.name == name:
                return claim
        msg = f"no claim is named {name!r}; the names are {', '.join(c.name for c in self)}"
        raise ValueError(msg)

    def identity(
        self,
        name: str | None = None,
        *,
        equation: str = "-",
        activation: str | None = None,
        indices: tuple[str, ...] | None = None,
        notation: Notation = NETWORK,
    ) -> Callable[[Sides], Sides]:
        """State that the two sides which the decorated function returns are equal.

        The function stays as it is, and its docstring is the statement.

        >>> claims = Register()
        >>> @claims.identity(equation="6")
        ... def symmetric(q):
        ...     '''H = Hᵀ.'''
        ...     return q.H, q.H.T
        >>> claims[0].name, claims[0].statement, claims[0].indices
        ('symmetric', 'H = Hᵀ', ())
        """

        def add(function: Sides) -> Sides:
            claim = identity_of(
                function, name, equation=equation, activation=activation, indices=indices
            )
            self.append(replace(claim, notation=notation))
            return function

        return add

    def bound(
        self, *settings: Setting, name: str | None = None, equation: str = "-", equal: bool = False
    ) -> Callable[[Sides], Sides]:
        """State that the first side is at most the second, once for each of the settings."""

        def add(function: Sides) -> Sides:
            for n, setting in enumerate(settings):
                own = (name or f"{self.bounds}{function.__name__}") + f"_{n + 1}" * (n > 0)
                claim = inequality_of(function, setting, own)
                self.append(replace(claim, equation=equation, equal=equal))
            return function

        return add

    def certificate(self, function: Callable[..., Any]) -> Callable[[Sides], Sides]:
        """Give the proof of a bound: a generator of (reason, slack) that add up to the difference.

        ValueError where the function is stated as no bound above.
        """

        def add(proof: Sides) -> Sides:
            places = [
                n
                for n, claim in enumerate(self)
                if isinstance(claim, Inequality) and claim.function is function
            ]
            if not places:
                msg = f"{code_of(function)} is not stated as a bound above its certificate"
                raise ValueError(msg)
            for n in places:
                self[n] = replace(self[n], certificate=proof)  # type: ignore[call-arg]
            return proof

        return add

    def steps(self, function: Callable[..., Any], q: Any) -> Iterator[tuple[str, Slack]]:
        """Yield the certificate of another inequality, as part of one."""
        for claim in self:
            if isinstance(claim, Inequality) and claim.function is function and claim.certificate:
                yield from claim.certificate(q)
                return


def identity_of(
    function: Callable[..., Any],
    name: str | None = None,
    *,
    equation: str = "-",
    activation: str | None = None,
    indices: tuple[str, ...] | None = None,
) -> Identity:
    """Return the claim that a function's two sides are equal.

    ValueError if it does not take q and an argument for each index, TypeError if it is no function
    or the indices are no kinds of index.
    """
    _require_function(function, "an identity")
    count = len(arguments(function)) - 1
    kinds = ("sample",) * count if indices is None else _kinds(indices)
    if not 0 <= count <= MOST or len(kinds) != count:
        what = f"{len(kinds)} indices" if indices else f"up to {MOST} indices"
        msg = f"{code_of(function)} must take q, and then {what}"
        raise ValueError(msg)
    return Identity(
        name or function.__name__,
        stated(function, name),
        function=function,
        equation=equation,
        activation=activation,
        indices=kinds,
        place=place_of(function),
    )


def inequality_of(
    function: Callable[..., Any],
    setting: Setting,
    name: str | None = None,
    certificate: Callable[..., Any] | None = None,
) -> Inequality:
    """Return the claim that a function's first side is at most its second.

    ValueError if it does not take q alone, TypeError if it is no function.
    """
    _require_function(function, "a bound")
    if len(arguments(function)) != 1:
        msg = f"{code_of(function)} must take q alone"
        raise ValueError(msg)
    return Inequality(
        name or function.__name__,
        f"{stated(function, name)}; {setting}",
        function=function,
        setting=setting,
        certificate=certificate,
        place=place_of(function),
    )


def _require_function(function: object, what: str) -> None:
    if not hasattr(inspect.unwrap(function), "__code__"):  # type: ignore[arg-type]  # it may be any
        kind = f"the class {function.__name__}" if isinstance(function, type) else repr(function)
        msg = f"{what} must be stated by a function of q, got {kind}"
        raise TypeError(msg)


def _kinds(indices: object) -> tuple[str, ...]:
    if not isinstance(indices, tuple | list):
        came = f"{type(indices).__name__} {indices!r}"
        msg = f"indices must be a tuple of kinds such as ('sample', 'hidden'), got {came}"
        raise TypeError(msg)
    for kind in indices:
        require_kind(kind)
    return tuple(indices)


def stated(function: Callable[..., Any], name: str | None = None) -> str:
    """Return the statement in a function's docstring, or a name where it has none."""
    text = " ".join((function.__doc__ or "").split()).rstrip(".")
    return text or name or function.__name__

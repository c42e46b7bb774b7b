"""The quantities of inequalities for all sizes (the twin of ``bounded_network``)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from hessbound.derive.algebra import matrices
from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import Matrix
from hessbound.derive.algebra.polynomials import Poly, atom
from hessbound.derive.statements.symbolic import Symbolic

from .bounded_sample import QUARTER, Assumed, BoundedSample
from .nonnegative import Bounded, Nonnegative, fact

if TYPE_CHECKING:
    from .bounded import Assumptions


class BoundedSymbolic(Symbolic, Assumed):
    """For all sizes; two sides are compared with all signed quantities written out."""

    def __init__(self, assumptions: Assumptions) -> None:
        super().__init__()
        self.assumptions = assumptions
        self.alpha1, self.alpha2 = (fact(matrices.symbol(f"alpha{n}", None)) for n in (1, 2))
        self.beta = fact(matrices.symbol("beta", "hidden"))
        self.omega = fact(matrices.symbol("omega", "sample"))

    def bounded(self, i: Index) -> BoundedSample:
        """Return a sample's quantities."""
        s = self.at(i)

        def share(name: str, kind: str | None) -> tuple[Nonnegative, Nonnegative]:
            unit, one = matrices.symbol(name, kind, None, i), self.one(kind)
            return fact(unit), fact(one - unit)

        def sign(name: str, kind: str | None) -> Matrix:
            return matrices.symbol(f"sign_{name}", kind, None, i)

        weight, one = fact(matrices.symbol("omega", None, None, i)), fact(self.one("hidden"))
        tau, one_tau = share("tau", None)
        t = (tau * tau, one_tau * (1 + tau))
        return BoundedSample(
            x=s.x,
            h=s.h,
            weight=weight,
            tau=tau,
            e=Bounded(weight, *t, sign("e", None)),
            p=Bounded(weight * QUARTER, *share("pi", None), self.one()),
            f1=Bounded(self.alpha1, *share("r1", "hidden"), sign("f1", "hidden")),
            f2=Bounded(self.alpha2, *share("r2", "hidden"), sign("f2", "hidden")),
            b=Bounded(self.beta, one, one * 0, matrices.symbol("sign_b", "hidden")),
        )

    @cached_property
    def _relations(self) -> list[tuple[Poly, Poly | int]]:  # type: ignore[override]  # wider
        i, k = Index("sample", "i"), Index("hidden", "k")

        def named(name: str, *at: Index) -> Poly:
            return atom(name, *at)

        signed = [
            ("e", named("omega", i), "t", (i,)),
            ("f1", named("alpha1"), "r1", (i, k)),
            ("f2", named("alpha2"), "r2", (i, k)),
        ]
        relations: list[tuple[Poly, Poly | int]] = []
        for name, bound, share, at in signed:
            sign = named(f"sign_{name}", *at)
            relations += [(named(name, *at), bound * named(share, *at) * sign), (sign**2, 1)]
        relations.append((atom("p", i), named("omega", i) * named("pi", i) * QUARTER))
        relations.append((atom("w", k), named("beta", k) * named("sign_b", k)))
        relations.append((named("sign_b", k) ** 2, 1))
        relations.append((named("t", i), named("tau", i) ** 2))
        if self.assumptions.delta:
            relations.append((named("omega", i), named("delta")))
        elif not self.assumptions.weighted:
            relations.append((named("omega", i), 1))
        if self.assumptions.hard:
            relations.append((named("pi", i), 4 * named("t", i) * (1 - named("t", i))))
        return relations

    @property
    def delta(self) -> Matrix:
        """δ, which bounds |e| and 4p of all samples."""
        return matrices.symbol("delta", None)

    def peak(self) -> Matrix:
        """Return M as a symbol."""
        return matrices.symbol("M", None)

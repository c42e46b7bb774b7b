"""An inequality with its certificate, and a sharper one that is false."""

from fractions import Fraction

from hessbound.derive import bound, certificate, over, square


def norm(q):
    """Return ‖H̄‖_F² = Σ_i (1 + ‖h_i‖²)."""
    return q.one("sample").sum() + (q.h * q.h).sum()


@bound("a quarter")
def quarter(q):
    """H_ww has trace at most ¼ ‖H̄‖_F²."""
    return q.part(q.H, "w", "w").trace(), Fraction(1, 4) * norm(q)


@certificate(quarter)
def _(q):
    yield "p ≤ 1/4", over(q, lambda i: q.bounded(i).p.gap() * (square(q.at(i).h).sum() + 1))


@bound("a fifth")
def fifth(q):
    """H_ww has trace at most ⅕ ‖H̄‖_F²."""
    return q.part(q.H, "w", "w").trace(), Fraction(1, 5) * norm(q)

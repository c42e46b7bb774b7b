"""Single units, a mean over the samples, an arbitrary vector, and an assumption of one's own."""

from fractions import Fraction

from hessbound.derive import bound, certificate, identity, over, square


@identity("one unit", indices=("sample", "hidden"))
def one_unit(q, i, k):
    """∂ℓ/∂w_k = e h_k."""
    s = q.at(i)
    return q.part(q.gradient(i), "b", "1").at(k), s.e * s.h.at(k)


@identity("quadratic form")
def quadratic_form(q):
    """zᵀ(H_bb/N)z is the mean of p (h·z)²."""
    z = q.free("z", "hidden")
    mean = q.over(lambda i: q.at(i).p * (q.at(i).h.T @ z) ** 2) / q.N
    return z.T @ (q.part(q.H, "b", "b") / q.N) @ z, mean


def small(q):
    """‖h_i‖² ≤ R² for every sample."""
    yield "‖h_i‖² ≤ R²", lambda i: ((q.at(i).h ** 2).sum(), q.free("R") ** 2)


@bound("mean trace", given=small)
def mean_trace(q):
    """H_bb has trace at most ¼ N R²."""
    return q.part(q.H, "b", "b").trace(), Fraction(1, 4) * q.N * q.free("R") ** 2


@certificate(mean_trace)
def _(q):
    yield "‖h_i‖² ≤ R²", over(q, lambda i: q.bounded(i).p.modulus() * q.given("‖h_i‖² ≤ R²", i))
    yield "p ≤ 1/4", over(q, lambda i: q.bounded(i).p.gap()) * square(q.free("R"))

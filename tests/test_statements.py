"""What a theorist would want to say: parts, directions, means, sums by name, assumptions."""

import inspect
from fractions import Fraction

import pytest

from hessbound.derive import over, prove_bound, prove_equal, square
from hessbound.derive.proof.verdicts import Verdict

HALF = Fraction(1, 2)


def gauss_newton_cycles(q):
    """tr GGH = tr HGG."""
    G = q.gauss_newton
    return (G @ G @ q.H).trace(), (q.H @ G @ G).trace()


def residual_trace(q):
    """tr R = Σ e ‖x̄‖² Σ c."""
    return q.residual.trace(), q.over(
        lambda i: q.at(i).e * (q.at(i).x.T @ q.at(i).x) * q.at(i).c.sum()
    )


def along_theta(q):
    """θᵀHθ = ⟨H, θθᵀ⟩."""
    return q.theta.T @ q.H @ q.theta, (q.H * (q.theta @ q.theta.T)).sum()


def along_z(q):
    """Hz = Gz + Rz for any z in θ's shape."""
    z = q.free("z", "θ")
    return q.H @ z, q.gauss_newton @ z + q.residual @ z


def theta_in_parts(q):
    """‖θ‖² = ‖A‖² + w₀² + ‖b‖²."""
    return q.theta.T @ q.theta, (q.A * q.A).sum() + q.w0**2 + (q.b * q.b).sum()


def one_unit(q, i, k):
    """A hidden unit's block of H_AA is (p g_k² + e c_k) x̄x̄ᵀ."""
    s = q.at(i)
    block = q.part(q.hessian(i), "A", "A").at(k).T.at(k)
    return block, (s.p * s.g.at(k) ** 2 + s.e * s.c.at(k)) * (s.x @ s.x.T)


def over_units(q):
    """tr H_AA = Σ_k of the units' blocks."""
    AA = q.part(q.H, "A", "A")
    return AA.trace(), q.over(lambda k: AA.at(k).T.at(k).trace(), kind="hidden")


def over_inputs(q):
    """‖X̄‖² = Σ_a over the inputs."""
    return (q.X * q.X).sum(), q.over(lambda a: q.X.T.at(a) @ q.X.T.at(a).T, kind="input")


def mean_loss(q):
    """tr (H/N)² = tr H²/N²."""
    return (q.H / q.N @ (q.H / q.N)).trace(), (q.H @ q.H).trace() / q.N / q.N


def number_of_parameters(q):
    """tr I = P = m(d + 2) + 1."""
    return q.eye("θ").trace(), q.m * (q.d + 2) + 1


def diagonal(q):
    """The entries of H's diagonal add up to its trace."""
    return q.H.diagonal().sum(), q.H.trace()


KINDS = {one_unit: ("sample", "hidden")}
TRUE = [
    gauss_newton_cycles,
    residual_trace,
    along_theta,
    along_z,
    theta_in_parts,
    one_unit,
    over_units,
    over_inputs,
    mean_loss,
    number_of_parameters,
    diagonal,
]


@pytest.mark.parametrize("function", TRUE, ids=lambda f: f.__name__)
def test_statement_is_proved_and_twice_it_refuted(function):
    """For all sizes; a factor 2 on one side is refuted by a network."""
    assert prove_equal(function, indices=KINDS.get(function)).verdict is Verdict.PROVED

    def doubled(*at):
        lhs, rhs = function(*at)
        return lhs, 2 * rhs

    doubled.__signature__ = inspect.signature(function)
    result = prove_equal(doubled, indices=KINDS.get(function))
    assert result.verdict is Verdict.REFUTED


def test_linear_activation_is_its_input():
    """h = u = Ax̄ of the linear one, and of no other."""

    def same(q, i):
        return q.at(i).h, q.at(i).u

    assert prove_equal(same, activation="linear").verdict is Verdict.PROVED
    assert prove_equal(same, activation="tanh").verdict is Verdict.REFUTED


def small(q):
    """|x| ≤ r, entry by entry."""
    yield "|x| ≤ r", q.X * q.X, q.one("sample", "input") * q.free("r") ** 2


def test_assumption_of_ones_own():
    """‖X̄‖² ≤ N(d+1)r² where |x| ≤ r; a smaller bound is refuted by an example that obeys."""

    def bound(q):
        return (q.X * q.X).sum(), q.N * (q.d + 1) * q.free("r") ** 2

    def proof(q):
        yield "|x| ≤ r", q.given("|x| ≤ r").sum()

    assert prove_bound(bound, proof, given=small).verdict is Verdict.PROVED
    assert prove_bound(bound, proof).verdict is not Verdict.PROVED

    def half(q):
        lhs, rhs = bound(q)
        return lhs, HALF * rhs

    assert prove_bound(half, proof, given=small).verdict is Verdict.REFUTED


def test_assumption_about_every_sample():
    """Σ‖h_i‖² ≤ N β where ‖h_i‖² ≤ β for every sample."""

    def given(q):
        yield "‖h_i‖² ≤ β", lambda i: ((q.at(i).h ** 2).sum(), q.free("B"))

    def bound(q):
        return (q.h * q.h).sum(), q.N * q.free("B")

    def proof(q):
        yield "each", over(q, lambda i: q.given("‖h_i‖² ≤ β", i))

    assert prove_bound(bound, proof, given=given).verdict is Verdict.PROVED


def test_contradiction_proves_nothing():
    """1 ≤ 0 would prove everything; no example obeys, and the verdict says so."""

    def given(q):
        yield "1 ≤ 0", q.one(), 0 * q.one()

    def proof(q):
        yield "anything", square(q.X).sum() * q.given("1 ≤ 0")

    result = prove_bound(lambda q: ((q.X * q.X).sum(), 0), proof, given=given)
    assert result.verdict is Verdict.UNCHECKED
    assert "no example obeys" in result.method


def test_wrong_derivation_refutes_by_name(monkeypatch):
    """Where a derived Hessian has the wrong sign, what is said of it is refuted, no more."""
    from hessbound.derive import claims
    from hessbound.derive.proof import identities
    from hessbound.derive.proof.prove import prove
    from hessbound.derive.proof.verdicts import Verdict
    from hessbound.derive.statements.normal import Normal

    class Wrong(Normal):
        def on_derived(self, node, at):
            found = super().on_derived(node, at)
            return found * -1 if node.args[0] == "hessian" else found

    wrong = Wrong()
    monkeypatch.setattr(identities, "normal", lambda *_: wrong)
    for name, expected in (
        ("hessian", Verdict.REFUTED),
        ("hessian_cross", Verdict.REFUTED),
        ("gradient", Verdict.PROVED),
    ):
        result = prove(claims.find(name))
        assert result.verdict is expected, name
        if expected is Verdict.REFUTED:
            assert "the derivation is wrong" in result.method
            assert result.witness.lhs != result.witness.rhs

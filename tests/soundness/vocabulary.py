"""A file of right claims, which together use all of the notation; mutants are made from them."""

from fractions import Fraction

from hessbound.derive import bound, certificate, identity, over, square


@identity("H by parts")
def parts(q):
    """H = Σ (p ∇v∇vᵀ + e ∇²v)."""
    return q.H, q.gauss_newton + q.residual


@identity("H as one sum")
def one_sum(q):
    """∇²L = Σ ∇²ℓ_i."""
    return q.total_hessian(), q.over(q.second_hessian)


@identity("mean reduction")
def mean(q):
    """The mean Hessian has trace tr H/N."""
    return (q.H / q.N).trace(), q.over(lambda i: q.hessian(i).trace()) / q.N


@identity("variance over the units")
def variance(q, i):
    """Σ (h_k − h̄)² = Σ h_k² − (Σ h_k)²/m."""
    h = q.at(i).h
    mean = h.sum() / q.m
    return ((h - mean * q.one("hidden")) ** 2).sum(), (h**2).sum() - h.sum() ** 2 / q.m


@identity("pairs of units", indices=("sample", "hidden", "hidden"))
def pairs(q, i, k, r):
    """∂²v/∂b_k∂A_r· = δ_kr f′(u_r) x̄ᵀ."""
    block = q.part(q.output_hessian(i), "b", "A").at(k).T.at(r)
    delta = q.eye("hidden").at(k).T.at(r)
    return block, delta.kron(q.at(i).f1.at(r) * q.at(i).x)


@identity("gradient by units", indices=("sample", "hidden"))
def by_unit(q, i, k):
    """∂ℓ/∂b_k = e h_k."""
    s = q.at(i)
    return q.part(q.gradient(i), "b", "1").at(k), s.e * s.h.at(k)


@identity("output by units")
def by_units(q, i):
    """bᵀh = Σ_k b_k h_k, and so for inputs."""
    s = q.at(i)
    units = q.over(lambda k: q.b.at(k) * s.h.at(k), kind="hidden")
    inputs = q.over(lambda a: s.x.at(a) ** 2, kind="input")
    return units + inputs, s.b.T @ s.h + s.x.T @ s.x


@identity("input of the units")
def inputs(q, i):
    """A_k·x̄ = u_k, summed."""
    return (q.A @ q.at(i).x).sum(), q.over(lambda k: q.at(i).u.at(k), kind="hidden")


@identity("size of theta")
def theta(q):
    """‖θ‖² = ‖A‖² + w₀² + ‖b‖²."""
    return (q.theta**2).sum(), (q.A**2).sum() + q.w0**2 + (q.b * q.b).sum()


@identity("number of parameters")
def count(q):
    """tr I = P = m(d + 2) + 1."""
    return q.eye("θ").trace(), q.P + q.m * (q.d + 2) + 1 - q.P


@identity("homogeneous in b")
def homogeneous(q, i):
    """bᵀ ∂v/∂b = v − w₀, by the gradient of v."""
    s = q.at(i)
    return q.b.T @ q.part(q.output_gradient(i), "b", "1"), s.h.T @ s.b


@identity("third derivatives")
def third(q, i):
    """⟨I, ∂∇²ℓ/∂w₀⟩ = ∂p/∂v (1 + ‖h‖² + ‖x̄‖² ‖g‖²) + p (1ᵀc ‖x̄‖²)."""
    s = q.at(i)
    x2 = s.x.T @ s.x
    norm = 1 + s.h.T @ s.h + x2 * (s.g.T @ s.g)
    return q.part(q.third(i, q.eye("θ")), "w0", "1"), s.p1 * norm + s.p * s.c.sum() * x2


@identity("gradient of the trace")
def trace_gradient(q):
    """∇tr H = Σ ⟨I, ∂∇²ℓ_i/∂θ⟩."""
    return q.trace_gradient(1), q.over(lambda i: q.third(i, q.eye("θ")))


@identity("chain rule by Jacobians")
def jacobians(q, i):
    """∂v/∂A = ∂u/∂A ∂h/∂u ∂v/∂h, and c = ∂f′/∂u b."""
    chain = q.jacobian("u", "A", i) @ q.jacobian("h", "u", i) @ q.jacobian("v", "h", i)
    slope = q.jacobian("h'", "u", i) @ q.b
    return q.blocks([[chain], [slope]]), q.blocks([[q.at(i).x.kron(q.at(i).g)], [q.at(i).c]])


@identity("diagonals")
def diagonals(q):
    """diag K = Σ_a X̄², and what is left beside it."""
    K = q.K
    beside = K.without_diagonal() + K.diagonal().diag()
    return q.blocks([[beside, K.diagonal()]]), q.blocks([[K, (q.X**2) @ q.one("input")]])


@identity("Gram matrices")
def gram(q):
    """tr(GGᵀ∘K) + Σ C = Σ_i ‖g‖² ‖x̄‖² + Σ_i 1ᵀc."""
    each = q.over(lambda i: (q.at(i).g ** 2).sum() * (q.at(i).x ** 2).sum() + q.at(i).c.sum())
    return ((q.G @ q.G.T) * q.K).trace() + q.C.sum(), each


@identity("Q by samples")
def q_by_samples(q):
    """Σ_ij Q_ij = ‖Σ h̄_i‖²."""
    total = q.over(lambda i: q.h_bar(q.at(i)))
    return q.Q.sum(), total.T @ total


@identity("any two matrices")
def matrices(q):
    """tr(MNᵀ) = Σ M∘N for any M and N."""
    M, N = q.free("M", "hidden", "feature"), q.free("N_", "hidden", "feature")
    return (M @ N.T).trace(), (M * N).sum()


@identity("quadratic forms")
def quadratic(q):
    """zᵀ∇²v z for z = (0, 0, z_b) is zero, so zᵀHz = Σ p (hᵀz_b)²."""
    z = q.free("z", "hidden")
    block = q.part(q.H, "b", "b")
    return z.T @ block @ z, q.over(lambda i: q.at(i).p * (q.at(i).h.T @ z) ** 2)


@identity("slopes of tanh", activation="tanh")
def tanh(q):
    """f″ = −2 f f′, entry by entry."""
    return q.f2, -2 * (q.h * q.f1)


@identity("f‴ of GELU", activation="gelu")
def gelu(q, i):
    """f‴ (2 − u²) = f″ (u³ − 4u)."""
    s, one = q.at(i), q.one("hidden")
    return s.f3 * (2 * one - s.u**2), s.f2 * (s.u**3 - 4 * s.u)


@identity("Euler", activation="linear")
def euler(q, i):
    """h = u, so Σ A∘∂ℓ/∂A = Σ b∘∂ℓ/∂b."""
    A, b = (q.part(q.gradient(i), name, "1") for name in ("A", "b"))
    vec = q.part(q.theta, "A", "1")
    return vec.T @ A, q.b.T @ b


QUARTER = Fraction(1, 4)


def norm(q):
    """Return ‖H̄‖²."""
    return q.N + (q.h * q.h).sum()


@bound("tr H_ww")
def output(q):
    """tr H_ww ≤ ¼‖H̄‖²."""
    return q.part(q.H, "w", "w").trace(), QUARTER * norm(q)


@certificate(output)
def _(q):
    yield "p ≤ 1/4", over(q, lambda i: q.bounded(i).p.gap() * (square(q.at(i).h).sum() + 1))


@bound("tr H_ww, weighted", weighted=True)
def weighted(q):
    """tr H_ww ≤ ¼ Σ ω (1 + ‖h‖²)."""
    bound = q.over(lambda i: q.bounded(i).weight.value * (1 + (q.at(i).h ** 2).sum()))
    return q.part(q.H, "w", "w").trace(), QUARTER * bound


@certificate(weighted)
def _(q):
    yield "p ≤ ω/4", over(q, lambda i: q.bounded(i).p.gap() * (square(q.at(i).h).sum() + 1))


@bound("inputs", inputs=True)
def small_inputs(q):
    """‖X̄‖² ≤ N(d + 1)."""
    return (q.X**2).sum(), q.N * (q.d + 1)


@certificate(small_inputs)
def _(q):
    yield "|x| ≤ 1", over(q, lambda i: q.small_inputs(i).sum())


@bound("Cauchy-Schwarz")
def cauchy(q):
    """(Σ_i e_i h_i1)² is at most Σ e² ‖h1‖², for the sums over the units."""
    x = q.h @ q.one("hidden")
    return (q.e.T @ x) ** 2, (q.e**2).sum() * (x**2).sum()


@certificate(cauchy)
def _(q):
    from hessbound.derive import lagrange

    yield "Lagrange", lagrange(q.e, q.h @ q.one("hidden"))


def _steps(q):
    yield "step is small", q.free("eta") * q.alpha1.value, q.one()


@bound("given", given=_steps)
def given(q):
    """η α₁ Σω ≤ Σω."""
    return q.free("eta") * q.alpha1.value * q.N, q.N


@certificate(given)
def _(q):
    yield "step is small", q.given("step is small") * square(q.one("sample")).sum()


def _near(q):
    yield "inputs are near", lambda i, j: ((q.at(i).x.T @ q.at(j).x) ** 2, q.free("rho"))


@bound("given for pairs", given=_near)
def near(q):
    """‖K‖² ≤ ρN²."""
    return (q.K**2).sum(), q.free("rho") * q.N**2


@certificate(near)
def _(q):
    yield "pair by pair", over(q, lambda i, j: q.given("inputs are near", i, j), 2)

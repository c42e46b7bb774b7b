"""The index algebra: canonical labels, normal forms, deltas, sizes, relations, matrix notation."""

import itertools
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from hessbound.derive.algebra.constants import constant, vanishes
from hessbound.derive.algebra.labels import Index, canonical
from hessbound.derive.algebra.matrices import blocks, identity, ones, symbol
from hessbound.derive.algebra.polynomials import Poly, atom, delta, size
from hessbound.derive.model import deep, layer_rules

assert layer_rules.SYMMETRIC is deep.SYMMETRIC  # they declare B and T, symmetric in the last slots
i, j = Index("sample", "i"), Index("sample", "j")
k, l = Index("hidden", "k"), Index("hidden", "l")  # noqa: E741
a = Index("input", "a")


@st.composite
def components(draw, names="KG"):
    """A connected product of two-index factors over up to five bound indices."""
    n = draw(st.integers(2, 5))
    nodes = [Index("sample", "", x) for x in range(n)]
    tree = [
        (draw(st.sampled_from(names)), nodes[draw(st.integers(0, x - 1))], nodes[x])
        for x in range(1, n)
    ]
    pair = st.tuples(st.sampled_from(names), st.sampled_from(nodes), st.sampled_from(nodes))
    return tuple(sorted([*tree, *draw(st.lists(pair, max_size=4))])), n


@given(components(), st.randoms(use_true_random=False))
def test_canonical_labels_ignore_names(component, random):
    """Renaming bound indices never changes the canonical labelling."""
    factors, n = component
    order = list(range(n))
    random.shuffle(order)
    renamed = {Index("sample", "", x): Index("sample", "", order[x]) for x in range(n)}
    other = tuple(sorted((f[0], *(renamed[x] for x in f[1:])) for f in factors))
    assert canonical(other) == canonical(factors)


def test_canonical_labels_separate_what_differs():
    """All digraphs of three edges on three vertices fall into as many classes as by brute force."""
    nodes = [Index("sample", "", x) for x in range(3)]
    edges = list(itertools.product(nodes, repeat=2))
    labelled, brute = set(), set()
    for chosen in itertools.combinations_with_replacement(edges, 3):
        if len({x for edge in chosen for x in edge}) < 3:
            continue
        factors = tuple(sorted(("K", *edge) for edge in chosen))
        connected = {nodes[0]}
        for _ in range(3):
            connected |= {x for edge in chosen if connected & set(edge) for x in edge}
        if len(connected) < 3:
            continue
        labelled.add(canonical(factors))
        images = []
        for order in itertools.permutations(nodes):
            swap = dict(zip(nodes, order, strict=True))
            images.append(tuple(sorted(("K", *(swap[x] for x in edge)) for edge in chosen)))
        brute.add(min(images))
    assert len(labelled) == len(brute)


def _swapped(factor, random):
    """A factor with its slots in another order, where they may be permuted."""
    name, *slots = factor
    if name == "B":
        random.shuffle(slots)
    return (name, *slots)


@given(components("KGB"), st.randoms(use_true_random=False))
def test_symmetric_slots_may_be_permuted(component, random):
    """Renaming bound indices and swapping those of a symmetric factor change nothing."""
    factors, n = component
    order = list(range(n))
    random.shuffle(order)
    renamed = {Index("sample", "", x): Index("sample", "", order[x]) for x in range(n)}
    other = [_swapped((f[0], *(renamed[x] for x in f[1:])), random) for f in factors]
    assert canonical(tuple(sorted(other))) == canonical(factors)


def test_symmetric_labels_separate_what_differs():
    """Of symmetric factors and others on three vertices, as many classes as by brute force."""
    nodes = [Index("sample", "", x) for x in range(3)]
    edges = [(name, *pair) for name in "KB" for pair in itertools.product(nodes, repeat=2)]
    labelled, brute = set(), set()
    for chosen in itertools.combinations_with_replacement(edges, 3):
        if len({x for edge in chosen for x in edge[1:]}) < 3:
            continue
        connected = {nodes[0]}
        for _ in range(3):
            connected |= {x for e in chosen if connected & set(e[1:]) for x in e[1:]}
        if len(connected) < 3:
            continue
        labelled.add(canonical(tuple(sorted(chosen))))
        images = []
        for image in itertools.permutations(nodes):
            to = dict(zip(nodes, image, strict=True))
            moved = [(name, to[x], to[y]) for name, x, y in chosen]
            images.append(sorted((e[0], *sorted(e[1:])) if e[0] == "B" else e for e in moved))
        brute.add(tuple(min(images)))
    assert len(labelled) == len(brute)


def test_only_the_last_slots_are_symmetric():
    """B_ikl = B_ilk of a sample's Hessian, and T_iklm whatever the order; W_kl is not W_lk."""
    q, r = Index("above", "q"), Index("above", "r")
    assert atom("B", i, q, r) == atom("B", i, r, q)
    assert atom("B", i, q, r) != atom("B", j, q, r)
    assert atom("W", q, r) != atom("W", r, q)
    assert str(atom("B", i, k)) == "B[i,k]"  # an activation's atom of that name
    x, y, z = (Index("class", name) for name in "xyz")
    assert len({str(atom("T", i, *order)) for order in itertools.permutations((x, y, z))}) == 1


def test_renamed_and_reordered_sums_are_equal():
    """What SymPy's simplify does not see: renamed indices, swapped sums, squared sums, products."""
    x = atom("x", i)
    assert x.sum(i) == atom("x", j).sum(j)
    assert (x * atom("y", k)).sum(i).sum(k) == (x * atom("y", k)).sum(k, i)
    assert x.sum(i) ** 2 == (x * atom("x", j)).sum(i, j)
    assert x.sum(i) * atom("y", k).sum(k) == (x * atom("y", k)).sum(i, k)
    assert (x**2).sum(i) != x.sum(i) ** 2


def test_a_bound_index_does_not_capture_a_free_one():
    """Σ_i x_i times x_i keeps the free index apart from the bound one."""
    product = atom("x", i).sum(i) * atom("x", i)
    assert product.free() == [i]
    assert product.sum(i) == atom("x", i).sum(i) ** 2


def test_deltas_contract():
    """A summed delta renames, equal indices give 1, other kinds 0, and chains close up."""
    assert (delta(k, l) * atom("g", k)).sum(k) == atom("g", l)
    assert delta(k, k) == 1
    assert delta(k, i) == 0
    r = Index("hidden", "r")
    assert delta(k, l) * delta(l, r) == delta(k, l) * delta(k, r)
    assert delta(k, l) * atom("g", k) == delta(k, l) * atom("g", l)
    assert (delta(k, l) ** 2).sum(k, l) == size("hidden")


def test_empty_sums_are_sizes():
    """Summing what has no such index multiplies by N, m or d + 1."""
    assert atom("x", i).sum(j) == atom("N") * atom("x", i)
    assert Poly.of(1).sum(a) == atom("d") + 1
    assert Poly.of(2).sum(k) == 2 * atom("m")


def test_factors_may_have_several_parameter_indices():
    """A_kj with both of its indices summed is one component, and its transpose another."""
    A, x = atom("A", k, a), atom("X", i, a)
    assert (A * x).sum(a).free() == [k, i]
    assert ((A * x).sum(a) ** 2).sum(k, i) == ((A * x).sum(a) * (A * x).sum(a)).sum(i).sum(k)


def test_rename_refuses_to_merge():
    """Merging two free indices is identify's job, never a silent accident."""
    poly = atom("x", i) * atom("x", j)
    with pytest.raises(ValueError, match="rename would merge free indices"):
        poly.rename({i: j})
    assert poly.identify({i: j}) == atom("x", j) ** 2


def test_relations_count_powers_over_the_whole_monomial():
    """y² = y holds for factors that stand in different components, too."""
    y = atom("y", i)
    assert (y**3).rewrite((y**2, y)) == y
    assert (y**2 * atom("x", j)).sum(i).rewrite((y**2, y)) == (y * atom("x", j)).sum(i)
    s, r = atom("s", i, k), atom("r", i, k)
    assert (s * r).rewrite((r, 1 - s)) == s - s**2


def test_coefficients_are_rational():
    """Floats and symbols are refused, fractions kept exact."""
    assert Poly.of(Fraction(1, 3)) * 3 == 1
    with pytest.raises(TypeError, match=r"coefficients must be rational, got 0\.5"):
        Poly.of(0.5)


@given(st.lists(st.tuples(st.integers(-3, 3), st.sampled_from("xyz")), max_size=4))
def test_ring_laws(parts):
    """(p + q)² = p² + 2pq + q², and p − p = 0."""
    p = sum((atom(name, i).sum(i) * c for c, name in parts), Poly())
    q = atom("x", j).sum(j) + 2
    assert (p + q) ** 2 == p * p + 2 * p * q + q * q
    assert p - p == 0


def test_matrix_notation():
    """Transposes, traces, Kronecker products, blocks and diagonals obey their textbook rules."""
    P, R = symbol("P", "input", "input"), symbol("R", "hidden", "hidden")
    B, u = symbol("B", "input", "hidden"), symbol("u", "hidden")
    assert (B.T).T == B
    assert (P @ B).T == B.T @ P.T
    assert (P @ B @ B.T).trace() == (B.T @ P @ B).trace()
    assert P.T.kron(R.T) == P.kron(R).T
    assert P.kron(R) @ B.kron(u) == (P @ B).kron(R @ u)
    assert identity("hidden").trace().poly == size("hidden")
    assert u.diag() @ ones("hidden") == u
    block = blocks([[P, B], [B.T, R]])
    assert block.trace() == P.trace() + R.trace()
    assert (block @ block).trace() == (P @ P).trace() + 2 * (B @ B.T).trace() + (R @ R).trace()


def test_matrix_shapes_are_checked():
    """Sides that do not fit are errors that name both shapes."""
    B, P = symbol("B", "input", "hidden"), symbol("P", "input", "input")
    with pytest.raises(ValueError, match="cannot multiply input × hidden by input × input"):
        B @ P
    with pytest.raises(ValueError, match="cannot add input × hidden and input × input"):
        B + P
    with pytest.raises(ValueError, match="the trace needs a square matrix, got input × hidden"):
        B.trace()
    with pytest.raises(ValueError, match="blocks of one row differ in height"):
        blocks([[B, B.T]])
    with pytest.raises(ValueError, match="rows of blocks differ in width: hidden and input"):
        blocks([[B], [P]])


def test_irrational_constants():
    """√2 is an atom whose square is 2 where sides are compared; floats are refused."""
    root, half = constant(sp.sqrt(2)), constant(sp.sqrt(2) / 2)
    assert root != half
    assert vanishes(root * atom("x", i) - 2 * half * atom("x", i))
    assert vanishes(root**2 * atom("x", i).sum(i) - 2 * atom("x", j).sum(j))
    assert not vanishes(root - constant(sp.sqrt(3)))
    with pytest.raises(TypeError, match="constants must be exact"):
        constant(sp.Float(0.1))

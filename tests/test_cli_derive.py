"""The symbolic commands, as a user types them."""

import itertools
import re
import runpy

import numpy as np
import pytest
from typer.testing import CliRunner

import hessbound as hb
from hessbound.cli import app
from hessbound.derive import activations, claims
from hessbound.derive.proof.statements import Definition
from hessbound.derive.proof.verdicts import Verdict

from . import oracles

run = CliRunner().invoke


@pytest.mark.parametrize("style", ["text", "latex", "python", "markdown"])
@pytest.mark.parametrize("name", [None, *activations.names()])
def test_derive_shows_everything(name, style):
    """Gradient, six blocks and three traces; with an activation, f to f‴ as well."""
    chosen = ["--activation", name] if name else []
    result = run(app, ["derive", *chosen, "--format", style])
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if "=" in line]
    assert len(lines) >= 12 + (4 if name else 0)


def test_derive_as_text_reads_like_the_paper():
    """The Gauss-Newton and residual terms of H_AA."""
    output = run(app, ["derive"]).output
    assert (
        "H_AA[akbr] = Σ_i e_i w_k f″_ik x̄_ia x̄_ib δ_kr + Σ_i p_i w_k w_r f′_ik f′_ir x̄_ia x̄_ib"
        in output
    )


def test_linear_terms_vanish():
    """With f″ = 0 and f′ = 1 no derivative of f is left."""
    output = run(app, ["derive", "--activation", "linear"]).output
    assert "f″" not in output
    assert "f′" not in output


@pytest.mark.parametrize("name", activations.names())
def test_derive_as_python_runs(name, tmp_path):
    """What is printed is a module of its own: the gradient, every block and every trace."""
    rng = np.random.default_rng(0)
    net = hb.Network(rng.normal(size=(3, 3)), rng.normal(size=4), activation=name)
    X, y, omega = rng.normal(size=(5, 2)), rng.uniform(size=5), rng.uniform(size=5)
    path = tmp_path / "formulas.py"
    path.write_text(run(app, ["derive", "--activation", name, "--format", "python"]).output)
    found = runpy.run_path(str(path))
    exact = oracles.reference(net, X, y, omega)
    H = exact.hessian
    A, o, w = slice(0, 9), slice(9, 10), slice(10, 13)
    parts = {"A": A, "0": o, "w": w}
    expected = {f"gradient_{row}": exact.gradient[r] for row, r in parts.items()}
    blocks = itertools.combinations_with_replacement(parts, 2)
    expected |= {f"hessian_{row}{col}": H[parts[row], parts[col]] for row, col in blocks}
    expected |= {"trace_H_AA": np.trace(H[A, A]), "trace_H_ww": np.trace(H[9:, 9:])}
    expected |= {"trace_H2": (H**2).sum()}
    names = {x for x in found if x.startswith(("gradient", "hessian", "trace"))}
    assert names == expected.keys()
    for key, value in expected.items():
        actual = found[key](X, y, net.A, net.w, omega)
        np.testing.assert_allclose(np.ravel(actual), np.ravel(value), rtol=1e-12, atol=1e-12)
    ones = oracles.reference(net, X, y, np.ones(5))
    np.testing.assert_allclose(
        found["trace_H2"](X, y, net.A, net.w), (ones.hessian**2).sum(), rtol=1e-12, atol=0
    )


def test_derive_as_python_without_an_activation():
    """One is left to write, and says so."""
    scope = {}
    exec(run(app, ["derive", "--format", "python"]).output, scope)
    arguments = np.ones((5, 2)), np.ones(5), np.ones((3, 3)), np.ones(4)
    with pytest.raises(NotImplementedError, match="choose one with --activation"):
        scope["trace_H_AA"](*arguments)
    scope["activation"] = lambda u: (u, np.ones_like(u), 0 * u, 0 * u)
    net = hb.Network(*arguments[2:], activation="linear")
    actual = scope["trace_H2"](*arguments)
    np.testing.assert_allclose(actual, hb.trace_squared(net, *arguments[:2]), rtol=1e-12, atol=0)


def test_check_prints_a_row_for_each_claim(monkeypatch, sampled):
    """Equation, statement, verdict, method and time of every claim, and the counts."""
    every = claims.every()
    names = {c.name for c in sampled(every, 20, "rows")} | {"trace_hidden"}
    those = [
        c
        for c in every
        if c.name in names or isinstance(c, Definition) or c.expected is Verdict.REFUTED
    ]
    monkeypatch.setattr(claims, "every", lambda: those)
    result = run(app, ["check"])
    assert result.exit_code == 0, result.output
    assert "tr H_AA = ((X̄∘X̄)1)ᵀ((Γ∘Γ)1∘p + C1∘e)" in result.output
    assert "normal form; modulo a prime at 4·3·2, 3·2·4, 2·4·3" in result.output
    assert result.output.count("REFUTED") == 2  # the row of (33) without its condition, the count
    assert "2 DEFINITION" in result.output
    assert len(re.findall(r" +\d+\.\d+$", result.output, re.MULTILINE)) >= len(those)


@pytest.mark.parametrize("command", ["derive", "check", "generate", "sharpness"])
def test_help_teaches(command):
    """Each command says in a paragraph what it is for."""
    result = run(app, [command, "--help"])
    assert result.exit_code == 0
    assert len(result.output.split()) > 40


def test_unknown_activation_is_bad_usage():
    """Exit code 2 and the known names."""
    result = run(app, ["derive", "--activation", "relu"])
    assert result.exit_code == 2
    assert f"activation must be one of {', '.join(activations.names())}" in result.output
    assert "relu, Max(0, u), is not smooth at u = 0" in " ".join(result.output.split())

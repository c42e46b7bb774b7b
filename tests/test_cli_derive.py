"""The symbolic commands, as a user types them."""

import numpy as np
import pytest
from typer.testing import CliRunner

import hessbound as hb
from hessbound.cli import app
from hessbound.derive import activations
from hessbound.derive.display import equations

from . import pointwise

run = CliRunner().invoke


@pytest.mark.parametrize("style", equations.FORMATS)
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
def test_derive_as_python_runs(name):
    """The printed code computes the gradient, every block and every trace."""
    rng = np.random.default_rng(0)
    net = hb.Network(rng.normal(size=(3, 3)), rng.normal(size=4), activation=name)
    data, y = rng.normal(size=(5, 2)), rng.integers(0, 2, 5).astype(float)
    X = np.column_stack([np.ones(5), data])
    U = X @ net.A.T
    h, f1, f2, _ = pointwise.activation(name, U.ravel()).reshape(4, *U.shape)
    _, e, p = pointwise.cross_entropy(net.w[0] + h @ net.w[1:], y, np.ones(5))
    scope = {"X": X, "A": net.A, "w": net.w, "h": h, "f1": f1, "f2": f2, "e": e, "p": p}
    code = "\n".join(equations.write(equation, "python") for equation in equations.equations(name))
    exec(code, {"np": np}, scope)
    H, g = hb.hessian(net, data, y), hb.gradient(net, data, y)
    parts = {"A": slice(0, 9), "0": slice(9, 10), "w": slice(10, 13)}
    for row, r in parts.items():
        np.testing.assert_allclose(np.ravel(scope[f"gradient_{row}"]), g[r], rtol=1e-12, atol=1e-12)
        for col, c in parts.items():
            if f"hessian_{row}{col}" in scope:
                block = np.reshape(scope[f"hessian_{row}{col}"], H[r, c].shape)
                np.testing.assert_allclose(block, H[r, c], rtol=1e-12, atol=1e-12)
    s = hb.sharpness(net, data, y)
    found = [scope[n] for n in ("trace_H_AA", "trace_H_ww", "trace_H2")]
    np.testing.assert_allclose(
        found, [s.trace_hidden, s.trace_output, s.trace_squared], rtol=1e-12, atol=0
    )


def test_check_prints_a_row_for_each_claim():
    """Equation, statement, verdict, method and time of every claim, and the counts."""
    result = run(app, ["check"])
    assert result.exit_code == 0, result.output
    assert "tr H_AA = ((X̄∘X̄)1)ᵀ((Γ∘Γ)1∘p + C1∘e)" in result.output
    assert "normal form; modulo a prime at 4·3·2, 3·2·4, 2·4·3" in result.output
    assert result.output.count("REFUTED") == 2  # the row of (33) without its condition, the count
    assert "2 DEFINITION" in result.output


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
    assert "activation must be one of gelu, linear" in result.output

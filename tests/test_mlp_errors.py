"""What functions refuse, of networks of any depth: each argument by name, with the rule."""

import numpy as np
import pytest

import hessbound as hb

from .mlps import FUNCTIONS, NUMBERED, RULE, message

NET = hb.MLP([np.ones((3, 4)), np.ones((3, 3))])
X, Y = np.ones((7, 4)), np.array([0, 1, 2, 0, 1, 2, 0])
ROWS = np.eye(3)[Y]
BAD_SAMPLES = {
    "X is too narrow": (
        {"X": np.ones((7, 3))},
        "X must have shape (N, d) with d = net.n_inputs = 4, got (7, 3)",
    ),
    "X has the ones": (
        {"X": np.ones((7, 5))},
        "X must have shape (N, d) with d = net.n_inputs = 4, got (7, 5); "
        "leave out the column of ones",
    ),
    "X is a number": (
        {"X": 1.0},
        "X must have shape (N, d) with d = net.n_inputs = 4, got ()",
    ),
    "X is empty": (
        {"X": np.ones((0, 4)), "y": []},
        "X must hold at least one sample, got shape (0, 4)",
    ),
    "X has NaN": ({"X": X * np.nan}, "X must be finite, got nan at index (0, 0)"),
    "X is text": ({"X": [["a"] * 4]}, f"X {RULE}, got dtype <U1 from list"),
    "X is a Dataset": (
        {"X": hb.Dataset(X, Y, loss="softmax")},
        "y must be left out where a hessbound.Dataset is given: it has its own",
    ),
    "y is missing": (
        {"y": None},
        "y must be given with X; only a hessbound.Dataset brings its own labels",
    ),
    "y is too short": (
        {"y": Y[:5]},
        "y must have shape (N,) or (N, K) with N = 7 and K = 3, got (5,)",
    ),
    "y is a column": (
        {"y": Y[:, None]},
        "y must have shape (N,) or (N, K) with N = 7 and K = 3, got (7, 1); use y.ravel()",
    ),
    "X is images": (
        {"X": np.ones((7, 2, 2))},
        "X must have shape (N, d) with d = net.n_inputs = 4, got (7, 2, 2); "
        "use X.reshape(len(X), -1)",
    ),
    "y is too wide": (
        {"y": np.ones((7, 4))},
        "y must have shape (N,) or (N, K) with N = 7 and K = 3, got (7, 4)",
    ),
    "a class is too large": (
        {"y": [0, 1, 3, 0, 1, 2, 0]},
        "y must hold classes 0 to K - 1 = 2, got 3.0 at index 2",
    ),
    "a class is a fraction": (
        {"y": [0, 1, 0.5, 0, 1, 2, 0]},
        "y must hold classes 0 to K - 1 = 2, got 0.5 at index 2",
    ),
    "a class is negative": (
        {"y": [0, -1, 1, 0, 1, 2, 0]},
        "y must hold classes 0 to K - 1 = 2, got -1.0 at index 1",
    ),
    "a row is negative": (
        {"y": ROWS * 2 - 1},
        "y must lie in [0, 1], got -1.0 at index (0, 1)",
    ),
    "a row sums to more": (
        {"y": np.where(np.arange(7)[:, None] == 4, 0.5, ROWS)},
        "rows of y must sum to 1, got the sum 1.5 at index 4",
    ),
    "rows in float32": (
        {"y": np.full((7, 3), 1 / 3, np.float32)},
        "rows of y must sum to 1, got the sum 1.0000000298023224 at index 0; divide y, in float64, "
        "by y.sum(axis=1, keepdims=True)",
    ),
    "rows in float16": (
        {"y": np.full((7, 3), 1 / 3, np.float16)},
        "rows of y must sum to 1, got the sum 0.999755859375 at index 0; divide y, in float64, by "
        "y.sum(axis=1, keepdims=True)",
    ),
    "y has NaN": ({"y": Y * np.nan}, "y must be finite, got nan at index 0"),
    "y is text": ({"y": ["a"] * 7}, f"y {RULE}, got dtype <U1 from list{NUMBERED}"),
    "weights are too few": (
        {"sample_weight": np.ones(6)},
        "sample_weight must have shape (N,) with N = 7, the number of rows of X, got (6,)",
    ),
    "a weight is negative": (
        {"sample_weight": [1, 1, 1, 1, 1, -2, 1]},
        "sample_weight must not be negative, got -2.0 at index 5",
    ),
    "a weight is infinite": (
        {"sample_weight": [1, np.inf, 1, 1, 1, 1, 1]},
        "sample_weight must be finite, got inf at index 1",
    ),
    "all weights are zero": (
        {"sample_weight": np.zeros(7)},
        "sample_weight must have a positive and finite sum, got 0.0",
    ),
    "reduction": ({"reduction": "avg"}, "reduction must be 'sum' or 'mean', got 'avg'"),
    "reductions": (
        {"reduction": np.array(["sum", "mean"])},
        "reduction must be 'sum' or 'mean', got array(['sum', 'mean'], dtype='<U4')",
    ),
    "a penalty": ({"l2": -0.5}, "l2 must be finite and at least 0, got -0.5"),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("bad", BAD_SAMPLES)
def test_samples_refused(function, bad):
    """In every function in the same words."""
    changed, expected = BAD_SAMPLES[bad]
    wrong_kind = RULE in expected or "Dataset" in bad or "missing" in bad
    error = TypeError if wrong_kind else ValueError
    arguments = {"net": NET, "X": X, "y": Y} | changed
    assert message(error, function, **arguments) == expected


@pytest.mark.parametrize(
    "bad", [x for x in BAD_SAMPLES if x.startswith("X ") and "Dataset" not in x]
)
def test_logits_refused(bad):
    """The method refuses inputs in the same words."""
    changed, expected = BAD_SAMPLES[bad]
    error = TypeError if RULE in expected else ValueError
    assert message(error, NET.logits, changed["X"]) == expected


@pytest.mark.parametrize(
    ("loss", "bad", "expected"),
    [
        ("cross_entropy", 1.5, "y must lie in [0, 1], got 1.5 at index (3, 1)"),
        ("probit", -1, "y must lie in [0, 1], got -1.0 at index (3, 1)"),
        (
            "poisson",
            -1,
            "y must be at least 0 for the loss 'poisson', got -1.0 at index (3, 1)",
        ),
        ("squared_error", np.inf, "y must be finite, got inf at index (3, 1)"),
    ],
)
def test_labels_of_outputs_refused(loss, bad, expected):
    """By the rule of the loss."""
    net = hb.MLP(NET.weights, loss=loss)
    y = np.ones((7, 3))
    y[3, 1] = bad
    assert message(ValueError, hb.trace, net, X, y) == expected
    hint = "; for classes 0 to K - 1 use loss='softmax'" if loss == "cross_entropy" else ""
    expected = f"y must have shape (N, K) with N = 7 and K = 3, got (7,){hint}"
    assert message(ValueError, hb.trace, net, X, Y) == expected


def test_classes_for_one_output_refused():
    """With what they are for."""
    net = hb.MLP([NET.weights[0], NET.weights[-1][:1]], loss="cross_entropy")
    found = message(ValueError, hb.trace, net, X, [0, 1, 2, 0, 1, 2, 0])
    assert "; classes 0 to K - 1 are for loss='softmax'" in found


def test_what_takes_no_mlp_yet():
    """It says so, and what there is."""
    assert message(TypeError, hb.sharpness_gradient, NET, X, Y) == ONLY


ONLY = (
    "net must be a hessbound.Network, got MLP; an MLP has logits, hidden_outputs, loss, gradient, "
    "loss_and_gradient, hessian, hessian_diagonal, hessian_operator, gauss_newton_operator, trace, "
    "trace_gradient, trace_squared, sharpness, extreme_eigenvalues, gradient_descent"
)


def test_arguments_of_one_kind_of_network():
    """Those of the other are refused."""
    single = hb.Network(np.ones((2, 5)), np.ones(3), activation="tanh")
    assert message(ValueError, hb.trace, single, X, np.ones(7), per_layer=True) == (
        "per_layer must be left out with a Network: only an MLP has it"
    )
    assert message(ValueError, hb.trace, single, X, np.ones(7), per_part=True) == (
        "per_part must be left out with a Network: only an MLP has it"
    )


def test_vectors_refused():
    """Of operators and of with_theta."""
    P = NET.n_parameters
    operator = hb.hessian_operator(NET, X, Y)
    assert message(ValueError, operator.matvec, np.full(P, np.nan)) == (
        "z must be finite, got nan at index 0"
    )
    assert message(ValueError, NET.with_theta, np.ones(3)) == (
        f"theta must have shape (..., P) with P = net.n_parameters = {P}, got (3,)"
    )
    assert message(ValueError, NET.with_theta, np.full(P, np.inf)) == (
        "theta must be finite, got inf at index 0"
    )


def test_dense_hessian_has_a_limit():
    """As of a Network."""
    net = hb.MLP([np.ones((200, 100)), np.ones((2, 200))])
    text = message(ValueError, hb.hessian, net, np.ones((1, 100)), [1])
    assert text.startswith("hessian builds at most 2 GiB, but P = 20400 needs 3.1 GiB; ")

"""Everything about bad input: each rule once, with its message.

A message names the argument, states the rule with its numbers, and shows what came. All checks run
before any work is done, so a call either computes or leaves nothing behind.
"""

import difflib
import math
import numbers
import operator
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hessbound._typing import Array, Quantity
from hessbound.engine import _formulas, _kernels

from . import _bends, _features

Choice = TypeVar("Choice")

FEW = 3
"""Choices that a message lists with an "or"."""

LIKE = 0.7
"""How much of a misspelt name must be right for it to be recognised."""

ELSEWHERE = {
    "identity": "linear",
    "logistic": "sigmoid",
    "swish": "silu",
    "bce": "cross_entropy",
    "log_loss": "cross_entropy",
    "categorical_crossentropy": "softmax",
    "mse": "squared_error",
}
"""What other libraries call ours."""

MOST_CLASSES = 10**6
"""How many classes there may be at most, where no network says how many there are."""

ROUNDED = 5e-3
"""By how much rows of probabilities in float32, or even float16, may miss 1."""

ROUNDING = 1e-12
"""By how much rows of probabilities may miss 1, for each of them."""

_WIDEST = np.dtype(np.float64).itemsize


def floats(name: str, value: ArrayLike) -> Array:
    """Return finite numbers as a float64 array of the one memory layout that kernels know."""
    array = real_numbers(name, value)
    finite(name, array)
    return array


def real_numbers(name: str, value: ArrayLike) -> Array:
    """Convert float32, integers, bools, and objects that are real numbers, as mixed tables hold.

    Refuse what would lose digits or meaning.
    """
    if type(value) is np.ndarray and value.dtype == np.float64 and value.flags.carray:
        return value  # the usual case, at a fraction of the cost
    if np.ma.isMaskedArray(value):
        message = f"{name} must not be a masked array: fill or drop its masked entries first"
        raise TypeError(message)
    if hasattr(value, "toarray"):
        message = f"{name} must be a dense array, got {type(value).__name__}; use {name}.toarray()"
        raise TypeError(message)
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as cause:
        message = f"{name} must be an array of numbers, got {type(value).__name__} ({cause})"
        raise TypeError(message) from None
    if array.dtype == object and array.ndim:
        return _unboxed(name, array, _features.of_table(value))
    real = array.dtype.kind in "fiub" and array.dtype.itemsize <= _WIDEST
    if not real:
        message = (
            f"{name} must hold real numbers (float64, float32, integers or bools), "
            f"got dtype {array.dtype} from {type(value).__name__}"
        )
        raise TypeError(message + _of_text_hint(name, array.dtype.kind in "UT"))
    return np.require(array, np.float64, ["C", "ALIGNED", "WRITEABLE"])


def _unboxed(name: str, objects: NDArray[Any], columns: _features.Names | None) -> Array:
    """Convert objects that are real numbers, as a table of numbers and bools has them."""
    wrong = np.array([not _is_real(x) for x in objects.flat], bool).reshape(objects.shape)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        value = objects[place]
        where = f"column {columns[place[1]]!r}, row {place[0]}" if columns else f"index {place}"
        if objects.ndim == 1:
            where = f"index {place[0]}"
        message = (
            f"{name} must hold real numbers, got {value!r} ({type(value).__name__}) at {where}"
        )
        raise TypeError(message + _of_text_hint(name, isinstance(value, str)))
    try:
        return objects.astype(np.float64)
    except OverflowError:
        message = f"{name} must be finite, but holds an integer that float64 cannot hold"
        raise ValueError(message) from None


def _of_text_hint(name: str, text: bool) -> str:
    """Classes by name."""
    if name == "y" and text:
        return (
            "; number the classes, as of a scikit-learn model numpy.searchsorted(clf.classes_, y)"
        )
    return ""


def _is_real(value: object) -> bool:
    if isinstance(value, np.generic):
        return value.dtype.kind in "fiub" and value.dtype.itemsize <= _WIDEST
    return isinstance(value, numbers.Real | Decimal)


def finite(name: str, array: Array) -> None:
    """Refuse NaN and infinity."""
    if not np.isfinite(array).all():
        message = f"{name} must be finite, got {_first(array, ~np.isfinite(array))}"
        raise ValueError(message)


def _first(array: Array, wrong: np.ndarray) -> str:
    """Say which value is the first wrong one, and where it stands."""
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f" at index {index[0] if len(index) == 1 else index}" if index else ""
    return f"{array[index]}{place}"


OWN = "hessbound.load_formulas makes formulas of your own known"


def known_activation(activation: str) -> str:
    """Return the name of an activation that has kernels."""
    if not isinstance(activation, str):
        message = f"activation must be a string, got {type(activation).__name__}"
        raise TypeError(message)
    if activation in _formulas.shipped("activation"):
        return activation
    found = _formulas.find(activation)
    if found is not None and found.kind == "activation":
        return activation
    choices = _kernels.activations()
    hint = _bends.bend(activation) or near(activation, choices).removeprefix("; ")
    return one_of("activation", activation, choices, why=hint or OWN)


def one_of(name: str, value: Choice, choices: Sequence[object], why: str = "") -> Choice:
    """Return a value that is one of the choices; ``why`` says why another is none, if known."""
    if not isinstance(value, str | None) or value not in choices:
        *most, last = [str(choice) if choice is None else repr(choice) for choice in choices]
        few = f"{', '.join(most)} or {last}" if most else last
        known = few if len(choices) <= FEW else f"one of {', '.join([*most, last])}"
        hint = f"; {why}" if why else near(value, choices)
        message = f"{name} must be {known}, got {value!r}{hint}"
        raise ValueError(message)
    return value


def known_loss(loss: str) -> str:
    """Return the name of a loss that has kernels."""
    if not isinstance(loss, str):
        message = f"loss must be a string, got {type(loss).__name__}"
        raise TypeError(message)
    return loss if loss in _formulas.shipped("loss") else _loss_of(loss, _kernels.losses())


def _loss_of(loss: str, choices: Sequence[str]) -> str:
    hint = near(loss, choices).removeprefix("; ")
    return one_of("loss", loss, choices, why=hint or OWN)


def near(value: object, choices: Sequence[object]) -> str:
    """Say which of the choices was probably meant, or nothing."""
    known = {choice.lower(): choice for choice in choices if isinstance(choice, str)}
    known |= {name: ours for name, ours in ELSEWHERE.items() if ours in choices}
    found = difflib.get_close_matches(str(value).lower(), known, 1, LIKE)
    return f"; did you mean {known[found[0]]!r}?" if found else ""


def number(name: str, value: float, *, above: float = -math.inf, least: float = -math.inf) -> float:
    """Return a finite number that is larger than one bound, and at least the other."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        message = f"{name} must be a number, got {value!r}"
        raise TypeError(message)
    if not (math.isfinite(value) and value > above and value >= least):
        rule = f"larger than {above:g}" if above > -math.inf else f"at least {least:g}"
        message = f"{name} must be finite and {rule}, got {value!r}"
        raise ValueError(message)
    return float(value)


def size(name: str, value: int, least: int = 1) -> int:
    """Return an integer that is large enough; True is none."""
    try:
        count = operator.index(value)
    except TypeError:
        count = None
    if count is None or isinstance(value, bool):
        message = f"{name} must be an integer, got {value!r}"
        raise TypeError(message)
    if count < least:
        message = f"{name} must be at least {least}, got {count}"
        raise ValueError(message)
    return count


def flag(name: str, value: bool) -> bool:
    """Return what is true or false."""
    if not isinstance(value, bool | np.bool_):
        message = f"{name} must be True or False, got {value!r}"
        raise TypeError(message)
    return bool(value)


def layers(A: Array, w: Array) -> None:
    """Demand A (..., m, d + 1) and w (..., m + 1) with the same leading axes."""
    if A.ndim < 2 or A.shape[-2] < 1 or A.shape[-1] < 2:
        message = (
            "A must have shape (..., m, d + 1) with m >= 1 and d >= 1 (column 0 holds the "
            f"biases), got {A.shape}"
        )
        raise ValueError(message)
    expected = (*A.shape[:-2], A.shape[-2] + 1)
    if w.shape != expected:
        message = (
            f"w must have shape (..., m + 1) = {expected} to fit A of shape {A.shape} "
            f"(entry 0 is the bias), got {w.shape}"
        )
        raise ValueError(message)


def separate_layers(W1: Array, b1: Array, w2: Array, b2: Array) -> None:
    """Demand W1 (..., m, d), b1 (..., m), w2 (..., m) and b2 (...)."""
    if W1.ndim < 2 or W1.shape[-2] < 1 or W1.shape[-1] < 1:
        message = f"W1 must have shape (..., m, d) with m >= 1 and d >= 1, got {W1.shape}"
        raise ValueError(message)
    batch, m = W1.shape[:-2], W1.shape[-2]
    for name, array, rule, expected in (
        ("b1", b1, "(..., m)", (*batch, m)),
        ("w2", w2, "(..., m)", (*batch, m)),
        ("b2", b2, "(...)", batch),
    ):
        if array.shape != expected:
            hint = _output_axis_hint(name, array, expected)
            message = (
                f"{name} must have shape {rule} = {expected} to fit W1 of shape {W1.shape}, "
                f"got {array.shape}{hint}"
            )
            raise ValueError(message)


def _output_axis_hint(name: str, array: Array, expected: tuple[int, ...]) -> str:
    """Frameworks keep an axis for their single output: torch's last layer has weight (1, m)."""
    if name not in {"w2", "b2"}:
        return ""
    if array.size == np.prod(expected):
        return f"; drop the output axis with {name}.reshape({expected})"
    if array.shape in {(2,), (2, *expected)}:
        return "; two logits make one by their difference: use w2[1] - w2[0] and b2[1] - b2[0]"
    return ""


def theta(vector: Array, d: int, m: int) -> None:
    """Demand theta (..., P)."""
    P = m * (d + 1) + m + 1
    if vector.ndim < 1 or vector.shape[-1] != P:
        message = (
            f"theta must have shape (..., P) with P = m (d + 1) + m + 1 = {P} for "
            f"n_inputs = {d} and n_hidden = {m}, got {vector.shape}"
        )
        raise ValueError(message)


def samples_given(
    X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, d: int | None = None
) -> tuple[Array, Array, Array | None]:
    """Return samples as arrays (N, d), (N,) and (N,) with N >= 1, their values not yet checked."""
    rows, labels = real_numbers("X", X), real_numbers("y", y)
    inputs(rows, d)
    N = len(rows)
    if labels.shape != (N,):
        finite("X", rows)
        hint = "; use y.ravel()" if labels.shape in {(N, 1), (1, N)} else ""
        message = (
            f"y must have shape (N,) with N = {N}, the number of rows of X, "
            f"got {labels.shape}{hint}"
        )
        raise ValueError(message)
    if sample_weight is None:
        return rows, labels, None
    omega = real_numbers("sample_weight", sample_weight)
    if omega.shape != (N,):
        message = (
            f"sample_weight must have shape (N,) with N = {N}, the number of rows of X, "
            f"got {omega.shape}"
        )
        raise ValueError(message)
    return rows, labels, omega


def inputs(X: Array, d: int | None) -> None:
    """Demand X (N, d) with at least one sample; any d >= 1 where None is given."""
    if X.ndim != 2 or X.shape[1] < 1 or d not in (None, X.shape[1]):
        hint = ""
        if X.ndim == 2 and d is not None and X.shape[1] == d + 1:
            hint = "; leave out the column of ones"
        elif X.ndim == 1:
            hint = "; one sample per row, also for d = 1 or N = 1"
        elif X.ndim > 2:
            hint = "; use X.reshape(len(X), -1)"
        rule = "d >= 1" if d is None else f"d = net.n_inputs = {d}"
        message = f"X must have shape (N, d) with {rule}, got {X.shape}{hint}"
        raise ValueError(message)
    if X.shape[0] < 1:
        message = f"X must hold at least one sample, got shape {X.shape}"
        raise ValueError(message)


def samples(X: Array, y: Array, omega: Array, loss: str) -> None:
    """Demand finite inputs, labels that the loss takes, and finite weights, none negative."""
    for name, array in (("X", X), ("y", y), ("sample_weight", omega)):
        finite(name, array)
    wrong = ~valid_labels(y, loss)
    if wrong.any():
        rule = label_rule(loss)
        hint = _of_labels_hint(y) if rule == UNIT else ""
        message = f"y must {rule}, got {_first(y, wrong)}{hint}"
        raise ValueError(message)
    if (omega < 0).any():
        message = f"sample_weight must not be negative, got {_first(omega, omega < 0)}"
        raise ValueError(message)


def _of_labels_hint(y: Array) -> str:
    """Two labels that are not 0 and 1, or more than two classes."""
    labels = np.unique(y)
    if len(labels) == 2:
        return "; for labels {0:g} and {1:g} use y == {1:g}".format(*labels)
    if (labels >= 0).all() and (labels == np.floor(labels)).all():
        return "; classes 0 to K - 1 are for loss='softmax' and a hessbound.MLP of K outputs"
    return ""


UNIT = "lie in [0, 1]"


def label_rule(loss: str) -> str:
    """Say what labels of a loss must do."""
    module = _kernels.loss_module(loss)
    (low, high), whole = module.LABELS, " and be whole numbers" * module.INTEGERS
    if (low, high) == (0, 1):
        return UNIT + whole
    ends = f"be at least {low:g}" if high == np.inf else f"be from {low:g} to {high:g}"
    if (low, high) == (-np.inf, np.inf):
        ends = "be finite"
    return f"{ends}{whole} for the loss {loss!r}"


def valid_labels(y: Array, loss: str) -> NDArray[np.bool_]:
    """Say which labels are valid."""
    module = _kernels.loss_module(loss)
    low, high = module.LABELS
    valid = (y >= low) & (y <= high) & np.isfinite(y)
    return valid & (y == np.floor(y)) if module.INTEGERS else valid


def weights(omega: Array) -> None:
    """Demand a positive and finite sum."""
    with np.errstate(over="ignore"):
        total = float(omega.sum())
    if not 0 < total < np.inf:
        message = f"sample_weight must have a positive and finite sum, got {total}"
        raise ValueError(message)


SCALE_DOWN = "scale down X, the parameters or sample_weight"
"""What helps where a result overflows."""

LOWER_RATE = f"lower learning_rate, or {SCALE_DOWN}"
"""What helps where gradient descent does."""


def result(quantity: str, values: Quantity, hint: str = SCALE_DOWN) -> Quantity:
    """Return a result as a float where it has no axes; refuse one that has overflowed."""
    if isinstance(values, float) and math.isfinite(values):
        return float(values)
    array = np.asarray(values)
    if not np.isfinite(array).all():
        message = (
            f"{quantity} overflows float64 for this net and data: "
            f"got {_first(array, ~np.isfinite(array))} from finite input; {hint}"
        )
        raise ValueError(message)
    return array if array.ndim else float(array)


def known_loss_of_outputs(loss: str, K: int) -> str:
    """Return the name of a loss of K outputs."""
    if not isinstance(loss, str):
        message = f"loss must be a string, got {type(loss).__name__}"
        raise TypeError(message)
    _loss_of(loss, ("softmax", *_kernels.losses()))
    if loss == "softmax" and K < 2:
        message = f"loss='softmax' needs at least 2 outputs, got {K}; use 'cross_entropy' for one"
        raise ValueError(message)
    return loss


def labels_of_outputs(y: ArrayLike, N: int, K: int, loss: str) -> Array:
    """Return labels (K, N), or classes 0 to K − 1 (N,)."""
    labels = real_numbers("y", y)
    finite("y", labels)
    if loss == "softmax" and labels.shape == (N,):
        _classes(labels, K)
        return labels
    if labels.shape == (N,) and K == 1:
        labels = labels[:, None]
    if labels.shape != (N, K):
        rule = "(N,) or (N, K)" if loss == "softmax" or K == 1 else "(N, K)"
        hint = _of_classes_hint(loss, labels.shape, N)
        message = f"y must have shape {rule} with N = {N} and K = {K}, got {labels.shape}{hint}"
        raise ValueError(message)
    of = "cross_entropy" if loss == "softmax" else loss  # probabilities, too
    wrong = ~valid_labels(labels, of)
    if wrong.any():
        hint = _of_labels_hint(labels) if K == 1 and label_rule(of) == UNIT else ""
        message = f"y must {label_rule(of)}, got {_first(labels, wrong)}{hint}"
        raise ValueError(message)
    sums = labels.sum(axis=1)
    wrong = abs(sums - 1) > K * ROUNDING
    if loss == "softmax" and wrong.any():
        hint = ""
        if (abs(sums - 1) < ROUNDED).all():
            hint = "; divide y, in float64, by y.sum(axis=1, keepdims=True)"
        message = f"rows of y must sum to 1, got the sum {_first(sums, wrong)}{hint}"
        raise ValueError(message)
    return np.ascontiguousarray(labels.T)


def labels_of_any_outputs(labels: Array, N: int, loss: str) -> Array:
    """Return the same of labels whose number of outputs is theirs to say."""
    if labels.ndim == 1 and len(labels) == N:
        finite("y", labels)
        wrong = (labels < 0) | (labels >= MOST_CLASSES) | (labels != np.floor(labels))
        if wrong.any():
            known = f"classes 0, 1, 2, ..., at most {MOST_CLASSES - 1}"
            message = f"y must hold {known}, got {_first(labels, wrong)}"
            raise ValueError(message)
        return labels
    if labels.ndim != 2 or labels.shape[1] < 2 or len(labels) != N:
        rule = "(N,) or (N, K)" if loss == "softmax" else "(N, K)"
        hint = _of_classes_hint(loss, labels.shape, N)
        message = f"y must have shape {rule} with N = {N} and K >= 2, got {labels.shape}{hint}"
        raise ValueError(message)
    return labels_of_outputs(labels, N, labels.shape[1], loss)


def _of_classes_hint(loss: str, shape: tuple[int, ...], N: int) -> str:
    """Classes in a column, or with the loss of several labels per sample."""
    if loss == "softmax" and shape in {(N, 1), (1, N)}:
        return "; use y.ravel()"
    if loss == "cross_entropy" and shape == (N,):
        return "; for classes 0 to K - 1 use loss='softmax'"
    return ""


def _classes(labels: Array, K: int) -> None:
    wrong = (labels < 0) | (labels >= K) | (labels != np.floor(labels))
    if wrong.any():
        message = f"y must hold classes 0 to K - 1 = {K - 1}, got {_first(labels, wrong)}"
        raise ValueError(message)


def sample_weights(sample_weight: ArrayLike, N: int) -> Array:
    """Return weights (N,) with a positive sum."""
    omega = real_numbers("sample_weight", sample_weight)
    if omega.shape != (N,):
        message = (
            f"sample_weight must have shape (N,) with N = {N}, the number of rows of X, "
            f"got {omega.shape}"
        )
        raise ValueError(message)
    finite("sample_weight", omega)
    if (omega < 0).any():
        message = f"sample_weight must not be negative, got {_first(omega, omega < 0)}"
        raise ValueError(message)
    weights(omega)
    return omega

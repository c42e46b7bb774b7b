"""A model file that is not what Network.save writes is refused, and nothing in it is run."""

import pickle
import zipfile

import numpy as np
import pytest

import hessbound as hb

ANY = hb.activations()[0]
RULE = "must hold real numbers (float64, float32, integers or bools)"
OWN = "hessbound.load_formulas makes formulas of your own known"
KNOWN = ", ".join(repr(name) for name in hb.activations())
MUST = "must hold the arrays A, w, activation and at most loss, feature_names"
GOOD = {"A": np.ones((2, 5)), "w": np.ones(3), "activation": np.array(ANY)}


def refusal(path):
    """Return the message with which a file is refused."""
    with pytest.raises(ValueError) as info:  # noqa: PT011  the caller compares the message
        hb.Network.load(path)
    return str(info.value)


class Bomb:
    """Unpickling this would be noticed."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


BAD_FILES = {
    "a missing array": (
        {"A": GOOD["A"], "activation": GOOD["activation"]},
        f"{{path}} {MUST}; it holds A, activation",
    ),
    "an extra array": (
        GOOD | {"bias": np.ones(1)},
        f"{{path}} {MUST}; it holds A, w, activation, bias",
    ),
    "nothing": (
        {},
        f"{{path}} {MUST}; it holds none",
    ),
    "a pickled object": (
        GOOD | {"w": np.array([Bomb()], dtype=object)},
        "w in {path} is a pickled object, which is never loaded",
    ),
    "a pickled activation": (
        GOOD | {"activation": np.array(Bomb(), dtype=object)},
        "activation in {path} is a pickled object, which is never loaded",
    ),
    "a wrong shape": (
        GOOD | {"w": np.ones(2)},
        "{path} holds no valid network: w must have shape (..., m + 1) = (3,) to fit A of shape "
        "(2, 5) (entry 0 is the bias), got (2,)",
    ),
    "an unknown activation": (
        GOOD | {"activation": np.array("cosine")},
        f"{{path}} holds no valid network: activation must be one of {KNOWN}, got 'cosine'; {OWN}",
    ),
    "two activations": (
        GOOD | {"activation": np.array([ANY, ANY])},
        "{path} holds no valid network: activation must be a string, got list",
    ),
    "a number for an activation": (
        GOOD | {"activation": np.array(3)},
        "{path} holds no valid network: activation must be a string, got int",
    ),
    "complex weights": (
        GOOD | {"A": 1j * GOOD["A"]},
        f"{{path}} holds no valid network: A {RULE}, got dtype complex128 from ndarray",
    ),
}


@pytest.mark.parametrize("bad", BAD_FILES)
def test_model_files(tmp_path, bad):
    """A model file holds A, w and activation and nothing else, and nothing in it is run."""
    arrays, expected = BAD_FILES[bad]
    path = tmp_path / "net.npz"
    np.savez(path, **arrays)
    assert refusal(path) == expected.format(path=path)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04 cut off", b"plain text", pickle.dumps([1, 2])],
    ids=["empty", "truncated", "text", "pickle"],
)
def test_files_of_other_kinds(tmp_path, content):
    """What is no .npz file is called so."""
    path = tmp_path / "net.npz"
    path.write_bytes(content)
    assert refusal(path) == f"{path} is not an .npz file"


def test_npy_file(tmp_path):
    """A single array is not a network."""
    path = tmp_path / "net.npy"
    np.save(path, np.ones(3))
    assert refusal(path) == f"{path} is not an .npz file"


def test_damaged_member(tmp_path):
    """A flipped bit inside an array is noticed."""
    path = tmp_path / "net.npz"
    np.savez(path, **GOOD)
    data = bytearray(path.read_bytes())
    data[data.index(np.ones(3).tobytes())] ^= 1
    path.write_bytes(data)
    text = refusal(path)
    assert text.startswith(f"A in {path} is damaged: ")


def test_member_that_is_no_array(tmp_path):
    """A text file in the archive is not taken for an array."""
    path = tmp_path / "net.npz"
    np.savez(path, A=GOOD["A"], w=GOOD["w"])
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("activation", ANY)
    assert refusal(path) == f"activation in {path} is not an array"


def test_missing_file(tmp_path):
    """A file that is not there is an OSError, as everywhere in Python."""
    with pytest.raises(FileNotFoundError):
        hb.Network.load(tmp_path / "net.npz")

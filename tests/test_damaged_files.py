"""Any bytes in the place of a model file are refused with its name, and cost no memory."""

import io
import random
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

import hessbound as hb
from hessbound.data import _files

ANY = hb.activations()[0]
NET = hb.Network(
    np.random.default_rng(0).normal(size=(3, 2, 5)),
    np.ones((3, 3)),
    activation=ANY,
    feature_names=["a", "b", "c", "d"],
)
TIMES = 4000


def packed():
    """Write a network by NumPy, compressed, as somebody might by hand."""
    file = io.BytesIO()
    names = np.array(NET.feature_names)
    np.savez_compressed(file, A=NET.A, w=NET.w, activation=ANY, feature_names=names)
    return file.getvalue()


def cut(rng, data):
    return data[: rng.randrange(len(data))]


def overwritten(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def flipped(rng, data):
    data = bytearray(data)
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def spliced(rng, data):
    start = rng.randrange(len(data))
    return data[:start] + rng.randbytes(rng.randrange(20)) + data[start + rng.randrange(20) :]


def with_another_directory(rng, data):
    """Change what the archive says of its members: sizes, methods, flags, versions."""
    data = bytearray(data)
    place = rng.choice([n for n in range(len(data)) if data[n : n + 4] == b"PK\x01\x02"])
    data[min(place + rng.randrange(46), len(data) - 1)] = rng.choice([0, 255, rng.randrange(256)])
    return bytes(data)


@pytest.mark.parametrize(
    "damage", [cut, overwritten, flipped, spliced, with_another_directory], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("packing", ["stored", "packed"])
def test_damaged_files(tmp_path, damage, packing):
    """They load as what they were, where the damage is in nothing that counts, or not at all."""
    path, rng = tmp_path / "net.npz", random.Random(f"{damage.__name__} {packing}")
    NET.save(path)
    good = path.read_bytes() if packing == "stored" else packed()
    refused = 0
    for _ in range(TIMES // 10):
        path.write_bytes(damage(rng, good))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                assert hb.Network.load(path) == NET
        except ValueError as refusal:
            assert str(path) in str(refusal)  # noqa: PT017  most are refused, some load
            refused += 1
    assert refused > TIMES // 40


def lying(**changes):
    """Return a member's bytes whose header says what is not there."""
    header = {"descr": "<f8", "fortran_order": False, "shape": (2, 5)} | changes
    text = (repr(header) + " ").encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + np.ones(10).tobytes()


LIES = {
    "a larger shape": lying(shape=(10**6, 10**6)),
    "an overflowing shape": lying(shape=(2**40, 2**40)),
    "a negative shape": lying(shape=(-2, -5)),
    "a smaller shape": lying(shape=(1, 5)),
    "a wider type": lying(descr="<f16"),
    "text of a length": lying(descr="<U1000000000"),
    "text of no length": lying(descr="<U0", shape=(10**15, 5)),
    "nested lists": lying(shape=[(((((((((2,),),),),),),),),)]),
    "a record": lying(descr=[("a", "<f8"), ("b", "O")]),
    "no shape": lying(shape=None),
    "a name": lying(descr="__import__('os')"),
    "a long header": b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b"(" * 1000,
    "another version": b"\x93NUMPY\x09\x09" + bytes(100),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_headers_that_lie(tmp_path, lie, method):
    """What a header promises and the file does not hold is neither believed nor allocated."""
    path = tmp_path / "net.npz"
    np.savez(path, w=np.ones(3), activation=ANY)
    with zipfile.ZipFile(path, "a", method) as archive:
        archive.writestr("A.npy", LIES[lie])
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"A in .*net\.npz is ") as refusal:
            hb.Network.load(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    assert str(path) in str(refusal.value)


def test_a_bomb(tmp_path):
    """A gigabyte of zeros in a megabyte of file is not unpacked."""
    path = tmp_path / "net.npz"
    np.savez_compressed(path, w=np.ones(3), activation=ANY, A=np.zeros((2, 10**7)))
    with pytest.raises(ValueError, match=r"A in .* is damaged: it holds \d+ bytes for shape"):
        hb.Network.load(path)


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    """The system gives no name with it; the error has that of the file which was asked for."""

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    path = tmp_path / "net.npz"
    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match=r"No space left on device.*net\.npz") as failure:
        NET.save(path)
    assert failure.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["a folder", "in no folder"])
def test_places_that_cannot_be_written(tmp_path, kind):
    """That is known without writing anything there."""
    path = tmp_path if kind == "a folder" else tmp_path / "missing" / "file"
    with pytest.raises(OSError, match=r"Is a directory|No such file") as failure:
        _files.check_writable(path)
    assert failure.value.filename == str(path)
    good = tmp_path / "good"
    _files.check_writable(good)
    assert list(tmp_path.iterdir()) == []
    good.write_text("old")
    _files.check_writable(good)
    assert good.read_text() == "old"


def test_links_stay_links(tmp_path):
    """What a link stands for is replaced, not the link."""
    (tmp_path / "link").symlink_to(tmp_path / "file")
    _files.write_text(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text(encoding="utf-8") == "text"

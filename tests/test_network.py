"""Network keeps its parameters, in every order in which they can be given, and on disk."""

import copy
import pickle
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import hessbound as hb

ANY = hb.activations()[0]
OTHER = hb.activations()[-1]


def network(*batch, d=3, m=2, activation=ANY):
    """A network with random parameters."""
    rng = np.random.default_rng(0)
    A, w = rng.normal(size=(*batch, m, d + 1)), rng.normal(size=(*batch, m + 1))
    return hb.Network(A, w, activation=activation)


def test_sizes():
    """P = m (d + 1) + m + 1, and leading axes are the batch."""
    net = network(5, 4)
    assert (net.n_inputs, net.n_hidden, net.n_parameters) == (3, 2, 11)
    assert net.batch_shape == (5, 4)
    assert network().batch_shape == ()


@pytest.mark.parametrize("batch", [(), (5,), (2, 3)])
def test_theta_order(batch):
    """A[k, j] is entry j m + k of θ (k from zero), and w follows."""
    net = network(*batch)
    theta = net.theta
    assert theta.shape == (*batch, net.n_parameters)
    for j in range(4):
        for k in range(2):
            assert_array_equal(theta[..., j * 2 + k], net.A[..., k, j])
    assert_array_equal(theta[..., 8:], net.w)


@pytest.mark.parametrize("batch", [(), (5,), (2, 3), (0,)])
def test_theta_round_trip(batch):
    """from_theta is the inverse of theta."""
    net = network(*batch)
    again = hb.Network.from_theta(net.theta, n_inputs=3, n_hidden=2, activation=ANY)
    assert again == net
    assert again.batch_shape == batch


@pytest.mark.parametrize("batch", [(), (5,), (2, 3)])
def test_from_layers(batch):
    """Biases go to column 0 of A and entry 0 of w."""
    net = network(*batch)
    A, w = net.A, net.w
    again = hb.Network.from_layers(
        A[..., 1:], A[..., 0], w[..., 1:], w[..., 0], activation=net.activation
    )
    assert again == net


def test_arrays_are_copied_and_frozen():
    """Neither the caller's array nor the network's own can change a network."""
    A, w = np.ones((1, 2)), np.ones(2)
    net = hb.Network(A, w, activation=ANY)
    A[:] = 5.0
    assert_array_equal(net.A, [[1.0, 1.0]])
    with pytest.raises(ValueError, match="read-only"):
        net.A[0, 0] = 5.0
    with pytest.raises(AttributeError):
        net.A = A
    net.theta[:] = 5.0
    assert_array_equal(net.theta, np.ones(4))


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))]
)
def test_copies_are_equal_and_frozen(again):
    """Copying and pickling, as parallel workers do, keep a network what it is."""
    net = network(4)
    assert again(net) == net
    assert not again(net).A.flags.writeable


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.uint8, bool, ">f8"])
def test_numbers_are_converted_to_float64(dtype):
    """Narrower floats, integers and bools become float64."""
    net = hb.Network(np.ones((2, 3), dtype), np.ones(3, dtype), activation=ANY)
    assert net.A.dtype == net.w.dtype == np.float64
    assert net.A.dtype.isnative


def test_any_memory_layout():
    """Transposed and strided arrays are taken in their logical order."""
    A = np.arange(12.0).reshape(4, 3).T
    net = hb.Network(A, np.arange(8.0)[::2], activation=ANY)
    assert net.A.flags.c_contiguous
    assert_array_equal(net.A, A)
    assert_array_equal(net.w, [0.0, 2.0, 4.0, 6.0])


def test_equality():
    """Equal numbers and activations make equal networks; anything else does not."""
    net = network()
    assert net == network()
    assert net != hb.Network(net.A, net.w + 1, activation=ANY)
    assert net != network(1)
    assert net != "net"
    if OTHER != ANY:
        assert net != hb.Network(net.A, net.w, activation=OTHER)


def test_repr():
    """The repr tells the sizes, and the batch if there is one."""
    sizes = f"activation={ANY!r}, n_inputs=3, n_hidden=2, n_parameters=11"
    assert repr(network()) == f"Network({sizes})"
    assert repr(network(5)) == f"Network({sizes}, batch_shape=(5,))"


@pytest.mark.parametrize("batch", [(), (5,), (0,)])
def test_save_and_load(tmp_path, activation, batch):
    """A saved network comes back equal, bit by bit, under the name that was given."""
    net = network(*batch, activation=activation)
    path = tmp_path / "net"
    net.save(path)
    assert hb.Network.load(path) == net
    assert [file.name for file in tmp_path.iterdir()] == ["net"]


def test_saved_file_holds_four_arrays(tmp_path):
    """The file has A, w, activation and loss and nothing else, none of them pickled."""
    network().save(tmp_path / "net.npz")
    with zipfile.ZipFile(tmp_path / "net.npz") as file:
        assert sorted(file.namelist()) == ["A.npy", "activation.npy", "loss.npy", "w.npy"]
    with np.load(tmp_path / "net.npz", allow_pickle=False) as file:
        assert file["activation"].item() == ANY


def test_save_replaces_a_file_whole(tmp_path, monkeypatch):
    """A failure while writing leaves the old file and no other."""
    path = tmp_path / "net.npz"
    network().save(path)

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="No space left"):
        network(7).save(path)
    assert hb.Network.load(path) == network()
    assert [file.name for file in tmp_path.iterdir()] == ["net.npz"]


def test_load_accepts_float32(tmp_path):
    """A file written by hand in float32 loads, in float64."""
    path = tmp_path / "net.npz"
    np.savez(path, A=np.ones((1, 2), np.float32), w=np.ones(2, np.float32), activation=ANY)
    assert hb.Network.load(path) == hb.Network([[1, 1]], [1, 1], activation=ANY)

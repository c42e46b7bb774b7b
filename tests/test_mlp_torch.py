"""Networks of torch: what becomes of them, and what its automatic differentiation says."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb

from .mlps import labels, message

torch = pytest.importorskip("torch")
nn = torch.nn

ACTIVATIONS = {
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "silu": nn.SiLU(),
    "mish": nn.Mish(),
    "gelu": nn.GELU(),
    "gelu_tanh": nn.GELU(approximate="tanh"),
    "softplus": nn.Softplus(),
    "linear": nn.Identity(),
}
LOSSES = {
    "softmax": nn.CrossEntropyLoss(),
    "cross_entropy": nn.BCEWithLogitsLoss(),
    "squared_error": nn.MSELoss(),
    "poisson": nn.PoissonNLLLoss(),
}
TIMES = {"softmax": 1.0, "cross_entropy": 1 / 3, "squared_error": 2 / 3, "poisson": 1 / 3}
"""torch takes the mean over outputs, too, and has no ½."""


def flat(parts):
    """One vector, as ``parameters_to_vector`` makes it, of what may be views."""
    return torch.cat([x.reshape(-1) for x in parts])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_against_autograd(activation):
    """Outputs, loss, gradient, a product, and tr H with its gradient, in the order of torch's θ."""
    loss = list(LOSSES)[len(activation) % len(LOSSES)]
    torch.manual_seed(0)
    f = ACTIVATIONS[activation]
    layers = [nn.Flatten(), nn.Linear(4, 3), f, nn.Sequential(nn.Dropout(), nn.Linear(3, 2, False))]
    layers += [f, nn.Identity(), nn.Linear(2, 3), nn.Dropout()]
    module = nn.Sequential(*layers).double().eval()
    net = hb.MLP.from_torch(module, loss=loss)
    assert net.activation == activation
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(5, 4)), labels(loss, rng, 5, 3, soft=False)
    own, times = {"reduction": "mean"}, TIMES[loss]
    theta = list(module.parameters())
    outputs = module(torch.tensor(X).reshape(5, 2, 2))
    value = LOSSES[loss](outputs, torch.tensor(y))
    assert_array_equal(net.theta, flat(theta).detach())
    assert_allclose(net.logits(X), outputs.detach(), rtol=0, atol=1e-14)
    assert_allclose(times * hb.loss(net, X, y, **own), value.item(), rtol=1e-8)  # Softplus's line
    slope = flat(torch.autograd.grad(value, theta, create_graph=True))
    assert_allclose(times * hb.gradient(net, X, y, **own), slope.detach(), rtol=0, atol=1e-14)
    rows = [torch.autograd.grad(x, theta, create_graph=True, materialize_grads=True) for x in slope]
    H = torch.stack([flat(row) for row in rows])
    assert_allclose(times * hb.hessian(net, X, y, **own), H.detach(), rtol=0, atol=1e-13)
    moved = flat(torch.autograd.grad(H.trace(), theta, materialize_grads=True))
    total, gradient = hb.trace_gradient(net, X, y, **own)
    assert_allclose(times * total, H.trace().item(), rtol=1e-12)
    assert_allclose(times * gradient, moved, rtol=0, atol=1e-13)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_other_precisions(dtype):
    """Numbers come as they are; what is trained further does not change what was made."""
    module = nn.Sequential(nn.Linear(3, 4).to(dtype), nn.Tanh(), nn.Linear(4, 2))
    net = hb.MLP.from_torch(module)
    expected = flat([x.double() for x in module.parameters()]).detach().numpy()
    assert net.theta.dtype == np.float64
    assert_array_equal(net.theta, expected)
    with torch.no_grad():
        module[0].weight.zero_()
    assert_array_equal(net.theta, expected)


class Twice(nn.Linear):
    """It does other than its ancestor."""


class Tanh(nn.Module):
    """It is not torch's."""


def ends_with(*layers):
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), *layers)


SAME = nn.Linear(4, 4)
REFUSED = {
    "a Linear": (nn.Linear(3, 4), "module must be a torch.nn.Sequential, got Linear"),
    "compiled": (torch.nn.DataParallel(ends_with()), "must be a torch.nn.Sequential, got DataPar"),
    "one layer": (nn.Sequential(nn.Linear(3, 4)), "must have at least 2 Linear layers, got 1"),
    "none": (nn.Sequential(), "module must end with a Linear"),
    "tanh twice": (ends_with(nn.Tanh(), nn.Tanh(), SAME), "before each activation, got Tanh()"),
    "sigmoid last": (ends_with(nn.Sigmoid()), "module must end with a Linear: the loss takes"),
    "softmax last": (ends_with(nn.Softmax(1)), "; leave it out: loss='softmax' has it"),
    "shared": (ends_with(SAME, nn.Tanh(), SAME), "got two that share them"),
    "a convolution": (nn.Sequential(nn.Conv2d(1, 2, 3), SAME), "got Conv2d(1, 2, kernel_size"),
    "normalised": (ends_with(nn.BatchNorm1d(4), SAME), "got BatchNorm1d(4"),
    "a bend": (ends_with(nn.ReLU(), SAME), "'ReLU' is not smooth at u = 0"),
    "another threshold": (ends_with(nn.Softplus(threshold=1), SAME), "got Softplus(beta=1.0, thre"),
    "a subclass": (ends_with(Twice(4, 4)), "got Twice(in_features=4"),
    "of that name": (ends_with(Tanh(), SAME), "must be made of torch's Linear, Tanh"),
    "parametrised": (
        ends_with(nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))),
        "got ParametrizedLinear",
    ),
    "complex": (
        ends_with(nn.Linear(4, 4, dtype=torch.complex64)),
        "floating-point numbers, got torch.complex64",
    ),
    "nowhere": (ends_with(nn.Linear(4, 4, device="meta")), "got no numbers, on the device meta"),
    "not finite": (ends_with(nn.Tanh(), nn.Linear(4, 4)), "weights[2] must be finite, got nan at"),
}
with torch.no_grad():
    REFUSED["not finite"][0][-1].weight[1, 1] = torch.nan


@pytest.mark.parametrize("bad", REFUSED)
def test_modules_refused(bad):
    """What it is, and what there may be."""
    module, expected = REFUSED[bad]
    kinds = TypeError if "Sequential, got" in expected or "numbers" in expected else ValueError
    assert expected in message(kinds, hb.MLP.from_torch, module)

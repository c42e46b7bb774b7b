"""Networks of torch: what becomes of them, and what its automatic differentiation says."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb

from .mlps import labels, message

torch = pytest.importorskip("torch")
nn = torch.nn
prune = pytest.importorskip("torch.nn.utils.prune")

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


class Doubled(nn.Sequential):
    """So does this."""

    def forward(self, x):
        return 2 * super().forward(x)


def hooked(layer, kind="forward_hook"):
    """What torch's own class makes, and then something else."""
    getattr(layer, f"register_{kind}")(lambda *x: 2 * x[-1])
    return layer


def with_own(layer, **more):
    for name, value in more.items():
        setattr(layer, name, value)
    return layer


SAME = nn.Linear(4, 4)
OWN_BIAS = nn.Linear(4, 4)
PRUNED = prune.l1_unstructured(nn.Linear(4, 4), "weight", 0.5)
REMOVED = prune.remove(prune.l1_unstructured(nn.Linear(4, 4), "weight", 0.5), "weight")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # they are old
    OLD = [x(nn.Linear(4, 4)) for x in (nn.utils.weight_norm, nn.utils.spectral_norm)]
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
    "a subclass of all": (Doubled(*ends_with()), "must be a torch.nn.Sequential, got Doubled"),
    "a subclass within": (nn.Sequential(Doubled(*ends_with())), "must be made of torch's Linear"),
    "a hook": (
        ends_with(nn.Tanh(), hooked(nn.Linear(4, 4))),
        "have no forward hooks, got <lambda>",
    ),
    "a hook before": (ends_with(hooked(nn.Tanh(), "forward_pre_hook"), SAME), "no forward hooks"),
    "a hook on nothing": (ends_with(hooked(nn.Identity()), nn.Tanh(), SAME), "no forward hooks"),
    "a hook on all": (hooked(ends_with()), "module must have no forward hooks, got <lambda>"),
    "another forward": (
        ends_with(with_own(nn.Tanh(), forward=torch.sin), SAME),
        "layer 3 of module, Tanh(), must compute what its class does, got a forward of its own",
    ),
    "old weight_norm": (ends_with(nn.Tanh(), OLD[0]), "hooks, got WeightNorm; remove it first"),
    "old spectral_norm": (ends_with(nn.Tanh(), OLD[1]), "hooks, got SpectralNorm; remove it"),
    "pruned": (ends_with(nn.Tanh(), PRUNED), "hooks, got L1Unstructured; remove it first"),
    "pruned for good": (
        ends_with(nn.Tanh(), REMOVED),
        "must have the parameters weight, bias in this order, got bias, weight; copy",
    ),
    "more parameters": (
        ends_with(with_own(nn.Tanh(), slope=nn.Parameter(torch.ones(1))), SAME),
        "must have the parameters (none) in this order, got slope",
    ),
    "a layer in a layer": (
        ends_with(with_own(nn.Tanh(), inner=nn.Linear(2, 2)), SAME),
        "must have the parameters (none) in this order, got inner",
    ),
    "shared biases": (
        ends_with(nn.Tanh(), OWN_BIAS, with_own(nn.Linear(4, 4), bias=OWN_BIAS.bias)),
        "got two that share them",
    ),
    "flat altogether": (ends_with(nn.Flatten(0), nn.Tanh(), SAME), "got Flatten(start_dim=0"),
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

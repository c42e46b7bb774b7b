"""The data and the starting points; both depend on seeds and nothing else."""

from typing import Any

import numpy as np

import hessbound as hb

from ._typing import Array
from .settings import Settings

Labelled = tuple[Array, Array]


def gaussian_classes(settings: Settings, count: int, seed: int) -> Labelled:
    """Draw so many points in the plane, the first half of class 0, and their labels.

    >>> X, y = gaussian_classes(Settings(), 4, seed=0)
    >>> X.shape, y
    ((4, 2), array([0., 0., 1., 1.]))
    """
    rng, half = np.random.default_rng(seed), count // 2
    scale = np.sqrt(settings.variance)
    classes = [rng.normal(size=(half, 2)) * scale + c * settings.class_mean for c in (-1.0, 1.0)]
    return np.concatenate(classes), np.repeat([0.0, 1.0], half)


def training_data(settings: Settings, draw: int) -> Labelled:
    """Return the inputs and labels that networks are trained on."""
    return gaussian_classes(settings, settings.samples, draw)


def held_out_data(settings: Settings, draw: int) -> Labelled:
    """Return the inputs and labels that they are tested on."""
    return gaussian_classes(settings, settings.test_samples, settings.test_seed + draw)


def starting_points(settings: Settings, m: int, seeds: range) -> hb.Network[Array]:
    """Return a batch of networks, one for each seed."""
    size, a = 4 * m + 1, settings.initial
    theta = [np.random.default_rng(seed).uniform(-a, a, size) for seed in seeds]
    return network(np.array(theta), m, settings.activation)


def network(theta: Array, m: int, activation: str) -> hb.Network[Any]:
    """Return networks in the plane with these parameters, or one of them."""
    return hb.Network.from_theta(theta, n_inputs=2, n_hidden=m, activation=activation)

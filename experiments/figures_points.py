"""Figures about single critical points and their parameters: 3, 4, 8, 9, 10 and 12."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import hessbound as hb

from . import statistics as st
from .boundaries import grid
from .drawing import (
    BOUND,
    DARK,
    EXACT,
    LIGHT,
    SOFT,
    TALL,
    WIDE,
    diagonal,
    label,
    logarithmic,
    panels,
    points,
)
from .measures import numerical_hessian
from .questions import trace_errors
from .samples import network, training_data
from .study import Study

REACH = 1.0
"""How far along the top eigenvector the loss is shown."""


def figure_3(study: Study) -> Figure:
    """Draw decision boundaries and loss at the points with the largest bounds."""
    return _extremes(study, list(np.argsort(-study.first.bound)[:2]))


def figure_4(study: Study) -> Figure:
    """Draw decision boundaries and loss at the points with the smallest bounds."""
    return _extremes(study, list(np.argsort(study.first.bound)[:2]))


def _extremes(study: Study, chosen: list[int]) -> Figure:
    figure, axes = panels(2, len(chosen), TALL)
    for column, n in enumerate(chosen):
        _boundary(axes[0, column], study, n)
        _section(axes[1, column], study, n)
    return figure


def _net(study: Study, n: int) -> hb.Network[Any]:
    return network(study.first.theta[n], study.settings.hidden[0], study.settings.activation)


def _boundary(plot: Axes, study: Study, n: int) -> None:
    axis, plane = grid()
    v = hb.logits(_net(study, n), plane).reshape(len(axis), len(axis)).T
    if v.min() < 0 < v.max():
        plot.contourf(axis, axis, v, levels=[v.min(), 0.0, v.max()], colors=["#dbe5f2", "#fbe6c8"])
        plot.contour(axis, axis, v, levels=[0.0], colors="black", linewidths=1.4)
    plot.plot(axis, -axis, color=SOFT, linewidth=1.0, linestyle=":", label="Bayes' rule")
    X, y = training_data(study.settings, study.draw)
    for value, colour, marker in ((0.0, DARK, "o"), (1.0, LIGHT, "^")):
        own = X[y == value]
        points(
            plot,
            own[:, 0],
            own[:, 1],
            color=colour,
            marker=marker,
            alpha=0.9,
            label=f"class {value:.0f}",
        )
    found = study.first
    plot.set(xlim=axis[[0, -1]], ylim=axis[[0, -1]], aspect="equal")
    label(plot, "$x_1$", "$x_2$", f"{BOUND} = {found.bound[n]:.1f}, macro-F1 = {found.f1[n]:.3f}")
    plot.legend(loc="upper right", frameon=True)


def _section(plot: Axes, study: Study, n: int) -> None:
    net, data = _net(study, n), training_data(study.settings, study.draw)
    direction = np.linalg.eigh(hb.hessian(net, *data))[1][:, -1]
    steps = np.linspace(-REACH, REACH, 81)
    theta = net.theta + steps[:, None] * direction
    along = net.with_theta(theta)
    rise = np.asarray(hb.loss(along, *data)) - study.first.loss[n]
    for value, colour, line, name in (
        (study.first.bound[n], SOFT, ":", f"curvature {BOUND}"),
        (study.first.largest[n], LIGHT, "--", f"curvature {EXACT}"),
    ):
        plot.plot(steps, value * steps**2 / 2.0, color=colour, linestyle=line, label=name)
    plot.plot(steps, rise, color=DARK, linewidth=1.8, label="loss")
    top = float(study.first.bound.max()) / 5.0  # for all four, so that sharp and flat compare
    plot.set(ylim=(-0.03 * top, top))
    label(plot, "step along the top eigenvector", "rise of the loss")
    plot.legend(loc="upper center")


def figure_8(study: Study) -> Figure:
    """Draw the Hessian in closed form and by differences, and the errors at all points."""
    figure, axes = panels(1, 3, (9.6, 3.3))
    net, data = _net(study, 0), hb.Dataset(*training_data(study.settings, study.draw))
    H, numerical = hb.hessian(net, data), numerical_hessian(net, data)
    limit = float(np.abs(H).max())
    for plot, matrix, title in (
        (axes[0, 0], H, "closed form"),
        (axes[0, 1], numerical, "central differences"),
    ):
        image = plot.imshow(matrix, cmap="PuOr", vmin=-limit, vmax=limit)
        plot.grid(visible=False)
        label(plot, "parameter", "parameter", f"{title} (seed {study.first.seed[0]})")
    figure.colorbar(image, ax=list(axes[0, :2]), shrink=0.8)
    errors = study.first.hessian_error
    axes[0, 2].hist(np.log10(np.maximum(errors, 1e-300)), bins=30, color=DARK)
    label(axes[0, 2], r"$\log_{10}\|H - H'\|_F$", "critical points", f"mean {errors.mean():.2g}")
    return figure


def figure_9(study: Study) -> Figure:
    """Draw the traces in closed form against those of the dense matrix."""
    figure, axes = panels(1, 2, WIDE)
    found, errors = study.first, trace_errors(study.first)
    for plot, name, dense, closed, error in (
        (axes[0, 0], r"$\mathrm{tr}\,H$", found.dense_trace, found.trace, errors[0]),
        (
            axes[0, 1],
            r"$\mathrm{tr}\,H^2$",
            found.dense_trace_squared,
            found.trace_squared,
            errors[1],
        ),
    ):
        diagonal(plot, dense)
        points(plot, dense, closed)
        logarithmic(plot)
        label(
            plot,
            f"{name}, numpy.trace",
            f"{name}, closed form",
            f"relative error ≤ {error.max():.1g}",
        )
    return figure


def figure_10(study: Study) -> Figure:
    """Draw the norms of the parameters against the bound."""
    figure, axes = panels(1, 2, WIDE)
    for plot, name, values in (
        (axes[0, 0], r"$\|w\|$", study.first.norm_w),
        (axes[0, 1], r"$\|A\|_F$", study.first.norm_A),
    ):
        points(plot, values, study.first.bound)
        rho, p = st.spearman(values, study.first.bound)
        label(plot, name, BOUND, f"rank correlation {rho:.2f}, p = {p:.1g}")
    return figure


def figure_12(study: Study) -> Figure:
    """Draw the norm of the hidden outputs' Gram matrix against the bound, whole and enlarged."""
    figure, axes = panels(1, 2, WIDE)
    x, y = study.first.norm_hidden, study.first.bound
    centres, lows = st.envelope(x, y, 10)
    for plot, title in zip(axes[0], ("all points", "the lower part"), strict=True):
        points(plot, x, y)
        name = "smallest of each tenth"
        plot.plot(centres, lows, color=LIGHT, marker="s", markersize=4, linewidth=1.4, label=name)
        label(plot, r"$\|h\,h^\top\|_F$", BOUND, title)
    axes[0, 1].set(ylim=(0.9 * float(lows.min()), 1.1 * float(np.median(y))))
    axes[0, 0].legend(loc="upper left")
    return figure

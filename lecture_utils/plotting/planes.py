"""Plots of the plane: samples with two features, the boundary of a classifier, lines of neurons."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from lecture_utils._validation import as_design_matrix, as_names, as_real_array
from lecture_utils.layers import Dense
from lecture_utils.style import (
    CLASS_COLORS,
    CLASS_MARKERS,
    GRID,
    GROUND,
    INK,
    SHADES,
    TRANSPOSED,
    checked_axes,
    draw_arrow,
    legend_above,
)

FEW_SAMPLES = 20  # up to this many are drawn larger


def plot_classes(X, y, *, feature_names, class_names, ax=None):
    """Plot samples with two features; the classes differ by colour and by marker.

    Parameters
    ----------
    X : array, shape (n, 2)
    y : array of int, shape (n,)
        Class of each sample: 0 for the first of `class_names`, 1 for the second, and so on.
    feature_names : sequence of 2 str
        Names of the axes, with units.
    class_names : sequence of 2 to 4 str
        Names in the legend.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or a label has no name.
    """
    X, y, feature_names, class_names = _checked(X, y, feature_names, class_names)
    ax = checked_axes(ax)
    few = len(X) <= FEW_SAMPLES
    style = {"linestyle": "none", "markeredgecolor": GROUND, "markersize": 15 if few else 9}
    for k, name in enumerate(class_names):
        ax.plot(*X[y == k].T, CLASS_MARKERS[k], color=CLASS_COLORS[k], label=name, **style)
    ax.margins(0.15 if few else 0.05)
    ax.set_xlabel(feature_names[0])
    ax.set_ylabel(feature_names[1])
    legend_above(ax)
    return ax


def plot_decision_boundary(probability, X, y, *, feature_names, class_names, ax=None):
    """Plot the probability of class 1 over the plane, the line where it is 0.5, and the data.

    Parameters
    ----------
    probability : callable
        Takes an array of shape (m, 2), returns the probability of class 1, shape (m,). It may
        also return only 0 and 1, as a Perceptron does: then there are two shades.
    X, y, feature_names, class_names, ax
        As for `plot_classes`, with two classes.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        As for `plot_classes`, or if `probability` returns anything but that.
    """
    X, y, feature_names, class_names = _checked(X, y, feature_names, class_names)
    if len(class_names) != 2:
        raise ValueError(f"class_names must be 2 names, got {len(class_names)}")
    ax = checked_axes(ax)
    x1, x2 = (np.linspace(*_padded(column), GRID) for column in X.T)
    p = _on_grid(probability, x1, x2)
    label = f"probability of {class_names[1]}"
    if np.isin(p, (0, 1)).all():
        p = _smoothed(probability, x1, x2)
        _shade(ax, x1, x2, p, levels=[0, 0.5, 1], names=["0", "0.5", "1"], label=label)
        _draw_contour(ax, x1, x2, p, 0.5)
    else:
        # Contour lines are straight between grid points. For the logit of a neuron that is
        # exact; for its probability they would be wavy.
        z = _logit(p)
        levels = np.array([-99, *_logit(np.linspace(0.1, 0.9, 9)), 99])
        names = [f"{tenth / 10:.1f}" for tenth in range(11)]
        _shade(ax, x1, x2, z, levels=levels, names=names, label=label)
        _draw_contour(ax, x1, x2, z, 0)
    return plot_classes(X, y, feature_names=feature_names, class_names=class_names, ax=ax)


def _on_grid(probability, x1, x2):
    """Return the probability at each point of a grid, checked; shape (len(x2), len(x1))."""
    samples = np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, 2)
    p = as_real_array("probability(samples)", probability(samples))
    if p.shape != (len(samples),):
        raise ValueError(
            f"probability must return shape ({len(samples)},) for that many samples, got {p.shape}"
        )
    if p.min() < 0 or p.max() > 1:
        raise ValueError(f"probability must return 0 to 1, got {p.min()} to {p.max()}")
    return p.reshape(len(x2), len(x1))


def _smoothed(probability, x1, x2):
    """Return means over 5 × 5 points around each grid point, so that an edge is no staircase."""
    fine1, fine2 = (
        (x[:, None] + (x[1] - x[0]) * np.linspace(-0.4, 0.4, 5)).ravel() for x in (x1, x2)
    )
    p = _on_grid(probability, fine1, fine2)
    return p.reshape(len(x2), 5, len(x1), 5).mean(axis=(1, 3))


def _logit(p):
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return np.log(p / (1 - p))


def _shade(ax, x1, x2, values, *, levels, names, label):
    """Shade the bands between levels, with a colour bar that names every other level or all."""
    colors = SHADES(np.linspace(0, 1, len(levels) - 1))
    bands = ax.contourf(x1, x2, values, levels=levels, colors=colors)
    every = 1 if len(levels) <= 3 else 2
    bar = ax.figure.colorbar(bands, ax=ax, label=label, ticks=levels[::every])
    bar.ax.set_yticklabels(names[::every])


def _draw_contour(ax, x1, x2, values, level):
    if values.min() < level < values.max():
        ax.contour(x1, x2, values, levels=[level], colors=INK, linewidths=2.5)
        ax.plot([], [], color=INK, linestyle="-", label="probability 0.5")


def plot_regions(estimator, X, y, *, feature_names, class_names, ax=None):
    """Plot where a classifier gives each class more than half of the probability, and the data.

    A line goes round where it is more than 0.5, darker shades begin at 0.7 and at 0.9. Where the
    ground shows, no class has half of it.

    Parameters
    ----------
    estimator : scikit-learn classifier
        Fitted to two features and the classes 0, 1, …; it has `predict_proba`.
    X, y, feature_names, class_names, ax
        As for `plot_classes`.

    Returns
    -------
    Axes

    Raises
    ------
    AttributeError
        If the estimator gives no probabilities.
    ValueError
        As for `plot_classes`, if the estimator is not fitted, or if its classes are not those of
        `class_names`.
    """
    from sklearn.utils.validation import check_is_fitted  # late: few plots need it

    X, y, feature_names, class_names = _checked(X, y, feature_names, class_names)
    check_is_fitted(estimator)
    if list(estimator.classes_) != list(range(len(class_names))):
        raise ValueError(
            f"estimator must have the classes 0 to {len(class_names) - 1}, one per class name, "
            f"got {[*map(int, estimator.classes_)]}"
        )
    ax = checked_axes(ax)
    corners = np.transpose([_padded(column) for column in X.T])
    if any([_draw_region(ax, estimator, k, corners) for k in range(len(class_names))]):
        ax.plot([], [], color=INK, linestyle="-", label="probability 0.5")
    return plot_classes(X, y, feature_names=feature_names, class_names=class_names, ax=ax)


def _draw_region(ax, estimator, k, corners):
    """Shade where class k has more than half of the probability; return if it has an edge."""
    from sklearn.inspection import DecisionBoundaryDisplay

    shades = LinearSegmentedColormap.from_list("class", [GROUND, CLASS_COLORS[k]])
    region = DecisionBoundaryDisplay.from_estimator(
        estimator,
        corners,
        eps=0,
        grid_resolution=2 * GRID,
        response_method="predict_proba",
        class_of_interest=k,
        levels=[0.5, 0.7, 0.9, 1.1],  # beyond 1, which rounding may exceed
        colors=shades([0.15, 0.25, 0.35]),
        ax=ax,
    )
    has_edge = region.response.min() < 0.5 < region.response.max()
    if has_edge:
        region.plot("contour", ax=ax, levels=[0.5], colors=INK, linewidths=2.5)
    return has_edge


def plot_lines(layer, X, y, *, feature_names, class_names, symbol="x", ax=None):
    """Plot samples and, for each neuron of a layer, the line `wᵀx + b = 0`.

    A line has the number of its neuron, from 1, and an arrow along `w` to the side where
    `wᵀx + b > 0`. Both features have the same scale, so that the arrow stands on the line at a
    right angle.

    Parameters
    ----------
    layer : Dense
        With 2 inputs.
    X, y, feature_names, class_names, ax
        As for `plot_classes`.
    symbol : str
        The samples' letter in the legend: ``"h"`` for those that a hidden layer gives.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If `layer` is not dense.
    ValueError
        As for `plot_classes`, if the layer does not have 2 inputs, or if the weights of a neuron
        are all 0: then it has no line.
    """
    W, b = _checked_neurons(layer)
    X, y, feature_names, class_names = _checked(X, y, feature_names, class_names)
    ax = checked_axes(ax)
    label = rf"$w_k{TRANSPOSED} {symbol} + b_k = 0$"
    ax.plot([], [], color=INK, linestyle="-", linewidth=2, label=label)
    plot_classes(X, y, feature_names=feature_names, class_names=class_names, ax=ax)
    # The point of each line that is nearest to the middle of the samples has to be in view.
    middle = (X.min(axis=0) + X.max(axis=0)) / 2
    feet = middle - ((middle @ W + b) / (W**2).sum(axis=0) * W).T
    limits = np.array([_padded(column, 0.2) for column in np.vstack([X, feet]).T])
    ax.set(xlim=limits[0], ylim=limits[1], aspect="equal")
    ax.locator_params(nbins=4)
    normals = (W / np.linalg.norm(W, axis=0)).T
    lines = [_line_in_view(*pair, limits) for pair in zip(feet, normals)]
    marks = []  # numbers first, then arrows, each where most room is left
    for mark in (_draw_number, _draw_normal):
        for k, (line, normal) in enumerate(zip(lines, normals)):
            others = [other for other in lines if not np.allclose((other - line[0]) @ normal, 0)]
            marks += mark(ax, k + 1, line, normal, limits, [X, *others, *marks])
    return ax


def _checked_neurons(layer):
    """Return the weights, shape (2, n), and the biases, shape (n,), of a layer of lines."""
    if not isinstance(layer, Dense):
        raise TypeError(f"layer must be a Dense layer, got {type(layer).__name__}")
    if layer.n_in != 2:
        raise ValueError(f"layer must have 2 inputs, got {layer.n_in}")
    W = layer.params["W"]
    for k, w in enumerate(W.T):
        if not w.any():
            raise ValueError(f"layer must have weights that are not all 0, got W[:, {k}] = 0")
    return W, layer.params.get("b", np.zeros(layer.n_out))


def _line_in_view(foot, normal, limits):
    """Return points along the line through `foot`, as far as they are within the limits."""
    t = np.linspace(-1, 1, 1001)[:, None] * np.hypot(*np.ptp(limits, axis=1))
    line = foot + t * np.array([-normal[1], normal[0]])
    return line[_within(line, limits, margin=0)]


def _draw_number(ax, number, line, normal, limits, taken):
    """Draw a line with a number on it, away from what is `taken`; return where it stands."""
    ax.plot(*line[[0, -1]].T, color=INK, linestyle="-", linewidth=2, zorder=1.5)
    place = _free_spot(line[_within(line, limits, margin=0.08)], taken)
    circle = {"boxstyle": "circle,pad=0.2", "facecolor": GROUND, "edgecolor": INK}
    ax.annotate(str(number), place, ha="center", va="center", bbox=circle)
    return [place[None]]


def _draw_normal(ax, number, line, normal, limits, taken):
    """Draw an arrow along the normal of a line, and a plus at its tip; return where it stands."""
    arrow = 0.14 * np.ptp(limits, axis=1).min() * normal
    line = line[_within(line, limits, margin=0.08)]
    roomy = line[_within(line + 1.6 * arrow, limits, margin=0)]
    start = _free_spot(roomy if len(roomy) else line, taken, reach=arrow)
    draw_arrow(ax, start, start + arrow, color=INK, linestyle="-", linewidth=2)
    ax.annotate("+", start + 1.35 * arrow, ha="center", va="center", annotation_clip=False)
    return [start[None], start[None] + arrow]


def _within(points, limits, margin):
    """Whether each point is within the limits, by a margin in shares of the shorter side."""
    low, high = limits.T
    margin = margin * (high - low).min()
    return ((points >= low + margin) & (points <= high - margin)).all(axis=1)


def _free_spot(candidates, taken, reach=0):
    """Return the candidate that is, itself and at the end of its reach, farthest from `taken`."""
    ends = np.stack([candidates, candidates + reach])
    gaps = np.hypot(*(ends[:, :, None] - np.concatenate(taken)).T).min(axis=(0, 2))
    # Rounded, so that of two equal places the first is taken on every machine.
    return candidates[np.round(gaps / (gaps.max() or 1), 6).argmax()]


def _padded(column, share=0.15):
    """Return limits that leave room around the numbers in a column."""
    room = share * np.ptp(column) or 0.5
    return column.min() - room, column.max() + room


def _checked(X, y, feature_names, class_names):
    X = as_design_matrix("X", X, 2)
    feature_names = as_names("feature_names", feature_names)
    if len(feature_names) != 2:
        raise ValueError(f"feature_names must be 2 names, got {len(feature_names)}")
    class_names = as_names("class_names", class_names)
    if not 2 <= len(class_names) <= len(CLASS_MARKERS):
        raise ValueError(
            f"class_names must be 2 to {len(CLASS_MARKERS)} names, got {len(class_names)}"
        )
    y = as_real_array("y", y)
    if y.shape != (len(X),):
        raise ValueError(f"y must have shape ({len(X)},), one label per sample, got {y.shape}")
    known = np.isin(y, range(len(class_names)))
    if not known.all():
        raise ValueError(
            f"y must hold only 0 to {len(class_names) - 1}, as there are {len(class_names)} "
            f"class_names, got {y[~known][0]}"
        )
    return X, y, feature_names, class_names

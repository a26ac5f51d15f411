"""Plots of a loss over two parameters: its height, its gradient, and the ways of descents."""

import numpy as np
from matplotlib.patheffects import withStroke

from lecture_utils._validation import as_named, as_real_array
from lecture_utils.formatting import short_number
from lecture_utils.style import (
    CLASS_MARKERS,
    GRID,
    GROUND,
    HEIGHTS,
    INK,
    LINE_COLORS,
    LINE_STYLES,
    checked_axes,
    draw_arrow,
    legend_above,
)


def plot_loss_surface(
    objective, *, x_limits, y_limits, x_name, y_name, ax=None, point=None, gradient=None
):
    """Plot contours of `J` over two parameters and, from a point, the ways uphill and downhill.

    Both parameters have the same scale, so that the gradient stands on the contour lines at a
    right angle. The arrows show the direction of the gradient, not its length.

    Parameters
    ----------
    objective : callable
        Takes an array of shape (2,), returns a number.
    x_limits, y_limits : (float, float)
        Smallest and largest value of each parameter.
    x_name, y_name : str
        Names of the parameters.
    ax : Axes, optional
    point : array, shape (2,), optional
        A point to mark.
    gradient : array, shape (2,), optional
        `+∇J` at `point`.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If limits are not in order, a shape is wrong, or `gradient` is zero or without `point`.
    """
    x = np.linspace(*_checked_limits("x_limits", x_limits), GRID)
    y = np.linspace(*_checked_limits("y_limits", y_limits), GRID)
    if point is not None:
        point = _checked_pair("point", point)
    if gradient is not None:
        gradient = _checked_direction(gradient, point)
    J = [[objective(np.array([a, b])) for a in x] for b in y]
    ax = checked_axes(ax)
    _draw_heights(ax, x, y, as_real_array("objective(theta)", J))
    ax.set(xlabel=x_name, ylabel=y_name, aspect="equal")
    if point is not None:
        ax.plot(*point, "o", color=INK)
    if gradient is not None:
        _draw_gradient(ax, point, gradient)
    return ax


def _draw_heights(ax, x, y, J):
    """Draw contours of the root of J above its lowest value: on a bowl, at equal distances."""
    low, root = J.min(), np.sqrt(J - J.min())
    levels = np.linspace(0, root.max() or 1, 11)
    colors = HEIGHTS(np.linspace(0, 1, len(levels) - 1))
    bands = ax.contourf(x, y, root, levels=levels, colors=colors)
    if root.any():
        ax.contour(x, y, root, levels=levels[1:-1], colors=INK, linewidths=0.6)
    bar = ax.figure.colorbar(bands, ax=ax, label="loss $J$", ticks=levels[::2])
    bar.ax.set_yticklabels([short_number(low + level**2) for level in levels[::2]])


def _checked_direction(gradient, point):
    gradient = _checked_pair("gradient", gradient)
    if point is None:
        raise ValueError("point must be given with gradient, got None")
    if not gradient.any():
        raise ValueError("gradient must have a direction, got zero")
    return gradient


def _draw_gradient(ax, point, gradient):
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    size = (high - low).min()
    room = np.minimum(point - low, high - point).min()  # to the nearest border
    arrow = gradient / np.linalg.norm(gradient) * np.clip(room, 0.1 * size, 0.25 * size)
    for tip, color, style, name in (
        (point - arrow, LINE_COLORS[1], "-", r"$-\nabla J$, downhill"),
        (point + arrow, INK, "--", r"$+\nabla J$, uphill"),
    ):
        draw_arrow(ax, point, tip, color=color, linestyle=style, linewidth=3)
        ax.plot([], [], color=color, linestyle=style, linewidth=3, label=name)
    legend_above(ax)


def plot_paths(objective, paths, *, x_limits, y_limits, x_name, y_name, ax=None):
    """Plot contours of `J` over two parameters and the ways that optimisers take on them.

    Each way starts at a dot and ends at the marker that the legend shows with its name.

    Parameters
    ----------
    objective, x_limits, y_limits, x_name, y_name, ax
        As for `plot_loss_surface`.
    paths : dict of str to array, shape (n, 2)
        1 to 4 names with the points from the start to the end. What is beyond the limits is
        cut off.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If `paths` is no dict of names.
    ValueError
        As for `plot_loss_surface`, or if a path has another shape or there are more than 4.
    """
    checked = {}
    for name, path in as_named("paths", paths, len(LINE_COLORS)).items():
        checked[name] = as_real_array(f"paths[{name!r}]", path)
        if checked[name].shape[1:] != (2,):
            raise ValueError(f"paths[{name!r}] must have shape (n, 2), got {checked[name].shape}")
    ax = plot_loss_surface(
        objective, x_limits=x_limits, y_limits=y_limits, x_name=x_name, y_name=y_name, ax=ax
    )
    ax.set(xlim=x_limits, ylim=y_limits)
    halo = [withStroke(linewidth=5, foreground=GROUND)]  # or the line is lost on a dark band
    looks = zip(LINE_COLORS, LINE_STYLES, CLASS_MARKERS)
    for (name, path), (color, style, marker) in zip(checked.items(), looks):
        # Open markers: the ends may lie on each other.
        mark = {"markersize": 12, "markerfacecolor": "none", "markeredgewidth": 2}
        ax.plot(*path.T, color=color, linestyle=style, path_effects=halo)
        ax.plot(*path[-1], marker, color=color, zorder=3, **mark)
        ax.plot(*path[0], "o", color=INK, zorder=3)
        ax.plot([], [], marker, color=color, linestyle=style, label=name, **mark)
    ax.plot([], [], "o", color=INK, label="start")
    legend_above(ax)
    return ax


def _checked_pair(name, value):
    array = as_real_array(name, value)
    if array.shape != (2,):
        raise ValueError(f"{name} must have shape (2,), got {array.shape}")
    return array


def _checked_limits(name, limits):
    low, high = _checked_pair(name, limits)
    if low >= high:
        raise ValueError(f"{name} must be (low, high) with low below high, got ({low}, {high})")
    return low, high

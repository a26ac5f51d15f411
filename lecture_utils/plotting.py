"""Plots of data, functions and training, all in one style that can be read from the last row."""

import numpy as np
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from lecture_utils._image_plots import plot_images
from lecture_utils._planes import (
    plot_classes,
    plot_decision_boundary,
    plot_lines,
    plot_regions,
)
from lecture_utils._speed_plots import measured_speed, plot_growth, plot_speed
from lecture_utils._style import (
    CLASS_MARKERS,
    GRID,
    GROUND,
    HEIGHTS,
    INK,
    LINE_COLORS,
    LINE_STYLES,
    checked_axes,
    checked_curves,
    checked_names,
    checked_panels,
    checked_vector,
    draw_arrow,
    legend_above,
    new_axes,
    use_style,
)
from lecture_utils._training_plots import (
    plot_by_layer,
    plot_confusion,
    plot_curve_fits,
    plot_history,
    plot_spread,
)
from lecture_utils._validation import as_real_array, require_positive
from lecture_utils.activations import Activation, get_activation
from lecture_utils.neuron import NeuronHistory

__all__ = [
    "measured_speed",
    "new_axes",
    "plot_activation",
    "plot_bars",
    "plot_by_layer",
    "plot_classes",
    "plot_confusion",
    "plot_curve_fits",
    "plot_decision_boundary",
    "plot_growth",
    "plot_history",
    "plot_images",
    "plot_lines",
    "plot_loss_surface",
    "plot_losses",
    "plot_neuron_history",
    "plot_paths",
    "plot_regions",
    "plot_speed",
    "plot_spread",
    "use_style",
]

TINY = np.finfo(float).tiny  # the next number to 0, for the limits from the left and the right
NAMES = {"relu": "ReLU", "leaky_relu": "leaky ReLU"}


def plot_activation(activation, ax=None, *, z_max=4):
    """Plot an activation and its derivative over the pre-activation `z`.

    A function that jumps at 0 is drawn in two pieces: an open dot is an end that does not
    belong to it, a filled dot is its value at 0.

    Parameters
    ----------
    activation : Activation or str
        One that works on each number by itself, so not the softmax.
    ax : Axes, optional
    z_max : float
        The plot goes from `−z_max` to `z_max`.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If `activation` is the softmax or an unknown name, or `z_max` is not positive.
    """
    activation = get_activation(activation, "activation")
    if not isinstance(activation, Activation):
        raise ValueError(f"activation must work on each number by itself, got {activation}")
    require_positive("z_max", z_max)
    ax = checked_axes(ax)
    name = NAMES.get(activation.name, activation.name)
    value = {"color": LINE_COLORS[0], "linestyle": "-"}
    slope = {"color": LINE_COLORS[1], "linestyle": "--"}
    jumps = _jumps(activation)
    _plot_halves(ax, activation, z_max, label=rf"$\sigma(z)$, {name}", **value)
    _plot_halves(
        ax,
        activation.derivative,
        z_max,
        gap=0.05 * z_max if jumps else 0,  # where the function jumps it has no derivative
        label=r"$\sigma'(z)$, derivative",
        **slope,
    )
    if jumps:
        _mark_ends(ax, activation, value["color"], filled=activation(0.0))
    elif _jumps(activation.derivative):
        _mark_ends(ax, activation.derivative, slope["color"])
    ax.set_xlabel("pre-activation $z$")
    ax.set_ylabel(r"$\sigma(z)$ and $\sigma'(z)$")
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    legend_above(ax)
    return ax


def _ends(function):
    """Return the limits at 0 from the left and from the right."""
    return function(np.array([-TINY, TINY]))


def _jumps(function):
    left, right = _ends(function)
    return abs(right - left) > 1e-6


def _plot_halves(ax, function, z_max, *, gap=0, **line):
    """Plot the left and the right half, joined unless the function jumps or there is a gap."""
    z = np.linspace(gap, z_max, 101)
    inside = np.maximum(z, TINY)
    between = [np.nan] if gap or _jumps(function) else []
    ax.plot(
        np.concatenate([-z[::-1], between, z]),
        np.concatenate([function(-inside[::-1]), between, function(inside)]),
        **line,
    )


def _mark_ends(ax, function, color, filled=None):
    """Put an open dot at each end, a filled one where the end is the value `filled`."""
    for end in _ends(function):
        face = color if end == filled else GROUND
        ax.plot(0, end, "o", color=color, markerfacecolor=face, markeredgewidth=2)


def plot_neuron_history(history, axes=None):
    """Plot accuracy, loss and `‖θ‖` of a neuron's training over the steps, on a log axis.

    Parameters
    ----------
    history : NeuronHistory
        Step 0 is left out, since a log axis has no place for it.
    axes : array of 3 Axes, optional

    Returns
    -------
    array of 3 Axes

    Raises
    ------
    TypeError
        If `history` is not that of a `SigmoidNeuron`.
    ValueError
        If `axes` are not three.
    """
    if not isinstance(history, NeuronHistory):
        raise TypeError(f"history must be a NeuronHistory, got {type(history).__name__}")
    axes = checked_panels(axes, 3)
    curves = {
        "training accuracy": history.accuracy,
        "loss $J$": history.loss,
        r"norm $\|\theta\|$": history.theta_norm,
    }
    later = history.steps > 0
    for ax, (name, values) in zip(axes, curves.items()):
        ax.plot(history.steps[later], values[later], color=LINE_COLORS[0], linestyle="-")
        ax.set(xscale="log", xlabel="step $t$", ylabel=name)
    axes[1].set_yscale("log")
    return axes


def plot_losses(losses, ax=None, *, label=None):
    """Plot the loss against the step; called again on the same axes, it adds a curve.

    Parameters
    ----------
    losses : array, shape (n_steps,)
    ax : Axes, optional
    label : str, optional
        Name of the curve in the legend.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If `losses` has another shape, is empty or not finite.
    """
    losses = checked_vector("losses", losses)
    ax = checked_axes(ax)
    ax.plot(losses, label=label)
    ax.set_xlabel("step $t$")
    ax.set_ylabel("loss $J$")
    if losses.min() >= 0:
        ax.set_ylim(bottom=0, auto=True)
    if label is not None:
        ax.legend()
    return ax


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
    bar.ax.set_yticklabels([_short(low + level**2) for level in levels[::2]])


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
    for name, path in checked_curves("paths", paths).items():
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


def plot_bars(labels, values, *, ylabel, ax=None, log=False):
    """Plot a bar for each value, with the value on it in three digits.

    Parameters
    ----------
    labels : sequence of str
        Name of each bar.
    values : array, shape (n,)
    ylabel : str
        What the values are, with the unit.
    ax : Axes, optional
    log : bool
        Whether the axis is logarithmic.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is not one label a value, or a value on a log axis is not positive.
    """
    labels = checked_names("labels", labels)
    values = checked_vector("values", values)
    if len(labels) != len(values):
        raise ValueError(f"labels must be {len(values)}, one a value, got {len(labels)}")
    if log and values.min() <= 0:
        raise ValueError(f"values must be positive on a log axis, got {values.min()}")
    ax = checked_axes(ax)
    bars = ax.bar(range(len(values)), values, color=LINE_COLORS[0], tick_label=labels, log=log)
    ax.bar_label(bars, [_short(value) for value in values], padding=2)
    if not log:
        ax.axhline(0, color=INK, linestyle="-", linewidth=0.8)
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _minus(f"{value:,g}")))
    ax.margins(y=0.16)
    ax.grid(visible=False, axis="x")
    ax.tick_params(axis="x", length=0)
    ax.set_ylabel(ylabel)
    return ax


def _short(value):
    """Return a number with three significant digits, or all digits if it is whole."""
    if value == 0 or 0.001 <= abs(value) < 1e6:
        digits = 0 if value == round(value) else max(0, 2 - int(np.floor(np.log10(abs(value)))))
        return _minus(_without_zeros(f"{value:,.{digits}f}"))
    mantissa, exponent = f"{value:.2e}".split("e")
    return rf"${_without_zeros(mantissa)} \times 10^{{{int(exponent)}}}$"


def _without_zeros(text):
    return text.rstrip("0").rstrip(".") if "." in text else text


def _minus(text):
    return text.replace("-", "\N{MINUS SIGN}")


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

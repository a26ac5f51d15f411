"""Plots of functions of one number, and of single numbers side by side."""

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from lecture_utils._validation import (
    as_named,
    as_names,
    as_real_array,
    as_vector,
    require_positive,
)
from lecture_utils.activations import Activation, get_activation
from lecture_utils.formatting import short_number, with_true_minus
from lecture_utils.style import (
    GROUND,
    INK,
    LINE_COLORS,
    LINE_STYLES,
    checked_axes,
    legend_above,
)

TINY = np.finfo(float).tiny  # the next number to 0, for the limits from the left and the right
TRACK = "#949494"  # a wide line under others


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
    value = {"color": LINE_COLORS[0], "linestyle": "-"}
    slope = {"color": LINE_COLORS[1], "linestyle": "--"}
    jumps = _jumps(activation)
    _plot_halves(ax, activation, z_max, label=rf"$\sigma(z)$, {activation.label}", **value)
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


def plot_curve_fits(x, target, fits, *, points=None, ax=None):
    """Plot a function, wide and grey, and approximations of it.

    Parameters
    ----------
    x : array, shape (n,)
        Where the function is known, in rising order.
    target : array, shape (n,)
        Its values.
    fits : dict of str to array, shape (n,)
        1 to 4 names with the values of each approximation.
    points : array, shape (m, 2), optional
        What the approximations were trained on, as (x, y).
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If `fits` is no dict of names.
    ValueError
        If a shape does not fit, `x` does not rise, or there are more than 4 names.
    """
    x = as_vector("x", x)
    if (np.diff(x) <= 0).any():
        raise ValueError("x must rise from each entry to the next, got an entry that does not")
    target = _checked_values("target", target, x)
    fits = {
        name: _checked_values(f"fits[{name!r}]", values, x)
        for name, values in as_named("fits", fits, len(LINE_COLORS)).items()
    }
    if points is not None:
        points = as_real_array("points", points)
        if points.shape[1:] != (2,):
            raise ValueError(f"points must have shape (m, 2), got {points.shape}")
    ax = checked_axes(ax)
    ax.plot(x, target, color=TRACK, linestyle="-", linewidth=7, label="function")
    for (name, values), color, style in zip(fits.items(), LINE_COLORS, LINE_STYLES):
        ax.plot(x, values, color=color, linestyle=style, label=name)
    if points is not None:
        ax.plot(*points.T, "o", color=INK, markerfacecolor="none", label="training data")
    ax.set(xlabel="$x$", ylabel="$y$")
    legend_above(ax)
    return ax


def _checked_values(name, values, x):
    values = as_vector(name, values)
    if len(values) != len(x):
        raise ValueError(f"{name} must have {len(x)} entries, as x has, got {len(values)}")
    return values


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
    labels = as_names("labels", labels)
    values = as_vector("values", values)
    if len(labels) != len(values):
        raise ValueError(f"labels must be {len(values)}, one per value, got {len(labels)}")
    if log and values.min() <= 0:
        raise ValueError(f"values must be positive on a log axis, got {values.min()}")
    ax = checked_axes(ax)
    bars = ax.bar(range(len(values)), values, color=LINE_COLORS[0], tick_label=labels, log=log)
    ax.bar_label(bars, [short_number(value) for value in values], padding=2)
    if not log:
        ax.axhline(0, color=INK, linestyle="-", linewidth=0.8)
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: with_true_minus(f"{value:,g}")))
    ax.margins(y=0.16)
    ax.grid(visible=False, axis="x")
    ax.tick_params(axis="x", length=0)
    ax.set_ylabel(ylabel)
    return ax

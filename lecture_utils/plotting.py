"""Plots of data, functions and training, all in one style that can be read from the last row."""

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from lecture_utils._validation import (
    as_design_matrix,
    as_real_array,
    as_tuple,
    require_count,
    require_positive,
)
from lecture_utils.activations import Activation, get_activation
from lecture_utils.layers import Dense
from lecture_utils.neuron import NeuronHistory

# Colours that stay apart for readers who see fewer of them (Okabe and Ito 2008).
COLORS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "black": "#000000",
}
INK = "#1A1A1A"     # text, axes and lines
FAINT = "#DDDDDD"   # grid
GROUND = "#FCFCFC"  # opaque, so that ink can be read on a dark page too

# The colours that stand out against the ground by 3:1; the others are for areas with a border.
LINE_COLORS = (COLORS["blue"], COLORS["vermillion"], COLORS["green"], COLORS["black"])
LINE_STYLES = ("-", "--", "-.", ":")
CLASS_COLORS = LINE_COLORS
CLASS_MARKERS = ("o", "^", "s", "D")

STYLE = {
    "font.size": 14,
    "axes.labelsize": 15,
    "axes.titlesize": 15,
    "xtick.labelsize": 13,
    "ytick.labelsize": 13,
    "legend.fontsize": 13,
    "figure.facecolor": GROUND,
    "axes.facecolor": GROUND,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": FAINT,
    "axes.prop_cycle": cycler(color=LINE_COLORS) + cycler(linestyle=LINE_STYLES),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.use_mathtext": True,
    "lines.linewidth": 2.5,
    "lines.markersize": 8,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "legend.columnspacing": 1.6,
    "savefig.bbox": None,             # the whole canvas, whatever is drawn on it
    "svg.fonttype": "path",           # letters as outlines, the same on every machine
    "svg.hashsalt": "lecture_utils",  # the same names inside the file each time
}

SHADES = LinearSegmentedColormap.from_list("shades", ["#A3CDE6", GROUND, "#F2C29C"])
HEIGHTS = LinearSegmentedColormap.from_list("heights", [GROUND, "#7FB6D6"])

GRID = 41          # points a side of the grid under a shading
FEW_SAMPLES = 20   # up to this many are drawn larger
TINY = np.finfo(float).tiny  # the next number to 0, for the limits from the left and the right
NAMES = {"relu": "ReLU", "leaky_relu": "leaky ReLU"}


def use_style():
    """Set the style of all figures, whatever was set before; call it once in a notebook."""
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(STYLE)


def new_axes(n_rows=1, n_columns=1, *, width=8.0, height=4.0, sharex=False, sharey=False):
    """Return new axes on a canvas of their own, which no global list keeps open.

    Parameters
    ----------
    n_rows, n_columns : int
        Number of panels.
    width, height : float
        Size of the canvas in inches.
    sharex, sharey : bool
        Whether the panels have one axis in common.

    Returns
    -------
    Axes, or array of Axes if there is more than one

    Raises
    ------
    ValueError
        If there is no panel or the canvas has no size.
    """
    require_count("n_rows", n_rows)
    require_count("n_columns", n_columns)
    require_positive("width", width)
    require_positive("height", height)
    figure = Figure(figsize=(width, height), layout=SteadyLayout())
    return figure.subplots(n_rows, n_columns, sharex=sharex, sharey=sharey)


class SteadyLayout(ConstrainedLayoutEngine):
    """A constrained layout that is the same however often its figure is drawn.

    Matplotlib's own starts from where the axes are, so that a figure moves when it is shown
    again. This one starts from where they were at first. The second pass is for the numbers at
    the axes, which depend on the length that an axis has after the first.
    """

    def __init__(self):
        super().__init__(compress=True)
        self._start = {}

    def execute(self, fig):
        """Place the axes of a figure."""
        for ax in fig.axes:
            start = self._start.setdefault(ax, ax.get_position(original=True).frozen())
            ax.set_position(start, which="original")
            ax.set_in_layout(True)  # which set_position has ended
        super().execute(fig)
        return super().execute(fig)


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
    ax = _checked_axes(ax)
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
    _legend_above(ax)
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
    ax = _checked_axes(ax)
    few = len(X) <= FEW_SAMPLES
    style = {"linestyle": "none", "markeredgecolor": GROUND, "markersize": 15 if few else 9}
    for k, name in enumerate(class_names):
        ax.plot(*X[y == k].T, CLASS_MARKERS[k], color=CLASS_COLORS[k], label=name, **style)
    ax.margins(0.15 if few else 0.05)
    ax.set_xlabel(feature_names[0])
    ax.set_ylabel(feature_names[1])
    _legend_above(ax)
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
    ax = _checked_axes(ax)
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
    axes = new_axes(1, 3) if axes is None else np.ravel(axes)
    if len(axes) != 3:
        raise ValueError(f"axes must be 3 axes, got {len(axes)}")
    axes = np.array([_checked_axes(ax) for ax in axes])
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
    losses = _checked_vector("losses", losses)
    ax = _checked_axes(ax)
    ax.plot(losses, label=label)
    ax.set_xlabel("step $t$")
    ax.set_ylabel("loss $J$")
    if losses.min() >= 0:
        ax.set_ylim(bottom=0, auto=True)
    if label is not None:
        ax.legend()
    return ax


def plot_descent(objective, thetas, ax=None, *, limits):
    """Plot `J(θ)` of one parameter with the points that a descent visited, numbered and joined.

    The numbers end where the points come too close to each other.

    Parameters
    ----------
    objective : callable
        Takes a number, returns a number.
    thetas : array, shape (n_steps + 1,)
        The points, first to last.
    ax : Axes, optional
    limits : (float, float)
        Smallest and largest θ in view.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If a shape is wrong, or the limits are not in order.
    """
    thetas = _checked_vector("thetas", thetas)
    theta = np.linspace(*_checked_limits("limits", limits), 201)
    curve = as_real_array("objective(theta)", [objective(t) for t in theta])
    J = as_real_array("objective(thetas)", [objective(t) for t in thetas])
    ax = _checked_axes(ax)
    ax.plot(theta, curve, color=LINE_COLORS[0], linestyle="-")
    ax.plot(thetas, J, "o-", color=LINE_COLORS[1], linewidth=1.5)
    size = np.array([np.ptp(theta), np.ptp(curve) or 1])
    slopes = np.interp(thetas, theta, np.gradient(curve, theta)) * size[0] / size[1]
    _number_points(ax, np.stack([thetas, J], axis=1), slopes, size)
    ax.set(xlim=theta[[0, -1]], ylim=curve.min() + size[1] * np.array([-0.15, 1.05]))
    ax.set_xlabel(r"parameter $\theta$")
    ax.set_ylabel(r"loss $J(\theta)$")
    return ax


def _number_points(ax, points, slopes, size):
    """Number points below the curve, from 0, as long as they are apart."""
    for t, (point, slope) in enumerate(zip(points, slopes)):
        gaps = np.hypot(*((points[:t] - point) / size).T)
        if (gaps < 0.03).any():
            break
        away = 15 * np.array([slope, -2]) / np.hypot(slope, 2)  # on a canvas half as high as wide
        place = {"xytext": away, "textcoords": "offset points", "ha": "center", "va": "center"}
        ax.annotate(str(t), point, **place)


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
    ax = _checked_axes(ax)
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
        _draw_arrow(ax, point, tip, color=color, linestyle=style, linewidth=3)
        ax.plot([], [], color=color, linestyle=style, linewidth=3, label=name)
    _legend_above(ax)


def plot_lines(layer, X, y, *, feature_names, class_names, ax=None):
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
    ax = _checked_axes(ax)
    ax.plot([], [], color=INK, linestyle="-", linewidth=2, label=r"$w_k^\top x + b_k = 0$")
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
    _draw_arrow(ax, start, start + arrow, color=INK, linestyle="-", linewidth=2)
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
    labels = _checked_names("labels", labels)
    values = _checked_vector("values", values)
    if len(labels) != len(values):
        raise ValueError(f"labels must be {len(values)}, one a value, got {len(labels)}")
    if log and values.min() <= 0:
        raise ValueError(f"values must be positive on a log axis, got {values.min()}")
    ax = _checked_axes(ax)
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


def _draw_arrow(ax, start, tip, **line):
    head = {"arrowstyle": "-|>", "mutation_scale": 20, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", tip, xytext=start, arrowprops=line | head, annotation_clip=False)


def _legend_above(ax):
    """Put the legend above the axes, where it covers no data; one entry a line if it is narrow."""
    spec = ax.get_subplotspec()
    narrow = spec is not None and spec.get_gridspec().ncols > 1
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=1 if narrow else 5)


def _padded(column, share=0.15):
    """Return limits that leave room around the numbers in a column."""
    room = share * np.ptp(column) or 0.5
    return column.min() - room, column.max() + room


def _checked(X, y, feature_names, class_names):
    X = as_design_matrix("X", X, 2)
    feature_names = _checked_names("feature_names", feature_names)
    if len(feature_names) != 2:
        raise ValueError(f"feature_names must be 2 names, got {len(feature_names)}")
    class_names = _checked_names("class_names", class_names)
    if not 2 <= len(class_names) <= len(CLASS_MARKERS):
        raise ValueError(
            f"class_names must be 2 to {len(CLASS_MARKERS)} names, got {len(class_names)}"
        )
    y = as_real_array("y", y)
    if y.shape != (len(X),):
        raise ValueError(f"y must have shape ({len(X)},), one label a sample, got {y.shape}")
    known = np.isin(y, range(len(class_names)))
    if not known.all():
        raise ValueError(
            f"y must hold only 0 to {len(class_names) - 1}, as there are {len(class_names)} "
            f"class_names, got {y[~known][0]}"
        )
    return X, y, feature_names, class_names


def _checked_names(argument, names):
    if isinstance(names, str):
        raise TypeError(f"{argument} must be a sequence of texts, got the text {names!r}")
    names = as_tuple(argument, names)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{argument} must hold texts, got {type(name).__name__}")
    return names


def _checked_vector(name, value):
    array = as_real_array(name, value)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one axis, got shape {array.shape}")
    return array


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


def _checked_axes(ax):
    if ax is None:
        return new_axes()
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be matplotlib axes, got {type(ax).__name__}")
    return ax

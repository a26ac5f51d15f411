"""Plots of how a training goes, layer by layer and epoch by epoch, and of what comes out of it."""

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from lecture_utils._validation import (
    as_named,
    as_names,
    as_real_array,
    as_tuple,
    as_vector,
    require_positive,
)
from lecture_utils.history import History
from lecture_utils.neuron import NeuronHistory
from lecture_utils.style import (
    CLASS_MARKERS,
    COLORS,
    INK,
    LINE_COLORS,
    LINE_STYLES,
    SHADES,
    checked_axes,
    checked_panels,
    legend_above,
)

GREY = "#6E6E6E"   # what matters less, yet can be read
BINS = 31          # odd, so that 0 is within a bin where the limits are −1 and 1
FAR_OUT = 0.01     # of the numbers of a layer, on either side, which would make all others small


def plot_history(history, axes=None):
    """Plot loss and accuracy by epoch, those of the validation data too where there are any.

    The epochs have the numbers of the history, from 0. A dotted line stands at the epoch of the
    network that `train` returned, if that is not the last.

    Parameters
    ----------
    history : History
    axes : array of Axes, optional
        Two: for the loss and for the accuracy. One where the loss is `squared_error`, which
        knows no accuracy.

    Returns
    -------
    array of Axes

    Raises
    ------
    TypeError
        If `history` is not that of `train`.
    ValueError
        If the number of `axes` is another.
    """
    if not isinstance(history, History):
        raise TypeError(f"history must be a History, got {type(history).__name__}")
    panels = {"loss $J$": (history.loss, history.validation_loss)}
    if not np.isnan(history.accuracy).any():
        panels["accuracy"] = history.accuracy, history.validation_accuracy
    axes = checked_panels(axes, len(panels))
    for ax, (name, curves) in zip(axes, panels.items()):
        for i, (values, label) in enumerate(zip(curves, ("training", "validation"))):
            if not np.isnan(values).any():
                look = {"color": LINE_COLORS[i], "linestyle": LINE_STYLES[i]}
                ax.plot(values, label=label if ax is axes[0] else None, **look)
        ax.set(xlabel="epoch", ylabel=name)
        ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        if history.best_epoch < len(history.loss) - 1:
            label = f"best epoch {history.best_epoch}" if ax is axes[-1] else None
            ax.axvline(history.best_epoch, color=INK, linestyle=":", label=label)
        if ax.get_legend_handles_labels()[0]:
            legend_above(ax)
    axes[0].set_ylim(bottom=0)
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
    losses = as_vector("losses", losses)
    ax = checked_axes(ax)
    ax.plot(losses, label=label)
    ax.set_xlabel("step $t$")
    ax.set_ylabel("loss $J$")
    if losses.min() >= 0:
        ax.set_ylim(bottom=0, auto=True)
    if label is not None:
        legend_above(ax)
    return ax


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


def plot_by_layer(values, *, ylabel, ax=None, log=True):
    """Plot a number of each layer against the number of the layer, from 1.

    Parameters
    ----------
    values : dict of str to array, shape (n_layers,)
        1 to 4 names, a line for each.
    ylabel : str
        What the values are.
    ax : Axes, optional
    log : bool
        Whether the axis is logarithmic.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If `values` is no dict of names.
    ValueError
        If an array has another shape, a value on a log axis is not positive, or there are more
        than 4 names.
    """
    values = {
        name: as_vector(f"values[{name!r}]", array)
        for name, array in as_named("values", values, len(LINE_COLORS)).items()
    }
    for name, array in values.items():
        if log and array.min() <= 0:
            raise ValueError(
                f"values[{name!r}] must be positive on a log axis, got {array.min()}"
            )
    ax = checked_axes(ax)
    looks = zip(LINE_COLORS, LINE_STYLES, CLASS_MARKERS)
    for (name, array), (color, style, marker) in zip(values.items(), looks):
        layers = np.arange(1, len(array) + 1)
        ax.plot(layers, array, color=color, linestyle=style, marker=marker, label=name)
    ax.set(xlabel="layer $l$", ylabel=ylabel, yscale="log" if log else "linear")
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    legend_above(ax)
    return ax


def plot_spread(activations, axes=None):
    """Plot how the activations of each layer are spread: a histogram that stands on its side.

    The widest bar of each layer has the same width. All panels have the same scale, which has room
    for 98 of 100 numbers of each layer; what lies farther out is left out.

    Parameters
    ----------
    activations : dict of str to sequence of array
        A panel for each name; in it the activations of layer 1, 2, …, of any shape.
    axes : array of Axes, optional
        One a name.

    Returns
    -------
    array of Axes

    Raises
    ------
    TypeError
        If `activations` is no dict of names.
    ValueError
        If a number is not finite, a name has no layer, there are more than 4 names, or the
        number of `axes` is another.
    """
    panels = {
        name: _checked_layers(f"activations[{name!r}]", layers)
        for name, layers in as_named("activations", activations, len(LINE_COLORS)).items()
    }
    axes = checked_panels(axes, len(panels))
    ends = [
        np.quantile(layer, [FAR_OUT, 1 - FAR_OUT]) for layers in panels.values() for layer in layers
    ]
    edges = np.histogram_bin_edges([np.min(ends), np.max(ends)], BINS)
    for ax, (name, layers) in zip(axes, panels.items()):
        for number, layer in enumerate(layers, start=1):
            counts, _ = np.histogram(layer, edges)
            half = 0.42 * counts / counts.max()
            style = {"orientation": "horizontal", "fill": True, "linewidth": 0}
            ax.stairs(
                number + half, edges, baseline=number - half, color=LINE_COLORS[0], **style
            )
        ax.set(title=name, xlabel="layer $l$", xlim=(0.4, len(layers) + 0.6))
        ax.set_ylim(edges[0] - 0.04 * np.ptp(edges), edges[-1] + 0.04 * np.ptp(edges))
        ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        ax.grid(visible=False, axis="x")
        if ax is not axes[0]:
            ax.tick_params(labelleft=False)
    axes[0].set_ylabel("activation $h$")
    return axes


def _checked_layers(name, layers):
    layers = [as_real_array(f"{name}[{i}]", a) for i, a in enumerate(as_tuple(name, layers))]
    if not layers:
        raise ValueError(f"{name} must hold at least one layer, got none")
    return layers


def plot_loss_panels(losses, axes=None, *, level, top):
    """Plot the loss of each step of several trainings, a panel for each, all with one scale.

    Parameters
    ----------
    losses : dict of str to array, shape (n_steps,)
        A panel for each of 1 to 4 names.
    axes : array of Axes, optional
        One for each name.
    level : float
        Where a dotted line stands, such as at the loss of guessing.
    top : float
        Upper end of the axis, which begins at 0; what is larger is out of the frame.

    Returns
    -------
    array of Axes

    Raises
    ------
    TypeError
        If `losses` is no dict of names.
    ValueError
        If an array has another shape or is not finite, `top` is not positive, there are more
        than 4 names, or the number of `axes` is another.
    """
    losses = {
        name: as_vector(f"losses[{name!r}]", array)
        for name, array in as_named("losses", losses, len(LINE_COLORS)).items()
    }
    require_positive("top", top)
    axes = checked_panels(axes, len(losses))
    for ax, (name, array) in zip(axes, losses.items()):
        ax.axhline(level, color=INK, linestyle=":", linewidth=1.5)
        # Far above the frame a line would be drawn as inaccurately as it is far away.
        ax.plot(np.minimum(array, 2 * top), color=LINE_COLORS[0], linestyle="-", linewidth=1.5)
        ax.set(title=name, xlabel="step $t$", ylim=(0, top))
        ax.xaxis.set_major_locator(MaxNLocator(2, integer=True))
        if ax is not axes[0]:
            ax.tick_params(labelleft=False)
    axes[0].set_ylabel("loss $J$")
    return axes


def plot_sweep(rates, accuracies, bands, ax=None):
    """Plot the accuracy that each learning rate leads to, on a log axis, in front of a band.

    Parameters
    ----------
    rates : array, shape (n,)
        Learning rates, each larger than the one before.
    accuracies : array, shape (n,)
        Those of one training for each.
    bands : array, shape (n, 2)
        Low and high end of what other seeds lead to.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If a shape is another, a number is not finite, or the rates are not positive and growing.
    """
    rates, accuracies = as_vector("rates", rates), as_vector("accuracies", accuracies)
    bands = as_real_array("bands", bands)
    if rates[0] <= 0 or np.any(np.diff(rates) <= 0):
        raise ValueError(f"rates must be positive and growing, got {rates}")
    if accuracies.shape != rates.shape or bands.shape != (len(rates), 2):
        raise ValueError(
            f"accuracies and bands must have shapes ({len(rates)},) and ({len(rates)}, 2), as "
            f"there are {len(rates)} rates, got {accuracies.shape} and {bands.shape}"
        )
    ax = checked_axes(ax)
    ax.fill_between(rates, *bands.T, color=COLORS["sky"], alpha=0.4, label="other seeds")
    look = {"color": LINE_COLORS[0], "linestyle": "-", "marker": CLASS_MARKERS[0]}
    ax.plot(rates, accuracies, label="this run", **look)
    ax.set(xlabel=r"learning rate $\alpha$", ylabel="accuracy", xscale="log", ylim=(0, 1.03))
    legend_above(ax)
    return ax


def plot_confusion(matrix, *, class_names, ax=None):
    """Plot how many samples of each class are predicted to be of which.

    Right ones are blue, mistakes are orange and bold, and a 0 is grey on the ground.

    Parameters
    ----------
    matrix : array of int, shape (n, n)
        Entry `[i, j]`: samples of class `i` that are predicted to be of class `j`.
    class_names : sequence of n str
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the shape is another, or an entry is no count.
    """
    class_names = as_names("class_names", class_names)
    matrix = as_real_array("matrix", matrix)
    n = len(class_names)
    if matrix.shape != (n, n):
        raise ValueError(
            f"matrix must have shape ({n}, {n}), as there are {n} class_names, got {matrix.shape}"
        )
    wrong = (matrix < 0) | (matrix % 1 != 0)
    if wrong.any():
        raise ValueError(f"matrix must hold counts, got {matrix[wrong][0]}")
    ax = checked_axes(ax)
    for (i, j), count in np.ndenumerate(matrix):
        look = {"color": INK if count else GREY, "weight": "bold" if i != j and count else "normal"}
        if count:
            cell = SHADES(0.0 if i == j else 1.0)
            ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, color=cell, linewidth=0))
        ax.text(j, i, f"{count:,.0f}", ha="center", va="center", **look)
    ax.set_xticks(range(n), class_names)
    ax.set_yticks(range(n), class_names)
    ax.set_xticks(np.arange(n + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(n + 1) - 0.5, minor=True)
    ax.grid(visible=False, which="major")
    ax.grid(visible=True, which="minor")
    ax.tick_params(which="both", length=0)
    ax.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5))
    ax.set(xlabel="predicted class", ylabel="true class")
    return ax

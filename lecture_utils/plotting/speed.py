"""The measured speed of training: the record that comes with the package, and its plots."""

import json
from importlib.resources import files

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lecture_utils.formatting import format_number
from lecture_utils.style import GROUND, INK, LINE_COLORS, checked_axes, legend_above, new_axes

LIBRARIES = {"PyTorch": "", "scikit-learn": "///"}  # with the hatches of their bars
HEIGHT = 0.4  # of a bar, where two networks are 1 apart
# What grows, how it is called, and the slope that theory gives it on log-log axes
GROWTH = {
    "batch": ("batch size", 1),
    "width": ("neurons a layer", 2),
    "depth": ("layers", 1),
}


def measured_speed():
    """Return the measurements that came with the package, as ``make bench`` wrote them.

    Returns
    -------
    dict
        ``machine``, ``date`` and ``versions`` tell where they come from. ``comparisons`` are the
        rows against other libraries, whose ``ratio`` says how many times as fast ours is;
        ``products`` those against the bare matrix products, whose ``ratio`` says how many times
        as long ours takes. ``growth`` has the seconds a step by batch size, width and depth,
        ``memory`` the bytes by depth, ``differences`` the seconds of central differences and of
        backpropagation by number of parameters, ``digits`` the accuracies on handwritten digits.
    """
    return json.loads(files("lecture_utils").joinpath("data/speed.json").read_text("utf-8"))


def plot_speed(record, ax=None):
    """Plot how many times as fast a training step with one thread is as in other libraries.

    Each bar spans the ratios for float64 and float32, which stand beside it, the smaller first.
    At the line, both libraries take the same time.

    Parameters
    ----------
    record : dict
        As `measured_speed` returns it.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the record has no training step with one thread against PyTorch or scikit-learn.
    """
    ratios = {}
    for row in _part(record, "comparisons"):
        if (row["task"], row["threads"]) == ("training step", 1) and row["against"] in LIBRARIES:
            network = f"{row['network']}, batch {row['batch']}"
            ratios.setdefault(network, {}).setdefault(row["against"], []).append(row["ratio"])
    if not ratios:
        raise ValueError(
            "record must have training steps with one thread against PyTorch or scikit-learn, "
            "got none"
        )
    ax = checked_axes(ax)
    for k, (library, hatch) in enumerate(LIBRARIES.items()):
        found = [
            (place + (k - 0.5) * HEIGHT, min(by_library[library]), max(by_library[library]))
            for place, by_library in enumerate(ratios.values())
            if library in by_library
        ]
        if found:
            _draw_spans(ax, *np.transpose(found), label=f"against {library}",
                        color=LINE_COLORS[k], hatch=hatch)
    ax.axvline(1, color=INK, linestyle="-", linewidth=1.5)
    ax.set_yticks(range(len(ratios)), ratios)
    ax.invert_yaxis()
    _name_times(ax)
    legend_above(ax)
    return ax


def _draw_spans(ax, places, least, largest, *, color, **look):
    spans = {"y": places, "width": largest - least, "height": 0.8 * HEIGHT, "left": least}
    ax.barh(**spans, color=color, edgecolor=GROUND, linewidth=0, **look)
    ax.barh(**spans, facecolor="none", edgecolor=color, linewidth=3)  # seen where a span is thin
    for place, low, high in zip(places, least, largest):
        ends = dict.fromkeys((format_number(low, 2), format_number(high, 2)))
        ax.annotate(f"{' to '.join(ends)}×", (high, place), (8, 0), textcoords="offset points",
                    va="center", fontsize=13)


def _name_times(ax):
    low, high = ax.dataLim.intervalx
    low, high = min(low, 1), max(high, 1)
    ax.set(xscale="log", xlim=(low / 1.2, high * 1.2))
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 20 else (1,)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("times as fast")


def plot_growth(record, axes=None):
    """Plot the seconds of a training step by batch size, width and depth on log-log axes.

    The line has the slope that theory gives, and goes through the last measured dot.

    Parameters
    ----------
    record : dict
        As `measured_speed` returns it.
    axes : array of 3 Axes, optional

    Returns
    -------
    array of 3 Axes

    Raises
    ------
    ValueError
        If `axes` are not three, or the record has no growth.
    """
    growth = _part(record, "growth")
    axes = new_axes(1, 3) if axes is None else np.ravel(axes)
    if len(axes) != 3:
        raise ValueError(f"axes must be 3 axes, got {len(axes)}")
    axes = np.array([checked_axes(ax) for ax in axes])
    for ax, (quantity, (name, slope)) in zip(axes, GROWTH.items()):
        sizes, seconds = (np.array(growth[quantity][key]) for key in ("sizes", "seconds"))
        theory = seconds[-1] * (sizes / sizes[-1]) ** slope
        ax.plot(sizes, seconds, "o", color=LINE_COLORS[0], label="measured")
        ax.plot(sizes, theory, "--", color=LINE_COLORS[1], label=f"slope {slope}")
        ax.set(xscale="log", yscale="log", xlabel=name, ylabel="seconds a step")
        legend_above(ax)
    return axes


def _part(record, name):
    """Return a part of a record, or complain that it is not one."""
    if not isinstance(record, dict):
        raise TypeError(f"record must be a dict, as of measured_speed, got {type(record).__name__}")
    if not record.get(name):
        raise ValueError(f"record must have {name}, got {', '.join(record) or 'none'}")
    return record[name]

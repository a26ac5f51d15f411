"""The measured speed of training: the record that comes with the package, and its plots."""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lecture_utils.formatting import format_number
from lecture_utils.style import (
    CLASS_MARKERS,
    INK,
    LINE_COLORS,
    checked_axes,
    checked_panels,
    legend_above,
)

LIBRARIES = "PyTorch", "scikit-learn"
APART = 0.4  # the libraries of one network, where two networks are 1 apart
# What grows, how it is called, and the slope that theory gives it on log-log axes
GROWTH = {
    "batch": ("batch size", 1),
    "width": ("neurons per layer", 2),
    "depth": ("layers", 1),
}
TABLES = ("comparisons", "products", "growth", "memory", "differences", "digits")
# The columns whose entries in the file are lists, of which each item gets a row
LISTS = {"growth": ["sizes", "seconds"], "digits": ["accuracies", "seconds"]}


def measured_speed(path=None):
    """Return measurements that ``make bench`` has written.

    Parameters
    ----------
    path : str or Path, optional
        The file, such as ``build/bench/speed.json``; by default that which came with the package.

    Returns
    -------
    dict
        ``machine``, ``date``, ``versions`` and ``missing`` tell where they come from. The others
        are data frames. ``comparisons`` has the rows against other libraries, whose ``ratio`` says
        how many times as fast ours is; their ``task`` is a training step, an Adam step or an epoch
        of the digits. ``products`` has those against a plain loop in NumPy or the bare matrix
        products, whose ``ratio`` says how many times as long ours takes. ``growth`` has the seconds
        a step ``by`` batch size, width and depth, each with its exponent; ``memory`` the bytes by
        depth; ``differences`` the seconds of central differences and of backpropagation by number
        of parameters; ``digits`` the accuracies on handwritten digits, a row for each model and
        seed.
    """
    path = files("lecture_utils") / "data/speed.json" if path is None else Path(path)
    record = json.loads(path.read_text("utf-8"))
    record["growth"] = [{"by": quantity} | row for quantity, row in record["growth"].items()]
    for name in TABLES:
        record[name] = pd.DataFrame(record[name])
    for name, columns in LISTS.items():
        record[name] = record[name].explode(columns, ignore_index=True).infer_objects()
    return record


def plot_speed(record, ax=None):
    """Plot how many times as fast gradient descent with one thread is as in other libraries.

    Two dots joined by a line are the ratios for float64 and float32, which stand beside them, the
    smaller first. At the upright line, both libraries take the same time.

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
    rows = _table(record, "comparisons")
    alone = (rows["task"] == "training step") & (rows["threads"] == 1)
    rows = rows[alone & rows["against"].isin(LIBRARIES)]
    if rows.empty:
        raise ValueError(
            "record must have training steps with one thread against PyTorch or scikit-learn, "
            "got none"
        )
    ax = checked_axes(ax)
    places, networks = pd.factorize(rows["network"] + ", batch " + rows["batch"].astype(str))
    spans = rows.groupby(["against", places])["ratio"].agg(["min", "max"])
    for k, library in enumerate(LIBRARIES):
        if library in spans.index:
            found = spans.loc[library]
            _draw_spans(ax, found.index + (k - 0.5) * APART, found["min"], found["max"],
                        label=f"against {library}", color=LINE_COLORS[k], marker=CLASS_MARKERS[k])
    ax.axvline(1, color=INK, linestyle="-", linewidth=1.5)
    ax.set_yticks(range(len(networks)), networks)
    ax.invert_yaxis()
    _name_times(ax)
    legend_above(ax)
    return ax


def _draw_spans(ax, places, least, largest, **look):
    ends = np.column_stack([least, largest, np.full(len(least), np.nan)])
    ax.plot(ends.ravel(), np.repeat(places, 3), linestyle="-", **look)
    for place, low, high in zip(places, least, largest):
        ends = dict.fromkeys((format_number(low, 2), format_number(high, 2)))
        ax.annotate(f"{' to '.join(ends)}×", (high, place), (10, 0), textcoords="offset points",
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

    The line has the slope that theory gives, which stands beside it, and goes through the last
    measured dot.

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
    growth = _table(record, "growth")
    axes = checked_panels(axes, len(GROWTH))
    for ax, (quantity, (name, slope)) in zip(axes, GROWTH.items()):
        sizes, seconds = growth.loc[growth["by"] == quantity, ["sizes", "seconds"]].T.to_numpy()
        theory = seconds[-1] * (sizes / sizes[-1]) ** slope
        ax.plot(sizes, seconds, "o", color=LINE_COLORS[0], label="measured")
        ax.plot(sizes, theory, "--", color=LINE_COLORS[1], label="as theory says")
        ax.set(xscale="log", yscale="log", xlabel=name)
        ax.annotate(f"slope {slope}", (0.96, 0.06), xycoords="axes fraction", ha="right",
                    color=LINE_COLORS[1])
    axes[0].set_ylabel("seconds per step")
    axes[1].legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)  # for all three
    return axes


def _table(record, name):
    """Return a data frame of a record, or complain that it has none."""
    if not isinstance(record, dict):
        raise TypeError(f"record must be a dict, as of measured_speed, got {type(record).__name__}")
    if not isinstance(record.get(name), pd.DataFrame):
        given = ", ".join(record) or "none"
        raise ValueError(f"record must have the data frame {name}, got {given}")
    return record[name]

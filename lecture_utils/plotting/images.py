"""Plots of small images, cell by cell: digits, filters, and what a filter makes of a digit."""

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, ListedColormap
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from lecture_utils._validation import as_names, as_real_array, require_count
from lecture_utils.formatting import format_number
from lecture_utils.style import (
    COLORS,
    GROUND,
    INK,
    checked_panels,
    new_axes,
)

GREYS = LinearSegmentedColormap.from_list("greys", [GROUND, INK])
SIGNED = LinearSegmentedColormap.from_list("signed", [COLORS["sky"], GROUND, COLORS["orange"]])
LEVELS = 17  # shades, as many as scikit-learn's digits have


def plot_images(images, *, titles=None, n_columns=8, label=None, numbers=False, axes=None):
    """Plot images in rows, all on one scale: 0 is light and the largest number dark.

    Where there are negative numbers, 0 is light, what is above is orange, and what is below is
    blue with a dash in each cell.

    Parameters
    ----------
    images : array, shape (n, height, width)
    titles : sequence of n str, optional
    n_columns : int
        Images a row.
    label : str, optional
        What the numbers are; with it a colour bar is drawn.
    numbers : bool
        Whether each cell shows its number. Cells then have lines around them, are at most half
        dark, and negative ones need no dash.
    axes : array of n Axes, optional

    Returns
    -------
    array of n Axes

    Raises
    ------
    ValueError
        If the shape is another, a number is not finite, or there is not one title per image.
    """
    images = as_real_array("images", images)
    if images.ndim != 3:
        raise ValueError(f"images must have shape (n, height, width), got {images.shape}")
    titles = [""] * len(images) if titles is None else as_names("titles", titles)
    if len(titles) != len(images):
        raise ValueError(f"titles must be {len(images)}, one per image, got {len(titles)}")
    require_count("n_columns", n_columns)
    axes = _grid(len(images), n_columns) if axes is None else checked_panels(axes, len(images))
    largest = np.abs(images).max()
    colors, lowest = _shades(images, darkest=0.5 if numbers else 1.0)
    levels = np.rint(images / (largest or 1) * (lowest + LEVELS - 1)).astype(int)
    for ax, title, image, level in zip(axes, titles, images, levels):
        _draw_cells(ax, level, dict(enumerate(colors, start=lowest)))
        (_write_numbers if numbers else _draw_dashes)(ax, image, level)
        ax.set_title(title)
    if label is not None:
        _draw_scale(axes, colors, np.arange(lowest, lowest + LEVELS), largest, label)
    return axes


def _grid(n, n_columns):
    """Return axes for n images, as many a row as there is room for."""
    n_columns = min(n, n_columns)
    axes = np.ravel(new_axes(-(-n // n_columns), n_columns))
    for ax in axes[n:]:
        ax.remove()
    return axes[:n]


def _shades(images, darkest):
    """Return the colour of each level, and the number of the lowest: the level of 0 is 0."""
    if images.min() < 0:
        return SIGNED(np.linspace(0, 1, LEVELS)), -(LEVELS // 2)
    return GREYS(np.linspace(0, darkest, LEVELS)), 0


def _draw_cells(ax, levels, colors):
    """Draw one path for all cells of a level."""
    for level in np.unique(levels[levels != 0]):
        style = {"facecolor": colors[level], "linewidth": 0}
        # Smoothed edges of neighbours would let the ground through.
        ax.add_patch(PathPatch(_outline(levels == level), antialiased=False, **style))
    height, width = levels.shape
    ax.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[], aspect="equal")
    ax.spines[:].set_visible(True)


def _draw_dashes(ax, _, levels):
    """Draw a dash in each cell of a negative number."""
    rows, columns = np.nonzero(levels < 0)
    dashes = np.stack([columns + 0.3, columns + 0.7, np.full(len(rows), np.nan)], axis=1)
    ax.plot(dashes.ravel(), np.repeat(rows + 0.5, 3), color=INK, linestyle="-", linewidth=1)


def _write_numbers(ax, image, _):
    """Write each number into its cell, and draw lines between the cells."""
    look = {"color": INK, "linestyle": "-", "linewidth": 0.5}
    for row in range(1, len(image)):
        ax.axhline(row, **look)
    for column in range(1, image.shape[1]):
        ax.axvline(column, **look)
    for (i, j), number in np.ndenumerate(image):
        ax.text(j + 0.5, i + 0.5, format_number(number, 3), ha="center", va="center", fontsize=13)


def _outline(mask):
    """Return the path around the true cells: a rectangle for each run of them in a row."""
    ends = np.diff(np.pad(mask.astype(int), ((0, 0), (1, 1))), axis=1)
    row, left = np.nonzero(ends == 1)
    right = np.nonzero(ends == -1)[1]
    below = row + 1
    x = np.stack([left, right, right, left, left], axis=1)
    y = np.stack([row, row, below, below, row], axis=1)
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(np.stack([x.ravel(), y.ravel()], axis=1), np.tile(codes, len(row)))


def _draw_scale(axes, colors, levels, largest, label):
    unit = (largest or 1) / levels[-1]
    norm = BoundaryNorm((np.append(levels, levels[-1] + 1) - 0.5) * unit, LEVELS)
    scale = ScalarMappable(norm, ListedColormap(colors))
    ticks = unit * np.unique([levels[0], 0, levels[-1]])
    bar = axes[0].figure.colorbar(scale, ax=list(axes), label=label, ticks=ticks)
    bar.ax.set_yticklabels([format_number(tick, 3) for tick in ticks])
    bar.ax.tick_params(which="minor", length=0)

"""What is seen in a plot: the shade at a point, and what colour bar and legend say of it."""

import re

import numpy as np
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgb
from matplotlib.patches import Ellipse
from matplotlib.path import Path

SIGNS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")


def number_in(text):
    """Return the number that a label shows."""
    text = re.sub(r"( × |\s*\\times )10\^?", "e", text.translate(SIGNS))
    text = text.replace(r"\mathdefault", "")
    return float(re.sub(r"[${},]", "", text))


def shades_at(ax, points):
    """Return the colour that is seen at each point, shape (n, 3): that of the topmost area."""
    colors = np.tile(to_rgb(ax.get_facecolor()), (len(points), 1))
    for area in [*ax.patches, *ax.collections]:
        if isinstance(area, Ellipse):
            path = area.get_patch_transform().transform_path(area.get_path())
            colors[path.contains_points(points)] = to_rgb(area.get_facecolor())
        elif getattr(area, "filled", False):
            for path, color in zip(area.get_paths(), area.get_facecolor()):
                colors[within(path, points)] = color[:3]
    return colors


def within(path, points):
    """Whether each point is within a path, but not in a hole of it."""
    rings = [Path(ring).contains_points(points) for ring in path.to_polygons()]
    return np.sum(rings, axis=0) % 2 == 1 if rings else np.zeros(len(points), bool)


def colour_bar(figure):
    """Return the axes of the only colour bar."""
    [bar] = [ax for ax in figure.axes if ax.get_label() == "<colorbar>"]
    return bar


def readings(bar, colors):
    """Return between which labelled numbers the bar has each colour, shape (n, 2)."""
    [mesh] = [artist for artist in bar.collections if isinstance(artist, QuadMesh)]
    edges = mesh.get_coordinates()[:, 0, 1]
    shown = mesh.to_rgba(mesh.get_array().ravel())[:, :3]
    ticks, labels = bar.get_yticks(), bar.get_yticklabels()
    numbers = np.array([number_in(label.get_text()) for label in labels])
    order = np.argsort(ticks)
    ticks, numbers = np.asarray(ticks)[order], numbers[order]
    found = []
    for color in colors:
        k = np.abs(shown - color).sum(axis=1).argmin()
        assert np.allclose(shown[k], color, atol=1e-3), "a colour that the bar has not"
        below, above = ticks <= edges[k] + 1e-9, ticks >= edges[k + 1] - 1e-9
        low = numbers[below][-1] if below.any() else -np.inf
        high = numbers[above][0] if above.any() else np.inf
        found.append((low, high))
    return np.array(found)


def contour_lines(ax):
    """Return (level, points) of each contour line."""
    return [
        (level, path.vertices)
        for lines in ax.collections if getattr(lines, "filled", None) is False
        for level, path in zip(lines.levels, lines.get_paths()) if len(path.vertices)
    ]  # fmt: skip


def handles(ax):
    """Return the handle of each name in the legend."""
    legend = ax.get_legend()
    return {
        text.get_text(): handle
        for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=True)
    }


def look(line):
    """Return by what a line is told from others."""
    return line.get_color(), line.get_linestyle(), line.get_marker()


def line_named(ax, name):
    """Return the lines with data that look as the legend shows a name."""
    wanted = look(handles(ax)[name])
    return [line for line in ax.lines if len(line.get_xdata()) and look(line) == wanted]


def hue(color, ground):
    """Return the direction in which a colour differs from the ground."""
    away = np.subtract(to_rgb(ground), color)
    return away / np.linalg.norm(away)

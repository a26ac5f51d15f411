"""What all drawings share: a canvas measured in points, with nodes, lines, arrows and labels."""

from functools import lru_cache
from itertools import pairwise
from math import sqrt

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch, PathPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from lecture_utils.formatting import format_number
from lecture_utils.style import FONTS, FORMULAS, GROUND, INK

WIDTH = 648     # of a drawing, or more where it needs more
MAX_WIDTH, MAX_HEIGHT = 940, 536  # a larger drawing would be scaled down until nobody can read it
HEADER = 30     # height of the line of headings
SIZE = 14       # of text: a drawing of 9 inches fills a slide, and there it is 25 px
NAME = 18       # of a node's name, a formula, whose letters are smaller
HEADING = 15
RADIUS = 20     # of a node
LETTERS = {"family": FONTS, "math_fontfamily": FORMULAS}  # in whichever style it is drawn
LINE = 1.6
WIRE = "#5F5F5F"

# Each kind of number has its colour and a second sign, so that colour is never needed:
# plain text, bold text, a box with square corners, a box with round corners and dashes.
KINDS = {
    "value": {"color": "#0A66FE"},
    "weight": {"color": "#006057", "weight": "bold"},
    "node gradient": {"color": "#A83F04", "box": "square", "fill": "#FDEEE3"},
    "weight gradient": {"color": "#490264", "box": "round", "fill": "#F6E6F2"},
}

# Each kind of node has its colour and its outline: thin, thick, double.
NODES = {
    "input": {"fill": "#D3E9F8", "line": 1.2},
    "hidden": {"fill": "#FFE2A8", "line": 3.0},
    "output": {"fill": "#9CD9BF", "line": 1.2},
    "plain": {"fill": "#EEEEEE", "line": 1.2},
    "badge": {"fill": INK, "line": 1.2},
    "terminal": {"fill": KINDS["node gradient"]["color"], "line": 0},
}


def format_label(value, kind):
    """Return a number as it is written on a drawing, in the manner of its kind."""
    number = format_number(value).replace(" × ", "·")  # narrower
    return f"∂ {number}" if kind.endswith("gradient") else number


def gradient_name(name):
    """Return the name of `∂J/∂` a quantity, as it is drawn."""
    return rf"$\partial J/\partial {name}$"


# Measures, all in points


@lru_cache(maxsize=4096)
def text_width(text, *, size=SIZE, weight="normal"):
    """Return the width of a text without drawing it."""
    font = FontProperties(size=size, weight=weight, **LETTERS)
    return text_to_path.get_text_width_height_descent(text, font, ismath="$" in text)[0]


def kind_width(text, kind):
    """Return the width of a text written in the manner of a kind of number, with its box."""
    style = KINDS[kind]
    return text_width(text, weight=style.get("weight", "normal")) + (8 if "box" in style else 4)


def label_width(value, kind):
    """Return the width of a number's label."""
    return kind_width(format_label(value, kind), kind)


def spread(n, middle, distance):
    """Return `n` heights around `middle`, from top to bottom, `distance` apart."""
    return [middle + ((n - 1) / 2 - i) * distance for i in range(n)]


def ports(n, x, y):
    """Return `n` points, from top to bottom, on the left side of the node at (x, y)."""
    heights = spread(n, y, min(14, 1.4 * RADIUS / max(n - 1, 1)))
    return [(round(x - sqrt(RADIUS**2 - (height - y) ** 2), 2), height) for height in heights]


class Disc(Patch):
    """A circle of four curves, which takes half of the file that one of matplotlib's takes."""

    def __init__(self, center, radius, **style):
        super().__init__(**style)
        self.center, self.radius = center, radius

    def get_path(self):
        """Return the outline."""
        circle = Path.arc(0, 360, n=4)
        return Path(circle.vertices * self.radius + self.center, circle.codes)


class Canvas:
    """Axes of a fixed size whose unit is the point (1/72 inch); the origin is at bottom left.

    Parameters
    ----------
    width, height : float
        In points.
    ax : matplotlib.axes.Axes, optional
        Emptied; the drawing is fitted into it, text and lines too. By default the axes of a new
        figure that has the size of the canvas.
    """

    def __init__(self, width, height, ax=None):
        if ax is None:
            ax = Figure(figsize=(width / 72, height / 72), facecolor=GROUND).add_axes((0, 0, 1, 1))
        elif not isinstance(ax, Axes):
            raise TypeError(f"ax must be matplotlib axes, got {type(ax).__name__}")
        else:
            ax.clear()
        ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
        ax.axis("off")
        extent = ax.get_window_extent()
        self.ax, self.width, self.height = ax, width, height
        self.scale = min(extent.width / width, extent.height / height) * 72 / ax.figure.dpi

    def text(self, x, y, text, *, size=SIZE, color=INK, box=None, fill="none", **style):
        """Write a text centred at (x, y), in a box with square or round corners if asked."""
        frame = {
            "boxstyle": f"{box},pad=0.14",
            "facecolor": fill,
            "edgecolor": color,
            "linewidth": 1.2 * self.scale,
            "linestyle": "-" if box == "square" else "--",
            "joinstyle": "round",
        }
        style = {"ha": "center", "va": "center", "zorder": 5, **LETTERS, **style}
        size *= self.scale
        self.ax.text(x, y, text, size=size, color=color, bbox=frame if box else None, **style)

    def heading(self, x, y, text, **style):
        """Write a text that names a part of the drawing."""
        self.text(x, y, text, size=HEADING, **style)

    def number(self, x, y, value, kind):
        """Write a number in the manner of its kind."""
        self.text(x, y, format_label(value, kind), **KINDS[kind])

    def node(self, x, y, name, *, kind="plain", radius=RADIUS, size=NAME, color=INK, **style):
        """Draw a circle with a name in it."""
        self._circle(x, y, radius, NODES[kind]["fill"], NODES[kind]["line"])
        if kind == "output":
            self._circle(x, y, radius - 3.5, "none", NODES[kind]["line"])
        self.text(x, y, name, size=size, color=color, **style)

    def badge(self, x, y, number):
        """Draw the number of a step, light on dark."""
        self.node(x, y, str(number), kind="badge", radius=12, size=SIZE + 1, color=GROUND)

    def _circle(self, x, y, radius, fill, line):
        style = {"facecolor": fill, "edgecolor": INK, "linewidth": line * self.scale, "zorder": 3}
        self._add(Disc((x, y), radius, joinstyle="round", **style))

    def halo(self, x, y, radius, color):
        """Draw the light around a circle, under all else."""
        disc = Disc((x, y), radius, facecolor=color, edgecolor="none", zorder=0)
        self._add(disc)

    def block(self, x, y, width, height, text="", *, fill="#EEEEEE", line=LINE, corner=0, **style):
        """Draw a rectangle centred at (x, y), with a text in it."""
        shape = f"round,pad=0,rounding_size={corner}" if corner else "square,pad=0"
        corner_xy = (x - width / 2, y - height / 2)
        patch = FancyBboxPatch(corner_xy, width, height, boxstyle=shape, zorder=3)
        patch.set(facecolor=fill, edgecolor=INK, linewidth=line * self.scale, joinstyle="round")
        self._add(patch)
        self.text(x, y, text, **style)

    def curve(self, points, *, color=WIRE, line=LINE, fill="none", zorder=1):
        """Draw a smooth curve: a start, then two control points and an end for each piece."""
        codes = [Path.MOVETO] + [Path.CURVE4] * (len(points) - 1)
        self._path(points, codes, color, line, fill, zorder)

    def wire(self, *lines, color=WIRE, line=LINE):
        """Draw lines from left to right that are level in each point and bend in between."""
        vertices, codes = [], []
        for points in lines:
            vertices += points[:1]
            codes += [Path.MOVETO]
            for (x0, y0), (x1, y1) in pairwise(points):
                level = abs(y0 - y1) < 1e-6
                middle = (x0 + x1) / 2
                vertices += [(x1, y1)] if level else [(middle, y0), (middle, y1), (x1, y1)]
                codes += [Path.LINETO] if level else [Path.CURVE4] * 3
        self._path(vertices, codes, color, line, "none", 1)

    def line(self, *points, color=WIRE, line=LINE, zorder=1):
        """Draw a straight line through points."""
        codes = [Path.MOVETO] + [Path.LINETO] * (len(points) - 1)
        self._path(points, codes, color, line, "none", zorder)

    def _path(self, points, codes, color, line, fill, zorder):
        patch = PathPatch(Path(points, codes), capstyle="round", joinstyle="round", zorder=zorder)
        patch.set(facecolor=fill, edgecolor=color, linewidth=line * self.scale)
        self._add(patch)

    def arrow(self, *points, color=INK, line=2.2):
        """Draw an arrow through points, the head at the last."""
        if len(points) > 2:
            self.line(*points[:-1], color=color, line=line)
        style = {"color": color, "linewidth": line * self.scale, "shrinkA": 0, "shrinkB": 0}
        head = {"arrowstyle": "-|>", "mutation_scale": 18 * self.scale}
        self._add(FancyArrowPatch(*points[-2:], zorder=2, joinstyle="miter", **head, **style))

    def head(self, x, y, length, *, color=WIRE):
        """Draw the head of an arrow that points right to (x, y)."""
        back, half = x - length, 0.45 * length
        points = [(back, y + half), (x, y), (back, y - half), (back, y + half)]
        self._path(points, [Path.MOVETO] + [Path.LINETO] * 3, color, 0, color, 2)

    def _add(self, patch):
        # Nothing reaches beyond the canvas, and a clipped shape takes more of the file. An artist
        # is added faster than a patch, for which the limits of the axes would be looked up.
        self.ax.add_artist(patch).set_clip_on(False)

    def finish(self, text):
        """Set the text alternative and return the axes."""
        self.ax.set_label(text)
        return self.ax

"""The one style of all figures: letters, colours, sizes, axes, and what several plots share."""

from importlib.resources import files
from math import ceil

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry, fontManager
from matplotlib.layout_engine import ConstrainedLayoutEngine

from lecture_utils._validation import require_count, require_positive

# The letters of slides and notes, by a name of our own, since another version of the font may be
# installed. What it lacks comes from the second font; formulas are in the letters of TeX.
FONTS = ["Lecture Sans", "DejaVu Sans"]
FORMULAS = "cm"
TRANSPOSED = r"^{\!\top\!}"  # of which Matplotlib thinks that it stands between two things
FACES = {
    "Regular": ("normal", 400), "It": ("italic", 400),
    "Bold": ("normal", 700), "BoldIt": ("italic", 700),
}  # fmt: skip

for _face, (_slant, _weight) in FACES.items():
    _path = files("font_source_sans_pro") / f"files/SourceSansPro-{_face}.ttf"
    _entry = FontEntry(fname=str(_path), name=FONTS[0], style=_slant, weight=_weight)
    fontManager.ttflist.append(_entry)

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

# A figure 9 inches wide fills a slide, and there its letters are 1.8 times as large; beside text,
# where a point is a pixel, they are as large as those of JupyterLab.
STYLE = {
    "font.family": FONTS,
    "mathtext.fontset": FORMULAS,
    "font.size": 14,
    "axes.labelsize": 14,
    "axes.titlesize": 14,
    "xtick.labelsize": 13,
    "xtick.major.pad": 7,             # so that the labels in a corner stay apart
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
    "path.simplify": False,           # it leaves out points by what may be their last digits
    "savefig.bbox": None,             # the whole canvas, whatever is drawn on it
    "svg.fonttype": "path",           # letters as outlines, the same on every machine
    "svg.hashsalt": "lecture_utils",  # the same names inside the file each time
}

SHADES = LinearSegmentedColormap.from_list("shades", ["#A3CDE6", GROUND, "#F2C29C"])
HEIGHTS = LinearSegmentedColormap.from_list("heights", [GROUND, "#7FB6D6"])

LEGEND_ROOM, LEGEND_HANDLE = 92, 6  # letters: in a line 9 inches wide, and for a line's handle
GRID = 41  # points a side of the grid under a shading


def use_style():
    """Set the style of all figures, whatever was set before; call it once in a notebook."""
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(STYLE)


def new_axes(n_rows=1, n_columns=1, *, width=9.0, height=4.2, sharex=False, sharey=False):
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


def draw_arrow(ax, start, tip, **line):
    """Draw an arrow between two points, with the properties of its line by name."""
    head = {"arrowstyle": "-|>", "mutation_scale": 20, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", tip, xytext=start, arrowprops=line | head, annotation_clip=False)


def legend_above(ax):
    """Put the legend above the axes, where it hides no data, in as few lines as its names need."""
    spec = ax.get_subplotspec()
    room = LEGEND_ROOM * ax.figure.get_figwidth() / 9
    room /= 1 if spec is None else spec.get_gridspec().ncols
    names = ax.get_legend_handles_labels()[1]
    n_lines = ceil(sum(len(name) + LEGEND_HANDLE for name in names) / room)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=ceil(len(names) / n_lines))


def checked_axes(ax):
    """Return the axes given, or new ones where none are."""
    if ax is None:
        return new_axes()
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be matplotlib axes, got {type(ax).__name__}")
    return ax


def checked_panels(axes, n):
    """Return the `n` axes given as an array, or new ones side by side where none are."""
    axes = np.ravel(new_axes(1, n) if axes is None else axes)
    if len(axes) != n:
        raise ValueError(f"axes must be {n} axes, got {len(axes)}")
    return np.array([checked_axes(ax) for ax in axes])

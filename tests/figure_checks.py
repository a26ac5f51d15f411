"""What is wrong with a figure: a text covers another, a node or a line, or leaves the canvas.

Or it has a letter that its font has not, which Matplotlib replaces beside a formula.
"""

import re
from contextlib import contextmanager
from itertools import combinations
from unittest.mock import patch

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.font_manager import findfont, get_font
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from lecture_utils import display
from lecture_utils.diagrams.canvas import Disc
from lecture_utils.diagrams.network import LINE_MARK, MARK
from lecture_utils.style import FONTS

SLACK = 1.0  # points that two boxes may share: a box is a little larger than its letters


def faults_of_texts(figure):
    """Return in words which texts of a figure cover each other, leave it or lack letters."""
    texts = drawn_texts(figure)
    faults = [
        f"{one!r} and {other!r} cover each other"
        for (one, a), (other, b) in combinations(texts, 2)
        if overlap(a, b)
    ]
    letters = get_font(findfont(FONTS[0])).get_charmap()
    for text, _ in texts:
        beside = re.sub(r"\$[^$]*\$", "", text) if text.count("$") > 1 else ""
        lacking = {letter for letter in beside if letter != "\n" and ord(letter) not in letters}
        faults += [f"{text!r} has the letters {lacking} beside a formula"] if lacking else []
    canvas = figure.get_size_inches() * 72
    for text, (x0, y0, x1, y1) in texts:
        if min(x0, y0) < -SLACK or x1 > canvas[0] + SLACK or y1 > canvas[1] + SLACK:
            faults.append(f"{text!r} reaches beyond the canvas")
    return faults


def overlap(one, other):
    """Whether two boxes (x0, y0, x1, y1) share more than the slack in both directions."""
    width, height = np.minimum(one, other)[2:] - np.maximum(one, other)[:2]
    return bool(width > SLACK and height > SLACK)


def drawn_texts(figure):
    """Return each text that a figure draws, with its box (x0, y0, x1, y1) in points."""
    found, draw = [], Text.draw

    def record(text, renderer, *args, **kwargs):
        if text.get_visible() and text.get_text().strip():
            found.append((text.get_text(), text.get_window_extent(renderer).extents))
        return draw(text, renderer, *args, **kwargs)

    dpi = figure.dpi
    figure.dpi = 72  # one pixel a point
    try:
        with patch.object(Text, "draw", record):
            FigureCanvasAgg(figure)  # which becomes the figure's own
            figure.draw_without_rendering()
    finally:
        figure.dpi = dpi
    return found


def faults_of_drawing(ax):
    """Return in words what covers what in a drawing, whose axes are not drawn themselves."""
    view = View(ax)
    faults = [f"{text!r} covers a node or leaves its own" for text in view.texts_over_shapes()]
    faults += [f"{text!r} covers a line" for text in view.texts_over_lines()]
    faults += ["a line runs over a node"] * len(view.lines_over_nodes())
    return faults + ["something is beyond the canvas"] * len(view.beyond_the_canvas())


@contextmanager
def watched():
    """Yield a list that collects the faults of every picture made meanwhile, each picture once."""
    faults, seen, make = [], set(), display.picture

    def picture(ax, alt=None):
        svg, alt = make(ax, alt)
        if svg not in seen:
            seen.add(svg)
            axes = np.ravel(ax)
            found = faults_of_texts(axes[0].figure)
            found += [fault for a in axes if not a.axison for fault in faults_of_drawing(a)]
            faults.extend(f"{alt[:60]}…: {fault}" for fault in found)
        return svg, alt

    with patch.object(display, "picture", picture):
        yield faults


class View:
    """A drawing as it is laid out, in pixels: boxes (x0, y0, x1, y1) of its texts and shapes, and
    its lines as polygons. A shape's name is the text in its middle."""

    def __init__(self, ax):
        ax.figure.dpi = 72  # one pixel a point
        renderer = FigureCanvasAgg(ax.figure).get_renderer()
        ax.apply_aspect()
        for text in texts_of(ax):
            text.update_bbox_position_size(renderer)  # of its frame
        light = {MARK, LINE_MARK}
        drawn = [p for p in ax.patches if to_hex(p.get_facecolor()).upper() not in light]
        shapes = [p for p in drawn if isinstance(p, (Disc, FancyBboxPatch))]
        lines = [p for p in ax.patches if isinstance(p, (PathPatch, FancyArrowPatch))]
        framed = [t.get_bbox_patch() or t for t in texts_of(ax)]
        self.ax = ax
        self.texts = [t.get_text() for t in texts_of(ax)]
        self.boxes = [t.get_window_extent(renderer).extents for t in framed]
        self.shapes = [p.get_window_extent().extents for p in shapes]
        self.round = [isinstance(p, Disc) for p in shapes]
        paths = [p.get_transform().transform_path(p.get_path()) for p in lines]
        self.lines = [Path(part) for path in paths for part in path.to_polygons(closed_only=False)]
        places = [ax.transData.transform(t.get_position()) for t in texts_of(ax)]
        self.named = np.array(
            [[np.allclose(place, middle(box)) for box in self.shapes] for place in places]
        ).reshape(len(places), len(shapes))

    def covered_texts(self):
        pairs = combinations(zip(self.texts, self.boxes), 2)
        return [(one, other) for (one, a), (other, b) in pairs if have_common_area(a, b)]

    def texts_over_shapes(self):
        """The texts that reach into a shape, or out of the one that they name."""
        return [
            text
            for text, box, named in zip(self.texts, self.boxes, self.named)
            for is_name, shape in zip(named, self.shapes)
            if (not inside(box, shape) if is_name else have_common_area(box, shape))
        ]

    def texts_over_lines(self):
        return [
            text
            for text, box, named in zip(self.texts, self.boxes, self.named)
            if not named.any()
            for line in self.lines
            if line.intersects_bbox(Bbox.from_extents(box), filled=False)
        ]

    def lines_over_nodes(self):
        """The lines that leave a node on the other side, so that they don't begin or end in it."""
        nodes = [box for box, is_round in zip(self.shapes, self.round) if is_round]
        found = []
        for line in self.lines:
            for box in nodes:
                within = np.hypot(*(line.vertices - middle(box)).T) < (box[2] - box[0]) / 2 - 1
                if within.any() and not (within[0] or within[-1]):
                    found.append(box)
        return found

    def beyond_the_canvas(self):
        outlines = [*self.boxes, *self.shapes, *(line.get_extents().extents for line in self.lines)]
        return [box for box in outlines if not inside(box, self.ax.figure.bbox.extents)]


def middle(box):
    return (box[:2] + box[2:]) / 2


def have_common_area(one, other):
    """Whether two boxes have an area in common."""
    return bool((np.maximum(one, other)[:2] < np.minimum(one, other)[2:]).all())


def inside(one, other):
    return bool((one[:2] >= other[:2]).all() and (one[2:] <= other[2:]).all())


def texts_of(ax):
    """The texts of a drawing that are not empty."""
    return [text for text in ax.texts if text.get_text()]


def linear(color):
    """Return the linear RGB of a colour."""
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """Return the contrast of two colours, from 1 to 21."""
    dark, light = sorted(linear(color) @ [0.2126, 0.7152, 0.0722] for color in (a, b))
    return (light + 0.05) / (dark + 0.05)

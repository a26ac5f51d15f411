"""What is wrong with the texts of a figure: one covers another, or leaves the canvas."""

from contextlib import contextmanager
from itertools import combinations
from unittest.mock import patch

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from lecture_utils import display

SLACK = 1.0  # points that two boxes may share: a box is a little larger than its letters


def faults_of_texts(figure):
    """Return in words which texts of a figure cover each other or reach beyond its canvas."""
    texts = drawn_texts(figure)
    faults = [
        f"{one!r} and {other!r} cover each other"
        for (one, a), (other, b) in combinations(texts, 2)
        if overlap(a, b)
    ]
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
            figure.draw(FigureCanvasAgg(figure).get_renderer())
    finally:
        figure.dpi = dpi
    return found


@contextmanager
def watched():
    """Yield a list that collects the faults of every picture made meanwhile, each picture once."""
    faults, seen, make = [], set(), display.picture

    def picture(ax, alt=None):
        svg, alt = make(ax, alt)
        if svg not in seen:
            seen.add(svg)
            faults.extend(f"{alt[:60]}…: {f}" for f in faults_of_texts(np.ravel(ax)[0].figure))
        return svg, alt

    with patch.object(display, "picture", picture):
        yield faults

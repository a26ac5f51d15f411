"""What a finished drawing says: which things its lines join, and what stands at which of them.

It is read as people read it, from what is where, in points. Nothing here knows how it was laid out.
"""

import re
from functools import cached_property

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, PathPatch

from lecture_utils.diagrams.canvas import Disc

SMALL = str.maketrans("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "01234567890123456789--")
PLAIN = {
    r"\partial ": "∂", r"\sigma": "σ", r"\Sigma": "Σ", r"\hat{y}": "ŷ", r"^{\!\top\!}": "ᵀ",
    r"\mathrm{tanh}": "tanh", r"\,": " ", "$": "", "{": "", "}": "",
}  # fmt: skip
AWAY = 48  # points at most between the end of a line and the thing that it leads to


def plain(text):
    """Return a formula of a drawing as a text alternative has it, without spaces."""
    for tex, sign in PLAIN.items():
        text = text.replace(tex, sign)
    return re.sub(r"[\s_()]", "", text.translate(SMALL))


def number_in(text):
    """Return the number of a label or of a text alternative, or None where it has none."""
    found = re.fullmatch(r"(?:∂ )?([−\d.]+)(?:(?:·| × )10([⁻⁰¹²³⁴-⁹]+))?", text)
    return float(f"{found[1]}e{found[2] or 0}".translate(SMALL)) if found else None


class Thing:
    """A node, a block, or a text that stands alone."""

    def __init__(self, name, center, artist, radius=0.0, box=None):
        self.name, self.center, self.artist = name, np.asarray(center), artist
        self.radius, self.box = radius, box

    def distance(self, point):
        """Return how far a point is from the outline, 0 inside."""
        if self.box is None:
            return max(0.0, np.hypot(*(self.center - point)) - self.radius)
        return np.hypot(*np.maximum(0, np.maximum(self.box[:2] - point, point - self.box[2:])))

    def __repr__(self):
        return self.name


class Line:
    """A line along points, with the head of an arrow at its end or none."""

    def __init__(self, points, artist, has_head=False):
        self.points, self.artist, self.has_head = np.asarray(points), artist, has_head
        self.color = to_hex(artist.get_edgecolor())

    def distance(self, point):
        a, b = self.points[:-1], self.points[1:]
        along = ((point - a) * (b - a)).sum(1) / np.maximum(((b - a) ** 2).sum(1), 1e-12)
        nearest = a + np.clip(along, 0, 1)[:, None] * (b - a)
        return np.hypot(*(nearest - point).T).min()


class Drawing:
    """The things and the lines of a drawing that has a figure of its own."""

    def __init__(self, ax):
        self.ax, self.alt = ax, ax.get_label()
        self.texts = [text for text in ax.texts if text.get_text()]
        self.height = ax.get_ylim()[1]
        self.discs = [p for p in ax.patches if isinstance(p, Disc)]

    @cached_property
    def nodes(self):
        """The circles; one with a double outline is there once."""
        found = {}
        for disc in self.discs:
            place = tuple(np.round(disc.center, 6))
            if place not in found or disc.radius > found[place].radius:
                found[place] = Thing(self._name(place), place, disc, disc.radius)
        return list(found.values())

    @cached_property
    def blocks(self):
        found = []
        for patch in self.ax.patches:
            if isinstance(patch, FancyBboxPatch):
                x, y = patch.get_x(), patch.get_y()
                box = np.array([x, y, x + patch.get_width(), y + patch.get_height()])
                center = (box[:2] + box[2:]) / 2
                found.append(Thing(self._name(center), center, patch, box=box))
        return found

    def _name(self, place):
        return self._names.get(tuple(np.round(place, 3)), "")

    @cached_property
    def _names(self):
        return {tuple(np.round(text.get_position(), 3)): text.get_text() for text in self.texts}

    @cached_property
    def free_texts(self):
        """The texts that are no name of a node or a block, with their boxes."""
        self.ax.figure.dpi = 72  # one pixel a point
        renderer = FigureCanvasAgg(self.ax.figure).get_renderer()
        self.ax.apply_aspect()
        named = {tuple(np.round(thing.center, 3)) for thing in (*self.nodes, *self.blocks)}
        found = []
        for text in self.texts:
            if tuple(np.round(text.get_position(), 3)) not in named:
                text.update_bbox_position_size(renderer)  # of its frame
                box = (text.get_bbox_patch() or text).get_window_extent(renderer).extents
                found.append(Thing(text.get_text(), (box[:2] + box[2:]) / 2, text, box=box))
        return found

    @cached_property
    def lines(self):
        """All lines and arrows; an arrow of several pieces is one."""
        lines, heads = [], []
        for patch in self.ax.patches:
            if isinstance(patch, FancyArrowPatch):
                assert type(patch.get_arrowstyle()).__name__ == "CurveFilledB"  # head at its end
                heads.append((patch._posA_posB, patch))
            elif isinstance(patch, PathPatch) and not patch.get_facecolor()[3]:
                pieces = patch.get_path().to_polygons(closed_only=False)
                lines += [Line(piece, patch) for piece in pieces]
            elif isinstance(patch, PathPatch) and not patch.get_linewidth():
                heads.append((_back_and_tip(patch.get_path().vertices[:3]), patch))
        return _joined(lines, heads)

    def at(self, point):
        """Return the thing at which a line begins or ends."""
        thing = min(self.things, key=lambda thing: thing.distance(point))
        assert thing.distance(point) <= AWAY, f"a line ends at nothing, at {point}"
        return thing

    @cached_property
    def things(self):
        """What lines may lead to: in a network only nodes and blocks, elsewhere texts too."""
        return [*self.nodes, *self.blocks, *self.free_texts]

    @cached_property
    def edges(self):
        """The (start, end, line) of each line; where one ends at no node, the next goes on."""
        ends = {self._free(line.points[-1]): line for line in self.lines}
        ends.pop(None, None)
        starts = {self._free(line.points[0]) for line in self.lines} - {None}
        found = []
        for line in self.lines:
            if self._free(line.points[-1]) not in starts:
                start = line
                while self._free(start.points[0]) in ends:
                    start = ends[self._free(start.points[0])]
                found.append((self.at(start.points[0]), self.at(line.points[-1]), line))
        return found

    def _free(self, point):
        """Return a point if it is in no node, so that two lines that meet there are one."""
        is_free = all(node.distance(point) for node in self.nodes)
        return tuple(np.round(point, 4)) if is_free else None


def _joined(lines, heads):
    """Return lines and arrows; a line that ends at the back of a head is its shaft."""
    for (back, tip), artist in heads:
        shafts = [line for line in lines if np.hypot(*(line.points[-1] - back)) < 2]
        if shafts:
            shafts[0].points = np.concatenate([shafts[0].points, [tip]])
            shafts[0].has_head = True
        else:
            lines.append(Line([back, tip], artist, has_head=True))
    return lines


def _back_and_tip(triangle):
    """Return the middle of the back of an arrow's head, and its tip: where equal sides meet."""
    others = [(triangle[i - 1], triangle[i - 2]) for i in range(3)]
    uneven = [abs(np.hypot(*(p - c)) - np.hypot(*(q - c))) for c, (p, q) in zip(triangle, others)]
    i = int(np.argmin(uneven))
    return np.mean(others[i], axis=0), triangle[i]

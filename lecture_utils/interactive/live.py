"""A picture of which only some parts move, so that it can be drawn again in a few milliseconds."""

import re

import numpy as np
from matplotlib.figure import Figure

from lecture_utils.display import picture
from lecture_utils.interactive.still import rounded


class LivePicture:
    """Two layers of one picture: the still one is drawn once, the moving one again and again.

    Most of the time of drawing a plot goes into numbers, names and samples, which stay.

    Parameters
    ----------
    still : matplotlib.axes.Axes or array of them
        The parts that stay; nothing may be added to them later.
    moving_below : bool
        Whether the moving layer is under the still one; by default it is above.

    Attributes
    ----------
    moving : list of matplotlib.axes.Axes
        One for each of `still`, with the same place, scale and limits: draw on these.
    """

    def __init__(self, still, *, moving_below=False):
        still = np.ravel(still)
        figure = still[0].figure
        figure.draw_without_rendering()  # which puts the axes in their places
        figure.set_layout_engine("none")
        if moving_below:
            for part in (figure, *still):
                part.patch.set_visible(False)
        self._below = moving_below
        content = _content(picture(still, "still layer")[0])
        self._still = re.sub(' id="(bar(-name)?)"', r' class="\1"', content)
        twin = Figure(figsize=figure.get_size_inches())
        twin.patch.set_visible(moving_below)
        self.moving = [twin.add_axes(ax.get_position(), **_scales(ax)) for ax in still]
        for ax in self.moving:
            ax.set_axis_off()

    def draw(self, draw, alt):
        """Draw the moving layer anew.

        Parameters
        ----------
        draw : callable
            Draws on the axes `moving`, which are its arguments, after they have been emptied.
        alt : str
            What the whole picture shows, in words.

        Returns
        -------
        str
            The whole picture as an SVG element.
        """
        for ax in self.moving:
            for artist in [*ax.collections, *ax.lines]:
                artist.remove()
        draw(*self.moving)
        svg, _ = picture(self.moving, alt)
        moving = _content(svg)
        # By this name the script of a page finds what it draws in place of.
        named = f'<g class="moving">\n{moving}</g>\n'
        layers = (named, self._still) if self._below else (self._still, named)
        return svg.replace(moving, "".join(layers))


def place_of(ax):
    """Return where axes are, in points from the upper left, and between which numbers."""
    width, height = 72 * ax.figure.get_size_inches()
    box = ax.get_position()
    corner = width * box.x0, height * (1 - box.y1), width * box.width, height * box.height
    return {
        "box": [round(float(part), 2) for part in corner],
        "x": [rounded(limit, 9) for limit in ax.get_xlim()],
        "y": [rounded(limit, 9) for limit in ax.get_ylim()],
    }


def _content(svg):
    """Return what an SVG shows, without its head."""
    return svg[svg.index('<g id="figure_1">') : svg.rindex("</svg>")]


def _scales(ax):
    return {
        "xscale": ax.get_xscale(),
        "yscale": ax.get_yscale(),
        "xlim": ax.get_xlim(),
        "ylim": ax.get_ylim(),
        "autoscale_on": False,
    }

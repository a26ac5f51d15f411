"""A picture of which only some parts move, so that it can be drawn again in a few milliseconds."""

import numpy as np
from matplotlib.figure import Figure

from lecture_utils.display import picture


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
        self._still = _content(picture(still, "still layer")[0])
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
        layers = (moving, self._still) if self._below else (self._still, moving)
        return svg.replace(moving, "".join(layers))


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

"""Samples of two classes over the shaded output of what computes over the plane."""

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap, to_hex
from matplotlib.ticker import MaxNLocator

from lecture_utils._validation import as_binary_labels, as_design_matrix
from lecture_utils.formatting import format_number
from lecture_utils.interactive.live import LivePicture, place_of
from lecture_utils.interactive.still import packed
from lecture_utils.plotting import plot_classes
from lecture_utils.style import INK, SHADES, legend_above, new_axes

FAR = 1e9  # a pre-activation at which a bounded activation has reached the end of its range
NEAR = 2  # the outputs of an activation without bound are told apart where |z| is below this
UNBOUNDED = 1e3  # an output beyond this has no end
FINE = 1001  # pre-activations between which the ends of bands are looked for
WIDE = 1e3  # between this and its negative, a page is told where bands meet
MIDDLE = np.linspace(-10, 10, FINE)  # where they always are, so that all pictures have all bands
RING = {
    "marker": "o", "linestyle": "", "markersize": 15, "markeredgewidth": 1.5,
    "markerfacecolor": "none", "markeredgecolor": INK,
}  # fmt: skip


class Plane:
    """Samples of two classes, over the shaded output of what has the pre-activation `z`.

    Parameters
    ----------
    X, y, feature_names, class_names
        As for `plot_classes`, with two classes.
    activation : Activation
    """

    def __init__(self, X, y, *, feature_names, class_names, activation):
        ax = new_axes(width=6.4, height=4.2)  # beside the controls on a slide
        self.X, self.y, self._class_names = X, y, class_names
        ax.plot([], [], color=INK, linestyle="-", label="boundary, $z = 0$")
        plot_classes(X, y, feature_names=feature_names, class_names=class_names, ax=ax)
        ax.plot([], [], **RING, label="wrong")
        ax.margins(0.12)
        ax.grid(visible=False)
        legend_above(ax)
        self._activation, self._edges = activation, band_edges(activation)
        self._colors = SHADES(np.linspace(0, 1, len(self._edges) + 1))
        self._bar = _draw_bar(ax, self._colors, self._edges, output_range(activation))
        self._limits = ax.get_xlim(), ax.get_ylim()
        self.live = LivePicture(ax, moving_below=True)

    def picture(self, pre_activation, alt, n_points=2):
        """Return the picture with the shading of a pre-activation, as an SVG element.

        Parameters
        ----------
        pre_activation : callable
            Takes samples, shape (m, 2), returns `z`, shape (m,).
        alt : str
        n_points : int
            Points a side of the grid; 2 are enough where `z` is a straight function.
        """
        x1, x2 = (np.linspace(*limits, n_points) for limits in self._limits)
        samples = np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, 2)
        z = pre_activation(samples).reshape(n_points, n_points)
        levels, bands = bands_between(z.min(), z.max(), self._activation, self._edges)

        def draw(ax):
            ax.contourf(x1, x2, z, levels=levels, colors=self._colors[bands])
            if z.min() < 0 < z.max():
                ax.contour(x1, x2, z, levels=[0], colors=INK, linewidths=2.5)
            ax.plot(*self.X[(pre_activation(self.X) > 0) != self.y].T, **RING)

        return self.live.draw(draw, alt)

    def words_where_it_went(self, w1, w2, b):
        """Return where the straight boundary `w₁x₁ + w₂x₂ + b = 0` is, if not in the picture."""
        (left, right), (low, high) = self._limits
        across, up = w1 * (right - left), w2 * (high - low)
        middle = w1 * (left + right) / 2 + w2 * (low + high) / 2 + b
        if not across and not up:
            return " There is no boundary: without weights, the output is the same everywhere."
        if abs(middle) < (abs(across) + abs(up)) / 2:
            return ""
        if abs(across) >= abs(up):
            side = "to the left" if middle * across > 0 else "to the right"
        else:
            side = "below" if middle * up > 0 else "above"
        name = self._class_names[int(middle > 0)]
        return f" The boundary is out of sight, {side}: all in the picture is taken for {name}."

    def numbers(self):
        """Return what else a page has to know to draw on the plane, and to judge what it draws."""
        return {
            "places": [place_of(self.live.moving[0]), {"box": place_of(self._bar)["box"]}],
            "X": packed(self.X),
            "y": "".join(f"{label:.0f}" for label in self.y),
            "classes": list(self._class_names),
            "ink": INK,
        }


def output_range(activation):
    """Return the lowest and the highest output of an activation, infinite where it has none."""
    outputs = _outputs(activation)
    low, high = np.round([outputs.min(), outputs.max()], 6)  # some come to the end slowly
    return (low if low > -UNBOUNDED else -np.inf), (high if high < UNBOUNDED else np.inf)


def _outputs(activation):
    z = np.geomspace(1e-3, FAR, FINE)
    with np.errstate(over="ignore"):
        return activation(np.concatenate([-z, [0], z]))


def band_edges(activation):
    """Return where the bands of the shading meet, as outputs: half way between round numbers.

    There is no band in which no output lies.
    """
    near = activation(np.linspace(-NEAR, NEAR, FINE))
    low, high = output_range(activation)
    low = low if np.isfinite(low) else near.min()
    high = high if np.isfinite(high) else near.max()
    ticks = MaxNLocator(5).tick_values(low, high)
    middles = (ticks[1:] + ticks[:-1]) / 2
    middles = middles[(low < middles) & (middles < high)]
    taken = np.unique(np.digitize(_outputs(activation), middles))
    return middles[(taken[1:] + taken[:-1]) // 2]


def bands_between(low, high, activation, edges):
    """Return the pre-activations where bands of outputs meet, and the band between each two.

    So a band ends on a straight line, whatever the activation, which need not be monotone.

    Parameters
    ----------
    low, high : float
        The lowest and highest pre-activation `z` of the picture.
    activation : Activation
    edges : array, shape (n_bands - 1,)
        Outputs where bands meet.

    Returns
    -------
    levels : array, shape (n + 1,)
        In rising order, the first below `low`, the last above `high`.
    bands : array of int, shape (n,)
        Number of the band from each level to the next.
    """
    z = np.union1d(np.linspace(low, high, FINE), MIDDLE)
    band = np.digitize(activation(z), edges)
    changes = np.flatnonzero(np.diff(band))
    left, right = z[changes], z[changes + 1]
    for _ in range(60):  # halve the distance to where the band changes, down to rounding
        middle = (left + right) / 2
        is_before = np.digitize(activation(middle), edges) == band[changes]
        left, right = np.where(is_before, middle, left), np.where(is_before, right, middle)
    return [z[0] - 1, *right, z[-1] + 1], band[[0, *(changes + 1)]]


def shading(activation):
    """Return how a page shades pre-activations: where bands meet, their colours, and the bar."""
    edges = band_edges(activation)
    colors = SHADES(np.linspace(0, 1, len(edges) + 1))
    levels, bands = bands_between(-WIDE, WIDE, activation, edges)
    ticks = _ticks(edges, output_range(activation))
    return {
        "levels": [round(float(level), 6) + 0.0 for level in levels[1:-1]],
        "colors": " ".join(map(to_hex, colors[bands])),
        "bar": " ".join(map(to_hex, colors)),
        "at": [*ticks],
        "ticks": [*ticks.values()],
    }


def _draw_bar(ax, colors, edges, ends):
    """Draw a colour bar of the output, which names the ends of all bands."""
    n = len(colors)
    bands = ScalarMappable(BoundaryNorm(range(n + 1), n), ListedColormap(colors))
    ticks = _ticks(edges, ends)
    bar = ax.figure.colorbar(bands, ax=ax, label=r"output $\hat{y}$", ticks=[*ticks])
    bar.ax.set_gid("bar")
    bar.ax.yaxis.label.set_gid("bar-name")
    bar.ax.minorticks_off()
    bar.ax.set_yticklabels([*ticks.values()])
    return bar.ax


def _ticks(edges, ends):
    """Return the outputs at the ends of all bands, by the number of the band above, as texts."""
    outputs = enumerate([ends[0], *edges, ends[1]])
    return {i: format_number(output, 3) for i, output in outputs if np.isfinite(output)}


def checked_samples(X, y):
    """Return samples with two features and their labels, 0 or 1, after a check."""
    X = as_design_matrix("X", X, 2)
    return X, as_binary_labels("y", y, len(X))


def accuracy_in_words(z, y):
    """Return the accuracy in words; the class is 1 where `z > 0`."""
    right = int(np.sum((z > 0) == y))
    return f"Accuracy {format_number(right / len(y), 3)}: {right} of {len(y)} right."

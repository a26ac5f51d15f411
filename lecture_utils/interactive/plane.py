"""Samples of two classes over the shaded output of what computes over the plane."""

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap

from lecture_utils._validation import as_binary_labels, as_design_matrix
from lecture_utils.formatting import format_number
from lecture_utils.interactive.live import LivePicture
from lecture_utils.plotting import plot_classes
from lecture_utils.style import INK, SHADES, legend_above, new_axes

FAR = 1e9  # beyond any pre-activation: the outermost bands have no other end
# Where the bands of the shading meet, as outputs ŷ, and the ends of the colour bar, which are the
# lowest and the highest output where the activation has them.
EDGES = {
    "sigmoid": np.array([0.1, 0.3, 0.5, 0.7, 0.9]),
    "tanh": np.arange(-3, 4) / 4,
    "relu": np.arange(5) / 2,
    "step": np.array([0.5]),
}
ENDS = {"sigmoid": (0, 1), "tanh": (-1, 1), "relu": (None, None), "step": (0, 1)}
BEFORE = {  # the pre-activation z of an output ŷ, so that bands end on straight lines
    "sigmoid": lambda y_hat: np.log(y_hat / (1 - y_hat)),
    "tanh": np.arctanh,
    "relu": np.copy,
    "step": np.zeros_like,
}


class Plane:
    """Samples of two classes, over the shaded output of what has the pre-activation `z`.

    Parameters
    ----------
    X, y, feature_names, class_names
        As for `plot_classes`, with two classes.
    activation : str
        One of `EDGES`.
    """

    def __init__(self, X, y, *, feature_names, class_names, activation):
        ax = new_axes(width=8.4, height=4.2)
        ax.plot([], [], color=INK, linestyle="-", label="boundary, $z = 0$")
        plot_classes(X, y, feature_names=feature_names, class_names=class_names, ax=ax)
        ax.margins(0.12)
        ax.grid(visible=False)
        legend_above(ax)
        edges = EDGES[activation]
        self._colors = SHADES(np.linspace(0, 1, len(edges) + 1))
        self._levels = [-FAR, *BEFORE[activation](edges), FAR]
        _draw_bar(ax, self._colors, edges, ENDS[activation])
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

        def draw(ax):
            ax.contourf(x1, x2, z, levels=self._levels, colors=self._colors)
            if z.min() < 0 < z.max():
                ax.contour(x1, x2, z, levels=[0], colors=INK, linewidths=2.5)

        return self.live.draw(draw, alt)


def _draw_bar(ax, colors, edges, ends):
    """Draw a colour bar of the output, which names every band's end or every other."""
    n = len(colors)
    bands = ScalarMappable(BoundaryNorm(range(n + 1), n), ListedColormap(colors))
    outputs = [ends[0], *edges, ends[1]]
    ticks = [i for i in range(0, n + 1, 2 if n > 6 else 1) if outputs[i] is not None]
    ticks = [0, n] if n == 2 else ticks
    bar = ax.figure.colorbar(bands, ax=ax, label=r"output $\hat{y}$", ticks=ticks)
    bar.ax.minorticks_off()
    bar.ax.set_yticklabels([format_number(outputs[i], 2) for i in ticks])


def checked_samples(X, y):
    """Return samples with two features and their labels, 0 or 1, after a check."""
    X = as_design_matrix("X", X, 2)
    return X, as_binary_labels("y", y, len(X))


def accuracy_in_words(z, y):
    """Return the accuracy in words; the class is 1 where `z > 0`."""
    right = int(np.sum((z > 0) == y))
    return f"Accuracy {format_number(right / len(y), 3)}: {right} of {len(y)} right."

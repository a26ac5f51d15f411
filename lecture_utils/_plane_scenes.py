"""The output of a neuron or of a network over the plane, drawn anew as its parameters change."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap

from lecture_utils._live import LivePicture
from lecture_utils._numbers import format_number
from lecture_utils._quantities import dense_layers
from lecture_utils._style import INK, SHADES, legend_above, new_axes
from lecture_utils._validation import require_count
from lecture_utils.activations import get_activation
from lecture_utils.losses import binary_cross_entropy_on_logits, squared_error
from lecture_utils.networks import Network
from lecture_utils.plotting import plot_classes
from lecture_utils.optimizers import GradientDescent
from lecture_utils.training import train

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


# A neuron with two inputs


@dataclass(frozen=True)
class NeuronState:
    """A neuron with two inputs, `ŷ = σ(z)` with `z = w₁x₁ + w₂x₂ + b`.

    Attributes
    ----------
    w1, w2, b : float
    activation : str
        ``"sigmoid"``, ``"tanh"``, ``"relu"`` or ``"step"``.
    """

    w1: float
    w2: float
    b: float
    activation: str

    def pre_activation(self, X):
        """Return `z`, shape (n,), for samples of shape (n, 2)."""
        return X @ [self.w1, self.w2] + self.b

    def loss(self, X, y):
        """Return `J` and the name of the loss.

        The cross-entropy is only for an output that is a probability. All others have half the
        mean squared error, the tanh against the targets −1 and 1, which are the ends of its
        range.
        """
        z = self.pre_activation(X)
        if self.activation == "sigmoid":
            return binary_cross_entropy_on_logits(z, y), "binary cross-entropy"
        y_hat = get_activation(self.activation)(z)
        if self.activation == "tanh":
            name = "half the mean squared error, targets \N{MINUS SIGN}1 and 1"
            return squared_error(y_hat, 2 * y - 1), name
        return squared_error(y_hat, y), "half the mean squared error"

    def text(self, X, y):
        """Return the loss and the accuracy in words."""
        loss, name = self.loss(X, y)
        return f"Loss J = {format_number(loss)} ({name}). {_accuracy(self.pre_activation(X), y)}"

    def description(self, X, y):
        """Return what the picture shows, in words."""
        w1, w2, b = map(format_number, (self.w1, self.w2, self.b))
        boundary = "a straight boundary" if self.w1 or self.w2 else "no boundary"
        return (
            f"Output of a neuron over the plane of its two inputs, with {boundary}. "
            f"Activation {self.activation}, w1 = {w1}, w2 = {w2}, b = {b}. {self.text(X, y)}"
        )


def _accuracy(z, y):
    """Return the accuracy in words; the class is 1 where `z > 0`."""
    right = int(np.sum((z > 0) == y))
    return f"Accuracy {format_number(right / len(y), 3)}: {right} of {len(y)} right."


# A network by epoch


@dataclass(frozen=True)
class Snapshot:
    """A network with a sigmoid at its end, at one moment of its training.

    Attributes
    ----------
    epoch : int
    pre_activation : callable
        Takes samples, shape (n, 2), returns the pre-activation `z` of the output, shape (n,).
    """

    epoch: int
    pre_activation: Callable

    def text(self, X, y):
        """Return the epoch, the loss and the accuracy in words."""
        z = self.pre_activation(X)
        loss = format_number(binary_cross_entropy_on_logits(z, y))
        return f"Epoch {self.epoch:,}: loss J = {loss} (binary cross-entropy). {_accuracy(z, y)}"

    def description(self, X, y):
        """Return what the picture shows, in words."""
        return f"Output of a network over the plane of its two inputs. {self.text(X, y)}"


def train_snapshots(network, X, y, *, learning_rate, epochs, every):
    """Train a network that ends in a sigmoid, and keep it at every few epochs.

    Each epoch is one step on all samples. The loss is taken on the pre-activation of the
    output, where a saturated sigmoid does no harm.

    Parameters
    ----------
    network : Network
        Two inputs; one output, from a sigmoid. It stays as it is.
    X : array, shape (n, 2)
    y : array, shape (n,)
        Labels, 0 or 1.
    learning_rate : float
    epochs, every : int
        Last epoch, and how many lie between two snapshots.

    Returns
    -------
    list of Snapshot

    Raises
    ------
    ValueError
        If the network has another form, `epochs` is no multiple of `every`, or as for `train`.
    """
    require_count("epochs", epochs)
    require_count("every", every)
    if epochs % every:
        raise ValueError(f"epochs must be a multiple of every, {every}, got {epochs}")
    dense = dense_layers(network)
    *before, last = network.layers
    if (dense[0].n_in, dense[-1].n_out, repr(last)) != (2, 1, "sigmoid"):
        raise ValueError(
            f"network must have 2 inputs and one output from a sigmoid, got {network!r}"
        )
    trained = Network(before)
    snapshots = [_snapshot(trained, 0)]
    for epoch in range(every, epochs + 1, every):
        trained, _ = train(
            trained, binary_cross_entropy_on_logits, X, y[:, None],
            optimizer=GradientDescent(learning_rate), epochs=every,
        )  # fmt: skip
        snapshots.append(_snapshot(trained, epoch))
    return snapshots


def _snapshot(network, epoch):
    return Snapshot(epoch, lambda X: network(X)[:, 0])

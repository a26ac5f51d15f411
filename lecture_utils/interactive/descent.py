"""Gradient descent of a neuron with two parameters, at three learning rates side by side."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from lecture_utils._validation import as_real_array
from lecture_utils.formatting import count, format_number
from lecture_utils.interactive.live import LivePicture
from lecture_utils.interactive.parts import Answer, Interactive, Slider
from lecture_utils.losses import squared_error
from lecture_utils.neuron import add_ones
from lecture_utils.style import HEIGHTS, INK, LINE_COLORS, LINE_STYLES, SteadyLayout

MULTIPLES = {"α/2": 0.5, "α": 1, "2α": 2}
MARKERS = ("o", "^", "s")
N_LEVELS = 9
ABOVE = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": 3}
MOST_STEPS = 30


def descent_player(X, y):
    """Return gradient descent of a linear neuron `ŷ = wx + b` at three learning rates.

    Controls: sliders ``alpha`` and ``n_steps``. The paths with half of α, α and twice α are
    drawn on the surface of `J`, half the mean squared error, and as curves over the steps; at
    first the last of them diverges.

    Parameters
    ----------
    X : array, shape (n, 1)
    y : array, shape (n,)
        Targets.

    Returns
    -------
    Interactive

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or all of `X` is the same.
    """
    scene = DescentScene(Bowl.of(X, y))

    def answer(alpha, n_steps):
        paths = scene.paths(alpha, int(n_steps))
        text = scene.text(paths, alpha)
        alt = f"Gradient descent at three learning rates, on the surface and over the steps. {text}"
        return Answer(scene.picture(paths, alt), alt, text)

    largest = scene.bowl.largest_step
    digits = max(0, 2 - int(np.floor(np.log10(largest))))
    step = 10.0**-digits
    controls = {
        "alpha": Slider(
            label="learning rate α", min=step, max=round(1.2 * largest, digits), step=step,
            value=round(0.55 * largest, digits), digits=digits,
        ),
        "n_steps": Slider(label="steps", min=1, max=MOST_STEPS, value=MOST_STEPS // 2),
    }  # fmt: skip
    return Interactive(controls, answer, [*controls.values()])


@dataclass(frozen=True)
class Bowl:
    """The loss of a linear neuron `ŷ = wx + b`, half the mean squared error: a quadratic bowl.

    Attributes
    ----------
    X1 : array, shape (n, 2)
        The input, then a one.
    y : array, shape (n,)
    """

    X1: np.ndarray
    y: np.ndarray

    @classmethod
    def of(cls, X, y):
        """Return the bowl of samples of shape (n, 1) and targets of shape (n,), checked."""
        X1 = add_ones(X)
        if X1.shape[1] != 2:
            raise ValueError(f"X must have 1 feature per sample, got {X1.shape[1] - 1}")
        if not np.ptp(X1[:, 0]):
            raise ValueError(f"X must hold at least two different numbers, got only {X1[0, 0]}")
        y = as_real_array("y", y)
        if y.shape != (len(X1),):
            raise ValueError(f"y must have shape ({len(X1)},), one per sample, got {y.shape}")
        return cls(X1, y.astype(float))

    def loss(self, theta):
        """Return `J(θ)` for `θ = (w, b)`."""
        return squared_error(self.X1 @ theta, self.y)

    def gradient(self, theta):
        """Return `∇J(θ)`, shape (2,)."""
        return self.X1.T @ squared_error.gradient(self.X1 @ theta, self.y)

    @cached_property
    def minimum(self):
        """The lowest point, shape (2,)."""
        return np.linalg.lstsq(self.X1, self.y)[0]

    @cached_property
    def _hessian(self):
        return np.linalg.eigh(self.X1.T @ self.X1 / len(self.y))

    @property
    def curvatures(self):
        """Second derivatives along `directions`, shape (2,), the smaller one first."""
        return self._hessian.eigenvalues

    @property
    def directions(self):
        """The axes of the bowl, one per column, each to larger `w`, or else to larger `b`."""
        vectors = self._hessian.eigenvectors
        along_w = np.abs(vectors[0]) > 1e-9
        return vectors * np.where(np.where(along_w, *vectors) < 0, -1, 1)

    @property
    def start(self):
        """A point from which both axes of the bowl have to be overcome, shape (2,)."""
        distance = np.abs(self.minimum).max() or 1.0
        return self.minimum - distance * self.directions @ [1, 0.6]

    @property
    def largest_step(self):
        """The learning rate `2/λ` above which descent diverges; `λ` is the larger curvature."""
        return 2 / self.curvatures[-1]


def descent_path(gradient, start, learning_rate, n_steps):
    """Return every point of gradient descent, `θ ← θ − α∇J(θ)`.

    Parameters
    ----------
    gradient : callable
        Takes θ, returns `+∇J(θ)`, both of shape (n_parameters,).
    start : array, shape (n_parameters,)
    learning_rate : float
    n_steps : int

    Returns
    -------
    array, shape (n_steps + 1, n_parameters)
    """
    path = [np.array(start, float)]
    for _ in range(n_steps):
        path.append(path[-1] - learning_rate * gradient(path[-1]))
    return np.array(path)


class DescentScene:
    """Three paths from one start, on the surface and as curves of the loss over the steps.

    Parameters
    ----------
    bowl : Bowl
    """

    def __init__(self, bowl):
        self.bowl = bowl
        figure = Figure(figsize=(9, 4.2), layout=SteadyLayout())
        self.surface, curves = figure.subplots(1, 2)
        self._draw_surface(self.surface)
        self._draw_curves(curves)
        self.live = LivePicture([self.surface, curves])

    def _draw_surface(self, ax):
        """Draw level sets of the bowl, which are ellipses, out to the one through the start."""
        bowl, lengths = self.bowl, 1 / np.sqrt(self.bowl.curvatures)
        radius = np.sqrt(2 * (bowl.loss(bowl.start) - bowl.loss(bowl.minimum)))
        angle = np.degrees(np.arctan2(*bowl.directions[::-1, 0]))
        shades = HEIGHTS(np.linspace(1, 0, N_LEVELS))
        for share, color in zip(np.linspace(1.25, 0, N_LEVELS, endpoint=False), shades):
            size = 2 * share * radius * lengths
            style = {"facecolor": color, "edgecolor": INK, "linewidth": 0.6}
            ax.add_patch(Ellipse(bowl.minimum, *size, angle=angle, **style))
        ax.plot(*bowl.minimum, "*", color=INK, markersize=14, label="minimum")
        half = 1.25 * np.abs(bowl.start - bowl.minimum).max()
        (left, right), (low, high) = bowl.minimum[:, None] + [-half, half]
        ax.set(xlim=(left, right), ylim=(low, high), aspect="equal")
        ax.set(xlabel="weight $w$", ylabel="bias $b$", facecolor=HEIGHTS(1.0))
        ax.grid(visible=False)
        ax.legend(**ABOVE)

    def _draw_curves(self, ax):
        lowest, highest = (self.bowl.loss(theta) for theta in (self.bowl.minimum, self.bowl.start))
        bottom = max(0.7 * lowest, 1e-4 * highest)
        ax.set(yscale="log", ylim=(bottom, 100 * highest), xlim=(-0.5, MOST_STEPS + 0.5))
        ax.set(xlabel="step $t$", ylabel="loss $J$")
        for name, style in zip(MULTIPLES, _styles()):
            ax.plot([], [], label=name, **style)
        ax.legend(**ABOVE)

    def paths(self, learning_rate, n_steps):
        """Return the path at each learning rate, by its name."""
        return {
            name: descent_path(
                self.bowl.gradient, self.bowl.start, multiple * learning_rate, n_steps
            )
            for name, multiple in MULTIPLES.items()
        }

    def picture(self, paths, alt):
        """Return the picture with these paths, as an SVG element."""

        def draw(surface, curves):
            # The last path, which may cross the others, comes first and so under them.
            for path, style in [*zip(paths.values(), _styles())][::-1]:
                surface.plot(*path.T, **style)
                curves.plot([self.bowl.loss(theta) for theta in path], **style)

        return self.live.draw(draw, alt)

    def text(self, paths, learning_rate):
        """Return in words where each path ended, and above which learning rate descent diverges."""
        ends = []
        for name, path in paths.items():
            alpha = format_number(MULTIPLES[name] * learning_rate, 3)
            loss = self.bowl.loss(path[-1])
            too_large = MULTIPLES[name] * learning_rate > self.bowl.largest_step
            grown = " (diverges)" if too_large else ""
            ends.append(f"J = {format_number(loss, 4)} with {name} = {alpha}{grown}")
        limit = format_number(self.bowl.largest_step, 3)
        return (
            f"After {count(len(path) - 1, 'step')}: {'; '.join(ends)}. "
            f"Above a learning rate of {limit} descent diverges."
        )


def _styles():
    """Yield the properties of each path's line."""
    for color, linestyle, marker in zip(LINE_COLORS[1:], LINE_STYLES, MARKERS):
        yield {"color": color, "linestyle": linestyle, "marker": marker, "markersize": 6}

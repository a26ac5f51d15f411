"""Gradient descent of a neuron with two parameters, at three learning rates side by side."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from lecture_utils._validation import as_real_array
from lecture_utils.formatting import count, format_number
from lecture_utils.interactive.live import LivePicture, place_of
from lecture_utils.interactive.parts import Answer, Interactive, Slider
from lecture_utils.interactive.still import packed, rounded
from lecture_utils.losses import squared_error
from lecture_utils.neuron import add_ones
from lecture_utils.style import HEIGHTS, INK, LINE_COLORS, LINE_STYLES, SteadyLayout

# In white and black, to be seen on any ground and above any line.
STAR = {
    "marker": "*", "linestyle": "", "markersize": 16, "markeredgewidth": 1.2,
    "markerfacecolor": "white", "markeredgecolor": INK,
}  # fmt: skip
MULTIPLES = {"α/2": 0.5, "α": 1, "2α": 2}
ORDER = ("2α", "α/2", "α")  # in which they are drawn: the last one is on top
MARKERS = ("o", "^", "s")
THIN = 1.2  # the line that may cross the others
SHARE = 0.96  # of the largest step that converges: twice α at the start
ROOM = 100  # how many times the first loss the curves go up to
N_LEVELS = 9
ABOVE = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": 3}
MOST_STEPS = 30


def descent_player(X, y):
    """Return gradient descent of a linear neuron `ŷ = wx + b` at three learning rates.

    Controls: sliders ``alpha`` and ``n_steps``. The paths with half of α, α and twice α are
    drawn on the surface of `J`, half the mean squared error, and as curves over the steps; at
    first the last of them just converges.

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
            value=round(SHARE * largest / 2, digits), digits=digits,
        ),
        "n_steps": Slider(label="steps", min=1, max=MOST_STEPS, value=MOST_STEPS // 2),
    }  # fmt: skip
    return Interactive(controls, answer, [*controls.values()], player=scene.numbers())


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
        start = self.minimum - distance * self.directions @ [1, 0.6]
        return np.array([rounded(parameter) for parameter in start])

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
        ax.plot([], [], **STAR, label="minimum")
        half = 1.25 * np.abs(bowl.start - bowl.minimum).max()
        (left, right), (low, high) = bowl.minimum[:, None] + [-half, half]
        ax.set(xlim=(left, right), ylim=(low, high), aspect="equal")
        ax.set(xlabel="weight $w$", ylabel="bias $b$", facecolor=HEIGHTS(1.0))
        ax.grid(visible=False)
        ax.legend(**ABOVE)

    def _draw_curves(self, ax):
        lowest, highest = (self.bowl.loss(theta) for theta in (self.bowl.minimum, self.bowl.start))
        bottom = max(0.7 * lowest, 1e-4 * highest)
        ax.set(yscale="log", ylim=(bottom, ROOM * highest), xlim=(-0.5, MOST_STEPS + 0.5))
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
            styles = dict(zip(MULTIPLES, _styles()))
            for name in ORDER:
                path = paths[name]
                losses = [(t, self.bowl.loss(theta)) for t, theta in enumerate(path)]
                surface.plot(*_to_the_frame(path, surface).T, **styles[name])
                curves.plot(*_to_the_frame(np.array(losses), curves).T, **styles[name])
            surface.plot(*self.bowl.minimum, **STAR)

        return self.live.draw(draw, alt)

    def numbers(self):
        """Return what a page has to know to compute and draw the same."""
        bowl = self.bowl
        paths = [
            {
                "name": name, "multiple": MULTIPLES[name], "color": style["color"],
                "width": style["linewidth"], "marker": style["marker"],
                "dash": _dash(style["linestyle"], style["linewidth"]),
            }
            for name, style in zip(MULTIPLES, _styles())
        ]  # fmt: skip
        return {
            "kind": "descent",
            "places": [place_of(ax) for ax in self.live.moving],
            "X": packed(bowl.X1[:, 0]),
            "y": packed(bowl.y),
            "start": bowl.start.tolist(),
            "minimum": [rounded(parameter, 9) for parameter in bowl.minimum],
            "limit": rounded(bowl.largest_step, 9),
            "paths": paths,
            "order": [[*MULTIPLES].index(name) for name in ORDER],
            "ink": INK,
        }

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
    widths = [THIN if name == ORDER[0] else 2.5 for name in MULTIPLES]
    for color, linestyle, marker, width in zip(LINE_COLORS[1:], LINE_STYLES, MARKERS, widths):
        size = {"linewidth": width, "markersize": 6 if width > THIN else 4}
        yield {"color": color, "linestyle": linestyle, "marker": marker} | size


def _dash(linestyle, width):
    """Return the lengths of dashes and gaps, in points."""
    lines = {"-": [], "--": rcParams["lines.dashed_pattern"]}
    pattern = lines.get(linestyle, rcParams["lines.dashdot_pattern"])
    return " ".join(f"{length * width:g}" for length in pattern)


def _to_the_frame(points, ax):
    """Return points up to the first that is out of sight, so that the line ends at the frame."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    x, y = points.T
    is_out = (x < left) | (x > right) | (y < low) | (y > high)
    return points[: is_out.argmax() + 1] if is_out.any() else points

"""Figures to play with: sliders and fields beside a picture that answers, for JupyterLab.

Each is a widget that also carries a still picture, for wherever no kernel answers: in a saved
notebook, in slides and in notes.
"""

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
from ipywidgets import HTML, Box, FloatText, Layout, Output, VBox

from lecture_utils._controls import Choice, Slider, Status
from lecture_utils._descent_scene import MOST_STEPS, Bowl, DescentScene
from lecture_utils._plane_scenes import EDGES, NeuronState, Plane, train_snapshots
from lecture_utils._stepper_scene import StepperScene
from lecture_utils._validation import as_binary_labels, as_design_matrix, require_positive

__all__ = ["backprop_stepper", "boundary_player", "descent_player", "neuron_playground"]

LARGEST_WEIGHT, LARGEST_BIAS = 10, 30  # of the playground's sliders
FINE = 33                              # points a side of the grid under a network's output
FIELDS = Layout(display="flex", flex_flow="row wrap")
# The text is beside the picture, or above it where the page is too narrow for both.
BESIDE = Layout(display="flex", flex_flow="row wrap-reverse", align_items="center")


@dataclass(frozen=True)
class Answer:
    """What a figure shows for the values of its controls.

    Attributes
    ----------
    svg, alt : str
        The picture, and what it shows in words.
    text : str
        Numbers, in a line over the picture.
    explanation : str
        Text beside the picture, in Markdown.
    problem : str
        What is wrong with the values, if anything; the rest is for the last values that were
        right.
    """

    svg: str
    alt: str
    text: str
    explanation: str = ""
    problem: str = ""


class Interactive(VBox):
    """Controls, and the picture and the text that answer to them.

    Parameters
    ----------
    controls : dict
        Widgets with a value, by name.
    answer : callable
        Takes the values by name, returns an `Answer`.
    rows : list of widgets
        How the controls are arranged.
    still : Answer, optional
        What is shown where no kernel answers; by default the first answer.

    Attributes
    ----------
    controls : dict
    picture, explanation, status, problem : widgets
        They show the parts of the answer.
    """

    def __init__(self, controls, answer, rows, still=None):
        self.controls, self._answer = controls, answer
        self.picture = HTML(layout=Layout(flex="3 1 440px", min_width="0"))
        self.explanation = Output(layout=Layout(flex="2 1 490px", min_width="0"))
        self.status, self.problem = Status(), Status(urgent=True)
        first = self._update()
        self._still = still or first
        shown = [self.picture, self.explanation] if first.explanation else [self.picture]
        beside = Box(shown, layout=BESIDE)
        super().__init__([*rows, self.status, self.problem, beside])
        for control in controls.values():
            control.observe(self._update, "value")

    def _update(self, change=None):
        values = {name: control.value for name, control in self.controls.items()}
        with _garbage_kept():
            answer = self._answer(**values)
        # No wider than the page; without this a narrow window would cut it off.
        style = '<svg style="max-width: 100%; height: auto"'
        self.picture.value = answer.svg.replace("<svg", style, 1)
        if answer.explanation:
            self.explanation.outputs = (_markdown(answer.explanation),)
        self.status.value, self.problem.value = answer.text, answer.problem
        return answer

    def _repr_mimebundle_(self, **kwargs):
        data = super()._repr_mimebundle_(**kwargs)
        data |= {"image/svg+xml": self._still.svg, "text/plain": self._still.alt}
        return data, {"image/svg+xml": {"alt": self._still.alt}}


@contextmanager
def _garbage_kept():
    """Put off the collection of garbage, which takes longer than a picture, until it is drawn."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _markdown(text):
    return {"output_type": "display_data", "data": {"text/markdown": text}, "metadata": {}}


def neuron_playground(X, y, *, feature_names, class_names):
    """Return a neuron with two inputs whose weights, bias and activation can be changed.

    Controls: sliders ``w1``, ``w2``, ``b``, a choice ``activation``. The boundary and the
    shading of the output move over the samples; loss and accuracy are written above.

    Parameters
    ----------
    X : array, shape (n, 2)
    y : array, shape (n,)
        Labels, 0 or 1.
    feature_names, class_names : sequence of 2 str
        Names of the axes with units, and of class 0 and class 1.

    Returns
    -------
    Interactive

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or a label is neither 0 nor 1.
    """
    X, y = _checked(X, y)
    names = {"feature_names": feature_names, "class_names": class_names}
    plane = cache(lambda activation: Plane(X, y, activation=activation, **names))

    def answer(**values):
        state = NeuronState(**values)
        alt = state.description(X, y)
        svg = plane(state.activation).picture(state.pre_activation, alt)
        return Answer(svg, alt, state.text(X, y))

    start = -round(X[:, 0].mean(), 1)  # the boundary divides the samples at the mean of x₁
    controls = {
        "w1": _weight_slider("w₁", 1, LARGEST_WEIGHT),
        "w2": _weight_slider("w₂", 0, LARGEST_WEIGHT),
        "b": _weight_slider("b", start, max(LARGEST_BIAS, 2 * abs(start))),
        "activation": Choice(label="activation", options=list(EDGES), value="sigmoid"),
    }
    return Interactive(controls, answer, [*controls.values()])


def _weight_slider(label, value, largest):
    return Slider(label=label, value=value, min=-largest, max=largest, step=0.1, digits=1)


def descent_player(X, y):
    """Return gradient descent of a linear neuron `ŷ = wx + b` at three step sizes.

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
        alt = f"Gradient descent at three step sizes, on the surface and over the steps. {text}"
        return Answer(scene.picture(paths, alt), alt, text)

    largest = scene.bowl.largest_step
    digits = max(0, 2 - int(np.floor(np.log10(largest))))
    step = 10.0**-digits
    controls = {
        "alpha": Slider(
            label="step size α", min=step, max=round(1.2 * largest, digits), step=step,
            value=round(0.55 * largest, digits), digits=digits,
        ),
        "n_steps": Slider(label="steps", min=1, max=MOST_STEPS, value=MOST_STEPS // 2),
    }  # fmt: skip
    return Interactive(controls, answer, [*controls.values()])


def boundary_player(network, X, y, *, learning_rate, epochs, every, feature_names, class_names):
    """Return the boundary of a network by epoch, after training it.

    Control: a slider ``epoch``, which can also play. The network is trained on all samples at
    each step, by binary cross-entropy, before this function returns.

    Parameters
    ----------
    network : Network
        Two inputs; one output, from a sigmoid. It stays as it is.
    X, y, feature_names, class_names
        As for `neuron_playground`.
    learning_rate : float
    epochs, every : int
        Last epoch, and how many lie between two positions of the slider.

    Returns
    -------
    Interactive

    Raises
    ------
    ValueError
        As for `neuron_playground` and `train`, if the network has another form, or if `epochs`
        is no multiple of `every`.
    """
    X, y = _checked(X, y)
    require_positive("learning_rate", learning_rate)
    plane = Plane(
        X, y, feature_names=feature_names, class_names=class_names, activation="sigmoid"
    )
    snapshots = train_snapshots(
        network, X, y, learning_rate=learning_rate, epochs=epochs, every=every
    )

    def answer(epoch):
        snapshot = snapshots[round(epoch / every)]
        alt = snapshot.description(X, y)
        svg = plane.picture(snapshot.pre_activation, alt, n_points=FINE)
        return Answer(svg, alt, snapshot.text(X, y))

    slider = Slider(label="epoch", min=0, max=epochs, step=every, stepping=True, playing=True)
    return Interactive({"epoch": slider}, answer, [slider], answer(epochs))


def backprop_stepper(network, loss, x, y):
    """Return backpropagation of one sample step by step, with text and drawing side by side.

    Controls: a slider ``step`` with buttons for the first step, the last, back and forward; a
    field for each number of the input, the target, and the weights.

    Parameters
    ----------
    network, loss, x, y
        As for `backprop`, for one sample. The network stays as it is.

    Returns
    -------
    Interactive

    Raises
    ------
    ValueError
        As for `backprop` and `draw_network`.
    """
    scene = StepperScene(network, loss, x, y)
    n_steps = len(scene.stages)
    slider = Slider(label="step", min=1, max=n_steps, value=1, stepping=True)
    fields = {name: _field(name, value) for name, value in scene.numbers.items()}

    def answer(step, **numbers):
        problem = ""
        try:
            scene.change(numbers)
        except ValueError as error:
            problem = f"Not changed: {error}. The picture is that of the last right numbers."
        step = int(step)
        return Answer(*scene.picture(step), scene.text(step), scene.explanation(step), problem)

    rows = [slider, Box([*fields.values()], layout=FIELDS)]
    still = answer(n_steps, **scene.numbers)
    return Interactive({"step": slider} | fields, answer, rows, still)


def _field(name, value):
    return FloatText(
        description=name, value=value, layout=Layout(width="130px"),
        style={"description_width": "45px"},
    )  # fmt: skip


def _checked(X, y):
    X = as_design_matrix("X", X, 2)
    return X, as_binary_labels("y", y, len(X))

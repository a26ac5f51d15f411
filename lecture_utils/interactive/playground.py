"""A neuron with two inputs whose weights, bias and activation can be changed."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from lecture_utils.activations import ACTIVATIONS, Activation, sigmoid
from lecture_utils.formatting import format_number
from lecture_utils.interactive.parts import Answer, Choice, Interactive, Slider
from lecture_utils.interactive.plane import (
    Plane,
    accuracy_in_words,
    checked_samples,
    output_range,
)
from lecture_utils.losses import binary_cross_entropy_on_logits, squared_error

LARGEST_WEIGHT, LARGEST_BIAS = 10, 30  # of the sliders


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
    X, y = checked_samples(X, y)
    names = {"feature_names": feature_names, "class_names": class_names}
    # The softmax is none of a single neuron.
    offered = {name: a for name, a in ACTIVATIONS.items() if isinstance(a, Activation)}
    plane = cache(lambda name: Plane(X, y, activation=offered[name], **names))

    def answer(*, activation, **weights):
        state = NeuronState(**weights, activation=offered[activation])
        alt = state.description(X, y)
        svg = plane(activation).picture(state.pre_activation, alt)
        return Answer(svg, alt, state.text(X, y))

    start = -round(X[:, 0].mean(), 1)  # the boundary divides the samples at the mean of x₁
    controls = {
        "w1": _weight_slider("w₁", 1, LARGEST_WEIGHT),
        "w2": _weight_slider("w₂", 0, LARGEST_WEIGHT),
        "b": _weight_slider("b", start, max(LARGEST_BIAS, 2 * abs(start))),
        "activation": Choice(label="activation", options=list(offered), value="sigmoid"),
    }
    return Interactive(controls, answer, [*controls.values()])


def _weight_slider(label, value, largest):
    return Slider(label=label, value=value, min=-largest, max=largest, step=0.1, digits=1)


@dataclass(frozen=True)
class NeuronState:
    """A neuron with two inputs, `ŷ = σ(z)` with `z = w₁x₁ + w₂x₂ + b`.

    Attributes
    ----------
    w1, w2, b : float
    activation : Activation
    """

    w1: float
    w2: float
    b: float
    activation: Activation

    def pre_activation(self, X):
        """Return `z`, shape (n,), for samples of shape (n, 2)."""
        return X @ [self.w1, self.w2] + self.b

    def loss(self, X, y):
        """Return `J` and the name of the loss.

        The cross-entropy is only for an output that is a probability. All others have half the
        mean squared error, against the ends of the activation's range as targets, −1 and 1 for
        the tanh, or against 0 and 1 where the range has no ends.
        """
        z = self.pre_activation(X)
        if self.activation == sigmoid:
            return binary_cross_entropy_on_logits(z, y), "binary cross-entropy"
        ends = output_range(self.activation)
        low, high = ends if np.isfinite(ends).all() else (0, 1)
        name = "half the mean squared error"
        if (low, high) != (0, 1):
            name += f", targets {format_number(low)} and {format_number(high)}"
        return squared_error(self.activation(z), low + (high - low) * y), name

    def text(self, X, y):
        """Return the loss and the accuracy in words."""
        loss, name = self.loss(X, y)
        accuracy = accuracy_in_words(self.pre_activation(X), y)
        return f"Loss J = {format_number(loss)} ({name}). {accuracy}"

    def description(self, X, y):
        """Return what the picture shows, in words."""
        w1, w2, b = map(format_number, (self.w1, self.w2, self.b))
        boundary = "a straight boundary" if self.w1 or self.w2 else "no boundary"
        return (
            f"Output of a neuron over the plane of its two inputs, with {boundary}. "
            f"Activation {self.activation}, w1 = {w1}, w2 = {w2}, b = {b}. {self.text(X, y)}"
        )

"""A neuron with two inputs whose weights, bias and activation can be changed."""

from dataclasses import dataclass
from functools import cache
from math import ceil

import numpy as np

from lecture_utils._validation import as_real_array
from lecture_utils.activations import ACTIVATIONS, Activation, sigmoid
from lecture_utils.formatting import format_number
from lecture_utils.interactive.parts import Answer, Choice, Interactive, Slider
from lecture_utils.interactive.plane import (
    Plane,
    accuracy_in_words,
    checked_samples,
    output_range,
    shading,
)
from lecture_utils.interactive.still import rounded
from lecture_utils.losses import binary_cross_entropy_on_logits, squared_error

LARGEST_WEIGHT, LARGEST_BIAS = 10, 30  # of the sliders, at least
WEIGHTS = {"w1": "w₁", "w2": "w₂", "b": "b"}
START = (1, -0.5)  # weights at the start: with one of them 0 the other would not turn the line


def neuron_playground(X, y, *, feature_names, class_names, trained=None):
    """Return a neuron with two inputs whose weights, bias and activation can be changed.

    Controls: sliders ``w1``, ``w2``, ``b``, a choice ``activation``. The boundary and the
    shading of the output move over the samples; loss and accuracy are written above. What is
    wrong is ringed. A button leads back to the start, and one to the trained weights, if given.
    In a page, the boundary can also be moved by its two handles.

    Parameters
    ----------
    X : array, shape (n, 2)
    y : array, shape (n,)
        Labels, 0 or 1.
    feature_names, class_names : sequence of 2 str
        Names of the axes with units, and of class 0 and class 1.
    trained : sequence of 3 float, optional
        The weights and the bias of a trained neuron.

    Returns
    -------
    Interactive

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or a label is neither 0 nor 1.
    TypeError
        If an argument does not hold numbers.
    """
    X, y = checked_samples(X, y)
    names = {"feature_names": feature_names, "class_names": class_names}
    # The softmax is none of a single neuron.
    offered = {name: a for name, a in ACTIVATIONS.items() if isinstance(a, Activation)}
    plane = cache(lambda name: Plane(X, y, activation=offered[name], **names))

    def answer(*, activation, **weights):
        state = NeuronState(**weights, activation=offered[activation])
        where = plane("sigmoid").words_where_it_went(**weights)
        alt = state.description(X, y) + where
        svg = plane(activation).picture(state.pre_activation, alt)
        return Answer(svg, alt, state.text(X, y) + where)

    # At the start the boundary goes through the middle of the samples. Of values in tenths, such
    # as those of flowers, none lies on it, where rounding would decide on which side.
    presets = {"start": dict(zip(WEIGHTS, (*START, -round(float(X.mean(axis=0) @ START), 2))))}
    if trained is not None:
        presets["trained"] = _checked_weights(trained)
    controls = {
        name: _weight_slider(label, [preset[name] for preset in presets.values()], least)
        for (name, label), least in zip(
            WEIGHTS.items(), (LARGEST_WEIGHT, LARGEST_WEIGHT, LARGEST_BIAS)
        )
    }
    controls["activation"] = Choice(
        label="activation", options=list(offered), value="sigmoid"
    )
    shown = plane("sigmoid").numbers() | {
        "kind": "playground",
        "activations": [_in_page(activation) for activation in offered.values()],
    }
    return Interactive(controls, answer, [*controls.values()], presets=presets, player=shown)


def _weight_slider(label, values, least):
    """Return a slider of whole numbers and tenths that starts at the first of `values`."""
    largest = max(least, *(10 * ceil(abs(1.2 * value) / 10) for value in values))
    return Slider(label=label, value=values[0], min=-largest, max=largest, step=0.1, digits=2)


def _checked_weights(trained):
    trained = as_real_array("trained", trained)
    if trained.shape != (3,):
        raise ValueError(f"trained must be w1, w2 and b, shape (3,), got {trained.shape}")
    return dict(zip(WEIGHTS, map(rounded, trained)))


def _in_page(activation):
    """Return what a page has to know of an activation, whose formula it has by its name."""
    low, high, loss = _loss_of(activation)
    return shading(activation) | {"name": activation.name, "targets": [low, high], "loss": loss}


@cache
def _loss_of(activation):
    """Return the targets of both classes, and the name of the loss."""
    if activation == sigmoid:
        return 0.0, 1.0, "binary cross-entropy"
    ends = output_range(activation)
    low, high = map(float, ends) if np.isfinite(ends).all() else (0.0, 1.0)
    name = "half the mean squared error"
    if (low, high) != (0, 1):
        name += f", targets {format_number(low)} and {format_number(high)}"
    return low, high, name


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
        z, (low, high, name) = self.pre_activation(X), _loss_of(self.activation)
        if self.activation == sigmoid:
            return binary_cross_entropy_on_logits(z, y), name
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

"""Activation functions, each with its derivative; every one can stand in a network as a layer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lecture_utils._validation import as_float_array

LEAKY_SLOPE = 0.01  # slope of the leaky ReLU for z < 0 (Maas, Hannun, Ng 2013)


@dataclass(frozen=True)
class Activation:
    """A function `y = σ(z)` applied to each entry, with its derivative `σ′(z)`.

    Call it like a function: ``sigmoid(z)``, ``sigmoid.derivative(z)``. It is also a layer
    without parameters: ``forward`` and ``backward`` keep the shape of their argument.

    Parameters
    ----------
    name : str
        Name under which `get_activation` finds it.
    function, slope : callable
        `σ` and `σ′` on arrays of floats; both return the shape they are given.
    """

    name: str
    function: Callable
    slope: Callable

    params: ClassVar[dict] = {}

    def __call__(self, z):
        """Return `σ(z)`, same shape as `z`; raises TypeError if `z` does not hold numbers."""
        with np.errstate(over="ignore"):
            return self.function(as_float_array("z", z))[()]

    def derivative(self, z):
        """Return `σ′(z)`, same shape as `z`; raises TypeError if `z` does not hold numbers."""
        return self.slope(as_float_array("z", z))[()]

    def forward(self, z):
        """Return `y = σ(z)` and what `backward` needs, which is `z`."""
        return self.function(z), z

    def backward(self, dy, z):
        """Return `∂J/∂z = ∂J/∂y ⊙ σ′(z)`, same shape as `z`, and no parameter gradients."""
        return dy * self.slope(z), {}

    def __repr__(self):
        return self.name


# Each formula below branches on the real part of z, as maximum and minimum do too, so that it also
# holds for the complex numbers of a complex-step gradient check.


def _sigmoid(z):
    # Far below 0, exp(−z) is infinite, and 1 / (1 + ∞) is 0, as it should be. A complex number
    # would be none any more.
    e = np.exp(-z if z.dtype.kind == "f" else np.minimum(-z, 709.0))
    return 1.0 / (1.0 + e)


def _sigmoid_slope(z):
    # σ(z) σ(−z) rather than σ(z) (1 − σ(z)): no digits are lost where σ(z) is close to 1. With
    # e = exp(−|z|) the two factors are 1 / (1 + e) and e / (1 + e).
    e = np.exp(np.minimum(z, -z))
    return e / (1.0 + e) ** 2


def _tanh_slope(z):
    return 1 - np.tanh(z) ** 2


def _step(z):
    return (z.real > 0).astype(z.dtype)


def _relu(z):
    return np.maximum(z, 0)


def _leaky_relu(z):
    return np.where(z.real > 0, z, LEAKY_SLOPE * z)


def _leaky_relu_slope(z):
    return np.where(z.real > 0, 1, LEAKY_SLOPE).astype(z.dtype)


step = Activation("step", _step, np.zeros_like)  # at 0 it has no derivative: 0 by convention
sigmoid = Activation("sigmoid", _sigmoid, _sigmoid_slope)
tanh = Activation("tanh", np.tanh, _tanh_slope)
relu = Activation("relu", _relu, _step)  # at 0 the derivative is 0 by convention
leaky_relu = Activation("leaky_relu", _leaky_relu, _leaky_relu_slope)
identity = Activation("identity", np.copy, np.ones_like)


@dataclass(frozen=True)
class Softmax:
    """Softmax `y_k = exp(z_k) / Σ_m exp(z_m)` over the last axis: scores to probabilities.

    Adding the same number to every entry of `z` changes nothing, so the largest entry is
    subtracted first and nothing overflows (Bridle 1990; Goodfellow et al. 2016, section 4.1).
    """

    name: str = "softmax"

    params: ClassVar[dict] = {}

    def __call__(self, z):
        """Return probabilities, same shape as `z`, that sum to 1 along the last axis.

        Raises TypeError if `z` does not hold numbers, ValueError if it has no last axis.
        """
        z = as_float_array("z", z)
        if z.ndim == 0 or z.shape[-1] == 0:
            raise ValueError(
                f"z must have at least one entry in its last axis, got shape {z.shape}"
            )
        return self.forward(z)[0]

    def forward(self, z):
        """Return `y = softmax(z)` and what `backward` needs, which is `y`."""
        with np.errstate(over="ignore"):  # a difference beyond float's range has exp 0 anyway
            e = np.exp(z - z.real.max(axis=-1, keepdims=True))
        y = e / e.sum(axis=-1, keepdims=True)
        return y, y

    def backward(self, dy, y):
        """Return `∂J/∂z_k = y_k (∂J/∂y_k − Σ_m y_m ∂J/∂y_m)` and no parameter gradients."""
        return y * (dy - (y * dy).sum(axis=-1, keepdims=True)), {}

    def __repr__(self):
        return self.name


softmax = Softmax()

ACTIVATIONS = {a.name: a for a in (step, sigmoid, tanh, relu, leaky_relu, identity, softmax)}


def get_activation(name, argument="name"):
    """Return the activation called `name`; an activation object is returned as it is.

    Parameters
    ----------
    name : str or activation
    argument : str
        What the errors call it.

    Raises
    ------
    ValueError
        If there is no activation of that name.
    TypeError
        If `name` is neither a name nor an activation.
    """
    if isinstance(name, (Activation, Softmax)):
        return name
    if not isinstance(name, str):
        raise TypeError(f"{argument} must be a name or an activation, got {type(name).__name__}")
    if name not in ACTIVATIONS:
        raise ValueError(f"{argument} must be one of {', '.join(ACTIVATIONS)}; got {name!r}")
    return ACTIVATIONS[name]


def gives_probabilities(layer):
    """Return whether a layer is a function into the range from 0 to 1, as sigmoid and softmax."""
    if isinstance(layer, Activation):
        ends = layer(np.array([-1e3, 0, 1e3]))
        return bool((ends >= 0).all() and (ends <= 1).all())
    return isinstance(layer, Softmax)

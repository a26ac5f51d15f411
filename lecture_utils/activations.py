"""Activation functions, each with its derivative; every one can stand in a network as a layer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from lecture_utils._validation import as_float_array

# What LaTeX does not print as it stands, and what prints it.
SPECIAL = {c: rf"\{c}" for c in "_$%#&{} "} | {"\\": r"\backslash{}", "^": r"\wedge{}"}
ESCAPES = str.maketrans(SPECIAL | {"~": r"\sim{}", "<": r"\lt{}", ">": r"\gt{}"})
LEAKY_SLOPE = 0.01  # slope of the leaky ReLU for z < 0 (Maas, Hannun, Ng 2013)


@dataclass(frozen=True)
class Activation:
    r"""A function `y = σ(z)` applied to each entry, with its derivative `σ′(z)`.

    Call it like a function: ``sigmoid(z)``, ``sigmoid.derivative(z)``. It is also a layer
    without parameters: ``forward`` and ``backward`` keep the shape of their argument. One of
    your own need not be in `ACTIVATIONS` to be trained with, plotted and explained.

    Parameters
    ----------
    name : str
    function, slope : callable
        `σ` and `σ′` on arrays of floats; both return the shape they are given.
    latex : str, optional
        How a formula writes the function, by default ``\operatorname{name}``.
    label : str, optional
        How a figure names it, by default by its name.
    """

    name: str
    function: Callable
    slope: Callable
    latex: str | None = field(default=None, kw_only=True)
    label: str | None = field(default=None, kw_only=True)

    params: ClassVar[Mapping] = MappingProxyType({})

    def __post_init__(self):
        if not isinstance(self.name, str):
            raise TypeError(f"name must be a text, got {type(self.name).__name__}")
        # An activation is frozen, so what is left out can't be set in the usual way.
        if self.latex is None:
            latex = rf"\operatorname{{{self.name.translate(ESCAPES)}}}"
            object.__setattr__(self, "latex", latex)
        if self.label is None:
            object.__setattr__(self, "label", self.name)

    def __call__(self, z):
        """Return `σ(z)`, same shape as `z`; raises TypeError if `z` does not hold numbers."""
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
    # 1 / (1 + exp(−z)), for z < 0 with both parts multiplied by exp(z): so
    # exp never gets a positive number, with which it could overflow.
    return np.exp(np.minimum(z, 0.0)) / (1.0 + np.exp(np.minimum(z, -z)))


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
sigmoid = Activation("sigmoid", _sigmoid, _sigmoid_slope, latex=r"\sigma")
tanh = Activation("tanh", np.tanh, _tanh_slope, latex=r"\tanh")
relu = Activation(  # at 0 the derivative is 0 by convention
    "relu", _relu, _step, latex=r"\operatorname{ReLU}", label="ReLU"
)
leaky_relu = Activation(
    "leaky_relu", _leaky_relu, _leaky_relu_slope,
    latex=r"\operatorname{LReLU}", label="leaky ReLU",
)  # fmt: skip
identity = Activation("identity", np.copy, np.ones_like)


@dataclass(frozen=True)
class Softmax:
    """Softmax `y_k = exp(z_k) / Σ_m exp(z_m)` over the last axis: scores to probabilities.

    Adding the same number to every entry of `z` changes nothing, so the largest entry is
    subtracted first and nothing overflows (Bridle 1990; Goodfellow et al. 2016, section 4.1).
    """

    name: ClassVar[str] = "softmax"
    latex: ClassVar[str] = r"\operatorname{softmax}"

    params: ClassVar[Mapping] = MappingProxyType({})

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

# All of this module, by name: what is tested, offered, and found by `get_activation`.
ACTIVATIONS = {a.name: a for a in [*vars().values()] if isinstance(a, (Activation, Softmax))}


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

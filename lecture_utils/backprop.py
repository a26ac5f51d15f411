"""Backpropagation: one pass forward, one pass backward, and all gradients are there."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lecture_utils.losses import Loss
from lecture_utils.networks import as_batch, pair


@dataclass(frozen=True)
class Step:
    """What happened in one layer, forward and backward.

    Attributes
    ----------
    layer : layer
    x, dx : array, shape (n, n_in)
        Input of the layer and `∂J/∂x`.
    y, dy : array, shape (n, n_out)
        Output of the layer and `∂J/∂y`.
    grads : dict
        `∂J/∂` each parameter of the layer, by the parameter's name.
    """

    layer: object
    x: np.ndarray
    y: np.ndarray
    dy: np.ndarray
    dx: np.ndarray
    grads: dict

    def __post_init__(self):
        """Refuse gradients that are not those of the input and of all parameters."""
        shapes = {name: theta.shape for name, theta in self.layer.params.items()}
        named = isinstance(self.grads, Mapping)
        given = {name: _shape(g) for name, g in self.grads.items()} if named else _shape(self.grads)
        if given != shapes or _shape(self.dx) != self.x.shape:
            layer = getattr(self.layer, "layer", self.layer)  # of one in training
            raise ValueError(
                f"backward of {type(layer).__name__} must return dx, an array of shape "
                f"{self.x.shape}, and a dict of gradients of shapes {shapes}, "
                f"got {_shape(self.dx)} and {given}"
            )


def _shape(array):
    """Return the shape of an array of floats, and the type of anything else."""
    if isinstance(array, np.ndarray) and array.dtype.kind in "fc":
        return array.shape
    return getattr(array, "dtype", type(array).__name__)


@dataclass(frozen=True)
class Trace:
    """Everything that one call of `backprop` computed.

    Attributes
    ----------
    loss : float
        `J`.
    steps : tuple of Step
        One a layer, in the order of the forward pass.
    objective : Loss
        The function that `loss` is a value of.
    y : array, shape (n, n_out)
        Target.
    """

    loss: float
    steps: tuple
    objective: Loss
    y: np.ndarray

    @property
    def y_hat(self):
        """Prediction, shape (n, n_out)."""
        return self.steps[-1].y

    @property
    def grads(self):
        """Gradients of all parameters, in the order of ``network.parameters``."""
        return [step.grads[name] for step in self.steps for name in step.layer.params]


def backprop(network, loss, x, y):
    """Return the loss of a network on a batch and its gradient by every quantity.

    Parameters
    ----------
    network : Network
    loss : Loss
    x : array, shape (n, n_in) for a batch or (n_in,) for one sample
    y : array, shape (n, n_out), or (n_out,) for one sample
        Target.

    Returns
    -------
    Trace

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or a target is not allowed.

    References
    ----------
    Rumelhart, Hinton, Williams (1986), Learning representations by back-propagating errors.
    """
    x, y = as_batch(network, loss, x, y)

    passed = []                                  # forward, from the first layer to the last
    signal = x
    for layer in network.layers:
        output, cache = pair(layer.forward(signal), layer)
        passed.append((layer, signal, output, cache))
        signal = output

    steps = []                                   # backward, from the last layer to the first
    dy = loss.gradient(signal, y)                # ∂J/∂ŷ
    for layer, inputs, output, cache in reversed(passed):
        dx, grads = pair(layer.backward(dy, cache), layer)   # the chain rule for one layer
        steps.append(Step(layer, inputs, output, dy, dx, grads))
        dy = dx                                  # this layer's input was that layer's output
    return Trace(loss(signal, y), tuple(reversed(steps)), loss, y)


def loss_and_gradients(network, loss, x, y):
    """Return the prediction, the losses, and the gradients of `J` by all parameters, for training.

    The same numbers as those of `backprop`, without the record of each layer, without checks, and
    without `∂J/∂x`, for which the first layer would need as much time as for its gradients.

    Parameters
    ----------
    network : Network
    loss : Loss
    x : array, shape (n, n_in)
    y : array, shape (n, n_out)
        Target.

    Returns
    -------
    y_hat : array, shape (n, n_out)
    losses : array, shape (n, n_out) or (n,)
        Their sum, divided by `n`, is `J`.
    grads : list of array
        In the order of ``network.parameters``.
    """
    y_hat, caches = network.forward(x)
    losses, dy = loss.both(y_hat, y)
    dy /= float(len(y))                                 # ∂J/∂ŷ

    layers, first = network.layers, network.first_with_params
    grads = []
    for i in range(len(layers) - 1, first, -1):         # from the last layer to the first
        dy, own = layers[i].backward(dy, caches[i])
        grads = [own[name] for name in layers[i].params] + grads
    if network.first_can_stop_early:
        own = layers[first].parameter_gradients(dy, caches[first])
    else:
        _, own = layers[first].backward(dy, caches[first])
    return y_hat, losses, [own[name] for name in layers[first].params] + grads

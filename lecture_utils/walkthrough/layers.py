"""A dense layer of a trace with its activation: its numbers, and their names in a formula."""

from dataclasses import dataclass

import numpy as np

from lecture_utils.activations import Softmax
from lecture_utils.diagrams.naming import Naming
from lecture_utils.layers import Dense
from lecture_utils.losses import binary_cross_entropy, cross_entropy, squared_error
from lecture_utils.networks import dense_layers, layer_sizes

FUNCTIONS = {
    "sigmoid": r"\sigma",
    "tanh": r"\tanh",
    "relu": r"\operatorname{ReLU}",
    "leaky_relu": r"\operatorname{LReLU}",
    "step": r"\operatorname{step}",
    "softmax": r"\operatorname{softmax}",
}
OBJECTIVES = (squared_error, binary_cross_entropy, cross_entropy)


@dataclass(frozen=True)
class NamedLayer:
    """Numbers and names of a dense layer, with its activation, for one sample.

    Attributes
    ----------
    index : int
        Number of the layer, from 1.
    naming : Naming
        Of the network.
    dense, activation : layers
        The activation is None where there is none.
    x, z, h, dz, dh : array, shape (n_in,) or (n_out,)
        Input, pre-activation, output, and the gradients of the last two.
    grads : dict
    """

    index: int
    naming: Naming
    dense: Dense
    activation: object
    x: np.ndarray
    z: np.ndarray
    h: np.ndarray
    dz: np.ndarray
    dh: np.ndarray
    grads: dict

    @property
    def is_last(self):
        """Whether it is the output layer."""
        return self.index == self.naming.n_dense

    @property
    def function(self):
        """Name of the activation in a formula, or None where `h = z`."""
        return None if self.activation is None else FUNCTIONS.get(self.activation.name)

    @property
    def matrix(self):
        """Name of the weights in a formula."""
        return self.naming.matrix(self.index).latex

    @property
    def biases(self):
        """Name of the biases in a formula."""
        return self.naming.biases(self.index).latex

    def x_(self, j):
        """Return the name of input `j`, from 1, in a formula."""
        return self.naming.node(self.index - 1, j).latex

    def h_(self, k):
        """Return the name of the output of neuron `k`, from 1, in a formula."""
        return self.naming.node(self.index, k).latex

    def W_(self, j, k):
        """Return the name of the weight from input `j` to neuron `k` in a formula."""
        return self.naming.weight(self.index, j, k).latex

    def b_(self, k):
        """Return the name of the bias of neuron `k` in a formula."""
        return self.naming.bias(self.index, k).latex

    def z_(self, k):
        """Return the name of the pre-activation of neuron `k` in a formula."""
        return self.naming.pre_activation(self.index, k).latex

    def delta_(self, k):
        """Return the name of the error signal of neuron `k` in a formula."""
        return self.naming.error(self.index, k).latex


def named_layers(trace, network):
    """Return the dense layers of a trace of one sample; what can't be written out is refused."""
    dense = dense_layers(network)
    naming = Naming(layer_sizes(dense))
    if len(trace.steps[0].x) != 1:
        raise ValueError(f"trace must be of one sample, got {len(trace.steps[0].x)}")
    starts = [i for i, step in enumerate(trace.steps) if step.layer in dense]
    result = []
    for index, (start, end) in enumerate(zip(starts, [*starts[1:], len(trace.steps)]), start=1):
        first, last = trace.steps[start], trace.steps[end - 1]
        if end - start > 2:
            raise ValueError(
                f"trace must have one activation a layer to be explained, got {network!r}"
            )
        activation = None if first is last else last.layer
        rows = (array[0] for array in (first.x, first.y, last.y, first.dy, last.dy))
        result.append(NamedLayer(index, naming, first.layer, activation, *rows, first.grads))
    gradients = [value for layer in result for value in (*layer.dz, *layer.dh)]
    if not np.isfinite([trace.loss, *gradients]).all():
        raise ValueError(
            f"trace must be finite to be explained, got a loss of {trace.loss:.6g} for the output "
            f"{trace.y_hat[0]} and the target {trace.y[0]}"
        )
    softmax = [isinstance(layer.activation, Softmax) for layer in result]
    if trace.objective not in OBJECTIVES or any(softmax[:-1]) or (
        softmax[-1] != (trace.objective is cross_entropy)
    ):
        raise ValueError(
            "trace must be of squared_error, of binary_cross_entropy, or of cross_entropy behind "
            f"a softmax to be explained, got {trace.objective} behind {network!r}"
        )
    return result

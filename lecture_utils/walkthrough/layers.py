"""A dense layer of a trace with its activation: its numbers, and their names in a formula."""

from dataclasses import dataclass

import numpy as np

from lecture_utils.activations import Activation, Softmax, identity, softmax
from lecture_utils.diagrams.naming import Naming
from lecture_utils.layers import Dense
from lecture_utils.networks import dense_layers, layer_sizes


@dataclass(frozen=True)
class NamedLayer:
    """Numbers and names of a dense layer, with its activation, for one sample.

    Attributes
    ----------
    index : int
        Number of the layer, from 1.
    naming : Naming
        Of the network.
    dense : Dense
    activation : Activation or Softmax
        The identity where there is none.
    x, z, h, dz, dh : array, shape (n_in,) or (n_out,)
        Input, pre-activation, output, and the gradients of the last two.
    grads : dict
    """

    index: int
    naming: Naming
    dense: Dense
    activation: Activation | Softmax
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
                f"trace must have one activation per layer to be explained, got {network!r}"
            )
        activation = identity if first is last else last.layer
        if not isinstance(activation, Activation) and activation != softmax:
            raise ValueError(
                "trace must have the softmax or an Activation behind each dense layer to be "
                f"explained, got {type(activation).__name__}"
            )
        if not np.allclose(first.layer.forward(first.x)[0], first.y, rtol=1e-12, atol=0):
            raise ValueError(
                f"trace must be of the network as it is, but the weights of layer {index} have "
                "changed since: call backprop again"
            )
        rows = (array[0] for array in (first.x, first.y, last.y, first.dy, last.dy))
        result.append(NamedLayer(index, naming, first.layer, activation, *rows, first.grads))
    return result

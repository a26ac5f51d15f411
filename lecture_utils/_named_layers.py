"""A dense layer of a trace with its activation: its numbers, and their names in a formula."""

from dataclasses import dataclass

import numpy as np

from lecture_utils._quantities import dense_layers, layer_sizes
from lecture_utils.activations import Softmax
from lecture_utils.layers import Dense
from lecture_utils.losses import binary_cross_entropy, cross_entropy, squared_error

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
    """Numbers and names of a dense layer `l` of `L`, with its activation, for one sample.

    Attributes
    ----------
    index, sizes : int, list of int
        Number of the layer, from 1, and of the nodes in all layers of nodes.
    dense, activation : layers
        The activation is None where there is none.
    x, z, h, dz, dh : array, shape (n_in,) or (n_out,)
        Input, pre-activation, output, and the gradients of the last two.
    grads : dict
    """

    index: int
    sizes: list
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
        return self.index == len(self.sizes) - 1

    @property
    def has_one_output(self):
        """Whether it is the output layer, with one neuron."""
        return self.is_last and self.sizes[-1] == 1

    @property
    def function(self):
        """Name of the activation in a formula, or None where `h = z`."""
        return None if self.activation is None else FUNCTIONS.get(self.activation.name)

    @property
    def matrix(self):
        """Name of the weights: W or V, or numbered if there are more than two layers."""
        return "WV"[self.index - 1] if len(self.sizes) <= 3 else f"W^{{({self.index})}}"

    @property
    def bias(self):
        """Name of the biases: b or c, or numbered."""
        return "bc"[self.index - 1] if len(self.sizes) <= 3 else f"b^{{({self.index})}}"

    def x_(self, j):
        """Return the name of input `j`, from 1."""
        return f"x_{{{j}}}" if self.index == 1 else self._hidden(self.index - 1, "h", j)

    def h_(self, k):
        """Return the name of the output of neuron `k`, from 1."""
        if not self.is_last:
            return self._hidden(self.index, "h", k)
        return r"\hat{y}" if self.has_one_output else rf"\hat{{y}}_{{{k}}}"

    def W_(self, j, k):
        """Return the name of the weight from input `j` to neuron `k`."""
        return f"{self.matrix}_{{{j}}}" if self.has_one_output else f"{self.matrix}_{{{j}{k}}}"

    def b_(self, k):
        """Return the name of the bias of neuron `k`."""
        return self.bias if self.has_one_output else f"{self.bias}_{{{k}}}"

    def z_(self, k, letter="z"):
        """Return the name of the pre-activation of neuron `k`."""
        if not self.is_last:
            return self._hidden(self.index, letter, k)
        return rf"{letter}_{{\text{{out}}{'' if self.has_one_output else f',{k}'}}}"

    def delta_(self, k):
        """Return the name of the error signal of neuron `k`."""
        return self.z_(k, r"\delta")

    def _hidden(self, index, letter, k):
        layer = "" if len(self.sizes) <= 3 else f"^{{({index})}}"
        return f"{letter}{layer}_{{{k}}}"


def named_layers(trace, network):
    """Return the dense layers of a trace of one sample; what can't be written out is refused."""
    dense, sizes = dense_layers(network), layer_sizes(dense_layers(network))
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
        result.append(NamedLayer(index, sizes, first.layer, activation, *rows, first.grads))
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

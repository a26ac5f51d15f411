"""Which numbers of a network can be shown, what they are called, and when they appear.

The rule for names is one for drawings, text alternatives and formulas: `x`, `h` and `ŷ` for what
the layers of nodes hold, `W` and `V` for the weights of two layers, and all with the number of
the layer where there are more.
"""

from dataclasses import dataclass

import numpy as np

from lecture_utils.layers import Dense
from lecture_utils.networks import dense_layers, layer_sizes

LATEX = {"ŷ": r"\hat{y}", "δ": r"\delta"}


# Names


@dataclass(frozen=True)
class Name:
    """The name of a quantity: its letter, its layer where these are numbered, and its index."""

    letter: str
    layer: int | None = None
    index: str = ""

    @property
    def plain(self):
        """The name in running text: ``h2``, ``W1_23``."""
        if self.layer is None:
            return f"{self.letter}{self.index}"
        return f"{self.letter}{self.layer}" + (f"_{self.index}" if self.index else "")

    @property
    def latex(self):
        """The name in a formula: ``h_{2}``, ``W^{(1)}_{23}``."""
        layer = "" if self.layer is None else f"^{{({self.layer})}}"
        index = f"_{{{self.index}}}" if self.index else ""
        return f"{LATEX.get(self.letter, self.letter)}{layer}{index}"

    @property
    def drawn(self):
        """The name on a drawing, in the letters of formulas."""
        return f"${self.latex}$"


@dataclass(frozen=True)
class Naming:
    """What the numbers of a network are called.

    Layers of nodes are counted from 0, the input; dense layer `l` leads to layer `l` of nodes.
    Inputs `j` and neurons `k` are counted from 1; a letter in place of a number stands for all.

    Attributes
    ----------
    sizes : list of int
        Number of nodes in each layer of nodes.
    """

    sizes: list

    @property
    def n_dense(self):
        """Number of dense layers."""
        return len(self.sizes) - 1

    def node(self, layer, k):
        """Return the name of input, hidden unit or output `k`."""
        if layer == 0:
            return Name("x", None, f"{k}")
        if layer == self.n_dense:
            return Name("ŷ", None, self._of_output(k))
        return self._of_hidden("h", layer, k)

    def matrix(self, layer):
        """Return the name of the weights of a dense layer."""
        return self._of_layer("WV", layer)

    def weight(self, layer, j, k):
        """Return the name of the weight from node `j` to neuron `k`."""
        matrix = self.matrix(layer)
        comma = "," if max(self.sizes) > 9 else ""  # W with the index 111 could be of two weights
        index = f"{j}" if self._is_single(layer) else f"{j}{comma}{k}"
        return Name(matrix.letter, matrix.layer, index)

    def biases(self, layer):
        """Return the name of the biases of a dense layer."""
        return self._of_layer("bc", layer)

    def bias(self, layer, k):
        """Return the name of the bias of neuron `k`."""
        biases = self.biases(layer)
        return Name(biases.letter, biases.layer, "" if self._is_single(layer) else f"{k}")

    def pre_activation(self, layer, k):
        """Return the name of the pre-activation of neuron `k`."""
        return self._before_activation("z", layer, k)

    def error(self, layer, k):
        """Return the name of the error signal of neuron `k`."""
        return self._before_activation("δ", layer, k)

    def _before_activation(self, letter, layer, k):
        if layer < self.n_dense:
            return self._of_hidden(letter, layer, k)
        return Name(letter, None, ",".join(filter(None, [r"\text{out}", self._of_output(k)])))

    def _of_layer(self, letters, layer):
        return Name(letters[layer - 1]) if self.n_dense <= 2 else Name(letters[0], layer)

    def _of_hidden(self, letter, layer, k):
        return Name(letter, None if self.n_dense <= 2 else layer, f"{k}")

    def _of_output(self, k):
        return "" if self.sizes[-1] == 1 else f"{k}"

    def _is_single(self, layer):
        return self.sizes[layer] == 1 and layer == self.n_dense


def layer_names(n_layers):
    """Return the names of the layers of nodes: input, hidden (numbered if several), output."""
    n_hidden = n_layers - 2
    hidden = ["hidden"] if n_hidden == 1 else [f"hidden {i + 1}" for i in range(n_hidden)]
    return ["input", *hidden, "output"]


def line_name(naming, layer, j, k):
    """Return the name of line `j` into neuron `k`, both from 0: of a weight, and last of a bias."""
    if j == naming.sizes[layer]:
        return naming.bias(layer + 1, k + 1).plain
    return naming.weight(layer + 1, j + 1, k + 1).plain


# Stages


@dataclass(frozen=True)
class Item:
    """One number of the drawing: its kind, its place in the table of that kind, its name."""

    kind: str
    layer: int
    row: int
    column: int
    name: str


def n_lines(layer):
    """Return how many lines lead into each neuron of a layer: its inputs, and a bias."""
    return layer.n_in + ("b" in layer.params)


def quantities(network):
    """Return what each stage reveals, as lists of items by the stage's name, in order."""
    dense = dense_layers(network)
    naming = Naming(layer_sizes(dense))
    layers = range(len(dense))
    result = {
        "x": _nodes("value", 0, naming),
        "weights": [i for layer in layers for i in _weights("weight", dense, layer, naming)],
    }
    for layer in layers[1:]:
        result |= {item.name: [item] for item in _nodes("value", layer, naming)}
    result["y_hat"] = _nodes("value", len(dense), naming)
    result["J"] = [Item("value", len(naming.sizes), 0, 0, "J")]
    result["dJ/dy_hat"] = _nodes("node gradient", len(dense), naming)
    for layer in reversed(layers):
        result |= _backward(dense, layer, naming)
    return result


def _backward(dense, layer, naming):
    """Return the stages of a layer's gradients: its parameters, then the values before it.

    The parameters of the last layer come at once, those of the others neuron by neuron.
    """
    name = f"dJ/d{naming.matrix(layer + 1).plain}"
    items = _weights("weight gradient", dense, layer, naming)
    if layer == len(dense) - 1:
        result = {name: items}
    else:
        neurons = range(dense[layer].n_out)
        result = {f"{name} {k + 1}": [i for i in items if i.column == k] for k in neurons}
    if layer > 0:
        number = "" if len(dense) == 2 else layer
        result[f"dJ/dh{number}"] = _nodes("node gradient", layer, naming)
    return result


def _nodes(kind, layer, naming):
    prefix = "∂J/∂" if kind == "node gradient" else ""
    names = [prefix + naming.node(layer, k + 1).plain for k in range(naming.sizes[layer])]
    return [Item(kind, layer, 0, k, name) for k, name in enumerate(names)]


def _weights(kind, dense, layer, naming):
    """Return the items of a layer's weights, neuron by neuron, the bias last."""
    prefix = "∂J/∂" if kind == "weight gradient" else ""
    return [
        Item(kind, layer, j, k, prefix + line_name(naming, layer, j, k))
        for k in range(dense[layer].n_out)
        for j in range(n_lines(dense[layer]))
    ]


def stages(network):
    """Return the names of the quantities of a network in the order in which they are revealed.

    The forward pass from the input to the loss `J`, then the gradients back to the first
    weights. ``draw_network(network, trace=trace, reveal=stages(network)[:k])`` is the k-th
    drawing of the walkthrough.

    Parameters
    ----------
    network : Network
        Dense layers, each with its activation.

    Returns
    -------
    list of str
        With one hidden layer of two: ``["x", "weights", "h1", "h2", "y_hat", "J", "dJ/dy_hat",
        "dJ/dV", "dJ/dh", "dJ/dW 1", "dJ/dW 2"]``. Biases come with the weights of their neuron.

    Raises
    ------
    TypeError
        If it is not a network.
    ValueError
        If the network has other layers.
    """
    return list(quantities(network))


# Numbers


def numbers(trace):
    """Return the numbers of a trace of one sample by kind and layer, each a table (row, column)."""
    starts = [i for i, step in enumerate(trace.steps) if isinstance(step.layer, Dense)]
    dense = [trace.steps[i] for i in starts]
    last = [trace.steps[i - 1] for i in starts[1:]] + [trace.steps[-1]]
    return {
        "value": [trace.steps[0].x, *(step.y for step in last), np.array([[trace.loss]])],
        "node gradient": [trace.steps[0].dx, *(step.dy for step in last)],
        "weight": [np.vstack(list(step.layer.params.values())) for step in dense],
        "weight gradient": [np.vstack(list(step.grads.values())) for step in dense],
    }


def number(item, tables):
    """Return the number of an item."""
    return tables[item.kind][item.layer][item.row, item.column]

"""Which numbers of a network a drawing can show, what they are called, and when they appear."""

from dataclasses import dataclass

import numpy as np

from lecture_utils.layers import Dense
from lecture_utils.networks import Network

# Where it will do, plain text is taken: it is drawn ten times as fast as a formula.
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Item:
    """One number of the drawing: its kind, its place in the table of that kind, its name."""

    kind: str
    layer: int
    row: int
    column: int
    name: str


def dense_layers(network):
    """Return the dense layers, after a check that all others are activations behind them."""
    if not isinstance(network, Network):
        raise TypeError(f"network must be a Network, got {type(network).__name__}")
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    others = [layer for layer in network.layers if layer.params and layer not in dense]
    if others or network.layers[0] not in dense:
        raise ValueError(
            f"network must consist of dense layers, each with its activation, got {network!r}"
        )
    return dense


def layer_sizes(dense):
    """Return the number of inputs, of neurons in each hidden layer, and of outputs."""
    return [dense[0].n_in, *(layer.n_out for layer in dense)]


def n_lines(layer):
    """Return how many lines lead into each neuron of a layer: its inputs, and a bias."""
    return layer.n_in + ("b" in layer.params)


# Names


def layer_names(n_layers):
    """Return the names of the layers of nodes: input, hidden (numbered if several), output."""
    n_hidden = n_layers - 2
    hidden = ["hidden"] if n_hidden == 1 else [f"hidden {i + 1}" for i in range(n_hidden)]
    return ["input", *hidden, "output"]


def matrix_names(n_dense):
    """Return the names of the weight matrices: W and V, or W1, W2, … for more than two."""
    return ["W", "V"][:n_dense] if n_dense <= 2 else [f"W{i + 1}" for i in range(n_dense)]


def node_name(layer, k, sizes):
    """Return the name of node `k`, counted from 0, as plain text."""
    if layer == 0:
        return f"x{k + 1}"
    if layer == len(sizes) - 1:
        return "ŷ" if sizes[-1] == 1 else f"ŷ{k + 1}"
    return f"h{k + 1}" if len(sizes) == 3 else f"h{layer}_{k + 1}"


def node_symbol(layer, k, sizes):
    """Return the name of node `k`, counted from 0, as it is drawn."""
    index = str(k + 1).translate(LOWERED)
    if layer == 0:
        return f"x{index}"
    if layer == len(sizes) - 1:
        return "ŷ" if sizes[-1] == 1 else f"ŷ{index}"
    return f"h{index}" if len(sizes) == 3 else f"$h^{{({layer})}}_{{{k + 1}}}$"


def weight_name(dense, layer, j, k):
    """Return the name of the weight from node `j` to neuron `k`; after the weights, of the bias."""
    matrix = matrix_names(len(dense))[layer]
    if j == dense[layer].n_in:
        return f"bias {k + 1} of {matrix}"
    index = f"{j + 1}" if dense[layer].n_out == 1 else f"{j + 1}{k + 1}"
    return f"{matrix}_{index}" if len(dense) > 2 else f"{matrix}{index}"


# Stages


def quantities(network):
    """Return what each stage reveals, as lists of items by the stage's name, in order."""
    dense = dense_layers(network)
    sizes = layer_sizes(dense)
    layers = range(len(dense))
    result = {
        "x": _nodes("value", 0, sizes),
        "weights": [i for layer in layers for i in _weights("weight", dense, layer)],
    }
    for layer in layers[1:]:
        result |= {item.name: [item] for item in _nodes("value", layer, sizes)}
    result["y_hat"] = _nodes("value", len(dense), sizes)
    result["J"] = [Item("value", len(sizes), 0, 0, "J")]
    result["dJ/dy_hat"] = _nodes("node gradient", len(dense), sizes)
    for layer in reversed(layers):
        result |= _backward(dense, layer, sizes)
    return result


def _backward(dense, layer, sizes):
    """Return the stages of a layer's gradients: its parameters, then the values before it.

    The parameters of the last layer come at once, those of the others neuron by neuron.
    """
    name = f"dJ/d{matrix_names(len(dense))[layer]}"
    items = _weights("weight gradient", dense, layer)
    if layer == len(dense) - 1:
        result = {name: items}
    else:
        neurons = range(dense[layer].n_out)
        result = {f"{name} {k + 1}": [i for i in items if i.column == k] for k in neurons}
    if layer > 0:
        number = "" if len(dense) == 2 else layer
        result[f"dJ/dh{number}"] = _nodes("node gradient", layer, sizes)
    return result


def _nodes(kind, layer, sizes):
    prefix = "∂J/∂" if kind == "node gradient" else ""
    names = [prefix + node_name(layer, k, sizes) for k in range(sizes[layer])]
    return [Item(kind, layer, 0, k, name) for k, name in enumerate(names)]


def _weights(kind, dense, layer):
    """Return the items of a layer's weights, neuron by neuron, the bias last."""
    prefix = "∂J/∂" if kind == "weight gradient" else ""
    return [
        Item(kind, layer, j, k, prefix + weight_name(dense, layer, j, k))
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

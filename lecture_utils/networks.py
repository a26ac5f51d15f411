"""A network is a composition of layers: inputs -> Dense -> tanh -> Dense -> output."""

from itertools import pairwise

import numpy as np

from lecture_utils._validation import as_finite_array, as_samples, as_tuple, require_count
from lecture_utils.activations import Activation, Softmax, get_activation, identity
from lecture_utils.layers import Dense


class Network:
    """The composition `f = f_L ∘ … ∘ f_1` of layers.

    Parameters
    ----------
    layers : sequence
        Anything with ``params``, ``forward`` and ``backward``, and with ``gradients`` where there
        are parameters: `Dense` layers, activations, and those for images and sequences.

    Raises
    ------
    TypeError
        If an entry is not a layer.
    ValueError
        If there is no layer, or a layer does not take what the one before it gives.
    """

    def __init__(self, layers):
        self.layers = as_tuple("layers", layers)
        if not self.layers:
            raise ValueError("layers must hold at least one layer, got none")
        for i, layer in enumerate(self.layers):
            if not _is_layer(layer):
                raise TypeError(f"layers[{i}] must be a layer, got {type(layer).__name__}")
        _require_fitting(self.layers)
        keeps_shape = (Activation, Softmax)
        first = next((layer for layer in self.layers if not isinstance(layer, keeps_shape)), None)
        self.n_in = getattr(first, "n_in", None)

    @property
    def parameters(self):
        """List of all parameter arrays, from the first layer to the last; not copies."""
        return [p for layer in self.layers for p in layer.params.values()]

    @property
    def n_parameters(self):
        """Number of all weights and biases."""
        return sum(p.size for p in self.parameters)

    def forward(self, x):
        """Return the output for a batch and what each layer's `backward` needs.

        Parameters
        ----------
        x : array, shape (n, n_in)

        Returns
        -------
        y : array, shape (n, n_out)
        caches : list, one entry a layer
        """
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x)
            caches.append(cache)
        return x, caches

    def __call__(self, x):
        """Return the prediction `ŷ = f(x)`.

        Parameters
        ----------
        x : array, shape (n, n_in) for a batch or (n_in,) for one sample

        Returns
        -------
        y_hat : array, shape (n, n_out) or (n_out,)

        Raises
        ------
        ValueError
            If the shape does not fit the first layer or a number is not finite.
        """
        y_hat, _ = self.forward(as_samples("x", x, self.n_in))
        return y_hat[0] if np.ndim(x) == 1 else y_hat

    def __repr__(self):
        return " -> ".join(map(repr, self.layers))


def _is_layer(layer):
    needed = ["params", "forward", "backward"]
    if getattr(layer, "params", None):
        needed.append("gradients")
    return all(hasattr(layer, name) for name in needed)


def _require_fitting(layers):
    """Refuse a dense layer that does not take what the dense layer before it gives."""
    before = None  # where the last dense layer stands, if only activations follow it
    for i, layer in enumerate(layers):
        if isinstance(layer, Dense):
            if before is not None and layers[before].n_out != layer.n_in:
                raise ValueError(
                    f"layers[{i}] takes {layer.n_in} inputs but layers[{before}] gives "
                    f"{layers[before].n_out}"
                )
            before = i
        elif not isinstance(layer, (Activation, Softmax)):
            before = None


def mlp(sizes, *, hidden="tanh", output="identity", bias=True, init="xavier", rng):
    """Return a fully connected network (multilayer perceptron) with random weights.

    Parameters
    ----------
    sizes : sequence of int
        Number of inputs, of neurons in each hidden layer, and of outputs: ``(2, 3, 1)``.
    hidden, output : str or activation
        Activation of the hidden layers and of the output layer.
    bias : bool
        Whether the layers have biases.
    init : str
        How the weights are drawn, as for `initial_weights`.
    rng : numpy.random.Generator
        Source of the weights.

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        If there are fewer than two sizes, one is below 1, or an activation is unknown.
    TypeError
        If `sizes` does not hold whole numbers or `rng` is not a random generator.
    """
    sizes = as_tuple("sizes", sizes)
    if len(sizes) < 2:
        raise ValueError(f"sizes must name at least the inputs and the outputs, got {sizes}")
    for i, size in enumerate(sizes):
        require_count(f"sizes[{i}]", size)
    hidden, output = get_activation(hidden, "hidden"), get_activation(output, "output")
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [Dense.random(n_in, n_out, init=init, rng=rng, bias=bias), hidden]
    return Network([*layers[:-1], *([] if output == identity else [output])])


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


def as_batch(network, x, y):
    """Return x and y as batches of rows; a single sample becomes a batch of one."""
    batch = as_samples("x", x, network.n_in)
    y = as_finite_array("y", y)
    return batch, np.atleast_2d(y) if np.ndim(x) == 1 else y

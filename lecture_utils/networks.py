"""A network is a composition of layers: inputs -> Dense -> tanh -> Dense -> output."""

from collections.abc import Mapping
from copy import copy
from itertools import pairwise

import numpy as np

from lecture_utils._validation import (
    as_finite_array,
    as_real_array,
    as_samples,
    as_tuple,
    require_count,
)
from lecture_utils.activations import Activation, Softmax, get_activation, identity
from lecture_utils.layers import Dense
from lecture_utils.losses import require_loss
from lecture_utils.regularization import BatchNorm, Dropout

SHAPE_KEEPERS = (Activation, Softmax, Dropout, BatchNorm)


class Network:
    """The composition `f = f_L ∘ … ∘ f_1` of layers.

    A layer is anything that has

    - ``params``, a dict of its parameters, arrays of floats by name, empty if there are none;
    - ``forward(x)``, which returns the output and what ``backward`` needs of it;
    - ``backward(dy, cache)``, which takes `∂J/∂y` and what ``forward`` handed over, and returns
      `∂J/∂x` and a dict of the gradients of the parameters, by the same names.

    Three more are used where a layer has them: ``forward_training(x, rng)`` in the place of
    ``forward`` while the network is trained, ``parameter_gradients(dy, cache)``, which saves the
    first layer the work for `∂J/∂x`, and ``n_axes``, the number of axes of a single sample.

    Parameters
    ----------
    layers : sequence

    Attributes
    ----------
    layers : tuple
    n_in : int or None
        Length of the last axis of `x`, where the first layer tells it.
    n_axes : int or None
        Number of axes of one sample, where the first layer tells it: 1 for features.

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
            _require_layer(f"layers[{i}]", layer)
        _require_fitting(self.layers)
        first = next((k for k in self.layers if not isinstance(k, SHAPE_KEEPERS)), None)
        self.n_in, self.n_axes = getattr(first, "n_in", None), getattr(first, "n_axes", None)
        with_params = [i for i, layer in enumerate(self.layers) if layer.params]
        self.first_with_params = with_params[0] if with_params else None
        first = self.layers[self.first_with_params] if with_params else None
        self.first_can_stop_early = gives_parameter_gradients_alone(first)
        self.has_own_layers = not all(map(_is_of_this_package, self.layers))

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
        x : array, shape (n, n_in), or (n, ...) as the first layer takes it

        Returns
        -------
        y : array, shape (n, n_out)
        caches : list, one entry per layer
        """
        caches = []
        for layer in self.layers:
            x, cache = pair(layer.forward(x), layer)
            caches.append(cache)
        return x, caches

    def in_training(self, rng=None):
        """Return the network as it is in training, with the same parameters.

        A layer that has ``forward_training`` uses it there in the place of ``forward``.

        Parameters
        ----------
        rng : numpy.random.Generator, optional
            For the layers that draw, such as `Dropout`.

        Returns
        -------
        Network
            The network itself, if no layer differs in training.
        """
        if not any(hasattr(layer, "forward_training") for layer in self.layers):
            return self
        return Network([InTraining.of(layer, rng) for layer in self.layers])

    def __call__(self, x):
        """Return the prediction `ŷ = f(x)`.

        Parameters
        ----------
        x : array, shape (n, n_in) for a batch or (n_in,) for one sample
            Where the first layer takes images or sequences, a batch of them or a single one.

        Returns
        -------
        y_hat : array, shape (n, n_out) or (n_out,)

        Raises
        ------
        ValueError
            If the shape does not fit the first layer or a number is not finite.
        """
        batch = as_inputs(self, x)
        y_hat, _ = self.forward(batch)
        return y_hat[0] if batch.ndim > np.ndim(x) else y_hat

    def __repr__(self):
        return " -> ".join(map(repr, self.layers))


def pair(returned, layer):
    """Return the two things that a layer has returned, or complain that they are not two."""
    if type(returned) is not tuple or len(returned) != 2:
        layer = getattr(layer, "layer", layer)  # of one in training
        raise TypeError(
            f"forward of {type(layer).__name__} must return the two y and cache, and backward "
            f"the two dx and grads, got {type(returned).__name__}"
        )
    return returned


class InTraining:
    """A layer as it is in training: `forward` is its `forward_training`, all else its own."""

    def __init__(self, layer, rng):
        self.layer, self.rng = layer, rng

    @property
    def params(self):
        """Those of the layer; given others, it is a copy of the layer that has them."""
        return self.layer.params

    @params.setter
    def params(self, params):
        """Take a copy of the layer that has these."""
        self.layer = copy(self.layer)
        self.layer.params = params

    @classmethod
    def of(cls, layer, rng):
        """Return the layer itself, if it does not differ in training."""
        return cls(layer, rng) if hasattr(layer, "forward_training") else layer

    def forward(self, x):
        """Return the output in training, and what `backward` needs."""
        return self.layer.forward_training(x, self.rng)

    def backward(self, dy, cache):
        """Return `∂J/∂x` and the gradients of the parameters, as the layer does."""
        return self.layer.backward(dy, cache)

    def __repr__(self):
        return repr(self.layer)


def _require_layer(name, layer):
    """Refuse what is no layer, and say what it lacks."""
    if isinstance(layer, type):
        raise TypeError(f"{name} must be a layer, got the class {layer.__name__}: make one of it")
    missing = [] if hasattr(layer, "params") else ["params"]
    missing += [m for m in ("forward", "backward") if not callable(getattr(layer, m, None))]
    if missing:
        raise TypeError(
            f"{name} must be a layer, with params, forward and backward; "
            f"got {type(layer).__name__}, which has no {' and no '.join(missing)}"
        )
    if not isinstance(layer.params, Mapping):
        raise TypeError(
            f"{name}.params must be a dict of arrays by name, got {type(layer.params).__name__}"
        )
    for key, theta in layer.params.items():
        if not isinstance(theta, np.ndarray) or theta.dtype.kind not in "fc":
            given = getattr(theta, "dtype", type(theta).__name__)
            raise TypeError(f"{name}.params[{key!r}] must be an array of floats, got {given}")
        if theta.ndim == 0:
            raise ValueError(f"{name}.params[{key!r}] must have shape (1,) or more axes, got ()")


def gives_parameter_gradients_alone(layer):
    """Return whether a layer has `parameter_gradients` that go with its `backward`.

    Who inherits both and writes a new `backward` has one of the old that does not.
    """
    kinds = [kind for kind in type(layer).__mro__ if "backward" in vars(kind)]
    return bool(kinds) and "parameter_gradients" in vars(kinds[0])


def _is_of_this_package(layer):
    return type(layer).__module__.startswith("lecture_utils.")


def _require_fitting(layers):
    """Refuse a dense layer that does not take what the dense layer before it gives."""
    before = None  # where the last dense layer stands, if only such follow it as keep its shape
    for i, layer in enumerate(layers):
        if isinstance(layer, (Dense, BatchNorm)):
            if before is not None and layers[before].n_out != layer.n_in:
                raise ValueError(
                    f"layers[{i}] takes {layer.n_in} inputs but layers[{before}] gives "
                    f"{layers[before].n_out}"
                )
        if isinstance(layer, Dense):
            before = i
        elif not isinstance(layer, SHAPE_KEEPERS):
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


def as_batch(network, loss, x, y):
    """Return x and y as batches for a network and its loss; a single sample is a batch of one."""
    if not isinstance(network, Network):
        raise TypeError(f"network must be a Network, got {type(network).__name__}")
    require_loss(loss, network.layers)
    batch, y = as_inputs(network, x), as_real_array("y", y)
    if np.iscomplexobj(batch):
        raise TypeError(f"x must hold real numbers, got dtype {batch.dtype}")
    return batch, np.atleast_2d(y) if batch.ndim > np.ndim(x) else y


def as_inputs(network, x):
    """Return x as a batch for the first layer, which checks the shape of images and sequences."""
    x = as_finite_array("x", x)
    batch = x[None] if x.ndim == (network.n_axes or 1) else x
    if network.n_axes == 1 and batch.shape[1:] != (network.n_in,):
        as_samples("x", x, network.n_in)  # says what is wrong
    return batch

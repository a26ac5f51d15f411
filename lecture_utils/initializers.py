"""Initialisation: the weights with which training starts."""

import numpy as np

from lecture_utils._validation import require_count, require_rng

# Variance of the weights by name, from the number of inputs and of outputs of a neuron.
INITIALIZERS = {
    "zeros": lambda fan_in, fan_out: 0,
    "normal": lambda fan_in, fan_out: 1,
    "xavier": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "he": lambda fan_in, fan_out: 2 / fan_in,
}


def initial_weights(shape, *, fan_in, fan_out, init="xavier", rng):
    """Return weights to start from: normal with mean 0 and a variance that `init` names.

    - ``"zeros"``: variance 0. All neurons of a layer stay equal for ever.
    - ``"normal"``: variance 1. Many inputs make large pre-activations: neurons saturate.
    - ``"xavier"``: variance `2 / (fan_in + fan_out)`, so that signals neither die out nor grow
      from layer to layer, forward and backward, around an activation like tanh.
    - ``"he"``: variance `2 / fan_in`, the same for ReLU, which sets half of the signal to 0.

    Parameters
    ----------
    shape : tuple of int
    fan_in, fan_out : int
        Number of inputs that one output sees, and of outputs that one input reaches.
    init : str
        One of `INITIALIZERS`.
    rng : numpy.random.Generator

    Returns
    -------
    array of the given shape

    Raises
    ------
    ValueError
        If `init` is unknown, or `fan_in` or `fan_out` is below 1.
    TypeError
        If `fan_in` or `fan_out` is no whole number, or `rng` is not a random generator.

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, equation 12. He et al. (2015), Delving deep into rectifiers, equation 10.
    """
    if not isinstance(init, str) or init not in INITIALIZERS:
        raise ValueError(f"init must be one of {', '.join(INITIALIZERS)}, got {init!r}")
    require_count("fan_in", fan_in)
    require_count("fan_out", fan_out)
    require_rng(rng)
    return rng.normal(0, np.sqrt(INITIALIZERS[init](fan_in, fan_out)), size=shape)

"""The recurrent layer: at each step of a sequence it sees the input and its own last output."""

from types import MappingProxyType

import numpy as np

from lecture_utils._validation import as_finite_array, require_count
from lecture_utils.initializers import initial_weights


class Recurrent:
    """A recurrent layer with tanh: `h_t = tanh(x_t W + h_{t−1} U + b)`, with `h_0 = 0`.

    The same weights serve all steps, so a sequence of any length fits. Like a dense layer it
    holds its parameters and nothing else: the states live in what `forward` returns.

    Parameters
    ----------
    W : array, shape (n_in, n_out)
        Weights of the input; column `k` belongs to neuron `k`. Copied.
    U : array, shape (n_out, n_out)
        Weights of the state of the step before; column `k` belongs to neuron `k`. Copied.
    b : array, shape (n_out,)
        Biases. Copied.

    Attributes
    ----------
    params : dict
        The parameters by name: ``{"W": W, "U": U, "b": b}``.

    Raises
    ------
    ValueError
        If a shape is wrong or a number is not finite.
    TypeError
        If a parameter does not hold numbers.

    References
    ----------
    Elman (1990), Finding structure in time. Werbos (1990), Backpropagation through time.
    """

    n_axes = 2  # of one sample: steps and inputs

    def __init__(self, W, U, b):
        W, U, b = (as_finite_array(name, p) for name, p in (("W", W), ("U", U), ("b", b)))
        if W.ndim != 2:
            raise ValueError(f"W must have shape (n_in, n_out), got {W.shape}")
        n_out = W.shape[1]
        if U.shape != (n_out, n_out):
            raise ValueError(
                f"U must have shape {(n_out, n_out)}, from each neuron to each, got {U.shape}"
            )
        if b.shape != (n_out,):
            raise ValueError(f"b must have shape {(n_out,)}, one bias per neuron, got {b.shape}")
        self.params = {"W": W.copy(), "U": U.copy(), "b": b.copy()}

    @classmethod
    def random(cls, n_in, n_out, *, init="xavier", rng):
        """Return a layer with random weights and biases of zero.

        Parameters
        ----------
        n_in, n_out : int
        init : str
            How `W` and `U` are drawn, as for `initial_weights`; each has a fan-in of its own.
        rng : numpy.random.Generator
        """
        require_count("n_in", n_in)
        require_count("n_out", n_out)
        W = initial_weights((n_in, n_out), fan_in=n_in, fan_out=n_out, init=init, rng=rng)
        U = initial_weights((n_out, n_out), fan_in=n_out, fan_out=n_out, init=init, rng=rng)
        return cls(W, U, np.zeros(n_out))

    @property
    def n_in(self):
        """Number of inputs per step."""
        return self.params["W"].shape[0]

    @property
    def n_out(self):
        """Number of neurons, and so of outputs per step."""
        return self.params["W"].shape[1]

    def forward(self, x):
        """Return the state after each step and what `backward` needs.

        Parameters
        ----------
        x : array, shape (n, n_steps, n_in)
            A batch of `n` sequences.

        Returns
        -------
        h : array, shape (n, n_steps, n_out)
        cache : tuple of `x` and `h`

        Raises
        ------
        ValueError
            If `x` has another shape.
        """
        _require_sequences(x, self.n_in)
        U = self.params["U"]
        z = x @ self.params["W"] + self.params["b"]  # x_t W + b of all steps at once
        h = np.empty_like(z)  # (n, n_steps, n_out)
        h_t = np.zeros_like(z[:, 0])  # h_0, (n, n_out)
        for t in range(z.shape[1]):
            h_t = np.tanh(z[:, t] + h_t @ U)  # (n, n_out) + (n, n_out) @ (n_out, n_out)
            h[:, t] = h_t
        return h, (x, h)

    def backward(self, dh, cache):
        """Return the gradient of the input and the gradients of the parameters.

        This is backpropagation through time: the network unfolded in time is a deep one, and
        its gradient goes from the last step to the first.

        Parameters
        ----------
        dh : array, shape (n, n_steps, n_out)
            `∂J/∂h_t` of all steps, as far as the layers above use them.
        cache : tuple
            What `forward` handed over.

        Returns
        -------
        dx : array, shape (n, n_steps, n_in)
            `∂J/∂x`.
        grads : dict
            `∂J/∂W`, `∂J/∂U` and `∂J/∂b` by name, each of its parameter's shape.
        """
        dz = self._through_time(dh, cache)
        return dz @ self.params["W"].T, _sums_over_steps(dz, cache)

    def parameter_gradients(self, dh, cache):
        """Return the gradients of the parameters alone; arguments as for `backward`."""
        return _sums_over_steps(self._through_time(dh, cache), cache)

    def _through_time(self, dh, cache):
        """Return `∂J/∂z_t` of all steps, where `h_t = tanh(z_t)`; shape (n, n_steps, n_out)."""
        _, h = cache
        dz = (1 - h**2) * dh  # tanh′(z) = 1 − tanh(z)²; right for the last step
        for t in reversed(range(h.shape[1] - 1)):
            # h_t also goes into step t + 1, so what it does there is added.
            dz[:, t] += (1 - h[:, t] ** 2) * (dz[:, t + 1] @ self.params["U"].T)
        return dz

    def __repr__(self):
        return f"Recurrent({self.n_in}, {self.n_out})"


def _sums_over_steps(dz, cache):
    """Return the gradients of the parameters: each has a share in every sample and step."""
    x, h = cache
    samples_and_steps = ([0, 1], [0, 1])
    return {
        "W": np.tensordot(x, dz, samples_and_steps),
        # h_0 = 0 has no share, so the states before are those of all steps but the last.
        "U": np.tensordot(h[:, :-1], dz[:, 1:], samples_and_steps),
        "b": dz.sum(axis=(0, 1)),
    }


class LastStep:
    """The last step of each sequence: what a classifier of whole sequences looks at."""

    params = MappingProxyType({})
    n_axes = 2

    def forward(self, x):
        """Return the last step and what `backward` needs, which is the shape of `x`.

        Parameters
        ----------
        x : array, shape (n, n_steps, n_in)

        Returns
        -------
        y : array, shape (n, n_in)
        shape : tuple of int

        Raises
        ------
        ValueError
            If `x` has another shape.
        """
        _require_sequences(x)
        return x[:, -1].copy(), x.shape

    def backward(self, dy, shape):
        """Return `∂J/∂x`, which is zero but in the last step, and no parameter gradients."""
        dx = np.zeros(shape, dy.dtype)
        dx[:, -1] = dy
        return dx, {}

    def __repr__(self):
        return "LastStep()"


def _require_sequences(x, n_in=None):
    shape = np.shape(x)
    if len(shape) != 3 or shape[1] == 0 or n_in not in (None, shape[2]):
        expected = "n_in" if n_in is None else n_in
        raise ValueError(
            f"x must have shape (n, n_steps, {expected}) with at least one step, got {shape}"
        )

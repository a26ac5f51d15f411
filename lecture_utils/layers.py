"""The dense layer: many neurons side by side, `y = xW + b`."""

import numpy as np

from lecture_utils._validation import as_finite_array, require_batch, require_count
from lecture_utils.initializers import initial_weights


class Dense:
    """A dense (fully connected) layer without its activation: `y = xW + b`.

    Here ``x.dot(W)`` stands for ``x @ W``: for a small layer it takes a third of the time.

    It holds its parameters and nothing else. What `backward` needs of `forward` is handed over
    by the caller, so a prediction in between can't spoil a gradient.

    Parameters
    ----------
    W : array, shape (n_in, n_out)
        Weights; column `k` is the weight vector of neuron `k`. Copied.
    b : array, shape (n_out,), optional
        Biases. Copied. Without it the layer has no bias.

    Attributes
    ----------
    params : dict
        The parameters by name: ``{"W": W, "b": b}``, or only ``"W"`` without bias.

    Raises
    ------
    ValueError
        If a shape is wrong or a number is not finite.
    """

    n_axes = 1  # of one sample

    def __init__(self, W, b=None):
        W = as_finite_array("W", W)
        if W.ndim != 2:
            raise ValueError(f"W must have shape (n_in, n_out), got {W.shape}")
        self.params = {"W": W.copy()}
        if b is not None:
            b = as_finite_array("b", b)
            if b.shape != W.shape[1:]:
                raise ValueError(
                    f"b must have shape {W.shape[1:]}, one bias per neuron, got {b.shape}"
                )
            self.params["b"] = b.copy()

    @classmethod
    def random(cls, n_in, n_out, *, rng, bias=True, init="xavier"):
        """Return a layer with random weights and biases of zero.

        Parameters
        ----------
        n_in, n_out : int
        rng : numpy.random.Generator
        bias : bool
        init : str
            How the weights are drawn, as for `initial_weights`.
        """
        require_count("n_in", n_in)
        require_count("n_out", n_out)
        W = initial_weights((n_in, n_out), fan_in=n_in, fan_out=n_out, init=init, rng=rng)
        return cls(W, np.zeros(n_out) if bias else None)

    @property
    def n_in(self):
        """Number of inputs."""
        return self.params["W"].shape[0]

    @property
    def n_out(self):
        """Number of neurons, and so of outputs."""
        return self.params["W"].shape[1]

    def forward(self, x):
        """Return the output and what `backward` needs.

        Parameters
        ----------
        x : array, shape (n, n_in)
            A batch of `n` samples, one per row.

        Returns
        -------
        y : array, shape (n, n_out)
        x : array, shape (n, n_in)

        Raises
        ------
        ValueError
            If `x` has another shape.
        """
        require_batch("x", x, self.n_in)
        y = x.dot(self.params["W"])  # x @ W: (n, n_in) @ (n_in, n_out)
        if "b" in self.params:
            y += self.params["b"]  # (n_out,) is added to every row
        return y, x

    def backward(self, dy, x):
        """Return the gradient of the input and the gradients of the parameters.

        Parameters
        ----------
        dy : array, shape (n, n_out)
            `∂J/∂y`.
        x : array, shape (n, n_in)
            What `forward` handed over.

        Returns
        -------
        dx : array, shape (n, n_in)
            `∂J/∂x`.
        grads : dict
            `∂J/∂W`, shape (n_in, n_out), and `∂J/∂b`, shape (n_out,), by name.
        """
        dx = dy.dot(self.params["W"].T)  # dy @ W.T: (n, n_out) @ (n_out, n_in)
        return dx, self.parameter_gradients(dy, x)

    def parameter_gradients(self, dy, x):
        """Return the gradients of the parameters alone; arguments as for `backward`.

        It is all that the first layer of a network needs in training.
        """
        grads = {"W": x.T.dot(dy)}  # x.T @ dy: (n_in, n) @ (n, n_out)
        if "b" in self.params:
            grads["b"] = dy.sum(axis=0)  # (n, n_out) -> (n_out,)
        return grads

    def __repr__(self):
        return f"Dense({self.n_in}, {self.n_out}{'' if 'b' in self.params else ', no bias'})"

"""Layers that differ between training and prediction: dropout and batch normalisation."""

from types import MappingProxyType

import numpy as np

from lecture_utils._validation import (
    as_vector,
    require_count,
    require_not_negative,
    require_positive,
    require_rng,
    require_share,
)


class Dropout:
    """In training, set random entries to 0; in prediction, hand on the input as it is.

    What is left in training is divided by the share that stays, so that the mean of an entry is
    the same in both.

    Parameters
    ----------
    rate : float
        Probability with which an entry is dropped, from 0 to below 1.

    Attributes
    ----------
    rate : float

    Raises
    ------
    ValueError, TypeError
        If `rate` is no number from 0 to below 1.

    References
    ----------
    Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting.
    """

    params = MappingProxyType({})
    settings = ("rate",)

    def __init__(self, rate):
        require_share("rate", rate)
        self.rate = rate

    def forward(self, x):
        """For prediction, return `y = x` and nothing for `backward`."""
        return x.copy(), None

    def forward_training(self, x, rng):
        """Return `y = x ⊙ m`, and the mask `m`, whose entries are `0` or `1 / (1 − rate)`.

        Parameters
        ----------
        x : array, shape (n, ...)
        rng : numpy.random.Generator

        Raises
        ------
        TypeError
            If `rng` is not a random generator.
        """
        require_rng(rng)
        mask = (rng.random(x.shape) >= self.rate) / x.dtype.type(1 - self.rate)
        return x * mask, mask

    def backward(self, dy, mask):
        """Return `∂J/∂x = ∂J/∂y ⊙ m` and no parameter gradients."""
        return (dy if mask is None else dy * mask), {}

    def __repr__(self):
        return f"Dropout({self.rate})"


class BatchNorm:
    """Batch normalisation: each feature with mean 0 and variance 1, then scaled and shifted.

    `y = γ x̂ + β` with `x̂ = (x − μ) / √(v + ε)`. In training `μ` and `v` are mean and variance
    over the batch, and over the pixels where `x` holds images. In prediction they are running
    means of those, which a batch of its own can't change.

    Parameters
    ----------
    gamma, beta : array, shape (n_in,)
        Scale `γ` and shift `β`. Copied.
    mean, variance : array, shape (n_in,), optional
        For prediction, before any training; by default 0 and 1. Copied.
    momentum : float
        How much of a running mean stays from step to step, from 0 to below 1; PyTorch gives the
        name to the rest, 1 minus this.
    epsilon : float
        `ε`, which avoids a division by zero.

    Attributes
    ----------
    params : dict
        The parameters by name: ``{"gamma": γ, "beta": β}``.
    mean, variance : array, shape (n_in,)
        The running means.
    momentum, epsilon : float

    Raises
    ------
    ValueError, TypeError
        If a shape is wrong, or a number is not finite or out of its range.

    References
    ----------
    Ioffe and Szegedy (2015), Batch normalization: accelerating deep network training by reducing
    internal covariate shift, algorithms 1 and 2.
    """

    settings = ("mean", "variance", "momentum", "epsilon")

    def __init__(self, gamma, beta, *, mean=None, variance=None, momentum=0.9, epsilon=1e-5):
        gamma = as_vector("gamma", gamma).copy()
        self.params = {"gamma": gamma, "beta": _as_long_as(gamma, "beta", beta)}
        self.mean = _as_long_as(gamma, "mean", np.zeros(gamma.shape) if mean is None else mean)
        variance = np.ones(gamma.shape) if variance is None else variance
        self.variance = _as_long_as(gamma, "variance", variance)
        require_not_negative("variance", self.variance.min())
        require_share("momentum", momentum)
        require_positive("epsilon", epsilon)
        self.momentum, self.epsilon = momentum, epsilon

    @classmethod
    def new(cls, n_in):
        """Return a layer for `n_in` features or channels that has seen no data yet."""
        require_count("n_in", n_in)
        return cls(np.ones(n_in), np.zeros(n_in))

    @property
    def n_in(self):
        """Number of features, or of channels of an image."""
        return len(self.params["gamma"])

    def forward(self, x):
        """Return `y` by the running means, and what `backward` needs.

        Parameters
        ----------
        x : array, shape (n, n_in) or (n, height, width, n_in)

        Returns
        -------
        y : array, shape of `x`
        cache : tuple of `x̂`, `√(v + ε)`, and whether the batch itself gave `μ` and `v`
        """
        self._require_features(x)
        mean, variance = (a.astype(x.real.dtype) for a in (self.mean, self.variance))
        return self._normalised(x, mean, variance, by_batch=False)

    def forward_training(self, x, rng=None):
        """Return `y` by mean and variance of the batch, which go into the running means.

        Parameters and results are those of `forward`; nothing is drawn from `rng`.

        Raises
        ------
        ValueError
            If there is only one number a feature, of which no variance can be told.
        """
        self._require_features(x)
        axes = tuple(range(x.ndim - 1))
        n = x[..., 0].size
        if n < 2:
            raise ValueError(
                f"x must hold at least two numbers per feature for {self!r} in training, got {n}: "
                "take a batch_size that leaves no single sample over"
            )
        mean = x.mean(axis=axes)
        variance = ((x - mean) ** 2).mean(axis=axes)
        # The running variance is that of the population, n / (n − 1) times the batch's own.
        self.mean += (1 - self.momentum) * (mean.real - self.mean)
        self.variance += (1 - self.momentum) * (variance.real * n / (n - 1) - self.variance)
        return self._normalised(x, mean, variance, by_batch=True)

    def _require_features(self, x):
        if np.ndim(x) < 2 or x.shape[-1] != self.n_in:
            raise ValueError(f"x must have shape (n, ..., {self.n_in}), got {np.shape(x)}")

    def _normalised(self, x, mean, variance, by_batch):
        scale = np.sqrt(variance + self.epsilon)
        x_hat = (x - mean) / scale
        return self.params["gamma"] * x_hat + self.params["beta"], (x_hat, scale, by_batch)

    def backward(self, dy, cache):
        """Return the gradient of the input and the gradients of the parameters.

        In training each sample also moves mean and variance of its batch, hence the two means
        that are subtracted.

        Parameters
        ----------
        dy : array, shape of `y`
            `∂J/∂y`.
        cache : tuple
            What `forward` or `forward_training` handed over.

        Returns
        -------
        dx : array, shape of `x`
            `∂J/∂x`.
        grads : dict
            `∂J/∂γ` and `∂J/∂β`, shape (n_in,), by name.
        """
        x_hat, scale, by_batch = cache
        axes = tuple(range(dy.ndim - 1))
        grads = {"gamma": (dy * x_hat).sum(axis=axes), "beta": dy.sum(axis=axes)}
        dx_hat = dy * self.params["gamma"]
        if by_batch:
            along = x_hat * (dx_hat * x_hat).mean(axis=axes)
            dx_hat = dx_hat - dx_hat.mean(axis=axes) - along
        return dx_hat / scale, grads

    def __repr__(self):
        return f"BatchNorm({self.n_in})"


def _as_long_as(gamma, name, value):
    array = as_vector(name, value)
    if name in ("mean", "variance"):
        array = array.astype(np.float64)  # as they are when a network is loaded
    array = array.copy()
    if array.shape != gamma.shape:
        raise ValueError(f"{name} must have shape {gamma.shape}, as gamma has, got {array.shape}")
    return array

"""Gradient descent and what grew from it: step against the gradient, again and again."""

from dataclasses import dataclass
from functools import partial
from math import cos, pi

import numpy as np

from lecture_utils._progress import progress_bar
from lecture_utils._validation import (
    as_real_array,
    require_count,
    require_not_negative,
    require_positive,
    require_share,
)

LONGEST_STRETCH = 10_000  # steps between two looks at θ: about 30 ms on a small problem


@dataclass(frozen=True)
class GradientDescent:
    """Step against the gradient, `θ ← θ − α g`; on mini-batches, stochastic gradient descent.

    `g` is the gradient `∇J(θ)`. An optimiser holds only what was chosen; what it remembers from
    step to step is made by ``start`` and handed to ``step``.

    Parameters
    ----------
    learning_rate : float
        The learning rate `α`.

    Raises
    ------
    ValueError
        If the learning rate is not positive.
    """

    learning_rate: float

    def __post_init__(self):
        require_positive("learning_rate", self.learning_rate)

    def start(self, parameters):
        """Return what is remembered before the first step: nothing."""

    def step(self, parameters, gradients, memory):
        """Change the parameters in place by one step.

        Parameters
        ----------
        parameters, gradients : list of array
            Each gradient has the shape of its parameter. The gradients are used up: what is in
            them afterwards means nothing.
        memory
            What `start` returned; changed in place as well.
        """
        # The product stands where the gradient was: for large layers, new arrays take longer to
        # get from the system than to compute.
        alpha = self.learning_rate
        for theta, g in zip(parameters, gradients):
            g *= alpha
            theta -= g


@dataclass(frozen=True)
class Momentum:
    """Step along a velocity that remembers: `v ← β v + g`, then `θ ← θ − α v`.

    Parameters
    ----------
    learning_rate : float
        The learning rate `α`.
    momentum : float
        How much of the velocity stays, `β`, from 0 to below 1.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Polyak (1964), Some methods of speeding up the convergence of iteration methods.
    """

    learning_rate: float
    momentum: float = 0.9

    def __post_init__(self):
        require_positive("learning_rate", self.learning_rate)
        require_share("momentum", self.momentum)

    def start(self, parameters):
        """Return the velocities before the first step: zero, one for each parameter array."""
        return [np.zeros_like(theta) for theta in parameters]

    def step(self, parameters, gradients, memory):
        """Change the parameters in place by one step; arguments as for `GradientDescent.step`."""
        for theta, g, v in zip(parameters, gradients, memory):
            v *= self.momentum
            v += g
            theta -= np.multiply(v, self.learning_rate, out=g)


@dataclass
class AdamMemory:
    """What Adam remembers.

    Attributes
    ----------
    m, v : list of array
        Running means of the gradients and of their squares, one for each parameter array.
    t : int
        Steps taken.
    """

    m: list
    v: list
    t: int = 0


@dataclass(frozen=True)
class Adam:
    """Step along the mean gradient, measured in its own usual size, entry by entry.

    `m ← β₁ m + (1 − β₁) g` and `v ← β₂ v + (1 − β₂) g²` start at zero, so at step `t` they are
    divided by `1 − β₁ᵗ` and `1 − β₂ᵗ` to give `m̂` and `v̂`; then `θ ← θ − α m̂ / (√v̂ + ε)`.

    Parameters
    ----------
    learning_rate : float
        The learning rate `α`.
    beta1, beta2 : float
        How much of the running means stays, `β₁` and `β₂`, each from 0 to below 1.
    epsilon : float
        `ε`, which keeps the division from going wrong where the gradient is zero.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, algorithm 1.
    """

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self):
        require_positive("learning_rate", self.learning_rate)
        require_share("beta1", self.beta1)
        require_share("beta2", self.beta2)
        require_positive("epsilon", self.epsilon)

    def start(self, parameters):
        """Return what is remembered before the first step: means of zero."""
        return AdamMemory(*([np.zeros_like(theta) for theta in parameters] for _ in "mv"))

    def step(self, parameters, gradients, memory):
        """Change the parameters in place by one step; arguments as for `GradientDescent.step`."""
        memory.t += 1
        beta1, beta2 = self.beta1, self.beta2
        for theta, g, m, v in zip(parameters, gradients, memory.m, memory.v):
            m += (1 - beta1) * (g - m)
            v += (1 - beta2) * (g * g - v)
            m_hat = m / (1 - beta1**memory.t)
            v_hat = v / (1 - beta2**memory.t)
            theta -= self.learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)


def cosine_decay(epochs):
    """Return a schedule for `train`: the learning rate falls to 0 along half a cosine.

    Parameters
    ----------
    epochs : int
        How many the training has.

    Returns
    -------
    callable
        Takes the epoch `t`, from 0, and returns `(1 + cos(π t / epochs)) / 2`.

    References
    ----------
    Loshchilov and Hutter (2017), SGDR: stochastic gradient descent with warm restarts, equation 5.
    """
    require_count("epochs", epochs)
    return partial(_half_cosine, epochs)  # no lambda, which can't be pickled


def _half_cosine(epochs, t):
    return (1 + cos(pi * t / epochs)) / 2


# By name: what is tested, and offered by the estimators.
OPTIMIZERS = {"adam": Adam, "momentum": Momentum, "gradient_descent": GradientDescent}


@dataclass(frozen=True)
class Descent:
    """The way that `gradient_descent` went.

    Attributes
    ----------
    theta : array, shape (n_parameters,)
        Where it ended.
    n_steps : int
        How many steps it took.
    stopped : bool
        Whether the stop rule ended it; otherwise `max_steps` did.
    steps : array of int, shape (n_looks,)
        The steps `t` at which `θ_t` was written down: 0, every one at first, then ever more
        thinly, and the last.
    thetas : array, shape (n_looks, n_parameters)
        `θ_t` at these steps.
    """

    theta: np.ndarray
    n_steps: int
    stopped: bool
    steps: np.ndarray
    thetas: np.ndarray


def gradient_descent(gradient, theta, *, learning_rate, tolerance=0.0, max_steps, progress=False):
    """Repeat `θ ← θ − α ∇J(θ)` until `‖θ_t − θ_{t−1}‖ ≤ tolerance`.

    Parameters
    ----------
    gradient : callable
        Takes θ, returns `+∇J(θ)`, both of shape (n_parameters,).
    theta : array, shape (n_parameters,)
        Where to start; it is not changed.
    learning_rate : float
        The learning rate `α`.
    tolerance : float
        A step of at most this length is the last.
    max_steps : int
        Stop after this many steps at the latest.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Descent

    Raises
    ------
    ValueError
        If the learning rate is not positive, the tolerance is negative, or θ leaves the finite
        numbers, as it does when the learning rate is far too large.
    """
    require_positive("learning_rate", learning_rate)
    require_not_negative("tolerance", tolerance)
    require_count("max_steps", max_steps)
    theta = as_real_array("theta", theta).copy()
    if theta.ndim != 1:
        raise ValueError(f"theta must have shape (n_parameters,), got {theta.shape}")

    alpha = np.array(learning_rate, theta.dtype)  # NumPy multiplies by an array faster
    t, stopped = 0, False
    steps, thetas = [0], [theta.copy()]
    # Where θ overflows, one error below says why, in place of many warnings.
    with progress_bar(max_steps, progress) as bar, np.errstate(over="ignore", invalid="ignore"):
        while t < max_steps and not stopped:
            # All looks at θ happen between stretches, so that the loop itself stays bare.
            stretch = min(1 + t // 20, LONGEST_STRETCH, max_steps - t)
            taken, stopped = descend(gradient, theta, alpha, tolerance, stretch)
            t += taken
            if not np.isfinite(theta).all():
                raise ValueError(
                    f"learning_rate {learning_rate} is too large: θ is {theta} after {t} steps"
                )
            steps.append(t)
            thetas.append(theta.copy())
            bar.update(taken)
        bar.total = t  # the stop rule may end it early: the bar is full then
    return Descent(theta, t, stopped, np.array(steps), np.array(thetas))


def descend(gradient, theta, alpha, tolerance, max_steps):
    """Take up to `max_steps` steps, changing `theta`; return how many, and whether to stop."""
    shortest = tolerance**2
    for t in range(1, max_steps + 1):
        step = alpha * gradient(theta)
        theta -= step
        if step.dot(step) <= shortest:
            return t, True
    return max_steps, False

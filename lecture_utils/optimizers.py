"""Gradient descent: step against the gradient, again and again, until the steps are small."""

import os
from dataclasses import dataclass

import numpy as np

from lecture_utils._validation import (
    as_real_array,
    require_count,
    require_not_negative,
    require_positive,
)

LONGEST_STRETCH = 10_000  # steps between two looks at θ: about 30 ms on a small problem


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
        Step size `α`.
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
            taken, stopped = _descend(gradient, theta, alpha, tolerance, stretch)
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


def _descend(gradient, theta, alpha, tolerance, max_steps):
    """Take up to `max_steps` steps, changing `theta`; return how many, and whether to stop."""
    shortest = tolerance**2
    for t in range(1, max_steps + 1):
        step = alpha * gradient(theta)
        theta -= step
        if step.dot(step) <= shortest:
            return t, True
    return max_steps, False


def progress_bar(total, show, unit="step"):
    """Return a tqdm progress bar over `total` units, as a context manager.

    Where the environment variable ``TQDM_DISABLE`` is set, no bar appears either.
    """
    from tqdm.auto import tqdm  # late, since it is slow to import

    # In a notebook tqdm itself does not look at the variable.
    hidden = not show or os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    return tqdm(total=total, unit=unit, unit_scale=True, disable=hidden)

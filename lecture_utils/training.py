"""Training a network: backpropagation, a step downhill, and again."""

from copy import deepcopy

import numpy as np

from lecture_utils._validation import require_count, require_positive
from lecture_utils.backprop import backprop
from lecture_utils.optimizers import progress_bar


def train(network, loss, x, y, *, learning_rate, steps, progress=False):
    """Train a copy of a network by full-batch gradient descent, `θ ← θ − α ∇J`.

    The network passed in stays as it is, so a cell that trains gives the same each time it runs.

    Parameters
    ----------
    network, loss, x, y
        As for `backprop`.
    learning_rate : float
        Step size `α`.
    steps : int
        Number of updates.
    progress : bool
        Show a progress bar.

    Returns
    -------
    trained : Network
        After the last update.
    losses : array, shape (steps,)
        `J` at each forward pass, so before each update.

    Raises
    ------
    ValueError
        If the learning rate is not positive or so large that a parameter leaves the finite
        numbers, or as for `backprop`.
    """
    require_positive("learning_rate", learning_rate)
    require_count("steps", steps)
    trained = deepcopy(network)
    losses = np.empty(steps)
    with progress_bar(steps, progress) as bar, np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps):
            trace = backprop(trained, loss, x, y)
            for parameter, gradient in zip(trained.parameters, trace.grads, strict=True):
                parameter -= learning_rate * gradient
            if not all(np.isfinite(p).all() for p in trained.parameters):
                raise ValueError(
                    f"learning_rate {learning_rate} is too large for this network and loss: "
                    f"a parameter is not finite after {t + 1} steps"
                )
            losses[t] = trace.loss
            bar.update()
    return trained, losses

"""The history of a training: what it was like, epoch by epoch."""

from dataclasses import dataclass
from itertools import islice
from math import nan, sqrt

import numpy as np


@dataclass(frozen=True)
class History:
    """How a training went, epoch by epoch.

    Attributes
    ----------
    loss : array, shape (n_epochs,)
        Mean of `J` over the samples of an epoch, each taken before its update and without the
        L2 term; with a full batch, `J` before the update.
    accuracy : array, shape (n_epochs,)
        Share of these predictions, 0 to 1, whose class is right; NaN for `squared_error`.
    validation_loss, validation_accuracy : array, shape (n_epochs,)
        The same on the validation data after each epoch; NaN without validation.
    gradient_norms : array, shape (n_epochs, n_layers)
        `‖∂J/∂θ‖` of each layer that has parameters, in the first step of each epoch and without
        the L2 term.
    best_epoch : int
        The epoch after which the returned network was as it is, from 0.
    stopped_by : str
        What ended the training: ``"epochs"``, ``"patience"`` or ``"interrupt"``.
    """

    loss: np.ndarray
    accuracy: np.ndarray
    validation_loss: np.ndarray
    validation_accuracy: np.ndarray
    gradient_norms: np.ndarray
    best_epoch: int
    stopped_by: str

    def to_frame(self):
        """Return loss and accuracy as a data frame, a row for each epoch.

        Returns
        -------
        pandas.DataFrame, shape (n_epochs, 4)
            The index is called ``"epoch"``; the columns are ``"loss"``, ``"accuracy"``,
            ``"validation_loss"`` and ``"validation_accuracy"``, NaN as in the attributes.
        """
        from pandas import DataFrame  # late: the core of the package is NumPy alone

        names = ("loss", "accuracy", "validation_loss", "validation_accuracy")
        return DataFrame({name: getattr(self, name) for name in names}).rename_axis("epoch")


class Record:
    """Writes down how a network trains, step by step; it decides nothing.

    Parameters
    ----------
    network : Network
        The one that is trained.
    loss : Loss
    validation : (x, y) or None
        What it is judged on after each epoch.
    """

    def __init__(self, network, loss, validation):
        self.network, self.objective, self.validation = network, loss, validation
        self.sizes = [len(layer.params) for layer in network.layers if layer.params]
        self.loss, self.accuracy, self.gradient_norms = [], [], []
        self.validation_loss, self.validation_accuracy = [], []
        self.n_steps = 0
        self._start_epoch()

    def _start_epoch(self):
        self.total_loss, self.n_right, self.n_samples = 0.0, 0.0, 0

    def note_step(self, y_hat, y, J, grads):
        """Add the loss, the right predictions and the gradients of one step."""
        if self.n_samples == 0:
            self.gradient_norms.append(self._norms(grads))
        self.n_steps += 1
        self.n_samples += len(y)
        self.total_loss += float(J) * len(y)
        self.n_right += _n_right(self.objective, y_hat, y)

    def note_epoch(self):
        """End an epoch: take means, and look at the validation data."""
        self.loss.append(self.total_loss / self.n_samples)
        self.accuracy.append(self.n_right / self.n_samples)
        loss, accuracy = self._validate()
        self.validation_loss.append(loss)
        self.validation_accuracy.append(accuracy)
        self._start_epoch()

    def history(self, best_epoch, stopped_by):
        """Return all that was written down."""
        curves = (self.loss, self.accuracy, self.validation_loss, self.validation_accuracy)
        norms = np.array(self.gradient_norms)
        return History(*map(np.array, curves), norms, best_epoch, stopped_by)

    def _norms(self, grads):
        squares = iter([np.vdot(g, g).real for g in grads])
        return [sqrt(sum(islice(squares, size))) for size in self.sizes]

    def _validate(self):
        if self.validation is None:
            return nan, nan
        x, y = self.validation
        y_hat, _ = self.network.forward(x)
        values, _ = self.objective.both(y_hat, y)
        return float(values.sum() / len(y)), _n_right(self.objective, y_hat, y) / len(y)


def _n_right(loss, y_hat, y):
    """Return how many samples are right; of several classes in a sample, each counts its part."""
    if loss.right is None:
        return nan
    right = loss.right(y_hat, y)
    return np.count_nonzero(right) * len(y) / right.size

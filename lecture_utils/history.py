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
        The epoch, from 0, whose network was returned.
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

    Attributes
    ----------
    steps : list of (y_hat, y, losses)
        Those of the epoch under way, or of the last one.
    epochs : list of tuple
        Loss, accuracy, validation loss and validation accuracy of each epoch.
    gradient_norms : list of list of float
        For each epoch, the norm of each layer that has parameters.
    """

    def __init__(self, network, loss, validation):
        self.network, self.loss, self.validation = network, loss, validation
        self.sizes = [len(layer.params) for layer in network.layers if layer.params]
        self.steps, self.epochs, self.gradient_norms = [], [], []

    def note_step(self, y_hat, y, losses, grads):
        """Keep what a step has found; of the gradients only their norms, once an epoch."""
        if len(self.gradient_norms) == len(self.epochs):
            self.steps = []
            squares = iter([np.vdot(g, g) for g in grads])
            self.gradient_norms.append([sqrt(sum(islice(squares, n))) for n in self.sizes])
        self.steps.append((y_hat, y, losses))

    def note_epoch(self):
        """End an epoch: take means over its samples, and look at the validation data.

        Returns
        -------
        loss, validation_loss : float
        """
        trained = self._scores(*map(np.concatenate, zip(*self.steps)))
        validated = (nan, nan) if self.validation is None else self._validate(*self.validation)
        self.epochs.append(trained + validated)
        return trained[0], validated[0]

    def history(self, best_epoch, stopped_by):
        """Return all that was written down."""
        curves = np.array(self.epochs).T
        return History(*curves, np.array(self.gradient_norms), best_epoch, stopped_by)

    def _scores(self, y_hat, y, losses):
        J = losses.sum() / len(y)
        if self.loss.right is None:
            return J, nan
        right = self.loss.right(y_hat, y)
        return J, np.count_nonzero(right) / right.size

    def _validate(self, x, y):
        y_hat, _ = self.network.forward(x)
        return self._scores(y_hat, y, self.loss.both(y_hat, y)[0])

"""Training: for each batch of samples, backpropagation and a step downhill."""

import signal
import threading
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from math import isfinite, nan, sqrt

import numpy as np

from lecture_utils._validation import as_tuple, require_count, require_not_negative, require_rng
from lecture_utils.backprop import as_batch, gradients
from lecture_utils.optimizers import progress_bar


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


def train(network, loss, x, y, *, optimizer, epochs, batch_size=None, rng=None, l2=0.0,
          validation=None, patience=None, progress=False):
    """Train a copy of a network on batches of samples.

    The network passed in stays as it is, so a cell that trains gives the same each time it runs.
    Ctrl-C, or the stop button of a notebook, ends the training after the step under way: what is
    trained so far is returned.

    Parameters
    ----------
    network, loss, x, y
        As for `backprop`.
    optimizer : GradientDescent, Momentum or Adam
    epochs : int
        Passes over all samples.
    batch_size : int, optional
        Samples a step, in a new order each epoch; the last batch of an epoch may be smaller. By
        default all samples in each step.
    rng : numpy.random.Generator, optional
        Source of the order; needed with `batch_size`.
    l2 : float
        Strength of the L2 regularisation: `l2/2 · ‖W‖²` is added to `J` for all weights `W`. The
        biases, the arrays with one axis, are not held back.
    validation : (x, y), optional
        Samples and targets that are looked at after each epoch and never trained on.
    patience : int, optional
        Stop after this many epochs without a lower validation loss, and return the network of
        the epoch with the lowest.
    progress : bool
        Show a progress bar.

    Returns
    -------
    trained : Network
    history : History

    Raises
    ------
    ValueError
        If a number is out of its range, `patience` comes without `validation`, or the learning
        rate is so large that a parameter leaves the finite numbers; or as for `backprop`.
    TypeError
        If an argument is of a wrong type; `rng` is also refused if it is missing.
    """
    _check_options(optimizer, epochs, batch_size, rng, l2, validation, patience)
    x, y = _checked(network, loss, x, y)
    if validation is not None:
        validation = _checked(network, loss, *_as_pair(validation))

    _keep_freed_memory()
    trained = deepcopy(network)
    memory = optimizer.start(trained.parameters)
    n_steps = epochs * -(-len(x) // (batch_size or len(x)))
    # Where the descent diverges, one error of the log says why, in place of many warnings.
    with (
        _held_back_interrupt() as interrupt,
        progress_bar(n_steps, progress) as bar,
        np.errstate(divide="ignore", over="ignore", invalid="ignore"),
    ):
        log = _Log(trained, loss, validation, patience, optimizer.learning_rate, interrupt, bar)
        while log.n_epochs < epochs and not log.is_over:
            train_epoch(trained, loss, _batches(x, y, batch_size, rng), optimizer, memory, l2, log)
            log.note_epoch()
        bar.total = bar.n  # it may have ended early: the bar is full then
    return trained, log.finish()


def train_epoch(network, loss, batches, optimizer, memory, l2, log):
    """Change a network by one step a batch: forward, loss, backward, update."""
    parameters = network.parameters
    for x, y in batches:
        y_hat, J, grads = gradients(network, loss, x, y)
        log.note_step(y_hat, y, J, grads)
        add_l2(grads, parameters, l2)
        optimizer.step(parameters, grads, memory)
        if log.is_interrupted:
            break


def add_l2(grads, parameters, l2):
    """Add the gradient of `l2/2 · ‖W‖²`, which is `l2 · W`, for all weights, not for biases."""
    if l2:
        for g, theta in zip(grads, parameters):
            if theta.ndim > 1:
                g += l2 * theta


def _keep_freed_memory():
    """Let the C library of Linux keep the memory of one step for the next.

    It gives freed blocks back to the system and asks for them anew, which makes a step of a
    middle-sized network take up to twice as long. After one large block was freed, it keeps them.
    """
    np.empty(30 * 2**20, np.uint8)


def _batches(x, y, batch_size, rng):
    """Yield the samples of one epoch, batch by batch."""
    if batch_size is None:
        yield x, y
        return
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        yield x.take(rows, axis=0), y.take(rows, axis=0)


class _Log:
    """What is written down while a network trains; it also ends a training that went wrong."""

    def __init__(self, network, loss, validation, patience, learning_rate, interrupt, bar):
        self.network, self.objective, self.learning_rate = network, loss, learning_rate
        self.validation, self.patience = validation, patience
        self.interrupt, self.bar = interrupt, bar
        self.sizes = [len(layer.params) for layer in network.layers if layer.params]
        self.loss, self.accuracy, self.gradient_norms = [], [], []
        self.validation_loss, self.validation_accuracy = [], []
        self.best_epoch, self.best_parameters = 0, None
        self.n_steps = 0
        self._start_epoch()

    def _start_epoch(self):
        self.total_loss, self.n_right, self.n_samples = 0.0, 0.0, 0

    def note_step(self, y_hat, y, J, grads):
        if not isfinite(J):
            self._require_finite_parameters()
        if self.n_samples == 0:
            self.gradient_norms.append(self._norms(grads))
        self.n_steps += 1
        self.n_samples += len(y)
        self.total_loss += float(J) * len(y)
        self.n_right += _n_right(self.objective, y_hat, y)
        self.bar.update()

    def note_epoch(self):
        self.loss.append(self.total_loss / self.n_samples)
        self.accuracy.append(self.n_right / self.n_samples)
        loss, accuracy = self._validate()
        self.validation_loss.append(loss)
        self.validation_accuracy.append(accuracy)
        if self.patience is None or loss < self.validation_loss[self.best_epoch]:
            self.best_epoch = self.n_epochs - 1
        if self.patience is not None and self.best_epoch == self.n_epochs - 1:
            self.best_parameters = [theta.copy() for theta in self.network.parameters]
        self.bar.set_postfix_str(f"loss {self.loss[-1]:.4g}", refresh=False)
        self._start_epoch()

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

    @property
    def n_epochs(self):
        return len(self.loss)

    @property
    def is_interrupted(self):
        return self.interrupt.is_set()

    @property
    def patience_is_over(self):
        return self.patience is not None and self.n_epochs - 1 - self.best_epoch >= self.patience

    @property
    def is_over(self):
        return self.is_interrupted or self.patience_is_over

    def finish(self):
        if self.best_parameters is not None:
            for theta, best in zip(self.network.parameters, self.best_parameters):
                theta[...] = best
        self._require_finite_parameters()
        curves = (self.loss, self.accuracy, self.validation_loss, self.validation_accuracy)
        norms = np.array(self.gradient_norms)
        return History(*map(np.array, curves), norms, self.best_epoch, self._reason)

    @property
    def _reason(self):
        if self.is_interrupted:
            return "interrupt"
        return "patience" if self.patience_is_over else "epochs"

    def _require_finite_parameters(self):
        if not all(np.isfinite(theta).all() for theta in self.network.parameters):
            raise ValueError(
                f"learning_rate {self.learning_rate} is too large for this network and loss: "
                f"a parameter is not finite after {self.n_steps} steps"
            )


def _n_right(loss, y_hat, y):
    """Return how many samples are right; of several classes in a sample, each counts its part."""
    if loss.right is None:
        return nan
    right = loss.right(y_hat, y)
    return np.count_nonzero(right) * len(y) / right.size


@contextmanager
def _held_back_interrupt():
    """Yield an event that Ctrl-C sets, in place of ending the step under way."""
    came = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield came  # Python tells only the main thread of Ctrl-C
        return
    before = signal.signal(signal.SIGINT, lambda *_: came.set())
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)


def _check_options(optimizer, epochs, batch_size, rng, l2, validation, patience):
    if not (hasattr(optimizer, "start") and hasattr(optimizer, "step")):
        raise TypeError(
            "optimizer must be GradientDescent, Momentum or Adam with a learning rate, "
            f"got {type(optimizer).__name__}"
        )
    require_count("epochs", epochs)
    require_not_negative("l2", l2)
    if batch_size is not None:
        require_count("batch_size", batch_size)
        require_rng(rng)
    if patience is not None:
        require_count("patience", patience)
        if validation is None:
            raise ValueError("validation must be given with patience, got None")


def _as_pair(validation):
    pair = as_tuple("validation", validation)
    if len(pair) != 2:
        raise ValueError(f"validation must be a pair of samples and targets, got {len(pair)}")
    return pair


def _checked(network, loss, x, y):
    """Return the batch in the floats of the network, which are then not converted at each step."""
    if not network.parameters:
        raise ValueError(f"network must have parameters to train, got {network!r}")
    x, y = as_batch(network, x, y)
    y_hat, _ = network.forward(x[:1])  # one sample tells the shape, and that the layers fit
    loss(np.broadcast_to(y_hat, (len(x), *y_hat.shape[1:])), y)
    dtype = np.result_type(*network.parameters)
    return x.astype(dtype, copy=False), y.astype(dtype, copy=False)

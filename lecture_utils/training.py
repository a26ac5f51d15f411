"""Training: for each batch of samples, backpropagation and a step downhill."""

import signal
import threading
from contextlib import contextmanager
from copy import deepcopy
from math import inf, isfinite

import numpy as np

from lecture_utils._progress import progress_bar
from lecture_utils._validation import as_tuple, require_count, require_not_negative, require_rng
from lecture_utils.backprop import gradients
from lecture_utils.history import History, Record
from lecture_utils.networks import as_batch

__all__ = ["EarlyStopping", "History", "add_l2", "train", "train_epoch"]


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
    optimizer : Adam or another of `OPTIMIZERS`
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
    record, stopping = Record(trained, loss, validation), EarlyStopping(patience)
    n_steps = epochs * -(-len(x) // (batch_size or len(x)))
    # Where the descent diverges, one error of the log says why, in place of many warnings.
    with (
        _held_back_interrupt() as interrupt,
        progress_bar(n_steps, progress) as bar,
        np.errstate(divide="ignore", over="ignore", invalid="ignore"),
    ):
        log = _Log(record, bar, interrupt, optimizer.learning_rate)
        for epoch in range(epochs):
            train_epoch(trained, loss, _batches(x, y, batch_size, rng), optimizer, memory, l2, log)
            log.note_epoch()
            stopping.note_epoch(epoch, record.validation_loss[-1], trained.parameters)
            if log.is_interrupted or stopping.is_over:
                break
        bar.total = bar.n  # it may have ended early: the bar is full then
    stopping.restore(trained.parameters)
    log.require_finite_parameters()
    ended = "interrupt" if log.is_interrupted else "patience" if stopping.is_over else "epochs"
    return trained, record.history(stopping.best_epoch, ended)


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


class EarlyStopping:
    """Decides when a training is over, by its validation loss, and keeps the best parameters.

    Parameters
    ----------
    patience : int or None
        How many epochs without a lower loss it waits; with None it never ends a training, and
        the best epoch is the last.
    """

    def __init__(self, patience):
        self.patience = patience
        self.best_epoch, self.best_loss, self.best_parameters = 0, inf, None
        self.is_over = False

    def note_epoch(self, epoch, loss, parameters):
        """Look at the validation loss of an epoch, counted from 0, and at its parameters."""
        if self.patience is None:
            self.best_epoch = epoch
        elif epoch == 0 or loss < self.best_loss:
            self.best_epoch, self.best_loss = epoch, loss
            self.best_parameters = [theta.copy() for theta in parameters]
        else:
            self.is_over = epoch - self.best_epoch >= self.patience

    def restore(self, parameters):
        """Change the parameters in place to those of the best epoch."""
        for theta, best in zip(parameters, self.best_parameters or parameters):
            theta[...] = best


class _Log:
    """What is done at each step beside the step itself; it ends a training that went wrong."""

    def __init__(self, record, bar, interrupt, learning_rate):
        self.record, self.bar, self.interrupt = record, bar, interrupt
        self.learning_rate = learning_rate

    @property
    def is_interrupted(self):
        return self.interrupt.is_set()

    def note_step(self, y_hat, y, J, grads):
        if not isfinite(J):
            self.require_finite_parameters()
        self.record.note_step(y_hat, y, J, grads)
        self.bar.update()

    def note_epoch(self):
        self.record.note_epoch()
        self.bar.set_postfix_str(f"loss {self.record.loss[-1]:.4g}", refresh=False)

    def require_finite_parameters(self):
        if not all(np.isfinite(theta).all() for theta in self.record.network.parameters):
            raise ValueError(
                f"learning_rate {self.learning_rate} is too large for this network and loss: "
                f"a parameter is not finite after {self.record.n_steps} steps"
            )


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
            "optimizer must be an optimiser with a learning rate, such as Adam(0.001), "
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

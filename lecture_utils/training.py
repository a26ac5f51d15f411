"""Training: for each batch of samples, backpropagation and a step downhill."""

from copy import copy, deepcopy
from math import inf, isfinite, sqrt

import numpy as np

from lecture_utils._interrupt import held_back_interrupt
from lecture_utils._progress import progress_bar
from lecture_utils._validation import (
    as_tuple,
    require_count,
    require_not_negative,
    require_positive,
    require_rng,
)
from lecture_utils.backprop import backprop, loss_and_gradients
from lecture_utils.history import Record
from lecture_utils.networks import as_batch


def train(network, loss, x, y, *, optimizer, epochs, batch_size=None, rng=None, l2=0.0,
          max_norm=None, schedule=None, validation=None, patience=None, progress=False):
    """Train a copy of a network on batches of samples.

    The network passed in stays as it is, so a cell that trains gives the same each time it runs.
    Ctrl-C, or the stop button of a notebook, ends the training after the step under way: what is
    trained so far is returned, with a warning. From then on, until the notebook cell or the program
    ends, Ctrl-C raises KeyboardInterrupt at once, in this training and in all later ones.

    Parameters
    ----------
    network, loss, x, y
        As for `backprop`.
    optimizer : GradientDescent, Momentum or Adam
    epochs : int
        Passes over all samples.
    batch_size : int, optional
        Samples per step, in a new order each epoch; the last batch of an epoch may be smaller. By
        default all samples in each step.
    rng : numpy.random.Generator, optional
        Source of the order, and of what layers like `Dropout` draw; needed with either.
    l2 : float
        Strength of the L2 regularisation: `l2/2 · ‖W‖²` is added to `J` for all weights `W`. The
        biases, the arrays with one axis, are not regularised.
    max_norm : float, optional
        Gradient clipping: where the norm of all gradients together is larger, they are scaled to
        it (Pascanu et al. 2013, On the difficulty of training recurrent neural networks).
    schedule : callable, optional
        Takes the epoch, from 0, and returns what the learning rate is multiplied by in it, such
        as `cosine_decay`.
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
        If a number is out of its range, `patience` comes without `validation`, the loss is no
        longer finite, as with a learning rate that is far too large; or as for `backprop`.
    TypeError
        If an argument is of a wrong type; `rng` is also refused if it is missing.

    Notes
    -----
    On Linux the process keeps up to 30 MiB of freed memory from then on, rather than give it back
    to the system and ask for it anew in each step, which takes up to as long as the step itself.
    """
    _require_options(optimizer, rng, schedule, validation, epochs=epochs, batch_size=batch_size,
                     l2=l2, max_norm=max_norm, patience=patience)
    x, y = _as_training_data(network, loss, x, y)
    if validation is not None:
        validation = _as_validation_data(network, loss, validation)

    _keep_freed_memory()
    trained = deepcopy(network)
    in_training, memory = trained.in_training(rng), optimizer.start(trained.parameters)
    record, stopping = Record(trained, loss, validation), EarlyStopping(patience)
    n_batches = -(-len(x) // (batch_size or len(x)))
    # Where the descent diverges, one error says why, in place of many warnings.
    with (
        held_back_interrupt() as interrupt,
        progress_bar(epochs * n_batches, progress) as bar,
        np.errstate(all="ignore"),
    ):
        for epoch in range(epochs):
            now = optimizer if schedule is None else _scheduled(optimizer, schedule, epoch)
            batches = _batches(x, y, batch_size, rng, bar, interrupt)
            train_epoch(in_training, loss, batches, now, memory, record, l2, max_norm)
            J, validation_J = record.note_epoch()
            if not isfinite(J):
                raise _divergence(record, optimizer, epoch * n_batches)
            bar.set_postfix_str(f"loss {J:.4g}", refresh=False)
            stopping.note_epoch(epoch, validation_J, trained)
            if stopping.is_over or interrupt.is_set():
                break
        bar.total = bar.n  # it may have ended early: the bar is full then
    if not all(np.isfinite(theta).all() for theta in trained.parameters):
        raise _too_large(optimizer, epoch * n_batches + len(record.steps))
    ended = "patience" if stopping.is_over else "interrupt" if interrupt.is_set() else "epochs"
    return stopping.best_network, record.history(stopping.best_epoch, ended)


def train_epoch(network, loss, batches, optimizer, memory, record, l2, max_norm):
    """Train a network for one epoch, one step per batch: forward, loss, backward, update.

    Parameters
    ----------
    network, loss
        As for `train`; the network is changed.
    batches : iterable of (x, y)
    optimizer, memory
        An optimiser, and what its `start` returned for ``network.parameters``.
    record : Record
        Writes down what each step finds.
    l2 : float
    max_norm : float or None
    """
    parameters = network.parameters
    for x, y in batches:
        y_hat, losses, grads = loss_and_gradients(network, loss, x, y)
        record.note_step(y_hat, y, losses, grads)
        if l2:
            add_l2(grads, parameters, l2)
        if max_norm:
            clip_norm(grads, max_norm)
        optimizer.step(parameters, grads, memory)


def add_l2(grads, parameters, l2):
    """Add `l2 · W`, the gradient of `l2/2 · ‖W‖²`, in place, for all weights, not for biases."""
    for g, theta in zip(grads, parameters):
        if theta.ndim > 1:
            g += l2 * theta


def clip_norm(grads, max_norm):
    """Scale all gradients to a norm of `max_norm` together, in place, where it is larger."""
    largest = max(float(np.abs(g).max()) for g in grads)
    if largest > 0:  # squares of what is divided by it can't overflow
        norm = largest * sqrt(sum(float(np.sum((g / largest) ** 2)) for g in grads))
        if norm > max_norm:
            for g in grads:
                g *= max_norm / norm


def _keep_freed_memory():
    """Let the C library of Linux keep the memory of one step for the next.

    It gives freed blocks back to the system and asks for them anew, which makes a step of a
    middle-sized network take up to twice as long. After one large block was freed, it keeps them.
    """
    np.empty(30 * 2**20, np.uint8)


def _batches(x, y, batch_size, rng, bar, interrupt):
    """Yield the samples of one epoch, batch by batch, until somebody interrupts."""
    order = None if batch_size is None else rng.permutation(len(x))
    for start in range(0, len(x), batch_size or len(x)):
        if order is None:
            yield x, y
        else:
            rows = order[start : start + batch_size]
            yield x.take(rows, axis=0), y.take(rows, axis=0)
        bar.update()
        if interrupt.is_set():
            break


def _scheduled(optimizer, schedule, epoch):
    factor = schedule(epoch)
    require_positive(f"schedule({epoch})", factor)
    scheduled = copy(optimizer)
    # An optimiser of this package is frozen; only this copy of it is changed.
    object.__setattr__(scheduled, "learning_rate", optimizer.learning_rate * factor)
    return scheduled


class EarlyStopping:
    """Decides when a training is over, by its validation loss, and keeps the best network.

    Parameters
    ----------
    patience : int or None
        How many epochs without a lower loss it waits; with None it never ends a training, and
        the best epoch is the last.

    Attributes
    ----------
    is_over : bool
    best_epoch : int
    best_network : Network
        As it was after that epoch.
    """

    def __init__(self, patience):
        self.patience, self.is_over, self.best_loss = patience, False, inf

    def note_epoch(self, epoch, loss, network):
        """Look at the validation loss of an epoch, counted from 0, and at its network."""
        if self.patience is None:
            self.best_epoch, self.best_network = epoch, network
        elif epoch == 0 or loss < self.best_loss:
            self.best_epoch, self.best_loss, self.best_network = epoch, loss, deepcopy(network)
        else:
            self.is_over = epoch - self.best_epoch >= self.patience


def _divergence(record, optimizer, n_steps):
    """Return the error that says why the loss is not finite, `n_steps` before this epoch."""
    k = next(k for k, step in enumerate(record.steps) if not np.isfinite(step[2]).all())
    y_hat, y, _ = record.steps[k]
    n_steps += k
    if not np.isfinite(y_hat).all():
        return _too_large(optimizer, n_steps)
    record.loss(y_hat, y)  # refuses a prediction that is no probability
    name = record.loss.name
    if record.loss.right is not None and not record.loss.on_logits:
        return ValueError(
            f"loss {name} is infinite after {n_steps} steps: a prediction is exactly 0 or 1, and "
            f"wrong. Take {name}_on_logits, and leave out the activation of the output"
        )
    if n_steps == 0:
        largest = np.abs(y).max()
        if np.abs(y_hat).max() > largest:
            return _too_large(optimizer, n_steps)
        return ValueError(
            f"y must be so small that {name} is finite, got up to {largest:g}: scale the targets"
        )
    return _too_large(optimizer, n_steps)


def _too_large(optimizer, n_steps):
    if n_steps == 0:
        return ValueError("x must be so small that the loss is finite: scale the features")
    rate = getattr(optimizer, "learning_rate", f"of {type(optimizer).__name__}")
    return ValueError(
        f"learning_rate {rate} is too large for this network and loss: a number in it is not "
        f"finite after {n_steps} steps"
    )


OPTIONS = {
    "epochs": require_count,
    "batch_size": require_count,
    "l2": require_not_negative,
    "max_norm": require_positive,
    "patience": require_count,
}


def _require_options(optimizer, rng, schedule, validation, **numbers):
    is_class = isinstance(optimizer, type)
    if is_class or not (hasattr(optimizer, "start") and hasattr(optimizer, "step")):
        given = f"the class {optimizer.__name__}" if is_class else type(optimizer).__name__
        raise TypeError(
            "optimizer must be an optimiser with a learning rate, such as Adam(0.001), "
            f"got {given}"
        )
    for name, value in numbers.items():
        if value is not None or name in ("epochs", "l2"):
            OPTIONS[name](name, value)
    if numbers["batch_size"] is not None:
        require_rng(rng)
    if schedule is not None and not callable(schedule):
        raise TypeError(
            f"schedule must be a function of the epoch, got {type(schedule).__name__}"
        )
    if numbers["patience"] is not None and validation is None:
        raise ValueError("validation must be given with patience, got None")


def _as_validation_data(network, loss, validation):
    pair = as_tuple("validation", validation)
    if len(pair) != 2:
        raise ValueError(f"validation must be a pair of samples and targets, got {len(pair)}")
    try:
        return _as_training_data(network, loss, *pair)
    except (TypeError, ValueError) as error:
        raise type(error)(f"validation must be a pair that fits the network: {error}") from None


@np.errstate(all="ignore")
def _as_training_data(network, loss, x, y):
    """Return the batch in the floats of the network, which are then not converted at each step."""
    x, y = as_batch(network, loss, x, y)
    if not network.parameters:
        raise ValueError(f"network must have parameters to train, got {network!r}")
    if len({*map(id, network.parameters)}) < len(network.parameters):
        raise ValueError(f"network must have each parameter once to be trained, got {network!r}")
    y_hat, _ = network.forward(x[:1])  # one sample tells the shape, and that the layers fit
    loss.require_fitting(np.broadcast_to(y_hat, (len(x), *y_hat.shape[1:])), y)
    if network.has_own_layers:
        _require_own_layers_to_train(network, loss, x[:2], y[:2])
    dtype = np.result_type(*network.parameters)
    return x.astype(dtype, copy=False), y.astype(dtype, copy=False)


def _require_own_layers_to_train(network, loss, x, y):
    """Try layers of one's own on two samples, and refuse what would train wrongly."""
    for i, layer in enumerate(network.layers):
        for name, array in vars(layer).items() if hasattr(layer, "__dict__") else ():
            params = layer.params.values()
            is_array = isinstance(array, np.ndarray) and not any(array is p for p in params)
            if is_array and any(np.may_share_memory(array, p) for p in params):
                raise ValueError(
                    f"layers[{i}].{name} must not be a view of a parameter, which no copy of the "
                    "layer keeps: make it in forward"
                )
    tried = deepcopy(network).in_training(np.random.default_rng(0))
    trace = backprop(tried, loss, x, y)  # refuses gradients that don't fit
    _, _, grads = loss_and_gradients(tried, loss, x, y)
    arrays = [*grads, *tried.parameters]
    for i, (g, expected) in enumerate(zip(grads, trace.grads)):
        if np.shape(g) != expected.shape:
            raise ValueError(
                "parameter_gradients of the first layer must return a gradient of shape "
                f"{expected.shape}, got {np.shape(g)}"
            )
        if any(np.may_share_memory(g, other) for other in arrays[:i] + arrays[i + 1 :]):
            raise ValueError(
                "backward must return arrays of their own, got a gradient that shares its memory "
                "with another one or with a parameter"
            )

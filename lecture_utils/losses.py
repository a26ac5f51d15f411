"""Loss functions: the mean over the batch of how wrong each prediction is, and its gradient."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from lecture_utils._validation import as_finite_array, as_real_array, require_binary
from lecture_utils.activations import Activation, Softmax


@dataclass(frozen=True)
class Loss:
    """An objective `J(ŷ, y)`, called like a function, with its gradient `∂J/∂ŷ`.

    Sums over the outputs of a sample, then takes the mean over the `n` samples: the division
    by `n` happens here and nowhere else.

    Parameters
    ----------
    name : str
    both : callable
        Takes predictions and targets, arrays of equal shape; returns the loss of each entry and
        its derivative by the prediction, which share most of their work.
    check : callable
        Raises ValueError for a prediction or target that the loss is not defined for.
    right : callable or None
        Takes the same, and tells whether each class is predicted right; None for a loss of
        numbers.
    on_logits : bool
        Whether the loss itself takes the sigmoid or softmax of `ŷ`.
    """

    name: str
    both: Callable
    check: Callable
    right: Callable | None = None
    on_logits: bool = False

    def __call__(self, y_hat, y):
        """Return the loss, one number (complex if `y_hat` is).

        Parameters
        ----------
        y_hat : array, shape (n_samples,) or (n_samples, n_outputs)
            Prediction; for the losses on logits, the pre-activation `z` of the output.
        y : array, same shape
            Target.

        Raises
        ------
        ValueError
            If the shapes differ, a number is not finite or a label is not allowed.
        """
        values, _ = self._both_checked(y_hat, y)
        return (values.sum() / len(values)).item()

    def gradient(self, y_hat, y):
        """Return `∂J/∂ŷ`, same shape as `y_hat`; arguments and errors as in a call."""
        _, slopes = self._both_checked(y_hat, y)
        return slopes / len(slopes)

    def _both_checked(self, y_hat, y):
        y_hat, y = self._checked(y_hat, y)
        # A prediction that is certain and wrong costs infinity: that is its value, no accident.
        with np.errstate(divide="ignore", over="ignore"):
            return self.both(y_hat, y)

    def _checked(self, y_hat, y):
        y_hat, y = as_finite_array("y_hat", y_hat), as_real_array("y", y)
        self.require_fitting(y_hat, y)
        return y_hat, y.astype(y_hat.real.dtype, copy=False)

    def require_fitting(self, y_hat, y):
        """Refuse arrays of finite numbers that the loss is not defined for."""
        # NumPy would stretch (n,) against (n, 1) to (n, n) without a word.
        if y_hat.shape != y.shape or y.ndim not in (1, 2):
            raise ValueError(
                "y_hat and y must have the same shape, (n,) or (n, m), "
                f"got {y_hat.shape} and {y.shape}"
            )
        self.check(y_hat, y)

    def __repr__(self):
        return self.name


def require_loss(loss, layers):
    """Refuse what is no loss, and a loss on logits behind layers that give probabilities."""
    if not isinstance(loss, Loss):
        given = repr(loss) if isinstance(loss, str) else type(loss).__name__
        raise TypeError(f"loss must be a Loss such as squared_error, got {given}")
    if loss.on_logits and _give_probabilities(layers):
        *_, last = (layer for layer in layers if isinstance(layer, (Activation, Softmax)))
        raise ValueError(
            f"loss must be {loss.name.removesuffix('_on_logits')} behind {last!r}, whose numbers "
            f"are from 0 to 1, got {loss.name}, which expects logits: change the loss, or leave "
            f"{last!r} out"
        )


def _give_probabilities(layers):
    """Return whether the activations at the end of a network give numbers from 0 to 1 only."""
    last = [*takewhile(lambda layer: not layer.params, reversed(layers))]
    y = np.linspace(-50.0, 50.0, 101)
    for layer in reversed(last):
        if isinstance(layer, Softmax):
            y = np.linspace(0.0, 1.0, 101)
        elif isinstance(layer, Activation):
            try:
                with np.errstate(all="ignore"):
                    y = layer(y)
            except Exception:  # a function of one's own may do anything there
                return False
    return bool((y >= 0).all() and (y <= 1).all())


def _check_nothing(y_hat, y):
    pass


def _check_probability(y_hat):
    if (y_hat.real < 0).any() or (y_hat.real > 1).any():
        raise ValueError(
            f"y_hat must hold probabilities between 0 and 1, got {y_hat.real.min()} to "
            f"{y_hat.real.max()}; for a pre-activation use the loss on logits"
        )


def _check_binary(y_hat, y):
    require_binary("y", y)


def _check_binary_probability(y_hat, y):
    require_binary("y", y)
    _check_probability(y_hat)


def _check_one_hot(y_hat, y):
    require_binary("y", y)
    if y.ndim != 2:
        raise ValueError(f"y must be one-hot, of shape (n_samples, n_classes), got {y.shape}")
    ones = y.sum(axis=1)
    if (ones != 1).any():
        wrong = ones[ones != 1][0]
        raise ValueError(f"y must be one-hot, with one 1 in each row, got a row with {wrong:.0f}")


def _check_one_hot_probability(y_hat, y):
    _check_one_hot(y_hat, y)
    _check_probability(y_hat)


def _binary_right(y_hat, y):
    return (y_hat > 0.5) == y


def _binary_right_on_logits(z, y):
    return (z > 0) == y


def _one_hot_right(y_hat, y):
    return y_hat.argmax(axis=-1) == y.argmax(axis=-1)


def _half_square(y_hat, y):
    difference = y_hat - y
    return difference**2 / 2, difference


# With y in {0, 1} one of the two terms of −y log ŷ − (1 − y) log(1 − ŷ) is zero and left out,
# so that 0 · ∞ never arises.


def _binary(y_hat, y):
    p = np.where(y == 1, y_hat, 1 - y_hat)  # of the class that is true
    return -np.log(p), (1 - 2 * y) / p


def _categorical(y_hat, y):
    p = np.where(y == 1, y_hat, 1)
    return -np.log(p), np.where(y == 1, -1 / p, 0)


def _softplus(z):
    """Return `log(1 + exp(z))`, of which NumPy has the real one without overflow."""
    if np.iscomplexobj(z):
        return np.maximum(z, 0) + np.log1p(np.exp(np.minimum(z, -z)))
    return np.logaddexp(0.0, z)


# On logits the prediction is ŷ = σ(z) or softmax(z), and ∂J/∂z = (ŷ − y)/n.


def _binary_on_logits(z, y):
    # −log σ(s z) = log(1 + exp(−s z)), with s = 1 for y = 1 and s = −1 for y = 0. So exp(−loss) is
    # the probability of the class that is true, and −s times that of the other is σ(z) − y.
    s = 2.0 * y - 1.0
    losses = _softplus(-s * z)
    return losses, s * np.expm1(-losses)


def _categorical_on_logits(z, y):
    # Stored by columns, the few classes are compared and added for all samples at once: twice as
    # fast. A difference beyond float's range is infinite, and its exp is 0.
    z = np.asfortranarray(z)
    shifted = z - z.real.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    return np.where(y == 1, np.log(total) - shifted, 0), e / total - y


# Half the square, so that the output's error signal is (ŷ − y)/n as for the two others.
squared_error = Loss("squared_error", _half_square, _check_nothing)
binary_cross_entropy = Loss(
    "binary_cross_entropy",
    _binary,
    _check_binary_probability,
    _binary_right,
)
binary_cross_entropy_on_logits = Loss(
    "binary_cross_entropy_on_logits",
    _binary_on_logits,
    _check_binary,
    _binary_right_on_logits,
    on_logits=True,
)
cross_entropy = Loss(
    "cross_entropy",
    _categorical,
    _check_one_hot_probability,
    _one_hot_right,
)
cross_entropy_on_logits = Loss(
    "cross_entropy_on_logits",
    _categorical_on_logits,
    _check_one_hot,
    _one_hot_right,
    on_logits=True,
)

# All of this module, by name: what is tested.
LOSSES = {loss.name: loss for loss in [*vars().values()] if isinstance(loss, Loss)}

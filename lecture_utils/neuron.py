"""The artificial neuron: the Perceptron with its own rule, and the sigmoid neuron."""

from dataclasses import dataclass

import numpy as np

from lecture_utils._validation import (
    as_binary_labels,
    as_design_matrix,
    as_finite_array,
    as_samples,
    require_count,
    require_not_negative,
    require_positive,
)
from lecture_utils.activations import sigmoid, step
from lecture_utils.losses import binary_cross_entropy_on_logits
from lecture_utils.optimizers import gradient_descent


def add_ones(X):
    """Return `X` with a last column of ones, so that the last weight is the bias.

    Parameters
    ----------
    X : array, shape (n, d)

    Returns
    -------
    array, shape (n, d + 1)
    """
    X = as_design_matrix("X", X)
    return np.hstack([X, np.ones((len(X), 1), X.dtype)])


def logistic_loss(theta, X, y):
    """Return `J(θ)`, the mean binary cross-entropy of `σ(θᵀx)`.

    Parameters
    ----------
    theta : array, shape (d,)
    X : array, shape (n, d)
        Samples, one per row; with a column of ones if there is a bias.
    y : array, shape (n,)
        Labels, 0 or 1.
    """
    theta, X, y = _checked(theta, X, y)
    return binary_cross_entropy_on_logits(X @ theta, y)


def logistic_gradient(theta, X, y):
    """Return `∇J(θ) = mean of (σ(θᵀx) − y) x`, shape (d,); arguments as for `logistic_loss`."""
    theta, X, y = _checked(theta, X, y)
    return X.T @ (sigmoid(X @ theta) - y) / len(y)     # (d, n) @ (n,) -> (d,)


def _checked(theta, X, y):
    X = as_design_matrix("X", X)
    theta = as_finite_array("theta", theta)
    if theta.shape != (X.shape[1],):
        raise ValueError(f"theta must have shape {X.shape[1:]}, one per feature, got {theta.shape}")
    return theta, X, as_binary_labels("y", y, len(X))


class _Neuron:
    """What the two neurons share: `z = wᵀx + b`, the class by its sign, and the accuracy."""

    def _pre_activation(self, X):
        if not hasattr(self, "weights_"):
            raise ValueError(f"this {type(self).__name__} is not trained yet: call fit first")
        z = as_samples("X", X, len(self.weights_)) @ self.weights_ + self.bias_
        return z if np.ndim(X) == 2 else z[0]

    def predict(self, X):
        """Return the class of each sample: 1 where `wᵀx + b > 0`, otherwise 0.

        Parameters
        ----------
        X : array, shape (n, d) for a batch or (d,) for one sample

        Returns
        -------
        array of int, shape (n,), or one number

        Raises
        ------
        ValueError
            If the neuron is not trained, or `X` does not fit what it was trained on.
        """
        return step(self._pre_activation(X)).astype(int)

    def score(self, X, y):
        """Return the accuracy: the share of samples, 0 to 1, whose class is predicted right.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)
            Labels, 0 or 1.
        """
        y_hat = self.predict(as_design_matrix("X", X))
        return float(np.mean(y_hat == as_binary_labels("y", y, len(y_hat))))


class Perceptron(_Neuron):
    """Rosenblatt's Perceptron: step activation, and its own learning rule.

    For each sample in turn, `θ ← θ + (y − ŷ) x`: nothing changes where the prediction is right.
    It is not gradient descent, since the derivative of the step is 0 wherever it exists.

    Parameters
    ----------
    max_epochs : int
        Give up after this many passes over the data.

    Attributes
    ----------
    weights_ : array, shape (d,)
    bias_ : float
    mistakes_ : array of int, shape (n_epochs,)
        Wrong predictions in each epoch.
    converged_ : bool
        Whether the last epoch had none. On data that no line separates, it never happens.

    References
    ----------
    Rosenblatt (1958), The perceptron: a probabilistic model for information storage and
    organization in the brain. Novikoff (1962), On convergence proofs for perceptrons.
    """

    def __init__(self, max_epochs=1000):
        require_count("max_epochs", max_epochs)
        self.max_epochs = max_epochs

    def fit(self, X, y):
        """Learn from samples and labels, starting at zero; returns the neuron itself.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)
            Labels, 0 or 1.

        Raises
        ------
        ValueError
            If a shape is wrong, a number is not finite or a label is neither 0 nor 1.
        """
        X1 = add_ones(X)
        y = as_binary_labels("y", y, len(X1))
        theta = np.zeros(X1.shape[1])
        mistakes = []
        while len(mistakes) < self.max_epochs and (not mistakes or mistakes[-1]):
            mistakes.append(perceptron_epoch(theta, X1, y))
        self.weights_, self.bias_ = theta[:-1], float(theta[-1])
        self.mistakes_ = np.array(mistakes)
        self.converged_ = mistakes[-1] == 0
        return self


def perceptron_epoch(theta, X, y):
    """Apply Rosenblatt's rule to each sample once, changing `theta`; return the mistakes."""
    mistakes = 0
    for x_i, y_i in zip(X, y):
        error = y_i - (theta @ x_i > 0)                # 0 if right, otherwise +1 or −1
        theta += error * x_i
        mistakes += int(error != 0)
    return mistakes


@dataclass(frozen=True)
class NeuronHistory:
    """How the training of a sigmoid neuron went.

    Attributes
    ----------
    steps : array of int, shape (n_looks,)
        Steps `t` at which it was looked at: 0, every one at first, then ever more thinly.
    theta_norm, loss, accuracy : array, shape (n_looks,)
        `‖θ_t‖`, `J(θ_t)` without the L2 term, and the share of training samples that are right.
    """

    steps: np.ndarray
    theta_norm: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray


class SigmoidNeuron(_Neuron):
    """A neuron with a sigmoid, `ŷ = σ(wᵀx + b)`: logistic regression.

    Trained by full-batch gradient descent on the mean binary cross-entropy plus
    `l2/2 · ‖w‖²` (the bias is not held back), from zero.

    Parameters
    ----------
    learning_rate : float
        The learning rate `α`.
    tolerance : float
        Stop once `‖θ_t − θ_{t−1}‖` is no more than this.
    max_steps : int
        Stop after this many steps at the latest.
    l2 : float
        Strength of the L2 regularisation; 0 for none.

    Attributes
    ----------
    weights_ : array, shape (d,)
    bias_ : float
    theta_ : array, shape (d + 1,)
        The weights, then the bias.
    n_steps_ : int
        Steps taken.
    stopped_ : bool
        Whether the stop rule ended the training; otherwise `max_steps` did.
    history_ : NeuronHistory
    """

    def __init__(self, *, learning_rate=0.1, tolerance=5e-5, max_steps=1_000_000, l2=0.0):
        require_positive("learning_rate", learning_rate)
        require_not_negative("tolerance", tolerance)
        require_count("max_steps", max_steps)
        require_not_negative("l2", l2)
        self.learning_rate = learning_rate
        self.tolerance = tolerance
        self.max_steps = max_steps
        self.l2 = l2

    def fit(self, X, y, *, progress=False):
        """Learn from samples and labels; returns the neuron itself.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)
            Labels, 0 or 1.
        progress : bool
            Show a progress bar.

        Raises
        ------
        ValueError
            If a shape is wrong, a number is not finite, a label is neither 0 nor 1, or the
            learning rate is so large that θ leaves the finite numbers.
        """
        X1 = add_ones(X)
        y = as_binary_labels("y", y, len(X1))
        descent = gradient_descent(
            _repeated_gradient(X1, y, self.l2),
            np.zeros(X1.shape[1]),
            learning_rate=self.learning_rate,
            tolerance=self.tolerance,
            max_steps=self.max_steps,
            progress=progress,
        )
        with np.errstate(over="ignore", invalid="ignore"):
            Z = descent.thetas @ X1.T                  # (n_looks, d + 1) @ (d + 1, n)
        if not np.isfinite(Z).all():
            raise ValueError(f"learning_rate {self.learning_rate} is too large: θᵀx is not finite")
        self.history_ = _history(descent, Z, y)
        self.theta_ = descent.theta
        self.weights_, self.bias_ = descent.theta[:-1], float(descent.theta[-1])
        self.n_steps_, self.stopped_ = descent.n_steps, descent.stopped
        return self

    def predict_proba(self, X):
        """Return the probabilities of class 0 and class 1, for `X` as in `predict`.

        Returns
        -------
        array, shape (n, 2) for a batch or (2,) for one sample
        """
        z = self._pre_activation(X)
        return np.stack([sigmoid(-z), sigmoid(z)], axis=-1)


def _repeated_gradient(X, y, l2):
    """Return `logistic_gradient` for many calls on the same data, several times as fast.

    With `σ(z) = (1 + tanh(z/2)) / 2` the gradient is `Xᵀ tanh(Xθ/2) / 2n + Xᵀ(1/2 − y) / n`,
    whose second term does not change: it is one more row of weights, for a last entry of 1.
    All arrays are made once. A test holds it against `logistic_gradient`.
    """
    n = len(y)
    half_X = X / 2
    rows = np.vstack([X / (2 * n), X.T @ (0.5 - y) / n])       # (n + 1, d)
    t, total = np.ones(n + 1), np.empty(X.shape[1])
    t_of_samples = t[:n]                                       # a view; t[n] stays 1

    def repeated_gradient(theta):
        half_X.dot(theta, out=t_of_samples)
        np.tanh(t_of_samples, out=t_of_samples)
        t.dot(rows, out=total)
        if l2:
            total[:-1] += l2 * theta[:-1]
        return total

    return repeated_gradient


def _history(descent, Z, y):
    return NeuronHistory(
        steps=descent.steps,
        theta_norm=np.linalg.norm(descent.thetas, axis=1),
        loss=np.array([binary_cross_entropy_on_logits(z, y) for z in Z]),
        accuracy=np.mean((Z > 0) == y, axis=1),
    )

"""The neuron and the networks as scikit-learn estimators, for pipelines and grid searches."""

import re
import warnings
from contextlib import contextmanager, suppress
from functools import wraps
from math import ceil

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from lecture_utils._validation import (
    as_finite_array,
    require_count,
    require_positive,
    require_share,
)
from lecture_utils.activations import get_activation, sigmoid, softmax
from lecture_utils.losses import (
    binary_cross_entropy_on_logits,
    cross_entropy_on_logits,
    squared_error,
)
from lecture_utils.networks import mlp
from lecture_utils.neuron import SigmoidNeuron
from lecture_utils.optimizers import OPTIMIZERS
from lecture_utils.training import train

FLOATS = (np.float64, np.float32)  # the second is kept, the first is what all else becomes


def _all_or_nothing(fit):
    """Let a `fit` that fails, or that Ctrl-C ends, leave the estimator as it was."""

    @wraps(fit)
    def fit_all(self, X, y):
        before = vars(self).copy()
        try:
            return fit(self, X, y)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    return fit_all


@contextmanager
def _checking(name, value):
    """Let errors of scikit-learn name the argument; refuse a mask, which it would overlook."""
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must have no masked entries, got a masked array")
    try:
        yield
    except (TypeError, ValueError) as error:
        if re.search(rf"\b{name}\b", str(error)):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name} is refused: {error}") from None


def _samples(estimator, X, *, reset):
    with _checking("X", X):
        return validate_data(estimator, X, dtype=FLOATS, reset=reset)


def _samples_and_targets(estimator, X, y):
    if y is None:
        validate_data(estimator, X, y)  # says that y is missing
    X = _samples(estimator, X, reset=True)
    with _checking("y", y):
        y = check_array(y, dtype=None, ensure_2d=False, input_name="y")
    if len(y) != len(X):
        raise ValueError(f"y must have as many entries as X has samples, {len(X)}, got {len(y)}")
    return X, y


def _require_switch(name, value):
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r}")


class _Classifier(ClassifierMixin, BaseEstimator):
    """What the classifiers share: classes of any kind, and predictions from logits."""

    def _checked(self, X, y):
        """Return the samples and, for each, the index of its class."""
        X, y = _samples_and_targets(self, X, y)
        with _checking("y", y):
            y = column_or_1d(y, warn=True)
            check_classification_targets(y)
        self.classes_, y = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y must hold at least two classes, got one class: {self.classes_[0]}")
        return X, y

    def decision_function(self, X):
        """Return the logits `z`: what the sigmoid or softmax of the output is taken of.

        Parameters
        ----------
        X : array, shape (n, d)

        Returns
        -------
        array, shape (n,) for two classes, above 0 for the second; otherwise (n, n_classes)
        """
        check_is_fitted(self)
        return self._logits(_samples(self, X, reset=False))

    def predict_proba(self, X):
        """Return the probability of each class, in the order of ``classes_``.

        Parameters
        ----------
        X : array, shape (n, d)

        Returns
        -------
        array, shape (n, n_classes)
        """
        z = self.decision_function(X)
        return softmax(z) if z.ndim == 2 else np.stack([sigmoid(-z), sigmoid(z)], axis=1)

    def predict(self, X):
        """Return the class of each sample, the most probable one.

        Parameters
        ----------
        X : array, shape (n, d)

        Returns
        -------
        array, shape (n,)
        """
        z = self.decision_function(X)
        return self.classes_[z.argmax(axis=1) if z.ndim == 2 else (z > 0).astype(int)]


class NeuronClassifier(_Classifier):
    """A sigmoid neuron as a scikit-learn classifier of two classes.

    Parameters
    ----------
    learning_rate, tolerance, max_steps, l2
        As for `SigmoidNeuron`.
    progress : bool
        Show a progress bar.

    Attributes
    ----------
    neuron_ : SigmoidNeuron
        The trained neuron; for it, the classes are 0 and 1.
    classes_ : array, shape (2,)
    n_iter_ : int
        Steps taken.
    n_features_in_ : int
    feature_names_in_ : array of str, shape (n_features_in_,)
        Only where the columns of `X` had names.
    """

    def __init__(
        self, *, learning_rate=0.1, tolerance=5e-5, max_steps=10_000, l2=0.0, progress=False
    ):
        self.learning_rate = learning_rate
        self.tolerance = tolerance
        self.max_steps = max_steps
        self.l2 = l2
        self.progress = progress

    @_all_or_nothing
    def fit(self, X, y):
        """Learn from samples and labels; returns the classifier itself.

        Parameters
        ----------
        X : array, shape (n, d)
        y : array, shape (n,)
            Labels of two classes, numbers or strings.

        Raises
        ------
        ValueError
            If a shape is wrong, a number is not finite, there are not two classes, or as for
            `SigmoidNeuron`.
        TypeError
            If a parameter is of a wrong type.

        Warns
        -----
        ConvergenceWarning
            If `max_steps` ended the training.
        """
        _require_switch("progress", self.progress)
        X, y = self._checked(X, y)
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported: y must hold two classes, "
                f"got {len(self.classes_)}"
            )
        neuron = SigmoidNeuron(
            learning_rate=self.learning_rate,
            tolerance=self.tolerance,
            max_steps=self.max_steps,
            l2=self.l2,
        )
        self.neuron_ = neuron.fit(X, y, progress=self.progress)
        if not neuron.stopped_:
            warnings.warn(
                f"max_steps ended the training: the last of {self.max_steps} steps was longer "
                "than tolerance. Scale the features, or raise max_steps.",
                ConvergenceWarning,
                stacklevel=3,  # the call of fit, above its decorator
            )
        self.n_iter_ = self.neuron_.n_steps_
        return self

    def _logits(self, X):
        return X @ self.neuron_.weights_ + self.neuron_.bias_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


class _NetworkEstimator(BaseEstimator):
    """What the two network estimators share: their parameters and the training."""

    def __init__(
        self,
        hidden_layer_sizes=(64,),
        *,
        activation="relu",
        optimizer="adam",
        learning_rate=0.001,
        l2=1e-4,
        batch_size=32,
        max_epochs=200,
        patience=None,
        validation_share=0.1,
        random_state=None,
        progress=False,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.l2 = l2
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.patience = patience
        self.validation_share = validation_share
        self.random_state = random_state
        self.progress = progress

    def _train(self, loss, X, targets, class_of=None):
        """Train a new network on targets of shape (n, n_out); classes are kept in proportion."""
        require_count("max_epochs", self.max_epochs)
        require_positive("validation_share", self.validation_share)
        require_share("validation_share", self.validation_share)
        _require_switch("progress", self.progress)
        random_state = _random_state(self.random_state)
        rng = np.random.default_rng(random_state.randint(2**32, dtype=np.uint32))
        optimizer = _optimizer(self.optimizer, self.learning_rate)
        network = self._new_network(X.shape[1], targets.shape[1], X.dtype, rng)
        validation = None
        if self.patience is not None:
            self._require_enough_to_hold_back(len(X), class_of)
            X, X_validation, targets, targets_validation = train_test_split(
                X,
                targets,
                test_size=self.validation_share,
                stratify=class_of,
                random_state=random_state,
            )
            validation = X_validation, targets_validation
        self.network_, self.history_ = train(
            network,
            loss,
            X,
            targets,
            optimizer=optimizer,
            epochs=self.max_epochs,
            batch_size=self.batch_size,
            rng=rng,
            l2=self.l2,
            validation=validation,
            patience=self.patience,
            progress=self.progress,
        )
        self.n_iter_ = len(self.history_.loss)

    def _require_enough_to_hold_back(self, n, class_of):
        """Refuse what can't be split into two parts with samples of each class in both."""
        n_least, reason = 1, ""
        if class_of is not None:
            n_least, reason = len(self.classes_), ", one per class,"
            rarest = np.bincount(class_of).argmin()
            if np.sum(class_of == rarest) < 2:
                raise ValueError(
                    "y must hold each class at least twice with patience, which holds back "
                    f"samples of each, got the class {self.classes_.tolist()[rarest]!r} once"
                )
        n_held_back = ceil(self.validation_share * n)
        if min(n_held_back, n - n_held_back) < n_least:
            raise ValueError(
                f"validation_share must hold back at least {n_least} of the samples{reason} and "
                f"leave as many, got {self.validation_share} of {n}: {n_held_back} and "
                f"{n - n_held_back}"
            )

    def _new_network(self, n_in, n_out, dtype, rng):
        hidden = self.hidden_layer_sizes
        if isinstance(hidden, (str, dict)) or not np.iterable(hidden):
            raise TypeError(f"hidden_layer_sizes must be a sequence such as (64,), got {hidden!r}")
        hidden = tuple(hidden)
        for i, size in enumerate(hidden):
            require_count(f"hidden_layer_sizes[{i}]", size)
        activation = get_activation(self.activation, "activation")
        init = "he" if _is_rectifier(activation) else "xavier"
        network = mlp((n_in, *hidden, n_out), hidden=activation, init=init, rng=rng)
        for layer in network.layers:
            for name, array in layer.params.items():
                layer.params[name] = array.astype(dtype)
        return network


def _is_rectifier(activation):
    """Whether an activation grows with `z > 0`, and with `z < 0` far less, as the ReLUs do."""
    low, high = np.abs(activation(np.array([-100.0, 100.0])))
    return high > 50 > low


def _optimizer(name, learning_rate):
    if not isinstance(name, str) or name not in OPTIMIZERS:
        raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}; got {name!r}")
    return OPTIMIZERS[name](learning_rate)


def _random_state(seed):
    try:
        return check_random_state(seed)
    except ValueError:
        raise ValueError(
            "random_state must be a whole number from 0 to 2**32 − 1, a numpy.random.RandomState "
            f"or None, got {seed!r}"
        ) from None


class NetworkClassifier(_Classifier, _NetworkEstimator):
    """A fully connected network as a scikit-learn classifier of two or more classes.

    Two classes share one output with a sigmoid; more have one each, with softmax. The loss is
    the cross-entropy. Features of very different size should be scaled first, as by a
    ``StandardScaler`` in a pipeline.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int
        Neurons in each hidden layer.
    activation : str
        Activation of the hidden layers. The weights start as He et al. (2015) say for the ReLUs
        and their like, and as Glorot and Bengio (2010) say for the others.
    optimizer : str
        ``"adam"`` or another name in `OPTIMIZERS`.
    learning_rate : float
    l2 : float
        Strength of the L2 regularisation, as for `train`.
    batch_size : int or None
        Samples per step; None takes all of them.
    max_epochs : int
        Passes over all samples.
    patience : int or None
        Stop early: hold back some samples, stop after this many epochs without a lower loss on
        them, and keep the network of the best epoch. With None, all samples are trained on, for
        `max_epochs`.
    validation_share : float
        Share of the samples that is held back where there is `patience`.
    random_state : int, numpy.random.RandomState or None
        Source of the weights, of the order of the samples, and of which are held back.
    progress : bool
        Show a progress bar.

    Attributes
    ----------
    network_ : Network
        The trained network; it gives logits.
    history_ : History
    n_iter_ : int
        Epochs run.
    classes_ : array, shape (n_classes,)
    n_features_in_ : int
    feature_names_in_ : array of str, shape (n_features_in_,)
        Only where the columns of `X` had names.
    """

    @_all_or_nothing
    def fit(self, X, y):
        """Learn from samples and labels; returns the classifier itself.

        Ctrl-C ends the training early, as for `train`, and leaves a classifier that can be used.

        Parameters
        ----------
        X : array, shape (n, d)
            In float32 the network computes in float32, otherwise in float64.
        y : array, shape (n,)
            Labels, numbers or strings.

        Raises
        ------
        ValueError
            If a shape is wrong, a number is not finite, there are not two classes, a parameter is
            out of its range, or as for `train`.
        TypeError
            If a parameter is of a wrong type.
        """
        X, y = self._checked(X, y)
        if len(self.classes_) == 2:
            self._train(binary_cross_entropy_on_logits, X, y[:, None], class_of=y)
        else:
            self._train(cross_entropy_on_logits, X, np.eye(len(self.classes_))[y], class_of=y)
        return self

    def _logits(self, X):
        z = self.network_(X)
        return z[:, 0] if len(self.classes_) == 2 else z


class NetworkRegressor(RegressorMixin, _NetworkEstimator):
    """A fully connected network as a scikit-learn regressor of one or more targets.

    The loss is the squared error. The targets may be of any size: they are trained on with mean 0
    and standard deviation 1, and the last layer then takes them back to what they were.

    Parameters
    ----------
    hidden_layer_sizes, activation, optimizer, learning_rate, l2, batch_size, max_epochs, \
    patience, validation_share, random_state, progress
        As for `NetworkClassifier`.

    Attributes
    ----------
    network_ : Network
        The trained network; it gives predictions in the units of the targets.
    history_ : History
        Its losses are those of the scaled targets.
    n_iter_ : int
        Epochs run.
    n_features_in_ : int
    feature_names_in_ : array of str, shape (n_features_in_,)
        Only where the columns of `X` had names.
    """

    @_all_or_nothing
    def fit(self, X, y):
        """Learn from samples and targets; returns the regressor itself.

        Ctrl-C ends the training early, as for `train`, and leaves a regressor that can be used.

        Parameters
        ----------
        X : array, shape (n, d)
            In float32 the network computes in float32, otherwise in float64.
        y : array, shape (n,) or (n, n_out)

        Raises
        ------
        ValueError, TypeError
            As for `NetworkClassifier.fit`.
        """
        X, y = _samples_and_targets(self, X, y)
        self._one_column = y.ndim == 1
        targets = as_finite_array("y", _as_numbers(y)).reshape(len(y), -1)
        with np.errstate(over="ignore", invalid="ignore"):
            mean, scale = targets.mean(axis=0), targets.std(axis=0)
        if not np.isfinite(scale).all():
            raise ValueError("y must hold smaller numbers: their standard deviation is not finite")
        scale[scale == 0] = 1  # a target that never changes
        self._train(squared_error, X, (targets - mean) / scale)
        last = [layer for layer in self.network_.layers if layer.params][-1].params
        last["W"] *= scale
        last["b"] *= scale
        last["b"] += mean
        return self

    def predict(self, X):
        """Return the prediction for each sample.

        Parameters
        ----------
        X : array, shape (n, d)

        Returns
        -------
        array, shape (n,) or (n, n_out), as the targets were
        """
        check_is_fitted(self)
        y_hat = self.network_(_samples(self, X, reset=False))
        return y_hat[:, 0] if self._one_column else y_hat

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _as_numbers(y):
    if y.dtype.kind in "biufO":  # numbers of several kinds have the type object
        with suppress(TypeError, ValueError):
            return y.astype(np.float64)
    raise TypeError(f"y must hold numbers, got dtype {y.dtype}")

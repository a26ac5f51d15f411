"""The neuron and the networks as scikit-learn estimators, for pipelines and grid searches."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from lecture_utils._validation import as_tuple, require_count, require_positive, require_share
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


class _Classifier(ClassifierMixin, BaseEstimator):
    """What the classifiers share: classes of any kind, and predictions from logits."""

    def _checked(self, X, y):
        """Return the samples and, for each, the index of its class."""
        X, y = validate_data(self, X, y, dtype=FLOATS)
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
        return self._logits(validate_data(self, X, dtype=FLOATS, reset=False))

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
        """
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

    def _train(self, loss, X, targets, classes=None):
        """Train a new network on targets of shape (n, n_out); classes are kept in proportion."""
        require_count("max_epochs", self.max_epochs)
        random_state = check_random_state(self.random_state)
        rng = np.random.default_rng(random_state.randint(2**32, dtype=np.uint32))
        optimizer = _optimizer(self.optimizer, self.learning_rate)
        network = self._new_network(X.shape[1], targets.shape[1], X.dtype, rng)
        validation = None
        if self.patience is not None:
            require_positive("validation_share", self.validation_share)
            require_share("validation_share", self.validation_share)
            X, X_validation, targets, targets_validation = train_test_split(
                X,
                targets,
                test_size=self.validation_share,
                stratify=classes,
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

    def _new_network(self, n_in, n_out, dtype, rng):
        hidden = as_tuple("hidden_layer_sizes", self.hidden_layer_sizes)
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
    if name not in [*OPTIMIZERS]:
        raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}; got {name!r}")
    return OPTIMIZERS[name](learning_rate)


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
        Samples a step; None takes all of them.
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

    def fit(self, X, y):
        """Learn from samples and labels; returns the classifier itself.

        Ctrl-C ends the training early and leaves a classifier that can be used.

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
            self._train(binary_cross_entropy_on_logits, X, y[:, None], classes=y)
        else:
            self._train(cross_entropy_on_logits, X, np.eye(len(self.classes_))[y], classes=y)
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

    def fit(self, X, y):
        """Learn from samples and targets; returns the regressor itself.

        Ctrl-C ends the training early and leaves a regressor that can be used.

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
        X, y = validate_data(self, X, y, dtype=FLOATS, multi_output=True, y_numeric=True)
        self._one_column = y.ndim == 1
        targets = y.reshape(len(y), -1)
        mean, scale = targets.mean(axis=0), targets.std(axis=0)
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
        y_hat = self.network_(validate_data(self, X, dtype=FLOATS, reset=False))
        return y_hat[:, 0] if self._one_column else y_hat

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

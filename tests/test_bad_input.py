"""Bad input: the error names the argument and what was expected, and nothing is half-changed."""

from copy import deepcopy

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from lecture_utils import (
    Adam,
    Dense,
    GradientDescent,
    Momentum,
    Network,
    Perceptron,
    SigmoidNeuron,
    backprop,
    binary_cross_entropy,
    binary_cross_entropy_on_logits,
    central_differences,
    check_gradients,
    complex_step,
    cross_entropy,
    cross_entropy_on_logits,
    get_activation,
    gradient_descent,
    mlp,
    relative_error,
    sigmoid,
    softmax,
    squared_error,
    tanh,
    train,
)
from lecture_utils.graph import variable
from lecture_utils.networks import dense_layers
from lecture_utils.neuron import add_ones, logistic_gradient, logistic_loss
from lecture_utils.optimizers import cosine_decay
from lecture_utils.regularization import BatchNorm

RNG = np.random.default_rng(0)
NETWORK = mlp((2, 3, 1), rng=RNG)
OPTIMIZER = GradientDescent(0.1)
X, Y = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([0, 1])
TARGETS = Y[:, None]
PERCEPTRON, NEURON = Perceptron().fit(X, Y), SigmoidNeuron(max_steps=5).fit(X, Y)
NAN, INF = float("nan"), float("inf")


def descend(theta=(1.0,), *, learning_rate=0.1, max_steps=3, **others):
    return gradient_descent(
        lambda t: t, theta, learning_rate=learning_rate, max_steps=max_steps, **others
    )


def train_it(x=X, y=TARGETS, *, optimizer=OPTIMIZER, epochs=3, **others):
    return train(NETWORK, squared_error, x, y, optimizer=optimizer, epochs=epochs, **others)


def random_layer(n_in=2, n_out=3, rng=RNG):
    return Dense.random(n_in, n_out, rng=rng)


def network(sizes=(2, 1), rng=RNG, **others):
    return mlp(sizes, rng=rng, **others)


def bad(error, message, function, *arguments, **named):
    """Return one row of the table: what is raised when the function is called like this."""
    return error, message, function, arguments, named


BAD = [
    # activations
    bad(TypeError, "z must hold numbers, got str", sigmoid, "a"),
    bad(TypeError, "z must hold numbers, got NoneType", sigmoid, None),
    bad(TypeError, "z must hold numbers, got list", tanh.derivative, [{}]),
    bad(ValueError, "z must be an array with rows of equal length", sigmoid, [[1, 2], [3]]),
    bad(ValueError, r"z must have at least one entry in its last axis, .*\(\)", softmax, 1.0),
    bad(ValueError, r"z must have at least one entry.*\(3, 0\)", softmax, np.ones((3, 0))),
    bad(TypeError, "z must hold numbers", softmax, "a"),
    bad(ValueError, "name must be one of step, sigmoid, .*; got 'rely'", get_activation, "rely"),
    bad(TypeError, "name must be a name or an activation, got ufunc", get_activation, np.tanh),
    # losses
    bad(
        ValueError, r"y_hat and y .* same shape.*\(1,\) and \(1, 1\)",
        squared_error, [1.0], [[1.0]],
    ),
    bad(ValueError, r"y_hat and y .* \(n,\) or \(n, m\), got \(\)", squared_error, 1.0, 1.0),
    bad(
        ValueError, r"y_hat and y .*\(1, 1, 1\)",
        squared_error, np.ones((1, 1, 1)), np.ones((1, 1, 1)),
    ),
    bad(ValueError, r"y_hat must not be empty, got shape \(0,\)", squared_error, [], []),
    bad(
        ValueError, r"y_hat must be finite, got nan at index \(1,\)",
        squared_error, [1, NAN], [1, 2],
    ),
    bad(ValueError, r"y must be finite, got inf", squared_error.gradient, [1.0], [INF]),
    bad(TypeError, "y must hold real numbers, got dtype complex128", squared_error, [1.0], [1j]),
    bad(TypeError, "y_hat must hold numbers", squared_error, ["a"], [1.0]),
    bad(ValueError, "y must hold only 0 and 1, got 2", binary_cross_entropy, [0.5], [2]),
    bad(ValueError, "y must hold only 0 and 1, got 0.5", binary_cross_entropy, [0.5], [0.5]),
    bad(
        ValueError, "y_hat must hold probabilities.*1.5.*on logits",
        binary_cross_entropy, [1.5], [1],
    ),
    bad(ValueError, "y_hat must hold probabilities", binary_cross_entropy.gradient, [-0.1], [1]),
    bad(
        ValueError, "y must hold only 0 and 1, got -1",
        binary_cross_entropy_on_logits, [9.0], [-1],
    ),
    bad(ValueError, r"y must be one-hot, of shape .* got \(1,\)", cross_entropy, [0.5], [1]),
    bad(ValueError, "y must be one-hot.* a row with 2", cross_entropy, [[0.5, 0.5]], [[1, 1]]),
    bad(ValueError, "y must hold only 0 and 1, got 2", cross_entropy, [[0.5, 0.5]], [[0, 2]]),
    bad(ValueError, "y_hat must hold probabilities", cross_entropy, [[1.5, -0.5]], [[1, 0]]),
    bad(
        ValueError, "y must be one-hot.* row with 0",
        cross_entropy_on_logits, [[9.0, 1]], [[0, 0]],
    ),
    # layers
    bad(ValueError, r"W must have shape \(n_in, n_out\), got \(2,\)", Dense, [1.0, 2.0]),
    bad(ValueError, r"W must not be empty, got shape \(2, 0\)", Dense, np.ones((2, 0))),
    bad(ValueError, r"W must be finite, got nan at index \(0, 0\)", Dense, [[NAN]]),
    bad(ValueError, "W must be an array with rows of equal length", Dense, [[1, 2], [3]]),
    bad(TypeError, "W must hold numbers", Dense, [["a"]]),
    bad(ValueError, r"b must have shape \(3,\).* got \(2,\)", Dense, np.ones((2, 3)), np.ones(2)),
    bad(ValueError, r"b must have shape \(3,\)", Dense, np.ones((2, 3)), np.ones((1, 3))),
    bad(ValueError, r"b must be finite, got inf at index \(0,\)", Dense, [[1.0]], [INF]),
    bad(ValueError, r"x must have shape \(n, 1\), got \(1,\)", Dense([[1.0]]).forward, np.ones(1)),
    bad(
        ValueError, r"x must have shape \(n, 1\).* \(3, 2\)",
        Dense([[1.0]]).forward, np.ones((3, 2)),
    ),
    bad(ValueError, "n_in must be at least 1, got 0", random_layer, 0),
    bad(ValueError, "n_out must be at least 1, got -1", random_layer, 2, -1),
    bad(TypeError, "n_in must be a whole number, got float", random_layer, 2.0),
    bad(TypeError, "n_in must be a whole number, got bool", random_layer, True),
    bad(TypeError, "rng must be a numpy.random.Generator .* got int", random_layer, rng=0),
    # networks
    bad(
        ValueError, r"network must consist of dense layers, .* got Dense.* -> BatchNorm",
        dense_layers, Network([Dense(np.eye(2)), BatchNorm.new(2)]),
    ),  # fmt: skip
    bad(ValueError, "network must consist of dense", dense_layers, Network([tanh, Dense([[1.0]])])),
    bad(ValueError, "layers must hold at least one layer", Network, []),
    bad(TypeError, "layers must be a sequence, got Dense", Network, Dense([[1.0]])),
    bad(
        TypeError, r"layers\[1\] must be a layer, .* got ufunc, which has no params and no forward",
        Network, [Dense([[1.0]]), np.tanh],
    ),  # fmt: skip
    bad(TypeError, r"layers\[0\] must be a layer, got the class Dense", Network, [Dense]),
    bad(
        ValueError, r"layers\[2\] takes 2 inputs but layers\[0\] gives 3",
        Network, [Dense(np.ones((2, 3))), tanh, Dense(np.ones((2, 1)))],
    ),
    bad(ValueError, "x must have 2 features per sample, got 3", NETWORK, [1.0, 2.0, 3.0]),
    bad(ValueError, "x must have 2 features per sample, got 1", NETWORK, np.ones((4, 1))),
    bad(ValueError, r"x must have shape \(n_samples, n_features\)", NETWORK, np.ones((1, 1, 2))),
    bad(ValueError, r"x must have shape .* got \(\)", NETWORK, 1.0),
    bad(ValueError, r"x must not be empty, got shape \(0, 2\)", NETWORK, np.ones((0, 2))),
    bad(ValueError, r"x must be finite, got nan at index \(0,\)", NETWORK, [NAN, 1.0]),
    bad(ValueError, "sizes must name at least the inputs and the outputs", network, [2]),
    bad(TypeError, "sizes must be a sequence, got int", network, 3),
    bad(ValueError, r"sizes\[1\] must be at least 1, got 0", network, [2, 0, 1]),
    bad(TypeError, r"sizes\[1\] must be a whole number, got float", network, [2, 1.5]),
    bad(ValueError, "hidden must be one of step, .*; got 'rely'", network, hidden="rely"),
    bad(TypeError, "output must be a name or an activation, got ufunc", network, output=np.tanh),
    bad(TypeError, "rng must be a numpy.random.Generator .* got NoneType", network, rng=None),
    # backpropagation and gradient checks
    bad(ValueError, "x must have 2 features", backprop, NETWORK, squared_error, [1.0], [1.0]),
    bad(ValueError, r"y_hat and y .*\(2, 1\) and \(2,\)", backprop, NETWORK, squared_error, X, Y),
    bad(ValueError, r"y_hat and y .*\(1, 1\)", backprop, NETWORK, squared_error, X, [[1.0]]),
    bad(
        ValueError, r"y must be finite.*\(1, 0\)",
        backprop, NETWORK, squared_error, X, [[1.0], [NAN]],
    ),
    bad(
        ValueError, "y must hold only 0 and 1, got 2",
        backprop, NETWORK, binary_cross_entropy_on_logits, X, [[0], [2]],
    ),
    bad(
        ValueError, "y_hat and y must have the same",
        check_gradients, NETWORK, squared_error, X, Y,
    ),
    bad(
        ValueError, "x must have 2 features",
        check_gradients, NETWORK, squared_error, [[1]], [[1]],
    ),
    bad(ValueError, "theta must be finite", central_differences, np.sum, [NAN]),
    bad(ValueError, "theta must not be empty", central_differences, np.sum, []),
    bad(TypeError, "theta must hold real numbers", central_differences, np.sum, [1j]),
    bad(ValueError, "epsilon must be positive, got 0", central_differences, np.sum, [1.0], 0),
    bad(ValueError, "epsilon must be positive, got -1e-30", complex_step, np.sum, [1.0], -1e-30),
    bad(ValueError, "epsilon must be finite, got nan", complex_step, np.sum, [1.0], epsilon=NAN),
    bad(TypeError, "theta must hold numbers", complex_step, np.sum, ["a"]),
    bad(
        ValueError, r"a and b .* same shape, got \(1,\) and \(2,\)",
        relative_error, [1.0], [1.0, 2.0],
    ),
    bad(ValueError, "b must be finite, got nan", relative_error, [1.0], [NAN]),
    # neurons
    bad(
        ValueError, r"X must have shape \(n_samples, n_features\), got \(2,\)",
        add_ones, [1.0, 2.0],
    ),
    bad(TypeError, "X must hold real numbers, got dtype complex128", add_ones, [[1j]]),
    bad(ValueError, r"theta must have shape \(2,\), one per feature, got \(1,\)", logistic_loss,
        [1.0], X, Y),  # fmt: skip
    bad(ValueError, r"theta must be finite, got nan", logistic_gradient, [1.0, NAN], X, Y),
    bad(
        ValueError, r"X must have shape \(n_samples, n_features\)",
        logistic_gradient, [1.0], [1.0], [1],
    ),  # fmt: skip
    bad(ValueError, "y must hold only 0 and 1, got 2", logistic_gradient, [1.0, 1.0], X, [0, 2]),
    bad(ValueError, "max_epochs must be at least 1, got 0", Perceptron, 0),
    bad(TypeError, "max_epochs must be a whole number, got float", Perceptron, 1.5),
    bad(ValueError, "learning_rate must be positive, got 0", SigmoidNeuron, learning_rate=0),
    bad(ValueError, "learning_rate must be positive, got -0.1", SigmoidNeuron, learning_rate=-0.1),
    bad(ValueError, "learning_rate must be finite, got inf", SigmoidNeuron, learning_rate=INF),
    bad(TypeError, "learning_rate must be a number, got str", SigmoidNeuron, learning_rate="0.1"),
    bad(TypeError, "learning_rate must be a number, got complex", SigmoidNeuron, learning_rate=1j),
    bad(ValueError, "tolerance must not be negative, got -1", SigmoidNeuron, tolerance=-1),
    bad(ValueError, "tolerance must be finite, got nan", SigmoidNeuron, tolerance=NAN),
    bad(TypeError, "tolerance must be a number, got bool", SigmoidNeuron, tolerance=False),
    bad(ValueError, "l2 must not be negative, got -0.5", SigmoidNeuron, l2=-0.5),
    bad(TypeError, "l2 must be a number, got list", SigmoidNeuron, l2=[1]),
    bad(ValueError, "max_steps must be at least 1, got 0", SigmoidNeuron, max_steps=0),
    *(
        row
        for neuron in (PERCEPTRON, NEURON)
        for row in [
            bad(
                ValueError, r"X must have shape \(n_samples, n_features\)",
                neuron.fit, [1.0, 2.0], Y,
            ),
            bad(
                ValueError, r"X must be finite, got nan at index \(1, 0\)",
                neuron.fit, [[1.0], [NAN]], Y,
            ),
            bad(ValueError, "X must not be empty", neuron.fit, np.ones((0, 2)), []),
            bad(TypeError, "X must hold numbers", neuron.fit, [["a"]], [1]),
            bad(
                ValueError, r"y must have shape \(2,\), one label per sample, got \(1,\)",
                neuron.fit, X, [0],
            ),
            bad(ValueError, r"y must have shape \(2,\).* got \(2, 1\)", neuron.fit, X, TARGETS),
            bad(ValueError, "y must hold only 0 and 1, got -1", neuron.fit, X, [-1, 1]),
            bad(TypeError, "y must hold numbers", neuron.fit, X, ["a", "b"]),
            bad(ValueError, "X must have 2 features per sample, got 1", neuron.predict, [[1.0]]),
            bad(
                ValueError, r"X must be finite, got inf at index \(0, 1\)",
                neuron.predict, [[1.0, INF]],
            ),
            bad(ValueError, "y must hold only 0 and 1, got 3", neuron.score, X, [0, 3]),
            bad(ValueError, r"X must have shape \(n_samples, n_features\)", neuron.score, X[0], Y),
            bad(
                ValueError, f"this {type(neuron).__name__} is not trained yet",
                type(neuron)().predict, X,
            ),
        ]
    ),
    bad(ValueError, "X must have 2 features per sample, got 1", NEURON.predict_proba, [1.0]),
    # optimisation and training
    bad(ValueError, "theta must be finite", descend, [NAN]),
    bad(ValueError, r"theta must have shape \(n_parameters,\), got \(1, 1\)", descend, [[1.0]]),
    bad(ValueError, "learning_rate must be positive, got 0.0", descend, learning_rate=0.0),
    bad(ValueError, "tolerance must not be negative, got -0.001", descend, tolerance=-1e-3),
    bad(ValueError, "max_steps must be at least 1, got -1", descend, max_steps=-1),
    bad(ValueError, "learning_rate must be positive, got -1", GradientDescent, -1),
    bad(TypeError, "learning_rate must be a number, got NoneType", GradientDescent, None),
    bad(ValueError, "learning_rate must be positive, got 0", Momentum, 0),
    bad(ValueError, "momentum must be from 0 to below 1, got 1", Momentum, 0.1, 1),
    bad(ValueError, "momentum must be from 0 to below 1, got -0.1", Momentum, 0.1, -0.1),
    bad(TypeError, "momentum must be a number, got str", Momentum, 0.1, "0.9"),
    bad(ValueError, "learning_rate must be positive, got 0", Adam, 0),
    bad(ValueError, "beta1 must be from 0 to below 1, got 1.0", Adam, beta1=1.0),
    bad(ValueError, "beta2 must be from 0 to below 1, got 2", Adam, beta2=2),
    bad(ValueError, "epsilon must be positive, got 0", Adam, epsilon=0),
    bad(ValueError, "epochs must be at least 1, got 0", cosine_decay, 0),
    bad(TypeError, "optimizer must be an optimiser .* got float", train_it, optimizer=0.1),
    bad(TypeError, "optimizer must be an optimiser .* got str", train_it, optimizer="adam"),
    bad(ValueError, "epochs must be at least 1, got 0", train_it, epochs=0),
    bad(TypeError, "epochs must be a whole number, got float", train_it, epochs=2.5),
    bad(ValueError, "batch_size must be at least 1, got 0", train_it, batch_size=0, rng=RNG),
    bad(TypeError, "rng must be a numpy.random.Generator", train_it, batch_size=1),
    bad(ValueError, "l2 must not be negative, got -1", train_it, l2=-1),
    bad(ValueError, "patience must be at least 1, got 0", train_it, patience=0),
    bad(ValueError, "validation must be given with patience, got None", train_it, patience=1),
    bad(TypeError, "validation must be a sequence, got int", train_it, validation=3),
    bad(
        ValueError, "validation must be a pair of samples and targets, got 3",
        train_it, validation=(X, TARGETS, Y),
    ),
    bad(
        ValueError, "validation must be a pair that fits the network: x must have 2 features",
        train_it, validation=([[1.0]], [[1.0]]),
    ),
    bad(
        ValueError, "network must have parameters to train, got tanh",
        train, Network([tanh]), squared_error, X, X, optimizer=GradientDescent(0.1), epochs=1,
    ),
    bad(ValueError, "x must have 2 features per sample, got 1", train_it, x=[[1.0]]),
    bad(ValueError, r"y_hat and y must have the same shape.*\(2, 1\) and \(2,\)", train_it, y=Y),
    # graphs
    bad(TypeError, "value must be a number, got str", variable, "a", "3"),
    bad(ValueError, "value must be finite, got nan", variable, "a", NAN),
    bad(TypeError, "value must be a number, got NoneType", variable("a", 1.0).__add__, None),
]


def state():
    """Return a copy of everything that a refused call could have changed."""
    return deepcopy([NETWORK.parameters, PERCEPTRON.__dict__, NEURON.theta_, NEURON.history_.steps,
                     NEURON.n_steps_, X, Y, RNG.bit_generator.state])


@pytest.mark.parametrize("error, message, function, arguments, named", BAD)
def test_refused_with_the_name_of_the_argument_and_nothing_changed(
    error, message, function, arguments, named
):
    before = state()
    with pytest.raises(error, match=f"^{message}"):
        function(*arguments, **named)
    np.testing.assert_equal(state(), before)


def test_a_refused_fit_keeps_what_was_learned():
    neuron = SigmoidNeuron(max_steps=5).fit(X, Y)
    before = dict(vars(neuron)), neuron.theta_.copy()
    with pytest.raises(ValueError):
        neuron.fit(np.ones((2, 7)), [0, 5])
    assert vars(neuron) == before[0]
    assert_array_equal(neuron.theta_, before[1])


def test_a_fit_that_diverges_keeps_what_was_learned():
    neuron = SigmoidNeuron(max_steps=5).fit(X, Y)
    theta = neuron.theta_.copy()
    neuron.learning_rate = 1e308
    with pytest.raises(ValueError, match="learning_rate 1e[+]308 is too large"):
        neuron.fit(X, Y)
    assert_array_equal(neuron.theta_, theta)


def test_a_refused_network_draws_no_random_numbers():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError):
        mlp((2, 3, 0), rng=rng)
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state


def test_whole_numbers_of_numpy_are_welcome():
    one, half = np.int64(1), np.float32(0.5)
    assert descend(learning_rate=half, max_steps=one).n_steps == 1
    assert Dense.random(one, one, rng=np.random.default_rng(0)).n_in == 1
    assert variable("a", one).value == 1.0

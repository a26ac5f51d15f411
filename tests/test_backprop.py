"""Backpropagation: the worked example by hand, and every gradient against independent ones."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neural_network import MLPClassifier

from lecture_utils import (
    Dense,
    Network,
    backprop,
    binary_cross_entropy,
    binary_cross_entropy_on_logits,
    check_gradients,
    cross_entropy,
    cross_entropy_on_logits,
    mlp,
    relu,
    sigmoid,
    squared_error,
    tanh,
)
from lecture_utils.activations import ACTIVATIONS
from lecture_utils.backprop import loss_and_gradients
from lecture_utils.convolution import Conv2D, Flatten, MaxPool2D, Reshape
from lecture_utils.recurrent import LastStep, Recurrent

# Each loss with an output activation whose range it is defined on.
OUTPUTS = [
    (squared_error, "identity"),
    (squared_error, "tanh"),
    (squared_error, "softmax"),
    (binary_cross_entropy, "sigmoid"),
    (binary_cross_entropy_on_logits, "identity"),
    (cross_entropy, "softmax"),
    (cross_entropy_on_logits, "identity"),
]
SHAPES = [  # samples, then the sizes of the network
    (4, (3, 5, 2)),
    (1, (3, 5, 2)),
    (4, (1, 5, 2)),
    (4, (3, 5, 1)),
    (4, (3, 1, 2)),
    (1, (1, 1, 1)),
    (4, (3, 2)),
    (4, (3, 4, 5, 2)),
]


def example(x=(5, 3), y=1):
    """Return the trace of the lecture's two-layer network without biases."""
    network = Network(
        [Dense([[1, -1, 3], [2, 2, -1]]), sigmoid, Dense([[0.1], [0.5], [-0.1]]), sigmoid]
    )
    return backprop(network, binary_cross_entropy, x, [y])


def task(loss, n, sizes, *, hidden="tanh", output="identity", bias=True, seed=0):
    """Return a network with random biases, a batch, and targets that `loss` is defined for."""
    rng = np.random.default_rng(seed)
    network = mlp(sizes, hidden=hidden, output=output, bias=bias, rng=rng)
    for parameter in network.parameters:
        parameter += rng.normal(0, 0.5, parameter.shape)
    x = rng.normal(size=(n, sizes[0]))
    if loss is squared_error:
        return network, x, rng.normal(size=(n, sizes[-1]))
    if loss in (cross_entropy, cross_entropy_on_logits):
        return network, x, np.eye(sizes[-1])[rng.integers(sizes[-1], size=n)]
    return network, x, rng.integers(2, size=(n, sizes[-1])).astype(float)


def assert_gradients_are_right(network, loss, x, y):
    checks = check_gradients(network, loss, x, y)
    assert len(checks) == len(network.parameters) + 1
    for check in checks:
        assert check.complex_error < 1e-12, check.name
        assert_allclose(check.backprop, check.central, rtol=1e-6, atol=1e-9, err_msg=check.name)


# Worked out by hand with sixty digits. In float64, h (1 − h) for the slope of a saturated neuron
# keeps twelve of them at most, since h is close to 1: it gives δ = (−6.841155532628106e-07, …).
@pytest.mark.parametrize(
    "quantity, expected",
    [
        (lambda t: t.steps[0].x, [5, 3]),
        (lambda t: t.steps[0].y, [11, 1, 12]),
        (lambda t: t.steps[1].y, [0.999983298578152, 0.731058578630005, 0.999993855825398]),
        (lambda t: t.steps[2].y, [0.36552823359027786]),
        (lambda t: t.y_hat, [0.5903780017149115]),
        (lambda t: t.loss, 0.5269922663580124),
        (lambda t: t.steps[3].dy, [-1.6938300497227732]),
        (lambda t: t.steps[3].dx, [-0.4096219982850885]),
        (
            lambda t: t.steps[2].grads["W"][:, 0],
            [-0.40961515701529694, -0.2994576758418791, -0.40961948149601013],
        ),
        (
            lambda t: t.steps[2].dx,
            [-0.04096219982850885, -0.20481099914254425, 0.04096219982850885],
        ),
        (
            lambda t: t.steps[1].dx,
            [-6.841155532686218e-07, -0.04026828649053511, 2.5167736147801473e-07],
        ),
        (
            lambda t: t.steps[0].grads["W"][0],
            [-3.420577766343109e-06, -0.20134143245267555, 1.2583868073900737e-06],
        ),
        (
            lambda t: t.steps[0].grads["W"][1],
            [-2.0523466598058656e-06, -0.12080485947160534, 7.550320844340442e-07],
        ),
        (lambda t: t.steps[0].dx, [0.040268357407066274, -0.08053819288953822]),
    ],
    ids="x,z hidden,h,z output,y_hat,J,dJ/dy_hat,delta output,dJ/dV,dJ/dh,delta hidden,"
    "dJ/dW row 1,dJ/dW row 2,dJ/dx".split(","),
)
def test_worked_example(quantity, expected):
    assert_allclose(np.squeeze(quantity(example())), np.squeeze(expected), rtol=1e-12, atol=0)


def test_slope_of_the_worked_example_is_h_times_one_minus_h():
    _, hidden, output, _ = example().steps
    by_hand = output.dx * hidden.y * (1 - hidden.y)
    in_floats = [[-6.841155532628106e-07, -0.040268286490535106, 2.516773614777103e-07]]
    assert_allclose(hidden.dx, by_hand, rtol=1e-10)
    assert_allclose(hidden.dx, in_floats, rtol=1e-10)


@pytest.mark.parametrize(
    "quantity, decimals, expected",
    [
        (lambda t: t.y_hat, 6, [[0.564799]]),
        (lambda t: t.loss, 6, 0.571285),
        (lambda t: t.steps[2].grads["W"], 5, [[-0.32651], [-0.22847], [-0.33446]]),
        (
            lambda t: t.steps[0].grads["W"],
            5,
            [[-0.00408, -0.02713, 0.00387], [-0.00245, -0.01628, 0.00232]],
        ),
    ],
    ids=["y_hat", "J", "dJ/dV", "dJ/dW"],
)
def test_worked_example_where_nothing_saturates(quantity, decimals, expected):
    assert_array_equal(np.round(quantity(example(x=(0.5, 0.3))), decimals), expected)


def test_worked_example_with_the_other_target():
    trace = example(y=0)
    assert round(trace.loss, 10) == 0.8925204999
    assert_allclose(trace.steps[3].dx, trace.y_hat, rtol=1e-15)  # δ = ŷ − 0


def test_error_signal_of_the_worked_example_is_the_difference():
    assert_allclose(example().steps[3].dx, example().y_hat - 1, rtol=1e-15)


def test_saturated_neurons_make_the_gradient_small():
    trace = example()
    dW = trace.steps[0].grads["W"]
    slopes = sigmoid.derivative(trace.steps[1].x)[0]
    assert round(dW[0, 1] / dW[0, 0]) == 58_862
    assert round(slopes[1] / slopes[0]) == 11_772


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("n, sizes", SHAPES, ids=str)
@pytest.mark.parametrize("loss, output", OUTPUTS, ids=str)
def test_gradients_of_every_loss_at_every_shape(loss, output, n, sizes, bias):
    network, x, y = task(loss, n, sizes, output=output, bias=bias)
    assert_gradients_are_right(network, loss, x, y)


@pytest.mark.parametrize("n, sizes", SHAPES, ids=str)
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_gradients_of_every_hidden_activation_at_every_shape(hidden, n, sizes):
    network, x, y = task(squared_error, n, sizes, hidden=hidden)
    assert_gradients_are_right(network, squared_error, x, y)


@given(
    n=st.integers(1, 4),
    sizes=st.lists(st.integers(1, 4), min_size=2, max_size=5),
    hidden=st.sampled_from(["sigmoid", "tanh", "softmax", "identity"]),
    output=st.sampled_from(OUTPUTS),
    bias=st.booleans(),
)
def test_gradients_of_any_network(n, sizes, hidden, output, bias):
    loss, output = output
    network, x, y = task(loss, n, sizes, hidden=hidden, output=output, bias=bias)
    assert_gradients_are_right(network, loss, x, y)


@pytest.mark.parametrize("hidden, function", [("tanh", anp.tanh), ("relu", lambda z: z * (z > 0))])
def test_gradients_equal_those_of_autograd(hidden, function):
    loss = cross_entropy_on_logits
    network, x, y = task(loss, 6, (3, 5, 4, 2), hidden=hidden)

    def objective(parameters):
        h = x
        for W, b in zip(parameters[:-2:2], parameters[1:-2:2]):
            h = function(h @ W + b)
        z = h @ parameters[-2] + parameters[-1]
        log_y_hat = z - anp.log(anp.sum(anp.exp(z), axis=1, keepdims=True))
        return -anp.mean(anp.sum(y * log_y_hat, axis=1))

    trace = backprop(network, loss, x, y)
    assert trace.loss == pytest.approx(objective(network.parameters), rel=1e-13)
    expected = autograd.grad(objective)(network.parameters)
    for gradient, other in zip(trace.grads, expected, strict=True):
        assert_allclose(gradient, other, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "name, activation", [("tanh", tanh), ("relu", relu), ("logistic", sigmoid)]
)
def test_gradients_equal_those_of_scikit_learn(name, activation, n_classes):
    """One step of its gradient descent with step size 1 is the gradient."""
    X = np.random.default_rng(0).normal(size=(30, 4))
    y = np.arange(30) % n_classes
    model = MLPClassifier(
        (5,), activation=name, solver="sgd", learning_rate_init=1.0, momentum=0, alpha=0,
        batch_size=30, random_state=0,
    ).partial_fit(X, y, classes=range(n_classes))
    before = [p.copy() for pair in zip(model.coefs_, model.intercepts_) for p in pair]
    model.partial_fit(X, y)
    after = [p for pair in zip(model.coefs_, model.intercepts_) for p in pair]

    W1, b1, W2, b2 = before
    network = Network([Dense(W1, b1), activation, Dense(W2, b2)])
    if n_classes == 2:
        trace = backprop(network, binary_cross_entropy_on_logits, X, y[:, None])
    else:
        trace = backprop(network, cross_entropy_on_logits, X, np.eye(n_classes)[y])
    assert trace.loss == pytest.approx(model.loss_, rel=1e-12)
    for gradient, old, new in zip(trace.grads, before, after, strict=True):
        assert_allclose(gradient, old - new, rtol=1e-9, atol=1e-14)


def test_trace_holds_what_flows_between_the_layers():
    network, x, y = task(squared_error, 4, (3, 5, 2))
    trace = backprop(network, squared_error, x, y)
    assert [step.layer for step in trace.steps] == list(network.layers)
    for before, after in zip(trace.steps, trace.steps[1:]):
        assert_array_equal(before.y, after.x)
        assert_array_equal(before.dy, after.dx)
    for step in trace.steps:
        assert step.x.shape == step.dx.shape and step.y.shape == step.dy.shape


def test_gradients_stand_in_the_order_and_shape_of_the_parameters():
    network, x, y = task(squared_error, 4, (3, 5, 2))
    trace = backprop(network, squared_error, x, y)
    assert [g.shape for g in trace.grads] == [p.shape for p in network.parameters]


def test_trace_has_the_loss_and_the_prediction():
    network, x, y = task(squared_error, 4, (3, 5, 2))
    trace = backprop(network, squared_error, x, y)
    assert_array_equal(trace.y_hat, network(x))
    assert trace.loss == squared_error(network(x), y)


def test_a_second_backprop_gives_the_same():
    network, x, y = task(squared_error, 4, (3, 5, 2))
    first, second = (backprop(network, squared_error, x, y) for _ in range(2))
    assert first.loss == second.loss
    for one, other in zip(first.grads, second.grads, strict=True):
        assert_array_equal(one, other)


def test_a_prediction_between_forward_and_backward_changes_nothing():
    network, x, y = task(squared_error, 4, (3, 5, 2))
    expected = backprop(network, squared_error, x, y)
    y_hat, caches = network.forward(x)
    dy = squared_error.gradient(y_hat, y)
    for layer, cache, step in zip(network.layers[::-1], caches[::-1], expected.steps[::-1]):
        network(100 * x + 1)
        dy, _ = layer.backward(dy, cache)
        assert_array_equal(dy, step.dx)


def test_a_batch_seen_twice_has_the_same_gradients():
    network, x, y = task(squared_error, 4, (3, 5, 2))
    once = backprop(network, squared_error, x, y)
    twice = backprop(network, squared_error, np.vstack([x, x]), np.vstack([y, y]))
    for one, other in zip(once.grads, twice.grads, strict=True):
        assert_allclose(one, other, rtol=1e-13, atol=1e-16)


def test_one_sample_is_a_batch_of_one():
    network, x, y = task(squared_error, 1, (3, 5, 2))
    batch = backprop(network, squared_error, x, y)
    single = backprop(network, squared_error, x[0], y[0])
    assert batch.loss == single.loss
    for one, other in zip(batch.grads, single.grads, strict=True):
        assert_array_equal(one, other)


def test_network_and_data_are_left_alone():
    network, x, y = task(squared_error, 4, (3, 5, 2), hidden="relu")
    before = [a.copy() for a in (x, y, *network.parameters)]
    backprop(network, squared_error, x, y)
    for array, copy in zip((x, y, *network.parameters), before, strict=True):
        assert_array_equal(array, copy)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_through_the_whole_network(dtype):
    first, second = Dense(np.ones((2, 3), dtype), np.zeros(3, dtype)), Dense(np.ones((3, 1), dtype))
    x, y = np.ones((4, 2), dtype), [[1]] * 4
    trace = backprop(Network([first, tanh, second]), binary_cross_entropy_on_logits, x, y)
    assert {g.dtype for g in trace.grads} == {np.dtype(dtype)}
    assert trace.steps[0].dx.dtype == trace.y_hat.dtype == dtype


# What training uses


def assert_training_gets_what_backprop_gives(network, loss, x, y):
    trace = backprop(network, loss, x, y)
    y_hat, losses, grads = loss_and_gradients(network, loss, x, y)
    assert losses.sum() / len(y) == trace.loss
    assert_array_equal(y_hat, trace.y_hat)
    for g, expected in zip(grads, trace.grads, strict=True):
        assert_array_equal(g, expected)


@pytest.mark.parametrize("loss, output", OUTPUTS)
@pytest.mark.parametrize("n, sizes", SHAPES)
@pytest.mark.parametrize("bias", [True, False])
def test_training_gets_the_gradients_of_backprop(loss, output, n, sizes, bias):
    assert_training_gets_what_backprop_gives(*task_of(loss, n, sizes, output=output, bias=bias))


def task_of(loss, *arguments, **options):
    network, x, y = task(loss, *arguments, **options)
    return network, loss, x, y


def test_training_gets_them_behind_a_layer_without_parameters():
    network, x, y = task(squared_error, 4, (3, 5, 2))
    assert_training_gets_what_backprop_gives(
        Network([tanh, relu, *network.layers]), squared_error, x, y
    )


@pytest.mark.parametrize(
    "layers",
    [
        lambda rng: [
            Reshape((4, 5, 1)), Conv2D.random(3, 1, 2, padding=1, rng=rng), relu, MaxPool2D(2),
            Conv2D.random(2, 2, 3, rng=rng), tanh, Flatten(), Dense.random(3, 2, rng=rng),
        ],
        lambda rng: [
            Reshape((5, 4)), Recurrent.random(4, 3, rng=rng), Recurrent.random(3, 3, rng=rng),
            LastStep(), Dense.random(3, 2, rng=rng),
        ],
    ],
    ids=["images", "sequences"],
)  # fmt: skip
def test_training_gets_those_of_images_and_sequences(layers):
    rng = np.random.default_rng(0)
    network, x = Network(layers(rng)), rng.normal(size=(6, 20))
    y = np.eye(2)[[0, 1] * 3]
    assert_training_gets_what_backprop_gives(network, cross_entropy_on_logits, x, y)

"""Networks: layers one after the other, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neural_network import MLPClassifier

from lecture_utils import (
    Adam,
    Dense,
    GradientDescent,
    Network,
    backprop,
    check_gradients,
    gradient_table,
    identity,
    mlp,
    relu,
    sigmoid,
    softmax,
    squared_error,
    step,
    tanh,
    train,
)
from lecture_utils.convolution import Conv2D, Flatten, MaxPool2D, Reshape
from lecture_utils.datasets import xor
from lecture_utils.recurrent import LastStep, Recurrent
from lecture_utils.regularization import BatchNorm

layer_sizes = st.lists(st.integers(1, 4), min_size=2, max_size=5)


def test_a_network_is_the_composition_of_its_layers():
    first, second = Dense([[1.0, 2.0]], [0.5, -1.0]), Dense([[3.0], [4.0]])
    x = np.array([[0.3], [-2.0]])
    expected = second.forward(np.tanh(first.forward(x)[0]))[0]
    assert_array_equal(Network([first, tanh, second])(x), expected)


def test_input_passes_the_layers_from_first_to_last():
    double_then_add = Network([Dense([[2.0]]), Dense([[1.0]], [1.0])])
    assert_array_equal(double_then_add([[3.0]]), [[7.0]])


@given(layer_sizes)
def test_sizes_give_the_shapes(sizes):
    network = mlp(sizes, rng=np.random.default_rng(0))
    assert network(np.ones((7, sizes[0]))).shape == (7, sizes[-1])
    assert network.n_in == sizes[0]


@given(layer_sizes, st.booleans())
def test_number_of_parameters(sizes, bias):
    network = mlp(sizes, bias=bias, rng=np.random.default_rng(0))
    expected = sum((n_in + bias) * n_out for n_in, n_out in zip(sizes, sizes[1:]))
    assert network.n_parameters == expected == sum(p.size for p in network.parameters)


@given(layer_sizes)
def test_a_batch_gives_what_its_samples_give(sizes):
    network = mlp(sizes, rng=np.random.default_rng(0))
    x = np.random.default_rng(1).normal(size=(5, sizes[0]))
    assert_allclose(network(x), [network(x_i) for x_i in x], rtol=1e-12, atol=1e-14)


def test_a_network_without_weights_takes_any_number_of_features():
    assert_array_equal(Network([relu])([[1.0, -2.0, 3.0]]), [[1, 0, 3]])


def test_a_single_sample_gives_a_single_prediction():
    assert mlp((2, 3, 4), rng=np.random.default_rng(0))([0.5, 1.0]).shape == (4,)


def test_a_prediction_leaves_its_argument_alone():
    x = np.array([[1.0, -1.0]])
    mlp((2, 3, 1), hidden="relu", rng=np.random.default_rng(0))(x)
    assert_array_equal(x, [[1, -1]])


def test_parameters_are_those_of_the_layers_in_order():
    first, second = Dense([[1.0]], [2.0]), Dense([[3.0]])
    network = Network([first, relu, second])
    assert [p is q for p, q in zip(
        network.parameters, [first.params["W"], first.params["b"], second.params["W"]], strict=True
    )] == [True, True, True]


def test_hidden_and_output_activation_stand_where_they_belong():
    network = mlp((2, 3, 4, 5), hidden="relu", output=softmax, rng=np.random.default_rng(0))
    assert network.layers[1] is network.layers[3] is relu and network.layers[5] is softmax
    assert repr(network) == (
        "Dense(2, 3) -> relu -> Dense(3, 4) -> relu -> Dense(4, 5) -> softmax"
    )


def test_same_seed_gives_the_same_network_and_another_seed_another():
    def weights(seed):
        return mlp((2, 3), rng=np.random.default_rng(seed)).parameters[0]

    assert_array_equal(weights(1), weights(1))
    assert (weights(1) != weights(2)).all()


def test_weights_of_each_layer_are_drawn_as_init_says():
    network, rng = mlp((3, 4, 2), init="he", rng=np.random.default_rng(1)), np.random.default_rng(1)
    W1, _, W2, _ = network.parameters
    assert_allclose(W1, rng.normal(size=(3, 4)) * np.sqrt(2 / 3), rtol=1e-15)
    assert_allclose(W2, rng.normal(size=(4, 2)) * np.sqrt(2 / 4), rtol=1e-15)


def test_affine_layers_without_activation_collapse_into_one():
    rng = np.random.default_rng(0)
    stacked = mlp((3, 4, 5, 2), hidden="identity", rng=rng)
    W1, b1, W2, b2, W3, b3 = stacked.parameters
    one = Network([Dense(W1 @ W2 @ W3, (b1 @ W2 + b2) @ W3 + b3)])
    x = rng.normal(size=(6, 3))
    assert_allclose(stacked(x), one(x), rtol=1e-13)


def test_two_layers_set_by_hand_solve_xor():
    X, y = xor()
    at_least_one_and_both = Dense([[1.0, 1.0], [1.0, 1.0]], [-0.5, -1.5])
    first_but_not_second = Dense([[1.0], [-1.0]], [-0.5])
    network = Network([at_least_one_and_both, step, first_but_not_second, step])
    assert_array_equal(network(X)[:, 0], y)


def trained_by_scikit_learn(activation, n_classes):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 4))
    y = np.arange(30) % n_classes
    model = MLPClassifier((5, 3), activation=activation, random_state=0, batch_size=30)
    return model.partial_fit(X, y, classes=range(n_classes)), X


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "name, activation",
    [("logistic", sigmoid), ("tanh", tanh), ("relu", relu), ("identity", identity)],
)
def test_weights_of_scikit_learn_give_its_probabilities(name, activation, n_classes):
    model, X = trained_by_scikit_learn(name, n_classes)
    layers = [Dense(W, b) for W, b in zip(model.coefs_, model.intercepts_)]
    output = sigmoid if n_classes == 2 else softmax
    network = Network([layers[0], activation, layers[1], activation, layers[2], output])
    expected = model.predict_proba(X)
    assert_allclose(network(X), expected[:, 1:] if n_classes == 2 else expected, rtol=1e-12)


def test_a_layer_between_two_dense_ones_may_change_the_shape():
    rng = np.random.default_rng(0)
    layers = [Dense.random(2, 6, rng=rng), Reshape((3, 2)), LastStep(), Dense.random(2, 1, rng=rng)]
    assert Network(layers)(np.ones((5, 2))).shape == (5, 1)


def test_an_output_without_activation_is_that_of_the_last_dense_layer():
    rng = np.random.default_rng(0)
    assert repr(mlp((2, 3, 1), rng=rng)) == "Dense(2, 3) -> tanh -> Dense(3, 1)"


# Layers of one's own


class Scale:
    """`y = a x + b`, with one `a` and one `b` a feature: what somebody may write in a notebook."""

    def __init__(self, n):
        self.params = {"a": np.linspace(1, 2, n), "b": np.zeros(n)}

    def forward(self, x):
        return self.params["a"] * x + self.params["b"], x

    def backward(self, dy, x):
        grads = {"b": dy.sum(axis=0), "a": (dy * x).sum(axis=0)}  # not in the order of params
        return dy * self.params["a"], grads


def changed(**methods):
    """Return a `Scale` of which some methods are others, or None."""
    return type("Own", (Scale,), methods)(3)


@pytest.mark.parametrize("place", [0, 1])
def test_a_layer_of_ones_own_needs_three_things(place):
    rng = np.random.default_rng(0)
    layers = [Dense.random(3, 3, rng=rng), Dense.random(3, 3, rng=rng)]
    layers.insert(place, Scale(3))
    network, X = Network(layers), rng.normal(size=(20, 3))
    assert "WRONG" not in gradient_table(check_gradients(network, squared_error, X, X)).to_string()
    trained, history = train(network, squared_error, X, X, optimizer=GradientDescent(0.1),
                             epochs=500)
    assert history.loss[-1] < 0.02 * history.loss[0]
    assert trained(X[0]).shape == (3,)


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ({"forward": None}, r"layers\[1\] must be a layer, .* got Own, which has no forward"),
        ({"backward": None, "forward": 3}, "which has no forward and no backward"),
    ],
)
def test_what_is_no_layer_is_told_what_is_missing(methods, message):
    with pytest.raises(TypeError, match=message):
        Network([tanh, changed(**methods)])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ([np.ones(3)], r"layers\[0\].params must be a dict of arrays by name, got list"),
        ({"a": 1.0}, r"layers\[0\].params\['a'\] must be an array of floats, got float"),
        ({"a": np.ones(3, int)}, r"params\['a'\] must be an array of floats, got int64"),
    ],
)
def test_parameters_of_a_wrong_kind_are_refused(params, message):
    layer = Scale(3)
    layer.params = params
    with pytest.raises(TypeError, match=message):
        Network([layer])


WORKS_WRONG = {
    "forward gives one thing": (
        {"forward": lambda self, x: x},
        "forward of Own must return the two y and cache, .* got ndarray",
    ),
    "backward gives one thing": (
        {"backward": lambda self, dy, x: dy},
        "forward of Own must return the two y and cache, .* got ndarray",
    ),
    "a gradient is missing": (
        {"backward": lambda self, dy, x: (dy, {"a": np.zeros(3)})},
        r"of Own must return dx.* of shapes {'a': \(3,\), 'b': \(3,\)}, got \(2, 3\) and {'a'",
    ),
    "gradients in a list": (
        {"backward": lambda self, dy, x: (dy, [np.zeros(3), np.zeros(3)])},
        r"backward of Own must return dx, .* of shapes .* got \(2, 3\) and list",
    ),
    "a gradient for each sample": (
        {"backward": lambda self, dy, x: (dy, {"a": dy * x, "b": dy.sum(axis=0)})},
        r"got \(2, 3\) and {'a': \(2, 3\), 'b': \(3,\)}",
    ),
    "dx of the wrong shape": (
        {"backward": lambda self, dy, x: (dy.sum(axis=0), {"a": dy[0], "b": dy[0]})},
        r"must return dx, an array of shape \(2, 3\), .* got \(3,\) and",
    ),
}


@pytest.mark.parametrize("uses", ["backprop", "check", "train"])
@pytest.mark.parametrize(("methods", "message"), WORKS_WRONG.values(), ids=WORKS_WRONG)
def test_a_layer_that_breaks_its_contract_is_named_wherever_it_is_used(methods, message, uses):
    network = Network([Dense(np.ones((3, 3))), changed(**methods)])
    X = np.ones((2, 3))
    use = {
        "backprop": lambda: backprop(network, squared_error, X, X),
        "check": lambda: check_gradients(network, squared_error, X, X),
        "train": lambda: train(network, squared_error, X, X, optimizer=Adam(), epochs=1),
    }
    with pytest.raises((TypeError, ValueError), match=message):
        use[uses]()


def test_a_forward_that_returns_one_thing_is_noticed_with_two_samples_too():
    network = Network([changed(forward=lambda self, x: x)])
    with pytest.raises(TypeError, match="forward of Own must return the two y and cache"):
        network(np.ones((2, 3)))


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ({"forward_training": lambda self, x, rng: x}, "forward of Own must return the two y"),
        ({"forward_training": lambda self, x, rng: (x, x),
          "backward": lambda self, dy, x: (dy, {})}, "backward of Own must return dx"),
    ],
)  # fmt: skip
def test_in_training_a_layer_is_named_as_it_was_given(methods, message):
    with pytest.raises((TypeError, ValueError), match=message):
        backprop(Network([changed(**methods)]).in_training(), squared_error, np.eye(3), np.eye(3))


# Images and sequences from the first layer on

FIRST = {
    "images": (
        lambda rng: [Conv2D.random(3, 2, 4, rng=rng), tanh, MaxPool2D(2), Flatten(),
                     Dense.random(16, 3, rng=rng)],
        (7, 6, 6, 2),
    ),
    "sequences": (
        lambda rng: [Recurrent.random(2, 4, rng=rng), LastStep(), Dense.random(4, 3, rng=rng)],
        (7, 5, 2),
    ),
    "normalised images": (
        lambda rng: [BatchNorm.new(2), Conv2D.random(6, 2, 3, rng=rng), Flatten()],
        (7, 6, 6, 2),
    ),
    "pooled images": (
        lambda rng: [MaxPool2D(3), Flatten(), Dense.random(8, 3, rng=rng)],
        (7, 6, 6, 2),
    ),
}


@pytest.mark.parametrize(("layers", "shape"), FIRST.values(), ids=FIRST)
def test_a_network_that_begins_with_images_or_sequences_is_called_checked_and_trained(
    layers, shape
):
    rng = np.random.default_rng(0)
    network, X, Y = Network(layers(rng)), rng.normal(size=shape), rng.normal(size=(7, 3))
    assert_allclose(network(X)[2], network(X[2]), rtol=1e-12)  # a batch, and one of it alone
    assert "WRONG" not in gradient_table(check_gradients(network, squared_error, X, Y)).to_string()
    one = backprop(network, squared_error, X[2], Y[2])
    assert one.steps[0].dx.shape == (1, *shape[1:])
    _, history = train(network, squared_error, X, Y, optimizer=Adam(0.01), epochs=200,
                       validation=(X, Y))
    assert history.loss[-1] < 0.5 * history.loss[0]


@pytest.mark.parametrize(
    ("name", "shape"),
    [("images", (7, 6, 6, 3)), ("images", (6, 6)), ("sequences", (7, 5, 3)), ("sequences", (2,))],
)
def test_images_and_sequences_of_a_wrong_shape_are_refused(name, shape):
    layers, _ = FIRST[name]
    with pytest.raises(ValueError, match=r"^x must have shape \(n, "):
        Network(layers(np.random.default_rng(0)))(np.ones(shape))

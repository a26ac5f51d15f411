"""Networks: layers one after the other, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neural_network import MLPClassifier

from lecture_utils import Dense, Network, identity, mlp, relu, sigmoid, softmax, step, tanh
from lecture_utils.convolution import Reshape
from lecture_utils.datasets import xor
from lecture_utils.recurrent import LastStep

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


def test_a_layer_with_parameters_must_tell_their_gradients():
    class Forgetful:
        params = {"W": np.ones((2, 2))}
        forward = backward = None

    with pytest.raises(TypeError, match=r"layers\[0\] must be a layer, got Forgetful"):
        Network([Forgetful()])

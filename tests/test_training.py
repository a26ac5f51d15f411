"""Training: descent on one sample has the lecture's numbers, and can be run again."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lecture_utils import (
    Dense,
    Network,
    backprop,
    binary_cross_entropy,
    binary_cross_entropy_on_logits,
    mlp,
    relu,
    sigmoid,
    squared_error,
    train,
)
from lecture_utils.datasets import xor


def example():
    return Network(
        [Dense([[1, -1, 3], [2, 2, -1]]), sigmoid, Dense([[0.1], [0.5], [-0.1]]), sigmoid]
    )


def descend(y, steps):
    """Train the network of the worked example on its single sample."""
    return train(example(), binary_cross_entropy, (5, 3), [y], learning_rate=0.1, steps=steps)


@pytest.mark.parametrize(
    "y, first, last, y_hat",
    [(1, 0.5269922664, 0.0344850622, 0.9661027710), (0, 0.8925204999, 0.0513899218, 0.0500917916)],
)
def test_descent_on_one_sample_has_the_numbers_of_the_lecture(y, first, last, y_hat):
    _, losses = descend(y, steps=100)
    at_the_last_forward_pass, _ = descend(y, steps=99)
    assert len(losses) == 100
    assert (round(losses[0], 10), round(losses[-1], 10)) == (first, last)
    assert round(at_the_last_forward_pass((5, 3)).item(), 10) == y_hat


def test_each_loss_is_that_before_its_update():
    network, losses = descend(1, steps=10)
    after = backprop(network, binary_cross_entropy, (5, 3), [1]).loss
    assert_array_equal(descend(1, steps=11)[1], [*losses, after])


def test_each_step_goes_against_the_gradient():
    network, _ = descend(1, steps=1)
    grads = backprop(example(), binary_cross_entropy, (5, 3), [1]).grads
    for new, old, gradient in zip(network.parameters, example().parameters, grads, strict=True):
        assert_allclose(new, old - 0.1 * gradient, rtol=1e-15)


def test_the_network_passed_in_is_left_alone():
    network = mlp((2, 3, 1), hidden="relu", rng=np.random.default_rng(0))
    before = [p.copy() for p in network.parameters]
    trained, _ = train(network, squared_error, [[1, 2]], [[3]], learning_rate=0.1, steps=5)
    for parameter, copy, new in zip(network.parameters, before, trained.parameters, strict=True):
        assert_array_equal(parameter, copy)
        assert not np.shares_memory(parameter, new)


def test_the_trained_network_has_the_layers_of_the_given_one():
    network = mlp((2, 3, 1), hidden="relu", rng=np.random.default_rng(0))
    trained, _ = train(network, squared_error, [[1, 2]], [[3]], learning_rate=0.1, steps=1)
    assert repr(trained) == repr(network) and trained.layers[1] == relu


def test_training_again_gives_the_same_curve():
    network = example()
    curves = [
        train(network, binary_cross_entropy, (5, 3), [1], learning_rate=0.1, steps=20)[1]
        for _ in range(2)
    ]
    assert_array_equal(*curves)


def test_a_network_learns_xor():
    X, y = xor()
    network = mlp((2, 4, 1), rng=np.random.default_rng(0))
    trained, losses = train(
        network, binary_cross_entropy_on_logits, X, y[:, None], learning_rate=1.0, steps=1000
    )
    assert_array_equal(trained(X)[:, 0] > 0, y == 1)
    assert losses[-1] < 0.01


def test_data_are_left_alone():
    X, y = xor()
    train(mlp((2, 1), rng=np.random.default_rng(0)), squared_error, X, y[:, None],
          learning_rate=0.1, steps=3)
    for array, fresh in zip((X, y), xor(), strict=True):
        assert_array_equal(array, fresh)


@pytest.mark.filterwarnings("error")
def test_divergence_is_named_with_its_cause_and_no_warning():
    network = mlp((2, 3, 1), rng=np.random.default_rng(0))
    before = [p.copy() for p in network.parameters]
    with pytest.raises(ValueError, match="learning_rate 1000.0 is too large"):
        train(network, squared_error, *xor_columns(), learning_rate=1e3, steps=1000)
    for parameter, copy in zip(network.parameters, before, strict=True):
        assert_array_equal(parameter, copy)


def test_divergence_is_named_with_its_step():
    # The gradient of ½ (θ − 3)² at θ = 1 is −2, so the first step goes beyond the largest float.
    network = Network([Dense([[1.0]])])
    with pytest.raises(ValueError, match="a parameter is not finite after 1 steps"):
        train(network, squared_error, [[1.0]], [[3.0]], learning_rate=1e308, steps=9)


def xor_columns():
    X, y = xor()
    return X, y[:, None]

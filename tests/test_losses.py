"""Losses: their values, their gradients, and the mean over the batch."""

import copy
import pickle
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import log_loss, mean_squared_error

from lecture_utils import (
    binary_cross_entropy,
    binary_cross_entropy_on_logits,
    central_differences,
    complex_step,
    cross_entropy,
    cross_entropy_on_logits,
    sigmoid,
    softmax,
    squared_error,
)
from lecture_utils.losses import LOSSES

pytestmark = pytest.mark.filterwarnings("error")

ON_LOGITS = [
    (binary_cross_entropy_on_logits, binary_cross_entropy, sigmoid),
    (cross_entropy_on_logits, cross_entropy, softmax),
]
SHAPES = [(1, 1), (5, 1), (1, 3), (5, 3)]

every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=repr)
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
every_loss_on_logits = pytest.mark.parametrize(
    "on_logits, on_probabilities, activation", ON_LOGITS, ids=lambda o: repr(o)
)


def prediction_and_target(loss, shape, seed=0):
    """Return a prediction and a target that `loss` is defined for: the first that it takes."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 2, shape)
    binary = rng.integers(2, size=shape).astype(float)
    one_hot = np.eye(shape[-1])[rng.integers(shape[-1], size=shape[0])]
    for y in (rng.normal(size=shape), binary, one_hot):
        for y_hat in (z, softmax(z) if y is one_hot else sigmoid(z)):
            with suppress(ValueError):
                loss.check(y_hat, y)
                return y_hat, y
    raise AssertionError(f"{loss} takes none of the targets: add some that it takes")


@pytest.mark.parametrize(
    "loss, y_hat, y, value, gradient",
    [
        (squared_error, [1.0, 5.0], [3.0, 4.0], 1.25, [-1.0, 0.5]),
        (squared_error, [[1.0, 5.0]], [[3.0, 4.0]], 2.5, [[-2.0, 1.0]]),
        (binary_cross_entropy, [0.25], [1], np.log(4), [-4.0]),
        (binary_cross_entropy, [0.25], [0], np.log(4 / 3), [4 / 3]),
        (binary_cross_entropy, [0.5, 0.5], [0, 1], np.log(2), [1.0, -1.0]),
        (binary_cross_entropy_on_logits, [np.log(3)], [1], np.log(4 / 3), [-0.25]),
        (binary_cross_entropy_on_logits, [np.log(3)], [0], np.log(4), [0.75]),
        (cross_entropy, [[0.2, 0.8]], [[1, 0]], np.log(5), [[-5.0, 0.0]]),
        (cross_entropy_on_logits, [[0.0, np.log(3)]], [[1, 0]], np.log(4), [[-0.75, 0.75]]),
    ],
)
def test_known_value_and_gradient(loss, y_hat, y, value, gradient):
    assert loss(y_hat, y) == pytest.approx(value, rel=1e-15)
    assert_allclose(loss.gradient(y_hat, y), gradient, rtol=1e-15)


def test_binary_cross_entropy_equals_scikit_learn():
    y_hat, y = prediction_and_target(binary_cross_entropy, (20, 1))
    assert binary_cross_entropy(y_hat, y) == pytest.approx(log_loss(y, y_hat), rel=1e-13)


def test_cross_entropy_equals_scikit_learn():
    y_hat, y = prediction_and_target(cross_entropy, (20, 4))
    assert cross_entropy(y_hat, y) == pytest.approx(log_loss(y, y_hat), rel=1e-13)


def test_squared_error_is_half_of_scikit_learns_for_one_output():
    y_hat, y = prediction_and_target(squared_error, (20, 1))
    assert squared_error(y_hat, y) == pytest.approx(mean_squared_error(y, y_hat) / 2, rel=1e-14)


@every_loss
@every_shape
def test_gradient_equals_complex_step(loss, shape):
    y_hat, y = prediction_and_target(loss, shape)
    expected = complex_step(lambda y_hat: loss(y_hat, y), y_hat)
    assert_allclose(loss.gradient(y_hat, y), expected, rtol=1e-12, atol=1e-16)


@every_loss
@every_shape
def test_gradient_equals_central_differences(loss, shape):
    y_hat, y = prediction_and_target(loss, shape)
    if 0 <= y_hat.min() <= y_hat.max() <= 1:
        y_hat = y_hat * 0.98 + 0.01  # room for a step, if these are probabilities
    expected = central_differences(lambda y_hat: loss(y_hat, y), y_hat)
    assert_allclose(loss.gradient(y_hat, y), expected, rtol=1e-5, atol=1e-9)


@every_loss
def test_a_batch_seen_twice_has_the_same_loss(loss):
    y_hat, y = prediction_and_target(loss, (5, 3))
    twice = np.vstack([y_hat, y_hat]), np.vstack([y, y])
    assert loss(*twice) == pytest.approx(loss(y_hat, y), rel=1e-14)
    assert_allclose(2 * loss.gradient(*twice)[:5], loss.gradient(y_hat, y), rtol=1e-14)


@every_loss
def test_loss_of_a_batch_is_the_mean_over_its_samples(loss):
    y_hat, y = prediction_and_target(loss, (5, 3))
    one_by_one = [loss(y_hat[[i]], y[[i]]) for i in range(5)]
    assert loss(y_hat, y) == pytest.approx(np.mean(one_by_one), rel=1e-14)


@pytest.mark.parametrize(
    "loss", [squared_error, binary_cross_entropy, binary_cross_entropy_on_logits], ids=repr
)
def test_one_output_may_be_a_column_or_not(loss):
    y_hat, y = prediction_and_target(loss, (5, 1))
    assert loss(y_hat[:, 0], y[:, 0]) == loss(y_hat, y)
    assert_array_equal(loss.gradient(y_hat[:, 0], y[:, 0]), loss.gradient(y_hat, y)[:, 0])


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_dtype_of_the_prediction_is_kept(loss, dtype):
    y_hat, y = prediction_and_target(loss, (5, 3))
    assert loss.gradient(y_hat.astype(dtype), y).dtype == dtype


@every_loss
def test_arguments_are_left_alone(loss):
    y_hat, y = prediction_and_target(loss, (5, 3))
    before = y_hat.copy(), y.copy()
    loss(y_hat, y)
    loss.gradient(y_hat, y)
    assert_array_equal(y_hat, before[0])
    assert_array_equal(y, before[1])


@every_loss_on_logits
@every_shape
def test_loss_on_logits_is_that_on_probabilities(on_logits, on_probabilities, activation, shape):
    z, y = prediction_and_target(on_logits, shape)
    assert on_logits(z, y) == pytest.approx(on_probabilities(activation(z), y), rel=1e-12, abs=0)


@every_loss_on_logits
@every_shape
def test_gradient_on_logits_is_the_error_by_n(on_logits, on_probabilities, activation, shape):
    z, y = prediction_and_target(on_logits, shape)
    assert_allclose(on_logits.gradient(z, y), (activation(z) - y) / shape[0], rtol=1e-15)


@every_loss_on_logits
def test_gradient_on_logits_equals_the_chain_rule(on_logits, on_probabilities, activation):
    z, y = prediction_and_target(on_logits, (5, 3))
    y_hat, cache = activation.forward(z)
    chained, _ = activation.backward(on_probabilities.gradient(y_hat, y), cache)
    assert_allclose(on_logits.gradient(z, y), chained, rtol=1e-11)


def test_a_logit_of_a_thousand_costs_a_thousand_if_wrong_and_nothing_if_right():
    z = np.array([1000.0])
    assert binary_cross_entropy_on_logits(z, [0]) == binary_cross_entropy_on_logits(-z, [1]) == 1000
    assert binary_cross_entropy_on_logits(z, [1]) == binary_cross_entropy_on_logits(-z, [0]) == 0
    assert cross_entropy_on_logits([[1000, 0]], [[0, 1]]) == 1000
    assert cross_entropy_on_logits([[1000, 0]], [[1, 0]]) == 0


def test_small_loss_on_a_logit_keeps_its_digits():
    value = binary_cross_entropy_on_logits([40.0], [1])
    assert value == pytest.approx(np.exp(-40), rel=1e-15, abs=0)


@given(
    z=arrays(np.float64, 3, elements=st.floats(-1e300, 1e300)),
    y=arrays(np.float64, 3, elements=st.sampled_from([0.0, 1.0])),
)
def test_any_logit_has_a_finite_binary_loss_and_gradient(z, y):
    assert np.isfinite(binary_cross_entropy_on_logits(z, y))
    assert (np.abs(binary_cross_entropy_on_logits.gradient(z, y)) <= 1).all()


@given(z=arrays(np.float64, (2, 3), elements=st.floats(-1e300, 1e300)))
def test_any_logits_have_a_finite_loss_and_gradient(z):
    y = np.eye(3)[:2]
    assert np.isfinite(cross_entropy_on_logits(z, y))
    assert (np.abs(cross_entropy_on_logits.gradient(z, y)) <= 1).all()


def test_right_class_costs_nothing_even_where_the_difference_of_logits_overflows():
    assert cross_entropy_on_logits([[1e308, -1e308]], [[1, 0]]) == 0


@pytest.mark.parametrize(
    "loss, wrong, right",
    [
        (binary_cross_entropy, ([1.0], [0]), ([1.0], [1])),
        (binary_cross_entropy, ([0.0], [1]), ([0.0], [0])),
        (cross_entropy, ([[0.0, 1.0]], [[1, 0]]), ([[0.0, 1.0]], [[0, 1]])),
    ],
)
def test_certainty_costs_infinity_if_wrong_and_nothing_if_right(loss, wrong, right):
    assert loss(*wrong) == np.inf and np.isinf(loss.gradient(*wrong)).any()
    assert loss(*right) == 0 and np.isfinite(loss.gradient(*right)).all()


@pytest.mark.parametrize("y_hat, y", [([5e-324], [1]), ([1e-310], [1])])
def test_slope_beyond_the_largest_float_is_infinite(y_hat, y):
    assert binary_cross_entropy.gradient(y_hat, y) == -np.inf


def test_saturated_output_spoils_the_gradient_only_without_logits():
    z, y = np.array([[-800.0]]), np.array([[1.0]])
    y_hat, cache = sigmoid.forward(z)
    with np.errstate(invalid="ignore"):
        assert np.isnan(sigmoid.backward(binary_cross_entropy.gradient(y_hat, y), cache)[0])
    assert binary_cross_entropy_on_logits.gradient(z, y) == -1


@every_loss
def test_a_column_against_a_row_of_targets_is_refused(loss):
    y_hat, y = prediction_and_target(loss, (4, 1))
    for call in (loss, loss.gradient):
        with pytest.raises(ValueError, match=r"must have the same shape.*\(4, 1\) and \(4,\)"):
            call(y_hat, y[:, 0])


@every_loss
def test_a_copy_is_equal(loss):
    assert copy.deepcopy(loss) == loss == pickle.loads(pickle.dumps(loss))


@pytest.mark.parametrize(
    ("loss", "y_hat", "y", "right"),
    [
        (binary_cross_entropy, [0.4, 0.4, 0.6, 0.6], [0, 1, 0, 1], [1, 0, 0, 1]),
        (binary_cross_entropy_on_logits, [-0.4, -0.4, 0.6, 0.6], [0, 1, 0, 1], [1, 0, 0, 1]),
        (cross_entropy, [[0.3, 0.7], [0.3, 0.7]], [[1, 0], [0, 1]], [0, 1]),
        (cross_entropy_on_logits, [[-3, 0.7], [0.3, -7]], [[1, 0], [1, 0]], [0, 1]),
        (cross_entropy_on_logits, [[1, 3, 2], [5, 4, 6]], [[0, 1, 0], [1, 0, 0]], [1, 0]),
        (binary_cross_entropy, [0.5, 0.5], [0, 1], [1, 0]),  # class 1 is above a half, as
        (binary_cross_entropy_on_logits, [0.0, 0.0], [0, 1], [1, 0]),  # a neuron's above zero
    ],
)
def test_a_loss_of_classes_tells_which_are_right(loss, y_hat, y, right):
    assert_array_equal(loss.right(np.array(y_hat), np.array(y)), right)


@every_loss
def test_a_loss_of_classes_that_takes_any_number_says_that_it_is_on_logits(loss):
    assert loss.right is None or loss.on_logits == any(
        takes(loss, np.array([[5.0, -3.0]]), y) for y in ([[0.0, 1.0]], [[1.0, 1.0]])
    )


def takes(loss, y_hat, y):
    try:
        return np.isfinite(loss(y_hat, y))
    except ValueError:
        return False


@every_loss
def test_the_gradient_is_right_far_from_the_target_too(loss):
    y_hat, y = prediction_and_target(loss, (5, 3))
    far = y_hat * 10 if takes(loss, y_hat * 10, y) else y_hat**10  # logits and numbers, or shares
    expected = complex_step(lambda y_hat: loss(y_hat, y), far)
    assert_allclose(loss.gradient(far, y), expected, rtol=1e-11, atol=1e-15)

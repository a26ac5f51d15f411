"""Gradient checks: right gradients pass, wrong ones do not."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lecture_utils import (
    Dense,
    Network,
    central_differences,
    check_gradients,
    complex_step,
    gradient_table,
    mlp,
    relative_error,
    squared_error,
    tanh,
)
from lecture_utils.gradient_check import Check, error_text

THETA = np.array([[0.3, -1.2], [2.0, 0.7]])


def function(theta):
    return np.sum(np.sin(theta) * np.exp(theta)) + theta.flat[0] * theta.flat[3]


def gradient():
    other = np.array([[THETA[1, 1], 0], [0, THETA[0, 0]]])
    return np.exp(THETA) * (np.sin(THETA) + np.cos(THETA)) + other


def network_and_batch(first_layer=Dense):
    rng = np.random.default_rng(0)
    first = first_layer(rng.normal(size=(3, 3)), np.zeros(3))
    second = Dense(rng.normal(size=(3, 2)))
    return Network([first, tanh, second]), rng.normal(size=(4, 3)), rng.normal(size=(4, 2))


class ForgetsToTranspose(Dense):
    """A layer with the fault that the gradient check is there to find."""

    def backward(self, dy, x):
        _, grads = super().backward(dy, x)
        return dy @ self.params["W"], grads


class TakesTheMean(Dense):
    """A layer that divides by the batch size a second time."""

    def backward(self, dy, x):
        dx, grads = super().backward(dy, x)
        return dx, grads | {"b": dy.mean(axis=0)}


def test_central_differences_are_right_to_nine_digits():
    assert_allclose(central_differences(function, THETA), gradient(), rtol=1e-9)


def test_complex_step_is_right_to_rounding():
    assert_allclose(complex_step(function, THETA), gradient(), rtol=1e-15)


def test_central_differences_of_a_quadratic_have_no_formula_error():
    differences = central_differences(lambda theta: (theta**2).sum(), THETA, h=0.5)
    assert_allclose(differences, 2 * THETA, rtol=1e-14)


@pytest.mark.parametrize("method, calls", [(central_differences, 2), (complex_step, 1)])
def test_number_of_calls_for_each_entry(method, calls):
    seen = []
    method(lambda theta: seen.append(theta) or theta.sum(), THETA)
    assert len(seen) == calls * THETA.size


@pytest.mark.parametrize("method", [central_differences, complex_step])
@pytest.mark.parametrize("shape", [(), (1,), (3, 1), (2, 2, 2)])
def test_gradient_has_the_shape_of_theta(method, shape):
    assert_allclose(method(lambda t: (3 * t).sum(), np.ones(shape)), np.full(shape, 3.0), rtol=1e-9)


@pytest.mark.parametrize("method", [central_differences, complex_step])
def test_theta_is_left_alone(method):
    theta = THETA.copy()
    method(function, theta)
    assert_array_equal(theta, THETA)


@pytest.mark.parametrize(
    "a, b, expected",
    [
        ([1.0, 2.0], [1.0, 2.0], 0),
        ([0.0, 0.0], [0.0, 0.0], 0),
        ([0.0], [2.0], 1),
        ([3.0], [-3.0], 2),
        ([3.0, 4.0], [3.0, 3.0], 0.2),
        ([1e-200], [2e-200], 0.5),
        ([1e200], [2e200], 0.5),
    ],
)
def test_relative_error(a, b, expected):
    assert relative_error(a, b) == relative_error(b, a) == pytest.approx(expected, rel=1e-15, abs=0)


def test_every_parameter_and_the_input_is_checked():
    network, x, y = network_and_batch()
    checks = check_gradients(network, squared_error, x, y)
    assert [check.name for check in checks] == ["layer 1 W", "layer 1 b", "layer 3 W", "x"]
    assert [check.backprop.shape for check in checks] == [(3, 3), (3,), (3, 2), (4, 3)]


def test_right_gradients_pass():
    for check in check_gradients(*_with_loss(*network_and_batch())):
        assert check.central_error < 1e-8 and check.complex_error < 1e-14


def test_missing_transpose_is_found():
    errors = _errors(ForgetsToTranspose)
    assert errors["x"] > 0.1
    assert max(errors["layer 1 W"], errors["layer 1 b"], errors["layer 3 W"]) < 1e-12


def test_mean_for_sum_is_found():
    errors = _errors(TakesTheMean)
    assert errors["layer 1 b"] == pytest.approx(0.75)
    assert max(errors["layer 1 W"], errors["layer 3 W"], errors["x"]) < 1e-12


def _with_loss(network, x, y):
    return network, squared_error, x, y


def _errors(first_layer):
    checks = check_gradients(*_with_loss(*network_and_batch(first_layer)))
    return {check.name: check.complex_error for check in checks}


def test_network_is_the_same_afterwards():
    network, x, y = network_and_batch()
    before = [p.copy() for p in network.parameters]
    check_gradients(network, squared_error, x, y)
    for parameter, copy in zip(network.parameters, before, strict=True):
        assert_array_equal(parameter, copy)


def test_single_sample_is_checked_as_a_batch_of_one():
    network = mlp((2, 3, 1), rng=np.random.default_rng(0))
    checks = check_gradients(network, squared_error, [0.5, 1.0], [2.0])
    assert checks[-1].backprop.shape == (1, 2)
    assert all(check.complex_error < 1e-13 for check in checks)


def test_table_names_the_gradients_and_hides_the_digits_of_rounding():
    right, wrong = np.array([1.0, 2.0]), np.array([1.0, -2.0])
    table = gradient_table([Check("W", right, right, right), Check("b", wrong, right, right)])
    assert table.columns.tolist() == [
        "gradient", "shape", "against central differences", "against the complex step",
    ]
    assert table.to_numpy().tolist() == [
        ["W", "(2,)", "< 1e-07", "< 1e-12"],
        ["b", "(2,)", "1.8e+00 WRONG", "1.8e+00 WRONG"],
    ]


@pytest.mark.parametrize(
    "error, text",
    [
        (0.0, "< 1e-07"),
        (9e-8, "< 1e-07"),
        (1e-7, "1.0e-07 WRONG"),
        (0.19, "1.9e-01 WRONG"),
        (float("nan"), "nan WRONG"),
    ],
)
def test_error_is_named_wrong_from_the_bound_on(error, text):
    assert error_text(error, 1e-7) == text

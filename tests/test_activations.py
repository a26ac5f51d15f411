"""Activations: their values, their derivatives, and that no finite number upsets them."""

import copy
import html
import pickle
import re

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from lecture_utils import (
    GradientDescent,
    check_gradients,
    complex_step,
    get_activation,
    identity,
    leaky_relu,
    mlp,
    relu,
    sigmoid,
    softmax,
    squared_error,
    step,
    tanh,
    train,
)
from lecture_utils.activations import ACTIVATIONS, Activation
from lecture_utils.publish.typesetting import Typesetter

pytestmark = pytest.mark.filterwarnings("error")

ALL = list(ACTIVATIONS.values())
ELEMENTWISE = [activation for activation in ALL if activation is not softmax]
DTYPES = [np.float32, np.float64, np.complex64, np.complex128]
EXTREMES = [0.0, 5e-324, 1e-310, 1e-20, 36.8, 745.2, 1e4, 1e308, np.finfo(float).max]
# Wherever a function has a kink, these are away from it.
PLACES = np.concatenate([np.random.default_rng(0).normal(0, 4, 500), [-30.1, -9.7, 9.7, 25.3]])

every_activation = pytest.mark.parametrize("activation", ALL, ids=repr)
every_elementwise = pytest.mark.parametrize("activation", ELEMENTWISE, ids=repr)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def finite(width=64):
    return st.floats(width=width, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    "activation, z, y, slope",
    [
        (step, -1.0, 0.0, 0.0),
        (step, 0.0, 0.0, 0.0),
        (step, 5e-324, 1.0, 0.0),
        (sigmoid, 0.0, 0.5, 0.25),
        (sigmoid, np.log(3), 0.75, 0.1875),
        (sigmoid, -np.log(3), 0.25, 0.1875),
        (tanh, 0.0, 0.0, 1.0),
        (tanh, np.log(2), 0.6, 0.64),
        (tanh, -np.log(2), -0.6, 0.64),
        (relu, -2.0, 0.0, 0.0),
        (relu, 0.0, 0.0, 0.0),
        (relu, 3.0, 3.0, 1.0),
        (leaky_relu, -2.0, -0.02, 0.01),
        (leaky_relu, 0.0, 0.0, 0.01),
        (leaky_relu, 3.0, 3.0, 1.0),
        (identity, -7.5, -7.5, 1.0),
    ],
)
def test_known_value_and_derivative(activation, z, y, slope):
    assert activation(z) == pytest.approx(y, rel=1e-15, abs=0)
    assert activation.derivative(z) == pytest.approx(slope, rel=1e-14, abs=0)


@every_elementwise
@pytest.mark.parametrize("z", [sign * z for z in EXTREMES for sign in (1, -1)])
def test_extreme_number_gives_finite_value_and_derivative(activation, z):
    assert np.isfinite(activation(z)) and np.isfinite(activation.derivative(z))


@every_elementwise
@given(z=arrays(np.float64, 5, elements=finite()))
def test_any_finite_number_gives_finite_value_and_derivative(activation, z):
    assert np.isfinite(activation(z)).all() and np.isfinite(activation.derivative(z)).all()


@every_elementwise
@given(z=arrays(np.float32, 5, elements=finite(width=32)))
def test_any_single_precision_number_stays_finite(activation, z):
    assert np.isfinite(activation(z)).all() and np.isfinite(activation.derivative(z)).all()


@every_elementwise
@given(z=arrays(np.float64, 5, elements=finite()))
def test_complex_step_away_from_any_finite_number_stays_finite(activation, z):
    assert np.isfinite(activation(z + 1e-30j)).all()


@given(z=arrays(np.float64, (2, 4), elements=finite()))
def test_softmax_of_any_finite_numbers_is_a_distribution(z):
    y = softmax(z)
    assert (y >= 0).all()
    assert_allclose(y.sum(axis=1), 1, rtol=1e-15)


def test_softmax_knows_differences_beyond_the_largest_float():
    assert_array_equal(softmax([1e308, -1e308]), [1, 0])


@given(z=arrays(np.float64, 5, elements=finite()))
def test_range_of_each_neuron(z):
    assert ((0 <= sigmoid(z)) & (sigmoid(z) <= 1)).all()
    assert (np.abs(tanh(z)) <= 1).all()
    assert (relu(z) >= 0).all()
    assert np.isin(step(z), [0, 1]).all()


@every_activation
@every_dtype
def test_dtype_is_kept(activation, dtype):
    z = np.array([[-1.5, 2.0]], dtype)
    y, cache = activation.forward(z)
    assert activation(z).dtype == y.dtype == dtype
    assert activation.backward(np.ones_like(z), cache)[0].dtype == dtype


@every_elementwise
@every_dtype
def test_dtype_of_the_derivative_and_of_a_single_number_is_kept(activation, dtype):
    assert activation.derivative(np.array([-1.5, 2.0], dtype)).dtype == dtype
    assert activation(dtype(0.5)).dtype == activation.derivative(dtype(0.5)).dtype == dtype


@every_activation
def test_whole_numbers_count_as_float64(activation):
    assert activation([1, 2]).dtype == np.float64


@every_elementwise
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 3, 4)])
def test_shape_is_kept(activation, shape):
    z = np.full(shape, 0.5)
    assert np.shape(activation(z)) == np.shape(activation.derivative(z)) == shape


@every_elementwise
def test_derivative_equals_complex_step(activation):
    expected = activation(PLACES + 1e-30j).imag / 1e-30
    assert_allclose(activation.derivative(PLACES), expected, rtol=1e-12, atol=1e-15)


@every_elementwise
def test_derivative_equals_central_differences(activation):
    expected = (activation(PLACES + 1e-5) - activation(PLACES - 1e-5)) / 2e-5
    assert_allclose(activation.derivative(PLACES), expected, rtol=1e-7, atol=1e-9)


@every_elementwise
def test_value_and_derivative_are_those_of_pytorch(torch, activation):
    theirs = getattr(torch.nn.functional, activation.name, None)
    if theirs is None:
        pytest.skip(f"PyTorch has no function {activation.name}")
    places = PLACES[np.abs(PLACES) < 20]  # beyond, PyTorch takes some functions for linear
    z = torch.tensor(places, requires_grad=True)
    y = theirs(z)
    [slope] = torch.autograd.grad(y.sum(), z)
    assert_allclose(activation(places), y.detach(), rtol=1e-13, atol=1e-16)
    assert_allclose(activation.derivative(places), slope, rtol=1e-11, atol=1e-15)


@every_activation
def test_backward_is_the_gradient_of_forward(activation):
    z = np.array([[0.5, -1.0, 2.0], [-0.2, 0.1, 0.4]])
    dy = np.array([[1.0, -2.0, 0.5], [3.0, 0.2, -1.0]])
    _, cache = activation.forward(z)
    expected = complex_step(lambda z: (dy * activation.forward(z)[0]).sum(), z)
    assert_allclose(activation.backward(dy, cache)[0], expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("shape", [(4,), (2, 3, 4)])
def test_backward_of_softmax_goes_along_the_last_axis(shape):
    rng = np.random.default_rng(0)
    z, dy = rng.normal(size=shape), rng.normal(size=shape)
    expected = complex_step(lambda z: (dy * softmax(z)).sum(), z)
    assert_allclose(softmax.backward(dy, softmax(z))[0], expected, rtol=1e-12, atol=1e-15)


@every_activation
def test_forward_and_backward_leave_their_arguments_alone(activation):
    z, dy = np.array([[-1.0, 0.0, 2.0]]), np.array([[3.0, 4.0, 5.0]])
    y, cache = activation.forward(z)
    before = y.copy()
    activation.backward(dy, cache)
    assert_array_equal(z, [[-1, 0, 2]])
    assert_array_equal(dy, [[3, 4, 5]])
    assert_array_equal(y, before)
    assert not np.shares_memory(y, z)


@every_activation
def test_an_activation_has_no_parameters(activation):
    _, cache = activation.forward(np.ones((1, 2)))
    assert not activation.params and not activation.backward(np.ones((1, 2)), cache)[1]


def test_relu_passes_the_gradient_only_where_z_is_positive():
    dx, _ = relu.backward(np.ones(4), np.array([-1.0, 0.0, 5e-324, 2.0]))
    assert_array_equal(dx, [0, 0, 1, 1])


def test_sigmoid_has_all_digits_in_both_tails():
    z = np.linspace(-708, 708, 5001)
    assert_allclose(sigmoid(z), scipy.special.expit(z), rtol=1e-15, atol=0)


def test_sigmoid_derivative_has_all_digits_in_both_tails():
    z = np.linspace(-700, 700, 5001)
    expected = scipy.special.expit(z) * scipy.special.expit(-z)
    assert_allclose(sigmoid.derivative(z), expected, rtol=2e-15, atol=0)


@given(z=arrays(np.float64, 5, elements=finite()))
def test_sigmoid_of_z_and_of_minus_z_sum_to_one(z):
    assert_allclose(sigmoid(z) + sigmoid(-z), 1, rtol=1e-15)


def test_sigmoid_derivative_is_at_most_a_quarter():
    assert sigmoid.derivative(np.linspace(-50, 50, 1001)).max() == sigmoid.derivative(0) == 0.25


@pytest.mark.parametrize("shape", [(3,), (1, 1), (2, 3), (2, 3, 4)])
def test_softmax_equals_scipy(shape):
    z = np.random.default_rng(0).normal(0, 10, shape)
    assert_allclose(softmax(z), scipy.special.softmax(z, axis=-1), rtol=1e-13)


@pytest.mark.parametrize("shift", [-1e4, -1.0, 1.0, 1e4])
def test_softmax_does_not_notice_a_shift(shift):
    z = np.array([[1.0, -2.0, 0.5]])
    assert_allclose(softmax(z + shift), softmax(z), rtol=1e-11)


def test_softmax_of_two_classes_is_the_sigmoid_of_the_difference():
    z = np.array([[3.0, 1.0], [-40.0, 2.0]])
    assert_allclose(softmax(z)[:, 0], sigmoid(z[:, 0] - z[:, 1]), rtol=1e-14)


@every_activation
def test_activation_is_found_by_its_name(activation):
    assert get_activation(activation.name) is activation
    assert repr(activation) == activation.name


@every_activation
def test_activation_object_is_returned_as_it_is(activation):
    assert get_activation(activation) is activation


@every_activation
def test_a_copy_is_equal_and_as_good(activation):
    for twin in (copy.deepcopy(activation), pickle.loads(pickle.dumps(activation))):
        assert twin == activation and hash(twin) == hash(activation)
        assert get_activation(twin) is twin
        rng = np.random.default_rng(0)
        assert (len(mlp((2, 1), output=twin, rng=rng).layers) == 1) == (activation is identity)


@every_activation
def test_nobody_can_give_an_activation_a_parameter_for_all(activation):
    with pytest.raises(TypeError):
        activation.params["W"] = 1


def test_formula_and_figure_name_an_activation_by_its_name_unless_told_otherwise():
    plain = Activation("soft_sign", np.sin, np.cos)
    assert (plain.latex, plain.label) == (r"\operatorname{soft\_sign}", "soft_sign")
    told = Activation("sine", np.sin, np.cos, latex=r"\sin", label="the sine")
    assert (told.latex, told.label) == (r"\sin", "the sine")


def test_one_that_is_not_registered_stands_in_a_network_and_is_trained():
    cube = Activation("cube", lambda z: z**3, lambda z: 3 * z**2)
    network = mlp((2, 3, 1), hidden=cube, rng=np.random.default_rng(0))
    x, y = [[0.5, -1.0], [1.0, 2.0]], [[1.0], [-1.0]]
    assert max(c.complex_error for c in check_gradients(network, squared_error, x, y)) < 1e-12
    optimizer = GradientDescent(0.01)
    _, history = train(network, squared_error, x, y, optimizer=optimizer, epochs=20)
    assert history.loss[-1] < 0.9 * history.loss[0]


def test_any_name_can_be_typeset():
    typesetter = Typesetter()
    for name in (r"a_b 2$%#&{}~^\<>", "softsign", "ölçü", "(x)", "leaky-relu"):
        mathml = typesetter.mathml(Activation(name, np.sin, np.cos).latex, display=True)
        shown = html.unescape(re.sub("<[^>]*>", "", mathml))
        assert re.findall(r"\w", shown) == re.findall(r"\w", name)

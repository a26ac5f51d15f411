"""The dense layer: forward equals the loop over its neurons, backward is its gradient."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from lecture_utils import Dense, complex_step

sizes = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4))  # n, n_in, n_out


def layer_and_batch(n=4, n_in=2, n_out=3, *, bias=True, seed=0):
    rng = np.random.default_rng(seed)
    b = rng.normal(size=n_out) if bias else None
    return Dense(rng.normal(size=(n_in, n_out)), b), rng.normal(size=(n, n_in))


@given(sizes, st.booleans())
def test_column_k_holds_the_weights_of_neuron_k(shape, bias):
    layer, x = layer_and_batch(*shape, bias=bias)
    W, b = layer.params["W"], layer.params.get("b", np.zeros(layer.n_out))
    y, _ = layer.forward(x)
    for i, x_i in enumerate(x):
        expected = [sum(W[:, k] * x_i) + b[k] for k in range(layer.n_out)]
        assert_allclose(y[i], expected, rtol=1e-13, atol=1e-15)


def test_rows_and_columns_hold_the_same_numbers():
    layer, x = layer_and_batch()
    as_columns = layer.params["W"].T @ x.T + layer.params["b"][:, None]
    assert_allclose(layer.forward(x)[0].T, as_columns, rtol=1e-15)


@given(sizes, st.booleans())
def test_backward_gives_the_gradient_of_input_and_parameters(shape, bias):
    layer, x = layer_and_batch(*shape, bias=bias)
    y, cache = layer.forward(x)
    dy = np.random.default_rng(1).normal(size=y.shape)
    dx, grads = layer.backward(dy, cache)

    def objective(x=x, **changed):
        params = layer.params | changed
        return (dy * (x @ params["W"] + params.get("b", 0))).sum()

    assert_allclose(dx, complex_step(lambda x: objective(x), x), rtol=1e-12, atol=1e-14)
    assert grads.keys() == layer.params.keys()
    for name, gradient in grads.items():
        expected = complex_step(lambda p, name=name: objective(**{name: p}), layer.params[name])
        assert_allclose(gradient, expected, rtol=1e-12, atol=1e-14)


def test_gradients_are_sums_over_the_batch():
    layer, x = layer_and_batch()
    dy = np.ones((4, 3))
    _, whole = layer.backward(dy, x)
    parts = [layer.backward(dy[[i]], x[[i]])[1] for i in range(4)]
    for name in ("W", "b"):
        assert_allclose(whole[name], sum(part[name] for part in parts), rtol=1e-13)


def test_forward_and_backward_leave_their_arguments_and_the_layer_alone():
    layer, x = layer_and_batch()
    dy = np.ones((4, 3))
    before = x.copy(), layer.params["W"].copy(), layer.params["b"].copy()
    _, cache = layer.forward(x)
    layer.backward(dy, cache)
    assert_array_equal(x, before[0])
    assert_array_equal(layer.params["W"], before[1])
    assert_array_equal(layer.params["b"], before[2])
    assert_array_equal(dy, 1)


def test_nothing_but_parameters_is_kept_in_the_layer():
    layer, x = layer_and_batch()
    layer.backward(np.ones((4, 3)), layer.forward(x)[1])
    assert vars(layer).keys() == {"params"} and layer.params.keys() == {"W", "b"}


def test_another_forward_in_between_does_not_spoil_the_gradient():
    layer, x = layer_and_batch()
    _, cache = layer.forward(x)
    _, expected = layer.backward(np.ones((4, 3)), cache)
    layer.forward(x + 100)
    _, grads = layer.backward(np.ones((4, 3)), cache)
    assert_array_equal(grads["W"], expected["W"])


def test_weights_and_biases_are_copied():
    W, b = np.ones((2, 3)), np.zeros(3)
    layer = Dense(W, b)
    W[:], b[:] = 7, 7
    assert_array_equal(layer.params["W"], 1)
    assert_array_equal(layer.params["b"], 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_dtype_is_kept(dtype):
    layer = Dense(np.ones((2, 3), dtype), np.zeros(3, dtype))
    y, cache = layer.forward(np.ones((1, 2), dtype))
    dx, grads = layer.backward(y, cache)
    assert y.dtype == dx.dtype == grads["W"].dtype == grads["b"].dtype == dtype


def test_random_layer_is_the_same_for_the_same_seed():
    first, second = (Dense.random(3, 2, rng=np.random.default_rng(5)) for _ in range(2))
    assert_array_equal(first.params["W"], second.params["W"])


@pytest.mark.parametrize(("init", "variance"), [("xavier", 2 / 400), ("he", 2 / 300)])
def test_random_weights_have_the_variance_of_their_kind_and_biases_are_zero(init, variance):
    layer = Dense.random(300, 100, init=init, rng=np.random.default_rng(0))
    assert layer.params["W"].var() == pytest.approx(variance, rel=0.03)
    assert abs(layer.params["W"].mean()) < 0.002
    assert_array_equal(layer.params["b"], np.zeros(100))


def test_random_layer_without_bias_has_weights_only():
    layer = Dense.random(3, 2, rng=np.random.default_rng(0), bias=False)
    assert layer.params.keys() == {"W"}


def test_a_layer_tells_its_sizes():
    layer, _ = layer_and_batch(n_in=2, n_out=3)
    assert (layer.n_in, layer.n_out) == (2, 3)
    assert repr(layer) == "Dense(2, 3)"
    assert repr(Dense([[1.0]])) == "Dense(1, 1, no bias)"

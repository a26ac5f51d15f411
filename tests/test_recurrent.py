"""The recurrent layer: forward is its formula, backward its gradient through all steps."""

from itertools import product

import numpy as np
import pytest
from autograd import grad
from autograd import numpy as anp
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from lecture_utils import (
    Dense,
    Network,
    binary_cross_entropy_on_logits,
    central_differences,
    check_gradients,
    complex_step,
)
from lecture_utils.convolution import Reshape
from lecture_utils.datasets import ones_in_a_row
from lecture_utils.recurrent import LastStep, Recurrent

# n, n_steps, n_in, n_out
sizes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3), st.integers(1, 4))
ODD_SIZES = [(1, 1, 1, 1), (1, 5, 1, 3), (3, 1, 2, 1), (2, 4, 3, 1), (4, 7, 2, 5)]
odd_sizes = pytest.mark.parametrize("size", ODD_SIZES, ids=str)


def layer_and_batch(n=4, n_steps=3, n_in=2, n_out=3, seed=0):
    rng = np.random.default_rng(seed)
    W, U, b = (rng.normal(size=shape) for shape in ((n_in, n_out), (n_out, n_out), n_out))
    return Recurrent(W, U, b), rng.normal(size=(n, n_steps, n_in))


def all_gradients(layer, x, dh):
    """Return `∂/∂` of each parameter and of x of the sum of `dh ⊙ h`, by name."""
    dx, grads = layer.backward(dh, layer.forward(x)[1])
    return {**grads, "x": dx}


def with_all(layer, x):
    return {**layer.params, "x": x}


def weighted_sum(dh, W, U, b, x):
    """Return the sum of `dh ⊙ h` as the layer computes it."""
    layer = Recurrent(W, U, b)
    # An array that is complex has to make all of them complex, so that they can be added.
    dtype = np.result_type(W, U, b, x)
    layer.params = {name: p.astype(dtype) for name, p in layer.params.items()}
    return (dh * layer.forward(x)[0]).sum()


def some_dh(layer, x):
    return np.random.default_rng(1).normal(size=(*x.shape[:2], layer.n_out))


@given(sizes)
def test_forward_is_the_formula_for_each_sample_step_and_neuron(size):
    layer, x = layer_and_batch(*size)
    W, U, b = layer.params.values()
    h, _ = layer.forward(x)
    for i, sequence in enumerate(x):
        before = np.zeros(layer.n_out)
        for t, x_t in enumerate(sequence):
            z = [sum(x_t * W[:, k]) + sum(before * U[:, k]) + b[k] for k in range(layer.n_out)]
            assert_allclose(h[i, t], np.tanh(z), rtol=1e-12, atol=1e-14)
            before = np.tanh(z)


@odd_sizes
def test_backward_equals_the_complex_step_and_central_differences(size):
    layer, x = layer_and_batch(*size)
    dh = some_dh(layer, x)
    arrays = with_all(layer, x)
    for name, gradient in all_gradients(layer, x, dh).items():

        def f(value, name=name):
            return weighted_sum(dh, **{**arrays, name: value})

        assert_allclose(gradient, complex_step(f, arrays[name]), rtol=1e-11, atol=1e-13)
        assert_allclose(gradient, central_differences(f, arrays[name]), rtol=1e-6, atol=1e-8)


@odd_sizes
def test_backward_equals_the_autograd_library(size):
    layer, x = layer_and_batch(*size)
    dh = some_dh(layer, x)

    def objective(arrays):
        h, total = anp.zeros((len(x), layer.n_out)), 0
        for t in range(x.shape[1]):
            h = anp.tanh(arrays["x"][:, t] @ arrays["W"] + h @ arrays["U"] + arrays["b"])
            total = total + anp.sum(dh[:, t] * h)
        return total

    expected = grad(objective)(with_all(layer, x))
    for name, gradient in all_gradients(layer, x, dh).items():
        assert_allclose(gradient, expected[name], rtol=1e-12, atol=1e-13)


@odd_sizes
def test_forward_and_all_gradients_equal_those_of_pytorch(torch, size):
    layer, x = layer_and_batch(*size)
    dh = some_dh(layer, x)
    theirs = torch.nn.RNN(layer.n_in, layer.n_out, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(torch.tensor(layer.params["W"].T))
        theirs.weight_hh_l0.copy_(torch.tensor(layer.params["U"].T))
        theirs.bias_ih_l0.copy_(torch.tensor(layer.params["b"]))
        theirs.bias_hh_l0.zero_()  # PyTorch has two biases that are added
    their_x = torch.tensor(x, requires_grad=True)
    h, _ = theirs(their_x)
    h.backward(torch.tensor(dh))

    assert_allclose(layer.forward(x)[0], h.detach().numpy(), rtol=1e-12, atol=1e-14)
    expected = {
        "W": theirs.weight_ih_l0.grad.T,
        "U": theirs.weight_hh_l0.grad.T,
        "b": theirs.bias_ih_l0.grad,
        "x": their_x.grad,
    }
    for name, gradient in all_gradients(layer, x, dh).items():
        assert_allclose(gradient, expected[name].numpy(), rtol=1e-12, atol=1e-13)


def test_gradients_are_those_that_backward_gives():
    layer, x = layer_and_batch()
    dh = some_dh(layer, x)
    cache = layer.forward(x)[1]
    _, expected = layer.backward(dh, cache)
    grads = layer.parameter_gradients(dh, cache)
    assert list(grads) == list(expected) == list(layer.params)
    for name, gradient in grads.items():
        assert_array_equal(gradient, expected[name])


def test_a_state_does_not_depend_on_what_comes_later_nor_on_other_sequences():
    layer, x = layer_and_batch(4, 6)
    h, _ = layer.forward(x)
    assert_allclose(layer.forward(x[:, :4])[0], h[:, :4], rtol=1e-13)
    assert_allclose(layer.forward(x[2:3])[0], h[2:3], rtol=1e-13)


def test_the_last_state_passes_a_gradient_to_every_step():
    layer, x = layer_and_batch(4, 6)
    dh = np.zeros((4, 6, 3))
    dh[:, -1] = 1
    dx, _ = layer.backward(dh, layer.forward(x)[1])
    assert (np.abs(dx).max(axis=2) > 0).all()
    dh[:, -1], dh[:, 2] = 0, 1
    dx, _ = layer.backward(dh, layer.forward(x)[1])
    assert (np.abs(dx[:, :3]).max(axis=2) > 0).all()
    assert_array_equal(dx[:, 3:], 0)


def test_two_neurons_find_two_ones_in_a_row_in_every_sequence():
    # Neuron 1: was the last entry a one? Neuron 2: were two in a row there already?
    layer = Recurrent([[10, 20]], [[0, 60], [0, 40]], [0, -30])
    for n_steps in range(1, 11):
        X = np.array(list(product([0.0, 1.0], repeat=n_steps)))
        h, _ = layer.forward(X[:, :, np.newaxis])
        expected = (X[:, :-1] * X[:, 1:]).any(axis=1)
        assert_allclose(h[:, -1, 1], np.where(expected, 1, -1), rtol=1e-7)


def test_a_network_that_reads_sequences_has_right_gradients():
    rng = np.random.default_rng(0)
    network = Network([
        Reshape((6, 1)),
        Recurrent.random(1, 3, rng=rng),
        Recurrent.random(3, 2, rng=rng),  # reads the states of the one before
        LastStep(),
        Dense.random(2, 1, rng=rng),
    ])
    X, y = ones_in_a_row(5, 6, rng=rng)
    checks = check_gradients(network, binary_cross_entropy_on_logits, X, y[:, np.newaxis])
    assert len(checks) == 3 + 3 + 2 + 1
    for check in checks:
        assert check.central_error < 1e-7 and check.complex_error < 1e-12


def test_nothing_is_changed_and_a_second_backward_gives_the_same():
    layer, x = layer_and_batch()
    dh = some_dh(layer, x)
    before = {name: array.copy() for name, array in {**with_all(layer, x), "dh": dh}.items()}
    h, cache = layer.forward(x)
    h_before = h.copy()
    dx, grads = layer.backward(dh, cache)
    layer.forward(x + 1)  # a prediction in between
    dx_again, grads_again = layer.backward(dh, cache)
    assert_array_equal(dx, dx_again)
    for name, gradient in grads.items():
        assert_array_equal(gradient, grads_again[name])
    for name, array in {**with_all(layer, x), "dh": dh}.items():
        assert_array_equal(array, before[name])
    assert_array_equal(h, h_before)
    assert vars(layer).keys() == {"params"}


def test_layer_holds_copies_of_the_arrays_it_is_given():
    W, U, b = np.ones((2, 3)), np.ones((3, 3)), np.ones(3)
    layer = Recurrent(W, U, b)
    for array in (W, U, b):
        array[:] = 0
    assert all((p == 1).all() for p in layer.params.values())


def test_float32_stays_float32():
    double, x = layer_and_batch()
    layer = Recurrent(*(p.astype(np.float32) for p in double.params.values()))
    dh = some_dh(layer, x)
    h, cache = layer.forward(x.astype(np.float32))
    dx, grads = layer.backward(dh.astype(np.float32), cache)
    assert {a.dtype for a in (h, dx, *grads.values())} == {np.dtype(np.float32)}
    assert_allclose(h, double.forward(x)[0], rtol=1e-5, atol=1e-6)
    for name, gradient in all_gradients(double, x, dh).items():
        assert_allclose({**grads, "x": dx}[name], gradient, rtol=1e-4, atol=1e-5)


def test_random_layer_has_weights_of_xavier_and_no_bias_and_comes_from_the_generator():
    layer = Recurrent.random(100, 200, rng=np.random.default_rng(0))
    W, U, b = layer.params.values()
    assert W.shape == (100, 200) and U.shape == (200, 200)
    assert_allclose(W.std(), np.sqrt(2 / 300), rtol=0.03)
    assert_allclose(U.std(), np.sqrt(2 / 400), rtol=0.03)
    assert_array_equal(b, np.zeros(200))
    again = Recurrent.random(100, 200, rng=np.random.default_rng(0))
    assert_array_equal(again.params["U"], U)
    he = Recurrent.random(100, 200, init="he", rng=np.random.default_rng(0))
    assert_allclose(he.params["W"].std(), np.sqrt(2 / 100), rtol=0.03)
    assert_allclose(he.params["U"].std(), np.sqrt(2 / 200), rtol=0.03)


def test_layer_tells_its_sizes():
    layer = Recurrent(np.ones((2, 3)), np.ones((3, 3)), np.ones(3))
    assert (layer.n_in, layer.n_out, repr(layer)) == (2, 3, "Recurrent(2, 3)")
    assert repr(LastStep()) == "LastStep()"


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"W": [1.0, 2.0]}, ValueError, r"W must have shape \(n_in, n_out\), got \(2,\)"),
        ({"U": np.ones((2, 3))}, ValueError, r"U must have shape \(3, 3\).*got \(2, 3\)"),
        ({"b": np.ones(2)}, ValueError, r"b must have shape \(3,\).*got \(2,\)"),
        ({"W": [["a"]]}, TypeError, "W must hold numbers"),
        ({"U": np.full((3, 3), np.nan)}, ValueError, r"U must be finite, got nan"),
        ({"b": ["a", "b", "c"]}, TypeError, "b must hold numbers"),
    ],
)
def test_bad_parameters_are_refused(changed, error, message):
    good = {"W": np.ones((2, 3)), "U": np.ones((3, 3)), "b": np.ones(3)}
    with pytest.raises(error, match=message):
        Recurrent(**{**good, **changed})


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"n_in": 0}, ValueError, "n_in must be at least 1"),
        ({"n_out": 1.5}, TypeError, "n_out must be a whole number"),
        ({"init": "glorot"}, ValueError, "init must be one of"),
        ({"rng": 3}, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_bad_arguments_of_a_random_layer_are_refused(changed, error, message):
    good = {"n_in": 2, "n_out": 3, "rng": np.random.default_rng(0)}
    with pytest.raises(error, match=message):
        Recurrent.random(**{**good, **changed})


@pytest.mark.parametrize("shape", [(4, 2), (4, 3, 5), (4, 0, 2), (4, 3, 2, 1)], ids=str)
def test_other_shapes_of_x_are_refused(shape):
    layer, _ = layer_and_batch()
    with pytest.raises(ValueError, match=r"x must have shape \(n, n_steps, 2\)") as caught:
        layer.forward(np.ones(shape))
    assert str(caught.value).endswith(f"got {shape}")


def test_last_step_is_the_last_and_gets_all_of_the_gradient():
    x = np.arange(24.0).reshape(2, 3, 4)
    before = x.copy()
    y, cache = LastStep().forward(x)
    assert_array_equal(y, x[:, 2])
    y[:] = -1  # it is a copy
    assert_array_equal(x, before)

    dy = np.ones((2, 4))
    dx, grads = LastStep().backward(dy, cache)
    assert grads == {} and LastStep().params == {}
    assert dx.shape == x.shape
    assert_array_equal(dx[:, 2], dy)
    assert_array_equal(dx[:, :2], 0)


@pytest.mark.parametrize("size", [(1, 1, 1), (3, 4, 2)], ids=str)
def test_last_step_has_the_gradient_of_the_complex_step(size):
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=size), rng.normal(size=(size[0], size[2]))
    dx, _ = LastStep().backward(dy, LastStep().forward(x)[1])
    expected = complex_step(lambda x: (dy * LastStep().forward(x)[0]).sum(), x)
    assert_allclose(dx, expected, rtol=1e-13)


def test_last_step_keeps_float32():
    x = np.ones((2, 3, 4), np.float32)
    y, cache = LastStep().forward(x)
    assert y.dtype == LastStep().backward(y, cache)[0].dtype == np.float32


@pytest.mark.parametrize("shape", [(2, 3), (2, 0, 3)], ids=str)
def test_last_step_refuses_what_is_no_sequence(shape):
    with pytest.raises(ValueError, match=r"x must have shape \(n, n_steps, n_in\)"):
        LastStep().forward(np.ones(shape))

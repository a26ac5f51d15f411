"""Layers for images: equal to SciPy's correlation and to PyTorch's layers; gradients are right."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import correlate2d

from lecture_utils import (
    Dense,
    Network,
    central_differences,
    check_gradients,
    complex_step,
    cross_entropy_on_logits,
    relu,
    tanh,
)
from lecture_utils.convolution import Conv2D, Flatten, MaxPool2D, Reshape


@dataclass(frozen=True)
class Case:
    """A layer and a batch: shapes of the images, of `W`, and the settings."""

    x: tuple
    W: tuple
    stride: int = 1
    padding: int = 0
    bias: bool = True

    @property
    def layer_and_batch(self):
        rng = np.random.default_rng(0)
        W, b, x = (rng.normal(size=shape) for shape in (self.W, self.W[3:], self.x))
        settings = {"stride": self.stride, "padding": self.padding}
        return Conv2D(W, b if self.bias else None, **settings), x


CASES = [
    Case(x=(1, 1, 1, 1), W=(1, 1, 1, 1)),
    Case(x=(1, 5, 4, 2), W=(5, 4, 2, 3)),
    Case(x=(2, 5, 7, 3), W=(2, 3, 3, 2), bias=False),
    Case(x=(3, 4, 6, 1), W=(3, 1, 1, 2), padding=1),
    Case(x=(2, 6, 5, 2), W=(3, 2, 2, 1), stride=2),
    Case(x=(1, 7, 4, 3), W=(2, 3, 3, 2), stride=3, padding=2),
    Case(x=(2, 8, 5, 1), W=(1, 2, 1, 3), stride=3, bias=False),
    Case(x=(2, 1, 2, 2), W=(3, 4, 2, 2), stride=2, padding=2),
]
every_case = pytest.mark.parametrize("case", CASES, ids=str)


@st.composite
def cases(draw):
    """Draw a case; the padded image is at least as large as the kernel."""
    n, height, width, n_in, n_out = (draw(st.integers(1, top)) for top in (3, 7, 7, 3, 3))
    padding = draw(st.integers(0, 2))
    kernel = [draw(st.integers(1, min(4, side + 2 * padding))) for side in (height, width)]
    stride, bias = draw(st.integers(1, 3)), draw(st.booleans())
    return Case((n, height, width, n_in), (*kernel, n_in, n_out), stride, padding, bias)


def correlated(layer, x):
    """Return what SciPy makes of the layer: correlations, summed over the channels."""
    W, s, p = layer.params["W"], layer.stride, layer.padding
    x = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
    y = [
        [
            sum(correlate2d(image[..., j], W[..., j, k], mode="valid") for j in range(layer.n_in))
            for k in range(layer.n_out)
        ]
        for image in x
    ]
    return np.moveaxis(y, 1, 3)[:, ::s, ::s] + layer.params.get("b", 0)


def some_dy(layer, x):
    return np.random.default_rng(1).normal(size=layer.forward(x)[0].shape)


def all_gradients(layer, x, dy):
    """Return `∂/∂` of each parameter and of x of the sum of `dy ⊙ y`, by name."""
    dx, grads = layer.backward(dy, layer.forward(x)[1])
    return {**grads, "x": dx}


def weighted_sum(layer, dy, x, **params):
    """Return the sum of `dy ⊙ y` as the layer computes it, with other parameters."""
    changed = Conv2D(**layer.params, stride=layer.stride, padding=layer.padding)
    # One complex parameter makes all of them complex, so that they can be added in place.
    dtype = np.result_type(*params.values())
    changed.params = {name: value.astype(dtype) for name, value in params.items()}
    return (dy * changed.forward(x)[0]).sum()


def to_channels_first(torch, images):
    return torch.tensor(images.transpose(0, 3, 1, 2).copy(), requires_grad=True)


def to_channels_last(tensor):
    return tensor.detach().numpy().transpose(0, 2, 3, 1)


# Conv2D


@given(cases())
def test_forward_equals_the_correlation_of_scipy_summed_over_the_channels(case):
    layer, x = case.layer_and_batch
    assert_allclose(layer.forward(x)[0], correlated(layer, x), rtol=1e-12, atol=1e-12)


def test_kernel_is_not_flipped():
    layer = Conv2D(np.array([[1.0, 0], [0, 0]])[..., None, None])
    image = np.arange(6.0).reshape(1, 2, 3, 1)
    assert_array_equal(layer.forward(image)[0].ravel(), [0, 1])


@every_case
def test_forward_and_all_gradients_equal_those_of_pytorch(case, torch):
    layer, x = case.layer_and_batch
    dy = some_dy(layer, x)
    their_x = to_channels_first(torch, x)
    W = torch.tensor(layer.params["W"].transpose(3, 2, 0, 1).copy(), requires_grad=True)
    b = torch.tensor(layer.params["b"], requires_grad=True) if case.bias else None
    y = torch.nn.functional.conv2d(their_x, W, b, stride=case.stride, padding=case.padding)
    y.backward(torch.tensor(dy.transpose(0, 3, 1, 2).copy()))

    close = {"rtol": 1e-12, "atol": 1e-12}
    assert_allclose(layer.forward(x)[0], to_channels_last(y), **close)
    ours = all_gradients(layer, x, dy)
    assert_allclose(ours["x"], to_channels_last(their_x.grad), **close)
    assert_allclose(ours["W"], W.grad.numpy().transpose(2, 3, 1, 0), **close)
    if case.bias:
        assert_allclose(ours["b"], b.grad.numpy(), **close)


@every_case
def test_backward_equals_the_complex_step_and_central_differences(case):
    layer, x = case.layer_and_batch
    dy = some_dy(layer, x)
    arrays = {**layer.params, "x": x}
    gradients = all_gradients(layer, x, dy)
    assert gradients.keys() == arrays.keys()
    for name, gradient in gradients.items():

        def f(value, name=name):
            return weighted_sum(layer, dy, **{**arrays, name: value})

        assert_allclose(gradient, complex_step(f, arrays[name]), rtol=1e-11, atol=1e-12)
        assert_allclose(gradient, central_differences(f, arrays[name]), rtol=1e-6, atol=1e-8)


@given(cases())
def test_backward_is_the_transpose_of_forward(case):
    """`Σ dy ⊙ y = Σ dx ⊙ x = Σ dW ⊙ W` without a bias, as `y` is linear in `x` and in `W`."""
    layer, x = case.layer_and_batch
    layer.params.pop("b", None)
    y, dy = layer.forward(x)[0], some_dy(layer, x)
    gradients = all_gradients(layer, x, dy)
    expected = pytest.approx((dy * y).sum(), rel=1e-10, abs=1e-11)
    assert (gradients["x"] * x).sum() == expected
    assert (gradients["W"] * layer.params["W"]).sum() == expected


@every_case
def test_gradients_are_linear_in_dy(case):
    layer, x = case.layer_and_batch
    dy = some_dy(layer, x)
    other = dy[::-1] ** 2
    first, second = all_gradients(layer, x, dy), all_gradients(layer, x, other)
    for name, gradient in all_gradients(layer, x, 2 * dy - 3 * other).items():
        assert_allclose(gradient, 2 * first[name] - 3 * second[name], rtol=1e-9, atol=1e-11)


@every_case
def test_gradients_are_those_that_backward_gives(case):
    layer, x = case.layer_and_batch
    dy, cache = some_dy(layer, x), layer.forward(x)[1]
    _, expected = layer.backward(dy, cache)
    grads = layer.parameter_gradients(dy, cache)
    assert list(grads) == list(expected) == list(layer.params)
    for name, gradient in grads.items():
        assert_array_equal(gradient, expected[name])


@every_case
def test_nothing_is_changed_and_a_second_backward_gives_the_same(case):
    layer, x = case.layer_and_batch
    dy = some_dy(layer, x)
    arrays = {**layer.params, "x": x, "dy": dy}
    before = {name: array.copy() for name, array in arrays.items()}
    y, cache = layer.forward(x)
    y_before = y.copy()
    dx, grads = layer.backward(dy, cache)
    layer.forward(x + 1)  # a prediction in between
    dx_again, grads_again = layer.backward(dy, cache)
    assert_array_equal(dx, dx_again)
    for name, gradient in grads.items():
        assert_array_equal(gradient, grads_again[name])
    for name, array in arrays.items():
        assert_array_equal(array, before[name])
    assert_array_equal(y, y_before)
    assert vars(layer).keys() == {"params", "stride", "padding"}


def test_images_in_any_order_of_memory_give_the_same():
    layer, x = CASES[4].layer_and_batch
    dy = some_dy(layer, x)
    expected = all_gradients(layer, x, dy)
    # As after a transposition: the same numbers, but not one after the other.
    turned_x, turned_dy = (array.T.copy().T for array in (x, dy))
    assert_allclose(layer.forward(turned_x)[0], layer.forward(x)[0], rtol=1e-13)
    for name, gradient in all_gradients(layer, turned_x, turned_dy).items():
        assert_allclose(gradient, expected[name], rtol=1e-12, atol=1e-14)


def test_a_moved_image_gives_the_same_output_moved():
    rng = np.random.default_rng(0)
    layer = Conv2D.random(3, 2, 4, bias=False, rng=rng)
    image = np.zeros((1, 12, 12, 2))
    image[:, 2:6, 2:6] = rng.normal(size=(1, 4, 4, 2))
    y, _ = layer.forward(image)
    moved, _ = layer.forward(np.roll(image, (3, 2), axis=(1, 2)))
    assert np.abs(y).max() > 0.1
    assert_allclose(moved, np.roll(y, (3, 2), axis=(1, 2)), rtol=1e-12, atol=1e-14)


def test_a_kernel_of_one_pixel_is_a_dense_layer_on_every_pixel():
    layer, x = Case(x=(2, 3, 4, 3), W=(1, 1, 3, 2)).layer_and_batch
    dense = Dense(layer.params["W"][0, 0], layer.params["b"])
    y, _ = layer.forward(x)
    assert_allclose(y.reshape(-1, 2), dense.forward(x.reshape(-1, 3))[0], rtol=1e-13)


def test_a_convolution_is_a_dense_layer_whose_neurons_share_few_weights():
    layer = Conv2D.random(3, 1, 16, padding=1, rng=np.random.default_rng(0))
    rows = Network([Reshape((8, 8, 1)), layer, Flatten()])
    dense = Dense(rows(np.eye(64)))  # an image of one lit pixel shows a row of the weights
    x = np.random.default_rng(1).normal(size=(5, 64))
    assert_allclose(dense.forward(x)[0], rows(x), rtol=1e-12, atol=1e-14)
    assert dense.params["W"].size == 64 * 1024
    assert len(np.unique(dense.params["W"])) == 3 * 3 * 16 + 1  # and 0, for what is not seen
    assert rows.n_parameters == 3 * 3 * 16 + 16


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@every_case
def test_dtype_is_kept(case, dtype):
    layer, x = case.layer_and_batch
    expected = {"y": layer.forward(x)[0], **all_gradients(layer, x, some_dy(layer, x))}
    dy = some_dy(layer, x).astype(dtype)
    layer.params = {name: p.astype(dtype) for name, p in layer.params.items()}
    x = x.astype(dtype)
    for name, array in {"y": layer.forward(x)[0], **all_gradients(layer, x, dy)}.items():
        assert array.dtype == dtype
        assert_allclose(array, expected[name], rtol=1e-4, atol=1e-5)


def test_layer_holds_copies_of_the_arrays_it_is_given():
    W, b = np.ones((2, 2, 1, 3)), np.ones(3)
    layer = Conv2D(W, b)
    W[:], b[:] = 7, 7
    assert all((p == 1).all() for p in layer.params.values())


def test_random_layer_has_weights_of_xavier_and_no_bias_and_comes_from_the_generator():
    W, b = Conv2D.random(5, 20, 60, rng=np.random.default_rng(0)).params.values()
    assert W.shape == (5, 5, 20, 60)
    assert W.var() == pytest.approx(2 / (25 * 20 + 25 * 60), rel=0.03)
    assert_array_equal(b, np.zeros(60))
    again = Conv2D.random(5, 20, 60, rng=np.random.default_rng(0))
    assert_array_equal(again.params["W"], W)
    he = Conv2D.random(5, 20, 60, init="he", bias=False, rng=np.random.default_rng(0))
    assert he.params["W"].var() == pytest.approx(2 / (25 * 20), rel=0.03)
    assert he.params.keys() == {"W"}


def test_random_layer_takes_stride_and_padding():
    layer = Conv2D.random(3, 1, 2, stride=2, padding=1, rng=np.random.default_rng(0))
    assert (layer.stride, layer.padding) == (2, 1)
    assert layer.forward(np.ones((1, 8, 7, 1)))[0].shape == (1, 4, 4, 2)


def test_layer_tells_its_sizes():
    layer = Conv2D(np.ones((3, 2, 1, 4)), np.ones(4), stride=2, padding=1)
    assert (layer.n_in, layer.n_out) == (1, 4)
    assert repr(layer) == "Conv2D(3x2, 1, 4, stride 2, padding 1)"
    assert repr(Conv2D(np.ones((3, 3, 1, 4)))) == "Conv2D(3x3, 1, 4, no bias)"


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"W": np.ones((3, 3))}, ValueError, r"W must have shape .*n_in, n_out\), got \(3, 3\)"),
        ({"W": np.full((3, 3, 1, 2), np.inf)}, ValueError, "W must be finite, got inf"),
        ({"W": np.ones((3, 3, 0, 2))}, ValueError, "W must not be empty"),
        ({"W": [["a"]]}, TypeError, "W must hold numbers"),
        ({"b": np.ones(3)}, ValueError, r"b must have shape \(2,\).*got \(3,\)"),
        ({"b": [0, np.nan]}, ValueError, "b must be finite, got nan"),
        ({"stride": 0}, ValueError, "stride must be at least 1, got 0"),
        ({"stride": 1.0}, TypeError, "stride must be a whole number, got float"),
        ({"padding": -1}, ValueError, "padding must be at least 0, got -1"),
        ({"padding": True}, TypeError, "padding must be a whole number, got bool"),
    ],
)
def test_bad_arguments_are_refused(changed, error, message):
    good = {"W": np.ones((3, 3, 1, 2)), "b": np.ones(2)}
    with pytest.raises(error, match=message):
        Conv2D(**{**good, **changed})


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"size": (3, 3)}, TypeError, "size must be a whole number, got tuple"),
        ({"size": 0}, ValueError, "size must be at least 1"),
        ({"n_in": 0}, ValueError, "n_in must be at least 1"),
        ({"n_out": 1.5}, TypeError, "n_out must be a whole number"),
        ({"padding": -2}, ValueError, "padding must be at least 0"),
        ({"init": "glorot"}, ValueError, "init must be one of"),
        ({"rng": 3}, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_bad_arguments_of_a_random_layer_are_refused(changed, error, message):
    good = {"size": 3, "n_in": 2, "n_out": 3, "rng": np.random.default_rng(0)}
    with pytest.raises(error, match=message):
        Conv2D.random(**{**good, **changed})


@pytest.mark.parametrize("shape", [(4, 25), (5, 5, 2), (4, 5, 5, 3), (1, 4, 5, 5, 2)], ids=str)
def test_what_is_no_batch_of_images_with_the_right_channels_is_refused(shape):
    layer = Conv2D(np.ones((3, 3, 2, 1)))
    with pytest.raises(ValueError, match=r"x must have shape \(n, height, width, 2\)") as caught:
        layer.forward(np.ones(shape))
    assert str(caught.value).endswith(f"got {shape}")


@pytest.mark.parametrize(("height", "width"), [(2, 9), (9, 1), (0, 0)])
def test_an_image_smaller_than_the_kernel_is_refused(height, width):
    layer = Conv2D(np.ones((5, 4, 1, 1)), padding=1)
    message = f"kernel of 5x4 pixels, got {height}x{width} with a padding of 1"
    with pytest.raises(ValueError, match=message):
        layer.forward(np.ones((1, height, width, 1)))
    assert layer.forward(np.ones((1, 3, 2, 1)))[0].shape == (1, 1, 1, 1)


# MaxPool2D


POOLS = [  # shape of the images, size of a window
    ((1, 1, 1, 1), 1),
    ((2, 3, 4, 2), 1),
    ((2, 4, 6, 3), 2),
    ((1, 5, 7, 2), 2),
    ((3, 7, 5, 1), 3),
]
every_pool = pytest.mark.parametrize(("shape", "size"), POOLS, ids=str)


def images_with_ties(shape):
    """Return images of few different numbers: most windows have the largest several times."""
    return np.random.default_rng(0).integers(-1, 2, size=shape).astype(float)


@every_pool
def test_pooling_takes_the_largest_of_each_window_and_channel(shape, size):
    x = np.random.default_rng(0).normal(size=shape)
    y, _ = MaxPool2D(size).forward(x)
    assert y.shape == (shape[0], shape[1] // size, shape[2] // size, shape[3])
    for i, r, c, k in np.ndindex(y.shape):
        window = x[i, r * size : (r + 1) * size, c * size : (c + 1) * size, k]
        assert y[i, r, c, k] == window.max()


@every_pool
@pytest.mark.parametrize("ties", [False, True])
def test_pooling_and_its_gradient_equal_those_of_pytorch(shape, size, ties, torch):
    x = images_with_ties(shape) if ties else np.random.default_rng(0).normal(size=shape)
    layer = MaxPool2D(size)
    dy = some_dy(layer, x)
    their_x = to_channels_first(torch, x)
    y = torch.nn.functional.max_pool2d(their_x, size)
    y.backward(torch.tensor(dy.transpose(0, 3, 1, 2).copy()))
    assert_array_equal(layer.forward(x)[0], to_channels_last(y))
    assert_array_equal(all_gradients(layer, x, dy)["x"], to_channels_last(their_x.grad))


def test_of_equal_largest_pixels_the_first_takes_the_gradient():
    x = np.array([[0.0, 5], [5, 5]]).reshape(1, 2, 2, 1)
    dx = all_gradients(MaxPool2D(2), x, np.full((1, 1, 1, 1), 3.0))["x"]
    assert_array_equal(dx[0, :, :, 0], [[0, 3], [0, 0]])


@every_pool
def test_gradient_of_pooling_equals_the_complex_step_and_central_differences(shape, size):
    x = np.random.default_rng(0).normal(size=shape)
    layer = MaxPool2D(size)
    dy = some_dy(layer, x)

    def f(x):
        return (dy * layer.forward(x)[0]).sum()

    dx = all_gradients(layer, x, dy)["x"]
    assert_allclose(dx, complex_step(f, x), rtol=1e-13)
    assert_allclose(dx, central_differences(f, x), rtol=1e-6, atol=1e-8)


@every_pool
def test_pooling_changes_nothing_and_gives_the_same_again(shape, size):
    layer, x = MaxPool2D(size), images_with_ties(shape)
    dy = some_dy(layer, x)
    before = x.copy(), dy.copy()
    y, cache = layer.forward(x)
    assert not np.shares_memory(x, y)
    y_before = y.copy()
    dx, grads = layer.backward(dy, cache)
    assert_array_equal(layer.backward(dy, cache)[0], dx)
    for array, expected in zip((x, dy, y), (*before, y_before)):
        assert_array_equal(array, expected)
    assert grads == {} == layer.params
    assert vars(layer) == {"size": size}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_pooling_keeps_the_dtype(dtype):
    y, cache = MaxPool2D(2).forward(np.ones((1, 4, 4, 1), dtype))
    assert y.dtype == MaxPool2D(2).backward(y, cache)[0].dtype == dtype


@pytest.mark.parametrize("shape", [(2, 4), (4, 4, 3), (1, 2, 4, 1), (1, 4, 2, 1)], ids=str)
def test_pooling_refuses_what_is_no_batch_of_images_as_large_as_a_window(shape):
    with pytest.raises(ValueError, match="height and width of at least 3") as caught:
        MaxPool2D(3).forward(np.ones(shape))
    assert str(caught.value).endswith(f"got {shape}")


@pytest.mark.parametrize(
    ("size", "error"), [(0, ValueError), (2.0, TypeError), ((2, 2), TypeError)]
)
def test_pooling_refuses_a_size_that_is_no_whole_number_from_1(size, error):
    with pytest.raises(error, match="size must be"):
        MaxPool2D(size)


def test_pooling_tells_its_size():
    assert repr(MaxPool2D(2)) == "MaxPool2D(2)"


# Reshape and Flatten


def test_reshape_makes_images_of_rows_and_flatten_makes_rows_of_images():
    x = np.arange(24.0).reshape(2, 12)
    images, cache = Reshape((2, 3, 2)).forward(x)
    assert images.shape == (2, 2, 3, 2)
    assert images[1, 0, 2, 1] == x[1, 5]  # row 0, pixel 2, channel 1
    rows, shape = Flatten().forward(images)
    assert_array_equal(rows, x)
    assert_array_equal(Flatten().backward(rows, shape)[0], images)
    assert_array_equal(Reshape((2, 3, 2)).backward(images, cache)[0], x)


@pytest.mark.parametrize("layer", [Reshape((3, 2)), Flatten()], ids=repr)
def test_layers_that_change_the_shape_alone_have_no_parameters_and_keep_the_dtype(layer):
    y, cache = layer.forward(np.ones((4, 6), np.float32))
    dx, grads = layer.backward(y, cache)
    assert grads == {} == layer.params
    assert y.dtype == dx.dtype == np.float32 and dx.shape == (4, 6)


def test_reshape_tells_its_sizes():
    layer = Reshape([8, 8, 1])
    assert (layer.shape, layer.n_in, repr(layer)) == ((8, 8, 1), 64, "Reshape((8, 8, 1))")
    assert repr(Flatten()) == "Flatten()"


@pytest.mark.parametrize(
    ("shape", "error", "message"),
    [
        (8, TypeError, "shape must be a sequence, got int"),
        ((), ValueError, "shape must hold at least one size"),
        ((8, 0), ValueError, r"shape\[1\] must be at least 1, got 0"),
        ((8, -1), ValueError, r"shape\[1\] must be at least 1, got -1"),
        ((8.0, 8), TypeError, r"shape\[0\] must be a whole number, got float"),
    ],
)
def test_reshape_refuses_a_bad_shape(shape, error, message):
    with pytest.raises(error, match=message):
        Reshape(shape)


@pytest.mark.parametrize("shape", [(64,), (2, 63), (2, 8, 8, 1)], ids=str)
def test_reshape_refuses_what_are_no_rows_of_its_length(shape):
    with pytest.raises(ValueError, match=r"x must have shape \(n, 64\)"):
        Reshape((8, 8, 1)).forward(np.ones(shape))


# Networks


def convolutional_network(activation, rng):
    return Network([
        Reshape((6, 5, 2)),
        Conv2D.random(3, 2, 3, padding=1, rng=rng), activation, MaxPool2D(2),
        Conv2D.random(2, 3, 2, rng=rng), activation,
        Flatten(), Dense.random(4, 3, rng=rng),
    ])


@pytest.mark.parametrize("activation", [tanh, relu], ids=repr)
def test_gradients_of_a_whole_network_are_right(activation):
    rng = np.random.default_rng(0)
    network = convolutional_network(activation, rng)
    x, y = rng.normal(size=(4, 60)), np.eye(3)[[0, 2, 1, 2]]
    checks = check_gradients(network, cross_entropy_on_logits, x, y)
    assert [check.name for check in checks] == [
        "layer 2 W", "layer 2 b", "layer 5 W", "layer 5 b", "layer 8 W", "layer 8 b", "x",
    ]
    for check in checks:
        assert check.complex_error < 1e-12, check.name
        assert check.central_error < 1e-7, check.name

"""Dropout and batch normalisation: equal to PyTorch's, and different in training and prediction."""

from copy import deepcopy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lecture_utils import (
    Adam,
    Dense,
    GradientDescent,
    Network,
    backprop,
    check_gradients,
    gradient_table,
    relu,
    squared_error,
    train,
)
from lecture_utils.convolution import Conv2D, Flatten
from lecture_utils.regularization import BatchNorm, Dropout

SHAPES = {"features": (6, 3), "images": (4, 5, 2, 3)}
every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


def some(shape, seed=0):
    return np.random.default_rng(seed).normal(2, 3, size=shape)


def norm_layer():
    rng = np.random.default_rng(1)
    return BatchNorm(rng.normal(size=3), rng.normal(size=3))


def theirs(torch, layer, shape):
    """Return PyTorch's layer with the same numbers."""
    kind = torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d
    module = kind(3, dtype=torch.float64)
    with torch.no_grad():
        module.weight[:] = torch.tensor(layer.params["gamma"])
        module.bias[:] = torch.tensor(layer.params["beta"])
    return module


def channels_first(x):
    return np.moveaxis(x, -1, 1)


@every_shape
def test_batch_norm_equals_pytorch_in_training_and_then_in_prediction(shape, torch):
    layer = norm_layer()
    module = theirs(torch, layer, shape)
    for seed in range(4):
        x, dy = some(shape, seed), some(shape, seed + 10)
        y, cache = layer.forward_training(x)
        dx, grads = layer.backward(dy, cache)
        their_x = torch.tensor(channels_first(x).copy(), requires_grad=True)
        their_y = module(their_x)
        module.zero_grad()
        their_y.backward(torch.tensor(channels_first(dy).copy()))
        assert_allclose(channels_first(y), their_y.detach().numpy(), rtol=1e-12, atol=1e-12)
        assert_allclose(channels_first(dx), their_x.grad.numpy(), rtol=1e-9, atol=1e-11)
        assert_allclose(grads["gamma"], module.weight.grad.numpy(), rtol=1e-11)
        assert_allclose(grads["beta"], module.bias.grad.numpy(), rtol=1e-11)
    assert_allclose(layer.mean, module.running_mean.numpy(), rtol=1e-13)
    assert_allclose(layer.variance, module.running_var.numpy(), rtol=1e-13)
    module.eval()
    x = some(shape, 20)
    expected = module(torch.tensor(channels_first(x).copy())).detach().numpy()
    assert_allclose(channels_first(layer.forward(x)[0]), expected, rtol=1e-12, atol=1e-12)


@every_shape
@pytest.mark.parametrize("in_training", [False, True])
def test_the_gradients_of_batch_norm_are_right(shape, in_training):
    rng = np.random.default_rng(2)
    layers = [Flatten()] if len(shape) == 4 else []
    network = Network([norm_layer(), relu, *layers, Dense.random(
        3 if len(shape) == 2 else 30, 2, rng=rng)])
    network = network.in_training() if in_training else network
    before = deepcopy(network.layers[0].params)
    checks = check_gradients(network, squared_error, some(shape), rng.normal(size=(shape[0], 2)))
    table = gradient_table(checks).to_string()
    assert "WRONG" not in table and "layer 1 gamma" in table and "not possible" not in table
    for name, theta in network.layers[0].params.items():
        assert_array_equal(theta, before[name])


def test_prediction_does_not_depend_on_the_batch_and_leaves_the_running_means():
    layer, x = norm_layer(), some((6, 3))
    layer.forward_training(some((6, 3), 5))
    mean = layer.mean.copy()
    assert_allclose(layer.forward(x)[0][:1], layer.forward(x[:1])[0], rtol=1e-15)
    assert_array_equal(layer.mean, mean)
    assert (layer.forward(x)[0] != layer.forward_training(x)[0]).all()


def test_batch_norm_of_two_samples_by_hand():
    # Mean 1, variance 1, of the population 2; a tenth of each goes into the running means 0 and 1.
    layer = BatchNorm.new(1)
    y, _ = layer.forward_training(np.array([[0.0], [2.0]]))
    assert_allclose(y, [[-1 / np.sqrt(1 + 1e-5)], [1 / np.sqrt(1 + 1e-5)]], rtol=1e-15)
    assert_allclose([layer.mean, layer.variance], [[0.1], [0.9 + 0.2]], rtol=1e-15)
    given = BatchNorm([2.0], [1.0], mean=[3.0], variance=[4.0], epsilon=1e-3)
    assert_allclose(given.forward(np.array([[5.0]]))[0], 2 * 2 / np.sqrt(4.001) + 1, rtol=1e-15)


def test_running_means_are_kept_in_double_precision_and_parameters_as_they_are_given():
    one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
    layer = BatchNorm(one, zero, mean=zero, variance=one)
    assert layer.mean.dtype == layer.variance.dtype == np.float64
    assert {p.dtype for p in layer.params.values()} == {np.dtype(np.float32)}


def test_batch_norm_needs_two_samples_in_training():
    with pytest.raises(ValueError, match="x must hold at least two numbers per feature for Batch"):
        norm_layer().forward_training(np.ones((1, 3)))
    network = Network([norm_layer(), Dense(np.ones((3, 1)))])
    with pytest.raises(ValueError, match="take a batch_size that leaves no single sample over"):
        train(network, squared_error, some((5, 3)), some((5, 1)), optimizer=Adam(), epochs=1,
              batch_size=2, rng=np.random.default_rng(0))


def test_training_changes_the_running_means_of_the_copy_alone():
    network = Network([norm_layer(), Dense(np.ones((3, 1)))])
    X, Y = some((8, 3)), some((8, 1))
    trained, _ = train(network, squared_error, X, Y, optimizer=GradientDescent(1e-3), epochs=300)
    assert_array_equal(network.layers[0].mean, np.zeros(3))
    assert_allclose(trained.layers[0].mean, X.mean(axis=0), rtol=1e-9)
    assert_allclose(trained.layers[0].variance, X.var(axis=0, ddof=1), rtol=1e-9)


def test_early_stopping_brings_back_the_running_means_too():
    network = Network([norm_layer(), Dense(np.ones((3, 1)))])
    X, Y = some((8, 3)), some((8, 1))
    options = {"optimizer": GradientDescent(0.3), "validation": (X, -Y)}
    stopped, history = train(network, squared_error, X, Y, epochs=50, patience=3, **options)
    again, _ = train(network, squared_error, X, Y, epochs=history.best_epoch + 1, **options)
    assert history.stopped_by == "patience"
    assert_array_equal(stopped.layers[0].mean, again.layers[0].mean)
    assert_array_equal(stopped(X), again(X))


def test_a_network_of_single_precision_with_both_stays_so():
    layers = [Dense(np.ones((3, 4), np.float32)), BatchNorm.new(4), Dropout(0.5),
              Dense(np.ones((4, 1), np.float32))]
    layers[1].params = {k: v.astype(np.float32) for k, v in layers[1].params.items()}
    X, Y = some((8, 3)).astype(np.float32), some((8, 1))
    trained, _ = train(Network(layers), squared_error, X, Y, optimizer=Adam(), epochs=2,
                       rng=np.random.default_rng(0))
    assert {p.dtype for p in trained.parameters} == {np.dtype(np.float32)}
    assert trained(X).dtype == np.float32


# Dropout


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_dropout_drops_a_share_and_keeps_the_mean(share):
    x = np.ones((400, 500))
    y, mask = Dropout(share).forward_training(x, np.random.default_rng(0))
    n, spread = x.size, np.sqrt(share * (1 - share) / x.size)
    assert abs(np.count_nonzero(y == 0) / n - share) <= 5 * spread
    assert_allclose(np.unique(y[y != 0]), [1 / (1 - share)])
    assert_array_equal(Dropout(share).backward(x, mask)[0], y)


def test_dropout_equals_pytorch_for_the_same_mask(torch):
    x, dy = some((30, 40)), some((30, 40), 1)
    their_x = torch.tensor(x, requires_grad=True)
    torch.manual_seed(0)
    their_y = torch.nn.Dropout(0.3)(their_x)
    their_y.backward(torch.tensor(dy))
    stays = their_y.detach().numpy() != 0

    class Given(np.random.Generator):
        def random(self, shape):
            return np.where(stays, 0.3, np.nextafter(0.3, 0))  # 0.3 itself stays

    y, mask = Dropout(0.3).forward_training(x, Given(np.random.PCG64(0)))
    assert_allclose(y, their_y.detach().numpy(), rtol=1e-12)
    assert_allclose(Dropout(0.3).backward(dy, mask)[0], their_x.grad.numpy(), rtol=1e-12)


def test_dropout_does_nothing_in_prediction():
    network, x = Network([Dropout(0.9), Dense(np.ones((3, 2)))]), some((5, 3))
    assert repr(network.in_training(np.random.default_rng(0))) == repr(network)
    assert_array_equal(network(x), Network(network.layers[1:])(x))
    trace = backprop(network, squared_error, x, np.zeros((5, 2)))
    assert_array_equal(trace.steps[0].dx, trace.steps[0].dy)


def test_training_with_dropout_needs_an_rng_and_is_the_same_with_the_same():
    network = Network([Dropout(0.5), Dense(np.ones((3, 1)))])
    X, Y, options = some((8, 3)), some((8, 1)), {"optimizer": GradientDescent(0.01), "epochs": 5}
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator"):
        train(network, squared_error, X, Y, **options)

    def weights(seed):
        rng = np.random.default_rng(seed)
        return train(network, squared_error, X, Y, rng=rng, **options)[0].parameters[0]

    assert_array_equal(weights(0), weights(0))
    assert (weights(0) != weights(1)).any()


def test_the_loss_on_validation_data_is_without_dropout():
    network = Network([Dropout(0.5), Dense(np.ones((3, 1)))])
    X, Y = some((8, 3)), some((8, 1))
    trained, history = train(network, squared_error, X, Y, optimizer=GradientDescent(0.01),
                             epochs=3, rng=np.random.default_rng(0), validation=(X, Y))
    assert history.validation_loss[-1] == squared_error(trained(X), Y)


def test_behind_the_first_layers_too():
    rng = np.random.default_rng(0)
    network = Network([Conv2D.random(3, 3, 4, rng=rng), BatchNorm.new(4), relu, Dropout(0.2),
                       Flatten(), Dense.random(24, 2, rng=rng)])
    X, Y = some((8, 5, 4, 3)), some((8, 2))
    _, history = train(network, squared_error, X, Y, optimizer=Adam(0.01), epochs=200,
                       batch_size=4, rng=rng)
    assert history.loss[-1] < 0.3 * history.loss[0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Dropout(1.0), ValueError, "rate must be from 0 to below 1, got 1.0"),
        (lambda: Dropout("a half"), TypeError, "rate must be a number, got str"),
        (lambda: BatchNorm.new(0), ValueError, "n_in must be at least 1, got 0"),
        (lambda: BatchNorm(np.ones(3), np.ones(2)), ValueError, r"beta must have shape \(3,\)"),
        (lambda: BatchNorm([[1.0]], [1.0]), ValueError, "gamma must have one axis"),
        (lambda: BatchNorm([1.0], [1.0], mean=[np.nan]), ValueError, "mean must be finite"),
        (lambda: BatchNorm([1.0], [1.0], variance=["a"]), TypeError, "variance must hold numbers"),
        (lambda: BatchNorm(np.ones(1), np.ones(1), variance=[-1.0]), ValueError,
         r"variance must not be negative, got -1.0"),
        (lambda: BatchNorm(np.ones(1), np.ones(1), momentum=1), ValueError, "momentum must be fr"),
        (lambda: BatchNorm(np.ones(1), np.ones(1), epsilon=0), ValueError, "epsilon must be posi"),
        (lambda: norm_layer().forward(np.ones((2, 4))), ValueError,
         r"x must have shape \(n, ..., 3\), got \(2, 4\)"),
        (lambda: Network([Dense(np.ones((2, 4))), norm_layer()]), ValueError,
         r"layers\[1\] takes 3 inputs but layers\[0\] gives 4"),
    ],
)  # fmt: skip
def test_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()

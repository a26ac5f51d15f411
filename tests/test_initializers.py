"""The first weights: their spread is the one that is named, and they come from the generator."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lecture_utils.initializers import INITIALIZERS, initial_weights


def weights(init, *, shape=(300, 100), seed=0):
    rng = np.random.default_rng(seed)
    return initial_weights(shape, fan_in=shape[0], fan_out=shape[-1], init=init, rng=rng)


# As the papers have them, of 300 inputs and 100 outputs; a new one is to be added here.
VARIANCES = {"normal": 1, "xavier": 2 / (300 + 100), "he": 2 / 300}


@pytest.mark.parametrize("init", sorted(INITIALIZERS.keys() - {"zeros"}))
def test_weights_are_normal_around_zero_with_the_variance_that_is_named(init):
    # 30,000 weights: their spread is off by 0.4 % (one standard deviation), their mean by 0.6 %.
    scaled = weights(init) / np.sqrt(VARIANCES[init])
    assert 0.98 < scaled.std() < 1.02
    assert abs(scaled.mean()) < 0.03
    expected = [-2, -1, 1, 2]
    assert_allclose(np.quantile(scaled, [0.0228, 0.1587, 0.8413, 0.9772]), expected, rtol=0.04)


def test_zeros_are_zero():
    assert_array_equal(weights("zeros"), np.zeros((300, 100)))


def test_xavier_is_what_you_get_without_a_name():
    rng = np.random.default_rng(0)
    W = initial_weights((300, 100), fan_in=300, fan_out=100, rng=rng)
    assert_array_equal(W, weights("xavier"))


@pytest.mark.parametrize("init", INITIALIZERS)
def test_shape_is_kept_where_it_is_not_that_of_the_fans(init):
    rng = np.random.default_rng(0)
    W = initial_weights((3, 3, 2, 5), fan_in=18, fan_out=45, init=init, rng=rng)
    assert W.shape == (3, 3, 2, 5) and W.dtype == np.float64


@pytest.mark.parametrize("init", sorted(INITIALIZERS.keys() - {"zeros"}))
def test_weights_come_from_the_generator_and_from_nothing_else(init):
    first = weights(init)
    assert_array_equal(first, weights(init))
    assert not np.array_equal(first, weights(init, seed=1))


def test_xavier_lets_signals_through_a_linear_network_where_normal_makes_them_grow():
    x = np.random.default_rng(1).normal(size=(200, 64))
    spread = {}
    for init in INITIALIZERS:
        h = x
        for seed in range(10):
            h = h @ weights(init, shape=(64, 64), seed=seed)
        spread[init] = h.std()
    assert 0.5 < spread["xavier"] < 2
    assert 0.5 * 8**10 < spread["normal"] < 2 * 8**10
    assert 0.5 * 2**5 < spread["he"] < 2 * 2**5
    assert spread["zeros"] == 0


def test_he_lets_signals_through_relu():
    h = np.random.default_rng(1).normal(size=(200, 256))
    for seed in range(10):
        h = np.maximum(h @ weights("he", shape=(256, 256), seed=seed), 0)
    # Mean square 1 goes to 1 after each layer: ReLU halves it and He's variance doubles it.
    assert 0.5 < (h**2).mean() * 2 < 4


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"init": "glorot"}, ValueError, "zeros, normal, xavier, he, got 'glorot'"),
        ({"init": None}, ValueError, "init must be one of"),
        ({"init": ["he"]}, ValueError, "init must be one of"),
        ({"fan_in": 0}, ValueError, "fan_in must be at least 1, got 0"),
        ({"fan_out": 2.5}, TypeError, "fan_out must be a whole number, got float"),
        ({"rng": 0}, TypeError, "rng must be a numpy.random.Generator"),
        ({"rng": None, "init": "zeros"}, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_bad_arguments_are_refused(changed, error, message):
    given = {"fan_in": 2, "fan_out": 2, "init": "he", "rng": np.random.default_rng(0)} | changed
    with pytest.raises(error, match=message):
        initial_weights((2, 2), **given)

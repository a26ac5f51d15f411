"""The data: their size, their columns, and their classes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris

from lecture_utils.datasets import iris_sepal, two_moons, xor


def test_iris_has_150_flowers_50_of_them_setosa():
    X, y = iris_sepal()
    assert X.shape == (150, 2)
    assert_array_equal(np.bincount(y), [50, 100])


def test_iris_columns_are_sepal_length_and_width():
    X, _ = iris_sepal()
    iris = load_iris()
    assert iris.feature_names[:2] == ["sepal length (cm)", "sepal width (cm)"]
    assert_array_equal(X, iris.data[:, :2])


def test_setosa_is_class_zero():
    _, y = iris_sepal()
    assert_array_equal(y == 0, load_iris().target_names[load_iris().target] == "setosa")


def test_iris_is_new_each_time():
    iris_sepal()[0][:] = 0
    assert iris_sepal()[0].min() > 0


def test_xor_is_one_where_exactly_one_input_is():
    X, y = xor()
    assert sorted(map(tuple, X)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert_array_equal(y, X[:, 0] != X[:, 1])


def test_two_moons_are_two_half_circles_of_equal_size():
    X, y = two_moons(100, noise=0, rng=np.random.default_rng(0))
    assert X.shape == (100, 2)
    assert_array_equal(np.bincount(y), [50, 50])
    for k, (middle, side) in enumerate([((0, 0), 1), ((1, 0.5), -1)]):
        from_middle = X[y == k] - middle
        assert_allclose(np.linalg.norm(from_middle, axis=1), 1)
        assert (side * from_middle[:, 1] > -1e-12).all()


def test_the_noise_has_the_spread_that_is_asked_for():
    rng = np.random.default_rng(0)
    X, y = two_moons(20_000, noise=0.1, rng=rng)
    away = np.linalg.norm(X[y == 0], axis=1) - 1
    assert 0.095 < away.std() < 0.105


def test_the_moons_come_from_the_generator_and_from_nothing_else():
    first = two_moons(30, noise=0.2, rng=np.random.default_rng(1))
    np.random.seed(5)
    second = two_moons(30, noise=0.2, rng=np.random.default_rng(1))
    other = two_moons(30, noise=0.2, rng=np.random.default_rng(2))
    assert_array_equal(first[0], second[0])
    assert_array_equal(first[1], second[1])
    assert not np.array_equal(first[0], other[0])


def test_the_order_of_the_moons_is_mixed():
    _, y = two_moons(100, noise=0, rng=np.random.default_rng(0))
    assert 10 < np.count_nonzero(np.diff(y)) < 90


@pytest.mark.parametrize(
    ("n_samples", "noise", "rng", "error", "message"),
    [
        (1, 0, np.random.default_rng(0), ValueError, "n_samples must be at least 2"),
        (2.5, 0, np.random.default_rng(0), TypeError, "n_samples must be a whole number"),
        (9, -1, np.random.default_rng(0), ValueError, "noise must not be negative"),
        (9, 0, 0, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_moons_refuse_bad_arguments(n_samples, noise, rng, error, message):
    with pytest.raises(error, match=message):
        two_moons(n_samples, noise=noise, rng=rng)

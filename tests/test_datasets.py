"""The data: their size, their columns, and their classes."""

import numpy as np
from numpy.testing import assert_array_equal
from sklearn.datasets import load_iris

from lecture_utils.datasets import iris_sepal, xor


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

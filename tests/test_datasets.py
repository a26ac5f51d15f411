"""The data: their size, their columns, their classes, and a split that leaks nothing."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits, load_iris

from lecture_utils.datasets import (
    circles,
    digits,
    iris,
    iris_frame,
    iris_sepal,
    one_hot,
    ones_in_a_row,
    split,
    two_moons,
    xor,
)

SPECIES = ["setosa", "versicolor", "virginica"]
two_shapes = pytest.mark.parametrize("shapes", [two_moons, circles])


def test_iris_has_four_lengths_and_50_flowers_of_each_species():
    X, y = iris()
    assert X.shape == (150, 4)
    assert_array_equal(np.bincount(y), [50, 50, 50])
    assert_array_equal(load_iris().target_names[y[[0, 50, 100]]], SPECIES)
    assert_allclose(X[0], [5.1, 3.5, 1.4, 0.2])


def test_digits_are_images_from_paper_to_ink():
    X, y = digits()
    assert X.shape == (1797, 64)
    assert (X.min(), X.max()) == (0, 1)
    assert_array_equal(X.reshape(-1, 8, 8) * 16, load_digits().images)
    assert_array_equal(y, load_digits().target)


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


def test_the_frame_of_iris_names_the_columns_of_its_arrays():
    frame, (X, species) = iris_frame(), iris()
    assert frame.columns.tolist() == [*load_iris().feature_names, "species"]
    assert_array_equal(frame.drop(columns="species"), X)
    assert_array_equal(frame["species"], load_iris().target_names[species])


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


def test_circles_lie_around_the_same_point_the_inner_one_of_half_the_radius():
    X, y = circles(100, noise=0, rng=np.random.default_rng(0))
    assert X.shape == (100, 2)
    assert_array_equal(np.bincount(y), [50, 50])
    assert_allclose(np.linalg.norm(X, axis=1), np.where(y == 0, 1, 0.5))
    assert_allclose([X[y == k].mean(axis=0) for k in (0, 1)], 0, atol=1e-12)


@two_shapes
def test_the_noise_has_the_spread_that_is_asked_for(shapes):
    X, y = shapes(20_000, noise=0.1, rng=np.random.default_rng(0))
    away = np.linalg.norm(X[y == 0], axis=1) - 1
    assert 0.095 < away.std() < 0.105


@two_shapes
def test_the_samples_come_from_the_generator_and_from_nothing_else(shapes):
    first = shapes(30, noise=0.2, rng=np.random.default_rng(1))
    second = shapes(30, noise=0.2, rng=np.random.default_rng(1))
    other = shapes(30, noise=0.2, rng=np.random.default_rng(2))
    assert_array_equal(first[0], second[0])
    assert_array_equal(first[1], second[1])
    assert not np.array_equal(first[0], other[0])


@two_shapes
def test_the_order_of_the_samples_is_mixed(shapes):
    _, y = shapes(100, noise=0, rng=np.random.default_rng(0))
    assert 10 < np.count_nonzero(np.diff(y)) < 90


@two_shapes
@pytest.mark.parametrize(
    ("n_samples", "noise", "rng", "error", "message"),
    [
        (1, 0, np.random.default_rng(0), ValueError, "n_samples must be at least 2"),
        (2.5, 0, np.random.default_rng(0), TypeError, "n_samples must be a whole number"),
        (9, -1, np.random.default_rng(0), ValueError, "noise must not be negative"),
        (9, 0, 0, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_moons_and_circles_refuse_bad_arguments(shapes, n_samples, noise, rng, error, message):
    with pytest.raises(error, match=message):
        shapes(n_samples, noise=noise, rng=rng)


def test_a_sequence_is_of_class_one_where_its_text_has_two_ones_in_a_row():
    X, y = ones_in_a_row(500, 10, rng=np.random.default_rng(0))
    assert X.shape == (500, 10) and set(X.flat) == {0.0, 1.0}
    texts = ["".join(f"{entry:.0f}" for entry in sequence) for sequence in X]
    assert_array_equal(y, [int("11" in text) for text in texts])


@pytest.mark.parametrize("n_steps", [2, 3, 10, 100, 1000])
def test_about_half_of_the_sequences_are_of_each_class_whatever_their_length(n_steps):
    _, y = ones_in_a_row(1000, n_steps, rng=np.random.default_rng(0))
    assert 0.4 < y.mean() < 0.66


def test_sequences_come_from_the_generator_and_from_nothing_else():
    first, _ = ones_in_a_row(30, 8, rng=np.random.default_rng(1))
    assert_array_equal(first, ones_in_a_row(30, 8, rng=np.random.default_rng(1))[0])
    assert not np.array_equal(first, ones_in_a_row(30, 8, rng=np.random.default_rng(2))[0])


@pytest.mark.parametrize(
    ("n_samples", "n_steps", "rng", "error", "message"),
    [
        (0, 5, np.random.default_rng(0), ValueError, "n_samples must be at least 1, got 0"),
        (5, 1, np.random.default_rng(0), ValueError, "n_steps must be at least 2.*got 1"),
        (5, "9", np.random.default_rng(0), TypeError, "n_steps must be a whole number"),
        (5, 5, 0, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_ones_in_a_row_refuses_bad_arguments(n_samples, n_steps, rng, error, message):
    with pytest.raises(error, match=message):
        ones_in_a_row(n_samples, n_steps, rng=rng)


def test_one_hot_puts_the_one_into_the_column_of_the_class():
    assert_array_equal(one_hot([2, 0, 2]), [[0, 0, 1], [1, 0, 0], [0, 0, 1]])
    assert_array_equal(one_hot([1], 4), [[0, 1, 0, 0]])
    assert_array_equal(one_hot(iris()[1]).argmax(axis=1), iris()[1])
    assert one_hot([0]).dtype == np.float64


@pytest.mark.parametrize(
    ("y", "n_classes", "error", "message"),
    [
        ([0, 3], 3, ValueError, "y must hold classes from 0 to 2, got 3"),
        ([1, -1], None, ValueError, "y must hold classes from 0 to 1, got -1"),
        ([-1], None, ValueError, "got -1"),
        ([[0], [1]], None, ValueError, r"y must have shape \(n,\).*got \(2, 1\)"),
        ([], None, ValueError, r"y must have shape \(n,\).*got \(0,\)"),
        ([0.0, 1.0], None, TypeError, "y must hold whole numbers, got dtype float64"),
        ([0, 1], 2.0, TypeError, "n_classes must be a whole number, got float"),
        ([0, 1], 0, ValueError, "n_classes must be at least 1"),
    ],
)
def test_one_hot_refuses_bad_arguments(y, n_classes, error, message):
    with pytest.raises(error, match=message):
        one_hot(y, n_classes)


def some_split(X, y, *, seed=0, **options):
    return split(X, y, rng=np.random.default_rng(seed), **{"test_share": 0.3, **options})


def test_no_sample_is_lost_or_there_twice_and_each_keeps_its_class():
    X = np.arange(200.0).reshape(100, 2)
    y = np.arange(100) // 25
    parts = some_split(X, y)
    together = np.concatenate([parts.X_train, parts.X_test])
    assert_array_equal(np.sort(together[:, 0]), X[:, 0])
    rows = (together[:, 0] / 2).astype(int)
    assert_array_equal(together, X[rows])
    assert_array_equal(np.concatenate([parts.y_train, parts.y_test]), y[rows])


@pytest.mark.parametrize("test_share", [0.2, 1 / 3, 0.5])
def test_each_class_has_the_same_share_in_both_parts(test_share):
    X, _ = digits()
    y = (np.arange(len(X)) % 10 == 0) * 1 + (np.arange(len(X)) > 1500)  # classes of unequal size
    parts = some_split(X, y, test_share=test_share)
    assert abs(len(parts.y_test) - test_share * len(X)) <= 1
    whole = np.bincount(y)
    assert np.abs(np.bincount(parts.y_test) - test_share * whole).max() <= 1
    assert_array_equal(np.bincount(parts.y_train) + np.bincount(parts.y_test), whole)


def test_the_split_comes_from_the_generator_and_from_nothing_else():
    first = some_split(*iris())
    second = some_split(*iris())
    assert_array_equal(first.X_train, second.X_train)
    assert_array_equal(first.y_test, second.y_test)
    assert not np.array_equal(first.y_train, some_split(*iris(), seed=1).y_train)
    rng = np.random.default_rng(0)
    one_after_the_other = [split(*iris(), test_share=0.3, rng=rng).y_train for _ in range(2)]
    assert not np.array_equal(*one_after_the_other)


def test_without_scaling_the_numbers_stay_and_are_copies():
    X, y = iris()
    before = X.copy()
    parts = some_split(X, y)
    assert {tuple(row) for row in parts.X_test} <= {tuple(row) for row in X}
    parts.X_train[:] = parts.X_test[:] = -1
    assert_array_equal(X, before)


def test_scaling_gives_each_feature_of_the_training_part_mean_0_and_spread_1():
    plain, scaled = some_split(*iris()), some_split(*iris(), scale=True)
    assert_allclose(scaled.X_train.mean(axis=0), 0, atol=1e-13)
    assert_allclose(scaled.X_train.std(axis=0), 1)
    mean, spread = plain.X_train.mean(axis=0), plain.X_train.std(axis=0)
    assert_allclose(scaled.X_test, (plain.X_test - mean) / spread, rtol=1e-10, atol=1e-12)
    assert_array_equal(scaled.y_test, plain.y_test)


def test_a_sample_of_the_test_part_does_not_leak_into_the_scaling():
    X, y = iris()
    before = some_split(X, y, scale=True)
    in_test = next(i for i, row in enumerate(X) if row.tolist() in some_split(X, y).X_test.tolist())
    assert not (some_split(X, y).X_train == X[in_test]).all(axis=1).any()
    X[in_test] += 1000
    after = some_split(X, y, scale=True)
    assert_array_equal(after.X_train, before.X_train)
    assert np.count_nonzero((after.X_test != before.X_test).any(axis=1)) == 1


def test_a_feature_that_is_constant_in_the_training_part_is_not_divided_by_zero():
    X, y = digits()
    constant = X.std(axis=0) == 0
    assert constant.any()
    parts = some_split(X, y, scale=True)
    assert np.isfinite(parts.X_train).all() and np.isfinite(parts.X_test).all()
    assert_array_equal(parts.X_test[:, constant], 0)


def test_classes_can_have_names():
    X, y = iris()
    parts = some_split(X, np.array(SPECIES)[y])
    assert sorted(set(parts.y_test)) == SPECIES


def test_a_split_can_not_be_changed_by_name():
    with pytest.raises(AttributeError):
        some_split(*iris()).X_test = None


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"X": np.ones(6)}, ValueError, r"X must have shape \(n_samples, n_features\)"),
        ({"X": np.full((6, 2), np.inf)}, ValueError, "X must be finite"),
        ({"y": [0, 1]}, ValueError, r"y must have shape \(6,\).*got \(2,\)"),
        ({"y": np.ones((6, 1))}, ValueError, r"y must have shape \(6,\).*got \(6, 1\)"),
        ({"y": [0, 0, 0, 0, 0, 1]}, ValueError, "y can't be split.*only 1 member"),
        ({"test_share": 0.1}, ValueError, "y can't be split with test_share 0.1"),
        ({"test_share": 0}, ValueError, "test_share must be between 0 and 1, got 0"),
        ({"test_share": 1}, ValueError, "test_share must be between 0 and 1, got 1"),
        ({"test_share": "1/3"}, TypeError, "test_share must be a number, got str"),
        ({"rng": 0}, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_split_refuses_bad_arguments(changed, error, message):
    good = {"X": np.arange(12.0).reshape(6, 2), "y": [0, 0, 0, 1, 1, 1], "test_share": 0.5}
    with pytest.raises(error, match=message):
        split(**{**good, "rng": np.random.default_rng(0), **changed})

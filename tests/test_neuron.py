"""The neuron: the numbers of the first lecture, and agreement with scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model import Perceptron as SklearnPerceptron

from lecture_utils import Perceptron, SigmoidNeuron, central_differences, complex_step, sigmoid
from lecture_utils.datasets import iris_sepal, xor
from lecture_utils.neuron import _repeated_gradient, add_ones, logistic_gradient, logistic_loss

THETAS = [
    (np.zeros(3), (-1.253, -0.386, -0.1666667), 7),
    (np.ones(3), (1.66828525, 1.14245846, 0.33326157), 8),
]
KINDS = ["step", "sigmoid"]


@pytest.fixture(scope="module")
def iris():
    X, y = iris_sepal()
    return add_ones(X), y


@pytest.fixture(scope="module")
def trained():
    return SigmoidNeuron().fit(*iris_sepal())


@pytest.fixture(scope="module")
def trained_for_a_million_steps():
    return SigmoidNeuron(tolerance=0, max_steps=1_000_000).fit(*iris_sepal())


def random_task(seed, n=20, d=3):
    """Return samples with a column of ones, labels that no line separates, and a θ."""
    rng = np.random.default_rng(seed)
    return add_ones(rng.normal(size=(n, d))), np.arange(n) % 2, rng.normal(size=d + 1)


def test_the_column_of_ones_comes_last():
    assert_array_equal(add_ones([[5, 3], [4, 2]]), [[5, 3, 1], [4, 2, 1]])
    assert add_ones(np.ones((2, 3), np.float32)).dtype == np.float32


@pytest.mark.parametrize("theta, expected, decimals", THETAS, ids=["zeros", "ones"])
def test_gradient_on_iris_has_the_numbers_of_the_lecture(iris, theta, expected, decimals):
    assert_array_equal(np.round(logistic_gradient(theta, *iris), decimals), expected)


@pytest.mark.parametrize("theta", [row[0] for row in THETAS], ids=["zeros", "ones"])
def test_gradient_on_iris_equals_central_differences(iris, theta):
    expected = central_differences(lambda theta: logistic_loss(theta, *iris), theta)
    assert_allclose(logistic_gradient(theta, *iris), expected, rtol=1e-8)


def test_loss_at_zero_is_that_of_a_coin(iris):
    assert logistic_loss(np.zeros(3), *iris) == pytest.approx(np.log(2), rel=1e-15)


@given(seed=st.integers(0, 10**6), n=st.integers(1, 8), d=st.integers(1, 4))
def test_gradient_equals_the_complex_step(seed, n, d):
    X, y, theta = random_task(seed, n, d)
    expected = complex_step(lambda theta: logistic_loss(theta, X, y), theta)
    assert_allclose(logistic_gradient(theta, X, y), expected, rtol=1e-11, atol=1e-15)


@given(seed=st.integers(0, 10**6), n=st.integers(1, 8), d=st.integers(1, 4))
def test_fast_gradient_equals_the_gradient(seed, n, d):
    X, y, theta = random_task(seed, n, d)
    fast = _repeated_gradient(X, y.astype(float), l2=0)
    assert_allclose(fast(theta), logistic_gradient(theta, X, y), rtol=1e-11, atol=1e-15)


def test_fast_gradient_holds_the_weights_back_but_not_the_bias():
    X, y, theta = random_task(0)
    fast = _repeated_gradient(X, y.astype(float), l2=0.5)
    expected = logistic_gradient(theta, X, y) + 0.5 * np.append(theta[:-1], 0)
    assert_allclose(fast(theta), expected, rtol=1e-13)


def test_fast_gradient_is_finite_where_the_neuron_saturates():
    X, y, theta = random_task(0)
    fast = _repeated_gradient(X, y.astype(float), l2=0)
    assert_allclose(fast(1e6 * theta), logistic_gradient(1e6 * theta, X, y), rtol=1e-12, atol=1e-15)


def test_training_is_the_plain_loop(iris):
    X, y = iris
    theta = np.zeros(3)
    for _ in range(3000):
        theta = theta - 0.1 * logistic_gradient(theta, X, y)
    neuron = SigmoidNeuron(tolerance=0, max_steps=3000).fit(*iris_sepal())
    assert_allclose(neuron.theta_, theta, rtol=1e-11)


def test_iris_run_has_the_numbers_of_the_lecture(trained):
    assert trained.n_steps_ == 234_669 and trained.stopped_
    assert_array_equal(np.round(trained.theta_, 8), [11.65976942, -12.81530848, -23.12053766])
    assert round(trained.history_.loss[-1], 7) == 0.0090961
    assert trained.score(*iris_sepal()) == trained.history_.accuracy[-1] == 1.0
    assert round(trained.history_.theta_norm[-1], 1) == 28.9


def test_weights_and_bias_are_the_parts_of_theta(trained):
    assert_array_equal(np.append(trained.weights_, trained.bias_), trained.theta_)


def test_loss_of_the_history_is_the_loss(trained, iris):
    assert trained.history_.loss[0] == pytest.approx(np.log(2), rel=1e-15)
    assert trained.history_.loss[-1] == pytest.approx(
        logistic_loss(trained.theta_, *iris), rel=1e-12
    )


def test_history_goes_from_zero_to_the_last_step(trained):
    history = trained.history_
    assert history.steps[0] == 0 and history.steps[-1] == trained.n_steps_
    assert (np.diff(history.steps) > 0).all()
    assert len(history.steps) == len(history.loss) == len(history.accuracy) < 300


def test_history_tells_the_untrained_neuron_answers_zero(trained):
    assert trained.history_.theta_norm[0] == 0
    assert trained.history_.accuracy[0] == pytest.approx(50 / 150)


def test_history_of_one_step_by_hand():
    # At 0 all are taken for class 0. Then w = 0.1 · 3/6 and b = −0.1 · 1/6, so z = −4/60 and 2/60.
    history = SigmoidNeuron(max_steps=1).fit([[-1.0], [-1.0], [1.0]], [0, 0, 1]).history_
    assert_allclose(history.accuracy, [2 / 3, 1], rtol=1e-15)
    assert_allclose(history.theta_norm, [0, np.hypot(3, 1) / 60], rtol=1e-14)
    p = 1 / (1 + np.exp([-4 / 60, -4 / 60, -2 / 60]))
    assert_allclose(history.loss, [np.log(2), -np.log(p).mean()], rtol=1e-14)


def test_last_accuracy_of_the_history_is_the_score():
    X, y = iris_sepal()
    neuron = SigmoidNeuron(max_steps=60).fit(X, y)
    assert neuron.history_.accuracy[-1] == neuron.score(X, y) < 1


def test_without_the_stop_rule_the_weights_keep_growing(trained_for_a_million_steps):
    neuron = trained_for_a_million_steps
    assert neuron.n_steps_ == 1_000_000 and not neuron.stopped_
    assert round(neuron.history_.theta_norm[-1], 1) == 48.4
    assert (np.diff(neuron.history_.theta_norm[neuron.history_.steps > 100]) > 0).all()


def test_loss_on_separable_data_keeps_falling(trained_for_a_million_steps, trained):
    assert (np.diff(trained_for_a_million_steps.history_.loss) < 0).all()
    assert trained_for_a_million_steps.history_.loss[-1] < trained.history_.loss[-1]


def test_regularised_neuron_agrees_with_scikit_learn():
    l2 = 0.1
    X, y = iris_sepal()
    neuron = SigmoidNeuron(l2=l2, tolerance=1e-9).fit(X, y)
    # scikit-learn minimises the sum of the losses times C, plus half the squared weights.
    model = LogisticRegression(C=1 / (l2 * len(y)), tol=1e-10, max_iter=10_000).fit(X, y)
    assert neuron.stopped_
    assert_allclose(neuron.weights_, model.coef_[0], rtol=1e-4)
    assert neuron.bias_ == pytest.approx(model.intercept_[0], rel=1e-4)
    assert_allclose(neuron.predict_proba(X), model.predict_proba(X), atol=1e-5)
    assert_array_equal(neuron.predict(X), model.predict(X))


def test_regularisation_keeps_the_weights_finite():
    first, second = (
        SigmoidNeuron(l2=0.1, tolerance=0, max_steps=steps).fit(*iris_sepal())
        for steps in (20_000, 40_000)
    )
    assert_allclose(first.theta_, second.theta_, rtol=1e-3)


def test_probabilities_are_those_of_the_sigmoid(trained, iris):
    X, _ = iris_sepal()
    probabilities = trained.predict_proba(X)
    assert_allclose(probabilities[:, 1], sigmoid(iris[0] @ trained.theta_), rtol=1e-12)
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-15)


def test_class_is_one_where_its_probability_is_above_a_half(trained):
    grid = np.stack(np.meshgrid(np.linspace(4, 8, 30), np.linspace(2, 4.5, 30)), -1).reshape(-1, 2)
    assert_array_equal(trained.predict(grid), trained.predict_proba(grid)[:, 1] > 0.5)
    assert trained.predict(grid).dtype == int


def test_on_the_boundary_the_class_is_zero():
    neuron = Perceptron().fit([[-1.0], [1.0]], [0, 1])
    neuron.weights_, neuron.bias_ = np.array([1.0]), 0.0
    assert_array_equal(neuron.predict([[0.0], [5e-324]]), [0, 1])


@pytest.mark.parametrize("neuron", [Perceptron(5), SigmoidNeuron(max_steps=5)], ids=KINDS)
def test_single_sample_gives_a_single_answer(neuron):
    X, y = iris_sepal()
    neuron.fit(X, y)
    assert [neuron.predict(x) for x in X[::30]] == neuron.predict(X[::30]).tolist()


def test_single_sample_gives_a_single_distribution(trained):
    X, _ = iris_sepal()
    assert_allclose(trained.predict_proba(X[3]), trained.predict_proba(X)[3], rtol=1e-13)


@pytest.mark.parametrize("neuron", [Perceptron(5), SigmoidNeuron(max_steps=5)], ids=KINDS)
def test_score_is_the_share_of_right_answers(neuron):
    X, y = iris_sepal()
    neuron.fit(X, y)
    assert neuron.score(X, neuron.predict(X)) == 1
    assert neuron.score(X, 1 - neuron.predict(X)) == 0
    assert neuron.score(X[:4], [*neuron.predict(X[:3]), 1 - neuron.predict(X[3])]) == 0.75


def test_fit_leaves_the_data_alone_and_starts_anew_each_time():
    X, y = iris_sepal()
    X_before, y_before = X.copy(), y.copy()
    neuron = SigmoidNeuron(max_steps=20)
    first = neuron.fit(X, y).theta_.copy()
    assert_array_equal(neuron.fit(X, y).theta_, first)
    assert_array_equal(X, X_before)
    assert_array_equal(y, y_before)


def test_data_in_single_precision_are_welcome():
    X, y = iris_sepal()
    neuron = SigmoidNeuron(max_steps=1000, tolerance=0).fit(X.astype(np.float32), y)
    expected = SigmoidNeuron(max_steps=1000, tolerance=0).fit(X, y)
    assert_allclose(neuron.theta_, expected.theta_, rtol=1e-5)


def test_learning_rate_that_is_too_large_is_named():
    neuron = SigmoidNeuron(learning_rate=1e308)
    with pytest.raises(ValueError, match="learning_rate 1e[+]308 is too large"):
        neuron.fit(*iris_sepal())
    assert not hasattr(neuron, "theta_")


def test_perceptron_converges_on_separable_data():
    X, y = iris_sepal()
    neuron = Perceptron().fit(X, y)
    assert neuron.converged_ is True
    assert neuron.mistakes_[-1] == 0 and (neuron.mistakes_[:-1] > 0).all()
    assert neuron.score(X, y) == 1


def test_perceptron_does_not_converge_on_xor():
    X, y = xor()
    neuron = Perceptron().fit(X, y)
    assert neuron.converged_ is False
    assert len(neuron.mistakes_) == 1000 and neuron.mistakes_.min() > 0
    assert neuron.score(X, y) < 1


def test_perceptron_follows_rosenblatts_rule():
    X = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 3.0]])
    neuron = Perceptron(max_epochs=1).fit(X, [1, 0, 1])
    # θ = (0, 0, 0): sample 1 is missed, add it: (2, 0, 1); sample 2 is taken for a one,
    # subtract it: (1, −1, 0); sample 3 is missed, add it: (1, 2, 1).
    assert_array_equal([*neuron.weights_, neuron.bias_], [1, 2, 1])
    assert_array_equal(neuron.mistakes_, [3])


def test_perceptron_agrees_with_scikit_learn():
    # Taken from the last flower on, since the two differ at θᵀx = 0, where the first is a setosa.
    X, y = (array[::-1] for array in iris_sepal())
    neuron = Perceptron(max_epochs=1000).fit(X, y)
    model = SklearnPerceptron(shuffle=False, tol=None, max_iter=len(neuron.mistakes_)).fit(X, y)
    assert_allclose(neuron.weights_, model.coef_[0], rtol=1e-9)
    assert neuron.bias_ == pytest.approx(model.intercept_[0], rel=1e-9)


def test_sigmoid_neuron_does_not_solve_xor():
    X, y = xor()
    assert SigmoidNeuron(tolerance=1e-6).fit(X, y).score(X, y) <= 0.75

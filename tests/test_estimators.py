"""The estimators: scikit-learn's own checks, and its tools around them."""

import pickle
import signal
from math import inf, nan

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import coo_array, csr_array
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris, make_moons
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from lecture_utils import Adam, SigmoidNeuron, sigmoid, softmax, train
from lecture_utils.estimators import (
    OPTIMIZERS,
    NetworkClassifier,
    NetworkRegressor,
    NeuronClassifier,
)

NETWORKS = [NetworkClassifier, NetworkRegressor]

every_network = pytest.mark.parametrize("kind", NETWORKS)


@pytest.fixture(scope="module")
def moons():
    return make_moons(80, noise=0.2, random_state=0)


@pytest.fixture(scope="module")
def flowers():
    return load_iris(return_X_y=True)


def small(kind=NetworkClassifier, **others):
    return kind(**{"hidden_layer_sizes": (8,), "max_epochs": 20, "random_state": 0, **others})


def line(n=60, seed=0):
    """Return samples and numbers that a plane goes through, far from 0 and of large spread."""
    X = np.random.default_rng(seed).normal(size=(n, 2))
    return X, 50_000 + 3_000 * X[:, 0] - 1_000 * X[:, 1]


@pytest.fixture
def seeded():
    """Some checks draw from the generator that all share, or leave the estimators to do so."""
    before = np.random.get_state()
    np.random.seed(0)
    yield
    np.random.set_state(before)


# Some of the checks train on data that no few steps suffice for, as is told.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([NeuronClassifier(), NetworkClassifier(), NetworkRegressor()])
def test_estimator_passes_the_checks_of_scikit_learn(estimator, check, seeded):
    check(estimator)


def test_no_check_is_spared_by_a_tag_that_says_too_little():
    neuron, network, regressor = (
        kind().__sklearn_tags__() for kind in (NeuronClassifier, *NETWORKS)
    )
    assert not neuron.classifier_tags.multi_class and network.classifier_tags.multi_class
    assert regressor.target_tags.multi_output and regressor.target_tags.single_output
    for tags in (neuron, network, regressor):
        assert not tags.no_validation and not tags.non_deterministic and not tags._skip_test
    assert not neuron.classifier_tags.poor_score and not network.classifier_tags.poor_score
    assert not regressor.regressor_tags.poor_score


# In scikit-learn's tools


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", [NeuronClassifier, NetworkClassifier])
def test_classifier_works_in_a_pipeline_under_cross_validation(kind, flowers):
    X, y = flowers
    classifier = NeuronClassifier() if kind is NeuronClassifier else small(learning_rate=0.03)
    pipeline = make_pipeline(StandardScaler(), classifier)
    assert cross_val_score(pipeline, X, y == 2, cv=3).mean() > 0.85  # the share of the larger: 0.67


def test_grid_search_sets_and_compares_every_parameter(moons):
    grid = {"activation": ["tanh", "relu"], "learning_rate": [1e-5, 0.03]}
    search = GridSearchCV(small(), grid, cv=3).fit(*moons)
    assert search.best_params_["learning_rate"] == 0.03 and search.best_score_ > 0.8


def test_decision_boundary_is_that_of_the_predictions(moons):
    X, y = moons
    network = small(learning_rate=0.03).fit(X, y)
    ax = Figure().add_subplot()
    for method in ("predict_proba", "decision_function", "predict"):
        display = DecisionBoundaryDisplay.from_estimator(
            network, X, response_method=method, ax=ax, grid_resolution=7
        )
        grid = np.stack([display.xx0.ravel(), display.xx1.ravel()], axis=1)
        expected = getattr(network, method)(grid)
        expected = expected[:, 1] if method == "predict_proba" else expected
        assert_allclose(display.response.ravel(), expected)


def test_regressor_works_within_another_scaling_of_the_targets():
    X, y = line()
    network = small(NetworkRegressor, learning_rate=0.03)
    around = TransformedTargetRegressor(network, transformer=StandardScaler())
    assert around.fit(X, y).score(X, y) > 0.9


@every_network
def test_clone_has_the_parameters_and_nothing_learned(kind, moons):
    network = small(kind, activation="tanh").fit(*moons)
    copy = clone(network)
    assert copy.get_params() == network.get_params() and not hasattr(copy, "network_")


@every_network
def test_network_survives_pickling(kind, moons):
    X, y = moons
    network = small(kind).fit(X, y)
    assert_array_equal(pickle.loads(pickle.dumps(network)).predict(X), network.predict(X))


# Predictions


def test_neuron_is_the_neuron_of_the_lecture(moons):
    X, y = moons
    names = np.array(["upper", "lower"])[y]  # in the order of the alphabet, lower comes first
    estimator = NeuronClassifier(l2=0.01).fit(X, names)
    neuron = SigmoidNeuron(l2=0.01).fit(X, 1 - y)
    assert_array_equal(estimator.neuron_.theta_, neuron.theta_)
    assert_allclose(estimator.predict_proba(X), neuron.predict_proba(X))
    assert_array_equal(estimator.predict(X), np.array(["lower", "upper"])[neuron.predict(X)])
    assert estimator.n_iter_ == neuron.n_steps_


@pytest.mark.parametrize("n_classes", [2, 3])
def test_labels_may_be_strings(flowers, n_classes):
    X, y = flowers
    X, y = X[y < n_classes], y[y < n_classes]
    names = np.array(["virginica", "setosa", "maple"])[y]
    network = small(learning_rate=0.03).fit(X, names)
    assert_array_equal(network.classes_, sorted(set(names)))
    assert set(network.predict(X)) <= set(names) and network.score(X, names) > 0.9


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_and_classes_come_from_the_logits_of_the_network(flowers, n_classes):
    X, y = flowers
    X, y = X[y < n_classes], y[y < n_classes]
    network = small().fit(X, y)
    z = network.network_(X)
    assert z.shape == (len(X), 1 if n_classes == 2 else 3)
    probabilities = network.predict_proba(X)
    if n_classes == 2:
        assert_array_equal(network.decision_function(X), z[:, 0])
        assert_allclose(probabilities, np.hstack([1 - sigmoid(z), sigmoid(z)]), atol=1e-15)
    else:
        assert_array_equal(network.decision_function(X), z)
        assert_allclose(probabilities, softmax(z))
    assert_array_equal(network.predict(X), network.classes_[probabilities.argmax(axis=1)])


def test_regressor_predicts_in_the_units_of_the_targets():
    X, y = line()
    network = small(NetworkRegressor, learning_rate=0.01, max_epochs=100).fit(X, y)
    assert network.score(X, y) > 0.98
    assert_array_equal(network.predict(X), network.network_(X)[:, 0])


@pytest.mark.parametrize("shift, stretch", [(0.0, 1e-6), (7.0, 1.0), (-1e6, 1e4)])
def test_regressor_does_not_depend_on_the_units_of_the_targets(shift, stretch):
    X, y = line()
    y = (y - y.mean()) / y.std()
    plain = small(NetworkRegressor).fit(X, y).predict(X)
    moved = small(NetworkRegressor).fit(X, shift + stretch * y).predict(X)
    assert_allclose((moved - shift) / stretch, plain, atol=1e-7)


def test_regressor_without_hidden_layer_is_linear_regression():
    # Adam would leave the minimum again: where gradients vanish, its steps do not.
    X, y = line()
    network = small(
        NetworkRegressor, hidden_layer_sizes=(), optimizer="gradient_descent", learning_rate=0.5,
        l2=0, batch_size=None, max_epochs=200,
    ).fit(X, y)
    assert_allclose(network.predict(X), LinearRegression().fit(X, y).predict(X), rtol=1e-12)


def test_regressor_learns_several_targets_one_of_them_constant():
    X, y = line()
    targets = np.stack([y, np.full(len(y), 4.0), -y], axis=1)
    network = small(NetworkRegressor, learning_rate=0.01, max_epochs=100).fit(X, targets)
    predictions = network.predict(X)
    assert predictions.shape == targets.shape
    assert_allclose(predictions[:, [0, 2]], targets[:, [0, 2]], rtol=0.05)
    assert_allclose(predictions[:, 1], 4, atol=0.5)


@pytest.mark.parametrize("shape", [(60,), (60, 1), (60, 2)])
def test_predictions_have_the_shape_that_the_targets_had(shape):
    X, y = line()
    targets = np.broadcast_to(y.reshape(60, *(1,) * (len(shape) - 1)), shape)
    assert small(NetworkRegressor).fit(X, targets).predict(X).shape == shape


@every_network
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_network_computes_in_the_floats_it_is_given(kind, dtype, moons):
    X, y = moons
    network = small(kind).fit(X.astype(dtype), y)
    assert {p.dtype for p in network.network_.parameters} == {np.dtype(dtype)}
    assert network.network_(X.astype(dtype)).dtype == dtype


# Training


@every_network
def test_same_seed_gives_the_same_network_and_another_seed_another(kind, moons):
    X, y = moons
    first, again, other = (
        small(kind, random_state=seed, patience=5).fit(X, y).network_(X) for seed in (1, 1, 2)
    )
    assert_array_equal(first, again)
    assert not np.allclose(first, other)


@every_network
def test_global_randomness_is_left_alone(kind, moons):
    before = np.random.get_state()[1].copy()
    small(kind).fit(*moons)
    assert_array_equal(np.random.get_state()[1], before)


@every_network
def test_l2_makes_the_weights_smaller(kind, moons):
    free, held = (small(kind, l2=l2, learning_rate=0.01).fit(*moons) for l2 in (0, 0.1))
    norms = [np.linalg.norm(network.network_.parameters[0]) for network in (free, held)]
    assert norms[1] < 0.9 * norms[0]


@every_network
def test_batch_of_all_samples_takes_one_step_an_epoch(kind, moons):
    X, y = moons
    slow = small(kind, batch_size=None, optimizer="gradient_descent", learning_rate=1e-9)
    several = slow.fit(X, y).network_.parameters[0]
    start = clone(slow).set_params(max_epochs=1).fit(X, y).network_.parameters[0]
    by_one = clone(slow).set_params(max_epochs=20, batch_size=1).fit(X, y).network_.parameters[0]
    assert np.abs(by_one - start).max() > 30 * np.abs(several - start).max()


@pytest.mark.parametrize("estimator", [NeuronClassifier(), *map(small, NETWORKS)])
def test_progress_bar_is_shown_on_demand(estimator, moons, capsys, monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    for progress in (False, True):
        estimator.set_params(progress=progress).fit(*moons)
        assert ("step/s" in capsys.readouterr().err) == progress


@every_network
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_lowers_the_loss(kind, name, moons):
    history = small(kind, optimizer=name, learning_rate=0.01).fit(*moons).history_
    assert history.loss[-1] < 0.9 * history.loss[0]


@pytest.mark.parametrize(
    "activation, spread", [("relu", 1), ("leaky_relu", 1), ("tanh", 0.02), ("sigmoid", 0.02)]
)
def test_weights_start_in_the_way_that_suits_the_activation(activation, spread, moons):
    # From 2 inputs to 4998 neurons: √(2/2) after He and √(2/5000) after Glorot and Bengio.
    network = NetworkClassifier(
        (4998,), activation=activation, learning_rate=1e-12, max_epochs=1, random_state=0
    ).fit(*moons)
    assert_allclose(network.network_.parameters[0].std(), spread, rtol=0.05)


@every_network
def test_without_patience_every_epoch_is_run(kind, moons):
    network = small(kind).fit(*moons)
    assert network.n_iter_ == 20 and network.history_.stopped_by == "epochs"
    assert np.isnan(network.history_.validation_loss).all()


@every_network
def test_patience_stops_early_and_keeps_the_best_network(kind, moons):
    network = small(kind, patience=3, max_epochs=2000, learning_rate=0.1).fit(*moons)
    history = network.history_
    assert network.n_iter_ == len(history.loss) < 2000 and history.stopped_by == "patience"
    assert history.best_epoch == history.validation_loss.argmin() == network.n_iter_ - 1 - 3


@every_network
def test_samples_held_back_are_not_trained_on_and_none_is_lost(kind, moons, monkeypatch):
    X, y = moons
    calls = []

    def noted_train(network, loss, x, targets, **options):
        calls.append((x, options["validation"][0]))
        return train(network, loss, x, targets, **options)

    monkeypatch.setattr("lecture_utils.estimators.train", noted_train)
    small(kind, patience=2, validation_share=0.25).fit(X, y)
    kept, held_back = calls[0]
    assert (len(kept), len(held_back)) == (60, 20)
    assert_array_equal(np.unique(np.vstack([kept, held_back]), axis=0), np.unique(X, axis=0))


def test_classes_are_held_back_in_proportion(monkeypatch):
    X = np.arange(40.0)[:, None]
    calls = []

    def noted_train(network, loss, x, targets, **options):
        calls.append((targets, options["validation"][1]))
        return train(network, loss, x, targets, **options)

    monkeypatch.setattr("lecture_utils.estimators.train", noted_train)
    small(patience=2, validation_share=0.2).fit(X, [0] * 30 + [1] * 10)
    (kept, held_back), = calls
    assert (kept.sum(), len(kept), held_back.sum(), len(held_back)) == (8, 32, 2, 8)


@pytest.fixture
def pressing(monkeypatch):
    """Let somebody press Ctrl-C in the fourth step of each training by Adam."""

    class Pressing(Adam):
        def step(self, parameters, gradients, memory):
            super().step(parameters, gradients, memory)
            if memory.t == 4:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setitem(OPTIMIZERS, "adam", Pressing)


@every_network
def test_interrupt_leaves_a_fitted_estimator(kind, moons, pressing):
    X, y = moons
    with pytest.warns(UserWarning, match="Training interrupted"):
        network = small(kind, max_epochs=10**6).fit(X, y)
    assert network.history_.stopped_by == "interrupt" and network.n_iter_ == 2
    assert network.predict(X).shape == y.shape


@every_network
def test_second_interrupt_ends_a_grid_search(kind, moons, pressing):
    search = GridSearchCV(small(kind), {"l2": [0, 0.1, 0.2]}, cv=2)
    with pytest.warns(UserWarning, match="Training interrupted"), pytest.raises(KeyboardInterrupt):
        search.fit(*moons)


@every_network
def test_fit_that_is_ended_at_once_leaves_the_network_of_the_fit_before(kind, moons, pressing):
    X, y = moons
    network = small(kind, optimizer="momentum").fit(X, y)
    before = network.predict(X)
    network.set_params(optimizer="adam")
    with pytest.warns(UserWarning, match="Training interrupted"):
        clone(network).fit(X, y)
    with pytest.raises(KeyboardInterrupt):
        network.fit(np.hstack([X, X]), 5 - y)
    assert_array_equal(network.predict(X), before)


def test_fit_that_is_ended_at_once_leaves_the_neuron_of_the_fit_before(moons, monkeypatch):
    X, y = moons
    fitted, fresh = NeuronClassifier().fit(X, y), NeuronClassifier()
    before = fitted.predict(X)

    def interrupted(*given, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("lecture_utils.neuron.gradient_descent", interrupted)
    for neuron in (fitted, fresh):
        with pytest.raises(KeyboardInterrupt):
            neuron.fit(np.hstack([X, X]), 5 - y)
    assert_array_equal(fitted.predict(X), before)
    with pytest.raises(NotFittedError):
        fresh.predict(X)


def test_neuron_that_is_cut_off_says_so(moons):
    X, y = moons
    expected = "max_steps ended .* 50 steps .* longer than tolerance. Scale the features"
    with pytest.warns(ConvergenceWarning, match=expected) as told:
        neuron = NeuronClassifier(max_steps=50).fit(X, y)
    assert neuron.n_iter_ == 50 and [w.filename for w in told] == [__file__]
    assert NeuronClassifier().fit(X, y).neuron_.stopped_  # and nothing is told


# What is refused

NUMBERS = [True, None, "adaptive", -1, nan, inf, [1], np.array([1, 2]), 1j, "", {}]
COUNTS = [*NUMBERS, 0, 0.5]
WRONG = {
    "learning_rate": [*NUMBERS, 0],
    "tolerance": NUMBERS,
    "max_steps": COUNTS,
    "l2": NUMBERS,
    "progress": [None, "no", 1, [True], np.array([True, False])],
    "hidden_layer_sizes": [64, True, None, "64", "", {}, 1.5, (8, 0), (8, -1), [8.0], ["8"],
                           [True], [None], [[8, 8]], np.array(64), np.array([8.0])],
    "activation": ["swish", None, True, 1, ["relu"], ""],
    "optimizer": ["sgd", None, True, 1, ["adam"], {}, Adam, Adam(), np.array(["adam"])],
    "batch_size": [value for value in COUNTS if value is not None],
    "max_epochs": COUNTS,
    "patience": [value for value in COUNTS if value is not None],
    "validation_share": [*NUMBERS, 0, 1, 1.0],
    "random_state": [-1, 2**32, 0.5, "0", [0, 1], np.random.default_rng(0), {}],
}  # fmt: skip


@pytest.mark.parametrize("kind", [NeuronClassifier, *NETWORKS])
def test_every_parameter_refuses_by_its_name_what_it_can_not_be(kind, moons):
    names = kind().get_params()
    assert names.keys() <= WRONG.keys()
    for name in names:
        for value in WRONG[name]:
            # As scikit-learn has it, making one checks nothing.
            estimator = kind().set_params(**{"random_state": 0} if kind in NETWORKS else {})
            estimator.set_params(**{name: value})
            with pytest.raises((TypeError, ValueError), match=rf"^{name}(\[\d\])? must "):
                estimator.fit(*moons)
            with pytest.raises(NotFittedError):
                estimator.predict(moons[0])


REFUSED = [
    ({"hidden_layer_sizes": 64}, TypeError, r"must be a sequence such as \(64,\), got 64"),
    ({"hidden_layer_sizes": (8, 0)}, ValueError, r"hidden_layer_sizes\[1\] must be at least 1"),
    ({"activation": "swish"}, ValueError, "activation must be one of step, .*; got 'swish'"),
    ({"optimizer": "sgd"}, ValueError, "optimizer must be one of adam, .*; got 'sgd'"),
    ({"random_state": -1}, ValueError, "random_state must be a whole number from 0 .*, got -1"),
    ({"progress": "no"}, TypeError, "progress must be True or False, got 'no'"),
    ({"validation_share": 1.0}, ValueError, "validation_share must be from 0 to below 1, got 1.0"),
    ({"patience": 1, "validation_share": 0.01}, ValueError,
     "at least 2 of the samples, one per class, and leave as many, got 0.01 of 80: 1 and 79"),
    ({"patience": 1, "validation_share": 0.99}, ValueError, "got 0.99 of 80: 80 and 0$"),
]  # fmt: skip


@pytest.mark.parametrize("given, error, message", REFUSED)
def test_refusal_tells_what_was_expected_and_what_was_given(given, error, message, moons):
    with pytest.raises(error, match=message):
        small(**given).fit(*moons)


@pytest.mark.parametrize("batch_size", [80, 81, 10**6])
def test_batch_may_be_larger_than_the_data(batch_size, moons):
    whole, larger = (small(batch_size=size).fit(*moons) for size in (None, batch_size))
    assert len(larger.history_.gradient_norms) == len(whole.history_.gradient_norms) == 20


@pytest.mark.parametrize("rare, common", [(2, 1), ("bird", "ant"), (-0.0, 3.0), (True, False)])
def test_class_of_one_sample_is_named_as_the_user_names_it(rare, common):
    X, y = np.arange(12.0)[:, None], np.array([common] * 11 + [rare])
    with pytest.raises(ValueError, match=f"patience.* got the class {rare!r} once"):
        small(patience=3).fit(X, y)


@pytest.mark.parametrize("n, n_classes, share", [(4, 2, 0.1), (10, 5, 0.1), (30, 15, 0.4),
                                                 (10, 2, 0.9), (6, 2, 0.99)])  # fmt: skip
def test_samples_too_few_to_hold_some_back_are_refused(n, n_classes, share):
    X, y = np.arange(float(n))[:, None], np.arange(n) % n_classes
    with pytest.raises(ValueError, match=f"^validation_share must .* {n_classes} .*{share} of {n}"):
        small(patience=1, validation_share=share).fit(X, y)


def test_all_samples_that_can_be_split_are_split():
    """What train_test_split refuses is refused before, and nothing else."""
    for n in range(1, 13):
        for n_classes in (1, 2, 3):
            for share in (0.01, 0.2, 0.5, 0.7, 0.95):
                X, y = np.arange(float(n))[:, None], np.arange(n) % n_classes
                network = small(NetworkRegressor if n_classes == 1 else NetworkClassifier)
                network.set_params(patience=1, validation_share=share, max_epochs=1)
                split = {"stratify": y if n_classes > 1 else None, "random_state": 0}
                try:
                    train_test_split(X, test_size=share, **split)
                except ValueError:
                    with pytest.raises(ValueError, match="^(validation_share|y) must "):
                        network.fit(X, y)
                else:
                    network.fit(X, y)


X4 = np.eye(4)
MASKED = np.ma.array(X4, mask=X4 == 1)
BAD_SAMPLES = [X4[0], 5, [[1], [1, 2], [1], [1]], [["a"]] * 4, X4 + 1j, X4[:, :0], csr_array(X4),
               np.where(X4, np.nan, 0), np.where(X4, np.inf, 0), MASKED]  # fmt: skip
BAD_LABELS = [None, 5, [], [0, 1, 0], [0, 1, 0, 1, 0], [[1], [1, 2], [1], [1]], MASKED[0],
              [0, 1, nan, 1], [0, 1, inf, 1], np.array([0, 1, 0, 1j]), X4[None], coo_array(X4[0])]
BAD_CLASSES = [*BAD_LABELS, [0.1, 0.2, 0.3, 0.4], X4, np.array([0, "a", 0, 1], object)]
BAD_TARGETS = [*BAD_LABELS, list("abcd"), np.array(list("abcd"), object), ["1", "2", "3", "4"],
               np.array([0, 1, None, 1]), np.arange(4).astype("M8[D]"), [1e308, -1e308, 0, 0]]


@pytest.mark.parametrize("kind", [NeuronClassifier, *NETWORKS])
def test_data_are_refused_by_their_name(kind):
    y = [0, 1, 0, 1]
    fitted = small(kind) if kind in NETWORKS else kind(tolerance=0.01)
    fitted.fit(X4, y)
    for bad in BAD_SAMPLES:
        with pytest.raises((TypeError, ValueError), match=r"\bX\b"):
            clone(fitted).fit(bad, y)
        with pytest.raises((TypeError, ValueError), match=r"\bX\b"):
            fitted.predict(bad)
    for bad in BAD_TARGETS if kind is NetworkRegressor else BAD_CLASSES:
        with pytest.raises((TypeError, ValueError), match=r"\by\b"):
            clone(fitted).fit(X4, bad)


@pytest.mark.parametrize(
    "X, y, message",
    [
        (X4, [0, 1, 0], "y must have as many entries as X has samples, 4, got 3"),
        (X4, np.array([0, 1, None, 1]), r"y must be finite, got nan at index \(2,\)"),
        (X4, list("abcd"), "y must hold numbers, got dtype <U1"),
        (X4, [1e308, -1e308, 0, 0], "y must hold smaller numbers"),
        (MASKED, [0, 1, 0, 1], "X must have no masked entries"),
        (X4[0], [0, 1, 0, 1], "X is refused: Expected 2D array"),
        (csr_array(X4), [0, 1, 0, 1], "Sparse data was passed for X"),  # names it already
    ],
)
def test_refusal_of_data_says_what_is_wrong_with_which(X, y, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        small(NetworkRegressor).fit(X, y)


@pytest.mark.parametrize("y", [[1, 2.5, 4, 4], np.array([1, 2.5, 4, 4], object), [True] * 4])
def test_targets_are_numbers_of_any_kind(y):
    expected = small(NetworkRegressor).fit(X4, np.array(y, float)).predict(X4)
    assert_array_equal(small(NetworkRegressor).fit(X4, y).predict(X4), expected)


def test_neuron_refuses_three_classes(flowers):
    with pytest.raises(ValueError, match="y must hold two classes, got 3"):
        NeuronClassifier().fit(*flowers)


@pytest.mark.parametrize("kind", [NeuronClassifier, NetworkClassifier])
def test_one_class_is_refused(kind):
    with pytest.raises(ValueError, match="at least two classes, got one class: 7"):
        kind().fit([[1.0], [2.0]], [7, 7])

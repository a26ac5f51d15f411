"""Plots around training: what they draw, what they name, and what they refuse."""


import matplotlib
import numpy as np
import pytest
from figure_checks import contrast, faults_of_texts
from matplotlib.colors import to_rgba
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression, Perceptron

from lecture_utils.display import picture
from lecture_utils.history import History
from lecture_utils.plotting import (
    new_axes,
    plot_by_layer,
    plot_confusion,
    plot_curve_fits,
    plot_history,
    plot_images,
    plot_loss_panels,
    plot_paths,
    plot_regions,
    plot_spread,
    plot_sweep,
    use_style,
)
from lecture_utils.plotting.images import GREYS
from lecture_utils.style import CLASS_MARKERS, GROUND, LINE_COLORS, LINE_STYLES

EPOCHS = np.arange(40)
FALLING = 2.3 * np.exp(-EPOCHS / 8)
NOTHING = np.full(40, np.nan)
DIGITS = load_digits().images / 16
FILTERS = np.array([[[1.0, 0.0, -1.0]] * 3, [[0.5, 0.5, 0.5], [0, 0, 0], [-0.5, -0.5, -0.5]]])
IRIS = load_iris().data[:, 2:]
SPECIES = load_iris().target
PETALS = ("petal length (cm)", "petal width (cm)")
NAMES = ("setosa", "versicolor", "virginica")
MODEL = LogisticRegression().fit(IRIS, SPECIES)
MISTAKES = [[12, 0, 0], [0, 11, 2], [0, 1, 1_234]]
SPREADS = {
    "normal": [np.sign(np.linspace(-1, 1, 400)).reshape(20, 20)] * 10,
    "Xavier": [np.linspace(-0.8, 1, 400) ** (2 * k + 1) for k in range(10)],
    "zeros": [np.zeros((20, 20))] * 10,
}
GRADIENTS = {
    "sigmoid": np.geomspace(1e-12, 1, 20),
    "tanh": np.geomspace(1e-3, 1, 20),
    "ReLU": np.geomspace(0.2, 1, 20),
}
SPIRAL = np.array([[-3.0, 1.0], [0.0, -0.5], [1.0, 0.2]])
PATHS = {"gradient descent": SPIRAL, "momentum": SPIRAL * [1, -1], "Adam": SPIRAL[::2]}
X = np.linspace(-1, 1, 101)
RATES = [1e-4, 1e-2, 1.0]
BANDS = [[0.5, 0.7], [0.94, 0.98], [0.1, 0.1]]
EACH_STEP = {"A": FALLING, "B": np.full(20, 2.3), "C": np.geomspace(2, 1e300, 30)}
FITS = {"2 neurons, error 0.31": X, "8 neurons, error 0.05": X**3, "32 neurons, error 0": X**5}


def history(**changes):
    values = {
        "loss": FALLING,
        "accuracy": 1 - FALLING / 2.5,
        "validation_loss": FALLING + 0.01 * EPOCHS,
        "validation_accuracy": 0.9 - FALLING / 2.6,
        "gradient_norms": np.ones((40, 2)),
        "best_epoch": 22,
        "stopped_by": "patience",
    }
    return History(**values | changes)


def without_validation(**changes):
    lacking = {"validation_loss": NOTHING, "validation_accuracy": NOTHING, "best_epoch": 39}
    return history(**lacking, stopped_by="epochs", **changes)


def bowl(theta):
    return theta[0] ** 2 / 2 + 2 * theta[1] ** 2


def paths(of=PATHS, ax=None):
    limits = {"x_limits": (-4, 2), "y_limits": (-1.5, 1.5), "x_name": "$w_1$", "y_name": "$w_2$"}
    return plot_paths(bowl, of, ax=ax, **limits)


def regions(estimator=MODEL, y=SPECIES, names=NAMES, ax=None):
    return plot_regions(estimator, IRIS, y, feature_names=PETALS, class_names=names, ax=ax)


def gradients(ax=None):
    return plot_by_layer(GRADIENTS, ylabel="size of the gradient", ax=ax)


def confusion(ax=None):
    return plot_confusion(MISTAKES, class_names=NAMES, ax=ax)


def fits(ax=None):
    return plot_curve_fits(X, X**5, FITS, points=np.stack([X, X**5], axis=1)[::10], ax=ax)


def sweep(ax=None):
    return plot_sweep(RATES, [0.6, 0.97, 0.1], BANDS, ax=ax)


HELPERS = {
    "by layer": gradients,
    "confusion": confusion,
    "fits": fits,
    "paths": lambda ax=None: paths(ax=ax),
    "regions": lambda ax=None: regions(ax=ax),
    "sweep": sweep,
}
PLOTS = HELPERS | {
    "history": lambda: plot_history(history()),
    "history of a regression": lambda: plot_history(without_validation(accuracy=NOTHING)),
    "spread": lambda: plot_spread(SPREADS),
    "loss panels": lambda: plot_loss_panels(EACH_STEP, level=2.3, top=5),
    "digits": lambda: plot_images(DIGITS[:24], titles=["4, not 9"] * 24),
    "filters": lambda: plot_images(FILTERS, titles=["vertical", "horizontal"], label="weight"),
    "numbers": lambda: plot_images(DIGITS[:2] * 16, numbers=True),
}


@pytest.fixture(autouse=True, scope="module")
def style():
    """The style of the notebooks, and afterwards what was there before."""
    with matplotlib.rc_context():
        use_style()
        yield


def figure_of(ax):
    return np.ravel(ax)[0].figure


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def curves(ax):
    return [line for line in ax.lines if len(line.get_xdata()) > 1]


def look(line):
    return line.get_color(), line.get_linestyle(), line.get_marker()


def bar_of(ax):
    (bar,) = [other for other in figure_of(ax).axes if other.get_label() == "<colorbar>"]
    return bar


# History


def test_history_has_loss_and_accuracy_of_training_and_validation_by_epoch():
    told = history()
    axes = plot_history(told)
    expected = [(told.loss, told.validation_loss), (told.accuracy, told.validation_accuracy)]
    for ax, values in zip(axes, expected):
        training, validation = (line for line in ax.lines if len(line.get_xdata()) == 40)
        assert np.array_equal([training.get_ydata(), validation.get_ydata()], values)
        assert training.get_xdata().tolist() == EPOCHS.tolist()
        assert look(training)[:2] == (LINE_COLORS[0], "-")
        assert look(validation)[:2] == (LINE_COLORS[1], "--")
    assert [(ax.get_xlabel(), ax.get_ylabel()) for ax in axes] == [
        ("epoch", "loss $J$"),
        ("epoch", "accuracy"),
    ]
    assert axes[0].get_ylim()[0] == 0
    assert [legend(ax) for ax in axes] == [["training", "validation"], ["best epoch 22"]]


def test_history_marks_the_epoch_whose_network_was_returned_in_both_panels():
    for ax in plot_history(history()):
        (mark,) = [line for line in ax.lines if len(line.get_xdata()) == 2]
        assert mark.get_xdata() == [22, 22] and mark.get_linestyle() == ":"


def test_history_marks_nothing_where_the_last_network_was_returned():
    loss, accuracy = plot_history(history(best_epoch=39, stopped_by="epochs"))
    assert len(loss.lines) == len(accuracy.lines) == 2
    assert accuracy.get_legend() is None


def test_history_without_validation_has_one_curve_a_panel():
    told = without_validation()
    axes = plot_history(told)
    drawn = [ax.lines[0].get_ydata() for ax in axes]
    assert [len(ax.lines) for ax in axes] == [1, 1]
    assert np.array_equal(drawn, [told.loss, told.accuracy])
    assert legend(axes[0]) == ["training"]


def test_history_of_a_regression_has_no_panel_for_the_accuracy():
    (ax,) = plot_history(history(accuracy=NOTHING, validation_accuracy=NOTHING))
    assert ax.get_ylabel() == "loss $J$"
    assert legend(ax) == ["training", "validation", "best epoch 22"]


def test_history_is_drawn_on_given_axes():
    axes = new_axes(2, 2)
    assert plot_history(history(), axes[1]).tolist() == axes[1].tolist()
    assert [len(ax.lines) for ax in axes.ravel()] == [0, 0, 3, 3]


def test_history_refuses_another_thing_and_another_number_of_axes():
    with pytest.raises(TypeError, match="history must be a History, got dict"):
        plot_history({})
    with pytest.raises(ValueError, match="axes must be 2 axes, got 3"):
        plot_history(history(), new_axes(1, 3))


# Several trainings


def test_loss_panels_draw_a_training_each_in_one_frame_with_a_line_at_the_level():
    axes = plot_loss_panels(EACH_STEP, level=2.3, top=5)
    for ax, (name, losses) in zip(axes, EACH_STEP.items()):
        level, line = ax.lines
        assert ax.get_title() == name and ax.get_xlabel() == "step $t$"
        assert level.get_ydata() == [2.3, 2.3] and level.get_linestyle() == ":"
        inside = losses <= 5
        assert np.array_equal(line.get_ydata()[inside], losses[inside])
        assert np.all(line.get_ydata()[~inside] > 5)
        assert ax.get_ylim() == (0, 5)
    assert axes[0].get_ylabel() == "loss $J$"


def test_loss_panels_refuse_a_loss_that_is_not_finite_and_another_number_of_axes():
    with pytest.raises(ValueError, match=r"losses\['a'\] must be finite"):
        plot_loss_panels({"a": [1, np.inf]}, level=2.3, top=5)
    with pytest.raises(ValueError, match="axes must be 3 axes, got 2"):
        plot_loss_panels(EACH_STEP, new_axes(1, 2), level=2.3, top=5)
    with pytest.raises(ValueError, match="top must be"):
        plot_loss_panels(EACH_STEP, level=2.3, top=0)


def test_sweep_draws_accuracy_and_band_at_each_rate_on_a_log_axis():
    ax = sweep()
    (line,), (band,) = ax.lines, ax.collections
    assert line.get_xydata().tolist() == [[1e-4, 0.6], [1e-2, 0.97], [1, 0.1]]
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
    assert corners == {(rate, end) for rate, ends in zip(RATES, BANDS) for end in ends}
    assert ax.get_xscale() == "log"
    assert legend(ax) == ["other seeds", "this run"]


@pytest.mark.parametrize(
    "rates, accuracies, bands, message",
    [
        ([0, 1], [0.5, 0.5], [[0, 1]] * 2, "rates must be positive and growing"),
        ([1, 1], [0.5, 0.5], [[0, 1]] * 2, "rates must be positive and growing"),
        ([1, 2], [0.5], [[0, 1]] * 2, r"shapes \(2,\) and \(2, 2\)"),
        ([1, 2], [0.5, 0.5], [[0, 1]], r"shapes \(2,\) and \(2, 2\)"),
    ],
)
def test_sweep_refuses(rates, accuracies, bands, message):
    with pytest.raises(ValueError, match=message):
        plot_sweep(rates, accuracies, bands)


# Layers


def test_by_layer_draws_a_line_a_name_over_the_layers_from_1():
    ax = gradients()
    for line, (name, values), *expected in zip(
        ax.lines, GRADIENTS.items(), LINE_COLORS, LINE_STYLES, CLASS_MARKERS
    ):
        assert line.get_label() == name
        assert line.get_xdata().tolist() == list(range(1, 21))
        assert np.array_equal(line.get_ydata(), values)
        assert look(line) == tuple(expected)
    assert legend(ax) == list(GRADIENTS)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("layer $l$", "size of the gradient")
    assert ax.get_yscale() == "log"


def test_by_layer_on_a_linear_axis_may_hold_0():
    ax = plot_by_layer({"zeros": [0.0, -1.0]}, ylabel="mean", log=False)
    assert ax.get_yscale() == "linear"
    assert ax.lines[0].get_ydata().tolist() == [0, -1]


@pytest.mark.parametrize(
    "values, error, message",
    [
        ([1, 2], TypeError, "values must be a dict of names, got list"),
        ({}, ValueError, "values must be 1 to 4 names, got 0"),
        (dict.fromkeys("abcde", [1]), ValueError, "values must be 1 to 4 names, got 5"),
        ({1: [1]}, TypeError, "values must hold texts, got int"),
        ({"a": [[1]]}, ValueError, r"values\['a'\] must have one axis, got shape \(1, 1\)"),
        ({"a": [1, np.nan]}, ValueError, r"values\['a'\] must be finite"),
        ({"a": [1, 0.0]}, ValueError, r"values\['a'\] must be positive on a log axis, got 0.0"),
    ],
)
def test_by_layer_refuses(values, error, message):
    with pytest.raises(error, match=message):
        plot_by_layer(values, ylabel="size")


def histograms(ax):
    """The shares of the fullest bar, and the edges, of each layer in a panel."""
    found = [patch.get_data() for patch in ax.patches]
    return [((data.values - data.baseline) / 0.84, data.edges) for data in found]


def test_spread_draws_a_histogram_a_layer_with_its_widest_bar_as_wide_as_the_others():
    axes = plot_spread(SPREADS)
    for ax, layers in zip(axes, SPREADS.values()):
        assert len(ax.patches) == len(layers)
        for number, (patch, (shares, edges), layer) in enumerate(
            zip(ax.patches, histograms(ax), layers), start=1
        ):
            counts, _ = np.histogram(layer, edges)
            assert counts.sum() == layer.size
            assert np.allclose(shares, counts / counts.max())
            middle = (patch.get_data().values + patch.get_data().baseline) / 2
            assert np.allclose(middle, number)


def test_spread_shows_saturation_at_both_ends_and_zeros_in_the_middle():
    saturated, _, zeros = plot_spread(SPREADS)
    assert np.flatnonzero(histograms(saturated)[0][0] > 1e-9).tolist() == [0, 30]
    assert np.flatnonzero(histograms(zeros)[0][0] > 1e-9).tolist() == [15]


def test_spread_is_not_made_small_by_a_number_far_out():
    [ax] = plot_spread({"a": [np.append(np.linspace(-1, 1, 999), 50.0)]})
    assert np.max(np.abs(ax.get_ylim())) < 1.2


def test_spread_has_one_scale_and_a_name_for_each_panel():
    axes = plot_spread(SPREADS, new_axes(3))
    assert [ax.get_title() for ax in axes] == list(SPREADS)
    assert len({ax.get_ylim() for ax in axes}) == 1
    low, high = axes[0].get_ylim()
    assert low < -1 and high > 1
    assert [ax.get_xlabel() for ax in axes] == ["layer $l$"] * 3
    assert axes[0].get_ylabel() == "activation $h$"


@pytest.mark.parametrize(
    "activations, error, message",
    [
        ([[1]], TypeError, "activations must be a dict of names, got list"),
        ({"a": []}, ValueError, r"activations\['a'\] must hold at least one layer, got none"),
        ({"a": 3}, TypeError, r"activations\['a'\] must be a sequence, got int"),
        ({"a": [[1], [np.inf]]}, ValueError, r"activations\['a'\]\[1\] must be finite"),
    ],
)
def test_spread_refuses(activations, error, message):
    with pytest.raises(error, match=message):
        plot_spread(activations)


def test_spread_refuses_another_number_of_axes():
    with pytest.raises(ValueError, match="axes must be 3 axes, got 2"):
        plot_spread(SPREADS, new_axes(1, 2))


# Images


def colors_of_cells(ax):
    """The colour in the middle of each cell, as RGBA; where nothing is drawn, the ground."""
    height, width = int(ax.get_ylim()[0]), int(ax.get_xlim()[1])
    middles = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1) + 0.5
    colors = np.tile(to_rgba(GROUND), (height * width, 1))
    for patch in ax.patches:
        within = patch.get_path().contains_points(middles.reshape(-1, 2))
        colors[within] = patch.get_facecolor()
    return colors.reshape(height, width, 4)


def dashed_cells(ax):
    """The rows and columns of the cells with a dash."""
    x, y = ax.lines[0].get_data()
    return [(int(row), int(left)) for left, row in zip(x[::3], y[::3])]


def test_a_digit_has_one_shape_for_each_level_and_no_dashes():
    for ax, image in zip(plot_images(DIGITS[:10]), DIGITS):
        assert len(ax.patches) == len(np.unique(image[image > 0]))
        assert dashed_cells(ax) == [] and ax.get_aspect() == 1


def test_images_have_one_scale():
    dim, bright = plot_images([[[0.25]], [[2.0]]])
    assert np.allclose(colors_of_cells(dim), GREYS(0.125))
    assert np.allclose(colors_of_cells(bright), GREYS(1.0))


def test_a_negative_number_has_a_dash():
    for ax, image in zip(plot_images(FILTERS), FILTERS):
        assert dashed_cells(ax) == [*zip(*np.nonzero(image < 0))]


@pytest.mark.parametrize("image", [DIGITS[0] * 16, 100 * FILTERS[1]])
def test_each_cell_shows_its_number_on_a_ground_that_lets_it_be_read(image):
    (ax,) = plot_images([image], numbers=True)
    colors = colors_of_cells(ax)
    assert len(ax.texts) == image.size
    for text in ax.texts:
        column, row = (int(place) for place in text.get_position())
        assert float(text.get_text().replace("\N{MINUS SIGN}", "-")) == image[row, column]
        assert contrast(text.get_color(), colors[row, column, :3]) >= 4.5
    assert len(ax.lines) == sum(image.shape) - 2    # between the cells; no dashes


def test_an_image_of_zeros_is_empty():
    (ax,) = plot_images(np.zeros((1, 4, 6)))
    assert len(ax.patches) == 0
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 6), (4, 0))


def test_images_stand_in_rows_with_their_titles():
    axes = plot_images(DIGITS[:7], titles=list("0123456"), n_columns=3)
    assert [ax.get_title() for ax in axes] == list("0123456")
    assert figure_of(axes).axes == axes.tolist()
    places = [ax.get_subplotspec() for ax in axes]
    assert [(p.rowspan.start, p.colspan.start) for p in places] == [
        (k // 3, k % 3) for k in range(7)
    ]


def test_few_images_fill_the_row():
    assert plot_images(DIGITS[:2])[0].get_subplotspec().get_gridspec().ncols == 2


def test_images_are_drawn_on_given_axes():
    axes = new_axes(2, 2)
    assert plot_images(DIGITS[:2], axes=axes[1]).tolist() == axes[1].tolist()
    assert [bool(ax.patches) for ax in axes.ravel()] == [False, False, True, True]


@pytest.mark.parametrize(
    "images, numbers",
    [(DIGITS[:2] * 16, ["0", "16"]), (FILTERS / 4, ["−0.25", "0", "0.25"])],
)
def test_images_have_a_colour_bar_where_their_numbers_have_a_name(images, numbers):
    bar = bar_of(plot_images(images, label="weight"))
    assert bar.get_ylabel() == "weight"
    assert [label.get_text() for label in bar.get_yticklabels()] == numbers
    low, *_, high = bar.get_yticks()
    assert (low, high) == (min(0, images.min()), images.max())
    assert all(a.get_label() != "<colorbar>" for a in plot_images(images)[0].figure.axes)


@pytest.mark.parametrize(
    "images, options, error, message",
    [
        (DIGITS[0], {}, ValueError, r"images must have shape \(n, height, width\), got \(8, 8\)"),
        (DIGITS[:2], {"titles": ["0"]}, ValueError, "titles must be 2, one per image, got 1"),
        (DIGITS[:2], {"titles": "01"}, TypeError, "titles must be a sequence of texts"),
        (DIGITS[:2], {"n_columns": 0}, ValueError, "n_columns must be at least 1, got 0"),
        ([[[np.nan]]], {}, ValueError, "images must be finite"),
    ],
)
def test_images_refuse(images, options, error, message):
    with pytest.raises(error, match=message):
        plot_images(images, **options)


def test_images_refuse_another_number_of_axes():
    with pytest.raises(ValueError, match="axes must be 2 axes, got 3"):
        plot_images(DIGITS[:2], axes=new_axes(1, 3))


# Confusion


def test_mistakes_stand_out_by_weight_and_zeros_are_pale():
    ax = confusion()
    assert {text.get_text() for text in ax.texts if text.get_weight() == "bold"} == {"1", "2"}
    assert "1,234" in {text.get_text() for text in ax.texts}
    inks = {text.get_color() for text in ax.texts if text.get_text() == "0"}
    assert len(inks) == 1 and not inks & {t.get_color() for t in ax.texts if t.get_text() != "0"}


@pytest.mark.parametrize(
    "matrix, message",
    [
        ([[1, 2]], r"matrix must have shape \(3, 3\), as there are 3 class_names, got \(1, 2\)"),
        (-np.eye(3), "matrix must hold counts, got -1.0"),
        (np.eye(3) / 2, "matrix must hold counts, got 0.5"),
    ],
)
def test_confusion_refuses(matrix, message):
    with pytest.raises(ValueError, match=message):
        plot_confusion(matrix, class_names=NAMES)


# Paths


def test_each_path_has_its_own_look_and_its_marker_at_its_end():
    ax = paths()
    for line, path in zip(curves(ax), PATHS.values()):
        assert np.array_equal(np.transpose(line.get_data()), path)
    dots = [line for line in ax.lines if len(line.get_xdata()) == 1]
    for (end, start), path, color, marker in zip(
        zip(dots[::2], dots[1::2]), PATHS.values(), LINE_COLORS, CLASS_MARKERS
    ):
        assert np.array_equal(np.ravel(end.get_data()), path[-1])
        assert np.array_equal(np.ravel(start.get_data()), path[0])
        assert (end.get_color(), end.get_marker()) == (color, marker)
    handles, names = ax.get_legend_handles_labels()
    assert names == legend(ax) == [*PATHS, "start"]
    assert [look(handle) for handle in handles[:3]] == [*zip(LINE_COLORS, "- -- -.".split(), "o^s")]


def test_paths_stand_on_the_contours_and_are_cut_off_at_the_limits():
    ax = paths({"too fast": [[-3.0, 1.0], [30.0, -10.0]]})
    assert (ax.get_xlim(), ax.get_ylim()) == ((-4, 2), (-1.5, 1.5))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$w_1$", "$w_2$")
    assert ax.get_aspect() == 1
    assert bar_of(ax).get_ylabel() == "loss $J$"
    assert faults_of_texts(ax.figure) == []


@pytest.mark.parametrize(
    "wrong, error, message",
    [
        (SPIRAL, TypeError, "paths must be a dict of names, got ndarray"),
        ({"a": SPIRAL.T}, ValueError, r"paths\['a'\] must have shape \(n, 2\), got \(2, 3\)"),
        ({"a": SPIRAL * np.nan}, ValueError, r"paths\['a'\] must be finite"),
        (dict.fromkeys("abcde", SPIRAL), ValueError, "paths must be 1 to 4 names, got 5"),
    ],
)
def test_paths_refuse(wrong, error, message):
    with pytest.raises(error, match=message):
        paths(wrong)


# Regions


class Half(ClassifierMixin, BaseEstimator):
    """A classifier whose probability of class 1 is known: it rises with the first feature."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = np.clip(X[:, 0] / 8, 0, 1)
        return np.stack([1 - p, p], axis=1)


TWO = (SPECIES > 0).astype(int)


def contours(ax, *, filled):
    return [each for each in ax.collections if each.filled == filled]


def test_regions_are_shaded_above_a_half_and_their_edge_is_there():
    ax = regions(Half().fit(IRIS, TWO), TWO, ("low", "high"))
    for edge in contours(ax, filled=False):
        assert np.allclose(edge.get_paths()[0].vertices[:, 0], 4, atol=1e-6)
    low, high = contours(ax, filled=True)
    assert low.levels.tolist() == high.levels.tolist() == [0.5, 0.7, 0.9, 1.1]
    bounds = [[path.get_extents().intervalx for path in each.get_paths()] for each in (low, high)]
    assert np.allclose([b[1] for b in bounds[0]], [4, 2.4, 0.8], atol=1e-6)
    assert np.allclose([b[0] for b in bounds[1]], [4, 5.6, 7.2], atol=1e-6)
    assert legend(ax) == ["probability 0.5", "low", "high"]


def test_regions_without_an_edge_name_none():
    class Sure(Half):
        def predict_proba(self, X):
            return np.tile([1.0, 0.0], (len(X), 1))

    ax = regions(Sure().fit(IRIS, TWO), TWO, ("low", "high"))
    assert contours(ax, filled=False) == []
    assert legend(ax) == ["low", "high"]


@pytest.mark.parametrize(
    "estimator, y, names, error, message",
    [
        (LogisticRegression(), SPECIES, NAMES, ValueError, "not fitted yet"),
        (Perceptron().fit(IRIS, SPECIES), SPECIES, NAMES, AttributeError, "predict_proba"),
        (MODEL, TWO, NAMES[:2], ValueError, r"classes 0 to 1, .* got \[0, 1, 2\]"),
        (MODEL, SPECIES, NAMES[:1], ValueError, "class_names must be 2 to 4 names, got 1"),
        (MODEL, SPECIES[:3], NAMES, ValueError, r"y must have shape \(150,\)"),
    ],
)
def test_regions_refuse(estimator, y, names, error, message):
    with pytest.raises(error, match=message):
        regions(estimator, y, names)


# Curves


def test_fits_are_drawn_over_their_function_and_named_above_it():
    ax = fits()
    target, *others, points = ax.lines
    assert np.array_equal(target.get_data(), [X, X**5])
    assert target.get_linewidth() > 2 * others[0].get_linewidth()
    for line, (name, values), *expected in zip(others, FITS.items(), LINE_COLORS, LINE_STYLES):
        assert line.get_label() == name
        assert np.array_equal(line.get_data(), [X, values])
        assert look(line)[:2] == tuple(expected)
    assert np.array_equal(points.get_data(), [X[::10], X[::10] ** 5])
    assert legend(ax) == ["function", *FITS, "training data"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x$", "$y$")
    picture(ax, "Laid out.")
    assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1


def test_fits_may_be_shown_without_points():
    assert legend(plot_curve_fits(X, X**5, FITS)) == ["function", *FITS]


@pytest.mark.parametrize(
    "x, target, approximations, points, error, message",
    [
        (X[::-1], X, FITS, None, ValueError, "x must rise from each entry to the next"),
        (X, X[:3], FITS, None, ValueError, "target must have 101 entries, as x has, got 3"),
        (X, X, {"a": X[:3]}, None, ValueError, r"fits\['a'\] must have 101 entries.* got 3"),
        (X, X, [X], None, TypeError, "fits must be a dict of names, got list"),
        (X, X, FITS, X, ValueError, r"points must have shape \(m, 2\), got \(101,\)"),
    ],
)
def test_fits_refuse(x, target, approximations, points, error, message):
    with pytest.raises(error, match=message):
        plot_curve_fits(x, target, approximations, points=points)

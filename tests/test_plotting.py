"""Plots: what stands where, that every axis is named, and that the last row can read it."""

from itertools import combinations

import matplotlib
import numpy as np
import pytest
from figure_checks import contrast
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation

from lecture_utils import Dense, Perceptron, SigmoidNeuron, sigmoid, softmax
from lecture_utils.activations import ACTIVATIONS, Activation
from lecture_utils.datasets import iris_sepal, xor
from lecture_utils.neuron import NeuronHistory
from lecture_utils.plotting import (
    new_axes,
    plot_activation,
    plot_bars,
    plot_classes,
    plot_decision_boundary,
    plot_lines,
    plot_loss_surface,
    plot_losses,
    plot_neuron_history,
    use_style,
)
from lecture_utils.style import (
    CLASS_COLORS,
    CLASS_MARKERS,
    GROUND,
    INK,
    LINE_COLORS,
    SHADES,
    STYLE,
    TRANSPOSED,
)

X, Y = iris_sepal()
FLOWERS = {
    "feature_names": ("sepal length (cm)", "sepal width (cm)"),
    "class_names": ("setosa", "other species"),
}
POINTS, TARGETS = xor()
XOR = {"feature_names": ("x₁", "x₂"), "class_names": ("y = 0", "y = 1")}
STRIP = Dense([[20.0, 20.0], [20.0, 20.0]], [-10.0, -30.0])
NEURON = SigmoidNeuron(max_steps=3000).fit(X, Y)


def probability(samples):
    return NEURON.predict_proba(samples)[:, 1]


def valley(theta):
    return theta[0] ** 2 / 4 + (theta[1] - 1) ** 2


def boundary(ax=None, of=probability):
    return plot_decision_boundary(of, X, Y, ax=ax, **FLOWERS)


def lines(layer=STRIP, ax=None, **options):
    return plot_lines(layer, POINTS, TARGETS, ax=ax, **XOR, **options)


def surface(ax=None, x_limits=(-4, 4), y_limits=(-1, 3), **marks):
    return plot_loss_surface(
        valley, x_limits=x_limits, y_limits=y_limits, x_name="w", y_name="b", ax=ax, **marks
    )


# A call of each helper that draws on one pair of axes
HELPERS = {
    "step": lambda ax=None: plot_activation("step", ax),
    "activation": lambda ax=None: plot_activation("tanh", ax),
    "classes": lambda ax=None: plot_classes(X, Y, ax=ax, **FLOWERS),
    "boundary": boundary,
    "hard boundary": lambda ax=None: boundary(ax, Perceptron().fit(X, Y).predict),
    "losses": lambda ax=None: plot_losses(NEURON.history_.loss, ax, label="iris"),
    "surface": lambda ax=None: surface(ax, point=[2, 2], gradient=[1, 2]),
    "lines": lambda ax=None: lines(ax=ax),
    "bars": lambda ax=None: plot_bars(["h1", "h2"], [0.1, 0.2], ylabel="share", ax=ax),
    "log bars": lambda ax=None: plot_bars(["h1", "h2"], [4e-7, 1], ylabel="size", ax=ax, log=True),
}
PLOTS = HELPERS | {"history": lambda: plot_neuron_history(NEURON.history_)[0]}



@pytest.fixture(autouse=True, scope="module")
def style():
    """The style of the notebooks, and afterwards what was there before."""
    with matplotlib.rc_context():
        use_style()
        yield


# What is looked at


def drawn(ax):
    """The figure, with everything in the place it has on the canvas."""
    FigureCanvasAgg(ax.figure)
    ax.figure.draw_without_rendering()
    return ax.figure


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def curves(ax):
    """Lines that have more than a dot and are not only there for the legend."""
    return [line for line in ax.lines if len(line.get_xdata()) > 1]


def data_of(line):
    return np.transpose(line.get_data())


def arrows(ax):
    """Start and tip of each arrow."""
    found = [a for a in ax.texts if isinstance(a, Annotation) and a.arrow_patch is not None]
    return [(np.array(a.xyann), np.array(a.xy)) for a in found]


def colour_bar(ax):
    (bar,) = [other for other in ax.figure.axes if other is not ax]
    return bar


def half_line(ax):
    """Points of the line where the probability is 0.5, in pieces."""
    (contour,) = [c for c in ax.collections if len(getattr(c, "levels", [])) == 1]
    return contour.get_paths()[0].vertices


# Style


def test_style_replaces_all_settings_that_were_made_before():
    before = {"font.size": 3, "lines.dashed_pattern": [1, 1], "savefig.bbox": "tight"}
    matplotlib.rcParams.update(before)
    use_style()
    assert {name: matplotlib.rcParams[name] for name in STYLE} == STYLE
    assert matplotlib.rcParams["lines.dashed_pattern"] == [3.7, 1.6]


def test_new_axes_make_one_panel_or_an_array_of_them():
    assert isinstance(new_axes(), matplotlib.axes.Axes)
    assert new_axes(1, 3).shape == (3,)
    assert new_axes(2, 3).shape == (2, 3)
    above, below = new_axes(2, sharex=True)
    above.set_xlim(3, 5)
    assert below.get_xlim() == (3, 5)
    left, right = new_axes(1, 2, width=6.0, height=2.5, sharey=True)
    left.set_ylim(1, 2)
    assert right.get_ylim() == (1, 2)
    assert tuple(left.figure.get_size_inches()) == (6, 2.5)


@pytest.mark.parametrize("argument", ["n_rows", "n_columns", "width", "height"])
def test_new_axes_refuse_an_empty_canvas(argument):
    with pytest.raises(ValueError, match=rf"{argument} must be .*, got 0"):
        new_axes(**{argument: 0})


@pytest.mark.parametrize("color", [*CLASS_COLORS, *LINE_COLORS, INK])
def test_lines_and_markers_stand_out_against_the_ground(color):
    assert contrast(color, GROUND) >= 3


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_text_and_the_line_can_be_read_on_the_shading(share):
    assert contrast(INK, SHADES(share)) >= 7


def test_markers_of_any_two_classes_differ():
    assert len(set(CLASS_MARKERS)) == len(CLASS_MARKERS) == len(CLASS_COLORS)


# Activations


def test_step_jumps_at_exactly_zero():
    value, _ = curves(plot_activation("step"))
    z, y = value.get_data()
    gap = np.isnan(y)
    assert gap.sum() == 1 and np.isnan(z[gap]).all()
    assert set(y[~gap & (np.arange(len(z)) < gap.argmax())]) == {0}
    assert set(y[~gap & (np.arange(len(z)) > gap.argmax())]) == {1}
    before, after = z[gap.argmax() - 1], z[gap.argmax() + 1]
    assert before == after == 0


def test_step_has_a_filled_dot_at_its_value_and_an_open_one_at_the_other_end():
    dots = [line for line in plot_activation("step").lines if len(line.get_xdata()) == 1]
    faces = {tuple(data_of(dot)[0].tolist()): dot.get_markerfacecolor() for dot in dots}
    assert faces == {(0, 0): LINE_COLORS[0], (0, 1): GROUND}


def test_derivative_of_the_step_is_zero_with_a_gap_at_zero():
    _, slope = curves(plot_activation("step", z_max=5))
    z, y = slope.get_data()
    assert set(y[~np.isnan(y)]) == {0}
    assert np.isnan(y).sum() == 1
    assert np.nanmin(np.abs(z)) == pytest.approx(0.25)
    assert (np.nanmin(z), np.nanmax(z)) == (-5, 5)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "identity"])
def test_smooth_activations_and_their_derivatives_are_unbroken_curves(name):
    ax = plot_activation(name, z_max=3)
    value, slope = ax.lines  # and no dots
    for line, function in ((value, ACTIVATIONS[name]), (slope, ACTIVATIONS[name].derivative)):
        z, y = line.get_data()
        assert (z[0], z[-1]) == (-3, 3) and (np.diff(z) >= 0).all()
        assert np.allclose(y, function(z), rtol=0, atol=1e-12)


OWN = Activation("soft sign", lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2)


@pytest.mark.parametrize(
    "activation", [a for a in (*ACTIVATIONS.values(), OWN) if isinstance(a, Activation)], ids=repr
)
def test_any_activation_is_plotted_with_its_values_and_its_label(activation):
    ax = plot_activation(activation)
    for line, function in zip(curves(ax), (activation, activation.derivative)):
        z, y = line.get_data()
        drawn = ~np.isnan(y) & (z != 0)
        assert drawn.sum() >= 200
        assert np.allclose(y[drawn], function(z[drawn]), rtol=0, atol=1e-12)
    assert legend(ax)[0] == rf"$\sigma(z)$, {activation.label}"


@pytest.mark.parametrize("name, left", [("relu", 0), ("leaky_relu", 0.01)])
def test_kinked_activations_have_a_derivative_with_two_open_ends(name, left):
    ax = plot_activation(name)
    value, slope = curves(ax)
    assert not np.isnan(value.get_ydata()).any()
    assert np.isnan(slope.get_ydata()).sum() == 1
    assert set(slope.get_ydata()[:101]) == {left} and set(slope.get_ydata()[-101:]) == {1}
    dots = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert {float(d.get_ydata()[0]) for d in dots} == {left, 1}
    assert {d.get_markerfacecolor() for d in dots} == {GROUND}


def test_activation_and_derivative_are_named_and_differ_by_more_than_colour():
    ax = plot_activation("leaky_relu")
    assert legend(ax) == [r"$\sigma(z)$, leaky ReLU", r"$\sigma'(z)$, derivative"]
    value, slope = curves(ax)
    assert value.get_linestyle() != slope.get_linestyle()
    assert value.get_color() != slope.get_color()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"activation": "softmax"}, "activation must work on each number by itself, got softmax"),
        ({"activation": softmax}, "activation must work on each number by itself, got softmax"),
        ({"activation": "sigmiod"}, "activation must be one of .*; got 'sigmiod'"),
        ({"activation": "tanh", "z_max": 0}, "z_max must be positive, got 0"),
    ],
)
def test_activation_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        plot_activation(**arguments)


# Classes


@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_every_class_has_its_points_its_name_its_colour_and_its_marker(n_classes):
    y = np.arange(len(X)) % n_classes
    names = ["setosa", "versicolor", "virginica", "unknown"][:n_classes]
    ax = plot_classes(X, y, feature_names=FLOWERS["feature_names"], class_names=names)
    assert legend(ax) == names
    assert len(ax.lines) == n_classes
    for k, line in enumerate(ax.lines):
        assert np.array_equal(data_of(line), X[y == k])
        assert line.get_linestyle() == "None"
    assert len({line.get_marker() for line in ax.lines}) == n_classes
    assert len({line.get_color() for line in ax.lines}) == n_classes


def test_a_few_points_are_drawn_larger():
    many, few = plot_classes(X, Y, **FLOWERS), plot_classes(POINTS, TARGETS, **XOR)
    assert few.lines[0].get_markersize() > many.lines[0].get_markersize()


@pytest.mark.parametrize("beside", [1, 2])
def test_legend_covers_neither_the_data_nor_another_panel(beside):
    axes = np.ravel(new_axes(1, beside))
    for ax in axes:
        boundary(ax)
    renderer = drawn(axes[0]).canvas.get_renderer()
    boxes = [ax.get_legend().get_window_extent(renderer) for ax in axes]
    assert all(box.y0 >= ax.bbox.y1 for box, ax in zip(boxes, axes))
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"X": X[:, :1]}, ValueError, "X must have 2 features per sample, got 1"),
        ({"X": X[0]}, ValueError, r"X must have shape \(n_samples, n_features\), got \(2,\)"),
        ({"X": X * np.nan}, ValueError, "X must be finite, got nan"),
        ({"X": X[:0]}, ValueError, "X must not be empty"),
        ({"y": Y[1:]}, ValueError, r"y must have shape \(150,\), one label per sample, got"),
        ({"y": Y + 1}, ValueError, "y must hold only 0 to 1, as there are 2 class_names, got 2"),
        ({"y": Y / 2}, ValueError, "y must hold only 0 to 1, as there are 2 class_names, got 0.5"),
        ({"feature_names": ["length"]}, ValueError, "feature_names must be 2 names, got 1"),
        ({"feature_names": "ab"}, TypeError, "feature_names must be a sequence of texts"),
        ({"class_names": 2}, TypeError, "class_names must be a sequence, got int"),
        ({"class_names": [0, 1]}, TypeError, "class_names must hold texts, got int"),
        ({"class_names": ["a"]}, ValueError, "class_names must be 2 to 4 names, got 1"),
        ({"class_names": list("abcde")}, ValueError, "class_names must be 2 to 4 names, got 5"),
    ],
)
def test_data_that_do_not_fit_are_refused(change, error, message):
    data = {"X": X, "y": Y, **FLOWERS} | change
    for plot in (plot_classes, lambda **data: plot_decision_boundary(probability, **data)):
        with pytest.raises(error, match=message):
            plot(**data)
    with pytest.raises(error, match=message):
        plot_lines(STRIP, **data)


# Decision boundary


def test_the_half_line_of_a_neuron_lies_where_its_pre_activation_is_zero():
    points = half_line(boundary())
    z = points @ NEURON.weights_ + NEURON.bias_
    across = np.linalg.norm(NEURON.weights_)  # z divided by it is the distance to the line
    assert len(points) > 20
    assert np.abs(z / across).max() < 1e-9
    assert np.ptp(points, axis=0).max() > 2


def test_boundary_is_explained_by_the_legend_and_the_colour_bar():
    ax = boundary()
    assert legend(ax) == ["probability 0.5", "setosa", "other species"]
    bar = colour_bar(drawn(ax).axes[0])
    assert bar.get_ylabel() == "probability of other species"
    labels = [text.get_text() for text in bar.get_yticklabels()]
    assert labels == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    heights = bar.get_yticks()
    assert np.allclose(sigmoid(heights), [0, 0.2, 0.4, 0.6, 0.8, 1])


def test_half_line_is_solid_and_the_data_are_on_top():
    ax = boundary()
    (contour,) = [c for c in ax.collections if len(c.levels) == 1]
    assert contour.get_linestyle() == [(0, None)]
    lowest_data = min(line.get_zorder() for line in ax.lines)
    assert max(c.get_zorder() for c in ax.collections) <= lowest_data
    points = [line for line in ax.lines if len(line.get_xdata()) > 0]
    assert [len(line.get_xdata()) for line in points] == [50, 100]


def test_a_classifier_without_probabilities_has_two_shades_and_a_straight_line():
    neuron = Perceptron().fit(X, Y)
    ax = boundary(of=neuron.predict)
    (bands,) = [c for c in ax.collections if len(c.levels) > 1]
    assert list(bands.levels) == [0, 0.5, 1]
    labels = colour_bar(drawn(ax).axes[0]).get_yticklabels()
    assert [label.get_text() for label in labels] == ["0", "0.5", "1"]
    z = half_line(ax) @ neuron.weights_ + neuron.bias_
    assert np.abs(z / np.linalg.norm(neuron.weights_)).max() < 0.02  # cm, on 5 cm


def test_without_a_boundary_in_view_there_is_no_half_line():
    ax = boundary(of=lambda samples: np.full(len(samples), 0.3))
    assert legend(ax) == ["setosa", "other species"]
    assert [len(c.levels) for c in ax.collections] == [11]


@pytest.mark.parametrize(
    "of, message",
    [
        (NEURON.predict_proba, r"probability must return shape \(1681,\) .*, got \(1681, 2\)"),
        (lambda samples: samples[:, 0], "probability must return 0 to 1, got 3.76"),
        (lambda samples: -np.ones(len(samples)), "probability must return 0 to 1, got -1.0"),
        (lambda samples: np.full(len(samples), np.nan), r"probability\(samples\) must be finite"),
    ],
)
def test_anything_but_probabilities_is_refused(of, message):
    with pytest.raises(ValueError, match=message):
        boundary(of=of)


def test_boundary_needs_two_classes():
    names = FLOWERS | {"class_names": ["setosa", "versicolor", "virginica"]}
    with pytest.raises(ValueError, match="class_names must be 2 names, got 3"):
        plot_decision_boundary(probability, X, Y, **names)


# Training


def test_history_shows_three_curves_over_log_steps():
    history = NEURON.history_
    axes = plot_neuron_history(history)
    names = ["training accuracy", "loss $J$", r"norm $\|\theta\|$"]
    values = [history.accuracy, history.loss, history.theta_norm]
    assert [ax.get_ylabel() for ax in axes] == names
    for ax, expected in zip(axes, values):
        (line,) = ax.lines
        assert ax.get_xscale() == "log" and ax.get_xlabel() == "step $t$"
        assert np.array_equal(data_of(line), np.transpose([history.steps, expected])[1:])
    assert [ax.get_yscale() for ax in axes] == ["linear", "log", "linear"]


def test_history_is_drawn_on_given_axes():
    axes = new_axes(3, 1)
    assert list(plot_neuron_history(NEURON.history_, axes)) == list(axes)
    assert [len(ax.lines) for ax in axes] == [1, 1, 1]


def test_history_refuses_what_is_none():
    with pytest.raises(TypeError, match="history must be a NeuronHistory, got SigmoidNeuron"):
        plot_neuron_history(NEURON)
    with pytest.raises(ValueError, match="axes must be 3 axes, got 1"):
        plot_neuron_history(NEURON.history_, new_axes())
    with pytest.raises(TypeError, match="ax must be matplotlib axes, got int"):
        plot_neuron_history(NEURON.history_, [1, 2, 3])


def test_history_of_a_single_step_can_be_drawn():
    drawn(plot_neuron_history(SigmoidNeuron(max_steps=1).fit(X, Y).history_)[0])
    empty = NeuronHistory(*(np.zeros(1) for _ in range(4)))
    assert [len(ax.lines[0].get_xdata()) for ax in plot_neuron_history(empty)] == [0, 0, 0]


def test_losses_begin_at_step_zero_and_the_axis_at_no_loss():
    ax = plot_losses([0.9, 0.5, 0.4])
    assert np.array_equal(data_of(ax.lines[0]), [[0, 0.9], [1, 0.5], [2, 0.4]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step $t$", "loss $J$")
    assert ax.get_ylim()[0] == 0
    assert ax.get_legend() is None


def test_a_second_curve_is_added_with_its_name_colour_and_line_style():
    ax = plot_losses([0.5, 0.4], label="target 1")
    plot_losses([3.0, 2.0], ax, label="target 0")
    assert legend(ax) == ["target 1", "target 0"]
    first, second = ax.lines
    assert first.get_color() != second.get_color()
    assert first.get_linestyle() != second.get_linestyle()
    low, high = ax.get_ylim()
    assert low == 0 and high > 3


def test_negative_losses_are_in_view():
    low, _ = plot_losses([0.5, -2.0]).get_ylim()
    assert low < -2


@pytest.mark.parametrize("losses", [[], [[0.5]], 0.5, [0.5, np.inf]])
def test_losses_refuse_all_but_a_row_of_finite_numbers(losses):
    with pytest.raises(ValueError, match="losses must"):
        plot_losses(losses)


# Surface


def test_surface_has_equal_scales_and_a_name_for_its_colours():
    ax = surface()
    assert (ax.get_xlim(), ax.get_ylim(), ax.get_aspect()) == ((-4, 4), (-1, 3), 1)
    assert colour_bar(ax).get_ylabel() == "loss $J$"


def test_contours_of_a_bowl_lie_at_equal_distances():
    _, contours = surface().collections
    inner = contours.get_paths()[:5]  # of which all is in view
    widths = [np.ptp(path.vertices[:, 0]) for path in inner]
    assert np.diff(widths) == pytest.approx(widths[0], rel=0.05)


def test_a_flat_surface_can_be_drawn():
    ax = plot_loss_surface(
        lambda theta: 1.0, x_limits=(0, 1), y_limits=(0, 1), x_name="w", y_name="b"
    )
    drawn(ax)
    assert len(ax.collections) == 1


@pytest.mark.parametrize("point", [(0, 1), (3.9, 1), (-4, -1), (3.5, 2.9)])
def test_arrows_are_neither_tiny_nor_far_out_of_view(point):
    for start, tip in arrows(surface(point=point, gradient=[-5e-9, 3e-9])):
        assert 0.39 < np.linalg.norm(tip - start) < 1.01


def test_a_point_alone_is_marked_without_arrows():
    ax = surface(point=(1, 2))
    (dot,) = ax.lines
    assert np.array_equal(data_of(dot), [[1, 2]])
    assert arrows(ax) == [] and ax.get_legend() is None


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"x_limits": (1, 0)}, r"x_limits must be \(low, high\) with low below high"),
        ({"y_limits": (1, 2, 3)}, r"y_limits must have shape \(2,\), got \(3,\)"),
        ({"point": (1, 2, 3)}, r"point must have shape \(2,\), got \(3,\)"),
        ({"gradient": (1, 2)}, "point must be given with gradient, got None"),
        ({"point": (1, 2), "gradient": (0, 0)}, "gradient must have a direction, got zero"),
        ({"point": (1, 2), "gradient": 3}, r"gradient must have shape \(2,\), got \(\)"),
    ],
)
def test_surface_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        surface(**arguments)


# Lines of neurons

LAYERS = {
    "xor": STRIP,
    "vertical": Dense([[2.0], [0.0]], [-1.0]),
    "horizontal": Dense([[0.0], [-3.0]], [1.0]),
    "no bias": Dense([[1.0, -2.0], [1.0, 1.0]]),
    "out of sight": Dense([[1.0, 1.0], [0.0, 1.0]], [5.0, -30.0]),
    "all the same": Dense([[1.0, 1.0, -2.0], [1.0, 1.0, -2.0]], [-0.5, -0.5, 1.0]),
    "many": Dense.random(2, 6, rng=np.random.default_rng(0)),
}
every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def weights_of(layer):
    return layer.params["W"].T, layer.params.get("b", np.zeros(layer.n_out))


@every_layer
def test_each_line_is_where_its_neuron_is_zero_and_crosses_the_view(layer):
    ax = lines(layer)
    drawn_lines = [line for line in curves(ax) if line.get_marker() == "None"]
    assert len(drawn_lines) == layer.n_out
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    for line, w, b in zip(drawn_lines, *weights_of(layer)):
        ends = data_of(line)
        assert np.abs(ends @ w + b).max() / np.linalg.norm(w) < 1e-9
        room = np.minimum(ends - low, high - ends).min(axis=1)  # of each end to the border
        assert (room >= -1e-9).all() and (room < 0.02 * (high - low).max()).all()


@every_layer
def test_each_line_has_its_number_on_it_and_an_arrow_to_its_positive_side(layer):
    ax = lines(layer)
    W, b = weights_of(layer)
    numbers = {t.get_text(): np.array(t.xy) for t in ax.texts if t.get_text().isdigit()}
    assert sorted(numbers, key=int) == [str(k + 1) for k in range(layer.n_out)]
    signs = [np.array(t.xyann) for t in ax.texts if t.get_text() == "+"]
    for k, ((start, tip), sign) in enumerate(zip(arrows(ax), signs, strict=True)):
        length = np.linalg.norm(W[k])
        assert abs(numbers[str(k + 1)] @ W[k] + b[k]) / length < 1e-9
        assert abs(start @ W[k] + b[k]) / length < 1e-9
        assert np.allclose((tip - start) / np.linalg.norm(tip - start), W[k] / length)
        assert np.linalg.norm(sign - tip) < np.linalg.norm(tip - start)  # beyond the tip
        assert (sign - tip) @ W[k] > 0
    assert len(arrows(ax)) == layer.n_out


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "many"])
def test_numbers_cover_neither_each_other_nor_the_data(name):
    ax = lines(LAYERS[name])
    renderer = drawn(ax).canvas.get_renderer()
    numbers = [text for text in ax.texts if text.get_text().isdigit()]
    badges = [text.get_bbox_patch().get_window_extent(renderer) for text in numbers]
    assert not any(a.overlaps(b) for a, b in combinations(badges, 2))
    points = ax.transData.transform(POINTS)
    assert not any(badge.contains(*point) for badge in badges for point in points)


def test_lines_are_drawn_at_equal_scales_with_the_data_and_a_legend():
    ax = lines()
    assert ax.get_aspect() == 1
    assert legend(ax) == [rf"$w_k{TRANSPOSED} x + b_k = 0$", "y = 0", "y = 1"]
    marked = [line for line in ax.lines if line.get_marker() in CLASS_MARKERS]
    assert [data_of(line).tolist() for line in marked] == [[[0, 0], [1, 1]], [[0, 1], [1, 0]]]
    assert legend(lines(symbol="h"))[0] == rf"$w_k{TRANSPOSED} h + b_k = 0$"


@pytest.mark.parametrize("nudge", [-3e-13, -1e-13, 1e-13, 3e-13])
@pytest.mark.parametrize("name", ["xor", "vertical", "horizontal"])
def test_of_equal_places_the_same_is_chosen_whatever_the_last_digits_are(name, nudge):
    layer = LAYERS[name]
    nudged = Dense(layer.params["W"] + [[nudge], [-nudge]], layer.params["b"] + nudge)
    places, others = (np.array([t.xy for t in lines(each).texts]) for each in (layer, nudged))
    assert np.allclose(places, others, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "layer, error, message",
    [
        (Dense(np.ones((3, 2))), ValueError, "layer must have 2 inputs, got 3"),
        (Dense([[1.0, 0.0], [2.0, 0.0]]), ValueError, r"not all 0, got W\[:, 1\] = 0"),
        (sigmoid, TypeError, "layer must be a Dense layer, got Activation"),
    ],
)
def test_lines_refuse_a_layer_without_lines(layer, error, message):
    with pytest.raises(error, match=message):
        lines(layer)


# Bars


@pytest.mark.parametrize(
    "value, text",
    [
        (0, "0"),
        (11_772, "11,772"),
        (58_862.4, "58,862"),
        (0.6652409, "0.665"),
        (0.0900306, "0.09"),
        (-2.71828, "−2.72"),
        (234_669, "234,669"),
        (6.841e-07, r"$\mathdefault{6.84 \times 10^{-7}}$"),
        (5e7, r"$\mathdefault{5 \times 10^{7}}$"),
    ],
)
def test_a_value_is_written_with_three_digits(value, text):
    assert plot_bars(["a"], [value], ylabel="value").texts[0].get_text() == text


def test_bars_on_a_log_axis():
    ax = plot_bars(["h1", "h2"], [6.8e-7, 0.04], ylabel="size", log=True)
    assert ax.get_yscale() == "log"
    assert 0 < ax.get_ylim()[0] < 6.8e-7


@pytest.mark.parametrize(
    "labels, values, log, error, message",
    [
        (["a"], [1, 2], False, ValueError, "labels must be 2, one per value, got 1"),
        ("ab", [1, 2], False, TypeError, "labels must be a sequence of texts, got the text 'ab'"),
        (["a"], [[1]], False, ValueError, r"values must have one axis, got shape \(1, 1\)"),
        (["a"], [np.nan], False, ValueError, "values must be finite"),
        (["a"], [0.0], True, ValueError, "values must be positive on a log axis, got 0.0"),
    ],
)
def test_bars_refuse(labels, values, log, error, message):
    with pytest.raises(error, match=message):
        plot_bars(labels, values, ylabel="value", log=log)

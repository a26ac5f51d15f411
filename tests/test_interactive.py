"""The figures to play with, driven through the values of their controls."""

import gc
import re
import runpy
import signal
import sys
from contextlib import contextmanager
from functools import cache
from html import escape

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from traitlets import TraitError

from lecture_utils import (
    Dense,
    GradientDescent,
    Network,
    backprop,
    binary_cross_entropy,
    identity,
    mlp,
    relu,
    sigmoid,
    squared_error,
    step,
    tanh,
    train,
)
from lecture_utils.activations import ACTIVATIONS, Activation
from lecture_utils.datasets import iris_sepal, two_moons
from lecture_utils.diagrams import draw_network, stages
from lecture_utils.display import picture
from lecture_utils.formatting import format_number
from lecture_utils.interactive import (
    Answer,
    Interactive,
    backprop_stepper,
    boundary_player,
    descent_player,
    neuron_playground,
    parts,
)
from lecture_utils.interactive.boundary import train_snapshots
from lecture_utils.interactive.controls import Buttons, Choice, Slider
from lecture_utils.interactive.descent import MULTIPLES, Bowl, DescentScene, descent_path
from lecture_utils.interactive.live import LivePicture
from lecture_utils.interactive.plane import Plane, band_edges, output_range
from lecture_utils.interactive.playground import NeuronState
from lecture_utils.interactive.stepper import StepperScene
from lecture_utils.interactive.still import PLAYER, TO_PLAY, TO_RUN, Fixed, StillPicture
from lecture_utils.losses import binary_cross_entropy_on_logits
from lecture_utils.neuron import add_ones, logistic_loss
from lecture_utils.plotting import new_axes, use_style
from lecture_utils.publish.outputs import drawing_in
from lecture_utils.style import LINE_COLORS
from lecture_utils.walkthrough import explain

WIDGET, HTML = "application/vnd.jupyter.widget-view+json", "text/html"
X, Y = iris_sepal()
FLOWERS = {
    "feature_names": ("sepal length (cm)", "sepal width (cm)"),
    "class_names": ("setosa", "other"),
}
MOONS = {"feature_names": ("x1", "x2"), "class_names": ("upper moon", "lower moon")}
W, V = [[1, -1, 3], [2, 2, -1]], [[0.1], [0.5], [-0.1]]
INPUT = np.random.default_rng(0).normal(0.5, 1.2, size=20)
TARGET = 1.5 * INPUT + 1 + np.random.default_rng(1).normal(0, 0.3, size=20)


def moons():
    rng = np.random.default_rng(0)
    X, y = two_moons(200, noise=0.15, rng=rng)
    return mlp((2, 8, 1), output="sigmoid", rng=rng), X, y


def example(*, x=(5, 3), W=W, biases=False):
    dense = [Dense(W, [0.5, 0, -0.5] if biases else None), Dense(V, [0.1] if biases else None)]
    return Network([dense[0], sigmoid, dense[1], sigmoid])


def playground():
    return neuron_playground(X, Y, **FLOWERS)


def descent():
    return descent_player(INPUT[:, None], TARGET)


def boundary():
    network, X, y = moons()
    return boundary_player(network, X, y, learning_rate=1.0, epochs=200, every=20, **MOONS)


def stepper(network=None, loss=binary_cross_entropy, x=(5, 3), y=(1,)):
    return backprop_stepper(network or example(), loss, x, y)


@cache
def shared(make):
    """Return a figure that several tests use; each leaves its controls as they were."""
    return make()


@contextmanager
def played(make, **values):
    """A figure that several tests use, with these values of its controls for a while."""
    controls = shared(make).controls
    before = {name: controls[name].value for name in values}
    for name, value in values.items():
        controls[name].value = value
    yield shared(make)
    for name, value in before.items():
        controls[name].value = value


every_figure = pytest.mark.parametrize("make", [playground, descent, boundary, stepper])
OFFERED = [a for a in ACTIVATIONS.values() if isinstance(a, Activation)]
NOT_THE_SIGMOID = Activation("sigmoid", np.sin, np.cos)
BUMP = Activation("bump", lambda z: np.exp(-(z**2)), lambda z: -2 * z * np.exp(-(z**2)))


@pytest.fixture(autouse=True)
def _style():
    with matplotlib.rc_context():
        use_style()
        yield


# What all have in common


@every_figure
def test_a_figure_carries_a_still_picture_with_its_text_alternative(make):
    data = shared(make)._repr_mimebundle_()
    assert WIDGET in data
    svg = drawing_in(data[HTML])
    assert svg.startswith('<svg role="img"') and svg.endswith("</svg>\n")
    assert len(svg.encode()) < 60_000
    assert f'alt="{escape(data["text/plain"])}"' in data[HTML]
    assert len(data["text/plain"]) > 60


@pytest.mark.parametrize("make", [playground, stepper])
def test_a_still_picture_is_the_same_each_time(make):
    assert make()._repr_mimebundle_()[HTML] == shared(make)._repr_mimebundle_()[HTML]


@pytest.mark.parametrize(
    ("make", "name", "value"),
    [
        (playground, "w1", -2.0),
        (playground, "w2", 3.0),
        (playground, "b", 1.0),
        (playground, "activation", "relu"),
        (descent, "alpha", 0.3),
        (descent, "n_steps", 3),
        (boundary, "epoch", 40),
        (stepper, "step", 4),
        (stepper, "x1", 2),
    ],
)
def test_each_control_changes_the_picture_and_back_again(make, name, value):
    figure = shared(make)
    control, first = figure.controls[name], figure.picture.value
    before, control.value = control.value, value
    assert figure.picture.value != first
    control.value = before
    assert figure.picture.value == first


@every_figure
def test_every_control_has_a_name_of_its_own_in_words(make):
    figure = shared(make)
    names = [getattr(c, "label", "") or c.description for c in figure.controls.values()]
    assert all(names) and len(set(names)) == len(names)


@every_figure
def test_every_control_is_on_the_page(make):
    def within(widget):
        return {widget}.union(*(within(child) for child in getattr(widget, "children", ())))

    figure = shared(make)
    shown = {*figure.controls.values(), figure.picture, figure.status, figure.problem}
    assert shown <= within(figure)


@every_figure
def test_a_still_picture_stays_when_the_figure_is_played_with(make):
    figure = shared(make)
    still = figure._repr_mimebundle_()[HTML]
    control = next(iter(figure.controls.values()))
    before, control.value = control.value, control.max
    assert figure._repr_mimebundle_()[HTML] == still
    control.value = before


# Without the libraries of widgets


@every_figure
def test_a_figure_without_widgets_is_its_still_picture(make, monkeypatch):
    with_widgets = shared(make)._repr_mimebundle_()
    module = sys.modules[f"lecture_utils.interactive.{make.__name__}"]
    monkeypatch.setattr(module, "Interactive", StillPicture)
    for name in {"Choice", "Slider", "number_field"} & vars(module).keys():
        monkeypatch.setattr(module, name, Fixed)
    data = make()._repr_mimebundle_()
    assert data.keys() == with_widgets.keys() - {WIDGET}
    assert data[HTML] == with_widgets[HTML].replace(TO_RUN, TO_PLAY) != with_widgets[HTML]
    assert data.get(PLAYER) == with_widgets.get(PLAYER)


@pytest.mark.parametrize("missing", ["anywidget", "ipywidgets"])
def test_what_stands_for_widgets_is_taken_where_one_of_their_libraries_is_missing(
    missing, monkeypatch
):
    monkeypatch.setitem(sys.modules, missing, None)
    for name in ("controls", "widget"):
        monkeypatch.delitem(sys.modules, f"lecture_utils.interactive.{name}")
    names = runpy.run_path(parts.__file__)
    assert names["Interactive"] is StillPicture and names["Slider"] is Fixed


def test_what_else_is_missing_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "lecture_utils.interactive.widget", None)
    with pytest.raises(ModuleNotFoundError, match="interactive.widget"):
        runpy.run_path(parts.__file__)


# Controls


def test_a_slider_stays_within_its_limits():
    slider = Slider(label="w", min=-2, max=3, value=1)
    slider.value = 5
    assert slider.value == 3
    slider.value = -np.inf
    assert slider.value == -2


def test_a_slider_refuses_what_is_no_number():
    slider = Slider(label="w", min=-2, max=3, value=1)
    with pytest.raises(TraitError, match="w must be a number, got nan"):
        slider.value = np.nan
    assert slider.value == 1


def test_a_choice_refuses_what_is_not_offered():
    choice = Choice(label="activation", options=["step", "tanh"], value="step")
    with pytest.raises(TraitError, match="activation must be one of step, tanh; got 'sine'"):
        choice.value = "sine"
    assert choice.value == "step"


# A picture of two layers


@pytest.mark.parametrize("moving_below", [False, True])
def test_both_layers_have_the_same_scales(moving_below):
    still = new_axes()
    still.set(xlim=(0, 10), ylim=(1, 1000), yscale="log")
    still.plot(3, 50, "ro")
    live = LivePicture(still, moving_below=moving_below)
    svg = live.draw(lambda ax: ax.plot(3, 50, "ro"), "Two points at one place.")
    points = re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)" style="fill: #ff0000', svg)
    assert len(points) == 2 and points[0] == points[1]


@pytest.mark.parametrize("moving_below", [False, True])
def test_the_layer_below_comes_first_and_has_the_ground(moving_below):
    still = new_axes()
    still.set_xlabel("still part")
    still.plot([0, 1], [0, 1], gid="still-line")
    live = LivePicture(still, moving_below=moving_below)
    svg = live.draw(lambda ax: ax.plot([0, 1], [1, 0], gid="moving-line"), "Two lines.")
    order = [svg.index('id="still-line"'), svg.index('id="moving-line"')]
    assert order == sorted(order, reverse=moving_below)
    layers = svg.split('<g id="figure_1">')
    grounds = [bool(re.match(r'\s*<g[^>]*>\s*<path d="M 0 ', layer)) for layer in layers]
    assert grounds == [False, True, False]


def test_the_moving_layer_is_drawn_anew_each_time():
    live = LivePicture(new_axes())
    first = live.draw(lambda ax: ax.plot([0, 1], [0, 1], "k-"), "A line.")
    live.draw(lambda ax: ax.contourf([[0, 1], [1, 2]]), "Bands.")
    assert live.draw(lambda ax: ax.plot([0, 1], [0, 1], "k-"), "A line.") == first


# The playground of a neuron


def test_the_playground_shows_cross_entropy_and_accuracy_of_its_values():
    theta = [2.0, -2.4, -4.0]
    right = int(np.sum((add_ones(X) @ theta > 0) == Y))
    J = format_number(logistic_loss(theta, add_ones(X), Y))
    share = format_number(right / 150, 3)
    with played(playground, w1=2.0, w2=-2.4, b=-4.0) as figure:
        assert figure.status.value == (
            f"Loss J = {J} (binary cross-entropy). Accuracy {share}: {right} of 150 right."
        )
        assert "Activation sigmoid, w1 = 2, w2 = −2.4, b = −4." in figure.picture.value


def test_the_loss_fits_the_range_of_the_activation():
    z = 0.3 * X[:, 0] - 0.7 * X[:, 1] + 0.5
    expected = {
        sigmoid: -np.mean(np.log(np.where(Y == 1, sigmoid(z), sigmoid(-z)))),
        tanh: np.mean((np.tanh(z) - np.where(Y == 1, 1, -1)) ** 2) / 2,
        relu: np.mean((np.maximum(z, 0) - Y) ** 2) / 2,
        step: np.mean((z > 0) != Y) / 2,
        identity: np.mean((z - Y) ** 2) / 2,
    }
    found = {a: NeuronState(0.3, -0.7, 0.5, a).loss(X, Y)[0] for a in expected}
    assert found == pytest.approx(expected)


def test_the_name_of_the_loss_tells_the_targets_of_the_tanh():
    assert NeuronState(1, 1, 1, sigmoid).loss(X, Y)[1] == "binary cross-entropy"
    assert NeuronState(1, 1, 1, tanh).loss(X, Y)[1].endswith("targets −1 and 1")
    assert NeuronState(1, 1, 1, relu).loss(X, Y)[1] == "half the mean squared error"


def test_the_playground_offers_all_that_a_single_neuron_can_have():
    assert shared(playground).controls["activation"].options == [a.name for a in OFFERED]


SOFTSIGN = Activation("softsign", lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2)


@pytest.mark.parametrize(
    ("activation", "ends", "edges"),
    [
        (sigmoid, (0, 1), [0.1, 0.3, 0.5, 0.7, 0.9]),
        (tanh, (-1, 1), [-0.6, -0.2, 0.2, 0.6]),
        (SOFTSIGN, (-1, 1), [-0.6, -0.2, 0.2, 0.6]),
        (step, (0, 1), [0.5]),
        (relu, (0, np.inf), [0.2, 0.6, 1, 1.4, 1.8]),
        (identity, (-np.inf, np.inf), [-1.2, -0.4, 0.4, 1.2]),
        (BUMP, (0, 1), [0.1, 0.3, 0.5, 0.7, 0.9]),
    ],
    ids=repr,
)
def test_bands_are_made_from_the_range_of_the_activation(activation, ends, edges):
    assert output_range(activation) == ends
    assert_allclose(band_edges(activation), edges)


@cache
def plane(activation):
    return Plane(X, Y, activation=activation, **FLOWERS)


@pytest.mark.parametrize("activation", [sigmoid, BUMP], ids=repr)
@settings(max_examples=6)
@given(w1=st.floats(-10, 10), w2=st.floats(-10, 10), b=st.floats(-30, 30))
def test_the_line_is_where_the_pre_activation_is_zero(activation, w1, w2, b):
    state = NeuronState(w1, w2, b, activation)
    plane(activation).picture(state.pre_activation, "A neuron.")
    for line in plane(activation).live.moving[0].collections[1:]:
        points = np.vstack([path.vertices for path in line.get_paths()])
        assert_allclose(state.pre_activation(points), 0, atol=1e-6)


def test_a_neuron_without_weights_has_no_boundary():
    with played(playground, w1=0.0, w2=0.0) as figure:
        assert "with no boundary" in figure.picture.value
        assert "There is no boundary: without weights" in figure.status.value


@pytest.mark.parametrize(
    ("w1", "w2", "b", "where"),
    [
        (1, 0, -3, "to the left: all in the picture is taken for other"),
        (-1, 0.1, 3, "to the left: all in the picture is taken for setosa"),
        (1, 0, -9, "to the right: all in the picture is taken for setosa"),
        (0, 1, -9, "above: all in the picture is taken for setosa"),
        (0.1, 1, 0, "below: all in the picture is taken for other"),
        (1, -0.5, -4.3, ""),
    ],
)
def test_a_boundary_that_has_left_the_picture_is_told(w1, w2, b, where):
    words = plane(sigmoid).words_where_it_went(w1, w2, b)
    assert words == (f" The boundary is out of sight, {where}." if where else "")


def test_what_is_wrong_is_ringed():
    state = NeuronState(1, -0.5, -4.3, sigmoid)
    plane(sigmoid).picture(state.pre_activation, "A neuron.")
    rings = [line for line in plane(sigmoid).live.moving[0].lines if line.get_marker() == "o"]
    [ringed] = [line.get_xydata() for line in rings]
    wrong = (X @ [1, -0.5] - 4.3 > 0) != Y
    assert len(ringed) == 19 and np.array_equal(ringed, X[wrong])


def test_the_playground_starts_with_two_weights_and_leads_there_and_to_the_trained_ones():
    trained = [11.6597691, -12.8, -33.1]
    figure = neuron_playground(X, Y, trained=trained, **FLOWERS)
    start = [figure.controls[name].value for name in ("w1", "w2", "b")]
    assert start == [1, -0.5, -4.31]
    [buttons] = [
        widget for child in figure.children for widget in getattr(child, "children", ())
        if isinstance(widget, Buttons)
    ]
    assert buttons.names == ["start", "trained"]
    pictures = []
    figure.picture.observe(pictures.append, "value")
    for name, expected in (("trained", [11.6598, -12.8, -33.1]), ("start", start)):
        buttons._handle_custom_msg(name, [])
        values = [figure.controls[weight].value for weight in ("w1", "w2", "b")]
        assert_allclose(values, expected)
        assert f"w1 = {format_number(expected[0])}," in figure.picture.value
    assert len(pictures) == 2    # all three weights at once


@pytest.mark.parametrize(
    ("trained", "error", "message"),
    [
        ([1, 2], ValueError, r"trained must be w1, w2 and b, shape \(3,\), got \(2,\)"),
        ([1, 2, np.inf], ValueError, "trained must be finite, got inf"),
        ("abc", TypeError, "trained"),
    ],
)
def test_trained_weights_that_do_not_fit_are_refused(trained, error, message):
    with pytest.raises(error, match=message):
        neuron_playground(X, Y, trained=trained, **FLOWERS)


# The player of gradient descent


def test_the_minimum_and_the_gradient_are_those_of_the_loss():
    bowl = Bowl.of(INPUT[:, None], TARGET)
    assert_allclose(bowl.gradient(bowl.minimum), 0, atol=1e-14)
    assert_allclose(bowl.minimum, np.polyfit(INPUT, TARGET, 1))
    assert bowl.loss([2, -1]) == pytest.approx(np.mean((2 * INPUT - 1 - TARGET) ** 2) / 2)


@pytest.mark.parametrize(("share", "diverges"), [(0.98, False), (1.02, True)])
def test_descent_diverges_above_the_largest_step(share, diverges):
    bowl = Bowl.of(INPUT[:, None], TARGET)
    path = descent_path(bowl.gradient, bowl.start, share * bowl.largest_step, 400)
    assert (bowl.loss(path[-1]) > bowl.loss(path[0])) == diverges


def test_at_first_the_largest_step_just_converges():
    assert "(diverges)" not in shared(descent).status.value
    alpha = shared(descent).controls["alpha"].value
    with played(descent, alpha=1.1 * alpha) as figure:
        parts = figure.status.value.split(";")
        assert [part.count("(diverges)") for part in parts] == [0, 0, 1]


def test_the_path_of_alpha_and_the_minimum_are_above_what_diverges_and_ends_at_the_frame():
    scene = descent_scene()
    scene.picture(scene.paths(0.9 * scene.bowl.largest_step, 9), "Three paths.")
    surface = scene.live.moving[0]
    *paths, star = surface.lines
    colors = [line.get_color() for line in paths]
    assert colors == [LINE_COLORS[k] for k in (3, 1, 2)] and paths[0].get_linewidth() < 2
    assert star.get_marker() == "*" and star.get_markerfacecolor() == "white"
    is_in = [surface.viewLim.contains(*point) for point in paths[0].get_xydata()]
    assert len(is_in) < 10 and all(is_in[:-1]) and not is_in[-1]


def test_the_text_of_the_descent_has_the_last_loss_of_each_path():
    bowl = Bowl.of(INPUT[:, None], TARGET)
    with played(descent, alpha=0.5, n_steps=7) as figure:
        assert figure.status.value.startswith("After 7 steps: ")
        for name, multiple in MULTIPLES.items():
            last = descent_path(bowl.gradient, bowl.start, 0.5 * multiple, 7)[-1]
            end = f"J = {format_number(bowl.loss(last), 4)} with {name} = {0.5 * multiple:g}"
            assert end in figure.status.value and end in figure.picture.value


@cache
def descent_scene():
    return DescentScene(Bowl.of(INPUT[:, None], TARGET))


def test_the_ellipses_are_level_sets():
    scene = descent_scene()
    bowl = scene.bowl
    for ellipse in scene.surface.patches:
        rim = ellipse.get_patch_transform().transform(ellipse.get_path().vertices[::3])
        assert np.ptp([bowl.loss(theta) for theta in rim]) < 2e-3 * bowl.loss(rim[0])


# The player of the boundary


def test_the_player_shows_the_network_of_each_epoch():
    network, X, y = moons()
    figure = boundary()
    assert figure.status.value.startswith("Epoch 0: ")
    for epoch in (20, 100, 200):
        figure.controls["epoch"].value = epoch
        trained, _ = train(
            network, binary_cross_entropy, X, y[:, None],
            optimizer=GradientDescent(1.0), epochs=epoch,
        )
        J = format_number(binary_cross_entropy(trained(X), y[:, None]))
        right = int(np.sum((trained(X)[:, 0] > 0.5) == y))
        assert figure.status.value.startswith(f"Epoch {epoch}: loss J = {J} ")
        assert figure.status.value.endswith(f": {right} of 200 right.")


def test_the_still_picture_of_the_player_is_that_of_the_last_epoch():
    data = shared(boundary)._repr_mimebundle_()
    assert "Epoch 200: " in drawing_in(data[HTML]) and "Epoch 200: " in data["text/plain"]


def test_training_leaves_the_network_as_it_is():
    network, X, y = moons()
    before = [p.copy() for p in network.parameters]
    snapshots = train_snapshots(network, X, y, learning_rate=1.0, epochs=40, every=20)
    assert [s.epoch for s in snapshots] == [0, 20, 40]
    assert all(np.array_equal(p, q) for p, q in zip(before, network.parameters))
    losses = [binary_cross_entropy_on_logits(s.pre_activation(X), y) for s in snapshots]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize(("pressed_at", "last"), [(1, 0), (50, 40)])
def test_ctrl_c_ends_the_training_of_the_player_with_the_epochs_it_has(
    pressed_at, last, monkeypatch
):
    steps = []

    class Pressing(GradientDescent):
        def step(self, parameters, gradients, memory):
            super().step(parameters, gradients, memory)
            steps.append(parameters)
            if len(steps) == pressed_at:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("lecture_utils.interactive.boundary.GradientDescent", Pressing)
    with pytest.warns(UserWarning, match="Training interrupted"):
        figure = boundary()
    assert len(steps) == pressed_at and figure.controls["epoch"].max == last
    figure.controls["epoch"].value = last
    assert figure.status.value.startswith(f"Epoch {last}: ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 50}, "epochs must be a multiple of every, 20, got 50"),
        ({"every": 0}, "every must be at least 1"),
        ({"learning_rate": 0}, "learning_rate must be positive"),
        ({"network": mlp((2, 1), rng=np.random.default_rng(0))}, "one output from a sigmoid"),
        (
            {"network": mlp((2, 1), output=NOT_THE_SIGMOID, rng=np.random.default_rng(0))},
            "one output from a sigmoid",
        ),
        ({"y": np.full(200, 2)}, "y must hold only 0 and 1, got 2"),
    ],
)
def test_the_player_refuses_what_it_can_not_train(change, message, monkeypatch):
    monkeypatch.setattr("lecture_utils.interactive.boundary.Plane", lambda *data, **names: None)
    network, X, y = moons()
    values = {"network": network, "X": X, "y": y, "learning_rate": 1.0, "epochs": 40, "every": 20}
    with pytest.raises(ValueError, match=message):
        boundary_player(**values | change, **MOONS)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (INPUT, TARGET, r"X must have shape \(n_samples, n_features\)"),
        (np.c_[INPUT, INPUT], TARGET, "X must have 1 feature per sample, got 2"),
        (np.ones((20, 1)), TARGET, "X must hold at least two different numbers, got only 1.0"),
        (INPUT[:, None], TARGET[1:], "y"),
    ],
)
def test_the_descent_refuses_data_without_a_bowl(X, y, message):
    with pytest.raises(ValueError, match=message):
        descent_player(X, y)


# The stepper of backpropagation


def without_size(svg):
    return re.sub(r' style="width: \d+px; max-width: 100%; height: auto"', "", svg, count=1)


@pytest.mark.parametrize("biases", [False, True])
def test_each_step_shows_drawing_and_text_of_its_stage(biases):
    network = example(biases=biases)
    figure = stepper(network)
    trace, names = backprop(network, binary_cross_entropy, (5, 3), (1,)), stages(network)
    assert figure.controls["step"].max == len(names)
    for k in (2, 5, len(names) - 1):
        figure.controls["step"].value, stage = k, names[k - 1]
        drawn = draw_network(network, trace=trace, reveal=names[:k], mark=[stage])
        svg, _ = picture(drawn)
        assert without_size(figure.picture.value) == svg
        [output] = figure.explanation.outputs
        assert output["data"] == {"text/markdown": explain(trace, stage)}
        assert figure.status.value.startswith(f"Step {k} of {len(names)}: ")


def test_a_step_is_named_with_the_signs_of_the_lecture():
    figure = stepper()
    figure.controls["step"].value = 7
    assert figure.status.value == "Step 7 of 13: J"
    figure.controls["step"].value = 8
    assert figure.status.value == "Step 8 of 13: ∂J/∂ŷ"


def test_the_still_picture_of_the_stepper_shows_all_numbers():
    network = example()
    trace = backprop(network, binary_cross_entropy, (5, 3), (1,))
    names = stages(network)
    svg, alt = picture(draw_network(network, trace=trace, reveal=names, mark=names[-1:]))
    data = shared(stepper)._repr_mimebundle_()
    assert (drawing_in(data[HTML]), data["text/plain"]) == (svg, alt)


@pytest.mark.parametrize(
    ("name", "value", "network", "x", "y"),
    [
        ("x2", 0.3, example(), (5, 0.3), (1,)),
        ("y", 0, example(), (5, 3), (0,)),
        ("W12", 7, example(W=[[1, 7, 3], [2, 2, -1]]), (5, 3), (1,)),
    ],
)
def test_a_changed_number_gives_the_drawing_and_the_text_of_a_new_run(name, value, network, x, y):
    figure = stepper()
    figure.controls["step"].value = 13
    figure.controls[name].value = value
    trace = backprop(network, binary_cross_entropy, x, y)
    names = stages(network)
    svg, _ = picture(draw_network(network, trace=trace, reveal=names, mark=names[-1:]))
    assert without_size(figure.picture.value) == svg
    assert figure.explanation.outputs[0]["data"]["text/markdown"] == explain(trace, "dJ/dW 3")


def test_a_button_leads_back_to_the_numbers_of_the_start():
    figure = stepper()
    first = figure.picture.value
    figure.controls["x1"].value, figure.controls["V2"].value = 7, -2
    assert figure.picture.value != first
    figure.put("start")
    assert figure.picture.value == first


def test_changing_a_number_leaves_the_network_as_it_is():
    network = example()
    stepper(network).controls["W11"].value = 9
    assert network.parameters[0][0, 0] == 1


def test_every_input_target_weight_and_bias_can_be_changed():
    figure = stepper(example(biases=True))
    names = "step x1 x2 y W11 W12 W13 W21 W22 W23 V1 V2 V3".split()
    biases = ["b1", "b2", "b3", "c"]
    assert sorted(figure.controls) == sorted(names + biases)
    values = {name: figure.controls[name].value for name in biases}
    assert list(values.values()) == [0.5, 0, -0.5, 0.1]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("y", 0.5, "y must hold only 0 and 1, got 0.5"),
        ("x1", np.nan, "x1 must be a number from −1000 to 1000, got NaN"),
        ("W23", np.inf, "W23 must be a number from −1000 to 1000, got ∞"),
        ("V2", -1001, "V2 must be a number from −1000 to 1000, got −1001"),
    ],
)
def test_a_bad_number_changes_nothing_and_is_told_in_words(name, value, problem):
    figure = stepper()
    figure.controls["step"].value = 9
    shown = figure.picture.value, figure.explanation.outputs, figure.status.value
    good, figure.controls[name].value = figure.controls[name].value, value
    assert (figure.picture.value, figure.explanation.outputs, figure.status.value) == shown
    assert figure.problem.value == (
        f"Not changed: {problem}. The picture is that of the last right numbers."
    )
    figure.controls["step"].value = 10
    assert figure.status.value.startswith("Step 10 of 13")
    assert figure.problem.value
    figure.controls["step"].value = 9
    figure.controls[name].value = good
    assert (figure.picture.value, figure.explanation.outputs, figure.status.value) == shown
    assert figure.problem.value == ""


def test_what_cannot_be_written_out_is_refused_for_what_it_is():
    with pytest.raises(ValueError, match="which expects logits"):
        stepper(loss=binary_cross_entropy_on_logits)


def test_a_saturated_output_is_told_in_words():
    figure = stepper()
    figure.controls["V2"].value = 1000
    figure.controls["y"].value = 0
    assert "prediction 1 and the target 0, a neuron is so saturated" in figure.problem.value
    assert figure.controls["y"].value == 0


def test_the_stepper_takes_other_networks_and_losses():
    network = mlp((3, 2, 2), rng=np.random.default_rng(0))
    figure = stepper(network, squared_error, (1, 2, 3), (0.5, 2))
    assert [name for name in figure.controls if name[0] in "xy"] == ["x1", "x2", "x3", "y1", "y2"]
    figure.controls["y2"].value = -4
    figure.controls["step"].value = figure.controls["step"].max
    J = squared_error(network(np.array([[1.0, 2, 3]])), np.array([[0.5, -4]]))
    assert f"J = {format_number(J)}." in figure.picture.value


def test_the_stepper_is_for_one_sample():
    with pytest.raises(ValueError, match="x must be one sample to be written out, got 2"):
        stepper(example(), x=[[5, 3], [1, 2]], y=[[1], [0]])


# Garbage


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_is_kept_while_a_picture_is_drawn_and_then_collected_as_before(enabled):
    was_enabled, seen = gc.isenabled(), []
    (gc.enable if enabled else gc.disable)()
    try:
        slider = Slider(label="s", min=0, max=2)

        def answer(s):
            seen.append(gc.isenabled())
            if s == 2:
                raise ValueError("no answer")
            return Answer('<svg width="9pt"/>', "Nothing.", "")

        figure = Interactive({"s": slider}, answer, [slider])
        slider.value = 1
        assert figure.picture.value
        with pytest.raises(ValueError, match="no answer"):
            slider.value = 2
        assert seen == [False] * 3
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()


# Names and limits


def test_numbers_put_in_are_taken_by_name_and_none_may_be_missing():
    network = mlp((2, 1), output="sigmoid", rng=np.random.default_rng(0))
    scene = StepperScene(network, binary_cross_entropy, [5, 3], [1])
    turned = dict(reversed(scene.numbers.items())) | {"x1": 7.0}
    scene.change(turned)
    assert scene.trace.steps[0].x.tolist() == [[7.0, 3.0]]
    with pytest.raises(ValueError, match="numbers must have the names x1, x2, y, .*; got x1"):
        scene.change({"x1": 1.0})
    assert scene.trace.steps[0].x.tolist() == [[7.0, 3.0]]


@pytest.mark.parametrize(("share", "told"), [(0.999, 0), (1.001, 1)])
def test_a_step_size_above_the_limit_is_told_to_diverge_from_the_first_step(share, told):
    scene = descent_scene()
    alpha = share * scene.bowl.largest_step / 2  # so that 2α is just below or above the limit
    text = scene.text(scene.paths(alpha, 1), alpha)
    assert text.count("(diverges)") == told


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [([1.0, 2.0], ValueError, r"y must have shape \(3,\)"), (["a", "b", "c"], TypeError, "^y ")],
)
def test_targets_of_descent_that_do_not_fit_are_refused(y, error, message):
    with pytest.raises(error, match=message):
        Bowl.of([[0.0], [1.0], [2.0]], y)

"""Drawings: what they say, where it stands, and that no text covers anything."""

import io
from functools import cache
from itertools import combinations, pairwise

import matplotlib
import numpy as np
import pytest
from figure_checks import View
from figure_checks import texts_of as texts
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch, PathPatch
from matplotlib.path import Path

from lecture_utils import (
    Dense,
    Network,
    backprop,
    binary_cross_entropy,
    mlp,
    sigmoid,
    squared_error,
)
from lecture_utils.diagrams import (
    draw_artificial_neuron,
    draw_backward_steps,
    draw_biological_neuron,
    draw_composition,
    draw_graph,
    draw_layer,
    draw_network,
    draw_recurrent,
    stages,
)
from lecture_utils.diagrams.backward_steps import CAPTION_Y
from lecture_utils.diagrams.canvas import KINDS, NODES, Disc, format_label
from lecture_utils.diagrams.network import ABOVE
from lecture_utils.display import picture
from lecture_utils.formatting import format_number
from lecture_utils.graph import derivatives, variable
from lecture_utils.plotting import new_axes, use_style
from lecture_utils.style import CLASS_COLORS, GROUND

SLIDE, SLIDE_HEIGHT = 1280, 690  # pixels, without the margin
HIDDEN, OUTPUT = Dense([[1, -1, 3], [2, 2, -1]]), Dense([[0.1], [0.5], [-0.1]])
NETWORK = Network([HIDDEN, sigmoid, OUTPUT, sigmoid])
TRACE = backprop(NETWORK, binary_cross_entropy, [5, 3], [1])
STAGES = stages(NETWORK)


@pytest.fixture(autouse=True, scope="module")
def style():
    """The style of the notebooks, and afterwards what was there before."""
    with matplotlib.rc_context():
        use_style()
        yield


# The drawings that are looked at


def traced(sizes, bias=True, seed=0):
    """A random network and its trace on a random sample, with biases that are not zero."""
    rng = np.random.default_rng(seed)
    network = mlp(sizes, bias=bias, rng=rng)
    for parameter in network.parameters:
        parameter += rng.normal(0, 0.1, parameter.shape)
    x, y = rng.normal(size=sizes[0]), rng.normal(size=sizes[-1])
    return network, backprop(network, squared_error, x, y)


def expression():
    a, b = variable("a", 2), variable("b", 1)
    return (a + b) * (b + 1)


def named_expression():
    a, b = variable("a", 2), variable("b", 1)
    c, d = (a + b).named("c"), (b + 1).named("d")
    return (c * d).named("e")


def walkthrough(network, trace):
    names = stages(network)
    return [
        lambda ax=None, k=k: draw_network(network, trace=trace, reveal=names[:k], ax=ax)
        for k in range(len(names) + 1)
    ]


def graph_sequence(output):
    return [
        lambda ax=None: draw_graph(output, ax=ax),
        lambda ax=None: draw_graph(output, derivatives=derivatives(output), ax=ax),
    ]


def long_graph():
    a, b, c = variable("a", -0.00123456), variable("b", 12345.678), variable("rate", 1e-7)
    return ((a + b) * (b + c) + a) * c


def deep_graph():
    result = variable("a", -1.23456e-7)
    for _ in range(5):
        result = result + result
    return result


def wide_graph():
    a, b, c, d, e = (variable(name, -1.23456e-7) for name in "abcde")
    return (a + b) * (c + d) * e


def logistic_graph():
    a, b = variable("a", 2), variable("b", 3)
    return 1 / (1 + (-a * b).exp())


def graph_of_functions():
    a, b, c = variable("a", 2), variable("b", 3), variable("c", 0.5)
    return (a.log() - b.relu() * c.sigmoid()).tanh() ** 2


def graph_of_powers():
    a, weight = variable("a", 2), variable("weight", 3)
    return (a**weight - 2**a) ** (1 / 3) * 0.123456789


SEQUENCES = {
    "worked example": walkthrough(NETWORK, TRACE),
    "layer": [lambda ax=None, k=k: draw_layer(2, 3, shown=k, ax=ax) for k in range(4)],
    "large layer": [lambda ax=None, k=k: draw_layer(6, 6, shown=k, ax=ax) for k in range(7)],
    "composition": [lambda ax=None, k=k: draw_composition(4, backward=k, ax=ax) for k in range(5)],
    "steps": [lambda ax=None, k=k: draw_backward_steps(k, ax=ax) for k in range(1, 7)],
    "graph": graph_sequence(expression()),
    "long graph": graph_sequence(long_graph()),
    "deep graph": graph_sequence(deep_graph()),
    "wide graph": graph_sequence(wide_graph()),
    "logistic graph": graph_sequence(logistic_graph()),
    "graph of functions": graph_sequence(graph_of_functions()),
    "graph of powers": graph_sequence(graph_of_powers()),
    "named graph": graph_sequence(named_expression()),
    "recurrent": [lambda ax=None, n=n: draw_recurrent(n, ax=ax) for n in range(1, 5)],
}
SINGLE = {
    "biological neuron": draw_biological_neuron,
    "artificial neuron": draw_artificial_neuron,
    "one layer in a chain": lambda ax=None: draw_composition(1, backward=1, ax=ax),
    "six layers in a chain": lambda ax=None: draw_composition(6, backward=6, ax=ax),
    "recurrent, folded": draw_recurrent,
    "layer 1-1": lambda ax=None: draw_layer(1, 1, ax=ax),
}
LABELLED_SIZES = [(1, 1), (2, 1), (2, 1, 1), (2, 4, 1), (3, 3, 3), (5, 1), (1, 5, 1), (2, 2, 2, 1)]
BARE_SIZES = [(1, 1), (2, 3, 1), (3, 4, 4, 2), (4, 8, 3), (784, 100, 10), (2, 3, 3, 100, 3, 1)]
NOT_SATURATED = backprop(NETWORK, binary_cross_entropy, [0.5, 0.3], [0])
SINGLE["worked example, not saturated"] = walkthrough(NETWORK, NOT_SATURATED)[-1]
for sizes in LABELLED_SIZES:
    for bias in (True, False) if sizes != (3, 3, 3) else (False,):  # more than 18 in all
        name = f"network {sizes} {'with' if bias else 'without'} biases"
        SINGLE[name] = walkthrough(*traced(sizes, bias))[-1]
for sizes in BARE_SIZES:
    bare = mlp(sizes, rng=np.random.default_rng(0))
    SINGLE[f"network {sizes}"] = lambda ax=None, network=bare: draw_network(network, ax=ax)

DRAWINGS = SINGLE | {
    f"{name} {i}": draw for name, sequence in SEQUENCES.items() for i, draw in enumerate(sequence)
}
every_drawing = pytest.mark.parametrize("name", DRAWINGS)
every_sequence = pytest.mark.parametrize("name", SEQUENCES)


# What can be seen in a drawing


def centers(ax):
    return [c.center for c in ax.patches if isinstance(c, Disc)]


def circles(ax):
    return {(*np.round(c.center, 9), c.radius) for c in ax.patches if isinstance(c, Disc)}


def written(ax):
    return {(t.get_text(), *np.round(t.get_position(), 9)) for t in texts(ax)}


def place(ax, name):
    """Where the only text of this name stands, or the only one in a node."""
    found = [t for t in texts(ax) if t.get_text() == name]
    if len(found) > 1:
        found = [t for t in found if t.get_position() in centers(ax)]
    [text] = found
    return text.get_position()


def beside(ax, name, direction):
    """The number nearest to a node: above (+1) or below (−1) its name."""
    x, y = place(ax, name)
    near = {
        abs(t.get_position()[1] - y): t.get_text()
        for t in texts(ax)
        if np.isclose(t.get_position()[0], x) and 0 < direction * (t.get_position()[1] - y) < 40
    }
    return near[min(near)] if near else None


def column(ax, kind):
    """The numbers of a kind from left to right, each column from top to bottom."""
    color = KINDS[kind]["color"]
    found = [t for t in texts(ax) if t.get_color() == color]
    legend = min(t.get_position()[1] for t in texts(ax))
    found = [t for t in found if t.get_position()[1] > legend]
    found.sort(key=lambda t: (round(t.get_position()[0], 6), -t.get_position()[1]))
    return [t.get_text() for t in found]


def svg(ax):
    stream = io.BytesIO()
    ax.figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()


# Nothing is covered, cut or too small


@cache
def seen(name):
    """A view of a drawing, made once for all tests that only look at it."""
    return View(DRAWINGS[name]())


@every_drawing
def test_no_text_covers_another(name):
    assert seen(name).covered_texts() == []


@every_drawing
def test_no_text_covers_a_node_or_leaves_its_own(name):
    assert seen(name).texts_over_shapes() == []


@every_drawing
def test_no_text_covers_a_line(name):
    assert seen(name).texts_over_lines() == []


@every_drawing
def test_no_line_runs_over_a_node(name):
    assert seen(name).lines_over_nodes() == []


@every_drawing
def test_everything_is_on_the_canvas(name):
    assert seen(name).beyond_the_canvas() == []


@every_drawing
def test_text_can_be_read_at_the_back(name):
    ax = seen(name).ax
    width, height = ax.figure.get_size_inches() * 72
    assert width <= 940 + 1e-6
    smallest = min(text.get_fontsize() for text in texts(ax))
    assert smallest * 4 / 3 >= 18  # at natural size
    assert smallest * min(SLIDE / width, SLIDE_HEIGHT / height) >= 18


@every_drawing
def test_a_drawing_has_a_text_alternative_and_an_opaque_light_ground(name):
    ax = seen(name).ax
    text = ax.get_label()
    assert text.endswith(".")
    assert len(text) > 40
    assert "$" not in text and "-" not in text  # no code, and a true minus sign
    assert ax.figure.get_facecolor() == (*to_rgb(GROUND), 1)


@pytest.mark.parametrize("name", [*SINGLE, *(f"{n} {len(s) - 1}" for n, s in SEQUENCES.items())])
def test_the_file_is_small(name):
    assert len(picture(DRAWINGS[name]())[0].encode()) < 60_000


@pytest.mark.parametrize("sizes", [(2, 4, 1), (3, 3, 3)], ids=str)
def test_a_file_in_which_all_numbers_are_as_long_as_can_be_is_hardly_larger(sizes):
    network, _ = traced(sizes, bias=sizes != (3, 3, 3))
    trace = backprop(network, squared_error, [-1.23456e-6] * sizes[0], [-1.23456e-6] * sizes[-1])
    assert len(picture(walkthrough(network, trace)[-1]())[0].encode()) < 70_000


@pytest.mark.parametrize("name", ["worked example 13", "biological neuron", "steps 5", "graph 1"])
def test_the_file_is_the_same_each_time(name):
    assert svg(DRAWINGS[name]()) == svg(DRAWINGS[name]())


@pytest.mark.parametrize("seed", range(8))
def test_random_networks_within_the_limits_have_room_for_all_numbers(seed):
    rng = np.random.default_rng(seed)
    sizes = [int(n) for n in rng.integers(1, 4, 3)]
    bias = sum((n + 1) * m for n, m in pairwise(sizes)) <= 18
    network, trace = traced(sizes, bias, seed=seed)
    for parameter in network.parameters:
        parameter *= 10.0 ** rng.integers(-6, 6, parameter.shape)
    trace = backprop(network, squared_error, trace.steps[0].x[0], trace.y_hat[0] + 1)
    view = View(walkthrough(network, trace)[-1]())
    assert view.covered_texts() == view.texts_over_shapes() == view.texts_over_lines() == []


@pytest.mark.parametrize("name", ["worked example 13", "steps 5", "graph 1", "layer 3"])
def test_a_drawing_fits_into_axes_that_are_given(name):
    ax = new_axes(width=5, height=3)
    ax.plot([0, 1])
    assert DRAWINGS[name](ax=ax) is ax
    assert not ax.lines
    ax.figure.set_layout_engine("none")
    view = View(ax)
    assert view.covered_texts() == view.texts_over_shapes() == view.texts_over_lines() == []


# A sequence does not jump


def sequence(name):
    return [seen(f"{name} {i}").ax for i in range(len(SEQUENCES[name]))]


@every_sequence
def test_the_canvas_stays_as_it_is(name):
    axes = sequence(name)
    assert len({(*ax.figure.get_size_inches(), *ax.get_xlim(), *ax.get_ylim()) for ax in axes}) == 1


@every_sequence
def test_what_was_drawn_and_written_stays_where_it_is(name):
    for before, after in pairwise(sequence(name)):
        assert circles(before) <= circles(after)
        assert {w for w in written(before) if not in_caption(w)} <= written(after)


def in_caption(text):
    """Whether a text stands in the bottom line, which names the newest of the six steps."""
    return text[2] == CAPTION_Y


def test_the_worked_example_has_its_nodes_in_the_same_place_at_each_stage():
    places = [circles(ax) for ax in sequence("worked example")]
    assert all(place == places[0] for place in places)
    assert len(places[0]) == 7  # 2 inputs, 3 hidden, 1 output with a double outline


def test_a_layer_grows_by_one_neuron_at_a_time():
    counts = [len(circles(ax)) for ax in sequence("layer")]
    assert counts == [2, 3, 4, 5]


# The network


def test_stages_are_the_forward_pass_and_then_the_way_back():
    assert STAGES == [
        "x", "weights", "h1", "h2", "h3", "y_hat", "J", "dJ/dy_hat", "dJ/dV", "dJ/dh",
        "dJ/dW 1", "dJ/dW 2", "dJ/dW 3",
    ]  # fmt: skip


def test_stages_of_other_depths():
    rng = np.random.default_rng(0)
    assert stages(mlp((2, 1), rng=rng)) == ["x", "weights", "y_hat", "J", "dJ/dy_hat", "dJ/dW"]
    assert stages(mlp((2, 2, 1, 1), rng=rng)) == [
        "x", "weights", "h1_1", "h1_2", "h2_1", "y_hat", "J", "dJ/dy_hat", "dJ/dW3", "dJ/dh2",
        "dJ/dW2 1", "dJ/dh1", "dJ/dW1 1", "dJ/dW1 2",
    ]  # fmt: skip


def test_numbers_of_the_worked_example_stand_at_their_nodes():
    ax = draw_network(NETWORK, trace=TRACE, reveal=STAGES)
    above = {
        "x₁": "5", "x₂": "3", "h₁": "0.99998", "h₂": "0.73106",
        "h₃": "0.99999", "ŷ": "0.59038", "J": "0.52699",
    }  # fmt: skip
    below = {
        "x₁": None, "x₂": None, "h₁": "∂ −0.040962", "h₂": "∂ −0.20481",
        "h₃": "∂ 0.040962", "ŷ": "∂ −1.6938", "J": None,
    }  # fmt: skip
    assert {name: beside(ax, name, +1) for name in above} == above
    assert {name: beside(ax, name, -1) for name in below} == below


def test_numbers_of_the_worked_example_stand_at_their_lines():
    ax = draw_network(NETWORK, trace=TRACE, reveal=STAGES)
    assert column(ax, "weight") == ["1", "2", "−1", "2", "3", "−1", "0.1", "0.5", "−0.1"]
    assert column(ax, "weight gradient") == [
        "∂ −3.4206·10⁻⁶", "∂ −2.0523·10⁻⁶",
        "∂ −0.20134", "∂ −0.12080",
        "∂ 1.2584·10⁻⁶", "∂ 7.5503·10⁻⁷",
        "∂ −0.40962", "∂ −0.29946", "∂ −0.40962",
    ]  # fmt: skip


@pytest.mark.parametrize("sizes", [s for s in LABELLED_SIZES if s != (3, 3, 3)], ids=str)
def test_all_numbers_are_those_of_the_trace(sizes):
    network, trace = traced(sizes)
    ax = walkthrough(network, trace)[-1]()
    dense = [step for step in trace.steps if isinstance(step.layer, Dense)]
    # Column by column, neuron by neuron: the weights from top to bottom, then the bias.
    weights = [np.vstack([s.layer.params["W"], s.layer.params["b"]]).T.ravel() for s in dense]
    gradients = [np.vstack([s.grads["W"], s.grads["b"]]).T.ravel() for s in dense]
    outputs = [trace.steps[i - 1].y for i in range(2, len(trace.steps), 2)] + [trace.y_hat]
    values = [trace.steps[0].x, *outputs, [trace.loss]]
    for kind, tables in {"weight": weights, "weight gradient": gradients, "value": values}.items():
        expected = [format_label(v, kind) for table in tables for v in np.ravel(table)]
        assert column(ax, kind) == expected
    dys = [trace.steps[i - 1].dy for i in range(2, len(trace.steps), 2)] + [trace.steps[-1].dy]
    expected = [format_label(v, "node gradient") for dy in dys for v in dy.ravel()]
    assert column(ax, "node gradient") == expected


def test_each_weight_stands_on_the_line_between_its_nodes():
    ax = draw_network(NETWORK, trace=TRACE, reveal=["weights"])
    found = [t for t in texts(ax) if t.get_color() == KINDS["weight"]["color"]]
    weights = {t.get_position(): t.get_text() for t in found}
    for source, target, weight in [
        ("x₁", "h₁", "1"), ("x₁", "h₂", "−1"), ("x₁", "h₃", "3"),
        ("x₂", "h₁", "2"), ("x₂", "h₂", "2"), ("x₂", "h₃", "−1"),
        ("h₁", "ŷ", "0.1"), ("h₂", "ŷ", "0.5"),
        ("h₃", "ŷ", "−0.1"),
    ]:  # fmt: skip
        line = joining(ax, place(ax, source), place(ax, target))
        above = {text for (x, y), text in weights.items() if passes(line, x, y - ABOVE)}
        assert above == {weight}


def joining(ax, start, end):
    """The one line that begins at the edge of a node and ends at that of another."""
    [line] = [p for p in wires(ax) if near(p[0], start) and near(p[-1], end)]
    return line


def wires(ax):
    """The points of all lines, of which several may be one shape."""
    paths = [p.get_path() for p in ax.patches if isinstance(p, PathPatch)]
    starts = [np.flatnonzero(path.codes == Path.MOVETO)[1:] for path in paths]
    return [line for path, at in zip(paths, starts) for line in np.split(path.vertices, at)]


def near(point, node):
    return np.isclose(np.hypot(*np.subtract(point, node)), 22, atol=0.01)


def passes(line, x, y):
    """Whether a line is level at height `y` where it passes `x`."""
    return any(
        x0 <= x <= x1 and np.isclose(y0, y) and np.isclose(y1, y)
        for (x0, y0), (x1, y1) in zip(line, line[1:])
    )


def test_only_what_is_revealed_is_written_and_told():
    ax = draw_network(NETWORK, trace=TRACE, reveal=["x", "h2"])
    assert column(ax, "value") == ["5", "3", "0.73106"]
    assert column(ax, "weight") == column(ax, "node gradient") == []
    assert ax.get_label() == (
        "Network with 2 inputs, 3 hidden units and 1 output, without biases. "
        "x1 = 5, x2 = 3. h2 = 0.73106."
    )


def test_the_text_alternative_tells_all_numbers_in_the_order_of_the_stages():
    text = draw_network(NETWORK, trace=TRACE, reveal=reversed(STAGES)).get_label()
    parts = [
        "x1 = 5, x2 = 3. W11 = 1, W21 = 2, W12 = −1, W22 = 2, W13 = 3, W23 = −1, V1 = 0.1, ",
        "h1 = 0.99998. h2 = 0.73106. h3 = 0.99999. ŷ = 0.59038. J = 0.52699. ∂J/∂ŷ = −1.6938. ",
        "∂J/∂V1 = −0.40962, ∂J/∂V2 = −0.29946, ∂J/∂V3 = −0.40962. ∂J/∂h1 = −0.040962, ",
        "∂J/∂W11 = −3.4206 × 10⁻⁶, ∂J/∂W21 = −2.0523 × 10⁻⁶. ∂J/∂W12 = −0.20134, ",
        "∂J/∂W13 = 1.2584 × 10⁻⁶, ∂J/∂W23 = 7.5503 × 10⁻⁷.",
    ]
    found = [text.find(part) for part in parts]
    assert -1 not in found
    assert found == sorted(found)


def test_names_with_several_outputs_biases_and_hidden_layers():
    network, trace = traced((2, 1, 1, 2))
    text = draw_network(network, trace=trace, reveal=stages(network)).get_label()
    assert text.startswith("Network with 2 inputs, hidden layers of 1 and 1 units and 2 outputs,")
    for name in ("W1_11 =", "b1_1 =", "h1_1 =", "h2_1 =", "ŷ2 =", "∂J/∂b3_2 ="):
        assert name in text


def test_layers_differ_by_colour_and_by_outline():
    ax = draw_network(NETWORK)
    nodes = {}
    for text in texts(ax):
        rings = [p for p in ax.patches if isinstance(p, Disc) and p.center == text.get_position()]
        nodes[text.get_text()] = [(p.get_facecolor(), p.get_linewidth()) for p in rings]
    looks = [nodes["x₁"], nodes["h₁"], nodes["ŷ"]]
    assert len({look[0][0] for look in looks}) == 3
    assert len({(len(look), look[0][1]) for look in looks}) == 3  # outlines alone
    assert {"input (2)", "hidden (3)", "output (1)"} <= {t.get_text() for t in texts(ax)}


def test_a_network_without_trace_has_all_nodes_and_lines():
    ax = draw_network(mlp((3, 4, 4, 2), rng=np.random.default_rng(0)))
    names = {t.get_text() for t in texts(ax)}
    assert {"x₃", "$h^{(1)}_{4}$", "$h^{(2)}_{4}$", "ŷ₂"} <= names
    assert len(wires(ax)) == 3 * 4 + 4 * 4 + 4 * 2
    assert ax.get_label() == (
        "Network with 3 inputs, hidden layers of 4 and 4 units and 2 outputs, with biases."
    )


def test_the_middle_of_a_large_layer_is_left_out_and_the_number_told():
    ax = draw_network(mlp((784, 100, 10), rng=np.random.default_rng(0)))
    names = {t.get_text() for t in texts(ax)}
    assert {"input (784)", "x₅", "x₇₈₄", "h₁₀₀", "output (10)"} <= names
    assert "x₆" not in names


# The other drawings


def test_the_two_neurons_have_the_same_layout():
    biological, artificial = draw_biological_neuron(), draw_artificial_neuron()
    assert tuple(biological.figure.get_size_inches()) == tuple(artificial.figure.get_size_inches())
    assert place(biological, "cell body")[0] == place(artificial, "sum")[0]
    nucleus = [c.center for c in biological.patches if isinstance(c, Disc) and c.radius == 20]
    assert nucleus == [place(artificial, "$\\Sigma$")]
    starts = [p.get_path().vertices[0][1] for p in biological.patches if isinstance(p, PathPatch)]
    for j in (1, 2, 3):
        assert place(artificial, f"$x_{j}$")[1] in starts  # a dendrite forks at that height
    terminals = {c.center for c in biological.patches if isinstance(c, Disc) and c.radius == 9}
    assert place(artificial, r"$\hat{y}$") in terminals


def test_parts_of_the_neurons_are_named():
    biological = ["dendrites", "cell body", "nucleus", "axon", "terminals"]
    artificial = ["inputs", "weights", "sum", "activation", "output", "bias $b$"]
    for draw, parts in (draw_biological_neuron, biological), (draw_artificial_neuron, artificial):
        ax = draw()
        assert set(parts) <= {t.get_text() for t in texts(ax)}
        for part in parts:
            assert part.split()[0].rstrip("s") in ax.get_label()


def test_a_layer_tells_which_neurons_are_drawn():
    ax = draw_layer(2, 3, shown=2)
    assert ax.get_label() == (
        "Layer with 2 inputs and 3 neurons, of which the first 2 are drawn. "
        "Each is joined to every input: h1 = σ(w1ᵀx + b1), h2 = σ(w2ᵀx + b2)."
    )
    assert "all are drawn" in draw_layer(2, 3).get_label()
    assert "none is drawn" in draw_layer(2, 3, shown=0).get_label()
    assert draw_layer(1, 1).get_label().startswith("Layer with 1 input and 1 neuron, of which")
    assert len([p for p in ax.patches if isinstance(p, PathPatch)]) == 4


def test_the_newest_neuron_of_a_layer_stands_out():
    def strong(ax):
        return [p.get_path().vertices[-1][1] for p in ax.patches
                if isinstance(p, PathPatch) and p.get_linewidth() > 2]  # fmt: skip

    ax = draw_layer(2, 3, shown=2)
    assert strong(ax) == [place(ax, "$h_2$")[1]] * 2
    assert strong(draw_layer(2, 3)) == []


def test_the_gradient_flows_back_through_the_last_layers():
    ax = draw_composition(4, backward=2)
    gradients = [t.get_text() for t in texts(ax) if "partial" in t.get_text()]
    assert gradients == [rf"$\partial J/\partial {y}$" for y in ("y_2", "y_3", r"\hat{y}")]
    assert place(ax, "$y_3$")[0] == place(ax, r"$\partial J/\partial y_3$")[0]
    assert ax.get_label() == (
        "Network as a composition of layers: x → f1 → f2 → f3 → f4 → ŷ. "
        "The gradient flows back from the end: ∂J/∂ŷ → ∂J/∂y3 → ∂J/∂y2."
    )
    assert "gradient" not in draw_composition(4).get_label()


def test_arrows_of_the_gradient_point_back_and_all_others_forward():
    for ax in (draw_composition(3, backward=3), draw_backward_steps(6)):
        for arrow in (p for p in ax.patches if isinstance(p, FancyArrowPatch)):
            (x0, _), (x1, _) = arrow._posA_posB
            back = to_rgb(arrow.get_edgecolor()) != to_rgb("#1A1A1A")
            assert x1 <= x0 if back else x1 >= x0


@pytest.mark.parametrize("shown", range(1, 7))
def test_steps_are_numbered_and_told(shown):
    ax = draw_backward_steps(shown)
    numbers = sorted(t.get_text() for t in texts(ax) if t.get_text().isdigit())
    assert numbers == sorted([*map(str, range(1, shown + 1)), str(shown)])  # one in the caption
    assert ax.get_label().count("Step") == shown


def test_a_graph_has_values_above_and_derivatives_below_its_nodes():
    output = expression()
    ax = draw_graph(output, derivatives=derivatives(output))
    assert [beside(ax, name, +1) for name in ("a", "b", "1", "×")] == ["2", "1", "1", "6"]
    assert [beside(ax, name, -1) for name in ("a", "b", "×")] == ["∂ 2", "∂ 5", "∂ 1"]
    assert ax.get_label() == (
        "Computation graph of (a + b) × (b + 1). Values, forward: a = 2; b = 1; a + b = 3; 1 = 1; "
        "b + 1 = 2; (a + b) × (b + 1) = 6. Derivatives of the result, backward: "
        "by (a + b) × (b + 1): 1; by b + 1: 3; by 1: 3; by a + b: 2; by b: 5; by a: 2."
    )
    assert column(draw_graph(output), "node gradient") == []


def test_a_node_stands_to_the_right_of_its_inputs():
    ax = draw_graph(long_graph())
    left, right = place(ax, "b")[0], max(t.get_position()[0] for t in texts(ax))
    assert left < sorted(t.get_position()[0] for t in texts(ax) if t.get_text() == "+")[0] < right


def test_a_named_result_is_written_with_its_name_and_told_by_it():
    output = named_expression()
    ax = draw_graph(output, derivatives=derivatives(output))
    assert beside(ax, "×", +1) == "e = 6"
    assert {"c = 3", "d = 2"} <= {t.get_text() for t in texts(ax)}
    assert ax.get_label() == (
        "Computation graph of e = c × d. Values, forward: a = 2; b = 1; c = a + b = 3; 1 = 1; "
        "d = b + 1 = 2; e = c × d = 6. Derivatives of the result, backward: "
        "by e: 1; by d: 3; by 1: 3; by c: 2; by b: 5; by a: 2."
    )


@pytest.mark.parametrize(
    "compute, formula",
    [
        (lambda a, b, c: a + b * c, "a + b × c"),
        (lambda a, b, c: a - b + c, "a − b + c"),
        (lambda a, b, c: a - (b + c), "a − (b + c)"),
        (lambda a, b, c: a + (b + c), "a + (b + c)"),
        (lambda a, b, c: a / b * c, "a / b × c"),
        (lambda a, b, c: a / (b * c), "a / (b × c)"),
        (lambda a, b, c: -a - (-b), "−a − (−b)"),
        (lambda a, b, c: -(a * b), "−(a × b)"),
        (lambda a, b, c: -a * b, "(−a) × b"),
        (lambda a, b, c: a * -2, "a × (−2)"),
        (lambda a, b, c: -2 + a, "−2 + a"),
        (lambda a, b, c: -(a**2), "−a^2"),
        (lambda a, b, c: (-a) ** 2, "(−a)^2"),
        (lambda a, b, c: (a / b) ** -0.5, "(a / b)^−0.5"),
        (lambda a, b, c: (a**2) ** b, "(a^2)^b"),
        (lambda a, b, c: 2 ** (a + b), "2^(a + b)"),
        (lambda a, b, c: a.exp() ** b.log(), "exp(a)^log(b)"),
        (lambda a, b, c: (-(a + b)).tanh(), "tanh(−(a + b))"),
        (lambda a, b, c: a.sigmoid() + b.relu(), "σ(a) + ReLU(b)"),
        (lambda a, b, c: (a - b).named("d") ** 2, "d^2"),
        (lambda a, b, c: sum([a, b]), "0 + a + b"),
    ],
)
def test_a_formula_has_the_brackets_that_it_needs_and_no_others(compute, formula):
    result = compute(variable("a", 3), variable("b", 2), variable("c", 1))
    assert draw_graph(result).get_label().startswith(f"Computation graph of {formula}. Values")


def test_the_name_of_each_operation_stands_in_its_node():
    drawn = [{t.get_text() for t in texts(ax)} for ax in map(draw_graph, (
        logistic_graph(), graph_of_functions(), graph_of_powers(),
    ))]
    assert {"/", "+", "exp", "×", "−"} <= drawn[0]
    assert {"log", "−", "ReLU", "σ", "tanh", "^2"} <= drawn[1]
    assert {"^", "−", "×", "^0…", "0.1…", "wei…"} <= drawn[2]    # the rest has no room


def test_the_upper_arrow_comes_from_the_first_input_unless_the_inputs_can_be_exchanged():
    a, b = variable("a", 2), variable("b", 3)
    for results, upper in (((a - b, b - a), ["a", "b"]), ((a + b, b + a), ["a", "a"])):
        ax = draw_graph(results[0] * results[1])
        wires = [p.get_path().vertices for p in ax.patches if isinstance(p, PathPatch)]
        wires = [w for w in wires if w[0, 0] == place(ax, "a")[0]]
        wires.sort(key=lambda wire: -wire[-1, 1])   # two for each result, the upper one first
        starts = {place(ax, node.name)[1]: node.name for node in (a, b)}
        assert [starts[wire[0, 1]] for wire in wires[::2]] == upper


def test_each_line_of_a_graph_ends_in_a_head_that_points_at_its_node():
    ax = draw_graph(expression())
    heads = [p for p in ax.patches if isinstance(p, PathPatch) and p.get_facecolor()[3] == 1]
    tips = [max(map(tuple, head.get_path().vertices)) for head in heads]
    results = [t for t in texts(ax) if t.get_text() in "+×"]
    reached = [
        result.get_text()
        for tip in tips
        for result in results
        if np.isclose(np.hypot(*np.subtract(tip, result.get_position())), 22, atol=2)
    ]
    assert sorted(reached) == ["+", "+", "+", "+", "×", "×"]


def test_a_folded_recurrent_layer_has_a_loop():
    ax = draw_recurrent()
    names = {t.get_text() for t in texts(ax)}
    assert {"$x_t$", "$h_t$", "$h_{t-1}$", "$W, U, b$"} <= names
    upper, lower = sorted((y for x, y in loop_ends(ax)), reverse=True)
    assert upper > place(ax, "$W, U, b$")[1] > lower
    assert ax.get_label() == (
        "Recurrent layer, folded: h_t = tanh(x_t W + h_(t−1) U + b). The input x_t and, through "
        "a loop, the output h_(t−1) of the step before go in; h_t comes out."
    )


def loop_ends(ax):
    """Where the loop leaves the layer, and where it comes back to it."""
    [loop] = [p for p in ax.patches if isinstance(p, PathPatch)]
    [back] = [p for p in ax.patches if isinstance(p, FancyArrowPatch)
              and p._posA_posB[1][0] < p._posA_posB[0][0]]  # fmt: skip
    return tuple(loop.get_path().vertices[0]), back._posA_posB[1]


@pytest.mark.parametrize("n_steps", range(1, 5))
def test_an_unfolded_recurrent_layer_stands_there_once_for_each_step(n_steps):
    ax = draw_recurrent(n_steps)
    names = [t.get_text() for t in texts(ax)]
    assert names.count("$W, U, b$") == n_steps
    assert [n for n in names if n.startswith("$x")] == [f"$x_{t}$" for t in range(1, n_steps + 1)]
    assert {names.count(f"$h_{t}$") for t in range(n_steps)} <= {1, 2}
    assert names.count(f"$h_{n_steps}$") == 1
    assert any("the same $W$, $U$ and $b$ at each step" in name for name in names)
    assert f"Step {n_steps}: x{n_steps} and h{n_steps - 1} go in, h{n_steps} comes out." in (
        ax.get_label()
    )


def test_folded_and_unfolded_have_the_same_canvas():
    folded, unfolded = draw_recurrent(), draw_recurrent(4)
    assert tuple(folded.figure.get_size_inches()) == tuple(unfolded.figure.get_size_inches())
    formula = next(t.get_text() for t in texts(folded) if "tanh" in t.get_text())
    assert place(folded, formula) == place(unfolded, formula)


# Numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.999983298578152, "0.99998"),
        (-6.841155532628106e-07, "−6.8412 × 10⁻⁷"),
        (0.12080485947160532, "0.12080"),
        (5, "5"),
        (-1.0, "−1"),
        (0.1, "0.1"),
        (0.9999999, "1.0000"),  # rounded, so not the number 1
        (0, "0"),
        (-0.0, "0"),
        (0.001, "0.001"),
        (0.0009999, "9.999 × 10⁻⁴"),
        (0.00099999999, "0.0010000"),
        (12345.6, "12346"),
        (99999.5, "1.0000 × 10⁵"),
        (100005.0, "1.0000 × 10⁵"),  # a tie: to the even digit
        (100015.0, "1.0002 × 10⁵"),
        (1e300, "1 × 10³⁰⁰"),
        (10.0, "10"),
        (np.inf, "∞"),
        (-np.inf, "−∞"),
        (np.nan, "NaN"),
        (np.float32(0.5), "0.5"),
    ],
)
def test_numbers_have_five_digits_and_true_minus_signs(value, text):
    assert format_number(value) == text


def test_numbers_on_a_drawing_are_told_apart_by_their_form():
    assert format_label(-2e-7, "value") == format_label(-2e-7, "weight") == "−2·10⁻⁷"
    assert format_label(-0.5, "weight gradient") == "∂ −0.5"
    assert format_label(-0.5, "value") == "−0.5"


# Colours


def luminance(color):
    return linear(color) @ [0.2126, 0.7152, 0.0722]


def linear(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_have_enough_contrast(kind):
    style = KINDS[kind]
    ground = luminance(style.get("fill", GROUND))
    assert (ground + 0.05) / (luminance(style["color"]) + 0.05) >= 4.5


def test_names_have_enough_contrast_on_their_nodes():
    for kind in ("input", "hidden", "output", "plain"):
        assert (luminance(NODES[kind]["fill"]) + 0.05) / (luminance("#1A1A1A") + 0.05) >= 4.5


# Machado, Oliveira and Fernandes (2009): what is seen without one kind of cones, in linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def seen_as(color, vision):
    """The colour in CIE L*a*b*, where a distance of 2 or 3 can just be seen."""
    seen = np.clip(np.asarray(VISIONS[vision]) @ linear(color), 0, 1)
    x, y, z = np.cbrt(XYZ @ seen / XYZ.sum(axis=1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(
    ("colors", "distance"),
    [
        ([style["color"] for style in KINDS.values()], 20),
        (CLASS_COLORS, 15),  # each has a marker too, and each node an outline of its kind
        ([NODES[kind]["fill"] for kind in ("input", "hidden", "output")], 15),
    ],
    ids=["kinds of numbers", "classes", "kinds of nodes"],
)
def test_colours_stay_apart_for_all_readers(colors, distance, vision):
    places = [seen_as(color, vision) for color in colors]
    assert min(np.linalg.norm(a - b) for a, b in combinations(places, 2)) >= distance


def test_kinds_differ_without_colour():
    signs = {(s.get("weight"), s.get("box")) for s in KINDS.values()}
    assert len(signs) == len(KINDS)


# What is refused


@pytest.mark.parametrize(
    ("draw", "arguments", "error", "message"),
    [
        (draw_network, {"trace": TRACE, "reveal": ["h4"]}, ValueError, "x, weights, h1.*'h4'"),
        (draw_network, {"trace": TRACE, "reveal": "x"}, TypeError, "reveal.*'x'"),
        (draw_network, {"trace": TRACE, "reveal": 3}, TypeError, "reveal.*int"),
        (draw_network, {"reveal": ["x"]}, ValueError, "needs a trace"),
        (draw_network, {"trace": 3}, TypeError, "trace must be what backprop returns, got int"),
        (draw_network, {"network": "net"}, TypeError, "network must be a Network, got str"),
        (draw_network, {"network": Network([sigmoid])}, ValueError, "dense layers.*sigmoid"),
        (draw_network, {"network": Network([Dense([[1]])] * 8)}, ValueError, "at most 8.*got 9"),
        (draw_network, {"ax": "ax"}, TypeError, "ax must be matplotlib axes, got str"),
        (draw_layer, {"n_inputs": 0}, ValueError, "n_inputs must be from 1 to 6, got 0"),
        (draw_layer, {"n_neurons": 7}, ValueError, "n_neurons must be from 1 to 6, got 7"),
        (draw_layer, {"shown": 4}, ValueError, "shown must be from 0 to 3, got 4"),
        (draw_layer, {"n_inputs": 2.0}, TypeError, "n_inputs must be a whole number, got float"),
        (draw_composition, {"n_layers": 7}, ValueError, "n_layers must be from 1 to 6, got 7"),
        (draw_composition, {"backward": 4}, ValueError, "backward must be from 0 to 3, got 4"),
        (draw_backward_steps, {"shown": 0}, ValueError, "shown must be from 1 to 6, got 0"),
        (draw_backward_steps, {"shown": True}, TypeError, "whole number, got bool"),
        (draw_recurrent, {"n_steps": 0}, ValueError, "n_steps must be from 1 to 4, got 0"),
        (draw_recurrent, {"n_steps": 5}, ValueError, "n_steps must be from 1 to 4, got 5"),
        (draw_recurrent, {"n_steps": 2.0}, TypeError, "n_steps must be a whole number, got float"),
        (draw_graph, {"output": 3.0}, TypeError, "output must be a graph node, got float"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, arguments, error, message):
    usual = {
        draw_network: {"network": NETWORK},
        draw_layer: {"n_inputs": 2, "n_neurons": 3},
        draw_composition: {"n_layers": 3},
    }
    with pytest.raises(error, match=message):
        draw(**usual.get(draw, {}) | arguments)


def test_stages_of_a_network_with_other_layers_are_refused():
    with pytest.raises(ValueError, match="dense layers"):
        stages(Network([sigmoid, OUTPUT]))


def test_a_trace_of_a_batch_is_refused():
    batch = backprop(NETWORK, binary_cross_entropy, [[5, 3], [0, 1]], [[1], [0]])
    with pytest.raises(ValueError, match="one sample.*got 2"):
        draw_network(NETWORK, trace=batch)


def test_a_trace_of_another_network_is_refused():
    _, trace = traced((2, 3, 1))
    with pytest.raises(ValueError, match="trace must come from backprop on Dense"):
        draw_network(NETWORK, trace=trace)


@pytest.mark.parametrize("sizes", [(2, 2, 2, 2, 1), (4, 4, 1), (3, 3, 3), (6, 1)])
def test_a_trace_too_large_for_labels_is_refused(sizes):
    network, trace = traced(sizes)
    with pytest.raises(ValueError, match="at most 3 layers with 12 weights.*18 in all.*5 nodes"):
        draw_network(network, trace=trace)


def test_a_trace_whose_numbers_are_too_long_for_the_width_is_refused():
    network, _ = traced((2, 2, 2, 1))
    trace = backprop(network, squared_error, [1.23456e-6] * 2, [1.23456e6])
    for parameter in network.parameters:
        parameter *= 1.23456e-6
    with pytest.raises(ValueError, match="at most 940 points wide.*got 1[01].*fewer layers"):
        draw_network(network, trace=trace)


def test_a_graph_without_all_derivatives_or_too_large_is_refused():
    output = expression()
    with pytest.raises(ValueError, match=r"derivatives.*none for \['a'"):
        draw_graph(output, derivatives={output: 1.0})
    a, b, c, d, e, f = (variable(name, 1) for name in "abcdef")
    with pytest.raises(ValueError, match="at most 5 nodes in a step to be drawn, got 6"):
        draw_graph((a + b) * (c + d) * (e + f))
    named = (output + 1).named("a name that is too long to stand above every node of a drawing")
    with pytest.raises(ValueError, match="at most 940 points wide.*shorter names"):
        draw_graph(named)
    for _ in range(5000):
        output = output + 1
    with pytest.raises(ValueError, match="at most 6 steps to be drawn, got 5003"):
        draw_graph(output, derivatives={output: 1.0})

"""Drawings: what they say, where it stands, and that no text covers anything."""

import io
from functools import cache
from itertools import combinations, pairwise

import matplotlib
import numpy as np
import pytest
from figure_checks import View, contrast, linear
from figure_checks import texts_of as texts
from matplotlib.colors import to_rgb
from matplotlib.patches import PathPatch

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
from lecture_utils.display import picture
from lecture_utils.formatting import format_number
from lecture_utils.graph import derivatives, variable
from lecture_utils.plotting import new_axes, use_style
from lecture_utils.style import CLASS_COLORS, GROUND, INK

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
# The others of a sequence have nothing that the last has not, which a test below sees.
LAST = [f"{name} {len(sequence) - 1}" for name, sequence in SEQUENCES.items() if name != "steps"]
every_drawing = pytest.mark.parametrize(
    "name", [*SINGLE, *LAST, *(name for name in DRAWINGS if name.startswith("steps"))]
)
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


def svg(ax):
    stream = io.BytesIO()
    ax.figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()


# Nothing is covered, cut or too small


@cache
def drawn(name):
    """A drawing, made once for all tests that only look at it."""
    return DRAWINGS[name]()


@every_drawing
def test_nothing_is_covered_or_cut(name):
    view = View(drawn(name))
    assert view.covered_texts() == view.texts_over_shapes() == view.texts_over_lines() == []
    assert view.lines_over_nodes() == view.beyond_the_canvas() == []


@every_drawing
def test_text_can_be_read_at_the_back_and_told_in_words(name):
    ax = drawn(name)
    width, height = ax.figure.get_size_inches() * 72
    assert width <= 940 + 1e-6
    smallest = min(text.get_fontsize() for text in texts(ax))
    assert smallest * 4 / 3 >= 18  # at natural size
    assert smallest * min(SLIDE / width, SLIDE_HEIGHT / height) >= 18
    assert ax.get_label().endswith(".") and len(ax.get_label()) > 40
    assert "$" not in ax.get_label() and "-" not in ax.get_label()  # no code, and a true minus sign
    assert ax.figure.get_facecolor() == (*to_rgb(GROUND), 1)


# Those with the most lines, texts and nodes
@pytest.mark.parametrize("name", [
    "worked example 13", "network (2, 4, 1) with biases", "network (3, 3, 3) without biases",
    "network (784, 100, 10)", "biological neuron", "large layer 6", "steps 5", "deep graph 1",
    "graph of powers 1", "recurrent 3",
])  # fmt: skip
def test_the_file_is_small(name):
    assert len(picture(DRAWINGS[name]())[0].encode()) < 60_000


@pytest.mark.parametrize("sizes", [(3, 3, 3)], ids=str)
def test_a_file_in_which_all_numbers_are_as_long_as_can_be_is_hardly_larger(sizes):
    network, _ = traced(sizes, bias=sizes != (3, 3, 3))
    trace = backprop(network, squared_error, [-1.23456e-6] * sizes[0], [-1.23456e-6] * sizes[-1])
    assert len(picture(walkthrough(network, trace)[-1]())[0].encode()) < 70_000


@pytest.mark.parametrize("name", ["biological neuron", "graph 1"])
def test_the_file_is_the_same_each_time(name):
    assert svg(DRAWINGS[name]()) == svg(DRAWINGS[name]())


@pytest.mark.parametrize("seed", range(4))
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


@pytest.mark.parametrize("name", ["worked example 13", "steps 5"])
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
    return [drawn(f"{name} {i}") for i in range(len(SEQUENCES[name]))]


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


def test_the_middle_of_a_large_layer_is_left_out_and_the_number_told():
    ax = draw_network(mlp((784, 100, 10), rng=np.random.default_rng(0)))
    names = {t.get_text() for t in texts(ax)}
    assert {"input (784)", "$x_{5}$", "$x_{784}$", "$h_{100}$", "output (10)"} <= names
    assert "$x_{6}$" not in names


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


@pytest.mark.parametrize("shown", range(1, 7))
def test_steps_are_numbered_and_told(shown):
    ax = draw_backward_steps(shown)
    numbers = sorted(t.get_text() for t in texts(ax) if t.get_text().isdigit())
    assert numbers == sorted([*map(str, range(1, shown + 1)), str(shown)])  # one in the caption
    assert ax.get_label().count("Step") == shown


def test_a_graph_is_told_with_its_values_and_with_derivatives_if_they_are_given():
    output = expression()
    ax = draw_graph(output, derivatives=derivatives(output))
    assert ax.get_label() == (
        "Computation graph of (a + b) × (b + 1). Values, forward: a = 2; b = 1; a + b = 3; 1 = 1; "
        "b + 1 = 2; (a + b) × (b + 1) = 6. Derivatives of the result, backward: "
        "by (a + b) × (b + 1): 1; by b + 1: 3; by 1: 3; by a + b: 2; by b: 5; by a: 2."
    )
    assert not any("∂" in text.get_text() for text in texts(draw_graph(output)))


def test_a_named_result_is_told_by_its_name():
    output = named_expression()
    ax = draw_graph(output, derivatives=derivatives(output))
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
    assert {"^", "−", "×", "^0.…", "0.1…", "wei…"} <= drawn[2]    # the rest has no room


def test_a_folded_layer_leaves_room_for_text_beside_it():
    width, height = draw_recurrent().figure.get_size_inches()
    assert width < 1.3 * height    # see canBeBeside in fit.js
    assert height == draw_recurrent(4).figure.get_size_inches()[1]


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


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_have_enough_contrast(kind):
    assert contrast(KINDS[kind]["color"], KINDS[kind].get("fill", GROUND)) >= 4.5


def test_names_have_enough_contrast_on_their_nodes():
    for kind in ("input", "hidden", "output", "plain"):
        assert contrast(NODES[kind]["fill"], INK) >= 4.5


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
    trace = backprop(network, squared_error, [1.23456e-100] * 2, [1.23456e100])
    for parameter in network.parameters:
        parameter *= 1.23456e-100
    with pytest.raises(ValueError, match="at most 940 points wide.*got 9[5-9].*fewer layers"):
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

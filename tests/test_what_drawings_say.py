"""What drawings say is true: each is read back from places, and held against plain NumPy."""

import re
from functools import cache
from itertools import pairwise, product

import matplotlib
import numpy as np
import pytest
from drawing_reader import Drawing, number_in, plain
from matplotlib.colors import to_hex
from matplotlib.patches import Patch

from lecture_utils import (
    Dense,
    Network,
    backprop,
    binary_cross_entropy,
    sigmoid,
    squared_error,
    tanh,
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
from lecture_utils.diagrams.canvas import Disc
from lecture_utils.diagrams.network import LINE_MARK, MARK
from lecture_utils.graph import derivatives, variable
from lecture_utils.plotting import use_style

KINDS = ("value", "weight", "∂J/∂ value", "∂J/∂ weight")  # as the legend has them


@pytest.fixture(autouse=True, scope="module")
def style():
    """The style of the notebooks, and afterwards what was there before."""
    with matplotlib.rc_context():
        use_style()
        yield


# Networks. A node is (layer, k), all from 1 but the layer of the inputs, which is 0; what goes from
# one to another, (source, target); a bias comes from the constant "1".

SIZES = [
    ((1, 1), True), ((2, 1), False), ((3, 1), True), ((2, 3, 1), False), ((2, 2, 2), True),
    ((3, 2, 3), True), ((3, 3, 3), False), ((1, 4, 2), True), ((2, 2, 2, 1), True),
    ((2, 1, 3, 2), False),
]  # fmt: skip
every_network = pytest.mark.parametrize("sizes, bias", SIZES, ids=str)


@cache
def example(sizes, bias):
    """A random network, its trace, and each of its numbers by kind and place."""
    rng = np.random.default_rng([*sizes, bias])
    Ws = [rng.normal(0, 1.5, shape).round(4) for shape in pairwise(sizes)]
    bs = [rng.normal(size=n).round(4) for n in sizes[1:]] if bias else [None] * (len(sizes) - 1)
    x, y = rng.normal(size=sizes[0]).round(4), rng.normal(size=sizes[-1]).round(4)
    functions = [tanh] * (len(sizes) - 2) + [sigmoid]
    layers = [layer for W, b, f in zip(Ws, bs, functions) for layer in (Dense(W, b), f)]
    network = Network(layers)
    return network, backprop(network, squared_error, x, y), told(Ws, bs, x, y)


def told(Ws, bs, x, y):
    """The numbers of a network, computed by NumPy alone; gradients by the complex step."""

    def run(at=None, index=None):
        """The outputs of all layers and J, where one entry of an array is changed a little."""

        def changed(array, name):
            array = np.array(array, dtype=complex)
            if name == at:
                array[index] += 1e-30j
            return array

        hs = [changed(x, "h0")]
        for layer, (W, b) in enumerate(zip(Ws, bs)):
            z = hs[-1] @ changed(W, f"W{layer}") + (0 if b is None else changed(b, f"b{layer}"))
            h = np.tanh(z) if layer < len(Ws) - 1 else 1 / (1 + np.exp(-z))
            hs.append(changed(h, f"h{layer + 1}"))
        return hs, ((hs[-1] - y) ** 2).sum() / 2

    def slope(at, index):
        return run(at, index)[1].imag / 1e-30

    hs, J = run()
    numbers = {("value", "J"): J.real}
    for layer, h in enumerate(hs):
        for k, value in enumerate(h.real):
            numbers["value", (layer, k + 1)] = value
            if layer:
                numbers["∂J/∂ value", (layer, k + 1)] = slope(f"h{layer}", k)
    for layer, (W, b) in enumerate(zip(Ws, bs)):
        for j, k in np.ndindex(W.shape):
            line = (layer, j + 1), (layer + 1, k + 1)
            numbers["weight", line] = W[j, k]
            numbers["∂J/∂ weight", line] = slope(f"W{layer}", (j, k))
        for k in range(0 if b is None else len(b)):
            numbers["weight", ("1", (layer + 1, k + 1))] = b[k]
            numbers["∂J/∂ weight", ("1", (layer + 1, k + 1))] = slope(f"b{layer}", k)
    return numbers


def node_named(name, last):
    """The place of a node by its name, as drawn or as told."""
    if plain(name) in ("J", "1"):
        return plain(name)
    name = plain(name.replace("^{(", "").replace(")}_", "|"))
    letter, layer, k = re.fullmatch(r"([xhŷ])(?:(\d+)\|)?(\d*)", name).groups()
    return {"x": 0, "ŷ": last, "h": int(layer or 1)}[letter], int(k or 1)


def wires_between(drawing, last):
    """The pairs of nodes that the lines of a network join, each with its line."""
    drawing.things = [*drawing.nodes, *drawing.blocks]
    return [
        ((node_named(start.name, last), node_named(end.name, last)), line)
        for start, end, line in drawing.edges
    ]


def look(text):
    """The look of a number, by which the legend tells its kind."""
    frame = text.get_bbox_patch()
    box = frame and (
        type(frame.get_boxstyle()).__name__, frame.get_linestyle(), to_hex(frame.get_facecolor()),
    )  # fmt: skip
    return to_hex(text.get_color()), text.get_weight(), box


def kind_of(text):
    """The kind that an entry of the legend names, if the text is one."""
    return text.get_text().replace(r"$\partial J/\partial $", "∂J/∂")


def read(ax, last):
    """The numbers of a network as a reader finds them: by the legend, at the nearest thing."""
    drawing = Drawing(ax)
    legend = {look(text): kind_of(text) for text in drawing.texts if kind_of(text) in KINDS}
    wires = {pair: line for pair, line in wires_between(drawing, last) if pair[1] != "J"}
    nodes = {thing: node_named(thing.name, last) for thing in drawing.things}
    numbers = {}
    for text in drawing.texts:
        value, place = number_in(text.get_text()), np.array(text.get_position())
        if value is None or look(text) not in legend:
            continue  # a name
        kind = legend[look(text)]
        if kind.endswith("weight"):
            at = min(wires, key=lambda pair: wires[pair].distance(place))
            height = wires[at].points[np.abs(wires[at].points[:, 0] - place[0]).argmin(), 1]
        else:
            thing = min(nodes, key=lambda thing: thing.distance(place))
            at, height = nodes[thing], thing.center[1]
        assert (place[1] > height) != kind.startswith("∂"), f"{text} stands on the other side"
        assert text.get_text().startswith("∂") == kind.startswith("∂")
        assert (kind, at) not in numbers, f"two numbers at {at}"
        numbers[kind, at] = value
    assert sorted(legend.values()) == sorted({kind for kind, _ in numbers})  # nothing else
    return numbers


def alike(found, wanted):
    """Whether numbers are those that are wanted, to the five digits that are shown."""
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        assert found[key] == pytest.approx(value, rel=6e-5, abs=1e-12), key
    return True


def of_stage(stage, sizes, numbers):
    """The numbers that a stage claims by its name."""
    if stage == "J":
        return {("value", "J")}
    of_nodes = re.fullmatch(r"(dJ/d)?(x|y_hat|h)(\d?)(?:_?(\d))?", stage)
    of_weights = re.fullmatch(r"(weights)|dJ/d([WV])(\d?)(?: (\d))?", stage)
    if of_nodes:
        gradient, letter, layer, k = of_nodes.groups()
        if letter == "h" and not gradient and not k:
            layer, k = "", layer  # h2 is the second unit, dJ/dh2 the gradient of layer 2
        layer = {"x": 0, "y_hat": len(sizes) - 1}.get(letter, int(layer or 1))
        kind = "∂J/∂ value" if gradient else "value"
        places = [at for of, at in numbers if of == kind and at != "J"]
        return {(kind, at) for at in places if at[0] == layer and k in (None, str(at[1]))}
    whole, letter, layer, k = of_weights.groups()
    if whole:
        return {key for key in numbers if key[0] == "weight"}
    layer = int(layer or {"W": 1, "V": 2}[letter])
    lines = [line for of, line in numbers if of == "∂J/∂ weight" and line[1][0] == layer]
    return {("∂J/∂ weight", line) for line in lines if k in (None, str(line[1][1]))}


def told_in_words(alt, sizes):
    """The numbers of a text alternative, by kind and place."""
    last, numbers = len(sizes) - 1, {}
    text = alt[alt.index("biases.") + 7 :].removesuffix(".")
    for part in filter(None, re.split(r"[,.] ", text.strip())):
        name, value = part.split(" = ")
        gradient, name = name.startswith("∂"), name.removeprefix("∂J/∂")
        letter, layer, index = re.fullmatch(r"(\D)(?:(\d)_)?(\d*)", name).groups()
        if letter == "J":
            key = "value", "J"
        elif letter in "xhŷ":
            layer = {"x": 0, "ŷ": last}.get(letter, int(layer or 1))
            key = "value", (layer, int(index or 1))
        else:
            if layer is None and index and last > 2:
                layer, index = index[0], index[1:]  # b3, of a layer with a single neuron
            layer = int(layer or {"W": 1, "b": 1, "V": 2, "c": 2}[letter])
            source = (layer - 1, int(index[0])) if letter in "WV" else "1"
            single = layer == last and sizes[-1] == 1  # then there is no index of the neuron
            key = "weight", (source, (layer, 1 if single else int(index[-1])))
        key = ("∂J/∂ " if gradient else "") + key[0], key[1]
        assert key not in numbers
        numbers[key] = number_in(value)
    return numbers


@every_network
def test_each_number_stands_at_the_node_or_the_line_that_it_is_of(sizes, bias):
    network, trace, numbers = example(sizes, bias)
    ax = draw_network(network, trace=trace, reveal=stages(network))
    assert alike(read(ax, len(sizes) - 1), numbers)
    assert alike(told_in_words(ax.get_label(), sizes), numbers)


@pytest.mark.parametrize("sizes, bias", [SIZES[0], SIZES[4], SIZES[8]], ids=str)
def test_a_stage_reveals_what_its_name_claims_and_nothing_else(sizes, bias):
    network, trace, numbers = example(sizes, bias)
    known = stages(network)
    for names in (*([stage] for stage in known), known[::2], known[1::2]):
        claimed = set().union(*(of_stage(name, sizes, numbers) for name in names))
        wanted = {key: numbers[key] for key in claimed}
        ax = draw_network(network, trace=trace, reveal=names)
        assert wanted and alike(read(ax, len(sizes) - 1), wanted)
        assert alike(told_in_words(ax.get_label(), sizes), wanted)


def joined(sizes, bias, drawn=None):
    """The pairs of nodes that a network joins."""
    drawn = drawn or [range(1, n + 1) for n in sizes]
    pairs = {
        ((layer, j), (layer + 1, k))
        for layer in range(len(sizes) - 1)
        for j, k in product(drawn[layer], drawn[layer + 1])
    }
    ones = {("1", (layer, k)) for layer in range(1, len(sizes)) for k in drawn[layer]}
    return pairs | ones if bias else pairs


def in_columns(drawing, last):
    """The numbers of the nodes of each layer from top to bottom, and the headings above."""
    nodes = {node_named(n.name, last): n for n in drawing.nodes if n.name not in ("1", "")}
    columns = {}
    for (layer, k), node in sorted(nodes.items(), key=lambda item: -item[1].center[1]):
        columns.setdefault(round(node.center[0], 6), []).append((layer, k))
    columns = [columns[x] for x in sorted(columns)]
    assert [{layer for layer, _ in column} for column in columns] == [{i} for i in range(last + 1)]
    tops = [(nodes[column[0]].center[0], "") for column in columns]
    headings = [
        text.get_text() for x, _ in tops for text in drawing.texts
        if np.isclose(text.get_position()[0], x) and text.get_position()[1] > drawing.height - 34
    ]  # fmt: skip
    return [[k for _, k in column] for column in columns], headings


@every_network
def test_a_network_joins_each_node_to_all_of_the_next_layer_from_left_to_right(sizes, bias):
    network, trace, _ = example(sizes, bias)
    drawing, last = Drawing(draw_network(network, trace=trace)), len(sizes) - 1
    wires = wires_between(drawing, last)
    to_J = {((last, k + 1), "J") for k in range(sizes[-1])}
    assert sorted(map(str, (pair for pair, _ in wires))) == sorted(
        map(str, joined(sizes, bias) | to_J)
    )
    assert len({(line.color, line.artist.get_linewidth()) for _, line in wires}) == 1
    hidden = ["hidden"] if last == 2 else [f"hidden {layer}" for layer in range(1, last)]
    assert in_columns(drawing, last) == (
        [[*range(1, n + 1)] for n in sizes], ["input", *hidden, "output"],
    )  # fmt: skip
    assert looks_of_nodes(drawing)["ŷ"][1] == 2  # outlines
    assert f"{'with' if bias else 'without'} biases" in drawing.alt
    n_in, *between, n_out = (int(n) for n in re.findall(r"\d+", drawing.alt))
    assert (n_in, *between, n_out) == sizes


BARE = {(1, 1): None, (2, 3, 1): None, (3, 4, 2, 2): None, (9, 100, 2): [[1, 2, 3, 4, 5, 9],
        [1, 2, 3, 4, 5, 100], [1, 2]]}  # fmt: skip


@pytest.mark.parametrize("sizes", BARE, ids=str)
def test_a_network_without_numbers_joins_the_nodes_that_are_drawn(sizes):
    network = Network([Dense(np.ones(shape)) for shape in pairwise(sizes)])
    drawing, last = Drawing(draw_network(network)), len(sizes) - 1
    drawn = BARE[sizes] or [[*range(1, n + 1)] for n in sizes]
    drawing.blocks = []  # the dots for what is left out
    pairs = [pair for pair, _ in wires_between(drawing, last)]
    assert sorted(pairs) == sorted(joined(sizes, False, drawn))
    columns, headings = in_columns(drawing, last)
    assert columns == drawn
    assert [int(re.search(r"\((\d+)\)", heading)[1]) for heading in headings] == [*sizes]
    assert [re.sub(r" .*", "", heading) for heading in headings] == (
        ["input", *["hidden"] * (last - 1), "output"]
    )


def looks_of_nodes(drawing):
    """The fill and the number of outlines of the nodes of each letter."""
    found = {}
    for node in drawing.nodes:
        letter = plain(node.name)[:1]
        rings = sum(np.hypot(*(disc.center - node.center)) < 0.1 for disc in drawing.discs)
        found.setdefault(letter, set()).add((to_hex(node.artist.get_facecolor()), rings))
    return {letter: looks.pop() for letter, looks in found.items() if len(looks) == 1}


def test_an_input_a_hidden_unit_and_an_output_look_alike_in_all_drawings():
    network, trace, _ = example((2, 2, 2), True)
    drawings = [draw_network(network, trace=trace), draw_network(network), draw_layer(2, 2),
                draw_artificial_neuron(), draw_recurrent()]  # fmt: skip
    looks = [looks_of_nodes(Drawing(ax)) for ax in drawings]
    for letter in "xhŷ":
        assert len({look[letter] for look in looks if letter in look}) == 1
    assert len({looks[0][letter] for letter in "xhŷ"}) == 3


# Drawings of names: which leads to which. The numbers are those of columns, from the left.


def arrows_of(drawing):
    """The (start, end) of all lines, by the names in plain text; all arrows must have a head."""
    return sorted((plain(start.name), plain(end.name)) for start, end, _ in drawing.edges)


def texts_of(drawing):
    return [plain(text.get_text()) for text in drawing.texts]


def nearest(drawing, name, things):
    """The thing that is nearest to the only text of a name."""
    [text] = [thing for thing in drawing.free_texts if plain(thing.name) == name]
    return min(things, key=lambda thing: thing.distance(text.center))


@pytest.mark.parametrize("n, m, shown", [(2, 3, None), (3, 2, 1), (4, 4, 3)])
def test_a_layer_joins_every_input_to_each_neuron_that_is_drawn(n, m, shown):
    drawing = Drawing(draw_layer(n, m, shown=shown))
    ks = range(1, (shown or m) + 1)
    formulas = {k: f"h{k}=σw{k}ᵀx+b{k}" for k in ks}
    lines = [(f"x{j}", f"h{k}") for j in range(1, n + 1) for k in ks]
    assert arrows_of(drawing) == sorted(lines + [(f"h{k}", formulas[k]) for k in ks])
    for _, end, line in drawing.edges:
        assert line.has_head == (end.name[:2] != "$h" or "=" in end.name)
        strong = line.artist.get_linewidth() > 2.5
        assert strong == (end.name == f"$h_{shown}$")
    for k in ks:
        assert plain(nearest(drawing, f"w{k},b{k}", drawing.nodes).name) == f"h{k}"
    told = re.findall(r"h\d = σ[^,.]*", drawing.alt)
    assert [plain(formula) for formula in told] == [*formulas.values()]
    heights = [node.center[1] for node in sorted(drawing.nodes, key=lambda node: node.name)]
    for same in (heights[: len(ks)], heights[len(ks) :]):  # h, then x
        assert same == sorted(same, reverse=True)
    for heading, letter in (("inputs", "x"), ("neurons", "h")):
        assert plain(nearest(drawing, heading, drawing.nodes).name)[0] == letter
    assert drawing.alt.startswith(f"Layer with {n} input") and f" {m} neuron" in drawing.alt


@pytest.mark.parametrize("n, backward", [(1, 1), (3, 2), (4, 0), (6, 6)])
def test_a_chain_leads_forward_through_its_layers_and_gradients_back(n, backward):
    drawing = Drawing(draw_composition(n, backward=backward))
    names = ["x", *(f"y{i}" for i in range(1, n)), "ŷ"]
    chain = [names[0], *(name for i in range(n) for name in (f"f{i + 1}", names[i + 1]))]
    gradients = [f"∂J/∂{name}" for name in names[::-1][: backward + 1] if backward]
    assert arrows_of(drawing) == sorted([*pairwise(chain), *pairwise(gradients)])
    assert all(line.has_head for _, _, line in drawing.edges)
    assert_points_the_right_way(drawing)
    for name in gradients:
        above = [t for t in drawing.free_texts if "∂" not in plain(t.name)]
        assert plain(nearest(drawing, name, above).name) == name.removeprefix("∂J/∂")
    assert f": x → {' → '.join(chain[1::2])} → ŷ." in drawing.alt
    assert (f": {' → '.join(gradients)}." in drawing.alt) == bool(backward)


def assert_points_the_right_way(drawing):
    """Arrows of gradients lead left and have their colour, all others right."""
    for start, end, line in drawing.edges:
        there = [thing for thing in (end, start) if "∂" in plain(thing.name)]
        (x0, _), (x1, _) = line.points[[0, -1]]
        assert (x1 <= x0) if there else (x1 >= x0)
        if there:
            assert line.color == to_hex(there[0].artist.get_color())


STEPS = [
    [("x", "σxW+b"), ("σxW+b", "ŷ")],
    [("ŷ", "J"), ("y", "J")],
    [("J", "∂J/∂ŷ")],
    [("∂J/∂ŷ", "∂J/∂W,∂J/∂b")],
    [("∂J/∂ŷ", "∂J/∂x")],
    [("layer\nbefore".replace("\n", ""), "x"), ("∂J/∂x", "layerbefore")],
]


@pytest.mark.parametrize("shown", range(1, 7))
def test_the_steps_of_backpropagation_lead_where_their_captions_say(shown):
    drawing = Drawing(draw_backward_steps(shown))
    assert arrows_of(drawing) == sorted(sum(STEPS[:shown], []))
    assert all(line.has_head for _, _, line in drawing.edges)
    assert_points_the_right_way(drawing)
    told = re.findall(r"Step \d, (.*?)\.", drawing.alt)
    assert len(told) == shown and plain(told[-1]) in texts_of(drawing)
    for caption, edges in zip(told, STEPS):
        ends = {name for edge in edges for name in edge[1].split(",") if "∂" in name}
        assert ends <= set(re.findall(r"∂J/∂.", caption))


def test_each_badge_of_the_six_steps_stands_at_what_is_new_in_its_step():
    def marks(drawing):
        gradients = [t for t in drawing.free_texts if re.match(r"\$\\partial", t.name)]
        return {str(mark.center.round(6)): mark for mark in gradients} | {
            str(line.points.round(6)): line for line in drawing.lines
        }

    drawings = [Drawing(draw_backward_steps(step)) for step in range(1, 7)]
    first = {}
    for step, drawing in enumerate(drawings, start=1):
        first = dict.fromkeys(marks(drawing), step) | first
    badges = [node for node in drawings[-1].nodes if node.name.isdigit()]
    assert len(badges) == 7  # one is in the caption
    at = marks(drawings[-1])
    for badge in sorted(badges, key=lambda badge: badge.center[1])[1:]:
        nearest = min(at, key=lambda mark: at[mark].distance(badge.center))
        assert first[nearest] == int(badge.name)


@pytest.mark.parametrize("n_steps", [1, 3, 4])
def test_an_unfolded_recurrent_layer_hands_each_state_on_to_the_next_step(n_steps):
    drawing = Drawing(draw_recurrent(n_steps))
    blocks = sorted(drawing.blocks, key=lambda block: block.center[0])
    for t, block in enumerate(blocks, start=1):
        block.name = f"step {t}"
    steps = range(1, n_steps + 1)
    into = [("h0", "step1"), *((f"step{t}", f"step{t + 1}") for t in steps[:-1])]
    ups = [pair for t in steps for pair in ((f"x{t}", f"step{t}"), (f"step{t}", f"h{t}"))]
    assert arrows_of(drawing) == sorted(into + ups)
    assert all(line.has_head for _, _, line in drawing.edges)
    for start, end, line in drawing.edges:
        if start in blocks and end in blocks:
            middle = line.points.mean(axis=0)
            label = min(drawing.free_texts, key=lambda text: text.distance(middle))
            assert plain(label.name) == start.name.replace("step ", "h")
    told = re.findall(r"Step (\d): x(\d) and h(\d) go in, h(\d) comes out", drawing.alt)
    assert [tuple(map(int, step)) for step in told] == [(t, t, t - 1, t) for t in steps]


FORMULA = "ht=tanhxtW+ht-1U+b"


def test_a_folded_recurrent_layer_feeds_its_output_back():
    drawing = Drawing(draw_recurrent())
    assert arrows_of(drawing) == sorted([("xt", "W,U,b"), ("W,U,b", "ht"), ("W,U,b", "W,U,b")])
    [loop] = [line for start, end, line in drawing.edges if start is end]
    label = min(drawing.free_texts, key=lambda text: loop.distance(text.center))
    assert plain(label.name) == "ht-1"
    for each in (drawing, Drawing(draw_recurrent(2))):
        assert FORMULA in texts_of(each) and FORMULA in plain(each.alt)


def test_an_artificial_neuron_sums_its_weighted_inputs_then_activates():
    drawing = Drawing(draw_artificial_neuron())
    inputs = [(f"x{j}", "Σ") for j in (1, 2, 3)]
    assert arrows_of(drawing) == sorted([*inputs, ("biasb", "Σ"), ("Σ", "σ"), ("σ", "ŷ")])
    names = {"Σσ": "z", "σŷ": "σz"} | {f"x{j}Σ": f"w{j}" for j in (1, 2, 3)}
    for start, end, line in drawing.edges:
        if name := names.get(plain(start.name + end.name)):
            [label] = [text for text in drawing.free_texts if plain(text.name) == name]
            others = [each for each in drawing.lines if each is not line]
            assert all(line.distance(label.center) < o.distance(label.center) for o in others)
    assert {"z=wᵀx+b"} <= {*texts_of(drawing)} and "z=wᵀx+b" in plain(drawing.alt)


@pytest.mark.parametrize("draw", [draw_artificial_neuron, draw_biological_neuron])
def test_the_parts_of_a_neuron_are_named_from_left_to_right_as_in_words(draw):
    drawing = Drawing(draw())
    top = max(text.get_position()[1] for text in drawing.texts)
    headings = [t for t in drawing.texts if t.get_position()[1] == top or t.get_text() == "axon"]
    headings.sort(key=lambda text: text.get_position()[0])
    words = [text.get_text().split()[0].rstrip("s") for text in headings]
    words = ["weight" if word == "weight" else word for word in words]
    places = [drawing.alt.index(word, drawing.alt.index(":")) for word in words]
    assert len(words) >= 4 and places == sorted(places)


# Computation graphs. A node is known by its value, of which no two are alike.

OPERATIONS = {
    "+": np.add, "−": lambda a, b=None: -a if b is None else a - b, "×": np.multiply,
    "/": np.divide, "^": np.power, "exp": np.exp, "log": np.log, "tanh": np.tanh,
    "ReLU": lambda a: a * (a.real > 0), "σ": lambda a: 1 / (1 + np.exp(-a)),
}  # fmt: skip


def graphs():
    a, b, c = variable("a", 2.37), variable("b", 0.81), variable("c", -1.46)
    yield (a - b) * (b + 3) / a
    d, e = (a * b).named("d"), (c - a).named("e")
    yield ((d / e).named("f") - (e / d)) ** 2
    yield (b - (a * c - b).named("g") / a).named("out")
    yield 1 / (1.5 + (-a * b).exp())
    yield (a.log() - b * c.sigmoid()).tanh() ** b


def value_of(node, at=None, step=0):
    """The value of a node, computed anew, where one node is changed by a step."""
    if not node.inputs:
        value = complex(node.value)
    else:
        operation, exponent = re.fullmatch(r"(\^|\D+)([\d.−]*)", node.operation).groups()
        values = [value_of(each, at, step) for each in node.inputs]
        numbers = [float(exponent.replace("−", "-"))] if exponent else []
        value = OPERATIONS[operation](*values, *numbers)
    return value + step if node is at else value


def nodes_before(node):
    found = {node: None}
    for each in node.inputs:
        found |= nodes_before(each)
    return found


def near_in_column(drawing, node, direction):
    """The text above (1) or below (−1) a node, and nearest to it."""
    texts = [
        text for text in drawing.texts
        if np.isclose(text.get_position()[0], node.center[0])
        and 1e-3 < direction * (text.get_position()[1] - node.center[1])
    ]  # fmt: skip
    return min(texts, key=lambda text: abs(text.get_position()[1] - node.center[1]), default=None)


@pytest.mark.parametrize("output", [*graphs()], ids=lambda node: f"{node.value:.4f}")
def test_a_graph_joins_inputs_to_results_with_values_above_and_derivatives_below(output):
    order = list(nodes_before(output))
    drawing = Drawing(draw_graph(output, derivatives=derivatives(output)))
    drawing.things = drawing.nodes
    assert len(drawing.nodes) == len(order) == len({f"{n.value:.4e}" for n in order})
    by_value, slopes = {}, {}
    for node in drawing.nodes:
        above, below = (near_in_column(drawing, node, way).get_text() for way in (1, -1))
        name, _, value = above.replace("$", "").rpartition(" = ")
        [own] = [n for n in order if np.isclose(n.value, number_in(value), rtol=6e-5)]
        assert np.isclose(own.value, value_of(own).real)
        assert name == (own.name if own.inputs and own.name != own.operation else "")
        shown = own.operation if own.inputs else own.name
        node.name = node.name.replace("$", "")
        assert node.name == shown or node.name.endswith("…") and shown.startswith(node.name[:-1])
        slopes[own] = value_of(output, own, 1e-30j).imag / 1e-30
        assert number_in(below) == pytest.approx(slopes[own], rel=6e-5)
        by_value[node] = own
    reached = {}
    for start, end, line in drawing.edges:
        assert line.has_head and line.points[0, 0] < line.points[-1, 0]
        reached.setdefault(end, []).append((-line.points[-1, 1], by_value[start]))
    for node, own in by_value.items():
        inputs = [source for _, source in sorted(reached.get(node, []), key=lambda pair: pair[0])]
        if own.operation in "+×":
            assert {*inputs} == {*own.inputs} and len(inputs) == len(own.inputs)
        else:
            assert inputs == [*own.inputs]  # the upper one first
    assert_words_are_true(drawing.alt, slopes)


def assert_words_are_true(alt, slopes):
    """Each formula of a text alternative gives the value behind it, and each slope is right."""
    values, _, backward = alt.partition(" Derivatives of the result, backward: ")
    known = {}
    for part in values.split("forward: ")[1].removesuffix(".").split("; "):
        *names, value = part.split(" = ")
        value = number_in(value)
        for name in names:
            if not name.isidentifier():
                assert computed(name, known) == pytest.approx(value, rel=6e-5), part
            known[name] = value
    found = {
        name: number_in(value)
        for name, value in re.findall(r"by (.*?): (\S+?(?: × \S+)?)(?:; |\.$)", backward)
    }
    for node, slope in slopes.items():
        [at] = [n for n in found if np.isclose(known[n], node.value, rtol=6e-5)]
        assert found.pop(at) == pytest.approx(slope, rel=6e-5), at
    assert not found


def computed(formula, known):
    """The value of a formula as a text alternative writes it, from the values told before it."""
    code = formula.translate(str.maketrans({"×": "*", "−": "-", "^": "**"}))
    names = {"exp": np.exp, "log": np.log, "tanh": np.tanh, "ReLU": lambda a: max(a, 0),
             "σ": lambda a: 1 / (1 + np.exp(-a))}  # fmt: skip
    own = {name: value for name, value in known.items() if name.isidentifier()}
    return eval(code, {"__builtins__": {}}, names | own)


# What is being computed


@pytest.mark.parametrize(
    ("stage", "n_lines", "nodes", "n_numbers"),
    [
        ("x", 0, ["x_{1}", "x_{2}"], 2),
        ("h2", 2, ["h_{2}"], 1),    # from both inputs
        ("y_hat", 3, [r"\hat{y}"], 1),
        ("J", 0, ["J"], 1),
        ("dJ/dh", 3, ["h_{1}", "h_{2}", "h_{3}"], 3),    # from what it leads to
        ("dJ/dW 3", 2, [], 2),
    ],
)
def test_what_is_being_computed_stands_out(stage, n_lines, nodes, n_numbers):
    network = Network([Dense([[1, -1, 3], [2, 2, -1]]), sigmoid, Dense([[0.1], [0.5], [-0.1]]),
                       sigmoid])
    trace, names = backprop(network, binary_cross_entropy, [[5, 3]], [[1]]), stages(network)
    ax = draw_network(network, trace=trace, reveal=names[: names.index(stage) + 1], mark=[stage])
    marks = [patch for patch in ax.get_children() if isinstance(patch, Patch) and
             {MARK.lower(), LINE_MARK.lower()} & {
                 to_hex(patch.get_facecolor()), to_hex(patch.get_edgecolor())}]
    lines = [patch for patch in marks if patch.get_linewidth() > 5]
    halos = [patch for patch in marks if isinstance(patch, Disc)]
    assert [len(lines), len(halos), len(marks)] == [
        n_lines, len(nodes), n_lines + len(nodes) + n_numbers]
    for halo in halos:
        names = [text.get_text() for text in ax.texts
                 if np.allclose(text.get_position(), halo.center)]
        assert any(node in name for node in nodes for name in names)


def test_only_what_is_shown_can_stand_out():
    network = Network([Dense([[2.0]])])
    trace = backprop(network, squared_error, [[3]], [[1]])
    with pytest.raises(ValueError, match="mark must hold names out of reveal, x; got 'J'"):
        draw_network(network, trace=trace, reveal=["x"], mark=["J"])

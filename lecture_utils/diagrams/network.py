"""A network drawn as circles and lines, with the values and gradients of one sample beside them."""

from dataclasses import dataclass
from itertools import pairwise, product
from math import ceil

import numpy as np

from lecture_utils._validation import as_tuple
from lecture_utils.backprop import Trace
from lecture_utils.diagrams.canvas import (
    HEADER,
    HEADING,
    INK,
    KINDS,
    LINE,
    MAX_HEIGHT,
    MAX_WIDTH,
    NAME,
    RADIUS,
    SIZE,
    WIDTH,
    Canvas,
    gradient_name,
    kind_width,
    label_width,
    ports,
    spread,
    text_width,
)
from lecture_utils.diagrams.naming import (
    Naming,
    layer_names,
    n_lines,
    number,
    numbers,
    quantities,
)
from lecture_utils.formatting import count, format_number
from lecture_utils.networks import dense_layers, layer_sizes

ROW, WIDE_ROW = 40, 56  # height of a line with its weight above and its gradient below
NODE = 88               # height of a node with its value above and its gradient below
# The light behind numbers that stand out, and the stronger one behind lines; on a dark page, too,
# both differ from the ground, and numbers can be read. How wide it is.
MARK, LINE_MARK, AROUND_LINE = "#FFD83D", "#F0C030", 9
ABOVE, BELOW = 9.5, -11.5  # from a line to the middle of its labels
AROUND = RADIUS + 11    # from a node to the middle of its labels
GAP, WIDE_GAP = 12, 26  # at least, between nodes and labels of weights: there the lines bend
MARGIN = 8
ONE = 26                # room for the constant 1 whose weight is the bias
LEGEND = 28             # height of the line that explains the labels
MIN_BAND, MAX_BAND = 200, MAX_HEIGHT - HEADER - LEGEND
MAX_LAYERS, MAX_LINES, MAX_NODES = 3, 12, 5
MAX_WEIGHTS = 18        # and biases, so that the file stays small
BARE_HEIGHT, BARE_MARGIN = 312, 76
MOST_LAYERS = 8         # of nodes, drawn without numbers
MOST_NODES = 8          # of a layer drawn without numbers; of a larger one the middle is left out
LEGEND_TEXTS = ("value", "weight", *(rf"{gradient_name('')} {of}" for of in ("value", "weight")))


def draw_network(network, *, trace=None, reveal=(), mark=(), ax=None):
    """Draw a network: circles by layer, joined by lines, with numbers as they are revealed.

    With a trace there is room for the number of every node and every line, so that all stages
    of a walkthrough have the same nodes in the same places.

    Parameters
    ----------
    network : Network
        Dense layers, each with its activation.
    trace : Trace, optional
        What `backprop` returned for one sample.
    reveal : sequence of str
        Which quantities are written, out of `stages`; they are taken from the trace.
    mark : sequence of str
        Which quantities out of `reveal` stand out, with their nodes and lines.
    ax : matplotlib.axes.Axes, optional
        Emptied before it is drawn on; by default axes in a figure of their own.

    Returns
    -------
    matplotlib.axes.Axes
        Its label is the text alternative.

    Raises
    ------
    ValueError
        If `reveal` has an unknown name, or there is no trace to reveal from; if the trace is of
        another network, of several samples, or of a network too large for labels, or if its
        numbers are too long for them.
    TypeError
        If an argument is of a wrong type.
    """
    dense = dense_layers(network)
    if isinstance(reveal, str):
        raise TypeError(f"reveal must be a sequence of names, got the text {reveal!r}")
    reveal = as_tuple("reveal", reveal)
    if trace is None:
        if reveal:
            raise ValueError(f"reveal needs a trace to take numbers from, got none for {reveal}")
        return _draw_bare(dense, ax)
    _check_trace(network, trace, dense)
    known = quantities(network)
    for name in reveal:
        if name not in known:
            raise ValueError(f"reveal must hold names out of {', '.join(known)}; got {name!r}")
    for name in mark:
        if name not in reveal:
            names = ", ".join(reveal)
            raise ValueError(f"mark must hold names out of reveal, {names}; got {name!r}")
    shown = [known[name] for name in known if name in reveal]
    marked = [item for name in mark for item in known[name]]
    return _draw_labelled(dense, numbers(trace), shown, marked, ax)


def _check_trace(network, trace, dense):
    if not isinstance(trace, Trace):
        raise TypeError(f"trace must be what backprop returns, got {type(trace).__name__}")
    layers = [step.layer for step in trace.steps]
    if len(layers) != len(network.layers) or any(map(_differ, layers, network.layers)):
        raise ValueError(f"trace must come from backprop on {network!r}, got one of {layers}")
    n_samples = len(trace.steps[0].x)
    if n_samples != 1:
        raise ValueError(f"trace must be of one sample to be written out, got {n_samples}")
    n_layers, n_nodes = len(dense), max(layer_sizes(dense))
    lines = [layer.n_out * n_lines(layer) for layer in dense]
    most = (MAX_LAYERS, MAX_LINES, MAX_WEIGHTS, MAX_NODES)
    found = (n_layers, max(lines), sum(lines), n_nodes)
    if any(n > limit for n, limit in zip(found, most)):
        limits = "{} layers with {} weights and biases each, {} in all, and {} nodes side by side"
        raise ValueError(
            f"trace can be written on at most {limits.format(*most)}, "
            f"got {', '.join(map(str, found))}"
        )


def _differ(layer, other):
    """Whether one layer is neither the other nor its copy, as in a trace that was pickled."""
    if layer == other:
        return False
    a, b = layer.params, other.params
    alike = a and type(layer) is type(other) and a.keys() == b.keys()
    return not alike or not all(np.array_equal(a[name], b[name]) for name in a)


# Layout with numbers: it depends on the network and the trace, not on what is revealed


@dataclass(frozen=True)
class Layout:
    """Where everything stands, in points.

    Attributes
    ----------
    width, height : float
    nodes : list
        Points (x, y) by layer and node; the last layer holds J alone.
    rows : list
        Points (x, y) by layer, neuron and line: the middle of the line's labels.
    node_room, row_room : list of float
        Half of the width of the labels, by layer of nodes and by layer of weights.
    """

    width: float
    height: float
    nodes: list
    rows: list
    node_room: list
    row_room: list


def _layout(dense, tables):
    sizes = [*layer_sizes(dense), 1]
    lines = max(layer.n_out * n_lines(layer) for layer in dense)
    band = min(max(MIN_BAND, ROW * lines, NODE * max(sizes)), MAX_BAND)
    node_ys = [spread(n, LEGEND + band / 2, band / n) for n in sizes]
    row_ys = [
        [_row_heights(n_lines(layer), y, band / layer.n_out) for y in ys]
        for layer, ys in zip(dense, node_ys[1:])
    ]
    node_room = [_node_room(tables, layer) for layer in range(len(sizes))]
    row_room = [_row_room(tables, layer) for layer in range(len(dense))]
    wide, least = _gaps(dense, node_ys, row_ys)
    node_xs, row_xs, width = _columns(node_room, row_room, wide, least)
    return Layout(
        width,
        band + HEADER + LEGEND,
        [[(x, y) for y in ys] for x, ys in zip(node_xs, node_ys)],
        [[[(x, y) for y in ys] for ys in neurons] for x, neurons in zip(row_xs, row_ys)],
        node_room,
        row_room,
    )


def _row_heights(n, height, room):
    return spread(n, height, min(room / n, WIDE_ROW))


def _node_room(tables, layer):
    """Return half of the width that a layer of nodes takes."""
    # The gradient of the input is never revealed, and J has none.
    kinds = ["value"] if layer in (0, len(tables["node gradient"])) else ["value", "node gradient"]
    widths = [label_width(v, kind) for kind in kinds for v in tables[kind][layer].flat]
    return ceil(max(2 * RADIUS, *widths) / 2) + 4


def _row_room(tables, layer):
    """Return half of the width that the labels of a layer of weights take."""
    kinds = ("weight", "weight gradient")
    widths = [label_width(v, kind) for kind in kinds for v in tables[kind][layer].flat]
    return ceil(max(widths) / 2) + 4


def _gaps(dense, node_ys, row_ys):
    """Return the room for bends, left and right of each layer of weights, and before J.

    The further a line has to climb, the more room it gets. For each room also the least.
    """
    wide, least = [], []
    for layer, rows in enumerate(row_ys):
        climb = max(abs(y - y0) for ys in rows for y, y0 in zip(ys, node_ys[layer]))
        fall = max(abs(y - y1) for ys, y1 in zip(rows, node_ys[layer + 1]) for y in ys)
        one = ONE if "b" in dense[layer].params else 0
        wide += [max(WIDE_GAP, 0.35 * climb) + one, max(WIDE_GAP, 0.45 * fall)]
        least += [GAP + one, GAP]
    wide += [max(WIDE_GAP, 0.35 * (max(node_ys[-2]) - node_ys[-1][0]))]
    return wide, [*least, GAP]


def _columns(node_room, row_room, wide, least):
    """Return the middles of the columns of nodes and of weights, and the width of the canvas."""
    taken = 2 * (MARGIN + sum(node_room) + sum(row_room))
    if taken + sum(least) > MAX_WIDTH:
        raise ValueError(
            f"trace can be written at most {MAX_WIDTH} points wide to be readable, got "
            f"{taken + sum(least)}: take fewer layers, or numbers without powers of ten"
        )
    enough = taken + (sum(least) + sum(wide)) / 2  # wider drawings have smaller letters
    gaps = _between(least, wide, min(max(WIDTH, enough), MAX_WIDTH) - taken)
    node_xs, row_xs = [MARGIN + node_room[0]], []
    for layer, room in enumerate(row_room):
        row_xs.append(node_xs[-1] + node_room[layer] + gaps[2 * layer] + room)
        node_xs.append(row_xs[-1] + room + gaps[2 * layer + 1] + node_room[layer + 1])
    node_xs.append(node_xs[-1] + node_room[-2] + gaps[-1] + node_room[-1])
    return node_xs, row_xs, node_xs[-1] + node_room[-1] + MARGIN


def _between(least, wide, total):
    """Return gaps that fill a width: the same share of what each can give, or of the surplus."""
    share = min(1, (total - sum(least)) / (sum(wide) - sum(least)))
    more = max(0, total - sum(wide)) / len(wide)
    return [low + share * (high - low) + more for low, high in zip(least, wide)]


# Drawing with numbers


def _draw_labelled(dense, tables, shown, marked, ax):
    layout = _layout(dense, tables)
    canvas = Canvas(layout.width, layout.height, ax)
    for layer in range(len(dense)):
        _draw_lines(canvas, layout, dense, layer, marked)
    _draw_loss(canvas, layout)
    _draw_nodes(canvas, layout.nodes, Naming(layer_sizes(dense)))
    for item in marked:
        _draw_mark(canvas, layout, item, number(item, tables))
    for item in sum(shown, []):
        canvas.number(*_place(layout, item), number(item, tables), item.kind)
    _draw_legend(canvas, {item.kind for item in sum(shown, [])})
    return canvas.finish(" ".join([_describe(dense), *_sentences(shown, tables)]))


def _draw_lines(canvas, layout, dense, layer, marked):
    """Draw the lines into the neurons of a layer: bend, room for the numbers, bend, node."""
    leave, room = layout.node_room[layer], layout.row_room[layer]
    one = ONE if "b" in dense[layer].params else 0
    for k, ((x1, y1), rows) in enumerate(zip(layout.nodes[layer + 1], layout.rows[layer])):
        arrive = x1 - layout.node_room[layer + 1]
        ends = [
            [(x + room, y), (arrive, y_port), (x_port, y_port)]
            for (x, y), (x_port, y_port) in zip(rows, ports(len(rows), x1, y1))
        ]
        wires = [
            [(x0 + RADIUS, y0), (x0 + leave, y0), (x - room - one, y), *end]
            for (x0, y0), (x, y), end in zip(layout.nodes[layer], rows, ends)
        ]
        if one:
            x, y = rows[-1]
            wires.append([(x - room - one / 2, y), *ends[-1]])
            canvas.node(x - room - one / 2, y, "1", radius=10, size=SIZE)
        for row, wire in enumerate(wires):
            if any(_has_line(item, layer, k, row) for item in marked):
                canvas.wire(wire, color=LINE_MARK, line=AROUND_LINE)
        canvas.wire(*wires)


def _has_line(item, layer, column, row):
    """Return whether a quantity is of a line, or is computed along it."""
    if item.kind.startswith("weight"):
        return (item.layer, item.column, item.row) == (layer, column, row)
    if item.kind == "value":
        return (item.layer, item.column) == (layer + 1, column)
    return (item.layer, item.column) == (layer, row)


def _draw_mark(canvas, layout, item, value):
    """Draw the light behind a quantity that stands out, and behind its node."""
    if not item.kind.startswith("weight"):
        canvas.halo(*layout.nodes[item.layer][item.column], RADIUS + 3, LINE_MARK)
    width = label_width(value, item.kind) + 4
    canvas.block(*_place(layout, item), width, SIZE + 6, fill=MARK, line=0, corner=3)


def _draw_loss(canvas, layout):
    """Draw J, and the lines to it from each output."""
    outputs, [(x1, y1)] = layout.nodes[-2:]
    leave, arrive = layout.node_room[-2], x1 - layout.node_room[-1]
    canvas.wire(*(
        [(x0 + RADIUS, y0), (x0 + leave, y0), (arrive, y), (x1, y)]
        for (x0, y0), y in zip(outputs, spread(len(outputs), y1, 10))
    ))
    canvas.block(x1, y1, 2 * RADIUS - 4, 2 * RADIUS - 4, "$J$", size=NAME)
    canvas.heading(x1, layout.height - HEADER / 2, "loss")


def _draw_nodes(canvas, nodes, naming):
    for layer, name in enumerate(layer_names(len(naming.sizes))):
        canvas.heading(nodes[layer][0][0], canvas.height - HEADER / 2, name)
        for k, (x, y) in enumerate(nodes[layer]):
            symbol = naming.node(layer, k + 1).drawn
            canvas.node(x, y, symbol, kind=name.split()[0])


def _place(layout, item):
    """Return where a number stands: above its node or line, or below if it is a gradient."""
    above = not item.kind.endswith("gradient")
    if item.kind.startswith("weight"):
        x, y = layout.rows[item.layer][item.column][item.row]
        y += ABOVE if above else BELOW
    else:
        x, y = layout.nodes[item.layer][item.column]
        y += AROUND if above else -AROUND
    return x, y


def _draw_legend(canvas, kinds):
    """Explain the labels that are there, each at the place that it has in all stages."""
    widths = [kind_width(text, kind) for text, kind in zip(LEGEND_TEXTS, KINDS)]
    gap = 40
    x = (canvas.width - sum(widths) - gap * (len(widths) - 1)) / 2
    for (kind, style), text, width in zip(KINDS.items(), LEGEND_TEXTS, widths):
        if kind in kinds:
            canvas.text(x + width / 2, LEGEND / 2 - 2, text, **style)
        x += width + gap


def _describe(dense):
    """Return the sentence that says what the network consists of."""
    n_inputs, *hidden, n_outputs = layer_sizes(dense)
    parts = [count(n_inputs, "input")]
    if len(hidden) == 1:
        parts += [count(hidden[0], "hidden unit")]
    elif hidden:
        parts += [f"hidden layers of {' and '.join(map(str, hidden))} units"]
    biases = "with" if any("b" in layer.params for layer in dense) else "without"
    outputs = count(n_outputs, "output")
    return f"Network with {', '.join(parts)} and {outputs}, {biases} biases."


def _sentences(shown, tables):
    """Return one sentence for each stage: ``h1 = 0.99998.``"""
    for items in shown:
        yield ", ".join(f"{i.name} = {format_number(number(i, tables))}" for i in items) + "."


# A network without numbers


def _draw_bare(dense, ax):
    sizes = layer_sizes(dense)
    if len(sizes) > MOST_LAYERS:
        raise ValueError(
            f"network must have at most {MOST_LAYERS} layers of nodes, the input one of them, "
            f"to be drawn, got {len(sizes)}"
        )
    headings = [f"{name} ({n})" for name, n in zip(layer_names(len(sizes)), sizes)]
    widest = max(text_width(heading, size=HEADING) for heading in headings)
    step = max(widest + 14, (WIDTH - 2 * BARE_MARGIN) / (len(sizes) - 1))
    canvas = Canvas(2 * BARE_MARGIN + step * (len(sizes) - 1), BARE_HEIGHT, ax)
    columns = [_bare_column(BARE_MARGIN + layer * step, n) for layer, n in enumerate(sizes)]
    _draw_bare_lines(canvas, [list(column.values()) for column in columns])
    naming = Naming(sizes)
    radius = min(RADIUS, 0.44 * min(map(_distance, sizes)))
    for layer, (heading, column) in enumerate(zip(headings, columns)):
        names = {naming.node(layer, k + 1).drawn: place for k, place in column.items()}
        canvas.heading(column[0][0], BARE_HEIGHT - HEADER / 2, heading)
        _draw_bare_nodes(canvas, names, radius, heading.split()[0])
        if sizes[layer] > MOST_NODES:
            _draw_dots(canvas, *list(column.values())[-2:])
    return canvas.finish(_describe(dense))


def _draw_bare_lines(canvas, columns):
    pairs = [pair for left, right in pairwise(columns) for pair in product(left, right)]
    for start, end in pairs:
        canvas.line(start, end, line=LINE if len(pairs) <= 40 else LINE / 2)


def _draw_bare_nodes(canvas, names, radius, kind):
    """Draw the nodes of a layer, with their names in the one size that fits all of them."""
    widest = max(text_width(name, size=NAME) for name in names)
    size = NAME * min(1, 0.92 * radius / NAME, 1.7 * radius / widest)
    for name, (x, y) in names.items():
        canvas.node(x, y, name, kind=kind, radius=radius, size=size)


def _draw_dots(canvas, above, below):
    for y in spread(3, (above[1] + below[1]) / 2, 9):
        canvas.block(above[0], y, 4, 4, fill=INK, corner=1.9)


def _bare_column(x, n):
    """Return where the nodes of a layer stand that are drawn, as a dict of number to point."""
    ys = spread(_places(n), (BARE_HEIGHT - HEADER) / 2 + 2, _distance(n))
    drawn = [*range(n)]
    if n > MOST_NODES:
        del ys[-2]  # the place of the dots
        drawn = [*drawn[: len(ys) - 1], n - 1]
    return {k: (x, y) for k, y in zip(drawn, ys)}


def _places(n):
    """Return how many places a layer needs: one for each node, or some for a large one."""
    return n if n <= MOST_NODES else MOST_NODES - 1


def _distance(n):
    """Return the distance of the nodes of a layer."""
    return min(86, (BARE_HEIGHT - HEADER - 8) / _places(n))

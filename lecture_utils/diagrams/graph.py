"""A computation graph drawn from left to right, each node after all of its inputs."""

from itertools import pairwise

from lecture_utils.diagrams.canvas import (
    HEADING,
    KINDS,
    MAX_WIDTH,
    NAME,
    RADIUS,
    SIZE,
    WIDTH,
    Canvas,
    format_label,
    kind_width,
    label_width,
    ports,
    spread,
    text_width,
)
from lecture_utils.formatting import format_number
from lecture_utils.graph import topological_order

NODE = 92              # height of a node with its value above and its derivative below
GAP = 32                # at least, between the labels of two columns: there the lines bend
MARGIN = 16
AROUND = RADIUS + 12    # from a node to the middle of its labels
HEAD = 10               # length of an arrow's head
INSIDE = 2 * RADIUS - 6         # width of a text in a node
MOST_STEPS, MOST_NODES = 6, 5   # columns, and nodes in a column

# How tightly an operation binds in a formula; a name or a function needs no brackets.
SUM, PRODUCT, POWER, SINGLE = range(4)
BINDING = {"+": SUM, "−": SUM, "×": PRODUCT, "/": PRODUCT, "^": POWER}


def draw_graph(output, *, derivatives=None, ax=None):
    """Draw a computation graph: values above its nodes and, if they are given, derivatives below.

    A result that has a name is written with it: ``c = 3``. The nodes stand in the same places with
    and without derivatives. Of the arrows into ``−``, ``/`` or ``^``, the upper one comes from the
    first input.

    Parameters
    ----------
    output : graph.Node
        The last node of the expression.
    derivatives : dict of Node to float, optional
        What `graph.derivatives` returned.
    ax : matplotlib.axes.Axes, optional
        Emptied before it is drawn on; by default axes in a figure of their own.

    Returns
    -------
    matplotlib.axes.Axes
        Its label is the text alternative.

    Raises
    ------
    TypeError
        If `output` is not a node.
    ValueError
        If a node has no derivative, or the graph is too large to be read.
    """
    order = topological_order(output)
    columns = _columns(order)
    missing = [_called(node) for node in order if derivatives and node not in derivatives]
    if missing:
        raise ValueError(f"derivatives must have an entry for every node, got none for {missing}")
    return _draw(order, columns, derivatives, ax)


def _columns(order):
    """Return the columns of the drawing, each a list of nodes from top to bottom.

    A node stands one column after the last of its inputs. Where a line has to pass a column,
    its source holds a place there, so that no line runs over a node.
    """
    depth = {}
    for node in order:
        depth[node] = 1 + max((depth[node_in] for node_in in node.inputs), default=-1)
    n_steps = max(depth.values()) + 1
    _require_at_most(MOST_STEPS, "steps", n_steps)
    until = dict(depth)
    for node in order:
        for node_in in node.inputs:
            until[node_in] = max(until[node_in], depth[node] - 1)
    columns = [[n for n in order if depth[n] <= i <= until[n]] for i in range(n_steps)]
    _require_at_most(MOST_NODES, "nodes in a step", max(map(len, columns)))
    for before, column in pairwise(columns):
        column.sort(key=lambda node: _middle(node, before))
    return columns


def _require_at_most(most, what, given):
    if given > most:
        raise ValueError(f"output must have at most {most} {what} to be drawn, got {given}")


def _middle(node, before):
    """Return how far down a node should stand: where it stood before, or amid its inputs."""
    if node in before:
        return before.index(node)
    places = [before.index(node_in) for node_in in node.inputs if node_in in before]
    return sum(places) / len(places) if places else len(before)


def _draw(order, columns, derivatives, ax):
    height = NODE * max(3, *map(len, columns))
    widths = [kind_width(_value_label(node), "value") for node in order]
    room = max(label_width(-1.2345e-6, "node gradient"), *widths) / 2 + 4
    step = max(2 * room + GAP, (WIDTH - 2 * (MARGIN + room)) / max(1, len(columns) - 1))
    width = max(WIDTH, 2 * (MARGIN + room) + step * (len(columns) - 1))
    if width > MAX_WIDTH:
        raise ValueError(
            f"output must be at most {MAX_WIDTH} points wide to be readable, got {width:.0f}: "
            "take shorter names, or fewer steps"
        )
    left = (width - step * (len(columns) - 1)) / 2
    canvas = Canvas(width, height, ax)
    places = {}
    for i, column in enumerate(columns):
        for node, y in zip(column, spread(len(column), height / 2, height / len(column))):
            places[i, node] = (left + step * i, y)
    for i, node in places:
        first = (i - 1, node) not in places
        _draw_lines(canvas, places, i, node, room, first)
        if first:
            _draw_node(canvas, *places[i, node], node, derivatives)
    return canvas.finish(_describe(order, derivatives))


def _draw_lines(canvas, places, i, node, room, first):
    """Draw the lines into a node, or the line that passes where it only holds a place."""
    x, y = places[i, node]
    if not first:
        x0, y0 = places[i - 1, node]
        canvas.wire([(x0, y0), (x0 + room, y0), (x - room, y), (x, y)])
        return
    sources = [places[i - 1, node_in] for node_in in node.inputs]
    if node.operation in ("+", "×"):
        sources.sort(key=lambda place: -place[1])
    for (x0, y0), (x_port, y_port) in zip(sources, ports(len(sources), x, y)):
        canvas.wire([(x0, y0), (x0 + room, y0), (x - room, y_port), (x_port - HEAD, y_port)])
        canvas.head(x_port - 1, y_port, HEAD)


def _draw_node(canvas, x, y, node, derivatives):
    if node.inputs:
        text, size = _fitting(node.operation, HEADING + 3 * (len(node.operation) == 1))
        canvas.node(x, y, text, kind="hidden", size=size)
    else:
        style = "italic" if node.name.isidentifier() else "normal"
        text, size = _fitting(_drawn(node.name), NAME)
        canvas.node(x, y, text, kind="input", size=size, style=style)
    canvas.text(x, y + AROUND, _value_label(node), **KINDS["value"])
    if derivatives:
        canvas.number(x, y - AROUND, derivatives[node], "node gradient")


def _fitting(text, size):
    """Return a text and its size so that it stays within a node: smaller, or even cut short."""
    size = max(SIZE, min(size, size * INSIDE / text_width(text, size=size)))
    while text_width(text, size=size) > INSIDE:
        text = f"{text[:-2]}…"
    return text, size


def _value_label(node):
    """Return the value of a node, of a result that has a name with it: ``c = 3``."""
    value = format_label(node.value, "value")
    return f"{_drawn(node.name)} = {value}" if _is_named_result(node) else value


def _drawn(name):
    """Return a name as it is drawn: one letter as a formula."""
    return f"${name}$" if len(name) == 1 and name.isalpha() else name


def _is_named_result(node):
    return bool(node.inputs) and node.name != node.operation


def _formula(node):
    """Return how a node is computed: ``c × (b + 1)``, or its name where it is a variable."""
    operation, binding = node.operation, BINDING.get(node.operation[:1], SINGLE)
    match node.inputs:
        case ():
            return node.name
        case (a,) if operation == "−":
            return f"−{_called(a, POWER)}"
        case (a,) if binding == SINGLE:
            return f"{operation}({_called(a)})"
        case (a, *exponent) if binding == POWER:
            return _called(a, SINGLE) + operation + "".join(_called(n, SINGLE) for n in exponent)
        case (a, b):
            return f"{_called(a, binding)} {operation} {_called(b, binding + 1)}"


def _called(node, least=SUM):
    """Return the name of a node or its formula, in brackets if that binds less than `least`."""
    if _is_named_result(node):
        return node.name
    formula = _formula(node)
    binding = BINDING.get((node.operation or node.name)[:1], SINGLE)
    return f"({formula})" if binding < least else formula


def _equation(node):
    """Return the formula of a node, after its name where it has one: ``c = a + b``."""
    return f"{node.name} = {_formula(node)}" if _is_named_result(node) else _formula(node)


def _describe(order, derivatives):
    values = [f"{_equation(node)} = {format_number(node.value)}" for node in order]
    text = f"Computation graph of {_equation(order[-1])}. Values, forward: {'; '.join(values)}."
    if derivatives:
        backward = [
            f"by {_called(node)}: {format_number(derivatives[node])}" for node in reversed(order)
        ]
        text += f" Derivatives of the result, backward: {'; '.join(backward)}."
    return text

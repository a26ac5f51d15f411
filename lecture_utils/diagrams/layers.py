"""Drawings of a layer, neuron by neuron, and of a network as a chain of layers."""

from lecture_utils._validation import require_within
from lecture_utils.diagrams.canvas import (
    HEADER,
    KINDS,
    NAME,
    NODES,
    RADIUS,
    WIDTH,
    Canvas,
    gradient_name,
    spread,
)
from lecture_utils.formatting import count
from lecture_utils.style import TRANSPOSED

VALUE, WEIGHT, GRADIENT = (KINDS[kind]["color"] for kind in ("value", "weight", "node gradient"))
BODY = NODES["hidden"]["fill"]

# A layer

MOST_NODES = 6
INPUT_X, NEURON_X, OUTPUT_X, FORMULA_X = 80, 340, 440, 524


def draw_layer(n_inputs, n_neurons, *, shown=None, ax=None):
    """Draw a layer, neuron by neuron, on the canvas of the whole layer.

    Parameters
    ----------
    n_inputs, n_neurons : int
        From 1 to 6.
    shown : int, optional
        How many neurons are drawn yet, from the first; the last of them stands out. By default
        all, and none stands out.
    ax : matplotlib.axes.Axes, optional
        Emptied before it is drawn on; by default axes in a figure of their own.

    Returns
    -------
    matplotlib.axes.Axes
        Its label is the text alternative.

    Raises
    ------
    ValueError
        If a number is too small or too large.
    TypeError
        If a number is not whole.
    """
    require_within("n_inputs", n_inputs, 1, MOST_NODES)
    require_within("n_neurons", n_neurons, 1, MOST_NODES)
    newest = shown
    shown = n_neurons if shown is None else shown
    require_within("shown", shown, 0, n_neurons)
    height = HEADER + max(210, 70 * max(n_inputs, n_neurons) + 16)
    canvas = Canvas(WIDTH, height, ax)
    inputs, neurons = (_layer_heights(n, height - HEADER - 16) for n in (n_inputs, n_neurons))
    for k, y in enumerate(neurons[:shown], start=1):
        _draw_neuron(canvas, k, y, inputs, k == newest)
    for j, y in enumerate(inputs, start=1):
        canvas.node(INPUT_X, y, f"$x_{j}$", kind="input")
    for x, name in ((INPUT_X, "inputs"), (NEURON_X, "neurons"), (FORMULA_X, "outputs")):
        canvas.heading(x, height - HEADER / 2, name)
    return canvas.finish(_describe_layer(n_inputs, n_neurons, shown))


def _layer_heights(n, height):
    return spread(n, height / 2, min(86, height / n))


def _draw_neuron(canvas, k, y, inputs, newest):
    for y_in in inputs:
        style = {"color": WEIGHT, "line": 2.8} if newest else {}
        canvas.line((INPUT_X, y_in), (NEURON_X, y), **style)
    canvas.node(NEURON_X, y, f"$h_{k}$", kind="hidden")
    canvas.text(NEURON_X + 6, y + RADIUS + 13, f"$w_{k}, b_{k}$", color=WEIGHT, size=NAME)
    canvas.arrow((NEURON_X + RADIUS + 2, y), (OUTPUT_X, y))
    formula = rf"$h_{k} = \sigma(w_{k}{TRANSPOSED} x + b_{k})$"
    canvas.text(FORMULA_X, y, formula, color=VALUE, size=NAME)


def _describe_layer(n_inputs, n_neurons, shown):
    inputs, neurons = count(n_inputs, "input"), count(n_neurons, "neuron")
    start = f"Layer with {inputs} and {neurons}"
    if not shown:
        return f"{start}, of which none is drawn yet."
    formulas = ", ".join(f"h{k} = σ(w{k}ᵀx + b{k})" for k in range(1, shown + 1))
    first = "the first is" if shown == 1 else f"the first {shown} are"
    drawn = "all are" if shown == n_neurons else first
    return f"{start}, of which {drawn} drawn. Each is joined to every input: {formulas}."


# A chain of layers

MOST_LAYERS = 6
CHAIN_STEP, CHAIN_END, CHAIN_HEIGHT = 124, 56, 176
FORWARD_Y, BACKWARD_Y = 126, 36


def draw_composition(n_layers, *, backward=0, ax=None):
    """Draw a network as a chain of functions, `x → f_1 → … → f_L → ŷ`.

    Parameters
    ----------
    n_layers : int
        `L`, from 1 to 6.
    backward : int
        Through how many layers, from the last, the gradient of `J` has flowed back.
    ax : matplotlib.axes.Axes, optional
        Emptied before it is drawn on; by default axes in a figure of their own.

    Returns
    -------
    matplotlib.axes.Axes
        Its label is the text alternative.

    Raises
    ------
    ValueError
        If a number is too small or too large.
    TypeError
        If a number is not whole.
    """
    require_within("n_layers", n_layers, 1, MOST_LAYERS)
    require_within("backward", backward, 0, n_layers)
    width = max(WIDTH, 2 * CHAIN_END + CHAIN_STEP * n_layers)
    canvas = Canvas(width, CHAIN_HEIGHT, ax)
    step = (width - 2 * CHAIN_END) / n_layers
    places = [CHAIN_END + step * i for i in range(n_layers + 1)]
    names = ["x", *(f"y_{i}" for i in range(1, n_layers)), r"\hat{y}"]
    for i in range(n_layers):
        _draw_link(canvas, places[i], places[i + 1], i + 1)
    for x, name in zip(places, names):
        canvas.text(x, FORWARD_Y, f"${name}$", color=VALUE, size=NAME)
    if backward:
        reached = range(n_layers - backward, n_layers + 1)
        for i in reached:
            style = KINDS["node gradient"]
            canvas.text(places[i], BACKWARD_Y, gradient_name(names[i]), size=NAME, **style)
        for i in reached[:-1]:
            start, end = places[i + 1] - 40, places[i] + 40
            canvas.arrow((start, BACKWARD_Y), (end, BACKWARD_Y), color=GRADIENT)
    return canvas.finish(_describe_composition(n_layers, backward))


def _draw_link(canvas, x0, x1, number):
    middle = (x0 + x1) / 2
    canvas.arrow((x0 + 16, FORWARD_Y), (middle - 25, FORWARD_Y))
    canvas.block(middle, FORWARD_Y, 48, 60, f"$f_{number}$", fill=BODY, size=NAME)
    canvas.arrow((middle + 25, FORWARD_Y), (x1 - 16, FORWARD_Y))


def _describe_composition(n_layers, backward):
    chain = " → ".join(["x", *(f"f{i}" for i in range(1, n_layers + 1)), "ŷ"])
    text = f"Network as a composition of layers: {chain}."
    if backward:
        names = ["x", *(f"y{i}" for i in range(1, n_layers)), "ŷ"][n_layers - backward :]
        flow = " → ".join(f"∂J/∂{name}" for name in reversed(names))
        text += f" The gradient flows back from the end: {flow}."
    return text

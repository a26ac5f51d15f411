"""The biological and the artificial neuron, drawn with the same layout."""

from lecture_utils.diagrams.canvas import (
    HEADER,
    INK,
    KINDS,
    NAME,
    NODES,
    RADIUS,
    SIZE,
    WIDTH,
    Canvas,
)
from lecture_utils.style import TRANSPOSED

VALUE, WEIGHT, GRADIENT, _ = (style["color"] for style in KINDS.values())
BODY = NODES["hidden"]["fill"]

# The places that the two neurons share: what comes in, the body, and what goes out.
NEURON_HEIGHT = 300
IN_X, IN_YS = 60, (218, 138, 58)
BODY_X, BODY_Y, BODY_RADIUS = 290, 138, 52
WEIGHT_X, OUT_X = 146, 600


def draw_biological_neuron(ax=None):
    """Draw a biological neuron: dendrites, cell body with nucleus, axon, terminals.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        Emptied before it is drawn on; by default axes in a figure of their own.

    Returns
    -------
    matplotlib.axes.Axes
        Its label is the text alternative.
    """
    canvas = Canvas(WIDTH, NEURON_HEIGHT, ax)
    for y in IN_YS:
        _draw_dendrite(canvas, y)
    _draw_axon(canvas)
    _draw_cell_body(canvas)
    heading = NEURON_HEIGHT - HEADER / 2
    canvas.heading(IN_X + 20, heading, "dendrites", color=VALUE)
    canvas.heading(BODY_X, heading, "cell body")
    canvas.heading(452, BODY_Y + 30, "axon", color=GRADIENT)
    canvas.heading(OUT_X - 20, heading, "terminals", color=GRADIENT)
    canvas.text(BODY_X, 36, "nucleus", size=SIZE)
    canvas.line((BODY_X, 48), (BODY_X, BODY_Y - 20), color=INK, line=1, zorder=4)
    return canvas.finish(
        "Biological neuron, from left to right: dendrites take in signals, the cell body with "
        "its nucleus gathers them, the axon carries one signal on to the terminals."
    )


def _draw_dendrite(canvas, y):
    """Draw a root that grows thicker towards the cell body, with branches and twigs."""
    fork, end_y = IN_X + 56, BODY_Y + (y - BODY_Y) * 0.3
    bend = (fork + 50, y), (BODY_X - 100, end_y + (y - BODY_Y) * 0.3)
    _draw_taper(canvas, [(fork, y), *bend, (BODY_X - 20, end_y)], 5, 20, VALUE)
    for x, dy in ((28, 24), (8, 2), (26, -22)):
        branch = [(fork, y), (fork - 20, y), (x + 40, y + dy), (x, y + dy)]
        canvas.curve(branch, color=VALUE, line=4)
    for dy in (24, -22):
        twig = [(56, y + 0.84 * dy), (46, y + dy), (48, y + 1.5 * dy), (32, y + 1.6 * dy)]
        canvas.curve(twig, color=VALUE, line=3)


def _draw_taper(canvas, points, start_width, end_width, color):
    """Draw a curve from left to right whose width changes on its way."""
    n = len(points) - 1
    halves = [(start_width + (end_width - start_width) * i / n) / 2 for i in range(n + 1)]
    upper = [(x, y + half) for (x, y), half in zip(points, halves)]
    lower = [(x, y - half) for (x, y), half in zip(points, halves)][::-1]
    # Both ends are closed by a straight piece, written as a curve like all others.
    right = [upper[-1], lower[0], lower[0]]
    canvas.curve([*upper, *right, *lower[1:]], color=color, fill=color, line=1)


def _draw_cell_body(canvas):
    outline = [(-62, 0), (-58, 26), (-62, 46), (-38, 56), (-12, 66), (14, 68), (36, 54),
               (56, 42), (52, 16), (76, 7), (76, 3), (76, -3), (76, -7), (52, -16), (54, -40),
               (36, -54), (14, -68), (-12, -66), (-38, -56), (-62, -46), (-58, -26),
               (-62, 0)]  # fmt: skip
    points = [(BODY_X + x, BODY_Y + y) for x, y in outline]
    canvas.curve(points, fill=BODY, color=INK, line=3, zorder=2)
    canvas.node(BODY_X, BODY_Y, "", kind="plain", radius=20)


def _draw_axon(canvas):
    fork = OUT_X - 76
    axon = [(BODY_X + 60, BODY_Y), (420, BODY_Y + 4), (450, BODY_Y - 3), (fork, BODY_Y)]
    _draw_taper(canvas, axon, 14, 8, GRADIENT)
    for dy in (-80, -40, 0, 40, 80):
        twig = [(fork, BODY_Y), (fork + 30, BODY_Y), (fork + 24, BODY_Y + dy), (OUT_X, BODY_Y + dy)]
        canvas.curve(twig, color=GRADIENT, line=4)
        canvas.node(OUT_X, BODY_Y + dy, "", kind="terminal", radius=9)


def draw_artificial_neuron(ax=None):
    """Draw an artificial neuron, laid out like the biological one.

    Three inputs with their weights, the bias, the sum `z = wᵀx + b`, the activation, the output.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        Emptied before it is drawn on; by default axes in a figure of their own.

    Returns
    -------
    matplotlib.axes.Axes
        Its label is the text alternative.
    """
    canvas = Canvas(WIDTH, NEURON_HEIGHT, ax)
    activation_x = 452
    for j, y in enumerate(IN_YS):
        _draw_input(canvas, j + 1, y)
    canvas.arrow((BODY_X, 50), (BODY_X, BODY_Y - BODY_RADIUS - 2), color=WEIGHT)
    canvas.text(BODY_X, 34, "bias $b$", color=WEIGHT, size=NAME)
    canvas.node(BODY_X, BODY_Y, "$\\Sigma$", kind="hidden", radius=BODY_RADIUS, size=NAME + 7)
    canvas.arrow((BODY_X + BODY_RADIUS + 2, BODY_Y), (activation_x - 34, BODY_Y))
    canvas.text(380, BODY_Y + 18, "$z$", color=VALUE, size=NAME)
    canvas.block(activation_x, BODY_Y, 64, 64, r"$\sigma$", fill=BODY, size=NAME + 7)
    canvas.arrow((activation_x + 33, BODY_Y), (OUT_X - RADIUS - 2, BODY_Y))
    canvas.text(532, BODY_Y + 18, r"$\sigma(z)$", color=VALUE, size=NAME)
    canvas.node(OUT_X, BODY_Y, r"$\hat{y}$", kind="output")
    heading = NEURON_HEIGHT - HEADER / 2
    for x, name in ((IN_X, "inputs"), (WEIGHT_X + 4, "weights"), (BODY_X, "sum"),
                    (activation_x, "activation"), (OUT_X - 6, "output")):  # fmt: skip
        canvas.heading(x, heading, name, color=WEIGHT if name == "weights" else INK)
    canvas.text(BODY_X, 222, f"$z = w{TRANSPOSED} x + b$", size=NAME)
    return canvas.finish(
        "Artificial neuron, from left to right: inputs x1, x2, x3, each with its weight w1, w2, "
        "w3; the sum z = wᵀx + b, into which the bias b goes too; the activation σ(z); the "
        "output ŷ."
    )


def _draw_input(canvas, j, y):
    end_y = BODY_Y + (y - BODY_Y) * 0.3
    line = [(IN_X + RADIUS, y), (WEIGHT_X + 20, y), (BODY_X - 46, end_y), (BODY_X, end_y)]
    canvas.wire(line, line=2.2)
    canvas.node(IN_X, y, f"$x_{j}$", kind="input")
    canvas.text(WEIGHT_X, y + 16, f"$w_{j}$", color=WEIGHT, size=NAME)

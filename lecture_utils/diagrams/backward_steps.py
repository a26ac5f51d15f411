"""A drawing of backpropagation through one layer, in six steps."""

from lecture_utils._validation import require_within
from lecture_utils.diagrams.canvas import (
    HEADING,
    KINDS,
    NAME,
    NODES,
    SIZE,
    WIDTH,
    Canvas,
    gradient_name,
)

VALUE, _, GRADIENT, WEIGHT_GRADIENT = (style["color"] for style in KINDS.values())
BODY = NODES["hidden"]["fill"]

BY_PREDICTION = gradient_name(r"\hat{y}")
STEPS = (
    r"forward: from $x$ to $\hat{y}$",
    r"loss: from $\hat{y}$ and the target $y$ to $J$",
    f"gradient of the prediction: {BY_PREDICTION}",
    f"gradient of the parameters: {gradient_name('W')} and {gradient_name('b')}",
    f"gradient of the input: {gradient_name('x')}",
    f"{gradient_name('x')} goes on to the layer before",
)
SAID = {r"\partial ": "∂", r"\hat{y}": "ŷ", "$": ""}  # of a formula, in the text alternative
STEPS_HEIGHT = 300
TOP_Y, LOW_Y, PARAMETERS_Y, CAPTION_Y = 210, 132, 74, 22
BEFORE_X, X_X, LAYER_X, Y_HAT_X, LOSS_X = 66, 190, 318, 450, 580


def draw_backward_steps(shown, *, ax=None):
    """Draw the six steps of backpropagation in one layer, of which the first `shown`.

    Parameters
    ----------
    shown : int
        From 1 to 6: forward, loss, `∂J/∂ŷ`, gradient of the parameters, gradient of the input,
        on to the layer before.
    ax : matplotlib.axes.Axes, optional
        Emptied before it is drawn on; by default axes in a figure of their own.

    Returns
    -------
    matplotlib.axes.Axes
        Its label is the text alternative.

    Raises
    ------
    ValueError
        If `shown` is not from 1 to 6.
    TypeError
        If `shown` is not a whole number.
    """
    require_within("shown", shown, 1, len(STEPS))
    canvas = Canvas(WIDTH, STEPS_HEIGHT, ax)
    canvas.text(X_X, TOP_Y, "$x$", color=VALUE, size=NAME)
    canvas.block(LAYER_X, TOP_Y, 128, 66, r"$\sigma(xW + b)$", fill=BODY, size=NAME)
    draws = (_draw_forward, _draw_loss, _draw_prediction_gradient, _draw_parameter_gradient,
             _draw_input_gradient, _draw_layer_before)  # fmt: skip
    canvas.heading(LAYER_X, TOP_Y + 52, "layer")
    for draw in draws[:shown]:
        draw(canvas)
    canvas.badge(28, CAPTION_Y, shown)
    canvas.text(50, CAPTION_Y, STEPS[shown - 1], ha="left", size=HEADING)
    listed = " ".join(f"Step {i}, {step}." for i, step in enumerate(STEPS[:shown], start=1))
    for tex, said in SAID.items():
        listed = listed.replace(tex, said)
    return canvas.finish(f"Backpropagation in one layer. {listed}")


def _draw_forward(canvas):
    canvas.arrow((X_X + 16, TOP_Y), (LAYER_X - 66, TOP_Y))
    canvas.arrow((LAYER_X + 66, TOP_Y), (Y_HAT_X - 16, TOP_Y))
    canvas.text(Y_HAT_X, TOP_Y, r"$\hat{y}$", color=VALUE, size=NAME)
    canvas.badge(LAYER_X - 50, TOP_Y + 52, 1)


def _draw_loss(canvas):
    canvas.arrow((Y_HAT_X + 16, TOP_Y), (LOSS_X - 33, TOP_Y))
    canvas.block(LOSS_X, TOP_Y, 62, 62, "$J$", size=NAME)
    canvas.text(LOSS_X, STEPS_HEIGHT - 20, "$y$", color=VALUE, size=NAME)
    canvas.arrow((LOSS_X, STEPS_HEIGHT - 34), (LOSS_X, TOP_Y + 33))
    canvas.badge((Y_HAT_X + LOSS_X) / 2 - 8, TOP_Y + 24, 2)


def _draw_prediction_gradient(canvas):
    canvas.arrow((LOSS_X, TOP_Y - 32), (LOSS_X, LOW_Y), (Y_HAT_X + 40, LOW_Y), color=GRADIENT)
    canvas.text(Y_HAT_X, LOW_Y, BY_PREDICTION, size=NAME, **KINDS["node gradient"])
    canvas.badge((Y_HAT_X + LOSS_X) / 2 + 20, LOW_Y + 24, 3)


def _draw_parameter_gradient(canvas):
    start, end = (Y_HAT_X, LOW_Y - 20), (LAYER_X + 60, PARAMETERS_Y)
    canvas.arrow(start, (Y_HAT_X, PARAMETERS_Y), end, color=WEIGHT_GRADIENT)
    names = f"{gradient_name('W')}, {gradient_name('b')}"
    canvas.text(LAYER_X, PARAMETERS_Y, names, size=NAME, **KINDS["weight gradient"])
    canvas.badge(LAYER_X - 74, PARAMETERS_Y, 4)


def _draw_input_gradient(canvas):
    canvas.arrow((Y_HAT_X - 40, LOW_Y), (X_X + 40, LOW_Y), color=GRADIENT)
    canvas.text(X_X, LOW_Y, gradient_name("x"), size=NAME, **KINDS["node gradient"])
    canvas.badge(LAYER_X, LOW_Y + 24, 5)


def _draw_layer_before(canvas):
    canvas.block(BEFORE_X, TOP_Y, 100, 66, "layer\nbefore", size=SIZE)
    canvas.arrow((BEFORE_X + 51, TOP_Y), (X_X - 16, TOP_Y))
    canvas.arrow((X_X - 40, LOW_Y), (BEFORE_X, LOW_Y), (BEFORE_X, TOP_Y - 35), color=GRADIENT)
    canvas.badge(BEFORE_X + 40, LOW_Y + 24, 6)

"""A recurrent layer, folded with its loop or unfolded in time, on one canvas."""

from lecture_utils._validation import require_within
from lecture_utils.diagrams.canvas import HEADER, KINDS, NAME, NODES, RADIUS, WIDTH, Canvas

VALUE, WEIGHT = KINDS["value"]["color"], KINDS["weight"]["color"]
MOST_STEPS = 4
STEP, BLOCK_WIDTH, BLOCK_HEIGHT = 138, 78, 50
HEIGHT = 290
FOLDED_WIDTH = 310   # about a square, beside which there is room for text
START_X, FIRST_X = 44, 148
BELOW_Y, LAYER_Y, ABOVE_Y, FORMULA_Y = 68, 146, 224, 22
LOOP_X, LOOP_Y = 100, 18    # from the middle of the layer: how far the loop reaches
FORMULA = r"$h_t = \mathrm{tanh}(x_t W + h_{t-1} U + b)$"


def draw_recurrent(n_steps=None, *, ax=None):
    """Draw a recurrent layer, folded or unfolded in time.

    Folded, the layer has a loop that hands its output on to the next step; unfolded, it stands
    there once for each step, each time with the same weights.

    Parameters
    ----------
    n_steps : int, optional
        Steps of the unfolded layer, from 1 to 4; by default it is folded.
    ax : matplotlib.axes.Axes, optional
        Emptied before it is drawn on; by default axes in a figure of their own.

    Returns
    -------
    matplotlib.axes.Axes
        Its label is the text alternative.

    Raises
    ------
    ValueError
        If `n_steps` is not from 1 to 4.
    TypeError
        If `n_steps` is not a whole number.
    """
    if n_steps is not None:
        require_within("n_steps", n_steps, 1, MOST_STEPS)
    canvas = Canvas(FOLDED_WIDTH if n_steps is None else WIDTH, HEIGHT, ax)
    canvas.text(canvas.width / 2, FORMULA_Y, FORMULA, size=NAME)
    return _draw_folded(canvas) if n_steps is None else _draw_unfolded(canvas, n_steps)


def _draw_folded(canvas):
    x = canvas.width / 2
    _draw_step(canvas, x, "t")
    side = x + BLOCK_WIDTH / 2
    upper, lower = LAYER_Y + LOOP_Y, LAYER_Y - LOOP_Y
    canvas.arrow((side + 1, upper), (x + LOOP_X, upper), (x + LOOP_X, lower), (side + 2, lower))
    canvas.text(x + LOOP_X + 12, LAYER_Y, "$h_{t-1}$", color=VALUE, size=NAME, ha="left")
    canvas.heading(x, HEIGHT - HEADER / 2, "folded: the loop leads to the next step")
    return canvas.finish(
        "Recurrent layer, folded: h_t = tanh(x_t W + h_(t−1) U + b). The input x_t and, through a "
        "loop, the output h_(t−1) of the step before go in; h_t comes out."
    )


def _draw_unfolded(canvas, n_steps):
    canvas.node(START_X, LAYER_Y, "$h_0$", kind="plain")
    for t in range(1, n_steps + 1):
        x = FIRST_X + STEP * (t - 1)
        start = START_X + RADIUS if t == 1 else x - STEP + BLOCK_WIDTH / 2
        canvas.arrow((start + 2, LAYER_Y), (x - BLOCK_WIDTH / 2 - 2, LAYER_Y))
        if t > 1:
            canvas.text(x - STEP / 2, LAYER_Y + 18, f"$h_{t - 1}$", color=VALUE, size=NAME)
        _draw_step(canvas, x, t)
    title = "unfolded in time: the same $W$, $U$ and $b$ at each step"
    canvas.heading(WIDTH / 2, HEIGHT - HEADER / 2, title)
    steps = " ".join(f"Step {t}: x{t} and h{t - 1} go in, h{t} comes out." for t in
                     range(1, n_steps + 1))  # fmt: skip
    return canvas.finish(
        "Recurrent layer, unfolded in time: the same W, U and b at each step, "
        f"h_t = tanh(x_t W + h_(t−1) U + b). The start is h0. {steps}"
    )


def _draw_step(canvas, x, t):
    """Draw the layer with its input below and its output above."""
    canvas.node(x, BELOW_Y, f"$x_{t}$", kind="input")
    canvas.arrow((x, BELOW_Y + RADIUS + 2), (x, LAYER_Y - BLOCK_HEIGHT / 2 - 2))
    style = {"fill": NODES["hidden"]["fill"], "color": WEIGHT, "size": NAME}
    canvas.block(x, LAYER_Y, BLOCK_WIDTH, BLOCK_HEIGHT, "$W, U, b$", **style)
    canvas.arrow((x, LAYER_Y + BLOCK_HEIGHT / 2 + 1), (x, ABOVE_Y - RADIUS - 3))
    canvas.node(x, ABOVE_Y, f"$h_{t}$", kind="hidden")

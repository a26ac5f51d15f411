r"""Backpropagation of one sample written out: each step as formula, numbers put in, and result.

The numbers are those of a trace, so they are those of its drawing. Results have five significant
digits. Factors have six, or as many as it takes to get the result shown from the factors shown, so
that every line can be checked with a pocket calculator. Rounding is half to even; numbers below
0.001 or from 100,000 on have a power of ten, and negative factors have brackets.
"""

import numpy as np

from lecture_utils.activations import identity, sigmoid, softmax
from lecture_utils.backprop import Trace
from lecture_utils.diagrams import draw_network
from lecture_utils.diagrams.naming import quantities
from lecture_utils.display import show, show_text
from lecture_utils.formatting import DIGITS, latex_number
from lecture_utils.losses import binary_cross_entropy, cross_entropy, squared_error
from lecture_utils.networks import Network
from lecture_utils.walkthrough.formulas import (
    FACTOR_DIGITS,
    cleaned,
    dJ_by,
    enough_digits,
    equation,
    factor,
    product,
    row_vector,
    shown,
    sum_of_products,
    total,
)
from lecture_utils.walkthrough.layers import named_layers


def show_stage(network, trace, *names):
    """Display what happens in one stage or more: first as formulas, then in the drawing.

    Parameters
    ----------
    network : Network
    trace : Trace
        What `backprop` returned for one sample.
    *names : str
        Out of ``stages(network)``. The drawing has all numbers up to the last of them. Formulas
        of one line each share a line.

    Raises
    ------
    ValueError, TypeError
        As for `explain` and `draw_network`.
    """
    if not names:
        raise ValueError("names must hold at least one quantity, got none")
    known = list(quantities(network))
    texts = [explain(trace, name) for name in names]
    reveal = known[: known.index(names[-1]) + 1]
    ax = draw_network(network, trace=trace, reveal=reveal, mark=names)
    if not any("aligned" in text for text in texts):
        line = r" \qquad ".join(text.strip("$ ") for text in texts)
        texts = [f"$$ {line} $$"]
    for text in texts:
        show_text(text)
    show(ax)


def explain(trace, name):
    """Return one stage of backpropagation as formulas in Markdown.

    Parameters
    ----------
    trace : Trace
        What `backprop` returned for one sample, with squared error, binary cross-entropy, or
        cross-entropy behind a softmax.
    name : str
        A quantity out of ``stages(network)``.

    Returns
    -------
    str
        One block of LaTeX between dollar signs.

    Raises
    ------
    ValueError
        If there is no such quantity, the trace is of several samples, or it can't be written out:
        it is not finite, or a saturated neuron has lost the digits of a gradient.
    TypeError
        If `trace` is no trace.
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"trace must be what backprop returns, got {type(trace).__name__}")
    network = Network([step.layer for step in trace.steps])
    known = quantities(network)
    if name not in known:
        raise ValueError(f"name must be one of {', '.join(known)}; got {name!r}")
    layers = named_layers(trace, network)
    _check_objective(trace, layers)
    lines = {
        "x": lambda: _input(trace, layers),
        "weights": lambda: _parameters(layers),
        "J": lambda: _loss(trace, layers[-1]),
        "dJ/dy_hat": lambda: _prediction_gradient(trace, layers[-1]),
    }.get(name, lambda: _of_layer(layers, known[name][0], name))()
    if len(lines) == 1:
        return f"$$ {lines[0].replace('&=', '=')} $$"
    body = " \\\\\n".join(lines)
    return f"$$ \\begin{{aligned}}\n{body}\n\\end{{aligned}} $$"


def _check_objective(trace, layers):
    *hidden, output = [layer.activation == softmax for layer in layers]
    if trace.objective not in OBJECTIVES or any(hidden) or (
        output != (trace.objective == cross_entropy)
    ):
        raise ValueError(
            "trace must be of squared_error, of binary_cross_entropy, or of cross_entropy behind a "
            f"softmax to be explained, got {trace.objective} behind "
            f"{Network([step.layer for step in trace.steps])!r}"
        )
    gradients = [value for layer in layers for value in (*layer.dz, *layer.dh)]
    if not np.isfinite([trace.loss, *gradients]).all():
        raise ValueError(
            f"trace must be finite to be explained, got a loss of {trace.loss:.6g} for the output "
            f"{trace.y_hat[0]} and the target {trace.y[0]}"
        )


# Forward


def _input(trace, layers):
    x, y = map(_number_or_row, (layers[0].x, trace.y[0]))
    return [rf"x = {x} \qquad y = {y}"]


def _number_or_row(values):
    return latex_number(values[0], FACTOR_DIGITS) if len(values) == 1 else row_vector(values)


def _parameters(layers):
    """Return weights and biases: on one line, or a line each layer where there are many."""
    lines = []
    for layer in layers:
        line = rf"{layer.matrix} &= {_matrix(layer.dense.params['W'])}"
        if "b" in layer.dense.params:
            b = layer.dense.params["b"]
            line += rf" \qquad {layer.biases} = {_number_or_row(b)}"
        lines.append(line)
    if len(lines) > 2 or "b" in layers[0].dense.params:
        return lines
    return [r" \qquad ".join(line.replace("&=", "=") for line in lines)]


def _matrix(W):
    """Return a matrix; one with a single column lies down, which takes less of a slide."""
    if W.shape[1] == 1 < len(W):
        return rf"{row_vector(W[:, 0])}^\top"
    rows = [" & ".join(latex_number(value, FACTOR_DIGITS) for value in row) for row in W]
    return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"


def _forward(layer, k):
    """Return the pre-activation and the output of neuron `k`."""
    W = layer.dense.params["W"][:, k]
    biases = layer.dense.params["b"][k : k + 1] if "b" in layer.dense.params else np.array([])
    n = len(W)
    names = " + ".join(
        [f"{layer.x_(j + 1)} {layer.W_(j + 1, k + 1)}" for j in range(n)]
        + [layer.b_(k + 1)] * len(biases)
    )
    z = cleaned(layer.z[k], [*layer.x * W, *biases])
    digits = enough_digits(
        [*layer.x, *W, *biases], lambda v: total([*v[:n] * v[n : 2 * n], *v[2 * n :]]), z
    )
    numbers = sum_of_products(zip(layer.x, W), digits, biases)
    lines = equation(layer.z_(k + 1), names, numbers, latex_number(z))
    if layer.activation == softmax:
        return lines
    return lines + _activated(layer, k, z)


def _activated(layer, k, z):
    if layer.activation == identity:
        return equation(layer.h_(k + 1), layer.z_(k + 1), latex_number(layer.h[k]))
    if latex_number(layer.activation(z)) != latex_number(layer.h[k]):
        z = layer.z[k]  # a ReLU keeps what is left of a zero
    digits = enough_digits([z], layer.activation, layer.h[k])
    name, argument = layer.activation.latex, latex_number(z, digits)
    texts = f"{name}({layer.z_(k + 1)})", f"{name}({argument})", latex_number(layer.h[k])
    return equation(layer.h_(k + 1), *texts)


def _softmax(layer):
    """Return the outputs of a softmax: all at once, as each depends on all pre-activations."""
    digits = enough_digits(layer.z, layer.activation, layer.h)
    name = layer.activation.latex
    z = rf"{name}({', '.join(latex_number(v, digits) for v in layer.z)})"
    return equation(r"\hat{y}", rf"{name}(z_{{\text{{out}}}})", z, row_vector(layer.h, DIGITS))


# The loss and its gradient, of each objective that can be written out


def _loss(trace, layer):
    """Return the loss: in general, for this target, in numbers."""
    write, _ = OBJECTIVES[trace.objective]
    several = len(layer.h) > 1
    texts = write(
        layer,
        trace.y[0],
        trace.loss,
        *((r"\hat{y}_k", "y_k") if several else (r"\hat{y}", "y")),
        r"\textstyle\sum_k " if several else "",
    )
    return equation("J", *texts, latex_number(trace.loss))


def _squared_error(layer, y, J, h, t, total):
    digits = enough_digits(
        [*layer.h, *y], lambda v: ((v[: len(y)] - v[len(y) :]) ** 2).sum() / 2, J
    )
    numbers = " + ".join(
        rf"\tfrac{{1}}{{2}} ({latex_number(p, digits)} - {shown(q, digits)})^2"
        for p, q in zip(layer.h, y)
    )
    return rf"{total}\tfrac{{1}}{{2}} ({h} - {t})^2", numbers


def _squared_error_slope(h, t, y_hat, y, result):
    return f"{h} - {t}", _difference(y_hat, y, result)


def _binary_cross_entropy(layer, y, J, h, t, total):
    inside = rf"-{t} \log {h} - (1 - {t}) \log (1 - {h})"
    names = [
        layer.h_(k + 1) if y[k] == 1 else f"(1 - {layer.h_(k + 1)})" for k in range(len(y))
    ]
    logs = _logs(names, np.where(y == 1, layer.h, 1 - layer.h), J)
    return rf"{total}\left( {inside} \right)" if total else inside, *logs


def _binary_cross_entropy_slope(h, t, y_hat, y, result):
    pair = (-1, y_hat) if y == 1 else (1, 1 - y_hat)
    return rf"-{t} / {h} + (1 - {t}) / (1 - {h})", _quotient(*pair, result)


def _cross_entropy(layer, y, J, h, t, total):
    names = [layer.h_(k + 1) for k in range(len(y)) if y[k] == 1]
    return rf"-{total}{t} \log {h}", *_logs(names, layer.h[y == 1], J)


def _cross_entropy_slope(h, t, y_hat, y, result):
    return rf"-{t} / {h}", _quotient(-y, y_hat, result)


def _logs(names, likelihoods, J):
    """Return the sum of the negative logarithms in names and in numbers."""
    digits = enough_digits(likelihoods, lambda v: -np.log(v).sum(), J)
    numbers = [factor(p, digits) for p in likelihoods]
    return ["-" + " - ".join(rf"\log {p}" for p in terms) for terms in (names, numbers)]


OBJECTIVES = {
    squared_error: (_squared_error, _squared_error_slope),
    binary_cross_entropy: (_binary_cross_entropy, _binary_cross_entropy_slope),
    cross_entropy: (_cross_entropy, _cross_entropy_slope),
}


# Backward


def _prediction_gradient(trace, layer):
    """Return the gradient of each output, and its error signal."""
    _, write_slope = OBJECTIVES[trace.objective]
    lines = []
    for k, (y, y_hat) in enumerate(zip(trace.y[0], layer.h)):
        h, t = layer.h_(k + 1), "y" if len(layer.h) == 1 else f"y_{{{k + 1}}}"
        texts = write_slope(h, t, y_hat, y, layer.dh[k])
        lines += equation(dJ_by(h), *texts, latex_number(layer.dh[k]))
        lines += _output_error(trace, layer, k, y, h, t)
    return lines


def _output_error(trace, layer, k, y, h, t):
    name = f"{layer.delta_(k + 1)} = {dJ_by(layer.z_(k + 1))}"
    if layer.activation == softmax:
        chain = []  # a sum over all outputs, which is not written out
    elif (trace.objective, layer.activation) == (binary_cross_entropy, sigmoid):
        chain = [_slope_names(layer, k)]
    else:
        return _error(layer, k, name)
    texts = *chain, f"{h} - {t}", _difference(layer.h[k], y, layer.dz[k])
    return equation(name, *texts, latex_number(layer.dz[k]))


def _error(layer, k, name):
    """Return the error signal of a neuron: the gradient of its output through its activation."""
    if layer.activation == identity:
        return equation(name, dJ_by(layer.h_(k + 1)), latex_number(layer.dz[k]))
    slope = layer.activation.derivative(layer.z[k])
    digits = enough_digits([layer.dh[k], slope], lambda v: product(*v), layer.dz[k])
    numbers = sum_of_products([(layer.dh[k], slope)], digits)
    return equation(name, _slope_names(layer, k), numbers, latex_number(layer.dz[k]))


def _slope_names(layer, k):
    return rf"{dJ_by(layer.h_(k + 1))} \cdot {layer.activation.latex}'({layer.z_(k + 1)})"


def _difference(a, b, result):
    digits = enough_digits([a, b], lambda v: v[0] - v[1], result)
    return f"{latex_number(a, digits)} - {shown(b, digits)}"


def _quotient(a, b, result):
    digits = enough_digits([a, b], lambda v: v[0] / v[1], result)
    return f"{latex_number(a, digits)} / {factor(b, digits)}"


def _of_layer(layers, item, name):
    """Return a stage of a hidden layer or of a layer's parameters."""
    if item.kind == "value":
        layer = layers[item.layer - 1]
        if not layer.is_last:
            return _forward(layer, item.column)
        lines = [line for k in range(len(layer.h)) for line in _forward(layer, k)]
        return lines + (_softmax(layer) if layer.activation == softmax else [])
    if item.kind == "node gradient":
        return _hidden_gradient(layers[item.layer - 1], layers[item.layer])
    layer = layers[item.layer]
    if layer.is_last:
        return [line for k in range(len(layer.h)) for line in _weight_row(layer, k)]
    k = item.column
    name = f"{layer.delta_(k + 1)} = {dJ_by(layer.z_(k + 1))}"
    return _error(layer, k, name) + _weight_row(layer, k)


def _weight_row(layer, k):
    """Return the gradients of all weights into a neuron: a row of inputs times one error."""
    gradients, error = layer.grads["W"][:, k], layer.dz[k]
    digits = enough_digits([*layer.x, error], lambda v: v[:-1] * v[-1], gradients)
    j = "j" if layer.index == 1 else "k"  # the letter of a feature, or of a hidden neuron
    names = rf"{layer.x_(j)} \, {layer.delta_(k + 1)}"
    numbers = rf"{row_vector(layer.x, digits)} \cdot {shown(error, digits)}"
    texts = rf"{names}: \quad {numbers}", row_vector(gradients, DIGITS)
    lines = equation(dJ_by(layer.W_(j, k + 1)), *texts)
    return lines + _bias_gradient(layer, k)


def _bias_gradient(layer, k):
    if "b" not in layer.grads:
        return []
    return equation(dJ_by(layer.b_(k + 1)), layer.delta_(k + 1), latex_number(layer.grads["b"][k]))


def _hidden_gradient(layer, after):
    """Return the gradients of a layer's outputs: the sum over the paths through the next layer."""
    W, errors = after.dense.params["W"], after.dz
    if len(errors) == 1:
        digits = enough_digits([*W[:, 0], errors[0]], lambda v: v[:-1] * v[-1], layer.dh)
        names = rf"{after.W_('k', 1)} \, {after.delta_(1)}"
        numbers = rf"{row_vector(W[:, 0], digits)} \cdot {shown(errors[0], digits)}"
        texts = rf"{names}: \quad {numbers}", row_vector(layer.dh, DIGITS)
        return equation(dJ_by(layer.h_("k")), *texts)
    lines, n = [], len(errors)
    for k, gradient in enumerate(layer.dh):
        gradient = cleaned(gradient, W[k] * errors)
        digits = enough_digits([*W[k], *errors], lambda v: total(v[:n] * v[n:]), gradient)
        names = " + ".join(rf"{after.W_(k + 1, m + 1)} \, {after.delta_(m + 1)}" for m in range(n))
        numbers = sum_of_products(zip(W[k], errors), digits)
        lines += equation(dJ_by(layer.h_(k + 1)), names, numbers, latex_number(gradient))
    return lines

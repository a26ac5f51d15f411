r"""Backpropagation of one sample written out: each step as formula, numbers put in, and result.

The numbers are those of a trace, so they are those of its drawing. Results have five significant
digits. Factors have six, or as many as it takes to get the result shown from the factors shown, so
that every line can be checked with a pocket calculator. Rounding is half to even; numbers below
0.001 or from 100,000 on have a power of ten, and negative factors have brackets.
"""

import re
from dataclasses import dataclass

import numpy as np

from lecture_utils._numbers import DIGITS, latex_number
from lecture_utils._quantities import dense_layers, layer_sizes, quantities
from lecture_utils.activations import Softmax
from lecture_utils.backprop import Trace
from lecture_utils.diagrams import draw_network
from lecture_utils.display import show, show_text
from lecture_utils.layers import Dense
from lecture_utils.losses import binary_cross_entropy, cross_entropy, squared_error
from lecture_utils.networks import Network

FACTOR_DIGITS, MOST_DIGITS = 6, 17
LONGEST = 80  # characters of a formula that fit on one line of a slide
FUNCTIONS = {
    "sigmoid": r"\sigma",
    "tanh": r"\tanh",
    "relu": r"\operatorname{ReLU}",
    "leaky_relu": r"\operatorname{LReLU}",
    "step": r"\operatorname{step}",
    "softmax": r"\operatorname{softmax}",
}
OBJECTIVES = (squared_error, binary_cross_entropy, cross_entropy)


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
    ax = draw_network(network, trace=trace, reveal=known[: known.index(names[-1]) + 1])
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
        If there is no such quantity, the trace is of several samples, or it can't be written out.
    TypeError
        If `trace` is no trace.
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"trace must be what backprop returns, got {type(trace).__name__}")
    network = Network([step.layer for step in trace.steps])
    known = quantities(network)
    if name not in known:
        raise ValueError(f"name must be one of {', '.join(known)}; got {name!r}")
    layers = _layers(trace, network)
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


# One dense layer with its activation


@dataclass(frozen=True)
class _Layer:
    """Numbers and names of a dense layer `l` of `L`, with its activation, for one sample.

    Attributes
    ----------
    index, sizes : int, list of int
        Number of the layer, from 1, and of the nodes in all layers of nodes.
    dense, activation : layers
        The activation is None where there is none.
    x, z, h, dz, dh : array, shape (n_in,) or (n_out,)
        Input, pre-activation, output, and the gradients of the last two.
    grads : dict
    """

    index: int
    sizes: list
    dense: Dense
    activation: object
    x: np.ndarray
    z: np.ndarray
    h: np.ndarray
    dz: np.ndarray
    dh: np.ndarray
    grads: dict

    @property
    def is_last(self):
        """Whether it is the output layer."""
        return self.index == len(self.sizes) - 1

    @property
    def has_one_output(self):
        """Whether it is the output layer, with one neuron."""
        return self.is_last and self.sizes[-1] == 1

    @property
    def function(self):
        """Name of the activation in a formula, or None where `h = z`."""
        return None if self.activation is None else FUNCTIONS.get(self.activation.name)

    @property
    def matrix(self):
        """Name of the weights: W or V, or numbered if there are more than two layers."""
        return "WV"[self.index - 1] if len(self.sizes) <= 3 else f"W^{{({self.index})}}"

    @property
    def bias(self):
        """Name of the biases: b or c, or numbered."""
        return "bc"[self.index - 1] if len(self.sizes) <= 3 else f"b^{{({self.index})}}"

    def x_(self, j):
        """Return the name of input `j`, from 1."""
        return f"x_{{{j}}}" if self.index == 1 else self._hidden(self.index - 1, "h", j)

    def h_(self, k):
        """Return the name of the output of neuron `k`, from 1."""
        if not self.is_last:
            return self._hidden(self.index, "h", k)
        return r"\hat{y}" if self.has_one_output else rf"\hat{{y}}_{{{k}}}"

    def W_(self, j, k):
        """Return the name of the weight from input `j` to neuron `k`."""
        return f"{self.matrix}_{{{j}}}" if self.has_one_output else f"{self.matrix}_{{{j}{k}}}"

    def b_(self, k):
        """Return the name of the bias of neuron `k`."""
        return self.bias if self.has_one_output else f"{self.bias}_{{{k}}}"

    def z_(self, k, letter="z"):
        """Return the name of the pre-activation of neuron `k`."""
        if not self.is_last:
            return self._hidden(self.index, letter, k)
        return rf"{letter}_{{\text{{out}}{'' if self.has_one_output else f',{k}'}}}"

    def delta_(self, k):
        """Return the name of the error signal of neuron `k`."""
        return self.z_(k, r"\delta")

    def _hidden(self, index, letter, k):
        layer = "" if len(self.sizes) <= 3 else f"^{{({index})}}"
        return f"{letter}{layer}_{{{k}}}"


def _layers(trace, network):
    dense, sizes = dense_layers(network), layer_sizes(dense_layers(network))
    if len(trace.steps[0].x) != 1:
        raise ValueError(f"trace must be of one sample, got {len(trace.steps[0].x)}")
    starts = [i for i, step in enumerate(trace.steps) if step.layer in dense]
    result = []
    for index, (start, end) in enumerate(zip(starts, [*starts[1:], len(trace.steps)]), start=1):
        first, last = trace.steps[start], trace.steps[end - 1]
        if end - start > 2:
            raise ValueError(
                f"trace must have one activation a layer to be explained, got {network!r}"
            )
        activation = None if first is last else last.layer
        rows = (array[0] for array in (first.x, first.y, last.y, first.dy, last.dy))
        result.append(_Layer(index, sizes, first.layer, activation, *rows, first.grads))
    softmax = [isinstance(layer.activation, Softmax) for layer in result]
    if trace.objective not in OBJECTIVES or any(softmax[:-1]) or (
        softmax[-1] != (trace.objective is cross_entropy)
    ):
        raise ValueError(
            "trace must be of squared_error, of binary_cross_entropy, or of cross_entropy behind "
            f"a softmax to be explained, got {trace.objective} behind {network!r}"
        )
    return result


# How a line is written


def _shown(value, digits=FACTOR_DIGITS):
    """Return a number as it stands between operators: in brackets if it is negative."""
    text = latex_number(value, digits)
    return f"({text})" if text.startswith("-") else text


def _factor(value, digits):
    """Return a positive number as it stands behind a fraction bar or a log: as one thing."""
    text = latex_number(value, digits)
    return rf"({text})" if "cdot" in text else text


def _row(values, digits=FACTOR_DIGITS):
    return f"({', '.join(latex_number(v, digits) for v in values)})"


def _enough_digits(values, formula, results):
    """Return how many digits the values need so that the formula gives the results as shown."""
    wanted = [latex_number(result) for result in np.atleast_1d(results)]
    for digits in range(FACTOR_DIGITS, MOST_DIGITS):
        rounded = np.array([float(f"{value:.{digits - 1}e}") for value in np.ravel(values)])
        with np.errstate(all="ignore"):
            found = np.atleast_1d(formula(rounded))
        if [latex_number(result) for result in found] == wanted:
            return digits
    return MOST_DIGITS


def _equation(left, *rights):
    """Return `left = right = right = …` on one line, or on more where it is long."""
    if _length(left, *rights) <= LONGEST:
        return [f"{left} &= {' = '.join(rights)}"]
    first, *rest = rights
    rest = [" = ".join(rest)] if _length(*rest) <= LONGEST else rest
    return [f"{left} &= {first}", *(f"&= {right}" for right in rest)]


def _length(*parts):
    """Return about how many characters wide a formula is."""
    return len(re.sub(r"[{}_^ ]", "", re.sub(r"\\[a-z]+", "x", " = ".join(parts))))


def _product(*values):
    return np.prod(values)


def _products(pairs, digits, rest=()):
    """Return ``a \\cdot b + c \\cdot d``, and the terms of `rest`."""
    terms = [rf"{_shown(a, digits)} \cdot {_shown(b, digits)}" for a, b in pairs]
    return " + ".join([*terms, *(_shown(value, digits) for value in rest)])


def _d(name):
    return rf"\tfrac{{\partial J}}{{\partial {name}}}"


# Forward


def _input(trace, layers):
    y = trace.y[0]
    target = latex_number(y[0], FACTOR_DIGITS) if len(y) == 1 else _row(y)
    x = _row(layers[0].x) if len(layers[0].x) > 1 else latex_number(layers[0].x[0], FACTOR_DIGITS)
    return [rf"x = {x} \qquad y = {target}"]


def _parameters(layers):
    """Return weights and biases: on one line, or a line each layer where there are many."""
    lines = []
    for layer in layers:
        line = rf"{layer.matrix} &= {_matrix(layer.dense.params['W'])}"
        if "b" in layer.dense.params:
            b = layer.dense.params["b"]
            row = latex_number(b[0], FACTOR_DIGITS) if len(b) == 1 else _row(b)
            line += rf" \qquad {layer.bias} = {row}"
        lines.append(line)
    if len(lines) > 2 or "b" in layers[0].dense.params:
        return lines
    return [r" \qquad ".join(line.replace("&=", "=") for line in lines)]


def _matrix(W):
    """Return a matrix; one with a single column lies down, which takes less of a slide."""
    if W.shape[1] == 1 < len(W):
        return rf"{_row(W[:, 0])}^\top"
    rows = [" & ".join(latex_number(value, FACTOR_DIGITS) for value in row) for row in W]
    return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"


def _forward(layer, k):
    """Return the pre-activation and the output of neuron `k`."""
    W, z = layer.dense.params["W"][:, k], layer.z[k]
    biases = layer.dense.params["b"][k : k + 1] if "b" in layer.dense.params else np.array([])
    n = len(W)
    names = " + ".join(
        [f"{layer.x_(j + 1)} {layer.W_(j + 1, k + 1)}" for j in range(n)]
        + [layer.b_(k + 1)] * len(biases)
    )
    digits = _enough_digits(
        [*layer.x, *W, *biases], lambda v: v[:n] @ v[n : 2 * n] + v[2 * n :].sum(), z
    )
    numbers = _products(zip(layer.x, W), digits, biases)
    lines = _equation(layer.z_(k + 1), names, numbers, latex_number(z))
    if isinstance(layer.activation, Softmax):
        return lines
    return lines + _activated(layer, k)


def _activated(layer, k):
    if layer.function is None:
        return _equation(layer.h_(k + 1), layer.z_(k + 1), latex_number(layer.h[k]))
    digits = _enough_digits([layer.z[k]], lambda v: layer.activation(v), layer.h[k])
    name, argument = layer.function, latex_number(layer.z[k], digits)
    texts = f"{name}({layer.z_(k + 1)})", f"{name}({argument})", latex_number(layer.h[k])
    return _equation(layer.h_(k + 1), *texts)


def _softmax(layer):
    """Return the outputs of a softmax: all at once, as each depends on all pre-activations."""
    digits = _enough_digits(layer.z, layer.activation, layer.h)
    name = layer.function
    z = rf"{name}({', '.join(latex_number(v, digits) for v in layer.z)})"
    return _equation(r"\hat{y}", rf"{name}(z_{{\text{{out}}}})", z, _row(layer.h, DIGITS))


# The loss


def _loss(trace, layer):
    y, y_hat = trace.y[0], layer.h
    index = "" if len(y) == 1 else "_k"
    total = "" if len(y) == 1 else r"\textstyle\sum_k "
    h, t = rf"\hat{{y}}{index}", f"y{index}"
    if trace.objective is squared_error:
        formula = rf"{total}\tfrac{{1}}{{2}} ({h} - {t})^2"
        digits = _enough_digits(
            [*y_hat, *y], lambda v: ((v[: len(y)] - v[len(y) :]) ** 2).sum() / 2, trace.loss
        )
        numbers = " + ".join(
            rf"\tfrac{{1}}{{2}} ({latex_number(p, digits)} - {_shown(q, digits)})^2"
            for p, q in zip(y_hat, y)
        )
        return _equation("J", formula, numbers, latex_number(trace.loss))
    if trace.objective is cross_entropy:
        formula, likelihoods = rf"-{total}{t} \log {h}", y_hat[y == 1]
    else:
        inside = rf"-{t} \log {h} - (1 - {t}) \log (1 - {h})"
        formula = rf"{total}\left( {inside} \right)" if total else inside
        likelihoods = np.where(y == 1, y_hat, 1 - y_hat)
    names = [rf"\log {layer.h_(k + 1)}" if y[k] == 1 else rf"\log (1 - {layer.h_(k + 1)})"
             for k in range(len(y)) if y[k] == 1 or trace.objective is binary_cross_entropy]
    digits = _enough_digits(likelihoods, lambda v: -np.log(v).sum(), trace.loss)
    logs = [rf"\log {_factor(p, digits)}" for p in likelihoods]
    texts = [f"-{' - '.join(terms)}" for terms in (names, logs)]
    return _equation("J", formula, *texts, latex_number(trace.loss))


# Backward


def _prediction_gradient(trace, layer):
    """Return the gradient of each output, and its error signal."""
    lines = []
    for k, (y, y_hat) in enumerate(zip(trace.y[0], layer.h)):
        h, t = layer.h_(k + 1), "y" if len(layer.h) == 1 else f"y_{{{k + 1}}}"
        left = _d(h)
        gradient = latex_number(layer.dh[k])
        if trace.objective is squared_error:
            texts = f"{h} - {t}", _difference(y_hat, y, layer.dh[k])
        elif trace.objective is cross_entropy:
            texts = rf"-{t} / {h}", _quotient(-y, y_hat, layer.dh[k])
        else:
            general = rf"-\tfrac{{{t}}}{{{h}}} + \tfrac{{1 - {t}}}{{1 - {h}}}"
            pair = (-1, y_hat) if y == 1 else (1, 1 - y_hat)
            texts = general, _quotient(*pair, layer.dh[k])
        lines += _equation(left, *texts, gradient)
        lines += _output_error(trace, layer, k, y, h, t)
    return lines


def _output_error(trace, layer, k, y, h, t):
    name = f"{layer.delta_(k + 1)} = {_d(layer.z_(k + 1))}"
    short = trace.objective is cross_entropy or (
        trace.objective is binary_cross_entropy and layer.function == FUNCTIONS["sigmoid"]
    )
    if not short:
        return _error(layer, k, name)
    chain = [] if trace.objective is cross_entropy else [_slope_names(layer, k)]
    texts = *chain, f"{h} - {t}", _difference(layer.h[k], y, layer.dz[k])
    return _equation(name, *texts, latex_number(layer.dz[k]))


def _error(layer, k, name):
    """Return the error signal of a neuron: the gradient of its output through its activation."""
    if layer.function is None:
        return _equation(name, _d(layer.h_(k + 1)), latex_number(layer.dz[k]))
    slope = layer.activation.derivative(layer.z[k])
    digits = _enough_digits([layer.dh[k], slope], lambda v: _product(*v), layer.dz[k])
    numbers = _products([(layer.dh[k], slope)], digits)
    return _equation(name, _slope_names(layer, k), numbers, latex_number(layer.dz[k]))


def _slope_names(layer, k):
    return rf"{_d(layer.h_(k + 1))} \, {layer.function}'({layer.z_(k + 1)})"


def _difference(a, b, result):
    digits = _enough_digits([a, b], lambda v: v[0] - v[1], result)
    return f"{latex_number(a, digits)} - {_shown(b, digits)}"


def _quotient(a, b, result):
    digits = _enough_digits([a, b], lambda v: v[0] / v[1], result)
    return f"{latex_number(a, digits)} / {_factor(b, digits)}"


def _of_layer(layers, item, name):
    """Return a stage of a hidden layer or of a layer's parameters."""
    if item.kind == "value":
        layer = layers[item.layer - 1]
        if not layer.is_last:
            return _forward(layer, item.column)
        lines = [line for k in range(len(layer.h)) for line in _forward(layer, k)]
        return lines + (_softmax(layer) if isinstance(layer.activation, Softmax) else [])
    if item.kind == "node gradient":
        return _hidden_gradient(layers[item.layer - 1], layers[item.layer])
    layer = layers[item.layer]
    if layer.is_last:
        return [line for k in range(len(layer.h)) for line in _weight_row(layer, k)]
    k = item.column
    lines = _error(layer, k, f"{layer.delta_(k + 1)} = {_d(layer.z_(k + 1))}")
    for j, x in enumerate(layer.x):
        gradient = layer.grads["W"][j, k]
        digits = _enough_digits([x, layer.dz[k]], lambda v: _product(*v), gradient)
        names = rf"{layer.x_(j + 1)} \, {layer.delta_(k + 1)}"
        numbers = _products([(x, layer.dz[k])], digits)
        lines += _equation(_d(layer.W_(j + 1, k + 1)), names, numbers, latex_number(gradient))
    return lines + _bias_gradient(layer, k)


def _weight_row(layer, k):
    """Return the gradients of all weights into an output: a row of inputs times one error."""
    gradients, error = layer.grads["W"][:, k], layer.dz[k]
    digits = _enough_digits([*layer.x, error], lambda v: v[:-1] * v[-1], gradients)
    j = "j" if layer.index == 1 else "k"  # the letter of a feature, or of a hidden neuron
    names = rf"{layer.x_(j)} \, {layer.delta_(k + 1)}"
    product = rf"{_row(layer.x, digits)} \cdot {_shown(error, digits)}"
    lines = _equation(_d(layer.W_(j, k + 1)), rf"{names}: \quad {product}", _row(gradients, DIGITS))
    return lines + _bias_gradient(layer, k)


def _bias_gradient(layer, k):
    if "b" not in layer.grads:
        return []
    return _equation(_d(layer.b_(k + 1)), layer.delta_(k + 1), latex_number(layer.grads["b"][k]))


def _hidden_gradient(layer, after):
    """Return the gradients of a layer's outputs: the sum over the paths through the next layer."""
    W, errors = after.dense.params["W"], after.dz
    if len(errors) == 1:
        digits = _enough_digits([*W[:, 0], errors[0]], lambda v: v[:-1] * v[-1], layer.dh)
        names = rf"{after.W_('k', 1)} \, {after.delta_(1)}"
        product = rf"{_row(W[:, 0], digits)} \cdot {_shown(errors[0], digits)}"
        return _equation(_d(layer.h_("k")), rf"{names}: \quad {product}", _row(layer.dh, DIGITS))
    lines, n = [], len(errors)
    for k, gradient in enumerate(layer.dh):
        digits = _enough_digits([*W[k], *errors], lambda v: v[:n] @ v[n:], gradient)
        names = " + ".join(rf"{after.W_(k + 1, m + 1)} \, {after.delta_(m + 1)}" for m in range(n))
        numbers = _products(zip(W[k], errors), digits)
        lines += _equation(_d(layer.h_(k + 1)), names, numbers, latex_number(gradient))
    return lines

"""Backpropagation of one sample, stage by stage, with numbers that can be changed."""

import numpy as np

from lecture_utils.backprop import backprop
from lecture_utils.diagrams import draw_network, stages
from lecture_utils.diagrams.naming import Naming, line_name, n_lines
from lecture_utils.display import picture
from lecture_utils.formatting import format_number
from lecture_utils.interactive.parts import Answer, Interactive, Slider, number_field
from lecture_utils.layers import Dense
from lecture_utils.networks import Network, dense_layers, layer_sizes
from lecture_utils.walkthrough import explain

LARGEST = 1000  # of a number that is put in: larger ones leave no room in the drawing


def backprop_stepper(network, loss, x, y):
    """Return backpropagation of one sample step by step, with text and drawing side by side.

    Controls: a slider ``step`` with buttons for the first step, the last, back and forward; a
    field for each number of the input, the target, and the weights.

    Parameters
    ----------
    network, loss, x, y
        As for `backprop`, for one sample. The network stays as it is.

    Returns
    -------
    Interactive

    Raises
    ------
    ValueError
        As for `backprop` and `draw_network`.
    """
    scene = StepperScene(network, loss, x, y)
    n_steps = len(scene.stages)
    slider = Slider(label="step", min=1, max=n_steps, value=1, stepping=True)
    fields = {name: number_field(label=name, value=value) for name, value in scene.numbers.items()}

    def answer(step, **numbers):
        problem = ""
        try:
            scene.change(numbers)
        except ValueError as error:
            problem = f"Not changed: {error}. The picture is that of the last right numbers."
        step = int(step)
        return Answer(*scene.picture(step), scene.text(step), scene.explanation(step), problem)

    rows = [slider, [*fields.values()]]
    return Interactive(
        {"step": slider} | fields, answer, rows,
        still={"step": n_steps}, presets={"start": dict(scene.numbers)},
    )  # fmt: skip


class StepperScene:
    """The drawing and the computed text of each stage, for the numbers put in last.

    Parameters
    ----------
    network, loss, x, y
        As for `backprop`, for one sample. The network stays as it is.

    Attributes
    ----------
    stages : list of str
    numbers : dict
        Input, target, weights and biases by name, for which the trace was computed.
    trace : Trace
    """

    def __init__(self, network, loss, x, y):
        dense = dense_layers(network)
        trace = backprop(network, loss, x, y)
        if len(trace.y) != 1:
            raise ValueError(f"x must be one sample to be written out, got {len(trace.y)}")
        self._layers, self._loss = network.layers, loss
        self.stages = stages(network)
        explain(trace, self.stages[0])  # what can't be written out is refused for what it is
        self._shapes, self._names = _shapes(dense), [*_names(dense)]
        arrays = [trace.steps[0].x, trace.y, *(_table(layer) for layer in dense)]
        values = np.concatenate([array.ravel() for array in arrays])
        self.change(dict(zip(self._names, values.tolist(), strict=True)))

    def change(self, numbers):
        """Put in numbers, by the names of `numbers`.

        Raises
        ------
        ValueError
            If a number is missing or too large, a target is not allowed, or a gradient is not
            finite or has lost its digits; then all stays as it was.
        """
        if set(numbers) != set(self._names):
            raise ValueError(
                f"numbers must have the names {', '.join(self._names)}; got {', '.join(numbers)}"
            )
        for name, value in numbers.items():
            if not abs(value) <= LARGEST:
                raise ValueError(
                    f"{name} must be a number from {format_number(-LARGEST)} to "
                    f"{format_number(LARGEST)}, got {format_number(value)}"
                )
        self._trace(numbers)

    def _trace(self, numbers):
        ends = np.cumsum([rows * columns for rows, columns in self._shapes])
        parts = np.split(np.array([numbers[name] for name in self._names]), ends[:-1])
        x, y, *tables = (part.reshape(shape) for part, shape in zip(parts, self._shapes))
        network = Network(_with_parameters(self._layers, tables))
        with np.errstate(all="ignore"):
            trace = backprop(network, self._loss, x, y)
        try:
            for stage in self.stages:
                explain(trace, stage)
        except ValueError as error:
            raise ValueError(
                f"with the prediction {', '.join(map(format_number, trace.y_hat[0]))} and the "
                f"target {', '.join(map(format_number, y[0]))}, a neuron is so saturated that a "
                "gradient is infinite or has lost its digits"
            ) from error
        self.numbers, self.network, self.trace = dict(numbers), network, trace

    def picture(self, step):
        """Return the drawing of the stage of this number, from 1, as an SVG and in words.

        What is computed in this stage stands out.
        """
        mark = self.stages[step - 1 : step]
        return picture(
            draw_network(self.network, trace=self.trace, reveal=self.stages[:step], mark=mark)
        )

    def explanation(self, step):
        """Return the computed text of the stage of this number, in Markdown."""
        return explain(self.trace, self.stages[step - 1])

    def text(self, step):
        """Return which stage it is, in words."""
        name = self.stages[step - 1].replace("dJ/d", "∂J/∂").replace("y_hat", "ŷ")
        return f"Step {step} of {len(self.stages)}: {name}"


def _table(layer):
    """Return weights and, in a last row, biases of a dense layer."""
    return np.vstack(list(layer.params.values()))


def _shapes(dense):
    return [(1, dense[0].n_in), (1, dense[-1].n_out), *(_table(layer).shape for layer in dense)]


def _names(dense):
    """Yield the names of inputs, targets, weights and biases in the order of their tables."""
    naming = Naming(layer_sizes(dense))
    n_in, *_, n_out = naming.sizes
    yield from (naming.node(0, j + 1).plain for j in range(n_in))
    yield from (naming.node(len(dense), k + 1).plain.replace("ŷ", "y") for k in range(n_out))
    for i, layer in enumerate(dense):
        for j in range(n_lines(layer)):
            yield from (line_name(naming, i, j, k) for k in range(layer.n_out))


def _with_parameters(layers, tables):
    """Yield the layers of a network, the dense ones with other parameters."""
    tables = iter(tables)
    for layer in layers:
        if isinstance(layer, Dense):
            table, n_in = next(tables), layer.n_in
            layer = Dense(table[:n_in], *table[n_in:])
        yield layer

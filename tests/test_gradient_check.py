"""Gradient checks: right gradients pass, wrong ones do not."""

import math
from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special

from lecture_utils import (
    Dense,
    Loss,
    Network,
    binary_cross_entropy,
    central_differences,
    check_gradients,
    complex_step,
    cross_entropy,
    cross_entropy_on_logits,
    gradient_table,
    mlp,
    relative_error,
    sigmoid,
    squared_error,
    tanh,
)
from lecture_utils.activations import Activation
from lecture_utils.gradient_check import Check, comparison_text, error_text
from lecture_utils.recurrent import LastStep, Recurrent
from lecture_utils.regularization import BatchNorm, Dropout

THETA = np.array([[0.3, -1.2], [2.0, 0.7]])


def function(theta):
    return np.sum(np.sin(theta) * np.exp(theta)) + theta.flat[0] * theta.flat[3]


def gradient():
    other = np.array([[THETA[1, 1], 0], [0, THETA[0, 0]]])
    return np.exp(THETA) * (np.sin(THETA) + np.cos(THETA)) + other


def network_and_batch(first_layer=Dense):
    rng = np.random.default_rng(0)
    first = first_layer(rng.normal(size=(3, 3)), np.zeros(3))
    second = Dense(rng.normal(size=(3, 2)))
    return Network([first, tanh, second]), rng.normal(size=(4, 3)), rng.normal(size=(4, 2))


class ForgetsToTranspose(Dense):
    """A layer with the fault that the gradient check is there to find."""

    def backward(self, dy, x):
        _, grads = super().backward(dy, x)
        return dy @ self.params["W"], grads


class TakesTheMean(Dense):
    """A layer that divides by the batch size a second time."""

    def backward(self, dy, x):
        dx, grads = super().backward(dy, x)
        return dx, grads | {"b": dy.mean(axis=0)}


def test_central_differences_are_right_to_nine_digits():
    assert_allclose(central_differences(function, THETA), gradient(), rtol=1e-9)


def test_complex_step_is_right_to_rounding():
    assert_allclose(complex_step(function, THETA), gradient(), rtol=1e-15)


def test_central_differences_of_a_quadratic_have_no_formula_error():
    differences = central_differences(lambda theta: (theta**2).sum(), THETA, epsilon=0.5)
    assert_allclose(differences, 2 * THETA, rtol=1e-14)


@pytest.mark.parametrize("method, calls", [(central_differences, 2), (complex_step, 1)])
def test_number_of_calls_for_each_entry(method, calls):
    seen = []
    method(lambda theta: seen.append(theta) or theta.sum(), THETA)
    assert len(seen) == calls * THETA.size


@pytest.mark.parametrize("method", [central_differences, complex_step])
@pytest.mark.parametrize("shape", [(), (1,), (3, 1), (2, 2, 2)])
def test_gradient_has_the_shape_of_theta(method, shape):
    assert_allclose(method(lambda t: (3 * t).sum(), np.ones(shape)), np.full(shape, 3.0), rtol=1e-9)


@pytest.mark.parametrize("method", [central_differences, complex_step])
def test_theta_is_left_alone(method):
    theta = THETA.copy()
    method(function, theta)
    assert_array_equal(theta, THETA)


@pytest.mark.parametrize(
    "a, b, expected",
    [
        ([1.0, 2.0], [1.0, 2.0], 0),
        ([0.0, 0.0], [0.0, 0.0], 0),
        ([0.0], [2.0], 1),
        ([3.0], [-3.0], 2),
        ([3.0, 4.0], [3.0, 3.0], 0.2),
        ([1e-200], [2e-200], 0.5),
        ([1e200], [2e200], 0.5),
    ],
)
def test_relative_error(a, b, expected):
    assert relative_error(a, b) == relative_error(b, a) == pytest.approx(expected, rel=1e-15, abs=0)


def test_every_parameter_and_the_input_is_checked():
    network, x, y = network_and_batch()
    checks = check_gradients(network, squared_error, x, y)
    assert [check.name for check in checks] == ["layer 1 W", "layer 1 b", "layer 3 W", "x"]
    assert [check.backprop.shape for check in checks] == [(3, 3), (3,), (3, 2), (4, 3)]


def test_right_gradients_pass():
    for check in check_gradients(*_with_loss(*network_and_batch())):
        assert check.central_error < 1e-8 and check.complex_error < 1e-14


def test_missing_transpose_is_found():
    errors = _errors(ForgetsToTranspose)
    assert errors["x"] > 0.1
    assert max(errors["layer 1 W"], errors["layer 1 b"], errors["layer 3 W"]) < 1e-12


def test_mean_for_sum_is_found():
    errors = _errors(TakesTheMean)
    assert errors["layer 1 b"] == pytest.approx(0.75)
    assert max(errors["layer 1 W"], errors["layer 3 W"], errors["x"]) < 1e-12


def _with_loss(network, x, y):
    return network, squared_error, x, y


def _errors(first_layer):
    checks = check_gradients(*_with_loss(*network_and_batch(first_layer)))
    return {check.name: check.complex_error for check in checks}


def test_network_is_the_same_afterwards():
    network, x, y = network_and_batch()
    before = [p.copy() for p in network.parameters]
    check_gradients(network, squared_error, x, y)
    for parameter, copy in zip(network.parameters, before, strict=True):
        assert_array_equal(parameter, copy)


def test_single_sample_is_checked_as_a_batch_of_one():
    network = mlp((2, 3, 1), rng=np.random.default_rng(0))
    checks = check_gradients(network, squared_error, [0.5, 1.0], [2.0])
    assert checks[-1].backprop.shape == (1, 2)
    assert all(check.complex_error < 1e-13 for check in checks)


def test_table_names_the_gradients_and_hides_the_digits_of_rounding():
    right, wrong = np.array([1.0, 2.0]), np.array([1.0, -2.0])
    table = gradient_table([Check("W", right, right, right), Check("b", wrong, right, right)])
    assert table.columns.tolist() == [
        "gradient", "shape", "against central differences", "against the complex step",
    ]
    assert table.to_numpy().tolist() == [
        ["W", "(2,)", "< 1e-07", "< 1e-12"],
        ["b", "(2,)", "1.8e+00 WRONG", "1.8e+00 WRONG"],
    ]


@pytest.mark.parametrize(
    "error, text",
    [
        (0.0, "< 1e-07"),
        (9e-8, "< 1e-07"),
        (1e-7, "1.0e-07 WRONG"),
        (0.19, "1.9e-01 WRONG"),
        (float("nan"), "nan WRONG"),
    ],
)
def test_error_is_named_wrong_from_the_bound_on(error, text):
    assert error_text(error, 1e-7) == text


# Layers that are right: what they are, by their function and its derivative, where each entry is
# for itself. The complex step is not possible for the first group.
NOT_ANALYTIC = {
    "abs": (np.abs, np.sign),
    "real part": (lambda z: z.real**2, lambda z: 2 * z),
    "conjugate": (lambda z: z.conj() * z, lambda z: 2 * z),
    "floor": (lambda z: z - np.floor(z), np.ones_like),
    "hypot": (lambda z: np.hypot(z, 1), lambda z: z / np.hypot(z, 1)),
    "expit": (special.expit, lambda z: special.expit(z) * special.expit(-z)),
    "logaddexp": (lambda z: np.logaddexp(0, z), special.expit),
    "math": (np.vectorize(math.tanh), lambda z: 1 - np.tanh(z) ** 2),
    "cast": (lambda z: np.sin(z.astype(float)), np.cos),
    "filled": (lambda z: filled(np.zeros(z.shape), z**3), lambda z: 3 * z**2),
}
ANALYTIC = {
    "erf": (special.erf, lambda z: 2 / np.sqrt(np.pi) * np.exp(-(z**2))),
    "where": (lambda z: np.where(z > 0, z, z**2), lambda z: np.where(z > 0, 1, 2 * z)),
    "square": (np.square, lambda z: 2 * z),
}


def filled(array, values):
    array[...] = values
    return array


def entrywise(function, slope):
    return Activation("test", function, slope)


class Plain:
    """A layer without parameters, from functions that give `y` and, of `dy`, `x`, `y`, `dx`."""

    params = {}

    def __init__(self, forward, backward):
        self.functions = forward, backward

    def forward(self, x):
        y = self.functions[0](x)
        return y, (x, y)

    def backward(self, dy, cache):
        return self.functions[1](dy, *cache), {}


def lengths(x):
    return np.linalg.norm(x, axis=1, keepdims=True)


def softmax_backward(dy, x, y):
    return y * (dy - (dy * y).sum(axis=1, keepdims=True))


UNIT_ROWS = Plain(
    lambda x: x / lengths(x),
    lambda dy, x, y: (dy - y * (dy * y).sum(axis=1, keepdims=True)) / lengths(x),
)
STANDARDISED = Plain(
    lambda x: (x - x.mean(axis=0)) / x.std(axis=0),
    lambda dy, x, y: (dy - dy.mean(axis=0) - y * (dy * y).mean(axis=0)) / x.std(axis=0),
)
CENTRED = Plain(lambda x: x - x.mean(axis=0), lambda dy, x, y: dy - dy.mean(axis=0))
SOFTMAX = Plain(lambda x: special.softmax(x, axis=1), softmax_backward)
SIGMOID_BY_OUTPUT = Plain(lambda x: 1 / (1 + np.exp(-x)), lambda dy, x, y: dy * y * (1 - y))

right_layers = pytest.mark.parametrize(
    "layer, analytic",
    [
        *(pytest.param(entrywise(*f), False, id=name) for name, f in NOT_ANALYTIC.items()),
        *(pytest.param(entrywise(*f), True, id=name) for name, f in ANALYTIC.items()),
        pytest.param(UNIT_ROWS, False, id="norm"),
        pytest.param(STANDARDISED, False, id="std"),
        pytest.param(CENTRED, True, id="mean"),
        pytest.param(SOFTMAX, True, id="softmax"),
        pytest.param(SIGMOID_BY_OUTPUT, True, id="sigmoid by output"),
    ],
)


def around(layer, scale=1, seed=0):
    """Return a network that has a layer between two dense ones, and a batch."""
    rng = np.random.default_rng(seed)
    first = Dense(scale * rng.normal(size=(3, 3)), rng.normal(size=3))
    network = Network([first, layer, Dense(rng.normal(size=(3, 2)), rng.normal(size=2))])
    return network, rng.normal(size=(6, 3)), rng.normal(size=(6, 2))


def texts(network, x, y, loss=squared_error):
    """What the table says against differences and against the complex step, by gradient."""
    rows = gradient_table(check_gradients(network, loss, x, y)).to_numpy().tolist()
    return {name: tuple(said) for name, _, *said in rows}


def wrong(said):
    return {name for name, row in said.items() if "WRONG" in " ".join(row)}


@right_layers
@pytest.mark.parametrize("seed", range(3))
def test_right_layer_is_not_called_wrong(layer, analytic, seed):
    said = texts(*around(layer, seed=seed))
    assert not wrong(said)
    possible = {row[1] != "not possible" for name, row in said.items() if name[:7] != "layer 3"}
    assert possible == {analytic}
    assert said["layer 3 W"] == ("< 1e-07", "< 1e-12")  # behind the layer there is nothing amiss


@right_layers
@pytest.mark.parametrize("factor", [2, -1, 0, 1.001, 1.00001])
def test_wrong_slope_is_found_with_and_without_a_complex_step(layer, analytic, factor):
    def backward(dy, x, y):
        return factor * layer.backward(dy, layer.forward(x)[1])[0]

    said = texts(*around(Plain(lambda x: layer.forward(x)[0], backward)))
    assert wrong(said) >= {"layer 1 W", "x"}
    assert not wrong(said) & {"layer 3 W", "layer 3 b"}


def changed(change):
    """A dense layer whose `backward` is changed: by a function of `dx`, `grads`, `dy` and `x`."""

    class Changed(Dense):
        def backward(self, dy, x):
            dx, grads = super().backward(dy, x)
            return change(dx, grads, dy, x)

    return Changed


def one_entry(array):
    array = array.copy()
    array[-1, 0] *= 1.001
    return array


FAULTS = {
    "twice": ({"layer 1 W"}, lambda dx, g, dy, x: (dx, g | {"W": 2 * g["W"]})),
    "sign": ({"layer 1 b"}, lambda dx, g, dy, x: (dx, g | {"b": -g["b"]})),
    "zero": ({"layer 1 b"}, lambda dx, g, dy, x: (dx, g | {"b": 0 * g["b"]})),
    "transposed": ({"layer 1 W"}, lambda dx, g, dy, x: (dx, g | {"W": g["W"].T})),
    "a thousandth": ({"layer 1 W"}, lambda dx, g, dy, x: (dx, g | {"W": 1.001 * g["W"]})),
    "a millionth": ({"layer 1 W"}, lambda dx, g, dy, x: (dx, g | {"W": (1 + 1e-6) * g["W"]})),
    "one entry": ({"layer 1 W"}, lambda dx, g, dy, x: (dx, g | {"W": one_entry(g["W"])})),
    "one sample": ({"x"}, lambda dx, g, dy, x: (one_entry(dx), g)),
    "mean for sum": ({"layer 1 b"}, lambda dx, g, dy, x: (dx, g | {"b": dy.mean(axis=0)})),
    "dy for dx": ({"x"}, lambda dx, g, dy, x: (dy, g)),
    "negative x only": (
        {"layer 1 W"}, lambda dx, g, dy, x: (dx, g | {"W": np.maximum(x, 0).T @ dy}),
    ),
    "without dy": ({"layer 1 W"}, lambda dx, g, dy, x: (dx, g | {"W": x.T @ np.ones_like(dy)})),
    "sign of dy": ({"layer 1 b"}, lambda dx, g, dy, x: (dx, g | {"b": np.sign(dy).sum(axis=0)})),
    "nan": ({"x"}, lambda dx, g, dy, x: (dx * np.nan, g)),
}


@pytest.mark.parametrize("guilty, change", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_fault_is_found_where_it_is(guilty, change, dtype):
    network, x, y = network_and_batch(changed(change))
    _cast(network, dtype)
    assert wrong(texts(network, x.astype(dtype), y)) == guilty


def _cast(network, *dtypes):
    parameters = [(layer, name) for layer in network.layers for name in layer.params]
    for (layer, name), dtype in zip(parameters, cycle(dtypes), strict=False):
        layer.params[name] = layer.params[name].astype(dtype)


@pytest.mark.parametrize("dtypes", [[np.float32], [np.float32, np.float64], [np.float16]])
@pytest.mark.parametrize("x_dtype", [np.float32, np.float64])
def test_right_gradients_pass_whatever_the_type(dtypes, x_dtype):
    network, x, y = network_and_batch()
    _cast(network, *dtypes)
    before = network.parameters
    assert {*texts(network, x.astype(x_dtype), y.astype(np.float32)).values()} == {
        ("< 1e-07", "< 1e-12")
    }
    assert all(after is p for after, p in zip(network.parameters, before, strict=True))
    assert {p.dtype for p in before} == {*map(np.dtype, dtypes)}


@pytest.mark.parametrize("given", ["x", "W"])
def test_layer_may_take_its_type_from_any_of_its_arrays(given):
    class Filled(Dense):
        def forward(self, x):
            dtype = x.dtype if given == "x" else self.params["W"].dtype
            return filled(np.empty((len(x), self.n_out), dtype), super().forward(x)[0]), x

    rng = np.random.default_rng(0)
    network = Network([Filled.random(3, 3, rng=rng) for _ in range(3)])
    _cast(network, np.float32)
    said = texts(network, rng.normal(size=(4, 3)).astype(np.float32), np.ones((4, 3)))
    assert {*said.values()} == {("< 1e-07", "< 1e-12")}


def test_bias_that_has_no_effect_is_too_small_to_tell():
    said = texts(*around(CENTRED))
    assert {said.pop("layer 1 b")} == {("too small to tell", "too small to tell")}
    assert {*said.values()} == {("< 1e-07", "< 1e-12")}


@pytest.mark.parametrize("n", [1, 20])
def test_minimum_is_too_small_to_tell(n):
    rng = np.random.default_rng(n)
    x, W = rng.normal(size=(n, 3)), rng.normal(size=(3, 1))
    said = texts(Network([Dense(W * (1 + 1e-15), [0.5])]), x, x @ W + 0.5)
    assert not wrong(said)


def test_a_check_says_the_same_each_time():
    network, x, y = network_and_batch()
    first, again = (check_gradients(network, squared_error, x, y) for _ in range(2))
    assert [check.rounding for check in first] == [check.rounding for check in again]


@pytest.mark.parametrize("scale", [1, 3, 10, 30, 100, 1000])
@pytest.mark.parametrize("layer", [SIGMOID_BY_OUTPUT, sigmoid, tanh], ids=["output", "σ", "tanh"])
@pytest.mark.filterwarnings("ignore:overflow")
def test_saturated_neurons_are_not_called_wrong(layer, scale):
    assert not wrong(texts(*around(layer, scale)))


@pytest.mark.parametrize("n_steps", [5, 20])
def test_saturated_recurrent_layer_is_not_called_wrong(n_steps):
    rng = np.random.default_rng(0)
    recurrent = Recurrent(*(5 * rng.normal(size=s) for s in ((2, 4), (4, 4), (4,))))
    network = Network([recurrent, LastStep(), Dense(rng.normal(size=(4, 1)))])
    assert not wrong(texts(network, rng.normal(size=(3, n_steps, 2)), np.ones((3, 1))))


class DenseSigmoid(Dense):
    """A dense layer with its activation, whose slope `y (1 − y)` loses digits where `y` is 1."""

    def forward(self, x):
        y = sigmoid(super().forward(x)[0])
        return y, (x, y)

    def backward(self, dy, cache):
        x, y = cache
        return super().backward(dy * y * (1 - y), x)


@pytest.mark.parametrize("z", [15, 20, 25, 30, 35, 40])
def test_saturated_layer_with_its_activation_is_not_called_wrong(z):
    rng = np.random.default_rng(0)
    first = DenseSigmoid(0.1 * rng.normal(size=(3, 3)), np.full(3, z))
    network = Network([first, Dense(rng.normal(size=(3, 2)))])
    assert not wrong(texts(network, rng.normal(size=(6, 3)), rng.normal(size=(6, 2))))


@pytest.mark.parametrize("scale", [1, 10, 30, 100])
@pytest.mark.parametrize("right", [True, False], ids=["all right", "half wrong"])
def test_sure_classifier_is_not_called_wrong(scale, right):
    network, x, _ = around(tanh)
    network.layers[-1].params["W"] *= scale
    z = network(x)
    y = np.eye(2)[z.argmax(axis=1) if right else [0, 1] * 3]
    assert not wrong(texts(network, x, y, cross_entropy_on_logits))
    if right:
        assert not wrong(texts(Network([*network.layers, SOFTMAX]), x, y, cross_entropy))


# Central differences alone: at x = 300 their error h² x² / 6 is too large, at 30,000 any is.
@pytest.mark.parametrize("x, expected", [(300.0, "< 1e-07"), (30_000.0, "too small to tell")])
def test_step_that_is_too_large_is_not_called_wrong(x, expected):
    network = Network([Dense([[0.001]]), entrywise(*NOT_ANALYTIC["cast"])])
    assert texts(network, [[x]], [[2.0]])["layer 1 W"] == (expected, "not possible")


@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("what", ["x", "loss", "residual", "all"])
def test_thousandth_is_found_in_a_small_gradient(what, size):
    class Wrong(Dense):
        def backward(self, dy, x):
            dx, grads = super().backward(dy, x)
            return dx, grads | {"W": 1.001 * grads["W"]}

    network, x, y = network_and_batch(Wrong)
    loss = squared_error
    if what in ("x", "all"):
        x = size * x
    if what == "all":
        y = size * y
    if what == "residual":
        y = network(x) + size * y
    if what == "loss":
        loss = replace(loss, both=lambda *a: tuple(size * part for part in loss_parts(*a)))
    said = texts(network, x, y, loss)
    assert wrong(said) == {"layer 1 W"}
    assert said["layer 1 W"][1] == "1.0e-03 WRONG"


loss_parts = squared_error.both


def test_loss_that_is_not_analytic_leaves_central_differences():
    distance = Loss("distance", lambda a, b: (np.abs(a - b), np.sign(a - b)), lambda a, b: None)
    for first, guilty in ((Dense, set()), (ForgetsToTranspose, {"x"})):
        network, x, y = network_and_batch(first)
        said = texts(network, x, y, distance)
        assert {row[1] for row in said.values()} == {"not possible"}
        assert wrong(said) == guilty


def test_trained_network_of_a_layer_that_is_not_analytic_is_not_called_wrong():
    network, x, y = around(entrywise(*NOT_ANALYTIC["abs"]))
    for residual in (1e-3, 1e-6, 1e-9, 0):
        assert not wrong(texts(network, x, network(x) + residual * y))


class ScaleShift:
    """`y = scale ⊙ x + shift`, which keeps its parameters as attributes and its input, too."""

    def __init__(self, names=("scale", "shift")):
        self.scale, self.shift, self.names = np.full(3, 2.0), np.ones(3), names

    @property
    def params(self):
        return {"scale": self.scale, "shift": self.shift}

    def forward(self, x):
        self.x = x
        return self.scale * x + self.shift, None

    def backward(self, dy, _):
        grads = {"scale": (dy * self.x).sum(axis=0), "shift": dy.sum(axis=0), "more": 0}
        return dy * self.scale, {name: grads[name] for name in self.names}


def test_gradients_are_matched_by_name():
    layer = ScaleShift(("shift", "scale"))
    network, x, y = around(layer)
    said = texts(network, x, y)
    assert {*said.values()} == {("< 1e-07", "< 1e-12")}
    assert {"layer 2 scale", "layer 2 shift"} <= said.keys()
    assert_array_equal(layer.scale, 2)


@pytest.mark.parametrize("names", [(), ("scale",), ("scale", "shift", "more")])
def test_missing_gradient_and_one_too_many_are_refused(names):
    with pytest.raises(ValueError, match="backward of ScaleShift must return dx"):
        texts(*around(ScaleShift(names)))


def test_layer_used_twice_is_checked_in_both_places():
    rng = np.random.default_rng(0)
    layer = Dense(rng.normal(size=(3, 3)), rng.normal(size=3))
    said = texts(Network([layer, tanh, layer]), rng.normal(size=(4, 3)), np.ones((4, 3)))
    assert {*said.values()} == {("< 1e-07", "< 1e-12")}


@pytest.mark.parametrize(
    "reference, rounding, text",
    [
        ([1.0, 2.0], 0, "< 1e-07"),
        ([1.0, 2.1], 0, "4.3e-02 WRONG"),
        ([1.0, 2.1], 0.09, "4.3e-02 WRONG"),
        ([1.0, 2.1], 0.11, "too small to tell"),
        ([1.0, np.inf], 9, "not possible"),
        (None, 9, "not possible"),
    ],
)
def test_comparison_in_words(reference, rounding, text):
    reference = reference if reference is None else np.array(reference)
    assert comparison_text(np.array([1.0, 2.0]), reference, 1e-7, rounding) == text


@pytest.mark.parametrize("z", [-300.0, -40.0, -20.0, -5.0, 20.0, 36.0])
def test_a_saturated_sigmoid_before_a_loss_on_probabilities_is_not_called_wrong(z):
    y = float(z > 0)
    network = Network([Dense([[1.0]]), sigmoid])
    table = gradient_table(check_gradients(network, binary_cross_entropy, [[z]], [[y]]))
    assert "WRONG" not in table.to_string()


def test_what_draws_anew_each_time_is_refused():
    rng = np.random.default_rng(0)
    network = Network([Dense.random(3, 4, rng=rng), Dropout(0.5)]).in_training(rng)
    with pytest.raises(ValueError, match="network must give the same each time to be checked"):
        check_gradients(network, squared_error, np.ones((5, 3)), np.ones((5, 4)))


def test_gradients_that_only_training_uses_are_checked_too():
    class Uphill(Dense):
        def parameter_gradients(self, dy, x):
            return {"W": -x.T @ dy}

        def backward(self, dy, x):
            return dy @ self.params["W"].T, {"W": x.T @ dy}

    network = Network([Uphill(np.ones((3, 2)))])
    right, wrong, x = check_gradients(network, squared_error, np.eye(3), np.zeros((3, 2)))
    assert wrong.central_error == pytest.approx(2)
    assert right.central_error < 1e-7 and x.central_error < 1e-7


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("n", [2, 3])
def test_a_bias_before_batch_norm_in_training_is_not_called_wrong(seed, n):
    rng = np.random.default_rng(seed)
    network = Network([Dense.random(3, 4, rng=rng), BatchNorm.new(4), tanh,
                       Dense.random(4, 2, rng=rng)]).in_training()
    x, y = rng.normal(size=(n, 3)), np.eye(2)[rng.integers(0, 2, n)]
    table = gradient_table(check_gradients(network, squared_error, x, y))
    assert "WRONG" not in table.to_string()

"""The worked example as computed text: each line holds, for any small network, input and target."""

import copy
import pickle
import re
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from IPython.display import Markdown
from latex import UnreadableFormula, World, evaluate, for_all

from lecture_utils import (
    Dense,
    Network,
    backprop,
    binary_cross_entropy,
    binary_cross_entropy_on_logits,
    cross_entropy,
    display,
    identity,
    leaky_relu,
    mlp,
    relu,
    sigmoid,
    softmax,
    squared_error,
    tanh,
)
from lecture_utils.activations import ACTIVATIONS, Activation, Softmax
from lecture_utils.convolution import Flatten
from lecture_utils.diagrams import draw_network, stages
from lecture_utils.publish.typesetting import Typesetter
from lecture_utils.walkthrough import explain, show_stage
from lecture_utils.walkthrough.formulas import LONGEST, width

EX_IN_DIGITS = 0.442 / 0.5  # in MathJax's font an x is so high and a digit so wide, in em
LINE = 1184 / (26.6 * 0.486)  # of a slide, in ex: its width and the size of formulas are in pixels

NETWORK = Network(
    [Dense([[1, -1, 3], [2, 2, -1]]), sigmoid, Dense([[0.1], [0.5], [-0.1]]), sigmoid]
)
TRACE = backprop(NETWORK, binary_cross_entropy, [5, 3], [1])
STAGES = stages(NETWORK)


# The worked example, word by word

TEXTS = {
    "x": r"x = (5, 3) \qquad y = 1",
    "weights": (
        r"W = \begin{pmatrix} 1 & -1 & 3 \\ 2 & 2 & -1 \end{pmatrix} \qquad "
        r"V = (0.1, 0.5, -0.1)^\top"
    ),
    "h1": r"z_{1} &= x_{1} W_{11} + x_{2} W_{21} = 5 \cdot 1 + 3 \cdot 2 = 11 \\ "
    r"h_{1} &= \sigma(z_{1}) = \sigma(11) = 0.99998",
    "h2": r"z_{2} &= x_{1} W_{12} + x_{2} W_{22} = 5 \cdot (-1) + 3 \cdot 2 = 1 \\ "
    r"h_{2} &= \sigma(z_{2}) = \sigma(1) = 0.73106",
    "h3": r"z_{3} &= x_{1} W_{13} + x_{2} W_{23} = 5 \cdot 3 + 3 \cdot (-1) = 12 \\ "
    r"h_{3} &= \sigma(z_{3}) = \sigma(12) = 0.99999",
    "y_hat": r"z_{\text{out}} &= h_{1} V_{1} + h_{2} V_{2} + h_{3} V_{3} \\ &"
    r"= 0.999983 \cdot 0.1 + 0.731059 \cdot 0.5 + 0.999994 \cdot (-0.1) = 0.36553 \\ "
    r"\hat{y} &= \sigma(z_{\text{out}}) = \sigma(0.365528) = 0.59038",
    "J": r"J = -y \log \hat{y} - (1 - y) \log (1 - \hat{y}) = -\log \hat{y} "
    r"= -\log 0.590378 = 0.52699",
    "dJ/dy_hat": r"\partial J / \partial \hat{y} &= "
    r"-y / \hat{y} + (1 - y) / (1 - \hat{y}) = -1 / 0.590378 = -1.6938 \\ "
    r"\delta_{\text{out}} = \partial J / \partial z_{\text{out}} &= "
    r"\partial J / \partial \hat{y} \cdot \sigma'(z_{\text{out}}) = \hat{y} - y "
    r"= 0.590378 - 1 = -0.40962",
    "dJ/dV": r"\partial J / \partial V_{k} &= h_{k} \, \delta_{\text{out}}: \quad "
    r"(0.999983, 0.731059, 0.999994) \cdot (-0.409622) \\ &= (-0.40962, -0.29946, -0.40962)",
    "dJ/dh": r"\partial J / \partial h_{k} = V_{k} \, \delta_{\text{out}}: \quad "
    r"(0.1, 0.5, -0.1) \cdot (-0.409622) = (-0.040962, -0.20481, 0.040962)",
    "dJ/dW 1": r"\delta_{1} = \partial J / \partial z_{1} &= "
    r"\partial J / \partial h_{1} \cdot \sigma'(z_{1}) "
    r"= (-0.04096220) \cdot 1.670114 \cdot 10^{-5} = -6.8412 \cdot 10^{-7} \\ "
    r"\partial J / \partial W_{j1} &= x_{j} \, \delta_{1}: \quad "
    r"(5, 3) \cdot (-6.84116 \cdot 10^{-7}) = (-3.4206 \cdot 10^{-6}, -2.0523 \cdot 10^{-6})",
    "dJ/dW 2": r"\delta_{2} = \partial J / \partial z_{2} &= "
    r"\partial J / \partial h_{2} \cdot \sigma'(z_{2}) "
    r"= (-0.204811) \cdot 0.196612 = -0.040268 \\ "
    r"\partial J / \partial W_{j2} &= x_{j} \, \delta_{2}: \quad "
    r"(5, 3) \cdot (-0.0402683) = (-0.20134, -0.12080)",
    "dJ/dW 3": r"\delta_{3} = \partial J / \partial z_{3} &= "
    r"\partial J / \partial h_{3} \cdot \sigma'(z_{3}) "
    r"= 0.0409622 \cdot 6.14414 \cdot 10^{-6} = 2.5168 \cdot 10^{-7} \\ "
    r"\partial J / \partial W_{j3} &= x_{j} \, \delta_{3}: \quad "
    r"(5, 3) \cdot 2.51677 \cdot 10^{-7} = (1.2584 \cdot 10^{-6}, 7.5503 \cdot 10^{-7})",
}


def body(text):
    """The formulas of a text on one line, without what frames them."""
    assert text.startswith("$$ ") and text.endswith(" $$") and text.count("$") == 4
    inner = re.sub(r"\\(begin|end)\{aligned\}", "", text[3:-3])
    return " ".join(inner.split())


def test_every_stage_of_the_worked_example_has_its_text():
    assert list(TEXTS) == STAGES


@pytest.mark.parametrize("name", STAGES)
def test_the_worked_example_reads(name):
    assert body(explain(TRACE, name)) == TEXTS[name]


# Any network: what is written is true. The formulas are read back and computed.


def random_trace(sizes, hidden, output, loss, seed, bias=True):
    """A trace on a network whose numbers are sometimes large, sometimes tiny."""
    rng = np.random.default_rng(seed)
    network = mlp(sizes, hidden=hidden, output=output, bias=bias, rng=rng)
    for parameter in network.parameters:
        parameter += rng.normal(0, 1, parameter.shape)
        parameter *= 10.0 ** rng.integers(-2, 2, parameter.shape)
    x, y = rng.normal(size=sizes[0]), rng.integers(2, size=sizes[-1]).astype(float)
    if loss is cross_entropy:
        y = np.eye(sizes[-1])[rng.integers(sizes[-1])]
    return network, backprop(network, loss, x, y)


def example(x, y, W=((1, -1, 3), (2, 2, -1)), V=((0.1,), (0.5,), (-0.1,)), b=None, c=None):
    network = Network([Dense(W, b), sigmoid, Dense(V, c), sigmoid])
    return network, backprop(network, binary_cross_entropy, x, y)


TRACES = {
    "smaller input": example([0.5, 0.3], [1]),
    "target 0": example([5, 3], [0]),
    "one hidden unit": example([5, 3], [1], W=[[1], [2]], V=[[0.1]]),
    "four hidden units": example(
        [5, 3], [1], W=[[1, -1, 3, 0], [2, 2, -1, 0.5]], V=[[0.1], [0.5], [-0.1], [-2]]
    ),
    "biases": example([5, 3], [0], b=[0.5, -7, -1e-4], c=[-0.25]),
    "nearly certain and right": example([5, 3], [1], V=[[3], [5], [2]]),
    "nearly certain and wrong": example([5, 3], [0], V=[[3], [5], [2]]),
    "zero input": example([0, 0], [1]),
    "tiny and huge": example([1e-7, 2e6], [1], W=[[1, -1, 3], [1e-6, 1e-7, 0]]),
}
BCE, CE, SQUARED = binary_cross_entropy, cross_entropy, squared_error
for seed in range(6):
    TRACES |= {
        f"tanh, squared error {seed}": random_trace((2, 3, 1), "tanh", "identity", SQUARED, seed),
        f"relu, two outputs {seed}": random_trace((3, 2, 2), "relu", "sigmoid", BCE, seed),
        f"softmax {seed}": random_trace((2, 3, 3), "leaky_relu", "softmax", CE, seed),
        f"two hidden layers {seed}": random_trace((2, 2, 2, 1), "tanh", "sigmoid", BCE, seed),
        f"no hidden layer {seed}": random_trace((3, 1), "tanh", "sigmoid", BCE, seed),
        f"no biases {seed}": random_trace((2, 2, 2), "sigmoid", "tanh", SQUARED, seed, bias=False),
    }

ELEMENTWISE = [a for a in ACTIVATIONS.values() if isinstance(a, Activation)]
SOFTSIGN = Activation("softsign", lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2)
for activation in (*ELEMENTWISE, SOFTSIGN):
    TRACES[f"{activation}"] = random_trace((2, 3, 1), activation, activation, SQUARED, 0)

# What the functions are, in plain NumPy, by their names in a formula
FUNCTIONS = {
    r"\sigma": lambda z: 1 / (1 + np.exp(-z)), r"\tanh": np.tanh, "step": lambda z: 1.0 * (z > 0),
    "ReLU": lambda z: np.maximum(z, 0.0), "LReLU": lambda z: np.where(z > 0, z, 0.01 * z),
    "softmax": lambda *z: np.exp(np.ravel(z)) / np.exp(np.ravel(z)).sum(),
    "softsign": lambda z: z / (1 + abs(z)),
}  # fmt: skip


def computed(latex):
    """The value of a formula that holds numbers only, or None where it holds names."""
    for name in re.findall(r"operatorname\{(.*?)\}", latex):
        assert name in FUNCTIONS, f"FUNCTIONS must say in plain NumPy what {name} is"
    try:
        return np.atleast_1d(evaluate(latex.split(r"\quad")[-1], World(FUNCTIONS)))
    except UnreadableFormula:
        return None


def chains(text):
    """The chains of equal formulas in a text, each a list."""
    lines = body(text).replace(r"\\ &=", "=").split(r"\\")
    return [[part.strip(" &") for part in line.split("=")] for line in lines]


def checked_steps(text):
    """Pairs of a formula with numbers and the result that stands behind it."""
    for chain in chains(text):
        for one, other in pairwise(chain):
            if computed(one) is not None and computed(other) is not None:
                yield one, other


@pytest.mark.parametrize("case", TRACES)
def test_each_result_follows_from_the_numbers_before_it(case):
    network, trace = TRACES[case]
    n_steps = 0
    for name in stages(network):
        if name in ("x", "weights"):
            continue
        for formula, result in checked_steps(explain(trace, name)):
            with np.errstate(all="ignore"):
                found = [f"{value + 0.0:.4e}" for value in computed(formula)]
            assert found == [f"{value:.4e}" for value in computed(result)], (name, formula)
            n_steps += 1
    assert n_steps >= 2 * len([*network.parameters])


@pytest.mark.parametrize("case", TRACES)
def test_negative_numbers_behind_an_operator_have_brackets(case):
    network, trace = TRACES[case]
    for name in stages(network):
        text = body(explain(trace, name))
        assert not re.search(r"(\\cdot|[-+/]) -", text), text
        assert not re.search(r"\d[eE][-+]?\d|nan|inf\b(?<!\\inf)|[−×]|np\.", text), text
        assert text.count("(") == text.count(")") and text.count("{") == text.count("}")


# What a symbol stands for is what is put in for it

ACTIVATIONS_BY_NAME = {"": identity, r"\sigma": sigmoid, r"\tanh": tanh, "ReLU": relu,
                       "LReLU": leaky_relu, "softmax": softmax}  # fmt: skip
LOSSES = {
    SQUARED: lambda y_hat, y: ((y_hat - y) ** 2).sum() / 2,
    BCE: lambda y_hat, y: -(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)).sum(),
    CE: lambda y_hat, y: -(y * np.log(y_hat)).sum(),
}
# Sizes, hidden and output activation, loss, and whether there are biases
NETWORKS = [
    ((2, 3, 1), r"\sigma", r"\sigma", BCE, False), ((2, 3, 1), r"\tanh", "", SQUARED, True),
    ((2, 2, 2), "ReLU", r"\tanh", SQUARED, True), ((3, 2, 2), r"\sigma", r"\sigma", BCE, True),
    ((2, 3, 3), "LReLU", "softmax", CE, True), ((3, 1), "", r"\sigma", BCE, True),
    ((2, 3), "", "softmax", CE, False), ((2, 2, 3, 1), r"\tanh", r"\sigma", BCE, True),
    ((1, 2, 1), "", r"\tanh", SQUARED, False), ((2, 3, 2, 2), r"\sigma", "softmax", CE, False),
]  # fmt: skip
every_case = pytest.mark.parametrize("case", NETWORKS, ids=str)


def lettered(letter, layer):
    """A letter of its own for a quantity of a layer, since W^{(2)} would be read as a power."""
    return "\\" + letter.strip("\\") + "xyz"[layer - 1]


def as_read(tex):
    return re.sub(r"(\\delta|\w)\^\{\((\d)\)\}", lambda m: lettered(m[1], int(m[2])), tex)


@cache
def written(case):
    """A random network, its trace, and the world of its symbols, computed by NumPy alone."""
    sizes, hidden, output, loss, bias = case
    rng = np.random.default_rng([*sizes, bias])
    Ws = [rng.uniform(0.3, 1.3, s) * rng.choice([-1, 1], s) for s in pairwise(sizes)]
    bs = [rng.uniform(-1, 1, n) if bias else None for n in sizes[1:]]
    x, n_out = rng.uniform(-2, 2, sizes[0]), sizes[-1]
    y = {SQUARED: rng.normal(size=n_out), CE: np.eye(n_out)[1 % n_out],
         BCE: rng.integers(2, size=n_out).astype(float)}[loss]  # fmt: skip
    names = [hidden] * (len(Ws) - 1) + [output]
    layers = [
        layer for W, b, name in zip(Ws, bs, names)
        for layer in (Dense(W, b), ACTIVATIONS_BY_NAME[name])
    ]  # fmt: skip
    network = Network(layers)
    world = world_of(Ws, bs, names, loss, x, y)
    return network, backprop(network, loss, x, y), world


def world_of(Ws, bs, names, loss, x, y):
    last, h = len(Ws), "x"

    def alone(array, layer):  # a single output has no index
        return array[..., 0] if layer == last and Ws[-1].shape[1] == 1 else array

    values, rules = {"x": x, "y": alone(y, last), **FUNCTIONS}, {}
    for layer, (W, b, name) in enumerate(zip(Ws, bs, names), start=1):
        letters = ["WV"[layer - 1], "bc"[layer - 1]] if last < 3 else ["W", "b"]
        letters += ["z_out", r"\hat y", r"\delta_out"] if layer == last else ["z", "h", r"\delta"]
        if last > 2:
            letters = [x if "_" in x or "y" in x else lettered(x, layer) for x in letters]
        W_name, b_name, z_name, h_name, delta = letters
        values[W_name], bias = alone(W, layer), b is not None
        if bias:
            values[b_name] = alone(b, layer)
        rules |= layer_rules(W_name, b_name if bias else None, z_name, h_name, delta, h, name)
        h = h_name
    rules["J"] = lambda world: LOSSES[loss](world[r"\hat y"], world["y"])
    return World(values, rules)


def layer_rules(W, b, z, h, delta, before, name):
    """How a layer's pre-activation, output and error signal follow from others."""
    return {
        z: lambda world: world[before] @ world[W] + (world[b] if b else 0),
        h: lambda world: FUNCTIONS[name](world[z]) if name else world[z],
        delta: lambda world: slopes(world, z),
    }


def slopes(world, name):
    """The gradient of J by an array or a number, by central differences."""
    array, small = np.asarray(world[name], dtype=float), 1e-5

    def J(step):
        moved = array + step
        return world.changed({name: moved if moved.ndim else moved.item()})["J"]

    steps = small * np.eye(array.size).reshape(-1, *array.shape)
    return np.reshape([(J(step) - J(-step)) / (2 * small) for step in steps], array.shape)


def with_indices(stage, sizes, world):
    """The world of a stage: over what its indices run."""
    dense = {"V": 2, "W": 1}
    if found := re.match(r"dJ/d([WVh])(\d?)", stage):
        number = int(found[2] or dense.get(found[1], 1))
        n = sizes[number] if found[1] == "h" else sizes[number - 1]
    else:
        n = sizes[-1]
    return world.changed({}, j=range(1, n + 1), k=range(1, n + 1))


def valued(side, world):
    """The value of a side, for all values of an index that it leaves free."""
    found = for_all(world, lambda world: evaluate(side, world))
    return np.concatenate([np.ravel(np.asarray(value, dtype=float)) for value in found])


LETTER = r"\\hat\{y\}|\\delta[xyz]?|\\[WbzhVc][xyz]|(?<![\\a-zA-Z])[xyWVbchz](?![a-zA-Z])"
NAME = rf"(?:{LETTER})(?:_\{{(?:\\text\{{out\}}|[\w,])*\}})?"
SYMBOL = "|".join([
    rf"\\partial J / \\partial {NAME}", r"(?:\\tanh|\\sigma|\\operatorname\{\w+\})'"
    rf"\({NAME}\)", rf"\(1 - {NAME}\)", NAME,
])  # fmt: skip
NUMBER = r"\d[\d.]*(?: \\cdot 10\^\{-?\d+\})?"


def put_in(side, numbers, world):
    """The values of a side's symbols, and the numbers of the next side, without their signs."""
    side, numbers = (re.sub(r"\\tfrac\{1\}\{2\}|\^2", "", text) for text in (side, numbers))
    values = [value for name in re.findall(SYMBOL, side) for value in valued(name, world)]
    return np.abs(values), np.array([computed(text)[0] for text in re.findall(NUMBER, numbers)])


@every_case
def test_both_sides_of_each_equals_sign_are_worth_the_same(case):
    network, trace, world = written(case)
    n_put_in = 0
    for stage in stages(network)[2:]:
        here = with_indices(stage, case[0], world)
        for chain in chains(as_read(explain(trace, stage))):
            sides = [side for part in chain for side in part.split(r": \quad")]
            for side in sides:
                expected = pytest.approx(valued(sides[-1], here), rel=6e-5, abs=1e-9)
                assert valued(side, here) == expected, f"{stage}: {side}"
            for side, numbers in pairwise(sides):
                if computed(side) is None and computed(numbers) is not None:
                    values, given = put_in(side, numbers, here)
                    if r"\sum" in side:
                        values, given = np.sort(values), np.sort(given)
                    if len(values) == len(given):
                        assert given == pytest.approx(values, rel=6e-5), f"{stage}: {side}"
                        n_put_in += 1
    assert n_put_in >= len(stages(network)) - 2


@every_case
def test_input_and_parameters_are_written_as_they_are(case):
    network, trace, _ = written(case)
    texts = [explain(trace, stage).strip("$ ") for stage in ("x", "weights")]
    texts = [re.sub(r"\\(begin|end)\{aligned\}|&(?==)", "", text) for text in texts]
    lines = [line.split(" = ") for text in texts for line in re.split(r"\\\\\n| \\qquad ", text)]
    shown = {as_read(name.strip()): np.array(evaluate(value, World({}))) for name, value in lines}
    n = len(case[0]) - 1
    wanted = {"x": trace.steps[0].x[0], "y": trace.y[0]}
    for layer, step in enumerate(network.layers[::2], start=1):
        for letters, name in (("WV", "W"), ("bc", "b")):
            if name in step.params:
                letter = letters[layer - 1] if n < 3 else lettered(name, layer)
                wanted[letter] = step.params[name]
    assert shown.keys() == wanted.keys()
    for name, array in wanted.items():
        assert shown[name].shape == (() if array.shape == (1,) else array.shape), name
        assert shown[name] == pytest.approx(array.reshape(shown[name].shape), rel=1e-5)


def test_one_minus_a_rounded_number_is_never_shown():
    # The faulty way: 1 − 0.99998 is 20 % off.
    _, trace = TRACES["nearly certain and right"]
    (_, chain) = chains(explain(trace, "dJ/dy_hat"))
    assert computed(chain[-2]) == pytest.approx(trace.steps[-2].dy[0], rel=1e-4)
    assert chain[-2] == "0.99982582 - 1"  # with six digits, 0.999826 − 1 has only three


def test_biases_stand_in_the_sums_and_have_a_gradient():
    _, trace = TRACES["biases"]
    assert r"b = (0.5, -7, -1 \cdot 10^{-4})" in explain(trace, "weights")
    assert "c = -0.25" in explain(trace, "weights")
    assert "+ b_{2} = " in explain(trace, "h2") and "+ (-7) = " in explain(trace, "h2")
    assert r"\partial J / \partial b_{3} &= \delta_{3} =" in explain(trace, "dJ/dW 3")
    assert r"\partial J / \partial c &= \delta_{\text{out}} =" in explain(trace, "dJ/dV")


# A function is written by its own name


class Swish:
    """A layer that is no activation of the package."""

    params = {}

    def forward(self, z):
        return z * sigmoid(z), z

    def backward(self, dy, z):
        return dy * (sigmoid(z) + z * sigmoid.derivative(z)), {}


def with_hidden(layer, loss=binary_cross_entropy):
    dense, _, *others = NETWORK.layers
    return backprop(Network([dense, layer, *others]), loss, [5, 3], [1])


def test_an_activation_of_ones_own_is_written_by_its_name():
    trace = with_hidden(Activation("soft_sign", SOFTSIGN.function, SOFTSIGN.slope))
    name = r"\operatorname{soft\_sign}"
    assert body(explain(trace, "h2")).endswith(
        rf"h_{{2}} &= {name}(z_{{2}}) = {name}(1) = 0.5"
    )
    assert rf"\cdot {name}'(z_{{2}}) =" in explain(trace, "dJ/dW 2")


def test_one_that_has_the_name_of_another_is_not_taken_for_it():
    output = Activation("sigmoid", lambda z: 1 / (1 + np.exp(-2 * z)), lambda z: np.ones_like(z))
    trace = backprop(Network([*NETWORK.layers[:3], output]), binary_cross_entropy, [5, 3], [1])
    assert r"\operatorname{sigmoid}(z" in explain(trace, "y_hat")
    assert r"\hat{y} - y" not in explain(trace, "dJ/dy_hat")


def test_the_identity_is_h_equals_z_and_like_no_activation():
    dense, _, *others = NETWORK.layers
    bare = backprop(Network([dense, *others]), binary_cross_entropy, [5, 3], [1])
    for name in STAGES:
        assert explain(with_hidden(identity), name) == explain(bare, name)
    assert body(explain(bare, "h2")).endswith("h_{2} &= z_{2} = 1")


class Sharp(Softmax):
    """A softmax that is none."""

    def forward(self, z):
        return super().forward(2 * z)


@pytest.mark.parametrize("layer", [Swish(), Flatten(), Sharp()], ids=lambda a: type(a).__name__)
def test_a_layer_that_is_no_activation_is_refused(layer):
    expected = f"have the softmax or an Activation behind each dense .*got {type(layer).__name__}"
    with pytest.raises(ValueError, match=expected):
        explain(with_hidden(layer), "h1")


@pytest.mark.parametrize("case", ["biases", "softmax 2", f"{SOFTSIGN}"])
def test_a_copy_of_a_trace_is_explained_alike(case):
    network, trace = TRACES[case]
    copies = [copy.deepcopy(trace)]
    if SOFTSIGN not in network.layers:  # made of functions without a name, which pickle refuses
        copies.append(pickle.loads(pickle.dumps(trace)))
    for twin in copies:
        for name in stages(network):
            assert explain(twin, name) == explain(trace, name)


def test_a_copy_of_a_trace_is_shown_with_the_network_and_refused_with_another(shown):
    show_stage(NETWORK, pickle.loads(pickle.dumps(TRACE)), "h1")
    show_stage(NETWORK, TRACE, "h1")
    assert shown[:2] == shown[2:]
    other = copy.deepcopy(NETWORK)
    other.parameters[1][0] += 1
    with pytest.raises(ValueError, match="trace must come from backprop on Dense"):
        draw_network(other, trace=TRACE)
    with pytest.raises(ValueError, match="trace must come from backprop on Dense"):
        draw_network(Network([*NETWORK.layers[:3], tanh]), trace=TRACE)


@pytest.fixture(scope="module")
def typeset_width():
    """The width of a formula on a slide, in ex."""
    typesetter = Typesetter()
    return lambda tex: float(
        re.search(r'width="([\d.]+)ex"', typesetter.html(tex, display=True))[1]
    )


@pytest.mark.parametrize("x", [(5, 3), (1 / 3, 2 / 3), (123.456, -3.21)])
@pytest.mark.parametrize("y", [0, 1])
def test_each_stage_of_the_worked_example_has_three_lines_at_most_that_fit(x, y, typeset_width):
    _, trace = example(x, [y])
    for name in STAGES:
        text = explain(trace, name)
        assert text.count(r"\\" + "\n") <= 2, text
        assert typeset_width(text.strip("$ ")) <= LINE, text


def test_the_width_of_a_line_is_about_that_with_which_it_is_typeset(typeset_width):
    ratios = []
    for case in ("smaller input", "target 0", "four hidden units", "biases", "softmax 2"):
        network, trace = TRACES[case]
        for name in set(stages(network)) - {"weights"}:
            for line in body(explain(trace, name)).replace("&", "").split(r"\\"):
                if width(line) > LONGEST / 2:
                    ratios.append(typeset_width(line) * EX_IN_DIGITS / width(line))
    assert len(ratios) > 40
    assert 0.9 < min(ratios) and max(ratios) < 1.1


@pytest.mark.parametrize("x", [(0.1, 0.3), (0.2, 0.6)])
def test_terms_that_cancel_are_zero_not_what_the_computer_leaves_of_them(x):
    _, trace = example(x, [1])
    text = explain(trace, "h3")
    assert "z_{3} &= x_{1} W_{13} + x_{2} W_{23} = " in text
    assert r" \cdot (-1) = 0 \\" in text and r"\sigma(0) = 0.5" in text
    assert "10^{-1" not in text


@pytest.mark.parametrize("V2", [50, 1000])
def test_a_gradient_that_has_lost_its_digits_is_refused_not_shown(V2):
    # Where 1 − ŷ keeps no digit, ŷ − y is 1 on paper, but the chain rule gives 0.6, or no number.
    with np.errstate(all="ignore"):
        _, trace = example([5, 3], [0], V=[[0.1], [V2], [-0.1]])
    with pytest.raises(ValueError, match="trace must (hold results that follow|be finite)"):
        explain(trace, "dJ/dy_hat")


# Shown together


@pytest.fixture
def shown(monkeypatch):
    """What is displayed: texts, and text alternatives of pictures."""
    found = []

    def record(thing, **options):
        found.append(thing.data if isinstance(thing, Markdown) else thing["text/plain"])

    monkeypatch.setattr(display, "display", record)
    return found


@pytest.mark.parametrize("name", ["weights", "J", "dJ/dW 3"])
def test_text_and_drawing_of_a_stage_are_shown_together(name, shown):
    show_stage(NETWORK, TRACE, name)
    until = STAGES[: STAGES.index(name) + 1]
    drawing = draw_network(NETWORK, trace=TRACE, reveal=until).get_label()
    assert shown == [explain(TRACE, name), drawing]


def test_several_stages_share_one_drawing(shown):
    show_stage(NETWORK, TRACE, "x", "weights")
    drawing = draw_network(NETWORK, trace=TRACE, reveal=["x", "weights"]).get_label()
    texts = [explain(TRACE, name).strip("$ ") for name in ("x", "weights")]
    assert shown == [rf"$$ {texts[0]} \qquad {texts[1]} $$", drawing]
    show_stage(NETWORK, TRACE, "h1", "h2")
    assert shown[2:4] == [explain(TRACE, "h1"), explain(TRACE, "h2")]


def test_a_change_of_the_input_changes_every_text():
    _, trace = example([0.7, -0.4], [0])
    changed = {name for name in STAGES if explain(trace, name) != explain(TRACE, name)}
    assert changed == set(STAGES) - {"weights"}


# What is refused

BATCH = backprop(NETWORK, binary_cross_entropy, [[5, 3], [0, 1]], [[1], [0]])
LOGITS = Network(NETWORK.layers[:3])
TWICE = Network([*NETWORK.layers[:2], tanh, *NETWORK.layers[2:]])


@pytest.mark.parametrize(
    ("trace", "name", "error", "message"),
    [
        (TRACE, "h4", ValueError, r"name must be one of x, weights, h1.*got 'h4'"),
        (BATCH, "h1", ValueError, "trace must be of one sample, got 2"),
        ("trace", "h1", TypeError, "trace must be what backprop returns, got str"),
        (
            backprop(LOGITS, binary_cross_entropy_on_logits, [5, 3], [1]), "J", ValueError,
            "trace must be of squared_error.*got binary_cross_entropy_on_logits",
        ),
        (
            random_trace((2, 2, 2), "tanh", "softmax", squared_error, 0)[1], "J", ValueError,
            "cross_entropy behind a softmax.*got squared_error",
        ),
        (
            backprop(TWICE, binary_cross_entropy, [5, 3], [1]), "h1", ValueError,
            "one activation per layer",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_explained_is_refused(trace, name, error, message):
    with pytest.raises(error, match=message):
        explain(trace, name)


def test_nothing_is_shown_of_an_unknown_stage(shown):
    with pytest.raises(ValueError, match="got 'h9'"):
        show_stage(NETWORK, TRACE, "h1", "h9")
    assert shown == []


def test_a_stage_must_be_named(shown):
    with pytest.raises(ValueError, match="names must hold at least one quantity"):
        show_stage(NETWORK, TRACE)
    assert shown == []


def test_a_trace_of_weights_that_have_changed_since_is_refused():
    network = mlp((2, 2, 1), rng=np.random.default_rng(0))
    trace = backprop(network, squared_error, [1.0, 2.0], [1.0])
    network.parameters[0][...] -= 0.5
    with pytest.raises(ValueError, match="the weights of layer 1 have changed since"):
        explain(trace, "weights")

r"""What the symbols of a formula stand for, by the name in a cell's metadata: ``"world": "layer"``.

Each function draws numbers and returns a `World`. Sizes differ, so that transposes and orders
matter. What the lectures compute with `lecture_utils` comes from there, so that a fault in it makes
formulas wrong, too; what a formula defines comes from NumPy alone.
"""

import itertools
from functools import partial

import numpy as np
from latex import World, row

from lecture_utils.activations import identity, leaky_relu, relu, sigmoid, softmax, step, tanh
from lecture_utils.backprop import backprop
from lecture_utils.convolution import Conv2D
from lecture_utils.gradient_check import central_differences, relative_error
from lecture_utils.graph import derivatives, variable
from lecture_utils.initializers import INITIALIZERS
from lecture_utils.layers import Dense
from lecture_utils.losses import (
    binary_cross_entropy,
    binary_cross_entropy_on_logits,
    cross_entropy,
    cross_entropy_on_logits,
    squared_error,
)
from lecture_utils.networks import Network
from lecture_utils.neuron import (
    SigmoidNeuron,
    add_ones,
    logistic_gradient,
    logistic_loss,
    perceptron_epoch,
)
from lecture_utils.optimizers import Adam, GradientDescent, Momentum
from lecture_utils.recurrent import LastStep, Recurrent
from lecture_utils.training import add_l2

Y_HAT, SIGMA, THETA, LAMBDA, DELTA = r"\hat y", r"\sigma", r"\theta", r"\lambda", r"\delta"


def _sizes(rng, number):
    """Return so many small numbers, from 2 on, no two of them the same."""
    return [int(size) for size in rng.permutation(np.arange(2, 4 + number))[:number]]


def _upto(last):
    return range(1, last + 1)


def _labels(rng, *shape):
    """Return zeros and ones, as many of each as possible, in random order."""
    return rng.permutation(np.arange(np.prod(shape)) % 2.0).reshape(shape)


def _loss_of_parts(X, y, size=1):
    """Return a rule: the loss of a neuron on each part of the samples, one after the other."""
    places = [slice(start, start + size) for start in range(0, len(y), size)]
    return lambda world: np.array([logistic_loss(world[THETA], X[i], y[i]) for i in places])


def _of_step(number, what, parameter=None):
    """Return a rule: what the trace of the world says of one layer, or of its parameter."""
    def rule(world):
        found = getattr(world["trace"].steps[number], what)
        return found[parameter] if parameter else found
    return rule


# One neuron


def neuron(rng):
    """One neuron on one sample; with a tilde, the sample that ends in a one."""
    d = int(rng.integers(2, 6))
    w, b, x = rng.normal(size=d), rng.normal(), rng.normal(size=d)
    layer = Network([Dense(w[:, np.newaxis], np.array([b])), sigmoid])
    return World(
        {
            "w": w, "b": b, "x": x, "d": d, SIGMA: sigmoid, THETA: np.append(w, b),
            r"\tilde x": add_ones(x[np.newaxis])[0],
            "f": lambda x: float(layer(x[np.newaxis])[0, 0]),
        },
        {
            "z": lambda world: float(world["w"] @ world["x"] + world["b"]),
            Y_HAT: lambda world: float(sigmoid(world["z"])),
        },
        ranges={"j": _upto(d)},
    )  # fmt: skip


def line(rng):
    """One neuron with the identity on n samples of one input and one target."""
    n = int(rng.integers(3, 7))
    x, y = rng.normal(size=(n, 1)), rng.normal(size=(n, 1))

    def output(world):
        return Dense(np.array([[world["w"]]]), np.array([world["b"]])).forward(x)[0]

    return World(
        {"w": rng.normal(), "b": rng.normal(), "n": n, "x_": x[:, 0], "y_": y[:, 0]},
        {
            f"{Y_HAT}_": lambda world: output(world)[:, 0],
            "J": lambda world: squared_error(output(world), y),
        },
        ranges={"i": _upto(n)},
        arguments={"J": ["w", "b"]},
    )


def perceptron(rng):
    """A step on five samples, right and wrong for each class, the last exactly on the line."""
    theta = rng.integers(1, 9, size=3).astype(float)
    X, y = rng.normal(size=(5, 3)), np.array([1.0, 0, 1, 0, 1])
    X[:4] *= np.sign(X[:4] @ theta)[:, np.newaxis] * [[1], [1], [-1], [-1]]
    X[4] = theta[1], -theta[0], 0

    def corrected(world):
        changed, i = theta.copy(), world["i"] - 1
        perceptron_epoch(changed, X[[i]], y[[i]])
        return changed

    return World(
        {THETA: theta, "d": 2, "x_": X, f"{Y_HAT}_": step(X @ theta), "y_": y},
        {
            "z": lambda world: float(theta @ world["x"]),
            Y_HAT: lambda world: step(world["z"]),
            "s": lambda world: (2 * y - 1) * (X @ world[THETA]),
            "J_": lambda world: np.maximum(0, -world["s"]),
        },
        ranges={"i": _upto(5), "x": list(X)},
        updates={THETA: corrected},
    )


def flowers(rng):
    """A sigmoid neuron on n samples that end in a one: likelihood, loss and gradient."""
    n, d = _sizes(rng, 2)
    X, y = add_ones(rng.normal(size=(n + 2, d))), _labels(rng, n + 2)
    n, theta = len(y), rng.normal(size=d + 1) / 2

    def likelihood(y_i, x_i, theta):
        p = float(sigmoid(theta @ x_i))
        return p if y_i == 1 else 1 - p

    def of_each(function):
        return lambda world: np.array([function(world[Y_HAT][[i]], y[[i]]) for i in range(n)])

    return World(
        {
            THETA: theta, "X": X, "x_": X, "x": X[0], "y": y, "n": n, "d": d,
            "f": lambda x: float(sigmoid(theta @ x)),
            SIGMA: sigmoid, "P": likelihood, r"\alpha": 0.3, r"\mathcal Y": frozenset({0.0, 1.0}),
        },
        {
            "z": lambda world: X @ world[THETA],
            Y_HAT: lambda world: sigmoid(world["z"]),
            "L": lambda world: np.prod(np.where(y == 1, world[Y_HAT], 1 - world[Y_HAT])),
            "J": lambda world: logistic_loss(world[THETA], X, y),
            "J_": of_each(binary_cross_entropy),
            "the slope of each loss": of_each(binary_cross_entropy.gradient),
            "the errors": lambda world: world[Y_HAT] - y,
            DELTA: lambda world: binary_cross_entropy_on_logits.gradient(world["z"], y),
        },
        ranges={"i": _upto(n), "j": _upto(d + 1)},
        arguments={"J": [THETA], "L": [THETA]},
        updates={THETA: lambda world: _stepped(GradientDescent(0.3), world[THETA], X, y)[0]},
        gradients={("J", THETA): lambda world: logistic_gradient(world[THETA], X, y)},
    )  # fmt: skip


def _stepped(optimizer, theta, X, y, steps=1):
    """Return θ after some steps of the neuron, all θ and gradients, and what is remembered."""
    thetas, gradients, parameters = [], [], [theta.copy()]
    memory = optimizer.start(parameters)
    for _ in range(steps):
        gradients.append(logistic_gradient(parameters[0], X, y))
        optimizer.step(parameters, [gradients[-1].copy()], memory)
        thetas.append(parameters[0].copy())
    return parameters[0], thetas, gradients, memory


def undecided(rng):
    """The neuron on flowers with weights of zero."""
    world = flowers(rng)
    return world.changed({THETA: 0 * world[THETA]})


def boundary(rng):
    """A neuron with two inputs, on a point of its boundary."""
    w, b, x_1 = rng.normal(size=2), rng.normal(), rng.normal()
    x = np.array([x_1, -(b + w[0] * x_1) / w[1]])
    y_hat = Network([Dense(w[:, np.newaxis], np.array([b])), sigmoid])(x[np.newaxis])
    along = np.array([-w[1], w[0]])     # moves on the line, as w · along = 0
    return World({"w": w, "b": b, "x": x, Y_HAT: y_hat.item(), "the slope": along[1] / along[0]})


def asked_neuron(rng):
    """The neuron of the first question of lecture 1."""
    layer = Dense(np.array([[2.0], [-1]]), np.array([1.0]))
    return World({"z": layer.forward(np.array([[1.0, 4]]))[0].item(), SIGMA: sigmoid})


def differences(rng):
    """The neuron on flowers, with a tiny step along each axis e_j."""
    world = flowers(rng)
    return world.changed({r"\varepsilon": 1e-3, "e_": np.eye(world["d"] + 1)})


def sigmoid_function(rng):
    """The sigmoid of a number, of both signs and zero."""
    return World({SIGMA: sigmoid}, ranges={"z": [0.0, *(rng.random(2) + 0.1) * (-2, 2)]})


def activations(rng):
    """All activations of a number, of both signs and zero."""
    return World(
        {SIGMA: sigmoid, r"\tanh": tanh, "ReLU": relu, "leaky ReLU": leaky_relu},
        ranges={"z": [0.0, *(rng.random(2) + 0.1) * (-2, 2)]},
    )


def descent(rng):
    """Steps of gradient descent of the neuron, up to the first within the tolerance."""
    world = flowers(rng)
    X, y, start = world["X"], world["y"], world[THETA]
    thetas = [start, *_stepped(GradientDescent(0.3), start, X, y, steps=4)[1]]
    lengths = np.linalg.norm(np.diff(thetas, axis=0), axis=1)
    return world.changed(
        {f"{THETA}_{t}": theta for t, theta in enumerate(thetas)}
        | {"tolerance": np.sort(lengths)[:2].mean(), "P": world["d"] + 1},
        t=_upto(int(np.argmin(lengths)) + 1),
    )


def separable(rng):
    """Points that a line through u separates."""
    u, X = rng.normal(size=3), rng.normal(size=(5, 3))
    y = (X @ u > 0).astype(float)

    def loss_if(label):
        return _loss_of_parts(X, np.full(5, label))

    return World(
        {THETA: rng.normal(size=3), "u": u, "c": 1.3, "y": y, "x_": X, SIGMA: sigmoid},
        {
            "z": lambda world: X @ world[THETA],
            "the loss if of class 1": loss_if(1.0),
            "the loss if of class 0": loss_if(0.0),
            "s": lambda world: np.where(y == 1, X @ world[THETA], -X @ world[THETA]),
            "J": lambda world: logistic_loss(world[THETA], X, y),
            "J_": _loss_of_parts(X, y),
        },
        ranges={"i": _upto(5)},
        arguments={"J": [THETA], "s": [THETA]},
    )


def long_weights_cost(rng):
    """The neuron on flowers with the L2 term that `SigmoidNeuron` adds, as its steps show."""
    flower, lam, alpha = flowers(rng), 0.3, 0.5
    X, y, n = flower["X"], flower["y"], flower["n"]
    once, plain, held = (
        SigmoidNeuron(learning_rate=alpha, tolerance=0.0, max_steps=steps, l2=l2)
        .fit(X[:, :-1], y).theta_
        for steps, l2 in ((1, 0.0), (2, 0.0), (2, lam))
    )  # fmt: skip
    pull = (plain - held) / alpha                       # on each weight, and on the bias
    strength = np.divide(pull, once, out=np.zeros_like(once), where=once != 0)
    return World(
        {"w": rng.normal(size=X.shape[1] - 1), "b": 0.4, "d": X.shape[1] - 1, LAMBDA: lam, "n": n,
         "C": 1 / (lam * n)},
        {
            THETA: lambda world: np.append(world["w"], world["b"]),
            "J": lambda world: logistic_loss(world[THETA], X, y),
            "J_": _loss_of_parts(X, y),
            "the penalty": lambda world: strength @ world[THETA] ** 2 / 2,
            rf"J_{LAMBDA}": lambda world: world["J"] + world["the penalty"],
            "what scikit-learn minimises": lambda world: world[rf"J_{LAMBDA}"] / lam,
        },
        ranges={"i": _upto(n)},
        arguments={"J": [THETA]},
    )  # fmt: skip


# Layers


def _number_of_parameters(layer):
    return sum(theta.size for theta in layer.params.values())


def layer(rng):
    """A dense layer with sigmoids on n samples: X, Z, H for the batch, x, z, h for its first."""
    n, d, p = _sizes(rng, 3)
    X, W, b = rng.normal(size=(n, d)), rng.normal(size=(d, p)), rng.normal(size=p)
    network = Network([Dense(W, b), sigmoid])
    Z, H = Dense(W, b).forward(X)[0], network(X)
    return World(
        {
            "X": X, "W": W, "b": b, "x": X[0], "n": n, "d": d, "p": p, "n_in": d, "n_out": p,
            "Z": Z, "H": H, "z": Z[0], "h": H[0], SIGMA: sigmoid,
            "f": lambda x: network(x[np.newaxis])[0],
            **{f"w_{k}": W[:, k - 1] for k in _upto(p)},
            "the number of parameters": _number_of_parameters(network.layers[0]),
        },
        ranges={"j": _upto(d), "k": _upto(p)},
    )  # fmt: skip


def convolution(rng):
    """A convolution with a kernel of two by two places."""
    n, q, d, p = 2, 2, *_sizes(rng, 2)
    X, b = rng.normal(size=(n, 4, 3, d)), rng.normal(size=p)
    W = rng.normal(size=(q, q, d, p))
    Z = Conv2D(W, b).forward(X)[0]
    return World(
        {"X": X, "W": W, "b": b, "q": q, "d": d, "Z": Z},
        ranges={"i": _upto(n), "r": range(Z.shape[1]), "c": range(Z.shape[2]), "k": _upto(p)},
        first={"X": (1, 0, 0, 1), "W": (0, 0, 1, 1), "Z": (1, 0, 0, 1)},
    )


def one_channel(rng):
    """One kernel of two by two places on one channel, and a loss of the output."""
    weights = rng.normal(size=(3, 2))

    def layer(world):
        return Conv2D(world["W"][:, :, np.newaxis, np.newaxis])

    def backward(world):
        images, delta = (world[name][np.newaxis, :, :, np.newaxis] for name in ("X", DELTA))
        dx, grads = layer(world).backward(delta, layer(world).forward(images)[1])
        return {"X": dx[0, :, :, 0], "W": grads["W"][:, :, 0, 0]}

    return World(
        {"X": rng.normal(size=(4, 3)), "W": rng.normal(size=(2, 2)), "q": 2},
        {
            "Z": lambda world: layer(world).forward(
                world["X"][np.newaxis, :, :, np.newaxis])[0][0, :, :, 0],
            "J": lambda world: float(np.sum(weights * world["Z"] ** 2)),
            DELTA: lambda world: 2 * weights * world["Z"],
        },
        ranges={"r": range(3), "c": range(2), "u": range(2), "v": range(2)},
        first={"X": (0, 0), "W": (0, 0), "Z": (0, 0), DELTA: (0, 0)},
        gradients={
            ("J", "W"): lambda world: backward(world)["W"],
            ("J", "X"): lambda world: backward(world)["X"],
        },
    )


def output_size(rng):
    """The rows of what a convolution makes of an image of any size, with any setting."""
    q, stride, padding = (int(number) for number in rng.integers(1, 4, size=3))
    n_row = int(rng.integers(q, 12))
    layer = Conv2D(np.ones((q, q, 1, 1)), stride=stride, padding=padding)
    return World({
        "n_row": n_row, "q": q, "stride": stride, "padding": padding,
        "n_out": layer.forward(np.zeros((1, n_row, n_row, 1)))[0].shape[1],
    })


def recurrent(rng):
    """A recurrent layer on one sequence of four steps."""
    d, p = _sizes(rng, 2)
    W, U, b = rng.normal(size=(d, p)), rng.normal(size=(p, p)), rng.normal(size=p)
    x = rng.normal(size=(1, 4, d))
    layer = Recurrent(W, U, b)
    h = layer.forward(x)[0]
    return World(
        {
            "X": x, "n": 1, "n_steps": 4,
            "W": W, "U": U, "b": b, "d": d, "p": p, "h_0": np.zeros((1, p)),
            "the number of parameters": _number_of_parameters(layer),
            **{f"x_{t}": x[:, t - 1] for t in _upto(4)},
            **{f"h_{t}": h[:, t - 1] for t in _upto(4)},
        },
        ranges={"t": _upto(4)},
    )  # fmt: skip


def ones_in_a_row(rng):
    """The recurrent layer that lecture 7 sets by hand, on one sequence of numbers."""
    layer = Recurrent(np.array([[4.0, 4]]), np.array([[0.0, 10], [0, 8]]), np.array([0.0, -5]))
    x = rng.normal(size=(1, 4, 1))
    h = np.vstack([np.zeros(2), layer.forward(x)[0][0]])
    return World({"x": x.ravel(), "h": h}, ranges={"t": _upto(4)}, first={"h": (0, 1)})


def through_time(rng):
    """One recurrent neuron without a bias on three inputs, and a loss of its last output."""
    x, y = rng.normal(size=3), rng.normal()

    def z(t):
        return lambda world: world["w"] * x[t - 1] + world["u"] * world[f"h_{t - 1}"]

    def trace(world):
        layer = Recurrent([[float(world["w"])]], [[float(world["u"])]], [0.0])
        network = Network([layer, LastStep()])
        return backprop(network, squared_error, x[np.newaxis, :, np.newaxis], np.array([[y]]))

    rules = {f"z_{t}": z(t) for t in _upto(3)}
    rules |= {f"h_{t}": lambda world, t=t: np.tanh(world[f"z_{t}"]) for t in _upto(3)}
    rules |= {
        "J": lambda world: (world["h_3"] - y) ** 2 / 2,
        "trace": trace,
        f"{DELTA}_3": lambda world: (world["h_3"] - y) * (1 - world["h_3"] ** 2),
    }
    rules |= {
        f"{DELTA}_{t}": lambda world, t=t: world[f"{DELTA}_{t + 1}"]
        * world["u"] * (1 - world[f"h_{t}"] ** 2) for t in (1, 2)
    }
    return World(
        {"w": rng.normal(), "u": rng.normal(), "h_0": 0.0, "y": y,
         **{f"x_{t}": x[t - 1] for t in _upto(3)}},
        rules,
        ranges={"t": _upto(3)},
        gradients={
            ("J", "w"): lambda world: _of_step(0, "grads", "W")(world).item(),
            ("J", "u"): lambda world: _of_step(0, "grads", "U")(world).item(),
        },
    )  # fmt: skip


def error_signal(rng):
    """Each pair of an output and its loss, on n samples with m outputs each."""
    n, m = _sizes(rng, 2)
    n, y = n + 1, np.eye(m)[rng.integers(m, size=n + 1)]

    pairs = [
        (sigmoid, binary_cross_entropy), (softmax, cross_entropy), (identity, squared_error)
    ]  # fmt: skip

    def delta(world):
        activation, loss = world["pair"]
        y_hat, cache = activation.forward(world["z"])
        return activation.backward(loss.gradient(y_hat, y), cache)[0]

    return World(
        {"z": rng.normal(size=(n, m)), "y": y, "n": n, "m": m},
        {
            Y_HAT: lambda world: world["pair"][0](world["z"]),
            "J": lambda world: world["pair"][1](world[Y_HAT], y),
            DELTA: delta,
        },
        ranges={"pair": pairs},
        gradients={("J", "z"): delta},
    )


def one_output(rng):
    """One sigmoid output for one sample of either class, with its cross-entropy."""
    return World(
        {SIGMA: sigmoid, "z": rng.normal()},
        {
            Y_HAT: lambda world: float(sigmoid(world["z"])),
            "J": lambda world: binary_cross_entropy(
                np.array([world[Y_HAT]]), np.array([world["y"]])
            ),
            DELTA: lambda world: binary_cross_entropy_on_logits.gradient(
                np.array([world["z"]]), np.array([world["y"]])
            ).item(),
        },
        ranges={"y": [0.0, 1.0]},
    )


def one_right_output(rng):
    """One sigmoid output for one sample of class 1."""
    return one_output(rng).changed({}, y=[1.0])


def output_layer(rng):
    """Losses of one sample with m outputs, as a table lists them."""
    m = int(rng.integers(2, 5))
    y, y_hat = np.eye(m)[[rng.integers(m)]], softmax(rng.normal(size=(1, m)))
    return World(
        {
            "z": rng.normal(), Y_HAT: y_hat[0], "y": y[0], "m": m, SIGMA: sigmoid,
            "half the squared error": squared_error(y_hat, y),
            "the cross-entropy": cross_entropy(y_hat, y),
        },
        ranges={"k": _upto(m)},
    )  # fmt: skip


def scores(rng):
    """m scores and their softmax."""
    m = int(rng.integers(2, 6))
    z = rng.normal(size=m)
    return World(
        {"z": z, "m": m, Y_HAT: softmax(z), "c": 2.3, "of equal scores": softmax(np.ones(m))[0]},
        ranges={"k": _upto(m)},
    )


def undecided_classes(rng):
    """The loss of a network that gives each of m classes the same."""
    m = int(rng.integers(3, 12))
    loss = cross_entropy_on_logits(np.zeros((1, m)), np.eye(m)[:1])
    return World({"m": m, r"\log": np.log, "its loss": loss, "a share": softmax(np.zeros(m))[0]})


def softmax_loss(rng):
    """Scores of one sample, its one-hot target and the cross-entropy of their softmax."""
    m = int(rng.integers(2, 6))
    y = np.eye(m)[rng.integers(m)]
    return World(
        {"z": rng.normal(size=m), "y": y, "m": m},
        {
            Y_HAT: lambda world: softmax(world["z"]),
            "J": lambda world: float(cross_entropy(softmax(world["z"][None]), y[None])),
        },
        ranges={"k": _upto(m)},
    )


def two_scores(rng):
    """Two scores, of which softmax sees the difference alone."""
    a, b = rng.normal(size=2)
    (p,) = softmax(np.array([a, b]))[:1]
    return World({
        "a": a, "b": b, "z": np.log(p / (1 - p)), SIGMA: sigmoid,
        "softmax": lambda *z: softmax(np.array(z)),
    })  # fmt: skip


# Networks


def functions(rng):
    """Two functions of a number, f after g."""
    f, g = (lambda v: np.sin(v) + v * v), (lambda v: np.exp(v / 3) - 2)
    return World(
        {"x": rng.normal(), "w": rng.normal(), "f": f, "g": g},
        {"u": lambda world: g(world["w"]), "J": lambda world: f(world["u"])},
    )


def three_layers(rng, n_layers=3):
    """A network of three layers with their own activations, for one sample as a column."""
    p = _sizes(rng, n_layers + 1)
    names = {f"p_{i}": size for i, size in enumerate(p)}
    acts = [tanh, sigmoid, leaky_relu][:n_layers]
    layers = [Dense(rng.normal(size=s), rng.normal(size=s[1])) for s in itertools.pairwise(p)]
    for i, (layer, act) in enumerate(zip(layers, acts), 1):
        part = Network([layer, act])
        names |= {
            f"f_{i}": lambda x, part=part: part(x[np.newaxis])[0],
            f"W_{i}": layer.params["W"], f"b_{i}": layer.params["b"], f"{SIGMA}_{i}": act,
        }  # fmt: skip
    whole = Network([part for pair in zip(layers, acts) for part in pair])
    return World(
        names | {"f": lambda x: whole(x[np.newaxis])[0], "d": p[0], "m": p[-1], "L": n_layers},
        {"h": lambda world: np.cos(np.arange(world[f"p_{world['l'] - 1}"]))},
        ranges={"l": _upto(n_layers)},
        points=list(rng.normal(size=(3, p[0]))),
    )


def two_layers(rng):
    """A network of two layers in a row, for one sample as a column."""
    return three_layers(rng, n_layers=2)


def hidden_layer(rng, sizes=(2, 3, 1)):
    """The network 2-3-1 of the lectures on n samples, and its product of weights without tanh."""
    n = 4
    W_1, W_2 = (rng.normal(size=s) for s in itertools.pairwise(sizes))
    b_1, b_2 = (rng.normal(size=p) for p in sizes[1:])
    X = rng.normal(size=(n, 2))
    one, two = Dense(W_1, b_1), Dense(W_2, b_2)
    H = Network([one, sigmoid])(X)
    affine = Network([one, two])
    b = affine(np.zeros((1, sizes[0])))[0]
    return World({
        "X": X, "n": n, "W_1": W_1, "b_1": row(b_1), "W_2": W_2, "b_2": row(b_2), "H": H,
        r"\hat Y": Network([one, sigmoid, two, sigmoid])(X), SIGMA: sigmoid,
        "W": affine(np.eye(sizes[0])) - b, "b": row(b),
    })  # fmt: skip


def affine_layers(rng):
    """Three affine layers in a row and the one that does the same, by what it gives."""
    p = _sizes(rng, 4)
    layers = [Dense(rng.normal(size=s), rng.normal(size=s[1])) for s in itertools.pairwise(p)]
    network = Network(layers)
    b = network(np.zeros((1, p[0])))[0]
    names = {}
    for i, layer in enumerate(layers, 1):
        names |= {f"W_{i}": layer.params["W"], f"b_{i}": row(layer.params["b"])}
    return World(names | {"W": network(np.eye(p[0])) - b, "b": row(b)})


def relu_line(rng):
    """One input, p ReLU units with given joints, and one output."""
    p = int(rng.integers(2, 6))
    w, v, joints = rng.normal(size=(3, p))
    layers = [Dense(w[np.newaxis], -w * joints), relu, Dense(v[:, np.newaxis], [rng.normal()])]
    network = Network(layers)
    return World(
        {"w": w, "b": layers[0].params["b"], "v": v, "c": layers[2].params["b"][0], "p": p,
         "x": rng.normal(), "x_": joints, "f": lambda x: float(network([x])[0])},
        ranges={"k": _upto(p)},
    )  # fmt: skip


def hat(rng):
    """The hat between 0 and 1, by its three corners, on both sides of its tip."""
    return World({"g": lambda x: np.interp(x, [0, 0.5, 1], [0, 1, 0])},
                 ranges={"x": [*rng.uniform(0, 0.5, 2), *rng.uniform(0.5, 1, 2)]})


def middle(rng):
    """An affine layer, and the middle of two points."""
    layer = Dense(rng.normal(size=(3, 2)), rng.normal(size=2))
    u, v = rng.normal(size=(2, 3))
    return World({"u": u, "v": v, "f": lambda x: layer.forward(x[np.newaxis])[0][0]})


# Derivatives


def reminders(rng):
    """What lecture 0 reminds of: two numbers with a function of them, a vector, two matrices."""
    n, d, p = _sizes(rng, 3)
    a, b = rng.random(2) + 0.5
    return World(
        {
            "a": a, "b": b, "v": rng.normal(size=d), "n": n, "d": d, "p": p,
            "A": rng.normal(size=(n, d)), "B": rng.normal(size=(d, p)),
        },
        {
            "u": lambda world: np.log(world["a"]),
            "J": lambda world: world["a"] ** 2 * world["b"],
            "C": lambda world: np.einsum("ij,jk->ik", world["A"], world["B"]),
        },
        ranges={"i": _upto(n), "j": _upto(d), "k": _upto(p)},
    )  # fmt: skip


def chain(rng):
    """The example of the reminders: J = u² of u = 3w + 1 at w = 1."""
    return World({"w": 1.0}, {"u": lambda world: 3 * world["w"] + 1,
                              "J": lambda world: world["u"] ** 2})


def one_path(rng):
    """The example of one path: J = u³ of u = 2w − 1 at w = 2."""
    return World({"w": 2.0}, {"u": lambda world: 2 * world["w"] - 1,
                              "J": lambda world: world["u"] ** 3})


def paths(rng):
    """The example of two paths: J of u₁ and u₂, which are functions of x, at (2, 3)."""
    return World(
        {"x": np.array([2.0, 3.0]), "p": 2, "f": lambda u, v: u * v},
        {
            "u_1": lambda world: world["x"].prod(),
            "u_2": lambda world: world["x"].sum(),
            "J": lambda world: world["u_1"] * world["u_2"],
        },
        ranges={"j": _upto(2)},
    )


def surface(rng):
    """The line through three points of lecture 4, at the place that its figure shows."""
    x, y = np.array([0.0, 1, 2]), np.array([1.0, 2, 2])
    return World(
        {THETA: np.array([-1.0, 1])},
        {"J": lambda world: np.mean((world[THETA][0] * x + world[THETA][1] - y) ** 2) / 2},
        arguments={"J": [THETA]},
    )


def fitted_line(rng):
    """The line with the least squared error of the three points of lecture 4."""
    w, b = np.polyfit([0, 1, 2], [1, 2, 2], 1)
    return World({"w": w, "b": b})


def parameters(rng):
    """A number f of P parameters."""
    P = int(rng.integers(2, 6))
    return World(
        {THETA: rng.normal(size=P), "P": P},
        {"f": lambda world: float(np.sum(np.sin(world[THETA]) * np.arange(1, P + 1)))},
        ranges={"j": _upto(P)},
        arguments={"f": [THETA]},
    )


def jacobians(rng):
    """Three layers on one sample: yₗ of y₀ = x and the parameters θₗ, each as one vector."""
    p = _sizes(rng, 4)
    values, rules = {"L": 3, "x": rng.normal(size=p[0])}, {"y_0": lambda world: world["x"]}
    for i, (n_in, n_out) in enumerate(itertools.pairwise(p), 1):
        theta = rng.normal(size=(n_in + 1) * n_out)
        output = partial(_layer_output, n_out)
        values |= {f"{THETA}_{i}": theta, f"P_{i}": theta.size, f"f_{i}": partial(output, theta)}
        rules[f"y_{i}"] = lambda world, i=i, output=output: output(
            world[f"{THETA}_{i}"], world[f"y_{i - 1}"]
        )
    rules |= {Y_HAT: lambda world: world["y_3"],
              "J": lambda world: squared_error(world["y_3"][np.newaxis], np.ones((1, p[3])))}
    return World(
        values | {f"p_{i}": size for i, size in enumerate(p)}, rules,
        ranges={"l": _upto(3), "k": _upto(2), "j": _upto(2)},
        row_gradients=True,
    )  # fmt: skip


def _layer_output(n_out, theta, y):
    W = theta.reshape(-1, n_out)
    return tanh(Dense(W[:-1], W[-1]).forward(y[np.newaxis])[0][0])


def dense_steps(rng):
    """A dense layer with sigmoids and the cross-entropy of n samples, forward and backward."""
    n, d, p = _sizes(rng, 3)

    def trace(world):
        network = Network([Dense(world["W"], world["b"]), sigmoid])
        return backprop(network, binary_cross_entropy, world["x"], world["y"])

    return World(
        {
            "x": rng.normal(size=(n, d)) / 2, "W": rng.normal(size=(d, p)), "b": rng.normal(size=p),
            "y": _labels(rng, n, p), "n": n, "d": d, "p": p, SIGMA: sigmoid,
        },
        {
            "z": lambda world: Dense(world["W"], world["b"]).forward(world["x"])[0],
            Y_HAT: lambda world: sigmoid(world["z"]),
            "J": lambda world: binary_cross_entropy(world[Y_HAT], world["y"]),
            "trace": trace,
            DELTA: _of_step(0, "dy"),
        },
        ranges={"i": _upto(n), "j": _upto(d), "k": _upto(p)},
        arguments={"J": [Y_HAT, "y"]},
        gradients={
            ("J", "W"): _of_step(0, "grads", "W"),
            ("J", "b"): _of_step(0, "grads", "b"),
            ("J", "x"): _of_step(0, "dx"),
            ("J", "z"): _of_step(0, "dy"),
            ("J", Y_HAT): _of_step(1, "dy"),
        },
    )  # fmt: skip


def one_sample_jacobian(rng):
    """A dense layer without its activation on one sample, whose Jacobian is a matrix."""
    d, p = _sizes(rng, 2)
    W, b = rng.normal(size=(d, p)), rng.normal(size=p)
    return World(
        {"x": rng.normal(size=d), "W": W, "b": b, "d": d, "p": p, SIGMA: sigmoid},
        {"z": lambda world: Dense(W, b).forward(world["x"][np.newaxis])[0][0]},
        ranges={"k": _upto(p)},
        row_gradients=True,
    )


def outputs_of_a_batch(rng):
    """Sigmoids of n samples with one output each, and their cross-entropy."""
    n = int(rng.integers(3, 6))
    y = _labels(rng, n)
    return World(
        {"z": rng.normal(size=n), "y": y, "n": n, SIGMA: sigmoid},
        {
            Y_HAT: lambda world: sigmoid(world["z"]),
            "J": lambda world: binary_cross_entropy(world[Y_HAT], y),
        },
        ranges={"i": _upto(n)},
        gradients={("J", Y_HAT): lambda world: binary_cross_entropy.gradient(world[Y_HAT], y)},
    )


def one_sample_layer(rng):
    """A dense layer on one sample, whose loss has the derivatives δ by its outputs."""
    W, b, x, y = rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=3), np.array([0.0, 1])

    def trace(world):
        layers = Network([Dense(world["W"], b), sigmoid])
        return backprop(layers, binary_cross_entropy, world["x"], y)

    return World(
        {"W": W, "x": x},
        {
            "trace": trace,
            "J": lambda world: world["trace"].loss,
            DELTA: lambda world: world["trace"].steps[0].dy[0],
        },
        ranges={"j": _upto(3), "k": _upto(2)},
        gradients={("J", "W"): _of_step(0, "grads", "W")},
    )


def worked_example(rng):
    """The network 2-3-1 of lecture 4 on one sample, with weights W and V and no biases."""
    shapes = {"x": (1, 2), "W": (2, 3), "V_": (3,)}

    def trace(world):
        network = Network([Dense(world["W"]), sigmoid, Dense(world["V"]), sigmoid])
        return backprop(network, binary_cross_entropy, world["x"], world["y"].reshape(1, 1))

    return World(
        {name: rng.normal(size=shape) for name, shape in shapes.items()} | {SIGMA: sigmoid},
        {
            "V": lambda world: world["V_"][:, np.newaxis],
            "z_": lambda world: (world["x"] @ world["W"])[0],
            "h_": lambda world: sigmoid(world["z_"]),
            "h": lambda world: world["h_"][np.newaxis],
            "z_out": lambda world: float(world["h_"] @ world["V_"]),
            Y_HAT: lambda world: float(sigmoid(world["z_out"])),
            "J": lambda world: binary_cross_entropy(np.array([world[Y_HAT]]), world["y"]),
            "trace": trace,
            rf"{DELTA}_out": lambda world: world["trace"].steps[2].dy.item(),
            rf"{DELTA}_": lambda world: world["trace"].steps[0].dy[0],
        },
        ranges={"k": _upto(3), "j": _upto(2), "y": [np.zeros(1), np.ones(1)]},
        gradients={
            ("J", "W"): _of_step(0, "grads", "W"),
            ("J", "V_"): lambda world: world["trace"].steps[2].grads["W"][:, 0],
            ("J", "h_"): lambda world: world["trace"].steps[2].dx[0],
            ("J", "z_"): lambda world: world["trace"].steps[0].dy[0],
            ("J", "x"): _of_step(0, "dx"),
            ("J", Y_HAT): lambda world: world["trace"].steps[3].dy.item(),
        },
    )


def graph(rng):
    """The graph of lecture 4, e = (a + b)(b + 1), at a = 2 and b = 1."""
    def by_b(world):
        a, b = variable("a", world["a"]), variable("b", world["b"])
        return derivatives((a + b) * (b + 1))[b]

    return World(
        {"a": 2.0, "b": 1.0},
        {
            "c": lambda world: (variable("a", world["a"]) + variable("b", world["b"])).value,
            "d": lambda world: (variable("b", world["b"]) + 1).value,
            "e": lambda world: (variable("c", world["c"]) * variable("d", world["d"])).value,
        },
        gradients={("e", "b"): by_b},
    )


def card(rng):
    """A network of two layers on n samples, forward and backward; from l to l − 1 only l = 2."""
    p, n = _sizes(rng, 3), 7
    acts = [None, tanh, sigmoid]
    y = _labels(rng, n, p[2])

    def trace(world):
        network = Network([Dense(world["W_1"], world["b_1"]), tanh,
                           Dense(world["W_2"], world["b_2"]), sigmoid])
        return backprop(network, binary_cross_entropy, world["x"], y)

    values = {"x": rng.normal(size=(n, p[0])), "y": y, "n": n, "L": 2}
    rules = {"y_0": lambda world: world["x"], "trace": trace, Y_HAT: lambda world: world["y_2"],
             "J": lambda world: binary_cross_entropy(world[Y_HAT], y)}
    gradients = {}
    for i in (1, 2):
        W, b = rng.normal(size=p[i - 1 : i + 1]) / 2, rng.normal(size=p[i]) / 2
        values |= {f"W_{i}": W, f"b_{i}": b,
                   f"{SIGMA}_{i}": acts[i]}
        rules |= {
            f"z_{i}": lambda world, i=i: Dense(world[f"W_{i}"], world[f"b_{i}"]).forward(
                world[f"y_{i - 1}"]
            )[0],
            f"y_{i}": lambda world, i=i: acts[i](world[f"z_{i}"]),
            f"{DELTA}_{i}": _of_step(2 * i - 2, "dy"),
        }
        for name in "Wb":
            gradients["J", f"{name}_{i}"] = _of_step(2 * i - 2, "grads", name)
    return World(values | {f"p_{i}": size for i, size in enumerate(p)}, rules,
                 ranges={"l": _upto(2)}, gradients=gradients)


def card_back(rng):
    """The network of `card`, of which only the second layer has one before it."""
    return card(rng).changed({}, l=[2])


def two_gradients(rng):
    """The same gradient, computed in two ways that differ."""
    a, b = rng.normal(size=(2, 3))
    return World({"a": a, "b": b, "the relative error": relative_error(a, b)})


# Training


def momentum(rng):
    """Steps with momentum of the neuron on flowers."""
    world, beta = flowers(rng), 0.8
    start = world[THETA]
    optimizer = Momentum(0.1, momentum=beta)
    _, thetas, gradients, _ = _stepped(optimizer, start, world["X"], world["y"], 3)
    thetas = [start, *thetas]
    velocities = [0 * start, *((a - b) / 0.1 for a, b in itertools.pairwise(thetas))]
    return world.changed(
        {f"{THETA}_": np.array(thetas), "v_": np.array(velocities), "g_": np.array(gradients),
         r"\alpha": 0.1, r"\beta": beta, "all powers of β": sum(beta**t for t in range(200))},
        t=_upto(3), first={f"{THETA}_": 0, "v_": 0},
    )


def adam(rng):
    """Steps of Adam of the neuron on flowers, with all means that it remembers."""
    world, beta1, beta2 = flowers(rng), 0.8, 0.95
    start, zero = world[THETA], 0 * world[THETA]
    optimizer = Adam(0.1, beta1=beta1, beta2=beta2, epsilon=1e-3)
    runs = [_stepped(optimizer, start, world["X"], world["y"], t) for t in _upto(3)]
    means = {"m_": [zero, *(memory.m[0] for *_, memory in runs)],
             "v_": [zero, *(memory.v[0] for *_, memory in runs)],
             f"{THETA}_": [start, *(run[0] for run in runs)], "g_": runs[-1][2]}
    hats = {
        rf"\hat {name}_": [means[f"{name}_"][t] / (1 - beta**t) for t in _upto(3)]
        for name, beta in (("m", beta1), ("v", beta2))
    }
    return world.changed(
        {name: np.array(arrays) for name, arrays in (means | hats).items()}
        | {r"\alpha": 0.1, r"\beta_1": beta1, r"\beta_2": beta2, r"\varepsilon": 1e-3},
        t=_upto(3), first={f"{THETA}_": 0, "m_": 0, "v_": 0},
    )  # fmt: skip


def regularised(rng):
    """A network of two layers with the L2 term whose gradient training adds."""
    p, lam = _sizes(rng, 3), 0.3
    x = rng.normal(size=(4, p[0]))

    shrunk, nothing = [np.ones((2, 2))], [np.zeros((2, 2))]
    add_l2(nothing, shrunk, lam)
    GradientDescent(0.2).step(shrunk, nothing, None)

    def penalty(world):
        # A gradient g that is linear in W belongs to W · g / 2.
        weights = [world["W_1"], world["W_2"], np.ones(3)]
        grads = [np.zeros_like(W) for W in weights]
        add_l2(grads, weights, lam)
        return sum(float(np.sum(W * g)) for W, g in zip(weights, grads)) / 2

    return World(
        {"W_1": rng.normal(size=p[:2]), "W_2": rng.normal(size=p[1:]), LAMBDA: lam,
         r"\alpha": 0.2, "what a step leaves of a weight": shrunk[0][0, 0]},
        {
            "J": lambda world: float(np.mean(tanh(x @ world["W_1"]) @ world["W_2"])),
            rf"J_{LAMBDA}": lambda world: world["J"] + penalty(world),
            "n_in": lambda world: p[world["l"] - 1],
            "n_out": lambda world: p[world["l"]],
        },
        ranges={"l": _upto(2)},
    )


def shards(rng):
    """The neuron on flowers in S parts of equal size."""
    X, y, theta = add_ones(rng.normal(size=(8, 2))), _labels(rng, 8), rng.normal(size=3)
    return World(
        {THETA: theta, "S": 4},
        {
            "J": lambda world: logistic_loss(world[THETA], X, y),
            "J_": _loss_of_parts(X, y, 2),
        },
        ranges={"s": _upto(4)},
        arguments={"J": [THETA]},
    )


def initial_weights(rng):
    """The variances of the weights that training starts from."""
    n_in, n_out = _sizes(rng, 2)
    variances = {name: variance(n_in, n_out) for name, variance in INITIALIZERS.items()}
    return World({"n_in": n_in, "n_out": n_out} | variances)


def near_zero(rng):
    """tanh of a number close to zero."""
    return World({SIGMA: tanh, "z": 1e-3 * rng.normal()})


def shortcut(rng):
    """A layer with a path around it."""
    h = [rng.normal(size=3)]
    h.append(h[0] + np.tanh(h[0]))
    slope = 1 + 1 / np.cosh(h[0]) ** 2
    return World({"h": h[0], "h_0": h[0], "h_1": h[1], "f": np.tanh, "its slope": slope},
                 ranges={"l": [1]})


def batches(rng):
    """An epoch of n samples in batches of B, of which none is left."""
    B, steps = _sizes(rng, 2)
    n = B * steps
    return World({"n": n, "B": B, "the steps": len(range(0, n, B))})


def costs(rng):
    """The products of one dense layer in a step, and what each computes, counted one by one."""
    n, n_in, n_out = _sizes(rng, 3)
    multiplied = []

    class Counted(float):
        def __mul__(self, other):
            multiplied.append(other)
            return Counted(float(self) * other)

    def counted(A, B):
        before = len(multiplied)
        product = np.array([[Counted(v) for v in row] for row in A], object) @ B
        return product.astype(float), len(multiplied) - before

    X, W, delta = (rng.normal(size=s) for s in ((n, n_in), (n_in, n_out), (n, n_out)))
    (_, forward), (of_W, back), (of_X, further) = map(
        counted, (X, X.T, delta), (W, delta, W.T)
    )
    values, passes, step = {"X": X, "W": W, DELTA: delta}, [], 2 * (forward + back + further)
    central_differences(lambda W: passes.append(W) or np.sum(X @ W), W)
    return World(
        values | {
            "n": n, "n_in": n_in, "n_out": n_out, "P": W.size, "one product": forward,
            "a pass forward": 2 * forward, "a pass back": 2 * (back + further), "a step": step,
            "a step of a sample": step / n, "differences": len(passes),
        },
        {"J": lambda world: float(np.sum(delta * (world["X"] @ world["W"])))},
        gradients={("J", "W"): lambda world: of_W, ("J", "X"): lambda world: of_X},
    )  # fmt: skip


def step_costs(rng):
    """What a whole step of this layer costs, and nothing else that could be mistaken for it."""
    return _part_of(costs(rng), "n", "P", "a step", "a step of a sample")


def pass_costs(rng):
    """What a pass forward of this layer costs, and how many of them differences take."""
    return _part_of(costs(rng), "n", "P", "a pass forward", "differences")


def _part_of(world, *names):
    return World({name: world[name] for name in names})


def valley(rng):
    """The loss of lecture 5 that is steep across and flat along."""
    return World(
        {THETA: rng.normal(size=2)},
        {"J": lambda world: np.diag([1.0, 25]) @ world[THETA] @ world[THETA] / 2},
        arguments={"J": [THETA]},
    )


def saddle(rng):
    """The loss of lecture 5 that rises along one axis and falls along the other."""
    return World(
        {THETA: rng.normal(size=2)},
        {"J": lambda world: np.diag([1.0, -1]) @ world[THETA] @ world[THETA]},
        arguments={"J": [THETA]},
    )


def random_weights(rng):
    """A layer without biases for all choices of sign of its weights: their mean is exactly 0."""
    n_in, n_out, size = 3, 2, 0.7
    signs = itertools.product((-size, size), repeat=n_in * n_out)
    W = np.array(list(signs)).reshape(-1, n_in, n_out)
    x, delta = rng.normal(size=n_in), rng.normal(size=n_out)
    return World(
        {"x": x, "w": np.moveaxis(W, 0, -1), DELTA: delta, "n_in": n_in,
         "n_out": n_out, "Var": np.var, "W": W[0],
         # What the variance of the weights must be for a signal that keeps its size.
         "kept forward": size**2 * np.mean(x**2) / np.var(x @ W[:, :, 0].T),
         "kept backward": size**2 * np.mean(delta**2) / np.var(W[:, 0] @ delta)},
        {
            "z": lambda world: np.array([Dense(V).forward(world["x"][np.newaxis])[0][0]
                                         for V in W]).T,
            "J": lambda world: delta @ world["z"],
        },
        ranges={"j": _upto(n_in), "k": _upto(n_out)},
    )  # fmt: skip


WORLDS = {
    name: draw for name, draw in vars().items()
    if getattr(draw, "__module__", None) == __name__ and not name.startswith("_")
}  # fmt: skip

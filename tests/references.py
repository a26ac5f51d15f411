"""A second computation of each headline number, which shares no code with the package.

Each function below computes what it is named after, in a way of its own: exact numbers where data
have ties, 60 digits and differences for the worked example, plain NumPy with its own backward
pass elsewhere. It returns a number, or several in the order in which the lectures show them.
``k`` asks for other random numbers than those of the lectures: each seed is raised by 1000 k.
"""

from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from itertools import islice, pairwise, product
from types import SimpleNamespace

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import lstsq
from scipy.optimize import minimize
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn import datasets, model_selection
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

REFERENCES = {}
SEEDED = {}


def reference(compute):
    """Register a computation by its name; it runs once."""
    REFERENCES[compute.__name__] = cache(compute)
    return REFERENCES[compute.__name__]


def seeded(compute):
    """Register one that depends on random numbers, and so has a band, too."""
    SEEDED[compute.__name__] = compute
    return reference(compute)


def generator(seed, k=0):
    return np.random.default_rng(seed + 1000 * k)


# Data


@cache
def flowers():
    """Sepal lengths and widths in whole millimetres, and 1 for all that is not setosa."""
    X, species = datasets.load_iris(return_X_y=True)
    tenths = [[int(Fraction(str(cm)) * 10) for cm in row[:2]] for row in X.tolist()]
    return tenths, [int(kind != 0) for kind in species]


def flowers_in_cm():
    tenths, y = flowers()
    return np.c_[np.array(tenths) / 10, np.ones(len(y))], np.array(y)


def moons(n, rng):
    """Two half circles with noise 0.15, the samples in a random order."""
    angle = np.linspace(0, np.pi, n // 2)
    upper, lower = [np.cos(angle), np.sin(angle)], [1 - np.cos(angle), 0.5 - np.sin(angle)]
    X, y = np.hstack([upper, lower]).T, np.repeat([0, 1], n // 2)
    order = rng.permutation(n)
    return (X + rng.normal(0, 0.15, X.shape))[order], y[order]


def halves(X, y, rng, share=1 / 3):
    """A third of the samples held out, each class in the same shares; training part first."""
    return model_selection.train_test_split(
        X, y, test_size=share, stratify=y, random_state=int(rng.integers(2**32))
    )


# Networks: lists of weights and biases, with one kind of activation between them

SIZE = {"xavier": lambda i, o: 2 / (i + o), "he": lambda i, o: 2 / i, "normal": lambda i, o: 1}
FUNCTION = {"tanh": np.tanh, "sigmoid": expit, "relu": lambda z: z * (z > 0)}
SLOPE = {"tanh": lambda h: 1 - h * h, "sigmoid": lambda h: h * (1 - h), "relu": lambda h: h > 0}


def drawn(sizes, init, rng):
    return [
        [rng.normal(0, np.sqrt(SIZE[init](i, o)), (i, o)), np.zeros(o)] for i, o in pairwise(sizes)
    ]


def outputs(net, x, kind):
    """The input and what each layer gives; the last one without activation."""
    h = [x]
    for W, b in net:
        h.append(h[-1] @ W + b)
        if len(h) <= len(net):
            h[-1] = FUNCTION[kind](h[-1])
    return h


def slopes(net, x, y, kind):
    """Gradients of all weights and biases, with cross-entropy on sigmoid or softmax."""
    return slopes_behind(net, outputs(net, x, kind), y, kind)


def slopes_behind(net, h, y, kind):
    """The same from what `outputs` has given."""
    guess = softmax(h[-1], axis=1) if y.shape[1] > 1 else expit(h[-1])
    error, found = (guess - y) / len(y), []
    for (W, _), given in zip(net[::-1], h[-2::-1]):
        found.append([given.T @ error, error.sum(axis=0)])
        error = error @ W.T * SLOPE[kind](given)
    return found[::-1]


def loss(z, y):
    if y.shape[1] > 1:
        return -np.mean(np.sum(y * log_softmax(z, axis=1), axis=1))
    return -np.mean(y * log_expit(z) + (1 - y) * log_expit(-z))


def share_right(z, y):
    if y.shape[1] > 1:
        return np.mean(z.argmax(axis=1) == y.argmax(axis=1))
    return np.mean((z > 0) == y)


def descend(alpha):
    return lambda theta, g, t, memory: theta - alpha * g


def momentum(alpha, beta):
    def step(theta, g, t, memory):
        memory["v"] = beta * memory.get("v", 0) + g
        return theta - alpha * memory["v"]

    return step


def adam(alpha, beta_1=0.9, beta_2=0.999):
    def step(theta, g, t, memory):
        m = memory["m"] = beta_1 * memory.get("m", 0) + (1 - beta_1) * g
        v = memory["v"] = beta_2 * memory.get("v", 0) + (1 - beta_2) * g**2
        bend = np.sqrt(v / (1 - beta_2**t)) + 1e-8
        return theta - alpha * m / (1 - beta_1**t) / bend

    return step


def trained(net, x, y, kind, step, epochs, size=None, rng=None, l2=0.0, each_epoch=None):
    """Train a copy; return it and, epoch by epoch, the mean loss and accuracy before each step.

    ``each_epoch(net)`` looks at the network after each epoch, and ends the training if true.
    """
    net = [[W.copy(), b.copy()] for W, b in net]
    memories, curve, t = [[{}, {}] for _ in net], [], 0
    for _ in range(epochs):
        order = np.arange(len(x)) if size is None else rng.permutation(len(x))
        seen = []
        for rows in np.split(order, range(size or len(x), len(x), size or len(x))):
            h, t = outputs(net, x[rows], kind), t + 1
            seen.append(h[-1])
            found = slopes_behind(net, h, y[rows], kind)
            for layer, pair, memory in zip(net, found, memories):
                for i in (0, 1):
                    g = pair[i] + (l2 * layer[0] if i == 0 else 0)
                    layer[i] = step(layer[i], g, t, memory[i])
        z = np.concatenate(seen)
        curve.append([loss(z, y[order]), share_right(z, y[order])])
        if each_epoch and each_epoch(net):
            break
    return net, np.array(curve)


# Lecture 1: one neuron


@reference
def flowers_by_class():
    """Number, mean length and mean width in cm of setosa, and of the rest."""
    tenths, y = flowers()
    table = []
    for kind in (0, 1):
        rows = [row for row, y_i in zip(tenths, y) if y_i == kind]
        table += [len(rows), *(Fraction(sum(column), 10 * len(rows)) for column in zip(*rows))]
    return table


@reference
def petal_line():
    """Weight and bias of the line with the least squares, exactly."""
    X = datasets.load_iris().data.tolist()
    x, y = ([Fraction(str(row[column])) for row in X] for column in (2, 3))
    m_x, m_y = sum(x) / 150, sum(y) / 150
    weight = sum((a - m_x) * (b - m_y) for a, b in zip(x, y)) / sum((a - m_x) ** 2 for a in x)
    return [weight, m_y - weight * m_x]


@reference
def answers_for_first_flower():
    """Step, sigmoid, tanh, ReLU and identity of 5.1 - 3.5 - 2."""
    z = Decimal("5.1") - Decimal("3.5") - 2
    return [int(z > 0), 1 / (1 + (-z).exp()), 1 - 2 / ((2 * z).exp() + 1), max(0, z), z]


@reference
def guess_right_in_cm():
    """Flowers right where each length is the float next to it."""
    return sum((a / 10 - b / 10 - 2 > 0) == y_i for (a, b), y_i in zip(*flowers()))


@reference
def guess_accuracy():
    tenths, y = flowers()
    right = [(length - width > 20) == y_i for (length, width), y_i in zip(tenths, y)]
    return Fraction(sum(right), 150)


def perceptron(samples, y, max_epochs=10**4):
    """Mistakes by epoch, and θ after each epoch."""
    theta, mistakes, thetas = [0] * len(samples[0]), [], []
    while len(mistakes) < max_epochs and (not mistakes or mistakes[-1]):
        mistakes.append(0)
        for x_i, y_i in zip(samples, y):
            error = y_i - (sum(w * x for w, x in zip(theta, x_i)) > 0)
            theta = [w + error * x for w, x in zip(theta, x_i)]
            mistakes[-1] += error != 0
        thetas.append(theta)
    return mistakes, thetas


@reference
def perceptron_run():
    """Epochs, mistakes and accuracy in whole numbers: millimetres, and 10 for the constant 1."""
    tenths, y = flowers()
    mistakes, thetas = perceptron([[*row, 10] for row in tenths], y)
    right = [(np.dot(thetas[-1], [*row, 10]) > 0) == y_i for row, y_i in zip(tenths, y)]
    return [len(mistakes), sum(mistakes), Fraction(sum(map(int, right)), 150)]


XOR = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0]


@reference
def perceptron_on_xor():
    """Mistakes of each of five epochs, each followed by θ."""
    mistakes, thetas = perceptron(*XOR, max_epochs=5)
    return [number for m, theta in zip(mistakes, thetas) for number in (m, *theta)]


@reference
def perceptron_on_xor_at_last():
    return perceptron(*XOR, max_epochs=1000)[0][-5:]


def loss_of_neuron(theta):
    """The mean cross-entropy, sample by sample."""
    X, y = flowers_in_cm()
    return np.mean([np.logaddexp(0, -z if y_i else z) for z, y_i in zip(X @ theta, y)])


@reference
def loss_of_guess():
    return loss_of_neuron([1, -1, -2])


@reference
def gradient_at_zero():
    tenths, y = flowers()
    errors = [Fraction(1, 2) - y_i for y_i in y]
    return [Fraction(sum(e * x for e, x in zip(errors, column)), 1500)
            for column in [*zip(*tenths), [10] * 150]]


@reference
def gradient_at_ones():
    """By a step into the imaginary, entry by entry."""
    h = 1e-20
    X, y = flowers_in_cm()
    found = []
    for j in range(3):
        z = X @ (np.ones(3) + 1j * h * np.eye(3)[j])
        found.append(np.mean(np.log(1 + np.exp(-z * (2 * y - 1)))).imag / h)
    return found


def neuron_descent(l2, tolerance, max_steps=10**6):
    """Gradient descent as it stands in the lecture; steps and θ."""
    X, y = flowers_in_cm()
    theta, held_back = np.zeros(3), np.array([l2, l2, 0])
    steps, length = 0, np.inf
    while length > tolerance and steps < max_steps:
        step = 0.1 * ((1 / (1 + np.exp(-(X @ theta))) - y) @ X / 150 + held_back * theta)
        theta, steps, length = theta - step, steps + 1, np.sqrt(step @ step)
    return steps, theta


def large_steps(alpha):
    """θ of each step from zero on, without end."""
    X, y = flowers_in_cm()
    theta = np.zeros(3)
    while True:
        yield theta
        theta = theta - alpha * (expit(X @ theta) - y) @ X / 150


@reference
def steps_until_right():
    """The first step at which all flowers are right, at the learning rates 0.1 and 10."""
    X, y = flowers_in_cm()
    side = 2 * y - 1
    return [next(t for t, theta in enumerate(large_steps(alpha)) if (side * (X @ theta)).min() > 0)
            for alpha in (0.1, 10)]


@reference
def highest_jump():
    """The largest loss of a hundred steps at the learning rate 10."""
    return max(map(loss_of_neuron, islice(large_steps(10), 100)))


def described(steps, theta):
    X, y = flowers_in_cm()
    n_right = int(np.sum((X @ theta > 0) == y))
    return SimpleNamespace(
        steps=steps, theta=theta, loss=loss_of_neuron(theta), length=np.linalg.norm(theta),
        n_right=n_right, accuracy=Fraction(n_right, 150),
    )


@reference
def neuron():
    return described(*neuron_descent(0, 5e-5))


@reference
def neuron_first_steps():
    """Loss at the start and after 100 steps."""
    return [loss_of_neuron(np.zeros(3)), loss_of_neuron(neuron_descent(0, 0, 100)[1])]


@reference
def playground_start():
    """Loss and flowers right of the neuron that begins the playground."""
    X, y = flowers_in_cm()
    right = sum((10 * length - 5 * width > 431) == y_i    # in mm, and 100 z
                for (length, width), y_i in zip(flowers()[0], y.tolist()))
    return [loss_of_neuron([1, -0.5, -4.31]), Fraction(right, 150), right]


@reference
def smallest_margin():
    X, y = flowers_in_cm()
    return np.min((2 * y - 1) * (X @ neuron().theta))


@reference
def losses_of_multiples():
    return [loss_of_neuron(factor * neuron().theta) for factor in (1, 2, 10, 100)]


@reference
def long_run():
    """A million steps: the rest of the way as a curve, dθ/dt = −α ∇J."""
    X, y = flowers_in_cm()
    steps, theta = neuron().steps, neuron().theta
    flow = solve_ivp(
        lambda _, theta: -0.1 * (expit(X @ theta) - y) @ X / 150, (steps, 1e6), theta,
        method="LSODA", rtol=1e-11, atol=1e-13,
    )  # fmt: skip
    return described(10**6, flow.y[:, -1])


def held_back(l2):
    """The minimum with L2 by SciPy, and the steps of gradient descent to it."""
    X, y = flowers_in_cm()

    def objective(theta):
        w = np.array([*theta[:2], 0])
        slope = (expit(X @ theta) - y) @ X / 150 + l2 * w
        return loss_of_neuron(theta) + l2 / 2 * w @ w, slope

    best = minimize(objective, np.zeros(3), jac=True, method="BFGS", options={"gtol": 1e-9})
    steps, theta = neuron_descent(l2, 1e-10)
    assert np.allclose(theta, best.x, rtol=1e-5)
    return described(steps, best.x)


@reference
def weak():
    return held_back(0.01)


@reference
def strong():
    return held_back(0.1)


# Lecture 2: layers


def exact_sigmoid(z):
    return 1 / (1 + (-Decimal(z)).exp())


@reference
def layer_on_a_batch():
    """Outputs of three neurons for four samples."""
    table = []
    for x_1, x_2 in [(1, 2), (0, 0), (2, 1), (-1, 1)]:
        z = [x_1 + 2 * x_2 - 5, -x_1 + 2 * x_2 - 2, 3 * x_1 - x_2 + 1]
        table += map(exact_sigmoid, z)
    return table


@reference
def sequences_read_right():
    """Those of 2 to 10 zeros and ones on which the two neurons, computed one by one, are right."""
    n_right = 0
    for length in range(2, 11):
        for bits in product("01", repeat=length):
            h_1 = h_2 = 0.0
            for x in map(int, bits):
                h_1, h_2 = np.tanh(4 * x), np.tanh(4 * x + 10 * h_1 + 8 * h_2 - 5)
            n_right += (h_2 > 0) == ("11" in "".join(bits))
    return n_right


@reference
def turn_of_memory():
    """Where neuron 2 changes sides on 0, 1, 0, 1, 1, 0, 0, 1, and what it gives there."""
    h_1 = h_2 = 0.0
    for t, x in enumerate((0, 1, 0, 1, 1, 0, 0, 1), 1):
        h_1, h_2 = np.tanh(4 * x), np.tanh(4 * x + 10 * h_1 + 8 * h_2 - 5)
        if h_2 > 0:
            return [t, h_2]


@reference
def softmax_of_scores():
    powers = [Decimal(score).exp() for score in (2, 1, 0)]
    return [power / sum(powers) for power in powers]


@reference
def two_scores():
    """Softmax of (z, 0) and the sigmoid, each for −3, 0 and 3."""
    return [value for z in (-3, 0, 3) for value in
            (Decimal(z).exp() / (Decimal(z).exp() + 1), exact_sigmoid(z))]


# Lecture 3: networks


@reference
def two_layers_on_a_batch():
    rows = np.reshape(layer_on_a_batch(), (4, 3))
    return [exact_sigmoid(2 * h_1 - h_2 + h_3 - 1) for h_1, h_2, h_3 in rows]


@reference
def merged_layers():
    """W and b of one affine layer in place of two, from their values at three points."""
    def both(x_1, x_2):
        return 2 * (x_1 + 2 * x_2 - 5) - (-x_1 + 2 * x_2 - 2) + (3 * x_1 - x_2 + 1) - 1

    b = both(0, 0)
    return [both(1, 0) - b, both(0, 1) - b, b]


@reference
def bent_network():
    """Output in the middle of u and v, and the mean of the two outputs: with tanh in between."""
    def f(x_1, x_2):
        h = np.tanh([x_1 + 2 * x_2 - 5, -x_1 + 2 * x_2 - 2, 3 * x_1 - x_2 + 1])
        return 2 * h[0] - h[1] + h[2] - 1

    return [f(0.5, 2), (f(-1, 2) + f(2, 2)) / 2]


@reference
def line_of_relus():
    """Where three ReLU units bend their sum, in the order of the units, and its straight pieces."""
    def f(x):
        return max(0, x + 1) - Fraction(3, 2) * max(0, x - 1) + 2 * max(0, Fraction(1, 2) - x)

    bends = corners(f, -2, 2, 64)
    return [*(x for joint in (-1, 1, Fraction(1, 2)) for x in bends if x == joint), len(bends) + 1]


@reference
def hats_by_depth():
    """Number of hats, one in the other, and of straight pieces, for 1, 2, 3 and 10 hats."""
    def hats(depth):
        return lambda x: 1 - abs(2 * hats(depth - 1)(x) - 1) if depth else x

    return [number for depth in (1, 2, 3, 10)
            for number in (depth, 1 + len(corners(hats(depth), 0, 1, 2**11)))]


def corners(f, start, end, n):
    """Where f bends, of n + 1 places from start to end, with a place at each corner of f."""
    x = [start + Fraction(i * (end - start), n) for i in range(n + 1)]
    y = [f(place) for place in x]
    return [x[i] for i in range(1, n) if y[i + 1] - y[i] != y[i] - y[i - 1]]


@reference
def neurons_on_xor():
    """Answers and accuracy of the Perceptron after 1,000 epochs, and of no move from zero."""
    samples, y = XOR
    theta = perceptron(samples, y, max_epochs=1000)[1][-1]
    assert not any(sum((Fraction(1, 2) - y_i) * x for x, y_i in zip(column, y))
                   for column in zip(*samples))
    rows = [[int(np.dot(t, x_i) > 0) for x_i in samples] for t in (theta, [0, 0, 0])]
    return [[*row, Fraction(sum(a == b for a, b in zip(row, y)), 4)] for row in rows]


@reference
def best_random_line():
    w_1, w_2, b = generator(0).normal(size=(3, 100_000))
    right = sum(((w_1 * x_1 + w_2 * x_2 + b > 0) == y).astype(int)
                for (x_1, x_2, _), y in zip(*XOR))
    return right.max() / 4


@reference
def steep_xor():
    """The network with weights set by hand, all times 20."""
    table = []
    for x_1, x_2, _ in XOR[0]:
        h = [exact_sigmoid(20 * (x_1 + x_2 - Decimal(limit))) for limit in ("0.5", "1.5")]
        table.append(exact_sigmoid(20 * (h[0] - h[1] - Decimal("0.5"))))
    return table


@seeded
def boundary_of_moons(k=0):
    """Loss after 2,000 steps, and how many of the 120 points are right."""
    rng = generator(0, k)
    X, y = moons(120, rng)
    net = drawn((2, 8, 1), "xavier", rng)
    net, _ = trained(net, X, y[:, None], "tanh", descend(1.0), 2000)
    z = outputs(net, X, "tanh")[-1]
    return [loss(z, y[:, None]), 120 * share_right(z, y[:, None])]


def curve(x):
    return np.sin(3 * x) + 0.4 * np.cos(8 * x)


def smooth_steps(x, p):
    places = np.linspace(-2, 2, p)
    return np.c_[np.tanh(p / 2 * (x[:, None] - places)), np.ones(len(x))]


@reference
def errors_by_width():
    """Largest error for 2, 8, 16, 32 and 64 units, between the points of the fit too."""
    x, fine = np.linspace(-2, 2, 401), np.linspace(-2, 2, 4001)
    found = []
    for p in (2, 8, 16, 32, 64):
        v = lstsq(smooth_steps(x, p), curve(x), lapack_driver="gelsy")[0]
        found.append(np.abs(smooth_steps(fine, p) @ v - curve(fine)).max())
    return found


# Lecture 4: backpropagation


@reference
def line_gradient():
    """At w = −1, b = 1, for the points (0, 1), (1, 2), (2, 2)."""
    points = [(0, 1), (1, 2), (2, 2)]
    errors = [(-x + 1 - y, x) for x, y in points]
    return [Fraction(sum(e * x for e, x in errors), 3), Fraction(sum(e for e, _ in errors), 3)]


@reference
def line_descent():
    """Steps at step size 0.3, and where the minimum is, by the normal equations."""
    w, b, t, length = Fraction(-1), Fraction(1), 0, 1.0
    w, b = float(w), float(b)
    while length > 1e-6:
        errors = [(w * x + b - y, x) for x, y in [(0, 1), (1, 2), (2, 2)]]
        dw, db = 0.1 * sum(e * x for e, x in errors), 0.1 * sum(e for e, _ in errors)
        w, b, t, length = w - dw, b - db, t + 1, np.hypot(dw, db)
    n, x, xx, y, xy = 3, 3, 5, 5, 6
    return [t, Fraction(n * xy - x * y, n * xx - x * x), Fraction(xx * y - x * xy, n * xx - x * x)]


@reference
def step_size_limit():
    """2 over the larger curvature of the loss of the line, from its characteristic polynomial."""
    return 2 / max(np.roots([1, -(5 / 3 + 1), 5 / 3 - 1]))


@reference
def line_descent_by_step_size():
    """The loss after 15 steps at 0.402 / 2, 0.402 and 2 · 0.402: each axis shrinks on its own."""
    curvatures = np.sort(np.roots([1, -(5 / 3 + 1), 5 / 3 - 1]))
    lowest = Fraction(1, 36)  # at w = 1/2, b = 7/6
    distance = 7 / 6 * np.array([1, 0.6])
    return [float(lowest) + curvatures / 2 @ (distance * (1 - alpha * curvatures) ** 15) ** 2
            for alpha in (0.402 / 2, 0.402, 2 * 0.402)]


@reference
def slopes_on_paper():
    """d(2w−1)³/dw at 2, and both partial derivatives of x₁x₂(x₁+x₂) at (2, 3)."""
    h = Fraction(1, 10**6)

    def slope(f, x):
        return round((f(x + h) - f(x - h)) / (2 * h))

    return [slope(lambda w: (2 * w - 1) ** 3, 2),
            slope(lambda a: a * 3 * (a + 3), 2), slope(lambda b: 2 * b * (2 + b), 3)]


@reference
def graph_slope():
    """∂e/∂b of e = (a + b)(b + 1) at a = 2, b = 1."""
    h = Fraction(1, 10**6)
    e = [(2 + b) * (b + 1) for b in (1 + h, 1 - h)]
    return round((e[0] - e[1]) / (2 * h))


WEIGHTS, OUTPUT_WEIGHTS = ((1, -1, 3), (2, 2, -1)), ("0.1", "0.5", "-0.1")


class Worked:
    """The worked example in 60 digits; derivatives are differences, with h = 10⁻²⁰."""

    def __init__(self, x):
        with localcontext(prec=60):
            W, V, x = WEIGHTS, [*map(Decimal, OUTPUT_WEIGHTS)], [*map(Decimal, x)]
            self.z = [sum(x_j * w for x_j, w in zip(x, column)) for column in zip(*W)]
            self.h = [*map(exact_sigmoid, self.z)]
            self.z_out = self.output(self.h, V)
            self.y_hat = exact_sigmoid(self.z_out)
            self.J = -self.y_hat.ln()
            self.dJ_dy_hat = self.slope(lambda p: -p.ln(), self.y_hat)
            self.delta_out = self.slope(lambda z: self.loss_at(z), self.z_out)
            self.dV = self.slopes(lambda V: self.loss_at(self.output(self.h, V)), V)
            self.dh = self.slopes(lambda h: self.loss_at(self.output(h, V)), self.h)
            self.delta = self.slopes(lambda z: self.loss_of(z, V), self.z)
            flat = [Decimal(w) for row in W for w in row]
            self.dW = self.slopes(lambda w: self.loss_of(
                [x[0] * w[k] + x[1] * w[3 + k] for k in range(3)], V), flat)
            self.dx = self.slopes(lambda x: self.loss_of(
                [x[0] * w_1 + x[1] * w_2 for w_1, w_2 in zip(*W)], V), x)
            self.sigma_slopes = [self.slope(exact_sigmoid, z) for z in self.z]

    @staticmethod
    def output(h, V):
        return sum(h_k * v for h_k, v in zip(h, V))

    @staticmethod
    def loss_at(z_out):
        return -exact_sigmoid(z_out).ln()

    def loss_of(self, z, V):
        return self.loss_at(self.output(map(exact_sigmoid, z), V))

    @staticmethod
    def slope(f, at):
        h = Decimal("1e-20")
        return (f(at + h) - f(at - h)) / (2 * h)

    def slopes(self, f, at):
        return [self.slope(lambda v, j=j: f([*at[:j], v, *at[j + 1 :]]), at[j])
                for j in range(len(at))]


@reference
def worked():
    return Worked((5, 3))


@reference
def small():
    """A tenth of the input."""
    return Worked(("0.5", "0.3"))


@reference
def worked_ratio():
    """Of the gradients of W₁₂ and W₁₁: the two slopes, the two output weights, the whole."""
    slope_1, slope_2, _ = worked().sigma_slopes
    dW = worked().dW
    return [slope_2 / slope_1, 5, dW[1] / dW[0]]


@reference
def forgotten_slope():
    """The relative error of ∂J/∂W where the slope of the hidden layer is forgotten."""
    right = np.array(worked().dW, float)
    wrong = np.outer([5, 3], np.array(worked().dh, float)).ravel()
    return np.linalg.norm(right - wrong) / max(np.linalg.norm(right), np.linalg.norm(wrong))


@reference
def best_epsilon():
    """The power of ten with the least error of central differences of w³ at 1, in plain floats."""
    def error(eps):
        cubes = [Fraction(w * w * w) for w in (1 + eps, 1 - eps)]
        return abs((cubes[0] - cubes[1]) / (2 * Fraction(eps)) - 3)

    return min((float(f"1e-{k}") for k in range(1, 16)), key=error)


@cache
def single_sample(target):
    """Loss at the start and before step 100, and the prediction there."""
    x, W = np.array([5.0, 3]), np.array(WEIGHTS, float)
    V, J = np.array(OUTPUT_WEIGHTS, float), []
    for _ in range(100):
        h = 1 / (1 + np.exp(-(x @ W)))
        y_hat = 1 / (1 + np.exp(-(h @ V)))
        J.append(-np.log(y_hat if target else 1 - y_hat))
        error = y_hat - target
        delta = error * V * h * (1 - h)
        V, W = V - 0.1 * error * h, W - 0.1 * np.outer(x, delta)
    return [J[0], J[-1], y_hat]


@reference
def single_sample_of_one():
    return single_sample(1)


@reference
def single_sample_of_zero():
    return single_sample(0)


@reference
def saturated_loss():
    """Loss and error signal at z = 40 with the target 0, then 1, in 60 digits."""
    with localcontext(prec=60):
        p = exact_sigmoid(40)
        return [-(1 - p).ln(), p, -p.ln(), p - 1]


# Lecture 5: training


@cache
def moon_task(k=0):
    """256 points, and the network with 16 hidden units that learns them."""
    X, y = moons(256, generator(5, k))
    return X, y[:, None], drawn((2, 16, 1), "xavier", generator(1, k))


@seeded
def batch_noise(k=0):
    """How far off the gradient is with 256, 32 and 1 samples, in parts of its length."""
    X, y, net = moon_task(k)
    full, rng, off = slopes(net, X, y, "tanh")[0][0], generator(0, k), []
    for size in (256, 32, 1):
        rows = [rng.permutation(256)[:size] for _ in range(200)]
        draws = [slopes(net, X[r], y[r], "tanh")[0][0] - full for r in rows]
        off.append(np.mean([np.linalg.norm(g) for g in draws]) / np.linalg.norm(full))
    return off


@seeded
def batch_noise_factor(k=0):
    _, of_32, of_1 = batch_noise(k)
    return of_1 / of_32


@seeded
def losses_by_size(k=0):
    """After 40 epochs at 0.1, with 256, 32 and 1 samples in a batch."""
    X, y, net = moon_task(k)
    return [
        trained(net, X, y, "tanh", descend(0.1), 40, size, generator(2, k))[1][-1, 0]
        for size in (256, 32, 1)
    ]


@reference
def losses_at_other_steps():
    """The full batch at step size 1, and single samples at 0.3."""
    X, y, net = moon_task(0)
    return [trained(net, X, y, "tanh", descend(alpha), 40, size, generator(2))[1][-1, 0]
            for alpha, size in ((1.0, 256), (0.3, 1))]


def four_neurons(net, k=0):
    X, y, _ = moon_task(k)
    net, curves = trained(net, X, y, "tanh", descend(1.0), 1000)
    return [*net[0][0][0], *curves[-1]]


@reference
def start_at_zero():
    """Row 1 of W, loss and accuracy after 1,000 steps."""
    return four_neurons([[np.zeros((2, 4)), np.zeros(4)], [np.zeros((4, 1)), np.zeros(1)]])


@reference
def start_at_half():
    return four_neurons([[np.full((2, 4), 0.5), np.zeros(4)], [np.full((4, 1), 0.5), np.zeros(1)]])


@cache
def random_start(k=0):
    return four_neurons(drawn((2, 4, 1), "xavier", generator(0, k)), k)


@reference
def random_start_weights():
    return random_start(0)[:4]


@seeded
def random_start_result(k=0):
    """Loss and accuracy after 1,000 steps."""
    return random_start(k)[4:]


@reference
def variance_by_he():
    """Of the weights of a layer with 400 inputs and 100 neurons."""
    return drawn((400, 100), "he", generator(0))[0][0].var()


def through_ten_layers(kind, init, k=0):
    net = drawn((100,) * 11, init, generator(4, k))
    h = generator(3, k).normal(size=(200, 100))
    return [h := FUNCTION[kind](h @ W) for W, _ in net]


@seeded
def tanh_layers(k=0):
    """Share beyond 0.99 in layer 10 with variance 1, and the largest there with Xavier."""
    wide = through_ten_layers("tanh", "normal", k)[-1]
    return [np.mean(np.abs(wide) > 0.99), np.abs(through_ten_layers("tanh", "xavier", k)[-1]).max()]


@seeded
def relu_layers(k=0):
    """Root of the mean square in layers 1 and 10, with Xavier, then with He."""
    layers = [through_ten_layers("relu", init, k) for init in ("xavier", "he")]
    return [np.sqrt(np.mean(h[i] ** 2)) for h in layers for i in (0, -1)]


@seeded
def relu_layers_factor(k=0):
    """By which the mean square falls from layer 1 to 10 with Xavier."""
    first, last, _, _ = relu_layers(k)
    return (first / last) ** 2


DEEP = {"sigmoid": "xavier", "tanh": "xavier", "relu": "he"}


def deep_network(kind, k=0):
    return drawn((2, *[20] * 19, 1), DEEP[kind], generator(0, k))


@seeded
def gradients_by_layer(k=0):
    """Gradient of layer 20 over that of layer 1: sigmoid, tanh, ReLU."""
    X, y, _ = moon_task(k)
    found = [slopes(deep_network(kind, k), X, y, kind) for kind in DEEP]
    return [np.linalg.norm(g[-1][0]) / np.linalg.norm(g[0][0]) for g in found]


@reference
def gradients_of_sigmoids():
    """Norm in layer 20 and in layer 1."""
    X, y, _ = moon_task()
    found = slopes(deep_network("sigmoid"), X, y, "sigmoid")
    return [np.linalg.norm(found[-1][0]), np.linalg.norm(found[0][0])]


@seeded
def deep_losses(k=0):
    """After 200 steps at 0.01: sigmoid, tanh, ReLU."""
    X, y, _ = moon_task(k)
    return [trained(deep_network(kind, k), X, y, kind, descend(0.01), 200)[1][-1, 0]
            for kind in DEEP]


@reference
def valley():
    """Distance from the minimum after 40 steps: gradient descent, momentum, Adam."""
    ends = []
    for step in (descend(0.07), momentum(0.02, 0.8), adam(0.5)):
        theta, memory = np.array([-9, 1.6]), {}
        for t in range(1, 41):
            theta = step(theta, theta * [1, 25], t, memory)
        ends.append(np.hypot(*theta))
    return ends


@cache
def species(k=0, share=1 / 3):
    """Scaled by the training part; with a smaller share, that of a part of it."""
    X, y = datasets.load_iris(return_X_y=True)
    X, X_test, y, y_test = halves(X, y, generator(1, k))
    if share < 1 / 3:
        X, X_test, y, y_test = halves(X, y, generator(2, k), share)
    mean, spread = X.mean(axis=0), X.std(axis=0)
    return (X - mean) / spread, np.eye(3)[y], (X_test - mean) / spread, np.eye(3)[y_test]


@reference
def means_of_test_data():
    return species(0)[2].mean(axis=0)


def species_run(k, share, each_epoch=None):
    X, y, X_test, y_test = species(k, share)
    look = each_epoch and (lambda net: each_epoch(outputs(net, X_test, "tanh")[-1], y_test))
    net, curves = trained(
        drawn((4, 8, 3), "xavier", generator(1, k)), X, y, "tanh", momentum(0.1, 0.9), 60, 20,
        generator(2, k), each_epoch=look,
    )  # fmt: skip
    return curves, share_right(outputs(net, X_test, "tanh")[-1], y_test)


@seeded
def species_right(k=0):
    return 50 * species_run(k, 1 / 3)[1]


@reference
def species_curves():
    """Loss of training in the first and the last epoch, that of validation, both accuracies."""
    seen = []
    curves, right = species_run(0, 1 / 4, lambda z, y: seen.append(loss(z, y)))
    return [*curves[[0, -1], 0], seen[0], seen[-1], curves[-1, 1], right]


@seeded
def by_heart(k=0):
    """Flowers right in training and in validation, where the species to learn are shuffled."""
    X, y, others, y_others = species(k, 1 / 4)
    y = y[generator(0, k).permutation(75)]
    net = drawn((4, 64, 3), "xavier", generator(1, k))
    net, _ = trained(net, X, y, "tanh", adam(0.01), 1000)
    found = share_right(outputs(net, X, "tanh")[-1], y), share_right(
        outputs(net, others, "tanh")[-1], y_others)
    return [75 * found[0], 25 * found[1]]


@seeded
def moons_by_epoch(k=0):
    """Share of the points that are right before training, after 10 and after 200 epochs."""
    X, y, net = moon_task(k)
    nets = [net, *(trained(net, X, y, "tanh", adam(0.03), n)[0] for n in (10, 200))]
    return [share_right(outputs(net, X, "tanh")[-1], y) for net in nets]


@cache
def digit_images(k=0):
    X, y = datasets.load_digits(return_X_y=True)
    X, X_test, y, y_test = halves(X / 16, y, generator(1, k))
    return X, np.eye(10)[y], X_test, np.eye(10)[y_test]


@cache
def digit_trial(k=0):
    """Less of the training images, and those that are taken out of them for validation."""
    X, y, _, _ = digit_images(k)
    X, others, y, y_others = halves(X, y.argmax(axis=1), generator(2, k), 1 / 4)
    return X, np.eye(10)[y], others, np.eye(10)[y_others]


@cache
def digits_trial_run(k=0, width=64, start=0):
    """By epoch: loss and accuracy of training; of validation after it, loss and accuracy."""
    X, y, others, y_others = digit_trial(k)
    rng, seen = generator(start, k), []

    def look(net):
        z = outputs(net, others, "relu")[-1]
        seen.append([loss(z, y_others), share_right(z, y_others)])

    net = drawn((64, width, 10), "he", rng)
    _, curves = trained(net, X, y, "relu", adam(0.003), 60, 32, rng, each_epoch=look)
    return np.hstack([curves, seen])


@reference
def digits_by_width():
    """Width; in per cent, the accuracy of training, of validation, its lowest and highest."""
    rows = []
    for width in (4, 16, 64, 256):
        runs = np.array([digits_trial_run(0, width, start)[-1] for start in range(3)])
        right = 100 * runs[:, -1]
        rows.append([width, 100 * runs[:, 1].mean(), right.mean(), right.min(), right.max()])
    return rows


@seeded
def digits_losses(k=0):
    """Of the training and of the validation images at the end."""
    return digits_trial_run(k)[-1, [0, 2]]


@reference
def digits_validated():
    return digits_trial_run()[-1, 3]


@seeded
def first_epoch(k=0):
    """Loss before each step, after all of them, and of the validation images."""
    X, y, others, y_others = digit_trial(k)
    rng = generator(0, k)
    net, curves = trained(drawn((64, 64, 10), "he", rng), X, y, "relu", adam(0.003), 1, 32, rng)
    after = [loss(outputs(net, x, "relu")[-1], t) for x, t in ((X, y), (others, y_others))]
    return [curves[0, 0], *after]


@cache
def digits_run(k=0, width=64, epochs=60, size=32):
    X, y, X_test, y_test = digit_images(k)
    rng = generator(0, k)
    net = drawn((64, width, 10), "he", rng)
    net, _ = trained(net, X, y, "relu", adam(0.003), epochs, size, rng)
    return outputs(net, X_test, "relu")[-1].argmax(axis=1), y_test.argmax(axis=1)


@seeded
def digits_right(k=0):
    read, true = digits_run(k)
    return int(np.sum(read == true))


@seeded
def digits_accuracy(k=0):
    return digits_right(k) / 599


@seeded
def wider_right(k=0):
    """The same with 80 hidden neurons, for about as many parameters as the convolutions have."""
    read, true = digits_run(k, width=80)
    return int(np.sum(read == true))


@seeded
def alike_right(k=0):
    """The wider one after the few steps that the convolutions take."""
    read, true = digits_run(k, width=80, epochs=12, size=64)
    return int(np.sum(read == true))


@seeded
def threefold_right(k=0):
    """The same after three times as many steps."""
    read, true = digits_run(k, width=80, epochs=36, size=64)
    return int(np.sum(read == true))


@seeded
def classifier_right(k=0):
    """The same network on scaled pixels, with L2, as the estimator of the package draws it."""
    X, y, X_test, y_test = digit_images(k)
    mean, spread = X.mean(axis=0), X.std(axis=0)
    spread[spread == 0] = 1
    rng = np.random.default_rng(np.random.RandomState(k).randint(2**32, dtype=np.uint32))
    net = drawn((64, 64, 10), "he", rng)
    net, _ = trained(net, (X - mean) / spread, y, "relu", adam(0.003), 60, 32, rng, l2=1e-4)
    return 599 * share_right(outputs(net, (X_test - mean) / spread, "relu")[-1], y_test)


@seeded
def scikit_learn_right(k=0):
    X, y, X_test, y_test = digit_images(k)
    model = make_pipeline(StandardScaler(), MLPClassifier((64,), max_iter=1000, random_state=k))
    read = model.fit(X, y.argmax(axis=1)).predict(X_test)
    return int(np.sum(read == y_test.argmax(axis=1)))


@reference
def digits_mistaken():
    """True digit and the one read, of each test image that is read wrong."""
    read, true = digits_run(0)
    return [number for pair in zip(true, read) if pair[0] != pair[1] for number in pair]


def few_images(seed, k=0):
    """The training images in a new order, a fifth of the first 300 with a random label."""
    X, y, _, _ = digit_images(k)
    rng = generator(seed, k)
    order = rng.permutation(len(X))
    X, y = X[order], y[order]
    is_random = np.r_[rng.random(300) < 0.2, np.zeros(len(X) - 300, bool)]
    y[is_random] = np.eye(10)[rng.integers(10, size=is_random.sum())]
    return X, y


def few_run(seed, k=0, n=100, width=64, l2=0.0, patience=None):
    """Train on the first n of them, and look at 200 others."""
    X, y = few_images(seed, k)
    others = slice(300, 500)
    rng, seen, kept = generator(seed, k), [], []

    def look(net):
        z = outputs(net, X[others], "relu")[-1]
        seen.append([loss(z, y[others]), share_right(z, y[others])])
        best = int(np.argmin(np.array(seen)[:, 0]))
        if best == len(seen) - 1 or patience is None:
            kept[:] = [[[W.copy(), b.copy()] for W, b in net]]
        return patience is not None and len(seen) - 1 - best >= patience

    net = drawn((64, width, 10), "he", rng)
    _, curves = trained(net, X[:n], y[:n], "relu", adam(0.003), 15_000 // n, 20, rng, l2, look)
    return kept[0], curves, np.array(seen)


@cache
def overfitting(k=0):
    return few_run(2, k)[1:]


@seeded
def overfitting_turn(k=0):
    """Epoch with the lowest validation loss."""
    return int(np.argmin(overfitting(k)[1][:, 0]))


@seeded
def overfitting_numbers(k=0):
    """Training loss and accuracy; validation loss at its turn and at the end; best and last."""
    (_, (J, right)), (unseen, unseen_right) = overfitting(k)[0][[0, -1]], overfitting(k)[1].T
    return [J, right, unseen.min(), unseen[-1], unseen_right.max(), unseen_right[-1]]


@reference
def overfitting_table():
    """Loss and accuracy in per cent, of training and validation, at four epochs."""
    curves, seen = overfitting(0)
    turn = overfitting_turn()
    rows = [0, turn, (turn + 150) // 2, 149]
    percent = [1, 100, 1, 100]
    return [[row, *([*curves[row], *seen[row]] * np.array(percent))] for row in rows]


REMEDIES = {"none": {}, "more": {"n": 300}, "smaller": {"width": 16}, "early": {"patience": 20},
            "l2": {"l2": 0.03}}


@cache
def remedy(name, k=0):
    """Share of 698 images that is read right, for each of five draws."""
    right = []
    for seed in range(5, 10):
        X, y = few_images(seed, k)
        net, _, _ = few_run(seed, k, **REMEDIES[name])
        right.append(share_right(outputs(net, X[500:], "relu")[-1], y[500:]))
    return np.array(right)


@reference
def remedies_table():
    """In per cent: lowest and highest; mean, lowest and highest of the difference from none."""
    rows = []
    for name in REMEDIES:
        right = 100 * remedy(name)
        gain = right - 100 * remedy("none")
        rows.append([right.min(), right.max(), gain.mean(), gain.min(), gain.max()])
    return rows


@seeded
def remedies(k=0):
    """Mean over five draws of each."""
    return [remedy(name, k).mean() for name in REMEDIES]


# Lecture 5, on digits: the test part stays away, and the rest is split once more


@cache
def learning_digits(k=0):
    X, y = datasets.load_digits(return_X_y=True)
    rng = generator(1, k)
    X, _, y, _ = halves(X / 16, y, rng)
    X, X_valid, y, y_valid = model_selection.train_test_split(
        X, y, test_size=1 / 4, stratify=y, random_state=int(rng.integers(2**32))
    )
    return X, np.eye(10)[y], X_valid, np.eye(10)[y_valid]


def digits_start(k=0):
    return drawn((64, 64, 10), "he", generator(0, k))


@seeded
def first_loss(k=0):
    X, y, _, _ = learning_digits(k)
    return loss(outputs(digits_start(k), X, "relu")[-1], y)


@seeded
def update_size(k=0):
    """Length of the first weights' first step over theirs, at a learning rate of 0.1."""
    X, y, _, _ = learning_digits(k)
    (W, _), (g, _) = digits_start(k)[0], slopes(digits_start(k), X[:32], y[:32], "relu")[0]
    return 0.1 * np.sqrt(np.sum(g**2) / np.sum(W**2))


@seeded
def rate_sweep(k=0):
    """Validation accuracy after 20 epochs of Adam with eleven learning rates."""
    X, y, X_valid, y_valid = learning_digits(k)
    found = []
    for exponent in range(-10, 1):
        step = adam(10 ** (exponent / 2))
        net, _ = trained(digits_start(k), X, y, "relu", step, 20, 32, generator(2, k))
        found.append(share_right(outputs(net, X_valid, "relu")[-1], y_valid))
    return found


@seeded
def healthy_run(k=0):
    """Validation accuracy after 10 epochs of plain descent."""
    X, y, X_valid, y_valid = learning_digits(k)
    net, _ = trained(digits_start(k), X, y, "relu", descend(0.1), 10, 32, generator(0, k))
    return share_right(outputs(net, X_valid, "relu")[-1], y_valid)


@seeded
def scaled_by(k=0):
    """Validation accuracy if scaled by the training part, by itself, in tens, and not at all."""
    X, y, X_valid, y_valid = learning_digits(k)

    def scaled(part, of):
        spread = of.std(axis=0)
        spread[spread == 0] = 1
        return (part - of.mean(axis=0)) / spread

    net, _ = trained(
        digits_start(k), scaled(X, X), y, "relu", descend(0.1), 10, 32, generator(0, k)
    )
    tens = np.vstack([scaled(ten, ten) for ten in np.split(X_valid, 30)])
    seen = [scaled(X_valid, X), scaled(X_valid, X_valid), tens, X_valid]
    return [share_right(outputs(net, part, "relu")[-1], y_valid) for part in seen]


# A convolutional network: each convolution is one product with all patches


def patches(x):
    """Windows of 3 × 3 pixels around each pixel, zeros beyond the edge; a row for each."""
    x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    seen = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    return seen.transpose(0, 1, 2, 4, 5, 3).reshape(*seen.shape[:3], -1)


def spread_back(d, shape):
    """What `patches` takes from each pixel, added up."""
    n, height, width, channels = shape
    d = d.reshape(n, height, width, 3, 3, channels)
    back = np.zeros((n, height + 2, width + 2, channels))
    for u, v in product(range(3), repeat=2):
        back[:, u : u + height, v : v + width] += d[:, :, :, u, v]
    return back[:, 1:-1, 1:-1]


def pooled(x):
    """The largest of each 2 × 2 pixels, and a mark at it."""
    n, height, width, channels = x.shape
    blocks = x.reshape(n, height // 2, 2, width // 2, 2, channels).transpose(0, 1, 3, 5, 2, 4)
    blocks = blocks.reshape(*blocks.shape[:4], 4)
    return blocks.max(axis=-1), np.eye(4)[blocks.argmax(axis=-1)]


def unpooled(d, mark):
    n, height, width, channels = d.shape
    blocks = (d[..., None] * mark).reshape(n, height, width, channels, 2, 2)
    return blocks.transpose(0, 1, 4, 2, 5, 3).reshape(n, 2 * height, 2 * width, channels)


def convolve(net, x):
    """Forward through two convolutions with pooling and a dense layer; all that is in between."""
    (K_1, a_1), (K_2, a_2), (W, b) = net
    p_1 = patches(x.reshape(-1, 8, 8, 1))
    z_1 = p_1 @ K_1 + a_1
    h_1, mark_1 = pooled(z_1 * (z_1 > 0))
    p_2 = patches(h_1)
    z_2 = p_2 @ K_2 + a_2
    h_2, mark_2 = pooled(z_2 * (z_2 > 0))
    return p_1, z_1, mark_1, h_1, p_2, z_2, mark_2, h_2, h_2.reshape(len(x), -1) @ W + b


def convolution_slopes(net, x, y):
    p_1, z_1, mark_1, h_1, p_2, z_2, mark_2, h_2, z = convolve(net, x)
    error = (softmax(z, axis=1) - y) / len(y)
    d_2 = unpooled((error @ net[2][0].T).reshape(h_2.shape), mark_2) * (z_2 > 0)
    d_1 = unpooled(spread_back(d_2 @ net[1][0].T, h_1.shape), mark_1) * (z_1 > 0)
    found = [(p.reshape(-1, p.shape[-1]).T @ d.reshape(-1, d.shape[-1]), d.sum(axis=(0, 1, 2)))
             for p, d in ((p_1, d_1), (p_2, d_2))]
    return [*found, (h_2.reshape(len(x), -1).T @ error, error.sum(axis=0))]


@seeded
def convolution_right(k=0):
    """Test images that the convolutional network reads right after 12 epochs."""
    X, y, X_test, y_test = digit_images(k)
    rng = generator(0, k)
    net = [[rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)] for i, o in [(9, 16), (144, 32)]]
    net.append([rng.normal(0, np.sqrt(2 / 138), (128, 10)), np.zeros(10)])
    rng, step, memories, t = generator(0, k), adam(0.003), [[{}, {}] for _ in net], 0
    for _ in range(12):
        order = rng.permutation(len(X))
        for rows in np.split(order, range(64, len(X), 64)):
            t += 1
            grads = convolution_slopes(net, X[rows], y[rows])
            for layer, found, memory in zip(net, grads, memories):
                for i in (0, 1):
                    layer[i] = step(layer[i], found[i], t, memory[i])
    return int(599 * share_right(convolve(net, X_test)[-1], y_test) + 0.5)


# Sequences: a recurrent layer, step by step


def three_steps(w, u):
    """States after the inputs 1, 0, 1, and the loss against 1, in the numbers of w and u."""
    h = [Decimal(0)]
    for x in (1, 0, 1):
        power = (2 * (w * x + u * h[-1])).exp()
        h.append((power - 1) / (power + 1))
    return h, (h[-1] - 1) ** 2 / 2


@reference
def three_states():
    """The three states and the loss at w = 0.5, u = 0.8, in 60 digits."""
    with localcontext(prec=60):
        h, J = three_steps(Decimal("0.5"), Decimal("0.8"))
    return [*h[1:], J]


@reference
def three_step_slopes():
    """∂J/∂w and ∂J/∂u there, by differences in 60 digits."""
    with localcontext(prec=60):
        w, u, e = Decimal("0.5"), Decimal("0.8"), Decimal("1e-20")
        return [(three_steps(w + e, u)[1] - three_steps(w - e, u)[1]) / (2 * e),
                (three_steps(w, u + e)[1] - three_steps(w, u - e)[1]) / (2 * e)]


def all_bits(n):
    """All sequences of n zeros and ones, and whether two ones follow each other."""
    bits = list(product((0.0, 1.0), repeat=n))
    return np.array(bits), np.array([(1.0, 1.0) in pairwise(row) for row in bits], float)


def memory_right(rng, limit):
    """Sequences of 6 and of 10 that four neurons read right after 500 steps at 2."""
    size = [np.sqrt(2 / 5), np.sqrt(2 / 8), np.sqrt(2 / 5)]
    w, U = rng.normal(0, size[0], 4), rng.normal(0, size[1], (4, 4))
    theta = [w, U, np.zeros(4), rng.normal(0, size[2], 4), 0.0]

    def states(x):
        h = [np.zeros((len(x), 4))]
        for x_t in x.T:
            h.append(np.tanh(np.outer(x_t, theta[0]) + h[-1] @ theta[1] + theta[2]))
        return h

    x, y = all_bits(6)
    for _ in range(500):
        h = states(x)
        error = (expit(h[-1] @ theta[3] + theta[4]) - y) / len(y)
        g = [0, 0, 0, error @ h[-1], error.sum()]
        back = np.outer(error, theta[3])
        for t in range(6, 0, -1):
            delta = back * (1 - h[t] ** 2)
            g[0] = g[0] + x[:, t - 1] @ delta
            g[1] = g[1] + h[t - 1].T @ delta
            g[2] = g[2] + delta.sum(axis=0)
            back = delta @ theta[1].T
        shrink = min(1, limit / np.sqrt(sum(np.sum(part**2) for part in g)))
        theta = [part - 2 * shrink * slope for part, slope in zip(theta, g)]
    return [np.sum((states(x)[-1] @ theta[3] + theta[4] > 0) == y)
            for x, y in map(all_bits, (6, 10))]


@reference
def ten_memories():
    """Both numbers for each of the seeds 0 to 9, with gradients of at most 1/4."""
    return [memory_right(generator(seed), 0.25) for seed in range(10)]


@seeded
def clipped_memory(k=0):
    return memory_right(generator(0, k), 0.25)


@seeded
def free_memory(k=0):
    """The same without a limit, for six steps: rounding decides which seeds fail."""
    return memory_right(generator(0, k), np.inf)[0]

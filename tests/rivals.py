"""The same training in this package and in other libraries: same data, weights, order and steps.

Each way starts from the weights of the task whenever it runs. All shuffle the samples once an
epoch, as their users do; to compare what they end with, nobody shuffles.
"""

import sys
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from lecture_utils import (
    Network,
    binary_cross_entropy_on_logits,
    cross_entropy_on_logits,
    mlp,
    squared_error,
    train,
)
from lecture_utils.optimizers import Adam, GradientDescent

MISSING = [name for name in ("torch", "micrograd") if find_spec(name) is None]
DESCENT = GradientDescent(0.01)
# Their ε of 1e-8 stands at another place in scikit-learn, where a small gradient leads elsewhere.
# One too small to matter costs the same time and lets all three be held to the same tolerances.
ADAM = Adam(epsilon=1e-20)
TOLERANCES = {"float64": 1e-10, "float32": 1e-6}


@dataclass(frozen=True)
class Task:
    """What is trained: a network from given weights, on samples in a given order."""

    name: str
    network: Network
    loss: object
    X: np.ndarray
    Y: np.ndarray
    batch: int
    optimizer: object = DESCENT

    @property
    def dtype(self):
        return self.X.dtype.name

    @property
    def learning_rate(self):
        return self.optimizer.learning_rate

    @property
    def steps_an_epoch(self):
        return -(-len(self.X) // self.batch)

    def batches(self, rng, *, shuffled):
        """Yield the samples and targets of an epoch, batch by batch."""
        order = rng.permutation(len(self.X)) if shuffled else np.arange(len(self.X))
        for rows in np.split(order, range(self.batch, len(order), self.batch)):
            yield self.X[rows], self.Y[rows]


def mlp_task(sizes, batch, dtype="float64", *, batches=10, optimizer=DESCENT):
    """A classification of random points, with ReLU; of two classes, with the sigmoid.

    An epoch has a number of batches.
    """
    rng = np.random.default_rng(0)
    binary = sizes[-1] == 1
    network = mlp(sizes, hidden="sigmoid" if binary else "relu", rng=rng)
    X = rng.normal(size=(batches * batch, sizes[0])).astype(dtype)
    n_classes = max(2, sizes[-1])
    labels = np.arange(len(X)) % n_classes
    Y = labels[:, None] if binary else np.eye(n_classes)[labels]
    loss = binary_cross_entropy_on_logits if binary else cross_entropy_on_logits
    network = in_floats(network, dtype)
    return Task(named(sizes), network, loss, X, Y.astype(dtype), batch, optimizer)


def regression_task(sizes, batch, *, batches=10):
    """A task with ReLU and squared error, which is all that micrograd has."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(batches * batch, sizes[0]))
    Y = rng.normal(size=(batches * batch, sizes[-1]))
    return Task(named(sizes), mlp(sizes, hidden="relu", rng=rng), squared_error, X, Y, batch)


def convolution_task(network, pixels, labels, dtype="float64"):
    """The digits for a convolutional network."""
    X, Y = pixels.astype(dtype), np.eye(10, dtype=dtype)[labels]
    network = in_floats(network, dtype)
    return Task("convolutions of 16 and 32", network, cross_entropy_on_logits, X, Y, 64)


def named(sizes):
    return "-".join(map(str, sizes))


def in_floats(network, dtype):
    """Turn the parameters of a new network into floats of a type; return the network."""
    for layer in network.layers:
        for name, theta in layer.params.items():
            layer.params[name] = theta.astype(dtype)
    return network


class InOrder(np.random.Generator):
    """A random generator that shuffles nothing: the samples stay where they are."""

    def permutation(self, n):
        return np.arange(n)


class Ours:
    """This package, by `train`."""

    name = "lecture_utils"

    def __init__(self, task):
        self.task, self.network = task, task.network

    def run(self, epochs, *, shuffled=True):
        task, rng = self.task, (np.random.Generator if shuffled else InOrder)(np.random.PCG64(0))
        self.network, _ = train(
            task.network, task.loss, task.X, task.Y, optimizer=task.optimizer,
            epochs=epochs, batch_size=task.batch, rng=rng,
        )

    def loss(self):
        return self.task.loss(self.network(self.task.X), self.task.Y)

    def weights(self):
        return self.network.parameters


class PlainLoop:
    """NumPy alone, by hand, for networks of one hidden layer; without history and checks."""

    name = "plain loop"

    def __init__(self, task):
        self.task, self.parameters = task, task.network.parameters
        binary = task.loss is binary_cross_entropy_on_logits
        self.epoch = two_classes_epoch if binary else many_classes_epoch

    def run(self, epochs, *, shuffled=True):
        task, rng = self.task, np.random.default_rng(0)
        self.parameters = [theta.copy() for theta in task.network.parameters]
        for _ in range(epochs):
            order = rng.permutation(len(task.X)) if shuffled else np.arange(len(task.X))
            X, Y = task.X[order], task.Y[order]
            self.epoch(*self.parameters, X, Y, task.batch, task.learning_rate)

    def loss(self):
        X, Y = self.task.X, self.task.Y
        return self.epoch(*self.parameters, X, Y, len(X), 0.0)  # one step of length 0

    def weights(self):
        return self.parameters


def two_classes_epoch(W, b, V, c, X, Y, batch, alpha):
    """Descend with the sigmoid and the binary cross-entropy; return the mean loss."""
    J = 0.0
    for i in range(0, len(X), batch):
        x, y = X[i : i + batch], Y[i : i + batch]
        h = 1 / (1 + np.exp(-(x @ W + b)))
        z = h @ V + c
        J += (np.logaddexp(0, z) - y * z).sum()
        dz = (1 / (1 + np.exp(-z)) - y) / len(x)
        dh = (dz @ V.T) * (h * (1 - h))
        W -= alpha * (x.T @ dh)
        b -= alpha * dh.sum(axis=0)
        V -= alpha * (h.T @ dz)
        c -= alpha * dz.sum(axis=0)
    return J / len(X)


def many_classes_epoch(W, b, V, c, X, Y, batch, alpha):
    """Descend with ReLU, softmax and the cross-entropy; return the mean loss."""
    J = 0.0
    for i in range(0, len(X), batch):
        x, y = X[i : i + batch], Y[i : i + batch]
        h = np.maximum(x @ W + b, 0)
        z = h @ V + c
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        J -= (y * np.log(p)).sum()
        dz = (p - y) / len(x)
        dh = (dz @ V.T) * (h > 0)
        W -= alpha * (x.T @ dh)
        b -= alpha * dh.sum(axis=0)
        V -= alpha * (h.T @ dz)
        c -= alpha * dz.sum(axis=0)
    return J / len(X)


class PyTorch:
    """PyTorch in eager mode, in the loop that its tutorials write."""

    name = "PyTorch"

    def __init__(self, task):
        import torch

        self.task, self.torch = task, torch
        self.model = torch.nn.Sequential(*self._modules())
        self.start = [torch.tensor(theta) for theta in self._in_their_layout(task.network)]
        self.X, self.Y = torch.tensor(task.X), torch.tensor(task.Y)
        if task.loss is cross_entropy_on_logits:
            self.Y, self.objective = self.Y.argmax(1), torch.nn.CrossEntropyLoss()
        else:
            self.objective = torch.nn.BCEWithLogitsLoss()

    def _modules(self):
        nn, dtype = self.torch.nn, getattr(self.torch, self.task.dtype)
        for layer in self.task.network.layers:
            match type(layer).__name__:
                case "Dense":
                    yield nn.Linear(layer.n_in, layer.n_out, dtype=dtype)
                case "Reshape":
                    yield nn.Unflatten(1, (1, 8, 8))
                case "Conv2D":
                    yield nn.Conv2d(*layer.params["W"].shape[2:], 3, padding=1, dtype=dtype)
                case "MaxPool2D":
                    yield nn.MaxPool2d(2)
                case "Flatten":
                    yield nn.Flatten()
                case _ if repr(layer) != "identity":
                    yield {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}[repr(layer)]()

    def _in_their_layout(self, network):
        """Return our parameters in their layout: outputs first, then channels, then places."""
        channels = 1
        for layer in network.layers:
            W = layer.params.get("W")
            if W is None:
                continue
            if W.ndim == 4:
                channels = W.shape[3]
                yield W.transpose(3, 2, 0, 1).copy()
            else:
                by_place = W.reshape(-1, channels, W.shape[1])
                yield by_place.transpose(2, 1, 0).reshape(W.shape[::-1]).copy()
                channels = 1
            yield layer.params["b"]

    def run(self, epochs, *, shuffled=True):
        with self.torch.no_grad():
            for theta, start in zip(self.model.parameters(), self.start, strict=True):
                theta.copy_(start)
        optimizer = self._optimizer()
        n, batch = len(self.X), self.task.batch
        for _ in range(epochs):
            order = self.torch.randperm(n) if shuffled else self.torch.arange(n)
            for x, y in zip(self.X[order].split(batch), self.Y[order].split(batch)):
                optimizer.zero_grad()
                loss = self.objective(self.model(x), y)
                loss.backward()
                optimizer.step()

    def _optimizer(self):
        ours, theirs = self.task.optimizer, self.torch.optim
        if isinstance(ours, Adam):
            return theirs.Adam(self.model.parameters(), ours.learning_rate, eps=ours.epsilon)
        return theirs.SGD(self.model.parameters(), ours.learning_rate)

    def loss(self):
        return self.objective(self.model(self.X), self.Y).item()

    def weights(self):
        return [theta.detach().numpy() for theta in self.model.parameters()]

    def ours_as_theirs(self, network):
        return list(self._in_their_layout(network))


class ScikitLearn:
    """MLPClassifier of scikit-learn, without momentum, penalty and shuffling."""

    name = "scikit-learn"

    def __init__(self, task):
        self.task = task
        dense = [layer for layer in task.network.layers if layer.params]
        self.start = [[layer.params[name] for layer in dense] for name in "Wb"]
        self.labels = task.Y[:, 0] if task.Y.shape[1] == 1 else task.Y.argmax(axis=1)
        self.model = MLPClassifier(
            [layer.n_out for layer in dense[:-1]], **self._solver(), alpha=0, tol=0,
            learning_rate_init=task.learning_rate, batch_size=task.batch, shuffle=False,
            activation={"relu": "relu", "sigmoid": "logistic"}[repr(task.network.layers[1])],
            max_iter=1, n_iter_no_change=sys.maxsize, warm_start=True, random_state=0,
        )
        self._fit()

    def _solver(self):
        ours = self.task.optimizer
        if isinstance(ours, Adam):
            return {"solver": "adam", "epsilon": ours.epsilon}
        return {"solver": "sgd", "momentum": 0, "nesterovs_momentum": False}

    def _fit(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # they would go on for longer
            self.model.fit(self.task.X, self.labels)

    def _restart(self):
        Ws, bs = self.start
        self.model.coefs_ = [W.copy() for W in Ws]
        self.model.intercepts_ = [b.copy() for b in bs]

    def run(self, epochs, *, shuffled=True):
        self._restart()
        self.model.max_iter, self.model.shuffle = epochs, shuffled
        self._fit()

    def loss(self):
        p = self.model.predict_proba(self.task.X)
        return -np.log(p[np.arange(len(p)), self.labels.astype(int)]).mean()

    def weights(self):
        pairs = zip(self.model.coefs_, self.model.intercepts_)
        return [theta for pair in pairs for theta in pair]


class Autograd:
    """HIPS autograd, which follows NumPy's functions: the network is a function written by hand."""

    name = "autograd"

    def __init__(self, task):
        self.task, self.parameters = task, task.network.parameters
        self.binary = task.loss is binary_cross_entropy_on_logits

    def _objective(self, parameters, x, y):
        for i in range(0, len(parameters), 2):
            z = x @ parameters[i] + parameters[i + 1]
            x = 1 / (1 + anp.exp(-z)) if self.binary else anp.maximum(z, 0)
        if self.binary:
            return anp.mean(anp.logaddexp(0, z) - y * z)
        z = z - anp.max(z, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(z), axis=1)) - anp.sum(y * z, axis=1))

    def run(self, epochs, *, shuffled=True):
        task, gradient = self.task, value_and_grad(self._objective)
        self.parameters = [theta.copy() for theta in task.network.parameters]
        rng = np.random.default_rng(0)
        for _ in range(epochs):
            for x, y in task.batches(rng, shuffled=shuffled):
                _, grads = gradient(self.parameters, x, y)
                for theta, g in zip(self.parameters, grads):
                    theta -= task.learning_rate * g

    def loss(self):
        return self._objective(self.parameters, self.task.X, self.task.Y)

    def weights(self):
        return self.parameters


class Micrograd:
    """micrograd, which follows each number by itself; for ReLU and the squared error."""

    name = "micrograd"

    def __init__(self, task):
        from micrograd.nn import MLP

        self.task = task
        dense = [layer for layer in task.network.layers if layer.params]
        self.model = MLP(dense[0].n_in, [layer.n_out for layer in dense])
        # A neuron has its weights in a row, and then its bias.
        columns = [np.vstack([layer.params["W"], layer.params["b"]]).T for layer in dense]
        self.start = np.concatenate([column.ravel() for column in columns])

    def _objective(self, x, y):
        outputs = [np.ravel(self.model([*map(float, row)])) for row in x]
        squares = [(a - float(b)) ** 2 for row, goal in zip(outputs, y) for a, b in zip(row, goal)]
        return sum(squares) * (0.5 / len(x))

    def run(self, epochs, *, shuffled=True):
        task, parameters = self.task, self.model.parameters()
        for p, start in zip(parameters, self.start, strict=True):
            p.data = float(start)
        rng = np.random.default_rng(0)
        for _ in range(epochs):
            for x, y in task.batches(rng, shuffled=shuffled):
                self.model.zero_grad()
                self._objective(x, y).backward()
                for p in parameters:
                    p.data -= task.learning_rate * p.grad

    def loss(self):
        return self._objective(self.task.X, self.task.Y).data

    def weights(self):
        for layer in self.model.layers:
            yield np.array([[w.data for w in neuron.w] for neuron in layer.neurons]).T
            yield np.array([neuron.b.data for neuron in layer.neurons])


class Products:
    """The bare matrix products of a step: each forward, and for each gradient one.

    Nobody asks for the gradient of the samples, so the first layer has one fewer.
    """

    name = "matrix products"

    def __init__(self, task):
        self.task = task
        rng = np.random.default_rng(0)
        Ws = [theta for theta in task.network.parameters if theta.ndim == 2]
        widths = [W.shape[0] for W in Ws] + [Ws[-1].shape[1]]
        sizes = [(task.batch, width) for width in widths]
        xs = [rng.normal(size=size).astype(task.dtype) for size in sizes]
        self.layers = [(W, x, dy) for W, (x, dy) in zip(Ws, pairwise(xs), strict=True)]

    def run(self, epochs, *, shuffled=True):
        for _ in range(epochs * self.task.steps_an_epoch):
            for W, x, _ in self.layers:
                x @ W
            for i, (W, x, dy) in reversed([*enumerate(self.layers)]):
                x.T @ dy
                if i:
                    dy @ W.T


def require_same(ours, rival):
    """End with an error unless both, after a run, have the same loss and the same weights."""
    if isinstance(rival, Products):
        return
    tolerance = TOLERANCES[ours.task.dtype]
    convert = getattr(rival, "ours_as_theirs", lambda network: network.parameters)
    weights = [*zip(convert(ours.network), rival.weights(), strict=True)]
    pairs = [(ours.loss(), rival.loss()), *weights]
    apart = max(float(np.abs(a - b).max()) for a, b in pairs)
    if not apart <= tolerance or any(a.dtype != b.dtype for a, b in weights):
        sys.exit(
            f"Wrong: {ours.task.name} in {ours.task.dtype} and {rival.name} are {apart:.1e} apart"
        )

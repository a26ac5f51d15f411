"""Measures the speed of the core as ratios between two ways, and of the figures to play with.

Both ways run in turn, so that a busy machine slows them alike. A figure is measured from a move of
its slider to the new picture. Wrong results end it with an error.
"""

import os
import platform
import subprocess
import sys
from statistics import median
from time import perf_counter, process_time

import numpy as np
import pandas as pd
from blas import kernels, let_blas_choose
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from lecture_utils import (
    Dense,
    Network,
    SigmoidNeuron,
    backprop,
    binary_cross_entropy,
    central_differences,
    mlp,
    sigmoid,
)
from lecture_utils.datasets import iris_sepal, two_moons
from lecture_utils.interactive import (
    backprop_stepper,
    boundary_player,
    descent_player,
    neuron_playground,
)
from lecture_utils.neuron import add_ones

HEADERS = ["what takes longer", "than", "ratio", "bar", "met", "rounds"]
MOVE_HEADERS = ["figure to play with", "slider", "median", "worst", "bar", "met", "moves"]
IRIS_ROUNDS, IMPORT_ROUNDS, BACKPROP_ROUNDS = 5, 25, 3
N_HIDDEN = (10, 100, 1000)
MOVES, MOST_SECONDS = 20, 0.1
IRIS = iris_sepal()  # read here: the limit on threads holds for what is loaded before it is set


def main():
    rounds = IRIS_ROUNDS + IMPORT_ROUNDS + BACKPROP_ROUNDS * len(N_HIDDEN) + MOVES * len(FIGURES)
    with threadpool_limits(1), tqdm(total=rounds, unit="round") as bar:
        rows = [iris_row(bar), import_row(bar), *(backprop_row(n, bar) for n in N_HIDDEN)]
        moves = [move_row(make, slider, bar) for make, slider in FIGURES.items()]
        text = caption()
    tables = (
        pd.DataFrame(table, columns=headers).to_string(index=False)
        for table, headers in ((rows, HEADERS), (moves, MOVE_HEADERS))
    )
    print(text, *tables, sep="\n\n")


def caption():
    return (
        f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} processors, {kernels()}.\n"
        "Each ratio is the median over rounds in which both ways run in turn."
    )


def ratio_of(slow, fast, rounds, bar):
    """Time two ways in turn; return the median ratio, and what each returned in the end.

    Each way is a callable that returns its seconds and its result.
    """
    ratios = []
    for _ in range(rounds):
        fast_seconds, fast_result = fast()
        slow_seconds, slow_result = slow()
        ratios.append(slow_seconds / fast_seconds)
        bar.update()
    return median(ratios), slow_result, fast_result


def timed(run, repeats=1):
    """Return a way: a callable that runs `run`, and returns its processor time and its result."""

    def way():
        start = process_time()
        for _ in range(repeats):
            result = run()
        return (process_time() - start) / repeats, result

    return way


def at_least(bound, ratio):
    return [f"{ratio:,.2f}", f"at least {bound:,.2f}", "yes" if ratio >= bound else "NO"]


def at_most(bound, ratio):
    return [f"{ratio:,.2f}", f"at most {bound:,.2f}", "yes" if ratio <= bound else "NO"]


def iris_row(bar):
    """The 234,669 steps on iris: the neuron against a loop that computes all anew in each step."""
    X, y = IRIS
    X1 = add_ones(X)
    ratio, (n_steps, theta), neuron = ratio_of(
        timed(lambda: direct_loop(X1, y)),
        timed(lambda: SigmoidNeuron().fit(X, y)),
        IRIS_ROUNDS,
        bar,
    )
    if not neuron.n_steps_ == n_steps == 234_669:
        sys.exit(f"Wrong: {neuron.n_steps_} steps of the neuron, {n_steps} of the direct loop")
    if np.abs(neuron.theta_ - theta).max() > 1e-9:
        sys.exit(f"Wrong: θ is {neuron.theta_} for the neuron, {theta} for the direct loop")
    return ["direct NumPy loop on iris", "SigmoidNeuron.fit", *at_least(4, ratio), IRIS_ROUNDS]


def direct_loop(X, y, learning_rate=0.1, tolerance=5e-5):
    """Descend as one writes it down first; return the number of steps and θ."""
    theta, n_steps, length = np.zeros(X.shape[1]), 0, np.inf
    while length > tolerance:
        p = 1 / (1 + np.exp(-X.dot(theta)))
        step = learning_rate * np.mean((p - y) * X.T, axis=1)
        theta, n_steps, length = theta - step, n_steps + 1, np.linalg.norm(step)
    return n_steps, theta


def import_row(bar):
    """The import of the package, each time in a new process, against that of NumPy alone."""
    ratio, _, _ = ratio_of(
        lambda: import_in_new_process("lecture_utils"),
        lambda: import_in_new_process("numpy"),
        IMPORT_ROUNDS,
        bar,
    )
    return ["import lecture_utils", "import numpy", *at_most(1.3, ratio), IMPORT_ROUNDS]


def import_in_new_process(module):
    code = f"from time import perf_counter as t; start = t(); import {module}; print(t() - start)"
    # As a reader's Python does, and as NumPy's is, the package is compiled once and for all.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return float(subprocess.check_output([sys.executable, "-c", code], env=env)), None


def backprop_row(n_hidden, bar):
    """All gradients of a network: two forward passes each, against one call of backprop."""
    rng = np.random.default_rng(0)
    network = mlp((8, n_hidden, 1), output="sigmoid", rng=rng)
    x, y = rng.normal(size=(32, 8)), rng.integers(2, size=(32, 1))
    ratio, differences, trace = ratio_of(
        timed(lambda: [differences_by(p, network, x, y) for p in network.parameters]),
        timed(lambda: backprop(network, binary_cross_entropy, x, y), repeats=100),
        BACKPROP_ROUNDS,
        bar,
    )
    pairs = zip(differences, trace.grads, strict=True)
    if not all(np.allclose(difference, gradient, atol=1e-8) for difference, gradient in pairs):
        sys.exit("Wrong: backpropagation and central differences give different gradients")
    n = network.n_parameters
    name = f"central differences, {n:,} parameters"
    return [name, "backprop", *at_least(n / 4, ratio), BACKPROP_ROUNDS]


def differences_by(parameter, network, x, y):
    """Return the gradient by one parameter array, which is as it was afterwards."""
    kept = parameter.copy()

    def objective(value):
        parameter[...] = value
        return binary_cross_entropy(network.forward(x)[0], y)

    gradient = central_differences(objective, kept)
    parameter[...] = kept
    return gradient


def playground():
    names = {"feature_names": ("length (cm)", "width (cm)"), "class_names": ("setosa", "other")}
    return neuron_playground(*IRIS, **names)


def stepper():
    W, V = [[1, -1, 3], [2, 2, -1]], [[0.1], [0.5], [-0.1]]
    network = Network([Dense(W), sigmoid, Dense(V), sigmoid])
    return backprop_stepper(network, binary_cross_entropy, (5, 3), (1,))


def descent():
    rng = np.random.default_rng(0)
    x = rng.normal(size=20)
    return descent_player(x[:, None], x + rng.normal(size=20))


def boundary():
    rng = np.random.default_rng(0)
    network, data = mlp((2, 8, 1), output="sigmoid", rng=rng), two_moons(200, noise=0.15, rng=rng)
    names = {"feature_names": ("x1", "x2"), "class_names": ("upper", "lower")}
    return boundary_player(network, *data, learning_rate=1.0, epochs=400, every=20, **names)


FIGURES = {playground: "w1", stepper: "step", descent: "alpha", boundary: "epoch"}


def move_row(make, name, bar):
    """The time from a move of a slider to the new picture, over its whole range."""
    figure = make()
    slider, seconds = figure.controls[name], []
    n_values = round((slider.max - slider.min) / slider.step) + 1
    for k in range(MOVES):
        last = figure.picture.value
        position = (k + 1) * max(1, n_values // MOVES) % n_values
        start = perf_counter()
        slider.value = slider.min + position * slider.step
        seconds.append(perf_counter() - start)
        if figure.picture.value == last:
            sys.exit(f"Wrong: the {make.__name__} shows the same picture after a move of {name}")
        bar.update()
    met = "yes" if max(seconds) <= MOST_SECONDS else "NO"
    times = [f"{1000 * t:.0f} ms" for t in (median(seconds), max(seconds))]
    return [make.__name__, name, *times, f"at most {1000 * MOST_SECONDS:.0f} ms", met, MOVES]


if __name__ == "__main__":
    let_blas_choose()
    main()
